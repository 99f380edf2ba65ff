//! What must hold of coins.

use std::collections::BTreeMap;

use entente_kernel::num::{Denom, Int};
use entente_kernel::{Result, View};

use super::state::{BALANCES, SUPPLY};

/// Supply = sum of balances, denom by denom.
pub fn total_supply(view: &View) -> Result<Option<String>> {
    let mut held: BTreeMap<Denom, Int> = BTreeMap::new();
    for row in BALANCES.iter(view) {
        let ((_, denom), amount) = row?;
        let sum = held.get(&denom).copied().unwrap_or(Int::ZERO).add(amount)?;
        held.insert(denom, sum);
    }
    let supply = SUPPLY.iter(view).collect::<Result<BTreeMap<_, _>>>()?;
    Ok((held != supply).then(|| format!("balances add up to {held:?}, the supply is {supply:?}")))
}
