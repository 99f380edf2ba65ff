//! What must hold of the registry after every block.

use entente_kernel::num::Coins;
use entente_kernel::{Result, View};

use super::math::{RATE_MAX, RATE_MIN};
use super::state::{ASSETS, BY_DENOM, GROUPS, OF_GROUP};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

/// The account holds exactly the bonds of listed assets.
pub fn module_balance(view: &View) -> Result<Option<String>> {
    let mut bonds = Coins::empty();
    for row in ASSETS.iter(view) {
        bonds = bonds.add(&row?.1.bond)?;
    }
    let held = bank::balances(view, &ModuleAccount::ASSETS.address())?;
    Ok((held != bonds).then(|| format!("the account holds {held}, the bonds are {bonds}")))
}

/// Indexes agree with the assets; rates are within their bounds; the past of a rate falls toward it; components are older.
pub fn registry(view: &View) -> Result<Option<String>> {
    let mut count = 0_u64;
    for row in ASSETS.iter(view) {
        let (id, asset) = row?;
        count = count.saturating_add(1);
        let indexed = BY_DENOM.get(view, &asset.denom)? == Some(id)
            && OF_GROUP.has(view, &(asset.underlying.clone(), id))?
            && GROUPS.get(view, &asset.underlying)?.is_some_and(|g| g.decimals == asset.underlying_decimals);
        if !indexed {
            return Ok(Some(format!("{} is not where its indexes say", asset.denom)));
        }
        if !(RATE_MIN..=RATE_MAX).contains(&asset.course.rate) {
            return Ok(Some(format!("{} has the rate {} x 10^-18", asset.denom, asset.course.rate)));
        }
        let mut last = u128::MAX;
        for past in &asset.course.window {
            if past.rate >= last || past.rate <= asset.course.rate {
                return Ok(Some(format!("the past of the rate of {} is out of order", asset.denom)));
            }
            last = past.rate;
        }
        for denom in &asset.components {
            if BY_DENOM.get(view, denom)?.is_none_or(|part| part >= id) {
                return Ok(Some(format!("{} is made of {denom}, which is not older", asset.denom)));
            }
        }
    }
    let mut grouped = 0_u64;
    for row in GROUPS.iter(view) {
        grouped = grouped.saturating_add(row?.1.assets);
    }
    Ok((count != grouped).then(|| format!("{count} assets, the groups count {grouped}")))
}
