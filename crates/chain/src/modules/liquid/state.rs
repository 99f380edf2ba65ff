//! What liquid staking remembers.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::{AccAddress, Item, Map, Sequence, Timestamp, ValAddress};

use super::params::Params;
use crate::stores::LIQUID;

pub const PARAMS: Item<Params> = Item::new(LIQUID, &[0x01]);
pub const LEDGER: Item<Ledger> = Item::new(LIQUID, &[0x02]);
/// There while the rate may have changed since it was told.
pub const CHANGED: Item<()> = Item::new(LIQUID, &[0x03]);
/// Validators that are listed or hold liquid stake.
pub const VALIDATORS: Map<ValAddress, ()> = Map::new(LIQUID, &[0x11]);
pub const BATCHES: Map<u64, Batch> = Map::new(LIQUID, &[0x21]);
/// Liquid coins of a person in a batch: number first, of fixed length, so that no two claims share a key.
pub const CLAIMS: Map<(u64, AccAddress), u128> = Map::new(LIQUID, &[0x22]);
/// Index: the batches in which a person has a claim.
pub const CLAIMS_OF: Map<(AccAddress, u64), ()> = Map::new(LIQUID, &[0x23]);
/// Batches of which a part waits for room in the queues of validators.
pub const CLOSING: Map<u64, ()> = Map::new(LIQUID, &[0x24]);
/// Batches that are back and being paid.
pub const PAYING: Map<u64, ()> = Map::new(LIQUID, &[0x25]);
pub const BATCH_IDS: Sequence = Sequence::new(LIQUID, &[0x26]);
/// Unbondings of ours, by the id that staking gave them.
pub const OPERATIONS: Map<u64, Operation> = Map::new(LIQUID, &[0x31]);

/// Native coins in our account, apart from what came back for batches, and what time it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ledger {
    /// Waits to be staked; belongs to the stakers.
    pub idle: u128,
    /// Rewards that were drawn; no part of the value until they are staked.
    pub waiting: u128,
    pub epoch_start: Option<Timestamp>,
    pub open_batch: Option<u64>,
    /// The rate that was last told, in steps of 10^-18.
    pub rate: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Status {
    Open,
    Closing,
    Unbonding,
    Paying,
}

/// Those who leave together: one price for all of them.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Batch {
    pub status: Status,
    pub close: Timestamp,
    /// When the last of its unbondings ends.
    pub mature: Option<Timestamp>,
    /// Liquid coins of all claims, paid ones included.
    pub liquid: u128,
    pub burnt: u128,
    /// Native coins that were sent to unbond.
    pub expected: u128,
    pub received: u128,
    pub paid: u128,
    pub claims: u64,
    /// Unbondings on their way.
    pub pending: u64,
    pub attempts: u32,
    pub last_error: String,
}

impl Batch {
    pub fn new(close: Timestamp) -> Self {
        Self {
            status: Status::Open,
            close,
            mature: None,
            liquid: 0,
            burnt: 0,
            expected: 0,
            received: 0,
            paid: 0,
            claims: 0,
            pending: 0,
            attempts: 0,
            last_error: String::new(),
        }
    }
}

/// An unbonding on its way to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Operation {
    pub batch: u64,
    pub validator: ValAddress,
    pub amount: u128,
    pub completion: Timestamp,
}

entente_kernel::borsh_value!(Params, Ledger, Batch, Operation);
