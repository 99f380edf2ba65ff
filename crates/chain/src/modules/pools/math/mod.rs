//! The curves of pools, and what shares are worth: pure integers, certified on the side of the pool.
//!
//! Amounts are `u128`; everything between is formed in 512 bits with checked operations, so that any input has an answer or an error.
//! Fractions, weights and prices are counted in [`WAD`].
//!
//! # Rounding
//! Always for those who hold shares. The bounds are proved, not estimated: a power is bounded from below by series whose every
//! truncation lowers it (`power`), the invariant of a stable pool by a sign that directed divisions certify (`stable`).

mod curve;
mod depth;
mod power;
mod shares;
mod stable;

#[cfg(test)]
mod tests;

pub use curve::{Curve, Unit};
pub use depth::{STEP, depth, follow};
pub use shares::{FIRST_SHARES, LOCKED_SHARES, exit_amount, first_shares, join_shares, swap_fee};

pub use entente_kernel::num::WAD;

use entente_kernel::num::{NumError, Wide};

pub type Result<T> = std::result::Result<T, NumError>;

/// Most of a coin that a pool holds: 2^112. Above it, intermediate results would not fit.
pub const RESERVE_MAX: u128 = 1 << 112;

/// One in fixed point with 128 binary places: 2^128.
fn one() -> Result<Wide> {
    power_of_two(128)
}

fn power_of_two(mut exponent: u32) -> Result<Wide> {
    let mut out = Wide::from_u64(1);
    while exponent >= 32 {
        out = out.mul(Wide::from_u64(1 << 32))?;
        exponent = exponent.saturating_sub(32);
    }
    out.mul(Wide::from_u64(1 << exponent))
}

/// `floor(a · b / c)`.
fn floor(a: Wide, b: Wide, c: Wide) -> Result<Wide> {
    Ok(a.mul(b)?.div_rem(c)?.0)
}

/// `ceil(a · b / c)`.
fn ceil(a: Wide, b: Wide, c: Wide) -> Result<Wide> {
    let (quotient, rest) = a.mul(b)?.div_rem(c)?;
    if rest.is_zero() { Ok(quotient) } else { quotient.add(Wide::from_u64(1)) }
}

fn at<T: Copy>(list: &[T], i: usize) -> Result<T> {
    list.get(i).copied().ok_or(NumError::Overflow)
}
