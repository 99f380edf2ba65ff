//! `entente start --engine comet`: the node beside a CometBFT, which it starts itself unless `--abci` says where one will dial in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::addresses;
use crate::disk::Disk;
use crate::engine::comet::companion::Companion;
use crate::engine::comet::files::{self, Files};
use crate::engine::comet::server::{self, Address};
use crate::engine::comet::snapshot::Store;
use crate::engine::comet::supervise::{self, Supervised};
use crate::engine::comet::{self, App, key};
use crate::engine::pace::Pace;
use crate::engine::{Halt, stores};
use crate::genesis::known;
use crate::keys;
use crate::serve::{Addresses, Doors, Settings, run};

/// Longest path of a unix socket that every system takes.
const SOCKET_PATH_MAX: usize = 100;

/// The flags of `start` that only the comet engine reads.
#[derive(Args)]
pub(super) struct Flags {
    /// Where a CometBFT started by you dials in: tcp://HOST:PORT or unix://PATH; without it a cometbft is started and ended with the node
    #[arg(long, value_name = "ADDRESS", help_heading = "Under CometBFT")]
    abci: Option<String>,
    /// The cometbft to start; else the first on the PATH
    #[arg(long, value_name = "PROGRAM", help_heading = "Under CometBFT")]
    cometbft: Option<PathBuf>,
    /// Blocks that CometBFT must keep; 0: all
    #[arg(long, value_name = "BLOCKS", help_heading = "Under CometBFT")]
    min_retain_blocks: Option<u64>,
    /// A snapshot for state-sync at every multiple of this height; 0: none
    #[arg(long, value_name = "BLOCKS", help_heading = "Under CometBFT")]
    snapshot_interval: Option<u64>,
    /// Stop after this height; 0: never
    #[arg(long, value_name = "HEIGHT", default_value_t = 0, help_heading = "Under CometBFT")]
    halt_height: i64,
    /// Snapshots that are kept, beside those of the last ten minutes
    #[arg(long, value_name = "NUMBER", help_heading = "Under CometBFT")]
    snapshot_keep_recent: Option<usize>,
    /// More arguments for `cometbft start`, behind --
    #[arg(last = true, value_name = "ARGUMENTS", help_heading = "Under CometBFT")]
    more: Vec<String>,
}

/// The table `[comet]` of `node.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    min_retain_blocks: u64,
    snapshot_interval: u64,
    snapshot_keep_recent: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self { min_retain_blocks: 0, snapshot_interval: 1_000, snapshot_keep_recent: 2 }
    }
}

/// What `start` read from its own flags and from `node.toml`.
pub(super) struct Node {
    pub moniker: String,
    pub minimum_gas_prices: String,
    pub recent_heights: usize,
    pub rpc: Option<String>,
    pub rest: String,
    pub grpc: String,
    pub metrics: String,
    pub skip_upgrades: BTreeSet<i64>,
    pub comet: Table,
}

