//! A state as the laws read it: numbers by who and what, taken from the paths.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use entente_kernel::Timestamp;
use entente_kernel::num::{Dec, Int};

use super::super::file::{Texts, VectorFile};
use super::super::text;

#[derive(Debug, Clone, Default)]
pub struct Asset {
    pub tokens: Int,
    pub shares: Dec,
    pub weight: Dec,
    pub take_rate: Dec,
    pub start: Timestamp,
}

#[derive(Debug, Clone, Default)]
pub struct Validator {
    pub tokens: Int,
    pub shares: Dec,
    pub bonded: bool,
    /// Shares of the alliance module.
    pub module: Dec,
}

impl Validator {
    /// What some of its shares are worth.
    pub fn worth(&self, shares: Dec) -> Result<Dec> {
        if self.shares.is_zero() {
            return Ok(Dec::ZERO);
        }
        Ok(shares.mul_int(self.tokens)?.quo(self.shares)?)
    }

    pub fn virtual_stake(&self) -> Result<Dec> {
        self.worth(self.module)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Position {
    pub shares: Dec,
    /// As the module shows it.
    pub tokens: Int,
}

/// An unbonding entry.
#[derive(Debug, Clone)]
pub struct Entry {
    pub delegator: String,
    pub validator: String,
    pub denom: String,
    pub completion: Timestamp,
    pub amount: Int,
}

#[derive(Debug, Clone, Default)]
pub struct View {
    pub assets: BTreeMap<String, Asset>,
    /// (validator, denom) -> validator shares, and the sum of delegation shares
    pub pools: BTreeMap<(String, String), (Dec, Dec)>,
    /// (delegator, validator, denom)
    pub positions: BTreeMap<(String, String, String), Position>,
    pub entries: BTreeMap<String, Entry>,
    pub validators: BTreeMap<String, Validator>,
    /// (holder, denom)
    pub balances: BTreeMap<(String, String), Int>,
    /// (validator, denom)
    pub outstanding: BTreeMap<(String, String), Dec>,
    pub commission: BTreeMap<(String, String), Dec>,
    pub current: BTreeMap<(String, String), Dec>,
    pub texts: Texts,
}

impl View {
    pub fn of(texts: &Texts, file: &VectorFile) -> Result<Self> {
        let mut view = Self { texts: texts.clone(), ..Self::default() };
        let module = file.accounts.get("module alliance").map_or("", String::as_str);
        for (path, value) in texts {
            view.read(path, value, module).with_context(|| format!("{path}: {value}"))?;
        }
        Ok(view)
    }

    fn read(&mut self, path: &str, value: &str, module: &str) -> Result<()> {
        let Some((section, rest)) = path.split_once('/') else { return Ok(()) };
        let Some((kind, rest)) = rest.split_once('/') else { return Ok(()) };
        match (section, kind) {
            ("alliance", "asset") => self.asset(rest, value)?,
            ("alliance", "validator") => {
                let Some((validator, rest)) = rest.split_once('/') else { return Ok(()) };
                let Some((field, denom)) = rest.split_once('/') else { return Ok(()) };
                let key = (validator.to_owned(), denom.to_owned());
                match field {
                    "validator_shares" => self.pools.entry(key).or_default().0 = value.parse()?,
                    "total_delegator_shares" => self.pools.entry(key).or_default().1 = value.parse()?,
                    _ => {}
                }
            }
            ("alliance", "delegation") => {
                let parts: Vec<&str> = rest.splitn(3, '/').collect();
                let [delegator, validator, rest] = parts[..] else { return Ok(()) };
                let Some((denom, field)) =
                    rest.rsplit_once('/').filter(|(denom, _)| !denom.contains("/reward_history/"))
                else {
                    return Ok(());
                };
                let key = (delegator.to_owned(), validator.to_owned(), denom.to_owned());
                match field {
                    "shares" => self.positions.entry(key).or_default().shares = value.parse()?,
                    "tokens" => self.positions.entry(key).or_default().tokens = value.parse()?,
                    _ => {}
                }
            }
            ("alliance", "undelegation") => {
                let Some(row) = path.strip_suffix("/amount") else { return Ok(()) };
                let parts: Vec<&str> = row.split('/').collect();
                let [.., completion, delegator, _] = parts[..] else { return Ok(()) };
                let field = |name: &str| self.texts.get(&format!("{row}/{name}")).cloned().unwrap_or_default();
                let entry = Entry {
                    delegator: delegator.to_owned(),
                    validator: field("validator"),
                    denom: field("denom"),
                    completion: text::time(completion)?,
                    amount: value.parse()?,
                };
                self.entries.insert(row.to_owned(), entry);
            }
            ("staking", "validator") => {
                let Some((validator, field)) = rest.split_once('/') else { return Ok(()) };
                let row = self.validators.entry(validator.to_owned()).or_default();
                match field {
                    "tokens" => row.tokens = value.parse()?,
                    "delegator_shares" => row.shares = value.parse()?,
                    "status" => row.bonded = value == "BOND_STATUS_BONDED",
                    _ => {}
                }
            }
            ("staking", "delegation") => {
                if let Some((delegator, validator)) = rest.split_once('/')
                    && delegator == module
                {
                    self.validators.entry(validator.to_owned()).or_default().module = value.parse()?;
                }
            }
            ("bank", "balance") => {
                let Some((holder, denom)) = rest.split_once('/') else { return Ok(()) };
                self.balances.insert((holder.to_owned(), denom.to_owned()), value.parse()?);
            }
            ("distribution", "outstanding" | "commission" | "current") => {
                let Some((validator, denom)) = rest.split_once('/') else { return Ok(()) };
                let denom = if kind == "current" { denom.strip_prefix("rewards/") } else { Some(denom) };
                let Some(denom) = denom else { return Ok(()) };
                let key = (validator.to_owned(), denom.to_owned());
                let map = match kind {
                    "outstanding" => &mut self.outstanding,
                    "commission" => &mut self.commission,
                    _ => &mut self.current,
                };
                map.insert(key, value.parse()?);
            }
            _ => {}
        }
        Ok(())
    }

    fn asset(&mut self, rest: &str, value: &str) -> Result<()> {
        let Some((denom, field)) = rest.rsplit_once('/') else { return Ok(()) };
        if denom.ends_with("/reward_weight_range") {
            return Ok(());
        }
        let asset = self.assets.entry(denom.to_owned()).or_default();
        match field {
            "total_tokens" => asset.tokens = value.parse()?,
            "total_validator_shares" => asset.shares = value.parse()?,
            "reward_weight" => asset.weight = value.parse()?,
            "take_rate" => asset.take_rate = value.parse()?,
            "reward_start_time" => asset.start = text::time(value)?,
            _ => {}
        }
        Ok(())
    }

    pub fn balance(&self, holder: &str, denom: &str) -> Int {
        self.balances.get(&(holder.to_owned(), denom.to_owned())).copied().unwrap_or(Int::ZERO)
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// A number that must be there.
    pub fn dec(&self, path: &str) -> Result<Dec> {
        let text = self.text(path).with_context(|| format!("no {path}"))?;
        text.parse().map_err(|e| anyhow::anyhow!("{path}: {text}: {e:?}"))
    }

    /// The tokens of a pool: K(TT, TVS, VS) of section 6.1.
    pub fn pool_value(&self, asset: &Asset, validator_shares: Dec) -> Result<Dec> {
        if asset.shares.is_zero() {
            return Ok(Dec::from_int(asset.tokens));
        }
        Ok(validator_shares.quo(asset.shares)?.mul_int(asset.tokens)?)
    }
}
