//! Paying a batch that is due: each claim its part of what is free, in kind.

use entente_kernel::num::{Denom, floor_ratio};
use entente_kernel::{AccAddress, Ctx, Result, Span, Timestamp};

use super::super::holding::{holding, minus, must_vault, plus, put};
use super::super::params::RETRY;
use super::super::state::{BATCHES, Batch, CLAIMS, CLAIMS_OF_OWNER, Claim, DUE, PLACES};
use super::super::{event, halt, stake};

/// What is left of the work of a block.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Amounts of coins that are sent.
    pub payments: usize,
    /// Places that are looked at for coins that are not home.
    pub places: usize,
}

/// Pays claims of a batch, at least one, while the budget lasts; the batch is finished when nobody is left, and waits for the next block or
/// its coins otherwise.
pub fn pay(ctx: &mut Ctx, time: Timestamp, vault_id: u64, id: u64, left: &mut Budget) -> Result<()> {
    let Some(mut batch) = BATCHES.get(ctx, &(vault_id, id))? else {
        return DUE.remove(ctx, &(time, vault_id, id));
    };
    let due = batch.due(halt::sum(ctx)?);
    if let Some(due) = due.filter(|due| *due > ctx.time()) {
        // The chain stood still since it closed.
        DUE.remove(ctx, &(time, vault_id, id))?;
        return DUE.set(ctx, &(due, vault_id, id), &());
    }
    if batch.fix(due) {
        BATCHES.set(ctx, &(vault_id, id), &batch)?;
    }
    if !batch.is_funded() {
        let mut vault = must_vault(ctx, vault_id)?;
        if vault.seen_at != ctx.height() {
            if left.places == 0 {
                return Ok(());
            }
            left.places = left.places.saturating_sub(PLACES.prefix(ctx, &vault_id).count().max(1));
        }
        stake::see(ctx, &mut vault)?;
        batch = BATCHES.must(ctx, &(vault_id, id))?;
    }
    let funded = batch.is_funded();
    if !funded && stake::is_arriving(ctx, &must_vault(ctx, vault_id)?)? {
        // Alliance pays them at the end of this block, or of the next ones.
        DUE.remove(ctx, &(time, vault_id, id))?;
        return DUE.set(ctx, &(ctx.time().plus(Span(1)), vault_id, id), &());
    }
    let coins = batch.parts.len().max(1);
    let claims = left.payments.div_ceil(coins);
    let rows = CLAIMS.prefix(ctx, &(vault_id, id)).take(claims).collect::<Result<Vec<_>>>()?;
    for ((_, _, owner), claim) in rows {
        pay_claim(ctx, vault_id, id, &mut batch, &owner, &owner, &claim)?;
        left.payments = left.payments.saturating_sub(coins);
    }
    if batch.claims == 0 {
        DUE.remove(ctx, &(time, vault_id, id))?;
        return finish(ctx, vault_id, id, &batch);
    }
    if !funded {
        if !batch.delayed {
            batch.delayed = true;
            ctx.emit(event::batch_status(vault_id, id, &batch)?);
        }
        DUE.remove(ctx, &(time, vault_id, id))?;
        DUE.set(ctx, &(ctx.time().plus(RETRY), vault_id, id), &())?;
    }
    BATCHES.set(ctx, &(vault_id, id), &batch)
}

/// Pays what a claim has not received of the free part of its batch; the claim is over when everything is free.
///
/// # Rounding
/// Down: the fraction, less than a unit per payment and asset, goes to those who hold shares when the batch is finished.
pub fn pay_claim(
    ctx: &mut Ctx,
    vault: u64,
    id: u64,
    batch: &mut Batch,
    owner: &AccAddress,
    receiver: &AccAddress,
    claim: &Claim,
) -> Result<Vec<(Denom, u128)>> {
    let all = batch.closed.map_or(batch.shares, |close| close.shares);
    let mut paid = Vec::new();
    let mut sums = Vec::new();
    for (i, part) in batch.parts.iter_mut().enumerate() {
        let free = minus(plus(part.amount, part.paid)?, part.owed)?;
        let due = floor_ratio(&[free, claim.shares], &[all])?;
        let before = claim.paid.get(i).copied().unwrap_or_default();
        let now = due.saturating_sub(before);
        part.amount = minus(part.amount, now)?;
        part.paid = plus(part.paid, now)?;
        sums.push(plus(before, now)?);
        paid.push((part.denom.clone(), now));
    }
    stake::pay_matured(ctx, vault, receiver, &paid)?;
    if batch.is_funded() {
        CLAIMS.remove(ctx, &(vault, id, *owner))?;
        CLAIMS_OF_OWNER.remove(ctx, &(*owner, vault, id))?;
        batch.claims = batch.claims.saturating_sub(1);
        batch.shares = minus(batch.shares, claim.shares)?;
    } else {
        let paid = if sums.iter().all(|sum| *sum == 0) { Vec::new() } else { sums };
        CLAIMS.set(ctx, &(vault, id, *owner), &Claim { shares: claim.shares, paid })?;
    }
    BATCHES.set(ctx, &(vault, id), batch)?;
    ctx.emit(event::claim_paid(ctx, vault, id, owner, receiver, claim.shares, &paid)?);
    Ok(paid)
}

/// What divisions left of a batch goes back to those who hold shares.
fn finish(ctx: &mut Ctx, vault: u64, id: u64, batch: &Batch) -> Result<()> {
    let mut dust = Vec::new();
    for part in &batch.parts {
        let mut held = holding(ctx, vault, &part.denom)?;
        held.matured = minus(held.matured, part.amount)?;
        held.idle = plus(held.idle, part.amount)?;
        held.active = plus(held.active, part.amount)?;
        put(ctx, vault, &part.denom, &held)?;
        dust.push((part.denom.clone(), part.amount));
    }
    BATCHES.remove(ctx, &(vault, id))?;
    ctx.emit(event::batch_finished(vault, id, &dust)?);
    Ok(())
}
