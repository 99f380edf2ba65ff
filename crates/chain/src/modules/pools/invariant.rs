//! What must hold for every pool after every block.

use std::collections::BTreeMap;

use entente_kernel::num::{Denom, Int};
use entente_kernel::{Result, View};

use super::math::{LOCKED_SHARES, RESERVE_MAX};
use super::state::{
    ACCUMULATORS, CREDITS, GROUPS, INCENTIVES, LEDGERS, POOLS, POOLS_OF_PAIR, POSITIONS, Place, SNAPSHOTS, STAKED,
};
use super::{account, plus, treasury};
use crate::modules::bank;

/// The account of the module holds reserves, rewards that were not paid, shares that are nobody's and shares that are staked for
/// incentives alone.
pub fn module_balance(view: &View) -> Result<Option<String>> {
    let mut due: BTreeMap<Denom, u128> = BTreeMap::new();
    let mut add = |denom: Denom, more: u128| -> Result<()> {
        let sum = due.entry(denom).or_default();
        *sum = plus(*sum, more)?;
        Ok(())
    };
    for row in POOLS.iter(view) {
        let (id, pool) = row?;
        for part in pool.parts {
            if part.reserve == 0 || part.reserve > RESERVE_MAX {
                return Ok(Some(format!("pool {id} holds {}{}", part.reserve, part.denom)));
            }
            add(part.denom, part.reserve)?;
        }
        let free = GROUPS.get(view, &(id, Place(None)))?.unwrap_or_default();
        add(pool.lp, plus(LOCKED_SHARES, free.shares)?)?;
    }
    for row in LEDGERS.iter(view) {
        let ((pool, denom), ledger) = row?;
        let Some(left) = ledger.received.checked_sub(ledger.paid) else {
            let (paid, received) = (ledger.paid, ledger.received);
            return Ok(Some(format!("pool {pool} paid {paid}{denom} of rewards and got {received}")));
        };
        add(denom, left)?;
    }
    for (denom, wanted) in due {
        let balance = bank::balance(view, &treasury(), &denom)?;
        if balance < Int::from(wanted) {
            return Ok(Some(format!("the account holds {balance}{denom}, its book says {wanted}")));
        }
    }
    Ok(None)
}

/// The supply of the shares of a pool is what the pool says, and never below what is nobody's.
pub fn shares(view: &View) -> Result<Option<String>> {
    for row in POOLS.iter(view) {
        let (id, pool) = row?;
        let supply = bank::supply(view, &pool.lp)?;
        if supply != Int::from(pool.shares) || pool.shares < LOCKED_SHARES {
            return Ok(Some(format!("pool {id} has {} shares, the supply is {supply}", pool.shares)));
        }
    }
    Ok(None)
}

/// Units of positions are those of their groups, shares of groups those that are staked; shares that came back are in the account.
pub fn stakes(view: &View) -> Result<Option<String>> {
    let mut units: BTreeMap<(u64, Place), u128> = BTreeMap::new();
    for row in POSITIONS.iter(view) {
        let ((_, pool, place), more) = row?;
        let sum = units.entry((pool, place)).or_default();
        *sum = plus(*sum, more)?;
    }
    let (mut staked, mut home) = (BTreeMap::new(), BTreeMap::new());
    for row in GROUPS.iter(view) {
        let ((pool, place), group) = row?;
        let found = units.remove(&(pool, place)).unwrap_or_default();
        if found != group.units {
            return Ok(Some(format!("pool {pool}: positions of {found} units in a group of {}", group.units)));
        }
        for (sums, more) in [(&mut staked, group.shares), (&mut home, group.home)] {
            let sum = sums.entry(pool).or_insert(0_u128);
            *sum = plus(*sum, more)?;
        }
    }
    if let Some(((pool, _), lost)) = units.into_iter().next() {
        return Ok(Some(format!("pool {pool}: positions of {lost} units without a group")));
    }
    for row in POOLS.iter(view) {
        let (id, pool) = row?;
        let (of_groups, all) =
            (staked.get(&id).copied().unwrap_or_default(), STAKED.get(view, &id)?.unwrap_or_default());
        if of_groups != all {
            return Ok(Some(format!("pool {id}: groups of {of_groups} shares, {all} in all")));
        }
        let (kept, balance) =
            (home.get(&id).copied().unwrap_or_default(), bank::balance(view, &account(id), &pool.lp)?);
        if balance < Int::from(kept) {
            return Ok(Some(format!("the account of pool {id} holds {balance} shares, its book says {kept}")));
        }
    }
    Ok(None)
}

/// What is credited and what has not flowed yet is not more than what is left of the rewards.
pub fn rewards(view: &View) -> Result<Option<String>> {
    let mut owed: BTreeMap<(u64, Denom), u128> = BTreeMap::new();
    for row in CREDITS.iter(view) {
        let ((_, pool, _, denom), credit) = row?;
        let sum = owed.entry((pool, denom)).or_default();
        *sum = plus(*sum, credit.owed)?;
    }
    for row in INCENTIVES.iter(view) {
        let ((pool, id), incentive) = row?;
        let Some(left) = incentive.amount.checked_sub(incentive.flowed) else {
            return Ok(Some(format!("incentive {id} gave {} of {}", incentive.flowed, incentive.amount)));
        };
        let sum = owed.entry((pool, incentive.denom)).or_default();
        *sum = plus(*sum, left)?;
    }
    for ((pool, denom), sum) in owed {
        let ledger = LEDGERS.get(view, &(pool, denom.clone()))?.unwrap_or_default();
        if ledger.paid.checked_add(sum).is_none_or(|all| all > ledger.received) {
            let (paid, received) = (ledger.paid, ledger.received);
            return Ok(Some(format!("pool {pool}: {sum}{denom} are owed and {paid} paid of {received}")));
        }
    }
    Ok(None)
}

/// Every pair has an accumulator that is not of the future, sums that were written down never exceed it, and the index knows it.
pub fn accumulators(view: &View) -> Result<Option<String>> {
    for row in POOLS.iter(view) {
        let (id, pool) = row?;
        for base in &pool.parts {
            for quote in pool.parts.iter().filter(|quote| quote.denom != base.denom) {
                let key = (id, base.denom.clone(), quote.denom.clone());
                let pair = format!("{} in {} of pool {id}", base.denom, quote.denom);
                let Some(now) = ACCUMULATORS.get(view, &key)? else {
                    return Ok(Some(format!("{pair} has no sums")));
                };
                let newest = SNAPSHOTS.prefix(view, &key).next_back().transpose()?;
                let ahead = newest.is_some_and(|((.., at), sums)| {
                    at > now.time || sums.price > now.sums.price || sums.depth > now.sums.depth
                });
                if now.time > view.time() || ahead {
                    return Ok(Some(format!("the sums of {pair} are of the future")));
                }
                let index = (base.denom.clone(), quote.denom.clone(), id);
                if base.denom < quote.denom && !POOLS_OF_PAIR.has(view, &index)? {
                    return Ok(Some(format!("{pair} is not in the index")));
                }
            }
        }
    }
    Ok(None)
}
