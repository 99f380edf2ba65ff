//! Blocks out of the JSON of CometBFT's RPC.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::Timestamp;
use entente_proto::tendermint::types as wire;
use entente_proto::tendermint::version::Consensus;
use serde_json::Value;

use crate::engine::block::to_wire_time;

type Outcome<T> = Result<T, String>;

/// Reads a block. Evidence is left out: whoever wants it asks CometBFT itself.
///
/// # Errors
/// Names the member that is not understood.
pub(super) fn block(value: &Value) -> Outcome<wire::Block> {
    let txs = match value.pointer("/data/txs") {
        Some(Value::Array(txs)) => txs.iter().map(|tx| base64(tx, "data.txs")).collect::<Outcome<_>>()?,
        _ => Vec::new(),
    };
    Ok(wire::Block {
        header: Some(header(member(value, "header")?)?),
        data: Some(wire::Data { txs }),
        evidence: Some(wire::EvidenceList::default()),
        last_commit: value.get("last_commit").filter(|c| !c.is_null()).map(commit).transpose()?,
    })
}

fn header(value: &Value) -> Outcome<wire::Header> {
    let version = |name: &str| value.pointer(&format!("/version/{name}")).and_then(number).unwrap_or_default();
    Ok(wire::Header {
        version: Some(Consensus { block: version("block").unsigned_abs(), app: version("app").unsigned_abs() }),
        chain_id: text(value, "chain_id")?,
        height: int(value, "height")?,
        time: time(value, "time")?,
        last_block_id: Some(block_id(member(value, "last_block_id")?)?),
        last_commit_hash: hex(value, "last_commit_hash")?,
        data_hash: hex(value, "data_hash")?,
        validators_hash: hex(value, "validators_hash")?,
        next_validators_hash: hex(value, "next_validators_hash")?,
        consensus_hash: hex(value, "consensus_hash")?,
        app_hash: hex(value, "app_hash")?,
        last_results_hash: hex(value, "last_results_hash")?,
        evidence_hash: hex(value, "evidence_hash")?,
        proposer_address: hex(value, "proposer_address")?,
    })
}

fn block_id(value: &Value) -> Outcome<wire::BlockId> {
    let parts = member(value, "parts")?;
    let total = int(parts, "total")?.try_into().map_err(|_| "parts.total".to_owned())?;
    Ok(wire::BlockId {
        hash: hex(value, "hash")?,
        part_set_header: Some(wire::PartSetHeader { total, hash: hex(parts, "hash")? }),
    })
}

fn commit(value: &Value) -> Outcome<wire::Commit> {
    let signatures = value.get("signatures").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let signature = |value: &Value| {
        Ok(wire::CommitSig {
            block_id_flag: int(value, "block_id_flag")?.try_into().map_err(|_| "block_id_flag".to_owned())?,
            validator_address: hex(value, "validator_address")?,
            timestamp: time(value, "timestamp")?,
            signature: match value.get("signature") {
                None | Some(Value::Null) => Vec::new(),
                Some(found) => base64(found, "signature")?,
            },
        })
    };
    Ok(wire::Commit {
        height: int(value, "height")?,
        round: int(value, "round")?.try_into().map_err(|_| "round".to_owned())?,
        block_id: Some(block_id(member(value, "block_id")?)?),
        signatures: signatures.iter().map(signature).collect::<Outcome<_>>()?,
    })
}

fn member<'v>(value: &'v Value, name: &str) -> Outcome<&'v Value> {
    value.get(name).ok_or_else(|| format!("{name} is missing"))
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn int(value: &Value, name: &str) -> Outcome<i64> {
    number(member(value, name)?).ok_or_else(|| format!("{name} is not a number"))
}

fn text(value: &Value, name: &str) -> Outcome<String> {
    member(value, name)?.as_str().map(str::to_owned).ok_or_else(|| format!("{name} is not a text"))
}

fn hex(value: &Value, name: &str) -> Outcome<Vec<u8>> {
    hex::decode(text(value, name)?).map_err(|_| format!("{name} is not hex"))
}

fn base64(value: &Value, name: &str) -> Outcome<Vec<u8>> {
    let decoded = value.as_str().and_then(|text| STANDARD.decode(text).ok());
    decoded.ok_or_else(|| format!("{name} is not base64"))
}

fn time(value: &Value, name: &str) -> Outcome<Option<prost_types::Timestamp>> {
    let time: Timestamp = text(value, name)?.parse().map_err(|e| format!("{name}: {e}"))?;
    Ok(Some(to_wire_time(time)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rpc::form;

    #[test]
    fn a_block_survives_the_rpc() {
        let id = |byte: u8| wire::BlockId {
            hash: vec![byte; 32],
            part_set_header: Some(wire::PartSetHeader { total: 1, hash: vec![byte; 32] }),
        };
        let at = |secs: i64| Some(to_wire_time(Timestamp::from_secs(secs)));
        let block = wire::Block {
            header: Some(wire::Header {
                version: Some(Consensus { block: 11, app: 2 }),
                chain_id: "a-1".to_owned(),
                height: 7,
                time: at(1_800_000_000),
                last_block_id: Some(id(1)),
                app_hash: vec![9; 32],
                proposer_address: vec![3; 20],
                ..wire::Header::default()
            }),
            data: Some(wire::Data { txs: vec![vec![1, 2, 3]] }),
            evidence: Some(wire::EvidenceList::default()),
            last_commit: Some(wire::Commit {
                height: 6,
                round: 1,
                block_id: Some(id(1)),
                signatures: vec![wire::CommitSig {
                    block_id_flag: 2,
                    validator_address: vec![3; 20],
                    timestamp: at(1_800_000_001),
                    signature: vec![8; 64],
                }],
            }),
        };
        assert_eq!(super::block(&form::block(&block)), Ok(block));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(super::block(&json!({})), Err("header is missing".to_owned()));
        let wrong = json!({ "header": { "chain_id": "a", "height": "x" } });
        assert_eq!(super::block(&wrong), Err("height is not a number".to_owned()));
    }
}
