//! What staking does at the begin and end of a block.

use entente_kernel::{Ctx, Result};

use super::{event, history, queue, set, stake};
use crate::block::ValidatorUpdate;

/// Records the header.
pub fn begin_block(ctx: &mut Ctx) -> Result<()> {
    history::track(ctx)
}

/// Brings the validator set in line with the stake, then completes what is due: validators, unbondings, redelegations.
pub fn end_block(ctx: &mut Ctx) -> Result<Vec<ValidatorUpdate>> {
    let updates = set::update_validator_set(ctx)?;
    set::complete_unbondings(ctx)?;
    complete_delegators_unbondings(ctx)?;
    complete_redelegations(ctx)?;
    Ok(updates)
}

fn complete_delegators_unbondings(ctx: &mut Ctx) -> Result<()> {
    for pair in queue::take_unbondings(ctx, queue::PER_BLOCK)? {
        let key = (ctx.bech32().parse_acc(&pair.delegator_address)?, ctx.bech32().parse_val(&pair.validator_address)?);
        if let Some(paid) = stake::complete_unbonding(ctx, key)? {
            ctx.emit(event::complete_unbonding(&paid, &pair));
        }
    }
    Ok(())
}

fn complete_redelegations(ctx: &mut Ctx) -> Result<()> {
    for row in queue::take_redelegations(ctx, queue::PER_BLOCK)? {
        let key = (
            ctx.bech32().parse_acc(&row.delegator_address)?,
            ctx.bech32().parse_val(&row.validator_src_address)?,
            ctx.bech32().parse_val(&row.validator_dst_address)?,
        );
        if let Some(sum) = stake::complete_redelegation(ctx, key)? {
            ctx.emit(event::complete_redelegation(&sum, &row));
        }
    }
    Ok(())
}
