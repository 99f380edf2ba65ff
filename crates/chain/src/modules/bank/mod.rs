//! Coins: balances, supply, and everything that moves them.
//!
//! All other modules move coins by the functions of this page; each emits the SDK's events (`coin_spent`, `coin_received`,
//! `transfer`, `coinbase`, `burn`). *Spendable* is a balance less what a vesting schedule still locks.
//!
//! Promise: for every denom, supply = sum of balances. Only [`mint`] and [`burn`] change a supply.

pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod invariant;
mod metadata;
pub mod msg;
pub mod query;
mod state;
#[cfg(test)]
mod tests;

pub use metadata::check_metadata;

use entente_kernel::error::sdk;
use entente_kernel::num::{Coin, Coins, Denom, Int};
use entente_kernel::{AccAddress, Ctx, Error, Result, View};
use entente_proto::cosmos::bank::v1beta1 as wire;

use super::auth::{self, ModuleAccount, Permission};

/// The balance of one coin.
pub fn balance(view: &View, address: &AccAddress, denom: &Denom) -> Result<Int> {
    Ok(state::BALANCES.get(view, &(*address, denom.clone()))?.unwrap_or(Int::ZERO))
}

/// All balances of an account.
pub fn balances(view: &View, address: &AccAddress) -> Result<Coins> {
    let row = |r: Result<((AccAddress, Denom), Int)>| r.map(|((_, denom), amount)| Coin::new(denom, amount));
    Ok(Coins::new(state::BALANCES.prefix(view, address).map(row).collect::<Result<_>>()?)?)
}

/// What an account can spend now; nothing if a vesting schedule locks more of any coin than it holds.
pub fn spendable(view: &View, address: &AccAddress) -> Result<Coins> {
    let (rest, negative) = balances(view, address)?.safe_sub(&auth::locked_coins(view, address)?);
    Ok(if negative { Coins::empty() } else { Coins::from_strict(rest)? })
}

/// What exists of a coin.
pub fn supply(view: &View, denom: &Denom) -> Result<Int> {
    Ok(state::SUPPLY.get(view, denom)?.unwrap_or(Int::ZERO))
}

/// Moves spendable coins. The receiver's account is made if need be.
///
/// # Errors
/// `sdk` 5 naming spendable and wanted amount.
pub fn send(ctx: &mut Ctx, from: &AccAddress, to: &AccAddress, coins: &Coins) -> Result<()> {
    spend(ctx, from, coins)?;
    receive(ctx, to, coins)?;
    auth::ensure_account(ctx, to)?;
    let (from, to) = (ctx.bech32().acc(from), ctx.bech32().acc(to));
    ctx.emit(event::transfer(&from, &to, coins));
    ctx.emit(event::message(&from));
    Ok(())
}

/// Moves coins out of a module's account to a user.
///
/// # Errors
/// `sdk` 4 if the receiver is a module account that may not receive. The alliance account may: it is paid for what it staked.
pub fn send_from_module(ctx: &mut Ctx, from: &ModuleAccount, to: &AccAddress, coins: &Coins) -> Result<()> {
    if *to != ModuleAccount::ALLIANCE.address() {
        refuse_blocked(ctx, to)?;
    }
    send(ctx, &from.address(), to, coins)
}

/// Moves spendable coins of a user to a module's account.
pub fn send_to_module(ctx: &mut Ctx, from: &AccAddress, to: &ModuleAccount, coins: &Coins) -> Result<()> {
    auth::ensure_account(ctx, &to.address())?;
    send(ctx, from, &to.address(), coins)
}

/// Moves coins between module accounts.
pub fn send_between_modules(ctx: &mut Ctx, from: &ModuleAccount, to: &ModuleAccount, coins: &Coins) -> Result<()> {
    send_to_module(ctx, &from.address(), to, coins)
}

/// Creates coins in a module's account. A module without the permission is a fault.
pub fn mint(ctx: &mut Ctx, module: &ModuleAccount, coins: &Coins) -> Result<()> {
    if !module.may(Permission::Minter) {
        return Err(Error::fault(format!("module {} may not mint", module.name)));
    }
    auth::ensure_account(ctx, &module.address())?;
    receive(ctx, &module.address(), coins)?;
    for coin in coins.iter() {
        let total = supply(ctx, &coin.denom)?.add(coin.amount)?;
        set_supply(ctx, &coin.denom, total)?;
    }
    let minter = ctx.bech32().acc(&module.address());
    ctx.emit(event::coinbase(&minter, coins));
    Ok(())
}

/// Destroys coins of a module's account. A module without the permission is a fault.
pub fn burn(ctx: &mut Ctx, module: &ModuleAccount, coins: &Coins) -> Result<()> {
    if !module.may(Permission::Burner) {
        return Err(Error::fault(format!("module {} may not burn", module.name)));
    }
    spend(ctx, &module.address(), coins)?;
    for coin in coins.iter() {
        let total = supply(ctx, &coin.denom)?.sub(coin.amount)?;
        set_supply(ctx, &coin.denom, total)?;
    }
    let burner = ctx.bech32().acc(&module.address());
    ctx.emit(event::burn(&burner, coins));
    Ok(())
}

