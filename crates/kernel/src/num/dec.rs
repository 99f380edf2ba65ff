//! `Dec`: a decimal number with 18 places, the arithmetic of shares, prices and weights.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use ruint::Uint;

use super::error::NumError;
use super::int::Int;
use super::wide::{
    U128, U256, U320, U448, U576, U640, fit, malformed, parse_digits, read_signed, resize, write_digits, write_signed,
};

/// 10^18, the number of steps in one unit.
const ONE_SCALED: u64 = 1_000_000_000_000_000_000;
/// Half of one unit, where rounding has to decide.
const HALF_SCALED: u64 = 500_000_000_000_000_000;
/// 10^36, which a dividend is multiplied by before a division.
const ONE_SCALED_TWICE: u128 = 1_000_000_000_000_000_000_000_000_000_000_000_000;
/// Bits that the result of a checked operation and a parsed number may have: 256 + 59.
const CHECKED_BITS_MAX: usize = 315;
/// The largest magnitude that exists: the largest `Int`, scaled.
const MAGNITUDE_MAX: U320 = U256::MAX.widening_mul::<64, 1, 320, 5>(Uint::from_limbs([ONE_SCALED]));

/// A signed number with exactly 18 decimal places.
///
/// # Invariant
/// The magnitude is at most (2^256 - 1) x 10^18. Sums, products and quotients have at most 315 bits: a larger result is
/// an [`NumError::Overflow`]. Conversions from `Int`, `neg`, `abs`, `ceil`, `truncate_dec` and divisions by integers are
/// not bound to 315 bits, as they cannot leave the invariant.
///
/// # Compatibility
/// Every operation gives the result of `LegacyDec` of `cosmossdk.io/math` 1.2, where that one panics this one returns an error.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Dec {
    /// False for zero.
    negative: bool,
    magnitude: U320,
}

/// What to do with a remainder when a magnitude is divided by 10^18.
#[derive(Clone, Copy)]
enum Rounding {
    /// Drop it: toward zero.
    TowardZero,
    /// To the nearest; a tie goes to the even neighbour.
    HalfEven,
    /// Toward plus infinity: positive numbers up, negative ones toward zero.
    Up,
}

impl Dec {
    /// Nothing.
    pub const ZERO: Dec = Dec { negative: false, magnitude: U320::ZERO };
    /// One.
    pub const ONE: Dec = Dec { negative: false, magnitude: U320::from_limbs([ONE_SCALED, 0, 0, 0, 0]) };
    /// 10^-18, the smallest positive number.
    pub const SMALLEST: Dec = Dec { negative: false, magnitude: U320::ONE };
    /// Decimal places.
    pub const PRECISION: u32 = 18;

    fn from_parts(negative: bool, magnitude: U320) -> Dec {
        Dec { negative: negative && !magnitude.is_zero(), magnitude }
    }

    /// A result that must have at most 315 bits.
    fn checked<const BITS: usize, const LIMBS: usize>(
        negative: bool,
        magnitude: Uint<BITS, LIMBS>,
    ) -> Result<Dec, NumError> {
        if magnitude.bit_len() > CHECKED_BITS_MAX {
            return Err(NumError::Overflow);
        }
        Ok(Dec::from_parts(negative, resize(magnitude)))
    }

    /// A whole number.
    pub fn from_int(value: Int) -> Dec {
        let scaled = value.magnitude().widening_mul::<64, 1, 320, 5>(Uint::from_limbs([ONE_SCALED]));
        Dec::from_parts(value.is_negative(), scaled)
    }

    /// A whole number.
    pub fn from_i64(value: i64) -> Dec {
        Dec::from_int(Int::from(value))
    }

    /// `value` x 10^-18.
    pub fn from_scaled(value: Int) -> Dec {
        Dec::from_parts(value.is_negative(), resize(value.magnitude()))
    }

    /// `value` x 10^-18, for constants.
    pub const fn from_scaled_u64(value: u64) -> Dec {
        Dec { negative: false, magnitude: U320::from_limbs([value, 0, 0, 0, 0]) }
    }

