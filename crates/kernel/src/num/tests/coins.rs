//! Collections of coins give the answers of the SDK and equal a plain map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn coins(text: &str) -> Coins {
    text.parse().unwrap()
}

fn dec_coins(text: &str) -> DecCoins {
    text.parse().unwrap()
}

fn show(parts: &[impl ToString]) -> String {
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn answer(operation: &str, left: &str, right: &str) -> Option<Result<String, NumError>> {
    let quoted = || serde_json::from_str::<String>(left).unwrap();
    Some(match operation {
        "parse_coins" => quoted().parse::<Coins>().map(|coins| coins.to_string()),
        "parse_dec_coins" => quoted().parse::<DecCoins>().map(|coins| coins.to_string()),
        "validate" => {
            let list = quoted();
            let pairs = list.split(';').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once(' ').unwrap());
            Ok(Coins::from_wire_strict(pairs).map_or_else(|error| error.to_string(), |_| "ok".to_owned()))
        }
        "add" => coins(left).add(&coins(right)).map(|sum| sum.to_string()),
        "sub" => coins(left).sub(&coins(right)).map(|rest| rest.to_string()),
        "safe_sub" => {
            let (rest, negative) = coins(left).safe_sub(&coins(right));
            Ok(format!("{} {negative}", show(&rest)))
        }
        "min" => Ok(coins(left).min(&coins(right)).to_string()),
        "max" => Ok(coins(left).max(&coins(right)).to_string()),
        "is_all_gte" => Ok(coins(left).is_all_gte(&coins(right)).to_string()),
        "is_all_lte" => Ok(coins(left).is_all_lte(&coins(right)).to_string()),
        "is_any_gt" => Ok(coins(left).is_any_gt(&coins(right)).to_string()),
        "is_any_gte" => Ok(coins(left).is_any_gte(&coins(right)).to_string()),
        "dec_add" => dec_coins(left).add(&dec_coins(right)).map(|sum| sum.to_string()),
        "dec_sub" => dec_coins(left).sub(&dec_coins(right)).map(|rest| rest.to_string()),
        "dec_safe_sub" => {
            dec_coins(left).safe_sub(&dec_coins(right)).map(|(rest, negative)| format!("{} {negative}", show(&rest)))
        }
        "dec_intersect" => Ok(dec_coins(left).intersect(&dec_coins(right)).to_string()),
        "mul_dec" => dec_coins(left).mul_dec(dec(right)).map(|product| product.to_string()),
        "mul_dec_truncate" => dec_coins(left).mul_dec_truncate(dec(right)).map(|product| product.to_string()),
        "quo_dec" => dec_coins(left).quo_dec(dec(right)).map(|quotient| quotient.to_string()),
        "quo_dec_truncate" => dec_coins(left).quo_dec_truncate(dec(right)).map(|quotient| quotient.to_string()),
        "truncate_decimal" => {
            let (wholes, rests) = dec_coins(left).truncate_decimal();
            Ok(format!("{wholes} {rests}"))
        }
        _ => return None,
    })
}

#[test]
fn every_operation_gives_the_answer_of_the_sdk() {
    for row in table(include_str!("coins.tsv"), 1180) {
        let [operation, left, right, wanted] = row;
        let found = answer(operation, left, right).unwrap_or_else(|| panic!("unknown operation {operation}"));
        assert_eq!(found.unwrap_or_else(|_| "!".to_owned()), wanted, "{operation} {left} {right}");
    }
}

#[test]
fn a_subtraction_that_runs_short_names_the_denomination_and_both_amounts() {
    let error = coins("5uatom,3uente").sub(&coins("5uatom,4uente")).unwrap_err();
    let wanted = NumError::NegativeAmount { denom: "uente".to_owned(), have: "3".to_owned(), wanted: "4".to_owned() };
    assert_eq!(error, wanted);
    assert_eq!(error.to_string(), "negative coin amount: uente: have 3, wanted 4");
    assert_eq!(
        coins("5uatom").sub(&coins("1uente")).unwrap_err().to_string(),
        "negative coin amount: uente: have 0, wanted 1"
    );
    assert_eq!(
        dec_coins("0.5uente").sub(&dec_coins("0.6uente")).unwrap_err().to_string(),
        "negative coin amount: uente: have 0.500000000000000000, wanted 0.600000000000000000"
    );
}

