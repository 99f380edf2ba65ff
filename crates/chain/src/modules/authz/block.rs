//! Grants that are over are removed at the begin of a block.

use entente_kernel::{Ctx, Result};

use super::state::{EXPIRIES, GRANTS};

/// Most grants that one block removes; the rest waits. Nobody can use them meanwhile.
const EXPIRIES_PER_BLOCK: usize = 1_000;

pub fn begin(ctx: &mut Ctx) -> Result<()> {
    let now = ctx.time();
    let over: Vec<_> = EXPIRIES.before(ctx, &now).take(EXPIRIES_PER_BLOCK).collect::<Result<_>>()?;
    for (key, ()) in over {
        EXPIRIES.remove(ctx, &key)?;
        let (_, granter, grantee, url) = key;
        GRANTS.remove(ctx, &(granter, grantee, url))?;
    }
    Ok(())
}
