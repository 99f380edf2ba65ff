//! The search for a profit: sequences of deposits and exits by one person, against honest others, at constant rates.

use super::super::math::{Basket, Line, Terms, WAD, exit_amount, potential_ceil};
use crate::modules::assets::Scale;
use proptest::prelude::*;

const TERMS: Terms = Terms { strength: WAD / 2, bonus_part: WAD / 10 * 8, boot_nav: 1_000_000 };
/// Sequences that are tried.
const CASES: u32 = 4_000;

/// What the attacker has: shares, and coins in kind.
#[derive(Debug, Clone, Default)]
struct Purse {
    shares: u128,
    coins: [u128; 3],
}

fn line(active: u128, rate: u128, target: u128) -> Line {
    let rate = rate * WAD / 100;
    Line {
        active,
        refundable: 0,
        rate,
        rate_lo: rate,
        rate_hi: rate,
        scale: Scale::new(6, 6).unwrap(),
        target: target * WAD / 100,
    }
}

/// In a ten-thousandth of a unit, at the rates; shares at what they would bring.
fn worth(basket: &Basket, purse: &Purse) -> u128 {
    let mut sum = 0;
    for (line, coins) in basket.lines.iter().zip(purse.coins) {
        let out = if purse.shares == 0 { 0 } else { exit_amount(line.active, purse.shares, basket.shares).unwrap() };
        sum += (coins + out) * (line.rate / (WAD / 10_000));
    }
    sum
}

fn put(basket: &mut Basket, purse: &mut Purse, asset: usize, amount: u128) {
    let amount = amount.min(purse.coins[asset]);
    let quote = basket.quote(asset, amount, &TERMS).unwrap();
    if quote.user == 0 {
        return;
    }
    purse.coins[asset] -= amount;
    purse.shares += quote.user;
    basket.lines[asset].active += amount;
    basket.shares += quote.gross;
    basket.pool_shares = quote.pool_shares;
}

fn leave(basket: &mut Basket, purse: &mut Purse, shares: u128) {
    let shares = shares.min(purse.shares);
    let all = basket.shares;
    for (line, coins) in basket.lines.iter_mut().zip(&mut purse.coins) {
        let amount = exit_amount(line.active, shares, all).unwrap();
        line.active -= amount;
        *coins += amount;
    }
    purse.shares -= shares;
    basket.shares -= shares;
}

fn imbalance(basket: &Basket) -> u128 {
    let values: Vec<u128> = basket.lines.iter().map(|line| line.value().unwrap()).collect();
    let targets: Vec<u128> = basket.lines.iter().map(|line| line.target).collect();
    potential_ceil(&values, &targets, TERMS.strength).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]
    #[test]
    fn nobody_gains_more_than_an_honest_restorer(
        start in prop::collection::vec(0u128..1_000_000_000_000, 3),
        others in prop::collection::vec((0usize..3, 1u128..1_000_000_000_000), 0..6),
        steps in prop::collection::vec((any::<bool>(), 0usize..3, prop_oneof![1u128..100, 1u128..1_000_000_000_000_000_000]), 1..12),
    ) {
        let mut basket = Basket { lines: vec![line(0, 105, 40), line(0, 130, 35), line(0, 112, 25)], shares: 0, pool_shares: 0 };
        let mut honest = Purse { shares: 0, coins: [u128::MAX >> 20; 3] };
        for (asset, amount) in start.iter().enumerate() {
            put(&mut basket, &mut honest, asset, *amount);
        }
        for (asset, amount) in others {
            put(&mut basket, &mut honest, asset, amount);
        }
        let mut attacker = Purse { shares: 0, coins: [1_000_000_000_000; 3] };
        let before = worth(&basket, &attacker);
        // Only a restored imbalance is paid for, and that only in part.
        let allowed = imbalance(&basket) * 10_000 / 10 * 8;
        let n = steps.len() as u128;
        for (enters, asset, amount) in steps {
            if enters {
                put(&mut basket, &mut attacker, asset, amount);
            } else {
                leave(&mut basket, &mut attacker, amount * 1_000_000);
            }
        }
        let shares = attacker.shares;
        leave(&mut basket, &mut attacker, shares);
        let after = worth(&basket, &attacker);
        // One unit of the underlying per operation is ten thousand of what is counted here.
        prop_assert!(after <= before + allowed + n * 10_000, "{before} became {after}, {allowed} were allowed");
    }
}

#[test]
fn who_comes_first_and_donates_cannot_take_from_who_comes_second() {
    let mut basket = Basket { lines: vec![line(0, 100, 100)], shares: 0, pool_shares: 0 };
    let purse = |coins: u128| Purse { shares: 0, coins: [coins, 0, 0] };
    let mut attacker = purse(1_000_000_000_001);
    put(&mut basket, &mut attacker, 0, 1);
    // Even if a donation could enter, which it cannot: the attacker gives a million units away.
    basket.lines[0].active += 1_000_000_000;
    attacker.coins[0] -= 1_000_000_000;
    let mut victim = purse(1_000_000_000);
    put(&mut basket, &mut victim, 0, 1_000_000_000);
    let (worth_victim, _) = (worth(&basket, &victim), ());
    assert!(
        worth_victim + 1_000 * 10_000 >= 1_000_000_000 * 10_000,
        "the victim lost {}",
        10_000_000_000_000 - worth_victim
    );
    assert!(worth(&basket, &attacker) < 1_000_000_000_001 * 10_000, "the attacker gained");
}
