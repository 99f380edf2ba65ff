//! What governance does: parameters, and the admission, change and removal of assets.

use entente_kernel::num::{Coin, Coins, Dec, Int};
use entente_kernel::{Ctx, Error, Result};
use entente_proto::alliance::alliance as wire;

use super::super::block::take;
use super::super::pool::{self, to_community_pool};
use super::super::state::{self, ASSETS, Asset, POOLS_OF_ASSET, REBALANCE};
use super::super::{error, event, msg, reward};
use crate::hooks;
use crate::modules::auth::ModuleAccount;
use crate::modules::{auth, staking};

/// Replaces the parameters, but the clock of the takes is never set back: a time in the message that has passed was written when it was
/// proposed, and would have the same days charged twice. A later one is obeyed, as upstream. A new interval first has the whole intervals
/// charged that went by at the old one, then the clock starts at the block.
pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    m.params.validate()?;
    let before = super::super::params(ctx)?;
    let mut params = m.params;
    if params.last_take <= before.last_take {
        params.last_take = before.last_take;
        if params.take_interval != before.take_interval {
            take::charge(ctx)?;
            params.last_take = ctx.time();
        }
    }
    state::PARAMS.save(ctx, &params)?;
    ctx.emit(event::params_updated());
    Ok(wire::MsgUpdateParamsResponse {})
}

pub fn create_alliance(ctx: &mut Ctx, m: msg::CreateAlliance) -> Result<wire::MsgCreateAllianceResponse> {
    auth::check_authority(ctx, &m.authority)?;
    if m.denom == staking::bond_denom(ctx)? {
        return Err(Error::plain(format!("denom: {} is the bond denom, which cannot be an alliance asset", m.denom)));
    }
    if pool::asset(ctx, m.denom.as_str())?.is_some() {
        return Err(error::ALREADY_EXISTS.refuse());
    }
    hooks::before_alliance_created(ctx, &m.denom)?;
    let start = ctx.time().plus(super::super::params(ctx)?.reward_delay);
    let asset = Asset {
        denom: m.denom,
        reward_weight: m.terms.reward_weight,
        weight_min: m.terms.weight_min,
        weight_max: m.terms.weight_max,
        take_rate: m.terms.take_rate,
        tokens: Int::ZERO,
        shares: Dec::ZERO,
        idle_shares: Dec::ZERO,
        start,
        change_rate: m.terms.change_rate,
        change_interval: m.terms.change_interval,
        last_change: start,
        is_initialized: false,
        dissolving: false,
    };
    pool::save_asset(ctx, &asset)?;
    ctx.emit(event::created(&asset.denom, start));
    Ok(wire::MsgCreateAllianceResponse {})
}

pub fn update_alliance(ctx: &mut Ctx, m: msg::UpdateAlliance) -> Result<wire::MsgUpdateAllianceResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let stored = pool::asset(ctx, &m.denom)?.ok_or_else(|| error::UNKNOWN_ASSET.refuse())?;
    if stored.dissolving {
        return Err(error::DISSOLVING.because(&stored.denom));
    }
    let changed = Asset {
        reward_weight: m.terms.reward_weight,
        weight_min: m.terms.weight_min,
        weight_max: m.terms.weight_max,
        take_rate: m.terms.take_rate,
        change_rate: m.terms.change_rate,
        change_interval: m.terms.change_interval,
        ..stored.clone()
    };
    apply_update(ctx, &stored, changed)?;
    Ok(wire::MsgUpdateAllianceResponse {})
}

/// Stores changed terms. A new weight first has every validator claimed, so that what was earned under the old one is fixed; a new rate
/// or interval restarts the clock of the changes.
///
/// # Errors
/// alliance 40 if the weight is outside of its range.
fn apply_update(ctx: &mut Ctx, stored: &Asset, mut changed: Asset) -> Result<()> {
    if changed.weight_min > changed.reward_weight || changed.weight_max < changed.reward_weight {
        return Err(error::WEIGHT_OUT_OF_BOUND.refuse());
    }
    if changed.reward_weight != stored.reward_weight {
        reward::claim_all(ctx)?;
        REBALANCE.save(ctx, &())?;
    }
    if changed.change_rate != stored.change_rate || changed.change_interval != stored.change_interval {
        changed.last_change = ctx.time();
    }
    pool::save_asset(ctx, &changed)?;
    ctx.emit(event::updated(&changed.denom, changed.reward_weight, changed.take_rate));
    Ok(())
}

pub fn delete_alliance(ctx: &mut Ctx, m: msg::DeleteAlliance) -> Result<wire::MsgDeleteAllianceResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let asset = pool::asset(ctx, &m.denom)?.ok_or_else(|| error::UNKNOWN_ASSET.refuse())?;
    if asset.dissolving {
        return Err(error::DISSOLVING.because(&asset.denom));
    }
    if POOLS_OF_ASSET.prefix(ctx, &asset.key()).next().transpose()?.is_none() && asset.tokens.is_zero() {
        forget_asset(ctx, asset)?;
    } else {
        begin_dissolution(ctx, asset)?;
    }
    Ok(wire::MsgDeleteAllianceResponse {})
}

/// From now on the asset earns nothing and its stake goes back to its owners; what was earned is fixed first.
fn begin_dissolution(ctx: &mut Ctx, asset: Asset) -> Result<()> {
    reward::claim_all(ctx)?;
    let staked = asset.tokens;
    pool::save_asset(ctx, &Asset { dissolving: true, ..asset.clone() })?;
    REBALANCE.save(ctx, &())?;
    ctx.emit(event::dissolving(&asset.denom, staked));
    Ok(())
}

/// Removes an asset without delegations. Tokens that nobody can ask for any more go to the community pool.
pub fn forget_asset(ctx: &mut Ctx, asset: Asset) -> Result<()> {
    to_community_pool(ctx, &ModuleAccount::ALLIANCE, &Coins::one(Coin::new(asset.denom.clone(), asset.tokens))?)?;
    ASSETS.remove(ctx, &asset.key())?;
    ctx.emit(event::deleted(&asset.denom));
    Ok(())
}
