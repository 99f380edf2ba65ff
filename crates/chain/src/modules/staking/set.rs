//! The set of validators: who is bonded, with which power, and how a validator's status changes.
//!
//! The unjailed validators with the most power, at most `max_validators` of them and none without power, are bonded at the end of each
//! block. One that drops out unbonds for the unbonding time, in which it can still be slashed. Equal powers: the lower operator first.
//! While no set follows that the consensus engine could work with, the one in office stays.

use std::collections::BTreeMap;

use entente_kernel::num::Int;
use entente_kernel::{Ctx, Error, Result, ValAddress, View, Wire};
use entente_proto::cosmos::base::v1beta1::IntProto;

use super::state::{self, Operator, Power, Rank};
use super::validator::{BondStatus, Validator};
use super::{error, hold, queue, stake};
use crate::block::ValidatorUpdate;
use crate::hooks;

/// The most power that CometBFT lets a set have (`MaxTotalVotingPower`); it stops for ever at an update to more.
const MAX_TOTAL_POWER: u64 = (1 << 60) - 1;

fn rank(validator: &Validator) -> Result<Rank> {
    Ok(Rank { power: validator.potential_power()?.cast_unsigned(), operator: validator.operator })
}

/// Puts a validator into the order of powers; a jailed one has no place there.
pub(super) fn add_rank(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    if validator.jailed {
        return Ok(());
    }
    state::BY_POWER.set(ctx, &rank(validator)?, &Operator(validator.operator))
}

pub(super) fn remove_rank(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    state::BY_POWER.remove(ctx, &rank(validator)?)
}

/// Changes tokens or shares of a validator and keeps its place in the order of powers.
pub(super) fn change_stake<T>(
    ctx: &mut Ctx,
    validator: &mut Validator,
    change: impl FnOnce(&mut Validator) -> Result<T>,
) -> Result<T> {
    let before = rank(validator)?;
    let outcome = change(validator)?;
    super::save_validator(ctx, validator)?;
    if rank(validator)? != before {
        state::BY_POWER.remove(ctx, &before)?;
        add_rank(ctx, validator)?;
    }
    Ok(outcome)
}

/// Jails a validator: it leaves the active set at the end of the block.
///
/// # Errors
/// `staking` 7 if it is in jail already.
pub(super) fn jail(ctx: &mut Ctx, validator: &mut Validator) -> Result<()> {
    if validator.jailed {
        let details =
            format!("cannot jail already jailed validator, validator: {}", ctx.bech32().val(&validator.operator));
        return Err(error::VALIDATOR_JAILED.because(details));
    }
    validator.jailed = true;
    super::save_validator(ctx, validator)?;
    remove_rank(ctx, validator)
}

/// Takes a validator out of jail.
///
/// # Errors
/// A refusal without code if it is not in jail.
pub(super) fn unjail(ctx: &mut Ctx, validator: &mut Validator) -> Result<()> {
    if !validator.jailed {
        let operator = ctx.bech32().val(&validator.operator);
        return Err(Error::plain(format!("cannot unjail already unjailed validator, validator: {operator}")));
    }
    validator.jailed = false;
    super::save_validator(ctx, validator)?;
    add_rank(ctx, validator)
}

/// Removes an unbonded validator that has neither shares nor tokens.
pub(super) fn remove(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    if !validator.is_unbonded() {
        return Err(
            error::BAD_REMOVE_VALIDATOR.because("cannot call RemoveValidator on bonded or unbonding validators")
        );
    }
    if validator.tokens.is_positive() {
        return Err(error::BAD_REMOVE_VALIDATOR.because("attempting to remove a validator which still contains tokens"));
    }
    let cons = validator.cons_address();
    state::VALIDATORS.remove(ctx, &validator.operator)?;
    state::BY_CONS_ADDRESS.remove(ctx, &cons)?;
    remove_rank(ctx, validator)?;
    hooks::after_validator_removed(ctx, &cons, &validator.operator)
}

/// Brings the set of bonded validators in line with their stake and gives the changes of power, the strongest first, then the
/// validators that left, by operator.
///
/// # Compatibility
/// While nobody is fit to be bonded (all are jailed, or without power), or those who are have more power together than CometBFT counts
/// (a vote can give an alliance any weight), those in office stay with the power that they had. Upstream goes on, at which the consensus
/// engine stops for ever. Jailed validators in office can be slashed, and leave as soon as a set can follow.
pub fn update_validator_set(ctx: &mut Ctx) -> Result<Vec<ValidatorUpdate>> {
    let mut last: BTreeMap<ValAddress, i64> = BTreeMap::new();
    for row in state::LAST_POWERS.iter(ctx) {
        let (operator, power) = row?;
        last.insert(operator, power.0);
    }
    let (mut updates, mut total, mut entered) = (Vec::new(), Int::ZERO, Int::ZERO);
    let Some(successors) = successors(ctx)? else { return Ok(updates) };
    for Rank { power, operator } in successors {
        let power = i64::try_from(power).map_err(|_| Error::fault(format!("staking: a power of {power}")))?;
        total = total.add(Int::from(power))?;
        let before = last.remove(&operator);
        if before == Some(power) {
            continue;
        }
        let mut validator = super::must_validator(ctx, &operator).map_err(|e| e.must("the order of powers"))?;
        if before.is_none() && !validator.is_bonded() {
            bond(ctx, &mut validator)?;
            entered = entered.add(validator.tokens)?;
        }
        updates.push(ValidatorUpdate { pub_key: validator.cons_pubkey, power });
        state::LAST_POWERS.set(ctx, &operator, &Power(power))?;
    }
    let mut left = Int::ZERO;
    for operator in last.into_keys() {
        let mut validator = super::must_validator(ctx, &operator).map_err(|e| e.must("the bonded validators"))?;
        begin_unbonding(ctx, &mut validator)?;
        left = left.add(validator.tokens)?;
        state::LAST_POWERS.remove(ctx, &operator)?;
        updates.push(ValidatorUpdate { pub_key: validator.cons_pubkey, power: 0 });
    }
    settle_pools(ctx, entered, left)?;
    if !updates.is_empty() {
        state::LAST_TOTAL_POWER.save(ctx, &Wire(IntProto { int: total.to_string() }))?;
    }
    Ok(updates)
}

