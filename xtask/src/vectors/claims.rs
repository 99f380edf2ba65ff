//! Payouts of alliance rewards, which may be off by what the file's tolerance says and by nothing else.
//!
//! Every claim shows what it paid in an event, there and here. The two are compared one by one; their difference is carried as an
//! offset of the two balances concerned, which are compared exactly once the offset is taken away. So nothing but a payout can hide
//! behind the tolerance, and the sum of the balances is equal.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use entente_kernel::event::Attribute;
use serde_json::Value;

use super::file::{SeenEvent, Tolerance};

const CLAIMED: &str = "alliance.alliance.ClaimAllianceRewardsEvent";
const LEFT_OVER: &str = "alliance.alliance.LeftOverRewardsEvent";
/// The community pool among the holders of coins.
const COMMUNITY_POOL: &str = "community pool";

/// One payout: to whom, from which validator, and how much of each coin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub delegator: String,
    pub validator: String,
    pub coins: BTreeMap<String, i128>,
}

/// How far one payout may be off, per coin.
#[derive(Debug, Clone)]
pub struct Bound {
    denoms: Vec<String>,
    units: i128,
    /// The file says that more is possible where its deviations apply.
    open: bool,
}

impl Bound {
    pub fn of(tolerance: &Tolerance, deviations: &[String]) -> Self {
        let text = tolerance.per_claim.as_str();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let units = text[..digits].parse().unwrap_or(0);
        let open = digits < text.len() && !deviations.is_empty();
        Self { denoms: tolerance.denoms.clone(), units, open }
    }
}

/// What became of the payouts so far.
#[derive(Debug, Default)]
pub struct Claims {
    pub seen: usize,
    /// Coins of claims that were off, but within the units of the tolerance.
    pub tolerated: usize,
    /// Coins of claims that were off by no more than what others' claims returned.
    pub returned: usize,
    /// Coins of claims that were off by more, where the tolerance allows it for the sake of a deviation.
    pub beyond: usize,
    pub largest: i128,
    /// (validator, denom) -> what the claims there may have returned to those who stay: less than one unit each.
    returns: BTreeMap<(String, String), i128>,
    /// (address, denom) -> how much more it got here.
    offsets: BTreeMap<(String, String), i128>,
}

/// A payout that is off by more than the tolerance.
pub struct Off {
    pub path: String,
    pub wanted: String,
    pub found: String,
}

impl Claims {
    /// Takes the claims of one transaction (or of a block's begin and end) into account.
    pub fn compare(&mut self, bound: Option<&Bound>, pool: &str, wanted: &[Claim], found: &[Claim]) -> Vec<Off> {
        let mut off = Vec::new();
        let show = |claim: Option<&Claim>| claim.map_or("no claim".to_owned(), |c| format!("{c:?}"));
        for i in 0..wanted.len().max(found.len()) {
            self.seen += 1;
            let pair = (wanted.get(i), found.get(i));
            if let (Some(w), Some(f)) = pair
                && (&w.delegator, &w.validator) == (&f.delegator, &f.validator)
            {
                off.extend(self.compare_coins(bound, w, f));
            } else {
                off.push(Off { path: format!("claim/{i}"), wanted: show(pair.0), found: show(pair.1) });
            }
        }
        if let Some(bound) = bound {
            found.iter().for_each(|c| self.shift(bound, pool, c, 1));
            wanted.iter().for_each(|c| self.shift(bound, pool, c, -1));
        }
        off
    }

    /// Takes units out of what claims at the validator returned: each returns the fraction of a unit that it cut off to those who stay
    /// (F2), while the Go module lets it lie.
    fn take_returned(&mut self, validator: &str, denom: &str, units: i128) -> bool {
        let pot = self.returns.entry((validator.to_owned(), denom.to_owned())).or_default();
        let enough = (0..=*pot).contains(&units);
        if enough {
            *pot -= units;
        }
        *pot += 1;
        enough
    }

    fn compare_coins(&mut self, bound: Option<&Bound>, wanted: &Claim, found: &Claim) -> Vec<Off> {
        let mut off = Vec::new();
        let denoms: std::collections::BTreeSet<&String> = wanted.coins.keys().chain(found.coins.keys()).collect();
        for denom in denoms {
            let amount = |c: &Claim| c.coins.get(denom).copied().unwrap_or(0);
            let by = (amount(found) - amount(wanted)).abs();
            let bound = bound.filter(|b| b.denoms.contains(denom));
            let beyond = bound.map_or(0, |b| (by - b.units).max(0));
            let returned = self.take_returned(&wanted.validator, denom, beyond);
            match bound {
                _ if by == 0 => {}
                Some(b) if by <= b.units => self.tolerated += 1,
                Some(_) if returned => self.returned += 1,
                Some(b) if b.open => {
                    self.beyond += 1;
                    self.largest = self.largest.max(by);
                }
                _ => off.push(Off {
                    path: format!("claim/{}/{}/{denom}", wanted.delegator, wanted.validator),
                    wanted: amount(wanted).to_string(),
                    found: amount(found).to_string(),
                }),
            }
        }
        off
    }

    fn shift(&mut self, bound: &Bound, pool: &str, claim: &Claim, sign: i128) {
        for (denom, amount) in claim.coins.iter().filter(|(d, _)| bound.denoms.contains(d)) {
            *self.offsets.entry((claim.delegator.clone(), denom.clone())).or_default() += sign * amount;
            *self.offsets.entry((pool.to_owned(), denom.clone())).or_default() -= sign * amount;
        }
    }

