//! What the vaults refuse.

use entente_kernel::Code;

const fn code(code: u32, text: &'static str) -> Code {
    Code::new("vault", code, text)
}

pub const UNKNOWN_VAULT: Code = code(2, "unknown vault");
pub const INVALID_TERMS: Code = code(3, "invalid terms of a vault");
pub const NOT_THE_CURATOR: Code = code(4, "only the curator may change the vault");
pub const NOT_AN_ASSET: Code = code(5, "coin is no asset of the vault");
pub const DEPOSITS_CLOSED: Code = code(6, "vault takes no deposits");
pub const ASSET_IN_DOUBT: Code = code(7, "an asset of the vault is in doubt");
pub const ABOVE_CAP: Code = code(8, "deposit is above a cap");
pub const TOO_SMALL: Code = code(9, "amount is too small");
pub const SLIPPAGE: Code = code(10, "fewer shares than asked for");
pub const DEADLINE: Code = code(11, "deadline has passed");
pub const UNKNOWN_BATCH: Code = code(12, "unknown batch");
pub const NO_CLAIM: Code = code(13, "no such part of the batch");
pub const BATCH_CLOSED: Code = code(14, "batch is closed");
pub const NOT_DUE: Code = code(15, "batch is not due");
pub const NOT_LOCKED: Code = code(16, "not so many shares are locked");
pub const INVALID_PARAMS: Code = code(17, "invalid parameters");
pub const TOO_MANY: Code = code(18, "limit is reached");
pub const BOND: Code = code(19, "bond is too small");
pub const UNKNOWN_LOT: Code = code(20, "unknown lot");
pub const BID_TOO_LOW: Code = code(21, "bid is below the price");
pub const SWAPS_OFF: Code = code(22, "vault does not swap");
pub const NO_BALANCE: Code = code(23, "swap does not restore balance");
pub const HOOK: Code = code(24, "a hook may not do this");
pub const NOT_ALLOWED: Code = code(25, "depositor is not on the list of the vault's curator");
