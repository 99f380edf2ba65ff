//! The files of a validator's key and of a node's key, as CometBFT writes them.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::crypto::{ed25519, sha256};
use serde_json::{Value, json};

use super::write_secret;

/// Reads the seed of a `priv_validator_key.json`, or makes the file from `fresh`.
///
/// # Errors
/// The file is there but is not such a key, or cannot be written.
pub fn load_or_create(path: &Path, fresh: impl FnOnce() -> Result<[u8; 32]>) -> Result<[u8; 32]> {
    if path.exists() {
        return load(path);
    }
    let seed = fresh()?;
    write_secret(path, (serde_json::to_string_pretty(&to_json(&seed))? + "\n").as_bytes())?;
    Ok(seed)
}

/// # Errors
/// The file is not a validator key.
pub fn load(path: &Path) -> Result<[u8; 32]> {
    let text = std::fs::read(path).with_context(|| format!("the key file {} cannot be read", path.display()))?;
    let seed = serde_json::from_slice::<Value>(&text).ok().and_then(|value| {
        let bytes = STANDARD.decode(value.pointer("/priv_key/value")?.as_str()?).ok()?;
        let seed = bytes.first_chunk::<32>().copied().filter(|s| bytes.get(32..) == Some(&ed25519::public_key(s)))?;
        // What else the file says of the key must be so: it was damaged otherwise.
        (value.as_object()? == to_json(&seed).as_object()?).then_some(seed)
    });
    seed.ok_or_else(|| anyhow!("{} is not a validator key in the form of priv_validator_key.json", path.display()))
}

fn to_json(seed: &[u8; 32]) -> Value {
    let public = ed25519::public_key(seed);
    json!({
        "address": hex::encode_upper(ed25519::address(&public)),
        "pub_key": { "type": "tendermint/PubKeyEd25519", "value": STANDARD.encode(public) },
        "priv_key": { "type": "tendermint/PrivKeyEd25519", "value": STANDARD.encode([*seed, public].concat()) },
    })
}

/// The public key in the JSON of the SDK.
pub fn public_json(seed: &[u8; 32]) -> Value {
    json!({ "@type": "/cosmos.crypto.ed25519.PubKey", "key": STANDARD.encode(ed25519::public_key(seed)) })
}

/// The key of the first validator of every development chain; it is no secret.
pub fn development_seed() -> [u8; 32] {
    sha256(b"entente development validator")
}

/// The keys of the first validators of every development chain; they are no secret.
pub fn development_seeds(count: u32) -> Vec<[u8; 32]> {
    let further = |place: u32| sha256(format!("entente development validator {place}").as_bytes());
    (0..count).map(|place| if place == 0 { development_seed() } else { further(place) }).collect()
}
