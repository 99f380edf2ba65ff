//! What a vote can change in distribution.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::Dec;
use entente_kernel::{Error, Result};
use entente_proto::cosmos::distribution::v1beta1 as wire;

use crate::wire::parse_dec;

/// The parameters.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// The part of all rewards that goes to the community pool, 0 to 1.
    pub community_tax: Dec,
    /// Without effect; genesis files of older chains hold it.
    pub base_proposer_reward: Dec,
    /// Without effect; genesis files of older chains hold it.
    pub bonus_proposer_reward: Dec,
    /// May accounts choose where their rewards go?
    pub withdraw_addr_enabled: bool,
}

entente_kernel::borsh_value!(Params);

impl Params {
    /// # Errors
    /// A community tax that is absent, negative or above 1.
    pub fn from_wire(wire: &wire::Params) -> Result<Self> {
        let tax = parse_dec(&wire.community_tax, "community_tax")?
            .ok_or_else(|| Error::plain("community tax must be not nil"))?;
        if tax.is_negative() {
            return Err(Error::plain(format!("community tax must be positive: {tax}")));
        }
        if tax > Dec::ONE {
            return Err(Error::plain(format!("community tax too large: {tax}")));
        }
        let unused = |text, field| Ok::<_, Error>(parse_dec(text, field)?.unwrap_or(Dec::ZERO));
        Ok(Self {
            community_tax: tax,
            base_proposer_reward: unused(&wire.base_proposer_reward, "base_proposer_reward")?,
            bonus_proposer_reward: unused(&wire.bonus_proposer_reward, "bonus_proposer_reward")?,
            withdraw_addr_enabled: wire.withdraw_addr_enabled,
        })
    }

    pub fn to_wire(&self) -> wire::Params {
        wire::Params {
            community_tax: self.community_tax.to_scaled_string(),
            base_proposer_reward: self.base_proposer_reward.to_scaled_string(),
            bonus_proposer_reward: self.bonus_proposer_reward.to_scaled_string(),
            withdraw_addr_enabled: self.withdraw_addr_enabled,
        }
    }
}
