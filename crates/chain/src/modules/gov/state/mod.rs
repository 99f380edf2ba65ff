//! What gov remembers.

pub mod convert;

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Coins, Int};
use entente_kernel::{AccAddress, Error, Item, Map, Result, Sequence, Timestamp};
use entente_proto::cosmos::gov::v1 as wire;
use prost_types::Any;

use crate::modules::gov::params::Params;
use crate::stores::GOV;

pub const PROPOSALS: Map<u64, Proposal> = Map::new(GOV, &[0x00]);
/// Proposals in their voting period, by its end.
pub const ACTIVE: Map<(Timestamp, u64), ()> = Map::new(GOV, &[0x01]);
/// Proposals in their deposit period, by its end.
pub const INACTIVE: Map<(Timestamp, u64), ()> = Map::new(GOV, &[0x02]);
pub const NEXT_ID: Sequence = Sequence::new(GOV, &[0x03]);
pub const DEPOSITS: Map<(u64, AccAddress), Coins> = Map::new(GOV, &[0x10]);
/// The sum of all deposits: the module account may not fall below it.
pub const HELD: Item<Coins> = Item::new(GOV, &[0x11]);
pub const VOTES: Map<(u64, AccAddress), Vote> = Map::new(GOV, &[0x20]);
pub const PARAMS: Item<Params> = Item::new(GOV, &[0x30]);
pub const CONSTITUTION: Item<String> = Item::new(GOV, &[0x31]);

/// A proposal. Those that never reach their deposit, or are cancelled, are forgotten.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal {
    pub id: u64,
    pub messages: Vec<Packed>,
    pub status: Status,
    pub tally: Tally,
    pub submit_time: Timestamp,
    pub deposit_end: Timestamp,
    pub total_deposit: Coins,
    pub voting_start: Option<Timestamp>,
    pub voting_end: Option<Timestamp>,
    pub metadata: String,
    pub title: String,
    pub summary: String,
    /// Unknown for proposals of chains before SDK 0.47.
    pub proposer: Option<AccAddress>,
    pub expedited: bool,
    pub failed_reason: String,
}

/// A message inside a proposal.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Packed {
    pub type_url: String,
    pub value: Vec<u8>,
}

impl Packed {
    pub fn any(&self) -> Any {
        Any { type_url: self.type_url.clone(), value: self.value.clone() }
    }
}

impl From<Any> for Packed {
    fn from(any: Any) -> Self {
        Self { type_url: any.type_url, value: any.value }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Status {
    Deposit,
    Voting,
    Passed,
    Rejected,
    /// Passed, but its messages could not be carried out.
    Failed,
}

impl Status {
    pub const fn number(self) -> i32 {
        match self {
            Self::Deposit => 1,
            Self::Voting => 2,
            Self::Passed => 3,
            Self::Rejected => 4,
            Self::Failed => 5,
        }
    }

    pub const fn from_number(n: i32) -> Option<Self> {
        match n {
            1 => Some(Self::Deposit),
            2 => Some(Self::Voting),
            3 => Some(Self::Passed),
            4 => Some(Self::Rejected),
            5 => Some(Self::Failed),
            _ => None,
        }
    }
}

/// Votes in whole units of stake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tally {
    pub yes: Int,
    pub abstain: Int,
    pub no: Int,
    pub no_with_veto: Int,
}

impl Tally {
    pub fn to_wire(self) -> wire::TallyResult {
        wire::TallyResult {
            yes_count: self.yes.to_string(),
            abstain_count: self.abstain.to_string(),
            no_count: self.no.to_string(),
            no_with_veto_count: self.no_with_veto.to_string(),
        }
    }

    pub fn from_wire(wire: &wire::TallyResult) -> Result<Self> {
        let count = |text: &str| match text {
            "" => Ok(Int::ZERO),
            digits => digits.parse::<Int>().map_err(|e| Error::plain(format!("final_tally_result: {e}"))),
        };
        Ok(Self {
            yes: count(&wire.yes_count)?,
            abstain: count(&wire.abstain_count)?,
            no: count(&wire.no_count)?,
            no_with_veto: count(&wire.no_with_veto_count)?,
        })
    }
}

/// What one can say to a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Choice {
    Yes,
    Abstain,
    No,
    NoWithVeto,
}

impl Choice {
    pub const fn number(self) -> i32 {
        match self {
            Self::Yes => 1,
            Self::Abstain => 2,
            Self::No => 3,
            Self::NoWithVeto => 4,
        }
    }

    pub const fn from_number(n: i32) -> Option<Self> {
        match n {
            1 => Some(Self::Yes),
            2 => Some(Self::Abstain),
            3 => Some(Self::No),
            4 => Some(Self::NoWithVeto),
            _ => None,
        }
    }
}

/// A vote, split by weights that add up to one.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    pub options: Vec<Weighted>,
    pub metadata: String,
}

/// A part of a vote.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Weighted {
    pub choice: Choice,
    /// The decimal as the voter wrote it: clients see it again.
    pub weight: String,
}

entente_kernel::borsh_value!(Proposal, Vote);
