//! A fault of a validator: its stake loses the factor at once, its entries when they are visited. A slash cannot fail, cannot be skipped
//! and is applied whole or not at all.

use entente_kernel::num::{Coin, Coins, Dec, Int};
use entente_kernel::{Ctx, Error, Result, ValAddress};

use super::pool::{self, Site, to_community_pool};
use super::state::{
    self, FAULT_IDS, FAULTS, Fault, REBALANCE, REDELEGATIONS_OF_SOURCE, SWEEPS, Sweep, UNBONDINGS_OF_VALIDATOR,
};
use super::{event, reward};
use crate::modules::auth::ModuleAccount;

/// Punishes the stake of a validator for a fault at `infraction_height`; its rewards were claimed before (see `hook`).
///
/// # Errors
/// A factor outside of 0 < factor <= 1, in upstream's words; zero is no fault.
pub fn punish(ctx: &mut Ctx, validator: &ValAddress, infraction_height: i64, factor: Dec) -> Result<()> {
    if factor.is_zero() {
        return Ok(());
    }
    if factor.is_negative() || factor > Dec::ONE {
        let text = format!("slashed fraction must be greater than 0 and less than or equal to 1: {factor}");
        return Err(Error::plain(text));
    }
    pool::look_at(ctx, validator)?;
    for key in pool::assets_at(ctx, validator)? {
        punish_pool(ctx, validator, &key, factor)?;
    }
    remember(ctx, validator, Fault { infraction_height, factor, punished_at: ctx.time() })?;
    REBALANCE.save(ctx, &())
}

/// F3: the tokens leave with the shares, so that nobody is paid for another's fault.
fn punish_pool(ctx: &mut Ctx, validator: &ValAddress, key: &state::AssetKey, factor: Dec) -> Result<()> {
    let mut asset = pool::must_asset(ctx, key)?;
    let mut site = Site::load(ctx, validator, key)?;
    let lost_shares = site.pool.validator_shares.mul(factor)?;
    let at_most = asset.tokens.sub(Int::ONE)?.max(Int::ZERO);
    let lost = site.tokens(&asset)?.mul(factor)?.truncate_int()?.min(at_most);
    let lost = if site.pool.validator_shares.is_zero() { Int::ZERO } else { lost };
    site.take_validator_shares(&mut asset, lost_shares)?;
    asset.tokens = asset.tokens.sub(lost)?;
    let coin = Coin::new(asset.denom.clone(), lost);
    to_community_pool(ctx, &ModuleAccount::ALLIANCE, &Coins::from_coin(&coin)?)?;
    let text = ctx.bech32().val(validator);
    ctx.emit(event::stake_slashed(&text, &coin, factor));
    site.restart_if_worthless(ctx, &mut asset)?;
    site.save(ctx, key)?;
    pool::save_asset(ctx, &asset)
}

/// Keeps the fault while an entry can need it, and has its entries visited.
fn remember(ctx: &mut Ctx, validator: &ValAddress, fault: Fault) -> Result<()> {
    let has_entries = REDELEGATIONS_OF_SOURCE.prefix(ctx, validator).next().transpose()?.is_some()
        || UNBONDINGS_OF_VALIDATOR.prefix(ctx, validator).next().transpose()?.is_some();
    if !has_entries {
        return Ok(());
    }
    let id = FAULT_IDS.next(ctx)?;
    FAULTS.set(ctx, &(*validator, id), &fault)?;
    SWEEPS.set(ctx, &(id, *validator), &Sweep { unbondings: false, from: (fault.punished_at, 0) })
}

/// Claims a validator's rewards before distribution hears of its slash: what was earned until then belongs to those who earned it.
/// A claim that the host refuses must not spare anybody.
pub fn claim_before(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    match ctx.layer(|ctx| reward::claim_validator(ctx, validator)) {
        Err(Error::Refusal(refusal)) => {
            let text = ctx.bech32().val(validator);
            ctx.emit(event::step_failed("claim before slash", &text, &refusal.log));
            Ok(())
        }
        outcome => outcome,
    }
}
