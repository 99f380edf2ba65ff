//! What crisis refuses; codes of the SDK.

use entente_kernel::Code;

pub const UNKNOWN_INVARIANT: Code = Code::new("crisis", 3, "unknown invariant");
