//! What the registry remembers.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Coins, Denom};
use entente_kernel::{AccAddress, Item, Map, Sequence, Span, Timestamp};

use super::math::Course;
use super::params::Params;
use crate::stores::ASSETS as STORE;

pub const PARAMS: Item<Params> = Item::new(STORE, &[0x01]);
pub const ASSETS: Map<u64, Asset> = Map::new(STORE, &[0x11]);
/// Index: the number of a denom.
pub const BY_DENOM: Map<Denom, u64> = Map::new(STORE, &[0x12]);
/// Groups, by the name of their underlying. Only votes and modules open one.
pub const GROUPS: Map<String, Group> = Map::new(STORE, &[0x13]);
/// Index: the assets of a group.
pub const OF_GROUP: Map<(String, u64), ()> = Map::new(STORE, &[0x14]);
/// What the guardian paused above this module, by kind and number.
pub const PAUSES: Map<(u64, u64), Pause> = Map::new(STORE, &[0x15]);
pub const IDS: Sequence = Sequence::new(STORE, &[0x21]);

/// How far an asset was admitted; each tier includes those below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Tier {
    Listed,
    Alliance,
    Basket,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Kind {
    /// A liquid staking token.
    Lst,
    /// The underlying itself, or a voucher of it.
    Voucher,
    /// Shares of a pool.
    Lp,
    /// A coin that follows a currency.
    Stable,
    /// A liquid restaking token: the share of a vault.
    Lrt,
}

/// Where the rate comes from.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Source {
    /// A module of this chain makes the coin and knows its worth.
    Local,
    Static,
    /// An account publishes it: of this chain, or heard by a channel.
    Push {
        publisher: AccAddress,
        channel: String,
    },
    /// Read from the issuer's state with a proof.
    Proof {
        connection: String,
        store: String,
        key: Vec<u8>,
    },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Flags {
    pub alliance_ok: bool,
    pub basket_ok: bool,
    pub collateral_ok: bool,
}

/// The strongest condition that holds, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Normal,
    /// The asset itself cannot be deposited.
    Paused,
    /// Its rate is in doubt: nothing is deposited in a basket that holds it.
    Watch,
    /// Baskets leave it.
    Impaired,
    /// Written off for good.
    Dead,
}

impl Health {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Paused => "paused",
            Self::Watch => "under watch",
            Self::Impaired => "impaired",
            Self::Dead => "dead",
        }
    }
}

/// A limit that the guardian set: until a time, or until a vote lifts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pause {
    /// `None`: a vote confirmed it.
    pub until: Option<Timestamp>,
}

impl Pause {
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A rate above which the guardian lets no report rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ceiling {
    pub rate: u128,
    pub pause: Pause,
}

/// The average price in the pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Price {
    pub price: u128,
    pub time: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Asset {
    pub id: u64,
    pub denom: Denom,
    /// The name of the group: ATOM.
    pub underlying: String,
    pub decimals: u32,
    pub underlying_decimals: u32,
    pub issuer: String,
    pub bridge_class: String,
    pub kind: Kind,
    pub tier: Tier,
    pub source: Source,
    pub flags: Flags,
    /// In units of the underlying; zero for no limit.
    pub cap_value: u128,
    /// Part that is not counted where security is advertised, in steps of 10^-18.
    pub haircut: u128,
    /// What an LP or restaking token is made of.
    pub components: Vec<Denom>,
    pub course: Course,
    pub price: Option<Price>,
    /// Value in underlying that can be sold until the price is 2% lower.
    pub depth: Option<(u128, Timestamp)>,
    pub paused_by_price: bool,
    pub paused_by_vote: bool,
    pub paused_by_guardian: Option<Pause>,
    pub ceiling: Option<Ceiling>,
    pub impaired: bool,
    pub dead: bool,
    /// Who listed it for a bond, until a vote admits it.
    pub lister: Option<AccAddress>,
    pub bond: Coins,
}

impl Asset {
    /// The rate in force, in steps of 10^-18.
    pub fn rate(&self) -> u128 {
        self.course.rate
    }

    /// The rate above which no report may go now.
    pub fn ceiling_at(&self, now: Timestamp) -> Option<u128> {
        self.ceiling.filter(|c| c.pause.holds(now)).map(|c| c.rate)
    }

    /// How old the rate is. What a module reports or a vote fixed is always of now.
    pub fn age(&self, now: Timestamp) -> Span {
        match self.source {
            Source::Local | Source::Static => Span::ZERO,
            Source::Push { .. } | Source::Proof { .. } => now.since(self.course.time),
        }
    }

    /// The strongest condition that holds.
    pub fn health(&self, now: Timestamp, params: &Params) -> Health {
        let unproved = matches!(self.source, Source::Proof { .. }) && self.age(now) > params.proof_age_max;
        let paused = self.paused_by_price
            || self.paused_by_vote
            || self.paused_by_guardian.is_some_and(|pause| pause.holds(now));
        if self.dead {
            Health::Dead
        } else if self.impaired || unproved {
            Health::Impaired
        } else if self.course.watch_since.is_some() || self.ceiling_at(now).is_some() {
            Health::Watch
        } else if paused {
            Health::Paused
        } else {
            Health::Normal
        }
    }
}

/// Assets that are counted in one underlying.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Group {
    pub decimals: u32,
    pub assets: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    Asset,
    Vault,
    Service,
}

/// What the guardian can tighten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub kind: TargetKind,
    pub id: u64,
}

impl Target {
    pub(super) fn key(&self) -> (u64, u64) {
        let kind = match self.kind {
            TargetKind::Asset => 1,
            TargetKind::Vault => 2,
            TargetKind::Service => 3,
        };
        (kind, self.id)
    }
}

entente_kernel::borsh_value!(Asset, Group, Pause, Params);
