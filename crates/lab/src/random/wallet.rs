//! People with keys: they sign transactions as wallets do.

use entente_kernel::crypto::{secp256k1, sha256};
use entente_kernel::{AccAddress, Bech32};
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::crypto::secp256k1::PubKey;
use entente_proto::cosmos::tx::signing::v1beta1::SignMode;
use entente_proto::cosmos::tx::v1beta1 as wire;
use entente_proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use prost::{Message, Name};
use prost_types::Any;

/// Somebody with a key.
#[derive(Debug, Clone)]
pub struct User {
    pub secret: [u8; 32],
    pub public: [u8; 33],
    pub address: AccAddress,
}

impl User {
    /// The user with this number; always the same.
    ///
    /// # Panics
    /// Never: a hash is a valid secret.
    pub fn numbered(n: u64) -> Self {
        let secret = sha256(format!("user {n} of the random tester").as_bytes());
        let public = secp256k1::public_key(&secret).expect("a hash is a secret key");
        let address = AccAddress::from_array(secp256k1::address(&public));
        Self { secret, public, address }
    }

    pub fn text(&self, bech32: &Bech32) -> String {
        bech32.acc(&self.address)
    }
}

/// A signer of a transaction, with what it knows of its account.
#[derive(Debug, Clone)]
pub struct Signer<'a> {
    pub user: &'a User,
    pub number: u64,
    pub sequence: u64,
}

/// What a transaction holds besides its messages.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    pub fee: Vec<Coin>,
    pub gas: u64,
    pub memo: String,
    pub timeout_height: u64,
    pub payer: String,
}

/// The body of a transaction.
pub fn body(messages: Vec<Any>, envelope: &Envelope) -> wire::TxBody {
    wire::TxBody {
        messages,
        memo: envelope.memo.clone(),
        timeout_height: envelope.timeout_height,
        ..Default::default()
    }
}

/// Who signs, in which mode, and the fee.
pub fn auth_info(signers: &[Signer<'_>], envelope: &Envelope) -> wire::AuthInfo {
    let info = |signer: &Signer<'_>| wire::SignerInfo {
        public_key: Some(Any {
            type_url: PubKey::type_url(),
            value: PubKey { key: signer.user.public.to_vec() }.encode_to_vec(),
        }),
        mode_info: Some(wire::ModeInfo { sum: Some(Sum::Single(Single { mode: SignMode::Direct.into() })) }),
        sequence: signer.sequence,
    };
    wire::AuthInfo {
        signer_infos: signers.iter().map(info).collect(),
        fee: Some(wire::Fee {
            amount: envelope.fee.clone(),
            gas_limit: envelope.gas,
            payer: envelope.payer.clone(),
            granter: String::new(),
        }),
        ..Default::default()
    }
}

/// The bytes that a signer signs in direct mode.
pub fn sign_bytes(raw: &wire::TxRaw, chain_id: &str, number: u64) -> Vec<u8> {
    wire::SignDoc {
        body_bytes: raw.body_bytes.clone(),
        auth_info_bytes: raw.auth_info_bytes.clone(),
        chain_id: chain_id.to_owned(),
        account_number: number,
    }
    .encode_to_vec()
}

/// Puts a transaction together and signs it.
///
/// # Panics
/// Never: the secrets of users are valid.
pub fn sign(messages: Vec<Any>, signers: &[Signer<'_>], envelope: &Envelope, chain_id: &str) -> wire::TxRaw {
    let mut raw = wire::TxRaw {
        body_bytes: body(messages, envelope).encode_to_vec(),
        auth_info_bytes: auth_info(signers, envelope).encode_to_vec(),
        signatures: Vec::new(),
    };
    for signer in signers {
        let document = sign_bytes(&raw, chain_id, signer.number);
        let signature = secp256k1::sign(&signer.user.secret, &document).expect("a user's secret is valid");
        raw.signatures.push(signature.to_vec());
    }
    raw
}
