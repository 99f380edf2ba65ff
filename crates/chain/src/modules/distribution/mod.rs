//! Rewards: fees and provisions are shared among validators, their delegators and the community pool.
//!
//! Terms. A validator's *period* ends whenever a stake with it changes. The *historical* record of a period holds the rewards that one
//! token has earned since the validator exists; a delegation remembers in its *starting info* the period after which it earns and its
//! stake in tokens. What it is owed is stake x (ratio at the end - ratio at the start), cut at each *slash* in between. So no
//! operation ever walks over delegators. *Outstanding* is all that a validator and its delegators have not yet withdrawn,
//! *commission* the operator's part of it. These and the open period are a validator's *ledger*, with the historical record before it.
//!
//! Promises: the module account holds the whole part of (sum of outstanding + community pool); all outstanding rewards can be
//! withdrawn; remainders below one unit go to the community pool; a historical record lives as long as something refers to it.

pub mod block;
pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod hook;
pub mod invariant;
pub mod msg;
pub mod params;
mod period;
pub mod query;
mod state;
#[cfg(test)]
mod tests;

use entente_kernel::error::sdk;
use entente_kernel::num::{Coins, Dec, DecCoins};
use entente_kernel::{AccAddress, Ctx, Result, ValAddress, View};

use self::params::Params;
use super::auth::ModuleAccount;
use super::bank;
use super::staking::{self, Delegation, Validator};

/// The parameters in force.
pub fn params(view: &View) -> Result<Params> {
    state::PARAMS.must(view)
}

/// What belongs to everybody, with its fractions.
pub fn community_pool(view: &View) -> Result<DecCoins> {
    Ok(state::COMMUNITY_POOL.load(view)?.unwrap_or_default())
}

/// Gives coins of an account to the community pool.
///
/// # Errors
/// `sdk` 5 if they are not there to spend.
pub fn fund_community_pool(ctx: &mut Ctx, amount: &Coins, from: &AccAddress) -> Result<()> {
    bank::send(ctx, from, &ModuleAccount::DISTRIBUTION.address(), amount)?;
    add_to_pool(ctx, &DecCoins::from_coins(amount))
}

/// Pays coins of the community pool to an account.
///
/// # Errors
/// `distribution` 9 if the pool has less, `sdk` 4 if the receiver is a module account.
pub fn spend_community_pool(ctx: &mut Ctx, amount: &Coins, to: &AccAddress) -> Result<()> {
    let pool = community_pool(ctx)?;
    let rest = pool.sub(&DecCoins::from_coins(amount)).map_err(|_| error::BAD_DISTRIBUTION.refuse())?;
    bank::send_from_module(ctx, &ModuleAccount::DISTRIBUTION, to, amount)?;
    state::COMMUNITY_POOL.save(ctx, &rest)
}

/// Where the rewards of an account go: to itself, if it did not say otherwise.
pub fn withdraw_address(view: &View, delegator: &AccAddress) -> Result<AccAddress> {
    Ok(state::WITHDRAW_ADDRESSES.get(view, delegator)?.unwrap_or(*delegator))
}

/// Chooses where the rewards of an account go.
///
/// # Errors
/// `sdk` 4 for a module account, `distribution` 8 if the parameters forbid it.
pub fn set_withdraw_address(ctx: &mut Ctx, delegator: &AccAddress, to: &AccAddress) -> Result<()> {
    refuse_external(ctx, to)?;
    if !params(ctx)?.withdraw_addr_enabled {
        return Err(error::SET_WITHDRAW_ADDR_DISABLED.refuse());
    }
    let text = ctx.bech32().acc(to);
    ctx.emit(event::set_withdraw_address(&text));
    state::WITHDRAW_ADDRESSES.set(ctx, delegator, to)
}

/// Pays a delegation what it has earned and starts it anew. Gives what was paid, which may be nothing.
///
/// # Errors
/// `staking` 3 or 19 if there is no such validator or delegation.
pub fn withdraw_delegation_rewards(ctx: &mut Ctx, delegator: &AccAddress, validator: &ValAddress) -> Result<Coins> {
    let record = staking::must_validator(ctx, validator)?;
    let held = period::must_delegation(ctx, delegator, validator)?;
    withdraw_rewards_of(ctx, &held, &record)
}

/// As [`withdraw_delegation_rewards`], of a delegation and a validator as they are stored.
pub fn withdraw_rewards_of(ctx: &mut Ctx, held: &Delegation, validator: &Validator) -> Result<Coins> {
    let (paid, ledger) = period::pay(ctx, held, validator)?;
    period::start(ctx, held, validator, ledger)?;
    Ok(paid)
}

