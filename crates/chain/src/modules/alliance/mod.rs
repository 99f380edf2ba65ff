//! Alliance: coins other than the native one are staked with validators and earn native rewards.
//!
//! # Terms
//! Governance admits a coin as an *asset* with a *weight*. All coins of an asset that are staked, `TT`, are divided among validators by
//! *validator shares* (`VS`, together `TVS`), and what lies at one validator, the *pool* `V(v,a)`, among its delegators by *delegation
//! shares* (`DS`, together `TDS`). The module itself stakes *virtual* native coins where alliance stake lies: an asset of weight 0.1
//! has a tenth of the native stake in all, at each bonded validator by its shares. What this virtual stake earns belongs to the
//! delegators of the pools. A *take* moves a part of an asset to the fee collector, interval by interval.
//!
//! # Formulas
//! Shares, values, takes, weights and the virtual stake are upstream's, rounding by rounding (`math`). Rewards are our own: one index
//! per (pool, reward coin) in 10^-36 coin per share, with the remainder carried over, so that what was earned never changes and the
//! pool of rewards holds exactly what is owed.
//!
//! # Promises
//! * Shares of pools and delegations add up exactly; the module holds exactly what is staked and unbonding (`invariant`).
//! * A fault costs exactly its slash factor, wherever the stake went, and nobody gains by it; a slash cannot be made to fail.
//! * What the balance shows can be withdrawn.
//! * Nothing a user, a vote or a clock can do stops the end of a block: each step is a layer of its own, and its work is bounded.
//!
//! # Compatibility
//! Wire, errors and events are those of the Alliance module for the SDK 0.50. Where its rules are unsound ours differ; each difference
//! has a test that states both numbers (`tests`).

pub mod block;
pub mod custody;
mod entry;
pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod hook;
mod import;
pub mod invariant;
mod math;
pub mod msg;
pub mod params;
mod pool;
pub mod query;
mod reward;
mod slash;
mod state;
mod vote;

#[cfg(test)]
mod tests;

pub use block::{native_bonded, virtual_bonded, virtual_stake};
pub use handle::check_content;
pub use params::Params;
pub use vote::governance_stake;

use entente_kernel::{Result, View};

/// The parameters; defaults before a genesis set them.
pub fn params(view: &View) -> Result<Params> {
    Ok(state::PARAMS.load(view)?.unwrap_or_default())
}
