//! A net of validators: their homes with keys, one genesis that all of them signed into, and the peers of each.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::crypto::ed25519;
use entente_kernel::{Bech32, Timestamp, json as proto_json};
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::crypto::ed25519::PubKey;
use entente_proto::cosmos::staking::v1beta1::{CommissionRates, Description, MsgCreateValidator};
use entente_proto::cosmos::tx::v1beta1::{Fee, Tx, TxBody, TxRaw};
use prost::{Message as _, Name as _};
use prost_types::Any;
use serde_json::{Value, json};

use crate::engine::comet::files::{self, Config, Files};
use crate::engine::comet::key::fresh_record;
use crate::genesis::{GenesisDoc, dev};
use crate::keys::ring::{Backend, Keyring, random};
use crate::keys::{self, Signer, Terms, hd, write_secret};

/// Coins of every validator's account.
const BALANCE: u128 = 10_000_000_000_000;
/// What a validator stakes at first.
const SELF_DELEGATION: u128 = 1_000_000_000_000;
/// Ports that a node on a shared machine has for itself.
const PORTS_OF_NODE: u16 = 10;

/// What a net shall be like.
#[derive(Debug, Clone)]
pub struct Plan {
    pub folder: PathBuf,
    pub validators: u16,
    pub chain_id: String,
    pub denom: String,
    /// The address of the first node; the others count up. On loopback all nodes have this address and ports of their own.
    pub first_ip: Ipv4Addr,
    /// The first port of the first node on loopback.
    pub base_port: u16,
    pub folder_prefix: String,
    pub home_name: String,
    pub keyring: Backend,
    pub passphrase: Option<String>,
    pub timeout_commit: String,
    pub minimum_gas_prices: String,
    /// How long proposals can be voted on, such as `60s`; else two days.
    pub voting_period: Option<String>,
}

/// The addresses of a node's doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports {
    pub p2p: String,
    pub rpc: String,
    pub rest: String,
    pub grpc: String,
    pub metrics: String,
    pub comet_metrics: String,
}

impl Plan {
    pub fn home(&self, node: u16) -> PathBuf {
        self.folder.join(format!("{}{node}", self.folder_prefix)).join(&self.home_name)
    }

    /// # Errors
    /// The addresses or ports do not suffice.
    pub fn ports(&self, node: u16) -> Result<Ports> {
        if !self.first_ip.is_loopback() {
            let ip = u32::from(self.first_ip).checked_add(node.into()).map(Ipv4Addr::from);
            let ip = ip.ok_or_else(|| anyhow!("--starting-ip-address: there are not enough addresses behind it"))?;
            return Ok(Ports {
                p2p: format!("{ip}:26656"),
                rpc: "0.0.0.0:26657".to_owned(),
                rest: "0.0.0.0:1317".to_owned(),
                grpc: "0.0.0.0:9090".to_owned(),
                metrics: "0.0.0.0:26660".to_owned(),
                comet_metrics: "127.0.0.1:26661".to_owned(),
            });
        }
        let first = node.checked_mul(PORTS_OF_NODE).and_then(|above| self.base_port.checked_add(above));
        let port = |nth: u16| {
            let port = first.and_then(|first| first.checked_add(nth));
            let port =
                port.ok_or_else(|| anyhow!("--base-port: there are not enough ports behind {}", self.base_port))?;
            Ok::<_, anyhow::Error>(format!("{}:{port}", self.first_ip))
        };
        Ok(Ports {
            p2p: port(0)?,
            rpc: port(1)?,
            rest: port(2)?,
            grpc: port(3)?,
            metrics: port(4)?,
            comet_metrics: port(5)?,
        })
    }

