//! The formulas of inflation.

use entente_kernel::Result;
use entente_kernel::num::{Dec, Int};

use super::params::Params;

/// The part of all coins that is bonded; 0 if there are no coins.
///
/// # Rounding
/// Toward zero.
pub fn bonded_ratio(bonded: Int, supply: Int) -> Result<Dec> {
    if !supply.is_positive() {
        return Ok(Dec::ZERO);
    }
    Ok(Dec::from_int(bonded).quo_int(supply)?)
}

/// Inflation of the next block, between its bounds.
///
/// # Rounding
/// To the nearest, three times.
pub fn next_inflation(inflation: Dec, params: &Params, bonded_ratio: Dec) -> Result<Dec> {
    let distance = Dec::ONE.sub(bonded_ratio.quo(params.goal_bonded)?)?;
    let per_year = distance.mul(params.inflation_rate_change)?;
    let blocks = Dec::from_int(Int::from(params.blocks_per_year));
    let next = inflation.add(per_year.quo(blocks)?)?;
    // The bounds in upstream's order: a minimum above the maximum cannot be set.
    Ok(next.min(params.inflation_max).max(params.inflation_min))
}

/// What a year mints.
pub fn annual_provisions(inflation: Dec, supply: Int) -> Result<Dec> {
    Ok(inflation.mul_int(supply)?)
}

/// What a block mints.
///
/// # Rounding
/// Toward zero: fractions are never minted.
pub fn block_provision(annual_provisions: Dec, params: &Params) -> Result<Int> {
    Ok(annual_provisions.quo_int(Int::from(params.blocks_per_year))?.truncate_int()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entente_kernel::num::Denom;

    fn params() -> Params {
        Params {
            mint_denom: Denom::new("uente").unwrap(),
            inflation_rate_change: "0.13".parse().unwrap(),
            inflation_max: "0.2".parse().unwrap(),
            inflation_min: "0.07".parse().unwrap(),
            goal_bonded: "0.67".parse().unwrap(),
            blocks_per_year: 6_311_520,
        }
    }

    fn dec(text: &str) -> Dec {
        text.parse().unwrap()
    }

    #[test]
    fn inflation_rises_below_the_goal_and_falls_above_it_by_its_yearly_rate_and_within_its_bounds() {
        let step = dec("0.13").quo(Dec::from_i64(6_311_520)).unwrap();
        let next = |inflation: &str, ratio: &str| next_inflation(dec(inflation), &params(), dec(ratio)).unwrap();
        assert_eq!(next("0.1", "0"), dec("0.1").add(step).unwrap());
        assert_eq!(next("0.1", "0.67"), dec("0.1"));
        assert!(next("0.1", "1") < dec("0.1"));
        assert_eq!(next("0.2", "0"), dec("0.2"));
        assert_eq!(next("0.07", "1"), dec("0.07"));
    }

    #[test]
    fn a_block_mints_whole_units_of_its_part_of_the_year() {
        let mut params = params();
        params.blocks_per_year = 1_000;
        let year = annual_provisions(dec("0.1"), Int::from(123_456_789)).unwrap();
        assert_eq!(year, dec("12345678.9"));
        assert_eq!(block_provision(year, &params).unwrap(), Int::from(12_345));
        assert_eq!(bonded_ratio(Int::from(1), Int::from(3)).unwrap(), dec("0.333333333333333333"));
        assert_eq!(bonded_ratio(Int::from(1), Int::ZERO).unwrap(), Dec::ZERO);
    }
}
