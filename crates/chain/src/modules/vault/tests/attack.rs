//! The search for a profit: sequences of deposits, exits, swaps and bids by one person, against honest others, while targets move and
//! rewards drip, at constant rates. What he may win: `beta` of the imbalance that he found and that others made since (not of his own),
//! the discount of lots, and his part of what dripped while he held shares. No unit for rounding.

use super::super::math::{Basket, Line, Terms, WAD, exit_amount, potential_ceil};
use crate::modules::assets::Scale;
use proptest::prelude::*;

const TERMS: Terms = Terms { strength: WAD / 2, bonus_part: WAD / 10 * 8, boot_nav: 1_000_000 };
/// Sequences that are tried in an ordinary run.
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

/// `Φ` rounded up.
fn imbalance(basket: &Basket) -> u128 {
    let values: Vec<u128> = basket.lines.iter().map(|line| line.value().unwrap()).collect();
    let targets: Vec<u128> = basket.lines.iter().map(|line| line.target).collect();
    potential_ceil(&values, &targets, TERMS.strength).unwrap()
}

#[derive(Debug, Clone)]
enum Step {
    Enter(usize, u128),
    Leave(u128),
    Swap(usize, u128, usize),
    /// The targets move toward these weights by a step of an epoch.
    Epoch([u128; 3]),
    /// A lot of this worth is on sale, bought at a part of its price in hundredths, for the asset furthest below its target.
    Buy(u128, u128),
    /// A part of what was bought has dripped in, in hundredths.
    Drip(u128),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![1u128..100, 1u128..1_000_000_000_000_000_000];
    prop_oneof![
        4 => (0usize..3, amount()).prop_map(|(asset, amount)| Step::Enter(asset, amount)),
        4 => amount().prop_map(Step::Leave),
        2 => (0usize..3, amount(), 0usize..3).prop_map(|(give, amount, take)| Step::Swap(give, amount, take)),
        2 => [1u128..100, 1u128..100, 1u128..100].prop_map(Step::Epoch),
        1 => (1u128..1_000_000_000_000, 98u128..=105).prop_map(|(worth, part)| Step::Buy(worth, part)),
        1 => (1u128..=100).prop_map(Step::Drip),
    ]
}

/// One unit of the underlying in what [`worth`] counts.
const UNIT: u128 = 10_000;

/// A vault, an attacker in it, and what he may have won.
struct Game {
    basket: Basket,
    attacker: Purse,
    undripped: [u128; 3],
    /// In a ten-thousandth of a unit.
    allowed: u128,
    /// What the lots that he bought are worth, likewise.
    lots: u128,
}

