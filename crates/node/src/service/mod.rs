//! What the node answers by full gRPC path: its own services first, then the queries of the chain. gRPC, REST and `abci_query` all
//! come through here.

mod comet;
mod query;
mod tx;

use std::collections::BTreeSet;

use bytes::Bytes;
use entente_chain::Snapshot;
use entente_kernel::error::sdk;
use entente_kernel::{Error, Refusal};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use prost::Message;

use crate::api::{Answer, QueryService, Status, reflection};
use crate::disk::DiskError;
use crate::engine::Engine;
use crate::limits::Turnstile;

/// The CometBFT whose blocks and RPC the node speaks.
pub const COMET_VERSION: &str = "0.38.17";
/// The SDK whose services and rules it follows.
pub const SDK_VERSION: &str = "v0.50.4";
/// The ibc-go that relayers may take it for.
pub const IBC_GO_VERSION: &str = "v8.2.0";

/// The node's own services, in one place with their methods.
const NODE_SERVICES: &[&str] =
    &["cosmos.tx.v1beta1.Service", "cosmos.base.tendermint.v1beta1.Service", "cosmos.base.node.v1beta1.Service"];

/// The method that submits a transaction.
const BROADCAST: &str = "/cosmos.tx.v1beta1.Service/BroadcastTx";

/// What may take long: searches read the results of many blocks, and invariants all of the state.
const LONG: &[&str] = &["/cosmos.tx.v1beta1.Service/GetTxsEvent", "/app/invariants"];
/// Larger requests take long too: estimates of transactions with thousands of messages.
const LONG_REQUEST_BYTES: usize = 16 * 1024;

/// The services of a node.
#[derive(Clone)]
pub struct Services {
    engine: Engine,
    moniker: String,
    /// Coins per unit of gas, as text, such as `0.025uente`; empty: none asked for.
    minimum_gas_prices: String,
    /// Shared by all doors.
    pub(crate) questions: Turnstile,
    pub(crate) long_questions: Turnstile,
    pub(crate) submissions: Turnstile,
}

/// Every service that is answered: the node's, the chain's, and the SDK's reflection.
pub fn served() -> Vec<&'static str> {
    let service =
        |path: &'static str| path.strip_prefix('/').and_then(|p| p.split_once('/')).map(|(service, _)| service);
    let chain: BTreeSet<&'static str> = entente_chain::query::PATHS.iter().filter_map(|path| service(path)).collect();
    NODE_SERVICES.iter().copied().chain(chain).chain(reflection::SERVICES.iter().copied()).collect()
}

/// The status that a client sees for an error of the chain.
pub fn status(error: Error) -> Status {
    match error {
        Error::Fault(fault) => Status::internal(fault.to_string()),
        Error::Refusal(refusal) => {
            let text = described(&refusal);
            // Upstream knows errors with a codespace from others.
            let abci = match refusal.text {
                _ if refusal.log.starts_with("rpc error: code = ") => None,
                plain if plain.is_empty() || plain == sdk::INVALID_ADDRESS.text => {
                    Some(sdk::INVALID_REQUEST.because(&text))
                }
                _ => Some(sdk::UNKNOWN_REQUEST.because(&refusal.log)),
            };
            Status { abci, ..Status::new(refusal.grpc as i32, text) }
        }
    }
}

/// A refusal as the SDK's errors describe themselves to gRPC: codespace, code and text first, then the details.
fn described(refusal: &Refusal) -> String {
    let log = refusal.log.as_str();
    let status = log.strip_prefix("rpc error: code = ").and_then(|rest| rest.split_once(" desc = "));
    if let Some((_, text)) = status {
        return text.to_owned();
    }
    let details = log.strip_suffix(refusal.text).map(|head| head.trim_end_matches(": "));
    match details {
        // Upstream's queries refuse addresses with an error of no codespace.
        Some(details) if refusal.text == sdk::INVALID_ADDRESS.text => details.to_owned(),
        Some(details) if !refusal.text.is_empty() => {
            let head = format!("codespace {} code {}: {}", refusal.codespace, refusal.code, refusal.text);
            if details.is_empty() { head } else { format!("{head}: {details}") }
        }
        _ => log.to_owned(),
    }
}

fn disk(error: DiskError) -> Status {
    Status::internal(error.to_string())
}

fn decoded<M: Message + Default>(request: &[u8]) -> Result<M, Status> {
    M::decode(request).map_err(|e| Status::invalid_argument(format!("the request cannot be decoded: {e}")))
}

impl Services {
    pub fn new(engine: Engine, moniker: String, minimum_gas_prices: String) -> Self {
        Self {
            engine,
            moniker,
            minimum_gas_prices,
            questions: Turnstile::for_questions(),
            long_questions: Turnstile::for_long_questions(),
            submissions: Turnstile::for_submissions(),
        }
    }

    /// Where a call waits for its turn: nobody who asks for a balance waits behind those who search.
    fn turnstile(&self, path: &str, request: &[u8]) -> &Turnstile {
        if path == BROADCAST {
            &self.submissions
        } else if LONG.contains(&path) || request.len() > LONG_REQUEST_BYTES {
            &self.long_questions
        } else {
            &self.questions
        }
    }

