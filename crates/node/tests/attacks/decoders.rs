//! Hostile bytes for what the node reads from the network: RPC in bodies, URIs and websocket frames, REST, gRPC, filters.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, Uri};
use entente_kernel::Timestamp;
use entente_lab::hostile::Attack;
use entente_node::api::{grpc, rest};
use entente_node::disk::Disk;
use entente_node::engine::filter::{Condition, Filter, Op, Operand};
use entente_node::engine::{Engine, stores};
use entente_node::genesis::dev;
use entente_node::keys;
use entente_node::rpc::{self, Rpc};
use entente_node::service::{Services, served};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::ServiceExt as _;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks/corpus");

/// A node without sockets.
struct Node {
    engine: Engine,
    runtime: tokio::runtime::Runtime,
}

impl Node {
    fn new() -> Self {
        let doc =
            dev::document("hostile-1", Timestamp::from_secs(1_800_000_000), &[keys::validator::development_seed()]);
        let seeds = vec![keys::validator::development_seed()];
        let engine = Engine::open(Disk::ephemeral(stores()), None, doc.unwrap(), seeds).unwrap();
        for _ in 0..3 {
            engine.make_block().unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { engine, runtime }
    }

    fn services(&self) -> Arc<Services> {
        Arc::new(Services::new(self.engine.clone(), "m".to_owned(), String::new()))
    }

    fn rpc(&self) -> Router {
        let rpc = Rpc::new(self.engine.clone(), self.services(), "127.0.0.1:1".to_owned(), "m".to_owned());
        rpc::router(Arc::new(rpc))
    }

    /// Status and body of an answer; nothing that the outside asks may lead to a panic or change the chain.
    fn ask(&self, router: &Router, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let before = self.engine.snapshot(None).unwrap().forest.root();
        let (status, body) = self.runtime.block_on(async {
            let response = router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            (parts.status, axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec())
        });
        let text = String::from_utf8_lossy(&body);
        assert!(!text.contains("panicked"), "{text}");
        assert_eq!(self.engine.snapshot(None).unwrap().forest.root(), before);
        (status, body)
    }
}

/// A text of an answer, without the quotes that it has in JSON: what is quoted does not count.
fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What an error of JSON-RPC says.
fn told(answer: &Value) -> String {
    format!("{} {}", plain(&answer["error"]["message"]), plain(&answer["error"]["data"]))
}

#[test]
fn every_body_at_the_rpc_gets_an_answer_in_json_rpc() {
    let node = Node::new();
    let router = node.rpc();
    let call = |method: &str, params: Value| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
    };
    let seeds = vec![
        call("status", json!({})),
        call("block", json!({ "height": "2" })),
        call("blockchain", json!(["1", "3"])),
        call("validators", json!({ "height": "1", "page": "1", "per_page": "5" })),
        call(
            "tx_search",
            json!({ "query": "tx.height=1", "prove": true, "page": "1", "per_page": "30", "order_by": "asc" }),
        ),
        call("block_search", json!({ "query": "block.height > 0" })),
        call("abci_query", json!({ "path": "/store/bank/key", "data": "00", "height": "2", "prove": true })),
        call("abci_query", json!({ "path": "/cosmos.bank.v1beta1.Query/TotalSupply", "data": "" })),
        call("broadcast_tx_sync", json!({ "tx": "AAAA" })),
        call("check_tx", json!({ "tx": "CgA=" })),
        call("genesis_chunked", json!({ "chunk": "0" })),
        format!("[{},{}]", call("health", json!([])), call("net_info", Value::Null)),
    ];
    let words =
        ["\"id\":", "null", "\"params\":", "[", "{\"", "\"height\":\"", "tx.height", "\"0x\"", "\"prove\":true", "-1"];
    let seeds = seeds.into_iter().map(String::into_bytes);
    Attack::new(CORPUS, "rpc_body", 3_000).seeds(seeds).words(words).run(|bytes| {
        let request = Request::post("/").body(Body::from(bytes.to_vec())).unwrap();
        let (status, body) = node.ask(&router, request);
        if bytes.is_empty() || body.is_empty() {
            return "nothing to answer".to_owned();
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{e}: {body:?}"));
        let first = answer.get(0).unwrap_or(&answer);
        assert_eq!(first["jsonrpc"], "2.0", "{answer}");
        assert!(first.get("result").is_some() != first.get("error").is_some(), "{answer}");
        format!("{status} {}", told(first))
    });
}

#[test]
fn every_uri_at_the_rpc_gets_an_answer() {
    let node = Node::new();
    let router = node.rpc();
    let seeds = [
        "/status",
        "/block?height=2",
        "/block_by_hash?hash=0x00",
        "/tx?hash=0xAABB&prove=true",
        "/tx_search?query=%22tx.height%3D1%22&prove=false&page=1&per_page=10&order_by=%22desc%22",
        "/abci_query?path=%22/store/bank/key%22&data=0x01&height=2&prove=true",
        "/broadcast_tx_sync?tx=%22abc%22",
        "/validators?height=1&page=1&per_page=5",
        "/subscribe?query=%22tm.event='NewBlock'%22",
        "/genesis_chunked?chunk=0",
    ];
    let words = ["%22", "0x", "&", "=", "height=", "page=", "per_page=", "%", "prove=", "query="];
    let seeds = seeds.map(|uri| uri.as_bytes().to_vec());
    Attack::new(CORPUS, "rpc_uri", 3_000).seeds(seeds).words(words).run(|bytes| {
        let Some(uri) = uri(bytes) else { return "no URI".to_owned() };
        let (status, body) = node.ask(&router, Request::get(uri).body(Body::empty()).unwrap());
        match serde_json::from_slice::<Value>(&body) {
            Ok(answer) => format!("{status} {}", told(&answer)),
            Err(_) => {
                assert!(
                    status == StatusCode::NOT_FOUND || status == StatusCode::OK || status.is_client_error(),
                    "{status}"
                );
                format!("{status} no JSON")
            }
        }
    });
}

/// Panics of all threads: one on a task of the node ends only that task.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        before(panic);
    }));
}

