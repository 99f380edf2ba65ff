//! What the messages of staking do.

use std::sync::Arc;

use entente_kernel::error::sdk;
use entente_kernel::num::{Coin, Dec};
use entente_kernel::{Ctx, Error, Grpc, Result, Timestamp, View, Wire};
use entente_proto::cosmos::staking::v1beta1 as wire;

use super::delegation::{self, UnbondingEntry};
use super::state::{self, Operator};
use super::validator::{self, BondStatus, Commission, ED25519_URL, Validator};
use super::{error, event, hold, msg, params, set, stake};
use crate::hooks;
use crate::modules::auth;
use crate::wire as convert;

pub fn create_validator(ctx: &mut Ctx, m: msg::CreateValidator) -> Result<wire::MsgCreateValidatorResponse> {
    let min_rate = super::min_commission_rate(ctx)?;
    if m.commission.rate < min_rate {
        let details = format!("cannot set validator commission to less than minimum rate of {min_rate}");
        return Err(error::COMMISSION_BELOW_MIN.because(details));
    }
    if super::validator(ctx, &m.operator)?.is_some() {
        return Err(error::VALIDATOR_OWNER_EXISTS.refuse());
    }
    let is_ed25519 = m.pub_key.type_url == ED25519_URL;
    let key = if is_ed25519 { validator::ed25519_key(&m.pub_key).map_err(Error::panic)? } else { [0; 32] };
    let mut validator = Validator::new(m.operator, key, m.description);
    if is_ed25519 && super::operator_by_cons(ctx, &validator.cons_address())?.is_some() {
        return Err(error::VALIDATOR_PUB_KEY_EXISTS.refuse());
    }
    check_denom(ctx, &m.value)?;
    msg::check_lengths(&validator.description)?;
    if !is_ed25519 {
        let details = format!("got: {}, expected: [{ED25519_URL}]", m.pub_key.type_url);
        return Err(error::PUB_KEY_TYPE_NOT_SUPPORTED.because(details));
    }
    validator.commission = Commission { update_time: ctx.time(), ..m.commission };
    validator.min_self_delegation = m.min_self_delegation;
    super::save_validator(ctx, &validator)?;
    state::BY_CONS_ADDRESS.set(ctx, &validator.cons_address(), &Operator(m.operator))?;
    set::add_rank(ctx, &validator)?;
    hooks::after_validator_created(ctx, &m.operator)?;
    stake::delegate(ctx, &m.operator.into(), m.value.amount, BondStatus::Unbonded, &validator, true)?;
    let event = event::create_validator(ctx.bech32(), &m.operator, &m.value);
    ctx.emit(event);
    Ok(wire::MsgCreateValidatorResponse {})
}

pub fn edit_validator(ctx: &mut Ctx, m: msg::EditValidator) -> Result<wire::MsgEditValidatorResponse> {
    let min_rate = super::min_commission_rate(ctx)?;
    if m.commission_rate.is_some_and(|rate| rate < min_rate) {
        let details = format!("commission rate cannot be less than the min commission rate {min_rate}");
        return Err(sdk::INVALID_REQUEST.because(details));
    }
    let mut validator = super::must_validator(ctx, &m.operator)?;
    validator.description = msg::merged(Arc::unwrap_or_clone(validator.description), m.description).into();
    msg::check_lengths(&validator.description)?;
    if let Some(rate) = m.commission_rate {
        validator.commission.check_new_rate(rate, ctx.time())?;
        hooks::before_validator_modified(ctx, &m.operator)?;
        (validator.commission.rate, validator.commission.update_time) = (rate, ctx.time());
    }
    if let Some(min) = m.min_self_delegation {
        if min <= validator.min_self_delegation {
            return Err(error::MIN_SELF_DELEGATION_DECREASED.refuse());
        }
        if min > validator.tokens {
            return Err(error::SELF_DELEGATION_BELOW_MIN.refuse());
        }
        validator.min_self_delegation = min;
    }
    super::save_validator(ctx, &validator)?;
    ctx.emit(event::edit_validator(&validator.commission, validator.min_self_delegation));
    Ok(wire::MsgEditValidatorResponse {})
}

pub fn delegate(ctx: &mut Ctx, m: msg::Delegate) -> Result<wire::MsgDelegateResponse> {
    let validator = super::must_validator(ctx, &m.operator)?;
    check_denom(ctx, &m.amount)?;
    let shares: Dec = stake::delegate(ctx, &m.delegator, m.amount.amount, BondStatus::Unbonded, &validator, true)?;
    let event = event::delegate(ctx.bech32(), (&m.delegator, &m.operator), &m.amount, shares);
    ctx.emit(event);
    Ok(wire::MsgDelegateResponse {})
}

