//! An independent model in big integers, without a line of the module: after every step of a random life the vault equals it.

use std::collections::BTreeMap;

use entente_kernel::Span;
use num_bigint::BigInt;
use proptest::prelude::*;

use super::*;

const RATES: [u32; 3] = [105, 130, 112];
const TARGETS: [u32; 3] = [40, 35, 25];

#[derive(Default)]
struct Model {
    active: [BigInt; 3],
    shares: BigInt,
    pool: BigInt,
    insurance: BigInt,
    holders: BTreeMap<u8, BigInt>,
    leaving: BTreeMap<u8, BigInt>,
    /// Closed batches: amounts and claims.
    batches: Vec<([BigInt; 3], BTreeMap<u8, BigInt>)>,
    paid: BTreeMap<(u8, usize), BigInt>,
}

fn big(n: u128) -> BigInt {
    BigInt::from(n)
}

impl Model {
    fn values(&self) -> [BigInt; 3] {
        std::array::from_fn(|i| &self.active[i] * RATES[i] / 100)
    }

    /// Numerator and denominator of the imbalance, in hundredths: k/2 · Σ (100 V - T NAV)² / (NAV · 100²), k = 1/2.
    fn phi(values: &[BigInt; 3]) -> (BigInt, BigInt) {
        let nav: BigInt = values.iter().sum();
        if nav == big(0) {
            return (big(0), big(1));
        }
        let mut sum = big(0);
        for i in 0..3 {
            let gap = &values[i] * 100 - &nav * TARGETS[i];
            sum += &gap * &gap;
        }
        (sum, nav * 4 * 100 * 100)
    }

    fn deposit(&mut self, who: u8, asset: usize, amount: u128) {
        let value: BigInt = big(amount) * RATES[asset] / 100;
        let before = self.values();
        let nav: BigInt = before.iter().sum();
        let nav_hi: BigInt = (0..3).map(|i| -> BigInt { (&self.active[i] * RATES[i] + 99) / 100 }).sum();
        let all: BigInt = &self.shares + 1_000_000;
        let gross: BigInt = &value * &all / (&nav_hi + 1);
        let mut after = before.clone();
        after[asset] = (&self.active[asset] + amount) * RATES[asset] / 100;
        let (n0, d0): (BigInt, BigInt) = Self::phi(&before);
        let (n1, d1): (BigInt, BigInt) = Self::phi(&after);
        let floor0: BigInt = n0 / d0;
        let ceil1: BigInt = (n1 + &d1 - 1) / d1;
        let mut user = gross.clone();
        if nav >= big(BOOT) {
            if ceil1 > floor0 {
                let rise: BigInt = &ceil1 - &floor0;
                let fee: BigInt = rise.min(value.clone());
                user = &gross * (&value - fee) / &value;
                self.pool += &gross - &user;
            } else {
                let bonus: BigInt = (floor0 - ceil1) * 8 / 10;
                let wanted: BigInt = bonus * &all / (nav_hi + 1);
                let shares: BigInt = wanted.min(self.pool.clone());
                self.pool -= &shares;
                user += shares;
            }
        }
        self.shares += gross;
        self.active[asset] += amount;
        *self.holders.entry(who).or_default() += user;
    }

    fn leave(&mut self, who: u8, shares: &BigInt) {
        *self.holders.get_mut(&who).unwrap() -= shares;
        *self.leaving.entry(who).or_default() += shares;
    }

    fn come_back(&mut self, who: u8, shares: &BigInt) {
        *self.leaving.get_mut(&who).unwrap() -= shares;
        *self.holders.get_mut(&who).unwrap() += shares;
    }

    fn epoch(&mut self) {
        let claims: BTreeMap<u8, BigInt> =
            std::mem::take(&mut self.leaving).into_iter().filter(|(_, shares)| *shares > big(0)).collect();
        let all: BigInt = claims.values().sum();
        if all > big(0) {
            let amounts: [BigInt; 3] = std::array::from_fn(|i| &self.active[i] * &all / (&self.shares + 1_000_000));
            for (active, amount) in self.active.iter_mut().zip(&amounts) {
                *active -= amount;
            }
            self.shares -= all;
            self.batches.push((amounts, claims));
            let nav: BigInt = self.values().iter().sum();
            if self.shares == &self.pool + &self.insurance && nav > big(0) {
                self.shares = nav * 1_000_000;
                (self.pool, self.insurance) = (big(0), big(0));
            }
        }
        let excess = &self.pool - &self.shares / 200;
        if excess > big(0) {
            self.pool -= &excess;
            self.insurance += excess;
        }
    }

