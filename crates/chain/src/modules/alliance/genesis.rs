//! The whole state of alliance as a genesis section: upstream's shape, and beside it the bookkeeping that upstream does not have.
//!
//! A section with bookkeeping is an export of this chain and is restored exactly; one without was made by the Go module and is
//! converted (see `import`). Either must pass the invariants.

use std::collections::BTreeMap;

use entente_kernel::num::{Coin, Denom, Wide};
use entente_kernel::{AccAddress, Ctx, Result, Timestamp, ValAddress, View};
use entente_proto::alliance::alliance as wire;

use super::import::{self, Reader};
use super::params::Params;
use super::pool::{self, Site};
use super::state::*;
use super::{entry, query};
use crate::genesis::Encoded;
use crate::invariants;
use crate::modules::staking;
use crate::wire as convert;

/// # Errors
/// A refusal that names the field, or the invariant that the section does not meet.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    let params = Params::from_wire(&genesis.params.unwrap_or_default()).map_err(|e| e.wrap("alliance.params"))?;
    params.validate().map_err(|e| e.wrap("alliance.params"))?;
    PARAMS.save(ctx, &params)?;
    match &genesis.bookkeeping {
        Some(book) => restore(ctx, &genesis, book)?,
        None => import::from_go(ctx, &genesis)?,
    }
    invariants::must_hold(ctx, "alliance").map_err(|e| e.wrap("genesis: alliance"))
}

/// Restores an export of this chain.
fn restore(ctx: &mut Ctx, genesis: &wire::GenesisState, book: &wire::Bookkeeping) -> Result<()> {
    let read = Reader::new(ctx);
    for asset in &genesis.assets {
        let asset = read.asset(asset, &staking::bond_denom(ctx)?)?;
        pool::save_asset(ctx, &asset)?;
    }
    for state in &genesis.validator_infos {
        let validator = read.validator(&state.validator_address, "validator_infos.validator_address")?;
        let bonded = book.bonded_validators.contains(&state.validator_address);
        VALIDATORS.set(ctx, &validator, &ValidatorInfo { bonded })?;
    }
    restore_pools(ctx, &read, genesis, book)?;
    restore_delegations(ctx, &read, genesis, book)?;
    restore_rewards(ctx, &read, book)?;
    restore_entries(ctx, &read, book)?;
    if book.rebalance_pending {
        REBALANCE.save(ctx, &())?;
    }
    for (ids, next) in [(&ENTRY_IDS, book.next_entry_id), (&FAULT_IDS, book.next_fault_id)] {
        if next > ids.peek(ctx)? {
            ids.set(ctx, next)?;
        }
    }
    if book.retry_cursor > 0 {
        RETRY_CURSOR.save(ctx, &book.retry_cursor)?;
    }
    for text in &book.leaving_validators {
        LEAVING.set(ctx, &read.validator(text, "bookkeeping.leaving_validators")?, &())?;
    }
    Ok(())
}

fn restore_pools(ctx: &mut Ctx, read: &Reader, genesis: &wire::GenesisState, book: &wire::Bookkeeping) -> Result<()> {
    let mut pools = import::read_pools(ctx, read, genesis)?;
    for row in &book.pools {
        let place = (read.validator(&row.validator, "bookkeeping.pools")?, read.key(&row.denom, "bookkeeping.pools")?);
        pools.entry(place).or_default().epoch = row.epoch;
    }
    for delegation in &genesis.delegations {
        let validator = read.validator(&delegation.validator_address, "delegations.validator_address")?;
        let found = pools.entry((validator, read.key(&delegation.denom, "delegations.denom")?)).or_default();
        found.holders = found.holders.saturating_add(1);
    }
    for ((validator, key), found) in pools {
        let bonded = VALIDATORS.get(ctx, &validator)?.is_some_and(|info| info.bonded);
        let site = Site { validator, bonded, pool: found };
        site.save(ctx, &key)?;
        if !bonded {
            let mut asset = read.known_asset(ctx, &key)?;
            asset.idle_shares = asset.idle_shares.add(found.validator_shares)?;
            pool::save_asset(ctx, &asset)?;
        }
    }
    for row in &book.restarts {
        let place =
            (read.validator(&row.validator, "bookkeeping.restarts")?, read.key(&row.denom, "bookkeeping.restarts")?);
        let after = match row.after.as_str() {
            "" => None,
            text => Some(read.delegator(text, "bookkeeping.restarts.after")?),
        };
        RESTARTS.set(ctx, &place, &Cursor { after })?;
    }
    Ok(())
}

