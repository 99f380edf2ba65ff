//! A search for sequences by which somebody with several accounts gains from roundings and slashes, against the bound of S5.

use num_bigint::BigInt;

use super::net::{A1, Net, dec, user};
use super::random::{Dice, big, scaled};
use crate::modules::alliance::state::{REDELEGATIONS, UNBONDINGS};

const ACCOUNTS: [&str; 3] = ["u1", "u2", "u3"];
const PLACES: [&str; 3] = ["V1", "V2", "V3"];
/// Wealth is counted in 10^-18 tokens.
const TOKEN: u64 = 1_000_000_000_000_000_000;
const SEQUENCES: u64 = 200;
const STEPS: usize = 14;

fn tokens(n: &BigInt) -> BigInt {
    n * TOKEN
}

fn hundredth() -> BigInt {
    BigInt::from(TOKEN / 100)
}

/// The exact value of an account's stake at a place, rounded up at the 18th place.
fn stake(net: &Net, u: &str, v: &str) -> BigInt {
    let (asset, pool) = (net.stored(A1), net.pool(v, A1));
    let Some(found) = net.delegation(u, v, A1).filter(|d| d.epoch == pool.epoch) else { return BigInt::ZERO };
    let above = scaled(found.shares) * scaled(pool.validator_shares) * tokens(&big(asset.tokens));
    let below = scaled(pool.delegator_shares) * scaled(asset.shares);
    (above + &below - 1) / below
}

/// All that the accounts have: in hand, unbonding, staked.
fn wealth(net: &Net) -> BigInt {
    let mut sum = BigInt::ZERO;
    for u in ACCOUNTS {
        sum += tokens(&big(net.balance(u, A1)));
        sum += net.unbonding(u, A1).iter().map(|n| tokens(&BigInt::from(*n))).sum::<BigInt>();
        sum += PLACES.iter().map(|v| stake(net, u, v)).sum::<BigInt>();
    }
    sum
}

/// What a fault should cost the accounts: the factor of what they have with the validator, and of what left it and can be reached.
fn price_of_fault(net: &Net, v: &str, factor: &BigInt) -> BigInt {
    let part = |n: BigInt| n * factor / TOKEN;
    let validator = super::net::val(v);
    let mut sum = BigInt::ZERO;
    for u in ACCOUNTS {
        sum += part(stake(net, u, v));
        let unbonding_from = |w: &str| -> BigInt {
            let place = super::net::val(w);
            let rows = UNBONDINGS.iter(&net.ctx).map(|row| row.unwrap().1);
            rows.filter(|e| e.validator == place && e.delegator == user(u)).map(|e| tokens(&big(e.amount))).sum()
        };
        sum += part(unbonding_from(v));
        for to in PLACES.iter().filter(|to| **to != v) {
            let rows = REDELEGATIONS.iter(&net.ctx).map(|row| row.unwrap().1);
            let arrived = rows
                .filter(|r| r.source == validator && r.destination == super::net::val(to) && r.delegator == user(u));
            let due: BigInt = arrived.map(|r| part(tokens(&big(r.amount)))).sum();
            sum += due.min(stake(net, u, to) + unbonding_from(to));
        }
    }
    sum
}

/// A chain on which others have staked and a take has made the shares uneven; the take has ended.
fn others_have_staked(dice: &mut Dice) -> Net {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", ["0.01", "0.37", "0.9"][dice.pick(3)]);
    for v in PLACES {
        net.delegate("u4", v, A1, u128::from(1 + dice.roll(1 << 50)));
        net.delegate("u5", v, A1, u128::from(1 + dice.roll(1000)));
    }
    net.end();
    net.pass(301);
    net.end();
    if dice.roll(2) == 0 {
        net.fault(PLACES[dice.pick(3)], ["0.05", "0.333"][dice.pick(2)]);
    }
    net.update(A1, |t| t.take_rate = dec("0")).unwrap();
    net.end();
    net
}

