//! Prices and depths of pairs: observed at the first touch in a block and at intervals, summed, averaged, told to the registry.
//!
//! At the first touch in a block the reserves are those that the last touch left, so they were in force since the observation before;
//! what happens within the block counts from the next one on. The sums are written down every 24th of the short window, and forgotten
//! when the long window has passed them; in between, an average takes the line between two of them.

use entente_kernel::num::{Denom, NumError, Wide, floor_ratio};
use entente_kernel::{Ctx, Error, Result, Span, Timestamp, View};

use super::math::{self, Curve, WAD};
use super::params::POOLS_PER_PAIR;
use super::state::{ACCUMULATORS, Accumulator, Kind, POOLS, POOLS_OF_PAIR, PairKey, Pool, QUOTES, SNAPSHOTS, Sums};
use super::{curve, params};
use crate::modules::assets;

/// A window of averages; how long it is, parameters say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Short,
    Long,
}

impl Window {
    fn span(self, view: &View) -> Result<Span> {
        let params = params(view)?;
        Ok(match self {
            Self::Short => params.window_short,
            Self::Long => params.window_long,
        })
    }
}

/// The average price of a coin in another over a window: base units of `quote` for one base unit of `base`, in steps of 10^-18, by the
/// deepest registered pool that holds both. `None` without such a pool, or while its history is shorter than the window.
///
/// # Rounding
/// Down.
pub fn twap(view: &View, base: &Denom, quote: &Denom, window: Window) -> Result<Option<u128>> {
    let mut best = None;
    for pool in registered_pools(view, base, quote)? {
        let depth = depth_average(view, &pool, base, quote)?;
        let Some(price) = price_average(view, &pool, base, quote, window)? else { continue };
        if best.is_none_or(|(deepest, _)| depth > deepest) {
            best = Some((depth, price));
        }
    }
    Ok(best.map(|(_, price)| price))
}

/// What the registry is told of a coin: the average of the short window in the underlying, from the deepest pool, and the sum of the
/// depths. `None` while no registered pool has a history of the short window.
pub fn market(view: &View, base: &assets::Asset) -> Result<Option<assets::Market>> {
    let (mut best, mut sum) = (None, 0_u128);
    let quotes = QUOTES.prefix(view, &base.denom).map(|row| row.map(|((_, quote), ())| quote));
    for quote in quotes.collect::<Result<Vec<_>>>()? {
        let Some(voucher) = assets::by_denom(view, &quote)? else { continue };
        for pool in registered_pools(view, &base.denom, &quote)? {
            let depth = depth_average(view, &pool, &base.denom, &quote)?;
            // Whole units for whole units.
            let scale =
                |from: u32, to: u32, number: u128| Ok::<_, Error>(floor_ratio(&[number, power(from)?], &[power(to)?])?);
            let depth = scale(base.underlying_decimals, voucher.decimals, depth)?;
            sum = super::plus(sum, depth)?;
            let price = price_average(view, &pool, &base.denom, &quote, Window::Short)?;
            let Some(price) = price.filter(|price| *price > 0) else { continue };
            let price = scale(base.decimals, voucher.decimals, price)?;
            if best.is_none_or(|(deepest, _)| depth > deepest) {
                best = Some((depth, price));
            }
        }
    }
    Ok(best.map(|(_, price)| assets::Market { price, depth: sum, time: view.time() }))
}

fn power(decimals: u32) -> Result<u128> {
    Ok(10_u128.checked_pow(decimals).ok_or(NumError::Overflow)?)
}

/// Do votes know the pool? Then its shares are listed in the tier of alliances or above.
pub fn is_registered(view: &View, pool: &Pool) -> Result<bool> {
    Ok(assets::by_denom(view, &pool.lp)?.is_some_and(|asset| asset.tier >= assets::Tier::Alliance))
}

fn registered_pools(view: &View, base: &Denom, quote: &Denom) -> Result<Vec<Pool>> {
    let (first, second) = if base < quote { (base, quote) } else { (quote, base) };
    let mut found = Vec::new();
    for row in POOLS_OF_PAIR.prefix(view, &(first.clone(), second.clone())) {
        let ((.., id), ()) = row?;
        let pool = POOLS.must(view, &id)?;
        if is_registered(view, &pool)? {
            found.push(pool);
        }
        if found.len() >= POOLS_PER_PAIR {
            break;
        }
    }
    Ok(found)
}

