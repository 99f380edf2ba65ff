//! The books of a sceptic: balances and supplies in plain integers of any size, moved by nothing but the events of blocks.

use std::collections::{BTreeMap, BTreeSet};

use entente_chain::modules::bank;
use entente_chain::{BlockResult, Snapshot};
use entente_kernel::{Event, Mode};
use num_bigint::BigInt;
use serde_json::Value;

type Coins = BTreeMap<String, BigInt>;

/// What everybody should have.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    balances: BTreeMap<String, Coins>,
    supply: Coins,
}

impl Ledger {
    /// Opens the books with the section `bank` of a genesis or export.
    pub fn open(bank: &Value) -> Self {
        let mut ledger = Self::default();
        for row in bank["balances"].as_array().into_iter().flatten() {
            let owner = row["address"].as_str().unwrap_or_default();
            for coin in row["coins"].as_array().into_iter().flatten() {
                let (denom, amount) =
                    (coin["denom"].as_str().unwrap_or_default(), coin["amount"].as_str().unwrap_or_default());
                let amount: BigInt = amount.parse().unwrap_or_default();
                *ledger.slot(owner, denom) += &amount;
                *ledger.supply.entry(denom.to_owned()).or_default() += amount;
            }
        }
        ledger
    }

    fn slot(&mut self, owner: &str, denom: &str) -> &mut BigInt {
        self.balances.entry(owner.to_owned()).or_default().entry(denom.to_owned()).or_default()
    }

    /// Books what a block did.
    ///
    /// # Errors
    /// If somebody spent what he had not, or coins appeared or vanished that nobody may make or destroy.
    pub fn book(&mut self, result: &BlockResult, makers: &Makers) -> Result<(), String> {
        let of_txs = result.txs.iter().flat_map(|tx| &tx.events);
        // Begin of the block, transactions, end of the block: as they happened.
        let at = |mode: &'static str| result.events.iter().filter(move |e| attribute(e, "mode") == Some(mode));
        for event in at("BeginBlock").chain(of_txs).chain(at("EndBlock")) {
            self.event(event, makers)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &Event, makers: &Makers) -> Result<(), String> {
        let coins = || coins(attribute(event, "amount").unwrap_or_default());
        match event.kind.as_ref() {
            "coin_received" => {
                let owner = attribute(event, "receiver").unwrap_or_default();
                for (denom, amount) in coins()? {
                    *self.slot(owner, &denom) += amount;
                }
            }
            "coin_spent" => {
                let owner = attribute(event, "spender").unwrap_or_default();
                for (denom, amount) in coins()? {
                    let slot = self.slot(owner, &denom);
                    *slot -= amount;
                    if *slot < BigInt::ZERO {
                        return Err(format!("{owner} spent {denom} that it has not: {slot}"));
                    }
                }
            }
            "coinbase" => {
                let minter = attribute(event, "minter").unwrap_or_default();
                for (denom, amount) in coins()? {
                    makers.check_mint(minter, &denom)?;
                    *self.supply.entry(denom).or_default() += amount;
                }
            }
            "burn" => {
                let burner = attribute(event, "burner").unwrap_or_default();
                for (denom, amount) in coins()? {
                    makers.check_burn(burner, &denom)?;
                    *self.supply.entry(denom).or_default() -= amount;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Compares the books with the state.
    ///
    /// # Errors
    /// The first difference.
    pub fn compare(&self, snapshot: &Snapshot) -> Result<(), String> {
        let view = snapshot.ctx(Mode::Query);
        let mut sums = Coins::new();
        for (owner, coins) in &self.balances {
            let address = snapshot.bech32().parse_acc(owner).map_err(|e| format!("{owner}: {e}"))?;
            let held = bank::balances(&view, &address).map_err(|e| e.to_string())?;
            for (denom, amount) in coins {
                let seen = held.amount_of(denom).to_string();
                if seen != amount.to_string() {
                    return Err(format!("{owner} has {seen}{denom}; by the events it should be {amount}"));
                }
                *sums.entry(denom.clone()).or_default() += amount;
            }
            if let Some(coin) = held.iter().find(|c| !coins.contains_key(c.denom.as_str())) {
                return Err(format!("{owner} has {coin} without an event"));
            }
        }
        let denoms: BTreeSet<&String> = sums.keys().chain(self.supply.keys()).collect();
        for denom in denoms {
            let (sum, supply) = (sums.get(denom).cloned(), self.supply.get(denom).cloned());
            if sum.clone().unwrap_or_default() != supply.clone().unwrap_or_default() {
                return Err(format!("balances of {denom} add up to {sum:?}; by the events the supply is {supply:?}"));
            }
        }
        Ok(())
    }
}

/// Who may make and destroy which coins.
#[derive(Debug, Clone)]
pub struct Makers {
    /// Address of the module → coins that it may mint; `None`: it mints what governance says.
    pub mint: String,
    pub alliance: String,
    pub pools: [String; 2],
    pub gov: String,
    pub bond: String,
    /// Every denomination that mint was ever told to make.
    pub minted: BTreeSet<String>,
}

impl Makers {
    fn check_mint(&self, minter: &str, denom: &str) -> Result<(), String> {
        let right = minter == self.mint && self.minted.contains(denom) || minter == self.alliance && denom == self.bond;
        if right { Ok(()) } else { Err(format!("{minter} made {denom}")) }
    }

    fn check_burn(&self, burner: &str, denom: &str) -> Result<(), String> {
        let of_bond = denom == self.bond && (burner == self.alliance || self.pools.iter().any(|p| p == burner));
        if of_bond || burner == self.gov { Ok(()) } else { Err(format!("{burner} destroyed {denom}")) }
    }
}

fn attribute<'e>(event: &'e Event, name: &str) -> Option<&'e str> {
    event.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// `12uente,5ibc/AB` as amounts by denomination.
fn coins(text: &str) -> Result<Vec<(String, BigInt)>, String> {
    let mut out = Vec::new();
    for part in text.split(',').filter(|p| !p.is_empty()) {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (amount, denom) = part.split_at(digits);
        out.push((denom.to_owned(), amount.parse().map_err(|_| format!("{part:?} is no coin"))?));
    }
    Ok(out)
}
