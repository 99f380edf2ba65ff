//! What liquid staking refuses.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("liquidstake", code, text)
}

pub const PAUSED: Code = code(1, "liquid staking is paused; exits go on");
pub const WRONG_DENOM: Code = code(2, "wrong coin");
pub const BELOW_MINIMUM: Code = code(3, "amount is below the minimum");
pub const TOO_SMALL: Code = code(4, "amount is too small to be worth a unit");
pub const NO_QUORUM: Code = code(5, "too few of the validators are active");
pub const RATE_OUT_OF_BOUNDS: Code = code(6, "liquid coins have lost their worth; nothing can be staked");
pub const NOT_IN_LIST: Code = code(7, "validator is not in the list or not active");
pub const LSM_DISABLED: Code = code(8, "existing delegations cannot be brought in");
pub const VESTING: Code = code(9, "delegations of vesting accounts cannot be brought in");
pub const RECENT_REDELEGATION: Code = code(10, "the delegation still answers for the validator that it came from");
pub const NO_CLAIM: Code = code(11, "no such claim");
pub const NOT_OPEN: Code = code(12, "nothing of it is in an open batch");
pub const NOT_BACK_YET: Code = code(13, "the batch is not back yet");
pub const INVALID_PARAMS: Code = code(14, "invalid parameters");
pub const ADMIN_ONLY_TIGHTENS: Code = code(15, "the admin can pause, everything else needs a vote");
pub const NOT_SET_UP: Code = code(16, "this chain has no liquid staking");
pub const SELF_DELEGATION: Code = code(17, "the validator would fall below its own minimum of stake");
pub const NO_POOL: Code = code(18, "the parameters name no stable pool of the liquid and the staked coin");
