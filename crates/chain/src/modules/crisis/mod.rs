//! Anybody may have the promises of the chain checked, for a fee. A broken promise stops every node.
//!
//! The names of the checks are those of `invariants`.

pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod msg;
mod state;

use entente_kernel::num::Coin;
use entente_kernel::{Result, View, Wire};

use crate::wire::parse_coin;

/// What a check costs.
pub fn constant_fee(view: &View) -> Result<Coin> {
    let Wire(coin) = state::CONSTANT_FEE.must(view)?;
    parse_coin(&coin, "constant_fee").map_err(|e| e.must("crisis"))
}
