//! Bytes → transaction: the limits and forms that hold for every transaction.
//!
//! The encoding is canonical where it matters for the hash (SDK ADR-027: fields of the outermost message in ascending order, each
//! at most once, with the shortest lengths), and no field is unknown, so that nobody signs what he cannot see.

use std::sync::OnceLock;

use entente_kernel::error::sdk;
use entente_kernel::json::schema;
use entente_kernel::{AccAddress, Error, Result};
use entente_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use prost::Message as _;
use prost::encoding::{decode_varint, encoded_len_varint};

use super::ahead::Verdict;
use super::unknown;

/// A decoded transaction, with the bytes that were signed.
#[derive(Debug, Clone)]
pub struct Tx {
    pub raw: TxRaw,
    pub body: TxBody,
    pub auth_info: AuthInfo,
    /// Length of the whole transaction in bytes.
    pub len: usize,
    /// The body has fields that this chain does not know and may ignore. Amino JSON cannot show them, so it cannot sign them.
    pub unknown_in_body: bool,
    /// What is known of its signatures already.
    pub verdicts: Vec<Verdict>,
    /// Who must sign it, once that is known.
    pub(crate) signers: OnceLock<Vec<AccAddress>>,
}

static NO_FEE: Fee = Fee { amount: Vec::new(), gas_limit: 0, payer: String::new(), granter: String::new() };

impl Tx {
    pub fn fee(&self) -> &Fee {
        self.auth_info.fee.as_ref().unwrap_or(&NO_FEE)
    }
}

/// # Errors
/// `sdk` 2 if the bytes are no transaction.
pub fn decode(bytes: &[u8]) -> Result<Tx> {
    check_canonical(bytes)?;
    let raw = TxRaw::decode(bytes).map_err(wrong)?;
    let unknown_in_body = unknown::check(&raw.body_bytes, &descriptor("cosmos.tx.v1beta1.TxBody")?, true)?;
    unknown::check(&raw.auth_info_bytes, &descriptor("cosmos.tx.v1beta1.AuthInfo")?, false)?;
    let body = TxBody::decode(raw.body_bytes.as_slice()).map_err(wrong)?;
    let auth_info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).map_err(wrong)?;
    Ok(Tx { raw, body, auth_info, len: bytes.len(), unknown_in_body, verdicts: Vec::new(), signers: OnceLock::new() })
}

fn descriptor(name: &str) -> Result<prost_reflect::MessageDescriptor> {
    schema::message_named(name).ok_or_else(|| Error::fault(format!("no descriptor of {name}")))
}

fn wrong(e: impl std::fmt::Display) -> Error {
    sdk::TX_DECODE.because(e)
}

/// Refuses an outermost message that could be written in another way.
fn check_canonical(mut bytes: &[u8]) -> Result<()> {
    let mut previous = 0;
    while !bytes.is_empty() {
        let key = shortest_varint(&mut bytes)?;
        let (number, kind) = (key >> 3, key & 7);
        if !(1..=3).contains(&number) {
            return Err(wrong(format!("unknown field {number} in TxRaw")));
        }
        if kind != 2 {
            return Err(wrong(format!("expected 2 wire type, got {kind}")));
        }
        if number < previous || number == previous && number != 3 {
            return Err(wrong(format!("txRaw must follow ADR-027, got tagNum {number} after tagNum {previous}")));
        }
        previous = number;
        let length = usize::try_from(shortest_varint(&mut bytes)?).unwrap_or(usize::MAX);
        bytes = bytes.get(length..).ok_or_else(|| wrong("invalid length; unexpected EOF"))?;
    }
    Ok(())
}

