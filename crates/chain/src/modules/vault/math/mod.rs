//! The formulas of a basket vault: value and price, the charge for imbalance, exits in kind, budgets and slashes, targets. Pure.
//!
//! Amounts are `u128` with checked operations; products are formed in 256 or 512 bits. Fractions are counted in [`WAD`].
//!
//! # Rounding
//! Always against who acts and for the pool; at a slash for the claimant, by at most one unit per asset.

mod budget;
mod composition;
mod deposit;
mod reward;
mod swap;
mod value;

#[cfg(test)]
mod tests;

pub use budget::{Loss, MAGNITUDE, batch_loss, budget, first_loss_needed, rescale, serve_pro_rata, slash};
pub use composition::{Bound, goal, goal_at_capacity, raw, step, tilt, waterfill};
pub use deposit::{Basket, Line, Quote, Terms, potential_ceil, potential_floor};
pub use reward::{auction_bounds, auction_price, drip_period, dripped, gauge_index, lot_cost};
pub use swap::Swap;
pub use value::{VIRTUAL_ASSET, VIRTUAL_SHARES, exit_amount, shares_for_value};

pub use entente_kernel::num::WAD;

use entente_kernel::num::NumError;

pub type Result<T> = std::result::Result<T, NumError>;

fn sum(parts: impl IntoIterator<Item = u128>) -> Result<u128> {
    parts.into_iter().try_fold(0, add)
}

fn add(a: u128, b: u128) -> Result<u128> {
    a.checked_add(b).ok_or(NumError::Overflow)
}

fn sub(a: u128, b: u128) -> Result<u128> {
    a.checked_sub(b).ok_or(NumError::Overflow)
}
