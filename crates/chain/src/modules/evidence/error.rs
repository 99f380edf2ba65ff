//! What evidence refuses; codes and texts of the SDK.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("evidence", code, text)
}

pub const NO_HANDLER: Code = code(2, "unregistered handler for evidence type");
pub const INVALID: Code = code(3, "invalid evidence");
pub const EXISTS: Code = code(5, "evidence already exists");
