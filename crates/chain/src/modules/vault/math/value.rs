//! Value of holdings and price of shares.

use entente_kernel::num::floor_ratio;

use super::{Result, add};

/// Shares that an empty vault has against [`VIRTUAL_ASSET`]: who comes first cannot make the next one's deposit round to nothing.
pub const VIRTUAL_SHARES: u128 = 1_000_000;
/// Value that an empty vault has against [`VIRTUAL_SHARES`].
pub const VIRTUAL_ASSET: u128 = 1;

/// `floor(value · (S + VS) / (NAV_hi + VA))`: shares that a value buys.
///
/// # Rounding
/// Down: the other holders gain.
pub fn shares_for_value(value: u128, shares: u128, nav_hi: u128) -> Result<u128> {
    floor_ratio(&[value, add(shares, VIRTUAL_SHARES)?], &[add(nav_hi, VIRTUAL_ASSET)?])
}

/// `floor(active · Sb / (S + VS))`: what a batch of `batch_shares` of all `shares` takes of one asset, in kind.
///
/// # Rounding
/// Down: who stays gains less than a unit.
pub fn exit_amount(active: u128, batch_shares: u128, shares: u128) -> Result<u128> {
    floor_ratio(&[active, batch_shares], &[add(shares, VIRTUAL_SHARES)?])
}