fn restore_delegations(
    ctx: &mut Ctx,
    read: &Reader,
    genesis: &wire::GenesisState,
    book: &wire::Bookkeeping,
) -> Result<()> {
    let mut indices = BTreeMap::new();
    for row in &book.delegations {
        let place = read.place(&row.delegator, &row.validator, &row.denom, "bookkeeping.delegations")?;
        let paid =
            row.paid.iter().map(|p| Ok((read.denom(&p.reward_denom, "paid")?, read.wide(&p.per_share, "paid")?)));
        indices.insert(place, (row.epoch, paid.collect::<Result<_>>()?));
    }
    for row in &genesis.delegations {
        let place = read.place(&row.delegator_address, &row.validator_address, &row.denom, "delegations")?;
        let (epoch, paid) = indices.remove(&place).unwrap_or_default();
        let shares = read.dec(&row.shares, "delegations.shares")?;
        let delegation = Delegation { shares, epoch, claim_height: row.last_reward_claim_height, paid };
        DELEGATIONS_OF_POOL.set(ctx, &(place.1, place.2.clone(), place.0), &())?;
        DELEGATIONS.set(ctx, &place, &delegation)?;
    }
    Ok(())
}

fn restore_rewards(ctx: &mut Ctx, read: &Reader, book: &wire::Bookkeeping) -> Result<()> {
    for row in &book.indices {
        let place = (
            read.validator(&row.validator, "bookkeeping.indices")?,
            read.key(&row.denom, "bookkeeping.indices")?,
            row.epoch,
        );
        let coin = read.denom(&row.reward_denom, "bookkeeping.indices")?;
        let index =
            Index { per_share: read.wide(&row.per_share, "per_share")?, carried: read.wide(&row.carried, "carried")? };
        let mut indices = INDICES.get(ctx, &place)?.unwrap_or_default();
        indices.set(&coin, index);
        INDICES.set(ctx, &place, &indices)?;
    }
    for row in &book.owed {
        let place = read.place(&row.delegator, &row.validator, &row.denom, "bookkeeping.owed")?;
        OWED.set(ctx, &place, &convert::parse_coins(&row.coins, "alliance.bookkeeping.owed.coins")?)?;
    }
    for row in &book.dust {
        DUST.set(
            ctx,
            &read.denom(&row.reward_denom, "bookkeeping.dust")?,
            &read.wide(&row.amount, "bookkeeping.dust")?,
        )?;
    }
    Ok(())
}

fn restore_entries(ctx: &mut Ctx, read: &Reader, book: &wire::Bookkeeping) -> Result<()> {
    for row in &book.unbondings {
        let completion = read.time(row.completion_time.as_ref(), "bookkeeping.unbondings.completion_time")?;
        let unbonding = Unbonding {
            delegator: read.delegator(&row.delegator, "bookkeeping.unbondings.delegator")?,
            validator: read.validator(&row.validator, "bookkeeping.unbondings.validator")?,
            denom: read.denom(&row.denom, "bookkeeping.unbondings.denom")?,
            amount: read.int(&row.amount, "bookkeeping.unbondings.amount")?,
            created_height: Some(row.created_height).filter(|h| *h > 0),
            last_fault: row.last_fault,
        };
        entry::put_unbonding(ctx, (completion, row.id), &unbonding)?;
        if !row.retry_cause.is_empty() {
            entry::remove_unbonding(ctx, (completion, row.id), &unbonding, false)?;
            RETRIES.set(ctx, &row.id, &Retry { completion, entry: unbonding, cause: row.retry_cause.clone() })?;
        }
    }
    for row in &book.redelegations {
        let completion = read.time(row.completion_time.as_ref(), "bookkeeping.redelegations.completion_time")?;
        let redelegation = Redelegation {
            delegator: read.delegator(&row.delegator, "bookkeeping.redelegations.delegator")?,
            source: read.validator(&row.source, "bookkeeping.redelegations.source")?,
            destination: read.validator(&row.destination, "bookkeeping.redelegations.destination")?,
            denom: read.denom(&row.denom, "bookkeeping.redelegations.denom")?,
            amount: read.int(&row.amount, "bookkeeping.redelegations.amount")?,
            created_height: Some(row.created_height).filter(|h| *h > 0),
            last_fault: row.last_fault,
            destination_shares: read.dec(&row.destination_shares, "bookkeeping.redelegations.destination_shares")?,
        };
        entry::put_redelegation(ctx, (completion, row.id), &redelegation)?;
    }
    for row in &book.faults {
        let fault = Fault {
            infraction_height: row.infraction_height,
            factor: read.dec(&row.factor, "bookkeeping.faults.factor")?,
            punished_at: read.time(row.punished_at.as_ref(), "bookkeeping.faults.punished_at")?,
        };
        FAULTS.set(ctx, &(read.validator(&row.validator, "bookkeeping.faults.validator")?, row.id), &fault)?;
    }
    for row in &book.sweeps {
        let from = (read.time(row.from_time.as_ref(), "bookkeeping.sweeps.from_time")?, row.from_id);
        let validator = read.validator(&row.validator, "bookkeeping.sweeps.validator")?;
        SWEEPS.set(ctx, &(row.fault, validator), &Sweep { unbondings: row.unbondings, from })?;
    }
    Ok(())
}

