//! What the events of a block say of coins: who staked, moved, withdrew, was paid or slashed.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use entente_chain::BlockResult;
use entente_kernel::event::Attribute;
use entente_kernel::num::{Dec, Int};
use serde_json::Value;

use super::super::file::Block;
use super::messages;

pub type Amounts = BTreeMap<String, Int>;

/// A fault that took stake.
pub struct StakeSlash {
    pub validator: String,
    pub denom: String,
    pub amount: Int,
    pub factor: Dec,
}

#[derive(Default)]
pub struct Moves {
    /// (delegator, validator, denom) -> coins that its owner brought and took away
    pub flows: BTreeMap<(String, String, String), Int>,
    /// What of it its owner undelegated.
    pub undelegated: BTreeMap<(String, String, String), Int>,
    /// Denom -> messages that moved stake of it
    pub moved: BTreeMap<String, usize>,
    pub delegated: Vec<(String, String, Int)>,
    pub stake_slashes: Vec<StakeSlash>,
    /// (delegator, denom) -> coins that entries lost
    pub entry_slashes: BTreeMap<(String, String), Int>,
    pub deducted: Amounts,
    pub completed: Vec<(String, String, Int)>,
    /// (delegator, coins)
    pub claims: Vec<(String, Amounts)>,
    /// (delegator, validator, coins)
    pub withdrawals: Vec<(String, String, Amounts)>,
    /// (validator, coins)
    pub commissions: Vec<(String, Amounts)>,
    /// Rewards that went to the community pool.
    pub unowned: Vec<Amounts>,
    /// (delegator, coins) of native unbondings
    pub matured: Vec<(String, Amounts)>,
    /// (consensus address, reason, burnt coins) of native slashes
    pub slashes: Vec<(String, String, Int)>,
}

type Attributes = [Attribute];

impl Moves {
    pub fn ours(block: &Block, result: &BlockResult) -> Result<Self> {
        let mut out = Self::default();
        for (tx, done) in std::iter::zip(&block.txs, &result.txs).filter(|(_, done)| done.code == 0) {
            let mut commissions = messages::commissions(&tx.bytes)?.into_iter();
            for e in &done.events {
                out.take(&e.kind, &e.attributes, &mut commissions)?;
            }
        }
        for e in &result.events {
            out.take(&e.kind, &e.attributes, &mut std::iter::empty())?;
        }
        Ok(out)
    }

    pub fn theirs(block: &Block) -> Result<Self> {
        let mut out = Self::default();
        for (tx, done) in std::iter::zip(&block.txs, &block.results).filter(|(_, done)| done.code == 0) {
            let mut commissions = messages::commissions(&tx.bytes)?.into_iter();
            for e in &done.events {
                out.take(&e.kind, &e.attributes, &mut commissions)?;
            }
        }
        for e in &block.events {
            out.take(&e.kind, &e.attributes, &mut std::iter::empty())?;
        }
        Ok(out)
    }

