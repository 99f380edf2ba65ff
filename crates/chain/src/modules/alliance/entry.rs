//! Entries: coins that are unbonding, and coins that moved and still answer for the validator they left. Faults reach an entry when it is
//! visited: before a payment, a query, a message of its owner, or by the sweep.

use entente_kernel::num::{Coin, Coins, Dec, Denom, Int};
use entente_kernel::{AccAddress, Ctx, Result, Timestamp, ValAddress, View};

use super::pool::{self, Site, to_community_pool};
use super::state::{
    AssetKey, ENTRY_IDS, EntryKey, FAULT_IDS, FAULTS, Fault, REDELEGATIONS, REDELEGATIONS_OF_DELEGATOR,
    REDELEGATIONS_OF_SOURCE, RETRIES, Redelegation, UNBONDINGS, UNBONDINGS_OF_DELEGATOR, UNBONDINGS_OF_VALIDATOR,
    Unbonding,
};
use super::{event, math, reward, state};
use crate::modules::auth::ModuleAccount;

/// The newest fault of any validator.
pub fn newest_fault(view: &View) -> Result<u64> {
    Ok(FAULT_IDS.peek(view)?.saturating_sub(1))
}

/// Stores a new unbonding entry under the next id.
pub fn add_unbonding(ctx: &mut Ctx, completion: Timestamp, entry: &Unbonding) -> Result<()> {
    let id = ENTRY_IDS.next(ctx)?;
    put_unbonding(ctx, (completion, id), entry)
}

/// Stores an unbonding entry with its indexes.
pub fn put_unbonding(ctx: &mut Ctx, (completion, id): EntryKey, entry: &Unbonding) -> Result<()> {
    UNBONDINGS_OF_VALIDATOR.set(ctx, &(entry.validator, completion, id), &())?;
    UNBONDINGS_OF_DELEGATOR.set(ctx, &(entry.delegator, AssetKey::from(&entry.denom), completion, id), &())?;
    UNBONDINGS.set(ctx, &(completion, id), entry)
}

/// Removes an entry that is paid or kept elsewhere; `of_delegator` says whether its owner's index goes too.
pub fn remove_unbonding(
    ctx: &mut Ctx,
    (completion, id): EntryKey,
    entry: &Unbonding,
    of_delegator: bool,
) -> Result<()> {
    if of_delegator {
        UNBONDINGS_OF_DELEGATOR.remove(ctx, &(entry.delegator, AssetKey::from(&entry.denom), completion, id))?;
    }
    UNBONDINGS_OF_VALIDATOR.remove(ctx, &(entry.validator, completion, id))?;
    UNBONDINGS.remove(ctx, &(completion, id))
}

/// The open entries of a delegator and denom, by completion; those waiting for a repeated payment included.
pub fn unbondings_of(view: &View, delegator: &AccAddress, key: &AssetKey) -> Result<Vec<(EntryKey, Unbonding)>> {
    let mut found = Vec::new();
    for row in UNBONDINGS_OF_DELEGATOR.prefix(view, &(*delegator, key.clone())) {
        let ((.., completion, id), ()) = row?;
        let entry = match UNBONDINGS.get(view, &(completion, id))? {
            Some(entry) => entry,
            None => RETRIES.must(view, &id)?.entry,
        };
        found.push(((completion, id), entry));
    }
    Ok(found)
}

/// Stores a new redelegation under the next id.
pub fn add_redelegation(ctx: &mut Ctx, completion: Timestamp, entry: &Redelegation) -> Result<()> {
    let id = ENTRY_IDS.next(ctx)?;
    put_redelegation(ctx, (completion, id), entry)
}

/// Stores a redelegation with its indexes.
pub fn put_redelegation(ctx: &mut Ctx, (completion, id): EntryKey, entry: &Redelegation) -> Result<()> {
    REDELEGATIONS_OF_SOURCE.set(ctx, &(entry.source, completion, id), &())?;
    let key = AssetKey::from(&entry.denom);
    REDELEGATIONS_OF_DELEGATOR.set(ctx, &(entry.delegator, key, entry.destination, completion, id), &())?;
    REDELEGATIONS.set(ctx, &(completion, id), entry)
}

