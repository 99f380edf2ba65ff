//! Ids of unbonding operations, by which other modules find them and hold them back.

use entente_kernel::state::Key;
use entente_kernel::{AccAddress, Ctx, Error, Result, ValAddress, View};

use super::delegation::{self, Redelegation, Unbonding};
use super::state::{
    BigEndian, LAST_UNBONDING_ID, REDELEGATIONS, UNBONDING_INDEX, UNBONDING_KINDS, UNBONDINGS, VALIDATORS,
};
use super::{error, stake};

const KIND_UNBONDING: u64 = 1;
const KIND_REDELEGATION: u64 = 2;
const KIND_VALIDATOR: u64 = 3;

/// An unbonding operation.
enum Operation {
    Unbonding(Unbonding, usize),
    Redelegation(Redelegation, usize),
    Validator(ValAddress),
}

pub(super) fn next_id(ctx: &mut Ctx) -> Result<u64> {
    let last = LAST_UNBONDING_ID.load(ctx)?.map_or(0, |n| n.0);
    let id = last.checked_add(1).ok_or_else(|| Error::fault("ids of unbondings ran out"))?;
    LAST_UNBONDING_ID.save(ctx, &BigEndian(id))?;
    Ok(id)
}

/// Makes sure that `id` is not given again.
pub(super) fn reserve(ctx: &mut Ctx, id: u64) -> Result<()> {
    let last = LAST_UNBONDING_ID.load(ctx)?.map_or(0, |n| n.0);
    if id > last { LAST_UNBONDING_ID.save(ctx, &BigEndian(id)) } else { Ok(()) }
}

pub(super) fn index_unbonding(ctx: &mut Ctx, id: u64, key: &(AccAddress, ValAddress)) -> Result<()> {
    index(ctx, id, KIND_UNBONDING, UNBONDINGS.place().1, key)
}

pub(super) fn index_redelegation(ctx: &mut Ctx, id: u64, key: &(AccAddress, ValAddress, ValAddress)) -> Result<()> {
    index(ctx, id, KIND_REDELEGATION, REDELEGATIONS.place().1, key)
}

pub(super) fn index_validator(ctx: &mut Ctx, id: u64, operator: &ValAddress) -> Result<()> {
    index(ctx, id, KIND_VALIDATOR, VALIDATORS.place().1, operator)
}

/// The unbondings of validators that can be found.
pub(super) fn validator_ids(view: &View) -> Result<Vec<u64>> {
    let of_validators = |row: Result<(u64, BigEndian)>| match row {
        Ok((id, BigEndian(KIND_VALIDATOR))) => Some(Ok(id)),
        Ok(_) => None,
        Err(e) => Some(Err(e)),
    };
    UNBONDING_KINDS.iter(view).filter_map(of_validators).collect()
}

/// Operations of old chains, which had no ids, are imported with id 0 and cannot be found by it.
fn index(ctx: &mut Ctx, id: u64, kind: u64, prefix: &[u8], key: &impl Key) -> Result<()> {
    if id == 0 {
        return Ok(());
    }
    let mut place = prefix.to_vec();
    key.write_last(&mut place);
    UNBONDING_INDEX.set(ctx, &id, &place)?;
    UNBONDING_KINDS.set(ctx, &id, &BigEndian(kind))
}

/// Forgets an operation that is over.
pub(super) fn forget(ctx: &mut Ctx, id: u64) -> Result<()> {
    UNBONDING_INDEX.remove(ctx, &id)?;
    UNBONDING_KINDS.remove(ctx, &id)
}

