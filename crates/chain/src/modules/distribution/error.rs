//! What distribution refuses; codes of the SDK.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("distribution", code, text)
}

pub const EMPTY_DELEGATION_DIST_INFO: Code = code(5, "no delegation distribution info");
pub const NO_VALIDATOR_DIST_INFO: Code = code(6, "no validator distribution info");
pub const NO_VALIDATOR_COMMISSION: Code = code(7, "no validator commission to withdraw");
pub const SET_WITHDRAW_ADDR_DISABLED: Code = code(8, "set withdraw address disabled");
pub const BAD_DISTRIBUTION: Code = code(9, "community pool does not have sufficient coins to distribute");
pub const INVALID_PROPOSAL_AMOUNT: Code = code(10, "invalid community pool spend proposal amount");
pub const EMPTY_PROPOSAL_RECIPIENT: Code = code(11, "invalid community pool spend proposal recipient");
pub const NO_VALIDATOR_EXISTS: Code = code(12, "validator does not exist");
