//! What the messages of liquid staking do.

use entente_kernel::num::{Coin, Denom, Int};
use entente_kernel::{AccAddress, Ctx, Result, ValAddress};
use entente_proto::pstake::liquidstake::v1beta1 as wire;
use entente_proto::restake::liquid::v1 as own;

use super::params::Params;
use super::position::{self, Position};
use super::state::{LEDGER, PARAMS};
use super::{account, add, amount, batch, error, event, ledger, math, msg, sub};
use crate::modules::auth::ModuleAccount;
use crate::modules::staking::BondStatus;
use crate::modules::{auth, bank, staking};
use crate::wire as convert;

pub fn liquid_stake(ctx: &mut Ctx, m: msg::LiquidStake) -> Result<wire::MsgLiquidStakeResponse> {
    require_bond_denom(ctx, &m.denom)?;
    stake(ctx, &m.delegator, m.amount)?;
    Ok(wire::MsgLiquidStakeResponse {})
}

fn require_bond_denom(ctx: &Ctx, denom: &Denom) -> Result<()> {
    let bond = staking::bond_denom(ctx)?;
    if *denom == bond { Ok(()) } else { Err(error::WRONG_DENOM.because(format!("{denom} instead of {bond}"))) }
}

fn require_liquid_denom(params: &Params, denom: &Denom) -> Result<()> {
    if *denom == params.denom {
        return Ok(());
    }
    Err(error::WRONG_DENOM.because(format!("{denom} instead of {}", params.denom)))
}

/// What must be true before anything new is staked; gives parameters, position and supply.
fn check_open(ctx: &Ctx, amount: u128) -> Result<(Params, Position, u128)> {
    let params = super::params(ctx)?;
    if params.paused {
        return Err(error::PAUSED.refuse());
    }
    if amount < params.min_stake {
        return Err(error::BELOW_MINIMUM.because(format!("{amount}; at least {} can be staked", params.min_stake)));
    }
    let position = Position::load(ctx, &params)?;
    if position.active_weight() < params.own.quorum.max(1) {
        let active = position.active_weight();
        return Err(error::NO_QUORUM.because(format!("weights of active validators are {active} of 10000")));
    }
    let (supply, value) = (super::supply(ctx)?, position.value()?);
    let rate = math::rate(supply, value)?;
    if !(crate::modules::assets::RATE_MIN..=crate::modules::assets::RATE_MAX).contains(&rate) {
        return Err(error::RATE_OUT_OF_BOUNDS.because(format!("{value} for {supply} liquid coins")));
    }
    Ok((params, position, supply))
}

/// Mints liquid coins to a person.
fn mint(ctx: &mut Ctx, params: &Params, to: &AccAddress, amount: u128) -> Result<Coin> {
    if amount == 0 {
        return Err(error::TOO_SMALL.refuse());
    }
    let coin = Coin::new(params.denom.clone(), Int::from(amount));
    let coins = super::one(params.denom.clone(), amount)?;
    bank::mint(ctx, &ModuleAccount::LIQUID, &coins)?;
    bank::send_from_module(ctx, &ModuleAccount::LIQUID, to, &coins)?;
    Ok(coin)
}

pub fn stake(ctx: &mut Ctx, delegator: &AccAddress, amount: u128) -> Result<u128> {
    let (params, position, supply) = check_open(ctx, amount)?;
    let value = position.value()?;
    let minted = math::minted(amount, supply, value)?;
    let coins = super::native(ctx, amount)?;
    bank::send_to_module(ctx, delegator, &ModuleAccount::LIQUID, &coins)?;
    let mut ledger = ledger(ctx)?;
    ledger.idle = add(ledger.idle, amount)?;
    LEDGER.save(ctx, &ledger)?;
    position::delegate_idle(ctx, &params)?;
    let liquid = mint(ctx, &params, delegator, minted)?;
    let staked = Coin::new(staking::bond_denom(ctx)?, Int::from(amount));
    let text = ctx.bech32().acc(delegator);
    ctx.emit(event::staked(&text, &staked, &liquid, value, supply, ""));
    Ok(minted)
}

/// Takes an existing delegation over, without unbonding: the shares change hands, and what they are worth to the stakers afterwards is
/// what the delegator is paid for.
pub fn stake_delegation(ctx: &mut Ctx, m: msg::StakeDelegation) -> Result<own::MsgStakeDelegationResponse> {
    require_bond_denom(ctx, &m.denom)?;
    let (params, position, supply) = check_open(ctx, m.amount)?;
    check_delegation(ctx, &m, &params, &position)?;
    let value = position.value()?;
    let shares = staking::validate_unbond_amount(ctx, &m.delegator, &m.validator, Int::from(m.amount))?;
    position::draw(ctx, &m.validator)?;
    let tokens = staking::unbond(ctx, &m.delegator, &m.validator, shares)?;
    let validator = staking::must_validator(ctx, &m.validator)?;
    if validator.jailed {
        return Err(error::SELF_DELEGATION.refuse());
    }
    staking::delegate(ctx, &account(), tokens, BondStatus::Bonded, &validator, false)?;
    let gain = super::value(ctx)?.saturating_sub(value).min(amount(tokens)?);
    let minted = math::minted(gain, supply, value)?;
    let liquid = mint(ctx, &params, &m.delegator, minted)?;
    let staked = Coin::new(m.denom, Int::from(gain));
    let (text, validator) = (ctx.bech32().acc(&m.delegator), ctx.bech32().val(&m.validator));
    ctx.emit(event::staked(&text, &staked, &liquid, value, supply, &validator));
    Ok(own::MsgStakeDelegationResponse { minted: Some(convert::coin(&liquid)) })
}

