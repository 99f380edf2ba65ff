//! The virtual stake: native coins that the module mints and stakes where alliance stake lies, and burns again when it falls.

use entente_kernel::num::{Coin, Coins, Dec, Int, NumError};
use entente_kernel::state::Rows;
use entente_kernel::{Ctx, Error, Result, ValAddress, View};

use super::super::state::{Asset, AssetKey, REBALANCE};
use super::super::{event, math, pool, reward};
use super::assets;
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;
use crate::modules::staking::{self, BondStatus, Delegation, Validator};

/// Virtual stake on bonded validators, rounded as [`virtual_stake`].
pub fn virtual_bonded(view: &View) -> Result<Int> {
    virtual_stake(view).map(|(_, bonded)| bonded)
}

/// All virtual stake, and that on bonded validators.
///
/// # Rounding
/// Each delegation to 18 places, the sums to whole coins, both down.
pub fn virtual_stake(view: &View) -> Result<(Int, Int)> {
    let (mut all, mut bonded) = (Dec::ZERO, Dec::ZERO);
    for delegation in staking::delegations_of(view, &ModuleAccount::ALLIANCE.address()) {
        let delegation = delegation?;
        let Some(validator) = staking::validator(view, &delegation.validator)? else { continue };
        if validator.delegator_shares.is_zero() {
            continue;
        }
        let tokens = validator.tokens_from_shares_truncated(delegation.shares)?;
        all = all.add(tokens)?;
        if validator.is_bonded() {
            bonded = bonded.add(tokens)?;
        }
    }
    Ok((all.truncate_int()?, bonded.truncate_int()?))
}

/// Bonded stake without the virtual part.
pub fn native_bonded(view: &View) -> Result<Int> {
    Ok(staking::total_bonded_tokens(view)?.sub(virtual_bonded(view)?)?)
}

/// Brings the virtual stake of every bonded validator to what the weights ask for, each in a layer of its own. Writes only where it
/// changes.
pub fn run(ctx: &mut Ctx) -> Result<()> {
    if REBALANCE.load(ctx)?.is_none() {
        return Ok(());
    }
    REBALANCE.remove(ctx)?;
    let native = native_bonded(ctx)?;
    let mut bonded = Vec::new();
    for validator in reward::known_validators(ctx)? {
        if staking::validator(ctx, &validator)?.is_some_and(|v| v.is_bonded()) {
            bonded.push(validator);
        }
    }
    // What is still warming up is looked at again in the next block.
    let warming_up = assets(ctx)?.iter().any(|a| !a.has_started(ctx.time()) && !a.dissolving);
    if warming_up && !bonded.is_empty() {
        REBALANCE.save(ctx, &())?;
    }
    let assets = weighed(ctx, native)?;
    for validator in bonded {
        match ctx.layer(|ctx| rebalance(ctx, &validator, &assets)) {
            Err(Error::Refusal(refusal)) => {
                let text = ctx.bech32().val(&validator);
                ctx.emit(event::step_failed("rebalance", &text, &refusal.log));
                REBALANCE.save(ctx, &())?;
            }
            outcome => outcome?,
        }
    }
    Ok(())
}

fn rebalance(ctx: &mut Ctx, operator: &ValAddress, assets: &Rows<AssetKey, Weighed>) -> Result<()> {
    let expected = expected_stake(ctx, operator, assets)?;
    let validator = staking::must_validator(ctx, operator)?;
    let held = staking::delegation(ctx, &ModuleAccount::ALLIANCE.address(), operator)?;
    let current = held.as_ref().map_or(Ok(Dec::ZERO), |held| validator.tokens_from_shares(held.shares))?;
    let (more, less) = (expected.sub(current)?.truncate_int()?, current.sub(expected)?.truncate_int()?);
    match held {
        held if more.is_positive() => grow(ctx, held, &validator, more),
        Some(held) if less.is_positive() => shrink(ctx, held, validator, less),
        _ => Ok(()),
    }
}

/// What is the same at all validators for an asset that earns.
#[derive(Clone)]
struct Weighed {
    /// Its weight in native stake; what is too large is refused where it counts.
    stake: std::result::Result<Dec, NumError>,
    /// Validator shares that count.
    shares: Dec,
}

/// The assets that earn. Moving the stake of a validator changes neither assets nor pools.
fn weighed(view: &View, native: Int) -> Result<Rows<AssetKey, Weighed>> {
    let earning = assets(view)?.into_iter().filter(|a| a.earns(view.time()));
    let weighed = |asset: Asset| {
        let stake = asset.reward_weight.mul_int(native);
        Ok((asset.key(), Weighed { stake, shares: asset.shares.sub(asset.idle_shares)? }))
    };
    earning.map(weighed).collect()
}

/// What the assets at a validator weigh in native stake.
///
/// # Errors
/// A refusal of too large a sum.
fn expected_stake(view: &View, validator: &ValAddress, assets: &Rows<AssetKey, Weighed>) -> Result<Dec> {
    let (mut sum, mut assets) = (Dec::ZERO, assets.iter().peekable());
    for (key, pool) in &pool::at(view, validator)? {
        // Both lists are in the order of assets.
        while assets.next_if(|(own, _)| own < key).is_some() {}
        let Some((_, asset)) = assets.next_if(|(own, _)| own == key) else { continue };
        if pool.validator_shares.is_positive() && asset.shares.is_positive() {
            sum = sum.add(math::part_of_stake(asset.stake.clone()?, pool.validator_shares, asset.shares)?)?;
        }
    }
    Ok(sum)
}

fn native_coins(view: &View, amount: Int) -> Result<Coins> {
    Ok(Coins::one(Coin::new(staking::bond_denom(view)?, amount))?)
}

fn grow(ctx: &mut Ctx, held: Option<Delegation>, validator: &Validator, amount: Int) -> Result<()> {
    let coins = native_coins(ctx, amount)?;
    bank::mint(ctx, &ModuleAccount::ALLIANCE, &coins)?;
    if let Some(held) = held {
        reward::claim_of(ctx, &held, validator)?;
    }
    let module = ModuleAccount::ALLIANCE.address();
    staking::delegate(ctx, &module, amount, BondStatus::Unbonded, validator, true)?;
    Ok(())
}

fn shrink(ctx: &mut Ctx, held: Delegation, validator: Validator, amount: Int) -> Result<()> {
    let shares = staking::shares_to_unbond(&held, &validator, amount)?;
    reward::claim_of(ctx, &held, &validator)?;
    let returned = staking::unbond_from(ctx, held, validator, shares)?;
    let coins = native_coins(ctx, returned)?;
    bank::burn(ctx, &ModuleAccount::BONDED_POOL, &coins)
}
