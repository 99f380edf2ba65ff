//! Clean-ups in small portions: entries that faults have not reached, pools that began afresh, removed validators, dissolved assets.

use entente_kernel::{AccAddress, Ctx, Result, Timestamp, ValAddress};

use super::super::handle::{forget_asset, withdraw};
use super::super::params::CLEANUPS_PER_BLOCK;
use super::super::pool::{self, Site};
use super::super::state::{
    AssetKey, Cursor, DELEGATIONS, DELEGATIONS_OF_POOL, EntryKey, FAULTS, LEAVING, POOLS_OF_ASSET, REDELEGATIONS,
    REDELEGATIONS_OF_SOURCE, RESTARTS, SWEEPS, Sweep, UNBONDINGS_OF_VALIDATOR, VALIDATORS,
};
use super::super::{entry, reward};
use super::{assets, may};

/// The clean-ups of one block. Each kind has the budget to itself.
pub fn run(ctx: &mut Ctx) -> Result<()> {
    may(ctx, "visit faults", "", |ctx| visit_faults(ctx, CLEANUPS_PER_BLOCK))?;
    may(ctx, "clear restarted pools", "", clear_restarted)?;
    may(ctx, "move from removed validators", "", leave_removed)?;
    for asset in assets(ctx)?.into_iter().filter(|a| a.dissolving) {
        let denom = asset.denom.to_string();
        may(ctx, "dissolve", &denom, |ctx| dissolve(ctx, &asset.key()))?;
    }
    Ok(())
}

/// Applies every fault that is still on its way: for queries and exports, on a context that is thrown away.
pub fn visit_all_faults(ctx: &mut Ctx) -> Result<()> {
    while SWEEPS.iter(ctx).next().transpose()?.is_some() {
        visit_faults(ctx, usize::MAX)?;
    }
    Ok(())
}

/// Visits up to `budget` entries for the oldest faults.
fn visit_faults(ctx: &mut Ctx, budget: usize) -> Result<()> {
    let mut left = budget;
    while left > 0 {
        let Some(((fault, validator), mut sweep)) = SWEEPS.iter(ctx).next().transpose()? else { return Ok(()) };
        let rows = if sweep.unbondings { &UNBONDINGS_OF_VALIDATOR } else { &REDELEGATIONS_OF_SOURCE };
        let from = (validator, sweep.from.0, sweep.from.1);
        let mut keys = Vec::new();
        for row in rows.from(ctx, &from) {
            let ((owner, completion, id), ()) = row?;
            if owner != validator || keys.len() >= left {
                break;
            }
            keys.push((completion, id));
        }
        left = left.saturating_sub(keys.len().max(1));
        let last = keys.last().copied();
        for key in &keys {
            visit(ctx, *key, sweep.unbondings)?;
        }
        match last {
            Some((completion, id)) => sweep.from = (completion, id.saturating_add(1)),
            None if !sweep.unbondings => sweep = Sweep { unbondings: true, from: (Timestamp::NEVER, 0) },
            None => {
                SWEEPS.remove(ctx, &(fault, validator))?;
                FAULTS.remove(ctx, &(validator, fault))?;
                continue;
            }
        }
        SWEEPS.set(ctx, &(fault, validator), &sweep)?;
    }
    Ok(())
}

fn visit(ctx: &mut Ctx, key: EntryKey, unbonding: bool) -> Result<()> {
    if unbonding {
        return entry::visit_unbonding(ctx, key, None).map(|_| ());
    }
    let found = REDELEGATIONS.must(ctx, &key)?;
    entry::visit_redelegations(ctx, &found.delegator, &AssetKey::from(&found.denom), &found.destination)
}

/// The next delegations of a pool after a cursor.
fn holders(ctx: &Ctx, validator: &ValAddress, key: &AssetKey, cursor: Cursor, max: usize) -> Result<Vec<AccAddress>> {
    let mut found = Vec::new();
    let rows = match cursor.after {
        Some(after) => DELEGATIONS_OF_POOL.from(ctx, &(*validator, key.clone(), after)),
        None => DELEGATIONS_OF_POOL.prefix(ctx, &(*validator, key.clone())),
    };
    for row in rows {
        let ((v, k, delegator), ()) = row?;
        if v != *validator || k != *key || found.len() >= max {
            break;
        }
        if cursor.after != Some(delegator) {
            found.push(delegator);
        }
    }
    Ok(found)
}

