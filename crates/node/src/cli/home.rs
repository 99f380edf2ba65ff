//! The home folder of a node, and the verbs that work on it: `init`, `start`, `export`, `genesis`, `status`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::{Args, Subcommand};
use entente_kernel::Bech32;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::remote::{DEFAULT_NODE, Remote};
use super::words::coins;
use crate::addresses;
use crate::admin::span;
use crate::disk::Disk;
use crate::engine::pace::Pace;
use crate::engine::{Engine, stores};
use crate::genesis::{GenesisDoc, params_json};
use crate::keys;
use crate::serve::{Addresses, Doors, Settings, run};

/// `config/node.toml`: how this node runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    moniker: String,
    /// Empty: none.
    minimum_gas_prices: String,
    /// A block in every interval; "instant": as soon as a transaction is there.
    block_time: String,
    rpc: String,
    rest: String,
    grpc: String,
    /// Under CometBFT.
    comet: super::comet::Table,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            moniker: "entente".to_owned(),
            minimum_gas_prices: String::new(),
            block_time: "5s".to_owned(),
            rpc: "127.0.0.1:26657".to_owned(),
            rest: "127.0.0.1:1317".to_owned(),
            grpc: "127.0.0.1:9090".to_owned(),
            comet: super::comet::Table::default(),
        }
    }
}

fn config_file(home: &Path) -> PathBuf {
    home.join("config").join("node.toml")
}

fn genesis_file(home: &Path) -> PathBuf {
    home.join("config").join("genesis.json")
}

fn validator_file(home: &Path) -> PathBuf {
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
    /// Replace what is there
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
        std::fs::create_dir_all(home.join("config"))
            .with_context(|| format!("the home folder {} cannot be made", home.display()))?;
        let seed = keys::validator::load_or_create(&validator_file(home), keys::ring::random)?;
        let config = Config {
            moniker: self.moniker.clone(),
            minimum_gas_prices: format!("0{}", self.default_denom),
            ..Config::default()
        };
        std::fs::write(config_file(home), toml::to_string_pretty(&config)?)?;
        let doc = crate::genesis::dev::empty(&self.chain_id, &self.default_denom, super::dev::now())?;
        doc.write(&genesis)?;
        let node =
            hex::encode(entente_kernel::crypto::ed25519::address(&entente_kernel::crypto::ed25519::public_key(&seed)));
        println!(
            "{}",
            json!({ "moniker": self.moniker, "chain_id": self.chain_id, "node_id": node, "home": home.display().to_string() })
        );
        Ok(())
    }
}

#[derive(Args)]
pub(super) struct Start {
    /// The consensus engine: solo makes blocks alone, comet executes those of a CometBFT
    #[arg(long, default_value = "solo")]
    engine: String,
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
    #[command(flatten)]
    comet: super::comet::Flags,
}

impl Start {
    pub(super) async fn run(&self, home: &Path) -> Result<()> {
        let engines = ["solo", "comet"];
        ensure!(
            engines.contains(&self.engine.as_str()),
            "--engine: {:?} is not known here; {} are",
            self.engine,
            engines.join(" and ")
        );
        let path = config_file(home);
        let config: Config = match std::fs::read_to_string(&path) {
            Err(_) => bail!("there is no node in {}; make one with: entente init NAME", home.display()),
            Ok(text) => toml::from_str(&text)
                .map_err(|e| anyhow!("the file {} is not understood: {}", path.display(), e.message()))?,
        };
        let choice = |flag: &Option<String>, own: &str| flag.clone().unwrap_or_else(|| own.to_owned());
        if self.engine == "comet" {
            let node = super::comet::Node {
                moniker: config.moniker.clone(),
                minimum_gas_prices: choice(&self.minimum_gas_prices, &config.minimum_gas_prices),
                rpc: self.rpc.clone(),
                rest: choice(&self.rest, &config.rest),
                grpc: choice(&self.grpc, &config.grpc),
                comet: config.comet.clone(),
            };
            return super::comet::start(home, &self.comet, node).await;
        }
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
        let doc = GenesisDoc::read(&genesis_file(home))?;
        let seed = keys::validator::load(&validator_file(home))?;
        let (disk, loaded) = Disk::open(&home.join("data"), stores())?;
        let engine = Engine::open(disk, loaded, doc, vec![seed])?;
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
            pace,
            admin: None,
        };
        run(engine, doors, settings).await
    }
}

/// `entente export`: the state of a stopped node as a genesis.
pub(super) fn export(home: &Path) -> Result<()> {
    let doc = GenesisDoc::read(&genesis_file(home))?;
    let (disk, loaded) = Disk::open(&home.join("data"), stores())?;
    ensure!(loaded.is_some(), "there is no chain in {} yet; start it first", home.display());
    let engine = Engine::open(disk, loaded, doc, vec![[0; 32]])?;
    println!("{}", exported(&engine)?);
    Ok(())
}

/// The state of an engine as a genesis document that goes on at the next height.
pub(super) fn exported(engine: &Engine) -> Result<Value> {
    let snapshot = engine.snapshot(None).ok_or_else(|| anyhow!("the chain has no state yet"))?;
    let standing = engine.shown().standing;
    let doc = GenesisDoc {
        chain_id: standing.chain_id.clone(),
        time: standing.time,
        initial_height: standing.height + 1,
        consensus_params: standing.params.clone(),
        validators: standing.next_validators.validators().iter().map(|v| (v.pub_key, v.power)).collect(),
        app_state: snapshot.export()?,
    };
    let mut value = doc.to_json();
    if let Some(consensus) = value.get_mut("consensus").and_then(Value::as_object_mut) {
        consensus.insert("params".to_owned(), params_json(&standing.params));
    }
    Ok(value)
}

