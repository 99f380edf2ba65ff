//! Consensus parameters as a CometBFT genesis document writes them: 64-bit integers as strings, durations in nanoseconds.

use entente_kernel::{Error, Result, Span};
use entente_proto::tendermint::types::ConsensusParams;
use serde_json::{Value, json};

use super::{check_params, default_params};
use crate::wire::span;

/// Reads the parameters; what is absent has CometBFT's default.
///
/// # Errors
/// A refusal that names the field.
pub fn from_json(value: &Value) -> Result<ConsensusParams> {
    let mut params = default_params();
    if let Some(block) = &mut params.block {
        set(value, "block", "max_bytes", &mut block.max_bytes)?;
        set(value, "block", "max_gas", &mut block.max_gas)?;
    }
    if let Some(evidence) = &mut params.evidence {
        set(value, "evidence", "max_age_num_blocks", &mut evidence.max_age_num_blocks)?;
        set(value, "evidence", "max_bytes", &mut evidence.max_bytes)?;
        let mut nanos = evidence.max_age_duration.map_or(0, |d| d.seconds.saturating_mul(1_000_000_000));
        set(value, "evidence", "max_age_duration", &mut nanos)?;
        evidence.max_age_duration = Some(span(Span(nanos)));
    }
    if let Some(types) = member(value, "validator", "pub_key_types") {
        let texts = types.as_array().map(|all| all.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect());
        let texts = texts.ok_or_else(|| wrong("validator", "pub_key_types", types))?;
        params.validator = Some(entente_proto::tendermint::types::ValidatorParams { pub_key_types: texts });
    }
    if let Some(abci) = &mut params.abci {
        set(value, "abci", "vote_extensions_enable_height", &mut abci.vote_extensions_enable_height)?;
    }
    if let Some(version) = &mut params.version {
        let mut app = 0;
        set(value, "version", "app", &mut app)?;
        version.app = u64::try_from(app).map_err(|_| wrong("version", "app", &json!(app)))?;
    }
    check_params(&params).map_err(|e| Error::plain(format!("genesis: consensus_params.{e}")))?;
    Ok(params)
}

/// The `consensus_params` of a genesis document.
pub fn to_json(params: &ConsensusParams) -> Value {
    let (block, evidence) = (params.block.unwrap_or_default(), params.evidence.unwrap_or_default());
    let age = evidence.max_age_duration.unwrap_or_default();
    let nanos = Span::from_parts(age.seconds, age.nanos).unwrap_or_default().0;
    json!({
        "block": {"max_bytes": block.max_bytes.to_string(), "max_gas": block.max_gas.to_string()},
        "evidence": {
            "max_age_num_blocks": evidence.max_age_num_blocks.to_string(),
            "max_age_duration": nanos.to_string(),
            "max_bytes": evidence.max_bytes.to_string(),
        },
        "validator": {"pub_key_types": params.validator.clone().unwrap_or_default().pub_key_types},
        "version": {"app": params.version.unwrap_or_default().app.to_string()},
        "abci": {"vote_extensions_enable_height":
            params.abci.unwrap_or_default().vote_extensions_enable_height.to_string()},
    })
}

fn member<'v>(value: &'v Value, group: &str, field: &str) -> Option<&'v Value> {
    value.get(group)?.get(field).filter(|v| !v.is_null())
}

fn set(value: &Value, group: &str, field: &str, to: &mut i64) -> Result<()> {
    let Some(found) = member(value, group, field) else { return Ok(()) };
    let number = found.as_i64().or_else(|| found.as_str()?.parse().ok());
    *to = number.ok_or_else(|| wrong(group, field, found))?;
    Ok(())
}

fn wrong(group: &str, field: &str, found: &Value) -> Error {
    Error::plain(format!("genesis: consensus_params.{group}.{field} is {found}, which is not of the right kind"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_survive_their_json_and_bad_ones_are_named() {
        let mut params = default_params();
        params.block = Some(entente_proto::tendermint::types::BlockParams { max_bytes: 100, max_gas: -1 });
        params.evidence.as_mut().unwrap().max_bytes = 7;
        assert_eq!(from_json(&to_json(&params)).unwrap(), params);
        assert_eq!(from_json(&Value::Null).unwrap(), default_params());
        let text = |v: Value| from_json(&v).unwrap_err().to_string();
        assert!(text(json!({"block": {"max_bytes": "0"}})).contains("consensus_params.block.max_bytes is 0"));
        assert!(text(json!({"block": {"max_gas": "many"}})).contains("consensus_params.block.max_gas"));
        assert!(text(json!({"validator": {"pub_key_types": ["secp256k1"]}})).contains("ed25519"));
    }
}
