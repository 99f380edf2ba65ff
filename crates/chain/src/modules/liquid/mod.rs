//! Liquid staking of the native coin: stake goes in, a coin that can be moved comes out, and whoever holds it holds a part of the stake.
//!
//! # Terms
//! The account of the module delegates to a list of *validators* with *weights*. The *value* is what its delegations are worth and what
//! waits to be delegated; rewards count only when they are staked. The *supply* of *liquid coins* owns the value: `rate = value /
//! supply`; clients of other chains know the inverse, `C`. Those who leave at about the same time form a *batch*: when it closes, its
//! coins are burnt and its part of the value begins to unbond; what comes back is divided among its *claims*. An *operation* is one
//! unbonding in the queue of staking, known by the id that staking gave it.
//!
//! # Formulas
//! `minted = floor(amount x (supply + 1) / (value + 1))` with value and supply before the deposit; `leaving = floor(liquid x value /
//! (supply + 1))`; a claim gets `floor(received x liquid / all liquid of the batch)`. Where to stake, to unstake and to move is planned
//! by pure functions (`math`).
//!
//! # Promises
//! * Only what an operation of ours brings is credited to a batch; nothing is inferred from balances. The account holds exactly what
//!   the ledger and the batches say.
//! * A slash is borne by whoever it hits: before the close by all holders alike, after it by the batch that was unbonding there.
//! * Nothing stops exits: no pause, no rate, no quorum. The order of requests within a batch does not matter.
//! * Rewards raise the value at most by a fixed rate a year, so that a gift of rewards cannot make the rate jump.
//! * The admin can pause staking, and nothing else.
//! * Work per block is bounded by the number of listed validators and by budgets.
//!
//! # For other modules
//! [`denom`], [`value`], [`supply`] and [`rate`] tell what a liquid coin is worth; [`validators`] with whom stake lies and how much,
//! for overlaps; [`stake`] and [`request_exit`] are what the messages do. The rate is told to the registry of assets by itself.
//!
//! # Compatibility
//! Wire, queries and denom of `pstake.liquidstake.v1beta1`. There, leaving hands out an unbonding of the user's own; here the answer
//! to `MsgLiquidUnstake` carries the expected time, and the payment comes by itself.

mod batch;
pub mod block;
pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod hook;
pub mod invariant;
mod math;
pub mod msg;
pub mod params;
mod position;
pub mod query;
mod state;
#[cfg(test)]
mod tests;

pub use params::Params;

use entente_kernel::num::{Coin, Coins, Denom, Int};
use entente_kernel::{AccAddress, Ctx, Error, Result, Timestamp, ValAddress, View};

use crate::modules::auth::ModuleAccount;
use crate::modules::{assets, bank, staking};
use position::Position;

/// The parameters.
///
/// # Errors
/// liquidstake 16 if the chain was made without liquid staking.
pub fn params(view: &View) -> Result<Params> {
    state::PARAMS.load(view)?.ok_or_else(|| error::NOT_SET_UP.refuse())
}

/// Was the module set up?
pub fn is_used(view: &View) -> Result<bool> {
    Ok(state::PARAMS.load(view)?.is_some())
}

/// The coin that stands for the stake.
pub fn denom(view: &View) -> Result<Denom> {
    Ok(params(view)?.denom)
}

/// What all liquid coins are worth together, in native base units.
pub fn value(view: &View) -> Result<u128> {
    Position::load(view, &params(view)?)?.value()
}

/// Liquid coins in existence, those of open batches included.
pub fn supply(view: &View) -> Result<u128> {
    amount(bank::supply(view, &denom(view)?)?)
}

/// Native coins for one liquid coin, in steps of 10^-18, rounded down; one while there is no supply.
pub fn rate(view: &View) -> Result<u128> {
    math::rate(supply(view)?, value(view)?)
}

/// With whom liquid stake lies, and what it is worth there.
pub fn validators(view: &View) -> Result<Vec<(ValAddress, u128)>> {
    let position = Position::load(view, &params(view)?)?;
    Ok(position.sites.iter().map(|site| (site.operator, site.tokens)).collect())
}

/// Stakes native coins of an account and gives the liquid coins that it got.
///
/// # Errors
/// liquidstake 1 to 6; `sdk` 5 if the coins are not there.
pub fn stake(ctx: &mut Ctx, delegator: &AccAddress, amount: u128) -> Result<u128> {
    handle::stake(ctx, delegator, amount)
}

/// Puts liquid coins of an account in the open batch; gives its number and the expected time of the payment.
///
/// # Errors
/// liquidstake 4; `sdk` 5 if the coins are not there.
pub fn request_exit(ctx: &mut Ctx, owner: &AccAddress, liquid: u128) -> Result<(u64, Timestamp)> {
    batch::request(ctx, owner, liquid)
}

/// Our own coin is no alliance asset, listed or not: the stake that it stands for counts already.
///
/// # Errors
/// assets 9.
pub fn check_alliance(view: &View, denom: &Denom) -> Result<()> {
    match state::PARAMS.load(view)? {
        Some(params) if params.denom == *denom => {
            Err(assets::error::DOUBLE_NATIVE.because(format!("{denom} stands for stake of this chain's own coin")))
        }
        _ => Ok(()),
    }
}

fn account() -> AccAddress {
    ModuleAccount::LIQUID.address()
}

fn ledger(view: &View) -> Result<state::Ledger> {
    Ok(state::LEDGER.load(view)?.unwrap_or_default())
}

/// An amount of the bank in 128 bits; every supply of this chain fits.
fn amount(int: Int) -> Result<u128> {
    int.to_u128().ok_or_else(|| Error::panic("liquid staking: an amount beyond 128 bits"))
}

fn add(a: u128, b: u128) -> Result<u128> {
    a.checked_add(b).ok_or_else(|| Error::panic("liquid staking: amounts beyond 128 bits"))
}

fn sub(a: u128, b: u128) -> Result<u128> {
    a.checked_sub(b).ok_or_else(|| Error::fault("liquid staking: more was taken than there was"))
}

fn native(view: &View, amount: u128) -> Result<Coins> {
    one(staking::bond_denom(view)?, amount)
}

fn one(denom: Denom, amount: u128) -> Result<Coins> {
    if amount == 0 { Ok(Coins::empty()) } else { Ok(Coins::one(Coin::new(denom, Int::from(amount)))?) }
}
