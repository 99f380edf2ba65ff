//! Pools: an asset at a validator. Shares go in and out here and nowhere else, so that the sums of the asset stay exact.

use entente_kernel::num::{Coin, Coins, Dec, Denom, Int};
use entente_kernel::state::Rows;
use entente_kernel::{AccAddress, Ctx, Error, Result, ValAddress, View};

use super::math::{self, Price};
use super::state::{
    self, Asset, AssetKey, Cursor, DELEGATIONS, DELEGATIONS_OF_POOL, Delegation, POOLS, POOLS_OF_ASSET, Pool,
    ValidatorInfo,
};
use super::{error, event, reward};
use crate::modules::auth::ModuleAccount;
use crate::modules::{distribution, staking};

/// A pool in hand, with what its asset must know of its validator. Goes back by [`Site::save`].
#[derive(Debug, Clone)]
pub struct Site {
    pub validator: ValAddress,
    pub bonded: bool,
    pub pool: Pool,
}

/// The asset, if the text is a denom that governance admitted.
pub fn asset(view: &View, denom: &str) -> Result<Option<Asset>> {
    match Denom::new(denom) {
        Ok(denom) => state::ASSETS.get(view, &AssetKey(denom)),
        Err(_) => Ok(None),
    }
}

/// The asset of something that refers to it.
///
/// # Errors
/// A fault if it is not there.
pub fn must_asset(view: &View, key: &AssetKey) -> Result<Asset> {
    state::ASSETS.must(view, key)
}

pub fn save_asset(ctx: &mut Ctx, asset: &Asset) -> Result<()> {
    state::ASSETS.set(ctx, &asset.key(), asset)
}

/// What alliance knows of a validator; a record is made at the first look.
///
/// # Errors
/// Upstream's text if staking does not know the validator.
pub fn look_at(ctx: &mut Ctx, validator: &ValAddress) -> Result<ValidatorInfo> {
    let Some(known) = staking::validator(ctx, validator)? else {
        let text = ctx.bech32().val(validator);
        return Err(Error::plain(format!("validator with address {text} does not exist")));
    };
    if let Some(info) = state::VALIDATORS.get(ctx, validator)? {
        return Ok(info);
    }
    let info = ValidatorInfo { bonded: known.is_bonded() };
    state::VALIDATORS.set(ctx, validator, &info)?;
    Ok(info)
}

/// The pools at a validator, by asset.
pub fn at(view: &View, validator: &ValAddress) -> Result<Rows<AssetKey, Pool>> {
    Ok(POOLS.get(view, validator)?.unwrap_or_default())
}

/// The assets that have a pool at a validator.
pub fn assets_at(view: &View, validator: &ValAddress) -> Result<Vec<AssetKey>> {
    Ok(at(view, validator)?.iter().map(|(key, _)| key.clone()).collect())
}

/// All pools, by validator and asset.
pub fn all(view: &View) -> Result<Vec<((ValAddress, AssetKey), Pool)>> {
    let mut all = Vec::new();
    for row in POOLS.iter(view) {
        let (validator, pools) = row?;
        all.extend(pools.iter().map(|(key, pool)| ((validator, key.clone()), *pool)));
    }
    Ok(all)
}

impl Site {
    pub fn load(view: &View, validator: &ValAddress, key: &AssetKey) -> Result<Self> {
        let bonded = state::VALIDATORS.get(view, validator)?.is_some_and(|info| info.bonded);
        let pool = at(view, validator)?.get(key).copied().unwrap_or_default();
        Ok(Self { validator: *validator, bonded, pool })
    }

    /// Stores the pool, or removes it when nothing is left of it.
    pub fn save(&self, ctx: &mut Ctx, key: &AssetKey) -> Result<()> {
        let (p, mut pools) = (&self.pool, at(ctx, &self.validator)?);
        let index = (key.clone(), self.validator);
        if p.validator_shares.is_zero() && p.delegator_shares.is_zero() && p.holders == 0 {
            pools.remove(key);
            save_all(ctx, &self.validator, &pools)?;
            state::RESTARTS.remove(ctx, &(self.validator, key.clone()))?;
            reward::forget_indices(ctx, &self.validator, key, u64::MAX)?;
            return POOLS_OF_ASSET.remove(ctx, &index);
        }
        let is_new = pools.get(key).is_none();
        pools.set(key, *p);
        save_all(ctx, &self.validator, &pools)?;
        if is_new { POOLS_OF_ASSET.set(ctx, &index, &()) } else { Ok(()) }
    }

