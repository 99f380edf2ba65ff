//! What feegrant remembers.

use entente_kernel::{AccAddress, Map, Timestamp, Wire};
use prost_types::Any;

use crate::stores::FEEGRANT;

/// Allowances by receiver and giver.
pub const ALLOWANCES: Map<(AccAddress, AccAddress), Wire<Any>> = Map::new(FEEGRANT, &[0x00]);
/// Queue: end, receiver, giver.
pub const EXPIRIES: Map<(Timestamp, AccAddress, AccAddress), ()> = Map::new(FEEGRANT, &[0x01]);