    /// `value` x 10^-`places`: `new_with_prec(5, 2)` is 0.05.
    ///
    /// # Errors
    /// More than 18 places.
    pub fn new_with_prec(value: i64, places: u32) -> Result<Dec, NumError> {
        let factor =
            Dec::PRECISION.checked_sub(places).and_then(|zeros| 10u64.checked_pow(zeros)).ok_or_else(|| {
                NumError::parse("number of decimal places", &places.to_string(), "at most 18 places are allowed")
            })?;
        Ok(Dec::from_scaled(Int::from(value).mul(Int::from(factor))?))
    }

    /// The sum.
    pub fn add(self, other: Dec) -> Result<Dec, NumError> {
        if self.negative == other.negative {
            let magnitude = self.magnitude.checked_add(other.magnitude).ok_or(NumError::Overflow)?;
            return Dec::checked(self.negative, magnitude);
        }
        let flipped = self.magnitude < other.magnitude;
        Dec::checked(self.negative != flipped, self.magnitude.abs_diff(other.magnitude))
    }

    /// The difference.
    pub fn sub(self, other: Dec) -> Result<Dec, NumError> {
        self.add(other.neg())
    }

    /// The product.
    ///
    /// # Rounding
    /// To the nearest; ties to even.
    pub fn mul(self, other: Dec) -> Result<Dec, NumError> {
        self.mul_rounded(other, Rounding::HalfEven)
    }

    /// The product.
    ///
    /// # Rounding
    /// Toward zero: who receives the product loses the remainder.
    pub fn mul_truncate(self, other: Dec) -> Result<Dec, NumError> {
        self.mul_rounded(other, Rounding::TowardZero)
    }

    /// The product.
    ///
    /// # Rounding
    /// A positive product up: who receives it gains the remainder. A negative one toward zero.
    pub fn mul_round_up(self, other: Dec) -> Result<Dec, NumError> {
        self.mul_rounded(other, Rounding::Up)
    }

    fn mul_rounded(self, other: Dec, rounding: Rounding) -> Result<Dec, NumError> {
        let negative = self.negative != other.negative;
        if let Some((one, two)) = self.small(other) {
            let product: U256 = one.widening_mul(two);
            return Dec::checked(negative, unscale(product, negative, rounding)?);
        }
        let product: U640 = self.magnitude.widening_mul(other.magnitude);
        Dec::checked(negative, unscale(product, negative, rounding)?)
    }

    /// Both magnitudes, if they fit 128 bits, as nearly all do: then what is made of them fits 256 bits.
    fn small(self, other: Dec) -> Option<(U128, U128)> {
        Some((fit(self.magnitude)?, fit(other.magnitude)?))
    }

    /// The product with a whole number, exact.
    pub fn mul_int(self, factor: Int) -> Result<Dec, NumError> {
        let product: U576 = self.magnitude.widening_mul(factor.magnitude());
        Dec::checked(self.negative != factor.is_negative(), product)
    }

    /// The quotient.
    ///
    /// # Rounding
    /// Cut after 36 places, then to the nearest; ties to even. A quotient a little above a tie is thus taken for a tie.
    pub fn quo(self, other: Dec) -> Result<Dec, NumError> {
        self.quo_rounded(other, Rounding::HalfEven)
    }

    /// The quotient.
    ///
    /// # Rounding
    /// Toward zero: who receives the quotient loses the remainder.
    pub fn quo_truncate(self, other: Dec) -> Result<Dec, NumError> {
        self.quo_rounded(other, Rounding::TowardZero)
    }

    /// The quotient.
    ///
    /// # Rounding
    /// Cut after 36 places, then a positive quotient up and a negative one toward zero. A remainder below 10^-36 is lost.
    pub fn quo_round_up(self, other: Dec) -> Result<Dec, NumError> {
        self.quo_rounded(other, Rounding::Up)
    }

