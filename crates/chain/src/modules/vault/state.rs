//! What the vaults remember. What a vault has of an asset is written down twice, by owner and by place; the two always agree.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Coins, Denom, Wide};
use entente_kernel::{AccAddress, Item, Map, Sequence, Span, Timestamp, ValAddress};

use super::params::Params;
use crate::stores::VAULT;

pub const PARAMS: Item<Params> = Item::new(VAULT, &[0x01]);
pub const VAULTS: Map<u64, Vault> = Map::new(VAULT, &[0x11]);
pub const VAULT_IDS: Sequence = Sequence::new(VAULT, &[0x12]);
/// Queue: when the epoch of a vault is over.
pub const EPOCHS: Map<(Timestamp, u64), ()> = Map::new(VAULT, &[0x13]);
/// What a vault has of an asset.
pub const HOLDINGS: Map<(u64, Denom), Holding> = Map::new(VAULT, &[0x14]);
/// What all vaults together own actively of a coin.
pub const TOTALS: Map<Denom, u128> = Map::new(VAULT, &[0x15]);
/// Stake with validators, at the value at which it was last seen.
pub const PLACES: Map<(u64, Denom, ValAddress), u128> = Map::new(VAULT, &[0x16]);
/// Coins on their way back, by the number of alliance's entry.
pub const RETURNS: Map<(u64, Denom, u64), Return> = Map::new(VAULT, &[0x17]);
/// Index: vaults that have stake with a validator, or coins on their way back from it.
pub const VAULTS_AT: Map<(ValAddress, u64), ()> = Map::new(VAULT, &[0x18]);
/// How many those are.
pub const COUNTS_AT: Map<ValAddress, u64> = Map::new(VAULT, &[0x1c]);
/// What the ends of epochs found of an asset, oldest first.
pub const SAMPLES: Map<(u64, Denom), Samples> = Map::new(VAULT, &[0x19]);
/// Changes that were announced, by vault and number.
pub const PENDING: Map<(u64, u64), Pending> = Map::new(VAULT, &[0x1a]);
pub const PENDING_IDS: Sequence = Sequence::new(VAULT, &[0x1b]);
pub const BATCHES: Map<(u64, u64), Batch> = Map::new(VAULT, &[0x21]);
/// Queue: when a batch is due.
pub const DUE: Map<(Timestamp, u64, u64), ()> = Map::new(VAULT, &[0x22]);
/// Parts of batches, by vault, batch and owner.
pub const CLAIMS: Map<(u64, u64, AccAddress), Claim> = Map::new(VAULT, &[0x23]);
pub const CLAIMS_OF_OWNER: Map<(AccAddress, u64, u64), ()> = Map::new(VAULT, &[0x24]);
/// What came to a vault and left it in all its life, by coin.
pub const LEDGER: Map<(u64, Denom), Ledger> = Map::new(VAULT, &[0x3a]);
/// Rewards that the stake of an asset brought since the last end of an epoch: vault, asset, reward coin.
pub const EARNED: Map<(u64, Denom, Denom), u128> = Map::new(VAULT, &[0x3b]);
/// Rewards that were claimed and not handed out yet.
pub const REWARDS: Map<(u64, Denom), u128> = Map::new(VAULT, &[0x31]);
/// Rewards of the last epoch that are being claimed.
pub const HARVESTS: Map<u64, Harvest> = Map::new(VAULT, &[0x37]);
/// Queue: when the next part of a harvest is claimed.
pub const HARVEST_TIMES: Map<(Timestamp, u64), ()> = Map::new(VAULT, &[0x39]);
/// How long the chain has stood still, if halts are counted.
pub const CLOCK: Item<Clock> = Item::new(VAULT, &[0x38]);
/// Who may deposit in a vault with the hook `allowlist`.
pub const ALLOWED: Map<(u64, AccAddress), ()> = Map::new(VAULT, &[0x51]);
/// There while a hook runs, and never after it.
pub const HOOK_RUNS: Item<()> = Item::new(VAULT, &[0x52]);
/// Rewards that flow to locked shares.
pub const STREAMS: Map<(u64, Denom), Stream> = Map::new(VAULT, &[0x32]);
/// Reward coins that are assets of the vault, on their way to those who hold shares.
pub const DRIPS: Map<(u64, Denom), Drip> = Map::new(VAULT, &[0x36]);
pub const LOCKS: Map<(u64, AccAddress), u128> = Map::new(VAULT, &[0x33]);
/// Sum of the locks of a vault.
pub const LOCKED: Map<u64, u128> = Map::new(VAULT, &[0x34]);
/// Rewards that are for sale.
pub const LOTS: Map<u64, Lot> = Map::new(VAULT, &[0x41]);
pub const LOT_IDS: Sequence = Sequence::new(VAULT, &[0x42]);
/// The lot of a vault and reward coin; there is at most one.
pub const LOTS_OF_VAULT: Map<(u64, Denom), u64> = Map::new(VAULT, &[0x43]);
/// What a lock has been credited for, by reward coin.
pub const CREDITS: Map<(u64, AccAddress, Denom), Credit> = Map::new(VAULT, &[0x35]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Mode {
    /// Every promise has stake of its own.
    Isolated,
    /// Promises share stake, within limits.
    Pooled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Stage {
    Active,
    DepositsClosed,
    /// Everything is being recalled; exits as usual.
    Winding,
    Closed,
}

/// What a share may lose; it can only be lowered. Fractions of 10^-18.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RiskClass {
    pub loss_max: u128,
    pub kappa: u128,
    pub rho_max: u128,
    pub service_kinds: Vec<String>,
}

/// What is taken of restaking rewards, and to whom it goes. Fractions of 10^-18.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Fees {
    pub performance: u128,
    pub protocol_part: u128,
    pub curator_part: u128,
    pub builder_part: u128,
    pub builder: Option<AccAddress>,
}

