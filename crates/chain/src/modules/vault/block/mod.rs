//! The begin of a block: epochs that are over, rewards to claim, batches that are due. Each vault is a layer of its own: one that fails is
//! undone alone, told, and tried again. Work is bounded: what is left waits for the next block, in order.

pub(super) mod auction;
mod compose;
pub(super) mod drip;
mod epoch;
pub(super) mod harvest;
mod payout;
mod stream;

pub(super) use compose::report;
pub(super) use payout::pay_claim;
pub(super) use stream::{credited, flow};

use entente_kernel::{Ctx, Error, Result};
use payout::Budget;

use super::params::{
    CLAIMS_PER_BLOCK, DUE_PER_BLOCK, EPOCHS_PER_BLOCK, LOOKS_PER_CLAIM, PAYMENTS_PER_BLOCK, PLACES_PER_BLOCK, RETRY,
};
use super::state::{DUE, EPOCHS, HARVEST_TIMES, PLACES, VAULT_IDS};
use super::{event, halt, stake};

/// The time of the block, before anything else looks at it.
pub fn see_time(ctx: &mut Ctx) -> Result<()> {
    halt::see(ctx)
}

/// Comes after evidence, so that faults of this block are seen before anybody is paid.
///
/// # Errors
/// Only faults: what a user can cause is undone vault by vault.
pub fn begin(ctx: &mut Ctx) -> Result<()> {
    let (ended, looked) = end_epochs(ctx)?;
    if ended == 0 {
        see_one(ctx)?;
    }
    harvest(ctx, CLAIMS_PER_BLOCK.saturating_sub(looked / LOOKS_PER_CLAIM))?;
    pay_due(ctx, PLACES_PER_BLOCK.saturating_sub(looked))
}

/// Ends epochs that are over, until so many places were looked at; says how many epochs and places that were.
fn end_epochs(ctx: &mut Ctx) -> Result<(usize, usize)> {
    let over = EPOCHS.through(ctx, &ctx.time()).take(EPOCHS_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    let (mut ended, mut looked) = (0usize, 0usize);
    for ((time, vault), ()) in over {
        let places = PLACES.prefix(ctx, &vault).count();
        if ended > 0 && looked.saturating_add(places) > PLACES_PER_BLOCK {
            break;
        }
        looked = looked.saturating_add(places);
        ended = ended.saturating_add(1);
        if !may(ctx, vault, "epoch", |ctx| epoch::end(ctx, vault))? {
            EPOCHS.remove(ctx, &(time, vault))?;
            EPOCHS.set(ctx, &(ctx.time().plus(RETRY), vault), &())?;
        }
    }
    Ok((ended, looked))
}

/// The vaults are compared with their stake in turn, one in a block.
fn see_one(ctx: &mut Ctx) -> Result<()> {
    let count = VAULT_IDS.peek(ctx)?.saturating_sub(1);
    let height = u64::try_from(ctx.height()).unwrap_or_default();
    let Some(turn) = height.checked_rem(count) else { return Ok(()) };
    let id = turn.saturating_add(1);
    may(ctx, id, "look", |ctx| stake::see_in_turn(ctx, id)).map(drop)
}

/// Claims rewards of the last epochs, asset by asset, until so many places were asked; those of one asset in any case.
fn harvest(ctx: &mut Ctx, most: usize) -> Result<()> {
    let mut asked = 0usize;
    while asked < most.max(1) {
        let next = HARVEST_TIMES.through(ctx, &ctx.time()).next().transpose()?;
        let Some(((_, id), ())) = next else { break };
        let mut places = 0;
        let step = may(ctx, id, "harvest", |ctx| {
            places = harvest::step(ctx, id)?;
            Ok(())
        })?;
        if !step {
            harvest::put_off(ctx, id)?;
        }
        asked = asked.saturating_add(places.max(1));
    }
    Ok(())
}

/// Pays batches that are due, until so many coins were sent; those whose coins are not home wait while no place may be looked at.
fn pay_due(ctx: &mut Ctx, places: usize) -> Result<()> {
    let due = DUE.through(ctx, &ctx.time()).take(DUE_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    let mut left = Budget { payments: PAYMENTS_PER_BLOCK, places };
    for ((time, vault, batch), ()) in due {
        if left.payments == 0 {
            break;
        }
        let mut rest = left;
        if may(ctx, vault, "payout", |ctx| payout::pay(ctx, time, vault, batch, &mut rest))? {
            left = rest;
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
