//! The methods of the RPC.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entente_kernel::crypto::{ed25519, sha256};
use entente_proto::tendermint::abci::ExecTxResult;
use entente_proto::tendermint::types as comet;
use serde_json::{Map, Value, json};

use super::wire::{Outcome, Params, RpcError};
use super::{Rpc, form, search};
use crate::disk::DiskError;
use crate::engine::{block, to_wire_tx_result};
use crate::genesis::{GenesisDoc, params_json};
use crate::service::COMET_VERSION;

/// Bytes of the genesis document in one piece.
const GENESIS_PIECE_BYTES: usize = 16 * 1024 * 1024;
/// Blocks in one answer of `blockchain`.
const METAS_MAX: i64 = 20;
const PER_PAGE: i64 = 30;
const PER_PAGE_MAX: i64 = 100;
/// How long `broadcast_tx_commit` waits for the block.
const COMMIT_WAIT: Duration = Duration::from_secs(10);

/// How a method is answered.
#[derive(Clone, Copy)]
pub(super) enum Call {
    Answer(fn(&Rpc, &Params) -> Outcome),
    Query,
    BroadcastCommit,
}

/// Method, names of its arguments in order, and what it does.
pub(super) const ALL: &[(&str, &[&str], Call)] = &[
    ("health", &[], Call::Answer(|_, _| Ok(json!({})))),
    ("status", &[], Call::Answer(status)),
    ("net_info", &[], Call::Answer(net_info)),
    ("blockchain", &["minHeight", "maxHeight"], Call::Answer(blockchain)),
    ("genesis", &[], Call::Answer(genesis)),
    ("genesis_chunked", &["chunk"], Call::Answer(genesis_chunked)),
    ("block", &["height"], Call::Answer(block_at)),
    ("block_by_hash", &["hash"], Call::Answer(block_by_hash)),
    ("block_results", &["height"], Call::Answer(block_results)),
    ("commit", &["height"], Call::Answer(commit)),
    ("header", &["height"], Call::Answer(header)),
    ("header_by_hash", &["hash"], Call::Answer(header_by_hash)),
    ("check_tx", &["tx"], Call::Answer(check_tx)),
    ("tx", &["hash", "prove"], Call::Answer(search::tx)),
    ("tx_search", &["query", "prove", "page", "per_page", "order_by"], Call::Answer(search::tx_search)),
    ("block_search", &["query", "page", "per_page", "order_by"], Call::Answer(search::block_search)),
    ("validators", &["height", "page", "per_page"], Call::Answer(validators)),
    ("dump_consensus_state", &[], Call::Answer(dump_consensus_state)),
    ("consensus_state", &[], Call::Answer(consensus_state)),
    ("consensus_params", &["height"], Call::Answer(consensus_params)),
    ("unconfirmed_txs", &["limit"], Call::Answer(unconfirmed_txs)),
    ("num_unconfirmed_txs", &[], Call::Answer(num_unconfirmed_txs)),
    ("broadcast_tx_commit", &["tx"], Call::BroadcastCommit),
    ("broadcast_tx_sync", &["tx"], Call::Answer(broadcast_sync)),
    ("broadcast_tx_async", &["tx"], Call::Answer(broadcast_async)),
    ("abci_query", &["path", "data", "height", "prove"], Call::Query),
    ("abci_info", &[], Call::Answer(abci_info)),
    ("broadcast_evidence", &["evidence"], Call::Answer(broadcast_evidence)),
];

pub(super) fn by_name(method: &str) -> Option<Call> {
    ALL.iter().find(|(name, ..)| *name == method).map(|(.., call)| *call)
}

pub(super) fn names(method: &str) -> &'static [&'static str] {
    ALL.iter().find(|(name, ..)| *name == method).map_or(&[], |(_, names, _)| names)
}

pub(super) fn disk(error: DiskError) -> RpcError {
    RpcError::internal(error)
}

impl Rpc {
    /// The height asked for, or the newest; `above` heights more than there are blocks are known.
    fn height(&self, params: &Params, above: i64) -> Result<i64, RpcError> {
        let (newest, base) = (self.engine.height() + above, self.engine.archive().base());
        match params.int("height")? {
            None => Ok(newest),
            Some(h) if h <= 0 => Err(RpcError::internal(format!("height must be greater than 0, but got {h}"))),
            Some(h) if h > newest => Err(RpcError::internal(format!(
                "height {h} must be less than or equal to the current blockchain height {newest}"
            ))),
            Some(h) if h < base => {
                Err(RpcError::internal(format!("height {h} is not available, lowest height is {base}")))
            }
            Some(h) => Ok(h),
        }
    }