    /// `V(v,a)`: the asset's tokens at this validator.
    pub fn tokens(&self, asset: &Asset) -> Result<Dec> {
        Ok(math::tokens_for_shares(Dec::from_int(asset.tokens), asset.shares, self.pool.validator_shares)?)
    }

    pub fn price(&self, asset: &Asset) -> Result<Price> {
        Ok(Price { tokens: self.tokens(asset)?, shares: self.pool.delegator_shares })
    }

    /// The balance shown for a delegation of this pool.
    pub fn value_of(&self, asset: &Asset, delegation: &Delegation) -> Result<Int> {
        if delegation.epoch != self.pool.epoch {
            return Ok(Int::ZERO);
        }
        Ok(self.price(asset)?.value(delegation.shares)?)
    }

    pub fn add_validator_shares(&mut self, asset: &mut Asset, shares: Dec) -> Result<()> {
        self.put_validator_shares(asset, self.pool.validator_shares.add(shares)?)
    }

    /// Takes validator shares, at most those that are there, from pool and asset alike; gives what was taken.
    pub fn take_validator_shares(&mut self, asset: &mut Asset, shares: Dec) -> Result<Dec> {
        let taken = shares.min(self.pool.validator_shares);
        self.put_validator_shares(asset, self.pool.validator_shares.sub(taken)?)?;
        Ok(taken)
    }

    fn put_validator_shares(&mut self, asset: &mut Asset, shares: Dec) -> Result<()> {
        let change = shares.sub(self.pool.validator_shares)?;
        asset.shares = asset.shares.add(change)?;
        if !self.bonded {
            asset.idle_shares = asset.idle_shares.add(change)?;
        }
        self.pool.validator_shares = shares;
        Ok(())
    }

    /// Delegation shares that leave; when they were the last, the pool's indices are closed.
    pub fn take_delegator_shares(&mut self, ctx: &mut Ctx, key: &AssetKey, shares: Dec) -> Result<()> {
        let rest = self.pool.delegator_shares.sub(shares)?;
        if rest.is_negative() {
            return Err(Error::fault(format!(
                "pool of {}: {shares} delegation shares to remove of {}",
                key.0, self.pool.delegator_shares
            )));
        }
        self.pool.delegator_shares = rest;
        if rest.is_zero() {
            reward::close_epoch(ctx, &self.validator, key, self.pool.epoch, true)?;
        }
        Ok(())
    }

    /// Begins afresh what has become worthless: a pool without value although it has shares, or the whole asset if it has no tokens
    /// or no validator shares left. Shares of the old epoch leave pool and asset; tokens without shares go to the community pool.
    pub fn restart_if_worthless(&mut self, ctx: &mut Ctx, asset: &mut Asset) -> Result<()> {
        let has_shares = self.pool.validator_shares.is_positive() || self.pool.delegator_shares.is_positive();
        let gone = asset.shares.is_zero() || asset.tokens.is_zero();
        if has_shares && (gone || self.pool.validator_shares.is_zero() || self.tokens(asset)?.is_zero()) {
            self.restart(ctx, asset)?;
        }
        if asset.tokens.is_zero() || asset.shares.is_zero() {
            self.restart_asset(ctx, asset)?;
        }
        Ok(())
    }

    fn restart(&mut self, ctx: &mut Ctx, asset: &mut Asset) -> Result<()> {
        let key = asset.key();
        self.take_validator_shares(asset, self.pool.validator_shares)?;
        if !self.pool.delegator_shares.is_positive() {
            return Ok(());
        }
        self.pool.delegator_shares = Dec::ZERO;
        reward::close_epoch(ctx, &self.validator, &key, self.pool.epoch, false)?;
        self.pool.epoch = self.pool.epoch.checked_add(1).ok_or_else(|| Error::fault("a pool's epochs ran out"))?;
        state::RESTARTS.set(ctx, &(self.validator, key.clone()), &Cursor::default())?;
        let validator = ctx.bech32().val(&self.validator);
        ctx.emit(event::restarted(&key.0, &validator, self.pool.epoch));
        Ok(())
    }

    fn restart_asset(&mut self, ctx: &mut Ctx, asset: &mut Asset) -> Result<()> {
        let key = asset.key();
        let others =
            POOLS_OF_ASSET.prefix(ctx, &key).map(|row| row.map(|((_, v), ())| v)).collect::<Result<Vec<_>>>()?;
        for other in others.iter().filter(|v| **v != self.validator) {
            let mut site = Self::load(ctx, other, &key)?;
            if site.pool.validator_shares.is_positive() || site.pool.delegator_shares.is_positive() {
                site.restart(ctx, asset)?;
                site.save(ctx, &key)?;
            }
        }
        if self.pool.validator_shares.is_positive() || self.pool.delegator_shares.is_positive() {
            self.restart(ctx, asset)?;
        }
        let left = std::mem::take(&mut asset.tokens);
        to_community_pool(ctx, &ModuleAccount::ALLIANCE, &Coins::one(Coin::new(asset.denom.clone(), left))?)
    }
}

