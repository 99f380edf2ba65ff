//! Whatever the numbers are, nothing faults and nothing halts: messages are carried out or refused, slashes always succeed, blocks
//! always end, and all invariants hold.

use std::collections::BTreeMap;

use entente_kernel::num::{Coin, Coins, Dec, Int};
use entente_kernel::{Error, Result, Span, Timestamp};
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;

use super::net::{A1, A2, Net, UNBONDING_SECS, denom, user, val};
use super::random::Dice;
use crate::message::Message;
use crate::modules::alliance::{Params, block, handle, hook, msg};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{bank, staking};

const USERS: [&str; 4] = ["u1", "u2", "u3", "u5"];
const PLACES: [&str; 5] = ["G", "V1", "V2", "V3", "V4"];
const DENOMS: [&str; 3] = [A1, A2, "token"];
const WEIGHTS: [&str; 7] =
    ["0", "0.000000000000000001", "0.1", "1", "5", "1000000000", "1000000000000000000000000000000"];
const RATES: [&str; 6] = ["0", "0.000000000000000001", "0.00005", "0.5", "0.999999999999999999", "0.1"];
const CHANGES: [&str; 6] =
    ["1", "0.000000000000000001", "0.99998", "1.000000000000000001", "1.5", "1000000000000000000"];
const SPANS: [i64; 6] = [0, 1, 1_000_000_000, 60_000_000_000, 2_592_000_000_000_000, i64::MAX];
const FACTORS: [&str; 6] = ["0.000000000000000001", "0.0001", "0.05", "0.5", "0.999999999999999999", "1"];

/// 2^255
const HUGE: &str = "57896044618658097711785492504343953926634992332820282019728792003956564819968";

fn pick<'a>(dice: &mut Dice, from: &[&'a str]) -> &'a str {
    from[dice.pick(from.len())]
}

struct Storm {
    net: Net,
    refused: usize,
    done: usize,
    /// Causes of steps that were undone, and how often.
    failed: BTreeMap<String, usize>,
}

impl Storm {
    fn new() -> Self {
        let mut net = Net::new();
        // One account can stake up to 2^255.
        let huge = Coins::one(Coin::new(denom(A1), HUGE.parse().unwrap())).unwrap();
        bank::mint(&mut net.ctx, &ModuleAccount::MINT, &huge).unwrap();
        bank::send(&mut net.ctx, &ModuleAccount::MINT.address(), &user("u5"), &huge).unwrap();
        net.fund("u4", "stake", 10u128.pow(15));
        net.set_params(|p| p.reward_delay = Span::ZERO).unwrap();
        let mut storm = Self { net, refused: 0, done: 0, failed: BTreeMap::new() };
        for d in [A1, A2] {
            storm.net.asset(d, "1", "0", "5", "0");
        }
        storm
    }

    fn judge<T>(&mut self, what: &str, outcome: Result<T>) {
        match outcome {
            Ok(_) => self.done += 1,
            Err(Error::Refusal(_)) => self.refused += 1,
            Err(Error::Fault(fault)) => panic!("{what}: {fault}"),
        }
    }

    fn amount(&self, dice: &mut Dice, u: &str, v: &str, d: &str) -> String {
        let shown = self.net.stored_or_none(d).map_or(Int::ZERO, |_| self.net.shown(u, v, d));
        match dice.roll(12) {
            0 => "0".into(),
            1 => "1".into(),
            2 => "2".into(),
            3 => HUGE.into(),
            4 => "340282366920938463463374607431768211456".into(),
            5 => "-1".into(),
            6 | 7 if shown.is_positive() => shown.to_string(),
            8 if shown.is_positive() => shown.add(Int::ONE).unwrap_or(shown).to_string(),
            9 => "1000000000000000000".into(),
            10 => self.net.balance(u, d).to_string(),
            _ => (1 + dice.roll(1 << 40)).to_string(),
        }
    }

    fn act(&mut self, dice: &mut Dice) {
        match dice.roll(24) {
            0..=9 => self.message(dice),
            10..=12 => self.govern(dice),
            13 => self.params(dice),
            14..=16 => self.fault(dice),
            17 => self.validators(dice),
            18 => self.native(dice),
            19 => {
                let n = [1, 7, 1_000_000, 10u128.pow(24)][dice.pick(4)];
                let (v, coin) = (pick(dice, &PLACES), pick(dice, &["prize", "stake", A2]));
                self.net.deposit(v, &[(coin, n)]);
            }
            _ => {
                let secs = [0, 1, 5, 301, 86_400, UNBONDING_SECS, UNBONDING_SECS + 1, 400 * 86_400][dice.pick(8)];
                self.net.pass(secs);
                self.end();
            }
        }
    }

