//! The vectors of the restaking specification (section 5.16), and what must hold for all numbers.

use entente_kernel::num::Wide;
use proptest::prelude::*;

use super::*;
use crate::modules::assets::Scale;

const G: u128 = 1_000_000_000;
const TERMS: Terms = Terms { strength: WAD / 2, bonus_part: WAD / 10 * 8, boot_nav: 0 };

fn line(active: u128, rate_in_hundredths: u128, target_in_hundredths: u128) -> Line {
    let rate = rate_in_hundredths * WAD / 100;
    let target = target_in_hundredths * WAD / 100;
    Line { active, refundable: 0, rate, rate_lo: rate, rate_hi: rate, scale: Scale::new(6, 6).unwrap(), target }
}

/// State A of the specification.
fn state_a() -> Basket {
    let lines = vec![line(400 * G, 105, 40), line(250 * G, 130, 35), line(200 * G, 112, 25)];
    Basket { lines, shares: 969 * G * 1_000_000, pool_shares: 0 }
}

fn put(basket: &mut Basket, asset: usize, amount: u128) -> Quote {
    let quote = basket.quote(asset, amount, &TERMS).unwrap();
    basket.lines[asset].active += amount;
    basket.shares += quote.gross;
    basket.pool_shares = quote.pool_shares;
    quote
}

fn close(basket: &mut Basket, shares: u128) -> Vec<u128> {
    let all = basket.shares;
    let taken: Vec<u128> = basket.lines.iter().map(|line| exit_amount(line.active, shares, all).unwrap()).collect();
    for (line, amount) in basket.lines.iter_mut().zip(&taken) {
        line.active -= amount;
    }
    basket.shares -= shares;
    taken
}

fn active(basket: &Basket) -> Vec<u128> {
    basket.lines.iter().map(|line| line.active).collect()
}

/// The state after V3, and the batch of V5.
fn after_v5() -> (Basket, Vec<u128>) {
    let mut basket = state_a();
    put(&mut basket, 0, 50 * G);
    put(&mut basket, 2, 60 * G);
    let batch = close(&mut basket, 108_870_000_000_000_000);
    (basket, batch)
}

#[test]
fn state_a_has_the_values_of_the_specification() {
    let a = state_a();
    let values: Vec<u128> = a.lines.iter().map(|line| line.value().unwrap()).collect();
    assert_eq!((values.as_slice(), a.nav().unwrap()), ([420 * G, 325 * G, 224 * G].as_slice(), 969 * G));
    let targets: Vec<u128> = a.lines.iter().map(|line| line.target).collect();
    assert_eq!(potential_floor(&values, &targets, TERMS.strength).unwrap(), 408_422_342);
    assert_eq!(potential_ceil(&values, &targets, TERMS.strength).unwrap(), 408_422_343);
}

#[test]
fn v1_a_first_deposit_has_no_fee() {
    let mut empty = state_a();
    empty.lines.iter_mut().for_each(|line| line.active = 0);
    empty.shares = 0;
    let terms = Terms { boot_nav: 1, ..TERMS };
    let quote = empty.quote(0, 400 * G, &terms).unwrap();
    assert_eq!((quote.value, quote.user, quote.fee), (420 * G, 420_000_000_000_000_000, 0));
}

#[test]
fn v2_a_deposit_that_unbalances_pays_the_rise_of_the_potential() {
    let mut basket = state_a();
    let quote = put(&mut basket, 0, 50 * G);
    assert_eq!((quote.value, quote.gross), (52_500_000_000, 52_500_000_000_000_000));
    assert_eq!((quote.fee, quote.user), (1_090_715_263, 51_409_284_737_000_000));
    assert_eq!((quote.pool_shares, basket.shares), (1_090_715_263_000_000, 1_021_500_000_000_000_000));
    assert_eq!((quote.potential_before, quote.potential_after), (408_422_342, 1_499_137_605));
}

