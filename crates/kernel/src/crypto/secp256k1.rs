//! Signatures of accounts: ECDSA over secp256k1 with SHA-256, 64 bytes r and s, low s only.

use secp256k1::ecdsa::{self, Signature};
use secp256k1::{Message, PublicKey, SecretKey};

use super::{CryptoError, ripemd160, sha256};

const KIND: &str = "secp256k1";

/// Checks that `key` is a compressed point on the curve.
pub fn check_key(key: &[u8; 33]) -> Result<(), CryptoError> {
    parse_key(key).map(|_| ())
}

fn parse_key(key: &[u8; 33]) -> Result<PublicKey, CryptoError> {
    PublicKey::from_byte_array_compressed(*key).map_err(|_| CryptoError::PublicKey { kind: KIND })
}

/// Checks a signature of `message`, which is hashed here.
pub fn verify(key: &[u8; 33], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    if signature.len() != 64 {
        return Err(CryptoError::SignatureLength { length: signature.len() });
    }
    let key = parse_key(key)?;
    let signature = Signature::from_compact(signature).map_err(|_| CryptoError::SignatureForm)?;
    let mut low = signature;
    low.normalize_s();
    if low != signature {
        return Err(CryptoError::HighS);
    }
    ecdsa::verify(&signature, Message::from_digest(sha256(message)), &key).map_err(|_| CryptoError::Mismatch)
}

/// The address of an account with this key.
pub fn address(key: &[u8; 33]) -> [u8; 20] {
    ripemd160(&sha256(key))
}

/// Signs `message`, which is hashed here. The same secret and message always give the same signature (RFC 6979), with low s.
pub fn sign(secret: &[u8; 32], message: &[u8]) -> Result<[u8; 64], CryptoError> {
    let signature = ecdsa::sign(Message::from_digest(sha256(message)), &parse_secret(secret)?);
    Ok(signature.serialize_compact())
}

/// The public key of a secret key.
pub fn public_key(secret: &[u8; 32]) -> Result<[u8; 33], CryptoError> {
    Ok(parse_secret(secret)?.public_key().serialize())
}

fn parse_secret(secret: &[u8; 32]) -> Result<SecretKey, CryptoError> {
    SecretKey::from_secret_bytes(*secret).map_err(|_| CryptoError::SecretKey { kind: KIND })
}
