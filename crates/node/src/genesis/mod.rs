//! The genesis document: CometBFT's frame around the state of a chain, in the shapes of CometBFT 0.34-0.38 and of SDK 0.50.

pub mod dev;
pub mod known;
pub mod takeover;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::Timestamp;
use entente_proto::tendermint::types as wire;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Longest chain id, by CometBFT's rules.
const CHAIN_ID_LEN_MAX: usize = 50;
/// Most bytes in a block, by CometBFT's rules.
const BLOCK_BYTES_MAX: i64 = 104_857_600;

/// A genesis document that was read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct GenesisDoc {
    pub chain_id: String,
    pub time: Timestamp,
    pub initial_height: i64,
    pub consensus_params: wire::ConsensusParams,
    pub validators: Vec<([u8; 32], i64)>,
    /// Empty if only [`Self::file`] has it.
    pub app_state: Value,
    /// The file of a home that has this document.
    pub file: Option<PathBuf>,
}

impl GenesisDoc {
    /// Reads a genesis file.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub fn read(path: &Path) -> Result<Self> {
        let value = read_value(path)?;
        Self::parse(value).with_context(|| format!("the genesis file {} is not accepted", path.display()))
    }

    /// Reads a genesis file without its state, which is passed over and not kept: it may be most of the memory of a machine.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub fn read_frame(path: &Path) -> Result<Self> {
        let doc = Self::parse(read_frame(path)?);
        let doc = doc.with_context(|| format!("the genesis file {} is not accepted", path.display()))?;
        Ok(Self { file: Some(path.to_owned()), ..doc })
    }

    /// # Errors
    /// Says which field is wrong.
    pub fn parse(mut value: Value) -> Result<Self> {
        let doc = value.as_object_mut().ok_or_else(|| anyhow!("a genesis document is a JSON object"))?;
        let chain_id = doc.get("chain_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        ensure!(!chain_id.is_empty(), "chain_id: it is absent; every chain has a name");
        ensure!(
            chain_id.len() <= CHAIN_ID_LEN_MAX,
            "chain_id: {chain_id:?} is longer than {CHAIN_ID_LEN_MAX} characters"
        );
        let time = doc.get("genesis_time").and_then(Value::as_str).unwrap_or_default();
        let time = time.parse().map_err(|e| anyhow!("genesis_time: {e}"))?;
        let initial_height = match doc.get("initial_height") {
            None => 1,
            Some(v) => {
                whole(v).filter(|h| *h >= 0).ok_or_else(|| anyhow!("initial_height: {v} is not a height"))?.max(1)
            }
        };
        // SDK 0.50 writes consensus.params and consensus.validators, everybody else consensus_params and validators.
        let params = doc.get("consensus_params").or_else(|| doc.get("consensus")?.get("params"));
        let consensus_params = consensus_params(params.unwrap_or(&Value::Null))?;
        let validators = doc.get("validators").or_else(|| doc.get("consensus")?.get("validators"));
        let validators = match validators {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => {
                let list = list.as_array().ok_or_else(|| anyhow!("validators: it is not a list"))?;
                list.iter()
                    .enumerate()
                    .map(|(i, v)| validator(v).with_context(|| format!("validators[{i}]")))
                    .collect::<Result<_>>()?
            }
        };
        let app_state = doc.remove("app_state").unwrap_or(Value::Null);
        ensure!(app_state.is_object(), "app_state: it is absent or not an object");
        Ok(Self { chain_id, time, initial_height, consensus_params, validators, app_state, file: None })
    }

    /// Whether the state is left out, because a file has it.
    pub fn is_frame(&self) -> bool {
        self.file.is_some() && self.app_state.as_object().is_none_or(Map::is_empty)
    }

    /// The document with its state.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn whole(&self) -> Result<Cow<'_, Self>> {
        match &self.file {
            Some(path) if self.is_frame() => Ok(Cow::Owned(Self { file: self.file.clone(), ..Self::read(path)? })),
            _ => Ok(Cow::Borrowed(self)),
        }
    }

    /// The document as SDK 0.50 writes it.
    pub fn to_json(&self) -> Value {
        json!({
            "app_name": "entente",
            "app_version": env!("CARGO_PKG_VERSION"),
            "genesis_time": self.time.to_string(),
            "chain_id": self.chain_id,
            "initial_height": self.initial_height,
            "app_hash": null,
            "app_state": self.app_state,
            "consensus": {
                "validators": self.validators.iter().map(|(key, power)| validator_json(key, *power)).collect::<Vec<_>>(),
                "params": params_json(&self.consensus_params),
            },
        })
    }

    /// The document as CometBFT's RPC shows it.
    pub fn to_comet_json(&self) -> Value {
        // Text and numbers only: nothing is refused.
        serde_json::to_value(self.comet_form()).unwrap_or_default()
    }

    /// The same as text.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_comet_json(&self, out: impl std::io::Write) -> Result<()> {
        Ok(serde_json::to_writer(out, &self.comet_form())?)
    }

    fn comet_form(&self) -> CometForm<'_> {
        CometForm {
            genesis_time: self.time.to_string(),
            chain_id: &self.chain_id,
            initial_height: self.initial_height.to_string(),
            consensus_params: params_json(&self.consensus_params),
            validators: self.validators.iter().map(|(key, power)| validator_json(key, *power)).collect(),
            app_hash: "",
            app_state: &self.app_state,
        }
    }

    /// A hash of everything in the document that decides how the chain begins; white space in the file does not matter.
    pub fn fingerprint(&self) -> [u8; 32] {
        use prost::Message as _;
        let params = self.consensus_params.encode_to_vec();
        let frame = json!([self.chain_id, self.time.to_string(), self.initial_height, hex::encode(params)]);
        let validators: Vec<Value> = self.validators.iter().map(|(key, power)| validator_json(key, *power)).collect();
        let mut hasher = Hasher(Sha256::new());
        // Hashing refuses nothing.
        let _ = serde_json::to_writer(&mut hasher, &(frame, validators, &self.app_state));
        hasher.0.finalize().into()
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.to_json())?;
        std::fs::write(path, text + "\n")
            .with_context(|| format!("the genesis file {} cannot be written", path.display()))
    }
}