pub fn remove_redelegation(ctx: &mut Ctx, (completion, id): EntryKey, entry: &Redelegation) -> Result<()> {
    let key = AssetKey::from(&entry.denom);
    REDELEGATIONS_OF_SOURCE.remove(ctx, &(entry.source, completion, id))?;
    REDELEGATIONS_OF_DELEGATOR.remove(ctx, &(entry.delegator, key, entry.destination, completion, id))?;
    REDELEGATIONS.remove(ctx, &(completion, id))
}

/// The redelegations of a delegator that brought coins of a denom to a validator.
fn group(view: &View, delegator: &AccAddress, key: &AssetKey, to: &ValAddress) -> Result<Vec<EntryKey>> {
    let rows = REDELEGATIONS_OF_DELEGATOR.prefix(view, &(*delegator, key.clone(), *to));
    rows.map(|row| row.map(|((.., completion, id), ())| (completion, id))).collect()
}

/// Did the delegator move coins of the denom to this validator, with the redelegation still open?
pub fn has_arrived(view: &View, delegator: &AccAddress, key: &AssetKey, at: &ValAddress) -> Result<bool> {
    Ok(!group(view, delegator, key, at)?.is_empty())
}

/// The faults of a validator that an entry has not been visited for and must pay for, oldest first.
fn faults_due(
    view: &View,
    validator: &ValAddress,
    seen: u64,
    created: Option<i64>,
    completion: Timestamp,
) -> Result<Vec<(u64, Fault)>> {
    let mut due = Vec::new();
    for row in FAULTS.prefix(view, validator) {
        let ((_, id), fault) = row?;
        let spared = created.is_some_and(|height| height < fault.infraction_height) || completion < fault.punished_at;
        if id > seen && !spared {
            due.push((id, fault));
        }
    }
    Ok(due)
}

/// Makes an unbonding entry pay for the faults of its validator; with `before`, only for those older than that fault.
pub fn visit_unbonding(ctx: &mut Ctx, key: EntryKey, before: Option<u64>) -> Result<Option<Unbonding>> {
    let Some(mut entry) = UNBONDINGS.get(ctx, &key)? else { return Ok(None) };
    let newest = match before {
        Some(fault) => fault.saturating_sub(1),
        None => newest_fault(ctx)?,
    };
    if entry.last_fault >= newest {
        return Ok(Some(entry));
    }
    let due = faults_due(ctx, &entry.validator, entry.last_fault, entry.created_height, key.0)?;
    let mut lost = Int::ZERO;
    for (_, fault) in due.iter().filter(|(id, _)| *id <= newest) {
        let part = math::slashed(entry.amount, fault.factor)?;
        (entry.amount, lost) = (entry.amount.sub(part)?, lost.add(part)?);
    }
    entry.last_fault = newest;
    UNBONDINGS.set(ctx, &key, &entry)?;
    forfeit(ctx, &entry.delegator, &entry.validator, &entry.denom, lost)?;
    Ok(Some(entry))
}

/// Sends lost coins to the community pool and tells of it.
fn forfeit(ctx: &mut Ctx, delegator: &AccAddress, validator: &ValAddress, denom: &Denom, lost: Int) -> Result<()> {
    if !lost.is_positive() {
        return Ok(());
    }
    let coin = Coin::new(denom.clone(), lost);
    to_community_pool(ctx, &ModuleAccount::ALLIANCE, &Coins::from_coin(&coin)?)?;
    let (delegator, validator) = (ctx.bech32().acc(delegator), ctx.bech32().val(validator));
    ctx.emit(event::entry_slashed(&delegator, &validator, &coin));
    Ok(())
}

/// Makes the redelegations of a delegator to a validator pay for the faults of the validators they left: fault by fault, within a fault
/// the newest first.
pub fn visit_redelegations(ctx: &mut Ctx, delegator: &AccAddress, key: &AssetKey, to: &ValAddress) -> Result<()> {
    let newest = newest_fault(ctx)?;
    let mut due = Vec::new();
    for entry_key in group(ctx, delegator, key, to)? {
        let mut entry = REDELEGATIONS.must(ctx, &entry_key)?;
        if entry.last_fault >= newest {
            continue;
        }
        let faults = faults_due(ctx, &entry.source, entry.last_fault, entry.created_height, entry_key.0)?;
        due.extend(faults.into_iter().map(|(id, fault)| (id, std::cmp::Reverse(entry_key.1), entry_key, fault)));
        entry.last_fault = newest;
        REDELEGATIONS.set(ctx, &entry_key, &entry)?;
    }
    due.sort_by_key(|(id, newest_first, ..)| (*id, *newest_first));
    for (id, _, entry_key, fault) in due {
        slash_redelegation(ctx, entry_key, id, &fault)?;
    }
    Ok(())
}

