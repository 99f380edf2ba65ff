//! A genesis of others, run on one machine: validators whose keys are here in place of those who signed it, as `in-place-testnet` of the
//! Cosmos SDK does, and coins for the development accounts.
//!
//! * A genesis with gentxs starts with one development validator: the gentxs are verified and executed once, then left out, so their
//!   stake stays in the accounts that own it.
//! * An export keeps its validators, delegations and rewards; only their consensus keys are replaced, by keys that sign here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::crypto::{ed25519, sha256};
use entente_kernel::{AccAddress, Bech32, ConsAddress};
use serde_json::{Value, json};

use super::{GenesisDoc, dev};
use crate::disk::Disk;
use crate::engine::{Engine, stores};
use crate::keys;

/// A genesis that runs here, and the seeds of the validators that sign it; the first is the node's own.
pub struct Taken {
    pub doc: GenesisDoc,
    pub seeds: Vec<[u8; 32]>,
}

/// # Errors
/// The genesis is refused, with the path of what is wrong.
pub fn take_over(mut doc: GenesisDoc) -> Result<Taken> {
    // As its authors meant it, first: a wrong signature is not hidden by leaving it out.
    let validators = if has_gentxs(&doc) {
        Engine::open(Disk::ephemeral(stores()), None, doc.clone(), vec![[0; 32]])?;
        0
    } else {
        list(&doc.app_state, "/staking/validators").len()
    };
    let prefix = entente_chain::genesis::bech32_prefix(&doc.app_state)
        .ok_or_else(|| anyhow!("app_state.auth.accounts: no account shows the bech32 prefix"))?;
    let bech32 = Bech32::new(&prefix);
    let denom = bond_denom(&doc.app_state);
    doc.app_state["entente"]["bech32_prefix"] = json!(prefix);
    let own = keys::validator::development_seed();
    let seeds = if validators == 0 { vec![own] } else { rekey(&mut doc, &bech32, own)? };
    credit(&mut doc.app_state, &bech32, &denom)?;
    if validators == 0 {
        doc.app_state["genutil"] = json!({ "gen_txs": [] });
        doc.validators.clear();
        one_validator(&mut doc, &bech32, &denom, &own)?;
    }
    Ok(Taken { doc, seeds })
}

fn has_gentxs(doc: &GenesisDoc) -> bool {
    !list(&doc.app_state, "/genutil/gen_txs").is_empty()
}

fn list<'v>(state: &'v Value, path: &str) -> &'v [Value] {
    state.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn bond_denom(state: &Value) -> String {
    state.pointer("/staking/params/bond_denom").and_then(Value::as_str).unwrap_or(dev::DENOM).to_owned()
}

/// Appends to a list, which is made if it is absent.
fn push(state: &mut Value, section: &str, name: &str, item: Value) -> Result<()> {
    let place = &mut state[section][name];
    if place.is_null() {
        *place = json!([]);
    }
    match place.as_array_mut() {
        Some(list) => list.push(item),
        None => bail!("app_state.{section}.{name}: it is not a list"),
    }
    Ok(())
}

/// The development accounts and the faucet hold the chain's coin and the foreign tokens of the story.
fn credit(state: &mut Value, bech32: &Bech32, denom: &str) -> Result<()> {
    let mut holders: Vec<(AccAddress, u128)> =
        (0..keys::DEVELOPMENT_ACCOUNTS).map(|i| Ok((keys::development(i)?.address(), 1))).collect::<Result<_>>()?;
    holders.push((keys::faucet()?.address(), dev::FAUCET_TIMES));
    let addresses: Vec<String> = holders.iter().map(|(holder, _)| bech32.acc(holder)).collect();
    // Every account is looked at once: there may be millions.
    let mut known = BTreeSet::new();
    for account in list(state, "/auth/accounts") {
        let text = account.to_string();
        known.extend(addresses.iter().filter(|address| text.contains(address.as_str())));
    }
    let mut number = next_number(state);
    for ((_, times), address) in holders.into_iter().zip(&addresses) {
        let mut coins: BTreeMap<String, u128> =
            dev::FOREIGN.iter().map(|f| (f.denom(), dev::FOREIGN_EACH.saturating_mul(times))).collect();
        coins.insert(denom.to_owned(), dev::NATIVE_EACH.saturating_mul(times));
        if !known.contains(address) {
            push(
                state,
                "auth",
                "accounts",
                json!({
                    "@type": "/cosmos.auth.v1beta1.BaseAccount", "address": address, "pub_key": null,
                    "account_number": number.to_string(), "sequence": "0",
                }),
            )?;
            number = number.saturating_add(1);
        }
        give(state, address, &coins)?;
    }
    Ok(())
}

