//! What distribution remembers.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Dec, DecCoins};
use entente_kernel::{AccAddress, ConsAddress, Item, Map, ValAddress};

use super::params::Params;
use crate::stores::DISTRIBUTION;

pub const COMMUNITY_POOL: Item<DecCoins> = Item::new(DISTRIBUTION, &[0x00]);
/// Who proposed the last block; absent before the first.
pub const PREVIOUS_PROPOSER: Item<ConsAddress> = Item::new(DISTRIBUTION, &[0x01]);
/// A validator's account with us.
pub const LEDGERS: Map<ValAddress, Ledger> = Map::new(DISTRIBUTION, &[0x02]);
/// Where an account wants its rewards; absent: to itself.
pub const WITHDRAW_ADDRESSES: Map<AccAddress, AccAddress> = Map::new(DISTRIBUTION, &[0x03]);
pub const STARTING_INFOS: Map<(ValAddress, AccAddress), StartingInfo> = Map::new(DISTRIBUTION, &[0x04]);
/// Ends of periods that something still refers to; the newest is in the ledger.
pub const HISTORICAL: Map<(ValAddress, u64), Historical> = Map::new(DISTRIBUTION, &[0x05]);
/// (validator, height, period ended by the slash) → fraction that was lost.
pub const SLASHES: Map<(ValAddress, u64, u64), Dec> = Map::new(DISTRIBUTION, &[0x08]);
pub const PARAMS: Item<Params> = Item::new(DISTRIBUTION, &[0x09]);

/// Where a delegation's claim begins.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StartingInfo {
    /// The period that ended when the delegation last changed or was paid.
    pub previous_period: u64,
    /// Tokens of the delegation at that moment.
    pub stake: Dec,
    pub height: u64,
}

/// The end of a period of a validator.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Historical {
    /// Rewards per token since the validator exists.
    pub cumulative_ratio: DecCoins,
    /// How many delegations, slashes and open periods start here; at 0 the record goes.
    pub references: u32,
}

/// What every reward and every change of stake touches.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ledger {
    /// All that the validator and its delegators have not yet withdrawn.
    pub outstanding: DecCoins,
    /// The operator's part of it.
    pub commission: DecCoins,
    /// The delegators' rewards of the open period.
    pub rewards: DecCoins,
    /// The number of the open period.
    pub period: u64,
    /// The end of the period before it, to which the open one refers.
    pub last: Historical,
}

entente_kernel::borsh_value!(StartingInfo, Historical, Ledger);
