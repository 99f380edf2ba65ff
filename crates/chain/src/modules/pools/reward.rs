//! Rewards of staked shares: incentives by an index of the pool, what alliance pays by one of the group.
//!
//! A group is all shares in one place. Its *units* belong to positions and never change by themselves; the *shares* that they stand
//! for shrink by takes and slashes, and with them the group's part of the incentives. The two indices are always updated together, by
//! [`settle`], before anything about a group changes.

use entente_kernel::num::{Denom, Wide, ceil_ratio, floor_ratio};
use entente_kernel::{AccAddress, Ctx, Error, Result, Timestamp, ValAddress, View};

use super::params::{REWARD_DENOMS_MAX, STAKED_MIN};
use super::state::{
    CREDITS, Credit, GROUP_INDICES, GROUPS, Group, INCENTIVES, INDICES, Incentive, Index, LEDGERS, POOLS_AT, POSITIONS,
    Place, Pool, STAKED,
};
use super::{account, amount, coin, coins, error, minus, plus, treasury};
use crate::modules::auth::ModuleAccount;
use crate::modules::{alliance, bank, distribution};

/// Steps of an index for one coin: 2^64.
const STEPS: Wide = Wide::from_u64(1 << 32);

fn steps(number: u128) -> Result<Wide> {
    Ok(Wide::from_u128(number).mul(STEPS)?.mul(STEPS)?)
}

/// Adds so many steps of 2^-64 coin to an index of so many holders.
///
/// # Rounding
/// Down; the remainder is carried to the next time.
fn add_to(index: &mut Index, more: Wide, holders: u128) -> Result<()> {
    let (per, rest) = more.add(index.remainder)?.div_rem(Wide::from_u128(holders))?;
    *index = Index { index: index.index.add(per)?, remainder: rest };
    Ok(())
}

/// Books a reward that came in.
pub fn receive(ctx: &mut Ctx, pool: u64, denom: &Denom, more: u128) -> Result<()> {
    let key = (pool, denom.clone());
    let mut ledger = LEDGERS.get(ctx, &key)?.unwrap_or_default();
    ledger.received = plus(ledger.received, more)?;
    LEDGERS.set(ctx, &key, &ledger)
}

/// What an incentive gives by now, and the incentive after it. While nobody earns, its start moves on with the time.
///
/// # Rounding
/// Down, against the whole that has flowed: the last flow gives the rest.
fn flowing(incentive: &Incentive, earning: bool, now: Timestamp) -> Result<(u128, Incentive)> {
    let mut next = Incentive { seen: now, ..incentive.clone() };
    let begin = incentive.seen.max(incentive.start);
    if now <= begin {
        return Ok((0, next));
    }
    if !earning {
        next.start = incentive.start.plus(now.since(begin));
        return Ok((0, next));
    }
    let passed = now.since(incentive.start).min(incentive.period).0;
    let (passed, period) = (u128::try_from(passed).unwrap_or_default(), u128::try_from(incentive.period.0));
    let due = floor_ratio(&[incentive.amount, passed], &[period.unwrap_or_default()])?;
    let more = due.saturating_sub(incentive.flowed);
    next.flowed = plus(incentive.flowed, more)?;
    Ok((more, next))
}

/// Lets the incentives of a pool flow until now; those that are over go.
pub fn flow(ctx: &mut Ctx, pool: u64) -> Result<()> {
    let (now, staked) = (ctx.time(), STAKED.get(ctx, &pool)?.unwrap_or_default());
    for ((_, id), incentive) in INCENTIVES.prefix(ctx, &pool).collect::<Result<Vec<_>>>()? {
        if incentive.seen >= now {
            continue;
        }
        let (more, next) = flowing(&incentive, staked >= STAKED_MIN, now)?;
        if more > 0 {
            let key = (pool, incentive.denom.clone());
            let mut index = INDICES.get(ctx, &key)?.unwrap_or_default();
            add_to(&mut index, steps(more)?, staked)?;
            INDICES.set(ctx, &key, &index)?;
        }
        if next.flowed >= next.amount {
            INCENTIVES.remove(ctx, &(pool, id))?;
        } else {
            INCENTIVES.set(ctx, &(pool, id), &next)?;
        }
    }
    Ok(())
}

