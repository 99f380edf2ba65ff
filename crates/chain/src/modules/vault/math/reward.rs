//! Rewards over time: lots that are dripped, prices of auctions, the index of a gauge.

use entente_kernel::num::{NumError, Wide, ceil_ratio, floor_ratio};

use super::{Result, WAD, add, sub};

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

/// First and last price of a lot, from the average price of the market.
///
/// # Rounding
/// Down, by less than a step of 10^-18 per unit.
pub fn auction_bounds(market: u128) -> Result<(u128, u128)> {
    Ok((floor_ratio(&[market, AUCTION_START], &[WAD])?, floor_ratio(&[market, AUCTION_END], &[WAD])?))
}

/// The price of a lot when `elapsed` of `period` is over: it falls in a straight line from `first` to `last`, and stays there.
///
/// # Rounding
/// Up: the vault gains.
pub fn auction_price(first: u128, last: u128, elapsed: u128, period: u128) -> Result<u128> {
    sub(first, dripped(sub(first, last)?, elapsed, period)?)
}

/// What a lot costs at a price.
///
/// # Rounding
/// Up: the vault gains.
pub fn lot_cost(amount: u128, price: u128) -> Result<u128> {
    ceil_ratio(&[amount, price], &[WAD])
}

/// The time that a drip takes from now on, when `more` that wants `period` joins `left` that has `remaining`: the mean, by amounts. So a
/// grain cannot hold up what drips already, and a mountain cannot come as fast as a grain.
///
/// # Rounding
/// Up: it comes later by less than a unit of time.
pub fn drip_period(left: u128, remaining: u128, more: u128, period: u128) -> Result<u128> {
    let all = add(left, more)?;
    if all == 0 {
        return Ok(period);
    }
    add(ceil_ratio(&[left, remaining], &[all])?, ceil_ratio(&[more, period], &[all])?)
}

/// The index of a gauge after `released` coins came for `shares` locked shares, and the remainder that is carried over.
///
/// # Rounding
/// `I += floor((R · WAD + rem) / S)`; the remainder is below S, so nothing is lost.
pub fn gauge_index(index: Wide, remainder: Wide, released: u128, shares: u128) -> Result<(Wide, Wide)> {
    if shares == 0 {
        return Err(NumError::DivisionByZero);
    }
    let all = Wide::from_u128(released).mul(Wide::from_u128(WAD))?.add(remainder)?;
    let (rise, rest) = all.div_rem(Wide::from_u128(shares))?;
    Ok((index.add(rise)?, rest))
}