/// Runs the node until it is asked to stop, or CometBFT ends.
pub(super) async fn start(home: &Path, flags: &Flags, node: Node) -> Result<()> {
    let files = Files::of(home);
    let program = match &flags.abci {
        Some(_) => None,
        None => {
            let program = supervise::find(flags.cometbft.as_deref())?;
            let version = supervise::version(&program)?;
            eprintln!("entente: CometBFT {version} from {}", program.display());
            Some(program)
        }
    };
    let seed = keys::validator::load_or_create(&files.validator_key(), keys::ring::random)?;
    let own_key = entente_kernel::crypto::ed25519::public_key(&seed);
    if !files.config().exists() {
        let config = files::Config::of_machine(&node.moniker);
        std::fs::write(files.config(), config.to_toml())
            .with_context(|| format!("the file {} cannot be written", files.config().display()))?;
    }
    files::node_id(&files.node_key())?;
    let rpc = match &node.rpc {
        Some(rpc) => rpc.clone(),
        None => files::setting(&files.config(), "rpc.laddr")?.unwrap_or_else(|| "tcp://127.0.0.1:26657".to_owned()),
    };
    let companion = Companion::new(dialled(&rpc)?);
    let addresses = Addresses {
        rpc: None,
        rest: Some(addresses::parse(&node.rest)?),
        grpc: Some(addresses::parse(&node.grpc)?),
        faucet: None,
    };
    let doors = Doors::take(&addresses).await?;
    let (disk, loaded) = Disk::open(&files.data(), stores())?;
    let doc = known::frame(&disk, &files.genesis(), loaded.is_some())?;
    key::check_signing_record(&files.validator_state(), &disk)?;
    let height = disk.newest_height().unwrap_or_default();
    let settings = comet::Settings {
        min_retain_blocks: flags.min_retain_blocks.unwrap_or(node.comet.min_retain_blocks),
        snapshot_interval: flags.snapshot_interval.unwrap_or(node.comet.snapshot_interval),
        upgrade_info: Some(files.data().join("upgrade-info.json")),
        halt_height: flags.halt_height,
        skip_upgrades: node.skip_upgrades,
        snapshots_kept: flags.snapshot_keep_recent.unwrap_or(node.comet.snapshot_keep_recent).max(1),
    };
    let snapshots = Store::new(files.snapshots());
    let chain_id = doc.chain_id.clone();
    let app = App::open(disk, loaded, doc, own_key, companion, snapshots, settings)?;
    let wanted = match &flags.abci {
        Some(text) => Address::parse(text)?,
        None => {
            let socket = files.data().join("abci.sock");
            let short = socket.as_os_str().len() <= SOCKET_PATH_MAX;
            if short { Address::Unix(absolute(&socket)?) } else { Address::Tcp("127.0.0.1:0".to_owned()) }
        }
    };
    let address = server::serve(app.clone(), &wanted)?;
    eprintln!("entente: {chain_id} at height {height}, ABCI on {address}, CometBFT's RPC on {rpc}");
    let mut supervised = match program {
        None => None,
        Some(program) => {
            let genesis = files::comet_genesis(&files)?;
            let mut arguments = vec![format!("--proxy_app={address}"), format!("--rpc.laddr={rpc}")];
            arguments.extend(flags.more.iter().cloned());
            let environment = [("CMT_GENESIS_FILE", absolute(&genesis)?.display().to_string())];
            Some(Supervised::start(&program, home, &arguments, &environment)?)
        }
    };
    let settings = Settings {
        moniker: node.moniker,
        minimum_gas_prices: node.minimum_gas_prices,
        recent_heights: node.recent_heights,
        pace: Pace::Manual,
        admin: None,
    };
    let served = async {
        let engine = app.begun().await;
        if !node.metrics.is_empty() {
            let comet = files::setting(&files.config(), "instrumentation.prometheus_listen_addr")?;
            crate::metrics::serve(engine.clone(), comet, addresses::parse(&node.metrics)?).await;
        }
        run(engine, doors, settings).await
    };
    let ended = async {
        match &mut supervised {
            Some(supervised) => supervised.ended().await,
            None => std::future::pending().await,
        }
    };
    let outcome = tokio::select! {
        // When this node stops its chain, CometBFT's consensus fails too: the first reason is the right one.
        biased;
        Halt(why) = app.halted() => Err(anyhow!("the chain has stopped: {why}")),
        outcome = served => outcome,
        why = ended => Err(anyhow!(why)),
        () = crate::serve::asked_to_stop() => Ok(()),
    };
    if let Some(supervised) = supervised {
        supervised.stop().await;
    }
    outcome
}

/// The address at which a listening address is reached.
pub(super) fn dialled(listening: &str) -> Result<String> {
    let address = addresses::parse(listening)?;
    Ok(match address.ip().is_unspecified() {
        true => format!("127.0.0.1:{}", address.port()),
        false => address.to_string(),
    })
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("the path {} has no absolute form", path.display()))
}
