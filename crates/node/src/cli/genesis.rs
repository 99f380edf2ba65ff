//! `entente genesis`: importing, filling, checking.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use clap::{Args, Subcommand};
use entente_kernel::Bech32;
use entente_kernel::json as form;
use entente_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use prost::Message as _;
use serde_json::{Map, Value, json};

use super::home::{genesis_file, validator_file};
use super::tx::any;
use super::words::{coin, coins};
use crate::disk::Disk;
use crate::engine::comet::files::{self, Files};
use crate::engine::{Engine, stores};
use crate::genesis::GenesisDoc;
use crate::keys::{self, Signer, Terms};

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
        #[arg(value_name = "ADDRESS-OR-KEY")]
        address: String,
        /// Such as 1000uente,5uusdc
        coins: String,
        /// file or test: where a key is looked up by its name
        #[arg(long)]
        keyring_backend: Option<String>,
    },
    /// Sign the transaction with which this node's validator enters the genesis
    Gentx(Box<Gentx>),
    /// Put the signed transactions of config/gentx into the genesis
    CollectGentxs {
        /// Another folder than config/gentx
        #[arg(long, value_name = "FOLDER")]
        gentx_dir: Option<PathBuf>,
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
            Self::AddGenesisAccount { address, coins, keyring_backend } => {
                add_account(home, &own, address, coins, keyring_backend.as_deref())
            }
            Self::Gentx(gentx) => gentx.run(home, &own),
            Self::CollectGentxs { gentx_dir } => {
                collect(home, &own, &gentx_dir.clone().unwrap_or_else(|| home.join("config").join("gentx")))
            }
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
    let (doc, report) = crate::genesis::import(file)?;
    for line in &report {
        eprintln!("{line}");
    }
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

fn prefix(doc: &GenesisDoc) -> Bech32 {
    let found = entente_chain::genesis::bech32_prefix(&doc.app_state);
    Bech32::new(found.as_deref().unwrap_or(crate::genesis::dev::PREFIX))
}

/// An account by its address, or by the name of a key of this home.
fn address_of(home: &Path, bech32: &Bech32, text: &str, backend: Option<&str>) -> Result<String> {
    match bech32.parse_acc(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(wrong) => {
            let signer = super::known_key(home, backend, text)
                .map_err(|_| anyhow!("{text:?} is neither an address ({wrong}) nor the name of a key"))?;
            Ok(bech32.acc(&signer))
        }
    }
}

fn add_account(home: &Path, path: &Path, address: &str, amount: &str, backend: Option<&str>) -> Result<()> {
    let mut doc = GenesisDoc::read(path)?;
    let address = address_of(home, &prefix(&doc), address, backend)?;
    let address = address.as_str();
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

/// The validator that enters.
#[derive(Args)]
pub(super) struct Gentx {
    /// The key that signs and stakes
    key: String,
    /// What it stakes, such as 1000000uente
    amount: String,
    /// The chain, if it is not the genesis' own
    #[arg(long)]
    chain_id: Option<String>,
    /// The name of the validator; the key's name if absent
    #[arg(long)]
    moniker: Option<String>,
    #[arg(long, default_value = "0.1")]
    commission_rate: String,
    #[arg(long, default_value = "0.2")]
    commission_max_rate: String,
    #[arg(long, default_value = "0.01")]
    commission_max_change_rate: String,
    #[arg(long, default_value = "1")]
    min_self_delegation: String,
    #[arg(long, default_value = "")]
    website: String,
    #[arg(long, default_value = "")]
    details: String,
    #[arg(long, default_value = "")]
    identity: String,
    #[arg(long, default_value = "")]
    security_contact: String,
    /// Where other nodes reach this one; else the address of this machine towards the world
    #[arg(long, value_name = "IP")]
    ip: Option<IpAddr>,
    /// The port for other nodes
    #[arg(long, default_value_t = 26_656, value_name = "PORT")]
    p2p_port: u16,
    /// The id of the node among its peers; else that of config/node_key.json
    #[arg(long, value_name = "ID")]
    node_id: Option<String>,
    /// file or test
    #[arg(long)]
    keyring_backend: Option<String>,
    /// Another file than config/gentx/gentx-ADDRESS.json
    #[arg(long, value_name = "FILE")]
    output_document: Option<PathBuf>,
}

/// Gas of a gentx, as gaiad writes it.
const GENTX_GAS: u64 = 200_000;

impl Gentx {
    fn run(&self, home: &Path, own: &Path) -> Result<()> {
        let doc = GenesisDoc::read(own)?;
        let chain_id = self.chain_id.clone().unwrap_or_else(|| doc.chain_id.clone());
        ensure!(
            chain_id == doc.chain_id,
            "--chain-id: {chain_id:?} is not the chain of the genesis, {:?}",
            doc.chain_id
        );
        let bech32 = prefix(&doc);
        let signer = super::signing_key(home, self.keyring_backend.as_deref(), &self.key)?;
        let account = bech32.acc(&signer.address());
        let stake = coin(&self.amount)?;
        let seed = keys::validator::load(&validator_file(home))?;
        let pubkey = keys::validator::public_json(&seed);
        let message = json!({
            "@type": "/cosmos.staking.v1beta1.MsgCreateValidator",
            "description": {
                "moniker": self.moniker.as_ref().unwrap_or(&self.key), "identity": self.identity, "website": self.website,
                "security_contact": self.security_contact, "details": self.details,
            },
            "commission": {
                "rate": self.commission_rate, "max_rate": self.commission_max_rate,
                "max_change_rate": self.commission_max_change_rate,
            },
            "min_self_delegation": self.min_self_delegation,
            "delegator_address": account,
            "validator_address": bech32.val(&signer.address().into()),
            "pubkey": pubkey,
            "value": stake,
        });
        let node_id = match &self.node_id {
            Some(id) => id.clone(),
            None => files::node_id(&Files::of(home).node_key())?,
        };
        let place = SocketAddr::new(self.ip.unwrap_or_else(own_address), self.p2p_port);
        let terms = Terms { chain_id: &chain_id, account_number: number_of(&doc, &account)?, sequence: 0, fee: fee() };
        let tx = sign(&signer, &message, &terms, format!("{node_id}@{place}"))?;
        let target = self.output_document.clone().unwrap_or_else(|| {
            home.join("config").join("gentx").join(format!("gentx-{}.json", hex::encode(signer.address().as_bytes())))
        });
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        }
        std::fs::write(&target, format!("{tx}\n"))
            .with_context(|| format!("the file {} cannot be written", target.display()))?;
        println!("{}", json!({ "written": target.display().to_string(), "delegator": account }));
        Ok(())
    }
}

/// The address from which this machine speaks to the world; nothing is sent to find it.
fn own_address() -> IpAddr {
    let towards = |far: &str| -> std::io::Result<IpAddr> {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.connect(far)?;
        Ok(socket.local_addr()?.ip())
    };
    towards("192.0.2.1:9").unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// The account number that a gentx is signed with: 0, or on a chain that begins above height 1 the account's own.
fn number_of(doc: &GenesisDoc, address: &str) -> Result<u64> {
    if doc.initial_height <= 1 {
        return Ok(0);
    }
    let accounts = doc.app_state.pointer("/auth/accounts").and_then(Value::as_array).map(Vec::as_slice);
    let is_own = |account: &&Value| account.get("address").and_then(Value::as_str) == Some(address);
    let own = accounts.unwrap_or_default().iter().find(is_own);
    let number = own.and_then(|account| account.get("account_number")?.as_str()?.parse().ok());
    number.ok_or_else(|| anyhow!("the account {address} is not in the genesis; add it with add-genesis-account"))
}

/// A genesis charges none.
fn fee() -> Fee {
    Fee { gas_limit: GENTX_GAS, ..Fee::default() }
}

/// The JSON of a transaction. Its memo says where the node is: `ID@HOST:PORT`.
fn sign(signer: &Signer, message: &Value, terms: &Terms<'_>, memo: String) -> Result<Value> {
    let body = TxBody { messages: vec![any(message)?], memo, ..TxBody::default() };
    let raw = signer.sign(&body, terms)?;
    let raw = TxRaw::decode(raw.as_slice())?;
    let tx = entente_proto::cosmos::tx::v1beta1::Tx {
        body: Some(body),
        auth_info: Some(AuthInfo::decode(raw.auth_info_bytes.as_slice())?),
        signatures: raw.signatures,
    };
    Ok(form::to_json(&tx)?)
}

/// Reads the folder's files in the order of their names, and keeps the genesis only if it can be executed. The nodes that the gentxs
/// name become the persistent peers of this one.
fn collect(home: &Path, own: &Path, folder: &Path) -> Result<()> {
    let mut doc = GenesisDoc::read(own)?;
    let listed = std::fs::read_dir(folder)
        .with_context(|| format!("the folder {} cannot be read; make a gentx first", folder.display()))?;
    let mut files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "json"));
    files.sort();
    if files.is_empty() {
        bail!("there is no gentx in {}; make one with: entente genesis gentx KEY AMOUNT", folder.display());
    }
    let gentxs =
        files.iter().map(|file| super::tx::read_json(&file.display().to_string())).collect::<Result<Vec<_>>>()?;
    let count = gentxs.len();
    let peers: Vec<String> = gentxs.iter().filter_map(peer).collect();
    if let Some(state) = doc.app_state.as_object_mut() {
        state.insert("genutil".to_owned(), json!({ "gen_txs": gentxs }));
    }
    let engine = executed(doc.clone())?;
    doc.write(own)?;
    let files = Files::of(home);
    let id = files::node_id(&files.node_key())?;
    let others: Vec<String> = peers.into_iter().filter(|peer| !peer.starts_with(&format!("{id}@"))).collect();
    if files.config().exists() {
        files::set(&files.config(), &[("p2p.persistent_peers", format!("{:?}", others.join(",")))])?;
    }
    let standing = engine.shown().standing;
    println!(
        "{}",
        json!({
            "gentxs": count, "validators": standing.validators.validators().len(), "persistent_peers": others,
            "app_hash": hex::encode_upper(&standing.app_hash),
        })
    );
    Ok(())
}

/// Where the node of a gentx is, by its memo.
fn peer(gentx: &Value) -> Option<String> {
    let memo = gentx.pointer("/body/memo")?.as_str()?;
    let (id, place) = memo.split_once('@')?;
    let is_id = id.len() == 40 && id.bytes().all(|b| b.is_ascii_hexdigit());
    (is_id && place.contains(':')).then(|| memo.to_owned())
}
