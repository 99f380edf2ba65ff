//! `Int` and `Dec` give the answers of the Go implementation and of the specification.

use super::*;

fn answer(operation: &str, left: &str, right: &str) -> Option<Result<String, NumError>> {
    let scaled = |text: &str| Dec::from_scaled_str(text).unwrap();
    if let Some(operation) = operation.strip_prefix("int_") {
        let (left, right) = (int(left), int(right));
        let result = match operation {
            "add" => left.add(right),
            "sub" => left.sub(right),
            "mul" => left.mul(right),
            "quo" => left.quo(right),
            "modulo" => left.modulo(right),
            _ => return None,
        };
        return Some(result.map(|value| value.to_string()));
    }
    let left = scaled(left);
    let result = match operation {
        "add" => left.add(scaled(right)),
        "sub" => left.sub(scaled(right)),
        "mul" => left.mul(scaled(right)),
        "mul_truncate" => left.mul_truncate(scaled(right)),
        "mul_round_up" => left.mul_round_up(scaled(right)),
        "quo" => left.quo(scaled(right)),
        "quo_truncate" => left.quo_truncate(scaled(right)),
        "quo_round_up" => left.quo_round_up(scaled(right)),
        "mul_int" => left.mul_int(int(right)),
        "quo_int" => left.quo_int(int(right)),
        "power" => left.power(right.parse().unwrap()),
        "ceil" => left.ceil(),
        "truncate_int" => return Some(left.truncate_int().map(|value| value.to_string())),
        "round_int" => return Some(left.round_int().map(|value| value.to_string())),
        "text" => return Some(Ok(left.to_string())),
        _ => return None,
    };
    Some(result.map(|value| value.to_scaled_string()))
}

#[test]
fn every_operation_gives_the_answer_of_the_go_implementation() {
    for row in table(include_str!("dec.tsv"), 2400) {
        let [operation, left, right, wanted] = row;
        let found = answer(operation, left, right).unwrap_or_else(|| panic!("unknown operation {operation}"));
        assert_eq!(found.unwrap_or_else(|_| "!".to_owned()), wanted, "{operation} {left} {right}");
    }
}

#[test]
fn products_of_small_numbers_round_half_to_even() {
    for (left, right, wanted) in [
        ("0.000000000000000001", "0.5", "0.000000000000000000"),
        ("0.000000000000000003", "0.5", "0.000000000000000002"),
        ("0.000000000000000005", "0.5", "0.000000000000000002"),
        ("-0.000000000000000003", "0.5", "-0.000000000000000002"),
    ] {
        assert_eq!(dec(left).mul(dec(right)), Ok(dec(wanted)), "{left} * {right}");
    }
}

#[test]
fn quotients_round_half_to_even_after_36_places() {
    for (left, right, wanted) in [
        ("1", "3", "0.333333333333333333"),
        ("2", "3", "0.666666666666666667"),
        ("-2", "3", "-0.666666666666666667"),
        ("0.000000000000000001", "2", "0"),
        ("0.000000000000000003", "2", "0.000000000000000002"),
        ("0.000000000000000005", "2", "0.000000000000000002"),
        ("0.000000000000000001", "1.999999999999999999", "0"),
    ] {
        assert_eq!(dec(left).quo(dec(right)), Ok(dec(wanted)), "{left} / {right}");
    }
}

#[test]
fn directed_quotients_round_as_their_names_say() {
    assert_eq!(dec("2").quo_truncate(dec("3")), Ok(dec("0.666666666666666666")));
    assert_eq!(dec("1").quo_round_up(dec("3")), Ok(dec("0.333333333333333334")));
    assert_eq!(dec("2").quo_int(int("3")), Ok(dec("0.666666666666666666")));
    assert_eq!(dec("-2").quo_int(int("3")), Ok(dec("-0.666666666666666666")));
    assert_eq!(dec("-2").quo_i64(3), Ok(dec("-0.666666666666666666")));
}

#[test]
fn a_remainder_below_36_places_does_not_round_a_quotient_up() {
    let divisor = dec("1000000000000000000.000000000000000001");
    assert_eq!(dec("1").quo_round_up(divisor), Ok(Dec::SMALLEST));
    assert_eq!(Dec::SMALLEST.quo_round_up(dec("1000000000000000000000")), Ok(Dec::ZERO));
}

#[test]
fn rounding_to_integers_goes_to_the_even_neighbour_on_ties() {
    for (number, wanted) in
        [("0.5", "0"), ("1.5", "2"), ("2.5", "2"), ("-0.5", "0"), ("-1.5", "-2"), ("2.500000000000000001", "3")]
    {
        assert_eq!(dec(number).round_int(), Ok(int(wanted)), "{number}");
    }
}

#[test]
fn truncation_goes_toward_zero() {
    for (number, wanted) in [("1.999999999999999999", "1"), ("-1.9", "-1"), ("0.5", "0")] {
        assert_eq!(dec(number).truncate_int(), Ok(int(wanted)), "{number}");
        assert_eq!(dec(number).truncate_dec(), Dec::from_int(int(wanted)), "{number}");
    }
}

#[test]
fn the_ceiling_is_never_below_the_number() {
    for (number, wanted) in [("1.000000000000000001", "2"), ("1", "1"), ("-1.9", "-1"), ("-0.5", "0"), ("0", "0")] {
        assert_eq!(dec(number).ceil(), Ok(dec(wanted)), "{number}");
    }
}

