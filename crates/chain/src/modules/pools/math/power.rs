//! Powers of ratios with fractional exponents, bounded from below.
//!
//! `r^y = exp(y · ln r)` for `r >= 1`, in fixed point with 128 binary places. Every series has positive terms only and every division
//! rounds down, so each step can only lower the result; constants are rounded to the side that lowers it too.
//!
//! # Error
//! The logarithm is at most 2^-121 too low, an exponent of at most 99 makes 2^-114 of it, the exponential adds 2^-122: the power is low
//! by less than one part in 2^113 (10^-34) as long as it is below 2^120; above it, it is taken to be 2^120.

use entente_kernel::num::Wide;

use super::{Result, floor, one, power_of_two};

/// `floor(ln 2 · 2^128)`.
const LN_2_FLOOR: u128 = 0xB172_17F7_D1CF_79AB_C9E3_B398_03F2_F6AF;
/// Terms of the logarithm: each is below a ninth of the one before, so that the last is below 2^-128.
const LN_TERMS: u64 = 45;
/// Terms of the exponential below ln 2: the 40th is below 2^-128.
const EXP_TERMS: u64 = 40;
/// Powers above 2^120 are taken to be 2^120.
const BITS_MAX: u64 = 120;

/// A lower bound of `(numerator / denominator)^(p / q) · 2^128`, for a ratio of at least one.
///
/// # Errors
/// A denominator or `q` of zero; a ratio below one; more than 512 bits in between.
pub fn power_floor(numerator: u128, denominator: u128, p: u128, q: u128) -> Result<Wide> {
    let exponent = floor(ln_floor(numerator, denominator)?, Wide::from_u128(p), Wide::from_u128(q))?;
    exp_floor(exponent)
}

/// `ln r = k ln 2 + 2 (z + z^3 / 3 + z^5 / 5 + ..)` with `r = 2^k m`, `1 <= m < 2`, `z = (m - 1) / (m + 1) < 1/3`.
fn ln_floor(numerator: u128, denominator: u128) -> Result<Wide> {
    let (n, mut d, two) = (Wide::from_u128(numerator), Wide::from_u128(denominator), Wide::from_u64(2));
    let one = one()?;
    // A denominator of zero is found here already.
    one.div_rem(d)?;
    let mut k = 0_u64;
    for _ in 0..128 {
        let twice = d.mul(two)?;
        if twice > n {
            break;
        }
        d = twice;
        k = k.saturating_add(1);
    }
    let z = floor(one, n.sub(d)?, n.add(d)?)?;
    let square = floor(z, z, one)?;
    let (mut term, mut sum) = (z, z);
    for i in 1..LN_TERMS {
        term = floor(term, square, one)?;
        if term.is_zero() {
            break;
        }
        sum = sum.add(term.div_rem(Wide::from_u64(i.saturating_mul(2).saturating_add(1)))?.0)?;
    }
    sum.mul(two)?.add(Wide::from_u128(LN_2_FLOOR).mul(Wide::from_u64(k))?)
}

/// `exp(e) = 2^k exp(f)` with `e = k ln 2 + f`; ln 2 rounded up makes k and f small.
fn exp_floor(exponent: Wide) -> Result<Wide> {
    let (one, ln_2) = (one()?, Wide::from_u128(LN_2_FLOOR).add(Wide::from_u64(1))?);
    let (k, f) = exponent.div_rem(ln_2)?;
    let most = Wide::from_u64(BITS_MAX);
    if k >= most {
        return one.mul(power_of_two(120)?);
    }
    let (mut term, mut sum) = (one, one);
    for i in 1..=EXP_TERMS {
        term = floor(term, f, one.mul(Wide::from_u64(i))?)?;
        if term.is_zero() {
            break;
        }
        sum = sum.add(term)?;
    }
    let k = k.to_int()?.to_u64().and_then(|k| u32::try_from(k).ok()).unwrap_or_default();
    sum.mul(power_of_two(k)?)
}