/// An asset of a vault. Fractions of 10^-18.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Seat {
    pub asset: u64,
    pub denom: Denom,
    pub target: u128,
    /// Where the target goes, step by step.
    pub goal: u128,
    pub cap: u128,
    pub floor: u128,
    /// Most value of it in this vault; zero for no limit.
    pub deposit_cap: u128,
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vault {
    pub id: u64,
    pub underlying: String,
    pub seats: Vec<Seat>,
    pub mode: Mode,
    pub risk: RiskClass,
    pub curator: AccAddress,
    pub bond: Coins,
    pub lrt: Denom,
    /// `S`.
    pub shares: u128,
    /// Shares out of fees, from which bonuses are paid.
    pub pool_shares: u128,
    /// Shares that lose before the holders do.
    pub insurance_shares: u128,
    /// `M`.
    pub magnitude: u128,
    pub fees: Fees,
    pub stage: Stage,
    pub alloc_seq: u64,
    /// Most value of a young vault; zero once it is lifted.
    pub canary_cap: u128,
    pub canary_raised: Timestamp,
    pub epoch_start: Timestamp,
    /// Value at the begin of the epoch.
    pub epoch_nav: u128,
    pub swap_enabled: bool,
    pub hooks: Vec<String>,
    pub created: Timestamp,
    /// Shares of all bonuses and all fees so far.
    pub bonus_total: u128,
    pub fee_total: u128,
    /// Number of the batch that takes requests; zero before the first.
    pub last_batch: u64,
    /// Height at which holdings were last compared with the stake.
    pub seen_at: i64,
    pub seen_time: Timestamp,
    /// Value that swaps moved in this epoch.
    pub swapped: u128,
}

impl Vault {
    pub fn seat(&self, denom: &Denom) -> Option<(usize, &Seat)> {
        self.seats.iter().enumerate().find(|(_, seat)| seat.denom == *denom)
    }
}

/// By owner: active, undripped, escrow, and the batches. By place: idle, matured, places, returns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Holding {
    /// What those who hold shares own.
    pub active: u128,
    /// Bought with rewards, not the holders' yet.
    pub undripped: u128,
    /// Set aside for claims of services, and the part of it that may come back.
    pub escrow: u128,
    pub refundable: u128,
    /// In the vault's account, free.
    pub idle: u128,
    /// In the vault's account, waiting for the owners of batches.
    pub matured: u128,
    /// Value that was deposited in this epoch.
    pub deposited: u128,
    /// What lay with validators when all of them were last looked at, less what was looked at by itself since.
    pub seen: u128,
    /// What a share in alliance's whole stake of it was worth then, in steps of 10^-18, rounded down.
    pub seen_worth: u128,
}

/// Coins on their way back from a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Return {
    pub validator: ValAddress,
    pub completion: Timestamp,
    pub amount: u128,
}

/// Samples of an asset, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Samples(pub Vec<Sample>);

/// What the end of an epoch found of an asset. Both in steps of 10^-18.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Sample {
    pub time: Timestamp,
    pub rate: u128,
    /// Rewards of its stake until then, in units of the asset for one unit of it.
    pub earned: u128,
}

