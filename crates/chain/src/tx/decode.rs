//! Bytes → transaction: the limits and forms that hold for every transaction.

use entente_kernel::Result;
use entente_kernel::error::sdk;
use entente_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use prost::Message as _;

/// A decoded transaction, with the bytes that were signed.
#[derive(Debug, Clone)]
pub struct Tx {
    pub raw: TxRaw,
    pub body: TxBody,
    pub auth_info: AuthInfo,
    /// Length of the whole transaction in bytes.
    pub len: usize,
}

impl Tx {
    pub fn fee(&self) -> Fee {
        self.auth_info.fee.clone().unwrap_or_default()
    }
}

/// # Errors
/// `sdk` 2 if the bytes are no transaction.
pub fn decode(bytes: &[u8]) -> Result<Tx> {
    let raw = TxRaw::decode(bytes).map_err(|e| sdk::TX_DECODE.because(e))?;
    let body = TxBody::decode(raw.body_bytes.as_slice()).map_err(|e| sdk::TX_DECODE.because(e))?;
    let auth_info = AuthInfo::decode(raw.auth_info_bytes.as_slice()).map_err(|e| sdk::TX_DECODE.because(e))?;
    Ok(Tx { raw, body, auth_info, len: bytes.len() })
}