    pub(super) fn block(&self, height: i64) -> Result<comet::Block, RpcError> {
        let found = self.engine.archive().block(height).map_err(disk)?;
        found.ok_or_else(|| RpcError::internal(format!("block {height} is not available")))
    }

    /// `per_page` within its bounds, and the page that is shown of `total` items as first and number.
    pub(super) fn page(params: &Params, total: usize) -> Result<(usize, usize), RpcError> {
        let per_page = params.int("per_page")?.filter(|n| *n >= 1).unwrap_or(PER_PAGE).min(PER_PAGE_MAX);
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        let pages = (total.max(1) - 1) / per_page + 1;
        let page = params.int("page")?.unwrap_or(1);
        if !(1..=pages).contains(&page) {
            return Err(RpcError::internal(format!("page should be within [1, {pages}] range, given {page}")));
        }
        let first = (page - 1) * per_page;
        Ok((
            usize::try_from(first).unwrap_or_default(),
            usize::try_from(per_page.min(total - first)).unwrap_or_default(),
        ))
    }

    /// Waits until the transaction is in a block.
    pub(super) async fn broadcast_commit(self: &Arc<Self>, params: Params) -> Outcome {
        let tx = params.bytes("tx")?.unwrap_or_default();
        let _waits = self.commit_waits.try_turn().map_err(RpcError::server)?;
        let mut news = self.engine.listen();
        let (engine, bytes) = (self.engine.clone(), tx.clone());
        let checked = self.services.submissions.run(move || engine.submit(bytes)).await.map_err(RpcError::server)?;
        let checked =
            to_wire_tx_result(checked.map_err(|e| RpcError::internal(format!("error on broadcastTxCommit: {e}")))?);
        let hash = form::hex(&sha256(&tx));
        let answer = |result: &ExecTxResult, height: i64| json!({ "check_tx": form::check_result(&checked), "tx_result": form::tx_result(result), "hash": hash, "height": height.to_string() });
        if checked.code != 0 {
            return Ok(answer(&ExecTxResult::default(), 0));
        }
        let included = async {
            loop {
                let Ok(made) = news.recv().await else { return None };
                if let Some(place) = made.txs().iter().position(|other| *other == tx) {
                    return made.results.tx_results.get(place).map(|result| answer(result, made.height()));
                }
            }
        };
        match tokio::time::timeout(COMMIT_WAIT, included).await {
            Ok(Some(found)) => Ok(found),
            _ => Err(RpcError::internal("timed out waiting for tx to be included in a block")),
        }
    }

    /// `abci_query`: a store by key with proof, or a gRPC method.
    pub(super) async fn query(self: &Arc<Self>, params: Params) -> Outcome {
        let path = params.text("path")?.unwrap_or_default();
        let data = params.hex("data")?.unwrap_or_default();
        let height = params.int("height")?.unwrap_or_default();
        let answer = self.services.abci_query(&path, data.into(), height, params.flag("prove")?).await;
        Ok(json!({ "response": form::query(&answer) }))
    }
}

fn status(rpc: &Rpc, _: &Params) -> Outcome {
    let standing = rpc.engine.shown().standing;
    let archive = rpc.engine.archive();
    let summary = |height: i64| -> Result<Map<String, Value>, RpcError> {
        let block = archive.block(height).map_err(disk)?;
        let header = block.and_then(|b| b.header);
        let mut shown = Map::new();
        shown.insert(
            "hash".into(),
            json!(header.as_ref().map(|h| form::hex(&block::header_hash(h))).unwrap_or_default()),
        );
        shown.insert("app_hash".into(), json!(header.as_ref().map(|h| form::hex(&h.app_hash)).unwrap_or_default()));
        shown.insert("time".into(), json!(form::time(header.as_ref().and_then(|h| h.time.as_ref()))));
        Ok(shown)
    };
    let key = rpc.engine.own_key();
    let address = ed25519::address(&key);
    let power = standing.validators.by_address(&address).map_or(0, |v| v.power);
    let base = if standing.is_before_first_block() { 0 } else { archive.base() };
    let (latest, earliest) = (summary(standing.height)?, summary(base)?);
    let height = if standing.is_before_first_block() { 0 } else { standing.height };
    Ok(json!({
        "node_info": node_info(rpc),
        "sync_info": {
            "latest_block_hash": latest["hash"],
            "latest_app_hash": latest["app_hash"],
            "latest_block_height": height.to_string(),
            "latest_block_time": latest["time"],
            "earliest_block_hash": earliest["hash"],
            "earliest_app_hash": earliest["app_hash"],
            "earliest_block_height": base.to_string(),
            "earliest_block_time": earliest["time"],
            "catching_up": false,
        },
        "validator_info": {
            "address": form::hex(&address),
            "pub_key": form::ed25519_key(&key),
            "voting_power": power.to_string(),
        },
    }))
}