    fn quo_rounded(self, other: Dec, rounding: Rounding) -> Result<Dec, NumError> {
        let negative = self.negative != other.negative;
        if let Some((one, two)) = self.small(other).filter(|(_, two)| !two.is_zero()) {
            let dividend: U256 = one.widening_mul(U128::from(ONE_SCALED_TWICE));
            return Dec::checked(negative, unscale(dividend.div_rem(resize(two)).0, negative, rounding)?);
        }
        let dividend: U448 = self.magnitude.widening_mul(U128::from(ONE_SCALED_TWICE));
        let cut = dividend.checked_div(resize(other.magnitude)).ok_or(NumError::DivisionByZero)?;
        Dec::checked(negative, unscale(cut, negative, rounding)?)
    }

    /// The quotient by a whole number.
    ///
    /// # Rounding
    /// Toward zero.
    pub fn quo_int(self, divisor: Int) -> Result<Dec, NumError> {
        let magnitude = self.magnitude.checked_div(resize(divisor.magnitude())).ok_or(NumError::DivisionByZero)?;
        Ok(Dec::from_parts(self.negative != divisor.is_negative(), magnitude))
    }

    /// The quotient by a whole number.
    ///
    /// # Rounding
    /// Toward zero.
    pub fn quo_i64(self, divisor: i64) -> Result<Dec, NumError> {
        self.quo_int(Int::from(divisor))
    }

    /// The power, by squaring; `power(0)` is 1.
    ///
    /// # Rounding
    /// Each of the at most 127 products is rounded to the nearest, ties to even, in the order of the SDK.
    pub fn power(self, exponent: u64) -> Result<Dec, NumError> {
        if exponent == 0 {
            return Ok(Dec::ONE);
        }
        let (mut base, mut odd_factors, mut rest) = (self, Dec::ONE, exponent);
        while rest > 1 {
            if rest & 1 == 1 {
                odd_factors = odd_factors.mul(base)?;
            }
            rest >>= 1;
            base = base.mul(base)?;
        }
        base.mul(odd_factors)
    }

    pub(super) fn scaled_magnitude(self) -> U320 {
        self.magnitude
    }

    /// The integer part and the rest, both with the sign of the number.
    pub(super) fn split(self) -> (Int, Dec) {
        let (whole, rest) = self.magnitude.div_rem(U320::from(ONE_SCALED));
        (Int::from_parts(self.negative, resize(whole)), Dec::from_parts(self.negative, rest))
    }

    /// The integer part.
    ///
    /// # Rounding
    /// Toward zero.
    pub fn truncate_int(self) -> Result<Int, NumError> {
        Ok(self.split().0)
    }

    /// The integer part, as a decimal number.
    ///
    /// # Rounding
    /// Toward zero.
    pub fn truncate_dec(self) -> Dec {
        Dec::from_int(self.split().0)
    }

    /// The nearest integer; ties to even.
    pub fn round_int(self) -> Result<Int, NumError> {
        let whole = unscale(self.magnitude, self.negative, Rounding::HalfEven)?;
        Ok(Int::from_parts(self.negative, fit(whole).ok_or(NumError::Overflow)?))
    }

    /// The smallest whole number that is not less.
    pub fn ceil(self) -> Result<Dec, NumError> {
        let whole = unscale(self.magnitude, self.negative, Rounding::Up)?;
        Ok(Dec::from_int(Int::from_parts(self.negative, fit(whole).ok_or(NumError::Overflow)?)))
    }

    /// The value with the other sign.
    pub fn neg(self) -> Dec {
        Dec::from_parts(!self.negative, self.magnitude)
    }

    /// The value without its sign.
    pub fn abs(self) -> Dec {
        Dec::from_parts(false, self.magnitude)
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

    /// Is it a whole number?
    pub fn is_integer(self) -> bool {
        self.split().1.is_zero()
    }

    /// The form of protobuf messages: the number x 10^18 as an integer text.
    pub fn to_scaled_string(self) -> String {
        let sign = if self.negative { "-" } else { "" };
        match u128::try_from(self.magnitude) {
            Ok(small) => format!("{sign}{small}"),
            Err(_) => format!("{sign}{}", self.magnitude),
        }
    }

    /// Reads the form of protobuf messages, decimal digits with an optional `-`, at most 315 bits.
    pub fn from_scaled_str(text: &str) -> Result<Dec, NumError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NumError::parse("scaled decimal", text, "wanted decimal digits with an optional minus sign"));
        }
        if digits.len() > 1 && digits.starts_with('0') {
            return Err(NumError::parse("scaled decimal", text, "leading zeros are not allowed"));
        }
        let magnitude = parse_digits::<320, 5>(digits).ok_or_else(|| out_of_range(text))?;
        Dec::checked(negative, magnitude).map_err(|_| out_of_range(text))
    }

    /// Reads a field of a protobuf message, where an empty text means that the field is not set.
    pub fn from_scaled_field(text: &str) -> Result<Option<Dec>, NumError> {
        if text.is_empty() { Ok(None) } else { Dec::from_scaled_str(text).map(Some) }
    }
}

