//! The law of events: what our events tell is what messages, states and votes demand: kinds, attributes and order.
//!
//! Amounts that other laws count (rewards, commissions, takes, slashes) are left to them; everything else is demanded here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use entente_kernel::num::{Dec, Int};
use entente_kernel::{Event, Span, Timestamp};
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::distribution::v1beta1 as distribution;
use entente_proto::cosmos::staking::v1beta1 as staking;
use prost::Message as _;
use serde_json::json;

use super::view::View;
use super::wanted::{Need, OWN, Wanted, coin_text, mismatch, quoted};
use super::{Broken, Sight, messages};
use crate::vectors::events::is_kept;
use crate::vectors::text;

/// How far new shares may be from the price of the block's begin, in parts of themselves: moves before them round.
const ROUNDING: u32 = 6;

pub fn judge(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    transactions(s, out)?;
    new_shares(s, out)?;
    begin(s, out)?;
    end(s, out)?;
    unbondings(s, out)?;
    undelegations(s, out)
}

/// Who has stake where, as the messages of the block change it.
struct Holdings<'a> {
    sight: &'a Sight<'a>,
    module: &'a str,
    completion: Option<String>,
    /// Positions that messages of this block touched: whether they are there is not followed further.
    touched: BTreeSet<(String, String, String)>,
}

