//! What distribution does at the begin of a block.

use entente_kernel::num::{Dec, DecCoins};
use entente_kernel::{Ctx, Error, Result};

use super::{add_to_pool, allocate, params, state};
use crate::block::Vote;
use crate::modules::auth::ModuleAccount;
use crate::modules::{auth, bank, staking};

/// Shares what the fee collector gathered in the last block among the validators that were to sign it, by voting power, and notes
/// this block's proposer. The first block has nothing to share.
pub fn begin(ctx: &mut Ctx, votes: &[Vote]) -> Result<()> {
    if ctx.height() > 1 {
        share(ctx, votes)?;
    }
    match ctx.env().proposer {
        Some(proposer) => state::PREVIOUS_PROPOSER.save(ctx, &proposer),
        None => Ok(()),
    }
}

/// # Rounding
/// Each validator's part is cut; what remains, and the community tax, go to the community pool.
///
/// # Compatibility
/// The part of a validator that does not exist any more goes to the community pool. Upstream stops.
fn share(ctx: &mut Ctx, votes: &[Vote]) -> Result<()> {
    let collector = ModuleAccount::FEE_COLLECTOR;
    auth::ensure_account(ctx, &collector.address())?;
    let gathered = bank::balances(ctx, &collector.address())?;
    bank::send_between_modules(ctx, &collector, &ModuleAccount::DISTRIBUTION, &gathered)?;
    let total = votes
        .iter()
        .try_fold(0_i64, |sum, v| sum.checked_add(v.power))
        .ok_or_else(|| Error::fault("the voting powers of the last block add up to more than 64 bits hold"))?;
    let gathered = DecCoins::from_coins(&gathered);
    if total == 0 {
        return add_to_pool(ctx, &gathered);
    }
    let taxed = gathered.mul_dec_truncate(super::kept(params(ctx)?.community_tax)?)?;
    let mut remaining = gathered;
    for vote in votes {
        let Some(validator) = staking::validator_by_cons(ctx, &vote.address)? else { continue };
        let fraction = Dec::from_i64(vote.power).quo_truncate(Dec::from_i64(total))?;
        let reward = taxed.mul_dec_truncate(fraction)?;
        allocate(ctx, &validator, &reward)?;
        remaining = remaining.sub(&reward)?;
    }
    add_to_pool(ctx, &remaining)
}
