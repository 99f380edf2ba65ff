//! Shares: what coins buy, and what shares take.

use entente_kernel::num::{NumError, Wide, ceil_ratio, floor_ratio};

use super::{Curve, Result, WAD, floor, one};

/// Shares for each unit of the size of a new pool.
pub const FIRST_SHARES: u128 = 1_000_000;
/// Shares of a new pool that nobody gets, ever: a share can so never be worth more than a thousand-millionth of its pool, and a first
/// depositor cannot make the coins of the next one round to nothing.
pub const LOCKED_SHARES: u128 = 1_000_000_000;

/// The fee of an amount that is swapped.
///
/// # Rounding
/// Up: those who hold shares gain.
pub fn swap_fee(amount: u128, fee: u128) -> Result<u128> {
    ceil_ratio(&[amount, fee], &[WAD])
}

/// Shares of a new pool, those that stay locked among them.
///
/// # Errors
/// Too little for more than the locked shares; too much for 128 bits.
pub fn first_shares(curve: &Curve, reserves: &[u128]) -> Result<u128> {
    let all = curve.size(reserves)?.checked_mul(FIRST_SHARES).ok_or(NumError::Overflow)?;
    if all > LOCKED_SHARES { Ok(all) } else { Err(NumError::Overflow) }
}

/// What shares take of a reserve.
///
/// # Rounding
/// Down: who stays gains less than a unit.
pub fn exit_amount(reserve: u128, shares: u128, all: u128) -> Result<u128> {
    floor_ratio(&[reserve, shares], &[all])
}

/// Shares for coins in any mixture, and the fees that were taken of them: of what each coin has more than its part of the growth, the
/// fee of a swap. Coins in exact proportion pay none.
///
/// # Rounding
/// Down, every step: those who hold shares gain.
///
/// # Errors
/// A reserve above the most that a pool holds; shares beyond 128 bits.
pub fn join_shares(
    curve: &Curve,
    reserves: &[u128],
    coins: &[u128],
    shares: u128,
    fee: u128,
) -> Result<(u128, Vec<u128>)> {
    let with = |coins: &[u128]| -> Result<Vec<u128>> {
        reserves.iter().zip(coins).map(|(r, c)| r.checked_add(*c).ok_or(NumError::Overflow)).collect()
    };
    let (one, all) = (one()?, Wide::from_u128(shares));
    let grown = curve.growth(reserves, &with(coins)?)?;
    let (mut fees, mut taxed) = (Vec::with_capacity(coins.len()), Vec::with_capacity(coins.len()));
    for (reserve, coin) in reserves.iter().zip(coins) {
        let part = floor(Wide::from_u128(*reserve), grown.sub(one)?, one)?.to_u128()?;
        let paid = swap_fee(coin.saturating_sub(part), fee)?;
        fees.push(paid);
        taxed.push(coin.checked_sub(paid).ok_or(NumError::Overflow)?);
    }
    let grown = curve.growth(reserves, &with(&taxed)?)?;
    let mixed = floor(all, grown.sub(one)?, one)?.to_u128()?;
    let parts = reserves.iter().zip(coins).map(|(reserve, coin)| floor_ratio(&[shares, *coin], &[*reserve]));
    let even = parts.collect::<Result<Vec<_>>>()?.into_iter().min().unwrap_or_default();
    Ok(if even >= mixed { (even, vec![0; coins.len()]) } else { (mixed, fees) })
}
