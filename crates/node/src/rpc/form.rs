//! CometBFT's types as its RPC prints them: 64-bit numbers as text, hashes in upper-case hex, bytes in base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::crypto::merkle;
use entente_proto::tendermint::abci::{Event, ExecTxResult, ResponseFinalizeBlock, ResponseQuery, ValidatorUpdate};
use entente_proto::tendermint::crypto::{ProofOp, public_key::Sum};
use entente_proto::tendermint::types as wire;
use serde_json::{Map, Value, json};

use crate::engine::block::from_wire_time;
use crate::engine::validators::Validator;
use crate::genesis::params_json;

pub fn hex(bytes: &[u8]) -> String {
    hex::encode_upper(bytes)
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64, or null for no bytes.
pub fn base64_or_null(bytes: &[u8]) -> Value {
    if bytes.is_empty() { Value::Null } else { json!(base64(bytes)) }
}

pub fn time(time: Option<&prost_types::Timestamp>) -> String {
    from_wire_time(time).to_string()
}

pub fn block_id(id: &wire::BlockId) -> Value {
    let parts = id.part_set_header.clone().unwrap_or_default();
    json!({ "hash": hex(&id.hash), "parts": { "total": parts.total, "hash": hex(&parts.hash) } })
}

pub fn header(h: &wire::Header) -> Value {
    let version = h.version.unwrap_or_default();
    let mut shown = Map::new();
    shown.insert("block".into(), json!(version.block.to_string()));
    if version.app != 0 {
        shown.insert("app".into(), json!(version.app.to_string()));
    }
    json!({
        "version": shown,
        "chain_id": h.chain_id,
        "height": h.height.to_string(),
        "time": time(h.time.as_ref()),
        "last_block_id": block_id(&h.last_block_id.clone().unwrap_or_default()),
        "last_commit_hash": hex(&h.last_commit_hash),
        "data_hash": hex(&h.data_hash),
        "validators_hash": hex(&h.validators_hash),
        "next_validators_hash": hex(&h.next_validators_hash),
        "consensus_hash": hex(&h.consensus_hash),
        "app_hash": hex(&h.app_hash),
        "last_results_hash": hex(&h.last_results_hash),
        "evidence_hash": hex(&h.evidence_hash),
        "proposer_address": hex(&h.proposer_address),
    })
}

pub fn commit(c: &wire::Commit) -> Value {
    let signature = |s: &wire::CommitSig| {
        json!({
            "block_id_flag": s.block_id_flag,
            "validator_address": hex(&s.validator_address),
            "timestamp": time(s.timestamp.as_ref()),
            "signature": base64_or_null(&s.signature),
        })
    };
    json!({
        "height": c.height.to_string(),
        "round": c.round,
        "block_id": block_id(&c.block_id.clone().unwrap_or_default()),
        "signatures": c.signatures.iter().map(signature).collect::<Vec<_>>(),
    })
}

pub fn block(b: &wire::Block) -> Value {
    let txs = b.data.iter().flat_map(|data| &data.txs).map(|tx| base64(tx));
    json!({
        "header": header(&b.header.clone().unwrap_or_default()),
        "data": { "txs": txs.collect::<Vec<_>>() },
        "evidence": { "evidence": b.evidence.iter().flat_map(|list| &list.evidence).map(evidence).collect::<Vec<_>>() },
        "last_commit": commit(&b.last_commit.clone().unwrap_or_default()),
    })
}

/// A proof of misbehaviour; those of attacks on light clients are made by nobody here.
fn evidence(e: &wire::Evidence) -> Value {
    let Some(wire::evidence::Sum::DuplicateVoteEvidence(proof)) = &e.sum else { return Value::Null };
    let vote = |v: &wire::Vote| {
        json!({
            "type": v.r#type,
            "height": v.height.to_string(),
            "round": v.round,
            "block_id": block_id(&v.block_id.clone().unwrap_or_default()),
            "timestamp": time(v.timestamp.as_ref()),
            "validator_address": hex(&v.validator_address),
            "validator_index": v.validator_index,
            "signature": base64_or_null(&v.signature),
            "extension": base64_or_null(&v.extension),
            "extension_signature": base64_or_null(&v.extension_signature),
        })
    };
    json!({
        "type": "tendermint/DuplicateVoteEvidence",
        "value": {
            "vote_a": proof.vote_a.as_ref().map(vote),
            "vote_b": proof.vote_b.as_ref().map(vote),
            "total_voting_power": proof.total_voting_power.to_string(),
            "validator_power": proof.validator_power.to_string(),
            "timestamp": time(proof.timestamp.as_ref()),
        },
    })
}

pub fn block_meta(id: &wire::BlockId, b: &wire::Block, bytes: usize) -> Value {
    json!({
        "block_id": block_id(id),
        "block_size": bytes.to_string(),
        "header": header(&b.header.clone().unwrap_or_default()),
        "num_txs": b.data.as_ref().map_or(0, |data| data.txs.len()).to_string(),
    })
}

pub fn ed25519_key(key: &[u8]) -> Value {
    json!({ "type": "tendermint/PubKeyEd25519", "value": base64(key) })
}

pub fn validator(v: &Validator) -> Value {
    json!({
        "address": hex(&v.address),
        "pub_key": ed25519_key(&v.pub_key),
        "voting_power": v.power.to_string(),
        "proposer_priority": v.priority.to_string(),
    })
}

pub fn events(events: &[Event]) -> Value {
    let attribute = |a: &entente_proto::tendermint::abci::EventAttribute| json!({ "key": a.key, "value": a.value, "index": a.index });
    let event =
        |e: &Event| json!({ "type": e.r#type, "attributes": e.attributes.iter().map(attribute).collect::<Vec<_>>() });
    events.iter().map(event).collect()
}

pub fn tx_result(r: &ExecTxResult) -> Value {
    json!({
        "code": r.code,
        "data": base64_or_null(&r.data),
        "log": r.log,
        "info": r.info,
        "gas_wanted": r.gas_wanted.to_string(),
        "gas_used": r.gas_used.to_string(),
        "events": events(&r.events),
        "codespace": r.codespace,
    })
}

/// What a check found. As upstream, the events of what was only checked are not shown, and no data are empty data.
pub fn check_result(r: &ExecTxResult) -> Value {
    let mut shown = tx_result(&ExecTxResult { events: Vec::new(), ..r.clone() });
    if let Some(data) = shown.get_mut("data").filter(|_| r.code == 0) {
        *data = json!(base64(&r.data));
    }
    shown
}

fn validator_updates(updates: &[ValidatorUpdate]) -> Value {
    if updates.is_empty() {
        return Value::Null;
    }
    let update = |u: &ValidatorUpdate| {
        let key = match u.pub_key.as_ref().and_then(|key| key.sum.as_ref()) {
            Some(Sum::Ed25519(key)) => {
                json!({ "type": "tendermint.crypto.PublicKey_Ed25519", "value": { "ed25519": base64(key) } })
            }
            Some(Sum::Secp256k1(key)) => {
                json!({ "type": "tendermint.crypto.PublicKey_Secp256K1", "value": { "secp256k1": base64(key) } })
            }
            None => Value::Null,
        };
        json!({ "pub_key": { "Sum": key }, "power": u.power.to_string() })
    };
    updates.iter().map(update).collect()
}

/// The answer of `block_results`.
pub fn block_results(height: i64, r: &ResponseFinalizeBlock) -> Value {
    let txs: Vec<Value> = r.tx_results.iter().map(tx_result).collect();
    json!({
        "height": height.to_string(),
        "txs_results": if txs.is_empty() { Value::Null } else { Value::Array(txs) },
        "finalize_block_events": events(&r.events),
        "validator_updates": validator_updates(&r.validator_updates),
        "consensus_param_updates": r.consensus_param_updates.as_ref().map(params_json),
        "app_hash": base64(&r.app_hash),
    })
}

/// What a `NewBlock` event says of the execution.
pub fn finalize_block(r: &ResponseFinalizeBlock) -> Value {
    json!({
        "events": events(&r.events),
        "tx_results": r.tx_results.iter().map(tx_result).collect::<Vec<_>>(),
        "validator_updates": validator_updates(&r.validator_updates),
        "consensus_param_updates": r.consensus_param_updates.as_ref().map(params_json),
        "app_hash": base64(&r.app_hash),
    })
}

/// A transaction in a block, with the proof that it is there if asked for.
pub fn tx(height: i64, place: u32, tx: &[u8], result: &ExecTxResult, proof: Option<Value>) -> Value {
    let mut shown = Map::new();
    shown.insert("hash".into(), json!(hex(&entente_kernel::crypto::sha256(tx))));
    shown.insert("height".into(), json!(height.to_string()));
    shown.insert("index".into(), json!(place));
    shown.insert("tx_result".into(), tx_result(result));
    shown.insert("tx".into(), json!(base64(tx)));
    if let Some(proof) = proof {
        shown.insert("proof".into(), proof);
    }
    Value::Object(shown)
}

/// The proof that the transaction at `place` belongs to a block.
pub fn tx_proof(txs: &[Vec<u8>], place: usize) -> Option<Value> {
    let hashes: Vec<_> = txs.iter().map(|tx| entente_kernel::crypto::sha256(tx)).collect();
    let (root, proofs) = merkle::proofs(&hashes);
    let proof = proofs.get(place)?;
    Some(json!({
        "root_hash": hex(&root),
        "data": base64(txs.get(place)?),
        "proof": {
            "total": proof.total.to_string(),
            "index": proof.index.to_string(),
            "leaf_hash": base64(&proof.leaf_hash),
            "aunts": proof.aunts.iter().map(|aunt| base64(aunt)).collect::<Vec<_>>(),
        },
    }))
}

pub fn query(r: &ResponseQuery) -> Value {
    let op = |op: &ProofOp| json!({ "type": op.r#type, "key": base64(&op.key), "data": base64(&op.data) });
    let proof = r.proof_ops.as_ref().map(|ops| json!({ "ops": ops.ops.iter().map(op).collect::<Vec<_>>() }));
    json!({
        "code": r.code,
        "log": r.log,
        "info": r.info,
        "index": r.index.to_string(),
        "key": base64_or_null(&r.key),
        "value": base64_or_null(&r.value),
        "proofOps": proof,
        "height": r.height.to_string(),
        "codespace": r.codespace,
    })
}
