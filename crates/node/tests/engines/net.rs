//! A net of real nodes under a real CometBFT on this machine, as `entente testnet` writes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use entente_node::engine::comet::companion::{Companion, Status};
use entente_node::engine::comet::supervise;
use serde_json::{Value, json};

use crate::proxy::{Weather, wire};

/// Ports of a node.
const PORTS: u16 = 10;
/// One net at a time: the machine is small.
static ONE: Mutex<()> = Mutex::new(());
/// A block, whatever else the machine does.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Net {
    _turn: MutexGuard<'static, ()>,
    pub folder: tempfile::TempDir,
    pub base_port: u16,
    pub validators: u16,
    nodes: BTreeMap<u16, Child>,
    /// The wire over which the first node dials the second.
    pub wires: BTreeMap<(u16, u16), Arc<Weather>>,
}

impl Net {
    /// A net whose nodes do not run yet; `None`, with the reason printed, if there is no CometBFT.
    pub fn new(base_port: u16, validators: u16) -> Option<Self> {
        if let Err(why) = supervise::find(None).and_then(|program| supervise::version(&program)) {
            eprintln!("skipped: {why:#}");
            return None;
        }
        let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::Builder::new().prefix("entente-net").tempdir().unwrap();
        let net = Self { _turn: turn, folder, base_port, validators, nodes: BTreeMap::new(), wires: BTreeMap::new() };
        let done = net
            .entente()
            .args(["testnet", "init-files", "--chain-id", "net-1", "--commit-timeout", "500ms", "--output-dir"])
            .arg(net.folder.path())
            .args(["--v", &validators.to_string(), "--base-port", &base_port.to_string()])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Some(net)
    }

    pub fn entente(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entente"));
        command.env_remove("ENTENTE_HOME").env("ENTENTE_KEYRING_BACKEND", "test");
        command
    }

    pub fn home(&self, node: u16) -> PathBuf {
        self.folder.path().join(format!("node{node}")).join("entente")
    }

    fn port(&self, node: u16, nth: u16) -> u16 {
        self.base_port + node * PORTS + nth
    }

    pub fn rpc(&self, node: u16) -> Companion {
        Companion::new(format!("127.0.0.1:{}", self.port(node, 1)))
    }

    /// Changes the genesis of all homes.
    pub fn change_genesis(&self, change: impl Fn(&mut Value)) {
        for node in 0..self.validators {
            let path = self.home(node).join("config/genesis.json");
            let mut doc: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            change(&mut doc);
            fs::write(&path, doc.to_string()).unwrap();
        }
    }

    /// Replaces a line of a node's `config.toml`.
    pub fn set(&self, node: u16, from: &str, to: &str) {
        let path = self.home(node).join("config/config.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    /// Has all validators speak over wires that can be cut.
    pub fn over_wires(&mut self) {
        let ids: Vec<String> = (0..self.validators).map(|node| self.id(node)).collect();
        for from in 0..self.validators {
            let mut peers = Vec::new();
            for to in (0..self.validators).filter(|to| *to != from) {
                let port = self.base_port + 200 + from * 20 + to;
                self.wires.insert((from, to), wire(port, self.port(to, 0)));
                peers.push(format!("{}@127.0.0.1:{port}", ids[usize::from(to)]));
            }
            let path = self.home(from).join("config/config.toml");
            let text = fs::read_to_string(&path).unwrap();
            let line = text.lines().find(|l| l.starts_with("persistent_peers")).unwrap().to_owned();
            self.set(from, &line, &format!("persistent_peers = {:?}", peers.join(",")));
            self.set(from, "pex = true", "pex = false");
        }
    }

    pub fn id(&self, node: u16) -> String {
        let said = self.entente().args(["comet", "show-node-id", "--home"]).arg(self.home(node)).output().unwrap();
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }

    /// The home of one more node, which follows the validators. Its genesis is theirs, its peers are all of them.
    pub fn follower(&self, node: u16) -> PathBuf {
        let home = self.home(node);
        fs::create_dir_all(home.join("config")).unwrap();
        for file in ["genesis.json", "config.toml", "node.toml"] {
            let mut text = fs::read_to_string(self.home(0).join("config").join(file)).unwrap();
            // The genesis is signed, ports and all.
            for nth in (0..PORTS).filter(|_| file != "genesis.json") {
                text = text.replace(&format!(":{}\"", self.port(0, nth)), &format!(":{}\"", self.port(node, nth)));
            }
            fs::write(home.join("config").join(file), text).unwrap();
        }
        let peers: Vec<String> =
            (0..self.validators).map(|v| format!("{}@127.0.0.1:{}", self.id(v), self.port(v, 0))).collect();
        let text = fs::read_to_string(home.join("config/config.toml")).unwrap();
        let line = text.lines().find(|l| l.starts_with("persistent_peers")).unwrap().to_owned();
        self.set(node, &line, &format!("persistent_peers = {:?}", peers.join(",")));
        home
    }

    pub fn start(&mut self, node: u16) {
        self.start_with(node, &[], &[]);
    }

    pub fn start_with(&mut self, node: u16, arguments: &[&str], environment: &[(&str, &str)]) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log(node)).unwrap();
        let mut command = self.entente();
        command.args(["start", "--engine", "comet", "--snapshot-interval", "5", "--home"]).arg(self.home(node));
        command.args(arguments).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.nodes.insert(node, command.spawn().unwrap());
    }