impl Holdings<'_> {
    /// Whether somebody has stake of a denom at a validator; of native stake if it is empty.
    fn has(&self, delegator: &str, validator: &str, denom: &str) -> Need {
        let key = (delegator.to_owned(), validator.to_owned(), denom.to_owned());
        if self.touched.contains(&key) {
            return Need::May;
        }
        let there = match denom {
            "" => self.sight.before.text(&format!("staking/delegation/{delegator}/{validator}")).is_some(),
            _ => self.sight.before.positions.contains_key(&key),
        };
        if there { Need::Must } else { Need::Never }
    }

    fn touch(&mut self, delegator: &str, validator: &str, denom: &str) {
        self.touched.insert((delegator.to_owned(), validator.to_owned(), denom.to_owned()));
    }

    /// The module draws a validator's rewards if it has virtual stake there.
    fn draw(&self, validator: &str, need: Need) -> Wanted {
        let has = self.sight.before.validators.get(validator).is_some_and(|v| !v.module.is_zero());
        Wanted::withdraw(if has { need } else { Need::Never }, self.module, validator)
    }

    /// Who acts on a position that earns is paid first.
    fn claim(&self, delegator: &str, validator: &str, denom: &str, has: Need) -> Result<[Wanted; 2]> {
        let now = text::time(&self.sight.block.time)?;
        let asset = self.sight.before.assets.get(denom);
        let earns = if asset.is_some_and(|a| a.start <= now) { has } else { Need::Never };
        let gone = if asset.is_none() && has != Need::Never { Need::May } else { earns };
        Ok([self.draw(validator, gone), Wanted::claim(gone, delegator, validator)])
    }

    fn of_message(&mut self, kind: &str, value: &[u8]) -> Result<Option<Vec<Wanted>>> {
        if let Some(name) = kind.strip_prefix("/alliance.alliance.") {
            return self.of_alliance(name, value);
        }
        Ok(match kind {
            "/cosmos.staking.v1beta1.MsgDelegate" => {
                let m = staking::MsgDelegate::decode(value)?;
                let coin = m.amount.unwrap_or_default();
                let has = self.has(&m.delegator_address, &m.validator_address, "");
                self.touch(&m.delegator_address, &m.validator_address, "");
                let attributes = vec![
                    ("validator", Some(m.validator_address.clone())),
                    ("delegator", Some(m.delegator_address.clone())),
                    ("amount", Some(format!("{}{}", coin.amount, coin.denom))),
                    ("new_shares", None),
                ];
                let told = Wanted::new("delegate", Need::Must, attributes);
                Some(vec![Wanted::withdraw(has, &m.delegator_address, &m.validator_address), told])
            }
            "/cosmos.staking.v1beta1.MsgUndelegate" => {
                let m = staking::MsgUndelegate::decode(value)?;
                let has = self.has(&m.delegator_address, &m.validator_address, "");
                self.touch(&m.delegator_address, &m.validator_address, "");
                let attributes = vec![
                    ("validator", Some(m.validator_address.clone())),
                    ("delegator", Some(m.delegator_address.clone())),
                    ("amount", None),
                    ("completion_time", self.completion.as_deref().map(whole_seconds)),
                ];
                let told = Wanted::new("unbond", Need::Must, attributes);
                Some(vec![Wanted::withdraw(has, &m.delegator_address, &m.validator_address), told])
            }
            "/cosmos.staking.v1beta1.MsgBeginRedelegate" => {
                let m = staking::MsgBeginRedelegate::decode(value)?;
                let [source, target] = [&m.validator_src_address, &m.validator_dst_address];
                let [from, to] = [source, target].map(|v| self.has(&m.delegator_address, v, ""));
                self.touch(&m.delegator_address, source, "");
                self.touch(&m.delegator_address, target, "");
                Some(vec![
                    Wanted::withdraw(from, &m.delegator_address, source),
                    Wanted::withdraw(to, &m.delegator_address, target),
                    Wanted::any("redelegate"),
                ])
            }
            "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation" => {
                let m = staking::MsgCancelUnbondingDelegation::decode(value)?;
                let has = self.has(&m.delegator_address, &m.validator_address, "");
                self.touch(&m.delegator_address, &m.validator_address, "");
                let drawn = Wanted::withdraw(has, &m.delegator_address, &m.validator_address);
                Some(vec![drawn, Wanted::any("cancel_unbonding_delegation")])
            }
            "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward" => {
                let m = distribution::MsgWithdrawDelegatorReward::decode(value)?;
                Some(vec![Wanted::withdraw(Need::Must, &m.delegator_address, &m.validator_address)])
            }
            "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission" => {
                Some(vec![Wanted::new("withdraw_commission", Need::Must, vec![("amount", None)])])
            }
            _ => None,
        })
    }

    fn of_alliance(&mut self, name: &str, value: &[u8]) -> Result<Option<Vec<Wanted>>> {
        let own = |name: &str, attributes| Wanted::new(format!("{OWN}{name}"), Need::Must, attributes);
        let completion = || self.completion.as_deref().and_then(quoted);
        Ok(match name {
            "MsgDelegate" => {
                let m = wire::MsgDelegate::decode(value)?;
                let (who, at, coin) = (&m.delegator_address, &m.validator_address, m.amount.unwrap_or_default());
                let told = own(
                    "DelegateAllianceEvent",
                    vec![
                        ("allianceSender", quoted(who)),
                        ("coin", coin_text(&coin)),
                        ("newShares", None),
                        ("validator", quoted(at)),
                    ],
                );
                let has = self.has(who, at, &coin.denom);
                self.touch(who, at, &coin.denom);
                let [drawn, paid] = self.claim(who, at, &coin.denom, has)?;
                // A newcomer shares in nothing that was earned before.
                let drawn = if has == Need::Never { self.draw(at, Need::Must) } else { drawn };
                let drawn = if has == Need::May { self.draw(at, Need::May) } else { drawn };
                Some(vec![drawn, paid, told])
            }
            "MsgUndelegate" => {
                let m = wire::MsgUndelegate::decode(value)?;
                let (who, at, coin) = (&m.delegator_address, &m.validator_address, m.amount.unwrap_or_default());
                let told = own(
                    "UndelegateAllianceEvent",
                    vec![
                        ("allianceSender", quoted(who)),
                        ("coin", coin_text(&coin)),
                        ("completionTime", completion()),
                        ("validator", quoted(at)),
                    ],
                );
                let has = self.has(who, at, &coin.denom);
                self.touch(who, at, &coin.denom);
                let [drawn, paid] = self.claim(who, at, &coin.denom, has)?;
                Some(vec![drawn, paid, told])
            }
            "MsgRedelegate" => {
                let m = wire::MsgRedelegate::decode(value)?;
                let (who, coin) = (&m.delegator_address, m.amount.unwrap_or_default());
                let (source, target) = (&m.validator_src_address, &m.validator_dst_address);
                let told = own(
                    "RedelegateAllianceEvent",
                    vec![
                        ("allianceSender", quoted(who)),
                        ("coin", coin_text(&coin)),
                        ("completionTime", completion()),
                        ("destinationValidator", quoted(target)),
                        ("sourceValidator", quoted(source)),
                    ],
                );
                let [from, to] = [source, target].map(|v| self.has(who, v, &coin.denom));
                self.touch(who, source, &coin.denom);
                self.touch(who, target, &coin.denom);
                let [drawn, paid] = self.claim(who, source, &coin.denom, from)?;
                let [drawn_there, paid_there] = self.claim(who, target, &coin.denom, to)?;
                Some(vec![drawn, paid, drawn_there, paid_there, told])
            }
            "MsgClaimDelegationRewards" => {
                let m = wire::MsgClaimDelegationRewards::decode(value)?;
                let has = self.has(&m.delegator_address, &m.validator_address, &m.denom);
                // What is owed is paid also to who has nothing there any more.
                let has = if has == Need::Must { has } else { Need::May };
                Some(self.claim(&m.delegator_address, &m.validator_address, &m.denom, has)?.into())
            }
            _ => None,
        })
    }
}