/// F4: the coins of a redelegation lose the fault's part in full: at the destination, then in what the delegator is unbonding from there
/// since. What is in neither place is gone.
fn slash_redelegation(ctx: &mut Ctx, entry_key: EntryKey, fault_id: u64, fault: &Fault) -> Result<()> {
    let mut entry = REDELEGATIONS.must(ctx, &entry_key)?;
    let lost = math::slashed(entry.amount, fault.factor)?;
    entry.amount = entry.amount.sub(lost)?;
    REDELEGATIONS.set(ctx, &entry_key, &entry)?;
    if lost.is_zero() {
        return Ok(());
    }
    let staked = take_stake(ctx, &entry, lost)?;
    let unbonding = take_unbonding(ctx, &entry, entry_key.1, fault_id, fault, lost.sub(staked)?)?;
    forfeit(ctx, &entry.delegator, &entry.source, &entry.denom, staked.add(unbonding)?)
}

/// Takes up to `wanted` tokens out of the delegation at the destination; others there neither gain nor lose.
fn take_stake(ctx: &mut Ctx, entry: &Redelegation, wanted: Int) -> Result<Int> {
    let key = AssetKey::from(&entry.denom);
    let Some(mut asset) = state::ASSETS.get(ctx, &key)? else { return Ok(Int::ZERO) };
    // A claim that the host refuses must not spare anybody.
    ctx.layer(|ctx| reward::claim_validator(ctx, &entry.destination)).or_else(refusal_is_fine)?;
    let mut site = Site::load(ctx, &entry.destination, &key)?;
    let delegation = pool::live_delegation(ctx, &entry.delegator, &mut site, &key)?;
    let price = site.price(&asset)?;
    let Some(mut delegation) = delegation.filter(|_| price.tokens.is_positive() && !asset.shares.is_zero()) else {
        site.save(ctx, &key)?;
        return Ok(Int::ZERO);
    };
    let row = (entry.delegator, entry.destination, key.clone());
    reward::settle_into_owed(ctx, &row, &mut delegation, site.pool.epoch)?;
    let worth = price.raw_value(delegation.shares)?.truncate_int()?.min(asset.tokens);
    let taken = wanted.min(worth);
    let all = taken == worth;
    let shares = if all { delegation.shares } else { delegation.shares.min(price.shares_for(taken)?) };
    let validator_shares = math::shares_for_tokens(Dec::from_int(asset.tokens), asset.shares, taken)?;
    asset.tokens = asset.tokens.sub(taken)?;
    site.take_validator_shares(&mut asset, validator_shares)?;
    pool::take_from_delegation(ctx, &entry.delegator, &mut delegation, &mut site, &mut asset, shares)?;
    site.save(ctx, &key)?;
    pool::save_asset(ctx, &asset)?;
    Ok(taken)
}

fn refusal_is_fine(e: entente_kernel::Error) -> Result<()> {
    match e {
        entente_kernel::Error::Refusal(_) => Ok(()),
        fault => Err(fault),
    }
}

/// Takes up to `wanted` coins from what the delegator is unbonding from the destination since the redelegation, earliest first.
fn take_unbonding(
    ctx: &mut Ctx,
    moved: &Redelegation,
    moved_id: u64,
    fault_id: u64,
    fault: &Fault,
    wanted: Int,
) -> Result<Int> {
    let mut rest = wanted;
    if !rest.is_positive() {
        return Ok(Int::ZERO);
    }
    for (key, candidate) in unbondings_of(ctx, &moved.delegator, &AssetKey::from(&moved.denom))? {
        let (completion, id) = key;
        if candidate.validator != moved.destination || id < moved_id || completion < fault.punished_at {
            continue;
        }
        let Some(mut entry) = visit_unbonding(ctx, key, Some(fault_id))? else { continue };
        let part = rest.min(entry.amount);
        entry.amount = entry.amount.sub(part)?;
        UNBONDINGS.set(ctx, &key, &entry)?;
        rest = rest.sub(part)?;
    }
    Ok(wanted.sub(rest)?)
}
