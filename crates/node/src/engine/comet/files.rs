//! CometBFT's files in a home folder: its configuration, the key of the node among its peers, and the genesis in its own form.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::crypto::ed25519;
use serde_json::{Value, json};

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
discovery_time = "15s"
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

/// The genesis file that CometBFT shall read: the home's own if it has CometBFT's form, else a copy in that form.
///
/// # Errors
/// The genesis is not accepted, or the copy cannot be written.
pub fn comet_genesis(files: &Files) -> Result<PathBuf> {
    let path = files.genesis();
    let text = std::fs::read(&path).with_context(|| format!("the genesis file {} cannot be read", path.display()))?;
    let value: Value =
        serde_json::from_slice(&text).map_err(|e| anyhow!("the genesis file {} is not JSON: {e}", path.display()))?;
    let height_is_text = value.get("initial_height").is_none_or(Value::is_string);
    if height_is_text && value.get("consensus").is_none() {
        return Ok(path);
    }
    let doc = crate::genesis::GenesisDoc::parse(value)
        .with_context(|| format!("the genesis file {} is not accepted", path.display()))?;
    let copy = files.data().join("comet_genesis.json");
    std::fs::create_dir_all(files.data())
        .with_context(|| format!("the folder {} cannot be made", files.data().display()))?;
    let text = serde_json::to_vec(&doc.to_comet_json())?;
    std::fs::write(&copy, text).with_context(|| format!("the file {} cannot be written", copy.display()))?;
    Ok(copy)
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