/// The number after the highest of all accounts, however deep it stands in vesting and module accounts.
fn next_number(state: &Value) -> u64 {
    fn highest(value: &Value) -> Option<u64> {
        let members = value.as_object()?;
        let own = members.get("account_number").and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
        own.into_iter().chain(members.values().filter_map(highest)).max()
    }
    list(state, "/auth/accounts").iter().filter_map(highest).max().map_or(0, |n| n.saturating_add(1))
}

/// Adds coins to a balance. A supply that is absent is the sum of the balances.
fn give(state: &mut Value, address: &str, coins: &BTreeMap<String, u128>) -> Result<()> {
    let row = list(state, "/bank/balances").iter().position(|row| row.get("address") == Some(&json!(address)));
    let mut sum = coins.clone();
    if let Some(row) = row {
        for coin in list(state, &format!("/bank/balances/{row}/coins")) {
            let text = |name: &str| coin.get(name).and_then(Value::as_str).unwrap_or_default();
            let amount: u128 = text("amount")
                .parse()
                .map_err(|_| anyhow!("app_state.bank.balances[{row}].coins: {coin} is not a coin"))?;
            let held = sum.entry(text("denom").to_owned()).or_default();
            *held = held.checked_add(amount).ok_or_else(|| anyhow!("app_state.bank.balances[{row}]: too much"))?;
        }
    }
    let coins: Vec<Value> =
        sum.iter().map(|(denom, amount)| json!({ "denom": denom, "amount": amount.to_string() })).collect();
    let balance = json!({ "address": address, "coins": coins });
    match row {
        Some(row) => state["bank"]["balances"][row] = balance,
        None => push(state, "bank", "balances", balance)?,
    }
    state["bank"]["supply"] = json!([]);
    Ok(())
}

/// The first development account's validator, with a stake of its own.
fn one_validator(doc: &mut GenesisDoc, bech32: &Bech32, denom: &str, seed: &[u8; 32]) -> Result<()> {
    let params = doc.app_state["staking"]["params"].clone();
    let operator = keys::development(0)?.address();
    let mut staking = dev::staking(bech32, &[operator], doc.time, std::slice::from_ref(seed));
    if !params.is_null() {
        staking["params"] = params;
    }
    doc.app_state["staking"] = staking;
    let pool = entente_chain::modules::auth::ModuleAccount::NOT_BONDED_POOL.address();
    give(&mut doc.app_state, &bech32.acc(&pool), &BTreeMap::from([(denom.to_owned(), dev::STAKE)]))
}

/// Every validator gets a consensus key whose seed is known here.
fn rekey(doc: &mut GenesisDoc, bech32: &Bech32, own: [u8; 32]) -> Result<Vec<[u8; 32]>> {
    let mut seeds = Vec::new();
    let mut by_key = BTreeMap::new();
    let mut by_address = BTreeMap::new();
    let count = list(&doc.app_state, "/staking/validators").len();
    for at in 0..count {
        let place = &mut doc.app_state["staking"]["validators"][at]["consensus_pubkey"]["key"];
        let path = format!("app_state.staking.validators[{at}].consensus_pubkey.key");
        let key = place.as_str().and_then(|text| STANDARD.decode(text).ok());
        let key: [u8; 32] = key
            .and_then(|key| key.try_into().ok())
            .ok_or_else(|| anyhow!("{path}: it is not an ed25519 key of 32 bytes in base64"))?;
        let seed = if at == 0 { own } else { sha256(&[own.as_slice(), &key].concat()) };
        let new = ed25519::public_key(&seed);
        let cons = |key: &[u8; 32]| bech32.cons(&ConsAddress::from_array(ed25519::address(key)));
        *place = json!(STANDARD.encode(new));
        by_address.insert(cons(&key), cons(&new));
        by_key.insert(key, new);
        seeds.push(seed);
    }
    for (at, (key, _)) in doc.validators.iter_mut().enumerate() {
        *key = *by_key
            .get(key)
            .ok_or_else(|| anyhow!("validators[{at}]: its key is not among app_state.staking.validators"))?;
    }
    // The records of slashing and distribution name validators by the addresses of these keys.
    for section in ["slashing", "distribution"] {
        rename(&mut doc.app_state[section], &by_address);
    }
    ensure!(!seeds.is_empty(), "app_state.staking.validators: it is empty");
    Ok(seeds)
}

fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(new) = names.get(text) {
                text.clone_from(new);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(members) => members.values_mut().for_each(|member| rename(member, names)),
        _ => {}
    }
}
