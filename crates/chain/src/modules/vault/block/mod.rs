//! The begin of a block: epochs that are over, batches that are due. Each vault is a layer of its own: one that fails is undone alone,
//! told, and tried again. Work is bounded: what is left waits for the next block, in order.

pub(super) mod auction;
mod compose;
pub(super) mod drip;
mod epoch;
mod payout;
mod stream;

pub(super) use compose::report;
pub(super) use payout::pay_claim;
pub(super) use stream::{credited, flow};

use entente_kernel::{Ctx, Error, Result};

use super::event;
use super::params::{DUE_PER_BLOCK, EPOCHS_PER_BLOCK, PAYOUTS_PER_BLOCK, RETRY};
use super::state::{DUE, EPOCHS};

/// Comes after evidence, so that faults of this block are seen before anybody is paid.
///
/// # Errors
/// Only faults: what a user can cause is undone vault by vault.
pub fn begin(ctx: &mut Ctx) -> Result<()> {
    let over = EPOCHS.through(ctx, &ctx.time()).take(EPOCHS_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    for ((time, vault), ()) in over {
        if !may(ctx, vault, "epoch", |ctx| epoch::end(ctx, vault))? {
            EPOCHS.remove(ctx, &(time, vault))?;
            EPOCHS.set(ctx, &(ctx.time().plus(RETRY), vault), &())?;
        }
    }
    let due = DUE.through(ctx, &ctx.time()).take(DUE_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    let mut payouts = PAYOUTS_PER_BLOCK;
    for ((time, vault, batch), ()) in due {
        let mut left = payouts;
        if may(ctx, vault, "payout", |ctx| payout::pay(ctx, time, vault, batch, &mut left))? {
            payouts = left;
        } else {
            DUE.remove(ctx, &(time, vault, batch))?;
            DUE.set(ctx, &(ctx.time().plus(RETRY), vault, batch), &())?;
        }
    }
    Ok(())
}

/// Runs a step in a layer; a refusal is undone and told. Says whether it went through.
fn may(ctx: &mut Ctx, vault: u64, step: &str, run: impl FnOnce(&mut Ctx) -> Result<()>) -> Result<bool> {
    match ctx.layer(run) {
        Ok(()) => Ok(true),
        Err(Error::Refusal(refusal)) => {
            ctx.emit(event::step_failed(vault, step, &refusal.log));
            Ok(false)
        }
        Err(fault) => Err(fault),
    }
}