/// As staking writes a time.
fn whole_seconds(time: &str) -> String {
    time.split_once('.').map_or_else(|| time.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}

/// The end of what starts unbonding in this block, as typed events write it.
fn completion(s: &Sight) -> Result<Option<(Timestamp, String)>> {
    let unbonding = s.now.text("staking/params/unbonding_time").unwrap_or_default();
    let Ok(seconds) = unbonding.trim_end_matches('s').parse() else { return Ok(None) };
    let at = text::time(&s.block.time)?.plus(Span::from_secs(seconds));
    // Typed events write no, three, six or nine digits behind the second.
    let shown = at.to_string();
    let (whole, digits) = shown.trim_end_matches('Z').split_once('.').unwrap_or((shown.trim_end_matches('Z'), ""));
    let width = digits.len().div_ceil(3) * 3;
    let fraction = if width == 0 { String::new() } else { format!(".{digits:0<width$}") };
    Ok(Some((at, format!("{whole}{fraction}Z"))))
}

fn transactions(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let completion = completion(s)?.map(|(_, text)| text);
    let mut holdings =
        Holdings { sight: s, module: s.account("module alliance"), completion, touched: BTreeSet::new() };
    for (i, (tx, done)) in std::iter::zip(&s.block.txs, &s.result.txs).enumerate().filter(|(_, (_, d))| d.code == 0) {
        for (n, (kind, value)) in messages::messages(&tx.bytes)?.into_iter().enumerate() {
            let Some(wanted) = holdings.of_message(&kind, &value)? else { continue };
            let place = n.to_string();
            let is_here = |e: &&Event| e.attributes.iter().any(|(key, value)| key == "msg_index" && *value == place);
            let found = without_visits(s, done.events.iter().filter(is_here));
            if let Some((wanted, found)) = mismatch(&wanted, &found) {
                out.push(Broken::new("events", format!("result/{i}/{n}"), wanted, found));
            }
        }
    }
    Ok(())
}

/// New shares are bought at the price of the block's begin, after its faults; and where nothing else moved they are what the pool grew by.
fn new_shares(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let mut bought: BTreeMap<(String, String), Dec> = BTreeMap::new();
    let mut native: BTreeMap<String, Dec> = BTreeMap::new();
    let mut otherwise: BTreeSet<(String, String)> = BTreeSet::new();
    let events = s.result.txs.iter().filter(|tx| tx.code == 0).flat_map(|tx| &tx.events).chain(&s.result.events);
    for e in events {
        let plain = |key: &str| e.attributes.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v.as_str());
        let text = |key: &str| plain(key).trim_matches('"').to_owned();
        match e.kind.strip_prefix(OWN).unwrap_or(&e.kind) {
            "DelegateAllianceEvent" => {
                let coin: serde_json::Value = serde_json::from_str(plain("coin"))?;
                let (denom, amount) = (coin["denom"].as_str().unwrap_or_default(), coin["amount"].as_str());
                let shares: Dec = text("newShares").parse()?;
                let price = price_of_asset(s, denom)?;
                near(s, &e.kind, amount.unwrap_or_default().parse()?, price, shares, out)?;
                let sum = bought.entry((text("validator"), denom.to_owned())).or_insert(Dec::ZERO);
                *sum = sum.add(shares)?;
            }
            "UndelegateAllianceEvent" | "RedelegateAllianceEvent" | "StakeSlashedEvent" | "PoolRestartedEvent" => {
                let coin: serde_json::Value = serde_json::from_str(plain("coin")).unwrap_or_default();
                let denom = coin["denom"].as_str().map_or_else(|| text("denom"), str::to_owned);
                for key in ["validator", "sourceValidator", "destinationValidator"] {
                    otherwise.insert((text(key), denom.clone()));
                }
            }
            "EntrySlashedEvent" | "AllianceDissolvingEvent" | "AllianceDeletedEvent" => return Ok(()),
            "delegate" => {
                let (at, shares): (String, Dec) = (text("validator"), plain("new_shares").parse()?);
                let amount = plain("amount").trim_end_matches(s.file.bond_denom.as_str()).parse()?;
                let price = s.now.validators.get(&at).filter(|v| v.tokens.is_positive());
                let price = price.map(|v| v.shares.quo(Dec::from_int(v.tokens))).transpose()?;
                near(s, &e.kind, amount, price, shares, out)?;
                let sum = native.entry(at).or_insert(Dec::ZERO);
                *sum = sum.add(shares)?;
            }
            _ => {}
        }
    }
    for (key, sum) in bought.into_iter().filter(|(key, _)| !otherwise.contains(key)) {
        let of = |view: &View| view.pools.get(&key).map_or(Dec::ZERO, |(shares, _)| *shares);
        let grown = of(s.now).sub(of(s.before))?;
        if grown != sum {
            out.push(Broken::new("events", format!("{}/{}/newShares", key.0, key.1), grown, sum));
        }
    }
    Ok(())
}

