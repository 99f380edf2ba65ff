//! The CometBFT that decides this node's blocks, asked over its RPC: for blocks, for where it stands, and to pass transactions on.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_chain::TxResult;
use entente_proto::tendermint::types::Block;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::parse;
use crate::engine::mempool::MempoolError;

/// How long a connection and an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer in bytes: a full block in base64.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Blocks that were asked for lately.
const BLOCKS_KEPT: usize = 64;

/// Why CometBFT has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CompanionError {
    #[error("CometBFT does not answer at {place}: {why}")]
    Silent { place: String, why: String },
    #[error("CometBFT refuses: {0}")]
    Refused(String),
    #[error("CometBFT's answer is not understood: {0}")]
    Strange(String),
}

/// A handle on CometBFT's RPC; clones share what was learnt.
#[derive(Clone)]
pub struct Companion(Arc<Inner>);

struct Inner {
    place: String,
    blocks: Mutex<Vec<(i64, Block)>>,
}

/// Where CometBFT stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub node_id: String,
    pub version: String,
    pub moniker: String,
    pub listen_address: String,
    pub height: i64,
    /// In the header of that height: of the state before it.
    pub app_hash: String,
    pub catching_up: bool,
}

impl Companion {
    /// `place` is an address such as `127.0.0.1:26657`.
    pub fn new(place: impl Into<String>) -> Self {
        Self(Arc::new(Inner { place: place.into(), blocks: Mutex::default() }))
    }

    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// # Errors
    /// CometBFT is silent or refuses.
    pub fn call(&self, method: &str, params: Value) -> Result<Value, CompanionError> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let silent = |why: std::io::Error| CompanionError::Silent { place: self.0.place.clone(), why: why.to_string() };
        let text = post(&self.0.place, &body).map_err(silent)?;
        let answer: Value =
            serde_json::from_slice(body_of(&text)).map_err(|e| CompanionError::Strange(e.to_string()))?;
        if let Some(error) = answer.get("error") {
            let say = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (data, message) = (say("data"), say("message"));
            return Err(CompanionError::Refused(if data.is_empty() { message } else { data }));
        }
        answer.get("result").cloned().ok_or_else(|| CompanionError::Strange("there is no result".to_owned()))
    }

    /// # Errors
    /// CometBFT is silent.
    pub fn status(&self) -> Result<Status, CompanionError> {
        let answer = self.call("status", json!({}))?;
        let text = |path: &str| answer.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Status {
            node_id: text("/node_info/id"),
            version: text("/node_info/version"),
            moniker: text("/node_info/moniker"),
            listen_address: text("/node_info/listen_addr"),
            height: text("/sync_info/latest_block_height").parse().unwrap_or_default(),
            app_hash: text("/sync_info/latest_app_hash"),
            catching_up: answer.pointer("/sync_info/catching_up").and_then(Value::as_bool).unwrap_or_default(),
        })
    }

    /// The block of a height, if CometBFT has it.
    ///
    /// # Errors
    /// CometBFT is silent.
    pub fn block(&self, height: i64) -> Result<Option<Block>, CompanionError> {
        if let Some((_, block)) = self.0.blocks.lock().iter().find(|(h, _)| *h == height) {
            return Ok(Some(block.clone()));
        }
        let answer = match self.call("block", json!({ "height": height.to_string() })) {
            Err(CompanionError::Refused(_)) => return Ok(None),
            other => other?,
        };
        let Some(block) = answer.get("block").filter(|block| !block.is_null()) else { return Ok(None) };
        let block = parse::block(block).map_err(CompanionError::Strange)?;
        let mut kept = self.0.blocks.lock();
        if kept.len() >= BLOCKS_KEPT {
            kept.remove(0);
        }
        kept.push((height, block.clone()));
        Ok(Some(block))
    }

    /// Passes a transaction on to CometBFT's mempool, which has it checked by us.
    ///
    /// # Errors
    /// CometBFT is silent, or has no room, or knows the transaction.
    pub fn submit(&self, tx: &[u8]) -> Result<Result<TxResult, MempoolError>, CompanionError> {
        let answer = match self.call("broadcast_tx_sync", json!({ "tx": STANDARD.encode(tx) })) {
            Err(CompanionError::Refused(why)) if why.contains("tx already exists in cache") => {
                return Ok(Err(MempoolError::Known));
            }
            Err(CompanionError::Refused(why)) if why.contains("mempool is full") => {
                return Ok(Err(MempoolError::Full { txs: 0, bytes: 0 }));
            }
            Err(CompanionError::Refused(why)) if why.to_lowercase().contains("tx too large") => {
                return Ok(Err(MempoolError::TooLarge(tx.len())));
            }
            other => other?,
        };
        let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Ok(TxResult {
            code: answer.get("code").and_then(Value::as_u64).and_then(|c| c.try_into().ok()).unwrap_or_default(),
            codespace: text("codespace"),
            log: text("log"),
            data: hex::decode(text("data")).unwrap_or_default(),
            ..TxResult::default()
        }))
    }
}

/// One question, one answer, one connection: HTTP/1.0 has no chunks.
fn post(place: &str, body: &str) -> std::io::Result<Vec<u8>> {
    let head = format!(
        "POST / HTTP/1.0\r\nHost: {place}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(place, &[head.as_bytes(), body.as_bytes()].concat())
}

/// The body of a page.
///
/// # Errors
/// Nobody answers.
pub fn fetch(place: &str, path: &str) -> std::io::Result<Vec<u8>> {
    let answer = exchange(place, format!("GET {path} HTTP/1.0\r\nHost: {place}\r\n\r\n").as_bytes())?;
    Ok(body_of(&answer).to_vec())
}

fn body_of(answer: &[u8]) -> &[u8] {
    let start = answer.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at.saturating_add(4));
    start.and_then(|at| answer.get(at..)).unwrap_or_default()
}

fn exchange(place: &str, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let address = place.to_socket_addrs()?.next().ok_or(std::io::ErrorKind::AddrNotAvailable)?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    stream.write_all(question)?;
    let mut text = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut text)?;
    Ok(text)
}
