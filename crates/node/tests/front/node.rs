//! Runs the real binary: verbs to their end, and nodes that are stopped when the test is over.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_entente");
/// How long a node may need until it answers, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A free port. Another program may take it before the node does; tests live with that.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What a verb said, and whether it succeeded.
pub struct Said {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {:?} {:?}", self.out, self.err))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn command(home: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.env("ENTENTE_HOME", home).env("ENTENTE_KEYRING_BACKEND", "test").stdin(Stdio::null());
    command
}

/// Runs a verb in a home folder.
pub fn entente(home: &Path, words: &[&str]) -> Said {
    command(home).args(words).output().unwrap().into()
}

/// Runs a verb that must succeed.
pub fn done(home: &Path, words: &[&str]) -> Said {
    let said = entente(home, words);
    assert!(said.ok, "entente {}: {}{}", words.join(" "), said.out, said.err);
    said
}

/// A running node.
pub struct Node {
    child: Child,
    pub home: PathBuf,
    pub rpc: String,
    pub faucet: String,
    log: PathBuf,
}

impl Node {
    /// `entente dev` or `entente start` with more words, on free ports.
    pub fn start(home: &Path, words: &[&str]) -> Self {
        let ports = [free_port(), free_port(), free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
        let log = home.join("said.log");
        std::fs::create_dir_all(home).unwrap();
        let file = std::fs::File::create(&log).unwrap();
        let mut node = command(home);
        node.args(words).args(["--rpc", &ports[0], "--rest", &ports[1], "--grpc", &ports[2]]);
        if words.first() == Some(&"dev") {
            node.args(["--faucet", &ports[3]]);
        }
        let child = node.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        let mut node =
            Self { child, home: home.to_owned(), rpc: format!("tcp://{}", ports[0]), faucet: ports[3].clone(), log };
        let end = Instant::now() + PATIENCE;
        while !entente(home, &["status", "--node", &node.rpc]).ok {
            let ended = node.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "{}", node.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        node
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The JSON that a question gives.
    pub fn query(&self, words: &[&str]) -> Value {
        done(&self.home, &[&["query"], words, &["--node", &self.rpc, "-o", "json"]].concat()).json()
    }

    /// Sends a transaction, with estimated gas, and waits for its block.
    pub fn try_tx(&self, from: &str, words: &[&str]) -> Said {
        let flags = ["--from", from, "--node", &self.rpc, "--gas", "auto", "--yes", "-o", "json"];
        entente(&self.home, &[&["tx"], words, &flags].concat())
    }

    pub fn tx(&self, from: &str, words: &[&str]) -> Value {
        let said = self.try_tx(from, words);
        assert!(said.ok, "tx {}: {}{}", words.join(" "), said.out, said.err);
        said.json()
    }

    pub fn advance(&self, span: &str) {
        done(&self.home, &["dev", "advance", span]);
    }

    pub fn balance(&self, address: &str, denom: &str) -> u128 {
        let answer = self.query(&["bank", "balance", address, denom]);
        answer["balance"]["amount"].as_str().unwrap().parse().unwrap()
    }

    /// The app hash of the state after the last block.
    pub fn state_hash(&self) -> String {
        use base64::Engine as _;
        let info = crate::bad::rpc(&self.rpc, "abci_info", &serde_json::json!({}));
        let text = info["result"]["response"]["last_block_app_hash"].as_str().unwrap().to_owned();
        hex::encode_upper(base64::engine::general_purpose::STANDARD.decode(text).unwrap())
    }

    /// Asks it to end and waits.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
        }
    }
}
