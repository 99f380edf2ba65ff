//! Random steps on the chain and on the model of plain integers: after each of them both hold the same numbers, and all invariants hold.

use entente_kernel::num::Dec;
use entente_kernel::{Error, Result};
use num_bigint::BigInt;

use super::model::{Asset, Model, Outcome};
use super::net::{A1, A2, Net, UNBONDING_SECS, denom, key, user, val};
use crate::modules::alliance::pool;
use crate::modules::alliance::state::{
    DELEGATIONS, DUST, EpochKey, FAULTS, INDICES, OWED, REDELEGATIONS, RESTARTS, SWEEPS, UNBONDINGS,
};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

pub const USERS: [&str; 3] = ["u1", "u2", "u3"];
pub const VALIDATORS: [&str; 4] = ["V1", "V2", "V3", "V4"];
pub const ASSETS: [&str; 2] = [A1, A2];
const PRIZE: &str = "prize";

/// Marsaglia's xorshift: the same numbers on every machine.
pub struct Dice(pub u64);

impl Dice {
    /// The n-th stream.
    pub fn new(n: u64) -> Self {
        Self((n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    pub fn pick(&mut self, count: usize) -> usize {
        usize::try_from(self.roll(count as u64)).unwrap()
    }
}

/// A number that a test knows by its text.
pub fn big(text: impl ToString) -> BigInt {
    text.to_string().parse().unwrap()
}

pub fn scaled(number: Dec) -> BigInt {
    big(number.to_scaled_string())
}

fn small(n: &BigInt) -> u128 {
    u128::try_from(n).unwrap()
}

struct Pair {
    net: Net,
    model: Model,
    refused: usize,
}

impl Pair {
    fn new(take: &str) -> Self {
        let mut net = Net::new();
        net.asset(A1, "0.7", "0", "9", "0");
        net.asset(A2, "2", "0", "9", take);
        net.end();
        let asset = |weight: &str, take: &str| Asset {
            weight: scaled(weight.parse().unwrap()),
            take: scaled(take.parse().unwrap()),
            ..Asset::default()
        };
        let mut model = Model {
            now: 0,
            unbonding_secs: UNBONDING_SECS,
            take_interval: 300,
            last_take: Some(0),
            assets: vec![asset("0.7", "0"), asset("2", take)],
            to_community: vec![BigInt::ZERO; 2],
            taken: vec![BigInt::ZERO; 2],
            ..Model::default()
        };
        for u in 0..USERS.len() {
            for a in 0..ASSETS.len() {
                model.wallets.insert((u, a), BigInt::from(10).pow(27));
            }
        }
        Self { net, model, refused: 0 }
    }

    /// Both must agree on whether a message is carried out.
    fn both<T: std::fmt::Debug>(&mut self, what: &str, ours: Result<T>, theirs: Outcome) {
        assert!(!matches!(ours, Err(Error::Fault(_))), "{what}: {ours:?}");
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{what}: {ours:?}");
        self.refused += usize::from(theirs.is_err());
    }

    fn amount(&self, dice: &mut Dice, (u, v, a): (usize, usize, usize)) -> BigInt {
        let shown = self.model.shown(u, v, a);
        let any = match dice.roll(4) {
            0 => BigInt::from(1 + dice.roll(5)),
            1 => BigInt::from(1 + dice.roll(2_000_000)),
            2 => BigInt::from(1 + dice.roll(1 << 40)),
            _ => BigInt::from(1 + dice.roll(1 << 60)),
        };
        match dice.roll(6) {
            0 | 1 if shown > BigInt::ZERO => shown,
            2 if shown > BigInt::ZERO => shown + 1,
            3 if shown > BigInt::from(1) => shown - 1,
            4 if shown > BigInt::from(1) => (&shown * dice.roll(1000) / 1000u32).max(BigInt::from(1)),
            _ => any,
        }
    }

    fn act(&mut self, dice: &mut Dice) -> String {
        let (u, v, w) = (dice.pick(USERS.len()), dice.pick(VALIDATORS.len()), dice.pick(VALIDATORS.len()));
        let a = dice.pick(ASSETS.len());
        let (user, from, to, asset) = (USERS[u], VALIDATORS[v], VALIDATORS[w], ASSETS[a]);
        let n = self.amount(dice, (u, v, a));
        match dice.roll(20) {
            0..=4 => {
                let what = format!("delegate {user} {from} {asset} {n}");
                let ours = self.net.try_delegate(user, from, asset, small(&n));
                let theirs = self.model.delegate(u, v, a, &n);
                self.both(&what, ours, theirs);
                what
            }
            5..=7 => {
                let what = format!("undelegate {user} {from} {asset} {n}");
                let ours = self.net.undelegate(user, from, asset, small(&n));
                let theirs = self.model.undelegate(u, v, a, &n);
                self.both(&what, ours, theirs);
                what
            }
            8..=10 => {
                let what = format!("redelegate {user} {from} {to} {asset} {n}");
                let ours = self.net.redelegate(user, from, to, asset, small(&n));
                let theirs = self.model.redelegate(u, v, w, a, &n);
                self.both(&what, ours, theirs);
                what
            }
            11 => {
                let ours = self.net.claim(user, from, asset);
                let theirs = self.model.claim(u, v, a);
                self.both("claim", ours, theirs);
                format!("claim {user} {from} {asset}")
            }
            12..=14 => {
                self.net.deposit(from, &[(PRIZE, small(&n))]);
                self.model.deposit(v, &n);
                format!("deposit {from} {n}")
            }
            15 => {
                let tenths = dice.roll(30);
                let weight = format!("{}.{}", tenths / 10, tenths % 10);
                self.net.update(asset, |t| t.reward_weight = weight.parse().unwrap()).unwrap();
                self.model.assets[a].weight = scaled(weight.parse().unwrap());
                format!("weight {asset} {weight}")
            }
            16 => {
                let out = &mut self.model.out_of_set;
                let is_out = out.contains(&v);
                if is_out {
                    out.retain(|x| *x != v);
                } else {
                    out.push(v);
                }
                self.net.set_bonded(from, is_out);
                format!("in or out {from}")
            }
            17 => self.fault(dice, v),
            _ => {
                let secs = [1, 5, 299, 301, 900, UNBONDING_SECS, UNBONDING_SECS + 1][dice.pick(7)];
                self.pass(secs);
                format!("pass {secs}")
            }
        }
    }

    fn pass(&mut self, secs: i64) {
        self.net.pass(secs);
        self.net.end();
        self.model.now += secs;
        self.model.end();
    }

    fn fault(&mut self, dice: &mut Dice, v: usize) -> String {
        self.pass(1);
        let factor = ["0.05", "0.0001", "0.333333333333333333", "0.5", "0.999999999999999999", "1"][dice.pick(6)];
        self.net.fault(VALIDATORS[v], factor);
        self.net.end();
        self.model.fault(v, &scaled(factor.parse().unwrap()));
        format!("fault {} {factor}", VALIDATORS[v])
    }

    /// Every number of the state is the model's.
    fn compare(&self, what: &str) {
        let (net, model) = (&self.net, &self.model);
        net.assert_sound();
        let mut pools = 0;
        for (a, asset) in ASSETS.iter().enumerate() {
            let (ours, theirs) = (net.stored(asset), &model.assets[a]);
            assert_eq!(big(ours.tokens), theirs.tokens, "{what}: TT of {asset}");
            assert_eq!(scaled(ours.shares), theirs.shares, "{what}: TVS of {asset}");
            let community: Dec = net.community_pool(asset).parse().unwrap();
            assert_eq!(scaled(community), &model.to_community[a] * BigInt::from(10).pow(18), "{what}: community pool");
            assert_eq!(
                big(net.held_by(&ModuleAccount::FEE_COLLECTOR, asset)),
                model.taken[a],
                "{what}: taken of {asset}"
            );
            for (v, validator) in VALIDATORS.iter().enumerate() {
                let (ours, theirs) = (net.pool(validator, asset), model.pool(v, a));
                let ours = (scaled(ours.validator_shares), scaled(ours.delegator_shares), ours.epoch);
                assert_eq!(ours, (theirs.vs, theirs.tds, theirs.epoch), "{what}: {asset} at {validator}");
                pools += usize::from(model.pools.contains_key(&(v, a)));
                self.compare_rows(what, (v, validator), (a, asset));
            }
            for (u, name) in USERS.iter().enumerate() {
                assert_eq!(big(net.balance(name, asset)), model.wallets[&(u, a)], "{what}: wallet of {name}");
            }
        }
        assert_eq!(pool::all(&net.ctx).unwrap().len(), pools, "{what}");
        assert_eq!(DELEGATIONS.iter(&net.ctx).count(), model.delegations.len(), "{what}");
        assert_eq!(OWED.iter(&net.ctx).count(), model.owed.len(), "{what}");
        // Indices of ended epochs that nobody refers to any more are forgotten some blocks later.
        let present = model.indices.keys().filter(|(v, a, epoch)| *epoch >= model.pool(*v, *a).epoch).count();
        assert_eq!(self.indices_of_epochs(|epoch, present| epoch >= present), present, "{what}");
        self.compare_rewards(what);
        self.compare_entries(what);
    }

    /// How many indices are of an epoch that stands so to the pool's present one.
    fn indices_of_epochs(&self, is: impl Fn(u64, u64) -> bool) -> usize {
        let ctx = &self.net.ctx;
        let rows = INDICES.iter(ctx).map(|row| row.unwrap().0);
        let present = |(v, k, _): &EpochKey| pool::at(ctx, v).unwrap().get(k).map_or(0, |pool| pool.epoch);
        rows.filter(|row| is(row.2, present(row))).count()
    }

    fn compare_rows(&self, what: &str, (v, validator): (usize, &str), (a, asset): (usize, &str)) {
        let (net, model) = (&self.net, &self.model);
        for (u, name) in USERS.iter().enumerate() {
            let ours = net.delegation(name, validator, asset).map(|d| (scaled(d.shares), d.epoch));
            let theirs = model.delegations.get(&(u, v, a)).map(|d| (d.shares.clone(), d.epoch));
            assert_eq!(ours, theirs, "{what}: {name} at {validator} in {asset}");
            let owed = OWED.get(&net.ctx, &(user(name), val(validator), key(asset))).unwrap();
            let owed = owed.map(|coins| big(coins.amount_of(PRIZE)));
            assert_eq!(owed, model.owed.get(&(u, v, a)).cloned(), "{what}: owed to {name} at {validator} in {asset}");
            assert_eq!(big(net.shown(name, validator, asset)), model.shown(u, v, a), "{what}: shown to {name}");
        }
        for ((w, b, epoch), (index, rest)) in &model.indices {
            if (*w, *b) == (v, a) {
                let row = (val(validator), key(asset), *epoch);
                let ours = *INDICES.must(&net.ctx, &row).unwrap().get(&denom(PRIZE)).unwrap();
                let ours = (big(ours.per_share), big(ours.carried));
                assert_eq!(ours, (index.clone(), rest.clone()), "{what}: index of {asset} at {validator}");
            }
        }
    }

    fn compare_rewards(&self, what: &str) {
        let (net, model) = (&self.net, &self.model);
        assert_eq!(
            big(net.held_by(&ModuleAccount::ALLIANCE_REWARDS, PRIZE)),
            model.reward_pool,
            "{what}: rewards pool"
        );
        let dust = DUST.get(&net.ctx, &denom(PRIZE)).unwrap().map_or(BigInt::ZERO, big);
        assert_eq!(dust, model.dust, "{what}: dust");
        let community: Dec = net.community_pool(PRIZE).parse().unwrap();
        assert_eq!(scaled(community), &model.rewards_to_community * BigInt::from(10).pow(18), "{what}");
        let mut all = BigInt::from(0) + &model.reward_pool + &model.rewards_to_community;
        for (u, name) in USERS.iter().enumerate() {
            let paid = model.rewards_paid.get(&u).cloned().unwrap_or_default();
            assert_eq!(big(net.balance(name, PRIZE)), paid, "{what}: paid to {name}");
            all += paid;
        }
        assert_eq!(big(bank::supply(&net.ctx, &denom(PRIZE)).unwrap()), all, "{what}: supply");
        assert_eq!(bank::invariant::total_supply(&net.ctx).unwrap(), None, "{what}");
    }

    fn compare_entries(&self, what: &str) {
        let (net, model) = (&self.net, &self.model);
        let index = |names: &[&str], is: &dyn Fn(&str) -> bool| names.iter().position(|n| is(n)).unwrap();
        let ours: Vec<_> = UNBONDINGS
            .iter(&net.ctx)
            .map(|row| {
                let found = row.unwrap().1;
                (
                    index(&USERS, &|n| user(n) == found.delegator),
                    index(&VALIDATORS, &|n| val(n) == found.validator),
                    index(&ASSETS, &|n| denom(n) == found.denom),
                    big(found.amount),
                )
            })
            .collect();
        let theirs: Vec<_> =
            model.unbondings.iter().map(|e| (e.user, e.validator, e.asset, e.amount.clone())).collect();
        assert_eq!(ours, theirs, "{what}: unbondings");
        let ours: Vec<_> = REDELEGATIONS
            .iter(&net.ctx)
            .map(|row| {
                let found = row.unwrap().1;
                (
                    index(&USERS, &|n| user(n) == found.delegator),
                    index(&VALIDATORS, &|n| val(n) == found.source),
                    index(&VALIDATORS, &|n| val(n) == found.destination),
                    index(&ASSETS, &|n| denom(n) == found.denom),
                    big(found.amount),
                )
            })
            .collect();
        let theirs: Vec<_> =
            model.redelegations.iter().map(|r| (r.user, r.from, r.to, r.asset, r.amount.clone())).collect();
        assert_eq!(ours, theirs, "{what}: redelegations");
    }
}

fn live(seed: u64, take: &str, steps: usize) -> usize {
    let mut dice = Dice::new(seed);
    let mut pair = Pair::new(take);
    let mut history = Vec::new();
    for _ in 0..steps {
        let what = pair.act(&mut dice);
        history.push(what);
        let from = history.len().saturating_sub(12);
        pair.compare(&format!("seed {seed}: {:?}", &history[from..]));
    }
    // In the end nothing is on its way.
    assert_eq!((FAULTS.iter(&pair.net.ctx).count(), SWEEPS.iter(&pair.net.ctx).count()), (0, 0));
    pair.pass(1);
    pair.pass(1);
    assert_eq!(pair.indices_of_epochs(|epoch, present| epoch < present), 0);
    assert_eq!(RESTARTS.iter(&pair.net.ctx).count(), 0);
    pair.refused
}

#[test]
fn the_chain_holds_the_numbers_of_the_model_after_every_step() {
    let (mut steps, mut refused) = (0, 0);
    for seed in 0..24 {
        let take = ["0", "0.01", "0.5", "0.000001"][usize::try_from(seed).unwrap() % 4];
        refused += live(seed, take, 60);
        steps += 60;
    }
    println!("{steps} steps, {refused} refused");
    assert!(refused * 3 < steps * 2, "most steps are refused: {refused} of {steps}");
}
