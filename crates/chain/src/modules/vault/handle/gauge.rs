//! Locking shares for rewards that are not sold.

use entente_kernel::num::Denom;
use entente_kernel::{AccAddress, Ctx, Result};
use entente_proto::restake::vault::v1 as wire;

use super::super::block::{credited, flow};
use super::super::holding::{coins, minus, must_vault, pay, plus};
use super::super::state::{CREDITS, Credit, LOCKED, LOCKS, STREAMS};
use super::super::{error, event, msg};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;
use crate::wire as convert;

pub fn gauge_lock(ctx: &mut Ctx, msg::GaugeLock(m): msg::GaugeLock) -> Result<wire::MsgGaugeLockResponse> {
    let vault = must_vault(ctx, m.vault)?;
    credit(ctx, vault.id, &m.owner)?;
    bank::send_to_module(ctx, &m.owner, &ModuleAccount::VAULT, &coins([(vault.lrt, m.shares)])?)?;
    let locked = LOCKS.get(ctx, &(vault.id, m.owner))?.unwrap_or_default();
    let all = plus(LOCKED.get(ctx, &vault.id)?.unwrap_or_default(), m.shares)?;
    write(ctx, &m, locked, plus(locked, m.shares)?, all)?;
    Ok(wire::MsgGaugeLockResponse {})
}

pub fn gauge_unlock(ctx: &mut Ctx, msg::GaugeUnlock(m): msg::GaugeUnlock) -> Result<wire::MsgGaugeUnlockResponse> {
    let vault = must_vault(ctx, m.vault)?;
    credit(ctx, vault.id, &m.owner)?;
    let locked = LOCKS.get(ctx, &(vault.id, m.owner))?.unwrap_or_default();
    let Some(left) = locked.checked_sub(m.shares) else {
        return Err(error::NOT_LOCKED.because(format!("{locked} are locked, {} are wanted", m.shares)));
    };
    let all = minus(LOCKED.get(ctx, &vault.id)?.unwrap_or_default(), m.shares)?;
    write(ctx, &m, locked, left, all)?;
    let back = coins([(vault.lrt, m.shares)])?;
    bank::send(ctx, &ModuleAccount::VAULT.address(), &m.owner, &back)?;
    Ok(wire::MsgGaugeUnlockResponse {})
}

/// Stores what somebody has locked, and the sum of all; nothing is no record.
fn write(ctx: &mut Ctx, m: &msg::Shares, before: u128, after: u128, total: u128) -> Result<()> {
    let key = (m.vault, m.owner);
    if after == 0 {
        LOCKS.remove(ctx, &key)?
    } else {
        LOCKS.set(ctx, &key, &after)?
    }
    if total == 0 {
        LOCKED.remove(ctx, &m.vault)?
    } else {
        LOCKED.set(ctx, &m.vault, &total)?
    }
    ctx.emit(event::gauge_changed(ctx, m.vault, &m.owner, before, after, total));
    Ok(())
}

pub fn gauge_claim(ctx: &mut Ctx, m: msg::GaugeClaim) -> Result<wire::MsgGaugeClaimResponse> {
    let vault = must_vault(ctx, m.vault)?;
    credit(ctx, vault.id, &m.owner)?;
    let locked = LOCKS.has(ctx, &(vault.id, m.owner))?;
    let mut list: Vec<(Denom, u128)> = Vec::new();
    for ((_, _, denom), credit) in CREDITS.prefix(ctx, &(vault.id, m.owner)).collect::<Result<Vec<_>>>()? {
        let key = (vault.id, m.owner, denom.clone());
        if locked {
            CREDITS.set(ctx, &key, &Credit { owed: 0, ..credit })?
        } else {
            CREDITS.remove(ctx, &key)?
        }
        let mut stream = STREAMS.must(ctx, &(vault.id, denom.clone()))?;
        stream.flowed = minus(stream.flowed, credit.owed)?;
        STREAMS.set(ctx, &(vault.id, denom.clone()), &stream)?;
        list.push((denom, credit.owed));
    }
    let paid = coins(list)?;
    pay(ctx, vault.id, &m.owner, &paid)?;
    ctx.emit(event::gauge_claimed(ctx, vault.id, &m.owner, &paid));
    Ok(wire::MsgGaugeClaimResponse { paid: convert::coins(&paid) })
}

/// Brings the streams of a vault and the credits of a lock to this moment.
fn credit(ctx: &mut Ctx, vault: u64, owner: &AccAddress) -> Result<()> {
    let denoms = STREAMS.prefix(ctx, &vault).map(|row| row.map(|((_, denom), _)| denom)).collect::<Result<Vec<_>>>()?;
    for denom in denoms {
        let Some(stream) = flow(ctx, vault, &denom)? else { continue };
        let credit = credited(ctx, vault, owner, &denom, &stream)?;
        STREAMS.set(ctx, &(vault, denom.clone()), &stream)?;
        CREDITS.set(ctx, &(vault, *owner, denom), &credit)?;
    }
    Ok(())
}
