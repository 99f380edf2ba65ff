//! How stake enters and leaves validators: the steps that messages, slashes and alliance are made of.

use entente_kernel::error::sdk;
use entente_kernel::num::{Coin, Coins, Dec, Int};
use entente_kernel::{AccAddress, Ctx, Error, Result, Timestamp, ValAddress, View};

use super::delegation::{self, Delegation, Redelegation, RedelegationEntry, Unbonding, UnbondingEntry};
use super::queue;
use super::state::REDELEGATIONS_TO;
use super::validator::{BondStatus, Validator};
use super::{error, hold, set};
use crate::hooks;
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

/// Delegates tokens and gives the shares that they bought. With `subtract_account` they come from the delegator's account, which may
/// use vesting coins; else they are already in the pool of stake with status `source` and move to the validator's pool. The record of
/// `validator` must be the current one.
///
/// # Errors
/// `staking` 34 if the validator's shares have no price; `sdk` 5 if the account has too little.
pub fn delegate(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    amount: Int,
    source: BondStatus,
    validator: &Validator,
    subtract_account: bool,
) -> Result<Dec> {
    if validator.rate_is_invalid() {
        return Err(error::RATE_INVALID.refuse());
    }
    let operator = validator.operator;
    let held = super::delegation(ctx, delegator, &operator)?;
    match &held {
        Some(held) => hooks::before_delegation_shares_modified(ctx, held, validator)?,
        None => hooks::before_delegation_created(ctx, validator)?,
    }
    if subtract_account {
        let coins = bond_coins(ctx, amount)?;
        bank::delegate_coins(ctx, delegator, pool(validator.status), &coins)?;
    } else {
        move_between_pools(ctx, source, validator.status, amount)?;
    }
    let mut validator = validator.clone();
    let bought = set::change_stake(ctx, &mut validator, |v| v.add_tokens(amount))?;
    let shares = held.map_or(Dec::ZERO, |d| d.shares).add(bought)?;
    let held = Delegation { delegator: *delegator, validator: operator, shares };
    delegation::save_delegation(ctx, &held)?;
    hooks::after_delegation_modified(ctx, &held, &validator)?;
    Ok(bought)
}

/// Takes shares from a delegation and gives the tokens that they were worth, rounded down (the other delegators gain). The coins stay
/// in the validator's pool: the caller moves or burns them.
///
/// # Errors
/// `staking` 21 without a delegation, 24 with fewer shares, 3 without a validator.
pub fn unbond(ctx: &mut Ctx, delegator: &AccAddress, operator: &ValAddress, shares: Dec) -> Result<Int> {
    let held = super::delegation(ctx, delegator, operator)?;
    let held = held.ok_or_else(|| error::NO_DELEGATOR_FOR_ADDRESS.refuse())?;
    let validator = super::must_validator(ctx, operator)?;
    unbond_from(ctx, held, validator, shares)
}

/// As [`unbond`], of a delegation and a validator as they are stored.
pub fn unbond_from(ctx: &mut Ctx, mut held: Delegation, mut validator: Validator, shares: Dec) -> Result<Int> {
    hooks::before_delegation_shares_modified(ctx, &held, &validator)?;
    if held.shares < shares {
        return Err(error::NOT_ENOUGH_SHARES.because(held.shares));
    }
    held.shares = held.shares.sub(shares)?;
    let is_operator = held.delegator.as_bytes() == held.validator.as_bytes();
    if is_operator
        && !validator.jailed
        && validator.tokens_from_shares(held.shares)?.truncate_int()? < validator.min_self_delegation
    {
        set::jail(ctx, &mut validator)?;
    }
    if held.shares.is_zero() {
        hooks::before_delegation_removed(ctx, &held.delegator, &held.validator)?;
        delegation::remove_delegation(ctx, &held)?;
    } else {
        delegation::save_delegation(ctx, &held)?;
        hooks::after_delegation_modified(ctx, &held, &validator)?;
    }
    let tokens = set::change_stake(ctx, &mut validator, |v| v.remove_shares(shares))?;
    if validator.delegator_shares.is_zero() && validator.is_unbonded() {
        set::remove(ctx, &validator)?;
    }
    Ok(tokens)
}

/// The shares to take for `amount` tokens, at most those that the delegator has: rounding must not stop a full exit.
///
/// # Errors
/// `staking` 3, 19, 22; `sdk` 18 if the delegation is worth less.
pub fn validate_unbond_amount(view: &View, delegator: &AccAddress, operator: &ValAddress, amount: Int) -> Result<Dec> {
    let validator = super::must_validator(view, operator)?;
    let held = super::delegation(view, delegator, operator)?.ok_or_else(|| error::NO_DELEGATION.refuse())?;
    shares_to_unbond(&held, &validator, amount)
}

