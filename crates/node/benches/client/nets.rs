//! Nets of validators under CometBFT on this machine: ours, CometBFT's own `kvstore`, and `simd` of ibc-go, all with the same settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use entente_kernel::Bech32;
use entente_lab::load::{BOND, CHAIN_ID, Scale};
use entente_lab::random::wallet::User;
use serde_json::{Value, json};

use super::flood::height;
use super::{Door, Outcome, processor_time, write_genesis};

/// What every user holds.
const WEALTH: &str = "1000000000000";
/// Ports of a node.
const PORTS: u16 = 10;
/// How long a block waits after its commit.
const COMMIT_TIMEOUT: &str = "100ms";

/// A running net, which ends with this value.
pub struct Net {
    folder: tempfile::TempDir,
    nodes: Vec<Child>,
    /// Applications that nobody else starts and ends.
    apps: Vec<Child>,
    /// Where the nodes answer RPC.
    pub rpc: Vec<u16>,
}

impl Drop for Net {
    fn drop(&mut self) {
        for node in self.nodes.iter().chain(&self.apps) {
            // A node that does not end when it is asked is killed below.
            let _ = Command::new("kill").arg(node.id().to_string()).status();
        }
        let began = Instant::now();
        for node in self.nodes.iter_mut().chain(&mut self.apps) {
            while began.elapsed() < Duration::from_secs(20) && matches!(node.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

impl Net {
    fn empty() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("entente-bench").tempdir()?;
        Ok(Self { folder, nodes: Vec::new(), apps: Vec::new(), rpc: Vec::new() })
    }

    fn home(&self, node: u16) -> PathBuf {
        self.folder.path().join(format!("node{node}"))
    }

    fn spawn(&mut self, command: &mut Command) -> Outcome<()> {
        let log = std::fs::File::create(self.folder.path().join(format!("log{}", self.nodes.len())))?;
        self.nodes.push(command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?);
        Ok(())
    }

    /// Processor time of each program of the net so far, by its name.
    pub fn spent(&self) -> Outcome<BTreeMap<String, Duration>> {
        let mut spent = BTreeMap::new();
        let mut todo: Vec<u32> = self.nodes.iter().chain(&self.apps).map(Child::id).collect();
        while let Some(process) = todo.pop() {
            let name = std::fs::read_to_string(format!("/proc/{process}/comm"))?.trim().to_owned();
            *spent.entry(name).or_default() += processor_time(process)?;
            for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
                let children = std::fs::read_to_string(thread?.path().join("children")).unwrap_or_default();
                todo.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
            }
        }
        Ok(spent)
    }

    /// Waits until every node has a few blocks.
    async fn until_blocks(mut self) -> Outcome<Self> {
        let began = Instant::now();
        for node in 0..self.rpc.len() {
            loop {
                if let Ok(mut door) = Door::open(self.rpc[node]).await
                    && height(&mut door).await.is_ok_and(|height| height >= 3)
                {
                    break;
                }
                let ended = self.nodes.get_mut(node).map(Child::try_wait).transpose()?.flatten();
                if ended.is_some() || began.elapsed() > Duration::from_secs(300) {
                    let log = std::fs::read_to_string(self.folder.path().join(format!("log{node}")))?;
                    let tail: Vec<&str> = log.lines().rev().take(20).collect();
                    return Err(format!("node {node} makes no blocks ({ended:?}):\n{}", tail.join("\n")).into());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(self)
    }

    /// `entente start --engine comet`, with these people in the genesis.
    pub async fn entente(cometbft: &Path, validators: u16, base_port: u16, people: &[User]) -> Outcome<(Self, u64)> {
        let mut net = Self::written(validators, base_port, COMMIT_TIMEOUT)?;
        let mut first_number = 0;
        for node in 0..validators {
            let home = net.home(node).join("entente");
            first_number = add_people(&home.join("config/genesis.json"), "entente", people)?;
            same_settings(&home.join("config/config.toml"))?;
            net.start(cometbft, home, base_port + node * PORTS + 1, &[])?;
        }
        Ok((net.until_blocks().await?, first_number))
    }

    /// `entente start --engine comet` on a genesis of this scale, a block in about a second, a snapshot in every tenth, which stays for a while.
    pub async fn of_scale(cometbft: &Path, scale: Scale, base_port: u16) -> Outcome<Self> {
        let validators = u16::try_from(scale.validators)?;
        let mut net = Self::written(validators, base_port, "1s")?;
        let mut init = scale.genesis(|_| Value::Null);
        for node in 0..validators {
            let file = net.home(node).join("entente/config/priv_validator_key.json");
            let key: Value = serde_json::from_slice(&std::fs::read(file)?)?;
            let place = &mut init.app_state["staking"]["validators"][usize::from(node)]["consensus_pubkey"]["key"];
            *place = key["pub_key"]["value"].clone();
        }
        for node in 0..validators {
            let home = net.home(node).join("entente");
            write_genesis(&home.join("config/genesis.json"), &init)?;
            net.start(
                cometbft,
                home,
                base_port + node * PORTS + 1,
                &["--snapshot-interval", "10", "--snapshot-keep-recent", "20"],
            )?;
        }
        net.until_blocks().await
    }

    /// Homes of validators that do not run yet.
    fn written(validators: u16, base_port: u16, commit_timeout: &str) -> Outcome<Self> {
        let net = Self::empty()?;
        let (count, port) = (validators.to_string(), base_port.to_string());
        done(
            entente()
                .args(["testnet", "init-files", "--chain-id", CHAIN_ID, "--commit-timeout", commit_timeout])
                .args(["--v", &count, "--base-port", &port, "--minimum-gas-prices", "0uente"])
                .args(["--node-daemon-home", "entente", "--output-dir"])
                .arg(net.folder.path())
                .env("ENTENTE_KEYRING_BACKEND", "test"),
        )?;
        Ok(net)
    }

    fn start(&mut self, cometbft: &Path, home: PathBuf, rpc: u16, flags: &[&str]) -> Outcome<()> {
        let mut start = entente();
        start.args(["start", "--engine", "comet", "--cometbft"]).arg(cometbft).args(flags).arg("--home").arg(home);
        self.spawn(&mut start)?;
        self.rpc.push(rpc);
        Ok(())
    }

    /// One more node, which has what the others have after the time that is given.
    pub async fn joined(&mut self, cometbft: &Path, how: &[&str]) -> Outcome<Duration> {
        let written = said(entente().args(["testnet", "add"]).args(how).arg("--output-dir").arg(self.folder.path()))?;
        let written: Value = serde_json::from_str(&written)?;
        let (home, rpc) = (written["home"].as_str(), written["rpc"].as_str());
        let home = PathBuf::from(home.ok_or("no home")?);
        let rpc = rpc.and_then(|rpc| rpc.rsplit_once(':')).ok_or("no RPC")?.1.parse()?;
        let began = Instant::now();
        self.start(cometbft, home, rpc, &[])?;
        let wanted = height(&mut Door::open(self.rpc[0]).await?).await?;
        loop {
            if let Ok(mut door) = Door::open(rpc).await
                && height(&mut door).await.is_ok_and(|height| height >= wanted)
            {
                return Ok(began.elapsed());
            }
            if began.elapsed() > Duration::from_secs(300) {
                let log = std::fs::read_to_string(self.folder.path().join(format!("log{}", self.nodes.len() - 1)))?;
                let tail: Vec<&str> = log.lines().rev().take(20).collect();
                return Err(format!("the node does not catch up:\n{}", tail.join("\n")).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the first node has this height.
    pub async fn until(&self, wanted: i64) -> Outcome<()> {
        let mut door = Door::open(self.rpc[0]).await?;
        while height(&mut door).await? < wanted {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// CometBFT with the application that it brings along: in its own process, or, run by this `abci-cli`, behind a socket as ours is.
    pub async fn kvstore(cometbft: &Path, beside: Option<&Path>, validators: u16, base_port: u16) -> Outcome<Self> {
        let mut net = Self::empty()?;
        let count = validators.to_string();
        done(Command::new(cometbft).args(["testnet", "--v", &count, "--o"]).arg(net.folder.path()))?;
        let homes: Vec<PathBuf> = (0..validators).map(|node| net.home(node)).collect();
        let ids = homes.iter().map(|home| said(Command::new(cometbft).args(["show-node-id", "--home"]).arg(home)));
        let ids = ids.collect::<Outcome<Vec<_>>>()?;
        for (node, home) in (0..validators).zip(homes) {
            let rpc = configure(&home.join("config/config.toml"), base_port, node, &ids)?;
            let app = match beside {
                None => "kvstore".to_owned(),
                Some(program) => {
                    let app = format!("unix://{}", home.join("abci.sock").display());
                    let mut command = Command::new(program);
                    command.args(["kvstore", "--log_level", "error", "--address", &app]);
                    net.apps.push(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
                    app
                }
            };
            let mut command = Command::new(cometbft);
            if beside.is_some() {
                // As ours is started.
                command.env("GOMAXPROCS", "8");
            }
            net.spawn(command.args(["node", "--proxy_app", &app, "--home"]).arg(home))?;
            net.rpc.push(rpc);
        }
        net.until_blocks().await
    }

    /// `simd`, a chain of the Cosmos SDK, with these people in the genesis.
    pub async fn simd(simd: &Path, validators: u16, base_port: u16, people: &[User]) -> Outcome<(Self, u64)> {
        let mut net = Self::empty()?;
        let homes: Vec<PathBuf> = (0..validators).map(|node| net.home(node)).collect();
        let run = |home: &Path, arguments: &[&str]| said(Command::new(simd).args(arguments).arg("--home").arg(home));
        let keyring = ["--keyring-backend", "test"];
        let first = homes.first().ok_or("a net has a validator")?;
        for home in &homes {
            run(home, &["init", "peer", "--chain-id", CHAIN_ID, "--default-denom", BOND])?;
            run(home, &[&["keys", "add", "operator"][..], &keyring].concat())?;
            let operator = run(home, &[&["keys", "show", "operator", "-a"][..], &keyring].concat())?;
            run(first, &["genesis", "add-genesis-account", &operator, &format!("{WEALTH}{BOND}")])?;
        }
        for (node, home) in homes.iter().enumerate() {
            let genesis = "config/genesis.json";
            if home != first {
                std::fs::copy(first.join(genesis), home.join(genesis))?;
            }
            let gentx = first.join(format!("config/gentx/gentx-{node}.json"));
            std::fs::create_dir_all(first.join("config/gentx"))?;
            let out = gentx.to_str().ok_or("a path that is no text")?;
            let stake = format!("500000000{BOND}");
            let flags = ["genesis", "gentx", "operator", &stake, "--chain-id", CHAIN_ID, "--output-document", out];
            run(home, &[&flags[..], &keyring].concat())?;
        }
        run(first, &["genesis", "collect-gentxs"])?;
        let first_number = add_people(&first.join("config/genesis.json"), "cosmos", people)?;
        let ids = homes.iter().map(|home| run(home, &["comet", "show-node-id"])).collect::<Outcome<Vec<_>>>()?;
        for (node, home) in (0..validators).zip(&homes) {
            if home != first {
                std::fs::copy(first.join("config/genesis.json"), home.join("config/genesis.json"))?;
            }
            let rpc = configure(&home.join("config/config.toml"), base_port, node, &ids)?;
            edit(
                &home.join("config/app.toml"),
                &[("", "minimum-gas-prices", "\"0uente\""), ("grpc", "enable", "false")],
            )?;
            net.spawn(Command::new(simd).args(["start", "--log_level", "error", "--home"]).arg(home))?;
            net.rpc.push(rpc);
        }
        Ok((net.until_blocks().await?, first_number))
    }
}

/// Adds people to a genesis; gives the number of the first one's account.
fn add_people(genesis: &Path, prefix: &str, people: &[User]) -> Outcome<u64> {
    let mut doc: Value = serde_json::from_slice(&std::fs::read(genesis)?)?;
    let bech32 = Bech32::new(prefix);
    let state = &mut doc["app_state"];
    let accounts = state["auth"]["accounts"].as_array_mut().ok_or("a genesis without accounts")?;
    let first = accounts.len() as u64;
    for (number, user) in (first..).zip(people) {
        accounts.push(json!({
            "@type": "/cosmos.auth.v1beta1.BaseAccount", "address": user.text(&bech32), "pub_key": null,
            "account_number": number.to_string(), "sequence": "0",
        }));
    }
    // Accounts that a tool made without numbers get them by their places.
    for (number, account) in accounts.iter_mut().enumerate() {
        account["account_number"] = number.to_string().into();
    }
    let balances = state["bank"]["balances"].as_array_mut().ok_or("a genesis without balances")?;
    let coins = json!([{ "denom": BOND, "amount": WEALTH }]);
    balances.extend(people.iter().map(|user| json!({ "address": user.text(&bech32), "coins": coins })));
    state["bank"]["supply"] = json!([]);
    std::fs::write(genesis, doc.to_string())?;
    Ok(first)
}

/// The settings of CometBFT that all peers have in common.
fn same_settings(config: &Path) -> Outcome<()> {
    let timeout = format!("{COMMIT_TIMEOUT:?}");
    let mempool = [("mempool", "size", "5000"), ("mempool", "cache_size", "10000"), ("mempool", "recheck", "true")];
    edit(config, &[("consensus", "timeout_commit", timeout.as_str()), ("tx_index", "indexer", "\"kv\"")])?;
    edit(config, &mempool)
}

/// Ports, peers and settings of a node; gives the port of its RPC.
fn configure(config: &Path, base_port: u16, node: u16, ids: &[String]) -> Outcome<u16> {
    let p2p = |node: u16| base_port + node * PORTS;
    let peers = (0..).zip(ids).filter(|(other, _)| *other != node);
    let peers: Vec<String> = peers.map(|(other, id)| format!("{id}@127.0.0.1:{}", p2p(other))).collect();
    let rpc = p2p(node) + 1;
    same_settings(config)?;
    edit(
        config,
        &[
            ("rpc", "laddr", &format!("\"tcp://127.0.0.1:{rpc}\"")),
            ("rpc", "pprof_laddr", "\"\""),
            ("p2p", "laddr", &format!("\"tcp://127.0.0.1:{}\"", p2p(node))),
            ("p2p", "persistent_peers", &format!("{:?}", peers.join(","))),
            ("p2p", "addr_book_strict", "false"),
            ("p2p", "allow_duplicate_ip", "true"),
        ],
    )?;
    Ok(rpc)
}

/// Sets values of a TOML file: section, name, value as it stands in the file.
fn edit(path: &Path, settings: &[(&str, &str, &str)]) -> Outcome<()> {
    let text = std::fs::read_to_string(path)?;
    let (mut section, mut found, mut lines) = (String::new(), 0, Vec::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        }
        let name = line.split_once('=').map(|(name, _)| name.trim()).unwrap_or_default();
        match settings.iter().find(|(of, key, _)| *of == section && *key == name) {
            Some((_, key, value)) => {
                found += 1;
                lines.push(format!("{key} = {value}"));
            }
            None => lines.push(line.to_owned()),
        }
    }
    if found != settings.len() {
        return Err(format!("{}: not all of {settings:?} are there", path.display()).into());
    }
    Ok(std::fs::write(path, lines.join("\n") + "\n")?)
}

fn entente() -> Command {
    Command::new(env!("CARGO_BIN_EXE_entente"))
}

fn done(command: &mut Command) -> Outcome<()> {
    said(command).map(|_| ())
}

/// What a command printed.
fn said(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