pub fn export(view: &View) -> Result<Encoded> {
    // The two lists that are as long as there are delegations are read at the same time.
    let (one, other) = (view.clone(), view.clone());
    let (delegations, book) = rayon::join(move || export_delegations(&one), move || export_book(&other));
    let bech32 = view.bech32();
    let mut genesis =
        wire::GenesisState { params: Some(super::params(view)?.to_wire()), ..wire::GenesisState::default() };
    for row in ASSETS.iter(view) {
        genesis.assets.push(query::asset_to_wire(&row?.1));
    }
    for row in VALIDATORS.iter(view) {
        let (validator, _) = row?;
        let [delegations, shares, _] = query::validator_sums(view, &validator)?;
        genesis.validator_infos.push(wire::ValidatorInfoState {
            validator_address: bech32.val(&validator),
            validator: Some(wire::AllianceValidatorInfo {
                global_reward_history: query::validator_history(view, &validator)?,
                total_delegator_shares: convert::dec_coins(&delegations),
                validator_shares: convert::dec_coins(&shares),
            }),
        });
    }
    for row in REDELEGATIONS_OF_DELEGATOR.iter(view) {
        let ((.., completion, id), ()) = row?;
        let found = REDELEGATIONS.must(view, &(completion, id))?;
        genesis.redelegations.push(wire::RedelegationState {
            completion_time: Some(convert::timestamp(completion)),
            redelegation: Some(wire::Redelegation {
                delegator_address: bech32.acc(&found.delegator),
                src_validator_address: bech32.val(&found.source),
                dst_validator_address: bech32.val(&found.destination),
                balance: Some(convert::coin(&Coin::new(found.denom, found.amount))),
            }),
        });
    }
    genesis.undelegations = export_undelegations(view)?;
    let mut genesis = Encoded::from(genesis);
    genesis.append(delegations?);
    genesis.set("bookkeeping", book?)?;
    Ok(genesis)
}

/// The section as a message.
#[cfg(test)]
pub fn exported(view: &View) -> wire::GenesisState {
    export(view).unwrap().message()
}

fn export_delegations(view: &View) -> Result<Encoded> {
    let row = |row: Result<(_, _)>| row.and_then(|(key, found)| query::delegation_to_wire(view, &key, &found));
    let mut rows = Encoded::from(wire::GenesisState::default());
    rows.extend("delegations", DELEGATIONS.iter(view).map(row))?;
    Ok(rows)
}

/// One record per completion time and delegator, as upstream groups them.
fn export_undelegations(view: &View) -> Result<Vec<wire::UndelegationState>> {
    let mut groups: BTreeMap<(Timestamp, AccAddress), Vec<wire::Undelegation>> = BTreeMap::new();
    for row in UNBONDINGS.iter(view) {
        let ((completion, _), found) = row?;
        groups.entry((completion, found.delegator)).or_default().push(wire::Undelegation {
            delegator_address: view.bech32().acc(&found.delegator),
            validator_address: view.bech32().val(&found.validator),
            balance: Some(convert::coin(&Coin::new(found.denom, found.amount))),
        });
    }
    let state = |((completion, _), entries)| wire::UndelegationState {
        completion_time: Some(convert::timestamp(completion)),
        undelegation: Some(wire::QueuedUndelegation { entries }),
    };
    Ok(groups.into_iter().map(state).collect())
}