/// A frame as a client sends it: its first byte, then the payload under a mask of zeros.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let length = match u8::try_from(payload.len()) {
        Ok(short @ 0..126) => vec![0x80 | short],
        _ => [&[0x80 | 126][..], &u16::try_from(payload.len()).unwrap().to_be_bytes()].concat(),
    };
    [&[head], &length[..], &[0; 4], payload].concat()
}

/// What a websocket answers to these bytes, until it closes.
async fn talked(router: Router, bytes: &[u8]) -> Vec<u8> {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    tokio::spawn(async move {
        let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
        // How the connection ends is the client's to see.
        let _ = builder.serve_connection_with_upgrades(TokioIo::new(server), TowerToHyperService::new(router)).await;
    });
    let upgrade = "GET /websocket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(upgrade.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    // It may close before it has read everything.
    let _ = client.write_all(bytes).await;
    let _ = client.shutdown().await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), client.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the websocket stays open although its client is gone");
    answer
}

/// Kind and payload of the frames of a server.
fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [head, length, rest @ ..] = bytes {
        assert_eq!(length & 0x80, 0, "a server does not mask");
        let (length, rest) = match length {
            126 => (usize::from(u16::from_be_bytes(rest[..2].try_into().unwrap())), &rest[2..]),
            127 => (usize::try_from(u64::from_be_bytes(rest[..8].try_into().unwrap())).unwrap(), &rest[8..]),
            short => (usize::from(*short), rest),
        };
        frames.push((head & 15, rest[..length].to_vec()));
        bytes = &rest[length..];
    }
    frames
}

#[test]
fn every_websocket_frame_gets_an_answer_or_ends_the_connection() {
    count_panics();
    let node = Node::new();
    let router = node.rpc();
    let call = |method: &str, params: Value| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
    };
    let subscribe = call("subscribe", json!({ "query": "tm.event='NewBlock'" }));
    let status = call("status", json!({}));
    let (first, last) = status.as_bytes().split_at(9);
    let seeds = vec![
        frame(0x81, status.as_bytes()),
        frame(0x82, call("block", json!({ "height": "2" })).as_bytes()),
        [frame(0x81, subscribe.as_bytes()), frame(0x81, subscribe.as_bytes())].concat(),
        [frame(0x81, subscribe.as_bytes()), frame(0x81, call("unsubscribe_all", json!({})).as_bytes())].concat(),
        frame(0x81, format!("[{status},{}]", call("unsubscribe", json!({ "query": "a.b=1" }))).as_bytes()),
        [frame(0x01, first), frame(0x89, b"ping"), frame(0x80, last)].concat(),
        [frame(0x8a, b"pong"), frame(0x88, &[0x03, 0xe8])].concat(),
        [&[0x82, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat(),
        vec![0x81, 0x05, b'h', b'e', b'l', b'l', b'o'],
        [frame(0xc1, b"reserved"), frame(0x83, b"unknown"), frame(0x81, &[0xff, 0xfe])].concat(),
    ];
    let words =
        ["\"id\":", "null", "[", "{\"", "subscribe", "tm.event", "\u{81}\u{fe}", "\u{88}\u{82}", "\0\0\0\0", "\u{7f}"];
    let before = node.engine.snapshot(None).unwrap().forest.root();
    Attack::new(CORPUS, "websocket", 1_500).seeds(seeds).words(words).run(|bytes| {
        let panics = PANICS.load(Ordering::SeqCst);
        let answer = node.runtime.block_on(talked(router.clone(), bytes));
        assert_eq!(PANICS.load(Ordering::SeqCst), panics, "a task of the node panicked");
        assert_eq!(node.engine.snapshot(None).unwrap().forest.root(), before);
        let word = |(kind, payload): (u8, Vec<u8>)| match kind {
            1 => {
                let answer: Value = serde_json::from_slice(&payload).unwrap_or_else(|e| panic!("{e}: {payload:?}"));
                assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
                told(&answer)
            }
            8 => format!("closed {:?}", payload.get(..2)),
            kind => format!("kind {kind}"),
        };
        let words: Vec<String> = frames(&answer).into_iter().take(3).map(word).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join("; ") }
    });
}

