//! `entente dev`: a chain on one machine, and time travel on it.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::{Args, Subcommand};
use entente_kernel::Timestamp;
use entente_proto::cosmos::staking::v1beta1::{QueryParamsRequest, QueryParamsResponse};
use prost::Message as _;
use serde_json::json;

use crate::addresses;
use crate::admin;
use crate::disk::{Disk, DiskError, Loaded};
use crate::engine::pace::Pace;
use crate::engine::{Engine, stores};
use crate::genesis::takeover::Taken;
use crate::genesis::{self, GenesisDoc, dev as story};
use crate::keys::{self, write_secret};
use crate::serve::{Addresses, Doors, Settings, run};

/// A genesis, and the seeds of its validators.
type Story = (GenesisDoc, Vec<[u8; 32]>);

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Dev {
    #[command(subcommand)]
    verb: Option<Travel>,
    /// Where CometBFT's RPC listens
    #[arg(long, default_value = "127.0.0.1:26657", value_name = "ADDRESS")]
    rpc: String,
    /// Where REST listens
    #[arg(long, default_value = "127.0.0.1:1317", value_name = "ADDRESS")]
    rest: String,
    /// Where gRPC listens
    #[arg(long, default_value = "127.0.0.1:9090", value_name = "ADDRESS")]
    grpc: String,
    /// Where the faucet listens
    #[arg(long, default_value = "127.0.0.1:4500", value_name = "ADDRESS")]
    faucet: String,
    /// A block in every interval, such as 5s, instead of one as soon as a transaction is there
    #[arg(long, value_name = "SPAN")]
    block_time: Option<String>,
    /// An empty block after so long without a transaction; 0s: none
    #[arg(long, default_value = "1s", value_name = "SPAN", conflicts_with = "block_time")]
    empty_blocks: String,
    /// How many validators the chain has, 1 to 10; this process signs for all of them, the first accounts run them [default: 1]
    #[arg(long, value_name = "NUMBER", conflicts_with = "genesis", value_parser = clap::value_parser!(u32).range(1..=i64::from(keys::DEVELOPMENT_ACCOUNTS)))]
    validators: Option<u32>,
    /// Keep nothing on disk but the admin socket
    #[arg(long)]
    ephemeral: bool,
    /// Run this genesis with a development validator
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// The name of the chain, if there is no --genesis
    #[arg(long, default_value = story::CHAIN_ID)]
    chain_id: String,
    /// Coins per unit of gas that a transaction must offer
    #[arg(long, value_name = "PRICES")]
    minimum_gas_prices: Option<String>,
    /// How many of the last heights can be asked for
    #[arg(long, default_value_t = entente_chain::RECENT_HEIGHTS, value_name = "HEIGHTS")]
    recent_heights: usize,
}

#[derive(Subcommand)]
enum Travel {
    /// Move the clock of the running chain ahead and make two blocks
    Advance {
        /// Such as 21d, 6h30m, 90s
        span: String,
        /// Make so many blocks on the way, equally far apart, instead
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        blocks: Option<u32>,
    },
    /// Let a validator of the running chain misbehave
    #[command(group = clap::ArgGroup::new("kind").required(true))]
    Fault {
        /// The account that runs it, such as dev1, or the operator's address
        validator: String,
        /// It signs two blocks at the last height; the next block holds the proof
        #[arg(long, group = "kind")]
        double_sign: bool,
        /// It signs nothing from now on, until it is jailed for it
        #[arg(long, group = "kind")]
        down: bool,
        /// It signs again
        #[arg(long, group = "kind")]
        up: bool,
    },
    /// Mark the present height of the running chain
    Snapshot,
    /// Go back to a mark, or to the last one
    Revert {
        /// The number that `snapshot` gave
        snapshot: Option<u64>,
    },
}

impl Dev {
    pub(super) async fn run(self, home: Option<PathBuf>) -> Result<()> {
        let home = home.unwrap_or_else(|| super::default_home().join("dev"));
        let Some(verb) = &self.verb else { return self.start(&home).await };
        let wish = match verb {
            Travel::Advance { span, blocks } => {
                json!({ "do": "advance", "nanos": admin::span(span)?.0, "blocks": blocks })
            }
            Travel::Fault { validator, double_sign, down, .. } => {
                let kind = if *double_sign {
                    "double-sign"
                } else if *down {
                    "down"
                } else {
                    "up"
                };
                json!({ "do": "fault", "validator": validator, "kind": kind })
            }
            Travel::Snapshot => json!({ "do": "snapshot" }),
            Travel::Revert { snapshot } => json!({ "do": "revert", "snapshot": snapshot }),
        };
        println!("{}", admin::ask(&home, &wish).await?);
        Ok(())
    }