/// Shares of one token of an asset after the faults of the block; none where there is no stake.
fn price_of_asset(s: &Sight, denom: &str) -> Result<Option<Dec>> {
    let Some(asset) = s.before.assets.get(denom) else { return Ok(None) };
    let (mut shares, mut tokens) = (asset.shares, asset.tokens);
    for slash in s.moves.stake_slashes.iter().filter(|x| x.denom == denom) {
        let pool = s.before.pools.get(&(slash.validator.clone(), denom.to_owned()));
        shares = shares.sub(pool.map_or(Dec::ZERO, |(shares, _)| *shares).mul(slash.factor)?)?;
        tokens = tokens.sub(slash.amount)?;
    }
    Ok(if tokens.is_positive() { Some(shares.quo(Dec::from_int(tokens))?) } else { None })
}

fn near(s: &Sight, kind: &str, amount: Int, price: Option<Dec>, shares: Dec, out: &mut Vec<Broken>) -> Result<()> {
    let demanded = price.unwrap_or(Dec::ONE).mul_int(amount)?;
    let room = demanded.mul(Dec::new_with_prec(1, ROUNDING)?)?.add(Dec::new_with_prec(1, 12)?)?;
    if demanded.sub(shares)?.abs() > room && price.is_some() {
        out.push(Broken::new("events", format!("{}/{kind}/{amount}", s.block.height), demanded, shares));
    }
    Ok(())
}

fn mode<'a>(s: &'a Sight, mode: &'a str) -> impl Iterator<Item = &'a Event> {
    s.result.events.iter().filter(move |e| e.attributes.iter().any(|(key, value)| key == "mode" && value == mode))
}

