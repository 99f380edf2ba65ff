//! The only upward calls: news that a lower module has for higher ones. The order of the calls is part of consensus.
//!
//! Listeners of staking, in this order: distribution (rewards follow the stake before anything else changes it), slashing (who must
//! sign), alliance (with the pools and vaults that stake there before and after it), liquid. A listener's error undoes the message that made the news; in the steps of a block it is a fault.

use entente_kernel::num::{Dec, Denom, Int};
use entente_kernel::{AccAddress, ConsAddress, Ctx, Result, ValAddress, View};

use crate::modules::staking::{Delegation, Validator};
use crate::modules::{alliance, assets, distribution, liquid, pools, slashing, staking, vault};

/// A validator exists now; it has no stake yet.
pub fn after_validator_created(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    distribution::hook::after_validator_created(ctx, validator)?;
    slashing::after_validator_created(ctx, validator)?;
    alliance::hook::after_validator_created(ctx, validator)
}

/// A validator's commission is about to change, or it is about to be slashed.
pub fn before_validator_modified(_ctx: &mut Ctx, _validator: &ValAddress) -> Result<()> {
    Ok(())
}

/// A validator without shares was removed.
pub fn after_validator_removed(ctx: &mut Ctx, cons: &ConsAddress, validator: &ValAddress) -> Result<()> {
    distribution::hook::after_validator_removed(ctx, validator)?;
    slashing::after_validator_removed(ctx, cons)?;
    alliance::hook::after_validator_removed(ctx, validator)
}

/// A validator entered the active set.
pub fn after_validator_bonded(ctx: &mut Ctx, cons: &ConsAddress, validator: &ValAddress) -> Result<()> {
    slashing::after_validator_bonded(ctx, cons)?;
    alliance::hook::after_validator_bonded(ctx, validator)
}

/// A validator left the active set.
pub fn after_validator_begin_unbonding(ctx: &mut Ctx, _cons: &ConsAddress, validator: &ValAddress) -> Result<()> {
    alliance::hook::after_validator_begin_unbonding(ctx, validator)
}

/// Somebody is about to delegate to a validator, which is as it is stored, for the first time.
pub fn before_delegation_created(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    distribution::hook::before_delegation_created(ctx, validator)
}

/// A delegation is about to change; it and its validator are as they are stored.
pub fn before_delegation_shares_modified(ctx: &mut Ctx, held: &Delegation, validator: &Validator) -> Result<()> {
    distribution::hook::before_delegation_shares_modified(ctx, held, validator)
}

/// A delegation has changed and still exists; it and its validator are as they are stored.
pub fn after_delegation_modified(ctx: &mut Ctx, held: &Delegation, validator: &Validator) -> Result<()> {
    distribution::hook::after_delegation_modified(ctx, held, validator)?;
    alliance::hook::after_delegation_modified(ctx)
}

/// A delegation is about to disappear: all its shares were taken.
pub fn before_delegation_removed(ctx: &mut Ctx, delegator: &AccAddress, _validator: &ValAddress) -> Result<()> {
    alliance::hook::before_delegation_removed(ctx, delegator)
}

/// A validator committed a fault and is about to lose `effective_fraction` of its tokens: `slash_factor` of the power it had, less
/// what was taken from stake that left since. The fraction is zero if nothing is left to burn; then only those hear of it who punish
/// by `slash_factor`. `infraction_height` is the height whose stake distribution is at fault, below zero for the first blocks.
pub fn before_validator_slashed(
    ctx: &mut Ctx,
    validator: &ValAddress,
    effective_fraction: Dec,
    infraction_height: i64,
    slash_factor: Dec,
) -> Result<()> {
    // What alliance's stake earned so far is drawn while distribution does not know of the slash yet.
    alliance::hook::before_slash_is_recorded(ctx, validator, slash_factor)?;
    if !effective_fraction.is_zero() {
        distribution::hook::before_validator_slashed(ctx, validator, effective_fraction)?;
    }
    pools::hook::before_alliance_slash(ctx, validator)?;
    vault::hook::before_alliance_slash(ctx, validator)?;
    alliance::hook::before_validator_slashed(ctx, validator, infraction_height, slash_factor)?;
    pools::hook::after_alliance_slash(ctx, validator)?;
    vault::hook::after_alliance_slash(ctx, validator, infraction_height)?;
    liquid::hook::before_validator_slashed(ctx, validator)
}

/// An unbonding ended: so much was paid to its delegator, which is less than what it began with if it was slashed.
pub fn after_unbonding_completed(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    validator: &ValAddress,
    id: u64,
    paid: Int,
) -> Result<()> {
    liquid::hook::after_unbonding_completed(ctx, delegator, validator, id, paid)
}

/// An unbonding, a redelegation or the unbonding of a validator began under this id.
pub fn after_unbonding_initiated(_ctx: &mut Ctx, _id: u64) -> Result<()> {
    Ok(())
}

/// Asked by alliance: may the coin become an asset of it? Not if it stands for stake of the native coin.
pub fn before_alliance_created(view: &View, denom: &Denom) -> Result<()> {
    assets::check_alliance(view, denom)?;
    liquid::check_alliance(view, denom)
}

/// How much of the supply of a denom is bookkeeping that supply queries hide: virtual stake on bonded validators.
pub fn virtual_supply(view: &View, denom: &Denom) -> Result<Int> {
    if *denom == staking::bond_denom(view)? { alliance::virtual_bonded(view) } else { Ok(Int::ZERO) }
}

/// Asked by gov: native coins that exist only as alliance's virtual stake with bonded validators. Neither inflation nor the
/// quorum of governance counts them.
pub fn virtual_bonded_stake(view: &View) -> Result<Int> {
    alliance::virtual_bonded(view)
}

/// Asked by mint: as [`virtual_bonded_stake`], wherever they are, and with bonded validators.
pub fn virtual_stake(view: &View) -> Result<(Int, Int)> {
    alliance::virtual_stake(view)
}
