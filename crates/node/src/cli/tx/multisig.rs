//! Multisig accounts: one member's signature in a file, and the transaction put together from enough of them.

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use entente_chain::tx::key;
use entente_kernel::crypto::{BitArray, PubKey};
use entente_kernel::json as form;
use entente_kernel::{AccAddress, Bech32};
use entente_proto::cosmos::crypto::multisig::v1beta1::{CompactBitArray, MultiSignature};
use entente_proto::cosmos::tx::signing::v1beta1::signature_descriptor::Data;
use entente_proto::cosmos::tx::signing::v1beta1::signature_descriptor::data::{self, Sum as DataSum};
use entente_proto::cosmos::tx::signing::v1beta1::{SignMode, SignatureDescriptor, SignatureDescriptors};
use entente_proto::cosmos::tx::v1beta1::mode_info::{Multi, Single, Sum};
use entente_proto::cosmos::tx::v1beta1::{ModeInfo, SignerInfo, Tx};
use prost::Message as _;

use super::{Account, raw, read, write};
use crate::cli::remote::Remote;
use crate::cli::words::Words;
use crate::keys::ring::Keyring;
use crate::keys::{Signer, Terms, amino_bytes};

/// The address of `--multisig`: a name of the keyring, or the address itself.
///
/// # Errors
/// It is neither.
pub fn account(ring: &Keyring, text: &str, bech32: &Bech32) -> Result<AccAddress> {
    bech32.parse_acc(text).or_else(|_| crate::cli::known(ring, text)?.address())
}

/// Writes what a member signs of the transaction of a multisig account.
///
/// # Errors
/// A message has no amino form.
pub fn sign(tx: &Tx, signer: &Signer, account: &Account, words: &Words) -> Result<()> {
    let signature = signer.amino_signature(&raw(tx), &account.terms(tx))?;
    let single = data::Single { mode: SignMode::LegacyAminoJson.into(), signature };
    let descriptor = SignatureDescriptor {
        public_key: Some(signer.public_any()),
        data: Some(Data { sum: Some(DataSum::Single(single)) }),
        sequence: account.sequence,
    };
    write(words, &form::to_json(&SignatureDescriptors { signatures: vec![descriptor] })?)
}

/// Puts the signatures of members, one file each, into the transaction of their account.
///
/// # Errors
/// Which signature is not good for this transaction, or how many are missing.
pub fn assemble(ring: &Keyring, words: &Words, remote: Option<&Remote>, bech32: &Bech32) -> Result<()> {
    let mut tx = read(words)?;
    let name = words.place(2);
    let known = crate::cli::known(ring, name)?;
    let PubKey::Multisig { threshold, keys } = &known.public_key else {
        bail!("{name:?} is not the key of a multisig account; make it with: entente keys add NAME --multisig A,B,C")
    };
    let account = Account::of(words, remote, &known.address()?, bech32)?;
    let (unsigned, terms) = (raw(&tx), account.terms(&tx));
    let mut signed: Vec<Option<Vec<u8>>> = vec![None; keys.len()];
    for file in words.places().iter().skip(3) {
        let descriptors: SignatureDescriptors = form::from_json(&super::read_json(file)?)
            .map_err(|e| anyhow!("the file {file} is not made by entente tx sign --multisig: {e}"))?;
        for descriptor in descriptors.signatures {
            let key = key::from_any(&descriptor.public_key.unwrap_or_default())?;
            let places = keys.iter().enumerate().filter(|(_, member)| **member == key);
            let mut places = places.map(|(at, _)| at).peekable();
            ensure!(places.peek().is_some(), "the signature in {file} is of no member of {name}");
            let Some(DataSum::Single(single)) = descriptor.data.and_then(|data| data.sum) else {
                bail!("the file {file} holds no plain signature")
            };
            let bytes = amino_bytes(&unsigned, &terms, &key)?;
            let good =
                single.mode == i32::from(SignMode::LegacyAminoJson) && key.verify(&bytes, &single.signature).is_ok();
            ensure!(
                good,
                "the signature in {file} is not of this transaction by a member of {name} with account number {} and sequence {} on {}",
                account.number,
                account.sequence,
                account.chain_id
            );
            if let Some(slot) = places.find(|at| signed.get(*at).is_some_and(Option::is_none)) {
                signed[slot] = Some(single.signature);
            }
        }
    }
    let bits: Vec<bool> = signed.iter().map(Option::is_some).collect();
    let found = bits.iter().filter(|set| **set).count();
    let enough = usize::try_from(*threshold).is_ok_and(|threshold| found >= threshold);
    ensure!(enough, "{name} needs {threshold} signatures; here are {found} of different members");
    let array = BitArray::from_bits(&bits);
    let (extra_bits_stored, elems) = array.to_wire();
    let single = || ModeInfo { sum: Some(Sum::Single(Single { mode: SignMode::LegacyAminoJson.into() })) };
    let multi = Multi {
        bitarray: Some(CompactBitArray { extra_bits_stored, elems: elems.to_vec() }),
        mode_infos: (0..found).map(|_| single()).collect(),
    };
    let auth_info = tx.auth_info.as_mut().context("the transaction has no fee")?;
    auth_info.signer_infos = vec![SignerInfo {
        public_key: Some(key::to_any(&known.public_key)),
        mode_info: Some(ModeInfo { sum: Some(Sum::Multi(multi)) }),
        sequence: account.sequence,
    }];
    tx.signatures = vec![MultiSignature { signatures: signed.into_iter().flatten().collect() }.encode_to_vec()];
    write(words, &form::to_json(&tx)?)
}

impl Account {
    /// What the signatures of a transaction in a file bind.
    pub(super) fn terms(&self, tx: &Tx) -> Terms<'_> {
        let fee = tx.auth_info.as_ref().and_then(|a| a.fee.clone()).unwrap_or_default();
        Terms { chain_id: &self.chain_id, account_number: self.number, sequence: self.sequence, fee }
    }
}
