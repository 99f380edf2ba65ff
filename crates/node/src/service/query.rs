//! `abci_query`: keys of stores with proofs, gRPC methods by path.

use bytes::Bytes;
use entente_kernel::error::sdk;
use entente_kernel::{Code, Error};
use entente_proto::tendermint::abci::ResponseQuery;
use entente_proto::tendermint::crypto::{ProofOp, ProofOps};

use super::Services;
use crate::api::Status;

/// The SDK's stores have a codespace of their own.
const UNKNOWN_STORE: Code = Code::new("store", 4, "unknown request");

impl Services {
    /// Answers a query as the SDK's application does.
    pub async fn abci_query(&self, path: &str, data: Bytes, height: i64, prove: bool) -> ResponseQuery {
        let turnstile = self.turnstile(path, &data).clone();
        let (services, path) = (self.clone(), path.to_owned());
        let work = move || services.abci_query_now(&path, &data, height, prove);
        let answered = turnstile.run(work).await;
        answered.unwrap_or_else(|e| refused(&Error::plain(format!("the query failed: {e}"))))
    }

    pub(crate) fn abci_query_now(&self, path: &str, data: &[u8], height: i64, prove: bool) -> ResponseQuery {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["store", store, "key"] => self.stored(store, data, height, prove),
            ["store", _, other] => refused(&sdk::UNKNOWN_REQUEST.because(format!("unexpected query path: {other}"))),
            ["app", "version"] => {
                let value = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
                ResponseQuery { codespace: "sdk".to_owned(), height, value, ..ResponseQuery::default() }
            }
            ["app", "invariants"] => self.invariants(),
            ["app" | "store" | "p2p", ..] => refused(&sdk::UNKNOWN_REQUEST.because(format!("unknown query: {path}"))),
            [_, _] if path.starts_with('/') && crate::api::is_method(path) => self.by_method(path, data, height),
            [""] => refused(&sdk::UNKNOWN_REQUEST.because("no query path provided")),
            _ => refused(&sdk::UNKNOWN_REQUEST.because("unknown query path")),
        }
    }

    /// The invariants that do not hold now, as a JSON list of sentences.
    fn invariants(&self) -> ResponseQuery {
        let checked = self.snapshot(None).map_err(|s| Error::plain(s.message)).and_then(|s| {
            let (height, broken) = (s.height, s.broken_invariants()?);
            Ok(ResponseQuery {
                value: serde_json::json!(broken).to_string().into_bytes(),
                height,
                ..ResponseQuery::default()
            })
        });
        checked.unwrap_or_else(|e| refused(&e))
    }

    fn by_method(&self, path: &str, data: &[u8], height: i64) -> ResponseQuery {
        match self.answer(path, data, Some(height)) {
            Ok(answer) => {
                ResponseQuery { value: answer.bytes.to_vec(), height: answer.height, ..ResponseQuery::default() }
            }
            Err(status) => refused(&of_status(&status)),
        }
    }

    /// The value of a key, with the proof of it, or of its absence, against the app hash in the header of `height + 1`.
    fn stored(&self, store: &str, key: &[u8], height: i64, prove: bool) -> ResponseQuery {
        if key.is_empty() {
            return refused(&sdk::TX_DECODE.because("query cannot be zero length"));
        }
        if prove && height == 1 {
            return refused(
                &sdk::INVALID_REQUEST
                    .because("cannot query with proof when height <= 1; please provide a valid height"),
            );
        }
        let snapshot = match self.snapshot(Some(height)) {
            Ok(snapshot) => snapshot,
            Err(status) => {
                return refused(&sdk::INVALID_HEIGHT.because(status.message.trim_end_matches(": invalid height")));
            }
        };
        let Some(id) = snapshot.forest.stores().iter().find(|id| id.name == store) else {
            return refused(&UNKNOWN_STORE.because(format!("no such store: {store}")));
        };
        let ops = prove.then(|| {
            let proof = snapshot.forest.prove(id.index, key);
            let op =
                |op: entente_kernel::tree::ProofOp| ProofOp { r#type: op.kind.to_owned(), key: op.key, data: op.data };
            ProofOps { ops: proof.ops(id.name, key).into_iter().map(op).collect() }
        });
        ResponseQuery {
            key: key.to_vec(),
            value: snapshot.forest.get(id.index, key).map(|value| value.to_vec()).unwrap_or_default(),
            proof_ops: ops,
            height: snapshot.height,
            ..ResponseQuery::default()
        }
    }
}

/// The SDK's code for a gRPC status.
fn of_status(status: &Status) -> Error {
    if let Some(error) = &status.abci {
        return error.clone();
    }
    let (code, name): (Code, &str) = match status.grpc_code {
        Status::NOT_FOUND => (sdk::KEY_NOT_FOUND, "NotFound"),
        Status::INVALID_ARGUMENT => (sdk::INVALID_REQUEST, "InvalidArgument"),
        9 => (sdk::INVALID_REQUEST, "FailedPrecondition"),
        16 => (sdk::UNAUTHORIZED, "Unauthenticated"),
        Status::UNIMPLEMENTED => (sdk::UNKNOWN_REQUEST, "Unimplemented"),
        Status::INTERNAL => (sdk::UNKNOWN_REQUEST, "Internal"),
        _ => (sdk::UNKNOWN_REQUEST, "Unknown"),
    };
    code.because(format!("rpc error: code = {name} desc = {}", status.message))
}

fn refused(error: &Error) -> ResponseQuery {
    match error {
        Error::Refusal(r) => ResponseQuery {
            code: r.code,
            codespace: r.codespace.to_owned(),
            log: r.log.clone(),
            ..ResponseQuery::default()
        },
        Error::Fault(f) => {
            ResponseQuery { code: 1, codespace: "undefined".to_owned(), log: f.to_string(), ..ResponseQuery::default() }
        }
    }
}
