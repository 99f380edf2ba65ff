//! Governance: proposals, deposits, votes, and the execution of what was decided.
//!
//! A proposal holds messages that the account of gov signs. It collects deposits until `min_deposit` is there (else it is forgotten at
//! the end of the deposit period), then it is voted on. Votes weigh what the voter has delegated; what a delegator does not vote, its
//! validator votes. At the end of the voting period the votes are counted once and forgotten, deposits go back or are burnt, and the
//! messages of a proposal that passed are carried out: all of them or none. An *expedited* proposal has a shorter period and a higher
//! threshold; if it fails it becomes an ordinary one.
//!
//! Virtual stake of alliance: those who staked the asset vote with their part of it, the rest follows the validator. It has no part in
//! the quorum, which counts native stake on both sides.
//!
//! Promises: the module account holds at least the sum of all deposits, also after the messages of a proposal; no proposal can stop
//! the chain; each block decides at most as many proposals as its budget of votes and deposits allows, and at least one.

pub mod block;
mod deposit;
pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod invariant;
mod legacy;
pub mod msg;
pub mod params;
mod proposal;
pub mod query;
mod state;
mod tally;
#[cfg(test)]
mod tests;
mod vote;

pub use state::{Choice, Proposal, Status, Tally, Vote, Weighted};

use entente_kernel::{Error, Result, View};

use self::params::Params;

/// The parameters in force.
pub fn params(view: &View) -> Result<Params> {
    state::PARAMS.must(view)
}

/// A proposal that was not forgotten.
pub fn proposal(view: &View, id: u64) -> Result<Option<Proposal>> {
    state::PROPOSALS.get(view, &id)
}

/// A proposal that must exist.
///
/// # Errors
/// A plain refusal with upstream's text, which is that of its store.
fn must_proposal(view: &View, id: u64) -> Result<Proposal> {
    let missing = "of type github.com/cosmos/gogoproto/cosmos.gov.v1.Proposal";
    proposal(view, id)?.ok_or_else(|| Error::plain(format!("collections: not found: key '{id}' {missing}")))
}
