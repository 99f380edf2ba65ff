//! What the messages of the vaults do: one file per family.

mod auction;
mod create;
mod deposit;
mod exit;
mod gauge;
mod swap;

pub use auction::bid_auction;
pub(super) use create::apply;
pub use create::{create_vault, update_params, update_vault};
pub use deposit::deposit;
pub(super) use deposit::{price, refusal};
pub use exit::{cancel_exit, claim_exit, request_exit, transfer_claim};
pub use gauge::{gauge_claim, gauge_lock, gauge_unlock};
pub use swap::rebalance_swap;
