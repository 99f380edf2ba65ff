//! A random machine of stakers beside a second model in plain integers: every coin that is minted, burnt or paid is foretold.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
enum Op {
    Stake(u8, u64),
    Unstake(u8, u64),
    Cancel(u8, u64),
    Reward(u8, u64),
    Wait(i64),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let who = 101..=104_u8;
    let op = prop_oneof![
        (who.clone(), 1_000..50_000_000_u64).prop_map(|(n, a)| Op::Stake(n, a)),
        (who.clone(), 1..60_000_000_u64).prop_map(|(n, a)| Op::Unstake(n, a)),
        (who, 1..60_000_000_u64).prop_map(|(n, a)| Op::Cancel(n, a)),
        (1..=3_u8, 1..5_000_000_u64).prop_map(|(n, a)| Op::Reward(n, a)),
        (1..3_000_000_i64).prop_map(Op::Wait),
    ];
    prop::collection::vec(op, 1..40)
}

/// A batch that has closed: liquid coins of each, all of them, native coins that come back, and when.
struct Closed {
    claims: BTreeMap<u8, u128>,
    liquid: u128,
    native: u128,
    due: i64,
}

/// Without slashes shares are tokens, so the whole module is a few lines.
#[derive(Default)]
struct Model {
    supply: u128,
    value: u128,
    liquid: BTreeMap<u8, u128>,
    paid: BTreeMap<u8, u128>,
    open: BTreeMap<u8, u128>,
    closed: Vec<Closed>,
}

impl Model {
    fn stake(&mut self, n: u8, amount: u128) {
        let minted = if self.supply == 0 { amount } else { amount * (self.supply + 1) / (self.value + 1) };
        self.supply += minted;
        self.value += amount;
        *self.liquid.entry(n).or_default() += minted;
    }

    fn close(&mut self, now: i64) {
        let claims = std::mem::take(&mut self.open);
        let liquid: u128 = claims.values().sum();
        let native = liquid * self.value / (self.supply + 1);
        self.supply -= liquid;
        self.value -= native;
        self.closed.push(Closed { claims, liquid, native, due: now + 21 * DAY });
    }

    fn mature(&mut self, now: i64) {
        let (due, rest) = std::mem::take(&mut self.closed).into_iter().partition(|c: &Closed| c.due <= now);
        self.closed = rest;
        for closed in due {
            let mut left = closed.native;
            for (n, claim) in closed.claims {
                let part = closed.native * claim / closed.liquid;
                left -= part;
                *self.paid.entry(n).or_default() += part;
            }
            self.value += left;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn everything_that_is_minted_and_paid_is_what_the_plain_model_says(ops in ops()) {
        let mut w = world();
        let mut model = Model::default();
        let start: BTreeMap<u8, u128> = (101..=104).map(|n| (n, w.balance(n).to_u128().unwrap())).collect();
        let mut spent: BTreeMap<u8, u128> = BTreeMap::new();
        for op in ops {
            match op {
                Op::Stake(n, amount) => {
                    w.send(&stake(&w, n, amount)).unwrap();
                    model.stake(n, amount.into());
                    *spent.entry(n).or_default() += u128::from(amount);
                }
                Op::Unstake(n, amount) => {
                    let have = model.liquid.get(&n).copied().unwrap_or_default();
                    let worth = u128::from(amount) * model.value / (model.supply + 1);
                    let sent = w.send(&unstake(&w, n, amount));
                    prop_assert_eq!(sent.is_ok(), u128::from(amount) <= have && worth > 0);
                    if sent.is_ok() {
                        *model.liquid.entry(n).or_default() -= u128::from(amount);
                        *model.open.entry(n).or_default() += u128::from(amount);
                    }
                }
                Op::Cancel(n, amount) => {
                    let escrowed = model.open.get(&n).copied().unwrap_or_default();
                    let sent = w.send(&own::MsgCancelUnstake { owner: w.acc(n), amount: stk(amount) });
                    prop_assert_eq!(sent.is_ok(), u128::from(amount) <= escrowed);
                    if sent.is_ok() {
                        *model.liquid.entry(n).or_default() += u128::from(amount);
                        *model.open.entry(n).or_default() -= u128::from(amount);
                        model.open.retain(|_, claim| *claim > 0);
                    }
                }
                Op::Reward(n, amount) => reward(&mut w, n, amount),
                Op::Wait(secs) => {
                    let events = w.after(secs);
                    let count = |kind: &str| events.iter().filter(|e| e.kind.ends_with(kind)).count();
                    let now = w.ctx.time().secs;
                    // In the order of the block: what is due comes back, the batch closes, rewards become stake.
                    prop_assert_eq!(count("EventStepFailed"), 0);
                    prop_assert_eq!(count("EventBatchDelayed"), 0);
                    let closes = count("EventBatchClosed") > 0;
                    if closes {
                        model.close(now);
                    }
                    if count("EventCompounded") > 0 {
                        model.value += attribute(&events, "EventCompounded", "staked").parse::<u128>().unwrap();
                    }
                    model.mature(now);
                }
            }
            prop_assert_eq!(liquid::supply(&w.ctx).unwrap(), model.supply);
            prop_assert_eq!(value(&w), model.value);
            for n in 101..=104 {
                let liquid = model.liquid.get(&n).copied().unwrap_or_default();
                prop_assert_eq!(u128::from(held(&w, n)), liquid);
                let wanted = start[&n] + model.paid.get(&n).copied().unwrap_or_default() - spent.get(&n).copied().unwrap_or_default();
                prop_assert_eq!(w.balance(n).to_u128().unwrap(), wanted);
            }
            w.check();
        }
    }
}