/// What came to a vault and left it in all its life, of one coin. Of a reward coin, what was claimed is what went out as fees, was kept,
/// flows, was sold or given away, and what is for sale. A life may be long: sums have 512 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ledger {
    /// Alliance rewards that were handed out.
    pub claimed: Wide,
    pub fees: Wide,
    /// Rewards that are an asset of the vault, and drip into it.
    pub kept: Wide,
    /// Rewards that flow to locked shares.
    pub streamed: Wide,
    pub sold: Wide,
    /// Rewards beyond the streams of a vault, for the community pool.
    pub donated: Wide,
    /// What lots were bought with: of an asset.
    pub bought: Wide,
    /// What takes and roundings cost those who hold shares.
    pub taken: Wide,
    /// What slashes cost those who hold shares, and the batches.
    pub slashed: Wide,
    pub slashed_batches: Wide,
    /// What the rate of an asset rose and fell by from epoch to epoch, as value of what those who hold shares have of it.
    pub grown: Wide,
    pub fallen: Wide,
}

/// A sum of a ledger.
pub type Entry = fn(&mut Ledger) -> &mut Wide;

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Change {
    Fees(Fees),
    AddAsset(Seat),
    Limits(Seat),
    Swap(bool),
    CloseDeposits,
    WindDown,
    LowerRisk(RiskClass),
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pending {
    pub change: Change,
    pub effective_at: Timestamp,
}

/// What a batch has of one asset: `amount` is what is not paid yet, `owed` the part of it that is not free yet.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Part {
    pub denom: Denom,
    pub amount: u128,
    pub owed: u128,
    pub paid: u128,
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Batch {
    /// Of those who have not been paid completely.
    pub shares: u128,
    pub parts: Vec<Part>,
    /// `None`: it takes requests.
    pub closed: Option<Close>,
    /// People with a part.
    pub claims: u64,
    /// It was due and something was missing.
    pub delayed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Close {
    pub time: Timestamp,
    pub height: i64,
    /// Without halts since the close, while they still count.
    pub mature_at: Timestamp,
    /// How long the chain had stood still in all; `None` once the batch's time has come.
    pub halted: Option<Span>,
    /// `M` at the close.
    pub magnitude: u128,
    /// Shares at the close.
    pub shares: u128,
}

impl Batch {
    /// Is everything free that belongs to it?
    pub fn is_funded(&self) -> bool {
        self.parts.iter().all(|part| part.owed == 0)
    }

    /// When it is due, by how long the chain has stood still until now; `None` while it is open.
    pub fn due(&self, halts: Span) -> Option<Timestamp> {
        self.closed.map(|close| close.due(halts))
    }

    /// Its time has come: no later halt makes it due once more, or liable again. Says whether that is new.
    pub fn fix(&mut self, due: Option<Timestamp>) -> bool {
        let (Some(close), Some(due)) = (&mut self.closed, due) else { return false };
        close.mature_at = due;
        close.halted.take().is_some()
    }
}

impl Close {
    pub fn due(&self, halts: Span) -> Timestamp {
        let since = self.halted.map_or(Span::ZERO, |before| Span(halts.0.saturating_sub(before.0)));
        self.mature_at.plus(since)
    }
}

/// A part of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Claim {
    pub shares: u128,
    /// What a delayed batch has paid of it, in the order of the batch's parts; empty before the first payment.
    pub paid: Vec<u128>,
}

/// Rewards of an epoch that are being claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Harvest {
    /// Assets that were gone through.
    pub done: u32,
    pub earned_over: Span,
    /// Not before.
    pub at: Timestamp,
}

/// How long the chain has stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Clock {
    pub last_block: Timestamp,
    pub halted: Span,
}

/// A reward coin on its way to locked shares, evenly from `start` to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Stream {
    pub left: u128,
    /// What has flowed and was not claimed yet.
    pub flowed: u128,
    pub from: Timestamp,
    pub end: Timestamp,
    /// Coins per locked share in 10^-18, and the remainder of the last division.
    pub index: Wide,
    pub remainder: Wide,
}

/// An asset on its way into the active side, evenly from `from` to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Drip {
    pub left: u128,
    pub from: Timestamp,
    pub end: Timestamp,
}

/// A reward coin for sale, whole, for an asset of the vault. Prices are in units of that asset for one unit of the reward coin, in steps
/// of 10^-18; they fall from `start` to `end` and stay there.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lot {
    pub vault: u64,
    pub sold: Denom,
    pub amount: u128,
    pub wanted: Denom,
    pub price_start: u128,
    pub price_end: u128,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Time over which it was earned: what is bought drips over no less.
    pub earned_over: Span,
}

/// The index at which a lock was last credited, and what it was credited and not paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Credit {
    pub index: Wide,
    pub owed: u128,
}

entente_kernel::borsh_value!(
    Params, Vault, Holding, Return, Samples, Pending, Batch, Claim, Stream, Drip, Lot, Credit, Harvest, Clock, Ledger
);
