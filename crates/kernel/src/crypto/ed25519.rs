//! Signatures of validators: Ed25519 with the acceptance rules of ZIP-215, on which all implementations agree.

use ed25519_consensus::{Signature, SigningKey, VerificationKey};

use super::{CryptoError, sha256_truncated};

const KIND: &str = "ed25519";

/// Checks that `key` is the encoding of a point.
pub fn check_key(key: &[u8; 32]) -> Result<(), CryptoError> {
    parse_key(key).map(|_| ())
}

fn parse_key(key: &[u8; 32]) -> Result<VerificationKey, CryptoError> {
    VerificationKey::try_from(*key).map_err(|_| CryptoError::PublicKey { kind: KIND })
}

/// Checks a signature of `message`.
pub fn verify(key: &[u8; 32], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    let length = signature.len();
    let signature = Signature::try_from(signature).map_err(|_| CryptoError::SignatureLength { length })?;
    parse_key(key)?.verify(&signature, message).map_err(|_| CryptoError::Mismatch)
}

/// The address of a validator with this consensus key.
pub fn address(key: &[u8; 32]) -> [u8; 20] {
    sha256_truncated(key)
}

/// Signs `message` with the key that grows from `seed`. The same input always gives the same signature.
pub fn sign(seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
    SigningKey::from(*seed).sign(message).to_bytes()
}

/// The public key that grows from `seed`.
pub fn public_key(seed: &[u8; 32]) -> [u8; 32] {
    SigningKey::from(*seed).verification_key().to_bytes()
}
