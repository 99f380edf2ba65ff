//! `PubKey`: the kinds of public keys that an account or a validator can have.

use borsh::{BorshDeserialize, BorshSerialize};

use super::{CryptoError, ed25519, secp256k1, sha256_truncated};

/// Amino names its types by the first bytes of a hash of their names: here `tendermint/PubKeySecp256k1`, then the length 33.
const AMINO_SECP256K1: [u8; 5] = [0xEB, 0x5A, 0xE9, 0x87, 33];
/// `tendermint/PubKeyEd25519`, then the length 32.
const AMINO_ED25519: [u8; 5] = [0x16, 0x24, 0xDE, 0x64, 32];
/// `tendermint/PubKeyMultisigThreshold`.
const AMINO_MULTISIG: [u8; 4] = [0x22, 0xC1, 0xF7, 0xE2];
/// Protobuf tag of field 1, a number.
const TAG_THRESHOLD: u8 = 0x08;
/// Protobuf tag of field 2, bytes.
const TAG_KEY: u8 = 0x12;

/// How deeply multisig keys may be members of one another; the SDK's limit for unpacking messages.
pub(super) const NESTING_MAX: usize = 10;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum PubKey {
    /// A compressed point; the key of an account.
    Secp256k1([u8; 33]),
    /// The key of a validator.
    Ed25519([u8; 32]),
    /// Agreement of at least `threshold` of the keys. A key may occur several times.
    Multisig {
        /// How many must sign.
        threshold: u32,
        /// The members, in the order that makes the address.
        keys: Vec<PubKey>,
    },
}

impl PubKey {
    /// A multisig key.
    ///
    /// # Errors
    /// A threshold of zero or above the number of keys; too deep a nesting.
    pub fn multisig(threshold: u32, keys: Vec<PubKey>) -> Result<PubKey, CryptoError> {
        let key = PubKey::Multisig { threshold, keys };
        key.check()?;
        Ok(key)
    }

    /// Checks that every point is on its curve, every threshold can be met, and the nesting is bounded.
    pub fn check(&self) -> Result<(), CryptoError> {
        self.check_below(NESTING_MAX)
    }

    fn check_below(&self, levels: usize) -> Result<(), CryptoError> {
        match self {
            PubKey::Secp256k1(key) => secp256k1::check_key(key),
            PubKey::Ed25519(key) => ed25519::check_key(key),
            PubKey::Multisig { threshold, keys } => {
                let levels = levels.checked_sub(1).ok_or(CryptoError::TooDeep { max: NESTING_MAX })?;
                if *threshold == 0 || usize::try_from(*threshold).is_ok_and(|threshold| threshold > keys.len()) {
                    return Err(CryptoError::Threshold { threshold: *threshold, keys: keys.len() });
                }
                keys.iter().try_for_each(|key| key.check_below(levels))
            }
        }
    }

    /// The 20-byte address of the account or validator with this key.
    pub fn address(&self) -> Vec<u8> {
        match self {
            PubKey::Secp256k1(key) => secp256k1::address(key).to_vec(),
            PubKey::Ed25519(key) => ed25519::address(key).to_vec(),
            PubKey::Multisig { .. } => sha256_truncated(&self.amino_bytes()).to_vec(),
        }
    }

    /// The amino encoding, from which the address of a multisig key is made.
    pub fn amino_bytes(&self) -> Vec<u8> {
        match self {
            PubKey::Secp256k1(key) => [&AMINO_SECP256K1[..], key].concat(),
            PubKey::Ed25519(key) => [&AMINO_ED25519[..], key].concat(),
            PubKey::Multisig { threshold, keys } => {
                let mut bytes = AMINO_MULTISIG.to_vec();
                if *threshold > 0 {
                    bytes.push(TAG_THRESHOLD);
                    prost::encoding::encode_varint(u64::from(*threshold), &mut bytes);
                }
                for key in keys {
                    let member = key.amino_bytes();
                    bytes.push(TAG_KEY);
                    prost::encoding::encode_varint(member.len().try_into().unwrap_or(u64::MAX), &mut bytes);
                    bytes.extend(member);
                }
                bytes
            }
        }
    }

    /// Checks one signature of `message`. A multisig key needs [`PubKey::verify_tree`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        match self {
            PubKey::Secp256k1(key) => secp256k1::verify(key, message, signature),
            PubKey::Ed25519(key) => ed25519::verify(key, message, signature),
            PubKey::Multisig { .. } => Err(CryptoError::MultisigWanted),
        }
    }
}
