//! Rewards of an epoch: claimed asset by asset in the blocks from its end on, because a claim is the dearest thing that a vault does.
//! When the last is in, the performance fee is taken and the rest goes one of three ways: what is an asset of the vault drips into it, what
//! has a price is put up for sale ([`auction`]), and any other coin flows to locked shares ([`stream`]).

use entente_kernel::num::{Denom, floor_ratio};
use entente_kernel::{Ctx, Result, Span};

use super::super::holding::{account, coins, minus, must_vault, note, pay, plus};
use super::super::hooks::{self, News};
use super::super::math::WAD;
use super::super::params::{RETRY, REWARD_DENOMS_MAX};
use super::super::state::{HARVEST_TIMES, HARVESTS, Harvest, REWARDS, Vault};
use super::super::{event, params, stake};
use super::{auction, drip, stream};
use crate::modules::distribution;

/// The rewards of the epoch that ends now are to be claimed. A harvest that is not home yet goes on, for those of this epoch too.
pub fn plan(ctx: &mut Ctx, vault: &Vault) -> Result<()> {
    let (now, epoch) = (ctx.time(), ctx.time().since(vault.epoch_start));
    let harvest = match HARVESTS.get(ctx, &vault.id)? {
        Some(late) => Harvest { earned_over: Span(late.earned_over.0.saturating_add(epoch.0)), ..late },
        None => Harvest { done: 0, earned_over: epoch, at: now },
    };
    write(ctx, vault.id, &harvest)
}

/// Stores a harvest where its time finds it.
pub fn write(ctx: &mut Ctx, id: u64, harvest: &Harvest) -> Result<()> {
    if let Some(before) = HARVESTS.get(ctx, &id)?.filter(|before| before.at != harvest.at) {
        HARVEST_TIMES.remove(ctx, &(before.at, id))?;
    }
    HARVEST_TIMES.set(ctx, &(harvest.at, id), &())?;
    HARVESTS.set(ctx, &id, harvest)
}

/// Claims what one asset of a vault has earned, or hands everything out after the last; says how many places it asked.
pub fn step(ctx: &mut Ctx, id: u64) -> Result<usize> {
    let vault = must_vault(ctx, id)?;
    let mut harvest = HARVESTS.must(ctx, &id)?;
    let next = usize::try_from(harvest.done).unwrap_or(usize::MAX);
    let Some(seat) = vault.seats.get(next) else {
        hand_out(ctx, &vault, &harvest)?;
        HARVEST_TIMES.remove(ctx, &(harvest.at, id))?;
        return HARVESTS.remove(ctx, &id).map(|()| 0);
    };
    let places = stake::places(ctx, id, &seat.denom)?;
    for (validator, _) in &places {
        stake::claim_if_possible(ctx, id, &seat.denom, validator)?;
    }
    harvest.done = harvest.done.saturating_add(1);
    write(ctx, id, &harvest)?;
    Ok(places.len())
}

/// A harvest that could not be handed out is tried again later.
pub fn put_off(ctx: &mut Ctx, id: u64) -> Result<()> {
    let harvest = HARVESTS.must(ctx, &id)?;
    let at = ctx.time().plus(RETRY);
    write(ctx, id, &Harvest { at, ..harvest })
}

fn hand_out(ctx: &mut Ctx, vault: &Vault, harvest: &Harvest) -> Result<()> {
    // A lot that nobody bought is sold again, with what came since.
    let mut pots = auction::withdraw(ctx, vault.id)?;
    let earned_over = harvest.earned_over;
    let mut earned = Vec::new();
    for ((_, denom), claimed) in REWARDS.prefix(ctx, &vault.id).collect::<Result<Vec<_>>>()? {
        REWARDS.remove(ctx, &(vault.id, denom.clone()))?;
        let rest = take_fee(ctx, vault, &denom, claimed)?;
        note(ctx, vault.id, &denom, &[(|l| &mut l.claimed, claimed), (|l| &mut l.fees, minus(claimed, rest)?)])?;
        earned.push((denom.clone(), rest));
        let (sum, over) = pots.get(&denom).copied().unwrap_or((0, earned_over));
        pots.insert(denom, (plus(sum, rest)?, over.max(earned_over)));
    }
    let epoch = params(ctx)?.epoch;
    let mut lots = 0;
    for (denom, (amount, over)) in pots {
        if vault.seat(&denom).is_some() {
            note(ctx, vault.id, &denom, &[(|l| &mut l.kept, amount)])?;
            drip::add(ctx, vault.id, &denom, amount, epoch.max(over))?;
        } else if lots < REWARD_DENOMS_MAX && auction::offer(ctx, vault, &denom, amount, over)? {
            lots = lots.saturating_add(1);
        } else {
            stream::add(ctx, vault.id, &denom, amount)?;
        }
    }
    hooks::tell(ctx, vault, &News::Reward { earned: &coins(earned)? })
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
