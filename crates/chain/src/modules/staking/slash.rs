//! Slashing of native stake: the validator, and what left it since the fault.

use entente_kernel::num::{Dec, Int};
use entente_kernel::{ConsAddress, Ctx, Error, Result, ValAddress};

use super::delegation::{self, Redelegation, Unbonding};
use super::state::{REDELEGATIONS_FROM, UNBONDINGS_FROM};
use super::validator::{BondStatus, Validator, tokens_of_power};
use super::{set, stake};
use crate::hooks;

/// Why a validator is slashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Infraction {
    Unspecified,
    DoubleSign,
    Downtime,
}

/// Burns `factor` of the tokens that made `power` at `infraction_height`: first from unbondings and redelegations that began at or
/// after that height, each by `factor` of its initial balance, the rest from the validator. Gives what the validator lost, rounded
/// down (the validator gains). Height, power and factor decide alone: tokens that came after the fault pay too.
///
/// # Errors
/// A refusal without code for a negative factor, an unbonded validator and a height in the future. An unknown validator loses nothing.
pub fn slash(
    ctx: &mut Ctx,
    cons: &ConsAddress,
    infraction_height: i64,
    power: i64,
    factor: Dec,
    _reason: Infraction,
) -> Result<Int> {
    if factor.is_negative() {
        return Err(Error::plain(format!("attempted to slash with a negative slash factor: {factor}")));
    }
    let wanted = Dec::from_int(tokens_of_power(power)?).mul(factor)?.truncate_int()?;
    let Some(validator) = super::validator_by_cons(ctx, cons)? else { return Ok(Int::ZERO) };
    let operator = validator.operator;
    if validator.is_unbonded() {
        let operator = ctx.bech32().val(&operator);
        return Err(Error::plain(format!("should not be slashing unbonded validator: {operator}")));
    }
    hooks::before_validator_modified(ctx, &operator)?;
    let height = ctx.height();
    if infraction_height > height {
        return Err(Error::plain(format!(
            "impossible attempt to slash future infraction at height {infraction_height} but we are at height {height}"
        )));
    }
    let mut remaining = wanted;
    if infraction_height < height {
        remaining = remaining.sub(slash_departed(ctx, &operator, infraction_height, factor)?)?;
    }
    let burnt = remaining.min(validator.tokens).max(Int::ZERO);
    let fraction = if burnt.is_zero() {
        Dec::ZERO
    } else {
        Dec::from_int(burnt).quo_round_up(Dec::from_int(validator.tokens))?.min(Dec::ONE)
    };
    hooks::before_validator_slashed(ctx, &operator, fraction, infraction_height, factor)?;
    if burnt.is_zero() {
        return Ok(Int::ZERO);
    }
    burn_tokens(ctx, &operator, burnt)?;
    Ok(burnt)
}

/// Slashes what left the validator at or after the height, and gives what it should have lost, even if less was there.
fn slash_departed(ctx: &mut Ctx, operator: &ValAddress, height: i64, factor: Dec) -> Result<Int> {
    let mut sum = Int::ZERO;
    let rows = UNBONDINGS_FROM.prefix(ctx, operator).collect::<Result<Vec<_>>>()?;
    for ((operator, delegator), ()) in rows {
        if let Some(unbonding) = delegation::unbonding(ctx, (delegator, operator))? {
            sum = sum.add(slash_unbonding(ctx, unbonding, height, factor)?)?;
        }
    }
    let rows = REDELEGATIONS_FROM.prefix(ctx, operator).collect::<Result<Vec<_>>>()?;
    for ((source, delegator, target), ()) in rows {
        if let Some(redelegation) = delegation::redelegation(ctx, (delegator, source, target))? {
            sum = sum.add(slash_redelegation(ctx, &redelegation, height, factor)?)?;
        }
    }
    Ok(sum)
}

fn slash_unbonding(ctx: &mut Ctx, mut unbonding: Unbonding, height: i64, factor: Dec) -> Result<Int> {
    let now = ctx.time();
    let (mut wanted, mut burnt) = (Int::ZERO, Int::ZERO);
    for entry in &mut unbonding.entries {
        if entry.creation_height < height || entry.may_complete(now) {
            continue;
        }
        let amount = factor.mul_int(entry.initial_balance)?.truncate_int()?;
        wanted = wanted.add(amount)?;
        let taken = amount.min(entry.balance);
        burnt = burnt.add(taken)?;
        entry.balance = entry.balance.sub(taken)?;
    }
    if !burnt.is_zero() {
        delegation::save_unbonding(ctx, &unbonding)?;
        stake::burn(ctx, BondStatus::Unbonded, burnt)?;
    }
    Ok(wanted)
}

/// The shares that a redelegation bought are taken from the target, at most what the delegator still has there.
fn slash_redelegation(ctx: &mut Ctx, redelegation: &Redelegation, height: i64, factor: Dec) -> Result<Int> {
    let now = ctx.time();
    let (delegator, target) = (&redelegation.delegator, &redelegation.target);
    let (mut wanted, mut bonded, mut not_bonded) = (Int::ZERO, Int::ZERO, Int::ZERO);
    for entry in &redelegation.entries {
        if entry.creation_height < height || entry.may_complete(now) {
            continue;
        }
        wanted = wanted.add(factor.mul_int(entry.initial_balance)?.truncate_int()?)?;
        let shares = factor.mul(entry.shares_dst)?;
        if shares.is_zero() {
            continue;
        }
        let Some(held) = super::delegation(ctx, delegator, target)? else { continue };
        // Taking the last shares may remove an unbonded target: its status is asked before.
        let status = super::must_validator(ctx, target)?.status;
        let tokens = stake::unbond(ctx, delegator, target, shares.min(held.shares))?;
        match status {
            BondStatus::Bonded => bonded = bonded.add(tokens)?,
            BondStatus::Unbonding | BondStatus::Unbonded => not_bonded = not_bonded.add(tokens)?,
        }
    }
    stake::burn(ctx, BondStatus::Bonded, bonded)?;
    stake::burn(ctx, BondStatus::Unbonded, not_bonded)?;
    Ok(wanted)
}

fn burn_tokens(ctx: &mut Ctx, operator: &ValAddress, amount: Int) -> Result<()> {
    let mut validator = super::must_validator(ctx, operator)?;
    let take = |v: &mut Validator| {
        if amount > v.tokens {
            return Err(Error::fault(format!("staking: a slash of {amount} from {} tokens", v.tokens)));
        }
        v.tokens = v.tokens.sub(amount)?;
        Ok(())
    };
    set::change_stake(ctx, &mut validator, take)?;
    stake::burn(ctx, validator.status, amount)
}
