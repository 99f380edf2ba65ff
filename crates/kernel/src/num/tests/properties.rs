//! `Int` and `Dec` equal computations with unbounded integers, over their whole range.

use num_bigint::{BigInt, BigUint, Sign};
use proptest::prelude::*;

use super::*;

/// The questions about signs that the operations answer too.
trait Signed {
    fn is_zero(&self) -> bool;
    fn is_positive(&self) -> bool;
    fn is_negative(&self) -> bool;
    fn abs(&self) -> BigInt;
}

impl Signed for BigInt {
    fn is_zero(&self) -> bool {
        self.sign() == Sign::NoSign
    }

    fn is_positive(&self) -> bool {
        self.sign() == Sign::Plus
    }

    fn is_negative(&self) -> bool {
        self.sign() == Sign::Minus
    }

    fn abs(&self) -> BigInt {
        BigInt::from(self.magnitude().clone())
    }
}

fn one() -> BigInt {
    BigInt::from(1_000_000_000_000_000_000u64)
}

fn largest_int() -> BigInt {
    (BigInt::from(1) << 256) - 1
}

/// The largest magnitude a `Dec` can have.
fn largest_dec() -> BigInt {
    largest_int() * one()
}

/// The canonical bytes, which reach every value, also those that no text does.
fn bytes(value: &BigInt) -> Vec<u8> {
    let magnitude = if value.is_zero() { Vec::new() } else { value.magnitude().to_bytes_be() };
    let head = u8::try_from(magnitude.len()).unwrap() | if value.is_negative() { 0x80 } else { 0 };
    [vec![head], magnitude].concat()
}

fn to_int(value: &BigInt) -> Int {
    borsh::from_slice(&bytes(value)).unwrap()
}

fn to_dec(value: &BigInt) -> Dec {
    borsh::from_slice(&bytes(value)).unwrap()
}

fn from_int(value: Int) -> BigInt {
    value.to_string().parse().unwrap()
}

fn from_dec(value: Dec) -> BigInt {
    value.to_scaled_string().parse().unwrap()
}

/// Magnitudes up to a bound: even over the number of bits, at the powers of two, at half units, and small.
fn magnitude(bound: BigInt) -> BoxedStrategy<BigInt> {
    let bits = bound.bits();
    let keep = move |value: BigInt| if value > bound { bound.clone() } else { value };
    let random = (0..=bits, proptest::collection::vec(any::<u8>(), 40))
        .prop_map(|(bits, bytes)| BigInt::from(BigUint::from_bytes_be(&bytes) & ((BigUint::from(1u8) << bits) - 1u8)));
    let edge = (0..=bits, -1i8..=1).prop_map(|(bits, shift)| {
        let near: BigInt = (BigInt::from(1) << bits) + shift;
        near.abs()
    });
    let halves = (any::<u64>(), -1i8..=1).prop_map(|(count, shift)| {
        let near: BigInt = BigInt::from(count) * one() / 2 + shift;
        near.abs()
    });
    let everyday = any::<u128>().prop_map(|value| BigInt::from(value >> 32));
    prop_oneof![4 => random, 2 => edge, 2 => halves, 2 => everyday, 1 => (0u8..20).prop_map(BigInt::from)]
        .prop_map(keep)
        .boxed()
}

fn signed(bound: BigInt) -> BoxedStrategy<BigInt> {
    (magnitude(bound), any::<bool>()).prop_map(|(value, negative)| if negative { -value } else { value }).boxed()
}

fn any_int() -> BoxedStrategy<BigInt> {
    signed(largest_int())
}

fn any_dec() -> BoxedStrategy<BigInt> {
    signed(largest_dec())
}

/// What a checked decimal operation should answer.
fn within_315_bits(value: BigInt) -> Result<BigInt, NumError> {
    if value.bits() > 315 { Err(NumError::Overflow) } else { Ok(value) }
}

/// What an integer operation should answer.
fn within_256_bits(value: BigInt) -> Result<BigInt, NumError> {
    if value.bits() > 256 { Err(NumError::Overflow) } else { Ok(value) }
}

/// Division by 10^18 to the nearest, ties to even, computed another way: with twice the distances.
fn half_even(value: &BigInt) -> BigInt {
    let below = floor(value);
    let twice_rest: BigInt = (value - &below * one()) * 2;
    match twice_rest.cmp(&one()) {
        std::cmp::Ordering::Less => below,
        std::cmp::Ordering::Greater => below + 1,
        std::cmp::Ordering::Equal if &below % 2 == BigInt::from(0) => below,
        std::cmp::Ordering::Equal => below + 1,
    }
}