    fn pace(&self) -> Result<Pace> {
        let duration = |text: &str| Ok::<_, anyhow::Error>(Duration::from_nanos(admin::span(text)?.0.unsigned_abs()));
        Ok(match &self.block_time {
            Some(text) => {
                let interval = duration(text)?;
                ensure!(!interval.is_zero(), "--block-time: {text:?} is no time; leave it out for blocks at once");
                Pace::Timed(interval)
            }
            None => Pace::Instant { idle: Some(duration(&self.empty_blocks)?).filter(|idle| !idle.is_zero()) },
        })
    }

    async fn start(&self, home: &Path) -> Result<()> {
        let pace = self.pace()?;
        let addresses = Addresses {
            rpc: Some(addresses::parse(&self.rpc)?),
            rest: Some(addresses::parse(&self.rest)?),
            grpc: Some(addresses::parse(&self.grpc)?),
            faucet: Some(addresses::parse(&self.faucet)?),
        };
        let doors = Doors::take(&addresses).await?;
        std::fs::create_dir_all(home).with_context(|| format!("the home folder {} cannot be made", home.display()))?;
        let (engine, denom) = self.engine(home)?;
        if engine.shown().standing.is_before_first_block() {
            engine.make_block()?;
        }
        self.tell(&engine, home, &addresses, &denom)?;
        let settings = Settings {
            moniker: "development".to_owned(),
            minimum_gas_prices: self.minimum_gas_prices.clone().unwrap_or_else(|| format!("0{denom}")),
            recent_heights: self.recent_heights,
            pace,
            admin: Some(admin::socket(home)),
        };
        let socket = admin::socket(home);
        let ended = run(engine, doors, settings).await;
        // A socket that is gone already is as good.
        let _ = std::fs::remove_file(socket);
        ended
    }

    /// The engine, and the coin that is staked.
    fn engine(&self, home: &Path) -> Result<(Engine, String)> {
        let file = home.join("config").join("genesis.json");
        // A new home waits for the medium, file after file: time for keys and descriptors.
        let is_new = self.genesis.is_none() && !home.join("data").exists();
        let (opened, story) = rayon::join(|| self.disk(home), || is_new.then(|| self.story()));
        let (disk, loaded) = opened?;
        let (mut doc, seeds) = match &self.genesis {
            _ if loaded.is_some() => self.known(home, &disk, &file)?,
            None => story.unwrap_or_else(|| self.story())?,
            Some(path) => {
                let (doc, report) = genesis::import(path)?;
                for line in report {
                    eprintln!("entente: {line}");
                }
                let Taken { doc, seeds } = genesis::takeover::take_over(doc)
                    .with_context(|| format!("the genesis file {} is refused", path.display()))?;
                (doc, seeds)
            }
        };
        if !self.ephemeral && loaded.is_none() {
            std::fs::create_dir_all(home.join("config"))?;
            doc.write(&file)?;
            doc.file = Some(file);
            write_secret(&seeds_file(home), seeds.iter().map(hex::encode).collect::<Vec<_>>().join("\n").as_bytes())?;
            keys::validator::load_or_create(&home.join("config").join("priv_validator_key.json"), || {
                Ok(keys::validator::development_seed())
            })?;
        }
        let foreign = loaded.as_ref().map(|l| l.chain_id.clone()).filter(|found| *found != doc.chain_id);
        if let Some(found) = foreign {
            return Err(self.other_chain(home, &found));
        }
        let engine = Engine::open(disk, loaded, doc, seeds)?;
        let denom = bond_denom(&engine)?;
        Ok((engine, denom))
    }

    fn disk(&self, home: &Path) -> Result<(Disk, Option<Loaded>), DiskError> {
        if self.ephemeral { Ok((Disk::ephemeral(stores()), None)) } else { Disk::open(&home.join("data"), stores()) }
    }