fn node_info(rpc: &Rpc) -> Value {
    json!({
        "protocol_version": { "p2p": "8", "block": "11", "app": "0" },
        "id": hex::encode(ed25519::address(&rpc.engine.own_key())),
        "listen_addr": "tcp://0.0.0.0:26656",
        "network": rpc.engine.doc().chain_id,
        "version": COMET_VERSION,
        "channels": "40202122233038606100",
        "moniker": rpc.moniker,
        "other": { "tx_index": "on", "rpc_address": format!("tcp://{}", rpc.address) },
    })
}

fn net_info(_: &Rpc, _: &Params) -> Outcome {
    Ok(json!({ "listening": false, "listeners": [], "n_peers": "0", "peers": [] }))
}

fn blockchain(rpc: &Rpc, params: &Params) -> Outcome {
    let (newest, base) = (rpc.engine.height(), rpc.engine.archive().base());
    let (min, max) = (params.int("minHeight")?.unwrap_or_default(), params.int("maxHeight")?.unwrap_or_default());
    if min < 0 || max < 0 {
        return Err(RpcError::internal("heights must be non-negative"));
    }
    let max = if max == 0 { newest } else { max.min(newest) };
    let min = min.max(1).max(base).max(max - METAS_MAX + 1);
    if min > max {
        return Err(RpcError::internal(format!("min height {min} can't be greater than max height {max}")));
    }
    let mut metas = Vec::new();
    for height in (min..=max).rev() {
        let bytes = rpc.engine.archive().block_bytes(height).map_err(disk)?.map_or(0, |b| b.len());
        let found = rpc.block(height)?;
        metas.push(form::block_meta(&block::block_id(&found), &found, bytes));
    }
    Ok(json!({ "last_height": newest.to_string(), "block_metas": metas }))
}

fn whole(rpc: &Rpc) -> Result<Cow<'_, GenesisDoc>, RpcError> {
    let doc = rpc.engine.doc().whole().map_err(|why| RpcError::internal(why.to_string()))?;
    let recorded = rpc.engine.archive().genesis_fingerprint().map_err(disk)?;
    if recorded.is_some_and(|recorded| recorded != doc.fingerprint()[..]) {
        return Err(RpcError::internal("the genesis file was changed since the node started"));
    }
    Ok(doc)
}

/// Takes the text of the genesis document and keeps it in pieces: a large one is in memory once, not as text too.
#[derive(Default)]
struct Pieces {
    done: Vec<String>,
    begun: Vec<u8>,
}

impl Pieces {
    fn end_piece(&mut self) {
        self.done.push(STANDARD.encode(&self.begun));
        self.begun.clear();
    }
}

impl std::io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(GENESIS_PIECE_BYTES - self.begun.len());
        self.begun.extend(bytes.iter().take(taken));
        if self.begun.len() == GENESIS_PIECE_BYTES {
            self.end_piece();
        }
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn pieces(rpc: &Rpc) -> Result<&[String], RpcError> {
    if let Some(pieces) = rpc.genesis.get() {
        return Ok(pieces);
    }
    let mut pieces = Pieces::default();
    whole(rpc)?.write_comet_json(&mut pieces).map_err(|why| RpcError::internal(why.to_string()))?;
    if !pieces.begun.is_empty() {
        pieces.end_piece();
    }
    Ok(rpc.genesis.get_or_init(|| pieces.done))
}

fn genesis(rpc: &Rpc, _: &Params) -> Outcome {
    if pieces(rpc)?.len() > 1 {
        return Err(RpcError::internal("genesis response is large, please use the genesis_chunked API instead"));
    }
    Ok(json!({ "genesis": whole(rpc)?.to_comet_json() }))
}

