//! What feegrant refuses; codes of the SDK.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("feegrant", code, text)
}

pub const LIMIT_EXCEEDED: Code = code(2, "fee limit exceeded");
pub const EXPIRED: Code = code(3, "fee allowance expired");
pub const INVALID_DURATION: Code = code(4, "invalid duration");
pub const NO_ALLOWANCE: Code = code(5, "no allowance");
pub const NO_MESSAGES: Code = code(6, "allowed messages are empty");
pub const MESSAGE_NOT_ALLOWED: Code = code(7, "message not allowed");
