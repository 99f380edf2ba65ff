//! Rewards over time: lots that are dripped, prices of auctions, the index of a gauge.

use entente_kernel::num::{NumError, Wide, floor_ratio};

use super::{Result, WAD, sub};

/// First and last price of a lot's auction, as a part of the average market price.
const AUCTION_START: u128 = 1_050_000_000_000_000_000;
const AUCTION_END: u128 = 980_000_000_000_000_000;

/// What a lot of `amount` has released when `elapsed` of `period` is over.
///
/// # Rounding
/// Down; all of it at the end.
pub fn dripped(amount: u128, elapsed: u128, period: u128) -> Result<u128> {
    if elapsed >= period { Ok(amount) } else { floor_ratio(&[amount, elapsed], &[period]) }
}

/// The price of a lot when `elapsed` of `period` is over: it falls in a straight line from 1.05 to 0.98 of `market`.
///
/// # Rounding
/// The price down by less than a unit: the bidder gains.
pub fn auction_price(market: u128, elapsed: u128, period: u128) -> Result<u128> {
    let fallen = dripped(sub(AUCTION_START, AUCTION_END)?, elapsed, period)?;
    floor_ratio(&[market, sub(AUCTION_START, fallen)?], &[WAD])
}

/// The index of a gauge after `released` coins came for `shares` locked shares, and the remainder that is carried over.
///
/// # Rounding
/// `I += floor((R · WAD + rem) / S)`; the remainder is below S, so nothing is lost.
pub fn gauge_index(index: Wide, remainder: Wide, released: u128, shares: u128) -> Result<(Wide, Wide)> {
    if shares == 0 {
        return Err(NumError::DivisionByZero);
    }
    let wide = |n: u128| Wide::from_int(n.into());
    let (rise, rest) = wide(released)?.mul(wide(WAD)?)?.add(remainder)?.div_rem(wide(shares)?)?;
    Ok((index.add(rise)?, rest))
}