    fn take(&mut self, kind: &str, a: &Attributes, operators: &mut dyn Iterator<Item = String>) -> Result<()> {
        let Some(name) = kind.strip_prefix("alliance.alliance.") else {
            return self.take_native(kind, a, operators);
        };
        match name {
            "DelegateAllianceEvent" => {
                let (who, (denom, amount)) = (string(a, "allianceSender")?, coin(&json(a, "coin")?)?);
                self.flow(&who, &string(a, "validator")?, &denom, amount)?;
                self.delegated.push((who, denom, amount));
            }
            "UndelegateAllianceEvent" => {
                let (who, (denom, amount)) = (string(a, "allianceSender")?, coin(&json(a, "coin")?)?);
                self.flow(&who, &string(a, "validator")?, &denom, amount.neg())?;
                add(&mut self.undelegated, (who, string(a, "validator")?, denom), amount)?;
            }
            "RedelegateAllianceEvent" => {
                let (who, (denom, amount)) = (string(a, "allianceSender")?, coin(&json(a, "coin")?)?);
                self.flow(&who, &string(a, "sourceValidator")?, &denom, amount.neg())?;
                self.flow(&who, &string(a, "destinationValidator")?, &denom, amount)?;
            }
            "StakeSlashedEvent" => {
                let (denom, amount) = coin(&json(a, "coin")?)?;
                let factor = string(a, "factor")?.parse()?;
                self.stake_slashes.push(StakeSlash { validator: string(a, "validator")?, denom, amount, factor });
            }
            "EntrySlashedEvent" => {
                let (denom, amount) = coin(&json(a, "coin")?)?;
                add(&mut self.entry_slashes, (string(a, "delegator")?, denom), amount)?;
            }
            "DeductAllianceAssetsEvent" => {
                for (denom, amount) in coins(&json(a, "coins")?)? {
                    add(&mut self.deducted, denom, amount)?;
                }
            }
            "UndelegationCompletedEvent" => {
                let (denom, amount) = coin(&json(a, "coin")?)?;
                self.completed.push((string(a, "delegator")?, denom, amount));
            }
            "ClaimAllianceRewardsEvent" => self.claims.push((string(a, "allianceSender")?, coins(&json(a, "coins")?)?)),
            "UnownedRewardsEvent" | "LeftOverRewardsEvent" => self.unowned.push(coins(&json(a, "coins")?)?),
            _ => {}
        }
        Ok(())
    }

    fn take_native(&mut self, kind: &str, a: &Attributes, operators: &mut dyn Iterator<Item = String>) -> Result<()> {
        let text = |key: &str| a.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v.as_str());
        match kind {
            "withdraw_rewards" => {
                let (delegator, validator) = (text("delegator").to_owned(), text("validator").to_owned());
                self.withdrawals.push((delegator, validator, coin_list(text("amount"))?));
            }
            "withdraw_commission" => {
                let operator = operators.next().context("a commission was withdrawn by no message")?;
                self.commissions.push((operator, coin_list(text("amount"))?));
            }
            "complete_unbonding" => self.matured.push((text("delegator").to_owned(), coin_list(text("amount"))?)),
            "slash" if !text("burned_coins").is_empty() => {
                let burnt = text("burned_coins").parse()?;
                self.slashes.push((text("address").to_owned(), text("reason").to_owned(), burnt));
            }
            _ => {}
        }
        Ok(())
    }

    fn flow(&mut self, who: &str, validator: &str, denom: &str, amount: Int) -> Result<()> {
        *self.moved.entry(denom.to_owned()).or_default() += 1;
        add(&mut self.flows, (who.to_owned(), validator.to_owned(), denom.to_owned()), amount)
    }
}

pub fn add<K: Ord>(map: &mut BTreeMap<K, Int>, key: K, amount: Int) -> Result<()> {
    let sum = map.entry(key).or_insert(Int::ZERO);
    *sum = sum.add(amount)?;
    Ok(())
}

fn json(a: &Attributes, key: &str) -> Result<Value> {
    let text = a.iter().find(|(k, _)| k == key).map(|(_, v)| v).with_context(|| format!("an event without {key}"))?;
    serde_json::from_str(text).with_context(|| format!("{key} of an event is no JSON: {text}"))
}

fn string(a: &Attributes, key: &str) -> Result<String> {
    Ok(json(a, key)?.as_str().unwrap_or_default().to_owned())
}

fn coin(value: &Value) -> Result<(String, Int)> {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    Ok((text("denom").to_owned(), text("amount").parse()?))
}

fn coins(value: &Value) -> Result<Amounts> {
    super::super::paths::list(value).iter().map(coin).collect()
}

/// `12ufee,3ustake`
fn coin_list(text: &str) -> Result<Amounts> {
    let one = |part: &str| -> Result<(String, Int)> {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        Ok((part[digits..].to_owned(), part[..digits].parse()?))
    };
    text.split(',').filter(|part| !part.is_empty()).map(one).collect()
}