    fn message(&mut self, dice: &mut Dice) {
        let (u, v, w, d) = (pick(dice, &USERS), pick(dice, &PLACES), pick(dice, &PLACES), pick(dice, &DENOMS));
        let n = self.amount(dice, u, v, d);
        let bech32 = self.net.ctx.bech32().clone();
        let (delegator_address, from, to) = (bech32.acc(&user(u)), bech32.val(&val(v)), bech32.val(&val(w)));
        let amount = Some(WireCoin { denom: d.into(), amount: n.clone() });
        let ctx = &mut self.net.ctx;
        let kind = dice.roll(5);
        let outcome = match kind {
            0 | 1 => {
                let m = wire::MsgDelegate { delegator_address, validator_address: from, amount };
                msg::Delegate::check(m, &bech32).and_then(|m| ctx.layer(|ctx| handle::delegate(ctx, m)).map(drop))
            }
            2 => {
                let m = wire::MsgUndelegate { delegator_address, validator_address: from, amount };
                msg::Undelegate::check(m, &bech32).and_then(|m| ctx.layer(|ctx| handle::undelegate(ctx, m)).map(drop))
            }
            3 => {
                let m = wire::MsgRedelegate {
                    delegator_address,
                    validator_src_address: from,
                    validator_dst_address: to,
                    amount,
                };
                msg::Redelegate::check(m, &bech32).and_then(|m| ctx.layer(|ctx| handle::redelegate(ctx, m)).map(drop))
            }
            _ => ctx.layer(|ctx| handle::claim_rewards(ctx, &user(u), &val(v), d)).map(drop),
        };
        self.judge(&format!("message {kind} {u} {v} {w} {n} {d}"), outcome);
    }

    fn govern(&mut self, dice: &mut Dice) {
        let d = pick(dice, &DENOMS);
        let authority = self.net.ctx.bech32().acc(&auth::authority());
        let number = |dice: &mut Dice, from: &[&str]| pick(dice, from).parse::<Dec>().unwrap();
        let (weight, min, max) = (number(dice, &WEIGHTS), number(dice, &WEIGHTS), number(dice, &WEIGHTS));
        let scaled = |number: Dec| number.to_scaled_string();
        let interval = SPANS[dice.pick(SPANS.len())];
        let duration = prost_types::Duration {
            seconds: interval / 1_000_000_000,
            nanos: i32::try_from(interval % 1_000_000_000).unwrap(),
        };
        let create = wire::MsgCreateAlliance {
            authority: authority.clone(),
            denom: d.into(),
            reward_weight: scaled(weight),
            take_rate: scaled(number(dice, &RATES)),
            reward_change_rate: scaled(number(dice, &CHANGES)),
            reward_change_interval: Some(duration),
            reward_weight_range: Some(wire::RewardWeightRange {
                min: scaled(min.min(weight)),
                max: scaled(max.max(weight)),
            }),
        };
        let update = wire::MsgUpdateAlliance {
            authority: create.authority.clone(),
            denom: create.denom.clone(),
            reward_weight: create.reward_weight.clone(),
            take_rate: create.take_rate.clone(),
            reward_change_rate: create.reward_change_rate.clone(),
            reward_change_interval: create.reward_change_interval,
            reward_weight_range: create.reward_weight_range.clone(),
        };
        let (bech32, ctx) = (self.net.ctx.bech32().clone(), &mut self.net.ctx);
        let outcome = match dice.roll(8) {
            0 => {
                let m = msg::DeleteAlliance { authority, denom: d.into() };
                ctx.layer(|ctx| handle::delete_alliance(ctx, m)).map(drop)
            }
            1..=3 => msg::CreateAlliance::check(create, &bech32)
                .and_then(|m| ctx.layer(|ctx| handle::create_alliance(ctx, m)).map(drop)),
            _ => msg::UpdateAlliance::check(update, &bech32)
                .and_then(|m| ctx.layer(|ctx| handle::update_alliance(ctx, m)).map(drop)),
        };
        self.judge(&format!("governance of {d}"), outcome);
    }

    fn params(&mut self, dice: &mut Dice) {
        let now = self.net.ctx.time();
        let params = Params {
            reward_delay: Span([0, 1, 60_000_000_000, -1][dice.pick(4)]),
            take_interval: Span(SPANS[dice.pick(SPANS.len())]),
            last_take: [Timestamp::NEVER, now, Timestamp::MAX, Timestamp::from_secs(0)][dice.pick(4)],
        };
        let outcome = self.net.set_params(|p| *p = params);
        self.judge("parameters", outcome);
    }