impl Game {
    /// What others do may unbalance the vault; who restores it is paid for that like anybody.
    fn by_others(&mut self, change: impl FnOnce(&mut Self)) {
        let before = imbalance(&self.basket);
        change(self);
        let rise = (imbalance(&self.basket) + 1).saturating_sub(before);
        self.allowed += rise * UNIT / 10 * 8;
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Enter(asset, amount) => put(&mut self.basket, &mut self.attacker, *asset, *amount),
            Step::Leave(shares) => leave(&mut self.basket, &mut self.attacker, shares.saturating_mul(1_000_000)),
            Step::Swap(give, amount, take) => self.swap(*give, (*amount).min(self.attacker.coins[*give]), *take),
            Step::Epoch(weights) => self.by_others(|game| {
                let all: u128 = weights.iter().sum();
                let mut goal: Vec<u128> = weights.iter().map(|w| w * WAD / all).collect();
                goal[0] += WAD - goal.iter().sum::<u128>();
                let now: Vec<u128> = game.basket.lines.iter().map(|line| line.target).collect();
                let next = super::super::math::step(&now, &goal, WAD / 50).unwrap();
                game.basket.lines.iter_mut().zip(next).for_each(|(line, target)| line.target = target);
            }),
            Step::Buy(worth, part) => self.buy(*worth, *part),
            Step::Drip(part) => self.by_others(|game| {
                for i in 0..3 {
                    let released = game.undripped[i] * part / 100;
                    let line = &mut game.basket.lines[i];
                    line.active += released;
                    game.undripped[i] -= released;
                    // What drips is everybody's who holds shares, also the attacker's.
                    let all = game.basket.shares + 1_000_000;
                    let value = released * (line.rate / (WAD / UNIT));
                    game.allowed += super::super::math::exit_amount(value, game.attacker.shares, all).unwrap() + UNIT;
                }
            }),
        }
    }

    fn swap(&mut self, give: usize, amount: u128, take: usize) {
        if give == take || amount == 0 {
            return;
        }
        let swap = self.basket.swap(give, amount, take, self.basket.lines[take].rate, TERMS.strength).unwrap();
        if swap.out == 0 || swap.out > self.basket.lines[take].active || swap.potential_after >= swap.potential_before {
            return;
        }
        self.basket.lines[give].active += amount;
        self.basket.lines[take].active -= swap.out;
        self.attacker.coins[give] -= amount;
        self.attacker.coins[take] += swap.out;
    }

    /// A lot is paid for with the wanted asset; it is worth `worth` units of underlying. Its discount is the bidder's, by design.
    fn buy(&mut self, worth: u128, part: u128) {
        let nav = self.basket.nav().unwrap();
        let gap = |i: &usize| {
            let line = &self.basket.lines[*i];
            (line.target / 1_000_000 * nav / (WAD / 1_000_000)).saturating_sub(line.value().unwrap())
        };
        let wanted = (0..3).max_by_key(gap).unwrap();
        let rate = self.basket.lines[wanted].rate / (WAD / UNIT);
        let cost = (worth * UNIT * part / 100).div_ceil(rate);
        if cost > self.attacker.coins[wanted] {
            return;
        }
        self.attacker.coins[wanted] -= cost;
        self.undripped[wanted] += cost;
        self.lots += worth * UNIT;
        self.allowed += (worth * UNIT).saturating_sub(cost * rate);
    }
}

/// The most that `steps` left above what is allowed, in a ten-thousandth of a unit.
fn excess(start: &[u128], others: &[(usize, u128)], steps: &[Step]) -> (u128, u128) {
    let lines = vec![line(0, 105, 40), line(0, 130, 35), line(0, 112, 25)];
    let mut basket = Basket { lines, shares: 0, pool_shares: 0 };
    let mut honest = Purse { shares: 0, coins: [u128::MAX >> 20; 3] };
    for (asset, amount) in start.iter().enumerate() {
        put(&mut basket, &mut honest, asset, *amount);
    }
    for (asset, amount) in others {
        put(&mut basket, &mut honest, *asset, *amount);
    }
    let attacker = Purse { shares: 0, coins: [1_000_000_000_000; 3] };
    let before = worth(&basket, &attacker);
    // Only a restored imbalance is paid for, and that only in part.
    let allowed = imbalance(&basket) * UNIT / 10 * 8;
    let mut game = Game { basket, attacker, undripped: [0; 3], allowed, lots: 0 };
    for step in steps {
        game.play(step);
    }
    let shares = game.attacker.shares;
    leave(&mut game.basket, &mut game.attacker, shares);
    (worth(&game.basket, &game.attacker) + game.lots, before + game.allowed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: super::cases("ATTACK_SEQUENCES", CASES), ..ProptestConfig::default() })]
    #[test]
    fn nobody_gains_more_than_an_honest_restorer(
        start in prop::collection::vec(0u128..1_000_000_000_000, 3),
        others in prop::collection::vec((0usize..3, 1u128..1_000_000_000_000), 0..6),
        steps in prop::collection::vec(step(), 1..16),
    ) {
        let (after, most) = excess(&start, &others, &steps);
        prop_assert!(after <= most, "{after} are more than {most}");
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
