//! Rewards: what a validator's virtual stake earned becomes indices per delegation share; what a delegation earned is fixed when it is
//! settled and never changes afterwards.

use entente_kernel::num::{Coin, Coins, Dec, Denom, Int, Wide};
use entente_kernel::state::Rows;
use entente_kernel::{AccAddress, Ctx, Result, ValAddress, View};

use super::pool::{self, Site, to_community_pool};
use super::state::{self, AssetKey, Delegation, DelegationKey, INDICES, Index, OWED};
use super::{event, math};
use crate::modules::auth::ModuleAccount;
use crate::modules::staking::{self, Validator};
use crate::modules::{bank, distribution};

/// Native stake by which the virtual stakes of the assets at one validator are compared; it cancels out.
const COMMON_STAKE: u64 = 1_000_000_000;

/// Draws the rewards of the virtual stake at a validator and gives them to its assets. Must come before anything that changes who
/// shares in them.
pub fn claim_validator(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    let Some(held) = staking::delegation(ctx, &ModuleAccount::ALLIANCE.address(), validator)? else { return Ok(()) };
    let validator = staking::must_validator(ctx, validator)?;
    claim_of(ctx, &held, &validator)
}

/// As [`claim_validator`], of the virtual stake and the validator as they are stored.
pub fn claim_of(ctx: &mut Ctx, held: &staking::Delegation, validator: &Validator) -> Result<()> {
    let coins = distribution::withdraw_rewards_of(ctx, held, validator)?;
    if coins.is_empty() { Ok(()) } else { distribute(ctx, &validator.operator, &coins) }
}

/// Claims every validator that alliance knows, in key order.
pub fn claim_all(ctx: &mut Ctx) -> Result<()> {
    for validator in known_validators(ctx)? {
        claim_validator(ctx, &validator)?;
    }
    Ok(())
}

pub fn known_validators(view: &View) -> Result<Vec<ValAddress>> {
    state::VALIDATORS.iter(view).map(|row| row.map(|(v, _)| v)).collect()
}

/// Divides coins, which lie in the alliance account, among the assets that can own them; else they go to the community pool.
pub fn distribute(ctx: &mut Ctx, validator: &ValAddress, coins: &Coins) -> Result<()> {
    let owners = owners(ctx, validator)?;
    if owners.is_empty() {
        to_community_pool(ctx, &ModuleAccount::ALLIANCE, coins)?;
        let validator = ctx.bech32().val(validator);
        ctx.emit(event::unowned(coins, &validator));
        return Ok(());
    }
    bank::send_between_modules(ctx, &ModuleAccount::ALLIANCE, &ModuleAccount::ALLIANCE_REWARDS, coins)?;
    let weights: Vec<Dec> = owners.iter().map(|o| o.weight).collect();
    let parts =
        coins.iter().map(|coin| math::split(coin.amount, &weights)).collect::<std::result::Result<Vec<_>, _>>()?;
    for (place, owner) in owners.iter().enumerate() {
        let row = (*validator, owner.key.clone(), owner.epoch);
        let mut indices = INDICES.get(ctx, &row)?.unwrap_or_default();
        for (coin, parts) in coins.iter().zip(&parts) {
            let before = indices.get(&coin.denom).copied().unwrap_or_default();
            let part = parts.get(place).copied().unwrap_or_default();
            let (rise, carried) = math::accrue(part, before.carried, owner.shares)?;
            indices.set(&coin.denom, Index { per_share: before.per_share.add(rise)?, carried });
        }
        INDICES.set(ctx, &row, &indices)?;
    }
    Ok(())
}

/// An asset that shares in the rewards of a validator.
struct Owner {
    key: AssetKey,
    epoch: u64,
    shares: Dec,
    weight: Dec,
}

/// The assets that own rewards of the validator: started, not dissolving, with delegations there and a weight above zero. Each counts by
/// the virtual stake that it would have there, the validator taken as bonded.
fn owners(view: &View, validator: &ValAddress) -> Result<Vec<Owner>> {
    let mut owners = Vec::new();
    for (key, weight, site) in virtual_stakes(view, validator, Int::from_u64(COMMON_STAKE))? {
        owners.push(Owner { key, epoch: site.pool.epoch, shares: site.pool.delegator_shares, weight });
    }
    Ok(owners)
}

/// The virtual stake that each owning asset has at a validator, taken as bonded, for so much native stake.
pub fn virtual_stakes(view: &View, validator: &ValAddress, native: Int) -> Result<Vec<(AssetKey, Dec, Site)>> {
    let bonded = state::VALIDATORS.get(view, validator)?.is_some_and(|info| info.bonded);
    let mut stakes = Vec::new();
    for (key, pool) in &pool::at(view, validator)? {
        if !pool.delegator_shares.is_positive() {
            continue;
        }
        let asset = pool::must_asset(view, key)?;
        if !asset.earns(view.time()) || !asset.reward_weight.is_positive() {
            continue;
        }
        let own_idle = if bonded { Dec::ZERO } else { pool.validator_shares };
        let all = asset.shares.sub(asset.idle_shares)?.add(own_idle)?;
        let stake = math::virtual_stake(asset.reward_weight, native, pool.validator_shares, all)?;
        stakes.push((key.clone(), stake, Site { validator: *validator, bonded, pool: *pool }));
    }
    Ok(stakes)
}

/// The indices of a pool's epoch, as a new delegation remembers them.
pub fn present_indices(view: &View, validator: &ValAddress, key: &AssetKey, epoch: u64) -> Result<Rows<Denom, Wide>> {
    let indices = INDICES.get(view, &(*validator, key.clone(), epoch))?.unwrap_or_default();
    Ok(indices.map(|index| index.per_share))
}

