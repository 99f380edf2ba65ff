//! The home folder of a node, and the verbs that work on it: `init`, `start`, `export`, `status`.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::remote::Remote;
use crate::addresses;
use crate::admin::span;
use crate::disk::Disk;
use crate::engine::comet::files::{self, Files};
use crate::engine::comet::key;
use crate::engine::pace::Pace;
use crate::engine::{Engine, stores};
use crate::genesis::{GenesisDoc, known};
use crate::keys;
use crate::serve::{Addresses, Doors, Settings, run};

/// `config/node.toml`: how this node runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    moniker: String,
    /// solo makes blocks alone, comet executes those of a CometBFT.
    engine: String,
    /// Empty: none.
    minimum_gas_prices: String,
    /// How many of the last heights can be asked for.
    recent_heights: usize,
    /// A block in every interval; "instant": as soon as a transaction is there.
    block_time: String,
    rpc: String,
    rest: String,
    grpc: String,
    /// Where Prometheus asks; empty: nowhere.
    metrics: String,
    /// Under CometBFT.
    comet: super::comet::Table,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            moniker: "entente".to_owned(),
            engine: "solo".to_owned(),
            minimum_gas_prices: String::new(),
            recent_heights: entente_chain::RECENT_HEIGHTS,
            block_time: "5s".to_owned(),
            rpc: "127.0.0.1:26657".to_owned(),
            rest: "127.0.0.1:1317".to_owned(),
            grpc: "127.0.0.1:9090".to_owned(),
            metrics: "127.0.0.1:26660".to_owned(),
            comet: super::comet::Table::default(),
        }
    }
}

fn config_file(home: &Path) -> PathBuf {
    home.join("config").join("node.toml")
}

pub(super) fn genesis_file(home: &Path) -> PathBuf {
    home.join("config").join("genesis.json")
}

pub(super) fn validator_file(home: &Path) -> PathBuf {
    home.join("config").join("priv_validator_key.json")
}

#[derive(Args)]
pub(super) struct Init {
    /// The name of the node
    moniker: String,
    /// The name of the chain
    #[arg(long, default_value = "entente-1")]
    chain_id: String,
    /// The coin that is staked
    #[arg(long, default_value = "uente")]
    default_denom: String,
    /// The height of the first block
    #[arg(long, default_value_t = 1, value_name = "HEIGHT", value_parser = clap::value_parser!(i64).range(1..))]
    initial_height: i64,
    /// Replace what is there; keys stay
    #[arg(long, short)]
    overwrite: bool,
}

impl Init {
    pub(super) fn run(&self, home: &Path) -> Result<()> {
        let genesis = genesis_file(home);
        ensure!(
            self.overwrite || !genesis.exists(),
            "the genesis file {} is there already; replace it with --overwrite",
            genesis.display()
        );
        // cosmovisor wants the folder of the data before a node has run.
        for folder in ["config", "data"] {
            std::fs::create_dir_all(home.join(folder))
                .with_context(|| format!("the home folder {} cannot be made", home.display()))?;
        }
        let files = Files::of(home);
        let key_is_new = !files.validator_key().exists();
        keys::validator::load_or_create(&files.validator_key(), keys::ring::random)?;
        // A key that was here before may have signed.
        if key_is_new {
            keys::write_secret(&files.validator_state(), key::fresh_record().as_bytes())?;
        }
        let node_id = files::node_id(&files.node_key())?;
        let config = Config {
            moniker: self.moniker.clone(),
            minimum_gas_prices: format!("0{}", self.default_denom),
            ..Config::default()
        };
        std::fs::write(config_file(home), toml::to_string_pretty(&config)?)?;
        std::fs::write(files.config(), files::Config::of_machine(&self.moniker).to_toml())?;
        let mut doc = crate::genesis::dev::empty(&self.chain_id, &self.default_denom, super::dev::now())?;
        doc.initial_height = self.initial_height;
        doc.write(&genesis)?;
        println!(
            "{}",
            json!({ "moniker": self.moniker, "chain_id": self.chain_id, "node_id": node_id, "home": home.display().to_string() })
        );
        Ok(())
    }
}

#[derive(Args)]
pub(super) struct Start {
    /// The consensus engine: solo makes blocks alone, comet executes those of a CometBFT; else as node.toml says
    #[arg(long)]
    engine: Option<String>,
    /// Where CometBFT's RPC listens
    #[arg(long, value_name = "ADDRESS")]
    rpc: Option<String>,
    /// Where REST listens
    #[arg(long, value_name = "ADDRESS")]
    rest: Option<String>,
    /// Where gRPC listens
    #[arg(long, value_name = "ADDRESS")]
    grpc: Option<String>,
    /// A block in every interval, or "instant"
    #[arg(long, value_name = "SPAN")]
    block_time: Option<String>,
    /// Coins per unit of gas that a transaction must offer
    #[arg(long, value_name = "PRICES")]
    minimum_gas_prices: Option<String>,
    /// Where Prometheus asks for metrics; empty: nowhere
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,
    /// Heights, such as 110,250, at which an upgrade that is due is forgotten and the old program goes on. All validators must do so
    #[arg(long, value_name = "HEIGHTS", value_delimiter = ',')]
    unsafe_skip_upgrades: Vec<i64>,
    #[command(flatten)]
    comet: super::comet::Flags,
}

