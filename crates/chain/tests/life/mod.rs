//! Recorded lives of small chains, played block by block.

use std::io::Read as _;
use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_chain::{Chain, Evidence, FinalizeBlock, InitChain, Vote, VoteFlag, genesis};
use entente_kernel::ConsAddress;
use flate2::read::GzDecoder;
use serde_json::Value;

/// A file of `tests/vectors/data`.
pub struct Life(pub Value);

impl Life {
    pub fn open(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/vectors/data/{name}.json.gz"));
        #[allow(clippy::disallowed_methods, reason = "a test reads its data")]
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut text = String::new();
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    /// The genesis, without sections of modules that do not exist yet.
    pub fn init(&self) -> InitChain {
        let mut app_state = self.0["genesis"].clone();
        let known: Vec<&str> = genesis::SECTIONS.iter().map(|s| s.name).collect();
        app_state.as_object_mut().unwrap().retain(|name, _| known.contains(&name.as_str()));
        InitChain {
            chain_id: self.0["chain_id"].as_str().unwrap().to_owned(),
            time: self.0["genesis_time"].as_str().unwrap().parse().unwrap(),
            initial_height: self.0["initial_height"].as_i64().unwrap(),
            consensus_params: self.0["consensus_params"].clone(),
            app_state,
        }
    }

    pub fn start(&self) -> Chain {
        Chain::init_chain(&self.init()).unwrap().0
    }

    pub fn blocks(&self) -> impl Iterator<Item = FinalizeBlock> {
        self.0["blocks"].as_array().unwrap().iter().map(block)
    }
}

/// Executes and commits a block.
pub fn play(chain: &mut Chain, block: &FinalizeBlock) {
    chain.finalize_block(block).unwrap();
    chain.commit().unwrap();
}

fn address(value: &Value) -> ConsAddress {
    ConsAddress::new(&hex::decode(value.as_str().unwrap()).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn block(block: &Value) -> FinalizeBlock {
    let vote = |v: &Value| Vote {
        address: address(&v["address"]),
        power: v["power"].as_i64().unwrap(),
        flag: match v["flag"].as_i64() {
            Some(1) => VoteFlag::Absent,
            Some(2) => VoteFlag::Commit,
            _ => VoteFlag::Nil,
        },
    };
    let evidence = |e: &Value| Evidence {
        duplicate_vote: e["type"] == "DUPLICATE_VOTE",
        address: address(&e["address"]),
        power: e["power"].as_i64().unwrap(),
        height: e["height"].as_i64().unwrap(),
        time: e["time"].as_str().unwrap().parse().unwrap(),
        total_power: e["total_power"].as_i64().unwrap(),
    };
    FinalizeBlock {
        height: block["height"].as_i64().unwrap(),
        time: block["time"].as_str().unwrap().parse().unwrap(),
        proposer: address(&block["proposer"]),
        votes: list(&block["votes"]).iter().map(vote).collect(),
        evidence: list(&block["misbehavior"]).iter().map(evidence).collect(),
        txs: list(&block["txs"]).iter().map(|t| STANDARD.decode(t["bytes"].as_str().unwrap()).unwrap()).collect(),
    }
}
