//! New coins: each block mints its part of a yearly provision, whose rate drifts toward a goal of bonded stake.
//!
//! *Inflation* moves by at most `inflation_rate_change` a year: up while less than `goal_bonded` of the coins are bonded, down while
//! more. *Annual provisions* are inflation x supply; a block mints one `blocks_per_year`-th of them into the fee collector, from where
//! distribution shares them at once.
//!
//! Both the ratio and the supply count native coins only: the virtual stake of alliance is neither inflated nor does it push
//! inflation down.

pub mod block;
mod event;
pub mod genesis;
pub mod handle;
mod math;
pub mod msg;
pub mod params;
pub mod query;
mod state;

pub use state::Minter;

use entente_kernel::{Result, View};

use self::params::Params;

/// The parameters in force.
pub fn params(view: &View) -> Result<Params> {
    state::PARAMS.must(view)
}

/// Inflation and provisions of this year, as of the last block.
pub fn minter(view: &View) -> Result<Minter> {
    state::MINTER.must(view)
}
