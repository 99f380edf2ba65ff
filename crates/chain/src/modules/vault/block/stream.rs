//! Rewards that are neither sold nor an asset of the vault: they flow evenly to shares that are locked for them.

use entente_kernel::num::{Denom, Wide};
use entente_kernel::{AccAddress, Ctx, Result, Timestamp, View};

use super::super::holding::{account, coins, minus, note, plus};
use super::super::math::{self, WAD};
use super::super::params::{LOCKED_MIN, REWARD_DENOMS_MAX};
use super::super::state::{CREDITS, Credit, LOCKED, LOCKS, STREAMS, Stream};
use super::super::{event, params};
use crate::modules::distribution;

/// Coins beyond the number of streams that a vault keeps are worth nobody's while, and the community pool's.
pub fn add(ctx: &mut Ctx, vault: u64, denom: &Denom, more: u128) -> Result<()> {
    if more == 0 {
        return Ok(());
    }
    let key = (vault, denom.clone());
    if !STREAMS.has(ctx, &key)? && STREAMS.prefix(ctx, &vault).count() >= REWARD_DENOMS_MAX {
        note(ctx, vault, denom, &[(|l| &mut l.donated, more)])?;
        return distribution::fund_community_pool(ctx, &coins([(denom.clone(), more)])?, &account(vault));
    }
    note(ctx, vault, denom, &[(|l| &mut l.streamed, more)])?;
    let now = ctx.time();
    let end = now.plus(params(ctx)?.epoch);
    let mut stream = match flow(ctx, vault, denom)? {
        Some(stream) => stream,
        None => Stream { left: 0, flowed: 0, from: now, end, index: Wide::ZERO, remainder: Wide::ZERO },
    };
    stream.left = plus(stream.left, more)?;
    (stream.from, stream.end) = (now, end);
    ctx.emit(event::streamed(vault, denom, more, end));
    STREAMS.set(ctx, &(vault, denom.clone()), &stream)
}

/// The stream as it is now, what flowed since it was last seen credited. While too few shares are locked the time stands still.
pub fn flow(view: &View, vault: u64, denom: &Denom) -> Result<Option<Stream>> {
    let Some(mut stream) = STREAMS.get(view, &(vault, denom.clone()))? else { return Ok(None) };
    let now = view.time();
    let locked = LOCKED.get(view, &vault)?.unwrap_or_default();
    if locked < LOCKED_MIN {
        let waited = now.since(stream.from);
        (stream.from, stream.end) = (now, stream.end.plus(waited));
        return Ok(Some(stream));
    }
    let released = math::dripped(stream.left, secs(now, stream.from), secs(stream.end, stream.from))?;
    (stream.index, stream.remainder) = math::gauge_index(stream.index, stream.remainder, released, locked)?;
    stream.left = minus(stream.left, released)?;
    stream.flowed = plus(stream.flowed, released)?;
    stream.from = now.min(stream.end).max(stream.from);
    Ok(Some(stream))
}

fn secs(later: Timestamp, earlier: Timestamp) -> u128 {
    u128::try_from(later.since(earlier).whole_secs()).unwrap_or_default()
}

/// What a lock has earned of a reward coin and not been paid, and the index to go on from.
///
/// # Rounding
/// Down: the vault keeps the fraction.
pub fn credited(view: &View, vault: u64, owner: &AccAddress, denom: &Denom, stream: &Stream) -> Result<Credit> {
    let shares = LOCKS.get(view, &(vault, *owner))?.unwrap_or_default();
    let before = CREDITS.get(view, &(vault, *owner, denom.clone()))?.unwrap_or_default();
    let grown = stream.index.sub(before.index)?.mul(Wide::from_u128(shares))?;
    let (whole, _) = grown.div_rem(Wide::from_u128(WAD))?;
    Ok(Credit { index: stream.index, owed: plus(before.owed, whole.to_u128()?)? })
}