#[test]
fn new_collections_are_sorted_without_zeros_and_never_merge_duplicates() {
    let coin = |denom: &str, amount: &str| Coin::new(Denom::new(denom).unwrap(), int(amount));
    let made = Coins::new(vec![coin("zzz", "1"), coin("bbb", "0"), coin("aaa", "2")]).unwrap();
    assert_eq!(made.to_string(), "2aaa,1zzz");
    let twice = Coins::new(vec![coin("aaa", "1"), coin("zzz", "1"), coin("aaa", "2")]).unwrap_err();
    assert_eq!(twice.to_string(), "duplicate denomination aaa");
    let below = Coins::new(vec![coin("aaa", "-1")]).unwrap_err();
    assert_eq!(below.to_string(), "coin -1aaa amount is not positive");
    assert!(Coins::one(coin("aaa", "0")).unwrap().is_empty());
    assert!(Coins::one(coin("aaa", "-1")).is_err());
    assert!(made.add_coin(&coin("aaa", "-1")).is_err());
    assert_eq!(made.add_coin(&coin("bbb", "7")).unwrap().to_string(), "2aaa,7bbb,1zzz");
    assert_eq!(made.denoms().map(Denom::as_str).collect::<Vec<_>>(), ["aaa", "zzz"]);
}

#[test]
fn coins_of_different_denominations_do_not_add() {
    let error = "1aaa".parse::<Coin>().unwrap().add(&"1bbb".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "invalid coin denominations; aaa, bbb");
}

#[test]
fn multiplying_coins_by_less_than_one_is_an_error() {
    assert_eq!(coins("5uatom").mul_int(int("3")).unwrap(), coins("15uatom"));
    assert_eq!(coins("5uatom").mul_int(Int::ZERO), Err(NumError::MultiplicationByZero));
    assert!(coins("5uatom").mul_int(int("-1")).is_err());
    assert_eq!(coins("5uatom").mul_int(Int::MAX), Err(NumError::Overflow));
    assert_eq!(dec_coins("5uatom").quo_dec(Dec::ZERO), Err(NumError::DivisionByZero));
    assert_eq!(DecCoins::empty().quo_dec_truncate(Dec::ZERO), Err(NumError::DivisionByZero));
    assert!(dec_coins("5uatom").mul_dec(dec("-1")).is_err());
}

#[test]
fn coins_are_a_list_of_denominations_and_amounts_in_json() {
    let text = r#"[{"denom":"uatom","amount":"5"},{"denom":"uente","amount":"3"}]"#;
    assert_eq!(serde_json::to_string(&coins("3uente,5uatom")).unwrap(), text);
    assert_eq!(serde_json::from_str::<Coins>(text).unwrap(), coins("5uatom,3uente"));
    assert_eq!(serde_json::from_str::<Coins>("null").unwrap(), Coins::empty());
    assert_eq!(serde_json::to_string(&Coins::empty()).unwrap(), "[]");
    assert_eq!(
        serde_json::to_string(&dec_coins("0.5uente")).unwrap(),
        r#"[{"denom":"uente","amount":"0.500000000000000000"}]"#
    );
    for refused in [
        r#"[{"denom":"uatom","amount":"-5"}]"#,
        r#"[{"denom":"u","amount":"5"}]"#,
        r#"[{"denom":"uatom","amount":5}]"#,
        r#"[{"denom":"uatom","amount":"5"},{"denom":"uatom","amount":"5"}]"#,
    ] {
        assert!(serde_json::from_str::<Coins>(refused).is_err(), "{refused}");
    }
}

#[test]
fn bytes_of_coins_must_be_sorted_unique_and_positive() {
    let coin = |denom: &str, amount: &str| Coin::new(Denom::new(denom).unwrap(), int(amount));
    let read = |list: Vec<Coin>| borsh::from_slice::<Coins>(&borsh::to_vec(&list).unwrap());
    assert_eq!(read(vec![coin("aaa", "1"), coin("bbb", "1")]).unwrap(), coins("1aaa,1bbb"));
    assert!(read(vec![coin("bbb", "1"), coin("aaa", "1")]).is_err());
    assert!(read(vec![coin("aaa", "1"), coin("aaa", "1")]).is_err());
    assert!(read(vec![coin("aaa", "0")]).is_err());
    assert!(read(vec![coin("aaa", "-1")]).is_err());
}

