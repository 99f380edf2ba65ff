//! What completes when: unbondings, redelegations and unbonding validators in the order of their times.
//!
//! A slice of a queue holds everything that completes at one instant, in the order of arrival. A block takes at most [`PER_BLOCK`]
//! rows of a queue; the rest follows in the next blocks.

use entente_kernel::{AccAddress, Ctx, Result, Timestamp, ValAddress, Wire};
use entente_proto::cosmos::staking::v1beta1 as wire;

use super::state::{REDELEGATION_QUEUE, SortableTime, TIME_TEXT_LEN, UNBONDING_QUEUE, VALIDATOR_QUEUE};
use super::validator::Validator;

/// Rows of a queue that one block completes.
pub const PER_BLOCK: usize = 10_000;

pub(super) fn push_unbonding(ctx: &mut Ctx, at: Timestamp, key: &(AccAddress, ValAddress)) -> Result<()> {
    let at = SortableTime(at);
    let Wire(mut slice) = UNBONDING_QUEUE.get(ctx, &at)?.unwrap_or_default();
    slice.pairs.push(wire::DvPair {
        delegator_address: ctx.bech32().acc(&key.0),
        validator_address: ctx.bech32().val(&key.1),
    });
    UNBONDING_QUEUE.set(ctx, &at, &Wire(slice))
}

pub(super) fn push_redelegation(
    ctx: &mut Ctx,
    at: Timestamp,
    key: &(AccAddress, ValAddress, ValAddress),
) -> Result<()> {
    let at = SortableTime(at);
    let Wire(mut slice) = REDELEGATION_QUEUE.get(ctx, &at)?.unwrap_or_default();
    slice.triplets.push(wire::DvvTriplet {
        delegator_address: ctx.bech32().acc(&key.0),
        validator_src_address: ctx.bech32().val(&key.1),
        validator_dst_address: ctx.bech32().val(&key.2),
    });
    REDELEGATION_QUEUE.set(ctx, &at, &Wire(slice))
}

/// Takes the unbondings that are due, those of exactly now included.
pub(super) fn take_unbondings(ctx: &mut Ctx, budget: usize) -> Result<Vec<wire::DvPair>> {
    let mut taken = Vec::new();
    while taken.len() < budget {
        let now = SortableTime(ctx.time());
        let Some(row) = UNBONDING_QUEUE.through(ctx, &now).next() else { break };
        let (at, Wire(mut slice)) = row?;
        let left = budget.saturating_sub(taken.len()).min(slice.pairs.len());
        taken.extend(slice.pairs.drain(..left));
        match slice.pairs.is_empty() {
            true => UNBONDING_QUEUE.remove(ctx, &at)?,
            false => UNBONDING_QUEUE.set(ctx, &at, &Wire(slice))?,
        }
    }
    Ok(taken)
}

/// Takes the redelegations that are due, those of exactly now included.
pub(super) fn take_redelegations(ctx: &mut Ctx, budget: usize) -> Result<Vec<wire::DvvTriplet>> {
    let mut taken = Vec::new();
    while taken.len() < budget {
        let now = SortableTime(ctx.time());
        let Some(row) = REDELEGATION_QUEUE.through(ctx, &now).next() else { break };
        let (at, Wire(mut slice)) = row?;
        let left = budget.saturating_sub(taken.len()).min(slice.triplets.len());
        taken.extend(slice.triplets.drain(..left));
        match slice.triplets.is_empty() {
            true => REDELEGATION_QUEUE.remove(ctx, &at)?,
            false => REDELEGATION_QUEUE.set(ctx, &at, &Wire(slice))?,
        }
    }
    Ok(taken)
}

fn validator_slot(validator: &Validator) -> (u64, SortableTime, u64) {
    (TIME_TEXT_LEN, SortableTime(validator.unbonding_time), validator.unbonding_height.cast_unsigned())
}

pub(super) fn push_validator(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    let slot = validator_slot(validator);
    let Wire(mut slice) = VALIDATOR_QUEUE.get(ctx, &slot)?.unwrap_or_default();
    slice.addresses.push(ctx.bech32().val(&validator.operator));
    VALIDATOR_QUEUE.set(ctx, &slot, &Wire(slice))
}

/// Takes a validator out of the queue, if it is there.
pub(super) fn remove_validator(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    let slot = validator_slot(validator);
    let Some(Wire(mut slice)) = VALIDATOR_QUEUE.get(ctx, &slot)? else { return Ok(()) };
    let operator = ctx.bech32().val(&validator.operator);
    slice.addresses.retain(|a| *a != operator);
    match slice.addresses.is_empty() {
        true => VALIDATOR_QUEUE.remove(ctx, &slot),
        false => VALIDATOR_QUEUE.set(ctx, &slot, &Wire(slice)),
    }
}

/// The operators of validators whose unbonding is due, those of exactly now included. They stay in the queue.
pub(super) fn due_validators(ctx: &Ctx) -> Result<Vec<ValAddress>> {
    let (height, now) = (ctx.height().cast_unsigned(), ctx.time());
    let mut due = Vec::new();
    for row in VALIDATOR_QUEUE.through(ctx, &(TIME_TEXT_LEN, SortableTime(now))) {
        let ((_, at, from), Wire(slice)) = row?;
        if at.0 > now || from > height {
            continue;
        }
        for text in &slice.addresses {
            due.push(ctx.bech32().parse_val(text)?);
        }
    }
    Ok(due)
}
