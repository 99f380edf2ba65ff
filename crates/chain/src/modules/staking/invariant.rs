//! What must hold of stake.

use std::collections::BTreeMap;

use entente_kernel::num::{Dec, Int};
use entente_kernel::{Result, ValAddress, View, Wire};

use super::delegation::{Unbonding, stored};
use super::state::{BY_POWER, LAST_POWERS, UNBONDINGS};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

/// The pools hold the tokens of bonded validators, and all other tokens with the balances of unbondings.
pub fn module_accounts(view: &View) -> Result<Option<String>> {
    let (mut bonded, mut other) = (Int::ZERO, Int::ZERO);
    for validator in super::validators(view) {
        let validator = validator?;
        let sum = if validator.is_bonded() { &mut bonded } else { &mut other };
        *sum = sum.add(validator.tokens)?;
    }
    for row in UNBONDINGS.iter(view) {
        let (key, Wire(record)) = row?;
        for entry in stored(Unbonding::from_wire(record, key))?.entries {
            other = other.add(entry.balance)?;
        }
    }
    let denom = super::bond_denom(view)?;
    let held = |pool: &ModuleAccount| bank::balance(view, &pool.address(), &denom);
    let (in_bonded, in_other) = (held(&ModuleAccount::BONDED_POOL)?, held(&ModuleAccount::NOT_BONDED_POOL)?);
    Ok((in_bonded != bonded || in_other != other).then(|| {
        format!("the pools hold {in_bonded} bonded and {in_other} other, the records tell of {bonded} and {other}")
    }))
}

/// The order of powers follows the tokens, no tokens are negative, and exactly the bonded validators have a last power.
pub fn nonnegative_power(view: &View) -> Result<Option<String>> {
    for row in BY_POWER.iter(view) {
        let (rank, operator) = row?;
        let Some(validator) = super::validator(view, &operator.0)? else {
            return Ok(Some(format!("the order of powers names {:?}, which is no validator", operator.0)));
        };
        let power = validator.potential_power()?.cast_unsigned();
        if rank.power != power || rank.operator != operator.0 || validator.jailed {
            return Ok(Some(format!("the order of powers has {rank:?} for {validator:?}")));
        }
    }
    for validator in super::validators(view) {
        let validator = validator?;
        if validator.tokens.is_negative() {
            return Ok(Some(format!("negative tokens: {validator:?}")));
        }
        if LAST_POWERS.has(view, &validator.operator)? != validator.is_bonded() {
            return Ok(Some(format!("bonded without power or powerful without bond: {validator:?}")));
        }
    }
    Ok(None)
}

/// No delegation is empty or negative.
pub fn positive_delegation(view: &View) -> Result<Option<String>> {
    for delegation in super::delegations(view) {
        let delegation = delegation?;
        if !delegation.shares.is_positive() {
            return Ok(Some(format!("{delegation:?}")));
        }
    }
    Ok(None)
}

/// A validator's shares are the sum of its delegations.
pub fn delegator_shares(view: &View) -> Result<Option<String>> {
    let mut sums: BTreeMap<ValAddress, Dec> = BTreeMap::new();
    for delegation in super::delegations(view) {
        let delegation = delegation?;
        let sum = sums.entry(delegation.validator).or_default();
        *sum = sum.add(delegation.shares)?;
    }
    for validator in super::validators(view) {
        let validator = validator?;
        let sum = sums.remove(&validator.operator).unwrap_or_default();
        if sum != validator.delegator_shares {
            let (operator, shares) = (view.bech32().val(&validator.operator), validator.delegator_shares);
            return Ok(Some(format!("{operator} has {shares} shares, its delegations add up to {sum}")));
        }
    }
    Ok(sums.into_iter().next().map(|(operator, sum)| format!("{sum} shares of {operator:?}, which is no validator")))
}
