//! Periods of validators and the claims of delegations on them (the scheme known as F1).

use entente_kernel::num::{Coins, Dec, DecCoins};
use entente_kernel::{AccAddress, Ctx, Error, Result, ValAddress, View};

use super::state::{self, Current, Historical, StartingInfo};
use super::{add_to_pool, error, event, outstanding, pay_out};
use crate::modules::staking::{self, Delegation, Validator};

/// The open period of a validator.
pub fn current(view: &View, validator: &ValAddress) -> Result<Current> {
    state::CURRENT.must(view, validator)
}

/// The records of a new validator: period 0 has ended, period 1 is open.
pub fn open(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    let nothing = Historical { cumulative_ratio: DecCoins::empty(), references: 1 };
    state::HISTORICAL.set(ctx, &(*validator, 0), &nothing)?;
    state::CURRENT.set(ctx, validator, &Current { rewards: DecCoins::empty(), period: 1 })?;
    state::COMMISSION.set(ctx, validator, &DecCoins::empty())?;
    state::OUTSTANDING.set(ctx, validator, &DecCoins::empty())
}

/// Ends the open period and opens the next. Gives the number of the ended one. Rewards of a validator without tokens belong to nobody
/// and go to the community pool.
///
/// # Rounding
/// The ratio is cut: the pool of outstanding rewards gains.
pub fn end(ctx: &mut Ctx, validator: &Validator) -> Result<u64> {
    let operator = &validator.operator;
    let open = current(ctx, operator)?;
    let ratio = if validator.tokens.is_zero() {
        add_to_pool(ctx, &open.rewards)?;
        let rest = outstanding(ctx, operator)?.sub(&open.rewards)?;
        state::OUTSTANDING.set(ctx, operator, &rest)?;
        DecCoins::empty()
    } else {
        open.rewards.quo_dec_truncate(Dec::from_int(validator.tokens))?
    };
    let before = before(open.period)?;
    let last = state::HISTORICAL.must(ctx, &(*operator, before))?;
    release(ctx, operator, before)?;
    let ended = Historical { cumulative_ratio: last.cumulative_ratio.add(&ratio)?, references: 1 };
    state::HISTORICAL.set(ctx, &(*operator, open.period), &ended)?;
    let next = open.period.checked_add(1).ok_or_else(|| Error::fault("a validator ran out of periods"))?;
    state::CURRENT.set(ctx, operator, &Current { rewards: DecCoins::empty(), period: next })?;
    Ok(open.period)
}

fn before(period: u64) -> Result<u64> {
    period.checked_sub(1).ok_or_else(|| Error::fault("a validator's open period is 0; the first is 1"))
}

/// One more record refers to the end of this period.
pub fn retain(ctx: &mut Ctx, validator: &ValAddress, period: u64) -> Result<()> {
    let key = (*validator, period);
    let mut record = state::HISTORICAL.must(ctx, &key)?;
    if record.references > 2 {
        return Err(Error::fault(format!("period {period} has {} references; at most 3 can arise", record.references)));
    }
    record.references = record.references.saturating_add(1);
    state::HISTORICAL.set(ctx, &key, &record)
}

/// One record less refers to the end of this period; the last one takes it away.
fn release(ctx: &mut Ctx, validator: &ValAddress, period: u64) -> Result<()> {
    let key = (*validator, period);
    let mut record = state::HISTORICAL.must(ctx, &key)?;
    record.references = record
        .references
        .checked_sub(1)
        .ok_or_else(|| Error::fault(format!("period {period} loses a reference that it does not have")))?;
    if record.references == 0 {
        return state::HISTORICAL.remove(ctx, &key);
    }
    state::HISTORICAL.set(ctx, &key, &record)
}

/// Starts the claim of a delegation at the period that just ended.
///
/// # Rounding
/// The stake is cut: the other delegators gain.
pub fn start(ctx: &mut Ctx, delegator: &AccAddress, validator: &ValAddress) -> Result<()> {
    let previous_period = before(current(ctx, validator)?.period)?;
    retain(ctx, validator, previous_period)?;
    let record = staking::must_validator(ctx, validator)?;
    let delegation = must_delegation(ctx, delegator, validator)?;
    let stake = record.tokens_from_shares_truncated(delegation.shares)?;
    let info = StartingInfo { previous_period, stake, height: height(ctx)? };
    state::STARTING_INFOS.set(ctx, &(*validator, *delegator), &info)
}