    /// A slash never fails, whatever it finds.
    fn fault(&mut self, dice: &mut Dice) {
        let (v, factor) = (pick(dice, &PLACES), pick(dice, &FACTORS).parse::<Dec>().unwrap());
        if staking::validator(&self.net.ctx, &val(v)).unwrap().is_none() {
            return;
        }
        let ctx = &mut self.net.ctx;
        let height = ctx.height() - i64::try_from(dice.roll(4)).unwrap();
        hook::before_slash_is_recorded(ctx, &val(v), factor).unwrap();
        hook::before_validator_slashed(ctx, &val(v), height, factor).unwrap_or_else(|e| panic!("slash of {v}: {e}"));
    }

    /// Out of the set, into it, removed; G always stays.
    fn validators(&mut self, dice: &mut Dice) {
        let v = PLACES[1 + dice.pick(4)];
        let Some(known) = staking::validator(&self.net.ctx, &val(v)).unwrap() else { return };
        let module = ModuleAccount::ALLIANCE.address();
        let is_virtual = staking::delegation(&self.net.ctx, &module, &val(v)).unwrap().is_some();
        match dice.roll(8) {
            0 if !is_virtual && !known.is_bonded() => self.net.remove_validator(v),
            1 => {
                for v in &PLACES[1..] {
                    let bonded = staking::validator(&self.net.ctx, &val(v)).unwrap().is_some_and(|r| r.is_bonded());
                    if bonded {
                        self.net.set_bonded(v, false);
                    }
                }
            }
            _ => self.net.set_bonded(v, !known.is_bonded()),
        }
    }

    fn native(&mut self, dice: &mut Dice) {
        let amount = Coin::new(denom("stake"), Int::from(1 + dice.roll(10_000_000)));
        let (delegator, operator) = (user("u4"), val("G"));
        let ctx = &mut self.net.ctx;
        let outcome = if dice.roll(2) == 0 {
            let m = staking::msg::Delegate { delegator, operator, amount };
            ctx.layer(|ctx| staking::handle::delegate(ctx, m)).map(drop)
        } else {
            let m = staking::msg::Undelegate { delegator, operator, amount };
            ctx.layer(|ctx| staking::handle::undelegate(ctx, m)).map(drop)
        };
        self.judge("native stake", outcome);
    }

    fn end(&mut self) {
        self.net.ctx.take_events();
        block::end(&mut self.net.ctx).unwrap_or_else(|e| panic!("the end block: {e}"));
        for event in self.net.events("StepFailedEvent") {
            let cause = format!("{}: {}", event.attributes[1].1, event.attributes[0].1);
            *self.failed.entry(cause).or_default() += 1;
        }
        self.net.assert_sound();
        assert_eq!(bank::invariant::total_supply(&self.net.ctx).unwrap(), None);
    }
}

#[test]
fn no_number_faults_or_halts() {
    let (mut done, mut refused, mut failed) = (0, 0, BTreeMap::<String, usize>::new());
    for n in 0..30 {
        let mut dice = Dice::new(1_000_000 + n);
        let mut storm = Storm::new();
        for _ in 0..120 {
            storm.act(&mut dice);
            storm.net.assert_sound();
        }
        for _ in 0..3 {
            storm.net.pass(UNBONDING_SECS + 1);
            storm.end();
        }
        done += storm.done;
        refused += storm.refused;
        for (cause, times) in storm.failed {
            *failed.entry(cause).or_default() += times;
        }
    }
    println!("{done} done, {refused} refused, undone steps: {failed:#?}");
    assert!(done > 400, "{done}");
}

/// 2^255 tokens can be staked, slashed, taken from, moved and withdrawn.
#[test]
fn the_largest_stake_is_slashed_and_withdrawn() {
    let mut storm = Storm::new();
    let huge: Int = HUGE.parse().unwrap();
    let m = msg::Delegate { delegator: user("u5"), validator: val("V1"), denom: A1.into(), amount: huge };
    handle::delegate(&mut storm.net.ctx, m).unwrap();
    storm.end();
    hook::before_validator_slashed(&mut storm.net.ctx, &val("V1"), 0, "0.5".parse().unwrap()).unwrap();
    storm.end();
    let shown = storm.net.shown("u5", "V1", A1);
    assert_eq!(shown, huge.quo(Int::from(2)).unwrap());
    let m = msg::Undelegate { delegator: user("u5"), validator: val("V1"), denom: A1.into(), amount: shown };
    handle::undelegate(&mut storm.net.ctx, m).unwrap();
    hook::before_validator_slashed(&mut storm.net.ctx, &val("V1"), 0, "0.5".parse().unwrap()).unwrap();
    storm.net.pass(UNBONDING_SECS + 1);
    let before = storm.net.balance("u5", A1);
    storm.end();
    storm.end();
    assert_eq!(storm.net.balance("u5", A1).sub(before).unwrap(), shown.quo(Int::from(2)).unwrap());
    assert_eq!(storm.net.stored(A1).tokens, Int::ZERO);
}