    /// Takes into account what this chain left over and gave from the rewards pool to the community pool, where the Go module keeps it.
    pub fn left_over(&mut self, pool: &str, distribution: &str, coins: &BTreeMap<String, i128>) {
        for (denom, amount) in coins {
            *self.offsets.entry((pool.to_owned(), denom.clone())).or_default() -= amount;
            *self.offsets.entry((distribution.to_owned(), denom.clone())).or_default() += amount;
            *self.offsets.entry((COMMUNITY_POOL.to_owned(), denom.clone())).or_default() += amount;
        }
    }

    /// How much more the holder of a `bank/balance` path, or the community pool, got here than there by its claims.
    pub fn offset(&self, path: &str) -> i128 {
        let balance = path.strip_prefix("bank/balance/").and_then(|p| p.split_once('/'));
        let pool = path.strip_prefix("distribution/community_pool/").map(|denom| (COMMUNITY_POOL, denom));
        let Some((holder, denom)) = balance.or(pool) else {
            return 0;
        };
        self.offsets.get(&(holder.to_owned(), denom.to_owned())).copied().unwrap_or(0)
    }

    /// Paths whose holders got more or less here.
    pub fn moved(&self) -> usize {
        self.offsets.values().filter(|v| **v != 0).count()
    }
}

/// The claims among events, in their order.
pub fn of_events<'a>(events: impl Iterator<Item = (&'a str, &'a [Attribute])>) -> Result<Vec<Claim>> {
    events.filter(|(kind, _)| *kind == CLAIMED).map(|(_, attributes)| claim(attributes)).collect()
}

pub fn of_seen(events: &[SeenEvent]) -> Result<Vec<Claim>> {
    of_events(events.iter().map(|e| (e.kind.as_str(), e.attributes.as_slice())))
}

pub fn of_ours(events: &[entente_kernel::Event]) -> Result<Vec<Claim>> {
    of_events(events.iter().map(|e| (e.kind.as_ref(), e.attributes.as_slice())))
}

/// What this chain gave from the rewards pool to the community pool because nobody had shares any more.
pub fn left_over(events: &[entente_kernel::Event]) -> Result<Vec<BTreeMap<String, i128>>> {
    events.iter().filter(|e| e.kind == LEFT_OVER).map(|e| coins(&e.attributes)).collect()
}

fn attribute(attributes: &[Attribute], name: &str) -> Result<Value> {
    let text = attributes.iter().find(|(key, _)| key == name).map(|(_, v)| v);
    let text = text.with_context(|| format!("a claim without {name}"))?;
    serde_json::from_str(text).with_context(|| format!("{name} of a claim is no JSON: {text}"))
}

fn coins(attributes: &[Attribute]) -> Result<BTreeMap<String, i128>> {
    let mut coins = BTreeMap::new();
    for coin in super::paths::list(&attribute(attributes, "coins")?) {
        let amount = super::paths::string(coin, "amount")?;
        let amount: i128 = amount.parse().with_context(|| format!("a claim of {amount}"))?;
        *coins.entry(super::paths::string(coin, "denom")?).or_default() += amount;
    }
    Ok(coins)
}

fn claim(attributes: &[Attribute]) -> Result<Claim> {
    let text =
        |name: &str| -> Result<String> { Ok(attribute(attributes, name)?.as_str().unwrap_or_default().to_owned()) };
    Ok(Claim { delegator: text("allianceSender")?, validator: text("validator")?, coins: coins(attributes)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim_of(amount: i128) -> Claim {
        Claim { delegator: "d".into(), validator: "v".into(), coins: BTreeMap::from([("c".to_owned(), amount)]) }
    }

    fn bound(per_claim: &str, deviations: &[String]) -> Bound {
        let tolerance = Tolerance { denoms: vec!["c".into()], per_claim: per_claim.into(), why: String::new() };
        Bound::of(&tolerance, deviations)
    }

    #[test]
    fn a_payout_within_the_tolerance_shifts_both_balances_by_exactly_its_difference() {
        let mut claims = Claims::default();
        let off = claims.compare(Some(&bound("1", &[])), "pool", &[claim_of(10)], &[claim_of(11)]);
        assert!(off.is_empty());
        assert_eq!((claims.offset("bank/balance/d/c"), claims.offset("bank/balance/pool/c")), (1, -1));
        assert_eq!(claims.tolerated, 1);
    }

    #[test]
    fn a_payout_beyond_the_tolerance_is_a_difference_unless_the_file_names_a_deviation_for_it() {
        for (per_claim, rows, differences) in
            [("1", vec![], 1), ("1 or more", vec![], 1), ("1 or more", vec!["S2".to_owned()], 0)]
        {
            let off =
                Claims::default().compare(Some(&bound(per_claim, &rows)), "pool", &[claim_of(10)], &[claim_of(12)]);
            assert_eq!(off.len(), differences, "{per_claim} {rows:?}");
        }
        assert_eq!(Claims::default().compare(None, "pool", &[claim_of(10)], &[claim_of(11)]).len(), 1);
    }

    #[test]
    fn a_claim_that_only_one_side_made_is_a_difference() {
        assert_eq!(Claims::default().compare(Some(&bound("1", &[])), "pool", &[claim_of(0)], &[]).len(), 1);
        assert_eq!(Claims::default().compare(Some(&bound("1", &[])), "pool", &[], &[claim_of(0)]).len(), 1);
    }
}