#[derive(Serialize)]
struct CometForm<'a> {
    genesis_time: String,
    chain_id: &'a str,
    initial_height: String,
    consensus_params: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    validators: Vec<Value>,
    app_hash: &'static str,
    app_state: &'a Value,
}

/// What is written to it is hashed.
struct Hasher(Sha256);

impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// # Errors
/// The file cannot be read or is not JSON.
pub fn read_value(path: &Path) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("the genesis file {} cannot be read", path.display()))?;
    serde_json::from_slice(&text).map_err(|e| anyhow!("the genesis file {} is not JSON: {e}", path.display()))
}

/// The file with an empty object in the place of its state.
///
/// # Errors
/// The file cannot be read or is not a JSON object with a state.
pub fn read_frame(path: &Path) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("the genesis file {} cannot be read", path.display()))?;
    let frame: Frame =
        serde_json::from_slice(&text).map_err(|e| anyhow!("the genesis file {} is not JSON: {e}", path.display()))?;
    // Giving back a large file takes a while.
    std::thread::spawn(move || drop(text));
    Ok(Value::Object(frame.0))
}

/// The members of an object that nobody looks at.
#[derive(Deserialize)]
struct PassedOver {}

/// A document whose state is passed over.
struct Frame(Map<String, Value>);

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Frame;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a genesis document")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Frame, A::Error> {
                let mut frame = Map::new();
                while let Some(name) = members.next_key::<String>()? {
                    let value = match name.as_str() {
                        "app_state" => members.next_value::<PassedOver>().map(|_| json!({}))?,
                        _ => members.next_value()?,
                    };
                    frame.insert(name, value);
                }
                Ok(Frame(frame))
            }
        }
        from.deserialize_map(Members)
    }
}

/// A genesis of another chain in the shapes of this one, with what was changed, one sentence each.
///
/// # Errors
/// The path of the first field that is not understood.
pub fn import(path: &Path) -> Result<(GenesisDoc, Vec<String>)> {
    let imported = entente_chain::import::import(&read_value(path)?)
        .map_err(|e| anyhow!("the genesis file {} is refused: {e}", path.display()))?;
    let doc = GenesisDoc::parse(imported.genesis)
        .with_context(|| format!("the genesis file {} is refused", path.display()))?;
    Ok((doc, imported.report))
}

/// A whole number that JSON holds as a number or as text.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn validator(value: &Value) -> Result<([u8; 32], i64)> {
    let kind = value.pointer("/pub_key/type").and_then(Value::as_str).unwrap_or_default();
    ensure!(kind == "tendermint/PubKeyEd25519", "pub_key.type: {kind:?} is not tendermint/PubKeyEd25519");
    let key = value.pointer("/pub_key/value").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
    let key = key
        .and_then(|key| key.try_into().ok())
        .ok_or_else(|| anyhow!("pub_key.value: it is not 32 bytes in base64"))?;
    let power = value.get("power").and_then(whole).filter(|p| *p > 0);
    Ok((key, power.ok_or_else(|| anyhow!("power: it is not a positive whole number"))?))
}

fn validator_json(key: &[u8; 32], power: i64) -> Value {
    let address = hex::encode_upper(entente_kernel::crypto::ed25519::address(key));
    json!({
        "address": address,
        "pub_key": { "type": "tendermint/PubKeyEd25519", "value": STANDARD.encode(key) },
        "power": power.to_string(),
        "name": "",
    })
}

