//! Products of amounts and rates over divisors: exact in 512 bits, rounded once, in the direction that the name says.

use super::{NumError, Wide};

/// One, in steps of 10^-18: the scale of rates, fractions and targets that are kept as `u128`.
pub const WAD: u128 = 1_000_000_000_000_000_000;

fn product(factors: &[u128]) -> Result<Wide, NumError> {
    factors.iter().try_fold(Wide::from_u64(1), |all, one| all.mul(Wide::from_u128(*one)))
}

/// The product of the factors over the product of the divisors, rounded down: who pays it out gains the remainder.
///
/// # Errors
/// A divisor of zero; a product beyond 512 bits; a result beyond 128 bits.
pub fn floor_ratio(factors: &[u128], divisors: &[u128]) -> Result<u128, NumError> {
    let (quotient, _) = product(factors)?.div_rem(product(divisors)?)?;
    quotient.to_u128()
}

/// The same rounded up: who takes it in gains the remainder.
///
/// # Errors
/// As [`floor_ratio`].
pub fn ceil_ratio(factors: &[u128], divisors: &[u128]) -> Result<u128, NumError> {
    let (quotient, rest) = product(factors)?.div_rem(product(divisors)?)?;
    let quotient = quotient.to_u128()?;
    if rest.is_zero() { Ok(quotient) } else { quotient.checked_add(1).ok_or(NumError::Overflow) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_ratio_is_rounded_once_and_in_the_named_direction(a: u64, b: u64, c in 1..u64::MAX) {
            let (a, b, c) = (u128::from(a), u128::from(b), u128::from(c));
            prop_assert_eq!(floor_ratio(&[a, b], &[c]).unwrap(), a * b / c);
            prop_assert_eq!(ceil_ratio(&[a, b], &[c]).unwrap(), (a * b).div_ceil(c));
        }
    }

    #[test]
    fn products_beyond_256_bits_are_exact_and_results_beyond_128_are_refused() {
        let big = u128::MAX;
        assert_eq!(floor_ratio(&[big, big, 7], &[big, big]), Ok(7));
        assert_eq!(ceil_ratio(&[big, big, 7], &[big, big, 2]), Ok(4));
        assert!(floor_ratio(&[big, 2], &[1]).is_err());
        assert!(floor_ratio(&[1], &[0]).is_err());
        assert_eq!(floor_ratio(&[], &[]), Ok(1));
    }
}
