//! What slashing refuses; codes and texts of the SDK.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("slashing", code, text)
}

pub const NO_VALIDATOR_FOR_ADDRESS: Code = code(2, "address is not associated with any known validator");
pub const BAD_VALIDATOR_ADDRESS: Code = code(3, "validator does not exist for that address");
pub const VALIDATOR_JAILED: Code = code(4, "validator still jailed; cannot be unjailed");
pub const VALIDATOR_NOT_JAILED: Code = code(5, "validator not jailed; cannot be unjailed");
pub const MISSING_SELF_DELEGATION: Code = code(6, "validator has no self-delegation; cannot be unjailed");
pub const SELF_DELEGATION_TOO_LOW: Code = code(7, "validator's self delegation less than minimum; cannot be unjailed");
pub const NO_SIGNING_INFO: Code = code(8, "no validator signing info found");
pub const VALIDATOR_TOMBSTONED: Code = code(9, "validator already tombstoned");
