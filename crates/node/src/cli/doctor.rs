//! `entente doctor`: looks at a home and at the node that runs on it, and says what an operator or a client would stumble over.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow, bail, ensure};
use clap::Args;
use entente_kernel::Timestamp;
use serde_json::{Value, json};

use crate::disk::{Disk, DiskError};
use crate::engine::comet::companion::{Companion, fetch};
use crate::engine::comet::files::{self, Files};
use crate::engine::comet::{key, supervise};
use crate::engine::stores;
use crate::genesis::GenesisDoc;
use crate::keys;

/// Free bytes below which a node should not be run on.
const FREE_BYTES_MIN: u64 = 5 * 1024 * 1024 * 1024;
/// Seconds by which the clocks of validators may differ without harm.
const CLOCK_SECS_MAX: i64 = 10;

#[derive(Args)]
pub(super) struct Doctor {
    /// RPC address of the running node; else that of config.toml
    #[arg(long, value_name = "ADDRESS")]
    node: Option<String>,
    /// REST address of the running node; else that of node.toml
    #[arg(long, value_name = "ADDRESS")]
    rest: Option<String>,
    /// Look at the files only
    #[arg(long)]
    files_only: bool,
}

/// What was looked at, and what was found.
struct Findings(Vec<(String, Result<String>)>);

impl Findings {
    fn look(&mut self, what: impl Into<String>, found: Result<String>) {
        self.0.push((what.into(), found));
    }
}

impl Doctor {
    pub(super) fn run(&self, home: &Path) -> Result<()> {
        let mut findings = Findings(Vec::new());
        let files = Files::of(home);
        look_at_files(&mut findings, &files);
        if !self.files_only {
            self.look_at_node(&mut findings, &files);
        }
        let mut troubles = 0u32;
        for (what, found) in &findings.0 {
            match found {
                Ok(text) => println!("{}", json!({ "what": what, "ok": true, "found": text })),
                Err(error) => {
                    troubles = troubles.saturating_add(1);
                    println!("{}", json!({ "what": what, "ok": false, "found": format!("{error:#}") }));
                }
            }
        }
        ensure!(troubles == 0, "{troubles} of {} findings are not as they should be", findings.0.len());
        Ok(())
    }

    fn look_at_node(&self, findings: &mut Findings, files: &Files) {
        let setting = |given: &Option<String>, file: PathBuf, name: &str, default: &str| {
            let found = given.clone().or_else(|| files::setting(&file, name).ok().flatten());
            super::comet::dialled(found.as_deref().unwrap_or(default))
        };
        let node_file = files.home().join("config").join("node.toml");
        // Under solo the node itself answers RPC.
        let (file, name) = match files.has_comet_blocks() {
            true => (files.config(), "rpc.laddr"),
            false => (node_file.clone(), "rpc"),
        };
        match setting(&self.node, file, name, "127.0.0.1:26657") {
            Ok(place) => look_at_rpc(findings, &Companion::new(place)),
            Err(error) => findings.look("RPC address", Err(error)),
        }
        match setting(&self.rest, node_file, "rest", "127.0.0.1:1317") {
            Ok(place) => look_at_rest(findings, &place),
            Err(error) => findings.look("REST address", Err(error)),
        }
    }
}

fn look_at_files(findings: &mut Findings, files: &Files) {
    let genesis = GenesisDoc::read_frame(&files.genesis()).map(|doc| format!("chain {}", doc.chain_id));
    findings.look("genesis.json", genesis);
    for path in [files.validator_key(), files.node_key()] {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        findings.look(name, secret(&path));
    }
    let own = keys::validator::load(&files.validator_key()).map(|seed| {
        hex::encode_upper(entente_kernel::crypto::ed25519::address(&entente_kernel::crypto::ed25519::public_key(&seed)))
    });
    findings.look("validator address", own);
    findings.look("free space", free(files.home()));
    let program = supervise::find(None)
        .and_then(|program| Ok(format!("{} at {}", supervise::version(&program)?, program.display())));
    findings.look("cometbft", program);
    match Disk::open(&files.data(), stores()) {
        Ok((disk, loaded)) => {
            let height =
                loaded.map_or("no block yet".to_owned(), |l| format!("height {}, every root is right", l.height));
            findings.look("data", Ok(height));
            if files.validator_state().exists() || disk.newest_height().is_some() {
                let record = key::check_signing_record(&files.validator_state(), &disk);
                findings.look("signing record", record.map(|()| "as new as the votes that were counted".to_owned()));
            }
        }
        Err(DiskError::Locked { .. }) => findings.look("data", Ok("in use by a running node".to_owned())),
        Err(error) => findings.look("data", Err(error.into())),
    }
}

/// A file that only its owner may read.
fn secret(path: &Path) -> Result<String> {
    let about = std::fs::metadata(path).map_err(|_| anyhow!("{} is not there", path.display()))?;
    let mode = about.permissions().mode() & 0o777;
    ensure!(mode & 0o077 == 0, "{} may be read by others (mode {mode:o}); chmod 600 it", path.display());
    Ok(format!("mode {mode:o}"))
}

