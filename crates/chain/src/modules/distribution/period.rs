//! Periods of validators and the claims of delegations on them (the scheme known as F1).

use entente_kernel::num::{Coins, Dec, DecCoins};
use entente_kernel::{AccAddress, Ctx, Error, Result, ValAddress, View};

use super::state::{self, Historical, Ledger, StartingInfo};
use super::{add_to_pool, error, event, pay_out};
use crate::modules::staking::{self, Delegation, Validator};

/// The ledger of a validator.
///
/// # Errors
/// A fault if there is no such validator.
pub fn ledger(view: &View, validator: &ValAddress) -> Result<Ledger> {
    state::LEDGERS.must(view, validator)
}

/// The ledger of a new validator: period 0 has ended, period 1 is open.
pub fn open(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    let (nothing, last) = (DecCoins::empty, Historical { cumulative_ratio: DecCoins::empty(), references: 1 });
    let ledger = Ledger { outstanding: nothing(), commission: nothing(), rewards: nothing(), period: 1, last };
    state::LEDGERS.set(ctx, validator, &ledger)
}

/// Ends the open period and opens the next. Rewards of a validator without tokens belong to nobody and go to the community pool. The
/// caller stores the ledger.
///
/// # Rounding
/// The ratio is cut: the pool of outstanding rewards gains.
pub fn end(ctx: &mut Ctx, validator: &Validator, ledger: &mut Ledger) -> Result<()> {
    let rewards = std::mem::take(&mut ledger.rewards);
    let ratio = if validator.tokens.is_zero() {
        add_to_pool(ctx, &rewards)?;
        ledger.outstanding = ledger.outstanding.sub(&rewards)?;
        DecCoins::empty()
    } else {
        rewards.quo_dec_truncate(Dec::from_int(validator.tokens))?
    };
    let before = before(ledger.period)?;
    let ended = Historical { cumulative_ratio: ledger.last.cumulative_ratio.add(&ratio)?, references: 1 };
    let mut last = std::mem::replace(&mut ledger.last, ended);
    release(&mut last, before)?;
    if last.references > 0 {
        state::HISTORICAL.set(ctx, &(validator.operator, before), &last)?;
    }
    ledger.period = ledger.period.checked_add(1).ok_or_else(|| Error::fault("a validator ran out of periods"))?;
    Ok(())
}

fn before(period: u64) -> Result<u64> {
    period.checked_sub(1).ok_or_else(|| Error::fault("a validator's open period is 0; the first is 1"))
}

/// One more record refers to the end of the last period.
pub fn retain(ledger: &mut Ledger) -> Result<()> {
    let references = ledger.last.references;
    if references > 2 {
        return Err(Error::fault(format!("the last period has {references} references; at most 3 can arise")));
    }
    ledger.last.references = references.saturating_add(1);
    Ok(())
}

/// One record less refers to the end of this period.
fn release(record: &mut Historical, period: u64) -> Result<()> {
    let lost = || Error::fault(format!("period {period} loses a reference that it does not have"));
    record.references = record.references.checked_sub(1).ok_or_else(lost)?;
    Ok(())
}

/// The end of a period.
fn historical(view: &View, ledger: &Ledger, validator: &ValAddress, period: u64) -> Result<Historical> {
    if period == before(ledger.period)? {
        return Ok(ledger.last.clone());
    }
    state::HISTORICAL.must(view, &(*validator, period))
}

/// Where a delegation's claim begins, and what a token had earned until then.
pub struct Claim {
    info: StartingInfo,
    start: Historical,
}

/// The claim of a delegation.
///
/// # Errors
/// `distribution` 2 if there is none.
pub fn claim(view: &View, ledger: &Ledger, delegator: &AccAddress, validator: &ValAddress) -> Result<Claim> {
    let info = state::STARTING_INFOS.get(view, &(*validator, *delegator))?;
    let info = info.ok_or_else(|| error::EMPTY_DELEGATION_DIST_INFO.refuse())?;
    let start = historical(view, ledger, validator, info.previous_period)?;
    Ok(Claim { info, start })
}