    pub fn start_all(&mut self) {
        for node in 0..self.validators {
            self.start(node);
        }
    }

    pub fn log(&self, node: u16) -> PathBuf {
        self.home(node).join("entente.log")
    }

    /// The end of what a node said, for a failing test.
    pub fn said(&self, node: u16) -> String {
        let text = fs::read_to_string(self.log(node)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }

    fn comet_pid(&self, node: u16) -> Option<String> {
        Some(fs::read_to_string(self.home(node).join("data/cometbft.pid")).ok()?.trim().to_owned())
    }

    fn signal(&self, node: u16, signal: &str) {
        let own = self.nodes.get(&node).map(|child| child.id().to_string());
        for pid in own.into_iter().chain(self.comet_pid(node)) {
            let _ = Command::new("kill").arg(signal).arg(pid).stderr(Stdio::null()).status();
        }
    }

    /// As if the machine had lost its power.
    pub fn kill(&mut self, node: u16) {
        self.signal(node, "-KILL");
        if let Some(mut child) = self.nodes.remove(&node) {
            child.wait().unwrap();
        }
    }

    pub fn runs(&self, node: u16) -> bool {
        self.nodes.contains_key(&node)
    }

    pub fn pause(&self, node: u16) {
        self.signal(node, "-STOP");
    }

    pub fn go_on(&self, node: u16) {
        self.signal(node, "-CONT");
    }

    /// Ends a node as an operator does.
    pub fn stop(&mut self, node: u16) {
        if let Some(mut child) = self.nodes.remove(&node) {
            let _ = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
            child.wait().unwrap();
        }
    }

    /// Waits until a node has ended by itself; whether all was well with it.
    pub fn ended(&mut self, node: u16) -> bool {
        let mut child = self.nodes.remove(&node).unwrap();
        let begin = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.success();
            }
            if begin.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("node {node} does not end:\n{}", self.said(node));
            }
            sleep(Duration::from_millis(100));
        }
    }

    pub fn status(&self, node: u16) -> Option<Status> {
        self.rpc(node).status().ok()
    }

    pub fn height(&self, node: u16) -> i64 {
        self.status(node).map_or(0, |s| s.height)
    }

    /// Waits until a node is at a height and not behind the others; how long it took.
    pub fn wait(&self, node: u16, height: i64, patience: Duration) -> Duration {
        let begin = Instant::now();
        loop {
            if self.status(node).is_some_and(|s| s.height >= height && !s.catching_up) {
                return begin.elapsed();
            }
            assert!(
                begin.elapsed() < patience,
                "node {node} is at height {} after {:?}, not at {height}:\n{}",
                self.height(node),
                begin.elapsed(),
                self.said(node)
            );
            sleep(Duration::from_millis(50));
        }
    }

    /// Block id and app hash of a height, as a node has them.
    pub fn block(&self, node: u16, height: i64) -> Option<(String, String)> {
        let answer = self.rpc(node).call("block", json!({ "height": height.to_string() })).ok()?;
        let text = |path: &str| Some(answer.pointer(path)?.as_str()?.to_owned());
        Some((text("/block_id/hash")?, text("/block/header/app_hash")?))
    }

    /// No two nodes have different blocks or app hashes at any height from `from` on; the last height that was compared.
    pub fn no_fork(&self, nodes: &[u16], from: i64) -> i64 {
        let last = nodes.iter().map(|n| self.height(*n)).min().unwrap();
        for height in from.max(1)..=last {
            let mut found = nodes.iter().filter_map(|n| self.block(*n, height));
            let first = found.next();
            for other in found {
                assert_eq!(Some(other), first, "the nodes differ at height {height}");
            }
        }
        last
    }

    /// Asks the chain by a gRPC path over REST.
    pub fn rest(&self, node: u16, path: &str) -> Option<Value> {
        serde_json::from_str(&self.get(node, 2, path)?).ok()
    }

    /// What Prometheus reads.
    pub fn metrics(&self, node: u16) -> Option<String> {
        self.get(node, 4, "/metrics")
    }

    fn get(&self, node: u16, port: u16, path: &str) -> Option<String> {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port(node, port))).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text.split_once("\r\n\r\n")?.1.to_owned())
    }

    /// The program and the arguments with which a node is started.
    pub fn words(&self, node: u16) -> Vec<String> {
        let home = self.home(node).display().to_string();
        let words = [env!("CARGO_BIN_EXE_entente"), "start", "--engine", "comet", "--home", &home];
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// Has a process stand for a node until the net is gone.
    pub fn stands_for(&mut self, node: u16, child: Child) {
        self.nodes.insert(node, child);
    }

    /// Sends a transaction of a validator's account and waits for its block.
    pub fn tx(&self, node: u16, words: &[&str]) -> Value {
        let home = self.home(node);
        let name = format!("node{node}");
        let rpc = format!("tcp://127.0.0.1:{}", self.port(node, 1));
        let common = ["--from", &name, "--chain-id", "net-1", "--node", &rpc, "-y", "-o", "json", "--gas", "500000"];
        let said = self.entente().arg("tx").args(words).args(common).arg("--home").arg(&home).output().unwrap();
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let answer: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&said.stderr)));
        assert_eq!(answer["code"], 0, "{answer}");
        answer
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let nodes: Vec<u16> = self.nodes.keys().copied().collect();
        for node in nodes {
            self.go_on(node);
            self.kill(node);
        }
    }
}
