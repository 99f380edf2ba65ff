//! What alliance remembers. Denoms in keys are in their short form, which orders assets by length first, as upstream orders them.

use std::cmp::Ordering;

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Coins, Dec, Denom, Int, Wide, short};
use entente_kernel::state::{Key, Rows};
use entente_kernel::{AccAddress, Item, Map, Sequence, Span, Timestamp, ValAddress};

use super::params::Params;
use crate::stores::ALLIANCE;

pub const PARAMS: Item<Params> = Item::new(ALLIANCE, &[0x02]);
pub const ASSETS: Map<AssetKey, Asset> = Map::new(ALLIANCE, &[0x11]);
/// Validators that alliance ever looked at.
pub const VALIDATORS: Map<ValAddress, ValidatorInfo> = Map::new(ALLIANCE, &[0x12]);
/// There while the virtual stake has to be compared with what it should be.
pub const REBALANCE: Item<()> = Item::new(ALLIANCE, &[0x13]);
/// The pools of a validator, which are asked for together at the end of every block; a validator without pools has no record.
pub const POOLS: Map<ValAddress, Rows<AssetKey, Pool>> = Map::new(ALLIANCE, &[0x14]);
/// Index: where an asset has a pool.
pub const POOLS_OF_ASSET: Map<(AssetKey, ValAddress), ()> = Map::new(ALLIANCE, &[0x15]);
/// Rewards per share of a pool's epoch, by reward coin; an epoch without rewards has no record.
pub const INDICES: Map<EpochKey, Rows<Denom, Index>> = Map::new(ALLIANCE, &[0x16]);
/// Settled rewards that wait for a claim.
pub const OWED: Map<DelegationKey, Coins> = Map::new(ALLIANCE, &[0x17]);
/// Fractions of reward coins without an owner, in 10^-54 coin, each below one coin.
pub const DUST: Map<Denom, Wide> = Map::new(ALLIANCE, &[0x18]);
/// Pools whose delegations of older epochs are being cleared.
pub const RESTARTS: Map<(ValAddress, AssetKey), Cursor> = Map::new(ALLIANCE, &[0x19]);
/// Removed validators whose delegations are being moved to unbonding.
pub const LEAVING: Map<ValAddress, ()> = Map::new(ALLIANCE, &[0x1a]);
pub const DELEGATIONS: Map<DelegationKey, Delegation> = Map::new(ALLIANCE, &[0x21]);
/// Index: who delegates to a pool.
pub const DELEGATIONS_OF_POOL: Map<(ValAddress, AssetKey, AccAddress), ()> = Map::new(ALLIANCE, &[0x22]);
pub const UNBONDINGS: Map<EntryKey, Unbonding> = Map::new(ALLIANCE, &[0x31]);
pub const UNBONDINGS_OF_VALIDATOR: Map<(ValAddress, Timestamp, u64), ()> = Map::new(ALLIANCE, &[0x32]);
pub const UNBONDINGS_OF_DELEGATOR: Map<(AccAddress, AssetKey, Timestamp, u64), ()> = Map::new(ALLIANCE, &[0x33]);
/// Due entries whose payment failed, by id.
pub const RETRIES: Map<u64, Retry> = Map::new(ALLIANCE, &[0x34]);
/// Where the next block goes on with retries.
pub const RETRY_CURSOR: Item<u64> = Item::new(ALLIANCE, &[0x35]);
pub const REDELEGATIONS: Map<EntryKey, Redelegation> = Map::new(ALLIANCE, &[0x41]);
pub const REDELEGATIONS_OF_SOURCE: Map<(ValAddress, Timestamp, u64), ()> = Map::new(ALLIANCE, &[0x42]);
/// Index: (delegator, asset, destination, completion, id).
pub const REDELEGATIONS_OF_DELEGATOR: Map<(AccAddress, AssetKey, ValAddress, Timestamp, u64), ()> =
    Map::new(ALLIANCE, &[0x43]);
/// Faults that an open entry may still have to pay for.
pub const FAULTS: Map<(ValAddress, u64), Fault> = Map::new(ALLIANCE, &[0x51]);
/// Faults whose entries are being visited, oldest first.
pub const SWEEPS: Map<(u64, ValAddress), Sweep> = Map::new(ALLIANCE, &[0x52]);
pub const FAULT_IDS: Sequence = Sequence::new(ALLIANCE, &[0x53]);
/// Ids of unbondings and redelegations together: a greater id is a later entry.
pub const ENTRY_IDS: Sequence = Sequence::new(ALLIANCE, &[0x54]);

pub type DelegationKey = (AccAddress, ValAddress, AssetKey);
/// Completion time, then id.
pub type EntryKey = (Timestamp, u64);
/// An epoch of a pool.
pub type EpochKey = (ValAddress, AssetKey, u64);

