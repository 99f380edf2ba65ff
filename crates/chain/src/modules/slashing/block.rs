//! What slashing does at the begin of a block.

use entente_kernel::{Ctx, Error, Result};

use super::{Params, SigningInfo, event, missed};
use crate::block::{Vote, VoteFlag};
use crate::modules::staking::{self, BondStatus, Infraction, VALIDATOR_UPDATE_DELAY};

/// Counts who was absent from the last commit and punishes those who were absent too often. A nil vote counts as presence.
pub fn begin_block(ctx: &mut Ctx, votes: &[Vote]) -> Result<()> {
    if votes.is_empty() {
        return Ok(());
    }
    let params = super::params(ctx)?;
    votes.iter().try_for_each(|vote| count(ctx, &params, vote))
}

/// A validator that is in jail, or already gone, is not counted.
fn count(ctx: &mut Ctx, params: &Params, vote: &Vote) -> Result<()> {
    let cons = vote.address;
    let Some(standing) = staking::standing_by_cons(ctx, &cons)? else { return Ok(()) };
    if standing.jailed {
        return Ok(());
    }
    let height = ctx.height();
    let mut info = super::signing_info(ctx, &cons)?.unwrap_or_else(|| SigningInfo::starting_at(height));
    let index = info.index_offset.rem_euclid(params.window).cast_unsigned();
    info.index_offset = info.index_offset.saturating_add(1);
    let absent = vote.flag == VoteFlag::Absent;
    if missed::is_set(ctx, &cons, index)? != absent {
        missed::set(ctx, &cons, index, absent)?;
        info.missed_blocks = info.missed_blocks.saturating_add(if absent { 1 } else { -1 });
    }
    if absent {
        let event = event::liveness(&ctx.bech32().cons(&cons), info.missed_blocks, height);
        ctx.emit(event);
    }
    let grace_ends = info.start_height.saturating_add(params.window);
    if height > grace_ends && info.missed_blocks > params.missed_max()? && standing.status != BondStatus::Unbonded {
        punish(ctx, params, vote)?;
        info.jailed_until = ctx.time().plus(params.jail);
        (info.missed_blocks, info.index_offset) = (0, 0);
        missed::clear(ctx, &cons)?;
    }
    super::save_signing_info(ctx, &cons, &info)
}

/// The votes are those of the block before, on a set that was decided [`VALIDATOR_UPDATE_DELAY`] blocks earlier.
fn punish(ctx: &mut Ctx, params: &Params, vote: &Vote) -> Result<()> {
    let before = || Error::fault("slashing: no height before this one");
    let fault_height =
        ctx.height().checked_sub(VALIDATOR_UPDATE_DELAY).and_then(|h| h.checked_sub(1)).ok_or_else(before)?;
    let Vote { address: cons, power, .. } = *vote;
    let burnt = staking::slash(ctx, &cons, fault_height, power, params.downtime, Infraction::Downtime)?;
    let event = event::slashed_for_downtime(&ctx.bech32().cons(&cons), power, burnt);
    ctx.emit(event);
    // The slash may have jailed it already, if its own redelegated stake was part of it.
    if staking::standing_by_cons(ctx, &cons)?.is_some_and(|s| !s.jailed) {
        staking::jail(ctx, &cons)?;
    }
    Ok(())
}
