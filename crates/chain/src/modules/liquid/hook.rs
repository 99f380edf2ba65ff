//! What liquid staking does when staking tells news.

use entente_kernel::num::Int;
use entente_kernel::{AccAddress, Ctx, Result, ValAddress};

use super::state::{CHANGED, VALIDATORS};
use super::{amount, batch};

/// A slash of a validator of ours changes the rate: it is told at the end of the block.
pub fn before_validator_slashed(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    if VALIDATORS.has(ctx, validator)? { CHANGED.save(ctx, &()) } else { Ok(()) }
}

/// An unbonding ended and was paid. Those of others are none of our business.
pub fn after_unbonding_completed(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    validator: &ValAddress,
    id: u64,
    paid: Int,
) -> Result<()> {
    if batch::is_ours(delegator) { batch::credit(ctx, id, validator, amount(paid)?) } else { Ok(()) }
}
