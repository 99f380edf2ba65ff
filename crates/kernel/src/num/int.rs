//! `Int`: a signed integer of at most 256 bits, the amounts of coins.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::error::NumError;
use super::wide::{U256, parse_digits, read_signed, write_digits, write_signed};

/// A signed integer with |x| <= 2^256 - 1. Every operation that could leave this range returns an error.
///
/// # Compatibility
/// Range and rounding are those of `cosmossdk.io/math.Int`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Int {
    /// False for zero.
    negative: bool,
    magnitude: U256,
}

impl Int {
    /// Nothing.
    pub const ZERO: Int = Int { negative: false, magnitude: U256::ZERO };
    /// One.
    pub const ONE: Int = Int { negative: false, magnitude: U256::ONE };
    /// The largest value, 2^256 - 1.
    pub const MAX: Int = Int { negative: false, magnitude: U256::MAX };

    pub(super) fn from_parts(negative: bool, magnitude: U256) -> Int {
        Int { negative: negative && !magnitude.is_zero(), magnitude }
    }

    pub(super) fn magnitude(self) -> U256 {
        self.magnitude
    }

    /// A constant from 64 bits.
    pub const fn from_u64(value: u64) -> Int {
        Int { negative: false, magnitude: U256::from_limbs([value, 0, 0, 0]) }
    }

    /// The sum.
    pub fn add(self, other: Int) -> Result<Int, NumError> {
        if self.negative == other.negative {
            let magnitude = self.magnitude.checked_add(other.magnitude).ok_or(NumError::Overflow)?;
            return Ok(Int::from_parts(self.negative, magnitude));
        }
        Ok(self.difference_of_magnitudes(other))
    }

    /// The difference.
    pub fn sub(self, other: Int) -> Result<Int, NumError> {
        self.add(other.neg())
    }

    /// |self| - |other| with the sign of self. Cannot overflow.
    pub(super) fn difference_of_magnitudes(self, other: Int) -> Int {
        let flipped = self.magnitude < other.magnitude;
        Int::from_parts(self.negative != flipped, self.magnitude.abs_diff(other.magnitude))
    }

    /// The product.
    pub fn mul(self, other: Int) -> Result<Int, NumError> {
        let magnitude = self.magnitude.checked_mul(other.magnitude).ok_or(NumError::Overflow)?;
        Ok(Int::from_parts(self.negative != other.negative, magnitude))
    }

    /// The quotient.
    ///
    /// # Rounding
    /// Toward zero.
    pub fn quo(self, other: Int) -> Result<Int, NumError> {
        let magnitude = self.magnitude.checked_div(other.magnitude).ok_or(NumError::DivisionByZero)?;
        Ok(Int::from_parts(self.negative != other.negative, magnitude))
    }

    /// The Euclidean remainder, never negative: `-7 mod 3` and `-7 mod -3` are 2.
    pub fn modulo(self, other: Int) -> Result<Int, NumError> {
        let rest = self.magnitude.checked_rem(other.magnitude).ok_or(NumError::DivisionByZero)?;
        if self.negative && !rest.is_zero() {
            return Ok(Int::from_parts(false, other.magnitude.abs_diff(rest)));
        }
        Ok(Int::from_parts(false, rest))
    }

    /// The value with the other sign.
    pub fn neg(self) -> Int {
        Int::from_parts(!self.negative, self.magnitude)
    }

    /// The value without its sign.
    pub fn abs(self) -> Int {
        Int::from_parts(false, self.magnitude)
    }

    /// Is it zero?
    pub fn is_zero(self) -> bool {
        self.magnitude.is_zero()
    }

    /// Is it greater than zero?
    pub fn is_positive(self) -> bool {
        !self.negative && !self.is_zero()
    }

    /// Is it less than zero?
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// The number of bits of the value without its sign; 0 for zero.
    pub fn bits(self) -> usize {
        self.magnitude.bit_len()
    }

    /// The value in 64 unsigned bits, if it fits.
    pub fn to_u64(self) -> Option<u64> {
        if self.negative { None } else { u64::try_from(self.magnitude).ok() }
    }

    /// The value in 128 unsigned bits, if it fits.
    pub fn to_u128(self) -> Option<u128> {
        if self.negative { None } else { u128::try_from(self.magnitude).ok() }
    }

    /// The value in 64 signed bits, if it fits.
    pub fn to_i64(self) -> Option<i64> {
        let magnitude = i128::from(u64::try_from(self.magnitude).ok()?);
        i64::try_from(if self.negative { magnitude.checked_neg()? } else { magnitude }).ok()
    }
}

impl Ord for Int {
    fn cmp(&self, other: &Int) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude.cmp(&other.magnitude),
            (true, true) => other.magnitude.cmp(&self.magnitude),
        }
    }
}

impl PartialOrd for Int {
    fn partial_cmp(&self, other: &Int) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

macro_rules! from_unsigned {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Int {
            fn from(value: $kind) -> Int {
                Int::from_parts(false, U256::from(value))
            }
        }
    )*};
}
from_unsigned!(u8, u16, u32, u64, u128);

impl From<i32> for Int {
    fn from(value: i32) -> Int {
        Int::from(i64::from(value))
    }
}

impl From<i64> for Int {
    fn from(value: i64) -> Int {
        Int::from_parts(value < 0, U256::from(value.unsigned_abs()))
    }
}

/// Decimal digits, with one optional `-` before them.
///
/// # Compatibility
/// Go reads `010` as octal 8, `0x10` as 16 and allows underscores. A text whose meaning depends on the reader is refused here.
impl FromStr for Int {
    type Err = NumError;

    fn from_str(text: &str) -> Result<Int, NumError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NumError::parse("integer", text, "wanted decimal digits with an optional minus sign"));
        }
        if digits.len() > 1 && digits.starts_with('0') {
            return Err(NumError::parse("integer", text, "leading zeros are not allowed"));
        }
        let magnitude = parse_digits(digits).ok_or_else(|| NumError::parse("integer", text, "more than 256 bits"))?;
        Ok(Int::from_parts(negative, magnitude))
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        write_digits(self.magnitude, f)
    }
}

impl fmt::Debug for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl borsh::BorshSerialize for Int {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        write_signed(self.negative, self.magnitude, writer)
    }
}

impl borsh::BorshDeserialize for Int {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Int> {
        let (negative, magnitude) = read_signed(reader)?;
        Ok(Int { negative, magnitude })
    }
}
