//! Claiming the rewards of one delegation, and what is still owed for it.

use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Ctx, Result, ValAddress};
use entente_proto::alliance::alliance as wire;

use super::super::pool::{self, Site};
use super::super::state::{AssetKey, DELEGATIONS, OWED};
use super::super::{entry, error, msg, reward};
use entente_kernel::num::Denom;

pub fn claim_delegation_rewards(
    ctx: &mut Ctx,
    m: msg::ClaimDelegationRewards,
) -> Result<wire::MsgClaimDelegationRewardsResponse> {
    // What is owed outlives the asset and the validator.
    if !pays_only_debts(ctx, &m)? {
        pool::look_at(ctx, &m.validator)?;
    }
    claim_rewards(ctx, &m.delegator, &m.validator, &m.denom)?;
    Ok(wire::MsgClaimDelegationRewardsResponse {})
}

fn pays_only_debts(ctx: &Ctx, m: &msg::ClaimDelegationRewards) -> Result<bool> {
    let Ok(denom) = Denom::new(&m.denom) else { return Ok(false) };
    let row = (m.delegator, m.validator, AssetKey(denom));
    Ok(OWED.has(ctx, &row)? && !DELEGATIONS.has(ctx, &row)?)
}

/// Claims and pays; gives the coins. Without a delegation only what is owed is paid.
///
/// # Errors
/// alliance 30 for an unknown asset, staking 21 without a delegation, unless something is owed.
pub fn claim_rewards(ctx: &mut Ctx, delegator: &AccAddress, validator: &ValAddress, denom: &str) -> Result<Coins> {
    let Ok(denom) = Denom::new(denom) else { return Err(error::UNKNOWN_ASSET.refuse()) };
    let key = AssetKey(denom);
    let row = (*delegator, *validator, key.clone());
    if pool::asset(ctx, key.0.as_str())?.is_some() {
        entry::visit_redelegations(ctx, delegator, &key, validator)?;
    }
    let asset = pool::asset(ctx, key.0.as_str())?;
    let owed = OWED.has(ctx, &row)?;
    let Some(asset) = asset else {
        return if owed { reward::pay(ctx, &row, &Coins::empty()) } else { Err(error::UNKNOWN_ASSET.refuse()) };
    };
    if !asset.has_started(ctx.time()) {
        return if owed { reward::pay(ctx, &row, &Coins::empty()) } else { Ok(Coins::empty()) };
    }
    let mut site = Site::load(ctx, validator, &key)?;
    let live = pool::live_delegation(ctx, delegator, &mut site, &key)?;
    site.save(ctx, &key)?;
    match live {
        Some(mut delegation) => reward::claim_delegation(ctx, delegator, &mut site, &key, &mut delegation),
        // An ended epoch may have left a debt just now.
        None if OWED.has(ctx, &row)? => reward::pay(ctx, &row, &Coins::empty()),
        None => Err(error::NOT_DELEGATED.refuse()),
    }
}
