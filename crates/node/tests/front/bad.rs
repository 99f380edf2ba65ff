//! Wrong command lines, files, ports and transactions: one sentence on standard error, nothing on standard output, exit code 1 or 2.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use serde_json::{Value, json};

use crate::node::{Node, done, entente};

/// The verb fails and says all of this, in one line unless it lists verbs.
fn fails(home: &Path, words: &[&str], says: &[&str]) {
    let said = entente(home, words);
    let line = words.join(" ");
    assert!(!said.ok, "entente {line} succeeds: {}", said.out);
    assert_eq!(said.out, "", "entente {line} prints on standard output");
    for part in says {
        assert!(said.err.contains(part), "entente {line}: {:?} does not say {part:?}", said.err);
    }
    assert!(!said.err.contains("panicked"), "entente {line}: {}", said.err);
}

#[test]
fn a_wrong_command_line_is_answered_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let rows: &[(&[&str], &[&str])] = &[
        (&["fly"], &["unrecognized subcommand 'fly'"]),
        (&["dev", "--fly"], &["unexpected argument '--fly'"]),
        (&["dev", "--rpc", "over-there"], &["\"over-there\" is not an address to listen on"]),
        (&["dev", "--block-time", "soon"], &["\"soon\" is not a span of time such as 21d"]),
        (&["dev", "--block-time", "0s"], &["--block-time"]),
        (&["dev", "advance", "21"], &["\"21\" is not a span of time such as 21d"]),
        (&["dev", "advance", "21d"], &["no development chain runs in"]),
        (&["dev", "--validators", "11"], &["11 is not in 1..=10"]),
        (&["dev", "fault", "dev1"], &["--double-sign|--down|--up"]),
        (&["dev", "fault", "dev1", "--down"], &["no development chain runs in"]),
        (&["start", "--unsafe-skip-upgrades", "soon"], &["invalid value 'soon'"]),
        (&["dev", "--genesis", "/no/file"], &["the genesis file /no/file cannot be read"]),
        (&["start"], &["there is no node in", "entente init NAME"]),
        (&["start", "--engine", "warp"], &["--engine: \"warp\" is not known here; solo"]),
        (&["export"], &["the genesis file", "cannot be read"]),
        (&["genesis", "import", "/no/file"], &["the genesis file /no/file cannot be read"]),
        (&["genesis", "collect-gentxs"], &["the genesis file", "cannot be read"]),
        (&["status", "--node", "tcp://127.0.0.1:9"], &["no node answers at 127.0.0.1:9"]),
        (&["query", "bank", "balances"], &["query"]),
        (&["query", "moon", "phase"], &["unknown module \"moon\""]),
        (&["query", "bank", "params", "--output", "xml"], &["--output: \"xml\" is neither json nor text"]),
        (&["tx", "bank", "fly"], &["unknown verb \"bank fly\""]),
        (&["tx", "bank", "send", "dev0", "x", "5uente", "--color"], &["unknown flag --color"]),
        (&["keys", "show", "nobody"], &["nobody"]),
        (&["keys", "show", "../../etc/passwd"], &["../../etc/passwd"]),
        (&["keys", "add", "a", "--keyring-backend", "cloud"], &["cloud"]),
    ];
    for (words, says) in rows {
        fails(home, words, says);
    }
}

#[test]
fn who_reads_no_further_ends_the_program_without_a_report() {
    let program = env!("CARGO_BIN_EXE_entente");
    let mut child = std::process::Command::new(program)
        .arg("version")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(141), Vec::new()));
}

