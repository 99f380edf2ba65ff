//! Targets: what part of a basket each asset should have, by the depth of its markets and its yield.

use std::cmp::Reverse;

use entente_kernel::num::{NumError, Wide, floor_ratio};

use super::{Result, WAD, add, sub, sum};

const TILT_MIN: i128 = 500_000_000_000_000_000;
const TILT_MAX: i128 = 1_500_000_000_000_000_000;

/// The least and the most that an asset may have of a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub floor: u128,
    pub cap: u128,
}

/// How an asset's yield bends its part: its yield over the median yield, between a half and one and a half; one if the median is not positive.
///
/// # Rounding
/// Down.
pub fn tilt(yields: &[i128]) -> Result<Vec<u128>> {
    let median = median(yields)?;
    let one = i128::try_from(WAD).map_err(|_| NumError::Overflow)?;
    let bend = |part: &i128| {
        let raw = if median <= 0 {
            one
        } else {
            let scaled = (*part).max(0).checked_mul(one).ok_or(NumError::Overflow)?;
            scaled.checked_div(median).ok_or(NumError::DivisionByZero)?
        };
        u128::try_from(raw.clamp(TILT_MIN, TILT_MAX)).map_err(|_| NumError::Overflow)
    };
    yields.iter().map(bend).collect()
}

/// The middle value; for an even number the floor of the mean of the two in the middle; zero of nothing.
fn median(values: &[i128]) -> Result<i128> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let upper = sorted.len() / 2;
    let at = |i: usize| sorted.get(i).copied().unwrap_or_default();
    if sorted.len() % 2 == 1 || sorted.is_empty() {
        return Ok(at(upper));
    }
    let lower = upper.checked_sub(1).map(at).unwrap_or_default();
    let both = lower.checked_add(at(upper)).ok_or(NumError::Overflow)?;
    Ok(both.div_euclid(2))
}

/// `floor(isqrt(depth) · tilt / WAD)`: the weight of an asset before bounds.
pub fn raw(depth: u128, tilt: u128) -> Result<u128> {
    floor_ratio(&[depth.isqrt(), tilt], &[WAD])
}

/// The goal: `T_i = clamp(c · raw_i, floor_i, cap_i)` with `Σ T_i = WAD`; `None` where nothing has weight, so that the old goal stays.
///
/// An asset without raw weight gets its floor. If the caps together are below one, the basket is at capacity. Floors that are together
/// above one cannot all be met, and count for nothing.
pub fn goal(raw: &[u128], bounds: &[Bound]) -> Result<Option<Vec<u128>>> {
    if raw.iter().all(|r| *r == 0) {
        return Ok(None);
    }
    let possible = sum(bounds.iter().map(|b| b.floor.min(b.cap)))? <= WAD;
    let tightened: Vec<Bound> = raw
        .iter()
        .zip(bounds)
        .map(|(raw, b)| {
            let floor = if possible { b.floor } else { 0 };
            let cap = if *raw == 0 { floor.min(b.cap) } else { b.cap.min(WAD) };
            Bound { floor: floor.min(cap), cap }
        })
        .collect();
    if sum(tightened.iter().map(|b| b.cap))? < WAD {
        return goal_at_capacity(&tightened);
    }
    waterfill(raw, &tightened).map(Some)
}

/// Parts in proportion to the caps, `None` if all caps are zero.
pub fn goal_at_capacity(bounds: &[Bound]) -> Result<Option<Vec<u128>>> {
    let caps: Vec<u128> = bounds.iter().map(|b| b.cap).collect();
    let all = sum(caps.iter().copied())?;
    if all == 0 {
        return Ok(None);
    }
    let mut parts: Vec<u128> = caps.iter().map(|cap| floor_ratio(&[*cap, WAD], &[all])).collect::<Result<_>>()?;
    let free: Vec<u128> = caps.iter().map(|cap| if *cap == 0 { 0 } else { WAD }).collect();
    hand_out(&mut parts, &caps, &free)?;
    Ok(Some(parts))
}

