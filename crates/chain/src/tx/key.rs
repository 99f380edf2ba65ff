//! Public keys and signatures of transactions: from their protobuf form to the types that check them.

use entente_kernel::crypto::{BitArray, PubKey, SignatureTree};
use entente_kernel::error::sdk;
use entente_kernel::{Error, Result};
use entente_proto::cosmos::crypto::multisig::LegacyAminoPubKey;
use entente_proto::cosmos::crypto::multisig::v1beta1::MultiSignature;
use entente_proto::cosmos::crypto::{ed25519, secp256k1};
use entente_proto::cosmos::tx::v1beta1::ModeInfo;
use entente_proto::cosmos::tx::v1beta1::mode_info::Sum;
use prost::Message as _;
use prost_types::Any;

const SECP256K1: &str = "/cosmos.crypto.secp256k1.PubKey";
const ED25519: &str = "/cosmos.crypto.ed25519.PubKey";
const MULTISIG: &str = "/cosmos.crypto.multisig.LegacyAminoPubKey";
/// How deep multisig keys may be members of one another.
const DEPTH_MAX: u32 = 10;

/// # Errors
/// `sdk` 8 that names the type or what is wrong with the key.
pub fn from_any(any: &Any) -> Result<PubKey> {
    let key = read(any)?;
    check(&key)?;
    Ok(key)
}

/// As [`from_any`], without a look at whether its points are on the curve, which takes longer than all the rest.
pub fn read(any: &Any) -> Result<PubKey> {
    read_below(any, DEPTH_MAX)
}

/// # Errors
/// `sdk` 8 if the key cannot be anybody's.
pub fn check(key: &PubKey) -> Result<()> {
    key.check().map_err(|e| sdk::INVALID_PUB_KEY.because(e))
}

fn read_below(any: &Any, depth: u32) -> Result<PubKey> {
    let wrong = |what: String| sdk::INVALID_PUB_KEY.because(format!("{}: {what}", any.type_url));
    let bytes = any.value.as_slice();
    match any.type_url.as_str() {
        SECP256K1 => {
            let key = secp256k1::PubKey::decode(bytes).map_err(|e| wrong(e.to_string()))?.key;
            let length = key.len();
            Ok(PubKey::Secp256k1(key.try_into().map_err(|_| wrong(format!("{length} bytes, wanted 33")))?))
        }
        ED25519 => {
            let key = ed25519::PubKey::decode(bytes).map_err(|e| wrong(e.to_string()))?.key;
            let length = key.len();
            Ok(PubKey::Ed25519(key.try_into().map_err(|_| wrong(format!("{length} bytes, wanted 32")))?))
        }
        MULTISIG => {
            let depth = depth.checked_sub(1).ok_or_else(|| wrong("nested too deep".to_owned()))?;
            let key = LegacyAminoPubKey::decode(bytes).map_err(|e| wrong(e.to_string()))?;
            let keys = key.public_keys.iter().map(|k| read_below(k, depth)).collect::<Result<_>>()?;
            Ok(PubKey::Multisig { threshold: key.threshold, keys })
        }
        _ => Err(wrong("this kind of public key is not supported".to_owned())),
    }
}

/// The key as an `Any`, in its canonical encoding.
pub fn to_any(key: &PubKey) -> Any {
    match key {
        PubKey::Secp256k1(key) => {
            Any { type_url: SECP256K1.to_owned(), value: secp256k1::PubKey { key: key.to_vec() }.encode_to_vec() }
        }
        PubKey::Ed25519(key) => {
            Any { type_url: ED25519.to_owned(), value: ed25519::PubKey { key: key.to_vec() }.encode_to_vec() }
        }
        PubKey::Multisig { threshold, keys } => {
            let public_keys = keys.iter().map(to_any).collect();
            let wire = LegacyAminoPubKey { threshold: *threshold, public_keys };
            Any { type_url: MULTISIG.to_owned(), value: wire.encode_to_vec() }
        }
    }
}

/// How many plain keys a key consists of.
pub fn count(key: &PubKey) -> u64 {
    match key {
        PubKey::Multisig { keys, .. } => keys.iter().fold(0, |sum: u64, key| sum.saturating_add(count(key))),
        PubKey::Secp256k1(_) | PubKey::Ed25519(_) => 1,
    }
}

/// The signatures of one signer, each with its sign mode.
pub type Signature = SignatureTree<i32>;

/// # Errors
/// A refusal without code, if modes and signatures do not fit together.
pub fn signature(mode: &ModeInfo, bytes: &[u8]) -> Result<Signature> {
    tree(mode, bytes, DEPTH_MAX)
}

fn tree(mode: &ModeInfo, bytes: &[u8], depth: u32) -> Result<Signature> {
    let depth = depth.checked_sub(1).ok_or_else(|| Error::plain("multisignatures are nested too deep"))?;
    let multi = match &mode.sum {
        Some(Sum::Single(single)) => {
            return Ok(SignatureTree::Single { mode: single.mode, signature: bytes.to_vec() });
        }
        Some(Sum::Multi(multi)) => multi,
        None => return Err(Error::panic("unexpected ModeInfo data type <nil>")),
    };
    let parts = MultiSignature::decode(bytes).map_err(|e| Error::plain(format!("multisignature: {e}")))?;
    if parts.encode_to_vec() != bytes {
        return Err(Error::plain("rejecting unrecognized fields found in MultiSignature"));
    }
    if parts.signatures.len() != multi.mode_infos.len() {
        let (found, wanted) = (parts.signatures.len(), multi.mode_infos.len());
        return Err(Error::plain(format!("multisignature: {found} signatures for {wanted} modes")));
    }
    let bits = multi.bitarray.clone().unwrap_or_default();
    let signers = BitArray::from_wire(bits.extra_bits_stored, &bits.elems).map_err(|e| Error::plain(e.to_string()))?;
    let pairs = multi.mode_infos.iter().zip(&parts.signatures);
    let signatures = pairs.map(|(mode, bytes)| tree(mode, bytes, depth)).collect::<Result<_>>()?;
    Ok(SignatureTree::Multi { signers, signatures })
}

/// All raw signatures, inner ones first, then that of the whole: what is searched for by `tx.signature`.
pub fn raw_signatures(tree: &Signature) -> Vec<Vec<u8>> {
    match tree {
        SignatureTree::Single { signature, .. } => vec![signature.clone()],
        SignatureTree::Multi { signatures, .. } => {
            let mut all: Vec<Vec<u8>> = signatures.iter().flat_map(raw_signatures).collect();
            all.push(MultiSignature { signatures: all.clone() }.encode_to_vec());
            all
        }
    }
}

/// Whether every signature is in this mode.
pub fn only_mode(tree: &Signature, wanted: i32) -> bool {
    match tree {
        SignatureTree::Single { mode, .. } => *mode == wanted,
        SignatureTree::Multi { signatures, .. } => signatures.iter().all(|s| only_mode(s, wanted)),
    }
}