fn amount(net: &Net, dice: &mut Dice, u: &str, v: &str) -> u128 {
    let shown = net.shown(u, v, A1).to_u128().unwrap();
    match dice.roll(5) {
        0 if shown > 0 => shown,
        1 if shown > 1 => shown - 1,
        2 if shown > 1 => u128::from(1 + dice.roll(u64::try_from(shown).unwrap())),
        3 => u128::from(1 + dice.roll(10)),
        _ => u128::from(1 + dice.roll(1 << 20)),
    }
}

#[derive(Default)]
struct Found {
    messages: BigInt,
    faults: BigInt,
    most_of_bound: BigInt,
}

/// Plays one sequence and gives what it gained by messages and by faults.
fn attack(net: &mut Net, dice: &mut Dice) -> Found {
    let mut found = Found::default();
    let (mut gained, mut by_faults, mut done) = (BigInt::ZERO, BigInt::ZERO, 0_u32);
    for _ in 0..STEPS {
        let (u, v, w) = (ACCOUNTS[dice.pick(3)], PLACES[dice.pick(3)], PLACES[dice.pick(3)]);
        let n = amount(net, dice, u, v);
        let before = wealth(net);
        let total = big(net.stored(A1).tokens);
        let accepted = match dice.roll(9) {
            0..=2 => net.try_delegate(u, v, A1, n).is_ok(),
            3 | 4 => net.undelegate(u, v, A1, n).is_ok(),
            5 | 6 => net.redelegate(u, v, w, A1, n).is_ok(),
            7 => net.claim(u, v, A1).is_ok(),
            _ => {
                let text = ["0.05", "0.0001", "0.5"][dice.pick(3)];
                let price = price_of_fault(net, v, &scaled(dec(text)));
                let entries = REDELEGATIONS.iter(&net.ctx).count();
                net.fault(v, text);
                net.end();
                let gain = wealth(net) - &before + price;
                // Each part of a fault rounds by less than a token, whoever had it.
                let bound = (tokens(&BigInt::from(1)) + &total) * (1 + entries);
                assert!(gain <= bound, "a fault of {text} at {v} gave {gain} x 10^-18 tokens, at most {bound}");
                by_faults += gain;
                false
            }
        };
        if accepted {
            done += 1;
            gained += wealth(net) - before;
            let bound = (hundredth() + &total.max(big(net.stored(A1).tokens))) * done;
            assert!(gained <= bound, "{done} messages gained {gained} x 10^-18 tokens, the bound is {bound}");
            found.most_of_bound = found.most_of_bound.max(&gained * 1000 / bound);
        }
    }
    net.assert_sound();
    found.messages = gained;
    found.faults = by_faults;
    found
}

#[test]
fn no_sequence_of_messages_gains_more_than_the_bound() {
    let mut best = Found::default();
    let mut net = Net::new();
    for n in 0..SEQUENCES {
        let mut dice = Dice::new(n);
        if n % 20 == 0 {
            net = others_have_staked(&mut dice);
        }
        let found = attack(&mut Net { ctx: net.ctx.scratch() }, &mut dice);
        best.messages = best.messages.max(found.messages);
        best.faults = best.faults.max(found.faults);
        best.most_of_bound = best.most_of_bound.max(found.most_of_bound);
    }
    println!(
        "{SEQUENCES} sequences of {STEPS} steps: by messages at most {} x 10^-18 tokens ({}/1000 of the bound), by faults {} x 10^-18",
        best.messages, best.most_of_bound, best.faults
    );
}

/// The gift of the epsilon, as often as it can be had: 0.01 token a message and no more.
#[test]
fn the_epsilon_is_worth_a_hundredth_of_a_token_each_time() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.01");
    net.delegate("u1", "V1", A1, 1);
    net.delegate("u4", "V1", A1, 99);
    net.end();
    net.pass(301);
    net.end();
    let before = wealth(&net);
    net.undelegate("u1", "V1", A1, 1).unwrap();
    assert_eq!(wealth(&net) - before, hundredth());
}
