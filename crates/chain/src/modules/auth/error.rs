//! What auth refuses on behalf of all modules.

use entente_kernel::Code;

/// The authority of a message is not the one that the chain obeys. The code belongs to gov, whose account the authority is.
pub const INVALID_AUTHORITY: Code = Code::new("gov", 13, "expected gov account as only signer for proposal message");
