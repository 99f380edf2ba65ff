//! A secret key that signs transactions.

use anyhow::Result;
use entente_chain::tx::{self, amino::Decimals, sign};
use entente_kernel::AccAddress;
use entente_kernel::crypto::{PubKey as Key, secp256k1};
use entente_proto::cosmos::crypto::secp256k1::PubKey;
use entente_proto::cosmos::tx::signing::v1beta1::SignMode;
use entente_proto::cosmos::tx::v1beta1::{
    AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxBody, TxRaw,
    mode_info::{Single, Sum},
};
use prost::Message as _;
use prost_types::Any;
use zeroize::Zeroizing;

use super::hd::{self, Path};

/// A secp256k1 key with its address.
#[derive(Clone)]
pub struct Signer {
    secret: Zeroizing<[u8; 32]>,
    public: [u8; 33],
}

/// What a signature binds besides the body.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    pub chain_id: &'a str,
    pub account_number: u64,
    pub sequence: u64,
    pub fee: Fee,
}

impl Signer {
    /// # Errors
    /// The bytes are no secret key.
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Result<Self> {
        let public = secp256k1::public_key(&secret)?;
        Ok(Self { secret, public })
    }

    /// The key of words at a path.
    ///
    /// # Errors
    /// Wrong words.
    pub fn from_words(words: &str, path: &Path) -> Result<Self> {
        Self::new(hd::secret(&hd::mnemonic(words)?, "", path)?)
    }

    pub fn public(&self) -> &[u8; 33] {
        &self.public
    }

    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    pub fn address(&self) -> AccAddress {
        AccAddress::from_array(secp256k1::address(&self.public))
    }

    /// The public key as transactions carry it.
    pub fn public_any(&self) -> Any {
        Any {
            type_url: "/cosmos.crypto.secp256k1.PubKey".to_owned(),
            value: PubKey { key: self.public.to_vec() }.encode_to_vec(),
        }
    }

    /// A signed transaction of one signer in the mode DIRECT.
    ///
    /// # Errors
    /// Never, for a key that was accepted.
    pub fn sign(&self, body: &TxBody, terms: &Terms<'_>) -> Result<Vec<u8>> {
        let mut raw = self.raw(body, terms, SignMode::Direct);
        let doc = SignDoc {
            body_bytes: raw.body_bytes.clone(),
            auth_info_bytes: raw.auth_info_bytes.clone(),
            chain_id: terms.chain_id.to_owned(),
            account_number: terms.account_number,
        };
        raw.signatures = vec![secp256k1::sign(&self.secret, &doc.encode_to_vec())?.to_vec()];
        Ok(raw.encode_to_vec())
    }

    /// A signed transaction of one signer in the mode of Ledgers, amino JSON.
    ///
    /// # Errors
    /// A message has no amino form.
    pub fn sign_amino(&self, body: &TxBody, terms: &Terms<'_>) -> Result<Vec<u8>> {
        let mut raw = self.raw(body, terms, SignMode::LegacyAminoJson);
        raw.signatures = vec![self.amino_signature(&raw, terms)?];
        Ok(raw.encode_to_vec())
    }

    /// What this key signs of a transaction in amino JSON, also as a member of a multisig key.
    ///
    /// # Errors
    /// A message has no amino form.
    pub fn amino_signature(&self, raw: &TxRaw, terms: &Terms<'_>) -> Result<Vec<u8>> {
        let bytes = amino_bytes(raw, terms, &Key::Secp256k1(self.public))?;
        Ok(secp256k1::sign(&self.secret, &bytes)?.to_vec())
    }

    /// The same transaction with an empty signature, for an estimate of its gas.
    pub fn unsigned(&self, body: &TxBody, terms: &Terms<'_>) -> Vec<u8> {
        self.raw(body, terms, SignMode::Direct).encode_to_vec()
    }

    fn raw(&self, body: &TxBody, terms: &Terms<'_>, mode: SignMode) -> TxRaw {
        let mode = ModeInfo { sum: Some(Sum::Single(Single { mode: mode.into() })) };
        let signer =
            SignerInfo { public_key: Some(self.public_any()), mode_info: Some(mode), sequence: terms.sequence };
        let auth_info = AuthInfo { signer_infos: vec![signer], fee: Some(terms.fee.clone()), ..AuthInfo::default() };
        let (body_bytes, auth_info_bytes) = (body.encode_to_vec(), auth_info.encode_to_vec());
        TxRaw { body_bytes, auth_info_bytes, signatures: vec![Vec::new()] }
    }
}

/// The amino JSON that a signer of a transaction signs.
///
/// # Errors
/// A message has no amino form.
pub fn amino_bytes(raw: &TxRaw, terms: &Terms<'_>, key: &Key) -> Result<Vec<u8>> {
    let tx = tx::decode(&raw.encode_to_vec())?;
    let signer = sign::Signer {
        address: "",
        chain_id: terms.chain_id,
        account_number: terms.account_number,
        sequence: terms.sequence,
        pub_key: key,
        fee_payer: "",
    };
    Ok(sign::bytes(&tx, &signer, SignMode::LegacyAminoJson.into(), Decimals::Point)?)
}
