//! Genesis files of other chains: what Cosmos SDK 0.42 to 0.50 wrote, in the shapes of 0.50.
//!
//! Every difference is a named step that leaves a line in the report. What is not understood is refused by name: nothing is repaired or
//! dropped silently. The result is a genesis like any other; its fields are checked when a chain starts from it.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::genesis::SECTIONS;

/// A converted genesis document.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub genesis: Value,
    /// What was changed, one sentence each, in the order of the sections.
    pub report: Vec<String>,
}

/// Why a document is not a genesis that this chain can continue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ImportError {
    pub path: String,
    pub reason: String,
}

type Outcome<T> = std::result::Result<T, ImportError>;
type Section = Map<String, Value>;

fn refuse<T>(path: &str, reason: impl fmt::Display) -> Outcome<T> {
    Err(ImportError { path: path.to_owned(), reason: reason.to_string() })
}

/// Members of a genesis document, in CometBFT's and in the SDK's form.
const MEMBERS: &[&str] = &[
    "app_name",
    "app_version",
    "genesis_time",
    "chain_id",
    "initial_height",
    "consensus_params",
    "consensus",
    "validators",
    "app_hash",
    "app_state",
];

/// Sections of other chains that are read, or left out because their modules keep nothing here, beside [`SECTIONS`].
const ELSEWHERE: &[&str] = &[
    "capability",
    "consensus",
    "entente",
    "genutil",
    "group",
    "ibc",
    "interchainaccounts",
    "params",
    "transfer",
    "vesting",
];

fn is_known(section: &str) -> bool {
    SECTIONS.iter().any(|known| known.name == section) || ELSEWHERE.contains(&section)
}

/// Converts a genesis document.
///
/// # Errors
/// The path of the first member that is missing, malformed or unknown.
pub fn import(document: &Value) -> Outcome<Imported> {
    let Value::Object(document) = document else { return refuse("genesis", "must be a JSON object") };
    for member in document.keys() {
        if !MEMBERS.contains(&member.as_str()) {
            return refuse(member, format!("is no member of a genesis document; known are {}", MEMBERS.join(", ")));
        }
    }
    let mut report = Vec::new();
    let mut out = Map::new();
    for member in ["genesis_time", "chain_id"] {
        match document.get(member) {
            Some(Value::String(text)) if !text.is_empty() => out.insert(member.to_owned(), json!(text)),
            found => return refuse(member, format!("must be a text, found {}", found.unwrap_or(&Value::Null))),
        };
    }
    out.insert("initial_height".to_owned(), initial_height(document)?);
    out.insert("consensus_params".to_owned(), consensus_params(document, &mut report)?);
    let Some(Value::Object(state)) = document.get("app_state") else {
        return refuse("app_state", "must be a JSON object");
    };
    out.insert("app_state".to_owned(), Value::Object(app_state(state, &mut report)?));
    Ok(Imported { genesis: Value::Object(out), report })
}

fn initial_height(document: &Section) -> Outcome<Value> {
    let text = match document.get("initial_height") {
        None | Some(Value::Null) => "1".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(other) => return refuse("initial_height", format!("must be a positive integer, found {other}")),
    };
    match text.parse::<i64>() {
        Ok(0) => Ok(json!("1")),
        Ok(height) if height > 0 => Ok(json!(height.to_string())),
        _ => refuse("initial_height", format!("must be a positive integer, found {text:?}")),
    }
}

/// CometBFT 0.34 wrote `block.time_iota_ms` and empty objects; 0.38 has `abci`.
fn consensus_params(document: &Section, report: &mut Vec<String>) -> Outcome<Value> {
    let found = document.get("consensus_params").or_else(|| document.get("consensus").and_then(|c| c.get("params")));
    let Some(Value::Object(found)) = found else { return refuse("consensus_params", "must be a JSON object") };
    let mut params = found.clone();
    for name in ["block", "evidence", "validator"] {
        if !matches!(params.get(name), Some(Value::Object(_))) {
            return refuse(&format!("consensus_params.{name}"), "must be a JSON object");
        }
    }
    if let Some(Value::Object(block)) = params.get_mut("block")
        && block.shift_remove("time_iota_ms").is_some()
    {
        report.push("consensus_params.block.time_iota_ms: removed, block time has no granularity any more".to_owned());
    }
    let version = params.entry("version").or_insert_with(|| json!({}));
    if version.get("app").is_none() {
        *version = json!({ "app": "0" });
    }
    params.entry("abci").or_insert_with(|| json!({ "vote_extensions_enable_height": "0" }));
    Ok(Value::Object(params))
}

