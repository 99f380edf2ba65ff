//! Leaving: shares into the open batch, out of it again while it is open, claims of it to others, and payment in kind.

use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Ctx, Result};
use entente_proto::restake::vault::v1 as wire;

use super::super::block::pay_claim;
use super::super::holding::{coins, holding, minus, must_vault, plus};
use super::super::hooks::{self, News};
use super::super::state::{BATCHES, Batch, CLAIMS, CLAIMS_OF_OWNER, Claim, VAULTS, Vault};
use super::super::{error, event, halt, math, msg, next_close};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;
use crate::wire as convert;

/// The shares stay shares until the batch closes: they earn, and they are exposed.
pub fn request_exit(ctx: &mut Ctx, msg::RequestExit(m): msg::RequestExit) -> Result<wire::MsgRequestExitResponse> {
    let mut vault = must_vault(ctx, m.vault)?;
    refuse_worthless(ctx, &vault, m.shares)?;
    bank::send_to_module(ctx, &m.owner, &ModuleAccount::VAULT, &coins([(vault.lrt.clone(), m.shares)])?)?;
    let open = BATCHES.get(ctx, &(vault.id, vault.last_batch))?.filter(|batch| batch.closed.is_none());
    let mut batch = match open {
        Some(batch) => batch,
        None => {
            vault.last_batch = vault.last_batch.saturating_add(1);
            VAULTS.set(ctx, &vault.id, &vault)?;
            Batch { shares: 0, parts: Vec::new(), closed: None, claims: 0, delayed: false }
        }
    };
    batch.shares = plus(batch.shares, m.shares)?;
    add_to_claim(ctx, &vault, vault.last_batch, &mut batch, &m.owner, &Claim { shares: m.shares, paid: Vec::new() })?;
    BATCHES.set(ctx, &(vault.id, vault.last_batch), &batch)?;
    ctx.emit(event::exit_requested(ctx, vault.id, &m.owner, vault.last_batch, m.shares));
    let (close, mature) = next_close(ctx, &vault)?;
    hooks::tell(ctx, &vault, &News::Exit { owner: &m.owner, batch: vault.last_batch, shares: m.shares })?;
    Ok(wire::MsgRequestExitResponse {
        batch: vault.last_batch,
        close_time: Some(convert::timestamp(close)),
        mature_at: Some(convert::timestamp(mature)),
    })
}

fn refuse_worthless(ctx: &Ctx, vault: &Vault, shares: u128) -> Result<()> {
    for seat in &vault.seats {
        if math::exit_amount(holding(ctx, vault.id, &seat.denom)?.active, shares, vault.shares)? > 0 {
            return Ok(());
        }
    }
    Err(error::TOO_SMALL.because(format!("{shares} shares stand for less than a unit of every asset")))
}

fn add_to_claim(
    ctx: &mut Ctx,
    vault: &Vault,
    id: u64,
    batch: &mut Batch,
    owner: &AccAddress,
    more: &Claim,
) -> Result<()> {
    let key = (vault.id, id, *owner);
    let mut claim = match CLAIMS.get(ctx, &key)? {
        Some(claim) => claim,
        None => {
            batch.claims = batch.claims.saturating_add(1);
            CLAIMS_OF_OWNER.set(ctx, &(*owner, vault.id, id), &())?;
            Claim::default()
        }
    };
    claim.shares = plus(claim.shares, more.shares)?;
    let parts = claim.paid.len().max(more.paid.len());
    claim.paid.resize(parts, 0);
    for (sum, paid) in claim.paid.iter_mut().zip(&more.paid) {
        *sum = plus(*sum, *paid)?;
    }
    CLAIMS.set(ctx, &key, &claim)
}

