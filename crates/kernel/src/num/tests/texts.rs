//! Which texts and bytes are numbers, and which are not.

use borsh::BorshDeserialize;

use super::*;

fn power_of_two_minus_one(bits: u32) -> String {
    let power = num_bigint::BigUint::from(1u8) << bits;
    let below: num_bigint::BigUint = power - 1u8;
    below.to_string()
}

#[test]
fn decimals_are_written_with_18_places() {
    for (number, wanted) in [
        (Dec::SMALLEST, "0.000000000000000001"),
        (dec("-0.05"), "-0.050000000000000000"),
        (dec("100000000000000000000"), "100000000000000000000.000000000000000000"),
        (Dec::ZERO, "0.000000000000000000"),
    ] {
        assert_eq!(number.to_string(), wanted);
    }
}

#[test]
fn decimals_are_read_from_digits_with_at_most_one_sign_and_point() {
    for (text, wanted) in [
        ("0", "0.000000000000000000"),
        ("-0", "0.000000000000000000"),
        ("-0.000", "0.000000000000000000"),
        ("007", "7.000000000000000000"),
        ("0.1", "0.100000000000000000"),
        ("-123.456", "-123.456000000000000000"),
        ("1.000000000000000001", "1.000000000000000001"),
    ] {
        assert_eq!(dec(text).to_string(), wanted, "{text}");
        assert!(!dec("-0.0").is_negative());
    }
    for text in [
        "",
        "-",
        ".",
        "1.",
        ".1",
        "-.1",
        "1..2",
        "1.2.3",
        "..",
        "--1",
        "-+1",
        "+1",
        "1e5",
        "0x1",
        "1_000",
        " 1",
        "1 ",
        "١",
        "1,5",
        "NaN",
        "1.-5",
        "1.+5",
        "0.0000000000000000001",
        "1.0000000000000000000",
    ] {
        assert!(text.parse::<Dec>().is_err(), "{text:?} was read");
    }
}

#[test]
fn decimals_above_315_bits_are_not_read() {
    let limit: num_bigint::BigInt = num_bigint::BigInt::from(1) << 315;
    let fits = power_of_two_minus_one(315);
    assert_eq!(Dec::from_scaled_str(&fits).unwrap().to_scaled_string(), fits);
    assert!(Dec::from_scaled_str(&limit.to_string()).is_err());
    let text = Dec::from_scaled_str(&fits).unwrap().to_string();
    assert_eq!(dec(&text).to_scaled_string(), fits);
    assert!(Dec::from_int(Int::MAX).to_string().parse::<Dec>().is_err());
    assert!("9".repeat(100_000).parse::<Dec>().is_err());
}

#[test]
fn an_empty_protobuf_field_is_an_unset_decimal() {
    assert_eq!(Dec::from_scaled_field(""), Ok(None));
    assert_eq!(Dec::from_scaled_field("500000000000000000"), Ok(Some(dec("0.5"))));
    for text in ["-", "1.5", "+1", "--1", "0x10", "010", "1_0", " 1"] {
        assert!(Dec::from_scaled_str(text).is_err(), "{text:?} was read");
    }
    assert!(Dec::from_scaled_str("").is_err());
}

#[test]
fn integers_are_read_from_plain_digits_of_at_most_256_bits() {
    for text in ["0", "1", "-1", "340282366920938463463374607431768211456"] {
        assert_eq!(int(text).to_string(), text);
    }
    assert_eq!(int("-0"), Int::ZERO);
    let limit: num_bigint::BigInt = num_bigint::BigInt::from(1) << 256;
    let largest = power_of_two_minus_one(256);
    assert_eq!(int(&largest), Int::MAX);
    assert_eq!(int(&format!("-{largest}")), Int::MAX.neg());
    assert!(limit.to_string().parse::<Int>().is_err());
    for text in ["", "-", "--1", "+1", "010", "0x10", "1_000", "1.0", " 1", "1 ", "1e3", "٣", "00", "0b1"] {
        assert!(text.parse::<Int>().is_err(), "{text:?} was read");
    }
}