/// Settles and removes delegations of epochs that have ended.
fn clear_restarted(ctx: &mut Ctx) -> Result<()> {
    let mut left = CLEANUPS_PER_BLOCK;
    let rows = RESTARTS.iter(ctx).take(CLEANUPS_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    for ((validator, key), cursor) in rows {
        if left == 0 {
            break;
        }
        let batch = holders(ctx, &validator, &key, cursor, left)?;
        left = left.saturating_sub(batch.len().max(1));
        let mut site = Site::load(ctx, &validator, &key)?;
        for delegator in &batch {
            pool::live_delegation(ctx, delegator, &mut site, &key)?;
        }
        match batch.last() {
            Some(last) => RESTARTS.set(ctx, &(validator, key.clone()), &Cursor { after: Some(*last) })?,
            None => {
                reward::forget_indices(ctx, &validator, &key, site.pool.epoch)?;
                RESTARTS.remove(ctx, &(validator, key.clone()))?;
            }
        }
        site.save(ctx, &key)?;
    }
    Ok(())
}

/// Moves the delegations at removed validators to unbonding.
fn leave_removed(ctx: &mut Ctx) -> Result<()> {
    let mut left = CLEANUPS_PER_BLOCK;
    for row in LEAVING.iter(ctx).take(CLEANUPS_PER_BLOCK).collect::<Result<Vec<_>>>()? {
        let (validator, ()) = row;
        for key in pool::assets_at(ctx, &validator)? {
            left = left.saturating_sub(return_stake(ctx, &validator, &key, left)?);
        }
        if pool::at(ctx, &validator)?.is_empty() {
            LEAVING.remove(ctx, &validator)?;
            VALIDATORS.remove(ctx, &validator)?;
        }
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// Undelegates the rest of a dissolving asset; when nothing is left, the asset goes.
fn dissolve(ctx: &mut Ctx, key: &AssetKey) -> Result<()> {
    let mut left = CLEANUPS_PER_BLOCK;
    let sites = POOLS_OF_ASSET.prefix(ctx, key).map(|row| row.map(|((_, v), ())| v)).collect::<Result<Vec<_>>>()?;
    for validator in sites {
        if left == 0 {
            return Ok(());
        }
        left = left.saturating_sub(return_stake(ctx, &validator, key, left)?);
    }
    if POOLS_OF_ASSET.prefix(ctx, key).next().transpose()?.is_none() {
        let asset = pool::must_asset(ctx, key)?;
        forget_asset(ctx, asset)?;
    }
    Ok(())
}

/// Undelegates up to `max` delegations of a pool at their shown value, for their owners; gives how many. A pool without delegations
/// gives up its validator shares.
fn return_stake(ctx: &mut Ctx, validator: &ValAddress, key: &AssetKey, max: usize) -> Result<usize> {
    let batch = holders(ctx, validator, key, Cursor::default(), max)?;
    for delegator in &batch {
        return_delegation(ctx, delegator, validator, key)?;
    }
    let mut site = Site::load(ctx, validator, key)?;
    if site.pool.holders == 0 {
        let mut asset = pool::must_asset(ctx, key)?;
        let all = site.pool.validator_shares;
        site.take_validator_shares(&mut asset, all)?;
        site.restart_if_worthless(ctx, &mut asset)?;
        pool::save_asset(ctx, &asset)?;
        site.save(ctx, key)?;
    }
    Ok(batch.len())
}

fn return_delegation(ctx: &mut Ctx, delegator: &AccAddress, validator: &ValAddress, key: &AssetKey) -> Result<()> {
    entry::visit_redelegations(ctx, delegator, key, validator)?;
    let row = (*delegator, *validator, key.clone());
    if !DELEGATIONS.has(ctx, &row)? {
        return Ok(());
    }
    let mut asset = pool::must_asset(ctx, key)?;
    let mut site = Site::load(ctx, validator, key)?;
    let Some(mut delegation) = pool::live_delegation(ctx, delegator, &mut site, key)? else {
        return site.save(ctx, key);
    };
    reward::settle_into_owed(ctx, &row, &mut delegation, site.pool.epoch)?;
    let (shown, shares) = (site.value_of(&asset, &delegation)?, delegation.shares);
    if shown.is_positive() {
        let n = shown.min(asset.tokens);
        withdraw(ctx, delegator, &mut delegation, &mut site, &mut asset, shares, n)?;
        return Ok(());
    }
    pool::take_from_delegation(ctx, delegator, &mut delegation, &mut site, &mut asset, shares)?;
    pool::save_asset(ctx, &asset)?;
    site.save(ctx, key)
}
