//! What must hold of alliance after every block, exactly.

use std::collections::BTreeMap;

use entente_kernel::num::{Dec, Denom, Int, Wide};
use entente_kernel::{Result, ValAddress, View};

use super::state::{
    ASSETS, AssetKey, DELEGATIONS, DUST, INDICES, OWED, POOLS_OF_ASSET, Pool, RETRIES, UNBONDINGS, VALIDATORS,
};
use super::{math, pool};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

type Pools = BTreeMap<(ValAddress, AssetKey), Pool>;

fn pools(view: &View) -> Result<Pools> {
    Ok(pool::all(view)?.into_iter().collect())
}

/// For each pool: the shares of the delegations of its epoch add up to its delegator shares, and each is above zero.
pub fn delegator_shares(view: &View) -> Result<Option<String>> {
    let mut sums: BTreeMap<(ValAddress, AssetKey), (Dec, u64)> = BTreeMap::new();
    let pools = pools(view)?;
    for row in DELEGATIONS.iter(view) {
        let ((_, validator, key), delegation) = row?;
        let place = (validator, key);
        if !delegation.shares.is_positive() {
            return Ok(Some(format!("a delegation of {} has {} shares", place.1.0, delegation.shares)));
        }
        let (sum, holders) = sums.entry(place.clone()).or_default();
        *holders = holders.saturating_add(1);
        if pools.get(&place).is_some_and(|pool| pool.epoch == delegation.epoch) {
            *sum = sum.add(delegation.shares)?;
        }
    }
    for (place, pool) in &pools {
        let (sum, holders) = sums.remove(place).unwrap_or_default();
        if (sum, holders) != (pool.delegator_shares, pool.holders) {
            let text = view.bech32().val(&place.0);
            return Ok(Some(format!(
                "{} at {text}: delegations have {sum} shares in {holders} records, the pool {} in {}",
                place.1.0, pool.delegator_shares, pool.holders
            )));
        }
    }
    Ok(sums.into_keys().next().map(|place| format!("delegations of {} without a pool", place.1.0)))
}

/// For each asset: the validator shares of its pools add up to its shares, those at validators that are not bonded to its idle shares.
pub fn validator_shares(view: &View) -> Result<Option<String>> {
    let mut sums: BTreeMap<AssetKey, (Dec, Dec)> = BTreeMap::new();
    for ((validator, key), pool) in pools(view)? {
        if pool.validator_shares.is_negative() || !POOLS_OF_ASSET.has(view, &(key.clone(), validator))? {
            return Ok(Some(format!("a pool of {} has {} shares or no index", key.0, pool.validator_shares)));
        }
        let bonded = VALIDATORS.get(view, &validator)?.is_some_and(|info| info.bonded);
        let (all, idle) = sums.entry(key).or_default();
        *all = all.add(pool.validator_shares)?;
        if !bonded {
            *idle = idle.add(pool.validator_shares)?;
        }
    }
    for row in ASSETS.iter(view) {
        let (key, asset) = row?;
        let (all, idle) = sums.remove(&key).unwrap_or_default();
        if (all, idle) != (asset.shares, asset.idle_shares) {
            return Ok(Some(format!(
                "{}: pools have {all} shares, {idle} of them idle; the asset {} and {}",
                key.0, asset.shares, asset.idle_shares
            )));
        }
    }
    Ok(sums.into_keys().next().map(|key| format!("a pool of {}, which is no asset", key.0)))
}

/// For each reward coin: the rewards pool holds what is owed, what delegations earned, and the carried remainders.
pub fn reward_pool(view: &View) -> Result<Option<String>> {
    let mut sums: BTreeMap<Denom, Wide> = BTreeMap::new();
    let mut add = |coin: &Denom, amount: Wide| -> Result<()> {
        let sum = sums.entry(coin.clone()).or_default();
        *sum = sum.add(amount)?;
        Ok(())
    };
    for row in OWED.iter(view) {
        for coin in row?.1.iter() {
            add(&coin.denom, Wide::from_int(coin.amount)?.mul(math::coin_unit())?)?;
        }
    }
    for row in DUST.iter(view) {
        let (coin, amount) = row?;
        add(&coin, amount)?;
    }
    for row in INDICES.iter(view) {
        for (coin, index) in &row?.1 {
            add(coin, index.carried)?;
        }
    }
    for row in DELEGATIONS.iter(view) {
        let ((_, validator, key), delegation) = row?;
        for (coin, index) in &INDICES.get(view, &(validator, key, delegation.epoch))?.unwrap_or_default() {
            let rise = index.per_share.sub(delegation.paid_index(coin))?;
            add(coin, Wide::from_dec(delegation.shares)?.mul(rise)?)?;
        }
    }
    let held = bank::balances(view, &ModuleAccount::ALLIANCE_REWARDS.address())?;
    for coin in held.iter() {
        let sum = sums.remove(&coin.denom).unwrap_or_default();
        if sum != Wide::from_int(coin.amount)?.mul(math::coin_unit())? {
            return Ok(Some(format!(
                "{}: the rewards pool holds {}, {sum} x 10^-54 are accounted for",
                coin.denom, coin.amount
            )));
        }
    }
    Ok(sums
        .into_iter()
        .find(|(_, sum)| !sum.is_zero())
        .map(|(coin, sum)| format!("{coin}: {sum} x 10^-54 owed, none held")))
}

/// For each coin: the alliance account holds what is staked and what is unbonding.
pub fn module_balance(view: &View) -> Result<Option<String>> {
    let mut sums: BTreeMap<Denom, Int> = BTreeMap::new();
    let staked = ASSETS.iter(view).map(|row| row.map(|(key, asset)| (key.0, asset.tokens)));
    let unbonding = UNBONDINGS.iter(view).map(|row| row.map(|(_, entry)| (entry.denom, entry.amount)));
    let retried = RETRIES.iter(view).map(|row| row.map(|(_, retry)| (retry.entry.denom, retry.entry.amount)));
    for row in staked.chain(unbonding).chain(retried) {
        let (denom, amount) = row?;
        let sum = sums.entry(denom).or_default();
        *sum = sum.add(amount)?;
    }
    sums.retain(|_, sum| !sum.is_zero());
    let held = bank::balances(view, &ModuleAccount::ALLIANCE.address())?;
    let held: BTreeMap<Denom, Int> = held.iter().map(|c| (c.denom.clone(), c.amount)).collect();
    Ok((held != sums).then(|| format!("the account holds {held:?}, staked and unbonding are {sums:?}")))
}