/// A denom in a key, in its [short form](Denom::write_short). So is its order.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AssetKey(pub Denom);

impl Ord for AssetKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp_short(&other.0)
    }
}

impl PartialOrd for AssetKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Key for AssetKey {
    fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        self.0.write_short(out).unwrap_or_default();
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Denom::read_short(from).map(Self)
    }
}

impl From<&Denom> for AssetKey {
    fn from(denom: &Denom) -> Self {
        Self(denom.clone())
    }
}

/// A coin that may be staked.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Asset {
    pub denom: Denom,
    /// Virtual stake of the whole asset in units of the native stake.
    pub reward_weight: Dec,
    pub weight_min: Dec,
    pub weight_max: Dec,
    /// Taken from the staked coins per interval; 0 <= rate < 1.
    pub take_rate: Dec,
    /// `TT`: coins that are staked now.
    pub tokens: Int,
    /// `TVS`: exactly the sum of the validator shares of all pools.
    pub shares: Dec,
    /// The part of `shares` that lies at validators which are not bonded.
    pub idle_shares: Dec,
    pub start: Timestamp,
    pub change_rate: Dec,
    /// Zero: the weight does not change by itself.
    pub change_interval: Span,
    pub last_change: Timestamp,
    /// Told by the first block at or after the start.
    pub is_initialized: bool,
    pub dissolving: bool,
}

impl Asset {
    pub fn key(&self) -> AssetKey {
        AssetKey(self.denom.clone())
    }

    pub fn has_started(&self, now: Timestamp) -> bool {
        now >= self.start
    }

    /// Does its stake count for virtual stake and rewards?
    pub fn earns(&self, now: Timestamp) -> bool {
        self.has_started(now) && !self.dissolving
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ValidatorInfo {
    /// Is the validator in the active set, as staking's news tell?
    pub bonded: bool,
}

/// An asset at a validator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pool {
    /// `VS(v,a)`: shares in the asset's tokens.
    pub validator_shares: Dec,
    /// `TDS(v,a)`: exactly the sum of the delegations' shares of this epoch.
    pub delegator_shares: Dec,
    /// How often the pool became worthless and began afresh.
    pub epoch: u64,
    /// Delegations, those of older epochs included.
    pub holders: u64,
}

/// The rewards of one coin for the shares of one pool and epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Index {
    /// 10^-36 coin for one share, since the epoch began.
    pub per_share: Wide,
    /// 10^-54 coin that could not be divided yet.
    pub carried: Wide,
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Delegation {
    /// `DS`.
    pub shares: Dec,
    /// The pool's epoch in which the shares were bought; worth nothing in a later one.
    #[borsh(serialize_with = "short::write", deserialize_with = "short::read")]
    pub epoch: u64,
    /// Height of the last claim, or of the first delegation.
    #[borsh(serialize_with = "short::write", deserialize_with = "short::read")]
    pub claim_height: u64,
    /// Indices up to which rewards were settled, by reward coin.
    pub paid: Rows<Denom, Wide>,
}

impl Delegation {
    pub fn paid_index(&self, coin: &Denom) -> Wide {
        self.paid.get(coin).copied().unwrap_or_default()
    }
}

/// Coins on their way back to their owner.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Unbonding {
    pub delegator: AccAddress,
    pub validator: ValAddress,
    pub denom: Denom,
    pub amount: Int,
    /// `None` for imported entries, which are never spared.
    pub created_height: Option<i64>,
    /// The newest fault when the entry was made or last visited.
    pub last_fault: u64,
}

/// A due entry that could not be paid.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Retry {
    pub completion: Timestamp,
    pub entry: Unbonding,
    pub cause: String,
}

/// Coins that moved between validators and still answer for faults of the first.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Redelegation {
    pub delegator: AccAddress,
    pub source: ValAddress,
    pub destination: ValAddress,
    pub denom: Denom,
    pub amount: Int,
    pub created_height: Option<i64>,
    pub last_fault: u64,
    /// Shares that the coins bought at the destination.
    pub destination_shares: Dec,
}

/// A punished fault of a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Fault {
    pub infraction_height: i64,
    /// 0 < factor <= 1.
    pub factor: Dec,
    /// Block time of the punishment: entries complete before it are spared.
    pub punished_at: Timestamp,
}

/// How far the entries of a fault were visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Sweep {
    /// The redelegations are done, the unbondings are next.
    pub unbondings: bool,
    /// The first entry that was not visited.
    pub from: EntryKey,
}

/// The last delegator of a pool that was visited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Cursor {
    pub after: Option<AccAddress>,
}

entente_kernel::borsh_value!(
    Asset,
    ValidatorInfo,
    Pool,
    Index,
    Delegation,
    Unbonding,
    Retry,
    Redelegation,
    Fault,
    Sweep,
    Cursor,
    Params,
);