/// The events that are compared, without the withdrawals at validators where a slashed redelegation takes stake: those come before the
/// event of the slashed entry, which only this chain has.
fn without_visits<'a>(s: &Sight, events: impl Iterator<Item = &'a Event>) -> Vec<&'a Event> {
    let is_visit = |e: &Event| e.kind.strip_prefix(OWN) == Some("EntrySlashedEvent");
    let told: Vec<&Event> = events.filter(|e| is_kept(&e.kind) || is_visit(e)).collect();
    let belongs = |withdrawal: &Event, visit: &Event| {
        let value = |e: &Event, key: &str| {
            e.attributes.iter().find(|(k, _)| k == key).map_or(String::new(), |(_, v)| v.clone())
        };
        let coin: serde_json::Value = serde_json::from_str(&value(visit, "coin")).unwrap_or_default();
        let (who, denom) = (value(visit, "delegator"), coin["denom"].as_str().unwrap_or_default());
        let path =
            format!("alliance/redelegation/{}/{denom}/{}/", who.trim_matches('"'), value(withdrawal, "validator"));
        value(withdrawal, "delegator") == s.account("module alliance")
            && s.before.texts.range(path.clone()..).next().is_some_and(|(p, _)| p.starts_with(&path))
    };
    let next = told.iter().skip(1).map(Some).chain([None]);
    let kept = told.iter().zip(next).filter(|(e, next)| {
        let visits = next.is_some_and(|next| is_visit(next) && e.kind == "withdraw_rewards" && belongs(e, next));
        is_kept(&e.kind) && !visits
    });
    kept.map(|(e, _)| *e).collect()
}

/// Before a fault that costs something is told, the module draws what the validator earned; nobody is paid.
fn begin(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let module = s.account("module alliance");
    let mut demanded = Vec::new();
    for (address, reason, _) in &s.moves.slashes {
        let Some(operator) = s.operator("cons_address", address) else { continue };
        let kind = if reason == "double_sign" { "double_sign" } else { "downtime" };
        let factor = s.before.dec(&format!("slashing/params/slash_fraction_{kind}"))?;
        // A native redelegation pays at its destination, and so its owner is paid there first.
        let prefix = "staking/redelegation/".to_owned();
        for (path, _) in s.before.texts.range(prefix.clone()..).take_while(|(p, _)| p.starts_with(&prefix)) {
            let parts: Vec<&str> = path[prefix.len()..].split('/').collect();
            if let [delegator, source, target, ..] = parts[..]
                && source == operator
            {
                demanded.push(Wanted::withdraw(Need::May, delegator, target));
            }
        }
        let has = s.before.validators.get(operator).is_some_and(|v| !v.module.is_zero());
        if has && factor.is_positive() {
            demanded.push(Wanted::withdraw(Need::Must, module, operator));
        }
        demanded.push(Wanted::any("slash"));
    }
    let told = |e: &&Event| match e.kind.as_ref() {
        "slash" => e.attributes.iter().any(|(key, _)| key == "burned_coins"),
        "withdraw_rewards" => true,
        kind => kind.ends_with("ClaimAllianceRewardsEvent"),
    };
    let found: Vec<&Event> = mode(s, "BeginBlock").filter(told).collect();
    if let Some((wanted, found)) = mismatch(&demanded, &found) {
        out.push(Broken::new("events", "begin", wanted, found));
    }
    Ok(())
}

