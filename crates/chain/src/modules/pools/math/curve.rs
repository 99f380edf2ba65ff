//! The two curves behind one face: what a swap pays, by how much coins make a pool grow, what a coin costs.

use entente_kernel::num::{NumError, Wide};

use super::power::power_floor;
use super::{RESERVE_MAX, Result, WAD, at, floor, one, power_of_two, stable};

/// Value of one base unit of a coin: `numerator / denominator` steps of 2^-32 of a unit of the underlying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    numerator: Wide,
    denominator: Wide,
}

impl Unit {
    /// Of a coin with this rate and so many decimal places beside its underlying.
    ///
    /// # Errors
    /// More than 18 places of difference; a rate of zero.
    pub fn new(rate: u128, decimals: u32, underlying_decimals: u32) -> Result<Self> {
        let power = |places: u32| {
            if places > 18 { Err(NumError::Overflow) } else { 10_u128.checked_pow(places).ok_or(NumError::Overflow) }
        };
        let (factor, divisor) = match decimals.checked_sub(underlying_decimals) {
            Some(more) => (1, power(more)?),
            None => (power(underlying_decimals.abs_diff(decimals))?, 1),
        };
        if rate == 0 {
            return Err(NumError::DivisionByZero);
        }
        let numerator = Wide::from_u128(rate).mul(Wide::from_u128(factor))?.mul(power_of_two(32)?)?;
        Ok(Self { numerator, denominator: Wide::from_u128(WAD).mul(Wide::from_u128(divisor))? })
    }

    /// Value of an amount, rounded down.
    fn value(&self, amount: u128) -> Result<Wide> {
        floor(Wide::from_u128(amount), self.numerator, self.denominator)
    }

