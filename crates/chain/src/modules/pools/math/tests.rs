//! The curves against an independent model in big integers, and what nobody may win.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::*;

fn big(n: u128) -> BigInt {
    BigInt::from(n)
}

fn weighted(hundredths: &[u128]) -> Curve {
    Curve::Weighted(hundredths.iter().map(|w| w * WAD / 100).collect())
}

fn stable(amplification: u128, rates: &[u128]) -> Curve {
    let units = rates.iter().map(|rate| Unit::new(*rate, 6, 6).unwrap()).collect::<Vec<_>>();
    Curve::Stable { ann: amplification * u128::try_from(units.len()).unwrap(), units }
}

/// `Π B^w` with weights in hundredths, exactly.
fn kept(reserves: &[u128], hundredths: &[u128]) -> BigInt {
    reserves.iter().zip(hundredths).map(|(b, w)| big(*b).pow(u32::try_from(*w).unwrap())).product()
}

/// The root of the invariant over values in whole steps of 2^-32 of a unit, by halving; exact integers only.
fn root(reserves: &[u128], rates: &[u128], amplification: u128) -> BigInt {
    let x: Vec<BigInt> = reserves.iter().zip(rates).map(|(b, r)| ((big(*b) * big(*r)) << 32) / big(WAD)).collect();
    let n = u32::try_from(x.len()).unwrap();
    let ann = big(amplification) * n;
    let (sum, product): (BigInt, BigInt) = (x.iter().sum(), x.iter().product::<BigInt>() * BigInt::from(n).pow(n));
    let above = |d: &BigInt| d.pow(n + 1) + &product * (&ann - 1) * d > &product * &ann * &sum;
    let (mut low, mut high) = (BigInt::from(0), sum.clone() + 1);
    while &high - &low > BigInt::from(1) {
        let middle: BigInt = (&low + &high) >> 1;
        if above(&middle) { high = middle } else { low = middle }
    }
    low
}

fn after_swap(reserves: &[u128], i: usize, j: usize, paid: u128, got: u128) -> Vec<u128> {
    let mut after = reserves.to_vec();
    after[i] += paid;
    after[j] -= got;
    after
}

