//! How much of a coin can be sold before its price is 2% lower, and how far an observation may be from the one before.

use entente_kernel::num::{NumError, Wide, floor_ratio};

use super::power::power_floor;
use super::{Curve, Result, WAD, at, floor, one, stable};

/// Most by which an observation may differ from the one before it: a tenth. What happens in one block so moves an average by a tenth of
/// that block's part of the time at most.
pub const STEP: u128 = WAD / 10;
/// Halvings of the interval in which the end of the 2% lies: its last is below a millionth of the first.
const HALVINGS: usize = 22;
const DOUBLINGS: usize = 64;

/// What selling coin `i` for coin `j` brings, in coin `j`, until the price is 2% lower, fees left out.
///
/// In a weighted pool a closed form, `B_j (1 - 0.98^(w_i / (w_i + w_j)))`; in a stable one a bounded search along the curve, right to a
/// millionth of the interval that it began with.
///
/// # Rounding
/// Down; it is only observed.
pub fn depth(curve: &Curve, reserves: &[u128], i: usize, j: usize) -> Result<u128> {
    match curve {
        Curve::Weighted(weights) => {
            let (from, to) = (at(weights, i)?, at(weights, j)?);
            let grown = power_floor(50, 49, from, from.checked_add(to).ok_or(NumError::Overflow)?)?;
            floor(Wide::from_u128(at(reserves, j)?), grown.sub(one()?)?, grown)?.to_u128()
        }
        Curve::Stable { ann, .. } => stable_depth(curve, Wide::from_u128(*ann), reserves, i, j),
    }
}

fn stable_depth(curve: &Curve, ann: Wide, reserves: &[u128], i: usize, j: usize) -> Result<u128> {
    let x = curve.values(reserves)?;
    let (d, _) = stable::invariant(&x, ann)?;
    let start = stable::premium(&x, ann, d, i, j)?;
    let end = floor_ratio(&[start, 49], &[50])?;
    let (first, before) = (at(&x, i)?, at(&x, j)?);
    let sold = |more: Wide| -> Result<(u128, Wide)> {
        let mut x = x.clone();
        if let Some(place) = x.get_mut(i) {
            *place = first.add(more)?;
        }
        let y = stable::propose_value(&x, ann, d, j, d)?;
        if let Some(place) = x.get_mut(j) {
            *place = y;
        }
        Ok((stable::premium(&x, ann, d, i, j)?, y))
    };
    // The interval: from a 64th of the value on, doubled until the price is low enough.
    let (mut low, mut high) = (Wide::ZERO, first.div_rem(Wide::from_u128(64))?.0.max(Wide::from_u128(1)));
    let mut reached = before;
    for _ in 0..DOUBLINGS {
        let (price, y) = sold(high)?;
        if price <= end {
            break;
        }
        (low, reached) = (high, y);
        high = high.add(high)?;
    }
    for _ in 0..HALVINGS {
        let middle = low.add(high)?.div_rem(Wide::from_u128(2))?.0;
        if middle == low {
            break;
        }
        let (price, y) = sold(middle)?;
        if price >= end {
            (low, reached) = (middle, y);
        } else {
            high = middle;
        }
    }
    curve.amount_of(j, before.sub(reached).unwrap_or_default())
}

/// An observation, kept near the one before: within [`STEP`] of it, both ways. From zero it starts anew.
pub fn follow(last: u128, seen: u128) -> u128 {
    if last == 0 {
        return seen;
    }
    // A bound that does not fit in 128 bits is none.
    let step = floor_ratio(&[last, STEP], &[WAD]).unwrap_or_default().max(1);
    seen.clamp(last.saturating_sub(step), last.saturating_add(step))
}
