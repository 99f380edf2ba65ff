//! What a deposit of one asset is worth in shares: two-sided prices, and the charge or bonus for moving the basket.

use entente_kernel::num::{NumError, Wide, floor_ratio};

use super::value::{VIRTUAL_ASSET, VIRTUAL_SHARES, shares_for_value};
use super::{Result, WAD, add, sub, sum};
use crate::modules::assets::Scale;

/// One asset of a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// What the holders own now.
    pub active: u128,
    /// Escrow taken from the active side that may still come back.
    pub refundable: u128,
    /// `r`: units of the underlying per unit of the asset.
    pub rate: u128,
    /// `r_lo`, at which deposits are valued.
    pub rate_lo: u128,
    /// `r_hi`, at which the vault is valued when shares are issued.
    pub rate_hi: u128,
    /// How units of the asset and of the underlying compare.
    pub scale: Scale,
    /// `T`: the part of the whole value that this asset should have.
    pub target: u128,
}

impl Line {
    /// `V_i`.
    pub fn value(&self) -> Result<u128> {
        self.scale.value_floor(self.active, self.rate)
    }

    /// `VH_i`.
    pub fn value_hi(&self) -> Result<u128> {
        self.scale.value_ceil(add(self.active, self.refundable)?, self.rate_hi)
    }

    /// The value of the active side at the lower rate, for lenders.
    pub fn value_lo(&self) -> Result<u128> {
        self.scale.value_floor(self.active, self.rate_lo)
    }
}

/// What a vote decides about the charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// `k`: strength of the imbalance fee.
    pub strength: u128,
    /// `beta`: the part of a restored imbalance that is paid as a bonus.
    pub bonus_part: u128,
    /// Below this value there is no fee and no bonus.
    pub boot_nav: u128,
}

/// A vault, reduced to what decides the price of a deposit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    pub lines: Vec<Line>,
    /// `S`.
    pub shares: u128,
    /// Shares out of earlier fees, from which bonuses are paid.
    pub pool_shares: u128,
}

/// The outcome of a deposit, with each number that led to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quote {
    /// Of the deposit, at the lower rate.
    pub value: u128,
    /// Value of the vault before, at the rates and at the higher rates.
    pub nav: u128,
    pub nav_hi: u128,
    /// Imbalance before and after, each rounded against the depositor.
    pub potential_before: u128,
    pub potential_after: u128,
    /// Shares that are issued.
    pub gross: u128,
    /// Part of the value that is kept as a fee.
    pub fee: u128,
    /// Value of the bonus, and the shares that the pool could pay of it.
    pub bonus: u128,
    pub bonus_shares: u128,
    /// Shares of the depositor: `gross` less the fee's or plus the bonus's.
    pub user: u128,
    /// The pool of fee shares after it.
    pub pool_shares: u128,
}

impl Basket {
    /// `NAV`: the value at the rates.
    pub fn nav(&self) -> Result<u128> {
        self.lines.iter().try_fold(0, |all, line| add(all, line.value()?))
    }

    /// `NAV_hi`: the value at the higher rates, with what may still come back.
    pub fn nav_hi(&self) -> Result<u128> {
        self.lines.iter().try_fold(0, |all, line| add(all, line.value_hi()?))
    }

    /// `NavLo`: value per share at the lower rates, times WAD; a donation cannot raise it.
    pub fn nav_lo_per_share(&self) -> Result<u128> {
        let value = self.lines.iter().try_fold(0, |all, line| add(all, line.value_lo()?))?;
        floor_ratio(&[value, WAD], &[add(self.shares, VIRTUAL_SHARES)?])
    }

    /// Value per share, times WAD.
    pub fn share_price(&self) -> Result<u128> {
        floor_ratio(&[add(self.nav()?, VIRTUAL_ASSET)?, WAD], &[add(self.shares, VIRTUAL_SHARES)?])
    }

    pub(super) fn values(&self) -> Result<Vec<u128>> {
        self.lines.iter().map(Line::value).collect()
    }