fn free(home: &Path) -> Result<String> {
    let said = std::process::Command::new("df").args(["--output=avail", "-B1"]).arg(home).output()?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let bytes: u64 =
        text.lines().nth(1).and_then(|line| line.trim().parse().ok()).ok_or_else(|| anyhow!("df says nothing"))?;
    ensure!(
        bytes >= FREE_BYTES_MIN,
        "{} MB are free; a node wants {} MB",
        bytes / 1_000_000,
        FREE_BYTES_MIN / 1_000_000
    );
    Ok(format!("{} MB", bytes / 1_000_000))
}

fn look_at_rpc(findings: &mut Findings, rpc: &Companion) {
    let status = rpc.call("status", json!({}));
    let text = |path: &str| {
        let found = status.as_ref().ok().and_then(|s| s.pointer(path));
        found.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
    };
    findings.look(
        "RPC status",
        match &status {
            Ok(_) => Ok(format!(
                "height {}, catching up: {}",
                text("/sync_info/latest_block_height"),
                text("/sync_info/catching_up")
            )),
            Err(why) => Err(anyhow!("{why}")),
        },
    );
    if status.is_err() {
        return;
    }
    let version = text("/node_info/version");
    findings.look(
        "CometBFT version",
        if version.starts_with("0.38.") { Ok(version) } else { Err(anyhow!("{version:?} is not 0.38")) },
    );
    let clock = text("/sync_info/latest_block_time")
        .parse::<Timestamp>()
        .map_err(|e| anyhow!("the block's time: {e}"))
        .and_then(|time| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            let ahead = time.secs.saturating_sub(i64::try_from(now)?);
            ensure!(
                ahead <= CLOCK_SECS_MAX,
                "the last block is {ahead} s ahead of this machine's clock; synchronise it"
            );
            Ok(format!("the last block is {} s old", -ahead))
        });
    findings.look("clock", clock);
    let peers = rpc.call("net_info", json!({})).map_err(|e| anyhow!("{e}"));
    findings.look("peers", peers.map(|p| p.get("n_peers").and_then(Value::as_str).unwrap_or("0").to_owned()));
    // CosmJS reads accounts and stores this way.
    let store = rpc.call("abci_query", json!({ "path": "/store/bank/key", "data": "00", "prove": false }));
    findings.look("CosmJS: abci_query", answered(store));
    // Hermes asks for these before it does anything.
    for method in ["health", "abci_info", "consensus_params", "block_results", "validators"] {
        findings.look(format!("Hermes: {method}"), answered(rpc.call(method, json!({}))));
    }
}

fn answered<E: std::fmt::Display>(answer: Result<Value, E>) -> Result<String> {
    answer.map(|_| "answered".to_owned()).map_err(|e| anyhow!("{e}"))
}

fn look_at_rest(findings: &mut Findings, place: &str) {
    let get = |path: &str| -> Result<Value> {
        let body = fetch(place, path).map_err(|e| anyhow!("REST at {place} does not answer: {e}"))?;
        let value: Value = serde_json::from_slice(&body).map_err(|_| anyhow!("{path} did not answer in JSON"))?;
        match (value.get("code"), value.get("message")) {
            (Some(code), Some(message)) => bail!("{path}: {message} ({code})"),
            _ => Ok(value),
        }
    };
    // One silence is enough said.
    if let Err(error) = fetch(place, "/") {
        findings.look("REST", Err(anyhow!("REST at {place} does not answer: {error}")));
        return;
    }
    let node_info = get("/cosmos/base/tendermint/v1beta1/node_info");
    let versions = node_info.as_ref().map_err(|e| anyhow!("{e:#}")).and_then(|info| {
        let deps =
            info.pointer("/application_version/build_deps").and_then(Value::as_array).cloned().unwrap_or_default();
        let version = |name: &str| {
            let row = deps.iter().find(|d| d.get("path").and_then(Value::as_str).is_some_and(|p| p.starts_with(name)));
            let found = row.and_then(|r| r.get("version")?.as_str().map(str::to_owned));
            found.ok_or_else(|| anyhow!("build_deps does not name {name}"))
        };
        Ok(format!("SDK {}, ibc-go {}", version("github.com/cosmos/cosmos-sdk")?, version("github.com/cosmos/ibc-go")?))
    });
    findings.look("Hermes: versions", versions);
    for path in [
        "/cosmos/base/tendermint/v1beta1/blocks/latest",
        "/cosmos/base/tendermint/v1beta1/syncing",
        "/cosmos/auth/v1beta1/params",
        "/cosmos/bank/v1beta1/supply",
        "/cosmos/staking/v1beta1/params",
        "/cosmos/staking/v1beta1/validators?status=BOND_STATUS_BONDED",
        "/cosmos/mint/v1beta1/inflation",
        "/cosmos/distribution/v1beta1/params",
        "/cosmos/gov/v1/params/voting",
        "/terra/alliances",
    ] {
        findings.look(format!("Keplr: {path}"), get(path).map(|_| "answered".to_owned()));
    }
}
