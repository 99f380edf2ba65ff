//! What upgrade does before anything else of a block.

use entente_kernel::{Ctx, Error, Result};

use super::{known, needed, plan, state, versions};

/// Carries out the upgrade that is due.
///
/// # Errors
/// A fault if this program is not the one for this height.
pub fn begin(ctx: &mut Ctx) -> Result<()> {
    let Some(plan) = plan(ctx)? else { return Ok(()) };
    let height = ctx.height();
    match (plan.height <= height, known::knows(&plan.name)) {
        (false, false) => Ok(()),
        (false, true) => Err(Error::fault(format!(
            "BINARY UPDATED BEFORE TRIGGER! UPGRADE {:?} - in binary but not executed on chain. Downgrade your binary: the upgrade is at height {}",
            plan.name, plan.height
        ))),
        (true, false) => Err(Error::fault(needed(&plan))),
        (true, true) => {
            known::migrate(ctx, &plan.name).map_err(|e| e.must(&plan.name))?;
            versions::write(ctx)?;
            state::PLAN.remove(ctx)?;
            state::APPLIED.set(ctx, &plan.name, &state::Applied { height })
        }
    }
}
