//! Accounts and their numbers in and out of a genesis.

use std::collections::{BTreeMap, BTreeSet};

use entente_kernel::{AccAddress, Ctx, Error, Result, View, Wire};
use entente_proto::cosmos::auth::v1beta1 as wire;

use super::state::{ACCOUNTS, NEXT_NUMBER, PARAMS, Record, give_numbers};
use super::{Account, ModuleAccount, account, check_params, ensure_account, save};
use crate::genesis::Encoded;

/// Takes over parameters and accounts.
///
/// # Compatibility
/// As the SDK does: a number that occurs twice is replaced by the lowest unused one, and the next new account gets the number after
/// the highest. The fee collector is made at last if it is not there.
pub fn init(ctx: &mut Ctx, state: wire::GenesisState) -> Result<()> {
    let params = state.params.unwrap_or_default();
    check_params(&params).map_err(|e| Error::plain(format!("params: {e}")))?;
    PARAMS.save(ctx, &Wire(params))?;
    let mut accounts = Vec::with_capacity(state.accounts.len());
    let mut seen = BTreeSet::new();
    for (at, any) in state.accounts.iter().enumerate() {
        let one = account::from_any(any, ctx.bech32()).map_err(|e| e.wrap(format!("accounts[{at}]")))?;
        if !seen.insert(one.address) {
            let address = ctx.bech32().acc(&one.address);
            return Err(Error::plain(format!("accounts[{at}]: the address {address} occurs twice")));
        }
        accounts.push(one);
    }
    unique_numbers(&mut accounts)?;
    let by_number: BTreeMap<u64, AccAddress> = accounts.iter().map(|one| (one.number, one.address)).collect();
    give_numbers(ctx, by_number)?;
    for one in &accounts {
        save(ctx, one)?;
    }
    if let Some(highest) = accounts.iter().map(|a| a.number).max() {
        let next = highest.checked_add(1).ok_or_else(|| Error::plain("accounts: account numbers run out"))?;
        NEXT_NUMBER.save(ctx, &next)?;
    }
    ensure_account(ctx, &ModuleAccount::FEE_COLLECTOR.address())?;
    Ok(())
}

/// Gives every account whose number was taken before it in the list the lowest number that nobody has.
fn unique_numbers(accounts: &mut [Account]) -> Result<()> {
    let mut taken = BTreeSet::new();
    let mut doubles: Vec<(u64, usize)> = Vec::new();
    for (at, one) in accounts.iter().enumerate() {
        if !taken.insert(one.number) {
            doubles.push((one.number, at));
        }
    }
    doubles.sort_unstable();
    let mut free = 0_u64;
    for (_, at) in doubles {
        while !taken.insert(free) {
            free = free.checked_add(1).ok_or_else(|| Error::plain("accounts: account numbers run out"))?;
        }
        if let Some(one) = accounts.get_mut(at) {
            one.number = free;
        }
    }
    Ok(())
}

/// Parameters and all accounts, in the order of their addresses.
pub fn export(view: &View) -> Result<Encoded> {
    let mut genesis =
        Encoded::from(wire::GenesisState { params: Some(super::params(view)?), ..wire::GenesisState::default() });
    let account = |(address, record): (_, Record)| account::to_any(&record.of(address), view.bech32());
    genesis.extend("accounts", ACCOUNTS.iter(view).map(|row| row.map(account)))?;
    Ok(genesis)
}