fn floor(value: &BigInt) -> BigInt {
    let quotient = value / one();
    if value.is_negative() && &quotient * one() != *value { quotient - 1 } else { quotient }
}

fn ceiling(value: &BigInt) -> BigInt {
    -floor(&-value)
}

fn toward_zero(value: &BigInt) -> BigInt {
    if value.is_negative() { ceiling(value) } else { floor(value) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn integer_operations_equal_unbounded_ones(a in any_int(), b in any_int()) {
        let (x, y) = (to_int(&a), to_int(&b));
        prop_assert_eq!(x.add(y).map(from_int), within_256_bits(&a + &b));
        prop_assert_eq!(x.sub(y).map(from_int), within_256_bits(&a - &b));
        prop_assert_eq!(x.mul(y).map(from_int), within_256_bits(&a * &b));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(from_int(x.neg()), -&a);
        prop_assert_eq!(from_int(x.abs()), a.abs());
        prop_assert_eq!(from_int(x.max(y)), a.clone().max(b.clone()));
        prop_assert_eq!(x.bits() as u64, a.bits());
        prop_assert_eq!((x.is_zero(), x.is_positive(), x.is_negative()), (a.is_zero(), a.is_positive(), a.is_negative()));
        prop_assert_eq!(x == y, a == b);
        if b.is_zero() {
            prop_assert_eq!(x.quo(y), Err(NumError::DivisionByZero));
        } else {
            prop_assert_eq!(x.quo(y).map(from_int), Ok(&a / &b));
            prop_assert_eq!(x.modulo(y).map(from_int), Ok(((&a % &b) + b.abs()) % b.abs()));
        }
        prop_assert_eq!(x.to_u64(), u64::try_from(&a).ok());
        prop_assert_eq!(x.to_i64(), i64::try_from(&a).ok());
        prop_assert_eq!(x.to_u128(), u128::try_from(&a).ok());
    }

    #[test]
    fn sums_and_order_of_decimals_equal_unbounded_ones(a in any_dec(), b in any_dec()) {
        let (x, y) = (to_dec(&a), to_dec(&b));
        prop_assert_eq!(x.add(y).map(from_dec), within_315_bits(&a + &b));
        prop_assert_eq!(x.sub(y).map(from_dec), within_315_bits(&a - &b));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(from_dec(x.neg()), -&a);
        prop_assert_eq!(from_dec(x.abs()), a.abs());
        prop_assert_eq!((x.is_zero(), x.is_positive(), x.is_negative()), (a.is_zero(), a.is_positive(), a.is_negative()));
    }

    #[test]
    fn products_of_decimals_equal_unbounded_ones_after_rounding(a in any_dec(), b in any_dec()) {
        let (x, y, product) = (to_dec(&a), to_dec(&b), &a * &b);
        prop_assert_eq!(x.mul(y).map(from_dec), within_315_bits(half_even(&product)));
        prop_assert_eq!(x.mul_truncate(y).map(from_dec), within_315_bits(toward_zero(&product)));
        prop_assert_eq!(x.mul_round_up(y).map(from_dec), within_315_bits(ceiling(&product)));
    }

    #[test]
    fn quotients_of_decimals_equal_unbounded_ones_cut_after_36_places(a in any_dec(), b in any_dec()) {
        let (x, y) = (to_dec(&a), to_dec(&b));
        if b.is_zero() {
            prop_assert_eq!(x.quo(y), Err(NumError::DivisionByZero));
        } else {
            let cut = &a * one() * one() / &b;
            prop_assert_eq!(x.quo(y).map(from_dec), within_315_bits(half_even(&cut)));
            prop_assert_eq!(x.quo_truncate(y).map(from_dec), within_315_bits(toward_zero(&cut)));
            prop_assert_eq!(x.quo_round_up(y).map(from_dec), within_315_bits(ceiling(&cut)));
        }
    }

    #[test]
    fn decimals_meet_integers_exactly(a in any_dec(), n in any_int(), small in any::<i64>()) {
        let (x, y) = (to_dec(&a), to_int(&n));
        prop_assert_eq!(x.mul_int(y).map(from_dec), within_315_bits(&a * &n));
        prop_assert_eq!(from_dec(Dec::from_int(y)), &n * one());
        prop_assert_eq!(from_dec(Dec::from_scaled(y)), n.clone());
        prop_assert_eq!(from_dec(Dec::from_i64(small)), BigInt::from(small) * one());
        if !n.is_zero() {
            prop_assert_eq!(x.quo_int(y).map(from_dec), Ok(&a / &n));
        }
        if small != 0 {
            prop_assert_eq!(x.quo_i64(small).map(from_dec), Ok(&a / small));
        }
    }

    #[test]
    fn rounding_to_whole_numbers_equals_unbounded_rounding(a in any_dec()) {
        let x = to_dec(&a);
        prop_assert_eq!(x.truncate_int().map(from_int), Ok(toward_zero(&a)));
        prop_assert_eq!(x.round_int().map(from_int), Ok(half_even(&a)));
        prop_assert_eq!(from_dec(x.truncate_dec()), toward_zero(&a) * one());
        prop_assert_eq!(x.ceil().map(from_dec), Ok(ceiling(&a) * one()));
        prop_assert_eq!(x.is_integer(), (&a % one()).is_zero());
    }

    #[test]
    fn powers_multiply_from_the_lowest_bit_up(a in signed(one() * 3), n in 0u64..5000) {
        let (mut wanted, mut square, mut rest) = (Ok(one()), Ok(a.clone()), n);
        let times = |a: &Result<BigInt, NumError>, b: &Result<BigInt, NumError>| match (a, b) {
            (Ok(a), Ok(b)) => within_315_bits(half_even(&(a * b))),
            _ => Err(NumError::Overflow),
        };
        while rest > 0 {
            if rest % 2 == 1 {
                wanted = times(&wanted, &square);
            }
            rest /= 2;
            if rest > 0 {
                square = times(&square, &square);
            }
        }
        prop_assert_eq!(to_dec(&a).power(n).map(from_dec), wanted);
    }

    #[test]
    fn texts_and_bytes_bring_the_same_number_back(a in any_dec(), n in any_int()) {
        let (x, y) = (to_dec(&a), to_int(&n));
        prop_assert_eq!(borsh::to_vec(&x).unwrap(), bytes(&a));
        prop_assert_eq!(borsh::to_vec(&y).unwrap(), bytes(&n));
        prop_assert_eq!(y.to_string(), n.to_string());
        prop_assert_eq!(y.to_string().parse(), Ok(y));
        prop_assert_eq!(x.to_scaled_string(), a.to_string());
        prop_assert_eq!(x.to_string().parse::<Dec>().ok(), (a.bits() <= 315).then_some(x));
        prop_assert_eq!(Dec::from_scaled_str(&x.to_scaled_string()).ok(), (a.bits() <= 315).then_some(x));
        prop_assert_eq!(serde_json::from_str::<Int>(&serde_json::to_string(&y).unwrap()).unwrap(), y);
    }

    #[test]
    fn bytes_that_are_read_are_the_bytes_that_are_written(bytes in proptest::collection::vec(any::<u8>(), 0..45)) {
        if let Ok(value) = borsh::from_slice::<Int>(&bytes) {
            prop_assert_eq!(borsh::to_vec(&value).unwrap(), bytes.clone());
        }
        if let Ok(value) = borsh::from_slice::<Dec>(&bytes) {
            prop_assert_eq!(borsh::to_vec(&value).unwrap(), bytes);
        }
    }

    #[test]
    fn no_text_is_read_that_is_not_written_alike(text in "-{0,2}[0-9]{0,4}\\.{0,2}[0-9x_+]{0,20}") {
        let unsigned = text.strip_prefix('-').unwrap_or(&text);
        let (whole, places) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let wanted = digits(whole) && digits(places) && places.len() <= 18;
        prop_assert_eq!(text.parse::<Dec>().is_ok(), wanted);
        if let Ok(value) = text.parse::<Dec>() {
            let canonical = BigInt::parse_bytes(format!("{whole}{places:0<18}").as_bytes(), 10).unwrap();
            prop_assert_eq!(from_dec(value.abs()), canonical);
            prop_assert_eq!(value.is_negative(), text.starts_with('-') && !value.is_zero());
        }
    }
}

#[test]
fn the_sign_of_zero_is_never_kept() {
    for zero in
        [Dec::ZERO.neg(), Dec::SMALLEST.neg().mul(Dec::SMALLEST).unwrap(), Dec::ONE.neg().add(Dec::ONE).unwrap()]
    {
        assert_eq!(zero, Dec::ZERO);
        assert!(!zero.is_negative());
    }
    assert_eq!(Int::ZERO.neg(), Int::ZERO);
    assert_eq!(Int::ONE.neg().quo(Int::from(2u8)).unwrap(), Int::ZERO);
}
