//! Looking for transactions and blocks.

use serde_json::{Value, json};

use super::calls::disk;
use super::wire::{Outcome, Params, RpcError};
use super::{Rpc, form};
use crate::engine::filter::{FILTER_BYTES_MAX, Filter};
use crate::engine::{block, index};

fn filter(params: &Params) -> Result<Filter, RpcError> {
    let text = params.text("query")?.unwrap_or_default();
    if text.len() > FILTER_BYTES_MAX {
        return Err(RpcError::internal("maximum query length exceeded"));
    }
    Filter::parse(&text).map_err(RpcError::internal)
}

/// Puts the newest first if asked for, or if nothing is asked and that is the custom.
fn order<T>(found: &mut [T], params: &Params, newest_first: bool) -> Result<(), RpcError> {
    let newest_first = match params.text("order_by")?.as_deref() {
        None | Some("") => newest_first,
        Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(RpcError::internal("expected order_by to be either `asc` or `desc` or empty")),
    };
    if newest_first {
        found.reverse();
    }
    Ok(())
}

fn shown(rpc: &Rpc, (height, place): (i64, u32), prove: bool) -> Outcome {
    let block = rpc.block(height)?;
    let results = rpc.engine.archive().results(height).map_err(disk)?.unwrap_or_default();
    let index = usize::try_from(place).unwrap_or(usize::MAX);
    let txs = block.data.map(|data| data.txs).unwrap_or_default();
    let (Some(tx), Some(result)) = (txs.get(index), results.tx_results.get(index)) else {
        return Err(RpcError::internal(format!("transaction {place} of block {height} is not available")));
    };
    Ok(form::tx(height, place, tx, result, prove.then(|| form::tx_proof(&txs, index)).flatten()))
}

pub(super) fn tx(rpc: &Rpc, params: &Params) -> Outcome {
    let hash = params.bytes("hash")?.unwrap_or_default();
    if hash.is_empty() {
        return Err(RpcError::internal("transaction hash cannot be empty"));
    }
    match rpc.engine.archive().place_of_tx(&hash).map_err(disk)? {
        Some(place) => shown(rpc, place, params.flag("prove")?),
        None => Err(RpcError::internal(format!("tx ({}) not found", form::hex(&hash)))),
    }
}

pub(super) fn tx_search(rpc: &Rpc, params: &Params) -> Outcome {
    let mut found = index::transactions(rpc.engine.archive(), &filter(params)?).map_err(RpcError::internal)?;
    order(&mut found, params, false)?;
    let prove = params.flag("prove")?;
    let (first, count) = Rpc::page(params, found.len())?;
    let txs = found.iter().skip(first).take(count).map(|place| shown(rpc, *place, prove));
    Ok(json!({ "txs": txs.collect::<Result<Vec<Value>, _>>()?, "total_count": found.len().to_string() }))
}

pub(super) fn block_search(rpc: &Rpc, params: &Params) -> Outcome {
    let mut found = index::blocks(rpc.engine.archive(), &filter(params)?).map_err(RpcError::internal)?;
    order(&mut found, params, true)?;
    let (first, count) = Rpc::page(params, found.len())?;
    let mut blocks = Vec::new();
    for height in found.iter().skip(first).take(count) {
        let found = rpc.block(*height)?;
        blocks.push(json!({ "block_id": form::block_id(&block::block_id(&found)), "block": form::block(&found) }));
    }
    Ok(json!({ "blocks": blocks, "total_count": found.len().to_string() }))
}
