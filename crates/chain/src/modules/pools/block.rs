//! The end of a block: pools that nobody touched are observed, and the registry is told prices, depths and the worth of shares. Each
//! step is a layer of its own; work is bounded, the rest comes with the next block.

use entente_kernel::num::{Denom, floor_ratio};
use entente_kernel::{Ctx, Error, Result, View};

use super::math::{Curve, WAD};
use super::params::{OBSERVED_PER_BLOCK, REPORT_EVERY, REPORTS_PER_BLOCK};
use super::state::{Kind, OBSERVATIONS, Part, Pool, QUOTES, REPORT_CURSOR, REPORTED, Report};
use super::{Window, curve, event, market, must_pool, params};
use crate::modules::assets;

/// # Errors
/// Only faults.
pub fn end(ctx: &mut Ctx) -> Result<()> {
    let due = OBSERVATIONS.through(ctx, &ctx.time()).take(OBSERVED_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    for ((time, id), ()) in due {
        OBSERVATIONS.remove(ctx, &(time, id))?;
        let next = ctx.time().plus(params(ctx)?.snapshot_every());
        OBSERVATIONS.set(ctx, &(next, id), &())?;
        may(ctx, (id, "", "observation"), |ctx| {
            let pool = must_pool(ctx, id)?;
            market::observe(ctx, &pool)?;
            list_reported(ctx, &pool)?;
            tell_worth(ctx, &pool)
        })?;
    }
    for (denom, last) in next_reports(ctx)? {
        may(ctx, (0, denom.as_str(), "report"), |ctx| report(ctx, &denom, &last))?;
    }
    Ok(())
}

/// Runs a step in a layer; a refusal undoes it alone and is told, and the step comes again.
fn may(ctx: &mut Ctx, (pool, denom, name): (u64, &str, &str), step: impl FnOnce(&mut Ctx) -> Result<()>) -> Result<()> {
    match ctx.layer(step) {
        Err(Error::Refusal(refusal)) => {
            ctx.emit(event::step_failed(pool, denom, name, &refusal.log));
            Ok(())
        }
        outcome => outcome,
    }
}

/// Coins of a registered pool that are counted in what another of its coins is a voucher of are reported from now on.
fn list_reported(ctx: &mut Ctx, pool: &Pool) -> Result<()> {
    if !market::is_registered(ctx, pool)? {
        return Ok(());
    }
    let mut known = Vec::new();
    for part in &pool.parts {
        known.extend(assets::by_denom(ctx, &part.denom)?);
    }
    for quote in known.iter().filter(|a| a.kind == assets::Kind::Voucher && a.tier >= assets::Tier::Alliance) {
        for base in known.iter().filter(|a| a.denom != quote.denom && a.underlying == quote.underlying) {
            QUOTES.set(ctx, &(base.denom.clone(), quote.denom.clone()), &())?;
            if !REPORTED.has(ctx, &base.denom)? {
                let never = Report { time: entente_kernel::Timestamp::NEVER, rate: 0 };
                REPORTED.set(ctx, &base.denom, &never)?;
            }
        }
    }
    Ok(())
}

/// The next coins in turn.
fn next_reports(ctx: &mut Ctx) -> Result<Vec<(Denom, Report)>> {
    let last = REPORT_CURSOR.load(ctx)?;
    let after = |(denom, _): &(Denom, Report)| last.as_ref().is_none_or(|last| denom.as_str() > last.as_str());
    let rows = match last.as_ref().map(|last| Denom::new(last)).transpose()? {
        Some(from) => REPORTED
            .from(ctx, &from)
            .filter(|row| row.as_ref().map_or(true, &after))
            .take(REPORTS_PER_BLOCK)
            .collect::<Result<Vec<_>>>()?,
        None => REPORTED.iter(ctx).take(REPORTS_PER_BLOCK).collect::<Result<Vec<_>>>()?,
    };
    if rows.len() < REPORTS_PER_BLOCK {
        // The turn is over; the next block begins a new one.
        if last.is_some() {
            REPORT_CURSOR.remove(ctx)?;
        }
    } else if let Some((denom, _)) = rows.last() {
        REPORT_CURSOR.save(ctx, &denom.to_string())?;
    }
    Ok(rows)
}

/// Tells price and depth of a coin, if the last report is old or the rate is another: a price follows its rate at once.
fn report(ctx: &mut Ctx, denom: &Denom, last: &Report) -> Result<()> {
    let Some(asset) = assets::by_denom(ctx, denom)? else { return Ok(()) };
    let now = ctx.time();
    if now.since(last.time) < REPORT_EVERY && asset.rate() == last.rate {
        return Ok(());
    }
    let Some(market) = market::market(ctx, &asset)? else { return Ok(()) };
    assets::report_market(ctx, denom, &market)?;
    REPORTED.set(ctx, denom, &Report { time: now, rate: asset.rate() })
}

/// Tells what a share is worth, if the registry wants to know and every coin of the pool can be counted in its underlying: by the reserves
/// at their rates where the curve is balanced, so that no swap moves it.
fn tell_worth(ctx: &mut Ctx, pool: &Pool) -> Result<()> {
    let Some(asset) = assets::by_denom(ctx, &pool.lp)? else { return Ok(()) };
    if asset.source != assets::Source::Local || pool.shares == 0 {
        return Ok(());
    }
    let size = match pool.kind {
        Kind::Stable(_) if listed_underlying(ctx, pool)?.as_deref() == Some(asset.underlying.as_str()) => {
            curve(ctx, pool)?.size(&pool.reserves())?
        }
        Kind::Stable(_) => return Ok(()),
        Kind::Weighted => {
            let mut parts = Vec::with_capacity(pool.parts.len());
            for part in &pool.parts {
                let Some(value) = value_of(ctx, pool, part, &asset.underlying)? else { return Ok(()) };
                parts.push(floor_ratio(&[value, WAD], &[part.weight])?);
            }
            Curve::Weighted(pool.parts.iter().map(|part| part.weight).collect()).size(&parts)?
        }
    };
    let (whole, unit) = (10_u128.checked_pow(asset.decimals), 10_u128.checked_pow(asset.underlying_decimals));
    let overflow = || Error::from(entente_kernel::num::NumError::Overflow);
    let (whole, unit) = (whole.ok_or_else(overflow)?, unit.ok_or_else(overflow)?);
    let rate = floor_ratio(&[size, WAD, whole], &[pool.shares, unit])?;
    assets::report_rate(ctx, &pool.lp, rate)
}

/// A reserve in an underlying: by the rate of the registry, or, for a coin that is counted in something else or not listed, by its
/// average price in a voucher of the underlying beside it. `None` without such a price.
///
/// # Rounding
/// Down.
fn value_of(view: &View, pool: &Pool, part: &Part, underlying: &str) -> Result<Option<u128>> {
    if let Some(asset) = assets::by_denom(view, &part.denom)?.filter(|asset| asset.underlying == underlying) {
        return assets::pricing(view, &asset)?.value(part.reserve).map(Some);
    }
    for other in &pool.parts {
        let listed = assets::by_denom(view, &other.denom)?;
        let is_voucher = |a: &assets::Asset| a.kind == assets::Kind::Voucher && a.underlying == underlying;
        let Some(voucher) = listed.filter(is_voucher) else { continue };
        if let Some(price) = market::twap(view, &part.denom, &voucher.denom, Window::Short)? {
            let amount = floor_ratio(&[part.reserve, price], &[WAD])?;
            return assets::pricing(view, &voucher)?.value(amount).map(Some);
        }
    }
    Ok(None)
}

/// The underlying of all coins of a pool, if it is one.
fn listed_underlying(ctx: &Ctx, pool: &Pool) -> Result<Option<String>> {
    let mut all: Option<String> = None;
    for part in &pool.parts {
        let Some(asset) = assets::by_denom(ctx, &part.denom)? else { return Ok(None) };
        match &all {
            Some(first) if *first != asset.underlying => return Ok(None),
            _ => all = Some(asset.underlying),
        }
    }
    Ok(all)
}