fn app_state(found: &Section, report: &mut Vec<String>) -> Outcome<Section> {
    let mut state = found.clone();
    if let Some(halving) = state.shift_remove("halving") {
        let height = halving.pointer("/params/blockHeight").and_then(Value::as_str).unwrap_or("?");
        report.push(format!(
            "halving: removed; inflation no longer halves every {height} blocks, governance sets it by mint.params"
        ));
    }
    if let Some(unknown) = state.keys().find(|name| !is_known(name)) {
        return refuse(
            &format!("app_state.{unknown}"),
            "this chain has no such module; remove the section if its state may be lost",
        );
    }
    let prefix = crate::genesis::bech32_prefix(&Value::Object(state.clone()));
    let Some(prefix) = prefix else { return refuse("app_state.auth.accounts", "no account shows the bech32 prefix") };
    if state.get("entente").is_none() {
        report.push(format!("entente.bech32_prefix: {prefix}, from the accounts"));
        state.insert("entente".to_owned(), json!({ "bech32_prefix": prefix }));
    }
    let denom =
        state.get("staking").and_then(|s| s.pointer("/params/bond_denom")).and_then(Value::as_str).map(str::to_owned);
    let Some(denom) = denom else { return refuse("app_state.staking.params.bond_denom", "must be a text") };
    section(&mut state, "staking", |s| staking(s, report))?;
    section(&mut state, "gov", |s| gov(s, &denom, report))?;
    section(&mut state, "distribution", |s| distribution(s, report))?;
    section(&mut state, "bank", |s| bank(s, report))?;
    section(&mut state, "transfer", |s| transfer(s, report))?;
    section(&mut state, "ibc", |s| ibc(s, report))?;
    Ok(state)
}

fn section(state: &mut Section, name: &str, convert: impl FnOnce(&mut Section) -> Outcome<()>) -> Outcome<()> {
    match state.get_mut(name) {
        Some(Value::Object(found)) => convert(found),
        None | Some(Value::Null) => Ok(()),
        Some(other) => refuse(&format!("app_state.{name}"), format!("must be a JSON object, found {other}")),
    }
}

/// 0.46 added the least commission.
fn staking(section: &mut Section, report: &mut Vec<String>) -> Outcome<()> {
    if let Some(Value::Object(params)) = section.get_mut("params")
        && !params.contains_key("min_commission_rate")
    {
        params.insert("min_commission_rate".to_owned(), json!("0.000000000000000000"));
        report.push("staking.params.min_commission_rate: 0, as before it existed".to_owned());
    }
    Ok(())
}

/// Before 0.47 there were three groups of parameters; 0.50 added expedited proposals and the price of a cancellation. What is new
/// is set so that an old proposal lives as before: nothing burns but what burnt, nothing costs more.
fn gov(section: &mut Section, denom: &str, report: &mut Vec<String>) -> Outcome<()> {
    let old = |group: &str, name: &str| section.get(group).and_then(|g| g.get(name)).cloned();
    let mut params = match section.get("params") {
        Some(Value::Object(params)) => params.clone(),
        _ => {
            let mut params = Map::new();
            let moved = [
                ("deposit_params", "min_deposit"),
                ("deposit_params", "max_deposit_period"),
                ("voting_params", "voting_period"),
                ("tally_params", "quorum"),
                ("tally_params", "threshold"),
                ("tally_params", "veto_threshold"),
            ];
            for (group, name) in moved {
                let Some(value) = old(group, name) else {
                    return refuse(&format!("app_state.gov.{group}.{name}"), "is missing");
                };
                params.insert(name.to_owned(), value);
            }
            report.push("gov: deposit_params, voting_params and tally_params became params".to_owned());
            params
        }
    };
    let min_deposit = params.get("min_deposit").cloned().unwrap_or_else(|| json!([]));
    let additions = [
        ("min_initial_deposit_ratio", json!("0.000000000000000000")),
        ("proposal_cancel_ratio", json!("0.500000000000000000")),
        ("proposal_cancel_dest", json!("")),
        ("expedited_voting_period", shorter(params.get("voting_period"))),
        ("expedited_threshold", json!("0.667000000000000000")),
        ("expedited_min_deposit", five_times(&min_deposit, denom)?),
        ("burn_vote_quorum", json!(false)),
        ("burn_proposal_deposit_prevote", json!(false)),
        ("burn_vote_veto", json!(true)),
        ("min_deposit_ratio", json!("0.010000000000000000")),
    ];
    for (name, value) in additions {
        if !params.contains_key(name) {
            report.push(format!("gov.params.{name}: {value}"));
            params.insert(name.to_owned(), value);
        }
    }
    section.insert("params".to_owned(), Value::Object(params));
    for group in ["deposit_params", "voting_params", "tally_params"] {
        section.insert(group.to_owned(), Value::Null);
    }
    section.entry("constitution").or_insert_with(|| json!(""));
    proposals(section)
}