    /// Writes the homes.
    ///
    /// # Errors
    /// A home is there already, or cannot be written.
    pub fn write(&self, time: Timestamp) -> Result<GenesisDoc> {
        ensure!(self.validators > 0, "--v: a net has at least one validator");
        let mut members = Vec::new();
        for node in 0..self.validators {
            members.push(self.member(node)?);
        }
        let doc = self.genesis(&members, time)?;
        let text = serde_json::to_string_pretty(&doc.to_comet_json())? + "\n";
        for (node, member) in (0..self.validators).zip(&members) {
            let files = Files::of(&self.home(node));
            write(&files.genesis(), &text)?;
            let peers = members.iter().filter(|other| other.id != member.id);
            let peers: Vec<String> = peers.map(|other| format!("{}@{}", other.id, other.ports.p2p)).collect();
            let ports = &member.ports;
            self.write_settings(&files, &member.name, ports, &peers.join(","))?;
            write_secret(&files.validator_state(), fresh_record().as_bytes())?;
        }
        Ok(doc)
    }

    /// Writes the home of one more node, without a validator's stake, whose peers are the validators.
    ///
    /// # Errors
    /// The home is there already, or the net is not.
    pub fn write_follower(&self, node: u16) -> Result<PathBuf> {
        let first = Files::of(&self.home(0));
        let genesis = std::fs::read_to_string(first.genesis())
            .with_context(|| format!("there is no net in {}", self.folder.display()))?;
        let member = self.keys(node)?;
        let files = Files::of(&self.home(node));
        write(&files.genesis(), &genesis)?;
        let mut peers = Vec::new();
        for other in 0..self.validators {
            let id = files::node_id(&Files::of(&self.home(other)).node_key())?;
            peers.push(format!("{id}@{}", self.ports(other)?.p2p));
        }
        self.write_settings(&files, &member.name, &member.ports, &peers.join(","))?;
        write_secret(&files.validator_state(), fresh_record().as_bytes())?;
        Ok(files.home().to_owned())
    }

    fn write_settings(&self, files: &Files, name: &str, ports: &Ports, peers: &str) -> Result<()> {
        let config = Config {
            moniker: name.to_owned(),
            rpc: format!("tcp://{}", ports.rpc),
            p2p: format!("tcp://{}", ports.p2p),
            metrics: ports.comet_metrics.clone(),
            persistent_peers: peers.to_owned(),
            local: self.first_ip.is_loopback(),
            timeout_commit: self.timeout_commit.clone(),
        };
        write(&files.config(), &config.to_toml())?;
        let mut node = toml::Table::new();
        let mut set = |key: &str, text: &str| node.insert(key.to_owned(), toml::Value::String(text.to_owned()));
        set("moniker", name);
        set("engine", "comet");
        set("minimum_gas_prices", &self.minimum_gas_prices);
        set("rest", &ports.rest);
        set("grpc", &ports.grpc);
        set("metrics", &ports.metrics);
        write(&files.home().join("config").join("node.toml"), &toml::to_string_pretty(&node)?)
    }

    /// The keys of a node in a new home.
    fn keys(&self, node: u16) -> Result<Member> {
        let home = self.home(node);
        let files = Files::of(&home);
        ensure!(
            !files.genesis().exists() && !files.validator_key().exists(),
            "there is a node in {} already; remove it or name another --output-dir",
            home.display()
        );
        for folder in [home.join("config"), files.data()] {
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        }
        let seed = keys::validator::load_or_create(&files.validator_key(), random)?;
        Ok(Member {
            name: format!("{}{node}", self.folder_prefix),
            id: files::node_id(&files.node_key())?,
            cons_key: ed25519::public_key(&seed),
            ports: self.ports(node)?,
            signer: None,
        })
    }

    /// A validator: also an account, in the keyring and, as words, in `key_seed.json`.
    fn member(&self, node: u16) -> Result<Member> {
        let member = self.keys(node)?;
        let home = self.home(node);
        let words = hd::new_mnemonic(&random()?)?.to_string();
        let signer = Signer::from_words(&words, &hd::Path::bip44(hd::COIN_TYPE, 0, 0)?)?;
        write_secret(&home.join("key_seed.json"), (json!({ "secret": words }).to_string() + "\n").as_bytes())?;
        let ring = Keyring::new(&home, self.keyring);
        if self.keyring != Backend::Memory {
            let passphrase = self.passphrase.clone();
            ring.add(&member.name, &signer, || {
                let given = passphrase.map(zeroize::Zeroizing::new);
                given.ok_or_else(|| anyhow!("a passphrase for the keys is missing; give it in ENTENTE_PASSPHRASE"))
            })?;
        }
        Ok(Member { signer: Some(signer), ..member })
    }

