//! CometBFT's files in a home folder: its configuration, the key of the node among its peers, and the genesis in its own form.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::crypto::ed25519;
use serde_json::{Value, json};

use crate::genesis::{GenesisDoc, known};
use crate::keys::write_secret;

/// Where things are in a home folder; the same places as with `gaiad`.
#[derive(Debug, Clone)]
pub struct Files {
    home: PathBuf,
}

impl Files {
    pub fn of(home: &Path) -> Self {
        Self { home: home.to_owned() }
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub fn snapshots(&self) -> PathBuf {
        self.data().join("snapshots")
    }

    pub fn config(&self) -> PathBuf {
        self.home.join("config").join("config.toml")
    }

    pub fn genesis(&self) -> PathBuf {
        self.home.join("config").join("genesis.json")
    }

    pub fn node_key(&self) -> PathBuf {
        self.home.join("config").join("node_key.json")
    }

    pub fn validator_key(&self) -> PathBuf {
        self.home.join("config").join("priv_validator_key.json")
    }

    pub fn validator_state(&self) -> PathBuf {
        self.data().join("priv_validator_state.json")
    }

    /// Whether a CometBFT has run here.
    pub fn has_comet_blocks(&self) -> bool {
        self.data().join("blockstore.db").exists()
    }

    pub fn address_book(&self) -> PathBuf {
        self.home.join("config").join("addrbook.json")
    }
}

/// What a `config.toml` says that differs from node to node.
#[derive(Debug, Clone)]
pub struct Config {
    pub moniker: String,
    pub rpc: String,
    pub p2p: String,
    pub metrics: String,
    pub persistent_peers: String,
    /// Nodes on one machine: addresses that are not routable, several from one address.
    pub local: bool,
    /// How long a block waits after its commit, such as `5s`.
    pub timeout_commit: String,
}

impl Config {
    /// Of a node that has a machine for itself: the usual ports, and no peers yet.
    pub fn of_machine(moniker: &str) -> Self {
        Self {
            moniker: moniker.to_owned(),
            rpc: "tcp://127.0.0.1:26657".to_owned(),
            p2p: "tcp://0.0.0.0:26656".to_owned(),
            metrics: "127.0.0.1:26661".to_owned(),
            persistent_peers: String::new(),
            local: false,
            timeout_commit: "5s".to_owned(),
        }
    }

    /// The file. What is not in it has CometBFT's default.
    pub fn to_toml(&self) -> String {
        let Self { moniker, rpc, p2p, metrics, persistent_peers, local, timeout_commit } = self;
        let strict = !local;
        format!(
            r#"# CometBFT of this node. What is not here has CometBFT's default: https://docs.cometbft.com/v0.38/core/configuration

proxy_app = "tcp://127.0.0.1:26658"
moniker = {moniker:?}
db_backend = "goleveldb"
db_dir = "data"
log_level = "info"
log_format = "plain"
genesis_file = "config/genesis.json"
priv_validator_key_file = "config/priv_validator_key.json"
priv_validator_state_file = "data/priv_validator_state.json"
# A signer elsewhere dials in here; empty: the key file signs.
priv_validator_laddr = ""
node_key_file = "config/node_key.json"
abci = "socket"
filter_peers = false

[rpc]
laddr = {rpc:?}
cors_allowed_origins = []
unsafe = false
max_body_bytes = 2000000

[p2p]
laddr = {p2p:?}
external_address = ""
seeds = ""
persistent_peers = {persistent_peers:?}
addr_book_file = "config/addrbook.json"
addr_book_strict = {strict}
allow_duplicate_ip = {local}
max_num_inbound_peers = 40
max_num_outbound_peers = 10
# Bytes in a second to and from each peer. CometBFT's 5 MB would hold a node that joins by state-sync up for as long as its state is large.
send_rate = 20971520
recv_rate = 20971520
pex = true
seed_mode = false

[mempool]
type = "flood"
recheck = true
broadcast = true
size = 5000
max_txs_bytes = 67108864
cache_size = 10000
max_tx_bytes = 1048576

[statesync]
enable = false
# At least two, comma-separated; they are believed only as far as the light client verifies.
rpc_servers = ""
trust_height = 0
trust_hash = ""
trust_period = "168h0m0s"
# How long snapshots are asked for before one is chosen, again and again until there is one; CometBFT wants 5 s at least.
discovery_time = "5s"
chunk_request_timeout = "10s"
chunk_fetchers = "4"

[blocksync]
version = "v0"

[consensus]
wal_file = "data/cs.wal/wal"
timeout_propose = "3s"
timeout_propose_delta = "500ms"
timeout_prevote = "1s"
timeout_prevote_delta = "500ms"
timeout_precommit = "1s"
timeout_precommit_delta = "500ms"
timeout_commit = {timeout_commit:?}
double_sign_check_height = 0
create_empty_blocks = true

[storage]
discard_abci_responses = false

[tx_index]
indexer = "kv"

[instrumentation]
# The node's own metrics, on 26660, repeat these.
prometheus = true
prometheus_listen_addr = {metrics:?}
namespace = "cometbft"
"#
        )
    }
}

/// Reads a setting of a `config.toml`, such as `rpc.laddr`.
///
/// # Errors
/// The file cannot be read.
pub fn setting(config: &Path, name: &str) -> Result<Option<String>> {
    let text =
        std::fs::read_to_string(config).with_context(|| format!("the file {} cannot be read", config.display()))?;
    let table: toml::Table = toml::from_str(&text)
        .map_err(|e| anyhow!("the file {} is not understood: {}", config.display(), e.message()))?;
    let mut found = toml::Value::Table(table);
    for part in name.split('.') {
        match found.get(part) {
            Some(inner) => found = inner.clone(),
            None => return Ok(None),
        }
    }
    Ok(Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned)))
}

