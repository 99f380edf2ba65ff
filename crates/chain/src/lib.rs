//! Every rule of this chain: synchronous, deterministic, without I/O.
//!
//! Start at [`Chain`], the doors of ABCI 2.0, then follow `tx` → `ante` → `route` → `modules/M/handle` → `block`.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic
    )
)]

mod ante;
pub mod block;
mod chain;
pub mod genesis;
mod hooks;
pub mod import;
pub mod invariants;
pub mod message;
pub mod modules;
pub mod params;
mod proposal;
pub mod query;
pub mod route;
pub mod stores;
mod subspaces;
pub mod tx;
pub mod wire;
#[cfg(test)]
pub mod world;

pub use block::{BlockResult, Evidence, FinalizeBlock, TxResult, ValidatorUpdate, Vote, VoteFlag};
pub use chain::{Begun, Chain, Commit, Executed, Executor, InitChain, InitResult, RECENT_HEIGHTS, Snapshot};
pub use proposal::Unfit;
pub use tx::ahead::Known;
pub use tx::{Offer, Tx};
