//! Entries whose time is over: redelegations end, unbonding coins are paid. A fixed number per block, in order; the rest follows in the
//! next blocks.

use entente_kernel::num::{Coin, Coins};
use entente_kernel::{Ctx, Error, Result};

use super::super::params::{COMPLETIONS_PER_BLOCK, RETRIES_PER_BLOCK};
use super::super::state::{
    AssetKey, REDELEGATIONS, RETRIES, RETRY_CURSOR, Retry, UNBONDINGS, UNBONDINGS_OF_DELEGATOR, Unbonding,
};
use super::super::{entry, event};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

/// Ends the redelegations that were complete before this block.
pub fn redelegations(ctx: &mut Ctx) -> Result<()> {
    let due = REDELEGATIONS.before(ctx, &ctx.time()).take(COMPLETIONS_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    for (key, found) in due {
        let denom = AssetKey::from(&found.denom);
        entry::visit_redelegations(ctx, &found.delegator, &denom, &found.destination)?;
        let left = REDELEGATIONS.must(ctx, &key)?;
        entry::remove_redelegation(ctx, key, &left)?;
        let bech32 = ctx.bech32();
        let (delegator, source) = (bech32.acc(&left.delegator), bech32.val(&left.source));
        let destination = bech32.val(&left.destination);
        let coin = Coin::new(left.denom, left.amount);
        ctx.emit(event::redelegation_completed(&delegator, &source, &destination, &coin));
    }
    Ok(())
}

/// Pays the unbonding entries that were complete before this block. One that cannot be paid is set aside with the cause.
pub fn unbondings(ctx: &mut Ctx) -> Result<()> {
    let due = UNBONDINGS.before(ctx, &ctx.time()).take(COMPLETIONS_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    for (key, found) in due {
        let denom = AssetKey::from(&found.denom);
        entry::visit_redelegations(ctx, &found.delegator, &denom, &found.validator)?;
        let Some(found) = entry::visit_unbonding(ctx, key, None)? else { continue };
        match ctx.layer(|ctx| pay(ctx, &found)) {
            Ok(()) => entry::remove_unbonding(ctx, key, &found, true)?,
            Err(Error::Refusal(refusal)) => {
                entry::remove_unbonding(ctx, key, &found, false)?;
                let delegator = ctx.bech32().acc(&found.delegator);
                let coin = Coin::new(found.denom.clone(), found.amount);
                ctx.emit(event::undelegation_postponed(&delegator, &coin, &refusal.log));
                RETRIES.set(ctx, &key.1, &Retry { completion: key.0, entry: found, cause: refusal.log })?;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

fn pay(ctx: &mut Ctx, entry: &Unbonding) -> Result<()> {
    let coin = Coin::new(entry.denom.clone(), entry.amount);
    bank::send_from_module(ctx, &ModuleAccount::ALLIANCE, &entry.delegator, &Coins::from_coin(&coin)?)?;
    let (delegator, validator) = (ctx.bech32().acc(&entry.delegator), ctx.bech32().val(&entry.validator));
    ctx.emit(event::undelegation_completed(&delegator, &validator, &coin));
    Ok(())
}

/// Tries some of the set-aside payments again, taking turns.
pub fn retries(ctx: &mut Ctx) -> Result<()> {
    let from = RETRY_CURSOR.load(ctx)?.unwrap_or_default();
    let rows = RETRIES.from(ctx, &from).take(RETRIES_PER_BLOCK).collect::<Result<Vec<_>>>()?;
    match rows.last() {
        Some((last, _)) => RETRY_CURSOR.save(ctx, &last.saturating_add(1))?,
        None if from > 0 => RETRY_CURSOR.remove(ctx)?,
        None => {}
    }
    for (id, retry) in rows {
        match ctx.layer(|ctx| pay(ctx, &retry.entry)) {
            Ok(()) => {
                let denom = AssetKey::from(&retry.entry.denom);
                UNBONDINGS_OF_DELEGATOR.remove(ctx, &(retry.entry.delegator, denom, retry.completion, id))?;
                RETRIES.remove(ctx, &id)?;
            }
            Err(Error::Refusal(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}
