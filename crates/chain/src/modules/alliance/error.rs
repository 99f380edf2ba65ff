//! What alliance refuses; codes and texts of upstream up to 40, our own from 101.

use entente_kernel::{Code, Error, Grpc};

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("alliance", code, text)
}

pub const INVALID_GENESIS: Code = code(1, "invalid genesis state");
pub const ACTIVE_DELEGATIONS: Code = code(13, "active delegations exists");
pub const INSUFFICIENT_TOKENS: Code = code(21, "insufficient tokens");
pub const UNKNOWN_ASSET: Code = code(30, "alliance asset is not whitelisted");
pub const ALREADY_EXISTS: Code = code(31, "alliance asset already exists");
pub const WEIGHT_OUT_OF_BOUND: Code = code(40, "alliance asset must be between reward_weight_range");

/// A take interval that is not positive.
pub const INVALID_INTERVAL: Code = code(101, "take rate claim interval must be positive");
/// An amount so small beside the pool that it would buy no share.
pub const ZERO_SHARES: Code = code(102, "amount is too small to become a share");
/// The asset was deleted and its stake is being returned.
pub const DISSOLVING: Code = code(103, "alliance asset is being dissolved");

// Upstream answers these with the codes of staking.
pub use crate::modules::staking::error::{
    INSUFFICIENT_SHARES as NOT_ENOUGH_SHARES, NO_DELEGATION, NO_DELEGATOR_FOR_ADDRESS as NOT_DELEGATED,
    TRANSITIVE_REDELEGATION,
};

pub fn invalid(text: &str) -> Error {
    Error::status(Grpc::InvalidArgument, text)
}