/// A delegation that still answers for another validator must not shake that off, and locked coins must not become free.
fn check_delegation(ctx: &Ctx, m: &msg::StakeDelegation, params: &Params, position: &Position) -> Result<()> {
    if params.lsm_disabled {
        return Err(error::LSM_DISABLED.refuse());
    }
    let listed = |s: &&position::Site| s.operator == m.validator && s.active && s.weight > 0;
    if !position.sites.iter().any(|s| listed(&s)) {
        return Err(error::NOT_IN_LIST.because(ctx.bech32().val(&m.validator)));
    }
    let is_vesting = auth::account(ctx, &m.delegator)?.is_some_and(|a| matches!(a.kind, auth::Kind::Vesting(_)));
    if is_vesting {
        return Err(error::VESTING.refuse());
    }
    if staking::has_redelegation_to(ctx, &m.delegator, &m.validator)? {
        return Err(error::RECENT_REDELEGATION.refuse());
    }
    Ok(())
}

pub fn liquid_unstake(ctx: &mut Ctx, m: msg::LiquidUnstake) -> Result<wire::MsgLiquidUnstakeResponse> {
    require_liquid_denom(&super::params(ctx)?, &m.denom)?;
    let (_, completion) = batch::request(ctx, &m.delegator, m.amount)?;
    Ok(wire::MsgLiquidUnstakeResponse { completion_time: Some(convert::timestamp(completion)) })
}

pub fn cancel_unstake(ctx: &mut Ctx, m: msg::CancelUnstake) -> Result<own::MsgCancelUnstakeResponse> {
    require_liquid_denom(&super::params(ctx)?, &m.denom)?;
    batch::cancel(ctx, &m.owner, m.amount)?;
    Ok(own::MsgCancelUnstakeResponse {})
}

pub fn claim_unstaked(ctx: &mut Ctx, m: msg::ClaimUnstaked) -> Result<own::MsgClaimUnstakedResponse> {
    let paid = batch::pay_claim(ctx, m.batch, &m.owner)?;
    let paid = Coin::new(staking::bond_denom(ctx)?, Int::from(paid));
    Ok(own::MsgClaimUnstakedResponse { paid: Some(convert::coin(&paid)) })
}

/// The coin cannot be renamed while any exists.
pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let before = super::params(ctx)?;
    if before.denom != m.params.denom && super::supply(ctx)? > 0 {
        return Err(error::INVALID_PARAMS.because(format!("{} exists and cannot be renamed", before.denom)));
    }
    require_known(ctx, &m.params.validators)?;
    let params = Params { own: before.own, ..m.params };
    save(ctx, &params)?;
    Ok(wire::MsgUpdateParamsResponse {})
}

pub fn update_own_params(ctx: &mut Ctx, m: msg::UpdateOwnParams) -> Result<own::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let params = Params { own: m.params, ..super::params(ctx)? };
    require_room(ctx, &params)?;
    save(ctx, &params)?;
    Ok(own::MsgUpdateParamsResponse {})
}

/// Batches must not come faster than validators have room for their unbondings.
fn require_room(ctx: &Ctx, params: &Params) -> Result<()> {
    let (unbonding, entries) = (staking::unbonding_time(ctx)?, i64::from(staking::params(ctx)?.max_entries));
    let least = unbonding.whole_secs().checked_div(sub_one(entries)).unwrap_or_default();
    if params.own.exit_period.whole_secs() < least {
        let text =
            format!("exit_period must be at least {least} seconds: validators take {entries} unbondings at once");
        return Err(error::INVALID_PARAMS.because(text));
    }
    Ok(())
}

fn sub_one(entries: i64) -> i64 {
    entries.saturating_sub(1).max(1)
}

pub fn update_validators(
    ctx: &mut Ctx,
    m: msg::UpdateValidators,
) -> Result<wire::MsgUpdateWhitelistedValidatorsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    require_known(ctx, &m.validators)?;
    let params = Params { validators: m.validators, ..super::params(ctx)? };
    save(ctx, &params)?;
    Ok(wire::MsgUpdateWhitelistedValidatorsResponse {})
}

fn require_known(ctx: &Ctx, validators: &[(ValAddress, u32)]) -> Result<()> {
    validators.iter().try_for_each(|(operator, _)| staking::must_validator(ctx, operator).map(drop))
}

fn save(ctx: &mut Ctx, params: &Params) -> Result<()> {
    PARAMS.save(ctx, params)?;
    position::know(ctx, params)
}

/// The admin can pause; opening again needs a vote.
pub fn set_paused(ctx: &mut Ctx, m: msg::SetPaused) -> Result<wire::MsgSetModulePausedResponse> {
    let mut params = super::params(ctx)?;
    let by_vote = m.authority == auth::authority();
    let by_admin = params.admin == Some(m.authority) && m.paused;
    if !by_vote && !by_admin {
        return Err(error::ADMIN_ONLY_TIGHTENS.because(ctx.bech32().acc(&m.authority)));
    }
    params.paused = m.paused;
    PARAMS.save(ctx, &params)?;
    Ok(wire::MsgSetModulePausedResponse {})
}

/// What an amount would buy now, without the checks of a deposit.
pub fn preview_stake(ctx: &Ctx, amount: u128) -> Result<u128> {
    math::minted(amount, super::supply(ctx)?, super::value(ctx)?)
}

/// What liquid coins would bring now, and when, before slashes to come.
pub fn preview_unstake(ctx: &Ctx, liquid: u128) -> Result<(u128, entente_kernel::Timestamp)> {
    let params = super::params(ctx)?;
    let worth = math::worth(liquid, super::supply(ctx)?, super::value(ctx)?)?;
    Ok((sub(worth, math::fee(worth, params.unstake_fee)?)?, batch::expected(ctx)?))
}