#[test]
fn powers_round_after_each_product() {
    for (base, exponent, wanted) in [
        ("0.5", 0, "1"),
        ("0", 0, "1"),
        ("1.5", 2, "2.25"),
        ("0.98", 12, "0.784716723734800033"),
        ("0.99995", 28_800, "0.236919229152022558"),
        ("1.000000000000000001", 3, "1.000000000000000003"),
    ] {
        assert_eq!(dec(base).power(exponent), Ok(dec(wanted)), "{base} ^ {exponent}");
    }
}

#[test]
fn powers_overflow_after_the_exponent_of_the_specification() {
    for (base, largest) in
        [("2", 255), ("1.5", 436), ("1.1", 1_855), ("1.01", 17_777), ("1.001", 176_983), ("1.0001", 1_769_036)]
    {
        assert!(dec(base).power(largest).is_ok(), "{base}");
        assert_eq!(dec(base).power(largest + 1), Err(NumError::Overflow), "{base}");
    }
    assert_eq!(dec("2").power(u64::MAX), Err(NumError::Overflow));
    assert_eq!(dec("-1").power(u64::MAX), Ok(dec("-1")));
}

#[test]
fn shares_of_a_pool_can_be_more_than_exist_because_quotients_round_up() {
    let (tokens, shares, pool) = (dec("3"), dec("2"), dec("3"));
    let price = shares.quo(pool).unwrap();
    assert_eq!(price.mul(tokens), Ok(dec("2.000000000000000001")));
}

#[test]
fn checked_results_have_at_most_315_bits() {
    let limit: num_bigint::BigInt = num_bigint::BigInt::from(1) << 315;
    let below: num_bigint::BigInt = limit - 1;
    let largest = Dec::from_scaled_str(&below.to_string()).unwrap();
    assert_eq!(largest.add(Dec::SMALLEST), Err(NumError::Overflow));
    assert_eq!(largest.neg().sub(Dec::SMALLEST), Err(NumError::Overflow));
    assert_eq!(largest.mul(Dec::ONE), Ok(largest));
    assert_eq!(largest.mul(dec("1.000000000000000001")), Err(NumError::Overflow));
    assert_eq!(largest.mul_int(int("2")), Err(NumError::Overflow));
    assert_eq!(largest.quo(dec("0.9")), Err(NumError::Overflow));
    assert_eq!(largest.quo_truncate(Dec::ONE), Ok(largest));
}

#[test]
fn the_largest_integer_is_a_decimal_that_only_unchecked_operations_take() {
    let widest = Dec::from_int(Int::MAX);
    assert_eq!(widest.truncate_int(), Ok(Int::MAX));
    assert_eq!(widest.round_int(), Ok(Int::MAX));
    assert_eq!(widest.ceil(), Ok(widest));
    assert_eq!(widest.neg().abs(), widest);
    assert_eq!(widest.quo_i64(1), Ok(widest));
    assert_eq!(widest.add(Dec::ZERO), Err(NumError::Overflow));
    assert_eq!(widest.sub(widest), Ok(Dec::ZERO));
}

#[test]
fn dividing_by_zero_is_an_error() {
    for result in [
        Dec::ONE.quo(Dec::ZERO),
        Dec::ONE.quo_truncate(Dec::ZERO),
        Dec::ONE.quo_round_up(Dec::ZERO),
        Dec::ONE.quo_int(Int::ZERO),
        Dec::ONE.quo_i64(0),
        Dec::ZERO.quo(Dec::ZERO),
    ] {
        assert_eq!(result, Err(NumError::DivisionByZero));
    }
    assert_eq!(Int::ONE.quo(Int::ZERO), Err(NumError::DivisionByZero));
    assert_eq!(Int::ONE.modulo(Int::ZERO), Err(NumError::DivisionByZero));
    assert_eq!(NumError::DivisionByZero.to_string(), "division by zero");
    assert_eq!(NumError::Overflow.to_string(), "Int overflow");
}

#[test]
fn places_of_a_written_constant_are_at_most_18() {
    assert_eq!(Dec::new_with_prec(5, 2), Ok(dec("0.05")));
    assert_eq!(Dec::new_with_prec(-5, 0), Ok(dec("-5")));
    assert_eq!(Dec::new_with_prec(i64::MIN, 18), Ok(dec("-9.223372036854775808")));
    assert!(Dec::new_with_prec(5, 19).is_err());
    assert!(Dec::new_with_prec(5, u32::MAX).is_err());
}

#[test]
fn integers_convert_to_machine_words_only_if_they_fit() {
    assert_eq!(int("18446744073709551615").to_u64(), Some(u64::MAX));
    assert_eq!(int("18446744073709551616").to_u64(), None);
    assert_eq!(int("-1").to_u64(), None);
    assert_eq!(int("9223372036854775807").to_i64(), Some(i64::MAX));
    assert_eq!(int("9223372036854775808").to_i64(), None);
    assert_eq!(int("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(int("-9223372036854775809").to_i64(), None);
    assert_eq!(Int::from(u128::MAX).to_u128(), Some(u128::MAX));
    assert_eq!(Int::from(u128::MAX).add(Int::ONE).unwrap().to_u128(), None);
    assert_eq!(Int::from(i64::MIN), int("-9223372036854775808"));
}

#[test]
fn tokens_and_shares_add_and_subtract_within_their_kind() {
    let tokens = Tokens(int("5")).sub(Tokens(int("7"))).unwrap();
    assert!(tokens.is_negative());
    assert_eq!(tokens.add(Tokens(int("2"))), Ok(Tokens::ZERO));
    assert_eq!(Shares(dec("0.5")).add(Shares(dec("0.5"))), Ok(Shares(Dec::ONE)));
    assert_eq!(Shares(dec("0.5")).to_string(), "0.500000000000000000");
}