/// A path with query, if the bytes are one.
fn uri(bytes: &[u8]) -> Option<Uri> {
    let text = std::str::from_utf8(bytes).ok()?;
    Uri::try_from(if text.starts_with('/') { text.to_owned() } else { format!("/{text}") }).ok()
}

#[test]
fn every_rest_path_gets_an_answer_in_json() {
    let node = Node::new();
    let router = rest::router(node.services(), &served());
    let bech32 = node.engine.snapshot(None).unwrap().bech32().clone();
    let address = keys::development(0).unwrap().address();
    let (account, operator) = (bech32.acc(&address), bech32.val(&address.into()));
    let seeds = vec![
        format!("GET /cosmos/bank/v1beta1/balances/{account}?pagination.limit=5&pagination.count_total=true"),
        format!("GET /cosmos/bank/v1beta1/balances/{account}/by_denom?denom=uente"),
        format!("GET /cosmos/staking/v1beta1/validators/{operator}/delegations?pagination.key=AAAA"),
        format!("GET /cosmos/staking/v1beta1/delegators/{account}/unbonding_delegations"),
        format!("GET /cosmos/distribution/v1beta1/delegators/{account}/rewards"),
        "GET /cosmos/gov/v1/proposals?proposal_status=PROPOSAL_STATUS_PASSED&pagination.reverse=true".to_owned(),
        "GET /cosmos/gov/v1beta1/proposals/1/votes".to_owned(),
        "GET /cosmos/tx/v1beta1/txs?query=tx.height%3D1&page=1&limit=10&order_by=ORDER_BY_DESC".to_owned(),
        "GET /cosmos/base/tendermint/v1beta1/blocks/latest".to_owned(),
        "GET /cosmos/base/tendermint/v1beta1/validatorsets/1".to_owned(),
        "GET /terra/alliances/ibc%2FAA".to_owned(),
        "POST /cosmos/tx/v1beta1/simulate {\"tx_bytes\":\"AAAA\"}".to_owned(),
        "POST /cosmos/tx/v1beta1/txs {\"tx_bytes\":\"AAAA\",\"mode\":\"BROADCAST_MODE_SYNC\"}".to_owned(),
        "POST /cosmos/tx/v1beta1/decode {\"tx_bytes\":\"CgA=\"}".to_owned(),
    ];
    let words = [
        "pagination.limit=",
        "pagination.key=",
        "pagination.offset=",
        "%2F",
        "%",
        "&",
        "=",
        "/",
        "true",
        &account,
        &operator,
    ];
    let seeds = seeds.into_iter().map(String::into_bytes);
    Attack::new(CORPUS, "rest", 3_000).seeds(seeds).words(words).run(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (verb, rest) = text.split_once(' ').unwrap_or(("GET", &text));
        let (path, body) = rest.split_once(' ').unwrap_or((rest, ""));
        let Some(uri) = uri(path.as_bytes()) else { return "no URI".to_owned() };
        let verb = if verb == "POST" { "POST" } else { "GET" };
        let request = Request::builder().method(verb).uri(uri).body(Body::from(body.to_owned())).unwrap();
        let (status, body) = node.ask(&router, request);
        let Ok(answer) = serde_json::from_slice::<Value>(&body) else {
            assert_eq!(status, StatusCode::NOT_FOUND, "only what is no path of an API has no JSON: {body:?}");
            return "elsewhere".to_owned();
        };
        if status != StatusCode::OK {
            assert!(answer["code"].as_i64().is_some_and(|code| code > 0), "{answer}");
            assert!(answer["message"].is_string() && answer["details"].is_array(), "{answer}");
        }
        format!("{status} {} {}", answer["code"], plain(&answer["message"]))
    });
}