/// The average price of a pair of a pool; `None` if its history is shorter than the window.
pub fn price_average(view: &View, pool: &Pool, base: &Denom, quote: &Denom, window: Window) -> Result<Option<u128>> {
    let (key, span) = ((pool.id, base.clone(), quote.clone()), window.span(view)?);
    let Some(now) = current(view, pool, &key)? else { return Ok(None) };
    let from = view.time().plus(Span(span.0.saturating_neg()));
    let Some(then) = sums_at(view, &key, &now, from)? else { return Ok(None) };
    let average = mean(now.sums.price, then.price, span)?;
    if pool.kind == Kind::Weighted {
        return Ok(Some(average));
    }
    let Some(curve) = curve_if_any(view, pool)? else { return Ok(None) };
    let par = curve.par(pool.place(base)?, pool.place(quote)?)?;
    Ok(floor_ratio(&[average, par], &[WAD]).ok())
}

/// The average depth of a pair over one window; before the first observation there was none.
pub fn depth_over(view: &View, pool: &Pool, base: &Denom, quote: &Denom, window: Window) -> Result<u128> {
    let (key, span) = ((pool.id, base.clone(), quote.clone()), window.span(view)?);
    let Some(now) = current(view, pool, &key)? else { return Ok(0) };
    let from = view.time().plus(Span(span.0.saturating_neg()));
    let first = || Ok::<_, Error>(SNAPSHOTS.prefix(view, &key).next().transpose()?.map_or(now.sums, |(_, sums)| sums));
    let then = match sums_at(view, &key, &now, from)? {
        Some(sums) => sums,
        None => first()?,
    };
    mean(now.sums.depth, then.depth, span)
}

/// The smaller of the averages over the two windows.
pub fn depth_average(view: &View, pool: &Pool, base: &Denom, quote: &Denom) -> Result<u128> {
    let short = depth_over(view, pool, base, quote, Window::Short)?;
    Ok(short.min(depth_over(view, pool, base, quote, Window::Long)?))
}

fn nanos(span: Span) -> Wide {
    Wide::from_u64(u64::try_from(span.0).unwrap_or_default())
}

const NANOS: Wide = Wide::from_u64(1_000_000_000);

fn mean(now: Wide, then: Wide, span: Span) -> Result<u128> {
    Ok(now.sub(then)?.mul(NANOS)?.div_rem(nanos(span))?.0.to_u128()?)
}

/// The sums of a pair at a time, on the line between the two records around it; `None` before the first.
fn sums_at(view: &View, (pool, base, quote): &PairKey, now: &Accumulator, at: Timestamp) -> Result<Option<Sums>> {
    let key = (*pool, base.clone(), quote.clone(), at);
    let of_pair = |found: &(u64, Denom, Denom, Timestamp)| (found.0, &found.1, &found.2) == (*pool, base, quote);
    let before = SNAPSHOTS.until(view, &key).next_back().transpose()?.filter(|(found, _)| of_pair(found));
    let Some(((.., start), first)) = before else { return Ok(None) };
    if start == at {
        return Ok(Some(first));
    }
    let after = SNAPSHOTS.from(view, &key).next().transpose()?.filter(|(found, _)| of_pair(found));
    let (end, last) = after.map_or((now.time, now.sums), |((.., end), sums)| (end, sums));
    if end <= start {
        return Ok(Some(first));
    }
    let (part, whole) = (nanos(at.since(start)), nanos(end.since(start)));
    let on_line = |from: Wide, to: Wide| -> Result<Wide> { Ok(from.add(to.sub(from)?.mul(part)?.div_rem(whole)?.0)?) };
    Ok(Some(Sums { price: on_line(first.price, last.price)?, depth: on_line(first.depth, last.depth)? }))
}