/// Pays an operator its commission; the part below one unit stays for later.
///
/// # Errors
/// `distribution` 7 if there is none.
pub fn withdraw_commission(ctx: &mut Ctx, validator: &ValAddress) -> Result<Coins> {
    let found = state::LEDGERS.get(ctx, validator)?.filter(|ledger| !ledger.commission.is_zero());
    let mut ledger = found.ok_or_else(|| error::NO_VALIDATOR_COMMISSION.refuse())?;
    let (whole, remainder) = ledger.commission.truncate_decimal();
    ledger.commission = remainder;
    ledger.outstanding = ledger.outstanding.sub(&DecCoins::from_coins(&whole))?;
    state::LEDGERS.set(ctx, validator, &ledger)?;
    pay_out(ctx, &AccAddress::from(*validator), &whole)?;
    ctx.emit(event::withdraw_commission(&whole));
    Ok(whole)
}

/// What a delegation would be paid now, with fractions. Ends the validator's period on the way: for scratch contexts.
pub fn rewards_due(ctx: &mut Ctx, delegator: &AccAddress, validator: &ValAddress) -> Result<DecCoins> {
    let record = staking::must_validator(ctx, validator)?;
    let delegation = period::must_delegation(ctx, delegator, validator)?;
    let mut ledger = period::ledger(ctx, validator)?;
    let claim = period::claim(ctx, &ledger, delegator, validator)?;
    period::end(ctx, &record, &mut ledger)?;
    state::LEDGERS.set(ctx, validator, &ledger)?;
    period::earned(ctx, &record, &ledger, &claim, delegation.shares)
}

/// Credits rewards, whose coins the module account already holds, to a validator: first its commission, the rest to the delegators.
pub fn allocate(ctx: &mut Ctx, validator: &Validator, tokens: &DecCoins) -> Result<()> {
    let operator = &validator.operator;
    let text = ctx.bech32().val(operator);
    let part = tokens.mul_dec(validator.commission.rate)?;
    let shared = tokens.sub(&part)?;
    ctx.emit(event::commission(&part, &text));
    if tokens.is_empty() {
        ctx.emit(event::rewards(tokens, &text));
        return Ok(());
    }
    let mut ledger = period::ledger(ctx, operator)?;
    ledger.commission = ledger.commission.add(&part)?;
    ledger.rewards = ledger.rewards.add(&shared)?;
    ledger.outstanding = ledger.outstanding.add(tokens)?;
    ctx.emit(event::rewards(tokens, &text));
    state::LEDGERS.set(ctx, operator, &ledger)
}

/// What a validator and its delegators have not yet withdrawn.
pub fn outstanding(view: &View, validator: &ValAddress) -> Result<DecCoins> {
    Ok(state::LEDGERS.get(view, validator)?.map(|ledger| ledger.outstanding).unwrap_or_default())
}

/// The operator's part of what is outstanding.
pub fn commission(view: &View, validator: &ValAddress) -> Result<DecCoins> {
    Ok(state::LEDGERS.get(view, validator)?.map(|ledger| ledger.commission).unwrap_or_default())
}

/// Adds to the community pool what the module account already holds.
fn add_to_pool(ctx: &mut Ctx, coins: &DecCoins) -> Result<()> {
    if coins.is_empty() {
        return Ok(());
    }
    let pool = community_pool(ctx)?.add(coins)?;
    state::COMMUNITY_POOL.save(ctx, &pool)
}

/// Pays rewards to wherever their owner wants them. Module accounts may earn rewards of their own (alliance does): a withdraw address
/// was checked when it was chosen.
fn pay_out(ctx: &mut Ctx, owner: &AccAddress, coins: &Coins) -> Result<()> {
    if coins.is_empty() {
        return Ok(());
    }
    let to = withdraw_address(ctx, owner)?;
    bank::send(ctx, &ModuleAccount::DISTRIBUTION.address(), &to, coins)
}

fn refuse_external(ctx: &Ctx, to: &AccAddress) -> Result<()> {
    if bank::is_blocked(to) {
        let text = ctx.bech32().acc(to);
        return Err(sdk::UNAUTHORIZED.because(format!("{text} is not allowed to receive external funds")));
    }
    Ok(())
}

/// One, less a fraction that was lost.
fn kept(fraction: Dec) -> Result<Dec> {
    Ok(Dec::ONE.sub(fraction)?)
}
