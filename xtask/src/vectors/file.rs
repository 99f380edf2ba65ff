//! A vector file: the life of a small chain as another implementation executed it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use anyhow::{Context, Result, ensure};
use entente_chain::{Evidence, FinalizeBlock, InitChain, Vote, VoteFlag};
use entente_kernel::ConsAddress;
use entente_kernel::event::Attribute;
use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text;

/// The only version of the format there is.
const FORMAT: u64 = 1;

/// Texts of the state by path.
pub type Texts = BTreeMap<String, String>;

#[derive(Debug, Serialize, Deserialize)]
pub struct VectorFile {
    pub format: u64,
    pub name: String,
    pub about: String,
    pub seed: Value,
    pub source: String,
    /// Rows of the deviations page that the file touches; empty: a sound implementation is equal.
    #[serde(default)]
    pub deviations: Vec<String>,
    /// `rewards`, `state`, or empty.
    #[serde(default)]
    pub deviation_scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Tolerance>,
    /// Present in a file that holds only the first blocks of another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    pub chain_id: String,
    pub bech32_prefix: String,
    pub bond_denom: String,
    pub fee_denom: String,
    pub genesis_time: String,
    pub initial_height: i64,
    pub consensus_params: Value,
    #[serde(default)]
    pub validators: Vec<Value>,
    /// Label -> address.
    #[serde(default)]
    pub accounts: BTreeMap<String, String>,
    pub genesis: Value,
    pub init: Init,
    pub blocks: Vec<Block>,
}

/// Where a cut file comes from.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cut {
    pub of_blocks: usize,
}

/// How far payouts of alliance rewards may be off.
#[derive(Debug, Serialize, Deserialize)]
pub struct Tolerance {
    pub denoms: Vec<String>,
    /// Begins with a number, unless it is `none`; words behind it say where more is to be expected.
    pub per_claim: String,
    pub why: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Init {
    pub app_validators: Vec<Update>,
    pub state: Texts,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Update {
    pub pub_key_type: String,
    /// base64
    pub pub_key: String,
    /// hex
    pub address: String,
    pub power: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Block {
    pub height: i64,
    pub time: String,
    /// hex
    pub proposer: String,
    #[serde(default)]
    pub votes: Vec<SignedVote>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misbehavior: Vec<Misbehavior>,
    #[serde(default)]
    pub txs: Vec<Transaction>,
    #[serde(default)]
    pub results: Vec<Outcome>,
    #[serde(default)]
    pub events: Vec<SeenEvent>,
    #[serde(default)]
    pub validator_updates: Vec<Update>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_invariants: Vec<String>,
    #[serde(default)]
    pub set: Texts,
    #[serde(default)]
    pub del: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct SignedVote {
    pub address: String,
    pub power: i64,
    /// 1 absent, 2 commit, 3 nil
    pub flag: u8,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Misbehavior {
    #[serde(rename = "type")]
    pub kind: String,
    pub address: String,
    pub power: i64,
    pub height: i64,
    pub time: String,
    pub total_power: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Transaction {
    /// base64
    pub bytes: String,
    #[serde(default)]
    pub about: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    pub code: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub codespace: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub log: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<SeenEvent>,
    /// The row that explains this refusal: a sound implementation accepts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct SeenEvent {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

impl VectorFile {
    /// Reads a gzipped (or plain) JSON file.
    pub fn open(path: &Path) -> Result<Self> {
        let raw = BufReader::new(File::open(path).with_context(|| format!("cannot open {}", path.display()))?);
        let mut plain = Vec::new();
        if path.extension().is_some_and(|e| e == "gz") {
            GzDecoder::new(raw).read_to_end(&mut plain)
        } else {
            BufReader::new(raw).read_to_end(&mut plain)
        }
        .with_context(|| format!("cannot read {}", path.display()))?;
        let file: Self =
            serde_json::from_slice(&plain).with_context(|| format!("{} is no vector file", path.display()))?;
        ensure!(file.format == FORMAT, "{}: format {} is unknown; known: {FORMAT}", path.display(), file.format);
        for block in &file.blocks {
            let (txs, results) = (block.txs.len(), block.results.len());
            ensure!(txs == results, "{}: block {} has {txs} txs and {results} results", path.display(), block.height);
        }
        Ok(file)
    }

    /// Whether some number may differ in some place.
    pub fn declares(&self, row: &str) -> bool {
        self.deviations.iter().any(|r| r == row)
    }

    pub fn init_chain(&self) -> Result<InitChain> {
        Ok(InitChain {
            chain_id: self.chain_id.clone(),
            time: text::time(&self.genesis_time)?,
            initial_height: self.initial_height,
            consensus_params: self.consensus_params.clone(),
            app_state: self.genesis.clone(),
        })
    }
}

impl Block {
    pub fn finalize(&self) -> Result<FinalizeBlock> {
        Ok(FinalizeBlock {
            height: self.height,
            time: text::time(&self.time)?,
            proposer: cons_address(&self.proposer)?,
            votes: self.votes.iter().map(SignedVote::read).collect::<Result<_>>()?,
            evidence: self.misbehavior.iter().map(Misbehavior::read).collect::<Result<_>>()?,
            txs: self.txs.iter().map(|tx| text::base64(&tx.bytes)).collect::<Result<_>>()?,
        })
    }
}

impl SignedVote {
    fn read(&self) -> Result<Vote> {
        let flag = match self.flag {
            1 => VoteFlag::Absent,
            2 => VoteFlag::Commit,
            3 => VoteFlag::Nil,
            other => anyhow::bail!("vote flag {other}; known: 1 absent, 2 commit, 3 nil"),
        };
        Ok(Vote { address: cons_address(&self.address)?, power: self.power, flag })
    }
}

impl Misbehavior {
    fn read(&self) -> Result<Evidence> {
        Ok(Evidence {
            duplicate_vote: self.kind == "DUPLICATE_VOTE",
            address: cons_address(&self.address)?,
            power: self.power,
            height: self.height,
            time: text::time(&self.time)?,
            total_power: self.total_power,
        })
    }
}

fn cons_address(hex_text: &str) -> Result<ConsAddress> {
    let bytes = hex::decode(hex_text).with_context(|| format!("address {hex_text:?} is no hex"))?;
    ConsAddress::new(&bytes).map_err(|e| anyhow::anyhow!("address {hex_text:?}: {e}"))
}
