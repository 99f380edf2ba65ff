//! Accounts: who may sign, with which key, number and sequence; the accounts of modules; vesting schedules.
//!
//! An *account* exists from its first receipt of coins (or first use, for modules) and never goes away. Its *number* is given in the
//! order of creation, its *sequence* counts its transactions; both are signed, so that nothing can be replayed.

mod module_account;
mod state;

pub use module_account::{ModuleAccount, Permission};
pub use state::{Account, Kind};

use entente_kernel::{AccAddress, Ctx, Error, Result, View};

/// The account, if the address was ever used.
pub fn account(view: &View, address: &AccAddress) -> Result<Option<Account>> {
    state::ACCOUNTS.get(view, address)
}

/// Makes sure that an account exists and returns it. An address that belongs to a module becomes that module's account, whoever
/// touches it first.
pub fn ensure_account(ctx: &mut Ctx, address: &AccAddress) -> Result<Account> {
    if let Some(found) = account(ctx, address)? {
        return Ok(found);
    }
    let kind = ModuleAccount::at(address).map_or(Kind::Base, |m| Kind::Module { name: m.name.to_owned() });
    create(ctx, address, kind)
}

/// A new account with the next number.
pub fn create(ctx: &mut Ctx, address: &AccAddress, kind: Kind) -> Result<Account> {
    let number = state::NEXT_NUMBER.load(ctx)?.unwrap_or_default();
    let next = number.checked_add(1).ok_or_else(|| Error::fault("account numbers ran out"))?;
    state::NEXT_NUMBER.save(ctx, &next)?;
    let account = Account { address: *address, pub_key: None, number, sequence: 0, kind };
    save(ctx, &account)?;
    Ok(account)
}

/// Stores a changed account.
pub fn save(ctx: &mut Ctx, account: &Account) -> Result<()> {
    state::ACCOUNTS.set(ctx, &account.address, account)
}
