//! Redelegating: tokens from one validator to another, at once; they answer for the first one until the unbonding time is over.

use entente_kernel::num::{Coin, Dec};
use entente_kernel::{Ctx, Result};
use entente_proto::alliance::alliance as wire;

use super::super::pool::{self, Site};
use super::super::state::{Asset, REBALANCE, Redelegation};
use super::super::{entry, error, event, math, msg};
use super::{asset_to_withdraw, claim_first, delegation_to_withdraw, shares_to_remove};
use crate::modules::staking;

pub fn redelegate(ctx: &mut Ctx, m: msg::Redelegate) -> Result<wire::MsgRedelegateResponse> {
    pool::look_at(ctx, &m.source)?;
    pool::look_at(ctx, &m.destination)?;
    if m.source == m.destination {
        return Err(error::invalid("Cannot redelegate to the same validator"));
    }
    let asset = asset_to_withdraw(ctx, &m.denom)?;
    if asset.dissolving {
        return Err(error::DISSOLVING.because(&asset.denom));
    }
    let key = asset.key();
    entry::visit_redelegations(ctx, &m.delegator, &key, &m.source)?;
    entry::visit_redelegations(ctx, &m.delegator, &key, &m.destination)?;
    let mut asset = pool::must_asset(ctx, &key)?;
    let mut source = Site::load(ctx, &m.source, &key)?;
    let mut delegation = delegation_to_withdraw(ctx, &m.delegator, &mut source, &asset, m.amount)?;
    claim_first(ctx, &m.delegator, &mut source, &asset, &mut delegation)?;
    let mut destination = claim_at_destination(ctx, &m, &mut asset)?;
    let shares = shares_to_remove(&source, &asset, &delegation, m.amount)?;
    if entry::has_arrived(ctx, &m.delegator, &key, &m.source)? {
        return Err(error::TRANSITIVE_REDELEGATION.refuse());
    }

    let new_shares = destination.price(&asset)?.shares_for(m.amount)?;
    let moved = math::shares_for_tokens(Dec::from_int(asset.tokens), asset.shares, m.amount)?;
    let moved = source.take_validator_shares(&mut asset, moved)?;
    if !moved.is_positive() {
        return Err(error::ZERO_SHARES.refuse());
    }
    destination.add_validator_shares(&mut asset, moved)?;
    pool::take_from_delegation(ctx, &m.delegator, &mut delegation, &mut source, &mut asset, shares)?;
    source.save(ctx, &key)?;
    pool::add_to_delegation(ctx, &m.delegator, &mut destination, &key, new_shares)?;
    destination.save(ctx, &key)?;
    pool::save_asset(ctx, &asset)?;
    remember(ctx, &m, &asset, new_shares)
}

/// Claims at the destination if the delegator has stake there; a destination that is worthless begins afresh.
fn claim_at_destination(ctx: &mut Ctx, m: &msg::Redelegate, asset: &mut Asset) -> Result<Site> {
    let key = asset.key();
    let mut site = Site::load(ctx, &m.destination, &key)?;
    // As upstream, a newcomer shares in what the validator's virtual stake earned since its last claim.
    if let Some(mut existing) = pool::live_delegation(ctx, &m.delegator, &mut site, &key)? {
        claim_first(ctx, &m.delegator, &mut site, asset, &mut existing)?;
    }
    site.restart_if_worthless(ctx, asset)?;
    site.save(ctx, &key)?;
    Ok(site)
}

fn remember(ctx: &mut Ctx, m: &msg::Redelegate, asset: &Asset, shares: Dec) -> Result<wire::MsgRedelegateResponse> {
    let completion = ctx.time().plus(staking::unbonding_time(ctx)?);
    let redelegation = Redelegation {
        delegator: m.delegator,
        source: m.source,
        destination: m.destination,
        denom: asset.denom.clone(),
        amount: m.amount,
        created_height: Some(ctx.height()),
        last_fault: entry::newest_fault(ctx)?,
        destination_shares: shares,
    };
    entry::add_redelegation(ctx, completion, &redelegation)?;
    REBALANCE.save(ctx, &())?;
    let bech32 = ctx.bech32();
    let (sender, source) = (bech32.acc(&m.delegator), bech32.val(&m.source));
    let (destination, coin) = (bech32.val(&m.destination), Coin::new(redelegation.denom, m.amount));
    ctx.emit(event::redelegated(&sender, &source, &destination, &coin, completion));
    Ok(wire::MsgRedelegateResponse {})
}
