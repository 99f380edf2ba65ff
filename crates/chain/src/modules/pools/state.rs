//! What the pools remember.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Denom, Wide};
use entente_kernel::state::Key;
use entente_kernel::{AccAddress, Item, Map, Sequence, Span, Timestamp, ValAddress};

use super::params::Params;
use crate::stores::POOLS as POOL_STORE;

pub const PARAMS: Item<Params> = Item::new(POOL_STORE, &[0x01]);
pub const POOLS: Map<u64, Pool> = Map::new(POOL_STORE, &[0x11]);
pub const POOL_IDS: Sequence = Sequence::new(POOL_STORE, &[0x12]);
/// Index: the pools of two coins, in the order of their names.
pub const POOLS_OF_PAIR: Map<(Denom, Denom, u64), ()> = Map::new(POOL_STORE, &[0x13]);
/// Sums of price and depth of a coin in another.
pub const ACCUMULATORS: Map<PairKey, Accumulator> = Map::new(POOL_STORE, &[0x21]);
/// What the sums were at times before, as far back as averages reach.
pub const SNAPSHOTS: Map<(u64, Denom, Denom, Timestamp), Sums> = Map::new(POOL_STORE, &[0x22]);
/// Queue: when a pool is observed next, touched or not.
pub const OBSERVATIONS: Map<(Timestamp, u64), ()> = Map::new(POOL_STORE, &[0x23]);
/// Coins whose price and depth are told to the registry.
pub const REPORTED: Map<Denom, Report> = Map::new(POOL_STORE, &[0x24]);
/// Index: the coins in which a reported one has a price.
pub const QUOTES: Map<(Denom, Denom), ()> = Map::new(POOL_STORE, &[0x25]);
/// Where the next block goes on with reports.
pub const REPORT_CURSOR: Item<String> = Item::new(POOL_STORE, &[0x26]);
/// Incentives that still flow, or will, by pool.
pub const INCENTIVES: Map<(u64, u64), Incentive> = Map::new(POOL_STORE, &[0x31]);
pub const INCENTIVE_IDS: Sequence = Sequence::new(POOL_STORE, &[0x32]);
/// Reward per staked share of a pool, by coin.
pub const INDICES: Map<(u64, Denom), Index> = Map::new(POOL_STORE, &[0x33]);
/// Rewards that came in and went out, by pool and coin.
pub const LEDGERS: Map<(u64, Denom), Ledger> = Map::new(POOL_STORE, &[0x34]);
/// Staked shares of a pool, at the value at which they were last seen.
pub const STAKED: Map<u64, u128> = Map::new(POOL_STORE, &[0x35]);
/// Shares that are staked in one place.
pub const GROUPS: Map<(u64, Place), Group> = Map::new(POOL_STORE, &[0x41]);
/// Reward per unit of a group, by coin.
pub const GROUP_INDICES: Map<(u64, Place, Denom), GroupIndex> = Map::new(POOL_STORE, &[0x42]);
/// Index: pools with shares at a validator.
pub const POOLS_AT: Map<(ValAddress, u64), ()> = Map::new(POOL_STORE, &[0x43]);
/// Units of a person in a group.
pub const POSITIONS: Map<PositionKey, u128> = Map::new(POOL_STORE, &[0x44]);
/// What a position was credited, by coin.
pub const CREDITS: Map<(AccAddress, u64, Place, Denom), Credit> = Map::new(POOL_STORE, &[0x45]);

/// Pool, coin, quote.
pub type PairKey = (u64, Denom, Denom);
pub type PositionKey = (AccAddress, u64, Place);

/// Where shares are staked: for the incentives alone, or with a validator as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub Option<ValAddress>);

impl Key for Place {
    fn write(&self, out: &mut Vec<u8>) {
        match &self.0 {
            None => out.push(0),
            Some(validator) => validator.write(out),
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        if from.first() == Some(&0) {
            *from = from.get(1..)?;
            return Some(Self(None));
        }
        ValAddress::read(from).map(|validator| Self(Some(validator)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Kind {
    /// Constant product with weights.
    Weighted,
    /// Flat around the rates of the registry; amplification.
    Stable(u64),
}

/// A coin of a pool.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Part {
    pub denom: Denom,
    pub reserve: u128,
    /// In steps of 10^-18; zero in a stable pool.
    pub weight: u128,
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pool {
    pub id: u64,
    pub kind: Kind,
    pub creator: AccAddress,
    /// In the order of their denoms.
    pub parts: Vec<Part>,
    /// In steps of 10^-18.
    pub swap_fee: u128,
    pub lp: Denom,
    pub shares: u128,
    pub paused: bool,
}

impl Pool {
    /// # Errors
    /// pools 4.
    pub fn place(&self, denom: &Denom) -> entente_kernel::Result<usize> {
        let place = self.parts.iter().position(|part| part.denom == *denom);
        place.ok_or_else(|| super::error::NOT_IN_POOL.because(format!("{denom}, pool {}", self.id)))
    }

    pub fn reserves(&self) -> Vec<u128> {
        self.parts.iter().map(|part| part.reserve).collect()
    }
}

/// Sums over time, up to the time of their key or record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Sums {
    /// Price in steps of 10^-18, times seconds.
    pub price: Wide,
    /// Depth in the quote coin, times seconds.
    pub depth: Wide,
}

/// The running sums of a pair, and what was last observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Accumulator {
    pub time: Timestamp,
    pub sums: Sums,
    /// In a stable pool beside what the rates say.
    pub price: u128,
    pub depth: u128,
}

/// When a coin was last reported, and its rate then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Report {
    pub time: Timestamp,
    pub rate: u128,
}

/// Coins on their way to staked shares, evenly over `period` from `start`; the start moves while nobody is there to earn them.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Incentive {
    pub funder: AccAddress,
    pub denom: Denom,
    pub amount: u128,
    pub start: Timestamp,
    pub period: Span,
    /// What has flowed.
    pub flowed: u128,
    /// Until when it was looked at.
    pub seen: Timestamp,
}

/// Reward per share in steps of 2^-64, and the remainder of the last division.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Index {
    pub index: Wide,
    pub remainder: Wide,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ledger {
    pub received: u128,
    pub paid: u128,
}

/// Units of all positions of a group, and the shares that they stand for, as last seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Group {
    pub units: u128,
    pub shares: u128,
    /// Of them on their way back, because alliance sent them, and back in the account of the pool.
    pub returning: u128,
    pub home: u128,
}

/// The index of the pool at which the group was last settled, and the group's own per unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GroupIndex {
    pub seen: Wide,
    pub own: Index,
}

/// The index of the group at which a position was last settled, and what it was credited and not paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Credit {
    pub index: Wide,
    pub owed: u128,
}

entente_kernel::borsh_value!(
    Params,
    Pool,
    Accumulator,
    Sums,
    Report,
    Incentive,
    Index,
    Ledger,
    Group,
    GroupIndex,
    Credit
);
