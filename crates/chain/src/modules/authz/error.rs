//! What authz refuses; codes of the SDK.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("authz", code, text)
}

pub const NOT_FOUND: Code = code(2, "authorization not found");
pub const INVALID_EXPIRATION: Code = code(3, "expiration time of authorization should be more than current time");
pub const UNKNOWN_AUTHORIZATION: Code = code(4, "unknown authorization type");
pub const EXPIRED: Code = code(6, "authorization expired");
pub const GRANTEE_IS_GRANTER: Code = code(7, "grantee and granter should be different");
pub const NUMBER_OF_SIGNERS: Code = code(9, "authorization can be given to msg with only one signer");
pub const NEGATIVE_MAX_TOKENS: Code = code(12, "max tokens should be positive");
