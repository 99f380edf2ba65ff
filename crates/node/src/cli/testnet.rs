//! `entente testnet`: a net of validators on this machine or on several.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::engine::comet::companion::Companion;
use crate::engine::comet::files::{self, Files};
use crate::testnet::Plan;

/// How long a node may take to close its stores.
const PATIENCE: Duration = Duration::from_secs(30);
/// In which a node that cannot begin ends.
const FIRST_MOMENT: Duration = Duration::from_millis(300);

#[derive(Subcommand)]
pub(super) enum Testnet {
    /// Write the homes of a net: keys, genesis, peers
    InitFiles(Box<InitFiles>),
    /// Write the home of one more node, which follows the others
    Add(Add),
    /// Start the nodes, or some of them
    Start(Start),
    /// Stop the nodes, or some of them
    Stop(Which),
    /// Where the nodes stand
    Status(Which),
}

#[derive(Args)]
pub(super) struct InitFiles {
    /// How many validators
    #[arg(long = "v", default_value_t = 4, value_name = "VALIDATORS")]
    validators: u16,
    /// The folder of the net
    #[arg(long, short, default_value = "./.testnets", value_name = "FOLDER")]
    output_dir: PathBuf,
    /// The name of the chain
    #[arg(long, default_value = "entente-testnet-1")]
    chain_id: String,
    /// The address of the first node, the others count up; on loopback all nodes share it and have ports of their own
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    starting_ip_address: Ipv4Addr,
    /// All nodes on this machine, whatever --starting-ip-address says
    #[arg(long)]
    single_host: bool,
    /// The first port of the first node on loopback; each node has ten
    #[arg(long, default_value_t = 26_600, value_name = "PORT")]
    base_port: u16,
    /// The nodes' folders are called this and a number
    #[arg(long, default_value = "node", value_name = "NAME")]
    node_dir_prefix: String,
    /// The home folder inside a node's folder
    #[arg(long, default_value = "entente", value_name = "NAME")]
    node_daemon_home: String,
    /// Where the validators' keys are kept: file, test or memory
    #[arg(long, default_value = "test", value_name = "BACKEND")]
    keyring_backend: String,
    /// The kind of the accounts' keys
    #[arg(long, default_value = "secp256k1", value_name = "KIND")]
    key_type: String,
    /// How long a block waits after its commit
    #[arg(long, default_value = "5s", value_name = "SPAN")]
    commit_timeout: String,
    /// Coins per unit of gas that a transaction must offer
    #[arg(long, default_value = "", value_name = "PRICES")]
    minimum_gas_prices: String,
    /// How long proposals can be voted on, such as 60s; two days without it
    #[arg(long, value_name = "SPAN")]
    voting_period: Option<String>,
    /// The coin that is staked
    #[arg(long, default_value = "uente", value_name = "DENOM")]
    staking_denom: String,
}

#[derive(Args)]
pub(super) struct Add {
    /// The folder of the net
    #[arg(long, short, default_value = "./.testnets", value_name = "FOLDER")]
    output_dir: PathBuf,
    /// Take a state from the others instead of playing all blocks
    #[arg(long)]
    state_sync: bool,
}

#[derive(Args)]
pub(super) struct Which {
    /// The folder of the net
    #[arg(long, short, default_value = "./.testnets", value_name = "FOLDER")]
    output_dir: PathBuf,
    /// The nodes, such as node0 node2; none: all
    nodes: Vec<String>,
}

#[derive(Args)]
pub(super) struct Start {
    #[command(flatten)]
    which: Which,
    /// The cometbft to use; else the first on the PATH
    #[arg(long, value_name = "PROGRAM")]
    cometbft: Option<PathBuf>,
    /// More flags for `entente start`, behind --, such as -- --halt-height 100; a second -- leads to those of `cometbft start`
    #[arg(last = true, value_name = "FLAGS")]
    flags: Vec<String>,
}

impl Testnet {
    pub(super) fn run(&self) -> Result<()> {
        match self {
            Self::InitFiles(wish) => wish.run(),
            Self::Add(add) => add.run(),
            Self::Start(start) => start.which.each(|node| node.start(start.cometbft.as_deref(), &start.flags)),
            Self::Stop(some) => some.each(Node::stop),
            Self::Status(some) => some.each(|node| Ok(node.status())),
        }
    }
}

