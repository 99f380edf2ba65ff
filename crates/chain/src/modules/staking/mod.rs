//! Proof of stake: validators, delegations, and who takes part in consensus.
//!
//! *Validators* hold *tokens* that belong to *delegators* by *shares* (`validator`). The strongest are *bonded* and make blocks (`set`);
//! tokens of bonded validators lie in one pool, all others in a second one. Stake leaves by *unbonding* (paid out after the unbonding
//! time) or *redelegation* (moves at once, answers for its source until then) (`stake`, `queue`). A *slash* burns tokens, not shares
//! (`slash`). Rules, codes, events and the layout of the store are those of Cosmos SDK 0.50.4.
//!
//! Promises: bonded pool = tokens of bonded validators; other pool = other tokens + unbonding balances; a validator's shares = sum of
//! its delegations; the order of powers follows the tokens. Work per block does not grow with the number of delegations.

mod block;
mod delegation;
pub mod error;
mod event;
pub mod genesis;
pub mod handle;
mod history;
mod hold;
pub mod invariant;
pub mod msg;
pub mod params;
pub mod query;
mod queue;
pub mod rest;
mod set;
mod slash;
mod stake;
mod state;
#[cfg(test)]
mod tests;
mod validator;

pub use block::{begin_block, end_block};
pub use delegation::{Delegation, Redelegation, RedelegationEntry, Unbonding, UnbondingEntry};
pub use hold::{put_unbonding_on_hold, unbonding_can_complete};
pub use set::first_validator_set;
pub use slash::{Infraction, slash};
pub use stake::{
    begin_redelegation, delegate, shares_to_unbond, unbond, unbond_from, undelegate, validate_unbond_amount,
};
pub use validator::{BondStatus, Commission, POWER_REDUCTION, Standing, Validator, power_of_tokens, tokens_of_power};

use std::sync::Arc;

use entente_kernel::num::{Dec, Denom, Int};
use entente_kernel::{AccAddress, ConsAddress, Ctx, Error, Result, Span, ValAddress, View, Wire};
use entente_proto::cosmos::staking::v1beta1 as wire;

use self::delegation::stored;
use super::auth::ModuleAccount;
use super::bank;

/// Blocks between a change of the validator set and the first block that it signs.
pub const VALIDATOR_UPDATE_DELAY: i64 = 1;

pub fn params(view: &View) -> Result<wire::Params> {
    in_force(view).map(|p| p.wire.clone())
}

/// The parameters as this module asks for them.
struct InForce {
    wire: wire::Params,
    bond_denom: Denom,
}

fn in_force(view: &View) -> Result<Arc<InForce>> {
    let read = |Wire(wire): Wire<wire::Params>| {
        let bond_denom = Denom::new(&wire.bond_denom);
        let bond_denom = bond_denom.map_err(|e| Error::fault(format!("staking: the bond denom: {e}")))?;
        Ok(Arc::new(InForce { wire, bond_denom }))
    };
    state::PARAMS.read_as(view, read)?.ok_or_else(|| Error::fault("staking: no parameters"))
}

/// The coin that is staked.
pub fn bond_denom(view: &View) -> Result<Denom> {
    in_force(view).map(|p| p.bond_denom.clone())
}

/// How long stake that leaves can still be slashed.
pub fn unbonding_time(view: &View) -> Result<Span> {
    stored(params::unbonding_time(&params(view)?))
}

pub fn min_commission_rate(view: &View) -> Result<Dec> {
    stored(validator::read_dec(&params(view)?.min_commission_rate, "min_commission_rate"))
}

pub fn validator(view: &View, operator: &ValAddress) -> Result<Option<Validator>> {
    state::VALIDATORS.read_as(view, operator, |Wire(w)| stored(Validator::from_wire(w, *operator)))
}

/// # Errors
/// `staking` 3 if there is no such validator.
pub fn must_validator(view: &View, operator: &ValAddress) -> Result<Validator> {
    validator(view, operator)?.ok_or_else(|| error::NO_VALIDATOR.refuse())
}

/// The operator of the validator that signs blocks with this key.
pub fn operator_by_cons(view: &View, cons: &ConsAddress) -> Result<Option<ValAddress>> {
    Ok(state::BY_CONS_ADDRESS.get(view, cons)?.map(|o| o.0))
}

pub fn validator_by_cons(view: &View, cons: &ConsAddress) -> Result<Option<Validator>> {
    match operator_by_cons(view, cons)? {
        Some(operator) => validator(view, &operator),
        None => Ok(None),
    }
}

/// Status and jail of the validator that signs with this key: the cheap question of every block.
pub fn standing_by_cons(view: &View, cons: &ConsAddress) -> Result<Option<Standing>> {
    let Some(operator) = operator_by_cons(view, cons)? else { return Ok(None) };
    let record = validator(view, &operator)?;
    let record = record.ok_or_else(|| Error::fault("staking: a consensus key of no validator"))?;
    Ok(Some(Standing { status: record.status, jailed: record.jailed }))
}