#[test]
fn v3_a_deposit_that_restores_balance_is_paid_out_of_earlier_fees() {
    let mut basket = state_a();
    put(&mut basket, 0, 50 * G);
    let quote = put(&mut basket, 2, 60 * G);
    assert_eq!((quote.value, quote.bonus, quote.bonus_shares), (67_200_000_000, 304_027_075, 304_027_075_000_000));
    assert_eq!((quote.user, quote.pool_shares), (67_504_027_075_000_000, 786_688_188_000_000));
    assert_eq!(basket.shares, 1_088_700_000_000_000_000);
}

#[test]
fn v4_deposits_are_valued_low_and_the_vault_high() {
    let mut basket = state_a();
    for line in &mut basket.lines {
        line.rate_hi = mul_up(line.rate, 10_006, 10_000);
    }
    basket.lines[1].rate_lo = 12_935 * WAD / 10_000;
    let quote = basket.quote(1, 10 * G, &TERMS).unwrap();
    assert_eq!((quote.value, quote.nav_hi), (12_935_000_000, 969_581_400_000));
    assert_eq!((quote.user, quote.gross), (12_927_243_653_807_723, 12_927_243_653_807_723));
    assert_eq!((quote.bonus, quote.bonus_shares, quote.potential_after), (75_295_918, 0, 314_302_444));
}

fn mul_up(a: u128, b: u128, c: u128) -> u128 {
    (a * b).div_ceil(c)
}

#[test]
fn v5_a_batch_leaves_pro_rata_in_kind() {
    let (basket, batch) = after_v5();
    assert_eq!(batch, [44_999_999_999, 24_999_999_999, 25_999_999_999]);
    assert_eq!(active(&basket), [405_000_000_001, 225_000_000_001, 234_000_000_001]);
    assert_eq!(basket.shares, 979_830_000_000_000_000);
}

#[test]
fn v6_a_slash_takes_one_budget_and_leaves_the_others_as_they_were() {
    let (basket, batch) = after_v5();
    let (m, other) = (MAGNITUDE / 10, MAGNITUDE / 20);
    let before = active(&basket);
    let loss = slash(&before, m, MAGNITUDE, WAD / 10 * 3).unwrap();
    assert_eq!(loss.magnitude, 3 * MAGNITUDE / 100);
    assert_eq!(loss.amounts, [12_150_000_001, 6_750_000_001, 7_020_000_001]);
    assert_eq!(batch_loss(&batch, loss.magnitude, MAGNITUDE).unwrap(), [1_350_000_000, 750_000_000, 780_000_000]);

    let after = loss.leaves(&before).unwrap();
    let left = MAGNITUDE - loss.magnitude;
    let budgets = |amounts: &[u128], m: u128, all: u128| -> Vec<u128> {
        amounts.iter().map(|a| budget(*a, m, all).unwrap()).collect()
    };
    let untouched = [20_250_000_000, 11_250_000_000, 11_700_000_000];
    assert_eq!(budgets(&before, other, MAGNITUDE), untouched);
    assert_eq!(budgets(&after, other, left), untouched);
    assert_eq!(budgets(&before, m, MAGNITUDE), [40_500_000_000, 22_500_000_000, 23_400_000_000]);
    assert_eq!(budgets(&after, m - loss.magnitude, left), [28_350_000_000, 15_750_000_000, 16_380_000_000]);
}