/// `entente status`.
pub(super) fn status(node: Option<&str>) -> Result<()> {
    println!("{}", Remote::new(node.unwrap_or(DEFAULT_NODE))?.call("status", json!({}))?);
    Ok(())
}

#[derive(Subcommand)]
pub(super) enum Genesis {
    /// Convert the genesis of another Cosmos chain, check it, and make it this home's own
    Import {
        /// A genesis of SDK 0.42 to 0.50
        file: PathBuf,
        /// Check and report only
        #[arg(long)]
        dry_run: bool,
    },
    /// Give coins to an account
    #[command(visible_alias = "add-account")]
    AddGenesisAccount {
        /// Address
        address: String,
        /// Such as 1000uente,5uusdc
        coins: String,
    },
    /// Check the genesis by executing it
    #[command(visible_alias = "validate-genesis")]
    Validate {
        /// Another file than the home folder's
        file: Option<PathBuf>,
    },
    /// The app hash of the genesis
    Hash,
}

impl Genesis {
    pub(super) fn run(&self, home: &Path) -> Result<()> {
        let own = genesis_file(home);
        match self {
            Self::Import { file, dry_run } => import(file, if *dry_run { None } else { Some(&own) }),
            Self::AddGenesisAccount { address, coins } => add_account(&own, address, coins),
            Self::Validate { file } => {
                let path = file.as_ref().unwrap_or(&own);
                let engine = executed(GenesisDoc::read(path)?)?;
                let broken = engine.snapshot(None).map(|s| s.broken_invariants()).transpose()?.unwrap_or_default();
                ensure!(broken.is_empty(), "the genesis breaks invariants: {}", broken.join("; "));
                println!("{} is a valid genesis file", path.display());
                Ok(())
            }
            Self::Hash => {
                println!("{}", hex::encode_upper(&executed(GenesisDoc::read(&own)?)?.shown().standing.app_hash));
                Ok(())
            }
        }
    }
}

/// The chain right after its genesis, in memory.
fn executed(doc: GenesisDoc) -> Result<Engine> {
    Ok(Engine::open(Disk::ephemeral(stores()), None, doc, vec![[0; 32]])?)
}

fn import(file: &Path, target: Option<&Path>) -> Result<()> {
    let text = std::fs::read(file).with_context(|| format!("the genesis file {} cannot be read", file.display()))?;
    let value: Value =
        serde_json::from_slice(&text).map_err(|e| anyhow!("the genesis file {} is not JSON: {e}", file.display()))?;
    let imported = entente_chain::import::import(&value)
        .map_err(|e| anyhow!("the genesis file {} is refused: {e}", file.display()))?;
    for line in &imported.report {
        eprintln!("{line}");
    }
    let doc = GenesisDoc::parse(imported.genesis)?;
    let engine = executed(doc.clone())?;
    let snapshot = engine.snapshot(None).ok_or_else(|| anyhow!("the chain has no state"))?;
    let broken = snapshot.broken_invariants()?;
    ensure!(broken.is_empty(), "the genesis breaks invariants: {}", broken.join("; "));
    let standing = engine.shown().standing;
    if let Some(target) = target {
        ensure!(
            !target.exists(),
            "the genesis file {} is there already; move it away or name another --home",
            target.display()
        );
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        doc.write(target)?;
    }
    println!(
        "{}",
        json!({
            "chain_id": doc.chain_id,
            "initial_height": doc.initial_height.to_string(),
            "validators": standing.validators.validators().len(),
            "total_power": standing.validators.total_power().to_string(),
            "app_hash": hex::encode_upper(&standing.app_hash),
            "written": target.map(|t| t.display().to_string()),
        })
    );
    Ok(())
}

fn add_account(path: &Path, address: &str, amount: &str) -> Result<()> {
    let mut doc = GenesisDoc::read(path)?;
    let prefix =
        entente_chain::genesis::bech32_prefix(&doc.app_state).unwrap_or_else(|| crate::genesis::dev::PREFIX.to_owned());
    Bech32::new(&prefix).parse_acc(address)?;
    let coins = coins(amount)?;
    let list = |state: &mut Value, section: &str, name: &str| -> Result<Vec<Value>> {
        let root = state.as_object_mut().ok_or_else(|| anyhow!("app_state is not an object"))?;
        let section = root.entry(section.to_owned()).or_insert_with(|| Value::Object(Map::new()));
        let found = section.get(name).and_then(Value::as_array).cloned();
        Ok(found.unwrap_or_default())
    };
    let mut accounts = list(&mut doc.app_state, "auth", "accounts")?;
    let known = |list: &[Value]| list.iter().any(|a| a.get("address").and_then(Value::as_str) == Some(address));
    ensure!(!known(&accounts), "the account {address} is in the genesis already");
    let number = accounts.len().to_string();
    accounts.push(json!({ "@type": "/cosmos.auth.v1beta1.BaseAccount", "address": address, "pub_key": null, "account_number": number, "sequence": "0" }));
    let mut balances = list(&mut doc.app_state, "bank", "balances")?;
    balances.push(json!({ "address": address, "coins": coins }));
    doc.app_state["auth"]["accounts"] = json!(accounts);
    doc.app_state["bank"]["balances"] = json!(balances);
    // The supply is the sum of the balances.
    doc.app_state["bank"]["supply"] = json!([]);
    doc.write(path)
}