/// All validators, by operator.
pub fn validators(view: &View) -> impl Iterator<Item = Result<Validator>> {
    let read = |row: Result<_>| row.and_then(|(operator, Wire(w))| stored(Validator::from_wire(w, operator)));
    state::VALIDATORS.iter(view).map(read)
}

/// The bonded validators, the strongest first, at most `max_validators` of them.
pub fn bonded_validators_by_power(view: &View) -> Result<Vec<Validator>> {
    let max = usize::try_from(params(view)?.max_validators).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for row in state::BY_POWER.iter(view).rev() {
        if found.len() >= max {
            break;
        }
        let validator = must_validator(view, &row?.1.0)?;
        if validator.is_bonded() {
            found.push(validator);
        }
    }
    Ok(found)
}

/// The power with which a validator was bonded at the end of the last block; 0 if it was not.
pub fn last_power(view: &View, operator: &ValAddress) -> Result<i64> {
    Ok(state::LAST_POWERS.get(view, operator)?.map_or(0, |p| p.0))
}

/// Operators and powers of the bonded validators at the end of the last block, by operator.
pub fn last_powers(view: &View) -> impl Iterator<Item = Result<(ValAddress, i64)>> {
    state::LAST_POWERS.iter(view).map(|row| row.map(|(operator, power)| (operator, power.0)))
}

/// The power of all bonded validators at the end of the last block that changed it.
pub fn last_total_power(view: &View) -> Result<Int> {
    match state::LAST_TOTAL_POWER.load(view)? {
        Some(Wire(total)) => stored(validator::read_int(&total.int, "last_total_power")),
        None => Ok(Int::ZERO),
    }
}

pub fn delegation(view: &View, delegator: &AccAddress, operator: &ValAddress) -> Result<Option<Delegation>> {
    let key = (*delegator, *operator);
    state::DELEGATIONS.read_as(view, &key, |Wire(w)| stored(Delegation::from_wire(&w, key)))
}

/// The delegations of a delegator, by operator.
pub fn delegations_of(view: &View, delegator: &AccAddress) -> impl Iterator<Item = Result<Delegation>> {
    state::DELEGATIONS.prefix_as(view, delegator, |key, Wire(w)| stored(Delegation::from_wire(&w, key)))
}

/// The delegators of a validator, by address.
pub fn delegators_of(view: &View, operator: &ValAddress) -> impl Iterator<Item = Result<AccAddress>> {
    state::DELEGATORS.prefix(view, operator).map(|row| row.map(|((_, delegator), ())| delegator.0))
}

/// All delegations, by delegator and operator. For exports and invariants.
pub fn delegations(view: &View) -> impl Iterator<Item = Result<Delegation>> {
    let read = |row: Result<_>| row.and_then(|(key, Wire(w))| stored(Delegation::from_wire(&w, key)));
    state::DELEGATIONS.iter(view).map(read)
}

pub fn unbonding(view: &View, delegator: &AccAddress, operator: &ValAddress) -> Result<Option<Unbonding>> {
    delegation::unbonding(view, (*delegator, *operator))
}

/// Did the delegator move stake to this validator that still answers for the one that it left?
pub fn has_redelegation_to(view: &View, delegator: &AccAddress, operator: &ValAddress) -> Result<bool> {
    Ok(state::REDELEGATIONS_TO.prefix(view, &(*operator, *delegator)).next().transpose()?.is_some())
}

/// Tokens of the bonded validators: what lies in their pool.
pub fn total_bonded_tokens(view: &View) -> Result<Int> {
    bank::balance(view, &ModuleAccount::BONDED_POOL.address(), &bond_denom(view)?)
}

/// All coins of the staked kind.
pub fn staking_token_supply(view: &View) -> Result<Int> {
    bank::supply(view, &bond_denom(view)?)
}

/// The bonded part of the supply, rounded down; 0 without a supply.
pub fn bonded_ratio(view: &View) -> Result<Dec> {
    let supply = staking_token_supply(view)?;
    if !supply.is_positive() {
        return Ok(Dec::ZERO);
    }
    Ok(Dec::from_int(total_bonded_tokens(view)?).quo_int(supply)?)
}

/// Sends a validator to jail: it leaves the active set at the end of the block.
///
/// # Errors
/// `staking` 3, and 7 if it is in jail already.
pub fn jail(ctx: &mut Ctx, cons: &ConsAddress) -> Result<()> {
    let mut validator = validator_by_cons(ctx, cons)?.ok_or_else(|| error::NO_VALIDATOR.refuse())?;
    set::jail(ctx, &mut validator)
}

/// Takes a validator out of jail.
///
/// # Errors
/// `staking` 3, and a refusal without code if it is not in jail.
pub fn unjail(ctx: &mut Ctx, cons: &ConsAddress) -> Result<()> {
    let mut validator = validator_by_cons(ctx, cons)?.ok_or_else(|| error::NO_VALIDATOR.refuse())?;
    set::unjail(ctx, &mut validator)
}

fn save_validator(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    state::VALIDATORS.set_as(ctx, &validator.operator, validator.clone())
}
