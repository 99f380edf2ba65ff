//! Vault: baskets of liquid staking tokens of one underlying, and the shares (LRT) in them.
//!
//! # Terms
//! Who deposits any one *asset* of a vault gets *shares*, the coin `lrt/{id}`, and from the next block on owns a part of everything the
//! vault has and bears the slashing of all of it. The asset stays what it is: it is staked as an alliance asset with validators that
//! the policy of [`stake`] chooses. What the vault owns of an asset is its *active* side, belonging to the shares, and what *batches*
//! own, those who leave: shares of a batch are burnt when the epoch ends, for a part of every asset in kind, paid after the exit
//! horizon. Each asset has a *target*, a part of the whole value; the *imbalance potential* measures how far the vault is from it.
//!
//! # Formulas
//! [`math`]: a deposit is valued at the low rate and the vault at the high rate; it pays the rise of the potential as a fee, into a
//! pool from which who lowers it is paid. An exit uses no rate at all.
//!
//! # Promises
//! * What a vault has of an asset, by owner and by place, is the same; its account holds it (`invariant`).
//! * All shares of the bank are shares of the vault. A deposit never lowers the value of a share.
//! * Everybody in a batch gets the same price; nothing that begins after it closed can reach it.
//! * A slash is borne by who held shares, and by the batches that closed after the fault, in proportion to what they own.
//! * A batch is due at its close plus the exit horizon plus the halts of the chain since then ([`halt`]).
//! * No pause, hook ([`hooks`]) or failing step stops an exit. A failing epoch is undone alone and tried again. No loop runs over holders.

pub mod block;
pub mod error;
mod event;
pub mod genesis;
mod halt;
pub mod handle;
mod holding;
pub mod hook;
pub mod hooks;
pub mod invariant;
pub mod math;
pub mod msg;
pub mod params;
pub mod query;
mod stake;
mod state;
#[cfg(test)]
mod tests;

pub use holding::account;
pub use params::Params;

use entente_kernel::{Result, Timestamp, View};

/// The parameters; defaults before a genesis or a vote set them.
pub fn params(view: &View) -> Result<Params> {
    Ok(state::PARAMS.load(view)?.unwrap_or_default())
}

/// Was the module ever set up?
pub fn is_used(view: &View) -> Result<bool> {
    Ok(state::PARAMS.load(view)?.is_some() || state::VAULTS.iter(view).next().transpose()?.is_some())
}

/// When the batch that is open now, or is opened next, closes and when it is paid, if no epoch is late.
fn next_close(view: &View, vault: &state::Vault) -> Result<(Timestamp, Timestamp)> {
    let params = params(view)?;
    let close = vault.epoch_start.plus(params.epoch).max(view.time());
    Ok((close, close.plus(params.exit_horizon)))
}