    pub(super) fn targets(&self) -> Vec<u128> {
        self.lines.iter().map(|line| line.target).collect()
    }

    /// What a deposit of `amount` of the asset at place `asset` gives.
    ///
    /// # Rounding
    /// Every division is against the depositor; the imbalance before is rounded down and the one after up.
    ///
    /// # Errors
    /// An asset that is not in the basket, or numbers beyond 128 bits.
    pub fn quote(&self, asset: usize, amount: u128, terms: &Terms) -> Result<Quote> {
        let line = self.lines.get(asset).ok_or(NumError::Overflow)?;
        let value = line.scale.value_floor(amount, line.rate_lo)?;
        let (nav, nav_hi) = (self.nav()?, self.nav_hi()?);
        let gross = shares_for_value(value, self.shares, nav_hi)?;
        let mut quote =
            Quote { value, nav, nav_hi, gross, user: gross, pool_shares: self.pool_shares, ..Quote::default() };
        if value == 0 {
            return Ok(quote);
        }

        let (values, targets) = (self.values()?, self.targets());
        let mut after = values.clone();
        *after.get_mut(asset).ok_or(NumError::Overflow)? =
            line.scale.value_floor(add(line.active, amount)?, line.rate)?;
        quote.potential_before = potential_floor(&values, &targets, terms.strength)?;
        quote.potential_after = potential_ceil(&after, &targets, terms.strength)?;
        if nav < terms.boot_nav {
            return Ok(quote);
        }
        match quote.potential_after.checked_sub(quote.potential_before) {
            Some(rise) if rise > 0 => {
                quote.fee = value.min(rise);
                quote.user = floor_ratio(&[gross, sub(value, quote.fee)?], &[value])?;
                quote.pool_shares = add(self.pool_shares, sub(gross, quote.user)?)?;
            }
            _ => {
                let fall = sub(quote.potential_before, quote.potential_after)?;
                quote.bonus = floor_ratio(&[fall, terms.bonus_part], &[WAD])?;
                quote.bonus_shares = shares_for_value(quote.bonus, self.shares, nav_hi)?.min(self.pool_shares);
                quote.user = add(gross, quote.bonus_shares)?;
                quote.pool_shares = sub(self.pool_shares, quote.bonus_shares)?;
            }
        }
        Ok(quote)
    }
}

/// `Φ` rounded down.
pub fn potential_floor(values: &[u128], targets: &[u128], strength: u128) -> Result<u128> {
    potential(values, targets, strength)?.0.to_u128()
}

/// `Φ` rounded up.
pub fn potential_ceil(values: &[u128], targets: &[u128], strength: u128) -> Result<u128> {
    let (quotient, rest) = potential(values, targets, strength)?;
    if rest.is_zero() { quotient.to_u128() } else { quotient.add(Wide::from_u64(1))?.to_u128() }
}

/// `k · Σ (V_i · WAD - T_i · NAV)² / (2 · NAV · WAD³)` as quotient and remainder; the numerator has at most 443 bits.
fn potential(values: &[u128], targets: &[u128], strength: u128) -> Result<(Wide, Wide)> {
    let nav = Wide::from_u128(sum(values.iter().copied())?);
    if nav.is_zero() {
        return Ok((Wide::ZERO, Wide::ZERO));
    }
    let one = Wide::from_u128(WAD);
    let mut squares = Wide::ZERO;
    for (value, target) in values.iter().zip(targets) {
        let (is, should) = (Wide::from_u128(*value).mul(one)?, Wide::from_u128(*target).mul(nav)?);
        let gap = if is > should { is.sub(should)? } else { should.sub(is)? };
        squares = squares.add(gap.mul(gap)?)?;
    }
    let below = nav.mul(Wide::from_u64(2))?.mul(one)?.mul(one)?.mul(one)?;
    squares.mul(Wide::from_u128(strength))?.div_rem(below)
}
