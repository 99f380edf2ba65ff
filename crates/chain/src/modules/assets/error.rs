//! What the registry refuses.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("assets", code, text)
}

pub const INVALID_TERMS: Code = code(1, "invalid terms of an asset");
pub const UNKNOWN_ASSET: Code = code(2, "unknown asset");
pub const ALREADY_LISTED: Code = code(3, "asset is listed already");
pub const UNKNOWN_COMPONENT: Code = code(4, "component is not listed");
pub const NOT_HEALTHY: Code = code(5, "asset cannot be deposited in its present condition");
pub const RATE_TOO_OLD: Code = code(6, "rate is too old for a deposit");
pub const NOT_ADMITTED: Code = code(7, "tier or flags of the asset forbid it");
pub const RECURSION: Code = code(8, "restaking tokens cannot be put in baskets again");
pub const DOUBLE_NATIVE: Code = code(9, "stake of the native coin would count twice");
pub const RATE_OUT_OF_BOUNDS: Code = code(10, "rate is out of bounds");
pub const NOT_THE_PUBLISHER: Code = code(11, "only the registered publisher may publish this rate");
pub const OLD_REPORT: Code = code(12, "report is not newer than the last one, or lies in the future");
pub const NOT_THE_GUARDIAN: Code = code(13, "only the guardian may tighten");
pub const INVALID_PARAMS: Code = code(14, "invalid parameters");
pub const UNKNOWN_GROUP: Code = code(15, "no group counts in this underlying; a vote opens it");
pub const INVALID_TARGET: Code = code(16, "this target cannot be tightened so");