/// An expedited vote takes half the time of an ordinary one.
fn shorter(voting_period: Option<&Value>) -> Value {
    let secs = voting_period
        .and_then(Value::as_str)
        .and_then(|t| t.parse::<entente_kernel::Span>().ok())
        .map_or(86_400, |s| s.whole_secs());
    json!(format!("{}s", secs.checked_div(2).unwrap_or_default().max(1)))
}

/// An expedited proposal needs five times the deposit, as the SDK's defaults have it.
fn five_times(min_deposit: &Value, denom: &str) -> Outcome<Value> {
    let path = "app_state.gov.params.min_deposit";
    let coins: entente_kernel::num::Coins = serde_json::from_value(min_deposit.clone())
        .or_else(|e| refuse(path, format!("must be a list of coins: {e}")))?;
    if coins.is_empty() {
        return Ok(json!([{ "denom": denom, "amount": "1" }]));
    }
    let five = coins.mul_int(5_u64.into()).or_else(|e| refuse(path, e))?;
    serde_json::to_value(five).or_else(|e| refuse(path, e))
}

/// Proposals of 0.42 to 0.45 have other fields; a running vote cannot be converted without guessing.
fn proposals(section: &Section) -> Outcome<()> {
    let Some(Value::Array(list)) = section.get("proposals") else { return Ok(()) };
    match list.iter().position(|p| p.get("content").is_some() && p.get("messages").is_none()) {
        Some(i) => refuse(
            &format!("app_state.gov.proposals[{i}]"),
            "is a proposal of SDK 0.45 or older; export the chain when no proposal is open",
        ),
        None => Ok(()),
    }
}

/// Proposer rewards were abolished in 0.46: everybody who signs gets the same.
fn distribution(section: &mut Section, report: &mut Vec<String>) -> Outcome<()> {
    if let Some(Value::Object(params)) = section.get_mut("params") {
        for name in ["base_proposer_reward", "bonus_proposer_reward"] {
            let before = params.insert(name.to_owned(), json!("0.000000000000000000"));
            if before.as_ref().and_then(Value::as_str).is_some_and(|t| t.bytes().any(|b| matches!(b, b'1'..=b'9'))) {
                report.push(format!("distribution.params.{name}: 0, was {}", before.unwrap_or_default()));
            }
        }
    }
    Ok(())
}

/// 0.47 moved `params.send_enabled` beside the parameters; a supply that is absent is the sum of balances.
fn bank(section: &mut Section, report: &mut Vec<String>) -> Outcome<()> {
    let listed = match section.get_mut("params") {
        Some(Value::Object(params)) => params.insert("send_enabled".to_owned(), json!([])),
        _ => None,
    };
    if let Some(Value::Array(listed)) = listed
        && !listed.is_empty()
    {
        report.push(format!("bank.params.send_enabled: {} rows moved to bank.send_enabled", listed.len()));
        section.insert("send_enabled".to_owned(), Value::Array(listed));
    }
    if let Some(Value::Array(list)) = section.get_mut("denom_metadata") {
        list.iter_mut().enumerate().for_each(|(at, row)| metadata(at, row, report));
    }
    if section.get("supply").is_none_or(|s| s.as_array().is_none_or(Vec::is_empty)) {
        report.push("bank.supply: there was none; it is the sum of the balances".to_owned());
        section.insert("supply".to_owned(), json!([]));
    }
    Ok(())
}

/// 0.43 added name and symbol, which may not be blank: both are what people see of the coin.
fn metadata(at: usize, row: &mut Value, report: &mut Vec<String>) {
    let Value::Object(row) = row else { return };
    let display = row.get("display").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, value) in [("name", display.clone()), ("symbol", display.to_uppercase())] {
        if row.get(name).and_then(Value::as_str).unwrap_or_default().is_empty() {
            report.push(format!("bank.denom_metadata[{at}].{name}: {value}, from display"));
            row.insert(name.to_owned(), json!(value));
        }
    }
}

/// 0.47 counts what is held in escrow.
fn transfer(section: &mut Section, _report: &mut Vec<String>) -> Outcome<()> {
    section.entry("total_escrowed").or_insert_with(|| json!([]));
    Ok(())
}

