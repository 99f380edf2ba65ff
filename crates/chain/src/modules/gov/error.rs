//! What gov refuses; codes of the SDK.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("gov", code, text)
}

pub const INACTIVE_PROPOSAL: Code = code(3, "inactive proposal");
pub const INVALID_PROPOSAL_CONTENT: Code = code(5, "invalid proposal content");
pub const INVALID_VOTE: Code = code(7, "invalid vote option");
pub const NO_PROPOSAL_HANDLER: Code = code(9, "no handler exists for proposal type");
pub const NO_PROPOSAL_MSGS: Code = code(11, "no messages proposed");
pub const INVALID_PROPOSAL_MSG: Code = code(12, "invalid proposal message");
/// Shared with auth, where every module finds it.
pub use crate::modules::auth::error::INVALID_AUTHORITY as INVALID_SIGNER;
pub const METADATA_TOO_LONG: Code = code(15, "metadata too long");
pub const MIN_DEPOSIT_TOO_SMALL: Code = code(16, "minimum deposit is too small");
pub const INVALID_PROPOSER: Code = code(18, "invalid proposer");
pub const VOTING_PERIOD_ENDED: Code = code(20, "voting period already ended");
pub const INVALID_PROPOSAL: Code = code(21, "invalid proposal");
pub const SUMMARY_TOO_LONG: Code = code(22, "summary too long");
pub const INVALID_DEPOSIT_DENOM: Code = code(23, "invalid deposit denom");
