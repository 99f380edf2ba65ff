//! The take: a part of each asset's staked coins goes to the fee collector, interval by interval.

use entente_kernel::num::{Coin, Coins};
use entente_kernel::{Ctx, Result, Timestamp};

use super::super::params::Params;
use super::super::state::{Asset, PARAMS};
use super::super::{event, math, params, pool};
use super::assets;
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

/// Charges the whole intervals that went by. The clock moves on by whole intervals in every case; an asset pays only for those that
/// began after its start.
pub fn charge(ctx: &mut Ctx) -> Result<()> {
    let before = params(ctx)?;
    let (now, last) = (ctx.time(), before.last_take);
    let Some(n) = math::intervals_due(now, last, before.take_interval) else { return Ok(()) };
    if last == Timestamp::NEVER {
        return PARAMS.save(ctx, &Params { last_take: now, ..before });
    }
    let mut taken = Coins::empty();
    for asset in assets(ctx)? {
        let n = math::taxed_intervals(n, last, before.take_interval, asset.start);
        taken = taken.add(&charge_asset(ctx, asset, n)?)?;
    }
    PARAMS.save(ctx, &Params { last_take: math::advance(last, before.take_interval, n), ..before })?;
    if !taken.is_empty() {
        bank::send_between_modules(ctx, &ModuleAccount::ALLIANCE, &ModuleAccount::FEE_COLLECTOR, &taken)?;
        ctx.emit(event::deducted(&taken));
    }
    Ok(())
}

fn charge_asset(ctx: &mut Ctx, asset: Asset, n: u64) -> Result<Coins> {
    let taxed = asset.tokens.is_positive() && asset.take_rate.is_positive() && asset.earns(ctx.time());
    if !taxed || n == 0 {
        return Ok(Coins::empty());
    }
    let Some(left) = math::after_take(asset.tokens, asset.take_rate, n)? else { return Ok(Coins::empty()) };
    let taken = Coin::new(asset.denom.clone(), asset.tokens.sub(left)?);
    pool::save_asset(ctx, &Asset { tokens: left, ..asset })?;
    Ok(Coins::one(taken)?)
}