    fn genesis(&self, members: &[Member], time: Timestamp) -> Result<GenesisDoc> {
        let mut doc = dev::empty(&self.chain_id, &self.denom, time)?;
        let bech32 = Bech32::new(dev::PREFIX);
        let (mut accounts, mut balances, mut gentxs) = (Vec::new(), Vec::new(), Vec::new());
        let signers = members.iter().filter_map(|m| Some((m, m.signer.as_ref()?)));
        for (number, (member, signer)) in signers.enumerate() {
            let address = bech32.acc(&signer.address());
            accounts.push(json!({
                "@type": "/cosmos.auth.v1beta1.BaseAccount", "address": address, "pub_key": null,
                "account_number": number.to_string(), "sequence": "0",
            }));
            let coins = [json!({ "denom": self.denom, "amount": BALANCE.to_string() })];
            balances.push(json!({ "address": address, "coins": coins }));
            gentxs.push(self.gentx(member, signer, &bech32)?);
        }
        doc.app_state["auth"]["accounts"] = json!(accounts);
        doc.app_state["bank"]["balances"] = json!(balances);
        if let Some(period) = &self.voting_period {
            for name in ["voting_period", "expedited_voting_period", "max_deposit_period"] {
                doc.app_state["gov"]["params"][name] = json!(period);
            }
            // An expedited vote must be shorter than a regular one.
            let half = crate::admin::span(period)?.0 / 2_000_000_000;
            doc.app_state["gov"]["params"]["expedited_voting_period"] = json!(format!("{half}s"));
        }
        doc.app_state["genutil"] = json!({ "gen_txs": gentxs });
        Ok(doc)
    }

    /// The signed transaction with which a validator enters the genesis.
    fn gentx(&self, member: &Member, signer: &Signer, bech32: &Bech32) -> Result<Value> {
        #[allow(deprecated)]
        let message = MsgCreateValidator {
            description: Some(Description { moniker: member.name.clone(), ..Description::default() }),
            commission: Some(CommissionRates {
                rate: "100000000000000000".to_owned(),
                max_rate: "1000000000000000000".to_owned(),
                max_change_rate: "100000000000000000".to_owned(),
            }),
            min_self_delegation: "1".to_owned(),
            validator_address: bech32.val(&entente_kernel::ValAddress::from(signer.address())),
            pubkey: Some(Any {
                type_url: "/cosmos.crypto.ed25519.PubKey".to_owned(),
                value: PubKey { key: member.cons_key.to_vec() }.encode_to_vec(),
            }),
            value: Some(Coin { denom: self.denom.clone(), amount: SELF_DELEGATION.to_string() }),
            ..MsgCreateValidator::default()
        };
        let any = Any { type_url: MsgCreateValidator::type_url(), value: message.encode_to_vec() };
        let body =
            TxBody { messages: vec![any], memo: format!("{}@{}", member.id, member.ports.p2p), ..TxBody::default() };
        let fee = Fee { gas_limit: 200_000, ..Fee::default() };
        let terms = Terms { chain_id: &self.chain_id, account_number: 0, sequence: 0, fee };
        let raw = TxRaw::decode(signer.sign(&body, &terms)?.as_slice())?;
        let tx = Tx {
            body: Some(body),
            auth_info: Some(entente_proto::cosmos::tx::v1beta1::AuthInfo::decode(raw.auth_info_bytes.as_slice())?),
            signatures: raw.signatures.clone(),
        };
        let mut value = proto_json::to_json(&tx).map_err(|e| anyhow!("{e}"))?;
        value["signatures"] = raw.signatures.iter().map(|s| Value::String(STANDARD.encode(s))).collect();
        Ok(value)
    }
}

struct Member {
    name: String,
    id: String,
    cons_key: [u8; 32],
    ports: Ports,
    signer: Option<Signer>,
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("the file {} cannot be written", path.display()))
}
