//! Votes: the virtual stake belongs to alliance delegators, who may vote with their part of it.

use entente_kernel::num::{Dec, Int};
use entente_kernel::{AccAddress, Result, ValAddress, View};

use super::reward;
use super::state::DELEGATIONS;
use crate::modules::auth::ModuleAccount;
use crate::modules::staking;

/// The voter's part of the virtual stake, as staking shares of each validator: what a tally takes from the validator's own vote and
/// counts for the voter. What is not voted so follows the validator.
///
/// # Rounding
/// Down: the validator keeps the fraction, and all parts together are at most the virtual stake.
pub fn governance_stake(view: &View, voter: &AccAddress) -> Result<Vec<(ValAddress, Dec)>> {
    let module = ModuleAccount::ALLIANCE.address();
    let mut parts: Vec<(ValAddress, Dec)> = Vec::new();
    for row in DELEGATIONS.prefix(view, voter) {
        let ((_, validator, key), delegation) = row?;
        let Some(virtual_stake) = staking::delegation(view, &module, &validator)? else { continue };
        let stakes = reward::virtual_stakes(view, &validator, Int::from_u64(1_000_000_000_000_000_000))?;
        let total = stakes.iter().try_fold(Dec::ZERO, |sum, (_, stake, _)| sum.add(*stake))?;
        let Some((_, stake, site)) = stakes.into_iter().find(|(k, ..)| *k == key) else { continue };
        if total.is_zero() || delegation.epoch != site.pool.epoch {
            continue;
        }
        let of_asset = virtual_stake.shares.mul_truncate(stake.quo_truncate(total)?)?;
        let own = of_asset.mul_truncate(delegation.shares.quo_truncate(site.pool.delegator_shares)?)?;
        match parts.last_mut().filter(|(v, _)| *v == validator) {
            Some((_, sum)) => *sum = sum.add(own)?,
            None => parts.push((validator, own)),
        }
    }
    Ok(parts)
}
