//! What must not change silently: app hashes, keys, events and codes, compared with files that are regenerated only on purpose.
//!
//! `make golden` writes the files anew. Whoever does that has changed the consensus, and says so in the changelog.

mod messages;
mod restaking;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use entente_chain::{Chain, InitChain, route, stores};
use entente_kernel::json;
use entente_kernel::tree::Forest;
use entente_kernel::{Bech32, Ctx, Env, Error, Event, Mode, Span, Timestamp};
use prost_types::Any;
use serde_json::Value;

use crate::net;

/// The variable that makes the test write what it would compare.
const UPDATE: &str = "UPDATE_GOLDEN";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares text with a golden file, and names the first line that differs.
fn compare(file: &str, found: &str) {
    let path = folder().join(file);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, found).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines =
        (1..).zip(golden.lines().map(Some).chain(std::iter::repeat(None)).zip(found.lines().map(Some).chain([None])));
    if let Some((line, (was, is))) = lines.find(|(_, (was, is))| was != is) {
        panic!(
            "the consensus changed: {file}, line {line}\n  was {}\n  is  {}\nIf that is meant: make golden, and say so in CHANGELOG.md.",
            was.unwrap_or("nothing"),
            is.unwrap_or("nothing")
        );
    }
    assert_eq!(
        golden, found,
        "{file} is longer than it should be; if that is meant: make golden, and say so in CHANGELOG.md"
    );
}

/// A chain that is driven message by message, without fees and signatures.
pub struct Bench {
    forest: Forest,
    height: i64,
    time: Timestamp,
}

/// What a message did.
struct Done {
    /// `ok`, or codespace and code.
    answer: String,
    events: Vec<Event>,
    /// Store and key of every pair that changed; a removed one ends in `-`.
    keys: Vec<String>,
}

impl Bench {
    fn new(init: &InitChain) -> Self {
        let (chain, _) = Chain::init_chain(init).unwrap();
        let snapshot = chain.snapshot(None).unwrap();
        Self { forest: snapshot.forest.clone(), height: 1, time: snapshot.time }
    }

    fn ctx(&self) -> Ctx {
        let env = Env {
            chain_id: net::CHAIN_ID.into(),
            height: self.height,
            time: self.time,
            proposer: None,
            bech32: Bech32::new("entente"),
            mode: Mode::Deliver,
        };
        Ctx::new(self.forest.clone(), env)
    }

    /// Asks a query, for messages that say everything again.
    pub fn ask(&self, path: &str) -> Value {
        let method = json::schema::method_at(path).unwrap_or_else(|| panic!("{path}"));
        let answer = entente_chain::query::run(&mut self.ctx(), path, &[]).unwrap_or_else(|e| panic!("{path}: {e}"));
        json::encode(method.output().full_name(), &answer).unwrap()
    }

    fn handle(&mut self, url: &str, message: &Value) -> Done {
        let value = json::decode(url, message).unwrap_or_else(|e| panic!("{url}: {e}"));
        let mut ctx = self.ctx();
        let any = Any { type_url: url.to_owned(), value };
        let answer = match ctx.layer(|ctx| route::handle(ctx, &any)) {
            Ok(_) => "ok".to_owned(),
            Err(Error::Refusal(refusal)) => format!("{} {}", refusal.codespace, refusal.code),
            Err(fault) => panic!("{url}: {fault}"),
        };
        let events = ctx.take_events();
        let changes = ctx.into_changes();
        let name = |index: u8| stores::ALL.iter().find(|s| s.index == index).map_or("?", |s| s.name);
        let key = |(store, key, value): &(u8, bytes::Bytes, Option<bytes::Bytes>)| {
            format!("{} {}{}", name(*store), hex::encode(key), if value.is_some() { "" } else { " -" })
        };
        let keys = changes.iter().map(key).collect();
        self.forest.apply(changes).unwrap();
        self.height += 1;
        self.time = self.time.plus(Span::from_secs(5));
        Done { answer, events, keys }
    }
}