fn genesis_chunked(rpc: &Rpc, params: &Params) -> Outcome {
    let wanted = params.int("chunk")?.unwrap_or_default();
    let pieces = pieces(rpc)?;
    let piece = usize::try_from(wanted).ok().and_then(|i| pieces.get(i));
    let piece = piece
        .ok_or_else(|| RpcError::internal(format!("there are {} chunks, {wanted} is invalid", pieces.len() - 1)))?;
    Ok(json!({ "chunk": wanted.to_string(), "total": pieces.len().to_string(), "data": piece }))
}

fn block_at(rpc: &Rpc, params: &Params) -> Outcome {
    let found = rpc.block(rpc.height(params, 0)?)?;
    Ok(json!({ "block_id": form::block_id(&block::block_id(&found)), "block": form::block(&found) }))
}

fn block_by_hash(rpc: &Rpc, params: &Params) -> Outcome {
    let hash = params.bytes("hash")?.unwrap_or_default();
    match rpc.engine.archive().height_of_block(&hash).map_err(disk)? {
        None => Ok(json!({ "block_id": form::block_id(&comet::BlockId::default()), "block": null })),
        Some(height) => {
            let found = rpc.block(height)?;
            Ok(json!({ "block_id": form::block_id(&block::block_id(&found)), "block": form::block(&found) }))
        }
    }
}

fn block_results(rpc: &Rpc, params: &Params) -> Outcome {
    let height = rpc.height(params, 0)?;
    let results = rpc.engine.archive().results(height).map_err(disk)?;
    let results = results.ok_or_else(|| RpcError::internal(format!("could not find results for height #{height}")))?;
    Ok(form::block_results(height, &results))
}

fn header(rpc: &Rpc, params: &Params) -> Outcome {
    let found = rpc.block(rpc.height(params, 0)?)?;
    Ok(json!({ "header": found.header.as_ref().map(form::header) }))
}

fn header_by_hash(rpc: &Rpc, params: &Params) -> Outcome {
    let hash = params.hex("hash")?.unwrap_or_default();
    let header = match rpc.engine.archive().height_of_block(&hash).map_err(disk)? {
        None => None,
        Some(height) => rpc.block(height)?.header,
    };
    Ok(json!({ "header": header.as_ref().map(form::header) }))
}

fn commit(rpc: &Rpc, params: &Params) -> Outcome {
    // Both of one moment: the newest commit belongs to the newest height.
    let shown = rpc.engine.shown();
    let height = match params.int("height")? {
        None => shown.standing.height,
        Some(_) => rpc.height(params, 0)?,
    };
    let header = rpc.block(height)?.header;
    let next = rpc.engine.archive().block(height + 1).map_err(disk)?;
    let (commit, canonical) = match next.and_then(|next| next.last_commit) {
        Some(commit) if height != shown.standing.height => (commit, true),
        _ if shown.seen.height == height => ((*shown.seen).clone(), false),
        Some(commit) => (commit, true),
        None => return Err(RpcError::internal(format!("the commit of height {height} is not available"))),
    };
    Ok(json!({
        "signed_header": { "header": header.as_ref().map(form::header), "commit": form::commit(&commit) },
        "canonical": canonical,
    }))
}

fn validators(rpc: &Rpc, params: &Params) -> Outcome {
    let height = rpc.height(params, 1)?;
    let set = rpc.engine.archive().validators(height).map_err(disk)?;
    let set = set.ok_or_else(|| RpcError::internal(format!("could not find validator set for height #{height}")))?;
    let total = set.validators().len();
    let (first, count) = Rpc::page(params, total)?;
    let shown: Vec<Value> = set.validators().iter().skip(first).take(count).map(form::validator).collect();
    Ok(json!({
        "block_height": height.to_string(),
        "validators": shown,
        "count": shown.len().to_string(),
        "total": total.to_string(),
    }))
}

fn consensus_params(rpc: &Rpc, params: &Params) -> Outcome {
    let height = rpc.height(params, 1)?;
    let found = rpc.engine.archive().params(height).map_err(disk)?;
    let found =
        found.ok_or_else(|| RpcError::internal(format!("could not find consensus params for height #{height}")))?;
    Ok(json!({ "block_height": height.to_string(), "consensus_params": params_json(&found) }))
}