#[test]
fn a_wrong_genesis_is_refused_with_the_path_of_the_field() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let text = include_str!("genesis-0.42.json");
    let good: Value = serde_json::from_str(text).unwrap();
    let rows: Vec<(&str, Value, &str)> = vec![
        ("/chain_id", json!(7), "chain_id"),
        ("/genesis_time", json!("yesterday"), "genesis_time"),
        ("/consensus_params/block", json!(1), "consensus_params.block"),
        ("/app_state/bank/supply/0/amount", json!("5"), "bank: supply: genesis supply is incorrect"),
        ("/app_state/bank/balances/1/address", json!("old1nonsense"), "bank: balances[1]"),
        ("/app_state/bank/balances/1/coins/0/amount", json!("-5"), "bank: balances[1].coins"),
        ("/app_state/auth/accounts/2/@type", json!("/moon.Account"), "auth.accounts[2]"),
        ("/app_state/staking/params/bond_denom", json!(5), "app_state.staking.params.bond_denom"),
        ("/app_state/staking/params/max_validators", json!("many"), "staking.params.max_validators"),
        ("/app_state/gov/voting_params", json!({}), "app_state.gov.voting_params.voting_period"),
        ("/app_state/mint/params/goal_bonded", json!("7"), "mint: params"),
        ("/app_state/transfer/denom_traces", json!([{ "path": "x" }]), "transfer.denom_traces[0]"),
        ("/app_state/wasm", json!({ "codes": [] }), "app_state.wasm"),
        ("/app_state/ibc/client_genesis/clients", json!([{}]), "app_state.ibc.client_genesis.clients"),
        ("/app_state/genutil/gen_txs/1/body/memo", json!("changed"), "genutil.gen_txs[1]"),
        ("/app_state/genutil/gen_txs/0/signatures/0", json!("AAAA"), "genutil.gen_txs[0]"),
        ("/app_state/genutil/gen_txs/0/body/messages/0/value/amount", json!("9"), "genutil.gen_txs[0]"),
    ];
    for (path, value, says) in rows {
        let mut bad = good.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        match bad.pointer_mut(parent).unwrap() {
            Value::Object(members) => {
                members.insert(name.to_owned(), value);
            }
            list => list[name.parse::<usize>().unwrap()] = value,
        }
        let file = home.join("bad.json");
        std::fs::write(&file, bad.to_string()).unwrap();
        let file = file.display().to_string();
        fails(home, &["genesis", "import", &file], &[says]);
        fails(
            home,
            &["dev", "--ephemeral", "--genesis", &file, "--rpc", "0", "--rest", "0", "--grpc", "0", "--faucet", "0"],
            &[says],
        );
    }
    for (text, says) in [("", "is not JSON"), ("{", "is not JSON"), ("[]", "genesis"), ("{\"hello\": 1}", "hello")] {
        let file = home.join("bad.json");
        std::fs::write(&file, text).unwrap();
        fails(home, &["genesis", "import", &file.display().to_string()], &[says]);
    }
    assert!(!home.join("config/genesis.json").exists(), "a refused genesis is not kept");
}