/// The set that follows, the strongest first; none if it could not work.
fn successors(view: &View) -> Result<Option<Vec<Rank>>> {
    let ranks = strongest(view)?;
    let total = ranks.iter().try_fold(0_u64, |sum, rank| sum.checked_add(rank.power));
    Ok((!ranks.is_empty() && total.is_some_and(|total| total <= MAX_TOTAL_POWER)).then_some(ranks))
}

fn strongest(ctx: &View) -> Result<Vec<Rank>> {
    let max = usize::try_from(super::params(ctx)?.max_validators).unwrap_or(usize::MAX);
    let mut ranks = Vec::new();
    for row in state::BY_POWER.iter(ctx).rev().take(max) {
        let (rank, _) = row?;
        if rank.power == 0 {
            break;
        }
        ranks.push(rank);
    }
    Ok(ranks)
}

/// Whether those in office stay because no set can follow.
pub(super) fn office_is_kept(view: &View) -> Result<bool> {
    Ok(successors(view)?.is_none())
}

/// The set with which a chain begins.
///
/// # Errors
/// A refusal without code if it has more power than CometBFT counts.
pub fn first_validator_set(ctx: &mut Ctx) -> Result<Vec<ValidatorUpdate>> {
    let power = strongest(ctx)?.iter().try_fold(Int::ZERO, |sum, rank| sum.add(Int::from_u64(rank.power)))?;
    check_total_power(power)?;
    update_validator_set(ctx)
}

pub(super) fn check_total_power(power: Int) -> Result<()> {
    if power > Int::from_u64(MAX_TOTAL_POWER) {
        return Err(Error::plain(format!(
            "validators: a total power of {power}; at most {MAX_TOTAL_POWER} is allowed"
        )));
    }
    Ok(())
}

/// One transfer for all validators that changed sides.
fn settle_pools(ctx: &mut Ctx, entered: Int, left: Int) -> Result<()> {
    let (bonded, not_bonded) = (BondStatus::Bonded, BondStatus::Unbonded);
    match entered.cmp(&left) {
        std::cmp::Ordering::Greater => stake::move_between_pools(ctx, not_bonded, bonded, entered.sub(left)?),
        std::cmp::Ordering::Less => stake::move_between_pools(ctx, bonded, not_bonded, left.sub(entered)?),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

fn bond(ctx: &mut Ctx, validator: &mut Validator) -> Result<()> {
    validator.status = BondStatus::Bonded;
    super::save_validator(ctx, validator)?;
    queue::remove_validator(ctx, validator)?;
    hooks::after_validator_bonded(ctx, &validator.cons_address(), &validator.operator)
}

fn begin_unbonding(ctx: &mut Ctx, validator: &mut Validator) -> Result<()> {
    if !validator.is_bonded() {
        let operator = ctx.bech32().val(&validator.operator);
        return Err(Error::fault(format!("staking: validator {operator} has power but is not bonded")));
    }
    let id = hold::next_id(ctx)?;
    validator.status = BondStatus::Unbonding;
    validator.unbonding_time = ctx.time().plus(super::unbonding_time(ctx)?);
    validator.unbonding_height = ctx.height();
    validator.unbonding_ids.push(id);
    super::save_validator(ctx, validator)?;
    queue::push_validator(ctx, validator)?;
    hooks::after_validator_begin_unbonding(ctx, &validator.cons_address(), &validator.operator)?;
    hold::index_validator(ctx, id, &validator.operator)?;
    hooks::after_unbonding_initiated(ctx, id)
}

/// Ends the unbonding of validators that are due and not held back. The ids stay in the record, as upstream's do.
pub(super) fn complete_unbondings(ctx: &mut Ctx) -> Result<()> {
    for operator in queue::due_validators(ctx)? {
        let mut validator = super::must_validator(ctx, &operator).map_err(|e| e.must("the queue of validators"))?;
        if !validator.is_unbonding() {
            return Err(Error::fault("unexpected validator in unbonding queue; status was not unbonding"));
        }
        if validator.unbonding_on_hold != 0 {
            continue;
        }
        for id in validator.unbonding_ids.clone() {
            hold::forget(ctx, id)?;
        }
        validator.status = BondStatus::Unbonded;
        super::save_validator(ctx, &validator)?;
        if validator.delegator_shares.is_zero() {
            remove(ctx, &validator)?;
        }
        queue::remove_validator(ctx, &validator)?;
    }
    Ok(())
}