/// Shares what is left in proportion to `raw` among those not yet at a bound, fixes the side that is violated more, and again.
///
/// # Rounding
/// The rest goes by descending raw weight, then by place, inside the bounds; the sum is exactly one.
///
/// # Errors
/// Bounds that no division can meet.
pub fn waterfill(raw: &[u128], bounds: &[Bound]) -> Result<Vec<u128>> {
    let mut fixed: Vec<Option<u128>> = vec![None; raw.len()];
    // Each round fixes at least one asset.
    for _ in 0..=raw.len() {
        let rest = sub(WAD, sum(fixed.iter().flatten().copied())?)?;
        let free = || raw.iter().zip(bounds).zip(&fixed).filter(|(_, fixed)| fixed.is_none()).map(|(pair, _)| pair);
        let weight = sum(free().map(|(raw, _)| *raw))?;
        let (mut over, mut under) = (Wide::ZERO, Wide::ZERO);
        for (raw, bound) in free() {
            let (share, cap, floor) =
                (product(rest, *raw)?, product(bound.cap, weight)?, product(bound.floor, weight)?);
            if share > cap {
                over = over.add(share.sub(cap)?)?;
            } else if share < floor {
                under = under.add(floor.sub(share)?)?;
            }
        }
        if over.is_zero() && under.is_zero() {
            return share_out(raw, bounds, &fixed, rest, weight);
        }
        for ((raw, bound), slot) in raw.iter().zip(bounds).zip(fixed.iter_mut()).filter(|(_, slot)| slot.is_none()) {
            let share = product(rest, *raw)?;
            if over >= under && share > product(bound.cap, weight)? {
                *slot = Some(bound.cap);
            } else if under >= over && share < product(bound.floor, weight)? {
                *slot = Some(bound.floor);
            }
        }
    }
    Err(NumError::Overflow)
}

fn share_out(raw: &[u128], bounds: &[Bound], fixed: &[Option<u128>], rest: u128, weight: u128) -> Result<Vec<u128>> {
    let mut parts = Vec::with_capacity(raw.len());
    for (raw, fixed) in raw.iter().zip(fixed) {
        parts.push(match fixed {
            Some(part) => *part,
            None if weight == 0 => 0,
            None => floor_ratio(&[rest, *raw], &[weight])?,
        });
    }
    let caps: Vec<u128> = bounds.iter().map(|b| b.cap).collect();
    hand_out(&mut parts, raw, &caps)?;
    Ok(parts)
}

/// Brings the sum of `parts` to exactly one: a unit each by descending `order`, ties by place, never above `caps`.
fn hand_out(parts: &mut [u128], order: &[u128], caps: &[u128]) -> Result<()> {
    let mut places: Vec<usize> = (0..parts.len()).collect();
    places.sort_by_key(|i| Reverse(order.get(*i).copied().unwrap_or_default()));
    let mut rest = sub(WAD, sum(parts.iter().copied())?)?;
    // Only what divisions left over; anything more means that no division meets the bounds.
    if rest > u128::try_from(parts.len()).map_err(|_| NumError::Overflow)? {
        return Err(NumError::Overflow);
    }
    while rest > 0 {
        let before = rest;
        for place in &places {
            let (Some(part), Some(cap)) = (parts.get_mut(*place), caps.get(*place)) else { continue };
            if rest > 0 && *part < *cap {
                *part = add(*part, 1)?;
                rest = sub(rest, 1)?;
            }
        }
        if rest == before {
            return Err(NumError::Overflow);
        }
    }
    Ok(())
}

/// Targets of the next epoch: each moves toward its goal by at most `step_max`, none passes it, and the sum stays one.
///
/// # Rounding
/// If the moves up and down differ, the larger side is scaled down to the smaller; what remains goes to the largest gaps.
pub fn step(targets: &[u128], goal: &[u128], step_max: u128) -> Result<Vec<u128>> {
    let gap = |t: &u128, g: &u128| t.abs_diff(*g);
    let moves: Vec<u128> = targets.iter().zip(goal).map(|(t, g)| gap(t, g).min(step_max)).collect();
    let side = |up: bool| {
        let rows = targets.iter().zip(goal).zip(&moves);
        sum(rows.filter(|((t, g), _)| (g > t) == up && g != t).map(|(_, m)| *m))
    };
    let (up, down) = (side(true)?, side(false)?);
    let common = up.min(down);
    let mut scaled = Vec::with_capacity(moves.len());
    for ((t, g), m) in targets.iter().zip(goal).zip(&moves) {
        let all = if g > t { up } else { down };
        scaled.push(if all == 0 { 0 } else { floor_ratio(&[*m, common], &[all])? });
    }
    for rising in [true, false] {
        let mut places: Vec<(u128, usize)> = targets
            .iter()
            .zip(goal)
            .enumerate()
            .filter(|(_, (t, g))| g != t && (g > t) == rising)
            .map(|(i, (t, g))| (gap(t, g), i))
            .collect();
        places.sort_by_key(|(gap, _)| Reverse(*gap));
        let mut rest = sub(common, sum(places.iter().filter_map(|(_, i)| scaled.get(*i).copied()))?)?;
        for (_, i) in places {
            let (Some(part), Some(most)) = (scaled.get_mut(i), moves.get(i)) else { continue };
            if rest > 0 && *part < *most {
                *part = add(*part, 1)?;
                rest = sub(rest, 1)?;
            }
        }
    }
    let moved = |((t, g), m): ((&u128, &u128), &u128)| if g > t { add(*t, *m) } else { sub(*t, *m) };
    targets.iter().zip(goal).zip(&scaled).map(moved).collect()
}

fn product(a: u128, b: u128) -> Result<Wide> {
    Wide::from_u128(a).mul(Wide::from_u128(b))
}