/// What a delegation has earned up to the end of a period.
///
/// # Rounding
/// Cut at every slash and at the end: the other delegators gain.
///
/// # Compatibility
/// A stake that, reduced by the slashes, is still more than the delegation is worth now counts as what it is worth now. Upstream does
/// so within three of the smallest steps and panics beyond; whoever can bring that about must not be able to stop anything here.
pub fn earned(view: &View, validator: &Validator, delegator: &AccAddress, shares: Dec, ended: u64) -> Result<DecCoins> {
    let operator = &validator.operator;
    let info = state::STARTING_INFOS
        .get(view, &(*operator, *delegator))?
        .ok_or_else(|| error::EMPTY_DELEGATION_DIST_INFO.refuse())?;
    let now = height(view)?;
    let mut rewards = DecCoins::empty();
    if info.height == now {
        return Ok(rewards);
    }
    let (mut from, mut stake) = (info.previous_period, info.stake);
    for row in state::SLASHES.from(view, &(*operator, info.height, 0)) {
        let ((of, at, period), fraction) = row?;
        if of != *operator || at > now {
            break;
        }
        if period > from {
            rewards = rewards.add(&between(view, operator, from, period, stake)?)?;
            stake = stake.mul_truncate(super::kept(fraction)?)?;
            from = period;
        }
    }
    let worth = validator.tokens_from_shares(shares)?;
    rewards.add(&between(view, operator, from, ended, stake.min(worth))?).map_err(Into::into)
}

/// What a stake earns from the end of one period to the end of another.
fn between(view: &View, validator: &ValAddress, from: u64, to: u64, stake: Dec) -> Result<DecCoins> {
    if from > to || stake.is_negative() {
        return Err(Error::fault(format!("a stake of {stake} cannot earn from period {from} to {to}")));
    }
    let start = state::HISTORICAL.must(view, &(*validator, from))?;
    let end = state::HISTORICAL.must(view, &(*validator, to))?;
    let difference = end
        .cumulative_ratio
        .sub(&start.cumulative_ratio)
        .map_err(|e| Error::fault(format!("rewards per token fell from period {from} to {to}: {e}")))?;
    Ok(difference.mul_dec_truncate(stake)?)
}

/// Ends the period, pays a delegation what it has earned and forgets its claim; [`start`] begins the next.
///
/// # Rounding
/// Whole units are paid; the rest goes to the community pool.
pub fn pay(ctx: &mut Ctx, validator: &Validator, delegator: &AccAddress, shares: Dec) -> Result<Coins> {
    let operator = &validator.operator;
    let key = (*operator, *delegator);
    let info = state::STARTING_INFOS.get(ctx, &key)?.ok_or_else(|| error::EMPTY_DELEGATION_DIST_INFO.refuse())?;
    let ended = end(ctx, validator)?;
    let earned = earned(ctx, validator, delegator, shares, ended)?;
    let held = outstanding(ctx, operator)?;
    // The last digits can sum up to more than there is.
    let owed = earned.intersect(&held);
    let (whole, remainder) = owed.truncate_decimal();
    pay_out(ctx, delegator, &whole)?;
    state::OUTSTANDING.set(ctx, operator, &held.sub(&owed)?)?;
    add_to_pool(ctx, &remainder)?;
    release(ctx, operator, info.previous_period)?;
    state::STARTING_INFOS.remove(ctx, &key)?;
    let (validator, delegator) = (ctx.bech32().val(operator), ctx.bech32().acc(delegator));
    ctx.emit(event::withdraw_rewards(&whole, &validator, &delegator));
    Ok(whole)
}

/// # Errors
/// `staking` 19 if there is no such delegation.
pub fn must_delegation(view: &View, delegator: &AccAddress, validator: &ValAddress) -> Result<Delegation> {
    staking::delegation(view, delegator, validator)?.ok_or_else(|| staking::error::NO_DELEGATION.refuse())
}

/// The height of the block as records keep it.
pub fn height(view: &View) -> Result<u64> {
    u64::try_from(view.height()).map_err(|_| Error::fault(format!("block height {} is negative", view.height())))
}
