//! Giving one asset of a basket for another, where that restores balance.

use entente_kernel::num::{NumError, floor_ratio};

use super::{Basket, Result, WAD, add, potential_ceil, potential_floor, sub};

/// What the vault keeps of the value that is given: two basis points.
const SPREAD: u128 = WAD / 5_000;

/// The outcome of a swap, with each number that led to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swap {
    /// Of what is given, at the lower rate.
    pub value: u128,
    /// Units of the other asset that are taken.
    pub out: u128,
    /// Imbalance before and after, each rounded against who swaps.
    pub potential_before: u128,
    pub potential_after: u128,
}

impl Basket {
    /// What giving `amount` of the asset at place `give` takes of the one at place `take`, whose price in the market is `price`. As in
    /// a deposit, what is brought is valued low; and what is there is valued at the highest that is known.
    ///
    /// # Rounding
    /// Every division is against who swaps.
    ///
    /// # Errors
    /// Places that are not in the basket, or numbers beyond 128 bits. More than the basket has is the caller's to refuse.
    pub fn swap(&self, give: usize, amount: u128, take: usize, price: u128, strength: u128) -> Result<Swap> {
        let (Some(given), Some(taken)) = (self.lines.get(give), self.lines.get(take)) else {
            return Err(NumError::Overflow);
        };
        let value = given.scale.value_floor(amount, given.rate_lo)?;
        let kept = floor_ratio(&[value, sub(WAD, SPREAD)?], &[WAD])?;
        let out = match taken.rate_hi.max(price) {
            0 => 0,
            rate => taken.scale.amount_floor(kept, rate)?,
        };
        let mut after = self.clone();
        for (place, line) in after.lines.iter_mut().enumerate() {
            if place == give {
                line.active = add(line.active, amount)?;
            }
            if place == take {
                line.active = line.active.saturating_sub(out);
            }
        }
        let targets = self.targets();
        let potential_before = potential_floor(&self.values()?, &targets, strength)?;
        let potential_after = potential_ceil(&after.values()?, &targets, strength)?;
        Ok(Swap { value, out, potential_before, potential_after })
    }
}