#[test]
fn a_wrong_config_a_taken_port_and_another_chains_home_are_told() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    done(home, &["init", "me"]);
    fails(home, &["init", "me"], &["is there already; replace it with --overwrite"]);
    let config = home.join("config/node.toml");
    let good = std::fs::read_to_string(&config).unwrap();
    for (text, says) in [("moniker = 5", "node.toml"), ("colour = \"red\"", "colour"), ("rpc = \"far\"", "\"far\"")] {
        std::fs::write(&config, text).unwrap();
        fails(home, &["start"], &[says]);
    }
    std::fs::write(&config, &good).unwrap();
    fails(home, &["start", "--rpc", "0", "--rest", "0", "--grpc", "0"], &["the genesis is refused: validators"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dev = home.join("dev");
    let says = ["is in use by another program; stop it or choose another address with --rpc", &address];
    fails(&dev, &["dev", "--rpc", &address, "--rest", "0", "--grpc", "0", "--faucet", "0"], &says);

    let folder = dev.display().to_string();
    Node::start(&dev, &["dev", "--home", &folder, "--chain-id", "first-1"]).stop();
    let ports = ["--rpc", "0", "--rest", "0", "--grpc", "0", "--faucet", "0"];
    let other = [&["dev", "--home", &folder, "--chain-id", "second-1"][..], &ports].concat();
    fails(&dev, &other, &["belongs to the chain first-1; choose another with --home"]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/front/genesis-0.42.json").display().to_string();
    let foreign = [&["dev", "--home", &folder, "--genesis", &file][..], &ports].concat();
    fails(&dev, &foreign, &["belongs to the chain first-1; choose another with --home"]);
}

#[test]
fn a_bad_transaction_fails_with_a_sentence_and_an_exit_code_and_the_node_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let folder = home.display().to_string();
    let node = Node::start(home, &["dev", "--home", &folder, "--ephemeral"]);
    let other = done(home, &["keys", "show", "dev1", "-a"]).out.trim().to_owned();
    let at_node = ["--node", node.rpc.as_str(), "--yes", "-o", "json"];
    let send = |amount: &str, flags: &[&str]| {
        entente(home, &[&["tx", "bank", "send", "dev0", &other, amount][..], flags, &at_node].concat())
    };
    let rows: &[(&str, &[&str], &str)] = &[
        ("0uente", &[], "invalid coins"),
        ("-5uente", &[], "-5uente"),
        ("5", &[], "5"),
        ("99999999999999999999uente", &[], "spendable balance"),
        (&format!("1{}uente", "0".repeat(78)), &[], "more than 256 bits"),
        ("5ibc/NOBODY/HAS/THIS", &[], "spendable balance"),
        ("5uente", &["--gas", "20000"], "out of gas"),
        ("5uente", &["--gas", "lots"], "--gas"),
        ("5uente", &["--fees", "5u"], "invalid denom: u"),
        ("5uente", &["--fees", "five"], "five"),
        ("5uente", &["--sequence", "77"], "account sequence mismatch"),
        ("5uente", &["--chain-id", "other-1"], "--chain-id"),
        ("5uente", &["--account-number", "99"], "signature verification failed"),
        ("5uente", &["--timeout-height", "1"], "timeout height"),
    ];
    for (amount, flags, says) in rows {
        let said = send(amount, flags);
        assert!(!said.ok && said.err.contains(says), "{amount} {flags:?}: {:?} {:?}", said.out, said.err);
        assert!(said.out.is_empty() || serde_json::from_str::<Value>(&said.out).is_ok(), "{}", said.out);
    }
    // A transaction that fails in its block is printed, and the exit code still tells.
    let failed = send("99999999999999999999uente", &["--gas", "200000"]);
    assert!(!failed.ok);
    let shown = failed.json();
    assert_eq!((shown["codespace"].as_str(), shown["code"].as_u64()), (Some("sdk"), Some(5)), "{shown}");
    assert_ne!(shown["height"], "0");

    // Bytes that no client would send, at the door itself.
    let answer = rpc(&node.rpc, "broadcast_tx_sync", &json!({ "tx": "AAECAw==" }));
    assert_eq!((&answer["result"]["codespace"], &answer["result"]["code"]), (&json!("sdk"), &json!(2)), "{answer}");
    let answer = rpc(&node.rpc, "broadcast_tx_sync", &json!({ "tx": "not base64!" }));
    assert_eq!(answer["error"]["code"], json!(-32602), "{answer}");
    let answer = rpc(&node.rpc, "fly", &json!({}));
    assert_eq!(answer["error"]["code"], json!(-32601), "{answer}");
    assert!(post(&node.rpc, &"[".repeat(100_000)).contains("error"), "deep nesting is refused");
    assert!(!post(&node.rpc, &" ".repeat(2_000_000)).contains("\"result\""), "a body that is too large is refused");
    let credit = http(&node.faucet, "POST /credit", r#"{"address": "entente1x", "denom": "uente"}"#);
    assert!(credit.contains("address:"), "{credit}");
    let credit = http(&node.faucet, "POST /credit", &json!({ "address": other, "denom": "unknown" }).to_string());
    assert!(credit.contains("error"), "{credit}");
    let had = node.balance(&other, "uente");
    let credit = http(&node.faucet, "POST /credit", &json!({ "address": other, "denom": "uente" }).to_string());
    assert!(credit.contains("txhash"), "{credit}");
    assert_eq!(node.balance(&other, "uente") - had, 100_000_000);
    let sent = send("5uente", &["--gas", "auto"]);
    assert!(sent.ok, "{}{}", sent.out, sent.err);
    assert_eq!(node.query(&["invariants"])["broken"], json!([]));
}

/// The answer of a call with JSON-RPC.
pub fn rpc(node: &str, method: &str, params: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    serde_json::from_str(&post(node, &body)).unwrap()
}

fn post(node: &str, body: &str) -> String {
    let answer = http(node.trim_start_matches("tcp://"), "POST /", body);
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or(answer)
}

fn http(address: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // A server that has read enough hangs up.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}
