//! What alliance does when staking tells news.

use entente_kernel::num::Dec;
use entente_kernel::{AccAddress, Ctx, Result, ValAddress};

use super::state::{self, LEAVING, REBALANCE, VALIDATORS, ValidatorInfo};
use super::{pool, slash};
use crate::modules::auth::ModuleAccount;

/// A validator that comes back before all of its delegations were moved away keeps the rest.
pub fn after_validator_created(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    LEAVING.remove(ctx, validator)
}

pub fn after_validator_bonded(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    set_bonded(ctx, validator, true)?;
    REBALANCE.save(ctx, &())
}

pub fn after_validator_begin_unbonding(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    set_bonded(ctx, validator, false)?;
    REBALANCE.save(ctx, &())
}

/// The record of a removed validator goes; if there are delegations, they are moved to unbonding first.
pub fn after_validator_removed(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    if pool::at(ctx, validator)?.is_empty() {
        VALIDATORS.remove(ctx, validator)?;
    } else {
        set_bonded(ctx, validator, false)?;
        LEAVING.set(ctx, validator, &())?;
    }
    REBALANCE.save(ctx, &())
}

pub fn after_delegation_modified(ctx: &mut Ctx) -> Result<()> {
    REBALANCE.save(ctx, &())
}

/// A native delegator who leaves completely changes the native stake too.
pub fn before_delegation_removed(ctx: &mut Ctx, delegator: &AccAddress) -> Result<()> {
    if *delegator == ModuleAccount::ALLIANCE.address() {
        return Ok(());
    }
    REBALANCE.save(ctx, &())
}

/// Comes before distribution hears of the slash. A factor of zero, the price of being jailed only, is no fault.
pub fn before_slash_is_recorded(ctx: &mut Ctx, validator: &ValAddress, slash_factor: Dec) -> Result<()> {
    if slash_factor.is_zero() { Ok(()) } else { slash::claim_before(ctx, validator) }
}

/// Every fault, whatever the host burns: the slash factor, and the height of the infraction.
pub fn before_validator_slashed(
    ctx: &mut Ctx,
    validator: &ValAddress,
    infraction_height: i64,
    slash_factor: Dec,
) -> Result<()> {
    slash::punish(ctx, validator, infraction_height, slash_factor)
}

/// Moves a validator's shares between those that count and those that lie idle.
fn set_bonded(ctx: &mut Ctx, validator: &ValAddress, bonded: bool) -> Result<()> {
    let Some(info) = VALIDATORS.get(ctx, validator)? else { return Ok(()) };
    if info.bonded == bonded {
        return Ok(());
    }
    VALIDATORS.set(ctx, validator, &ValidatorInfo { bonded })?;
    for (key, found) in &pool::at(ctx, validator)? {
        let mut asset = pool::must_asset(ctx, key)?;
        asset.idle_shares = if bonded {
            asset.idle_shares.sub(found.validator_shares)?
        } else {
            asset.idle_shares.add(found.validator_shares)?
        };
        state::ASSETS.set(ctx, key, &asset)?;
    }
    Ok(())
}
