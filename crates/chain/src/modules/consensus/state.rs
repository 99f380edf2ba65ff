//! What is remembered of the consensus engine.

use entente_kernel::{Item, Wire};
use entente_proto::tendermint::types::ConsensusParams;

use crate::stores::CONSENSUS;

/// The parameters in force; absent: the defaults.
pub const PARAMS: Item<Wire<ConsensusParams>> = Item::new(CONSENSUS, b"Consensus");