impl InitFiles {
    fn run(&self) -> Result<()> {
        ensure!(self.key_type == "secp256k1", "--key-type: {:?} is not known here; secp256k1 is", self.key_type);
        let plan = Plan {
            folder: self.output_dir.clone(),
            validators: self.validators,
            chain_id: self.chain_id.clone(),
            denom: self.staking_denom.clone(),
            first_ip: if self.single_host { Ipv4Addr::LOCALHOST } else { self.starting_ip_address },
            base_port: self.base_port,
            folder_prefix: self.node_dir_prefix.clone(),
            home_name: self.node_daemon_home.clone(),
            keyring: self.keyring_backend.parse()?,
            passphrase: std::env::var("ENTENTE_PASSPHRASE").ok(),
            timeout_commit: self.commit_timeout.clone(),
            minimum_gas_prices: self.minimum_gas_prices.clone(),
            voting_period: self.voting_period.clone(),
        };
        let doc = plan.write(super::dev::now())?;
        let mut nodes = Vec::new();
        for node in 0..self.validators {
            let ports = plan.ports(node)?;
            nodes.push(json!({
                "home": plan.home(node).display().to_string(), "p2p": ports.p2p, "rpc": ports.rpc, "rest": ports.rest,
                "grpc": ports.grpc, "metrics": ports.metrics,
            }));
        }
        eprintln!("entente: start them with: entente testnet start --output-dir {}", self.output_dir.display());
        println!("{}", json!({ "chain_id": doc.chain_id, "nodes": nodes }));
        Ok(())
    }
}

/// The nodes of a net in their order.
fn nodes_in(folder: &Path) -> Result<Vec<Node>> {
    let entries = std::fs::read_dir(folder).with_context(|| {
        format!("there is no net in {}; make one with: entente testnet init-files", folder.display())
    })?;
    let mut nodes = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        nodes.extend(home_in(&entry.path()).map(|home| Node { name, home }));
    }
    // node10 comes after node9.
    nodes.sort_by_key(|node| (node.name.len(), node.name.clone()));
    Ok(nodes)
}

impl Add {
    fn run(&self) -> Result<()> {
        let nodes = nodes_in(&self.output_dir)?;
        let first = nodes.first().ok_or_else(|| anyhow!("there are no nodes in {}", self.output_dir.display()))?;
        let config = Files::of(&first.home).config();
        let setting = |name: &str| Ok::<_, anyhow::Error>(files::setting(&config, name)?.unwrap_or_default());
        let p2p = crate::addresses::parse(&setting("p2p.laddr")?)?;
        let std::net::IpAddr::V4(first_ip) = p2p.ip() else { bail!("the first node has no IPv4 address") };
        let number = u16::try_from(nodes.len())?;
        let plan = Plan {
            folder: self.output_dir.clone(),
            validators: number,
            chain_id: String::new(),
            denom: String::new(),
            first_ip,
            base_port: p2p.port(),
            folder_prefix: first.name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned(),
            home_name: first.home.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            keyring: crate::keys::ring::Backend::Memory,
            passphrase: None,
            timeout_commit: setting("consensus.timeout_commit")?,
            minimum_gas_prices: String::new(),
            voting_period: None,
        };
        let home = plan.write_follower(number)?;
        if self.state_sync {
            trust(&home, &nodes)?;
        }
        let ports = plan.ports(number)?;
        println!(
            "{}",
            json!({ "home": home.display().to_string(), "p2p": ports.p2p, "rpc": ports.rpc, "rest": ports.rest, "state_sync": self.state_sync })
        );
        Ok(())
    }
}

/// Has a home take its state from the nodes that are in step, by a height that they all have.
///
/// One that is behind would end the new node: CometBFT waits 30 seconds for it, but 10 for all of them together.
fn trust(home: &Path, nodes: &[Node]) -> Result<()> {
    /// Blocks before the newest one: that is surely everywhere.
    const BEFORE: i64 = 3;
    let asked = nodes.iter().filter_map(|node| {
        let rpc = node.rpc().ok()?;
        let status = rpc.status().ok()?;
        (!status.catching_up).then_some((status.height, rpc))
    });
    let mut asked: Vec<_> = asked.collect();
    let newest = asked.iter().map(|(height, _)| *height).max();
    let height = newest.ok_or_else(|| anyhow!("no node of the net runs in step; start it first"))?;
    let height = height.saturating_sub(BEFORE).max(1);
    asked.retain(|(has, _)| *has >= height);
    let block = match asked.first() {
        Some((_, rpc)) => rpc.call("block", json!({ "height": height.to_string() }))?,
        None => Value::Null,
    };
    let hash = block.pointer("/block_id/hash").and_then(Value::as_str).unwrap_or_default();
    let mut servers: Vec<String> = asked.iter().map(|(_, rpc)| rpc.place().to_owned()).collect();
    // CometBFT wants two; one that is asked twice is as good as one.
    if let [only] = servers.as_slice() {
        servers.push(only.clone());
    }
    let settings = [
        ("statesync.enable", "true".to_owned()),
        ("statesync.rpc_servers", format!("{:?}", servers.join(","))),
        ("statesync.trust_height", height.to_string()),
        ("statesync.trust_hash", format!("{hash:?}")),
    ];
    files::set(&Files::of(home).config(), &settings)
}

