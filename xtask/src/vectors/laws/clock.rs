//! Laws of time: takes, weight changes and minted coins.

use anyhow::{Context, Result};
use entente_kernel::num::{Dec, Int};
use entente_kernel::{Span, Timestamp};

use super::view::View;
use super::{Broken, Sight, far};
use crate::vectors::text;

pub fn judge(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    take(s, out)?;
    weights(s, out)?;
    provisions(s, out)
}

fn time_at(view: &View, path: &str) -> Result<Timestamp> {
    text::time(view.text(path).with_context(|| format!("no {path}"))?)
}

/// `60s`, `0.5s` as nanoseconds.
fn span(view: &View, path: &str) -> Result<Span> {
    let text = view.text(path).with_context(|| format!("no {path}"))?;
    let seconds: Dec = text.trim_end_matches('s').parse()?;
    let nanos = seconds.mul_int(Int::from(1_000_000_000i64))?.truncate_int()?;
    Ok(Span(nanos.to_i64().with_context(|| format!("{path}: {text}"))?))
}

/// F5.
fn take(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    const LAST: &str = "alliance/params/last_take_rate_claim_time";
    const INTERVAL: &str = "alliance/params/take_rate_claim_interval";
    let (last, interval) = (time_at(s.before, LAST)?, span(s.before, INTERVAL)?);
    if span(s.now, INTERVAL)? != interval {
        return Ok(());
    }
    let now = text::time(&s.block.time)?;
    let due = now > last.plus(interval);
    let n = if due && last != Timestamp::NEVER { now.since(last).0 / interval.0.max(1) } else { 0 };
    let demanded = match due {
        true if last == Timestamp::NEVER => now,
        _ => last.plus(Span(interval.0 * n)),
    };
    let found = time_at(s.now, LAST)?;
    if demanded != found {
        out.push(Broken::new("take", "clock", demanded.sortable(), found.sortable()));
    }
    for (denom, asset) in &s.now.assets {
        let taken = s.moves.deducted.get(denom).copied().unwrap_or(Int::ZERO);
        let tokens = asset.tokens.add(taken)?;
        let waited = if asset.start > last { asset.start.since(last).0 } else { 0 };
        let missed = waited / interval.0.max(1) + i64::from(waited % interval.0.max(1) != 0);
        let pays = u64::try_from((n - missed).max(0))?;
        let left = Dec::ONE.sub(asset.take_rate)?.power(pays)?.mul_int(tokens)?;
        let is_due = pays > 0 && asset.start <= now && asset.take_rate.is_positive() && left > Dec::ONE;
        let demanded = if is_due { tokens.sub(left.truncate_int()?)? } else { Int::ZERO };
        if taken != demanded {
            out.push(Broken::new("take", denom, demanded, taken));
        }
        let collected = s.now.balance(s.account("module fee_collector"), denom);
        if collected != taken {
            out.push(Broken::new("take", format!("{denom}/collected"), taken, collected));
        }
    }
    Ok(())
}

fn weights(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let now = text::time(&s.block.time)?;
    // A vote may set a weight outright.
    let decided = s.decided("/alliance.alliance.MsgUpdateAlliance");
    for denom in s.now.assets.keys().filter(|d| s.before.assets.contains_key(*d)) {
        let path = |field: &str| format!("alliance/asset/{denom}/{field}");
        let last = time_at(s.now, &path("last_reward_change_time"))?;
        let same = |field: &str| s.before.text(&path(field)) == s.now.text(&path(field));
        if !same("reward_change_rate") || !same("reward_change_interval") {
            if last != now {
                out.push(Broken::new("weights", format!("{denom}/restart"), now.sortable(), last.sortable()));
            }
            continue;
        }
        let (rate, interval) = (s.now.dec(&path("reward_change_rate"))?, span(s.now, &path("reward_change_interval"))?);
        let before = time_at(s.before, &path("last_reward_change_time"))?;
        let due = interval.0 > 0 && rate != Dec::ONE && before.plus(interval) <= now;
        let n = if due { now.since(before).0 / interval.0 } else { 0 };
        let demanded = before.plus(Span(interval.0.max(0) * n));
        if demanded != last {
            out.push(Broken::new("weights", format!("{denom}/clock"), demanded.sortable(), last.sortable()));
        }
        let (min, max) = (s.now.dec(&path("reward_weight_range/min"))?, s.now.dec(&path("reward_weight_range/max"))?);
        let (old, new) = (s.before.dec(&path("reward_weight"))?, s.now.dec(&path("reward_weight"))?);
        let demanded = match rate.power(u64::try_from(n)?).and_then(|factor| old.mul(factor)) {
            _ if n == 0 => old,
            Ok(grown) => grown.max(min).min(max),
            Err(_) if old.is_zero() => min,
            Err(_) => max,
        };
        if demanded != new && !decided {
            out.push(Broken::new("weights", denom, demanded, new));
        }
    }
    Ok(())
}

/// M10: the supply at the begin of the block, without virtual stake.
fn provisions(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let mut native =
        Dec::from_int(s.before.text(&format!("bank/supply/{}", s.file.bond_denom)).unwrap_or("0").parse()?);
    for validator in s.before.validators.values() {
        native = native.sub(validator.virtual_stake()?)?;
    }
    let inflation = s.now.dec("mint/inflation")?;
    let (demanded, found) = (inflation.mul(native)?, s.now.dec("mint/annual_provisions")?);
    if far(demanded, found, Dec::ONE)? {
        out.push(Broken::new("provisions", "annual", demanded, found));
    }
    Ok(())
}

/// What a block mints.
pub fn block_provision(view: &View) -> Result<Int> {
    let blocks: Int = view.text("mint/params/blocks_per_year").context("no blocks per year")?.parse()?;
    Ok(view.dec("mint/annual_provisions")?.quo_int(blocks)?.truncate_int()?)
}