#[test]
fn v7_targets_follow_depth_and_yield_inside_their_bounds() {
    let tilts = tilt(&[15 * 10i128.pow(16), 165 * 10i128.pow(15), 14 * 10i128.pow(16)]).unwrap();
    assert_eq!(tilts, [WAD, 11 * WAD / 10, 933_333_333_333_333_333]);
    let depths = [9_000_000_000_000, 4_000_000_000_000, 250_000_000_000];
    let raws: Vec<u128> = depths.iter().zip(&tilts).map(|(depth, tilt)| raw(*depth, *tilt).unwrap()).collect();
    assert_eq!(raws, [3_000_000, 2_200_000, 466_666]);

    let percent = |caps: [u128; 3], floors: [u128; 3]| -> Vec<u128> {
        let bounds: Vec<Bound> = caps
            .iter()
            .zip(floors)
            .map(|(cap, floor)| Bound { floor: floor * WAD / 100, cap: cap * WAD / 100 })
            .collect();
        goal(&raws, &bounds).unwrap().unwrap()
    };
    let hundredths = |parts: [u128; 3]| parts.map(|part| part * WAD / 100);
    assert_eq!(percent([45, 45, 30], [0, 0, 5]), hundredths([45, 45, 10]), "V7");
    assert_eq!(percent([45, 40, 20], [0, 0, 5]), hundredths([45, 40, 15]), "V7b");
}

#[test]
fn v8_first_loss_and_insurance_are_burnt_before_the_holders_lose() {
    let (mut basket, _) = after_v5();
    let nav = basket.nav().unwrap();
    assert_eq!(nav, 979_830_000_003);
    let loss = slash(&active(&basket), MAGNITUDE / 10, MAGNITUDE, WAD / 10 * 3).unwrap();
    let after = loss.leaves(&active(&basket)).unwrap();
    let price_before = basket.share_price().unwrap();
    for (line, amount) in basket.lines.iter_mut().zip(after) {
        line.active = amount;
    }
    let lost = nav - basket.nav().unwrap();
    assert_eq!((basket.nav().unwrap(), lost), (950_435_100_000, 29_394_900_003));
    let need = first_loss_needed(basket.shares, lost, nav).unwrap();
    assert_eq!(need, 29_394_900_002_909_999);
    let burnt = need.min(10_000_000_000_000_000) + (need - 10_000_000_000_000_000).min(10_000_000_000_000_000);
    basket.shares -= burnt;
    assert_eq!((burnt, basket.shares), (20_000_000_000_000_000, 959_830_000_000_000_000));
    let fall = ((price_before - basket.share_price().unwrap()) * 100_000 + price_before / 2) / price_before;
    assert_eq!(fall, 979, "97.9 basis points");
}

#[test]
fn v9_claims_on_a_pool_that_is_too_small_are_served_in_proportion() {
    let pool = MAGNITUDE / 5;
    let served = serve_pro_rata(pool, &[pool / 10 * 7, pool / 10 * 6]).unwrap();
    assert_eq!(served, [107_692_307_692_307_692_307_692, 92_307_692_307_692_307_692_307]);
}

#[test]
fn a_lot_is_released_in_a_straight_line_and_its_price_falls_to_the_floor() {
    assert_eq!((dripped(100, 1, 3).unwrap(), dripped(100, 3, 3).unwrap(), dripped(100, 9, 3).unwrap()), (33, 100, 100));
    let (first, last) = auction_bounds(2 * WAD).unwrap();
    assert_eq!((first, last), (210 * WAD / 100, 196 * WAD / 100));
    let price = |elapsed| auction_price(first, last, elapsed, 10).unwrap();
    assert_eq!((price(0), price(5), price(10), price(20)), (first, 203 * WAD / 100, last, last));
    assert_eq!((lot_cost(10, 203 * WAD / 100).unwrap(), lot_cost(1, 1).unwrap()), (21, 1));
    assert_eq!((drip_period(0, 0, 5, 86_400).unwrap(), drip_period(0, 9, 0, 7).unwrap()), (86_400, 7));
    assert_eq!(drip_period(999, 1_000, 1, 86_400).unwrap(), 999 + 87);
}