/// CometBFT's defaults for what is absent.
fn consensus_params(value: &Value) -> Result<wire::ConsensusParams> {
    let number = |path: &str, default: i64| match value.pointer(path) {
        None | Some(Value::Null) => Ok(default),
        Some(v) => {
            let name = path.trim_start_matches('/').replace('/', ".");
            whole(v).ok_or_else(|| anyhow!("consensus_params.{name}: {v} is not a whole number"))
        }
    };
    let max_bytes = number("/block/max_bytes", 22_020_096)?;
    if max_bytes == 0 || !(-1..=BLOCK_BYTES_MAX).contains(&max_bytes) {
        bail!("consensus_params.block.max_bytes: {max_bytes} is neither -1 nor between 1 and {BLOCK_BYTES_MAX}");
    }
    let max_gas = number("/block/max_gas", -1)?;
    ensure!(max_gas >= -1, "consensus_params.block.max_gas: {max_gas} is below -1");
    let age = number("/evidence/max_age_duration", 172_800_000_000_000)?;
    let kinds = match value.pointer("/validator/pub_key_types").and_then(Value::as_array) {
        None => vec!["ed25519".to_owned()],
        Some(kinds) => kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    };
    ensure!(kinds == ["ed25519"], "consensus_params.validator.pub_key_types: {kinds:?}; this chain knows ed25519 only");
    Ok(wire::ConsensusParams {
        block: Some(wire::BlockParams { max_bytes, max_gas }),
        evidence: Some(wire::EvidenceParams {
            max_age_num_blocks: number("/evidence/max_age_num_blocks", 100_000)?,
            max_age_duration: Some(prost_types::Duration {
                seconds: age / 1_000_000_000,
                nanos: i32::try_from(age % 1_000_000_000).unwrap_or_default(),
            }),
            max_bytes: number("/evidence/max_bytes", 1_048_576)?,
        }),
        validator: Some(wire::ValidatorParams { pub_key_types: kinds }),
        version: Some(wire::VersionParams { app: number("/version/app", 0)?.unsigned_abs() }),
        abci: Some(wire::AbciParams {
            vote_extensions_enable_height: number("/abci/vote_extensions_enable_height", 0)?,
        }),
    })
}

/// The parameters as CometBFT prints them.
pub fn params_json(params: &wire::ConsensusParams) -> Value {
    let block = params.block.unwrap_or_default();
    let evidence = params.evidence.unwrap_or_default();
    let age = evidence.max_age_duration.unwrap_or_default();
    let age = age.seconds.saturating_mul(1_000_000_000).saturating_add(age.nanos.into());
    let kinds = params.validator.clone().unwrap_or_default().pub_key_types;
    json!({
        "block": { "max_bytes": block.max_bytes.to_string(), "max_gas": block.max_gas.to_string() },
        "evidence": {
            "max_age_num_blocks": evidence.max_age_num_blocks.to_string(),
            "max_age_duration": age.to_string(),
            "max_bytes": evidence.max_bytes.to_string(),
        },
        "validator": { "pub_key_types": kinds },
        "version": { "app": params.version.unwrap_or_default().app.to_string() },
        "abci": { "vote_extensions_enable_height":
            params.abci.unwrap_or_default().vote_extensions_enable_height.to_string() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimal() -> Value {
        json!({ "chain_id": "a-1", "genesis_time": "2026-01-02T03:04:05.000000006Z", "app_state": {} })
    }

    #[test]
    fn absent_parameters_are_cometbfts_and_a_document_survives_both_of_its_forms() {
        let doc = GenesisDoc::parse(minimal()).unwrap();
        assert_eq!(doc.consensus_params.block.unwrap().max_bytes, 22_020_096);
        assert_eq!(doc.time.nanos, 6);
        let mut full = doc.clone();
        full.validators = vec![([3; 32], 7)];
        for form in [full.to_json(), full.to_comet_json()] {
            let again = GenesisDoc::parse(form).unwrap();
            assert_eq!(again.consensus_params, full.consensus_params);
            assert_eq!(again.validators, full.validators);
            assert_eq!((again.time, again.initial_height), (full.time, 1));
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (path, bad, named) in [
            ("/chain_id", json!(""), "chain_id"),
            ("/genesis_time", json!("yesterday"), "genesis_time"),
            ("/initial_height", json!("-4"), "initial_height"),
            ("/consensus_params", json!({ "block": { "max_gas": "x" } }), "consensus_params.block.max_gas"),
            ("/validators", json!([{}]), "validators[0]"),
            ("/app_state", json!([]), "app_state"),
        ] {
            let mut doc = minimal();
            doc.as_object_mut().unwrap().insert(path[1..].to_owned(), bad);
            let error = format!("{:#}", GenesisDoc::parse(doc).unwrap_err());
            assert!(error.contains(named), "{error}");
        }
    }
}