/// What is left of the shares of a group: staked, on their way back because alliance sent them, back already.
fn look(ctx: &mut Ctx, pool: &Pool, place: Place, group: &Group) -> Result<Group> {
    let Some(validator) = place.0 else { return Ok(*group) };
    let owner = account(pool.id);
    let staked = amount(alliance::custody::staked(ctx, &owner, &validator, &pool.lp)?)?;
    let mut returning = 0;
    if group.returning > 0 || staked < group.shares {
        for (_, at, left) in alliance::custody::unbondings(ctx, &owner, &pool.lp)? {
            if at == validator {
                returning = plus(returning, amount(left)?)?;
            }
        }
    }
    let mut home = group.home;
    let gone = group.shares.saturating_sub(plus(plus(staked, returning)?, home)?);
    // Alliance sends all of a stake back or nothing: while some is staked, only what was seen on its way can have come.
    let came = if staked == 0 { gone } else { gone.min(group.returning.saturating_sub(returning)) };
    if came > 0 {
        // What lies in the account beyond what groups have there is what came back.
        let kept = GROUPS.prefix(ctx, &pool.id).try_fold(0, |all, row| plus(all, row?.1.home))?;
        let free = amount(bank::balance(ctx, &owner, &pool.lp)?)?.saturating_sub(kept);
        home = plus(home, came.min(free))?;
    }
    Ok(Group { units: group.units, shares: plus(plus(staked, returning)?, home)?, returning, home })
}

/// Stores a group and its part of what is staked in the pool.
fn save(ctx: &mut Ctx, pool: u64, place: Place, before: &Group, after: &Group) -> Result<()> {
    let all = STAKED.get(ctx, &pool)?.unwrap_or_default();
    let all = plus(minus(all, before.shares)?, after.shares)?;
    if all == 0 {
        STAKED.remove(ctx, &pool)?
    } else {
        STAKED.set(ctx, &pool, &all)?
    }
    if *after == Group::default() { GROUPS.remove(ctx, &(pool, place)) } else { GROUPS.set(ctx, &(pool, place), after) }
}

/// Brings both indices and the shares of a group to this moment. Rewards of alliance are claimed if `claims` says so.
pub fn settle(ctx: &mut Ctx, pool: &Pool, place: Place, claims: bool) -> Result<Group> {
    flow(ctx, pool.id)?;
    let before = GROUPS.get(ctx, &(pool.id, place))?.unwrap_or_default();
    for ((_, denom), index) in INDICES.prefix(ctx, &pool.id).collect::<Result<Vec<_>>>()? {
        let key = (pool.id, place, denom);
        let mut of_group = GROUP_INDICES.get(ctx, &key)?.unwrap_or_default();
        let earned = index.index.sub(of_group.seen)?.mul(Wide::from_u128(before.shares))?;
        of_group.seen = index.index;
        if before.units > 0 {
            add_to(&mut of_group.own, earned, before.units)?;
        }
        GROUP_INDICES.set(ctx, &key, &of_group)?;
    }
    if let (Some(validator), true) = (place.0, claims && before.units > 0) {
        claim_alliance(ctx, pool, &validator, before.units)?;
    }
    let after = look(ctx, pool, place, &before)?;
    save(ctx, pool.id, place, &before, &after)?;
    Ok(after)
}

