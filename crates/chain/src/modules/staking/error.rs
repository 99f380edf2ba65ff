//! What staking refuses; codes and texts of the SDK.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("staking", code, text)
}

pub const EMPTY_VALIDATOR_ADDRESS: Code = code(2, "empty validator address");
pub const NO_VALIDATOR: Code = code(3, "validator does not exist");
pub const VALIDATOR_OWNER_EXISTS: Code =
    code(4, "validator already exist for this operator address; must use new validator operator address");
pub const VALIDATOR_PUB_KEY_EXISTS: Code =
    code(5, "validator already exist for this pubkey; must use new validator pubkey");
pub const PUB_KEY_TYPE_NOT_SUPPORTED: Code = code(6, "validator pubkey type is not supported");
pub const VALIDATOR_JAILED: Code = code(7, "validator for this address is currently jailed");
pub const BAD_REMOVE_VALIDATOR: Code = code(8, "failed to remove validator");
pub const COMMISSION_NEGATIVE: Code = code(9, "commission must be positive");
pub const COMMISSION_HUGE: Code = code(10, "commission cannot be more than 100%");
pub const COMMISSION_ABOVE_MAX: Code = code(11, "commission cannot be more than the max rate");
pub const COMMISSION_UPDATE_TIME: Code = code(12, "commission cannot be changed more than once in 24h");
pub const COMMISSION_CHANGE_NEGATIVE: Code = code(13, "commission change rate must be positive");
pub const COMMISSION_CHANGE_ABOVE_MAX: Code = code(14, "commission change rate cannot be more than the max rate");
pub const COMMISSION_ABOVE_MAX_CHANGE: Code = code(15, "commission cannot be changed more than max change rate");
pub const SELF_DELEGATION_BELOW_MIN: Code =
    code(16, "validator's self delegation must be greater than their minimum self delegation");
pub const MIN_SELF_DELEGATION_DECREASED: Code = code(17, "minimum self delegation cannot be decrease");
pub const EMPTY_DELEGATOR_ADDRESS: Code = code(18, "empty delegator address");
pub const NO_DELEGATION: Code = code(19, "no delegation for (address, validator) tuple");
pub const BAD_DELEGATOR_ADDRESS: Code = code(20, "delegator does not exist with address");
pub const NO_DELEGATOR_FOR_ADDRESS: Code = code(21, "delegator does not contain delegation");
pub const INSUFFICIENT_SHARES: Code = code(22, "insufficient delegation shares");
pub const DELEGATION_VALIDATOR_EMPTY: Code = code(23, "cannot delegate to an empty validator");
pub const NOT_ENOUGH_SHARES: Code = code(24, "not enough delegation shares");
pub const NOT_MATURE: Code = code(25, "entry not mature");
pub const NO_UNBONDING: Code = code(26, "no unbonding delegation found");
pub const TOO_MANY_UNBONDINGS: Code =
    code(27, "too many unbonding delegation entries for (delegator, validator) tuple");
pub const NO_REDELEGATION: Code = code(28, "no redelegation found");
pub const SELF_REDELEGATION: Code = code(29, "cannot redelegate to the same validator");
pub const TINY_REDELEGATION: Code = code(30, "too few tokens to redelegate (truncates to zero tokens)");
pub const BAD_REDELEGATION_TARGET: Code = code(31, "redelegation destination validator not found");
pub const TRANSITIVE_REDELEGATION: Code = code(
    32,
    "redelegation to this validator already in progress; first redelegation to this validator must complete before next redelegation",
);
pub const TOO_MANY_REDELEGATIONS: Code =
    code(33, "too many redelegation entries for (delegator, src-validator, dst-validator) tuple");
pub const RATE_INVALID: Code = code(34, "cannot delegate to validators with invalid (zero) ex-rate");
pub const BOTH_SHARES_GIVEN: Code = code(35, "both shares amount and shares percent provided");
pub const NEITHER_SHARES_GIVEN: Code = code(36, "neither shares amount nor shares percent provided");
pub const INVALID_HISTORICAL_INFO: Code = code(37, "invalid historical info");
pub const NO_HISTORICAL_INFO: Code = code(38, "no historical info found");
pub const EMPTY_VALIDATOR_PUB_KEY: Code = code(39, "empty validator public key");
pub const COMMISSION_BELOW_MIN: Code = code(40, "commission cannot be less than min rate");
pub const UNBONDING_NOT_FOUND: Code = code(41, "unbonding operation not found");
pub const NOT_ON_HOLD: Code = code(42, "cannot un-hold unbonding operation that is not on hold");
pub const INVALID_SIGNER: Code = code(43, "expected authority account as only signer for proposal message");
pub const BAD_REDELEGATION_SOURCE: Code = code(44, "redelegation source validator not found");
pub const NO_UNBONDING_TYPE: Code = code(45, "unbonding type not found");