    /// The state at a height.
    fn snapshot(&self, height: Option<i64>) -> Result<Snapshot, Status> {
        let latest = self.engine.height();
        let wanted = height.filter(|h| *h != 0);
        match wanted {
            Some(h) if h < 0 => Err(Status::invalid_argument("cannot query with height < 0; please provide a valid height: invalid height")),
            Some(h) if h > latest => Err(Status::invalid_argument(
                "cannot query with height in the future; please provide a valid height: invalid height",
            )),
            _ => self.engine.snapshot(wanted).ok_or_else(|| {
                let (asked, first) = (wanted.unwrap_or_default(), self.engine.oldest_snapshot());
                Status::invalid_argument(format!(
                    "failed to load state at height {asked}; states from height {first} to {latest} are in memory (latest height: {latest})"
                ))
            }),
        }
    }

    fn answer(&self, path: &str, request: &[u8], height: Option<i64>) -> Result<Answer, Status> {
        let own = path.strip_prefix('/').and_then(|p| p.split_once('/')).filter(|(s, _)| NODE_SERVICES.contains(s));
        let bytes = match own {
            Some(("cosmos.tx.v1beta1.Service", method)) => tx::answer(self, method, request)?,
            Some(("cosmos.base.tendermint.v1beta1.Service", method)) => comet::answer(self, method, request)?,
            Some((_, method)) => self.about_node(method)?,
            None => {
                let snapshot = self.snapshot(height)?;
                let bytes = snapshot.query(path, request).map_err(status)?;
                return Ok(Answer { bytes: bytes.into(), height: snapshot.height });
            }
        };
        Ok(Answer { bytes: bytes.into(), height: self.engine.height() })
    }

    /// `cosmos.base.node.v1beta1.Service`.
    fn about_node(&self, method: &str) -> Result<Vec<u8>, Status> {
        use entente_proto::cosmos::base::node::v1beta1 as wire;
        match method {
            "Config" => Ok(wire::ConfigResponse {
                minimum_gas_price: self.minimum_gas_prices.clone(),
                pruning_keep_recent: self.engine.kept().to_string(),
                pruning_interval: "1".to_owned(),
                halt_height: 0,
            }
            .encode_to_vec()),
            "Status" => {
                let standing = self.engine.shown().standing;
                let unsigned = |n: i64| u64::try_from(n).unwrap_or_default();
                Ok(wire::StatusResponse {
                    earliest_store_height: unsigned(self.engine.oldest_snapshot()),
                    height: unsigned(standing.height),
                    timestamp: Some(crate::engine::block::to_wire_time(standing.time)),
                    app_hash: standing.app_hash.clone(),
                    validator_hash: standing.next_validators.hash().to_vec(),
                }
                .encode_to_vec())
            }
            unknown => Err(Status::new(Status::UNIMPLEMENTED, format!("unknown method {unknown}"))),
        }
    }
}

impl QueryService for Services {
    fn unary<'a>(
        &'a self,
        path: &'a str,
        request: Bytes,
        height: Option<i64>,
    ) -> BoxFuture<'a, Result<Answer, Status>> {
        let turnstile = self.turnstile(path, &request).clone();
        let (services, path) = (self.clone(), path.to_owned());
        let work = move || services.answer(&path, &request, height);
        async move {
            let answered = turnstile.run(work).await;
            answered.unwrap_or_else(|e| Err(Status::new(Status::UNAVAILABLE, e.to_string())))
        }
        .boxed()
    }

    fn height(&self) -> i64 {
        self.engine.height()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::disk::Disk;
    use crate::genesis::dev;
    use crate::keys::validator::development_seed;

    #[tokio::test]
    async fn who_asks_for_a_balance_does_not_wait_behind_those_who_search() {
        let seeds = vec![development_seed()];
        let doc = dev::document("busy-1", entente_kernel::Timestamp::from_secs(1_800_000_000), &seeds).unwrap();
        let disk = Disk::ephemeral(crate::engine::stores());
        let services = Services::new(Engine::open(disk, None, doc, seeds).unwrap(), String::new(), String::new());
        let mut searches = Vec::new();
        while let Ok(turn) = services.long_questions.try_turn() {
            searches.push(turn);
        }
        let asked = |path: &'static str, request: Vec<u8>| {
            tokio::time::timeout(Duration::from_millis(300), services.unary(path, request.into(), None))
        };
        let simulate = "/cosmos.tx.v1beta1.Service/Simulate";
        for (path, request) in [(LONG[0], vec![]), (simulate, vec![0; LONG_REQUEST_BYTES + 1])] {
            assert!(asked(path, request).await.is_err(), "{path} waits for its turn");
        }
        assert!(asked(simulate, vec![0; 99]).await.is_ok(), "a small estimate does not");
        let invariants = services.abci_query("/app/invariants", Bytes::new(), 0, false);
        assert!(tokio::time::timeout(Duration::from_millis(300), invariants).await.is_err(), "so do invariants");
        assert!(asked("/cosmos.bank.v1beta1.Query/Params", vec![]).await.unwrap().is_ok(), "others do not wait");
        drop(searches);
        assert!(asked(LONG[0], vec![]).await.is_ok(), "then searches have their turn");
    }
}