/// Takes shares out of a claim; the record goes with the last.
fn take_from_claim(
    ctx: &mut Ctx,
    vault: u64,
    id: u64,
    batch: &mut Batch,
    owner: &AccAddress,
    shares: u128,
) -> Result<()> {
    let key = (vault, id, *owner);
    let mut claim = CLAIMS.get(ctx, &key)?.unwrap_or_default();
    if claim.shares < shares {
        return Err(error::NO_CLAIM.because(format!("{} shares of batch {id}, {shares} are wanted", claim.shares)));
    }
    claim.shares = minus(claim.shares, shares)?;
    if claim.shares > 0 {
        return CLAIMS.set(ctx, &key, &claim);
    }
    batch.claims = batch.claims.saturating_sub(1);
    CLAIMS.remove(ctx, &key)?;
    CLAIMS_OF_OWNER.remove(ctx, &(*owner, vault, id))
}

pub fn cancel_exit(ctx: &mut Ctx, msg::CancelExit(m): msg::CancelExit) -> Result<wire::MsgCancelExitResponse> {
    let vault = must_vault(ctx, m.vault)?;
    let key = (vault.id, vault.last_batch);
    let open = BATCHES.get(ctx, &key)?.filter(|batch| batch.closed.is_none());
    let mut batch = open.ok_or_else(|| error::BATCH_CLOSED.because("no batch is open"))?;
    take_from_claim(ctx, vault.id, key.1, &mut batch, &m.owner, m.shares)?;
    batch.shares = minus(batch.shares, m.shares)?;
    if batch.shares == 0 {
        BATCHES.remove(ctx, &key)?
    } else {
        BATCHES.set(ctx, &key, &batch)?
    }
    let back = coins([(vault.lrt.clone(), m.shares)])?;
    bank::send(ctx, &ModuleAccount::VAULT.address(), &m.owner, &back)?;
    ctx.emit(event::exit_cancelled(ctx, vault.id, &m.owner, key.1, m.shares));
    Ok(wire::MsgCancelExitResponse {})
}

pub fn claim_exit(ctx: &mut Ctx, m: msg::ClaimExit) -> Result<wire::MsgClaimExitResponse> {
    must_vault(ctx, m.vault)?;
    let mut batch = must_batch(ctx, m.vault, m.batch)?;
    let claim = CLAIMS.get(ctx, &(m.vault, m.batch, m.owner))?.ok_or_else(|| error::NO_CLAIM.because(m.batch))?;
    match batch.due(halt::sum(ctx)?) {
        None => return Err(error::NOT_DUE.because("it is open")),
        Some(due) if due > ctx.time() => return Err(error::NOT_DUE.because(format!("it is due at {due}"))),
        due => _ = batch.fix(due),
    };
    let paid = pay_claim(ctx, m.vault, m.batch, &mut batch, &m.owner, &m.receiver, &claim)?;
    let paid: Coins = coins(paid)?;
    Ok(wire::MsgClaimExitResponse { paid: convert::coins(&paid) })
}

fn must_batch(ctx: &Ctx, vault: u64, id: u64) -> Result<Batch> {
    BATCHES.get(ctx, &(vault, id))?.ok_or_else(|| error::UNKNOWN_BATCH.because(format!("{id} of vault {vault}")))
}

pub fn transfer_claim(ctx: &mut Ctx, m: msg::TransferClaim) -> Result<wire::MsgTransferClaimResponse> {
    let vault = must_vault(ctx, m.vault)?;
    let mut batch = must_batch(ctx, m.vault, m.batch)?;
    let claim = CLAIMS.get(ctx, &(m.vault, m.batch, m.owner))?.unwrap_or_default();
    let whole = claim.shares == m.shares;
    if !whole && claim.paid.iter().any(|paid| *paid > 0) {
        return Err(error::NO_CLAIM.because("a claim that was paid in part can only be given away whole"));
    }
    let paid = if whole { claim.paid } else { Vec::new() };
    take_from_claim(ctx, m.vault, m.batch, &mut batch, &m.owner, m.shares)?;
    add_to_claim(ctx, &vault, m.batch, &mut batch, &m.to, &Claim { shares: m.shares, paid })?;
    BATCHES.set(ctx, &(m.vault, m.batch), &batch)?;
    ctx.emit(event::claim_transferred(ctx, &m));
    Ok(wire::MsgTransferClaimResponse {})
}