type Model = BTreeMap<String, u128>;

fn model() -> impl Strategy<Value = Model> {
    proptest::collection::btree_map("[abAB]{3}", 0u128..50, 0..8)
        .prop_map(|map| map.into_iter().filter(|(_, amount)| *amount > 0).collect())
}

fn build(model: &Model) -> Coins {
    let list = model.iter().rev().map(|(denom, amount)| Coin::new(Denom::new(denom).unwrap(), Int::from(*amount)));
    Coins::new(list.collect()).unwrap()
}

fn amount(model: &Model, denom: &str) -> u128 {
    model.get(denom).copied().unwrap_or_default()
}

/// Both models joined by an operation on the amounts; zeros disappear.
fn join(a: &Model, b: &Model, operation: impl Fn(u128, u128) -> u128) -> Model {
    let denoms = a.keys().chain(b.keys());
    let joined = denoms.map(|denom| (denom.clone(), operation(amount(a, denom), amount(b, denom))));
    joined.filter(|(_, amount)| *amount > 0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn collections_equal_a_plain_map(a in model(), b in model(), probe in "[abAB]{3}", factor in 1u128..1000) {
        let (x, y) = (build(&a), build(&b));
        prop_assert_eq!(x.add(&y).unwrap(), build(&join(&a, &b, |a, b| a + b)));
        prop_assert_eq!(x.min(&y), build(&join(&a, &b, u128::min)));
        prop_assert_eq!(x.max(&y), build(&join(&a, &b, u128::max)));
        prop_assert_eq!(x.mul_int(Int::from(factor)).unwrap(), build(&join(&a, &a, |a, _| a * factor)));
        prop_assert_eq!(x.amount_of(&probe), Int::from(amount(&a, &probe)));
        prop_assert_eq!(x.len(), a.len());
        prop_assert_eq!(x.is_all_gte(&y), b.iter().all(|(denom, wanted)| amount(&a, denom) >= *wanted));
        let covered = b.iter().all(|(denom, wanted)| amount(&a, denom) >= *wanted);
        prop_assert_eq!(x.sub(&y).ok(), covered.then(|| build(&join(&a, &b, |a, b| a.saturating_sub(b)))));
        let (rest, negative) = x.safe_sub(&y);
        prop_assert_eq!(negative, !covered);
        for coin in &rest {
            prop_assert!(!coin.is_zero());
            prop_assert_eq!(coin.amount.add(y.amount_of(coin.denom.as_str())).unwrap(), x.amount_of(coin.denom.as_str()));
        }
        prop_assert_eq!(x.add(&y).unwrap().sub(&y).unwrap(), x.clone());
        prop_assert_eq!(x.to_string().parse::<Coins>().unwrap(), x.clone());
        prop_assert_eq!(borsh::from_slice::<Coins>(&borsh::to_vec(&x).unwrap()).unwrap(), x.clone());
        prop_assert_eq!(Coins::from_strict(x.clone().into_vec()).unwrap(), x);
    }

    #[test]
    fn decimal_collections_split_into_wholes_and_rests(a in model(), b in model(), scale in 1i64..1_000_000_000) {
        let factor = Dec::new_with_prec(scale, 9).unwrap();
        let (x, y) = (DecCoins::from_coins(&build(&a)), DecCoins::from_coins(&build(&b)));
        let scaled = x.mul_dec(factor).unwrap();
        let (wholes, rests) = scaled.truncate_decimal();
        prop_assert_eq!(DecCoins::from_coins(&wholes).add(&rests).unwrap(), scaled.clone());
        prop_assert!(rests.iter().all(|coin| coin.amount.is_positive() && coin.amount < Dec::ONE));
        let sum = scaled.add(&y).unwrap();
        prop_assert_eq!(sum.sub(&y).unwrap(), scaled.clone());
        prop_assert_eq!(sum.intersect(&y), y);
        prop_assert_eq!(scaled.quo_dec(factor).unwrap(), x);
        prop_assert!(DecCoins::from_strict(scaled.clone().into_vec()).is_ok());
        prop_assert_eq!(borsh::from_slice::<DecCoins>(&borsh::to_vec(&scaled).unwrap()).unwrap(), scaled);
    }
}