/// Every validator's rewards are drawn before a weight changes or an asset dissolves, and a validator's own around the change of its
/// virtual stake, in the order of addresses. A take is told in one event, a proposal's end in one.
fn end(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let module = s.account("module alliance");
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut takes: Vec<Wanted> = Vec::new();
    if s.moves.deducted.values().any(|amount| amount.is_positive()) {
        let coins = s.moves.deducted.iter().filter(|(_, amount)| amount.is_positive());
        let coins: Vec<_> = coins.map(|(d, amount)| json!({"denom": d, "amount": amount.to_string()})).collect();
        let attributes = vec![("coins", Some(serde_json::Value::from(coins).to_string()))];
        takes.push(Wanted::new(format!("{OWN}DeductAllianceAssetsEvent"), Need::Must, attributes));
    }
    let drawing: Vec<&str> = in_order(s.before.validators.iter().filter(|(_, v)| !v.module.is_zero()).map(|(o, _)| o))?;
    for e in mode(s, "EndBlock") {
        let denom = e.attributes.iter().find(|(key, _)| key == "denom").map_or("", |(_, v)| v.trim_matches('"'));
        let changed =
            s.before.assets.get(denom).zip(s.now.assets.get(denom)).is_some_and(|(b, n)| b.weight != n.weight);
        let all = match e.kind.strip_prefix(OWN).unwrap_or_default() {
            "RewardWeightChangedEvent" | "AllianceDissolvingEvent" => true,
            "AllianceUpdatedEvent" => changed,
            _ => false,
        };
        if all {
            wanted.extend(drawing.iter().map(|v| Wanted::withdraw(Need::Must, module, v)));
        }
    }
    for operator in in_order(s.now.validators.keys())? {
        let before = s.before.validators.get(operator).cloned().unwrap_or_default();
        let now = s.now.validators.get(operator).cloned().unwrap_or_default();
        if before.module != now.module && !before.module.is_zero() {
            wanted.push(Wanted::withdraw(Need::Must, module, operator));
            // Nothing was earned between the two.
            let again = vec![
                ("amount", Some("0stake".into())),
                ("validator", Some(operator.into())),
                ("delegator", Some(module.into())),
            ];
            wanted.push(Wanted::new("withdraw_rewards", Need::Must, again));
        }
    }
    let told = without_visits(s, mode(s, "EndBlock"));
    for (part, kinds, wanted) in [
        ("drawn", &["withdraw_rewards", "alliance.alliance.ClaimAllianceRewardsEvent"][..], wanted),
        ("taken", &["alliance.alliance.DeductAllianceAssetsEvent"], takes),
        ("decided", &["active_proposal"], decisions(s)),
    ] {
        let found: Vec<&Event> = told.iter().copied().filter(|e| kinds.contains(&e.kind.as_ref())).collect();
        if let Some((wanted, found)) = mismatch(&wanted, &found) {
            out.push(Broken::new("events", format!("end/{part}"), wanted, found));
        }
    }
    Ok(())
}

/// Addresses by their bytes.
fn in_order<'a>(operators: impl Iterator<Item = &'a String>) -> Result<Vec<&'a str>> {
    const LETTERS: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let mut all: Vec<&str> = operators.map(String::as_str).collect();
    all.sort_by_key(|text| text.chars().map(|c| LETTERS.find(c)).collect::<Vec<_>>());
    Ok(all)
}

/// Proposals whose vote ended, by the end of their votes and their numbers.
fn decisions(s: &Sight) -> Vec<Wanted> {
    let mut ended = Vec::new();
    let prefix = "gov/proposal/".to_owned();
    for (path, status) in s.now.texts.range(prefix.clone()..).take_while(|(p, _)| p.starts_with(&prefix)) {
        let Some(id) = path.strip_prefix(&prefix).and_then(|p| p.strip_suffix("/status")) else { continue };
        if s.before.text(path) != Some("PROPOSAL_STATUS_VOTING_PERIOD") || s.before.texts.get(path) == Some(status) {
            continue;
        }
        let field = |name: &str| s.before.text(&format!("{prefix}{id}/{name}")).unwrap_or_default().to_owned();
        let (result, log) = match status.as_str() {
            "PROPOSAL_STATUS_PASSED" => ("proposal_passed", Some("passed".to_owned())),
            "PROPOSAL_STATUS_REJECTED" => ("proposal_rejected", Some("rejected".to_owned())),
            _ => ("proposal_failed", None),
        };
        let attributes = vec![
            ("proposal_id", Some(id.to_owned())),
            ("proposal_result", Some(result.to_owned())),
            ("proposal_log", log),
        ];
        let at = text::time(&field("voting_end_time")).unwrap_or(Timestamp::NEVER);
        ended.push((at, id.parse::<u64>().unwrap_or(0), Wanted::new("active_proposal", Need::Must, attributes)));
    }
    ended.sort_by_key(|(at, id, _)| (*at, *id));
    ended.into_iter().map(|(.., wanted)| wanted).collect()
}