/// Gives back the reference of a claim; the last one takes the record of its period away.
fn forget(ctx: &mut Ctx, ledger: &mut Ledger, validator: &ValAddress, claim: &Claim) -> Result<()> {
    let period = claim.info.previous_period;
    if period == before(ledger.period)? {
        return release(&mut ledger.last, period);
    }
    let (key, mut record) = ((*validator, period), claim.start.clone());
    release(&mut record, period)?;
    match record.references {
        0 => state::HISTORICAL.remove(ctx, &key),
        _ => state::HISTORICAL.set(ctx, &key, &record),
    }
}

/// Starts the claim of a delegation at the period that just ended, and stores the ledger.
///
/// # Rounding
/// The stake is cut: the other delegators gain.
pub fn start(ctx: &mut Ctx, held: &Delegation, validator: &Validator, mut ledger: Ledger) -> Result<()> {
    retain(&mut ledger)?;
    state::LEDGERS.set(ctx, &held.validator, &ledger)?;
    let stake = validator.tokens_from_shares_truncated(held.shares)?;
    let info = StartingInfo { previous_period: before(ledger.period)?, stake, height: height(ctx)? };
    state::STARTING_INFOS.set(ctx, &(held.validator, held.delegator), &info)
}

/// What a delegation has earned up to the end of the last period.
///
/// # Rounding
/// Cut at every slash and at the end: the other delegators gain.
///
/// # Compatibility
/// A stake that, reduced by the slashes, is still more than the delegation is worth now counts as what it is worth now. Upstream does
/// so within three of the smallest steps and panics beyond; whoever can bring that about must not be able to stop anything here.
pub fn earned(view: &View, validator: &Validator, ledger: &Ledger, claim: &Claim, shares: Dec) -> Result<DecCoins> {
    let (operator, info) = (&validator.operator, &claim.info);
    let now = height(view)?;
    let mut rewards = DecCoins::empty();
    if info.height == now {
        return Ok(rewards);
    }
    let (mut from, mut start, mut stake) = (info.previous_period, claim.start.clone(), info.stake);
    for row in state::SLASHES.from(view, &(*operator, info.height, 0)) {
        let ((of, at, period), fraction) = row?;
        if of != *operator || at > now {
            break;
        }
        if period > from {
            let end = historical(view, ledger, operator, period)?;
            rewards = rewards.add(&between(&start, &end, stake)?)?;
            stake = stake.mul_truncate(super::kept(fraction)?)?;
            (from, start) = (period, end);
        }
    }
    let worth = validator.tokens_from_shares(shares)?;
    rewards.add(&between(&start, &ledger.last, stake.min(worth))?).map_err(Into::into)
}

/// What a stake earns from the end of one period to the end of another.
fn between(start: &Historical, end: &Historical, stake: Dec) -> Result<DecCoins> {
    if stake.is_negative() {
        return Err(Error::fault(format!("a stake of {stake} cannot earn")));
    }
    let difference = end
        .cumulative_ratio
        .sub(&start.cumulative_ratio)
        .map_err(|e| Error::fault(format!("rewards per token fell from one period to a later one: {e}")))?;
    Ok(difference.mul_dec_truncate(stake)?)
}

/// Ends the period and pays a delegation what it has earned; gives that and the ledger. [`start`] begins the next claim, and stores the
/// ledger; where none begins, the caller stores it and takes the claim away.
///
/// # Rounding
/// Whole units are paid; the rest goes to the community pool.
pub fn pay(ctx: &mut Ctx, held: &Delegation, validator: &Validator) -> Result<(Coins, Ledger)> {
    let Delegation { delegator, validator: operator, shares } = held;
    let mut ledger = ledger(ctx, operator)?;
    let claim = claim(ctx, &ledger, delegator, operator)?;
    forget(ctx, &mut ledger, operator, &claim)?;
    end(ctx, validator, &mut ledger)?;
    let earned = earned(ctx, validator, &ledger, &claim, *shares)?;
    // The last digits can sum up to more than there is.
    let owed = earned.intersect(&ledger.outstanding);
    let (whole, remainder) = owed.truncate_decimal();
    pay_out(ctx, delegator, &whole)?;
    ledger.outstanding = ledger.outstanding.sub(&owed)?;
    add_to_pool(ctx, &remainder)?;
    let (validator, delegator) = (ctx.bech32().val(operator), ctx.bech32().acc(delegator));
    ctx.emit(event::withdraw_rewards(&whole, &validator, &delegator));
    Ok((whole, ledger))
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