    /// The genesis of the development chain, and who signs.
    fn story(&self) -> Result<Story> {
        let seeds = keys::validator::development_seeds(self.validators.unwrap_or(1));
        Ok((story::document(&self.chain_id, now(), &seeds)?, seeds))
    }

    /// The chain that this home folder holds already, if it is the one asked for.
    fn known(&self, home: &Path, disk: &Disk, file: &Path) -> Result<Story> {
        let doc = genesis::known::read(disk, file)?;
        let asked = match &self.genesis {
            Some(path) => Some(genesis::import(path)?.0.chain_id),
            None => self.chain_id_is_named().then(|| self.chain_id.clone()),
        };
        if asked.is_some_and(|asked| asked != doc.chain_id) {
            return Err(self.other_chain(home, &doc.chain_id));
        }
        let text = std::fs::read_to_string(seeds_file(home)).unwrap_or_default();
        let mut seeds: Vec<[u8; 32]> =
            text.lines().filter_map(|line| hex::decode(line).ok()?.try_into().ok()).collect();
        if seeds.is_empty() {
            seeds.push(keys::validator::development_seed());
        }
        if let Some(asked) = self.validators.filter(|asked| usize::try_from(*asked) != Ok(seeds.len())) {
            let (found, place) = (seeds.len(), home.display());
            return Err(anyhow!(
                "--validators: {asked}, but the chain in {place} began with {found}; choose another folder with --home"
            ));
        }
        Ok((doc, seeds))
    }

    /// Without the flag, whatever chain is there goes on.
    fn chain_id_is_named(&self) -> bool {
        self.chain_id != story::CHAIN_ID
    }

    fn other_chain(&self, home: &Path, found: &str) -> anyhow::Error {
        anyhow!("the home folder {} belongs to the chain {found}; choose another with --home", home.display())
    }

    /// Says what runs, for a person.
    fn tell(&self, engine: &Engine, home: &Path, addresses: &Addresses, denom: &str) -> Result<()> {
        let snapshot = engine.snapshot(None).ok_or_else(|| anyhow!("a chain without a state"))?;
        let bech32 = snapshot.bech32();
        let mut said = format!("{} at height {}\n\n", snapshot.chain_id(), engine.height());
        for (name, address) in
            [("RPC", addresses.rpc), ("REST", addresses.rest), ("gRPC", addresses.grpc), ("faucet", addresses.faucet)]
        {
            if let Some(address) = address {
                said.push_str(&format!("  {name:<7} http://{address}\n"));
            }
        }
        said.push_str(&format!(
            "  home    {}{}\n\n",
            home.display(),
            if self.ephemeral { " (nothing is kept)" } else { "" }
        ));
        said.push_str(&format!(
            "accounts of \"{}\", m/44'/118'/0'/0/0 to 9, dev0 to dev9 for --from:\n",
            keys::DEVELOPMENT_WORDS
        ));
        for index in 0..keys::DEVELOPMENT_ACCOUNTS {
            said.push_str(&format!("  {index}  {}\n", bech32.acc(&keys::development(index)?.address())));
        }
        let validators = engine.shown().standing.validators.validators().len();
        if validators > 1 {
            said.push_str(&format!(
                "\n{validators} validators, run by the first accounts; one of them misbehaves: entente dev fault dev1 --double-sign\n"
            ));
        }
        said.push_str(&format!("\ntokens:\n  {:<8} {denom}\n", "native"));
        for token in story::FOREIGN {
            said.push_str(&format!("  {:<8} {}\n", token.symbol, token.denom()));
        }
        println!("{said}");
        Ok(())
    }
}

/// The coin that is staked.
fn bond_denom(engine: &Engine) -> Result<String> {
    let snapshot = engine.snapshot(None).ok_or_else(|| anyhow!("a chain without a state"))?;
    let request = QueryParamsRequest {}.encode_to_vec();
    let answer = snapshot.query("/cosmos.staking.v1beta1.Query/Params", &request)?;
    Ok(QueryParamsResponse::decode(answer.as_slice())?.params.unwrap_or_default().bond_denom)
}

/// The seeds of the validators that sign on a development chain.
fn seeds_file(home: &Path) -> PathBuf {
    home.join("config").join("dev_validators")
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp { secs: i64::try_from(since.as_secs()).unwrap_or_default(), nanos: since.subsec_nanos() }
}
