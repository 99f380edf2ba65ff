//! Rewards of a vault: claimed once an epoch, less the performance fee. What is an asset of the vault drips into it, what has a price is
//! put up for sale (`auction`), and the rest flows evenly to shares that are locked for it.

use entente_kernel::num::{Denom, Wide, floor_ratio};
use entente_kernel::{AccAddress, Ctx, Result, Timestamp, View};

use super::super::holding::{account, amount, coins, minus, pay, plus};
use super::super::math::{self, WAD};
use super::super::params::{LOCKED_MIN, REWARD_DENOMS_MAX};
use super::super::state::{CREDITS, Credit, LOCKED, LOCKS, PLACES, REWARDS, STREAMS, Stream, Vault};
use super::super::{event, params, stake};
use super::{auction, drip};
use crate::modules::distribution;

/// Claims from all places, takes the fee, and lets the rest flow over the next epoch.
pub fn collect(ctx: &mut Ctx, vault: &Vault) -> Result<()> {
    for seat in &vault.seats {
        let places = PLACES.prefix(ctx, &(vault.id, seat.denom.clone())).collect::<Result<Vec<_>>>()?;
        for ((_, denom, validator), _) in places {
            stake::claim(ctx, vault.id, &denom, &validator)?;
        }
    }
    // A lot that nobody bought is sold again, with what came since.
    let mut pots = auction::withdraw(ctx, vault.id)?;
    let earned_over = ctx.time().since(vault.epoch_start);
    for ((_, denom), claimed) in REWARDS.prefix(ctx, &vault.id).collect::<Result<Vec<_>>>()? {
        REWARDS.remove(ctx, &(vault.id, denom.clone()))?;
        let rest = take_fee(ctx, vault, &denom, claimed)?;
        let (sum, over) = pots.get(&denom).copied().unwrap_or((0, earned_over));
        pots.insert(denom, (plus(sum, rest)?, over.max(earned_over)));
    }
    let epoch = params(ctx)?.epoch;
    let mut lots = 0;
    for (denom, (amount, over)) in pots {
        if vault.seat(&denom).is_some() {
            drip::add(ctx, vault.id, &denom, amount, epoch.max(over))?;
        } else if lots < REWARD_DENOMS_MAX && auction::offer(ctx, vault, &denom, amount, over)? {
            lots = lots.saturating_add(1);
        } else {
            add_to_stream(ctx, vault.id, &denom, amount)?;
        }
    }
    Ok(())
}

/// Takes the performance fee and gives its three parts away.
///
/// # Rounding
/// Every part down: the holders gain.
fn take_fee(ctx: &mut Ctx, vault: &Vault, denom: &Denom, claimed: u128) -> Result<u128> {
    let fee = floor_ratio(&[claimed, vault.fees.performance], &[WAD])?;
    let part = |part: u128| floor_ratio(&[fee, part], &[WAD]);
    let (protocol, curator, builder) =
        (part(vault.fees.protocol_part)?, part(vault.fees.curator_part)?, part(vault.fees.builder_part)?);
    let one = |amount: u128| coins([(denom.clone(), amount)]);
    if protocol > 0 {
        distribution::fund_community_pool(ctx, &one(protocol)?, &account(vault.id))?;
    }
    pay(ctx, vault.id, &vault.curator, &one(curator)?)?;
    let builder = match vault.fees.builder {
        Some(address) => {
            pay(ctx, vault.id, &address, &one(builder)?)?;
            builder
        }
        None => 0,
    };
    if fee > 0 {
        ctx.emit(event::fees_paid(vault.id, &one(protocol)?, &one(curator)?, &one(builder)?));
    }
    minus(claimed, plus(plus(protocol, curator)?, builder)?)
}

/// Coins beyond the number of streams that a vault keeps are worth nobody's while, and the community pool's.
fn add_to_stream(ctx: &mut Ctx, vault: u64, denom: &Denom, more: u128) -> Result<()> {
    if more == 0 {
        return Ok(());
    }
    let key = (vault, denom.clone());
    if !STREAMS.has(ctx, &key)? && STREAMS.prefix(ctx, &vault).count() >= REWARD_DENOMS_MAX {
        return distribution::fund_community_pool(ctx, &coins([(denom.clone(), more)])?, &account(vault));
    }
    let now = ctx.time();
    let end = now.plus(params(ctx)?.epoch);
    let mut stream = match flow(ctx, vault, denom)? {
        Some(stream) => stream,
        None => Stream { left: 0, flowed: 0, from: now, end, index: Wide::ZERO, remainder: Wide::ZERO },
    };
    stream.left = plus(stream.left, more)?;
    (stream.from, stream.end) = (now, end);
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
    let grown = stream.index.sub(before.index)?.mul(Wide::from_int(shares.into())?)?;
    let (whole, _) = grown.div_rem(Wide::from_int(WAD.into())?)?;
    Ok(Credit { index: stream.index, owed: plus(before.owed, amount(whole.to_int()?)?)? })
}
