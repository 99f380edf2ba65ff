//! Rewards that are assets of the vault: they enter the active side evenly over an epoch, so that who comes just before them earns nothing.

use entente_kernel::num::{Denom, NumError, floor_ratio};
use entente_kernel::{Ctx, Result, Span};

use super::super::holding::{basket, coins, holding, minus, plus, put};
use super::super::math::{self, Basket, VIRTUAL_SHARES, WAD};
use super::super::state::{DRIPS, Drip, Vault};
use super::super::{event, params};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

/// The part of what drips that feeds the insurance while it is below its target.
const INSURANCE_PART: u128 = WAD / 10;

/// Takes coins of the account that were rewards, or were bought with them, into the vault, not yet as anybody's; they want `period` to drip.
pub fn add(ctx: &mut Ctx, vault: u64, denom: &Denom, more: u128, period: Span) -> Result<()> {
    if more == 0 {
        return Ok(());
    }
    let mut held = holding(ctx, vault, denom)?;
    held.idle = plus(held.idle, more)?;
    held.undripped = plus(held.undripped, more)?;
    put(ctx, vault, denom, &held)?;
    let now = ctx.time();
    let (left, remaining) =
        DRIPS.get(ctx, &(vault, denom.clone()))?.map_or((0, 0), |drip| (drip.left, secs(drip.end.since(now))));
    let wait = math::drip_period(left, remaining, more, secs(period))?;
    let end = now.plus(Span::from_secs(i64::try_from(wait).map_err(|_| NumError::Overflow)?));
    DRIPS.set(ctx, &(vault, denom.clone()), &Drip { left: plus(left, more)?, from: now, end })
}

/// Releases what the time that went by has released. While nobody holds shares nothing drips.
pub fn release(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    let now = ctx.time();
    let rows = DRIPS.prefix(ctx, &vault.id).collect::<Result<Vec<_>>>()?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut basket = basket(ctx, vault)?;
    for ((_, denom), mut drip) in rows {
        let key = (vault.id, denom.clone());
        if vault.shares == 0 {
            let waited = now.since(drip.from);
            DRIPS.set(ctx, &key, &Drip { from: now, end: drip.end.plus(waited), ..drip })?;
            continue;
        }
        let released = math::dripped(drip.left, secs(now.since(drip.from)), secs(drip.end.since(drip.from)))?;
        let mut held = holding(ctx, vault.id, &denom)?;
        // A slash may have taken of it.
        let released = released.min(held.undripped);
        drip.left = minus(drip.left, released)?;
        drip.from = now.min(drip.end);
        let insured = insure(ctx, vault, &mut basket, &denom, released)?;
        held.undripped = minus(held.undripped, released)?;
        held.active = plus(held.active, released)?;
        put(ctx, vault.id, &denom, &held)?;
        if drip.left == 0 || held.undripped == 0 {
            DRIPS.remove(ctx, &key)?
        } else {
            DRIPS.set(ctx, &key, &drip)?
        }
        if released > 0 {
            ctx.emit(event::dripped(vault.id, &denom, released, held.active, insured));
        }
    }
    Ok(())
}

/// Whole seconds; none of what is over.
fn secs(span: Span) -> u128 {
    u128::try_from(span.whole_secs()).unwrap_or_default()
}

/// Mints insurance shares for a part of what is about to enter, while the insurance is below its target; then it is in the basket.
///
/// # Rounding
/// Down: those who hold shares gain.
fn insure(ctx: &mut Ctx, vault: &mut Vault, basket: &mut Basket, denom: &Denom, released: u128) -> Result<u128> {
    let Some((place, _)) = vault.seat(denom) else { return Ok(0) };
    let (nav, nav_hi, target) = (basket.nav()?, basket.nav_hi()?, params(ctx)?.insurance_target);
    let Some(line) = basket.lines.get_mut(place) else { return Ok(0) };
    line.active = plus(line.active, released)?;
    let insured = floor_ratio(&[nav, vault.insurance_shares], &[plus(vault.shares, VIRTUAL_SHARES)?])?;
    if insured >= floor_ratio(&[nav, target], &[WAD])? {
        return Ok(0);
    }
    let part = floor_ratio(&[released, INSURANCE_PART], &[WAD])?;
    let value = line.scale.value_floor(part, line.rate_lo)?;
    let shares = math::shares_for_value(value, vault.shares, nav_hi)?;
    if shares > 0 {
        bank::mint(ctx, &ModuleAccount::VAULT, &coins([(vault.lrt.clone(), shares)])?)?;
        vault.shares = plus(vault.shares, shares)?;
        vault.insurance_shares = plus(vault.insurance_shares, shares)?;
    }
    Ok(shares)
}