fn shortest_varint(bytes: &mut &[u8]) -> Result<u64> {
    let before = bytes.len();
    let value = decode_varint(bytes).map_err(wrong)?;
    let read = before.saturating_sub(bytes.len());
    if read != encoded_len_varint(value) {
        let need = encoded_len_varint(value);
        return Err(wrong(format!("varint is not as short as possible, read {read}, only need {need}")));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entente_proto::cosmos::bank::v1beta1::MsgSend;
    use prost_types::Any;

    fn raw(body: Vec<u8>) -> TxRaw {
        TxRaw { body_bytes: body, auth_info_bytes: AuthInfo::default().encode_to_vec(), signatures: vec![vec![1; 64]] }
    }

    fn body_with(value: Vec<u8>) -> Vec<u8> {
        let message = Any { type_url: "/cosmos.bank.v1beta1.MsgSend".to_owned(), value };
        TxBody { messages: vec![message], memo: "m".to_owned(), ..Default::default() }.encode_to_vec()
    }

    fn refusal(bytes: &[u8]) -> String {
        let e = decode(bytes).unwrap_err();
        assert!(e.is(sdk::TX_DECODE), "{e}");
        e.to_string()
    }

    #[test]
    fn a_transaction_decodes_and_keeps_the_signed_bytes() {
        let body = body_with(MsgSend { from_address: "a".to_owned(), ..Default::default() }.encode_to_vec());
        let bytes = raw(body.clone()).encode_to_vec();
        let tx = decode(&bytes).unwrap();
        assert_eq!((tx.raw.body_bytes, tx.body.memo.as_str(), tx.len), (body, "m", bytes.len()));
        assert!(!tx.unknown_in_body);
    }

    #[test]
    fn another_encoding_of_the_outermost_message_is_refused() {
        let good = raw(body_with(vec![])).encode_to_vec();
        assert!(decode(&good).is_ok());
        let trailing = [&good[..], &[0]].concat();
        assert!(!refusal(&trailing).is_empty());
        let signature_first = [&[0x1a, 1, 7][..], &good].concat();
        assert!(refusal(&signature_first).contains("ADR-027"));
        let mut long_length = vec![0x0a, 0x80 | good[1], 0];
        long_length.extend(&good[2..]);
        assert!(refusal(&long_length).contains("not as short as possible"));
        let twice = [&[0x0a, 0][..], &good].concat();
        assert!(refusal(&twice).contains("ADR-027"));
        let fourth = [&good[..], &[0x22, 0]].concat();
        assert!(refusal(&fourth).contains("unknown field 4"));
        assert!(refusal(b"not a transaction").contains("tx parse error"));
    }

    #[test]
    fn unknown_fields_are_refused_unless_the_body_marks_them_as_not_critical() {
        let critical = raw([body_with(vec![]), vec![0x62, 0]].concat()).encode_to_vec();
        assert!(refusal(&critical).contains("TxBody"));
        // Field 1030: bit 11 of the number is set.
        let optional = raw([body_with(vec![]), vec![0xb2, 0x40, 0]].concat()).encode_to_vec();
        assert!(decode(&optional).unwrap().unknown_in_body);
        let in_message = raw(body_with(vec![0x52, 0])).encode_to_vec();
        assert!(refusal(&in_message).contains("MsgSend"));
        let mut auth = raw(body_with(vec![]));
        auth.auth_info_bytes = vec![0xb2, 0x40, 0];
        assert!(refusal(&auth.encode_to_vec()).contains("AuthInfo"));
    }

    #[test]
    fn what_no_field_can_hold_is_refused() {
        let number_for_text = raw(body_with(vec![0x08, 1])).encode_to_vec();
        assert!(refusal(&number_for_text).contains("wire type"));
        let cut = raw(body_with(vec![0x0a, 9, b'a'])).encode_to_vec();
        assert!(!refusal(&cut).is_empty());
        let stranger = Any { type_url: "/no.Such".to_owned(), value: vec![] };
        let body = TxBody { messages: vec![stranger], ..Default::default() }.encode_to_vec();
        assert!(refusal(&raw(body).encode_to_vec()).contains("/no.Such"));
        let mut nested = vec![];
        for _ in 0..40 {
            let any = Any { type_url: "/cosmos.authz.v1beta1.MsgExec".to_owned(), value: nested };
            let exec = entente_proto::cosmos::authz::v1beta1::MsgExec { grantee: String::new(), msgs: vec![any] };
            nested = exec.encode_to_vec();
        }
        let any = Any { type_url: "/cosmos.authz.v1beta1.MsgExec".to_owned(), value: nested };
        let body = TxBody { messages: vec![any], ..Default::default() }.encode_to_vec();
        assert!(refusal(&raw(body).encode_to_vec()).contains("deep"));
    }
}
