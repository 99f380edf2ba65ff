//! The end of a block: what is due is completed, stray coins are burnt, assets start, takes and weights move, clean-ups go on, and the
//! virtual stake is brought to what it should be. Each step is a layer of its own: one that fails is undone alone and tried again.

mod cleanup;
mod complete;
mod rebalance;
pub(super) mod take;
mod weights;

pub use cleanup::visit_all_faults;
pub use rebalance::{native_bonded, virtual_bonded, virtual_stake};

use entente_kernel::num::{Coin, Coins};
use entente_kernel::{Ctx, Error, Result, View};

use super::state::{ASSETS, Asset};
use super::{event, pool};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, staking};

/// Comes after staking's end of block, when the validator set is known.
///
/// # Errors
/// Only faults: what a user can cause is undone step by step.
pub fn end(ctx: &mut Ctx) -> Result<()> {
    may(ctx, "complete redelegations", "", complete::redelegations)?;
    may(ctx, "complete undelegations", "", complete::unbondings)?;
    may(ctx, "retry undelegations", "", complete::retries)?;
    may(ctx, "burn stray coins", "", burn_stray_coins)?;
    may(ctx, "start assets", "", start_assets)?;
    may(ctx, "take", "", take::charge)?;
    weights::change(ctx)?;
    cleanup::run(ctx)?;
    may(ctx, "rebalance", "", rebalance::run)
}

/// Runs a step in a layer. A refusal is undone and told; the step is tried again at the next block.
fn may(ctx: &mut Ctx, step: &str, subject: &str, run: impl FnOnce(&mut Ctx) -> Result<()>) -> Result<()> {
    match ctx.layer(run) {
        Err(Error::Refusal(refusal)) => {
            ctx.emit(event::step_failed(step, subject, &refusal.log));
            Ok(())
        }
        outcome => outcome,
    }
}

/// All assets, in key order.
fn assets(view: &View) -> Result<Vec<Asset>> {
    ASSETS.iter(view).map(|row| row.map(|(_, asset)| asset)).collect()
}

/// Native coins have no business in the alliance account at the end of a block.
fn burn_stray_coins(ctx: &mut Ctx) -> Result<()> {
    let denom = staking::bond_denom(ctx)?;
    let stray = bank::balance(ctx, &ModuleAccount::ALLIANCE.address(), &denom)?;
    if stray.is_zero() {
        return Ok(());
    }
    bank::burn(ctx, &ModuleAccount::ALLIANCE, &Coins::one(Coin::new(denom, stray))?)
}

fn start_assets(ctx: &mut Ctx) -> Result<()> {
    for asset in assets(ctx)? {
        if !asset.is_initialized && asset.has_started(ctx.time()) {
            ctx.emit(event::started(&asset.denom));
            pool::save_asset(ctx, &Asset { is_initialized: true, ..asset })?;
        }
    }
    Ok(())
}