fn export_book(view: &View) -> Result<Encoded> {
    let bech32 = view.bech32();
    let mut book = wire::Bookkeeping {
        rebalance_pending: REBALANCE.load(view)?.is_some(),
        next_entry_id: ENTRY_IDS.peek(view)?,
        next_fault_id: FAULT_IDS.peek(view)?,
        retry_cursor: RETRY_CURSOR.load(view)?.unwrap_or_default(),
        ..wire::Bookkeeping::default()
    };
    let place = |validator: &ValAddress, key: &AssetKey, epoch| wire::PoolEpoch {
        validator: bech32.val(validator),
        denom: key.0.to_string(),
        epoch,
    };
    for row in VALIDATORS.iter(view) {
        let (validator, info) = row?;
        if info.bonded {
            book.bonded_validators.push(bech32.val(&validator));
        }
    }
    for ((validator, key), found) in pool::all(view)? {
        book.pools.push(place(&validator, &key, found.epoch));
    }
    for row in RESTARTS.iter(view) {
        let ((validator, key), cursor) = row?;
        book.restarts.push(wire::PoolRestart {
            validator: bech32.val(&validator),
            denom: key.0.to_string(),
            after: cursor.after.map(|delegator| bech32.acc(&delegator)).unwrap_or_default(),
        });
    }
    for row in LEAVING.iter(view) {
        book.leaving_validators.push(bech32.val(&row?.0));
    }
    export_rewards(view, &mut book)?;
    export_entries(view, &mut book)?;
    let row = |row: Result<(DelegationKey, Delegation)>| {
        let ((delegator, validator, key), found) = row?;
        let paid = |(coin, index): &(Denom, Wide)| wire::PaidIndex {
            reward_denom: coin.to_string(),
            per_share: index.to_string(),
        };
        Ok(wire::DelegationIndex {
            delegator: bech32.acc(&delegator),
            validator: bech32.val(&validator),
            denom: key.0.to_string(),
            epoch: found.epoch,
            paid: found.paid.iter().map(paid).collect(),
        })
    };
    let mut book = Encoded::from(book);
    book.extend("delegations", DELEGATIONS.iter(view).map(row))?;
    Ok(book)
}

fn export_rewards(view: &View, book: &mut wire::Bookkeeping) -> Result<()> {
    let bech32 = view.bech32();
    for row in INDICES.iter(view) {
        let ((validator, key, epoch), indices) = row?;
        book.indices.extend(indices.iter().map(|(coin, index)| wire::RewardIndex {
            validator: bech32.val(&validator),
            denom: key.0.to_string(),
            epoch,
            reward_denom: coin.to_string(),
            per_share: index.per_share.to_string(),
            carried: index.carried.to_string(),
        }));
    }
    for row in OWED.iter(view) {
        let ((delegator, validator, key), coins) = row?;
        book.owed.push(wire::OwedRewards {
            delegator: bech32.acc(&delegator),
            validator: bech32.val(&validator),
            denom: key.0.to_string(),
            coins: convert::coins(&coins),
        });
    }
    for row in DUST.iter(view) {
        let (coin, amount) = row?;
        book.dust.push(wire::RewardDust { reward_denom: coin.to_string(), amount: amount.to_string() });
    }
    Ok(())
}

fn export_entries(view: &View, book: &mut wire::Bookkeeping) -> Result<()> {
    let bech32 = view.bech32();
    let unbonding = |(completion, id): EntryKey, found: Unbonding, retry_cause: String| wire::UnbondingEntry {
        id,
        completion_time: Some(convert::timestamp(completion)),
        delegator: bech32.acc(&found.delegator),
        validator: bech32.val(&found.validator),
        denom: found.denom.to_string(),
        amount: found.amount.to_string(),
        created_height: found.created_height.unwrap_or_default(),
        last_fault: found.last_fault,
        retry_cause,
    };
    for row in UNBONDINGS.iter(view) {
        let (key, found) = row?;
        book.unbondings.push(unbonding(key, found, String::new()));
    }
    for row in RETRIES.iter(view) {
        let (id, retry) = row?;
        book.unbondings.push(unbonding((retry.completion, id), retry.entry, retry.cause));
    }
    for row in REDELEGATIONS.iter(view) {
        let ((completion, id), found) = row?;
        book.redelegations.push(wire::MovingEntry {
            id,
            completion_time: Some(convert::timestamp(completion)),
            delegator: bech32.acc(&found.delegator),
            source: bech32.val(&found.source),
            destination: bech32.val(&found.destination),
            denom: found.denom.to_string(),
            amount: found.amount.to_string(),
            created_height: found.created_height.unwrap_or_default(),
            last_fault: found.last_fault,
            destination_shares: found.destination_shares.to_scaled_string(),
        });
    }
    for row in FAULTS.iter(view) {
        let ((validator, id), fault) = row?;
        book.faults.push(wire::ValidatorFault {
            validator: bech32.val(&validator),
            id,
            infraction_height: fault.infraction_height,
            factor: fault.factor.to_scaled_string(),
            punished_at: Some(convert::timestamp(fault.punished_at)),
        });
    }
    for row in SWEEPS.iter(view) {
        let ((fault, validator), sweep) = row?;
        book.sweeps.push(wire::FaultSweep {
            validator: bech32.val(&validator),
            fault,
            unbondings: sweep.unbondings,
            from_time: Some(convert::timestamp(sweep.from.0)),
            from_id: sweep.from.1,
        });
    }
    Ok(())
}
