//! What must hold of rewards.

use std::collections::BTreeMap;

use entente_kernel::num::{Denom, WAD, Wide};
use entente_kernel::{Error, Result, View};

use super::state::Ledger;
use super::{error, state};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, staking};

/// No validator owes less than nothing. Amounts of the state cannot be negative, so what can break is that a commission exceeds
/// what is outstanding.
pub fn nonnegative_outstanding(view: &View) -> Result<Option<String>> {
    for row in state::LEDGERS.iter(view) {
        let (validator, Ledger { commission, outstanding: held, .. }) = row?;
        if held.sub(&commission).is_err() {
            let text = view.bech32().val(&validator);
            return Ok(Some(format!("{text} has commission {commission} out of {held} outstanding")));
        }
    }
    Ok(None)
}

/// Everybody can withdraw, commission first, and nothing goes below zero: tried on a scratch context.
pub fn can_withdraw(view: &View) -> Result<Option<String>> {
    let mut scratch = view.scratch();
    let claims: Vec<_> = state::STARTING_INFOS.iter(view).map(|r| r.map(|(k, _)| k)).collect::<Result<_>>()?;
    for row in state::LEDGERS.iter(view) {
        let (validator, _) = row?;
        match super::withdraw_commission(&mut scratch, &validator) {
            Err(e) if !e.is(error::NO_VALIDATOR_COMMISSION) => return broken(view, &validator, e),
            _ => {}
        }
    }
    for (validator, delegator) in claims {
        if let Err(e) = super::withdraw_delegation_rewards(&mut scratch, &delegator, &validator) {
            return broken(view, &validator, e);
        }
    }
    Ok(None)
}

fn broken(view: &View, validator: &entente_kernel::ValAddress, e: Error) -> Result<Option<String>> {
    Ok(Some(format!("rewards of {} cannot be withdrawn: {e}", view.bech32().val(validator))))
}

/// Every historical record is referred to as often as it says: once per validator, delegation and slash.
pub fn reference_count(view: &View) -> Result<Option<String>> {
    let validators = staking::validators(view).count();
    let delegations = staking::delegations(view).count();
    let slashes = state::SLASHES.iter(view).count();
    let last = state::LEDGERS.iter(view).map(|row| row.map(|(_, ledger)| ledger.last));
    let older = state::HISTORICAL.iter(view).map(|row| row.map(|(_, record)| record));
    let mut counted = 0_u64;
    for record in last.chain(older) {
        counted = counted.saturating_add(u64::from(record?.references));
    }
    let wanted = validators.saturating_add(delegations).saturating_add(slashes);
    Ok((usize::try_from(counted).ok() != Some(wanted)).then(|| {
        format!(
            "{counted} references to historical rewards; {validators} validators + {delegations} delegations + {slashes} slashes = {wanted} are right"
        )
    }))
}

/// The module account holds the whole part of outstanding rewards and community pool. Their sum is formed in 512 bits: a balance has up to
/// 256, a decimal number only up to 315 for the amount and its fraction.
pub fn module_account(view: &View) -> Result<Option<String>> {
    let mut owed: BTreeMap<Denom, Wide> = BTreeMap::new();
    let outstanding = state::LEDGERS.iter(view).map(|row| row.map(|(_, ledger)| ledger.outstanding));
    for coins in std::iter::once(super::community_pool(view)).chain(outstanding) {
        for coin in coins?.iter() {
            let sum = owed.entry(coin.denom.clone()).or_default();
            *sum = sum.add(Wide::from_dec(coin.amount)?)?;
        }
    }
    for sum in owed.values_mut() {
        (*sum, _) = sum.div_rem(Wide::from_u128(WAD))?;
    }
    owed.retain(|_, whole| !whole.is_zero());
    let held = bank::balances(view, &ModuleAccount::DISTRIBUTION.address())?;
    let held = held.iter().map(|coin| Ok((coin.denom.clone(), Wide::from_int(coin.amount)?)));
    let held = held.collect::<Result<BTreeMap<_, _>>>()?;
    Ok((held != owed).then(|| format!("the module account holds {held:?}, but owes {owed:?}")))
}
