//! `cosmos.tx.v1beta1.Service`: simulating, sending and finding transactions.

use entente_kernel::crypto::sha256;
use entente_kernel::error::sdk;
use entente_kernel::{Code, Timestamp};
use entente_proto::cosmos::base::abci::v1beta1 as abci;
use entente_proto::cosmos::base::query::v1beta1::PageResponse;
use entente_proto::cosmos::tx::v1beta1 as wire;
use entente_proto::tendermint::abci::ExecTxResult;
use entente_proto::tendermint::types::Block;
use prost::Message as _;
use prost_types::Any;

use super::{Services, decoded, disk, status};
use crate::api::Status;
use crate::engine::filter::Filter;
use crate::engine::mempool::MempoolError;
use crate::engine::{SubmitError, block, index, to_wire_events};

/// Items of a page if nothing is asked.
const PAGE: u64 = 100;

pub(super) fn answer(services: &Services, method: &str, request: &[u8]) -> Result<Vec<u8>, Status> {
    Ok(match method {
        "Simulate" => simulate(services, decoded(request)?)?.encode_to_vec(),
        "GetTx" => one(services, &decoded(request)?)?.encode_to_vec(),
        "BroadcastTx" => broadcast(services, decoded(request)?)?.encode_to_vec(),
        "GetTxsEvent" => by_events(services, &decoded(request)?)?.encode_to_vec(),
        "GetBlockWithTxs" => block_with_txs(services, decoded(request)?)?.encode_to_vec(),
        "TxDecode" => {
            let request: wire::TxDecodeRequest = decoded(request)?;
            wire::TxDecodeResponse { tx: Some(tx(&request.tx_bytes)?) }.encode_to_vec()
        }
        "TxEncode" => {
            let request: wire::TxEncodeRequest = decoded(request)?;
            let tx = request.tx.ok_or_else(|| Status::invalid_argument("invalid empty tx"))?;
            wire::TxEncodeResponse { tx_bytes: tx.encode_to_vec() }.encode_to_vec()
        }
        unknown => return Err(Status::new(Status::UNIMPLEMENTED, format!("{unknown} is not offered by this node"))),
    })
}

fn tx(bytes: &[u8]) -> Result<wire::Tx, Status> {
    if bytes.is_empty() {
        return Err(Status::invalid_argument("invalid empty tx bytes"));
    }
    wire::Tx::decode(bytes).map_err(|e| Status::invalid_argument(format!("{e}: tx parse error")))
}

#[allow(deprecated)]
fn simulate(services: &Services, request: wire::SimulateRequest) -> Result<wire::SimulateResponse, Status> {
    let bytes = match request.tx {
        Some(tx) if request.tx_bytes.is_empty() => tx.encode_to_vec(),
        _ => request.tx_bytes,
    };
    if bytes.is_empty() {
        return Err(Status::invalid_argument("empty txBytes is not allowed"));
    }
    let result = services.engine.begun().and_then(|begun| begun.simulate(&bytes)).map_err(status)?;
    if result.code != 0 {
        return Err(Status::new(Status::UNKNOWN, format!("{} with gas used: '{}'", result.log, result.gas_used)));
    }
    let data = abci::TxMsgData::decode(result.data.as_slice()).unwrap_or_default();
    let unsigned = |n: i64| u64::try_from(n).unwrap_or_default();
    Ok(wire::SimulateResponse {
        gas_info: Some(abci::GasInfo { gas_wanted: unsigned(result.gas_wanted), gas_used: unsigned(result.gas_used) }),
        result: Some(abci::Result {
            data: result.data,
            log: result.log,
            events: to_wire_events(result.events),
            msg_responses: data.msg_responses,
        }),
    })
}

fn broadcast(services: &Services, request: wire::BroadcastTxRequest) -> Result<wire::BroadcastTxResponse, Status> {
    use wire::BroadcastMode;
    if request.tx_bytes.is_empty() {
        return Err(Status::invalid_argument("invalid empty tx"));
    }
    if !matches!(request.mode(), BroadcastMode::Sync | BroadcastMode::Async) {
        return Err(Status::invalid_argument(
            "unsupported broadcast mode; BROADCAST_MODE_SYNC and BROADCAST_MODE_ASYNC are supported",
        ));
    }
    let txhash = hex::encode_upper(sha256(&request.tx_bytes));
    let plain = |code: Code| abci::TxResponse {
        code: code.code,
        codespace: code.codespace.to_owned(),
        txhash: txhash.clone(),
        ..abci::TxResponse::default()
    };
    let tx_response = match services.engine.submit(request.tx_bytes) {
        Ok(result) => abci::TxResponse {
            code: result.code,
            codespace: result.codespace,
            data: hex::encode_upper(result.data),
            raw_log: result.log,
            txhash,
            ..abci::TxResponse::default()
        },
        Err(SubmitError::Mempool(MempoolError::Known)) => plain(sdk::TX_IN_MEMPOOL_CACHE),
        Err(SubmitError::Mempool(MempoolError::Full { .. } | MempoolError::SenderFull)) => plain(sdk::MEMPOOL_IS_FULL),
        Err(SubmitError::Mempool(MempoolError::TooLarge(_))) => plain(sdk::TX_TOO_LARGE),
        Err(trouble @ (SubmitError::Halted(_) | SubmitError::Companion(_))) => {
            return Err(Status::internal(trouble.to_string()));
        }
    };
    Ok(wire::BroadcastTxResponse { tx_response: Some(tx_response) })
}

