//! The rules of the specification once more, in plain integers and without any code of the module: what a chain with two assets must
//! hold after each step. Numbers with 18 places are integers times 10^18, rewards are integers times 10^54.

mod numbers;

use std::collections::BTreeMap;

use num_bigint::BigInt;

use numbers::{least, mul, one, power, quo, quo_up, slashed, ten};

pub type Int = BigInt;

/// Users, validators and assets by number.
pub type Place = (usize, usize, usize);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asset {
    pub weight: Int,
    pub take: Int,
    pub tokens: Int,
    pub shares: Int,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    pub vs: Int,
    pub tds: Int,
    pub epoch: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delegation {
    pub shares: Int,
    pub epoch: u64,
    paid: Int,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbonding {
    pub user: usize,
    pub validator: usize,
    pub asset: usize,
    pub amount: Int,
    completion: i64,
    id: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redelegation {
    pub user: usize,
    pub from: usize,
    pub to: usize,
    pub asset: usize,
    pub amount: Int,
    completion: i64,
    id: u64,
}

/// A message that is refused changes nothing.
#[derive(Debug)]
pub struct Refused;

pub type Outcome = Result<(), Refused>;

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub now: i64,
    pub unbonding_secs: i64,
    pub take_interval: i64,
    pub last_take: Option<i64>,
    pub assets: Vec<Asset>,
    pub pools: BTreeMap<(usize, usize), Pool>,
    pub delegations: BTreeMap<Place, Delegation>,
    pub out_of_set: Vec<usize>,
    /// (validator, asset, epoch): rewards per share and remainder.
    pub indices: BTreeMap<(usize, usize, u64), (Int, Int)>,
    pub owed: BTreeMap<Place, Int>,
    pub dust: Int,
    pub unbondings: Vec<Unbonding>,
    pub redelegations: Vec<Redelegation>,
    /// What lies in the accounts: rewards, and by asset.
    pub reward_pool: Int,
    pub rewards_paid: BTreeMap<usize, Int>,
    pub rewards_to_community: Int,
    pub to_community: Vec<Int>,
    pub taken: Vec<Int>,
    pub wallets: BTreeMap<(usize, usize), Int>,
    pub next_id: u64,
}

impl Model {
    pub fn pool(&self, v: usize, a: usize) -> Pool {
        self.pools.get(&(v, a)).cloned().unwrap_or_default()
    }

    fn pool_mut(&mut self, v: usize, a: usize) -> &mut Pool {
        self.pools.entry((v, a)).or_default()
    }

    /// V(v, a)
    fn tokens(&self, v: usize, a: usize) -> Int {
        let asset = &self.assets[a];
        let tokens = &asset.tokens * one();
        if asset.shares == Int::ZERO { tokens } else { mul(&quo(&self.pool(v, a).vs, &asset.shares), &tokens) }
    }

    fn raw(&self, v: usize, a: usize, shares: &Int) -> Int {
        let (pool, tokens) = (self.pool(v, a), self.tokens(v, a));
        if pool.tds == Int::ZERO { tokens } else { mul(&quo(shares, &pool.tds), &tokens) }
    }

    fn value(&self, v: usize, a: usize, shares: &Int) -> Int {
        (self.raw(v, a, shares) + ten(16)) / one()
    }

    /// The shown balance.
    pub fn shown(&self, u: usize, v: usize, a: usize) -> Int {
        match self.delegations.get(&(u, v, a)) {
            Some(d) if d.epoch == self.pool(v, a).epoch => self.value(v, a, &d.shares),
            _ => Int::ZERO,
        }
    }

    fn dsh(&self, v: usize, a: usize, n: &Int, up: bool) -> Result<Int, Refused> {
        let (pool, tokens) = (self.pool(v, a), self.tokens(v, a));
        if pool.tds < one() {
            return Ok(n * one());
        }
        if tokens == Int::ZERO {
            return Err(Refused);
        }
        Ok(if up { quo_up(&pool.tds, &tokens) } else { quo(&pool.tds, &tokens) } * n)
    }

    fn vsh(&self, a: usize, n: &Int) -> Result<Int, Refused> {
        let asset = &self.assets[a];
        match () {
            () if asset.shares == Int::ZERO => Ok(n * one()),
            () if asset.tokens == Int::ZERO => Err(Refused),
            () => Ok(quo(&asset.shares, &(&asset.tokens * one())) * n),
        }
    }

    /// The delegation shares that go for n tokens.
    fn removal(&self, v: usize, a: usize, held: &Int, n: &Int) -> Result<Int, Refused> {
        let shown = self.value(v, a, held);
        if *n == shown {
            return Ok(held.clone());
        }
        let x = self.dsh(v, a, n, false)?;
        let difference = held - &x;
        let chosen = match () {
            () if difference < ten(16) && -&difference < ten(16) => Some(held.clone()),
            () if *held < &x / one() * one() => None,
            () => Some(least(x, held)),
        };
        match chosen {
            Some(x) if *n <= self.value(v, a, &x) => Ok(x),
            _ if *n < shown => Ok(least(self.dsh(v, a, n, true)?, held)),
            _ => Err(Refused),
        }
    }

    fn take_vs(&mut self, v: usize, a: usize, shares: Int) -> Int {
        let taken = least(shares, &self.pool(v, a).vs);
        self.pool_mut(v, a).vs -= &taken;
        self.assets[a].shares -= &taken;
        taken
    }

    fn take_tds(&mut self, v: usize, a: usize, shares: &Int) {
        let pool = self.pool_mut(v, a);
        pool.tds -= shares;
        assert!(pool.tds >= Int::ZERO);
        if pool.tds == Int::ZERO {
            let epoch = pool.epoch;
            if let Some((_, rest)) = self.indices.remove(&(v, a, epoch)) {
                self.add_dust(rest);
            }
        }
    }

    fn add_dust(&mut self, amount: Int) {
        let sum = &self.dust + amount;
        let whole = &sum / ten(54);
        self.dust = sum % ten(54);
        self.reward_pool -= &whole;
        self.rewards_to_community += whole;
    }

    /// What the delegation earned since it was paid; the fraction goes back.
    fn settle(&mut self, place: Place) -> Int {
        let (_, v, a) = place;
        let now_epoch = self.pool(v, a).epoch;
        let Some(d) = self.delegations.get_mut(&place) else { return Int::ZERO };
        let Some((index, rest)) = self.indices.get_mut(&(v, a, d.epoch)) else { return Int::ZERO };
        let earned = &d.shares * (&*index - &d.paid);
        d.paid = index.clone();
        let (whole, fraction) = (&earned / ten(54), earned % ten(54));
        if d.epoch == now_epoch {
            *rest += fraction;
        } else {
            self.add_dust(fraction);
        }
        whole
    }

    fn settle_into_owed(&mut self, place: Place) {
        let whole = self.settle(place);
        if whole != Int::ZERO {
            *self.owed.entry(place).or_default() += whole;
        }
    }

    fn pay(&mut self, place: Place, whole: Int) {
        let all = whole + self.owed.remove(&place).unwrap_or_default();
        self.reward_pool -= &all;
        *self.rewards_paid.entry(place.0).or_default() += all;
    }

    fn claim_live(&mut self, place: Place) {
        let whole = self.settle(place);
        self.pay(place, whole);
    }

    /// Is there a delegation of the present epoch? One of an older epoch is settled and goes.
    fn live(&mut self, place: Place) -> bool {
        let epoch = self.pool(place.1, place.2).epoch;
        match self.delegations.get(&place) {
            None => false,
            Some(d) if d.epoch == epoch => true,
            Some(_) => {
                self.settle_into_owed(place);
                self.delegations.remove(&place);
                false
            }
        }
    }

    /// A pool of which nothing is left has no epochs and no indices.
    fn forget_empty(&mut self, v: usize, a: usize) {
        let pool = self.pool(v, a);
        let held = self.delegations.keys().any(|(_, w, b)| (*w, *b) == (v, a));
        if pool.vs == Int::ZERO && pool.tds == Int::ZERO && !held {
            self.pools.remove(&(v, a));
            self.indices.retain(|(w, b, _), _| (*w, *b) != (v, a));
        }
    }

    fn restart_if_worthless(&mut self, v: usize, a: usize) {
        let pool = self.pool(v, a);
        let has_shares = pool.vs > Int::ZERO || pool.tds > Int::ZERO;
        let asset = &self.assets[a];
        let gone = asset.shares == Int::ZERO || asset.tokens == Int::ZERO;
        if has_shares && (gone || pool.vs == Int::ZERO || self.tokens(v, a) == Int::ZERO) {
            self.restart(v, a);
        }
        if self.assets[a].shares == Int::ZERO || self.assets[a].tokens == Int::ZERO {
            for w in self.pools.keys().filter(|(_, b)| *b == a).map(|(w, _)| *w).collect::<Vec<_>>() {
                let pool = self.pool(w, a);
                if pool.vs > Int::ZERO || pool.tds > Int::ZERO {
                    self.restart(w, a);
                }
            }
            let left = std::mem::take(&mut self.assets[a].tokens);
            self.to_community[a] += left;
        }
    }

    fn restart(&mut self, v: usize, a: usize) {
        let all = self.pool(v, a).vs;
        self.take_vs(v, a, all);
        let pool = self.pool_mut(v, a);
        if pool.tds > Int::ZERO {
            pool.tds = Int::ZERO;
            let epoch = pool.epoch;
            pool.epoch += 1;
            if let Some((_, rest)) = self.indices.get_mut(&(v, a, epoch)) {
                let rest = std::mem::take(rest);
                self.add_dust(rest);
            }
        }
    }

    fn take_from(&mut self, place: Place, x: &Int) {
        let (_, v, a) = place;
        self.delegations.get_mut(&place).unwrap().shares -= x;
        self.take_tds(v, a, x);
        let left = self.delegations[&place].shares.clone();
        if left == Int::ZERO {
            self.delegations.remove(&place);
        } else if self.value(v, a, &left) == Int::ZERO {
            self.settle_into_owed(place);
            self.delegations.remove(&place);
            self.take_tds(v, a, &left);
        }
        self.restart_if_worthless(v, a);
        self.forget_empty(v, a);
    }

    fn add_to(&mut self, place: Place, shares: Int) -> Outcome {
        if shares <= Int::ZERO {
            return Err(Refused);
        }
        let (_, v, a) = place;
        // The pool may have begun afresh since the message began.
        self.live(place);
        let epoch = self.pool(v, a).epoch;
        let index = self.indices.get(&(v, a, epoch)).map(|i| i.0.clone()).unwrap_or_default();
        self.pool_mut(v, a).tds += &shares;
        let fresh = Delegation { shares: Int::ZERO, epoch, paid: index };
        self.delegations.entry(place).or_insert(fresh).shares += shares;
        Ok(())
    }

    /// A message: all of it or nothing.
    fn message(&mut self, step: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let before = self.clone();
        let outcome = step(self);
        if outcome.is_err() {
            *self = before;
        }
        outcome
    }

    pub fn delegate(&mut self, u: usize, v: usize, a: usize, n: &Int) -> Outcome {
        self.message(|m| {
            let place = (u, v, a);
            let wallet = m.wallets.entry((u, a)).or_default();
            if *wallet < *n {
                return Err(Refused);
            }
            *wallet -= n;
            if m.live(place) {
                m.claim_live(place);
            }
            m.restart_if_worthless(v, a);
            let (ds, vs) = (m.dsh(v, a, n, false)?, m.vsh(a, n)?);
            if vs <= Int::ZERO {
                return Err(Refused);
            }
            m.add_to(place, ds)?;
            m.assets[a].tokens += n;
            m.assets[a].shares += &vs;
            m.pool_mut(v, a).vs += vs;
            Ok(())
        })
    }

    pub fn undelegate(&mut self, u: usize, v: usize, a: usize, n: &Int) -> Outcome {
        self.message(|m| {
            let place = (u, v, a);
            if !m.live(place) {
                return Err(Refused);
            }
            m.claim_live(place);
            let held = m.delegations[&place].shares.clone();
            let x = m.removal(v, a, &held, n)?;
            let y = m.vsh(a, n)?;
            m.assets[a].tokens -= n;
            m.take_vs(v, a, y);
            m.take_from(place, &x);
            let (completion, id) = (m.now + m.unbonding_secs, m.new_id());
            m.unbondings.push(Unbonding { user: u, validator: v, asset: a, amount: n.clone(), completion, id });
            Ok(())
        })
    }

    pub fn redelegate(&mut self, u: usize, v: usize, to: usize, a: usize, n: &Int) -> Outcome {
        self.message(|m| {
            let (source, target) = ((u, v, a), (u, to, a));
            if v == to || !m.live(source) {
                return Err(Refused);
            }
            m.claim_live(source);
            if m.live(target) {
                m.claim_live(target);
            }
            m.restart_if_worthless(to, a);
            m.forget_empty(to, a);
            let held = m.delegations[&source].shares.clone();
            let x = m.removal(v, a, &held, n)?;
            if m.redelegations.iter().any(|r| (r.user, r.to, r.asset) == (u, v, a)) {
                return Err(Refused);
            }
            let ds = m.dsh(to, a, n, false)?;
            let y = m.vsh(a, n)?;
            let moved = m.take_vs(v, a, y);
            if moved <= Int::ZERO {
                return Err(Refused);
            }
            m.pool_mut(to, a).vs += &moved;
            m.assets[a].shares += moved;
            m.take_from(source, &x);
            m.add_to(target, ds)?;
            let (completion, id) = (m.now + m.unbonding_secs, m.new_id());
            m.redelegations.push(Redelegation { user: u, from: v, to, asset: a, amount: n.clone(), completion, id });
            Ok(())
        })
    }

    pub fn claim(&mut self, u: usize, v: usize, a: usize) -> Outcome {
        self.message(|m| {
            let place = (u, v, a);
            let live = m.live(place);
            m.forget_empty(v, a);
            match live {
                true => m.claim_live(place),
                false if m.owed.contains_key(&place) => m.pay(place, Int::ZERO),
                false => return Err(Refused),
            }
            Ok(())
        })
    }

    /// Rewards of the virtual stake at v.
    pub fn deposit(&mut self, v: usize, coins: &Int) {
        let mut owners = Vec::new();
        for a in 0..self.assets.len() {
            let (pool, asset) = (self.pool(v, a), &self.assets[a]);
            if pool.tds == Int::ZERO || asset.weight == Int::ZERO {
                continue;
            }
            let counts = |w: &usize| *w == v || !self.out_of_set.contains(w);
            let all: Int = self.pools.iter().filter(|((w, b), _)| *b == a && counts(w)).map(|(_, p)| &p.vs).sum();
            let stake = &asset.weight * 1_000_000_000;
            let w = if pool.vs == Int::ZERO { Int::ZERO } else { mul(&quo(&pool.vs, &all), &stake) };
            owners.push((a, w));
        }
        if owners.is_empty() {
            self.rewards_to_community += coins;
            return;
        }
        self.reward_pool += coins;
        let total: Int = owners.iter().map(|(_, w)| w).sum();
        let all = coins * ten(54);
        let mut left = all.clone();
        for (i, (a, w)) in owners.iter().enumerate() {
            let part = match () {
                () if i + 1 == owners.len() => left.clone(),
                () if total == Int::ZERO => Int::ZERO,
                () => &all * w / &total,
            };
            left -= &part;
            let pool = self.pool(v, *a);
            let (index, rest) = self.indices.entry((v, *a, pool.epoch)).or_default();
            let n = part + &*rest;
            *index += &n / &pool.tds;
            *rest = n % &pool.tds;
        }
    }

    /// A fault older than all entries, and what the end block makes of it. Nothing else may be due.
    pub fn fault(&mut self, v: usize, factor: &Int) {
        for a in 0..self.assets.len() {
            if !self.pools.contains_key(&(v, a)) {
                continue;
            }
            let z = mul(&self.pool(v, a).vs, factor);
            let most = (&self.assets[a].tokens - Int::from(1)).max(Int::ZERO);
            let k = mul(&self.tokens(v, a), factor) / one();
            let k = if self.pool(v, a).vs == Int::ZERO { Int::ZERO } else { least(k, &most) };
            self.take_vs(v, a, z);
            self.assets[a].tokens -= &k;
            self.to_community[a] += k;
            self.restart_if_worthless(v, a);
            self.forget_empty(v, a);
        }
        let mut order: Vec<Redelegation> = self.redelegations.iter().filter(|r| r.from == v).cloned().collect();
        order.sort_by_key(|r| (r.completion, r.id));
        let mut seen = Vec::new();
        for first in &order {
            let group = (first.user, first.asset, first.to);
            if seen.contains(&group) {
                continue;
            }
            seen.push(group);
            let mut ids: Vec<u64> = order.iter().filter(|r| (r.user, r.asset, r.to) == group).map(|r| r.id).collect();
            ids.sort_unstable_by(|x, y| y.cmp(x));
            for id in ids {
                self.slash_redelegation(id, v, factor);
            }
        }
        let mut ids: Vec<(i64, u64)> =
            self.unbondings.iter().filter(|e| e.validator == v).map(|e| (e.completion, e.id)).collect();
        ids.sort_unstable();
        for (_, id) in ids {
            let entry = self.unbondings.iter_mut().find(|e| e.id == id).unwrap();
            let k = slashed(&entry.amount, factor);
            entry.amount -= &k;
            self.to_community[entry.asset] += k;
        }
        self.clear_restarted();
    }

    fn slash_redelegation(&mut self, id: u64, v: usize, factor: &Int) {
        let entry = self.redelegations.iter_mut().find(|r| r.id == id).unwrap();
        let k = slashed(&entry.amount, factor);
        entry.amount -= &k;
        let entry = entry.clone();
        if k == Int::ZERO {
            return;
        }
        let staked = self.take_stake((entry.user, entry.to, entry.asset), &k);
        let mut rest = &k - &staked;
        let mut order: Vec<usize> = (0..self.unbondings.len()).collect();
        order.sort_by_key(|i| (self.unbondings[*i].completion, self.unbondings[*i].id));
        for i in order {
            let found = &mut self.unbondings[i];
            let fits = (found.user, found.validator, found.asset) == (entry.user, entry.to, entry.asset);
            if fits && found.id >= id {
                let part = least(rest.clone(), &found.amount);
                found.amount -= &part;
                rest -= part;
            }
        }
        assert_ne!(v, entry.to);
        self.to_community[entry.asset] += k - rest;
    }

    fn take_stake(&mut self, place: Place, wanted: &Int) -> Int {
        let (_, v, a) = place;
        let live = self.live(place);
        self.forget_empty(v, a);
        if !live || self.tokens(v, a) == Int::ZERO || self.assets[a].shares == Int::ZERO {
            return Int::ZERO;
        }
        self.settle_into_owed(place);
        let held = self.delegations[&place].shares.clone();
        let worth = least(self.raw(v, a, &held) / one(), &self.assets[a].tokens);
        let taken = least(wanted.clone(), &worth);
        let x = if taken == worth { held } else { least(self.dsh(v, a, &taken, false).unwrap(), &held) };
        let y = self.vsh(a, &taken).unwrap();
        self.assets[a].tokens -= &taken;
        self.take_vs(v, a, y);
        self.take_from(place, &x);
        taken
    }

    fn clear_restarted(&mut self) {
        for place in self.delegations.keys().copied().collect::<Vec<_>>() {
            self.live(place);
            self.forget_empty(place.1, place.2);
        }
        let places: Vec<(usize, usize)> = self.pools.keys().copied().collect();
        for (v, a) in places {
            let epoch = self.pool(v, a).epoch;
            self.indices.retain(|(w, b, e), _| (*w, *b) != (v, a) || *e >= epoch);
        }
    }

    /// The end of a block without faults on their way.
    pub fn end(&mut self) {
        let now = self.now;
        self.redelegations.retain(|r| r.completion >= now);
        let (due, open): (Vec<_>, Vec<_>) = self.unbondings.drain(..).partition(|e| e.completion < now);
        self.unbondings = open;
        for entry in due {
            *self.wallets.entry((entry.user, entry.asset)).or_default() += entry.amount;
        }
        self.take();
        self.clear_restarted();
    }

    fn take(&mut self) {
        let Some(last) = self.last_take else {
            self.last_take = Some(self.now);
            return;
        };
        if self.now <= last + self.take_interval {
            return;
        }
        let n = (self.now - last) / self.take_interval;
        for (a, asset) in self.assets.iter_mut().enumerate() {
            if asset.tokens > Int::ZERO && asset.take > Int::ZERO {
                let left = power(&(one() - &asset.take), n as u64) * &asset.tokens;
                if left > one() {
                    let left = left / one();
                    self.taken[a] += &asset.tokens - &left;
                    asset.tokens = left;
                }
            }
        }
        self.last_take = Some(last + n * self.take_interval);
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}