/// As [`validate_unbond_amount`], of a delegation and a validator as they are stored.
pub fn shares_to_unbond(held: &Delegation, validator: &Validator, amount: Int) -> Result<Dec> {
    let shares = validator.shares_from_tokens(amount)?;
    if validator.shares_from_tokens_truncated(amount)? > held.shares {
        return Err(sdk::INVALID_REQUEST.because("invalid shares amount"));
    }
    Ok(shares.min(held.shares))
}

/// Starts an unbonding and gives the time when it is paid out, and its tokens.
pub fn undelegate(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    operator: &ValAddress,
    shares: Dec,
) -> Result<(Timestamp, Int)> {
    let validator = super::must_validator(ctx, operator)?;
    let key = (*delegator, *operator);
    let before = delegation::unbonding(ctx, key)?.map_or(0, |u| u.entries.len());
    if is_full(ctx, before)? {
        return Err(error::TOO_MANY_UNBONDINGS.refuse());
    }
    let amount = unbond(ctx, delegator, operator, shares)?;
    if validator.is_bonded() {
        move_between_pools(ctx, BondStatus::Bonded, BondStatus::Unbonded, amount)?;
    }
    let completion = ctx.time().plus(super::unbonding_time(ctx)?);
    add_unbonding_entry(ctx, key, completion, amount)?;
    queue::push_unbonding(ctx, completion, &key)?;
    Ok((completion, amount))
}

fn add_unbonding_entry(ctx: &mut Ctx, key: (AccAddress, ValAddress), completion: Timestamp, amount: Int) -> Result<()> {
    let id = hold::next_id(ctx)?;
    let empty = || Unbonding { delegator: key.0, validator: key.1, entries: Vec::new() };
    let mut unbonding = delegation::unbonding(ctx, key)?.unwrap_or_else(empty);
    let height = ctx.height();
    let same = |e: &&mut UnbondingEntry| e.creation_height == height && e.completion_time == completion;
    if let Some(entry) = unbonding.entries.iter_mut().find(same) {
        entry.balance = entry.balance.add(amount)?;
        entry.initial_balance = entry.initial_balance.add(amount)?;
        return delegation::save_unbonding(ctx, &unbonding);
    }
    unbonding.entries.push(UnbondingEntry {
        creation_height: height,
        completion_time: completion,
        initial_balance: amount,
        balance: amount,
        id,
        on_hold: 0,
    });
    delegation::save_unbonding(ctx, &unbonding)?;
    hold::index_unbonding(ctx, id, &key)?;
    hooks::after_unbonding_initiated(ctx, id)
}

/// Moves shares to another validator and gives the time until which they answer for the source: `None` if they never did.
pub fn begin_redelegation(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    source: &ValAddress,
    target: &ValAddress,
    shares: Dec,
) -> Result<Option<Timestamp>> {
    if source == target {
        return Err(error::SELF_REDELEGATION.refuse());
    }
    let to = super::validator(ctx, target)?.ok_or_else(|| error::BAD_REDELEGATION_TARGET.refuse())?;
    let from = super::validator(ctx, source)?.ok_or_else(|| error::BAD_REDELEGATION_SOURCE.refuse())?;
    if REDELEGATIONS_TO.prefix(ctx, &(*source, *delegator)).next().transpose()?.is_some() {
        return Err(error::TRANSITIVE_REDELEGATION.refuse());
    }
    let key = (*delegator, *source, *target);
    let before = delegation::redelegation(ctx, key)?.map_or(0, |r| r.entries.len());
    if is_full(ctx, before)? {
        return Err(error::TOO_MANY_REDELEGATIONS.refuse());
    }
    let amount = unbond(ctx, delegator, source, shares)?;
    if amount.is_zero() {
        return Err(error::TINY_REDELEGATION.refuse());
    }
    let bought = delegate(ctx, delegator, amount, from.status, &to, false)?;
    // Upstream reads the source again and refuses if this redelegation removed it.
    let from = super::must_validator(ctx, source)?;
    let (completion, height) = match from.status {
        BondStatus::Unbonded => return Ok(None),
        BondStatus::Unbonding => (from.unbonding_time, from.unbonding_height),
        BondStatus::Bonded => (ctx.time().plus(super::unbonding_time(ctx)?), ctx.height()),
    };
    let entry = RedelegationEntry {
        creation_height: height,
        completion_time: completion,
        initial_balance: amount,
        shares_dst: bought,
        id: hold::next_id(ctx)?,
        on_hold: 0,
    };
    let empty = || Redelegation { delegator: *delegator, source: *source, target: *target, entries: Vec::new() };
    let mut redelegation = delegation::redelegation(ctx, key)?.unwrap_or_else(empty);
    redelegation.entries.push(entry);
    delegation::save_redelegation(ctx, &redelegation)?;
    hold::index_redelegation(ctx, entry.id, &key)?;
    hooks::after_unbonding_initiated(ctx, entry.id)?;
    queue::push_redelegation(ctx, completion, &key)?;
    Ok(Some(completion))
}