/// Claims what the stake of a group has earned. A claim that alliance refuses is left for later, so that nothing keeps people from
/// leaving; coins beyond the limit of reward coins go to the community pool.
fn claim_alliance(ctx: &mut Ctx, pool: &Pool, validator: &ValAddress, units: u128) -> Result<()> {
    let owner = account(pool.id);
    let paid = match ctx.layer(|ctx| alliance::custody::claim(ctx, &owner, validator, &pool.lp)) {
        Ok(paid) => paid,
        Err(Error::Refusal(_)) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    for one in paid.iter() {
        let more = amount(one.amount)?;
        let single = coins([(one.denom.clone(), more)])?;
        let place = Place(Some(*validator));
        let key = (pool.id, place, one.denom.clone());
        let known = GROUP_INDICES.get(ctx, &key)?;
        let places = REWARD_DENOMS_MAX.saturating_mul(2);
        if known.is_none() && GROUP_INDICES.prefix(ctx, &(pool.id, place)).count() >= places {
            distribution::fund_community_pool(ctx, &single, &owner)?;
            continue;
        }
        bank::send_to_module(ctx, &owner, &ModuleAccount::POOLS, &single)?;
        receive(ctx, pool.id, &one.denom, more)?;
        let mut of_group = known.unwrap_or_default();
        add_to(&mut of_group.own, steps(more)?, units)?;
        GROUP_INDICES.set(ctx, &key, &of_group)?;
    }
    Ok(())
}

/// What a position is owed of a coin at an index.
///
/// # Rounding
/// Down: the pool keeps the fraction.
fn credited(units: u128, credit: &Credit, index: &Index) -> Result<Credit> {
    let earned = Wide::from_u128(units).mul(index.index.sub(credit.index)?)?.div_rem(STEPS.mul(STEPS)?)?.0;
    Ok(Credit { index: index.index, owed: plus(credit.owed, earned.to_u128()?)? })
}

/// Brings a position to this moment; gives its units and its group.
fn settle_position(ctx: &mut Ctx, pool: &Pool, owner: &AccAddress, place: Place) -> Result<(u128, Group)> {
    let group = settle(ctx, pool, place, true)?;
    let units = POSITIONS.get(ctx, &(*owner, pool.id, place))?.unwrap_or_default();
    for ((.., denom), index) in GROUP_INDICES.prefix(ctx, &(pool.id, place)).collect::<Result<Vec<_>>>()? {
        let key = (*owner, pool.id, place, denom);
        let credit = CREDITS.get(ctx, &key)?.unwrap_or_default();
        CREDITS.set(ctx, &key, &credited(units, &credit, &index.own)?)?;
    }
    Ok((units, group))
}

/// Shares that units of a group stand for.
///
/// # Rounding
/// Down: the others of the group gain.
pub fn shares_of(group: &Group, units: u128) -> Result<u128> {
    if group.units == 0 { Ok(0) } else { Ok(floor_ratio(&[group.shares, units], &[group.units])?) }
}

/// Stakes shares of a person. Rounding of the units: down, the others of the group gain.
pub fn stake(ctx: &mut Ctx, pool: &Pool, owner: &AccAddress, place: Place, shares: u128) -> Result<()> {
    let (held, mut group) = settle_position(ctx, pool, owner, place)?;
    let units = match group.units {
        0 => shares,
        all => floor_ratio(&[shares, all], &[group.shares.max(1)])?,
    };
    if units == 0 || (group.shares == 0 && group.units > 0) {
        return Err(error::TOO_SMALL.because(format!("{shares} shares beside {} of {}", group.shares, group.units)));
    }
    let before = group;
    let moved = coins([(pool.lp.clone(), shares)])?;
    match place.0 {
        None => {
            bank::send_to_module(ctx, owner, &ModuleAccount::POOLS, &moved)?;
            group.shares = plus(group.shares, shares)?;
        }
        Some(validator) => {
            bank::send(ctx, owner, &account(pool.id), &moved)?;
            alliance::custody::delegate(ctx, &account(pool.id), &validator, &coin(&pool.lp, shares))?;
            POOLS_AT.set(ctx, &(validator, pool.id), &())?;
            group = look(ctx, pool, place, &group)?;
        }
    }
    group.units = plus(group.units, units)?;
    save(ctx, pool.id, place, &before, &group)?;
    POSITIONS.set(ctx, &(*owner, pool.id, place), &plus(held, units)?)
}

/// Takes shares back: at once, or after the unbonding time of alliance, which then pays the owner itself. Gives that time.
///
/// # Errors
/// pools 12 for more than the position has, or than alliance can give back now.
pub fn unstake(
    ctx: &mut Ctx,
    pool: &Pool,
    owner: &AccAddress,
    place: Place,
    shares: u128,
) -> Result<Option<Timestamp>> {
    let (held, mut group) = settle_position(ctx, pool, owner, place)?;
    let has = shares_of(&group, held)?;
    if shares > has {
        return Err(error::NOT_STAKED.because(format!("{has} are staked, {shares} are wanted")));
    }
    // Rounded up: the others of the group gain.
    let units = if shares == has { held } else { ceil_ratio(&[shares, group.units], &[group.shares])?.min(held) };
    let before = group;
    let mut completion = None;
    match place.0 {
        None => {
            bank::send(ctx, &treasury(), owner, &coins([(pool.lp.clone(), shares)])?)?;
            group.shares = minus(group.shares, shares)?;
        }
        Some(validator) => {
            completion = take_back(ctx, pool, owner, &validator, &mut group, shares)?;
            group = look(ctx, pool, place, &group)?;
        }
    }
    group.units = minus(group.units, units)?;
    save(ctx, pool.id, place, &before, &group)?;
    let left = minus(held, units)?;
    let key = (*owner, pool.id, place);
    if left == 0 {
        POSITIONS.remove(ctx, &key)?
    } else {
        POSITIONS.set(ctx, &key, &left)?
    }
    Ok(completion)
}

/// Shares that are back already are paid first, the others are undelegated in the name of the owner.
fn take_back(
    ctx: &mut Ctx,
    pool: &Pool,
    owner: &AccAddress,
    validator: &ValAddress,
    group: &mut Group,
    shares: u128,
) -> Result<Option<Timestamp>> {
    let at_home = shares.min(group.home);
    if at_home > 0 {
        bank::send(ctx, &account(pool.id), owner, &coins([(pool.lp.clone(), at_home)])?)?;
        group.home = minus(group.home, at_home)?;
    }
    let rest = minus(shares, at_home)?;
    if rest == 0 {
        return Ok(None);
    }
    if group.returning > 0 {
        return Err(
            error::NOT_STAKED.because(format!("{} shares are on their way back from alliance", group.returning))
        );
    }
    let from = account(pool.id);
    let (time, _) = alliance::custody::undelegate_for(ctx, &from, validator, &coin(&pool.lp, rest), owner)?;
    Ok(Some(time))
}

/// Takes what a position is owed out of the book; the caller pays it.
///
/// # Errors
/// pools 12 if the owner has nothing in the place, and never had.
pub fn claim(ctx: &mut Ctx, pool: &Pool, owner: &AccAddress, place: Place) -> Result<Vec<(Denom, u128)>> {
    let key = (*owner, pool.id, place);
    if !POSITIONS.has(ctx, &key)? && CREDITS.prefix(ctx, &key).next().transpose()?.is_none() {
        return Err(error::NOT_STAKED.because("nothing is staked there"));
    }
    let (units, _) = settle_position(ctx, pool, owner, place)?;
    let mut paid = Vec::new();
    for ((.., denom), credit) in CREDITS.prefix(ctx, &(*owner, pool.id, place)).collect::<Result<Vec<_>>>()? {
        let key = (*owner, pool.id, place, denom.clone());
        if units > 0 {
            CREDITS.set(ctx, &key, &Credit { owed: 0, ..credit })?;
        } else {
            CREDITS.remove(ctx, &key)?;
        }
        if credit.owed > 0 {
            let mut ledger = LEDGERS.must(ctx, &(pool.id, denom.clone()))?;
            ledger.paid = plus(ledger.paid, credit.owed)?;
            LEDGERS.set(ctx, &(pool.id, denom.clone()), &ledger)?;
            paid.push((denom, credit.owed));
        }
    }
    Ok(paid)
}

/// A position as its owner sees it.
pub struct Shown {
    pub units: u128,
    pub shares: u128,
    pub owed: Vec<(Denom, u128)>,
}

/// A position as a claim would find it.
pub fn shown(view: &View, pool: &Pool, owner: &AccAddress, place: Place) -> Result<Shown> {
    let mut ctx = view.scratch();
    let (units, group) = settle_position(&mut ctx, pool, owner, place)?;
    let credits = CREDITS.prefix(&ctx, &(*owner, pool.id, place)).collect::<Result<Vec<_>>>()?;
    let owed = credits.into_iter().map(|((.., denom), credit)| (denom, credit.owed)).collect();
    Ok(Shown { units, shares: shares_of(&group, units)?, owed })
}
