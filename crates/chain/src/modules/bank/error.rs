//! What bank refuses; codes of the SDK.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("bank", code, text)
}

pub const NO_INPUTS: Code = code(2, "no inputs to send transaction");
pub const NO_OUTPUTS: Code = code(3, "no outputs to send transaction");
pub const INPUT_OUTPUT_MISMATCH: Code = code(4, "sum inputs != sum outputs");
pub const SEND_DISABLED: Code = code(5, "send transactions are disabled");
pub const DENOM_METADATA_NOT_FOUND: Code = code(6, "client denom metadata not found");
pub const INVALID_KEY: Code = code(7, "invalid key");
pub const DUPLICATE_ENTRY: Code = code(8, "duplicate entry");
pub const MULTIPLE_SENDERS: Code = code(9, "multiple senders not allowed");