/// What unbonds of native stake is what the entries of this block hold.
fn unbondings(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let mut told: BTreeMap<String, Int> = BTreeMap::new();
    for e in s.result.txs.iter().filter(|tx| tx.code == 0).flat_map(|tx| &tx.events) {
        let value = |key: &str| e.attributes.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v.as_str());
        match e.kind.as_ref() {
            "unbond" => {
                let amount = value("amount").trim_end_matches(s.file.bond_denom.as_str()).parse()?;
                super::moves::add(&mut told, format!("{}/{}", value("delegator"), value("validator")), amount)?;
            }
            "cancel_unbonding_delegation" => return Ok(()),
            _ => {}
        }
    }
    for (pair, told) in told {
        // Of a validator that is unbonded the coins come at once.
        let operator = pair.split('/').nth(1).unwrap_or_default();
        let status = s.before.text(&format!("staking/validator/{operator}/status")).unwrap_or_default();
        let prefix = format!("staking/unbonding/{pair}/");
        let mut started = Int::ZERO;
        for (path, height) in s.now.texts.range(prefix.clone()..).take_while(|(p, _)| p.starts_with(&prefix)) {
            if let Some(entry) = path.strip_suffix("creation_height")
                && *height == s.block.height.to_string()
            {
                started = started.add(s.now.text(&format!("{entry}initial_balance")).unwrap_or("0").parse()?)?;
            }
        }
        if started != told && status != "BOND_STATUS_UNBONDED" {
            out.push(Broken::new("events", format!("unbond/{pair}"), started, told));
        }
    }
    Ok(())
}

/// Each entry that starts in the block is told once, and nothing else is; those that no message asked for in the order of addresses.
fn undelegations(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let Some((at, text)) = completion(s)? else { return Ok(()) };
    let mut started: BTreeMap<(String, String, String), Vec<Int>> = BTreeMap::new();
    for e in s.now.entries.iter().filter(|(path, e)| e.completion == at && !s.before.entries.contains_key(*path)) {
        let key = (e.1.delegator.clone(), e.1.validator.clone(), e.1.denom.clone());
        started.entry(key).or_default().push(e.1.amount);
    }
    let kind = format!("{OWN}UndelegateAllianceEvent");
    let mut told: BTreeMap<(String, String, String), Vec<Int>> = BTreeMap::new();
    let mut order: BTreeMap<String, Vec<[String; 2]>> = BTreeMap::new();
    let of_txs = s.result.txs.iter().filter(|tx| tx.code == 0).flat_map(|tx| &tx.events);
    for (unasked, e) in of_txs.map(|e| (false, e)).chain(s.result.events.iter().map(|e| (true, e))) {
        if e.kind != kind {
            continue;
        }
        let value = |key: &str| e.attributes.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v.as_str());
        let plain = |key: &str| value(key).trim_matches('"').to_owned();
        let coin: serde_json::Value = serde_json::from_str(value("coin"))?;
        let (denom, amount) = (coin["denom"].as_str().unwrap_or_default(), coin["amount"].as_str().unwrap_or_default());
        if plain("completionTime") != text {
            out.push(Broken::new("events", "completionTime", &text, value("completionTime")));
        }
        if unasked {
            order.entry(denom.to_owned()).or_default().push([plain("validator"), plain("allianceSender")]);
        }
        let key = (plain("allianceSender"), plain("validator"), denom.to_owned());
        told.entry(key).or_default().push(amount.parse()?);
    }
    started.values_mut().chain(told.values_mut()).for_each(|amounts| amounts.sort());
    if started != told && s.moves.entry_slashes.is_empty() {
        out.push(Broken::new("events", "undelegations", format!("{started:?}"), format!("{told:?}")));
    }
    for (denom, pairs) in order {
        let joined: Vec<String> = pairs.iter().map(|[v, d]| format!("{v}{d}")).collect();
        if in_order(joined.iter())? != joined.iter().map(String::as_str).collect::<Vec<_>>() {
            out.push(Broken::new("events", format!("{denom}/order"), "the order of addresses", joined.join(" ")));
        }
    }
    Ok(())
}
