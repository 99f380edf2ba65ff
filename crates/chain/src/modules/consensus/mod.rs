//! The parameters of the consensus engine: block size and gas, age of evidence, kinds of validator keys. They come with the genesis
//! document, not with a section of it; governance may change them, and the engine is told at the end of that block.
//!
//! # Compatibility
//! Narrower than upstream where this chain could not go on: validators have ed25519 keys, and there are no vote extensions.

pub mod handle;
mod json;
pub mod msg;
mod params;
pub mod query;
mod state;

pub use json::{from_json, to_json};
pub use params::{check_params, default_params};

use entente_kernel::{Ctx, Result, View, Wire};
use entente_proto::tendermint::types::ConsensusParams;

use state::PARAMS;

/// The parameters in force.
pub fn params(view: &View) -> Result<ConsensusParams> {
    Ok(PARAMS.load(view)?.map_or_else(default_params, |stored| stored.0))
}

/// Gas that the transactions of a block may use together; `None` if that is not limited.
pub fn block_gas_limit(view: &View) -> Result<Option<u64>> {
    let limit = params(view)?.block.map_or(-1, |b| b.max_gas);
    Ok(u64::try_from(limit).ok().filter(|limit| *limit > 0))
}

/// Stores checked parameters.
pub fn save(ctx: &mut Ctx, params: ConsensusParams) -> Result<()> {
    PARAMS.save(ctx, &Wire(params))
}