    fn pay(&mut self) {
        for (amounts, claims) in std::mem::take(&mut self.batches) {
            let all: BigInt = claims.values().sum();
            for (i, amount) in amounts.iter().enumerate() {
                let mut rest = amount.clone();
                for (who, shares) in &claims {
                    let due: BigInt = amount * shares / &all;
                    rest -= &due;
                    *self.paid.entry((*who, i)).or_default() += due;
                }
                self.active[i] += rest;
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Deposit(u8, usize, u128),
    Leave(u8, u8),
    ComeBack(u8, u8),
    Epoch,
    Pay,
}

fn step() -> impl Strategy<Value = Step> {
    let who = 101u8..=104;
    let amount = prop_oneof![1u128..1_000, 1_000_000u128..100_000_000_000, Just(1_000_000_000_000_000)];
    prop_oneof![
        5 => (who.clone(), 0usize..3, amount).prop_map(|(who, asset, amount)| Step::Deposit(who, asset, amount)),
        3 => (who.clone(), 1u8..=100).prop_map(|(who, part)| Step::Leave(who, part)),
        1 => (who, 1u8..=100).prop_map(|(who, part)| Step::ComeBack(who, part)),
        3 => Just(Step::Epoch),
        1 => Just(Step::Pay),
    ]
}

fn play(steps: &[Step]) {
    let mut net = Net::new();
    // Coins that are no alliance asset stay idle: no rounding of another module comes in.
    for name in DENOMS {
        let delete = entente_proto::alliance::alliance::MsgDeleteAlliance {
            authority: net.w.ctx.bech32().acc(&auth::authority()),
            denom: name.into(),
        };
        net.w.send(&delete).unwrap();
    }
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Deposit(who, asset, amount) => {
                net.fund(*who, DENOMS[*asset], *amount);
                // What was funded and not taken would blur what is paid later.
                let spare = net.held(*who, DENOMS[*asset]) - amount;
                if net.try_deposit(*who, DENOMS[*asset], *amount, 0).is_ok() {
                    model.deposit(*who, *asset, *amount);
                    assert_eq!(net.held(*who, DENOMS[*asset]), spare);
                } else {
                    *model.paid.entry((*who, *asset)).or_default() += *amount;
                }
            }
            Step::Leave(who, part) => {
                let shares = net.held(*who, "lrt/1") * u128::from(*part) / 100;
                if shares > 0 && net.request_exit(*who, shares).is_ok() {
                    model.leave(*who, &big(shares));
                }
            }
            Step::ComeBack(who, part) => {
                let in_batch: BigInt = model.leaving.get(who).cloned().unwrap_or_default();
                let shares: BigInt = in_batch * u32::from(*part) / 100;
                if shares > big(0) {
                    let message = wire::MsgCancelExit { owner: net.w.acc(*who), vault: 1, shares: shares.to_string() };
                    net.w.send(&message).unwrap();
                    model.come_back(*who, &shares);
                }
            }
            Step::Epoch => {
                net.next_epoch();
                model.epoch();
            }
            Step::Pay => {
                net.next_epoch();
                model.epoch();
                let due = net.w.ctx.time().plus(Span::from_secs(21 * DAY));
                // One long silence: everything that is closed becomes due, one epoch ends.
                net.w.after(21 * DAY + 60);
                assert!(net.w.ctx.time() >= due);
                net.lift_canary();
                model.epoch();
                model.pay();
                net.w.block();
            }
        }
        let vault = net.vault();
        assert_eq!(big(vault.shares), model.shares, "{step:?}");
        assert_eq!(big(vault.pool_shares), model.pool, "{step:?}");
        assert_eq!(big(vault.insurance_shares), model.insurance, "{step:?}");
        assert_eq!(net.active().map(big), model.active, "{step:?}");
        for who in 101..=104 {
            assert_eq!(big(net.held(who, "lrt/1")), model.holders.get(&who).cloned().unwrap_or_default(), "{step:?}");
            for (i, name) in DENOMS.iter().enumerate() {
                assert_eq!(
                    big(net.held(who, name)),
                    model.paid.get(&(who, i)).cloned().unwrap_or_default(),
                    "{step:?}"
                );
            }
        }
        net.w.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_vault_equals_the_model_after_every_step(steps in prop::collection::vec(step(), 1..25)) {
        play(&steps);
    }
}
