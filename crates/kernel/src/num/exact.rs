//! `Wide`: an unsigned integer of 512 bits, for sums that must be exact where `Dec` would round.

use std::fmt;
use std::str::FromStr;

use ruint::Uint;

use super::error::NumError;
use super::wide::{U128, fit, malformed, parse_digits, read_signed, resize, write_signed};
use super::{Dec, Int};

type U512 = Uint<512, 8>;

/// An unsigned integer of at most 512 bits. Nothing wraps and nothing rounds: what does not fit is an error.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wide(U512);

impl Wide {
    /// Nothing.
    pub const ZERO: Wide = Wide(U512::ZERO);

    /// A constant from 64 bits.
    pub const fn from_u64(value: u64) -> Wide {
        Wide(U512::from_limbs([value, 0, 0, 0, 0, 0, 0, 0]))
    }

    /// An amount of 128 bits.
    pub fn from_u128(value: u128) -> Wide {
        Wide(resize(U128::from(value)))
    }

    /// An integer that is not negative.
    ///
    /// # Errors
    /// A negative integer.
    pub fn from_int(value: Int) -> Result<Wide, NumError> {
        if value.is_negative() { Err(NumError::Overflow) } else { Ok(Wide(resize(value.magnitude()))) }
    }

    /// A decimal number in steps of 10^-18.
    ///
    /// # Errors
    /// A negative number.
    pub fn from_dec(value: Dec) -> Result<Wide, NumError> {
        if value.is_negative() { Err(NumError::Overflow) } else { Ok(Wide(resize(value.scaled_magnitude()))) }
    }

    /// The value as an amount.
    ///
    /// # Errors
    /// More than 256 bits.
    pub fn to_int(self) -> Result<Int, NumError> {
        fit(self.0).map(|magnitude| Int::from_parts(false, magnitude)).ok_or(NumError::Overflow)
    }

    /// The value in 128 bits.
    ///
    /// # Errors
    /// More than 128 bits.
    pub fn to_u128(self) -> Result<u128, NumError> {
        u128::try_from(self.0).map_err(|_| NumError::Overflow)
    }

    /// The decimal number of which the value counts steps of 10^-18.
    ///
    /// # Errors
    /// More than 315 bits.
    pub fn to_dec(self) -> Result<Dec, NumError> {
        Dec::from_scaled_str(&self.0.to_string())
    }

    /// The sum.
    pub fn add(self, other: Wide) -> Result<Wide, NumError> {
        self.0.checked_add(other.0).map(Wide).ok_or(NumError::Overflow)
    }

    /// The difference.
    ///
    /// # Errors
    /// The other number is larger.
    pub fn sub(self, other: Wide) -> Result<Wide, NumError> {
        self.0.checked_sub(other.0).map(Wide).ok_or(NumError::Overflow)
    }

    /// The product.
    pub fn mul(self, other: Wide) -> Result<Wide, NumError> {
        self.0.checked_mul(other.0).map(Wide).ok_or(NumError::Overflow)
    }

    /// Quotient and remainder.
    pub fn div_rem(self, other: Wide) -> Result<(Wide, Wide), NumError> {
        if other.0.is_zero() {
            return Err(NumError::DivisionByZero);
        }
        let (quotient, rest) = self.0.div_rem(other.0);
        Ok((Wide(quotient), Wide(rest)))
    }

    /// Is it zero?
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl FromStr for Wide {
    type Err = NumError;

    fn from_str(text: &str) -> Result<Wide, NumError> {
        let digits = parse_digits(text);
        digits.map(Wide).ok_or_else(|| NumError::parse("integer", text, "wanted decimal digits of at most 512 bits"))
    }
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl borsh::BorshSerialize for Wide {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        write_signed(false, self.0, writer)
    }
}

impl borsh::BorshDeserialize for Wide {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Wide> {
        match read_signed(reader)? {
            (false, magnitude) => Ok(Wide(magnitude)),
            (true, _) => Err(malformed("number must not be negative")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_times_ten_to_the_54_fit_and_come_back() {
        let scale: Wide = "1000000000000000000000000000000000000000000000000000000".parse().unwrap();
        let n = Wide::from_int(Int::MAX).unwrap().mul(scale).unwrap();
        let (whole, rest) = n.add(Wide::from_u64(7)).unwrap().div_rem(scale).unwrap();
        assert_eq!((whole.to_int().unwrap(), rest), (Int::MAX, Wide::from_u64(7)));
        assert!(n.mul(scale).is_err());
        assert_eq!(Wide::from_u128(u128::MAX).to_u128(), Ok(u128::MAX));
        assert!(Wide::from_u128(u128::MAX).add(Wide::from_u64(1)).unwrap().to_u128().is_err());
        assert!(Wide::ZERO.sub(Wide::from_u64(1)).is_err());
        assert_eq!(borsh::from_slice::<Wide>(&borsh::to_vec(&n).unwrap()).unwrap(), n);
        assert_eq!(
            Wide::from_dec("1.5".parse().unwrap()).unwrap().to_dec().unwrap().to_string(),
            "1.500000000000000000"
        );
    }
}