fn amounts(most_bits: u32) -> impl Strategy<Value = u128> {
    (20..=most_bits, any::<u128>()).prop_map(|(bits, n)| (n >> (128 - bits)).max(1_000_000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_weighted_swap_keeps_the_product_and_pays_at_most_two_units_less_than_the_exact_amount(
        a in amounts(110), b in amounts(110), paid in amounts(110), w in 1_u128..=99
    ) {
        let (weights, reserves) = ([w, 100 - w], [a, b]);
        let got = weighted(&weights).swap(&reserves, 0, 1, paid).unwrap();
        let before = kept(&reserves, &weights);
        prop_assert!(kept(&after_swap(&reserves, 0, 1, paid, got), &weights) >= before);
        if got + 2 < b {
            prop_assert!(kept(&after_swap(&reserves, 0, 1, paid, got + 2), &weights) <= before);
        }
    }

    #[test]
    fn even_weights_pay_what_the_constant_product_says(a in amounts(110), b in amounts(110), paid in amounts(110)) {
        let got = weighted(&[50, 50]).swap(&[a, b], 0, 1, paid).unwrap();
        let exact: BigInt = big(b) * big(paid) / (big(a) + big(paid));
        let short = exact - big(got);
        prop_assert!(short >= big(0) && short <= big(1), "{short}");
    }

    #[test]
    fn a_weighted_join_mints_no_more_than_the_product_grows(
        a in amounts(90), b in amounts(90), more in amounts(90), other in amounts(90), w in 1_u128..=99, fee in 0..WAD / 20
    ) {
        let (weights, reserves, coins) = ([w, 100 - w], [a, b], [more, other]);
        let shares = 1_u128 << 100;
        let curve = weighted(&weights);
        if let Ok((minted, fees)) = join_shares(&curve, &reserves, &coins, shares, fee) {
            let after = [a + more, b + other];
            let left = big(shares + minted).pow(100) * kept(&reserves, &weights);
            prop_assert!(left <= big(shares).pow(100) * kept(&after, &weights));
            prop_assert!(fees.iter().zip(coins).all(|(fee, coin)| *fee <= coin));
        }
    }

    #[test]
    fn coins_in_exact_proportion_pay_no_fee(a in 1_000_000_u128..1 << 60, b in 1_000_000_u128..1 << 60, times in 1_u128..1000) {
        let shares = 1_u128 << 90;
        for curve in [weighted(&[80, 20]), stable(85, &[WAD, WAD])] {
            let (minted, _) = join_shares(&curve, &[a, b], &[a * times, b * times], shares, WAD / 100).unwrap();
            prop_assert_eq!(minted, shares * times);
        }
    }

    #[test]
    fn what_a_join_pays_is_at_least_the_fee_of_the_swap_that_it_implies(
        a in 1_u128 << 40..1 << 60, b in 1_u128 << 40..1 << 60, part in 1_u128..200, w in 5_u128..=95
    ) {
        // Joining with one coin and leaving with both is a swap. Its fee stays in a pool of which the actor has a part for a moment, and
        // is counted on growth before the fee: nothing else is saved.
        let (weights, reserves, shares, fee) = ([w, 100 - w], [a, b], 1_u128 << 90, WAD / 300);
        let curve = weighted(&weights);
        let paid = a * part / 100;
        let (minted, _) = join_shares(&curve, &reserves, &[paid, 0], shares, fee).unwrap();
        let back = exit_amount(a + paid, minted, shares + minted).unwrap();
        let got = exit_amount(b, minted, shares + minted).unwrap();
        let net = paid - back;
        let taken = swap_fee(net, fee).unwrap();
        let saved = entente_kernel::num::ceil_ratio(&[taken, minted], &[shares + minted]).unwrap() + swap_fee(taken, fee).unwrap() + 1;
        prop_assert!(got <= curve.swap(&reserves, 0, 1, net - taken + saved).unwrap() + 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn a_stable_swap_never_lowers_the_invariant_and_pays_nearly_all_that_it_could(
        a in amounts(70), b in amounts(70), paid in amounts(70), amplification in 1_u128..5_000,
        rate in WAD / 2..3 * WAD, other in WAD / 2..3 * WAD
    ) {
        let (rates, reserves) = ([rate, other], [a, b]);
        let Ok(got) = stable(amplification, &rates).swap(&reserves, 0, 1, paid) else { return Ok(()) };
        let before = root(&reserves, &rates, amplification);
        let after = root(&after_swap(&reserves, 0, 1, paid, got), &rates, amplification);
        prop_assert!(after >= before, "{before} {after}");
        let is_lopsided = a.max(b).max(a + paid) / a.min(b - got).max(1) > 1_000;
        if got + 2 < b && !is_lopsided {
            let more = root(&after_swap(&reserves, 0, 1, paid, got + 2), &rates, amplification);
            prop_assert!(more <= before, "two units more could have been paid");
        }
    }

    #[test]
    fn three_coins_of_a_stable_pool_keep_the_invariant_too(
        a in amounts(60), b in amounts(60), c in amounts(60), paid in amounts(60), amplification in 1_u128..2_000
    ) {
        let (rates, reserves) = ([WAD, 5 * WAD / 4, 9 * WAD / 8], [a, b, c]);
        let Ok(got) = stable(amplification, &rates).swap(&reserves, 0, 2, paid) else { return Ok(()) };
        let (before, after) = (
            root(&reserves, &rates, amplification),
            root(&after_swap(&reserves, 0, 2, paid, got), &rates, amplification),
        );
        prop_assert!(after >= before);
    }

    #[test]
    fn the_bounds_of_the_invariant_enclose_the_root(a in amounts(70), b in amounts(70), amplification in 1_u128..5_000) {
        let curve = stable(amplification, &[WAD, WAD]);
        let x = curve.values(&[a, b]).unwrap();
        let (low, high) = super::stable::invariant(&x, Wide::from_u128(amplification * 2)).unwrap();
        let exact = root(&[a, b], &[WAD, WAD], amplification);
        let text = |wide: Wide| wide.to_string().parse::<BigInt>().unwrap();
        prop_assert!(text(low) <= exact.clone() + 1 && text(high) >= exact);
        // Where one coin is a millionth of the other, a step of its value is a thousand steps of the invariant.
        if a.max(b) / a.min(b) < 1_000_000 {
            prop_assert!(text(high) - text(low) <= BigInt::from(1 << 12), "{low} {high}");
        }
    }
}

fn any_amount() -> impl Strategy<Value = u128> {
    prop_oneof![
        Just(0_u128),
        Just(1),
        Just(RESERVE_MAX),
        Just(1 << 120),
        Just(u128::MAX),
        any::<u128>(),
        (0_u32..128, any::<u128>()).prop_map(|(bits, n)| n >> bits),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_numbers_make_a_curve_panic_or_loop(
        reserves in prop::collection::vec(any_amount(), 0..6),
        numbers in prop::collection::vec(any_amount(), 6),
        places in (0_usize..6, 0_usize..6),
        decimals in prop::collection::vec((0_u32..40, 0_u32..40), 6),
        is_stable: bool
    ) {
        let curve = if is_stable {
            let units = numbers.iter().zip(&decimals).filter_map(|(rate, (own, of))| Unit::new(*rate, *own, *of).ok());
            Curve::Stable { ann: numbers[0], units: units.take(reserves.len()).collect() }
        } else {
            Curve::Weighted(numbers.iter().copied().take(reserves.len()).collect())
        };
        let (i, j) = places;
        if let Ok(got) = curve.swap(&reserves, i, j, numbers[5]) {
            prop_assert!(got < reserves[j]);
        }
        // Whatever they answer, they answer.
        let answers = [
            curve.price(&reserves, i, j).is_ok(),
            curve.par(i, j).is_ok(),
            curve.size(&reserves).is_ok(),
            depth(&curve, &reserves, i, j).is_ok(),
            join_shares(&curve, &reserves, &numbers[..reserves.len().min(6)], numbers[1], numbers[2]).is_ok(),
        ];
        prop_assert!(answers.len() == 5);
    }

    #[test]
    fn an_observation_stays_within_a_tenth_of_the_last(last in any_amount(), seen in any_amount()) {
        let next = follow(last, seen);
        if last == 0 {
            prop_assert_eq!(next, seen);
        } else {
            let step: BigInt = big(last) / 10 + 1;
            prop_assert!((big(next) - big(last)).magnitude() <= step.magnitude());
            prop_assert!(next.abs_diff(seen) <= last.abs_diff(seen), "never away from what was seen");
        }
    }
}

#[test]
fn the_depth_of_a_weighted_pool_is_the_closed_form() {
    // 1 - sqrt(0.98) = 0.010050506338833466; 1 - 0.98^0.8 = 0.016031773...
    let even = depth(&weighted(&[50, 50]), &[WAD, WAD], 0, 1).unwrap();
    assert_eq!(even / 1_000, 10_050_506_338_833);
    let steep = depth(&weighted(&[80, 20]), &[WAD, WAD], 0, 1).unwrap();
    let flat = depth(&weighted(&[80, 20]), &[WAD, WAD], 1, 0).unwrap();
    assert!(steep > even && even > flat, "{steep} {even} {flat}");
}

#[test]
fn selling_the_depth_of_a_stable_pool_makes_the_price_two_percent_lower() {
    for (amplification, reserves) in [
        (1, [5_000_000_000_000_u128, 5_000_000_000_000]),
        (100, [9_000_000_000_000, 4_000_000_000_000]),
        (5_000, [1 << 50, 1 << 52]),
    ] {
        let curve = stable(amplification, &[13 * WAD / 10, WAD]);
        let wanted = depth(&curve, &reserves, 0, 1).unwrap();
        // What must be paid for it, by halving.
        let (mut low, mut high) = (0_u128, 1 << 60);
        while high - low > 1 {
            let middle = (low + high) / 2;
            if curve.swap(&reserves, 0, 1, middle).unwrap() < wanted { low = middle } else { high = middle }
        }
        let before = curve.price(&reserves, 0, 1).unwrap();
        let after = curve.price(&after_swap(&reserves, 0, 1, high, wanted), 0, 1).unwrap();
        let part = after * 1_000_000 / (before / 1_000_000);
        assert!((979_990_000_000..=980_010_000_000).contains(&part), "{amplification}: {part}");
    }
}

#[test]
fn growth_of_a_rate_moves_no_price_beside_the_rates() {
    let reserves = [7_000_000_000_000_u128, 10_000_000_000_000];
    let balanced = |rate| stable(100, &[rate, WAD]).price(&reserves, 0, 1).unwrap();
    let (before, after) = (balanced(14 * WAD / 10), balanced(141 * WAD / 100));
    assert!(before.abs_diff(after) < WAD / 10_000, "{before} {after}");
    let curve = stable(100, &[141 * WAD / 100, WAD]);
    assert_eq!(curve.par(0, 1).unwrap(), 141 * WAD / 100);
}

/// One actor with coins of both kinds: after any sequence of joins, exits and swaps it never has more than before, at the price with
/// which the pool began.
fn attack(curve: &Curve, values: [u128; 2], sizes: &[(u8, u128)], fee: u128) {
    let start = [1_u128 << 50, (1_u128 << 50) / values[1] * values[0]];
    let (mut reserves, mut shares) = (start, first_shares(curve, &start).unwrap());
    let mut held = [1_u128 << 52, 1_u128 << 52];
    let mut owned = 0_u128;
    let worth = |held: &[u128; 2]| big(held[0]) * big(values[0]) + big(held[1]) * big(values[1]);
    let before = worth(&held);
    for (what, size) in sizes {
        match what % 5 {
            0 | 1 => {
                let (i, j) = if what % 5 == 0 { (0, 1) } else { (1, 0) };
                let paid = held[i] * size / 1_000;
                let taken = swap_fee(paid, fee).unwrap();
                let Ok(got) = curve.swap(&reserves, i, j, paid - taken) else { continue };
                (reserves[i], reserves[j]) = (reserves[i] + paid, reserves[j] - got);
                (held[i], held[j]) = (held[i] - paid, held[j] + got);
            }
            2 | 3 => {
                let both = what % 5 == 3;
                let coins = [held[0] * size / 1_000, if both { held[1] * size / 1_300 } else { 0 }];
                let Ok((minted, _)) = join_shares(curve, &reserves, &coins, shares, fee) else { continue };
                for i in 0..2 {
                    (held[i], reserves[i]) = (held[i] - coins[i], reserves[i] + coins[i]);
                }
                (shares, owned) = (shares + minted, owned + minted);
            }
            _ => {
                let burnt = owned * size / 1_000;
                for i in 0..2 {
                    let out = exit_amount(reserves[i], burnt, shares).unwrap();
                    (held[i], reserves[i]) = (held[i] + out, reserves[i] - out);
                }
                (shares, owned) = (shares - burnt, owned - burnt);
            }
        }
    }
    for i in 0..2 {
        held[i] += exit_amount(reserves[i], owned, shares).unwrap();
    }
    assert!(worth(&held) <= before, "{sizes:?} won {}", worth(&held) - before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_sequence_of_one_actor_wins_from_a_weighted_pool(
        sizes in prop::collection::vec((0_u8..5, 1_u128..=1_000), 1..12), fee in prop_oneof![Just(0), Just(WAD / 300)]
    ) {
        attack(&weighted(&[50, 50]), [1, 1], &sizes, fee);
        attack(&weighted(&[50, 50]), [3, 2], &sizes, fee);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn no_sequence_of_one_actor_wins_from_a_stable_pool(
        sizes in prop::collection::vec((0_u8..5, 1_u128..=1_000), 1..12), fee in prop_oneof![Just(0), Just(WAD / 2_500)]
    ) {
        attack(&stable(100, &[WAD, WAD]), [1, 1], &sizes, fee);
        attack(&stable(2_000, &[3 * WAD / 2, WAD]), [3, 2], &sizes, fee);
    }
}
