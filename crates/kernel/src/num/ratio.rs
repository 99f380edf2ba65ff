//! Parts of 128-bit amounts: `a · b / c` with an exact product, rounded down or up by name.

use super::error::NumError;
use super::wide::U256;

/// `floor(a · b / c)`.
///
/// # Rounding
/// Down: who receives the result gives up the fraction.
///
/// # Errors
/// Division by zero, or a quotient of more than 128 bits.
pub fn mul_div_floor(a: u128, b: u128, c: u128) -> Result<u128, NumError> {
    narrow(divide(a, b, c)?.0)
}

/// `ceil(a · b / c)`.
///
/// # Rounding
/// Up: who pays the result pays for the fraction.
///
/// # Errors
/// Division by zero, or a quotient of more than 128 bits.
pub fn mul_div_ceil(a: u128, b: u128, c: u128) -> Result<u128, NumError> {
    let (quotient, rest) = divide(a, b, c)?;
    let more = if rest.is_zero() { U256::ZERO } else { U256::ONE };
    narrow(quotient.checked_add(more).ok_or(NumError::Overflow)?)
}

fn divide(a: u128, b: u128, c: u128) -> Result<(U256, U256), NumError> {
    if c == 0 {
        return Err(NumError::DivisionByZero);
    }
    // Two factors of 128 bits have a product of at most 256.
    let product = U256::from(a).checked_mul(U256::from(b)).ok_or(NumError::Overflow)?;
    Ok(product.div_rem(U256::from(c)))
}

fn narrow(value: U256) -> Result<u128, NumError> {
    u128::try_from(value).map_err(|_| NumError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_product_is_exact_and_only_the_quotient_must_fit() {
        assert_eq!(mul_div_floor(u128::MAX, u128::MAX, u128::MAX), Ok(u128::MAX));
        assert_eq!(mul_div_ceil(u128::MAX, u128::MAX, u128::MAX), Ok(u128::MAX));
        assert_eq!(mul_div_floor(u128::MAX, 2, 1), Err(NumError::Overflow));
        assert_eq!(mul_div_floor(1, 1, 0), Err(NumError::DivisionByZero));
        assert_eq!((mul_div_floor(7, 3, 2), mul_div_ceil(7, 3, 2)), (Ok(10), Ok(11)));
    }

    proptest! {
        #[test]
        fn floor_and_ceiling_enclose_the_quotient(a: u64, b: u64, c in 1u64..) {
            let exact = u128::from(a) * u128::from(b);
            let (floor, ceil) = (
                mul_div_floor(a.into(), b.into(), c.into()).unwrap(),
                mul_div_ceil(a.into(), b.into(), c.into()).unwrap(),
            );
            prop_assert_eq!(floor, exact / u128::from(c));
            prop_assert_eq!(ceil, exact.div_ceil(u128::from(c)));
        }
    }
}
