//! Expired allowances are removed at the end of a block.

use entente_kernel::{Ctx, Result};

/// Most allowances that one block removes; the rest waits. Nobody can use an expired one meanwhile.
const EXPIRIES_PER_BLOCK: usize = 200;

pub fn end(ctx: &mut Ctx) -> Result<()> {
    super::prune(ctx, EXPIRIES_PER_BLOCK)
}
