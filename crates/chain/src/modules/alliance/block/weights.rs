//! Weights that change by a schedule.

use entente_kernel::{Ctx, Result};

use super::super::state::{Asset, REBALANCE};
use super::super::{event, math, pool, reward};
use super::{assets, may};

/// Changes the weights that are due, each asset in a layer of its own.
pub fn change(ctx: &mut Ctx) -> Result<()> {
    for asset in assets(ctx)? {
        if !asset.dissolving {
            let denom = asset.denom.to_string();
            may(ctx, "change weight", &denom, |ctx| change_one(ctx, asset))?;
        }
    }
    Ok(())
}

fn change_one(ctx: &mut Ctx, asset: Asset) -> Result<()> {
    let (interval, rate) = (asset.change_interval, asset.change_rate);
    if !interval.is_positive() || rate == entente_kernel::num::Dec::ONE {
        return Ok(());
    }
    let now = ctx.time();
    if asset.last_change.plus(interval) > now {
        return Ok(());
    }
    let Some(n) = math::whole_intervals(now, asset.last_change, interval) else { return Ok(()) };
    let weight = math::changed_weight(asset.reward_weight, rate, n, asset.weight_min, asset.weight_max);
    if weight != asset.reward_weight {
        reward::claim_all(ctx)?;
        ctx.emit(event::weight_changed(&asset.denom, weight));
    }
    let last_change = math::advance(asset.last_change, interval, n);
    pool::save_asset(ctx, &Asset { reward_weight: weight, last_change, ..asset })?;
    REBALANCE.save(ctx, &())
}