/// Holds an operation back: it does not complete until [`unbonding_can_complete`] was called as often.
///
/// # Errors
/// `staking` 45 if there is no such operation.
pub fn put_unbonding_on_hold(ctx: &mut Ctx, id: u64) -> Result<()> {
    match find(ctx, id)? {
        Operation::Unbonding(mut unbonding, at) => {
            let entry = unbonding.entries.get_mut(at).ok_or_else(|| error::NO_UNBONDING.refuse())?;
            entry.on_hold = up(entry.on_hold)?;
            delegation::save_unbonding(ctx, &unbonding)
        }
        Operation::Redelegation(mut redelegation, at) => {
            let entry = redelegation.entries.get_mut(at).ok_or_else(|| error::NO_REDELEGATION.refuse())?;
            entry.on_hold = up(entry.on_hold)?;
            delegation::save_redelegation(ctx, &redelegation)
        }
        Operation::Validator(operator) => {
            let mut validator = super::must_validator(ctx, &operator)?;
            validator.unbonding_on_hold = up(validator.unbonding_on_hold)?;
            super::save_validator(ctx, &validator)
        }
    }
}

/// Takes one hold away. An operation that is due and free now completes at once; a validator completes in the next end block.
///
/// # Errors
/// `staking` 45 if there is no such operation, 42 if it is not on hold.
pub fn unbonding_can_complete(ctx: &mut Ctx, id: u64) -> Result<()> {
    let now = ctx.time();
    match find(ctx, id)? {
        Operation::Unbonding(mut unbonding, at) => {
            let entry = unbonding.entries.get_mut(at).ok_or_else(|| error::NO_UNBONDING.refuse())?;
            entry.on_hold = down(entry.on_hold, id)?;
            if entry.may_complete(now) {
                let entry = unbonding.entries.remove(at);
                stake::pay_entry(ctx, &(unbonding.delegator, unbonding.validator), &entry)?;
                forget(ctx, id)?;
            }
            delegation::save_unbonding(ctx, &unbonding)
        }
        Operation::Redelegation(mut redelegation, at) => {
            let entry = redelegation.entries.get_mut(at).ok_or_else(|| error::NO_REDELEGATION.refuse())?;
            entry.on_hold = down(entry.on_hold, id)?;
            if entry.may_complete(now) {
                redelegation.entries.remove(at);
                forget(ctx, id)?;
            }
            delegation::save_redelegation(ctx, &redelegation)
        }
        Operation::Validator(operator) => {
            let mut validator = super::must_validator(ctx, &operator)?;
            validator.unbonding_on_hold = down(validator.unbonding_on_hold, id)?;
            super::save_validator(ctx, &validator)
        }
    }
}

fn find(view: &View, id: u64) -> Result<Operation> {
    let kind = UNBONDING_KINDS.get(view, &id)?.ok_or_else(|| error::NO_UNBONDING_TYPE.refuse())?.0;
    let place = UNBONDING_INDEX.get(view, &id)?.ok_or_else(|| error::UNBONDING_NOT_FOUND.refuse())?;
    let place = place.get(1..).unwrap_or_default();
    match kind {
        KIND_UNBONDING => {
            let found = Key::read_last(place).map(|key| delegation::unbonding(view, key)).transpose()?.flatten();
            let found = found.ok_or_else(|| error::NO_UNBONDING.refuse())?;
            let at = found.entries.iter().position(|e| e.id == id).ok_or_else(|| error::NO_UNBONDING.refuse())?;
            Ok(Operation::Unbonding(found, at))
        }
        KIND_REDELEGATION => {
            let found = Key::read_last(place).map(|key| delegation::redelegation(view, key)).transpose()?.flatten();
            let found = found.ok_or_else(|| error::NO_REDELEGATION.refuse())?;
            let at = found.entries.iter().position(|e| e.id == id).ok_or_else(|| error::NO_REDELEGATION.refuse())?;
            Ok(Operation::Redelegation(found, at))
        }
        KIND_VALIDATOR => {
            ValAddress::read_last(place).map(Operation::Validator).ok_or_else(|| error::NO_VALIDATOR.refuse())
        }
        _ => Err(error::UNBONDING_NOT_FOUND.refuse()),
    }
}

fn up(holds: i64) -> Result<i64> {
    holds.checked_add(1).ok_or_else(|| Error::panic("too many holds"))
}

fn down(holds: i64, id: u64) -> Result<i64> {
    if holds <= 0 {
        return Err(error::NOT_ON_HOLD.because(format!("unbonding {id} has {holds} holds, at least 1 is needed")));
    }
    holds.checked_sub(1).ok_or_else(|| Error::panic("too few holds"))
}