#[test]
fn every_grpc_frame_gets_a_status() {
    let node = Node::new();
    let served = served();
    let router = grpc::server(node.services(), &served).unwrap();
    let bech32 = node.engine.snapshot(None).unwrap().bech32().clone();
    let account = bech32.acc(&keys::development(0).unwrap().address());
    // One byte for the kind of gRPC, one for the path, then frames.
    let paths = [
        "/cosmos.bank.v1beta1.Query/AllBalances",
        "/cosmos.tx.v1beta1.Service/Simulate",
        "/cosmos.tx.v1beta1.Service/GetTxsEvent",
        "/cosmos.staking.v1beta1.Query/DelegatorDelegations",
        "/alliance.alliance.Query/AlliancesDelegation",
        "/cosmos.base.tendermint.v1beta1.Service/ABCIQuery",
        "/cosmos.bank.v1beta1.Query/Nothing",
    ];
    let kinds = ["application/grpc", "application/grpc-web+proto", "application/grpc-web-text", "text/plain"];
    let message = [&[0x0a, u8::try_from(account.len()).unwrap()], account.as_bytes()].concat();
    let frame = [&[0, 0, 0, 0, u8::try_from(message.len()).unwrap()], &message[..]].concat();
    let mut seeds = Vec::new();
    for kind in 0..2 {
        seeds.extend((0_u8..7).map(|path| [&[kind, path], &frame[..]].concat()));
    }
    Attack::new(CORPUS, "grpc", 3_000).seeds(seeds).words([account.as_str()]).run(|bytes| {
        let (head, frames) = bytes.split_at_checked(2).unwrap_or((&[0, 0], &[]));
        let kind = kinds[usize::from(head[0]) % kinds.len()];
        let path = paths[usize::from(head[1]) % paths.len()];
        let request = Request::post(path).header("content-type", kind).body(Body::from(frames.to_vec())).unwrap();
        let (status, body) = node.ask(&router, request);
        assert!(status == StatusCode::OK || status == StatusCode::UNSUPPORTED_MEDIA_TYPE, "{status}");
        format!("{kind} {path} {}", body.len().min(8))
    });
}

/// A filter as people write it.
fn written(filter: &Filter) -> String {
    let condition = |c: &Condition| {
        let op = match c.op {
            Op::Equal => "=",
            Op::Less => "<",
            Op::LessOrEqual => "<=",
            Op::Greater => ">",
            Op::GreaterOrEqual => ">=",
            Op::Contains => "CONTAINS",
            Op::Exists => "EXISTS",
        };
        let operand = match &c.operand {
            Operand::None => String::new(),
            Operand::Text(text) => format!("'{text}'"),
            Operand::Number(number) => number.to_string(),
            Operand::Time(time) => format!("TIME {time}"),
        };
        format!("{} {op} {operand}", c.tag)
    };
    filter.conditions.iter().map(condition).collect::<Vec<_>>().join(" AND ")
}

#[test]
fn a_filter_is_refused_or_means_the_same_when_it_is_written_again() {
    let seeds = [
        "tm.event='Tx'",
        "tx.height>=27 AND tx.height < 28",
        "transfer.amount CONTAINS 'ente' AND transfer.amount EXISTS",
        "block.time >= TIME 2026-01-02T03:04:05Z AND block.time < DATE 2026-01-03",
        "a.b = 5.5",
    ];
    let words = [" AND ", "EXISTS", "CONTAINS", "TIME ", "DATE ", "'", "<=", ">=", "=", ".", "5"];
    let seen = [
        ("tx.height", "27"),
        ("transfer.amount", "8uente"),
        ("block.time", "2026-01-02T04:04:05+00:30"),
        ("a.b", "5.5"),
    ]
    .map(|(tag, value)| (tag.to_owned(), vec![value.to_owned()]))
    .into();
    let seeds = seeds.map(|text| text.as_bytes().to_vec());
    Attack::new(CORPUS, "filter", 20_000).seeds(seeds).words(words).run(|bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return "not text".to_owned() };
        match Filter::parse(text) {
            Err(e) => e.to_string(),
            Ok(filter) => {
                let again = written(&filter);
                if again.len() <= entente_node::engine::filter::FILTER_BYTES_MAX {
                    assert_eq!(Filter::parse(&again).as_ref(), Ok(&filter), "{text:?} became {again:?}");
                }
                format!("{} conditions {}", "x".repeat(filter.conditions.len().min(9)), filter.matches(&seen))
            }
        }
    });
}