fn basket() -> impl Strategy<Value = Basket> {
    let line = (0u128..1 << 70, WAD / 1000..1_000_000 * WAD, 1u128..1000, 0u128..100);
    (prop::collection::vec(line, 1..=12), 0u128..1 << 100, 0u128..1 << 60).prop_map(|(rows, shares, pool_shares)| {
        let weights: u128 = rows.iter().map(|row| row.2).sum();
        let mut lines: Vec<Line> = rows
            .iter()
            .map(|(active, rate, weight, spread)| Line {
                active: *active,
                refundable: 0,
                rate: *rate,
                rate_lo: rate - rate / 10_000 * spread,
                rate_hi: rate + rate / 10_000 * spread,
                scale: Scale::new(6, 6).unwrap(),
                target: weight * WAD / weights,
            })
            .collect();
        let given: u128 = lines.iter().map(|line| line.target).sum();
        lines[0].target += WAD - given;
        Basket { lines, shares, pool_shares }
    })
}

fn bounds_and_raw() -> impl Strategy<Value = Vec<(u128, u128, u128)>> {
    prop::collection::vec((prop_oneof![Just(0u128), 1u128..1 << 64], 0..=WAD / 12, WAD / 12..=WAD), 1..=12)
}

proptest! {
    #[test]
    fn a_deposit_never_lowers_the_value_per_share(basket in basket(), place in 0usize..12, amount in 0u128..1 << 70) {
        let place = place % basket.lines.len();
        let quote = basket.quote(place, amount, &TERMS).unwrap();
        let mut after = basket.clone();
        after.lines[place].active += amount;
        after.shares += quote.gross;
        // (NAV' + 1) / (S' + VS) >= (NAV + 1) / (S + VS)
        let product = |a: u128, b: u128| {
            Wide::from_u128(a).mul(Wide::from_u128(b)).unwrap()
        };
        let (new, old) = (after.nav().unwrap() + 1, basket.nav().unwrap() + 1);
        prop_assert!(product(new, basket.shares + VIRTUAL_SHARES) >= product(old, after.shares + VIRTUAL_SHARES));
        prop_assert_eq!(quote.user + quote.pool_shares, quote.gross + basket.pool_shares, "shares are neither made nor lost");
        prop_assert!(quote.fee <= quote.value);
        prop_assert!(quote.bonus_shares <= basket.pool_shares);
    }

    /// I5: wherever the true rates lie between the bounds, the shares of a deposit are worth at most what was brought.
    #[test]
    fn nobody_is_credited_too_much_while_the_true_rates_are_between_the_bounds(
        basket in basket(), place in 0usize..12, amount in 0u128..1 << 70, truths in prop::collection::vec(0u128..=100, 12),
    ) {
        let place = place % basket.lines.len();
        let quote = basket.quote(place, amount, &TERMS).unwrap();
        let product = |a: u128, b: u128| Wide::from_u128(a).mul(Wide::from_u128(b)).unwrap();
        let rate = |(line, part): (&Line, &u128)| line.rate_lo + (line.rate_hi - line.rate_lo) / 100 * part;
        let rates: Vec<u128> = basket.lines.iter().zip(&truths).map(rate).collect();
        let there = basket.lines.iter().zip(&rates).fold(Wide::ZERO, |all, (line, rate)| {
            all.add(product(line.active, *rate)).unwrap()
        });
        let brought = product(amount, rates[place]);
        let all = Wide::from_u128(basket.shares + quote.gross + VIRTUAL_SHARES);
        // gross / all x (there + brought) <= brought
        let worth = Wide::from_u128(quote.gross).mul(there.add(brought).unwrap()).unwrap();
        prop_assert!(worth <= brought.mul(all).unwrap(), "{quote:?}");
    }

    /// I13: magnitudes only grow by the exact factor, which changes no budget.
    #[test]
    fn a_rescale_changes_no_budget(active in 0u128..1 << 90, part in 0u128..=1_000_000, magnitude in 1u128..=MAGNITUDE) {
        let m = magnitude / 1_000_000 * part;
        let factor = rescale(magnitude);
        prop_assert_eq!(factor, if magnitude < 1_000_000_000_000_000_000_000 { 1_000 } else { 1 });
        prop_assert_eq!(budget(active, m, magnitude).unwrap(), budget(active, m * factor, magnitude * factor).unwrap());
        prop_assert!(rescale(magnitude * factor) == 1 || magnitude * factor < MAGNITUDE);
    }

    #[test]
    fn a_swap_never_lowers_the_value_of_the_basket(basket in basket(), give in 0usize..12, take in 0usize..12, amount in 0u128..1 << 70, over in 0u128..200) {
        let (give, take) = (give % basket.lines.len(), take % basket.lines.len());
        prop_assume!(give != take);
        let price = basket.lines[take].rate / 10_000 * (9_900 + over);
        let swap = basket.swap(give, amount, take, price, TERMS.strength).unwrap();
        prop_assume!(swap.out <= basket.lines[take].active);
        let mut after = basket.clone();
        after.lines[give].active += amount;
        after.lines[take].active -= swap.out;
        // What is taken is worth at least two basis points less than what is given, at the rates.
        prop_assert!(after.nav().unwrap() + 1 >= basket.nav().unwrap() + swap.value / 5_000, "{swap:?}");
        // What the imbalance is said to be after it is what it is.
        let values: Vec<u128> = after.lines.iter().map(|line| line.value().unwrap()).collect();
        let targets: Vec<u128> = after.lines.iter().map(|line| line.target).collect();
        prop_assert_eq!(swap.potential_after, potential_ceil(&values, &targets, TERMS.strength).unwrap());
    }

    #[test]
    fn splitting_a_deposit_never_makes_it_cheaper(basket in basket(), place in 0usize..12, amount in 2u128..1 << 60) {
        let place = place % basket.lines.len();
        let mut basket = basket;
        basket.pool_shares = 0;
        let at_once = basket.quote(place, amount, &TERMS).unwrap();
        prop_assume!(at_once.fee > 0);
        let first = basket.quote(place, amount / 2, &TERMS).unwrap();
        let mut halfway = basket.clone();
        halfway.lines[place].active += amount / 2;
        halfway.shares += first.gross;
        halfway.pool_shares = 0;
        let second = halfway.quote(place, amount - amount / 2, &TERMS).unwrap();
        // Each charge is rounded up by less than two units, each value by less than one.
        prop_assert!(first.fee + second.fee + 6 >= at_once.fee.min(at_once.value), "{} + {} < {}", first.fee, second.fee, at_once.fee);
    }

    #[test]
    fn batches_of_one_epoch_get_one_price_and_less_than_their_part(active in 0u128..1 << 100, part in 1u128..1 << 90, rest in 0u128..1 << 90) {
        let shares = part + rest;
        let amount = exit_amount(active, part, shares).unwrap();
        prop_assert!(amount <= active);
        let split = exit_amount(active, part / 2, shares).unwrap() + exit_amount(active, part - part / 2, shares).unwrap();
        prop_assert!(split <= amount && amount <= split + 1);
    }

    #[test]
    fn a_slash_changes_no_other_budget_by_more_than_a_unit(
        amounts in prop::collection::vec(0u128..1 << 90, 1..=12), m in 0..=MAGNITUDE / 2, other in 0..=MAGNITUDE / 2, x in 1..=WAD,
    ) {
        let loss = slash(&amounts, m, MAGNITUDE, x).unwrap();
        let after = loss.leaves(&amounts).unwrap();
        for (before, after) in amounts.iter().zip(&after) {
            let was = budget(*before, other, MAGNITUDE).unwrap();
            let is = budget(*after, other, MAGNITUDE - loss.magnitude).unwrap();
            prop_assert!(was.abs_diff(is) <= 1, "{was} then {is}");
            prop_assert!(before - after <= budget(*before, m, MAGNITUDE).unwrap() + 1, "at most the budget and one unit");
        }
    }

    #[test]
    fn goals_are_whole_and_inside_their_bounds(rows in bounds_and_raw()) {
        let raws: Vec<u128> = rows.iter().map(|row| row.0).collect();
        let bounds: Vec<Bound> = rows.iter().map(|row| Bound { floor: row.1, cap: row.2 }).collect();
        let Some(parts) = goal(&raws, &bounds).unwrap() else {
            prop_assert!(raws.iter().all(|raw| *raw == 0));
            return Ok(());
        };
        prop_assert_eq!(parts.iter().sum::<u128>(), WAD);
        let cap = |i: usize| if raws[i] == 0 { bounds[i].floor } else { bounds[i].cap };
        let full: u128 = (0..rows.len()).map(cap).sum();
        for (i, part) in parts.iter().enumerate() {
            if full >= WAD {
                prop_assert!((bounds[i].floor..=cap(i)).contains(part), "{i}: {part} outside {:?}", bounds[i]);
            }
        }
    }

    #[test]
    fn more_depth_never_lowers_the_goal(rows in bounds_and_raw(), place in 0usize..12, more in 1u128..1 << 64) {
        let place = place % rows.len();
        let mut raws: Vec<u128> = rows.iter().map(|row| row.0.max(1)).collect();
        let bounds: Vec<Bound> = rows.iter().map(|row| Bound { floor: row.1, cap: row.2 }).collect();
        prop_assume!(bounds.iter().map(|b| b.cap).sum::<u128>() >= WAD);
        let before = goal(&raws, &bounds).unwrap().unwrap();
        raws[place] += more;
        let after = goal(&raws, &bounds).unwrap().unwrap();
        prop_assert!(after[place] + 12 >= before[place], "{} then {}", before[place], after[place]);
    }

    #[test]
    fn a_higher_cap_never_lowers_the_goal(rows in bounds_and_raw(), place in 0usize..12, more in 0..=WAD) {
        let place = place % rows.len();
        let raws: Vec<u128> = rows.iter().map(|row| row.0.max(1)).collect();
        let mut bounds: Vec<Bound> = rows.iter().map(|row| Bound { floor: row.1, cap: row.2 }).collect();
        prop_assume!(bounds.iter().map(|b| b.cap).sum::<u128>() >= WAD);
        let before = goal(&raws, &bounds).unwrap().unwrap();
        bounds[place].cap = (bounds[place].cap + more).min(WAD);
        let after = goal(&raws, &bounds).unwrap().unwrap();
        prop_assert!(after[place] + 12 >= before[place], "{} then {}", before[place], after[place]);
    }

    #[test]
    fn steps_keep_the_sum_and_never_pass_their_goal(from in bounds_and_raw(), to in bounds_and_raw(), most in 1..WAD) {
        let n = from.len().min(to.len());
        let whole = |rows: &[(u128, u128, u128)]| {
            let raws: Vec<u128> = rows.iter().map(|row| row.0.max(1)).collect();
            waterfill(&raws, &vec![Bound { floor: 0, cap: WAD }; rows.len()]).unwrap()
        };
        let (now, goal) = (whole(&from[..n]), whole(&to[..n]));
        let next = step(&now, &goal, most).unwrap();
        prop_assert_eq!(next.iter().sum::<u128>(), WAD);
        for ((now, goal), next) in now.iter().zip(&goal).zip(&next) {
            prop_assert!((*now.min(goal)..=*now.max(goal)).contains(next));
            prop_assert!(now.abs_diff(*next) <= most);
        }
    }

    #[test]
    fn a_gauge_gives_out_what_came_in(lots in prop::collection::vec((1u128..1 << 90, 1u128..1 << 90), 1..20)) {
        let (mut index, mut rest) = (Wide::ZERO, Wide::ZERO);
        let shares = lots[0].1;
        let mut sum = 0u128;
        for (released, _) in &lots {
            (index, rest) = gauge_index(index, rest, *released, shares).unwrap();
            sum += released;
        }
        let given = index.mul(Wide::from_u128(shares)).unwrap().add(rest).unwrap();
        prop_assert_eq!(given, Wide::from_u128(sum).mul(Wide::from_u128(WAD)).unwrap());
    }
}
