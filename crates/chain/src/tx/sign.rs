//! What signers sign: the sign modes, and the check of a signer's signatures.

use entente_kernel::crypto::{CryptoError, PubKey};
use entente_proto::cosmos::tx::signing::v1beta1::SignMode;
use entente_proto::cosmos::tx::v1beta1::{SignDoc, SignDocDirectAux};
use prost::Message as _;

use super::amino::{self, Decimals};
use super::key::{self, Signature};
use super::{Tx, amino::string};

/// Who signs, and what protects the signature against being used elsewhere or again.
#[derive(Debug, Clone)]
pub struct Signer<'a> {
    pub address: &'a str,
    pub chain_id: &'a str,
    pub account_number: u64,
    pub sequence: u64,
    pub pub_key: &'a PubKey,
    /// The address that pays the fee.
    pub fee_payer: &'a str,
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

impl From<CryptoError> for Refused {
    fn from(e: CryptoError) -> Self {
        Self(match e {
            CryptoError::Mismatch | CryptoError::SignatureForm | CryptoError::HighS => {
                "unable to verify single signer signature".to_owned()
            }
            other => other.to_string(),
        })
    }
}

/// Checks the signatures of one signer.
pub fn verify(tx: &Tx, signer: &Signer<'_>, signature: &Signature) -> Result<(), Refused> {
    let first = check(tx, signer, signature, Decimals::Point);
    // Only amino JSON has a second form.
    if first.is_err() && has_amino(signature) { check(tx, signer, signature, Decimals::Scaled) } else { first }
}

fn check(tx: &Tx, signer: &Signer<'_>, signature: &Signature, decimals: Decimals) -> Result<(), Refused> {
    signer.pub_key.verify_tree(signature, &mut |mode| bytes(tx, signer, *mode, decimals))
}

fn has_amino(signature: &Signature) -> bool {
    let amino = i32::from(SignMode::LegacyAminoJson);
    match signature {
        Signature::Single { mode, .. } => *mode == amino,
        Signature::Multi { signatures, .. } => signatures.iter().any(has_amino),
    }
}

/// The signed bytes of a mode.
pub fn bytes(tx: &Tx, signer: &Signer<'_>, mode: i32, decimals: Decimals) -> Result<Vec<u8>, Refused> {
    match SignMode::try_from(mode) {
        Ok(SignMode::Direct) => Ok(direct(tx, signer)),
        Ok(SignMode::DirectAux) => direct_aux(tx, signer),
        Ok(SignMode::LegacyAminoJson) => amino_json(tx, signer, decimals),
        Ok(SignMode::Textual) => Err(Refused("SIGN_MODE_TEXTUAL is not supported by this chain".to_owned())),
        _ => Err(Refused(format!("unsupported sign mode {mode}"))),
    }
}

fn direct(tx: &Tx, signer: &Signer<'_>) -> Vec<u8> {
    SignDoc {
        body_bytes: tx.raw.body_bytes.clone(),
        auth_info_bytes: tx.raw.auth_info_bytes.clone(),
        chain_id: signer.chain_id.to_owned(),
        account_number: signer.account_number,
    }
    .encode_to_vec()
}

/// A co-signer's document, which does not bind the fee: whoever pays must not use it.
fn direct_aux(tx: &Tx, signer: &Signer<'_>) -> Result<Vec<u8>, Refused> {
    if signer.fee_payer == signer.address {
        let payer = signer.fee_payer;
        return Err(Refused(format!("fee payer {payer} cannot sign with SIGN_MODE_DIRECT_AUX: unauthorized")));
    }
    let document = SignDocDirectAux {
        body_bytes: tx.raw.body_bytes.clone(),
        public_key: Some(key::to_any(signer.pub_key)),
        chain_id: signer.chain_id.to_owned(),
        account_number: signer.account_number,
        sequence: signer.sequence,
        ..Default::default()
    };
    Ok(document.encode_to_vec())
}

fn amino_json(tx: &Tx, signer: &Signer<'_>, decimals: Decimals) -> Result<Vec<u8>, Refused> {
    let body = &tx.body;
    if tx.unknown_in_body {
        return Err(Refused("amino JSON cannot show unknown fields of the body".to_owned()));
    }
    if !body.extension_options.is_empty() || !body.non_critical_extension_options.is_empty() {
        let text = "SIGN_MODE_LEGACY_AMINO_JSON does not support protobuf extension options: invalid request";
        return Err(Refused(text.to_owned()));
    }
    let messages = body.messages.iter().map(|m| amino::any(&m.type_url, &m.value, decimals));
    let messages = messages.collect::<Result<Vec<_>, _>>().map_err(Refused)?;
    let mut members = vec![
        format!("\"account_number\":\"{}\"", signer.account_number),
        format!("\"chain_id\":{}", string(signer.chain_id)),
        format!("\"fee\":{}", amino_fee(tx)),
        format!("\"memo\":{}", string(&body.memo)),
        format!("\"msgs\":[{}]", messages.join(",")),
        format!("\"sequence\":\"{}\"", signer.sequence),
    ];
    if body.timeout_height > 0 {
        members.push(format!("\"timeout_height\":\"{}\"", body.timeout_height));
    }
    Ok(format!("{{{}}}", members.join(",")).into_bytes())
}

fn amino_fee(tx: &Tx) -> String {
    let fee = tx.fee();
    let coin = |c: &entente_proto::cosmos::base::v1beta1::Coin| {
        let amount = if c.amount.is_empty() { "0" } else { c.amount.as_str() };
        let denom = if c.denom.is_empty() { String::new() } else { format!(",\"denom\":{}", string(&c.denom)) };
        format!("{{\"amount\":{}{denom}}}", string(amount))
    };
    let coins = fee.amount.iter().map(coin).collect::<Vec<_>>().join(",");
    let mut members = vec![format!("\"amount\":[{coins}]"), format!("\"gas\":\"{}\"", fee.gas_limit)];
    if !fee.granter.is_empty() {
        members.push(format!("\"granter\":{}", string(&fee.granter)));
    }
    if !fee.payer.is_empty() {
        members.push(format!("\"payer\":{}", string(&fee.payer)));
    }
    format!("{{{}}}", members.join(","))
}
