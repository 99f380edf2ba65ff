//! The genesis document: CometBFT's frame around `app_state`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::{Error, Mode, Result, Timestamp};
use serde_json::{Value, json};

use crate::block::ValidatorUpdate;
use crate::modules::{consensus, staking};
use crate::{InitChain, Snapshot};

/// Reads what the chain needs to start.
///
/// # Errors
/// A refusal that names the member.
pub fn read(document: &Value) -> Result<InitChain> {
    let text = |name: &str| match document.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.as_str()),
        found => Err(Error::plain(format!("genesis: {name}: must be a text, found {}", found.unwrap_or(&Value::Null)))),
    };
    let time = text("genesis_time")?;
    let time: Timestamp = time.parse().map_err(|_| {
        Error::plain(format!("genesis: genesis_time: {time:?} is not a time such as 2024-01-02T03:04:05Z"))
    })?;
    let params = document.get("consensus_params").or_else(|| document.pointer("/consensus/params"));
    Ok(InitChain {
        chain_id: text("chain_id")?.to_owned(),
        time,
        initial_height: initial_height(document)?,
        consensus_params: params.cloned().unwrap_or_default(),
        app_state: document.get("app_state").cloned().unwrap_or_default(),
    })
}

/// A number, in quotes or not; 0 and absence mean 1.
///
/// # Errors
/// A refusal that names the member.
pub fn initial_height(document: &Value) -> Result<i64> {
    let found = document.get("initial_height").unwrap_or(&Value::Null);
    let height = match found {
        Value::Null => Some(1),
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    let wrong = || Error::plain(format!("genesis: initial_height: must be a positive integer, found {found}"));
    height.filter(|h| *h >= 0).map(|h| h.max(1)).ok_or_else(wrong)
}

/// The document with which another chain goes on from a state: with the same chain id it is the same chain, to the last bit.
///
/// # Errors
/// A fault if the state cannot be read.
pub fn write(snapshot: &Snapshot) -> Result<Value> {
    let ctx = snapshot.ctx(Mode::Query);
    let mut validators = Vec::new();
    for row in staking::last_powers(&ctx) {
        let (operator, power) = row?;
        let validator = staking::must_validator(&ctx, &operator).map_err(|e| e.must("export of the validators"))?;
        validators.push((validator, power));
    }
    validators.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.operator.cmp(&b.0.operator)));
    let validator = |(v, power): &(staking::Validator, i64)| {
        json!({
            "address": hex::encode_upper(v.cons_address().as_bytes()),
            "pub_key": { "type": "tendermint/PubKeyEd25519", "value": STANDARD.encode(v.cons_pubkey) },
            "power": power.to_string(),
            "name": v.description.moniker,
        })
    };
    Ok(json!({
        "genesis_time": snapshot.time.to_string(),
        "chain_id": snapshot.chain_id(),
        "initial_height": snapshot.height.saturating_add(1).to_string(),
        "consensus_params": consensus::to_json(&consensus::params(&ctx)?),
        "validators": validators.iter().map(validator).collect::<Vec<_>>(),
        "app_hash": "",
        "app_state": super::export(&ctx)?,
    }))
}

/// Refuses a stated validator set that is not the one that the state makes.
///
/// # Errors
/// A refusal that names the first validator that differs.
pub fn check_validators(document: &Value, made: &[ValidatorUpdate]) -> Result<()> {
    let stated = document.get("validators").or_else(|| document.pointer("/consensus/validators"));
    let stated = match stated {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(Error::plain(format!("genesis: validators: must be a list, found {other}"))),
    };
    if stated.is_empty() {
        return Ok(());
    }
    for (at, row) in stated.iter().enumerate() {
        let key = row.pointer("/pub_key/value").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
        let power = row.get("power").and_then(|p| p.as_i64().or_else(|| p.as_str()?.parse().ok()));
        let found = made.iter().find(|u| key.as_deref() == Some(&u.pub_key[..]));
        if found.is_none_or(|u| Some(u.power) != power) {
            return Err(Error::plain(format!(
                "genesis: validators[{at}]: {row} is not in the validator set that app_state makes"
            )));
        }
    }
    match made.len() == stated.len() {
        true => Ok(()),
        false => Err(Error::plain(format!(
            "genesis: validators: {} are stated, but app_state makes {}",
            stated.len(),
            made.len()
        ))),
    }
}
