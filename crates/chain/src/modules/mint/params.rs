//! What a vote can change in mint.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Dec, Denom};
use entente_kernel::{Error, Result};
use entente_proto::cosmos::mint::v1beta1 as wire;

use crate::wire::parse_dec;

/// The parameters.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    pub mint_denom: Denom,
    /// How much inflation may change within a year, 0 to 1.
    pub inflation_rate_change: Dec,
    pub inflation_max: Dec,
    pub inflation_min: Dec,
    /// The part of all coins that should be bonded, above 0, at most 1.
    pub goal_bonded: Dec,
    /// How many blocks a year is thought to have, above 0.
    pub blocks_per_year: u64,
}

entente_kernel::borsh_value!(Params);

impl Params {
    /// # Errors
    /// A refusal that names the field, its value and what is allowed.
    pub fn from_wire(wire: &wire::Params) -> Result<Self> {
        if wire.mint_denom.trim().is_empty() {
            return Err(Error::plain("mint denom cannot be blank"));
        }
        let params = Self {
            mint_denom: Denom::new(&wire.mint_denom).map_err(|e| Error::plain(e.to_string()))?,
            inflation_rate_change: rate(&wire.inflation_rate_change, "inflation rate change")?,
            inflation_max: rate(&wire.inflation_max, "max inflation")?,
            inflation_min: rate(&wire.inflation_min, "min inflation")?,
            goal_bonded: rate(&wire.goal_bonded, "goal bonded")?,
            blocks_per_year: wire.blocks_per_year,
        };
        if params.goal_bonded.is_zero() {
            return Err(Error::plain(format!("goal bonded must be positive: {}", params.goal_bonded)));
        }
        if params.blocks_per_year == 0 || i64::try_from(params.blocks_per_year).is_err() {
            return Err(Error::plain(format!("blocks per year must be positive: {}", wire.blocks_per_year)));
        }
        if params.inflation_max < params.inflation_min {
            return Err(Error::plain(format!(
                "max inflation ({}) must be greater than or equal to min inflation ({})",
                params.inflation_max, params.inflation_min
            )));
        }
        Ok(params)
    }

    pub fn to_wire(&self) -> wire::Params {
        wire::Params {
            mint_denom: self.mint_denom.to_string(),
            inflation_rate_change: self.inflation_rate_change.to_scaled_string(),
            inflation_max: self.inflation_max.to_scaled_string(),
            inflation_min: self.inflation_min.to_scaled_string(),
            goal_bonded: self.goal_bonded.to_scaled_string(),
            blocks_per_year: self.blocks_per_year,
        }
    }
}

/// A number from 0 to 1.
fn rate(text: &str, name: &str) -> Result<Dec> {
    let value = parse_dec(text, name)?.ok_or_else(|| Error::plain(format!("{name} cannot be nil: <nil>")))?;
    if value.is_negative() {
        return Err(Error::plain(format!("{name} cannot be negative: {value}")));
    }
    if value > Dec::ONE {
        return Err(Error::plain(format!("{name} too large: {value}")));
    }
    Ok(value)
}