/// Changes settings of a `config.toml`, such as `("statesync.enable", "true")`; values are as they stand in the file. The rest stays as it is.
///
/// # Errors
/// A setting is not in the file, or the file cannot be read or written.
pub fn set(config: &Path, settings: &[(&str, String)]) -> Result<()> {
    let text =
        std::fs::read_to_string(config).with_context(|| format!("the file {} cannot be read", config.display()))?;
    let mut missing: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
    let (mut section, mut changed) = (String::new(), String::new());
    for line in text.lines() {
        let plain = line.trim();
        if let Some(name) = plain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
        }
        let name = plain.split_once('=').map(|(name, _)| format!("{section}{}", name.trim())).unwrap_or_default();
        match settings.iter().find(|(wanted, _)| *wanted == name) {
            Some((_, value)) => {
                missing.retain(|wanted| *wanted != name);
                let (own, _) = line.split_once('=').unwrap_or((line, ""));
                changed.push_str(&format!("{}= {value}\n", own));
            }
            None => changed.extend([line, "\n"]),
        }
    }
    anyhow::ensure!(
        missing.is_empty(),
        "the file {} has no line for {}; write one with any value",
        config.display(),
        missing.join(", ")
    );
    std::fs::write(config, changed).with_context(|| format!("the file {} cannot be written", config.display()))
}

/// Reads the seed of a `node_key.json`, or makes the file; the answer is the node's id.
///
/// # Errors
/// The file is there but is no such key, or cannot be written.
pub fn node_id(path: &Path) -> Result<String> {
    if !path.exists() {
        let seed = crate::keys::ring::random()?;
        let public = ed25519::public_key(&seed);
        let value = STANDARD.encode([seed, public].concat());
        let text = json!({ "priv_key": { "type": "tendermint/PrivKeyEd25519", "value": value } });
        write_secret(path, (text.to_string() + "\n").as_bytes())?;
    }
    let text = std::fs::read(path).with_context(|| format!("the key file {} cannot be read", path.display()))?;
    let public = serde_json::from_slice::<Value>(&text).ok().and_then(|value| {
        let bytes = STANDARD.decode(value.pointer("/priv_key/value")?.as_str()?).ok()?;
        bytes.get(32..)?.try_into().ok()
    });
    let public: [u8; 32] =
        public.ok_or_else(|| anyhow!("{} is not a node key in the form of node_key.json", path.display()))?;
    Ok(hex::encode(ed25519::address(&public)))
}

/// Bytes of a genesis file whose state CometBFT is not given: it would hold it, store it and chop it for its RPC at every start, some 20
/// seconds for 475 MB.
const LARGE: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };
/// What stands in the place of a state that is left out.
const LEFT_OUT: &str = "left_out";

/// The genesis file that CometBFT shall read: the home's own if it has CometBFT's form and is not large, else a copy in that form.
/// In the copy of a large one the name of the file's bytes stands for the state; see [`state_left_out`].
///
/// # Errors
/// The genesis is not accepted, or the copy cannot be written.
pub fn comet_genesis(files: &Files) -> Result<PathBuf> {
    let path = files.genesis();
    let frame = crate::genesis::read_frame(&path)?;
    let height_is_text = frame.get("initial_height").is_none_or(Value::is_string);
    let is_large = std::fs::metadata(&path).is_ok_and(|about| about.len() > LARGE);
    if height_is_text && frame.get("consensus").is_none() && !is_large {
        return Ok(path);
    }
    let mut doc = if is_large { GenesisDoc::read_frame(&path)? } else { GenesisDoc::read(&path)? };
    if is_large {
        doc.app_state = json!({ LEFT_OUT: { "sha256_of_genesis_file": known::hash(&path)? } });
    }
    let copy = files.data().join("comet_genesis.json");
    std::fs::create_dir_all(files.data())
        .with_context(|| format!("the folder {} cannot be made", files.data().display()))?;
    let text = serde_json::to_vec(&doc.to_comet_json())?;
    std::fs::write(&copy, text).with_context(|| format!("the file {} cannot be written", copy.display()))?;
    Ok(copy)
}