    /// The amount that a value pays, rounded down: the pool gains.
    fn amount(&self, value: Wide) -> Result<u128> {
        floor(value, self.denominator, self.numerator)?.to_u128()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Curve {
    /// `Π B_i^w_i` is kept; weights in steps of 10^-18 add up to one.
    Weighted(Vec<u128>),
    /// Amplification times the number of coins, and the unit of each coin.
    Stable { ann: u128, units: Vec<Unit> },
}

/// Most value of one coin in a stable pool, in steps of 2^-32: 2^112 units.
fn value_max() -> Result<Wide> {
    power_of_two(144)
}

impl Curve {
    /// The values of reserves at the rates; of a stable pool only.
    pub(super) fn values(&self, reserves: &[u128]) -> Result<Vec<Wide>> {
        let Self::Stable { units, .. } = self else { return Err(NumError::Overflow) };
        let most = value_max()?;
        let value = |(unit, amount): (&Unit, &u128)| {
            let value = unit.value(*amount)?;
            if value > most { Err(NumError::Overflow) } else { Ok(value) }
        };
        units.iter().zip(reserves).map(value).collect()
    }

    fn check(&self, reserves: &[u128]) -> Result<()> {
        let wanted = match self {
            Self::Weighted(weights) => weights.len(),
            Self::Stable { units, .. } => units.len(),
        };
        let fits = reserves.len() == wanted && reserves.iter().all(|one| *one > 0 && *one <= RESERVE_MAX);
        if fits { Ok(()) } else { Err(NumError::Overflow) }
    }

    /// What a pool pays of coin `j` for an amount of coin `i`, its fee taken off before. Always less than the reserve.
    ///
    /// # Rounding
    /// Down: `Π B^w` and the invariant D of a stable pool never fall. A weighted pool pays at most two units less than the exact
    /// amount; a stable pool at most the value of a few steps of 2^-32 less, besides the unit of the last division.
    ///
    /// # Errors
    /// Reserves of zero or above [`RESERVE_MAX`], after the swap too.
    pub fn swap(&self, reserves: &[u128], i: usize, j: usize, amount: u128) -> Result<u128> {
        self.check(reserves)?;
        let (from, to) = (at(reserves, i)?, at(reserves, j)?);
        let more = from.checked_add(amount).filter(|sum| *sum <= RESERVE_MAX).ok_or(NumError::Overflow)?;
        if i == j {
            return Err(NumError::Overflow);
        }
        match self {
            Self::Weighted(weights) => {
                let grown = power_floor(more, from, at(weights, i)?, at(weights, j)?)?;
                floor(Wide::from_u128(to), grown.sub(one()?)?, grown)?.to_u128()
            }
            Self::Stable { ann, units } => {
                let (mut x, ann) = (self.values(reserves)?, Wide::from_u128(*ann));
                let (_, d) = stable::invariant(&x, ann)?;
                let before = at(&x, j)?;
                let mut after = reserves.to_vec();
                if let Some(place) = after.get_mut(i) {
                    *place = more;
                }
                x = self.values(&after)?;
                let y = stable::value_for(&x, ann, d, j)?;
                let Ok(paid) = before.sub(y) else { return Ok(0) };
                Ok(at(units, j)?.amount(paid)?.min(to.saturating_sub(1)))
            }
        }
    }

    /// By how much the pool grows when its reserves change from one list to another, none of them falling: a lower bound of the
    /// ratio of its invariants, in steps of 2^-128, and at least one.
    ///
    /// # Rounding
    /// Down: those who hold shares gain.
    pub fn growth(&self, before: &[u128], after: &[u128]) -> Result<Wide> {
        self.check(before)?;
        self.check(after)?;
        let one = one()?;
        let grown = match self {
            Self::Weighted(weights) => {
                let mut all = one;
                for (weight, (old, new)) in weights.iter().zip(before.iter().zip(after)) {
                    all = floor(all, power_floor(*new, *old, *weight, WAD)?, one)?;
                }
                all
            }
            Self::Stable { ann, .. } => {
                let ann = Wide::from_u128(*ann);
                let (_, old) = stable::invariant(&self.values(before)?, ann)?;
                let (new, _) = stable::invariant(&self.values(after)?, ann)?;
                floor(new, one, old)?
            }
        };
        Ok(grown.max(one))
    }

    /// What the first reserves are counted as: the weighted mean of the amounts, or the invariant in units of the underlying.
    ///
    /// # Rounding
    /// Down.
    pub fn size(&self, reserves: &[u128]) -> Result<u128> {
        self.check(reserves)?;
        match self {
            Self::Weighted(weights) => {
                let least = reserves.iter().copied().min().unwrap_or_default();
                let one = one()?;
                let mut all = one;
                for (weight, reserve) in weights.iter().zip(reserves) {
                    all = floor(all, power_floor(*reserve, least, *weight, WAD)?, one)?;
                }
                floor(Wide::from_u128(least), all, one)?.to_u128()
            }
            Self::Stable { ann, .. } => {
                let (d, _) = stable::invariant(&self.values(reserves)?, Wide::from_u128(*ann))?;
                d.div_rem(power_of_two(32)?)?.0.to_u128()
            }
        }
    }

    /// Price of coin `i` in coin `j` in steps of 10^-18: base unit for base unit in a weighted pool, beside what the rates say in a
    /// stable one.
    ///
    /// # Rounding
    /// Down; it is only observed.
    pub fn price(&self, reserves: &[u128], i: usize, j: usize) -> Result<u128> {
        self.check(reserves)?;
        match self {
            Self::Weighted(weights) => {
                let above = Wide::from_u128(at(reserves, j)?).mul(Wide::from_u128(at(weights, i)?))?;
                let below = Wide::from_u128(at(reserves, i)?).mul(Wide::from_u128(at(weights, j)?))?;
                floor(above, Wide::from_u128(WAD), below)?.to_u128()
            }
            Self::Stable { ann, .. } => {
                let (x, ann) = (self.values(reserves)?, Wide::from_u128(*ann));
                let (d, _) = stable::invariant(&x, ann)?;
                stable::premium(&x, ann, d, i, j)
            }
        }
    }

    /// Price of coin `i` in coin `j` that the rates say, base unit for base unit in steps of 10^-18; one in a weighted pool.
    pub fn par(&self, i: usize, j: usize) -> Result<u128> {
        let Self::Stable { units, .. } = self else { return Ok(WAD) };
        let (from, to) = (at(units, i)?, at(units, j)?);
        let above = from.numerator.mul(to.denominator)?;
        floor(above, Wide::from_u128(WAD), from.denominator.mul(to.numerator)?)?.to_u128()
    }

    pub(super) fn unit(&self, i: usize) -> Result<Unit> {
        match self {
            Self::Stable { units, .. } => at(units, i),
            Self::Weighted(_) => Err(NumError::Overflow),
        }
    }

    pub(super) fn amount_of(&self, i: usize, value: Wide) -> Result<u128> {
        self.unit(i)?.amount(value)
    }
}
