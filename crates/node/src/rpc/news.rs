//! What subscribers hear of a block: events with their data and the values that filters look at.

use std::collections::BTreeMap;

use entente_kernel::crypto::sha256;
use entente_proto::tendermint::abci::Event;
use serde_json::{Map, Value, json};

use super::form;
use crate::engine::Made;
use crate::engine::validators::{Validator, ed25519_key};

/// One event of the bus.
pub(super) struct News {
    pub data: Value,
    pub events: BTreeMap<String, Vec<String>>,
}

impl News {
    fn new(kind: &str, value: Value, events: &[Event]) -> Self {
        let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for event in events.iter().filter(|e| !e.r#type.is_empty()) {
            for attribute in event.attributes.iter().filter(|a| !a.key.is_empty()) {
                map.entry(format!("{}.{}", event.r#type, attribute.key)).or_default().push(attribute.value.clone());
            }
        }
        map.insert("tm.event".to_owned(), vec![kind.to_owned()]);
        Self { data: json!({ "type": format!("tendermint/event/{kind}"), "value": value }), events: map }
    }

    fn with(mut self, tag: &str, value: String) -> Self {
        self.events.insert(tag.to_owned(), vec![value]);
        self
    }
}

/// Everything that a block has to tell, in CometBFT's order.
pub(super) fn of(made: &Made) -> Vec<News> {
    let (height, results) = (made.height(), &made.results);
    let header = form::header(&made.block.header.clone().unwrap_or_default());
    let mut news = vec![
        News::new(
            "NewBlock",
            json!({
                "block": form::block(&made.block),
                "block_id": form::block_id(&made.block_id),
                "result_finalize_block": form::finalize_block(results),
            }),
            &results.events,
        ),
        News::new("NewBlockHeader", json!({ "header": header }), &[]),
        News::new(
            "NewBlockEvents",
            json!({
                "height": height.to_string(),
                "events": form::events(&results.events),
                "num_txs": made.txs().len().to_string(),
            }),
            &results.events,
        ),
    ];
    for ((tx, result), place) in made.txs().iter().zip(&results.tx_results).zip(0u32..) {
        let mut shown = Map::new();
        shown.insert("height".into(), json!(height.to_string()));
        if place != 0 {
            shown.insert("index".into(), json!(place));
        }
        shown.insert("tx".into(), json!(form::base64(tx)));
        shown.insert("result".into(), form::tx_result(result));
        news.push(
            News::new("Tx", json!({ "TxResult": shown }), &result.events)
                .with("tx.hash", form::hex(&sha256(tx)))
                .with("tx.height", height.to_string()),
        );
    }
    if !results.validator_updates.is_empty() {
        let update = |u: &entente_proto::tendermint::abci::ValidatorUpdate| {
            let pub_key = ed25519_key(u.pub_key.as_ref()?)?;
            let address = entente_kernel::crypto::ed25519::address(&pub_key);
            Some(form::validator(&Validator { address, pub_key, power: u.power, priority: 0 }))
        };
        let updates: Vec<Value> = results.validator_updates.iter().filter_map(update).collect();
        news.push(News::new("ValidatorSetUpdates", json!({ "validator_updates": updates }), &[]));
    }
    news
}
