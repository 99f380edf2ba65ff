//! What upgrade refuses; codes and texts of the SDK.

use entente_kernel::Code;

pub const NO_VERSION: Code = Code::new("upgrade", 2, "module version not found");