fn round_state(rpc: &Rpc) -> Value {
    let shown = rpc.engine.shown();
    let (index, proposer) = shown.standing.validators.proposer().map_or((0, String::new()), |p| {
        let index = shown.standing.validators.validators().iter().position(|v| v.address == p.address);
        (index.unwrap_or_default(), form::hex(&p.address))
    });
    json!({
        "height/round/step": format!("{}/0/1", shown.standing.height + 1),
        "start_time": shown.standing.time.to_string(),
        "proposal_block_hash": "",
        "locked_block_hash": "",
        "valid_block_hash": "",
        "height_vote_set": [],
        "proposer": { "address": proposer, "index": index },
    })
}

fn consensus_state(rpc: &Rpc, _: &Params) -> Outcome {
    Ok(json!({ "round_state": round_state(rpc) }))
}

fn dump_consensus_state(rpc: &Rpc, _: &Params) -> Outcome {
    let standing = rpc.engine.shown().standing;
    let validators: Vec<Value> = standing.validators.validators().iter().map(form::validator).collect();
    Ok(json!({
        "round_state": {
            "height": (standing.height + 1).to_string(),
            "round": 0,
            "step": 1,
            "start_time": standing.time.to_string(),
            "validators": { "validators": validators, "proposer": standing.validators.proposer().map(form::validator) },
        },
        "peers": [],
    }))
}

fn unconfirmed_txs(rpc: &Rpc, params: &Params) -> Outcome {
    let limit = params.int("limit")?.filter(|n| *n >= 1).unwrap_or(PER_PAGE).min(PER_PAGE_MAX);
    let (txs, total, bytes) = rpc.engine.waiting(usize::try_from(limit).unwrap_or_default());
    let shown: Vec<String> = txs.iter().map(|tx| form::base64(tx)).collect();
    Ok(
        json!({ "n_txs": shown.len().to_string(), "total": total.to_string(), "total_bytes": bytes.to_string(), "txs": shown }),
    )
}

fn num_unconfirmed_txs(rpc: &Rpc, _: &Params) -> Outcome {
    let (_, total, bytes) = rpc.engine.waiting(0);
    Ok(json!({ "n_txs": total.to_string(), "total": total.to_string(), "total_bytes": bytes.to_string(), "txs": null }))
}

fn check_tx(rpc: &Rpc, params: &Params) -> Outcome {
    let tx = params.bytes("tx")?.unwrap_or_default();
    let result = rpc.engine.check(&tx).map_err(RpcError::internal)?;
    Ok(form::check_result(&to_wire_tx_result(result)))
}

fn broadcast_sync(rpc: &Rpc, params: &Params) -> Outcome {
    let tx = params.bytes("tx")?.unwrap_or_default();
    let hash = form::hex(&sha256(&tx));
    let result = rpc.engine.submit(tx).map_err(RpcError::internal)?;
    Ok(json!({
        "code": result.code,
        "data": form::hex(&result.data),
        "log": result.log,
        "codespace": result.codespace,
        "hash": hash,
    }))
}

fn broadcast_async(rpc: &Rpc, params: &Params) -> Outcome {
    let tx = params.bytes("tx")?.unwrap_or_default();
    let hash = form::hex(&sha256(&tx));
    rpc.engine.submit(tx).map_err(RpcError::internal)?;
    Ok(json!({ "code": 0, "data": "", "log": "", "codespace": "", "hash": hash }))
}

fn abci_info(rpc: &Rpc, _: &Params) -> Outcome {
    let standing = rpc.engine.shown().standing;
    Ok(json!({ "response": {
        "data": "entente",
        "version": env!("CARGO_PKG_VERSION"),
        "last_block_height": standing.height.to_string(),
        "last_block_app_hash": form::base64(&standing.app_hash),
    } }))
}

fn broadcast_evidence(_: &Rpc, _: &Params) -> Outcome {
    Err(RpcError::internal(
        "this node makes its blocks alone and takes no evidence; a CometBFT node of the same chain does",
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn pieces_of_a_text_are_full_but_the_last_and_give_it_back() {
        let text: Vec<u8> = (0..GENESIS_PIECE_BYTES + 5).map(|n| (n % 251) as u8).collect();
        let mut pieces = Pieces::default();
        for part in text.chunks(7_000_001) {
            pieces.write_all(part).unwrap();
        }
        pieces.end_piece();
        let back: Vec<Vec<u8>> = pieces.done.iter().map(|piece| STANDARD.decode(piece).unwrap()).collect();
        assert_eq!(back.iter().map(Vec::len).collect::<Vec<_>>(), [GENESIS_PIECE_BYTES, 5]);
        assert!(back.concat() == text);
    }
}