pub fn begin_redelegate(ctx: &mut Ctx, m: msg::BeginRedelegate) -> Result<wire::MsgBeginRedelegateResponse> {
    let shares = stake::validate_unbond_amount(ctx, &m.delegator, &m.source, m.amount.amount)?;
    check_denom(ctx, &m.amount)?;
    let completion = stake::begin_redelegation(ctx, &m.delegator, &m.source, &m.target, shares)?;
    let completion = completion.unwrap_or(Timestamp::NEVER);
    let event = event::redelegate(ctx.bech32(), (&m.source, &m.target), &m.amount, completion);
    ctx.emit(event);
    Ok(wire::MsgBeginRedelegateResponse { completion_time: Some(convert::timestamp(completion)) })
}

pub fn undelegate(ctx: &mut Ctx, m: msg::Undelegate) -> Result<wire::MsgUndelegateResponse> {
    let shares = stake::validate_unbond_amount(ctx, &m.delegator, &m.operator, m.amount.amount)?;
    check_denom(ctx, &m.amount)?;
    let (completion, amount) = stake::undelegate(ctx, &m.delegator, &m.operator, shares)?;
    let coin = Coin::new(m.amount.denom, amount);
    let event = event::unbond(ctx.bech32(), (&m.delegator, &m.operator), &coin, completion);
    ctx.emit(event);
    Ok(wire::MsgUndelegateResponse {
        completion_time: Some(convert::timestamp(completion)),
        amount: Some(msg::wire_coin(&coin)),
    })
}

pub fn cancel_unbonding(ctx: &mut Ctx, m: msg::CancelUnbonding) -> Result<wire::MsgCancelUnbondingDelegationResponse> {
    check_denom(ctx, &m.amount)?;
    let validator = super::must_validator(ctx, &m.operator)?;
    if validator.rate_is_invalid() {
        return Err(error::RATE_INVALID.refuse());
    }
    if validator.jailed {
        return Err(error::VALIDATOR_JAILED.refuse());
    }
    let key = (m.delegator, m.operator);
    let mut unbonding = delegation::unbonding(ctx, key)?.ok_or_else(|| {
        let (delegator, operator) = (ctx.bech32().acc(&m.delegator), ctx.bech32().val(&m.operator));
        Error::status(
            Grpc::NotFound,
            format!("unbonding delegation with delegator {delegator} not found for validator {operator}"),
        )
    })?;
    let not_found = || {
        sdk::NOT_FOUND.because(format!("unbonding delegation entry is not found at block height {}", m.creation_height))
    };
    let at = unbonding.entries.iter().position(|e| e.creation_height == m.creation_height).ok_or_else(not_found)?;
    let entry = unbonding.entries.get_mut(at).ok_or_else(not_found)?;
    check_cancel(ctx, entry, &m.amount)?;
    stake::delegate(ctx, &m.delegator, m.amount.amount, BondStatus::Unbonding, &validator, false)?;
    entry.balance = entry.balance.sub(m.amount.amount)?;
    entry.initial_balance = entry.initial_balance.sub(m.amount.amount)?;
    let (id, empty) = (entry.id, entry.balance.is_zero());
    if empty {
        unbonding.entries.remove(at);
        hold::forget(ctx, id)?;
    }
    delegation::save_unbonding(ctx, &unbonding)?;
    let event = event::cancel_unbonding(ctx.bech32(), (&m.delegator, &m.operator), &m.amount, m.creation_height);
    ctx.emit(event);
    Ok(wire::MsgCancelUnbondingDelegationResponse {})
}

fn check_cancel(view: &View, entry: &UnbondingEntry, amount: &Coin) -> Result<()> {
    if entry.balance < amount.amount {
        return Err(sdk::INVALID_REQUEST.because("amount is greater than the unbonding delegation entry balance"));
    }
    if entry.completion_time < view.time() {
        return Err(sdk::INVALID_REQUEST.because("unbonding delegation is already processed"));
    }
    Ok(())
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    params::check(&m.params)?;
    refuse_other_denom(ctx, &m.params.bond_denom)?;
    state::PARAMS.save(ctx, &Wire(m.params))?;
    Ok(wire::MsgUpdateParamsResponse {})
}

/// Upstream lets a vote change the bond denom although coins are staked; then nothing can be paid out, and the chain stops.
fn refuse_other_denom(view: &View, wanted: &str) -> Result<()> {
    let now = super::bond_denom(view)?;
    let nobody = super::validators(view).next().transpose()?.is_none();
    if now.as_ref() == wanted || nobody && state::UNBONDINGS.iter(view).next().transpose()?.is_none() {
        return Ok(());
    }
    let details = format!("bond_denom: {wanted:?}; while coins are staked only {now} is allowed");
    Err(sdk::INVALID_REQUEST.because(details))
}

fn check_denom(view: &View, coin: &Coin) -> Result<()> {
    let wanted = super::bond_denom(view)?;
    if coin.denom != wanted {
        let details = format!("invalid coin denomination: got {}, expected {wanted}", coin.denom);
        return Err(sdk::INVALID_REQUEST.because(details));
    }
    Ok(())
}
