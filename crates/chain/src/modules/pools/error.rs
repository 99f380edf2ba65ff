//! What the pools refuse.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("pools", code, text)
}

pub const UNKNOWN_POOL: Code = code(2, "unknown pool");
pub const INVALID_TERMS: Code = code(3, "invalid terms of a pool");
pub const NOT_IN_POOL: Code = code(4, "coin is not in the pool");
pub const PAUSED: Code = code(5, "pool takes neither joins nor swaps");
pub const ASSET_IN_DOUBT: Code = code(6, "rate of an asset of the pool is in doubt");
pub const TOO_SMALL: Code = code(7, "amount is too small");
pub const TOO_LARGE: Code = code(8, "amount is too large");
pub const SLIPPAGE: Code = code(9, "less than asked for");
pub const DEADLINE: Code = code(10, "deadline has passed");
pub const INVALID_ROUTE: Code = code(11, "invalid route");
pub const NOT_STAKED: Code = code(12, "not so many shares are staked");
pub const INVALID_INCENTIVE: Code = code(13, "invalid incentive");
pub const TOO_MANY: Code = code(14, "limit is reached");
pub const INVALID_PARAMS: Code = code(15, "invalid parameters");
