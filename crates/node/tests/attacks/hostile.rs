//! Hostile clients against the real binary: it keeps making blocks, its memory stays bounded, others are served.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entente_node::keys::{self, Terms};
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::tx::v1beta1::{Fee, TxBody};
use prost::Message as _;
use prost_types::Any;
use serde_json::{Value, json};

/// What the process may hold in memory, in bytes, whatever strangers do.
const MEMORY_MAX: u64 = 1 << 30;
/// What somebody else may wait for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Idle websockets that somebody would like to open.
const SOCKETS_WANTED: usize = 10_000;

struct Node {
    process: Child,
    rpc: SocketAddr,
    rest: SocketAddr,
    _home: tempfile::TempDir,
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself; the test says so then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ports that are free now.
fn ports<const N: usize>() -> [SocketAddr; N] {
    let listeners = std::array::from_fn::<_, N, _>(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

impl Node {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let [rpc, rest, grpc, faucet] = ports();
        let mut process = Command::new(env!("CARGO_BIN_EXE_entente"))
            .args(["dev", "--block-time", "300ms", "--home"])
            .arg(home.path())
            .args(["--rpc", &rpc.to_string(), "--rest", &rest.to_string()])
            .args(["--grpc", &grpc.to_string(), "--faucet", &faucet.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(process.stdout.take().unwrap()).lines();
        assert!(told.next().is_some(), "the node starts");
        let node = Self { process, rpc, rest, _home: home };
        let ready = Instant::now();
        while node.height().is_none() {
            assert!(ready.elapsed() < Duration::from_secs(60), "the node answers");
            std::thread::sleep(Duration::from_millis(100));
        }
        node
    }

    fn height(&self) -> Option<i64> {
        let (_, body) = request(self.rpc, "GET", "/status", b"").ok()?;
        let status: Value = serde_json::from_str(&body).ok()?;
        status["result"]["sync_info"]["latest_block_height"].as_str()?.parse().ok()
    }

    /// Bytes of memory that the process has now.
    fn memory(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1_024
    }

    /// Somebody else comes: questions are answered, blocks are made, memory is bounded.
    fn serves_others(&self, during: &str) {
        let began = Instant::now();
        let height = self.height().unwrap_or_else(|| panic!("{during}: no status within {PATIENCE:?}"));
        let supply = request(self.rest, "GET", "/cosmos/bank/v1beta1/supply/by_denom?denom=uente", b"");
        assert!(supply.is_ok_and(|(status, body)| status == 200 && body.contains("uente")), "{during}: REST");
        let answered = began.elapsed();
        while self.height().is_none_or(|h| h <= height) {
            assert!(began.elapsed() < PATIENCE * 2, "{during}: no block after {height}");
            std::thread::sleep(Duration::from_millis(50));
        }
        let memory = self.memory();
        println!("{during}: answers in {answered:?}, a block within {:?}, {} MiB", began.elapsed(), memory >> 20);
        assert!(memory < MEMORY_MAX, "{during}: {memory} bytes of memory");
    }

    fn call(&self, method: &str, params: &Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let (_, answer) = request(self.rpc, "POST", "/", body.as_bytes()).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

fn connect(to: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// One request on a connection of its own: status and body.
fn request(to: SocketAddr, verb: &str, path: &str, body: &[u8]) -> std::io::Result<(u16, String)> {
    let mut stream = connect(to)?;
    let length = body.len();
    let head = format!("{verb} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    // A server that refuses need not read to the end.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        read?;
    }
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok((status, dechunked(&body)))
}

/// The body without the marks of its pieces, if it came in pieces.
fn dechunked(body: &str) -> String {
    match body.split_once("\r\n") {
        Some((size, rest)) if usize::from_str_radix(size.trim(), 16).is_ok_and(|n| n <= rest.len()) => {
            rest.trim_end_matches("\r\n0\r\n\r\n").to_owned()
        }
        _ => body.to_owned(),
    }
}

#[test]
fn hostile_clients_neither_stop_the_chain_nor_keep_others_out() {
    entente_node::limits::raise_file_limit();
    let node = Node::start();
    node.serves_others("nobody hostile");
    let slow = slow_requests(&node);
    let sockets = idle_websockets(&node);
    huge_pages(&node);
    huge_and_deep_requests(&node);
    flood(&node);
    answers_that_nobody_takes(&node);
    one_sender_fills_the_mempool(&node);
    slow_requests_were_dismissed(slow);
    drop(sockets);
    node.serves_others("after everything");
}

/// Heads and bodies that never end.
fn slow_requests(node: &Node) -> Vec<TcpStream> {
    let mut slow = Vec::new();
    for n in 0..300 {
        let mut stream = connect(if n % 2 == 0 { node.rpc } else { node.rest }).unwrap();
        let head = match n % 3 {
            0 => "GET /status HTTP/1.1\r\nhost: x\r\nx-slow: ",
            1 => "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n{\"jsonrpc\"",
            _ => "P",
        };
        stream.write_all(head.as_bytes()).unwrap();
        slow.push(stream);
    }
    node.serves_others("300 slow requests");
    slow
}

/// Heads and bodies that did not come in time have ended their connections.
fn slow_requests_were_dismissed(slow: Vec<TcpStream>) {
    let open = slow.into_iter().filter(|stream| {
        stream.set_nonblocking(true).unwrap();
        let mut reader: &TcpStream = stream;
        let mut bytes = [0; 1_024];
        loop {
            match reader.read(&mut bytes) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(e) => return e.kind() == std::io::ErrorKind::WouldBlock,
            }
        }
    });
    // Those that wrote one letter only are closed after a longer silence.
    let open = open.count();
    assert!(open <= 100, "{open} slow requests are still open");
}

fn idle_websockets(node: &Node) -> Vec<TcpStream> {
    let (mut sockets, mut why) = (Vec::new(), None);
    while sockets.len() < SOCKETS_WANTED {
        match connect(node.rpc) {
            Ok(mut stream) => {
                let upgrade = "GET /websocket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                               sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
                // Those that came first may be gone already.
                let _ = stream.write_all(upgrade.as_bytes());
                sockets.push(stream);
            }
            Err(e) => {
                why = Some(e);
                break;
            }
        }
    }
    println!("{} websockets were opened; the next one: {why:?}", sockets.len());
    assert!(sockets.len() > 500, "the limit of open files of this test is too low to say anything: {why:?}");
    node.serves_others("idle websockets");
    sockets
}

fn huge_pages(node: &Node) {
    for path in [
        "/cosmos/staking/v1beta1/validators?pagination.limit=18446744073709551615",
        "/cosmos/bank/v1beta1/supply?pagination.limit=1000000000&pagination.count_total=true",
        "/cosmos/auth/v1beta1/accounts?pagination.limit=9223372036854775807&pagination.offset=0",
        "/cosmos/auth/v1beta1/accounts?pagination.offset=18446744073709551615",
        "/cosmos/tx/v1beta1/txs?query=tx.height%3E0&limit=18446744073709551615&page=18446744073709551615",
        "/cosmos/base/tendermint/v1beta1/validatorsets/latest?pagination.limit=18446744073709551615",
    ] {
        let (status, body) = request(node.rest, "GET", path, b"").unwrap();
        assert!(status == 200 || status == 400, "{path}: {status} {body}");
        assert!(body.len() < 1_000_000, "{path}: {} bytes", body.len());
    }
    for (method, params) in [
        ("blockchain", json!({ "minHeight": "1", "maxHeight": "9223372036854775807" })),
        ("tx_search", json!({ "query": "tx.height>0", "per_page": "1000000000" })),
        ("block_search", json!({ "query": "block.height>0", "per_page": "1000000000" })),
        ("validators", json!({ "per_page": "1000000000" })),
        ("unconfirmed_txs", json!({ "limit": "1000000000" })),
        ("genesis_chunked", json!({ "chunk": "9223372036854775807" })),
    ] {
        let answer = node.call(method, &params).to_string();
        assert!(answer.len() < 2_000_000, "{method}: {} bytes", answer.len());
    }
    node.serves_others("huge pages");
}

fn huge_and_deep_requests(node: &Node) {
    let refused = |to: SocketAddr, path: &str, body: &[u8], what: &str| {
        // A server may close before it read everything; then there is no status.
        let (status, answer) = request(to, "POST", path, body).unwrap_or((0, String::new()));
        assert!(status == 0 || status >= 400 || answer.contains("error"), "{what}: {status} {answer:.200}");
    };
    refused(node.rpc, "/", &vec![b' '; 20_000_000], "a body of 20 MB");
    refused(node.rest, "/cosmos/tx/v1beta1/txs", &vec![b'"'; 20_000_000], "a body of 20 MB at REST");
    refused(node.rpc, "/", "[".repeat(900_000).as_bytes(), "deep JSON");
    refused(node.rpc, "/", "{\"a\":".repeat(190_000).as_bytes(), "deep objects");
    refused(node.rest, "/cosmos/tx/v1beta1/txs", "{\"tx\":".repeat(190_000).as_bytes(), "deep objects at REST");
    let many = format!("[{}]", vec![r#"{"id":1,"method":"health"}"#; 30_000].join(","));
    refused(node.rpc, "/", many.as_bytes(), "30,000 requests in one");
    let long = format!("/tx_search?query=%22{}%22", "a".repeat(100_000));
    let (status, _) = request(node.rpc, "GET", &long, b"").unwrap();
    assert!(status >= 400, "a filter of 100,000 letters: {status}");
    let longer = format!("/status?a={}", "a".repeat(2_000_000));
    let status = request(node.rpc, "GET", &longer, b"").map_or(0, |(status, _)| status);
    assert!(status == 0 || status == 414 || status == 431, "a URI of 2 MB: {status}");
    // Messages inside messages, thousands deep: shown, simulated and sent.
    let mut nested = Vec::new();
    for _ in 0..6_000 {
        let any = Any { type_url: "/cosmos.authz.v1beta1.MsgExec".to_owned(), value: nested };
        let exec = entente_proto::cosmos::authz::v1beta1::MsgExec { grantee: String::new(), msgs: vec![any] };
        nested = exec.encode_to_vec();
    }
    let any = Any { type_url: "/cosmos.authz.v1beta1.MsgExec".to_owned(), value: nested };
    let tx = entente_proto::cosmos::tx::v1beta1::TxRaw {
        body_bytes: TxBody { messages: vec![any], ..TxBody::default() }.encode_to_vec(),
        ..Default::default()
    };
    let bytes = STANDARD.encode(tx.encode_to_vec());
    for (path, body) in [
        ("/cosmos/tx/v1beta1/simulate", json!({ "tx_bytes": bytes })),
        ("/cosmos/tx/v1beta1/txs", json!({ "tx_bytes": bytes, "mode": "BROADCAST_MODE_SYNC" })),
        ("/cosmos/tx/v1beta1/decode", json!({ "tx_bytes": bytes })),
    ] {
        request(node.rest, "POST", path, body.to_string().as_bytes()).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    node.serves_others("huge and deep requests");
}

/// Expensive questions, one after the other on many connections.
fn flood(node: &Node) {
    let until = Instant::now() + Duration::from_secs(4);
    let flooders: Vec<_> = (0..24)
        .map(|n| {
            let (rpc, rest) = (node.rpc, node.rest);
            std::thread::spawn(move || {
                let mut answers = 0_u64;
                while Instant::now() < until {
                    let asked = match n % 3 {
                        0 => request(rpc, "GET", "/tx_search?query=%22tx.height%3E0%22&per_page=100", b""),
                        1 => request(rest, "GET", "/cosmos/auth/v1beta1/accounts?pagination.limit=1000", b""),
                        _ => request(rpc, "GET", "/block_results?height=1", b""),
                    };
                    answers += u64::from(asked.is_ok());
                }
                answers
            })
        })
        .collect();
    node.serves_others("a flood of questions");
    let answers: u64 = flooders.into_iter().map(|f| f.join().unwrap()).sum();
    println!("{answers} questions of the flood were answered");
}

/// Small requests for large answers, from clients that read nothing.
fn answers_that_nobody_takes(node: &Node) {
    let calls = [r#"{"jsonrpc":"2.0","id":1,"method":"genesis_chunked"}"#; 1_000];
    let batch = format!("[{}]", calls.join(","));
    let (_, answer) = request(node.rpc, "POST", "/", batch.as_bytes()).unwrap();
    let answers: Vec<Value> = serde_json::from_str(&answer).unwrap();
    assert_eq!(answers.len(), calls.len(), "each call has its answer");
    let refused = answers.iter().filter(|a| a["error"]["code"] == -32_000).count();
    println!("a batch for {} bytes of answers: {refused} refused", answer.len());
    assert!(refused > 0 && answer.len() < entente_node::rpc::BATCH_ANSWER_BYTES_MAX + 1_000_000);
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", batch.len());
    let mut hands = Vec::new();
    for _ in 0..64 {
        let mut stream = connect(node.rpc).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(batch.as_bytes()).unwrap();
        hands.push(stream);
    }
    let until = Instant::now() + Duration::from_secs(15);
    let mut most = 0;
    while Instant::now() < until {
        let memory = node.memory();
        most = memory.max(most);
        assert!(memory < MEMORY_MAX, "answers that nobody takes: {memory} bytes of memory");
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("64 clients that take nothing: at most {} MiB", most >> 20);
    node.serves_others("answers that nobody takes");
}

fn sent(node: &Node, signer: &keys::Signer, number: u64, sequence: u64) -> Value {
    let own = entente_kernel::Bech32::new("entente").acc(&signer.address());
    let amount = vec![Coin { denom: "uente".to_owned(), amount: "1".to_owned() }];
    let send = MsgSend { from_address: own.clone(), to_address: own, amount };
    let any = Any { type_url: "/cosmos.bank.v1beta1.MsgSend".to_owned(), value: send.encode_to_vec() };
    let body = TxBody { messages: vec![any], ..TxBody::default() };
    let fee = Fee { gas_limit: 200_000, ..Fee::default() };
    let terms = Terms { chain_id: "entente-dev-1", account_number: number, sequence, fee };
    let tx = signer.sign(&body, &terms).unwrap();
    node.call("broadcast_tx_sync", &json!({ "tx": STANDARD.encode(tx) }))
}

fn one_sender_fills_the_mempool(node: &Node) {
    let (hostile, other) = (keys::development(1).unwrap(), keys::development(2).unwrap());
    let mut accepted = 0_u64;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) {
        let answer = sent(node, &hostile, 1, accepted);
        if answer["result"]["code"] == 0 {
            accepted += 1;
        }
    }
    let answer = sent(node, &other, 2, 0);
    assert_eq!(answer["result"]["code"], 0, "somebody else may send: {answer}");
    let hash = answer["result"]["hash"].as_str().unwrap().to_owned();
    let began = Instant::now();
    while node.call("tx", &json!({ "hash": STANDARD.encode(hex::decode(&hash).unwrap()) })).get("result").is_none() {
        assert!(began.elapsed() < PATIENCE, "the other's transaction is in no block");
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("{accepted} transactions of one sender; the other's was in a block after {:?}", began.elapsed());
    node.serves_others("a mempool filled by one sender");
}