/// The curve, unless what it needs is missing: exits and averages go on without.
fn curve_if_any(view: &View, pool: &Pool) -> Result<Option<Curve>> {
    match curve(view, pool) {
        Ok(curve) => Ok(Some(curve)),
        Err(Error::Refusal(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The accumulator of a pair as the first touch of this block leaves it.
fn current(view: &View, pool: &Pool, key: &PairKey) -> Result<Option<Accumulator>> {
    let Some(last) = ACCUMULATORS.get(view, key)? else { return Ok(None) };
    if last.time >= view.time() {
        return Ok(Some(last));
    }
    let curve = curve_if_any(view, pool)?;
    let places = (pool.place(&key.1)?, pool.place(&key.2)?);
    next(&last, curve.as_ref(), &pool.reserves(), places, view.time()).map(Some)
}

/// Observes a pair: what was seen was in force since the observation before. What cannot be seen is taken to be as it was.
fn next(
    last: &Accumulator,
    curve: Option<&Curve>,
    reserves: &[u128],
    (i, j): (usize, usize),
    now: Timestamp,
) -> Result<Accumulator> {
    let price = curve.and_then(|curve| curve.price(reserves, i, j).ok());
    let depth = curve.and_then(|curve| math::depth(curve, reserves, i, j).ok());
    let price = price.map_or(last.price, |seen| math::follow(last.price, seen));
    let depth = depth.map_or(last.depth, |seen| math::follow(last.depth, seen));
    let passed = nanos(now.since(last.time));
    let grown =
        |sum: Wide, by: u128| -> Result<Wide> { Ok(sum.add(Wide::from_u128(by).mul(passed)?.div_rem(NANOS)?.0)?) };
    let sums = Sums { price: grown(last.sums.price, price)?, depth: grown(last.sums.depth, depth)? };
    Ok(Accumulator { time: now, sums, price, depth })
}

/// All pairs of a pool, with the places of their coins.
fn pairs(pool: &Pool) -> Vec<(PairKey, (usize, usize))> {
    let mut out = Vec::new();
    for (i, base) in pool.parts.iter().enumerate() {
        for (j, quote) in pool.parts.iter().enumerate() {
            if i != j {
                out.push(((pool.id, base.denom.clone(), quote.denom.clone()), (i, j)));
            }
        }
    }
    out
}

/// Begins the sums of a new pool.
pub fn begin(ctx: &mut Ctx, pool: &Pool) -> Result<()> {
    let (curve, reserves, now) = (curve(ctx, pool)?, pool.reserves(), ctx.time());
    for (key, (i, j)) in pairs(pool) {
        let price = curve.price(&reserves, i, j)?;
        let depth = math::depth(&curve, &reserves, i, j)?;
        ACCUMULATORS.set(ctx, &key, &Accumulator { time: now, sums: Sums::default(), price, depth })?;
        SNAPSHOTS.set(ctx, &(key.0, key.1, key.2, now), &Sums::default())?;
    }
    list_pairs(ctx, pool)
}

/// Lists the pairs of a pool in the index.
pub fn list_pairs(ctx: &mut Ctx, pool: &Pool) -> Result<()> {
    for ((id, base, quote), _) in pairs(pool) {
        if base < quote {
            POOLS_OF_PAIR.set(ctx, &(base, quote, id), &())?;
        }
    }
    Ok(())
}

/// Observes all pairs of a pool, once a block, before anything changes it.
///
/// # Errors
/// Only faults: what cannot be seen is left out, so that nothing keeps people from leaving.
pub fn observe(ctx: &mut Ctx, pool: &Pool) -> Result<()> {
    let (now, every) = (ctx.time(), params(ctx)?.snapshot_every());
    let oldest = now.plus(Span(params(ctx)?.window_long.0.saturating_neg()));
    let mut seen = None;
    for (key, places) in pairs(pool) {
        let last = ACCUMULATORS.must(ctx, &key)?;
        if last.time >= now {
            return Ok(());
        }
        if seen.is_none() {
            seen = Some((curve_if_any(ctx, pool)?, pool.reserves()));
        }
        let (curve, reserves) = seen.as_ref().map_or((None, &[][..]), |(curve, r)| (curve.as_ref(), r.as_slice()));
        let next = next(&last, curve, reserves, places, now)?;
        ACCUMULATORS.set(ctx, &key, &next)?;
        write_down(ctx, &key, &next, every, oldest)?;
    }
    Ok(())
}

/// Writes the sums down if the last time is long enough ago, and forgets what no window reaches.
fn write_down(ctx: &mut Ctx, key: &PairKey, acc: &Accumulator, every: Span, oldest: Timestamp) -> Result<()> {
    let newest = SNAPSHOTS.prefix(ctx, key).next_back().transpose()?;
    if newest.is_some_and(|((.., at), _)| acc.time.since(at) < every) {
        return Ok(());
    }
    let (pool, base, quote) = key.clone();
    SNAPSHOTS.set(ctx, &(pool, base, quote, acc.time), &acc.sums)?;
    let rows = SNAPSHOTS.prefix(ctx, key).take(4).collect::<Result<Vec<_>>>()?;
    for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
        let ((.., until), _) = next;
        if *until <= oldest {
            SNAPSHOTS.remove(ctx, &row.0)?;
        }
    }
    Ok(())
}
