//! Pools: reserves of two to four coins that anybody can swap against, and shares of them as coins.
//!
//! # Terms
//! Who *joins* a pool pays coins in and gets *shares*, the coin `lp/{id}`; who *exits* gives shares back for a part of every reserve.
//! A *weighted* pool keeps `Π B^w`; a *stable* pool is flat around the rates of the registry, so that the growth of a staking token is
//! not paid to arbitrage. The *fee* of a swap stays in the pool. A *pair* is a coin and the coin in which it is priced; its *price* and
//! its *depth* (what selling brings until the price is 2% lower) are summed over time in *accumulators*, of which averages over a short
//! and a long *window* are taken. Shares are *staked* in a *place*: for the *incentives* of the pool alone, or with a validator, where
//! they are stake of an alliance as well. All shares in one place are a *group*, of which each position has *units*.
//!
//! # Formulas
//! [`math`]. Rewards: the pool has one index per staked share and coin, a group one per unit; incentives flow into the first by time,
//! what alliance pays into the second.
//!
//! # Promises
//! * No swap, join or exit lowers what a share is worth at constant rates; roundings are those of who acts.
//! * A first depositor cannot round away what the next one brings: some shares of each pool are nobody's.
//! * Coins that are sent to the accounts of pools change no price.
//! * An observation moves with each block by a tenth at most; one block moves an average by a tenth of its part of the window.
//! * Exits have no pause, need no rate, and no market has to be seen for them. Swaps and joins of a stable pool stop while the rate of
//!   one of its coins is in doubt.
//! * Of each reward coin never more goes out than came in. Staked shares earn from the block in which they are staked.
//! * A slash of a validator is borne by the shares that are staked there, and lowers their part of the incentives in the same block.
//! * Work per block is bounded; no loop runs over holders.
//!
//! # For other modules
//! [`twap`] gives the average price of a coin in another. Prices and depths of registered pools are told to the registry of assets by
//! themselves. A pool is *registered* when its shares stand in the registry in the tier of alliances or above.

pub mod block;
pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod hook;
pub mod invariant;
mod market;
pub mod math;
pub mod msg;
pub mod params;
pub mod query;
mod reward;
mod state;
#[cfg(test)]
mod tests;

pub use market::{Window, twap};
pub use params::Params;

use entente_kernel::num::{Coin, Coins, Denom, Int, NumError};
use entente_kernel::{AccAddress, Error, Result, View};
use sha2::{Digest, Sha256};

use crate::modules::{assets, auth};
use state::{Kind, Pool};

/// The parameters; defaults before a genesis or a vote set them.
pub fn params(view: &View) -> Result<Params> {
    Ok(state::PARAMS.load(view)?.unwrap_or_default())
}

/// Was the module ever set up?
pub fn is_used(view: &View) -> Result<bool> {
    Ok(state::PARAMS.load(view)?.is_some() || state::POOLS.iter(view).next().transpose()?.is_some())
}

/// The account that stakes shares of a pool with validators; nobody has a key to it.
pub fn account(pool: u64) -> AccAddress {
    let digest: [u8; 32] = Sha256::digest(format!("pools/{pool}").as_bytes()).into();
    AccAddress::from_array(digest.first_chunk::<20>().copied().unwrap_or_default())
}

/// The account with the reserves, the rewards, and the shares that are staked for incentives alone.
fn treasury() -> AccAddress {
    auth::ModuleAccount::POOLS.address()
}

fn must_pool(view: &View, id: u64) -> Result<Pool> {
    state::POOLS.get(view, &id)?.ok_or_else(|| error::UNKNOWN_POOL.because(id))
}

/// The curve of a pool at the rates in force.
///
/// # Errors
/// pools 3 if a coin of a stable pool is not listed.
fn curve(view: &View, pool: &Pool) -> Result<math::Curve> {
    let Kind::Stable(amplification) = pool.kind else {
        return Ok(math::Curve::Weighted(pool.parts.iter().map(|part| part.weight).collect()));
    };
    let mut units = Vec::with_capacity(pool.parts.len());
    for part in &pool.parts {
        let asset = listed(view, &part.denom)?;
        units.push(math::Unit::new(asset.rate(), asset.decimals, asset.underlying_decimals)?);
    }
    let count = u128::try_from(units.len()).unwrap_or_default();
    let ann = u128::from(amplification).checked_mul(count).ok_or(NumError::Overflow)?;
    Ok(math::Curve::Stable { ann, units })
}

/// # Errors
/// pools 3.
fn listed(view: &View, denom: &Denom) -> Result<assets::Asset> {
    let asset = assets::by_denom(view, denom)?;
    asset.ok_or_else(|| {
        error::INVALID_TERMS.because(format!("assets: {denom} is not listed, a stable pool needs its rate"))
    })
}

/// May coins be swapped and joined at the rates in force? Not while a rate is in doubt.
///
/// # Errors
/// pools 6 that names the coin and its condition.
fn check_rates(view: &View, pool: &Pool) -> Result<()> {
    if pool.kind == Kind::Weighted {
        return Ok(());
    }
    for part in &pool.parts {
        let health = assets::health(view, &listed(view, &part.denom)?)?;
        if health > assets::Health::Paused {
            return Err(error::ASSET_IN_DOUBT.because(format!("{} is {}", part.denom, health.text())));
        }
    }
    Ok(())
}

fn coin(denom: &Denom, amount: u128) -> Coin {
    Coin::new(denom.clone(), Int::from(amount))
}

/// The coins of a list of amounts; zeros are left out.
fn coins(list: impl IntoIterator<Item = (Denom, u128)>) -> Result<Coins> {
    let mut all = Coins::empty();
    for (denom, amount) in list {
        all = all.add(&Coins::from_coin(&coin(&denom, amount))?)?;
    }
    Ok(all)
}

/// An amount of the chain as one of ours.
///
/// # Errors
/// pools 8 for more than 128 bits, which no pool holds.
fn amount(number: Int) -> Result<u128> {
    number.to_u128().ok_or_else(|| error::TOO_LARGE.because(format!("{number} has more than 128 bits")))
}

fn plus(a: u128, b: u128) -> Result<u128> {
    a.checked_add(b).ok_or_else(|| error::TOO_LARGE.because("a sum of more than 128 bits"))
}

/// # Errors
/// A fault: the book would show less than nothing.
fn minus(a: u128, b: u128) -> Result<u128> {
    a.checked_sub(b).ok_or_else(|| Error::fault(format!("pools: {b} taken from {a}")))
}
