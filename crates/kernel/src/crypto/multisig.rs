//! Signatures of a multisig key: which members signed, and whether enough of them did.

use super::key::NESTING_MAX;
use super::{CryptoError, PubKey};

/// One bit for each member of a multisig key, most significant bit of the first byte first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitArray {
    length: usize,
    bytes: Vec<u8>,
}

impl BitArray {
    /// The wire form: `extra_bits` is the number of used bits in the last byte, 0 if all eight are used.
    ///
    /// # Errors
    /// More than 7 extra bits, extra bits without a byte, or unused bits that are set.
    ///
    /// # Compatibility
    /// The SDK does not look at unused bits; as nobody signs them, a relay could change them and with them the hash of a
    /// transaction.
    pub fn from_wire(extra_bits: u32, bytes: &[u8]) -> Result<BitArray, CryptoError> {
        let unused = match extra_bits {
            0 => 0,
            1..=7 => 8u32.checked_sub(extra_bits).ok_or(CryptoError::BitArrayForm)?,
            _ => return Err(CryptoError::BitArrayForm),
        };
        let all = bytes.len().checked_mul(8).ok_or(CryptoError::BitArrayForm)?;
        let length = usize::try_from(unused).ok().and_then(|unused| all.checked_sub(unused));
        let used_up = bytes.last().is_none_or(|last| last.trailing_zeros() >= unused);
        match length {
            Some(length) if used_up => Ok(BitArray { length, bytes: bytes.to_vec() }),
            _ => Err(CryptoError::BitArrayForm),
        }
    }

    /// The bits in their order.
    pub fn from_bits(bits: &[bool]) -> BitArray {
        let byte = |eight: &[bool]| {
            eight.iter().enumerate().fold(0u8, |byte, (at, set)| if *set { byte | (0x80 >> at) } else { byte })
        };
        BitArray { length: bits.len(), bytes: bits.chunks(8).map(byte).collect() }
    }

    /// The number of used bits in the last byte (0 for eight), and the bytes: the wire form.
    pub fn to_wire(&self) -> (u32, &[u8]) {
        (u32::try_from(self.length & 7).unwrap_or_default(), &self.bytes)
    }

    /// The number of bits.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Are there no bits?
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bits in their order.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        let bits = self.bytes.iter().flat_map(|byte| (0..8u32).map(move |at| byte & (0x80 >> at) != 0));
        bits.take(self.length)
    }

    /// The number of set bits.
    pub fn count_ones(&self) -> usize {
        self.iter().filter(|set| *set).count()
    }
}

/// The signatures of one signer, in the shape of its key. `Mode` is what the signed bytes depend on besides the signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureTree<Mode> {
    /// One signature of one key.
    Single {
        /// How the signed bytes were made.
        mode: Mode,
        /// The signature.
        signature: Vec<u8>,
    },
    /// Signatures of members of a multisig key.
    Multi {
        /// Who signed.
        signers: BitArray,
        /// One signature for each set bit, in the order of the keys.
        signatures: Vec<SignatureTree<Mode>>,
    },
}

impl PubKey {
    /// Checks the signatures of this key. `sign_bytes` makes the signed bytes of a mode, or refuses the mode.
    pub fn verify_tree<Mode, E: From<CryptoError>>(
        &self,
        tree: &SignatureTree<Mode>,
        sign_bytes: &mut dyn FnMut(&Mode) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        self.verify_below(NESTING_MAX, tree, sign_bytes)
    }

    fn verify_below<Mode, E: From<CryptoError>>(
        &self,
        levels: usize,
        tree: &SignatureTree<Mode>,
        sign_bytes: &mut dyn FnMut(&Mode) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        match (self, tree) {
            (key, SignatureTree::Single { mode, signature }) => Ok(key.verify(&sign_bytes(mode)?, signature)?),
            (PubKey::Multisig { threshold, keys }, SignatureTree::Multi { signers, signatures }) => {
                let levels = levels.checked_sub(1).ok_or(CryptoError::TooDeep { max: NESTING_MAX })?;
                for (index, key, signature) in members_who_signed(*threshold, keys, signers, signatures)? {
                    match (key, signature) {
                        (key, SignatureTree::Single { mode, signature }) => {
                            key.verify(&sign_bytes(mode)?, signature)
                                .map_err(|_| CryptoError::MemberSignature { index })?
                        }
                        (PubKey::Multisig { .. }, nested) => key.verify_below(levels, nested, sign_bytes)?,
                        _ => return Err(CryptoError::NotMultisig { index }.into()),
                    }
                }
                Ok(())
            }
            _ => Err(CryptoError::NotMultisig { index: 0 }.into()),
        }
    }
}

/// Checks plain signatures of a multisig key without nested members. `sign_bytes` makes what the member with an index signed.
pub fn verify_multisig<Bytes: AsRef<[u8]>>(
    threshold: u32,
    keys: &[PubKey],
    signers: &BitArray,
    signatures: &[Bytes],
    mut sign_bytes: impl FnMut(usize) -> Vec<u8>,
) -> Result<(), CryptoError> {
    for (index, key, signature) in members_who_signed(threshold, keys, signers, signatures)? {
        key.verify(&sign_bytes(index), signature.as_ref()).map_err(|_| CryptoError::MemberSignature { index })?;
    }
    Ok(())
}

/// Pairs each set bit's key with its signature, if there are enough of them.
///
/// # Compatibility
/// The SDK ignores signatures beyond the set bits and panics if there are too few; here their number must be exact.
fn members_who_signed<'a, Signature>(
    threshold: u32,
    keys: &'a [PubKey],
    signers: &BitArray,
    signatures: &'a [Signature],
) -> Result<Vec<(usize, &'a PubKey, &'a Signature)>, CryptoError> {
    if signers.len() != keys.len() {
        return Err(CryptoError::BitArraySize { wanted: keys.len() });
    }
    let have = signers.count_ones();
    if usize::try_from(threshold).is_ok_and(|threshold| have < threshold) || threshold == 0 {
        return Err(CryptoError::TooFewSignatures { have, wanted: threshold });
    }
    if signatures.len() != have {
        return Err(CryptoError::SignatureCount { found: signatures.len() });
    }
    let signed = keys.iter().enumerate().zip(signers.iter()).filter(|(_, set)| *set);
    Ok(signed.zip(signatures).map(|(((index, key), _), signature)| (index, key, signature)).collect())
}
