//! Accounts: who may sign, with which key, number and sequence; the accounts of modules; vesting schedules.
//!
//! An *account* exists from its first receipt of coins (or first use, for modules) and never goes away. Its *number* is given in the
//! order of creation, its *sequence* counts its transactions; both are signed, so that nothing can be replayed.

pub mod account;
pub mod error;
pub mod genesis;
pub mod handle;
mod math;
mod module_account;
pub mod msg;
mod params;
pub mod query;
mod state;
#[cfg(test)]
mod tests;

pub use math::{check as check_vesting, locked as locked_by, start as vesting_start, unvested, vested};
pub use module_account::{ModuleAccount, Permission};
pub use params::{check_params, default_params};
use state::Record;
pub use state::{Account, Kind, Period, Schedule, Vesting};

use entente_kernel::error::sdk;
use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Bech32, Ctx, Error, Result, View};
use entente_proto::cosmos::auth::v1beta1::Params;

/// The account, if the address was ever used.
pub fn account(view: &View, address: &AccAddress) -> Result<Option<Account>> {
    Ok(state::ACCOUNTS.get(view, address)?.map(|record| record.of(*address)))
}

/// Makes sure that an account exists. An address that belongs to a module becomes that module's account, whoever touches it first.
pub fn ensure_account(ctx: &mut Ctx, address: &AccAddress) -> Result<()> {
    if state::ACCOUNTS.look(ctx, address, |_| ())?.is_some() {
        return Ok(());
    }
    let kind = ModuleAccount::at(address).map_or(Kind::Base, |m| m.kind());
    create(ctx, address, kind).map(drop)
}

/// A new account with the next number.
pub fn create(ctx: &mut Ctx, address: &AccAddress, kind: Kind) -> Result<Account> {
    let number = state::NEXT_NUMBER.load(ctx)?.unwrap_or_default();
    let next = number.checked_add(1).ok_or_else(|| Error::fault("account numbers ran out"))?;
    state::NEXT_NUMBER.save(ctx, &next)?;
    let account = Account { address: *address, pub_key: None, number, sequence: 0, kind };
    state::give_number(ctx, number, address)?;
    save(ctx, &account)?;
    Ok(account)
}

/// Stores a changed account.
pub fn save(ctx: &mut Ctx, account: &Account) -> Result<()> {
    state::ACCOUNTS.set(ctx, &account.address, &account.into())
}

/// Who may change parameters: the account of gov.
pub fn authority() -> AccAddress {
    ModuleAccount::GOV.address()
}

/// Refuses a message of governance that comes from somebody else.
///
/// # Errors
/// `gov` 13 with both addresses.
pub fn require_authority(bech32: &Bech32, got: &str) -> Result<()> {
    let expected = bech32.acc(&authority());
    if got == expected {
        return Ok(());
    }
    Err(error::INVALID_AUTHORITY.because(format!("invalid authority; expected {expected}, got {got}")))
}

/// [`require_authority`] with the prefix of the chain.
pub fn check_authority(ctx: &Ctx, got: &str) -> Result<()> {
    require_authority(ctx.bech32(), got)
}

/// What a vesting schedule keeps from being spent now; nothing for other accounts.
pub fn locked_coins(view: &View, address: &AccAddress) -> Result<Coins> {
    match state::ACCOUNTS.look(view, address, if_vesting)?.flatten().map(|a| a.kind) {
        Some(Kind::Vesting(vesting)) => math::locked(&vesting, view.time()),
        _ => Ok(Coins::empty()),
    }
}

/// What is stored of an account, if it has a vesting schedule: few have.
fn if_vesting(record: &Record) -> Option<Record> {
    matches!(record.kind, Kind::Vesting(_)).then(|| record.clone())
}

/// Tells a vesting account that it delegates `amount` of its `balance`.
pub fn track_delegation(ctx: &mut Ctx, address: &AccAddress, balance: &Coins, amount: &Coins) -> Result<()> {
    let Some(mut found) = vesting_account(ctx, address)? else { return Ok(()) };
    if let Kind::Vesting(vesting) = &mut found.kind {
        math::track_delegation(vesting, ctx.time(), balance, amount)?;
        save(ctx, &found)?;
    }
    Ok(())
}

/// Tells a vesting account that `amount` comes back from a delegation.
pub fn track_undelegation(ctx: &mut Ctx, address: &AccAddress, amount: &Coins) -> Result<()> {
    let Some(mut found) = vesting_account(ctx, address)? else { return Ok(()) };
    if let Kind::Vesting(vesting) = &mut found.kind {
        math::track_undelegation(vesting, amount)?;
        save(ctx, &found)?;
    }
    Ok(())
}

/// The account, if it has a vesting schedule.
///
/// # Errors
/// `sdk` 9 if there is no account.
fn vesting_account(view: &View, address: &AccAddress) -> Result<Option<Account>> {
    let found = state::ACCOUNTS.look(view, address, if_vesting)?.ok_or_else(|| {
        sdk::UNKNOWN_ADDRESS.because(format!("account {} does not exist", view.bech32().acc(address)))
    })?;
    Ok(found.map(|record| record.of(*address)))
}

/// The prices and limits of signatures and bytes.
pub fn params(view: &View) -> Result<Params> {
    Ok(state::PARAMS.load(view)?.map_or_else(default_params, |stored| stored.0))
}