/// The state that CometBFT was not given, from the home's genesis file; `None` if it was given one.
///
/// # Errors
/// The file is not the one that was named to CometBFT.
pub fn state_left_out(given: &Value, path: Option<&Path>) -> Result<Option<Value>> {
    let Some(named) = given.get(LEFT_OUT) else { return Ok(None) };
    let path = path.ok_or_else(|| anyhow!("the state was left out, and there is no genesis file"))?;
    let (wanted, found) = (named.get("sha256_of_genesis_file").and_then(Value::as_str), known::hash(path)?);
    anyhow::ensure!(
        wanted == Some(&found),
        "the genesis file {} has SHA-256 {found}, CometBFT began with the one of {}; put that one back, or remove the folder data",
        path.display(),
        wanted.unwrap_or("no name")
    );
    Ok(Some(GenesisDoc::read(path)?.app_state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_toml_and_its_settings_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        let config = Config {
            moniker: "a \"b\"".to_owned(),
            rpc: "tcp://127.0.0.1:1".to_owned(),
            p2p: "tcp://127.0.0.1:2".to_owned(),
            metrics: "127.0.0.1:3".to_owned(),
            persistent_peers: String::new(),
            local: true,
            timeout_commit: "1s".to_owned(),
        };
        std::fs::create_dir_all(files.config().parent().unwrap()).unwrap();
        std::fs::write(files.config(), config.to_toml()).unwrap();
        let read = |name: &str| setting(&files.config(), name).unwrap();
        assert_eq!(read("rpc.laddr").as_deref(), Some("tcp://127.0.0.1:1"));
        assert_eq!(read("moniker").as_deref(), Some("a \"b\""));
        assert_eq!(read("p2p.allow_duplicate_ip").as_deref(), Some("true"));
        assert_eq!(read("p2p.absent"), None);
        let settings = |name| [("statesync.enable", "true".to_owned()), (name, "\"a, b\"".to_owned())];
        set(&files.config(), &settings("statesync.rpc_servers")).unwrap();
        assert_eq!(read("statesync.enable").as_deref(), Some("true"));
        assert_eq!(read("statesync.rpc_servers").as_deref(), Some("a, b"));
        assert_eq!(config.to_toml().lines().count(), std::fs::read_to_string(files.config()).unwrap().lines().count());
        let refused = set(&files.config(), &settings("p2p.absent")).unwrap_err().to_string();
        assert!(refused.contains("has no line for p2p.absent"), "{refused}");
    }

    #[test]
    fn the_state_of_a_large_genesis_stays_in_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        std::fs::create_dir_all(files.genesis().parent().unwrap()).unwrap();
        let time = entente_kernel::Timestamp::from_secs(1_800_000_000);
        let mut doc = crate::genesis::dev::empty("large-1", "uente", time).unwrap();
        let write = |doc: &GenesisDoc| std::fs::write(files.genesis(), doc.to_comet_json().to_string()).unwrap();
        write(&doc);
        assert_eq!(comet_genesis(&files).unwrap(), files.genesis(), "a small one in CometBFT's form is read as it is");

        doc.app_state["long"] = json!("x".repeat(2 << 20));
        write(&doc);
        let given = GenesisDoc::read(&comet_genesis(&files).unwrap()).unwrap();
        assert_eq!(GenesisDoc { app_state: doc.app_state.clone(), ..given.clone() }, doc, "all but the state is given");
        assert!(given.app_state.to_string().len() < 200);
        let found = |given: &Value| state_left_out(given, Some(&files.genesis()));
        assert_eq!(found(&given.app_state).unwrap().as_ref(), Some(&doc.app_state));
        assert_eq!(found(&doc.app_state).unwrap(), None, "a state that was given is used");

        doc.app_state["long"] = json!("y".repeat(2 << 20));
        write(&doc);
        let refused = found(&given.app_state).unwrap_err().to_string();
        assert!(refused.contains("put that one back"), "{refused}");
    }

    #[test]
    fn a_node_keeps_its_key_and_a_strange_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node_key.json");
        let id = node_id(&path).unwrap();
        assert_eq!(id.len(), 40);
        assert_eq!(node_id(&path).unwrap(), id);
        std::fs::write(&path, "{}").unwrap();
        assert!(node_id(&path).unwrap_err().to_string().contains("is not a node key"));
    }
}
