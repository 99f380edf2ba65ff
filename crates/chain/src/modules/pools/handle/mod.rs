//! What the messages of the pools do.

mod create;
mod liquidity;
mod stake;
mod swap;

pub use create::{create_pool, set_pool_paused, update_params};
pub use liquidity::{exit_pool, join_pool};
pub use stake::{claim_incentives, fund_incentive, stake_shares, stake_to_lp, unstake_shares};
pub use swap::swap;

pub(super) use create::make;
pub(super) use swap::hop;

use entente_kernel::{Result, Timestamp, View};

use super::state::Pool;
use super::{check_rates, error, params};

/// # Errors
/// pools 10.
fn check_deadline(view: &View, deadline: Option<Timestamp>) -> Result<()> {
    match deadline {
        Some(deadline) if view.time() > deadline => {
            Err(error::DEADLINE.because(format!("{deadline}, it is {}", view.time())))
        }
        _ => Ok(()),
    }
}

/// May the pool be joined and swapped against now?
///
/// # Errors
/// pools 5 and 6.
fn check_open(view: &View, pool: &Pool) -> Result<()> {
    if pool.paused || params(view)?.paused {
        return Err(error::PAUSED.because(pool.id));
    }
    check_rates(view, pool)
}
