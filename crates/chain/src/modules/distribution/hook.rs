//! What distribution does when staking reports a change. Called by `hooks` only.

use entente_kernel::num::Dec;
use entente_kernel::{AccAddress, Ctx, Error, Result, ValAddress};

use super::{add_to_pool, pay_out, period, state};
use crate::modules::staking::{self, Delegation, Validator};

/// A validator begins its first period.
pub fn after_validator_created(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    period::open(ctx, validator)
}

/// Commission is paid, dust goes to the community pool, and all records of the validator go.
pub fn after_validator_removed(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    let ledger = period::ledger(ctx, validator)?;
    let dust = ledger.outstanding.sub(&ledger.commission)?;
    let (whole, remainder) = ledger.commission.truncate_decimal();
    add_to_pool(ctx, &remainder)?;
    pay_out(ctx, &AccAddress::from(*validator), &whole)?;
    add_to_pool(ctx, &dust)?;
    forget_slashes(ctx, validator)?;
    forget_periods(ctx, validator)?;
    state::LEDGERS.remove(ctx, validator)
}

fn forget_slashes(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    let keys: Vec<_> = state::SLASHES.prefix(ctx, validator).map(|r| r.map(|(k, _)| k)).collect::<Result<_>>()?;
    keys.iter().try_for_each(|key| state::SLASHES.remove(ctx, key))
}

fn forget_periods(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    let keys: Vec<_> = state::HISTORICAL.prefix(ctx, validator).map(|r| r.map(|(k, _)| k)).collect::<Result<_>>()?;
    keys.iter().try_for_each(|key| state::HISTORICAL.remove(ctx, key))
}

/// A new stake begins: the period of the stakes before it ends.
pub fn before_delegation_created(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    let mut ledger = period::ledger(ctx, &validator.operator)?;
    period::end(ctx, validator, &mut ledger)?;
    state::LEDGERS.set(ctx, &validator.operator, &ledger)
}

/// A stake changes: it is paid for the past.
pub fn before_delegation_shares_modified(ctx: &mut Ctx, held: &Delegation, validator: &Validator) -> Result<()> {
    let (_, ledger) = period::pay(ctx, held, validator)?;
    state::LEDGERS.set(ctx, &held.validator, &ledger)?;
    state::STARTING_INFOS.remove(ctx, &(held.validator, held.delegator))
}

/// A stake has changed: it earns with its new size from now on.
pub fn after_delegation_modified(ctx: &mut Ctx, held: &Delegation, validator: &Validator) -> Result<()> {
    let ledger = period::ledger(ctx, &held.validator)?;
    period::start(ctx, held, validator, ledger)
}

/// A validator is about to lose a fraction of its tokens: delegations will reckon with it. Must come before the tokens go.
pub fn before_validator_slashed(ctx: &mut Ctx, validator: &ValAddress, fraction: Dec) -> Result<()> {
    if fraction > Dec::ONE || fraction.is_negative() {
        return Err(Error::fault(format!("fraction must be >=0 and <=1, current fraction: {fraction}")));
    }
    let record = staking::must_validator(ctx, validator)?;
    let mut ledger = period::ledger(ctx, validator)?;
    let ended = ledger.period;
    period::end(ctx, &record, &mut ledger)?;
    period::retain(&mut ledger)?;
    state::LEDGERS.set(ctx, validator, &ledger)?;
    let height = period::height(ctx)?;
    state::SLASHES.set(ctx, &(*validator, height, ended), &fraction)
}