impl Which {
    fn each(&self, work: impl Fn(&Node) -> Result<Value>) -> Result<()> {
        let mut nodes = nodes_in(&self.output_dir)?;
        nodes.retain(|node| self.nodes.is_empty() || self.nodes.contains(&node.name));
        ensure!(!nodes.is_empty(), "there are no such nodes in {}", self.output_dir.display());
        let mut failed = None;
        for node in &nodes {
            match work(node) {
                Ok(said) => println!("{said}"),
                Err(error) => {
                    eprintln!("entente: {}: {error:#}", node.name);
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(()), |_| bail!("not all nodes did as asked"))
    }
}

/// The home folder inside a node's folder.
fn home_in(folder: &Path) -> Option<PathBuf> {
    let inside = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    inside.filter(|home| home.join("config").join("node.toml").exists()).min()
}

struct Node {
    name: String,
    home: PathBuf,
}

impl Node {
    fn pid_file(&self) -> PathBuf {
        self.home.join("entente.pid")
    }

    /// The process that runs on this home.
    fn pid(&self) -> Option<u32> {
        let pid = std::fs::read_to_string(self.pid_file()).ok()?.trim().parse().ok()?;
        // The number may belong to somebody else by now.
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        String::from_utf8_lossy(&line).contains(&*self.home.to_string_lossy()).then_some(pid)
    }

    fn start(&self, cometbft: Option<&Path>, flags: &[String]) -> Result<Value> {
        if let Some(pid) = self.pid() {
            return Ok(json!({ "node": self.name, "pid": pid, "started": false, "reason": "it runs already" }));
        }
        let log = self.home.join("entente.log");
        let open = std::fs::OpenOptions::new().create(true).append(true).open(&log);
        let file = open.with_context(|| format!("the log {} cannot be written", log.display()))?;
        let program = std::env::current_exe().context("this program's own file is not known")?;
        let mut command = Command::new(program);
        command.arg("start").arg("--engine").arg("comet").arg("--home").arg(&self.home);
        if let Some(cometbft) = cometbft {
            command.arg("--cometbft").arg(cometbft);
        }
        command.args(flags);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().context("the node cannot be started")?;
        std::fs::write(self.pid_file(), child.id().to_string())?;
        let begin = Instant::now();
        while begin.elapsed() < FIRST_MOMENT {
            if let Some(how) = child.try_wait()? {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                let last = said.lines().rev().find(|line| line.starts_with("entente: ") || line.starts_with("error: "));
                bail!("it has ended at once ({how}): {}; see {}", last.unwrap_or("it said nothing"), log.display());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(json!({ "node": self.name, "pid": child.id(), "started": true, "log": log.display().to_string() }))
    }

    fn stop(&self) -> Result<Value> {
        let Some(pid) = self.pid() else {
            return Ok(json!({ "node": self.name, "stopped": false, "reason": "it does not run" }));
        };
        let asked = Command::new("kill").arg("-TERM").arg(pid.to_string()).status()?;
        ensure!(asked.success(), "process {pid} may not be stopped by you");
        let begin = Instant::now();
        while self.pid().is_some() {
            ensure!(
                begin.elapsed() < PATIENCE,
                "process {pid} does not end; see {}",
                self.home.join("entente.log").display()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        // A file of a process that is gone says nothing.
        let _ = std::fs::remove_file(self.pid_file());
        Ok(json!({ "node": self.name, "pid": pid, "stopped": true }))
    }

    fn rpc(&self) -> Result<Companion> {
        let rpc = files::setting(&Files::of(&self.home).config(), "rpc.laddr")?;
        let rpc = rpc.ok_or_else(|| anyhow!("config.toml has no rpc.laddr"))?;
        Ok(Companion::new(super::comet::dialled(&rpc)?))
    }

    fn status(&self) -> Value {
        let asked = || -> Result<Value> {
            let companion = self.rpc()?;
            let status = companion.status()?;
            let peers = companion.call("net_info", json!({}))?;
            Ok(json!({
                "node": self.name,
                "pid": self.pid(),
                "height": status.height.to_string(),
                "app_hash": status.app_hash,
                "catching_up": status.catching_up,
                "peers": peers.get("n_peers"),
                "rpc": companion.place(),
            }))
        };
        asked().unwrap_or_else(|e| json!({ "node": self.name, "pid": self.pid(), "trouble": format!("{e:#}") }))
    }
}