#[test]
fn an_error_names_the_refused_value_but_not_all_of_it() {
    let error = "12x".parse::<Int>().unwrap_err().to_string();
    assert_eq!(error, "invalid integer \"12x\": wanted decimal digits with an optional minus sign");
    let long = "é".repeat(5_000).parse::<Int>().unwrap_err().to_string();
    assert!(long.len() < 300, "{long}");
}

#[test]
fn numbers_are_texts_in_json() {
    assert_eq!(serde_json::to_string(&int("-12")).unwrap(), "\"-12\"");
    assert_eq!(serde_json::to_string(&dec("1.5")).unwrap(), "\"1.500000000000000000\"");
    assert_eq!(serde_json::from_str::<Int>("\"-12\"").unwrap(), int("-12"));
    assert_eq!(serde_json::from_str::<Dec>("\"1.5\"").unwrap(), dec("1.5"));
    assert_eq!(serde_json::from_value::<Int>(serde_json::json!("7")).unwrap(), int("7"));
    assert!(serde_json::from_str::<Int>("12").is_err());
    assert!(serde_json::from_str::<Dec>("1.5").is_err());
    assert_eq!(serde_json::to_string(&Tokens(int("3"))).unwrap(), "\"3\"");
}

#[test]
fn numbers_have_one_byte_form_only() {
    assert_eq!(borsh::to_vec(&Int::ZERO).unwrap(), [0]);
    assert_eq!(borsh::to_vec(&int("-256")).unwrap(), [0x82, 1, 0]);
    assert_eq!(borsh::to_vec(&Dec::SMALLEST.neg()).unwrap(), [0x81, 1]);
    for bytes in [&[0x80][..], &[1, 0], &[2, 0, 1], &[2, 1], &[0x81, 0], &[]] {
        assert!(Int::try_from_slice(bytes).is_err(), "{bytes:?} was read as an integer");
        assert!(Dec::try_from_slice(bytes).is_err(), "{bytes:?} was read as a decimal");
    }
    let mut wide = vec![33, 1];
    wide.resize(34, 0);
    assert!(Int::try_from_slice(&wide).is_err());
    let largest = borsh::to_vec(&Dec::from_int(Int::MAX)).unwrap();
    assert_eq!(Dec::try_from_slice(&largest).unwrap(), Dec::from_int(Int::MAX));
    let mut above = largest.clone();
    *above.last_mut().unwrap() += 1;
    assert!(Dec::try_from_slice(&above).is_err());
    assert!(Dec::try_from_slice(&[[40].as_slice(), &[255; 40]].concat()).is_err());
}

#[test]
fn denominations_follow_the_default_expression_of_the_sdk() {
    for text in [
        "abc",
        "uente",
        "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2",
        "a.b",
        "A:b_c-d",
        "a12",
    ] {
        assert_eq!(Denom::new(text).unwrap().as_str(), text);
    }
    assert!(Denom::new(&"a".repeat(128)).is_ok());
    assert!(Denom::new(&"a".repeat(129)).is_err());
    for text in ["", "a", "ab", "1ab", "_ab", "/ab", "a b", "ab*", "abc\n", "äbc", "abç", "ab\u{0}"] {
        assert!(Denom::new(text).is_err(), "{text:?} was taken");
    }
    assert_eq!(Denom::new("ab").unwrap_err().to_string(), "invalid denom: ab");
    assert!(Denom::new("Zzz").unwrap() < Denom::new("aaa").unwrap());
    let denom = Denom::new("uente").unwrap();
    assert_eq!(borsh::to_vec(&denom).unwrap(), b"\x05uente");
    assert_eq!(Denom::try_from_slice(b"\x05uente").unwrap(), denom);
    assert!(Denom::try_from_slice(b"\x02ue").is_err());
    assert!(serde_json::from_str::<Denom>("\"u\"").is_err());
    assert_eq!(serde_json::to_string(&denom).unwrap(), "\"uente\"");
}
