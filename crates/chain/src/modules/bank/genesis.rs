//! Balances, supply, metadata and send rules in and out of a genesis.

use std::collections::{BTreeMap, BTreeSet};

use entente_kernel::num::{Coin, Coins, Denom, Int};
use entente_kernel::{AccAddress, Ctx, Error, Result, View, Wire};
use entente_proto::cosmos::bank::v1beta1 as wire;

use super::state::{BALANCES, METADATA, PARAMS, SEND_ENABLED, SUPPLY};
use super::{check_metadata, set_balance, set_supply};
use crate::genesis::Encoded;
use crate::wire::{coin, coins, parse_coins};

/// Takes over balances, and computes the supply from them.
///
/// # Errors
/// A stated supply that is not the sum of the balances; anything that occurs twice; malformed coins or metadata.
pub fn init(ctx: &mut Ctx, state: wire::GenesisState) -> Result<()> {
    let params = state.params.unwrap_or_default();
    let old_rules = params.send_enabled;
    let rules = wire::Params { default_send_enabled: params.default_send_enabled, ..Default::default() };
    PARAMS.save(ctx, &Wire(rules))?;
    send_rules(ctx, &state.send_enabled, &old_rules)?;
    let total = all_balances(ctx, &state.balances)?;
    let stated = parse_coins(&state.supply, "supply")?;
    if !stated.is_empty() && stated != total {
        return Err(Error::plain(format!("supply: genesis supply is incorrect, expected {stated}, got {total}")));
    }
    for coin in &total {
        set_supply(ctx, &coin.denom, coin.amount)?;
    }
    for (at, metadata) in state.denom_metadata.into_iter().enumerate() {
        let base = check_metadata(&metadata).map_err(|e| Error::plain(format!("denom_metadata[{at}]: {e}")))?;
        if METADATA.has(ctx, &base)? {
            return Err(Error::plain(format!("denom_metadata[{at}]: duplicate client metadata for denom {base}")));
        }
        METADATA.set(ctx, &base, &Wire(metadata))?;
    }
    Ok(())
}

fn send_rules(ctx: &mut Ctx, rules: &[wire::SendEnabled], old: &[wire::SendEnabled]) -> Result<()> {
    if !rules.is_empty() && !old.is_empty() {
        let text = "send_enabled defined in both the send_enabled field and in params (deprecated)";
        return Err(Error::plain(text));
    }
    for rule in rules.iter().chain(old) {
        let denom = Denom::new(&rule.denom).map_err(|e| Error::plain(format!("send_enabled: {e}")))?;
        if SEND_ENABLED.has(ctx, &denom)? {
            return Err(Error::plain(format!("duplicate send enabled found: '{denom}'")));
        }
        SEND_ENABLED.set(ctx, &denom, &Wire(rule.enabled))?;
    }
    Ok(())
}

fn all_balances(ctx: &mut Ctx, balances: &[wire::Balance]) -> Result<Coins> {
    let (mut total, mut seen) = (Coins::empty(), BTreeSet::new());
    for (at, row) in balances.iter().enumerate() {
        let address = ctx.bech32().parse_acc(&row.address).map_err(|e| e.wrap(format!("balances[{at}]")))?;
        if !seen.insert(address) {
            return Err(Error::plain(format!("balances[{at}]: duplicate balance for address {}", row.address)));
        }
        let coins = parse_coins(&row.coins, &format!("balances[{at}].coins"))?;
        for coin in &coins {
            set_balance(ctx, &address, &coin.denom, Int::ZERO, coin.amount)?;
        }
        total = total.add(&coins)?;
    }
    Ok(total)
}

/// The whole of bank.
pub fn export(view: &View) -> Result<Encoded> {
    let mut held: BTreeMap<AccAddress, Coins> = BTreeMap::new();
    for row in BALANCES.iter(view) {
        let ((address, denom), amount) = row?;
        let coins = held.entry(address).or_default();
        *coins = coins.add_coin(&Coin::new(denom, amount))?;
    }
    let balance = |(address, held): (&AccAddress, &Coins)| {
        Ok(wire::Balance { address: view.bech32().acc(address), coins: coins(held) })
    };
    let supply = SUPPLY.iter(view).map(|row| Ok(coin(&row.map(|(d, a)| Coin::new(d, a))?)));
    let rule = |row: Result<_>| {
        let (denom, enabled): (Denom, Wire<bool>) = row?;
        Ok(wire::SendEnabled { denom: denom.to_string(), enabled: enabled.0 })
    };
    let mut genesis = Encoded::from(wire::GenesisState {
        params: Some(super::params(view)?),
        balances: Vec::new(),
        supply: supply.collect::<Result<_>>()?,
        denom_metadata: METADATA.iter(view).map(|row| Ok(row?.1.0)).collect::<Result<_>>()?,
        send_enabled: SEND_ENABLED.iter(view).map(rule).collect::<Result<_>>()?,
    });
    genesis.extend("balances", held.iter().map(balance))?;
    Ok(genesis)
}
