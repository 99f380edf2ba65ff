//! Hashes, public keys and signatures: what decides who an address is and whether its owner agreed.
//!
//! Everything is deterministic; signing takes the secret from the caller and no randomness.

pub mod ed25519;
mod key;
pub mod merkle;
mod multisig;
pub mod secp256k1;

use ripemd::Ripemd160;
use sha2::{Digest, Sha256, Sha512};

pub use key::PubKey;
pub use multisig::{BitArray, SignatureTree, verify_multisig};

/// A key, signature or set of signatures that is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The bytes are no public key of the kind.
    #[error("invalid {kind} public key")]
    PublicKey {
        /// `secp256k1`, `ed25519` or `multisig`.
        kind: &'static str,
    },
    /// The bytes are no secret key of the kind.
    #[error("invalid {kind} secret key")]
    SecretKey {
        /// `secp256k1` or `ed25519`.
        kind: &'static str,
    },
    /// A signature has another length than 64 bytes.
    #[error("invalid signature length: {length}, wanted 64")]
    SignatureLength {
        /// The length found.
        length: usize,
    },
    /// The bytes are no signature.
    #[error("malformed signature")]
    SignatureForm,
    /// The second half of a signature is above half of the curve's order, so a second valid form of it exists.
    #[error("signature is not in lower-S form")]
    HighS,
    /// The signature was not made by this key for this message.
    #[error("signature verification failed")]
    Mismatch,
    /// A single signature was given where a multisig key wants several.
    #[error("a multisig public key needs a multisig signature")]
    MultisigWanted,
    /// Several signatures were given to a key that is not a multisig.
    #[error("unable to parse pubkey of index {index}")]
    NotMultisig {
        /// The member key.
        index: usize,
    },
    /// A threshold of zero or above the number of keys.
    #[error("invalid multisig threshold {threshold} of {keys} keys")]
    Threshold {
        /// The threshold found.
        threshold: u32,
        /// The number of keys.
        keys: usize,
    },
    /// A bit array that does not have one bit for each key.
    #[error("bit array size is incorrect, expecting: {wanted}")]
    BitArraySize {
        /// The number of keys.
        wanted: usize,
    },
    /// A bit array whose bytes or number of extra bits are not the canonical form.
    #[error("malformed bit array")]
    BitArrayForm,
    /// There is not one signature for each set bit.
    #[error("signature size is incorrect {found}")]
    SignatureCount {
        /// The number of signatures.
        found: usize,
    },
    /// Fewer members signed than the threshold wants.
    #[error("not enough signatures set, have {have}, expected {wanted}")]
    TooFewSignatures {
        /// The number of set bits.
        have: usize,
        /// The threshold.
        wanted: u32,
    },
    /// A member's signature is wrong.
    #[error("unable to verify signature at index {index}")]
    MemberSignature {
        /// The member key.
        index: usize,
    },
    /// Multisig keys are nested too deeply.
    #[error("multisig public keys are nested deeper than {max}")]
    TooDeep {
        /// The deepest allowed nesting.
        max: usize,
    },
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-512.
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    Sha512::digest(bytes).into()
}

/// RIPEMD-160.
pub fn ripemd160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(bytes).into()
}

/// The first 20 bytes of SHA-256, CometBFT's short address of anything.
pub fn sha256_truncated(bytes: &[u8]) -> [u8; 20] {
    let digest = sha256(bytes);
    let mut short = [0; 20];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = from;
    }
    short
}

/// The address of a module account.
pub fn module_address(name: &str) -> [u8; 20] {
    sha256_truncated(name.as_bytes())
}

/// The 32-byte address of `key` within the address kind `kind` (SDK ADR-028).
pub fn address_hash(kind: &[u8], key: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(sha256(kind));
    hasher.update(key);
    hasher.finalize().into()
}

/// The 32-byte address of a sub-account of a module, derived from the module's name and at least one key (SDK ADR-028).
pub fn derived_module_address(name: &str, first_key: &[u8], further_keys: &[&[u8]]) -> [u8; 32] {
    let key = [name.as_bytes(), &[0], first_key].concat();
    further_keys.iter().fold(address_hash(b"module", &key), |address, key| address_hash(&address, key))
}

#[cfg(test)]
mod tests;
