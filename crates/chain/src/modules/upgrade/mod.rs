//! Upgrades of the program by vote: a plan names an upgrade and the height at which it must happen.
//!
//! # Terms
//! A *plan* is scheduled by governance; there is at most one, and a new one replaces it. It is *due* in the block of its height, before
//! anything else of that block. A program *knows* an upgrade if it has what the upgrade does, in [`known`].
//!
//! Each module has a *version*, the number of its rules; the state remembers by which it goes.
//!
//! # Promises
//! A program that does not know a due upgrade does not execute the block: it faults, with the sentence that `cosmovisor` and operators wait for,
//! and every node stops at the same height with the same state. A program that knows a plan which is not due yet faults too: it would
//! execute the blocks until then by rules that are not in force. With the right program the block is executed, the plan is over, and its name
//! is remembered for good.
//!
//! # Compatibility
//! Messages, queries and texts are those of `x/upgrade` of the SDK 0.50. Upgraded client states belong to IBC.

pub mod block;
pub mod error;
pub mod genesis;
pub mod handle;
mod known;
pub mod msg;
pub mod query;
mod state;
#[cfg(test)]
mod tests;
pub mod versions;

use entente_kernel::error::sdk;
use entente_kernel::{Ctx, Result, View, Wire};
use entente_proto::cosmos::upgrade::v1beta1::Plan;

/// The plan that is scheduled.
pub fn plan(view: &View) -> Result<Option<Plan>> {
    Ok(state::PLAN.load(view)?.map(|plan| plan.0))
}

/// The plan that the block of `height` must carry out and that this program does not know.
pub fn missing(view: &View, height: i64) -> Result<Option<Plan>> {
    Ok(plan(view)?.filter(|plan| plan.height <= height && !known::knows(&plan.name)))
}

/// Forgets the plan that is due in this block, as operators who go on with the old program have agreed.
pub fn skip(ctx: &mut Ctx) -> Result<()> {
    let due = plan(ctx)?.is_some_and(|plan| plan.height <= ctx.height());
    if due { state::PLAN.remove(ctx) } else { Ok(()) }
}

/// The text with which every node stops.
pub fn needed(plan: &Plan) -> String {
    format!("UPGRADE {:?} NEEDED at height: {}: {}", plan.name, plan.height, plan.info)
}

/// Schedules a checked plan in place of any other.
///
/// # Errors
/// `sdk` 18 if its height has passed or an upgrade of its name was carried out.
fn schedule(ctx: &mut Ctx, plan: Plan) -> Result<()> {
    if plan.height < ctx.height() {
        return Err(sdk::INVALID_REQUEST.because("upgrade cannot be scheduled in the past"));
    }
    if state::APPLIED.has(ctx, &plan.name)? {
        let text = format!("upgrade with name {} has already been completed", plan.name);
        return Err(sdk::INVALID_REQUEST.because(text));
    }
    save(ctx, plan)
}

/// Stores a plan as Go's encoder writes it, however it came.
#[allow(deprecated)]
fn save(ctx: &mut Ctx, plan: Plan) -> Result<()> {
    state::PLAN.save(ctx, &Wire(Plan { time: Some(msg::NO_TIME), ..plan }))
}
