//! What the pools do when alliance tells news of a validator.

use entente_kernel::{Ctx, Error, Result, ValAddress};

use super::state::{POOLS_AT, Place};
use super::{event, must_pool, reward};

/// A validator is about to be slashed: until now its groups earn with the shares that they had.
pub fn before_alliance_slash(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    settle_all(ctx, validator)
}

/// A validator was slashed: its groups earn with what is left.
pub fn after_alliance_slash(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    settle_all(ctx, validator)
}

/// A group that cannot be settled must not spare the others, nor stop the slash; it is settled when it is next touched.
fn settle_all(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    let pools = POOLS_AT.prefix(ctx, validator).map(|row| row.map(|((_, id), ())| id)).collect::<Result<Vec<_>>>()?;
    for id in pools {
        let settled = ctx.layer(|ctx| {
            let pool = must_pool(ctx, id)?;
            reward::settle(ctx, &pool, Place(Some(*validator)), false).map(drop)
        });
        match settled {
            Err(Error::Refusal(refusal)) => ctx.emit(event::step_failed(id, "", "slash", &refusal.log)),
            outcome => outcome?,
        }
    }
    Ok(())
}