fn is_full(view: &View, entries: usize) -> Result<bool> {
    let max = super::params(view)?.max_entries;
    Ok(u32::try_from(entries).map_or(true, |n| n >= max))
}

/// Pays what is due of an unbonding and gives the sum; `None` if there is no such unbonding.
pub(super) fn complete_unbonding(ctx: &mut Ctx, key: (AccAddress, ValAddress)) -> Result<Option<Coins>> {
    let Some(mut unbonding) = delegation::unbonding(ctx, key)? else { return Ok(None) };
    let now = ctx.time();
    let due: Vec<UnbondingEntry> = unbonding.entries.iter().filter(|e| e.may_complete(now)).copied().collect();
    unbonding.entries.retain(|e| !e.may_complete(now));
    let mut paid = Coins::empty();
    for entry in due {
        hold::forget(ctx, entry.id)?;
        paid = paid.add(&pay_entry(ctx, &key, &entry)?)?;
    }
    delegation::save_unbonding(ctx, &unbonding)?;
    Ok(Some(paid))
}

/// Pays one entry out of the pool of stake that is not bonded.
pub(super) fn pay_entry(ctx: &mut Ctx, key: &(AccAddress, ValAddress), entry: &UnbondingEntry) -> Result<Coins> {
    let coins = bond_coins(ctx, entry.balance)?;
    if !coins.is_empty() {
        bank::undelegate_coins(ctx, &ModuleAccount::NOT_BONDED_POOL, &key.0, &coins)?;
    }
    hooks::after_unbonding_completed(ctx, &key.0, &key.1, entry.id, entry.balance)?;
    Ok(coins)
}

/// Ends what is due of a redelegation and gives the sum of its initial balances; `None` if there is no such redelegation.
pub(super) fn complete_redelegation(ctx: &mut Ctx, key: (AccAddress, ValAddress, ValAddress)) -> Result<Option<Coins>> {
    let Some(mut redelegation) = delegation::redelegation(ctx, key)? else { return Ok(None) };
    let now = ctx.time();
    let due: Vec<RedelegationEntry> = redelegation.entries.iter().filter(|e| e.may_complete(now)).copied().collect();
    redelegation.entries.retain(|e| !e.may_complete(now));
    let mut sum = Int::ZERO;
    for entry in due {
        hold::forget(ctx, entry.id)?;
        sum = sum.add(entry.initial_balance)?;
    }
    delegation::save_redelegation(ctx, &redelegation)?;
    Ok(Some(bond_coins(ctx, sum)?))
}

/// The pool that holds the tokens of validators with this status.
pub(super) fn pool(status: BondStatus) -> &'static ModuleAccount {
    if status == BondStatus::Bonded { &ModuleAccount::BONDED_POOL } else { &ModuleAccount::NOT_BONDED_POOL }
}

/// Moves tokens between the pools if the two kinds of stake are in different ones.
pub(super) fn move_between_pools(ctx: &mut Ctx, from: BondStatus, to: BondStatus, amount: Int) -> Result<()> {
    let (from, to) = (pool(from), pool(to));
    if from == to {
        return Ok(());
    }
    let coins = bond_coins(ctx, amount)?;
    bank::send_between_modules(ctx, from, to, &coins)
}

/// Burns tokens of a pool; nothing happens if there are none.
pub(super) fn burn(ctx: &mut Ctx, status: BondStatus, amount: Int) -> Result<()> {
    if !amount.is_positive() {
        return Ok(());
    }
    let coins = bond_coins(ctx, amount)?;
    bank::burn(ctx, pool(status), &coins)
}

pub(super) fn bond_coins(view: &View, amount: Int) -> Result<Coins> {
    Coins::one(Coin::new(super::bond_denom(view)?, amount)).map_err(Error::panic)
}