/// Divides a non-negative magnitude by 10^18. `negative` is the sign of the number it belongs to.
fn unscale<const BITS: usize, const LIMBS: usize>(
    magnitude: Uint<BITS, LIMBS>,
    negative: bool,
    rounding: Rounding,
) -> Result<Uint<BITS, LIMBS>, NumError> {
    let (quotient, rest) = magnitude.div_rem(Uint::from(ONE_SCALED));
    let away_from_zero = match rounding {
        Rounding::TowardZero => false,
        Rounding::Up => !negative && !rest.is_zero(),
        Rounding::HalfEven => match rest.cmp(&Uint::from(HALF_SCALED)) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => quotient.bit(0),
        },
    };
    if away_from_zero { quotient.checked_add(Uint::ONE).ok_or(NumError::Overflow) } else { Ok(quotient) }
}

fn out_of_range(text: &str) -> NumError {
    NumError::parse("decimal", text, "more than 315 bits after scaling by 10^18")
}

impl Ord for Dec {
    fn cmp(&self, other: &Dec) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude.cmp(&other.magnitude),
            (true, true) => other.magnitude.cmp(&self.magnitude),
        }
    }
}

impl PartialOrd for Dec {
    fn partial_cmp(&self, other: &Dec) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Int> for Dec {
    fn from(value: Int) -> Dec {
        Dec::from_int(value)
    }
}

/// One optional `-`, digits, and optionally a point with 1 to 18 digits behind it; at most 315 bits after scaling.
///
/// # Compatibility
/// Upstream also takes a second sign (`--1`); it is refused here and cannot come out of upstream.
impl FromStr for Dec {
    type Err = NumError;

    fn from_str(text: &str) -> Result<Dec, NumError> {
        let refuse = |reason| NumError::parse("decimal", text, reason);
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if unsigned.is_empty() {
            return Err(refuse("decimal string cannot be empty"));
        }
        let (whole, places) = match unsigned.split_once('.') {
            None => (unsigned, ""),
            Some((whole, places)) if whole.is_empty() || places.is_empty() => {
                return Err(refuse(if places.contains('.') {
                    "more than one point"
                } else {
                    "wanted digits on both sides of the point"
                }));
            }
            Some(parts) => parts,
        };
        if !whole.bytes().chain(places.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(refuse("wanted digits with at most one point"));
        }
        if places.len() > 18 {
            return Err(refuse("more than 18 decimal places"));
        }
        let scaled = format!("{whole}{places:0<18}");
        let magnitude = parse_digits::<320, 5>(&scaled).ok_or_else(|| out_of_range(text))?;
        Dec::checked(negative, magnitude).map_err(|_| out_of_range(text))
    }
}

impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = self.magnitude.div_rem(U320::from(ONE_SCALED));
        if self.negative {
            f.write_str("-")?;
        }
        write_digits(whole, f)?;
        write!(f, ".{:018}", rest.wrapping_to::<u64>())
    }
}

impl fmt::Debug for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl borsh::BorshSerialize for Dec {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        write_signed(self.negative, self.magnitude, writer)
    }
}

impl borsh::BorshDeserialize for Dec {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Dec> {
        let (negative, magnitude) = read_signed(reader)?;
        if magnitude > MAGNITUDE_MAX {
            return Err(malformed("decimal is too large"));
        }
        Ok(Dec { negative, magnitude })
    }
}
