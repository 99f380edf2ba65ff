//! What evidence remembers, at the SDK's keys.

use entente_kernel::{Map, Wire};
use prost_types::Any;

use crate::stores::EVIDENCE as STORE;

/// Proofs that were punished, by hash.
pub const EVIDENCE: Map<[u8; 32], Wire<Any>> = Map::new(STORE, &[0x00]);
