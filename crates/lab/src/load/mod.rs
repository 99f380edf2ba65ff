//! Nets of any size for measurements: many validators, assets and people, and transactions that were signed in advance.
//!
//! Everything follows from numbers: the same [`Scale`] gives the same genesis, keys and transactions on every machine.

mod clock;
mod crowd;
mod drive;
mod sign;

pub use clock::{Clock, Spent, Spread, number};
pub use crowd::{BOND, CHAIN_ID, FEE, GAS, GENESIS_TIME, Scale, asset, delegator, validator};
pub use drive::Drive;
pub use sign::{delegate, send, signed};