fn block_at(services: &Services, height: i64) -> Result<Block, Status> {
    let found = services.engine.archive().block(height).map_err(disk)?;
    found.ok_or_else(|| Status::new(Status::NOT_FOUND, format!("block {height} is not available")))
}

/// A transaction with its response.
fn found(services: &Services, (height, place): (i64, u32)) -> Result<(wire::Tx, abci::TxResponse), Status> {
    let block = block_at(services, height)?;
    let results = services.engine.archive().results(height).map_err(disk)?.unwrap_or_default();
    let index = usize::try_from(place).unwrap_or(usize::MAX);
    let bytes = block.data.as_ref().and_then(|data| data.txs.get(index));
    let (Some(bytes), Some(result)) = (bytes, results.tx_results.get(index)) else {
        return Err(Status::internal(format!("transaction {place} of block {height} is not available")));
    };
    let time = block::from_wire_time(block.header.as_ref().and_then(|h| h.time.as_ref()));
    Ok((wire::Tx::decode(bytes.as_slice()).unwrap_or_default(), response(height, time, bytes, result)))
}

fn response(height: i64, time: Timestamp, bytes: &[u8], result: &ExecTxResult) -> abci::TxResponse {
    abci::TxResponse {
        height,
        txhash: hex::encode_upper(sha256(bytes)),
        codespace: result.codespace.clone(),
        code: result.code,
        data: hex::encode_upper(&result.data),
        raw_log: result.log.clone(),
        logs: Vec::new(),
        info: result.info.clone(),
        gas_wanted: result.gas_wanted,
        gas_used: result.gas_used,
        tx: Some(Any { type_url: "/cosmos.tx.v1beta1.Tx".to_owned(), value: bytes.to_vec() }),
        timestamp: Timestamp::from_secs(time.secs).to_string(),
        events: result.events.clone(),
    }
}

fn one(services: &Services, request: &wire::GetTxRequest) -> Result<wire::GetTxResponse, Status> {
    if request.hash.is_empty() {
        return Err(Status::invalid_argument("tx hash cannot be empty"));
    }
    let hash = hex::decode(&request.hash).map_err(|e| Status::new(Status::UNKNOWN, format!("encoding/hex: {e}")))?;
    let place = services.engine.archive().place_of_tx(&hash).map_err(disk)?;
    let place = place.ok_or_else(|| Status::new(Status::NOT_FOUND, format!("tx not found: {}", request.hash)))?;
    let (tx, response) = found(services, place)?;
    Ok(wire::GetTxResponse { tx: Some(tx), tx_response: Some(response) })
}

#[allow(deprecated)]
fn by_events(services: &Services, request: &wire::GetTxsEventRequest) -> Result<wire::GetTxsEventResponse, Status> {
    let query = if request.query.is_empty() { request.events.join(" AND ") } else { request.query.clone() };
    if query.is_empty() {
        return Err(Status::invalid_argument("query cannot be empty"));
    }
    let filter = Filter::parse(&query).map_err(|e| Status::invalid_argument(e.to_string()))?;
    let places = index::transactions(services.engine.archive(), &filter);
    let mut places = places.map_err(|e| match e {
        index::SearchError::Disk(e) => disk(e),
        wide @ index::SearchError::TooWide => Status::invalid_argument(wide.to_string()),
    })?;
    if request.order_by() == wire::OrderBy::Desc {
        places.reverse();
    }
    let old = request.pagination.clone().unwrap_or_default();
    let limit = [request.limit, old.limit].into_iter().find(|n| *n > 0).unwrap_or(PAGE).min(PAGE);
    let first = if request.page > 0 { (request.page - 1).saturating_mul(limit) } else { old.offset };
    let page = places
        .iter()
        .skip(usize::try_from(first).unwrap_or(usize::MAX))
        .take(usize::try_from(limit).unwrap_or_default());
    let (txs, tx_responses) =
        page.map(|place| found(services, *place)).collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let total = u64::try_from(places.len()).unwrap_or_default();
    Ok(wire::GetTxsEventResponse { txs, tx_responses, pagination: None, total })
}

fn block_with_txs(
    services: &Services,
    request: wire::GetBlockWithTxsRequest,
) -> Result<wire::GetBlockWithTxsResponse, Status> {
    let latest = services.engine.height();
    if request.height < 1 || request.height > latest {
        return Err(Status::invalid_argument(format!(
            "requested height {} but height must not be less than 1 or greater than the current height {latest}",
            request.height
        )));
    }
    let block = block_at(services, request.height)?;
    let all = block.data.as_ref().map(|data| data.txs.as_slice()).unwrap_or_default();
    let page = request.pagination.unwrap_or_default();
    let limit = if page.limit == 0 { PAGE } else { page.limit };
    let total = u64::try_from(all.len()).unwrap_or_default();
    if page.offset > 0 && page.offset >= total {
        return Err(Status::invalid_argument(format!(
            "out of range: cannot paginate {total} txs with offset {} and limit {limit}",
            page.offset
        )));
    }
    let shown = all
        .iter()
        .skip(usize::try_from(page.offset).unwrap_or(usize::MAX))
        .take(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(wire::GetBlockWithTxsResponse {
        txs: shown.map(|bytes| tx(bytes)).collect::<Result<_, _>>()?,
        block_id: Some(block::block_id(&block)),
        block: Some(block.clone()),
        pagination: Some(PageResponse { next_key: Vec::new(), total }),
    })
}