fn shown(event: &Event) -> String {
    let attributes: Vec<String> = event.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("  {} {{{}}}", event.kind, attributes.join(", "))
}

fn init() -> InitChain {
    InitChain {
        chain_id: net::CHAIN_ID.to_owned(),
        time: Timestamp::from_secs(1_750_000_000),
        initial_height: 1,
        consensus_params: Value::Null,
        app_state: messages::genesis(),
    }
}

#[test]
fn every_message_changes_the_state_as_it_always_did() {
    let init = init();
    let mut bench = Bench::new(&init);
    let (mut hashes, mut events, mut keys) = (String::new(), String::new(), String::new());
    writeln!(hashes, "genesis {}", hex::encode(bench.forest.root())).unwrap();
    let mut urls = std::collections::BTreeSet::new();
    for (n, (url, message)) in messages::all().into_iter().enumerate() {
        let message = message(&bench);
        let Done { answer, events: heard, keys: changed } = bench.handle(url, &message);
        // Nobody may submit proofs by hand, no pool is named for liquid stake, and without blocks no exit is back; every other kind is carried out.
        let refused = ["MsgSubmitEvidence", "MsgStakeToLP", "MsgClaimUnstaked", "MsgClaimExit"]
            .iter()
            .any(|name| url.ends_with(name));
        assert!(answer == "ok" || refused, "{n} {url}: {answer}: {message}");
        writeln!(hashes, "{n} {url} {answer} {}", hex::encode(bench.forest.root())).unwrap();
        writeln!(events, "{n} {url}").unwrap();
        heard.iter().for_each(|event| writeln!(events, "{}", shown(event)).unwrap());
        writeln!(keys, "{n} {url}").unwrap();
        changed.iter().for_each(|key| writeln!(keys, "  {key}").unwrap());
        urls.insert(url);
    }
    let missing: Vec<_> = route::URLS.iter().filter(|url| !urls.contains(*url)).collect();
    assert!(missing.is_empty(), "kinds of messages without a golden app hash: {missing:?}");
    compare("app_hashes.txt", &hashes);
    compare("events.txt", &events);
    compare("keys.txt", &keys);
}

#[test]
fn blocks_change_the_state_as_they_always_did() {
    let mut net = net::Net::new();
    let mut text = String::new();
    let mut line = |net: &net::Net, what: &str| {
        let snapshot = net.chain.snapshot(None).unwrap();
        writeln!(text, "{} {what} {}", snapshot.height, hex::encode(snapshot.forest.root())).unwrap();
    };
    line(&net, "genesis");
    for _ in 0..3 {
        net.block(Vec::new());
        line(&net, "empty");
    }
    let send = net::send(&net::user(1), &net::user(2), 5);
    let result = net.block(vec![net::Tx::new(vec![send], vec![net::Hand::of(1)]).bytes()]);
    assert_eq!(net::answer(&result.txs[0]), "ok");
    line(&net, "send");
    for _ in 0..3 {
        net.block(Vec::new());
        line(&net, "empty");
    }
    compare("blocks.txt", &text);
}

#[test]
fn codes_of_refusals_are_what_they_always_were() {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/errors.md");
    let reference = std::fs::read_to_string(reference).unwrap();
    let mut text = String::new();
    let mut space = "";
    for line in reference.lines() {
        match (line.strip_prefix("## "), line.strip_prefix("| ")) {
            (Some(name), _) => space = name,
            (_, Some(row)) if row.starts_with(|c: char| c.is_ascii_digit()) => {
                let cells: Vec<&str> = row.split(" | ").collect();
                writeln!(text, "{space} {}: {}", cells[0], cells[1]).unwrap();
            }
            _ => {}
        }
    }
    assert!(text.lines().count() > 40, "the reference lists the codes");
    compare("codes.txt", &text);
}