impl Start {
    pub(super) async fn run(&self, home: &Path) -> Result<()> {
        known_engine("--engine", self.engine.as_deref().unwrap_or("solo"))?;
        let path = config_file(home);
        let config: Config = match std::fs::read_to_string(&path) {
            Err(_) => bail!("there is no node in {}; make one with: entente init NAME", home.display()),
            Ok(text) => toml::from_str(&text)
                .map_err(|e| anyhow!("the file {} is not understood: {}", path.display(), e.message()))?,
        };
        let choice = |flag: &Option<String>, own: &str| flag.clone().unwrap_or_else(|| own.to_owned());
        known_engine("engine in node.toml", &config.engine)?;
        if choice(&self.engine, &config.engine) == "comet" {
            let node = super::comet::Node {
                moniker: config.moniker.clone(),
                minimum_gas_prices: choice(&self.minimum_gas_prices, &config.minimum_gas_prices),
                recent_heights: config.recent_heights,
                rpc: self.rpc.clone(),
                rest: choice(&self.rest, &config.rest),
                grpc: choice(&self.grpc, &config.grpc),
                metrics: choice(&self.metrics, &config.metrics),
                skip_upgrades: self.unsafe_skip_upgrades.iter().copied().collect(),
                comet: config.comet.clone(),
            };
            return super::comet::start(home, &self.comet, node).await;
        }
        // Alone, this node would sign other blocks at heights that the net decides.
        ensure!(
            !Files::of(home).has_comet_blocks(),
            "the blocks of {} come from CometBFT: start it with --engine comet, or write engine = \"comet\" into {}",
            home.display(),
            path.display()
        );
        let addresses = Addresses {
            rpc: Some(addresses::parse(&choice(&self.rpc, &config.rpc))?),
            rest: Some(addresses::parse(&choice(&self.rest, &config.rest))?),
            grpc: Some(addresses::parse(&choice(&self.grpc, &config.grpc))?),
            faucet: None,
        };
        let pace = match choice(&self.block_time, &config.block_time).as_str() {
            "instant" => Pace::Instant { idle: Some(Duration::from_secs(5)) },
            text => Pace::Timed(Duration::from_nanos(span(text)?.0.unsigned_abs().max(1_000_000))),
        };
        let doors = Doors::take(&addresses).await?;
        let seed = keys::validator::load(&validator_file(home))?;
        let (disk, loaded) = Disk::open(&home.join("data"), stores())?;
        let doc = known::read(&disk, &genesis_file(home))?;
        let engine = Engine::open(disk, loaded, doc, vec![seed])?;
        engine.skip_upgrades(self.unsafe_skip_upgrades.iter().copied().collect());
        let own = entente_kernel::crypto::ed25519::address(&engine.own_key());
        let standing = engine.shown().standing;
        if standing.validators.by_address(&own).is_none() {
            eprintln!(
                "entente: this node's key is not among the validators of {}; light clients will not accept its blocks",
                standing.chain_id
            );
        }
        eprintln!(
            "entente: {} at height {}, RPC on {}",
            standing.chain_id,
            standing.height,
            choice(&self.rpc, &config.rpc)
        );
        let settings = Settings {
            moniker: config.moniker.clone(),
            minimum_gas_prices: choice(&self.minimum_gas_prices, &config.minimum_gas_prices),
            recent_heights: config.recent_heights,
            pace,
            admin: None,
        };
        match choice(&self.metrics, &config.metrics).as_str() {
            "" => {}
            address => crate::metrics::serve(engine.clone(), None, addresses::parse(address)?).await,
        }
        run(engine, doors, settings).await
    }
}

fn known_engine(place: &str, name: &str) -> Result<()> {
    ensure!(["solo", "comet"].contains(&name), "{place}: {name:?} is not known here; solo and comet are");
    Ok(())
}

/// `entente export`: the state of a stopped node as a genesis.
pub(super) fn export(home: &Path) -> Result<()> {
    let (disk, loaded) = Disk::open(&home.join("data"), stores())?;
    let doc = known::read(&disk, &genesis_file(home))?;
    ensure!(loaded.is_some(), "there is no chain in {} yet; start it first", home.display());
    let engine = Engine::open(disk, loaded, doc, vec![[0; 32]])?;
    write_genesis(&engine, &mut BufWriter::with_capacity(1 << 20, std::io::stdout().lock()))?;
    // The process ends with this verb: a large state need not be given back piece by piece.
    std::mem::forget(engine);
    Ok(())
}

/// Writes the state of an engine as a genesis document that goes on at the next height.
fn write_genesis(engine: &Engine, out: &mut impl Write) -> Result<()> {
    let snapshot = engine.snapshot(None).ok_or_else(|| anyhow!("the chain has no state yet"))?;
    let standing = engine.shown().standing;
    let doc = GenesisDoc {
        chain_id: standing.chain_id.clone(),
        time: standing.time,
        initial_height: standing.height + 1,
        consensus_params: standing.params.clone(),
        validators: standing.next_validators.validators().iter().map(|v| (v.pub_key, v.power)).collect(),
        app_state: Value::Null,
        file: None,
    };
    let mut before = '{';
    for (name, value) in doc.to_json().as_object().into_iter().flatten() {
        write!(out, "{before}\"{name}\":")?;
        before = ',';
        match name.as_str() {
            "app_state" => snapshot.write_export(&mut Text(out))?,
            _ => write!(out, "{value}")?,
        }
    }
    writeln!(out, "}}")?;
    Ok(out.flush()?)
}

/// Text for a writer of bytes.
struct Text<'a, W>(&'a mut W);

impl<W: Write> std::fmt::Write for Text<'_, W> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write_all(text.as_bytes()).map_err(|_| std::fmt::Error)
    }
}

/// `entente status`.
pub(super) fn status(node: Option<&str>) -> Result<()> {
    println!("{}", Remote::named(node)?.call("status", json!({}))?);
    Ok(())
}
