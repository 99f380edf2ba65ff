//! What staking's section of a genesis has no place for: an export carries it beside the section, so that nothing is lost.

use std::collections::BTreeSet;

use entente_kernel::state::Key;
use entente_kernel::{Ctx, Error, Map, Result, Timestamp, View, Wire};
use entente_proto::cosmos::staking::v1beta1 as staking;
use entente_proto::entente::genesis::v1 as wire;

use super::hold;
use super::state::{
    BigEndian, HISTORY, LAST_UNBONDING_ID, REDELEGATION_QUEUE, Recent, SortableTime, TIME_TEXT_LEN, UNBONDING_QUEUE,
    VALIDATOR_QUEUE,
};
use crate::wire::{parse_timestamp, timestamp};

/// Completes the state after [`genesis::init`](super::genesis::init).
///
/// # Errors
/// A refusal that names the field; a queue that does not hold exactly what the records make due.
pub fn init(ctx: &mut Ctx, rest: wire::StakingRest) -> Result<()> {
    hold::reserve(ctx, rest.last_unbonding_id)?;
    restore_validator_ids(ctx, &rest.validator_unbonding_ids.into_iter().collect())?;
    let bech32 = ctx.bech32().clone();
    for (i, due) in rest.unbonding_queue.into_iter().enumerate() {
        let at = format!("unbonding_queue[{i}]");
        let slot = SortableTime(time(due.completion_time.as_ref(), &at)?);
        let names = |slice: &staking::DvPairs| {
            let name = |p: &staking::DvPair| {
                Ok((bech32.parse_acc(&p.delegator_address)?, bech32.parse_val(&p.validator_address)?))
            };
            slice.pairs.iter().map(name).collect()
        };
        reorder(ctx, &UNBONDING_QUEUE, slot, staking::DvPairs { pairs: due.pairs }, names, &at)?;
    }
    for (i, due) in rest.redelegation_queue.into_iter().enumerate() {
        let at = format!("redelegation_queue[{i}]");
        let slot = SortableTime(time(due.completion_time.as_ref(), &at)?);
        let names = |slice: &staking::DvvTriplets| {
            let name = |t: &staking::DvvTriplet| {
                let source = bech32.parse_val(&t.validator_src_address)?;
                let target = bech32.parse_val(&t.validator_dst_address)?;
                Ok((bech32.parse_acc(&t.delegator_address)?, source, target))
            };
            slice.triplets.iter().map(name).collect()
        };
        reorder(ctx, &REDELEGATION_QUEUE, slot, staking::DvvTriplets { triplets: due.triplets }, names, &at)?;
    }
    for (i, due) in rest.validator_queue.into_iter().enumerate() {
        let at = format!("validator_queue[{i}]");
        let slot = SortableTime(time(due.completion_time.as_ref(), &at)?);
        let slot = (TIME_TEXT_LEN, slot, due.height.cast_unsigned());
        let names = |slice: &staking::ValAddresses| slice.addresses.iter().map(|a| bech32.parse_val(a)).collect();
        let derived = VALIDATOR_QUEUE.get(ctx, &slot)?.map_or(0, |slice| slice.0.addresses.len());
        if due.addresses.len() != derived {
            let found = due.addresses.len();
            return Err(Error::plain(format!("{at}: {found} validators, but {derived} are unbonded at that time")));
        }
        reorder(ctx, &VALIDATOR_QUEUE, slot, staking::ValAddresses { addresses: due.addresses }, names, &at)?;
    }
    for (i, info) in rest.historical_infos.into_iter().enumerate() {
        let height = info.header.as_ref().and_then(|h| u64::try_from(h.height).ok());
        let named = || Error::plain(format!("historical_infos[{i}].header.height: a height is needed"));
        HISTORY.set(ctx, &height.ok_or_else(named)?, &Wire(Recent::from_wire(&info)))?;
    }
    Ok(())
}

/// A validator that came back before its unbonding was over can still be found by its id; one whose unbonding is over cannot.
fn restore_validator_ids(ctx: &mut Ctx, open: &BTreeSet<u64>) -> Result<()> {
    let mut known = BTreeSet::new();
    for validator in super::validators(ctx).collect::<Result<Vec<_>>>()? {
        for id in validator.unbonding_ids.iter().filter(|id| !open.contains(id)) {
            hold::forget(ctx, *id)?;
        }
        for id in validator.unbonding_ids.iter().filter(|id| open.contains(id)) {
            hold::index_validator(ctx, *id, &validator.operator)?;
            known.insert(*id);
        }
    }
    match open.difference(&known).next() {
        Some(id) => Err(Error::plain(format!("validator_unbonding_ids: {id} is no unbonding of a validator"))),
        None => Ok(()),
    }
}

fn time(wire: Option<&prost_types::Timestamp>, at: &str) -> Result<Timestamp> {
    let field = format!("{at}.completion_time");
    parse_timestamp(wire.ok_or_else(|| Error::plain(format!("{field}: is missing")))?, &field)
}

/// Puts the stated order in the place of the order in which the records were read. It may name an operation several times or one that
/// was cancelled, as the queue does, but none may be missing: it would never complete.
fn reorder<K: Key, M: prost::Message + Default + Clone + PartialEq + 'static, T: Ord>(
    ctx: &mut Ctx,
    queue: &Map<K, Wire<M>>,
    slot: K,
    stated: M,
    names: impl Fn(&M) -> Result<BTreeSet<T>>,
    at: &str,
) -> Result<()> {
    let named = names(&stated).map_err(|e| e.wrap(at))?;
    let derived = queue.get(ctx, &slot)?.map(|slice| names(&slice.0)).transpose()?.unwrap_or_default();
    if named.is_empty() {
        return Err(Error::plain(format!("{at}: names nothing; at least one operation is needed")));
    }
    if !derived.is_subset(&named) {
        return Err(Error::plain(format!("{at}: an operation that completes at that time is missing")));
    }
    queue.set(ctx, &slot, &Wire(stated))
}

pub fn export(view: &View) -> Result<wire::StakingRest> {
    let unbondings = UNBONDING_QUEUE.iter(view).map(|row| {
        let (at, Wire(slice)) = row?;
        Ok(wire::DueUnbondings { completion_time: Some(timestamp(at.0)), pairs: slice.pairs })
    });
    let redelegations = REDELEGATION_QUEUE.iter(view).map(|row| {
        let (at, Wire(slice)) = row?;
        Ok(wire::DueRedelegations { completion_time: Some(timestamp(at.0)), triplets: slice.triplets })
    });
    let validators = VALIDATOR_QUEUE.iter(view).map(|row| {
        let ((_, at, height), Wire(slice)) = row?;
        let height = height.cast_signed();
        Ok(wire::DueValidators { completion_time: Some(timestamp(at.0)), height, addresses: slice.addresses })
    });
    Ok(wire::StakingRest {
        last_unbonding_id: LAST_UNBONDING_ID.load(view)?.map_or(0, |BigEndian(id)| id),
        unbonding_queue: unbondings.collect::<Result<_>>()?,
        redelegation_queue: redelegations.collect::<Result<_>>()?,
        validator_queue: validators.collect::<Result<_>>()?,
        validator_unbonding_ids: hold::validator_ids(view)?,
        historical_infos: HISTORY.iter(view).map(|row| row?.1.0.to_wire()).collect::<Result<_>>()?,
    })
}