/// Fixes what a delegation earned up to now and gives its whole coins, which the caller pays or owes. The fraction goes back to the
/// pool, or to the dust if the delegation is of an epoch that has ended.
pub fn settle(ctx: &mut Ctx, row: &DelegationKey, delegation: &mut Delegation, pool_epoch: u64) -> Result<Coins> {
    let place = (row.1, row.2.clone(), delegation.epoch);
    let Some(indices) = INDICES.get(ctx, &place)? else {
        delegation.paid = Rows::default();
        return Ok(Coins::empty());
    };
    let (mut coins, mut after) = (Vec::with_capacity(indices.len()), indices.clone());
    for (coin, index) in &indices {
        let rise = index.per_share.sub(delegation.paid_index(coin))?;
        let (whole, fraction) = math::earned(delegation.shares, rise)?;
        if delegation.epoch != pool_epoch {
            add_dust(ctx, coin, fraction)?;
        } else if !fraction.is_zero() {
            after.set(coin, Index { carried: index.carried.add(fraction)?, ..*index });
        }
        coins.push(Coin::new(coin.clone(), whole));
    }
    delegation.paid = indices.map(|index| index.per_share);
    if after != indices {
        INDICES.set(ctx, &place, &after)?;
    }
    Ok(Coins::new(coins)?)
}

/// Settles a delegation whose shares change without a message of its owner: the coins wait for the next claim.
pub fn settle_into_owed(
    ctx: &mut Ctx,
    row: &DelegationKey,
    delegation: &mut Delegation,
    pool_epoch: u64,
) -> Result<()> {
    let coins = settle(ctx, row, delegation, pool_epoch)?;
    owe(ctx, row, &coins)
}

pub fn owe(ctx: &mut Ctx, row: &DelegationKey, coins: &Coins) -> Result<()> {
    if coins.is_empty() {
        return Ok(());
    }
    let sum = OWED.get(ctx, row)?.unwrap_or_default().add(coins)?;
    OWED.set(ctx, row, &sum)
}

/// Pays coins and everything that is owed for the delegation; reports the claim, even if it is empty.
pub fn pay(ctx: &mut Ctx, row: &DelegationKey, coins: &Coins) -> Result<Coins> {
    let (delegator, validator, _) = row;
    let mut coins = coins.clone();
    if let Some(owed) = OWED.get(ctx, row)? {
        coins = coins.add(&owed)?;
        OWED.remove(ctx, row)?;
    }
    bank::send_from_module(ctx, &ModuleAccount::ALLIANCE_REWARDS, delegator, &coins)?;
    let (sender, validator) = (ctx.bech32().acc(delegator), ctx.bech32().val(validator));
    ctx.emit(event::claimed(&sender, &validator, &coins));
    Ok(coins)
}

/// Claims for a delegation of the pool's present epoch, the validator first.
pub fn claim_delegation(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    site: &mut Site,
    key: &AssetKey,
    delegation: &mut Delegation,
) -> Result<Coins> {
    let row = (*delegator, site.validator, key.clone());
    claim_validator(ctx, &site.validator)?;
    let coins = settle(ctx, &row, delegation, site.pool.epoch)?;
    delegation.claim_height = u64::try_from(ctx.height()).unwrap_or_default();
    pool::save_delegation(ctx, delegator, site, key, delegation)?;
    pay(ctx, &row, &coins)
}

/// Ends an epoch of a pool without shares: what could not be divided goes to the community pool, fractions to the dust. The indices
/// stay if delegations still refer to them.
pub fn close_epoch(ctx: &mut Ctx, validator: &ValAddress, key: &AssetKey, epoch: u64, forget: bool) -> Result<()> {
    let place = (*validator, key.clone(), epoch);
    let Some(indices) = INDICES.get(ctx, &place)? else { return Ok(()) };
    if forget {
        INDICES.remove(ctx, &place)?;
    } else {
        INDICES.set(ctx, &place, &indices.map(|index| Index { carried: Wide::ZERO, ..*index }))?;
    }
    indices.iter().try_for_each(|(coin, index)| add_dust(ctx, coin, index.carried))
}

/// Removes the indices of the epochs before `epoch`, which no delegation refers to any more.
pub fn forget_indices(ctx: &mut Ctx, validator: &ValAddress, key: &AssetKey, epoch: u64) -> Result<()> {
    let rows = INDICES.prefix(ctx, &(*validator, key.clone())).collect::<Result<Vec<_>>>()?;
    for (row, _) in rows {
        if row.2 < epoch {
            INDICES.remove(ctx, &row)?;
        }
    }
    Ok(())
}

/// Adds what nobody owns, in 10^-54 coin. Whole coins of the sum go to the community pool.
fn add_dust(ctx: &mut Ctx, coin: &Denom, amount: Wide) -> Result<()> {
    if amount.is_zero() {
        return Ok(());
    }
    let sum = state::DUST.get(ctx, coin)?.unwrap_or_default().add(amount)?;
    let (whole, fraction) = sum.div_rem(math::coin_unit())?;
    if fraction.is_zero() {
        state::DUST.remove(ctx, coin)?;
    } else {
        state::DUST.set(ctx, coin, &fraction)?;
    }
    let coins = Coins::one(Coin::new(coin.clone(), whole.to_int()?))?;
    if !coins.is_empty() {
        ctx.emit(event::left_over(&coins));
    }
    to_community_pool(ctx, &ModuleAccount::ALLIANCE_REWARDS, &coins)
}