/// ibc-go 7 dropped the localhost client of the genesis.
fn ibc(section: &mut Section, report: &mut Vec<String>) -> Outcome<()> {
    let clients =
        section.get("client_genesis").and_then(|c| c.get("clients")).and_then(Value::as_array).map_or(0, Vec::len);
    if clients > 0 {
        return refuse(
            "app_state.ibc.client_genesis.clients",
            format!("{clients} clients: this chain does not continue IBC connections yet"),
        );
    }
    report.push("ibc: starts without clients, connections and channels".to_owned());
    section.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        json!({
            "genesis_time": "2021-03-30T12:08:46Z", "chain_id": "old-1", "initial_height": "1", "app_hash": "",
            "consensus_params": { "block": { "max_bytes": "1", "max_gas": "2", "time_iota_ms": "1000" }, "evidence": {}, "validator": {}, "version": {} },
            "app_state": {
                "auth": { "accounts": [{ "@type": "/cosmos.auth.v1beta1.BaseAccount", "address": "old1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" }] },
                "bank": { "params": { "default_send_enabled": true, "send_enabled": [{ "denom": "uold", "enabled": false }] }, "balances": [],
                          "denom_metadata": [{ "base": "uold", "display": "old", "denom_units": [] }] },
                "distribution": { "params": { "base_proposer_reward": "0.010000000000000000", "bonus_proposer_reward": "0.000000000000000000" } },
                "gov": { "deposit_params": { "max_deposit_period": "100s", "min_deposit": [{ "denom": "uold", "amount": "10" }] },
                         "voting_params": { "voting_period": "101s" },
                         "tally_params": { "quorum": "0.4", "threshold": "0.5", "veto_threshold": "0.334" }, "proposals": [] },
                "halving": { "params": { "blockHeight": "7" } },
                "staking": { "params": { "bond_denom": "uold" } }
            }
        })
    }

    fn changed(at: &str, value: Value) -> Value {
        let mut doc = sample();
        let (parent, name) = at.rsplit_once('/').unwrap();
        doc.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
        doc
    }

    #[test]
    fn an_old_genesis_gets_the_shapes_of_today_and_every_change_is_reported() {
        let Imported { genesis, report } = import(&sample()).unwrap();
        let at = |path: &str| genesis.pointer(path).cloned().unwrap_or(Value::Null);
        assert_eq!(at("/app_state/entente/bech32_prefix"), json!("old"));
        assert_eq!(at("/app_state/gov/params/expedited_min_deposit"), json!([{ "denom": "uold", "amount": "50" }]));
        assert_eq!(at("/app_state/gov/params/expedited_voting_period"), json!("50s"));
        assert_eq!(at("/app_state/gov/params/voting_period"), json!("101s"));
        assert_eq!(at("/app_state/bank/send_enabled"), json!([{ "denom": "uold", "enabled": false }]));
        assert_eq!(at("/app_state/distribution/params/base_proposer_reward"), json!("0.000000000000000000"));
        assert_eq!(at("/app_state/halving"), Value::Null);
        assert_eq!(at("/consensus_params/block/time_iota_ms"), Value::Null);
        for named in [
            "halving",
            "time_iota_ms",
            "base_proposer_reward",
            "send_enabled",
            "bank.supply",
            "bank.denom_metadata[0].symbol: OLD",
            "min_commission_rate",
            "deposit_params",
        ] {
            assert!(report.iter().any(|line| line.contains(named)), "{named} is not in {report:#?}");
        }
        assert_eq!(import(&genesis).unwrap().genesis, genesis, "importing twice changes nothing");
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_path() {
        let path = |doc: Value| import(&doc).unwrap_err().path;
        assert_eq!(path(json!([])), "genesis");
        assert_eq!(path(changed("/mystery", json!(1))), "mystery");
        assert_eq!(path(changed("/chain_id", json!(7))), "chain_id");
        assert_eq!(path(changed("/initial_height", json!("-4"))), "initial_height");
        assert_eq!(path(changed("/app_state/wasm", json!({}))), "app_state.wasm");
        assert_eq!(path(changed("/app_state/staking", json!({}))), "app_state.staking.params.bond_denom");
        assert_eq!(
            path(changed("/app_state/gov/voting_params", json!({}))),
            "app_state.gov.voting_params.voting_period"
        );
        assert_eq!(path(changed("/app_state/gov/proposals", json!([{ "content": {} }]))), "app_state.gov.proposals[0]");
        assert_eq!(
            path(changed("/app_state/ibc", json!({ "client_genesis": { "clients": [{}] } }))),
            "app_state.ibc.client_genesis.clients"
        );
        assert_eq!(path(changed("/consensus_params/block", json!(1))), "consensus_params.block");
    }
}
