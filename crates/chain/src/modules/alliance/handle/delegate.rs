//! Delegating: coins into the pool of an asset at a validator.

use entente_kernel::num::{Coin, Coins, Dec};
use entente_kernel::{Ctx, Error, Grpc, Result};
use entente_proto::alliance::alliance as wire;

use super::super::pool::{self, Site};
use super::super::state::REBALANCE;
use super::super::{entry, error, event, math, msg, reward};
use super::claim_first;
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

pub fn delegate(ctx: &mut Ctx, m: msg::Delegate) -> Result<wire::MsgDelegateResponse> {
    pool::look_at(ctx, &m.validator)?;
    let unknown = format!("asset with denom: {} does not exist in alliance whitelist", m.denom);
    let asset = pool::asset(ctx, &m.denom)?.ok_or_else(|| Error::status(Grpc::NotFound, unknown))?;
    if asset.dissolving {
        return Err(error::DISSOLVING.because(&asset.denom));
    }
    let coin = Coin::new(asset.denom.clone(), m.amount);
    let module = ModuleAccount::ALLIANCE.address();
    bank::send(ctx, &m.delegator, &module, &Coins::from_coin(&coin)?)?;

    let key = asset.key();
    entry::visit_redelegations(ctx, &m.delegator, &key, &m.validator)?;
    let mut asset = pool::must_asset(ctx, &key)?;
    let mut site = Site::load(ctx, &m.validator, &key)?;
    match pool::live_delegation(ctx, &m.delegator, &mut site, &key)? {
        Some(mut existing) => claim_first(ctx, &m.delegator, &mut site, &asset, &mut existing)?,
        None => reward::claim_validator(ctx, &m.validator)?,
    }
    site.restart_if_worthless(ctx, &mut asset)?;

    let new_shares = site.price(&asset)?.shares_for(m.amount)?;
    let new_validator_shares = math::shares_for_tokens(Dec::from_int(asset.tokens), asset.shares, m.amount)?;
    if !new_validator_shares.is_positive() {
        return Err(error::ZERO_SHARES.refuse());
    }
    pool::add_to_delegation(ctx, &m.delegator, &mut site, &key, new_shares)?;
    asset.tokens = asset.tokens.add(m.amount)?;
    site.add_validator_shares(&mut asset, new_validator_shares)?;
    pool::save_asset(ctx, &asset)?;
    site.save(ctx, &key)?;
    REBALANCE.save(ctx, &())?;

    let (sender, validator) = (ctx.bech32().acc(&m.delegator), ctx.bech32().val(&m.validator));
    ctx.emit(event::delegated(&sender, &validator, &coin, new_validator_shares));
    Ok(wire::MsgDelegateResponse {})
}