/// Takes coins into a staking pool. Unlike [`send`] it may take coins that are still vesting.
///
/// # Errors
/// `sdk` 5 naming the balance and all that is wanted.
pub fn delegate_coins(ctx: &mut Ctx, from: &AccAddress, pool: &ModuleAccount, coins: &Coins) -> Result<()> {
    auth::ensure_account(ctx, &pool.address())?;
    let mut before = Coins::empty();
    for coin in coins {
        let have = Coin::new(coin.denom.clone(), balance(ctx, from, &coin.denom)?);
        if have.amount < coin.amount {
            let details = format!("failed to delegate; {have} is smaller than {coins}");
            return Err(sdk::INSUFFICIENT_FUNDS.because(details));
        }
        before = before.add_coin(&have)?;
        set_balance(ctx, from, &coin.denom, have.amount, have.amount.sub(coin.amount)?)?;
    }
    auth::track_delegation(ctx, from, &before, coins).map_err(|e| e.wrap("failed to track delegation"))?;
    let spender = ctx.bech32().acc(from);
    ctx.emit(event::spent(&spender, coins));
    receive(ctx, &pool.address(), coins)
}

/// Gives coins back from a staking pool.
pub fn undelegate_coins(ctx: &mut Ctx, pool: &ModuleAccount, to: &AccAddress, coins: &Coins) -> Result<()> {
    auth::ensure_account(ctx, &pool.address())?;
    spend(ctx, &pool.address(), coins)?;
    auth::track_undelegation(ctx, to, coins).map_err(|e| e.wrap("failed to track undelegation"))?;
    receive(ctx, to, coins)
}

/// Refuses an address to which users and payouts may not send.
pub fn refuse_blocked(ctx: &Ctx, to: &AccAddress) -> Result<()> {
    if is_blocked(to) {
        return Err(sdk::UNAUTHORIZED.because(format!("{} is not allowed to receive funds", ctx.bech32().acc(to))));
    }
    Ok(())
}

/// Refuses coins whose sending is switched off.
///
/// # Errors
/// `bank` 5 naming the first such coin.
pub fn refuse_disabled(view: &View, coins: &Coins) -> Result<()> {
    let default = params(view)?.default_send_enabled;
    for denom in coins.denoms() {
        if !state::SEND_ENABLED.get(view, denom)?.map_or(default, |rule| rule.0) {
            return Err(error::SEND_DISABLED.because(format!("{denom} transfers are currently disabled")));
        }
    }
    Ok(())
}

/// Whether coins without a send rule of their own may be sent: yes, unless a genesis or a vote says otherwise.
pub fn params(view: &View) -> Result<wire::Params> {
    let default = || wire::Params { default_send_enabled: true, ..Default::default() };
    Ok(state::PARAMS.load(view)?.map_or_else(default, |stored| stored.0))
}

/// Names and units of a coin.
pub fn metadata(view: &View, denom: &Denom) -> Result<Option<wire::Metadata>> {
    Ok(state::METADATA.get(view, denom)?.map(|stored| stored.0))
}

/// Sets names and units of a coin that a module makes.
pub fn set_metadata(ctx: &mut Ctx, metadata: &wire::Metadata) -> Result<()> {
    let base = Denom::new(&metadata.base)?;
    state::METADATA.set(ctx, &base, &entente_kernel::state::Wire(metadata.clone()))
}

/// Module accounts receive nothing from users, except that of gov.
pub fn is_blocked(address: &AccAddress) -> bool {
    ModuleAccount::at(address).is_some_and(|m| *m != ModuleAccount::GOV)
}

/// Takes spendable coins.
fn spend(ctx: &mut Ctx, from: &AccAddress, coins: &Coins) -> Result<()> {
    let locked = auth::locked_coins(ctx, from)?;
    for coin in coins {
        let denom = &coin.denom;
        let (have, kept) = (balance(ctx, from, denom)?, locked.amount_of(denom.as_str()));
        if have < kept {
            let details = format!("locked amount exceeds account balance funds: {kept}{denom} > {have}{denom}");
            return Err(sdk::INSUFFICIENT_FUNDS.because(details));
        }
        let free = have.sub(kept)?;
        if free < coin.amount {
            let details = format!("spendable balance {free}{denom} is smaller than {coin}");
            return Err(sdk::INSUFFICIENT_FUNDS.because(details));
        }
        set_balance(ctx, from, denom, have, have.sub(coin.amount)?)?;
    }
    let spender = ctx.bech32().acc(from);
    ctx.emit(event::spent(&spender, coins));
    Ok(())
}

fn receive(ctx: &mut Ctx, to: &AccAddress, coins: &Coins) -> Result<()> {
    for coin in coins.iter() {
        let have = balance(ctx, to, &coin.denom)?;
        set_balance(ctx, to, &coin.denom, have, have.add(coin.amount)?)?;
    }
    let receiver = ctx.bech32().acc(to);
    ctx.emit(event::received(&receiver, coins));
    Ok(())
}

/// The index of holders changes only when somebody begins or ceases to hold a coin.
fn set_balance(ctx: &mut Ctx, address: &AccAddress, denom: &Denom, before: Int, after: Int) -> Result<()> {
    let row = (*address, denom.clone());
    match (before.is_zero(), after.is_zero()) {
        (true, true) => return Ok(()),
        (true, false) => state::HOLDERS.set(ctx, &(denom.clone(), *address), &())?,
        (false, true) => state::HOLDERS.remove(ctx, &(denom.clone(), *address))?,
        (false, false) => {}
    }
    if after.is_zero() { state::BALANCES.remove(ctx, &row) } else { state::BALANCES.set(ctx, &row, &after) }
}

fn set_supply(ctx: &mut Ctx, denom: &Denom, amount: Int) -> Result<()> {
    if amount.is_zero() { state::SUPPLY.remove(ctx, denom) } else { state::SUPPLY.set(ctx, denom, &amount) }
}
