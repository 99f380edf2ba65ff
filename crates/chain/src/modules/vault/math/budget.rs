//! Budgets as fractions of a vault, and what a slash of one takes.

use entente_kernel::num::{NumError, ceil_ratio, floor_ratio};

use super::{Result, WAD, add, sub, sum};

/// `M` of a new vault; budgets are parts `m` of it.
pub const MAGNITUDE: u128 = 1_000_000_000_000_000_000_000_000;

/// Below this `M` all magnitudes are multiplied by [`RESCALE`], which changes no budget.
const MAGNITUDE_MIN: u128 = 1_000_000_000_000_000_000_000;
const RESCALE: u128 = 1_000;

/// `floor(active · m / M)`: what an allocation may lose of one asset.
///
/// # Rounding
/// Down: the holders gain.
pub fn budget(active: u128, m: u128, magnitude: u128) -> Result<u128> {
    floor_ratio(&[active, m], &[magnitude])
}

/// A slash of one allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// `Δm`.
    pub magnitude: u128,
    /// Per asset.
    pub amounts: Vec<u128>,
}

/// What the fraction `x` of an allocation of `m` costs a side that holds `amounts`. After it, all other budgets are what they were.
///
/// # Rounding
/// Up: the claimant gains at most one unit per asset.
///
/// # Errors
/// `x` above one, or `m` above `magnitude`.
pub fn slash(amounts: &[u128], m: u128, magnitude: u128, x: u128) -> Result<Loss> {
    if x > WAD || m > magnitude {
        return Err(NumError::Overflow);
    }
    let lost = ceil_ratio(&[m, x], &[WAD])?;
    Ok(Loss { magnitude: lost, amounts: batch_loss(amounts, lost, magnitude)? })
}

/// What `Δm` of `M` costs a side that holds `amounts`: `min(amount, ceil(amount · Δm / M))` each.
pub fn batch_loss(amounts: &[u128], lost: u128, magnitude: u128) -> Result<Vec<u128>> {
    amounts.iter().map(|amount| Ok(ceil_ratio(&[*amount, lost], &[magnitude])?.min(*amount))).collect()
}

/// The exact factor by which all magnitudes of a vault are multiplied when `M` has become small; one otherwise.
pub fn rescale(magnitude: u128) -> u128 {
    if magnitude < MAGNITUDE_MIN && magnitude > 0 { RESCALE } else { 1 }
}

/// `need = floor(S · L / NAV)`: shares that cover a loss of value L if they are burnt, NAV before it.
///
/// # Rounding
/// Down: who posted the first loss gains less than a share.
pub fn first_loss_needed(shares: u128, loss: u128, nav: u128) -> Result<u128> {
    floor_ratio(&[shares, loss], &[nav])
}

/// What claims on one pooled budget get: what they ask, or, if together they exceed `limit`, their part of it.
///
/// # Rounding
/// Down for each: the pool gains less than a unit per claim.
pub fn serve_pro_rata(limit: u128, asked: &[u128]) -> Result<Vec<u128>> {
    let all = sum(asked.iter().copied())?;
    if all <= limit {
        return Ok(asked.to_vec());
    }
    asked.iter().map(|claim| floor_ratio(&[limit, *claim], &[all])).collect()
}

impl Loss {
    /// Holdings after it.
    pub fn leaves(&self, amounts: &[u128]) -> Result<Vec<u128>> {
        amounts.iter().zip(&self.amounts).map(|(amount, loss)| sub(*amount, *loss)).collect()
    }

    /// The sum over assets of what is lost, at values per asset.
    pub fn value(&self, value_of: impl Fn(usize, u128) -> Result<u128>) -> Result<u128> {
        self.amounts.iter().enumerate().try_fold(0, |all, (i, amount)| add(all, value_of(i, *amount)?))
    }
}