fn save_all(ctx: &mut Ctx, validator: &ValAddress, pools: &Rows<AssetKey, Pool>) -> Result<()> {
    if pools.is_empty() { POOLS.remove(ctx, validator) } else { POOLS.set(ctx, validator, pools) }
}

/// The delegation, if it is of the pool's present epoch. One of an older epoch is settled and removed.
pub fn live_delegation(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    site: &mut Site,
    key: &AssetKey,
) -> Result<Option<Delegation>> {
    let row = (*delegator, site.validator, key.clone());
    let Some(mut found) = DELEGATIONS.get(ctx, &row)? else { return Ok(None) };
    if found.epoch == site.pool.epoch {
        return Ok(Some(found));
    }
    reward::settle_into_owed(ctx, &row, &mut found, site.pool.epoch)?;
    remove_delegation(ctx, delegator, site, key)?;
    Ok(None)
}

/// Stores a new or changed delegation.
pub fn save_delegation(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    site: &mut Site,
    key: &AssetKey,
    delegation: &Delegation,
) -> Result<()> {
    let row = (*delegator, site.validator, key.clone());
    if !DELEGATIONS.has(ctx, &row)? {
        site.pool.holders = site.pool.holders.checked_add(1).ok_or_else(|| Error::fault("too many delegations"))?;
        DELEGATIONS_OF_POOL.set(ctx, &(site.validator, key.clone(), *delegator), &())?;
    }
    DELEGATIONS.set(ctx, &row, delegation)
}

pub fn remove_delegation(ctx: &mut Ctx, delegator: &AccAddress, site: &mut Site, key: &AssetKey) -> Result<()> {
    site.pool.holders = site
        .pool
        .holders
        .checked_sub(1)
        .ok_or_else(|| Error::fault(format!("pool of {} lost count of its holders", key.0)))?;
    DELEGATIONS_OF_POOL.remove(ctx, &(site.validator, key.clone(), *delegator))?;
    DELEGATIONS.remove(ctx, &(*delegator, site.validator, key.clone()))
}

/// Takes shares from a delegation whose rewards are settled, and clears what is left if it is worth nothing.
///
/// The caller has already taken the tokens and the validator shares.
pub fn take_from_delegation(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    delegation: &mut Delegation,
    site: &mut Site,
    asset: &mut Asset,
    shares: Dec,
) -> Result<()> {
    let key = asset.key();
    delegation.shares = delegation.shares.sub(shares)?;
    site.take_delegator_shares(ctx, &key, shares)?;
    if delegation.shares.is_zero() {
        remove_delegation(ctx, delegator, site, &key)?;
    } else if site.value_of(asset, delegation)?.is_zero() {
        reward::settle_into_owed(ctx, &(*delegator, site.validator, key.clone()), delegation, site.pool.epoch)?;
        remove_delegation(ctx, delegator, site, &key)?;
        site.take_delegator_shares(ctx, &key, delegation.shares)?;
    } else {
        save_delegation(ctx, delegator, site, &key, delegation)?;
    }
    site.restart_if_worthless(ctx, asset)
}

/// Adds shares to a delegation whose rewards are settled, or makes it.
///
/// # Errors
/// alliance 102 if the shares are zero.
pub fn add_to_delegation(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    site: &mut Site,
    key: &AssetKey,
    shares: Dec,
) -> Result<()> {
    if !shares.is_positive() {
        return Err(error::ZERO_SHARES.refuse());
    }
    let delegation = match live_delegation(ctx, delegator, site, key)? {
        Some(found) => Delegation { shares: found.shares.add(shares)?, ..found },
        None => Delegation {
            shares,
            epoch: site.pool.epoch,
            claim_height: u64::try_from(ctx.height()).unwrap_or_default(),
            paid: reward::present_indices(ctx, &site.validator, key, site.pool.epoch)?,
        },
    };
    site.pool.delegator_shares = site.pool.delegator_shares.add(shares)?;
    save_delegation(ctx, delegator, site, key, &delegation)
}

/// Gives coins of one of our accounts to the community pool.
pub fn to_community_pool(ctx: &mut Ctx, from: &ModuleAccount, coins: &Coins) -> Result<()> {
    if coins.is_empty() {
        return Ok(());
    }
    distribution::fund_community_pool(ctx, coins, &from.address())
}
