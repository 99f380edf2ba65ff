//! The invariant of a stable pool: `A n Σx + D = A n D + D^(n+1) / (n^n Πx)`, over values `x` of the reserves at the rates of the
//! registry, in steps of 2^-32 of a unit of the underlying.
//!
//! `F(D) = D^(n+1) / (n^n Πx) + (A n - 1) D - A n Σx` grows with D and falls with every x; the invariant is its root. Newton's method
//! only proposes; what is used is certified by the sign of F with the product rounded against it: [`at_most`] proves that a number is
//! not above the root, [`at_least`] that it is not below. Proposals that do not pass are moved by 1, 2, 4, .. until they do, which ends
//! because zero is below every root and the sum of all values is not.

use entente_kernel::num::{NumError, Wide};

use super::{Result, WAD, at, ceil, floor};

/// Newton's method doubles its right digits with each step; from any start that fits this is more than enough.
const STEPS_MAX: usize = 255;
/// Doublings of a correction: 2^200 is more than any value.
const CORRECTIONS_MAX: usize = 200;

fn total(x: &[Wide]) -> Result<Wide> {
    x.iter().try_fold(Wide::ZERO, |all, one| all.add(*one))
}

fn count(x: &[Wide]) -> Result<Wide> {
    Ok(Wide::from_u64(u64::try_from(x.len()).map_err(|_| NumError::Overflow)?))
}

/// `D^(n+1) / (n^n Πx)`, division by division.
fn product(x: &[Wide], d: Wide, divide: fn(Wide, Wide, Wide) -> Result<Wide>) -> Result<Wide> {
    let n = count(x)?;
    x.iter().try_fold(d, |all, one| divide(all, d, one.mul(n)?))
}

/// Is D proved to be not above the root? Then the invariant of these values is at least D.
pub fn at_most(x: &[Wide], ann: Wide, d: Wide) -> Result<bool> {
    let left = product(x, d, ceil)?.add(ann.sub(Wide::from_u64(1))?.mul(d)?)?;
    Ok(left <= ann.mul(total(x)?)?)
}

/// Is D proved to be not below the root?
pub fn at_least(x: &[Wide], ann: Wide, d: Wide) -> Result<bool> {
    let left = product(x, d, floor)?.add(ann.sub(Wide::from_u64(1))?.mul(d)?)?;
    Ok(left >= ann.mul(total(x)?)?)
}

/// Moves a number by 1, 2, 4, .. until it is proved.
fn correct(mut number: Wide, step: impl Fn(Wide, Wide) -> Wide, proved: impl Fn(Wide) -> Result<bool>) -> Result<Wide> {
    let mut by = Wide::from_u64(1);
    for _ in 0..CORRECTIONS_MAX {
        if proved(number)? {
            return Ok(number);
        }
        number = step(number, by);
        by = by.add(by)?;
    }
    Err(NumError::Overflow)
}

fn less(number: Wide, by: Wide) -> Wide {
    number.sub(by).unwrap_or_default()
}

fn near(a: Wide, b: Wide) -> bool {
    less(a, b) <= Wide::from_u64(1) && less(b, a) <= Wide::from_u64(1)
}

/// What Newton's method says of the invariant; not certified.
fn propose(x: &[Wide], ann: Wide) -> Result<Wide> {
    let (all, n, one) = (total(x)?, count(x)?, Wide::from_u64(1));
    let mut d = all;
    for _ in 0..STEPS_MAX {
        let p = product(x, d, floor)?;
        let above = ann.mul(all)?.add(n.mul(p)?)?;
        let below = ann.sub(one)?.mul(d)?.add(n.add(one)?.mul(p)?)?;
        let next = floor(above, d, below)?;
        let is_near = near(next, d);
        d = next;
        if is_near {
            break;
        }
    }
    Ok(d)
}

/// The invariant, from below and from above; the two differ by a few steps where values do not differ absurdly.
///
/// # Errors
/// A value of zero, or so much imbalance that 512 bits do not hold the product.
pub fn invariant(x: &[Wide], ann: Wide) -> Result<(Wide, Wide)> {
    let d = propose(x, ann)?;
    let low = correct(d, less, |d| at_most(x, ann, d))?;
    let high = correct(d, |d, by| d.add(by).unwrap_or(d), |d| at_least(x, ann, d))?;
    Ok((low, high))
}

/// What Newton's method says the value at place `j` must be for the invariant D; not certified.
pub fn propose_value(x: &[Wide], ann: Wide, d: Wide, j: usize, start: Wide) -> Result<Wide> {
    let n = count(x)?;
    let (mut c, mut sum) = (d, Wide::ZERO);
    for (i, one) in x.iter().enumerate() {
        if i != j {
            sum = sum.add(*one)?;
            c = floor(c, d, one.mul(n)?)?;
        }
    }
    c = floor(c, d, ann.mul(n)?)?;
    let b = sum.add(d.div_rem(ann)?.0)?;
    let mut y = start;
    for _ in 0..STEPS_MAX {
        let below = y.add(y)?.add(b)?.sub(d)?;
        let next = y.mul(y)?.add(c)?.div_rem(below)?.0;
        let is_near = near(next, y);
        y = next;
        if is_near {
            break;
        }
    }
    Ok(y)
}

/// The least value at place `j`, up to a few steps, with which the invariant is proved to be at least D.
pub fn value_for(x: &[Wide], ann: Wide, d: Wide, j: usize) -> Result<Wide> {
    let y = propose_value(x, ann, d, j, d)?;
    let with = |y: Wide| {
        let mut x = x.to_vec();
        if let Some(place) = x.get_mut(j) {
            *place = y;
        }
        x
    };
    let y = y.max(Wide::from_u64(1));
    correct(y, |y, by| y.add(by).unwrap_or(y), |y| at_most(&with(y), ann, d))
}

/// Price of `i` in `j` beside what the rates say, in steps of 10^-18: `x_j (A n x_i + P) / (x_i (A n x_j + P))` with the product P.
///
/// # Rounding
/// Down; it is only observed, never paid.
pub fn premium(x: &[Wide], ann: Wide, d: Wide, i: usize, j: usize) -> Result<u128> {
    let (xi, xj, p) = (at(x, i)?, at(x, j)?, product(x, d, floor)?);
    let above = xj.mul(ann.mul(xi)?.add(p)?)?;
    let below = xi.mul(ann.mul(xj)?.add(p)?)?;
    floor(above, Wide::from_u128(WAD), below)?.to_u128()
}
