//! Undelegating: tokens out of a pool, into an entry that is paid after the unbonding time.

use entente_kernel::num::{Coin, Dec, Int};
use entente_kernel::{AccAddress, Ctx, Result};
use entente_proto::alliance::alliance as wire;

use super::super::pool::{self, Site};
use super::super::state::{Asset, Delegation, REBALANCE, Unbonding};
use super::super::{entry, event, math, msg};
use super::{asset_to_withdraw, claim_first, delegation_to_withdraw, shares_to_remove};
use crate::modules::staking;

pub fn undelegate(ctx: &mut Ctx, m: msg::Undelegate) -> Result<wire::MsgUndelegateResponse> {
    pool::look_at(ctx, &m.validator)?;
    let key = asset_to_withdraw(ctx, &m.denom)?.key();
    entry::visit_redelegations(ctx, &m.delegator, &key, &m.validator)?;
    let mut asset = pool::must_asset(ctx, &key)?;
    let mut site = Site::load(ctx, &m.validator, &key)?;
    let mut delegation = delegation_to_withdraw(ctx, &m.delegator, &mut site, &asset, m.amount)?;
    claim_first(ctx, &m.delegator, &mut site, &asset, &mut delegation)?;
    let shares = shares_to_remove(&site, &asset, &delegation, m.amount)?;
    withdraw(ctx, &m.delegator, &mut delegation, &mut site, &mut asset, shares, m.amount)
}

/// Moves n tokens for so many delegation shares from a pool to an unbonding entry. Rewards are settled.
pub fn withdraw(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    delegation: &mut Delegation,
    site: &mut Site,
    asset: &mut Asset,
    shares: Dec,
    n: Int,
) -> Result<wire::MsgUndelegateResponse> {
    let key = asset.key();
    let validator_shares = math::shares_for_tokens(Dec::from_int(asset.tokens), asset.shares, n)?;
    asset.tokens = asset.tokens.sub(n)?;
    site.take_validator_shares(asset, validator_shares)?;
    pool::take_from_delegation(ctx, delegator, delegation, site, asset, shares)?;
    pool::save_asset(ctx, asset)?;
    site.save(ctx, &key)?;

    let completion = ctx.time().plus(staking::unbonding_time(ctx)?);
    let unbonding = Unbonding {
        delegator: *delegator,
        validator: site.validator,
        denom: asset.denom.clone(),
        amount: n,
        created_height: Some(ctx.height()),
        last_fault: entry::newest_fault(ctx)?,
    };
    entry::add_unbonding(ctx, completion, &unbonding)?;
    REBALANCE.save(ctx, &())?;
    let (sender, validator) = (ctx.bech32().acc(delegator), ctx.bech32().val(&site.validator));
    ctx.emit(event::undelegated(&sender, &validator, &Coin::new(unbonding.denom, n), completion));
    Ok(wire::MsgUndelegateResponse {})
}
