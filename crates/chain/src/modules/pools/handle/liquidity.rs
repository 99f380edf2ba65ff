//! Joining a pool and leaving it.

use entente_kernel::num::Denom;
use entente_kernel::{Ctx, Result};
use entente_proto::restake::pools::v1 as wire;

use super::super::state::POOLS;
use super::super::{amount, coin, coins, curve, error, event, market, math, minus, msg, must_pool, plus};
use super::{check_deadline, check_open};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;
use crate::wire as convert;

pub fn join_pool(ctx: &mut Ctx, m: msg::JoinPool) -> Result<wire::MsgJoinPoolResponse> {
    check_deadline(ctx, m.deadline)?;
    let mut pool = must_pool(ctx, m.pool)?;
    check_open(ctx, &pool)?;
    market::observe(ctx, &pool)?;
    let reserves = pool.reserves();
    let mut brought = vec![0; reserves.len()];
    for coin in m.coins.iter() {
        if let Some(place) = brought.get_mut(pool.place(&coin.denom)?) {
            *place = amount(coin.amount)?;
        }
    }
    let (shares, _) = math::join_shares(&curve(ctx, &pool)?, &reserves, &brought, pool.shares, pool.swap_fee)
        .map_err(|e| error::TOO_LARGE.because(format!("pool {}: {e}", pool.id)))?;
    if shares == 0 {
        return Err(error::TOO_SMALL.because(format!("{} buys no share", m.coins)));
    }
    if shares < m.min_shares {
        return Err(error::SLIPPAGE.because(format!("{shares} shares, {} are wanted", m.min_shares)));
    }
    for (part, more) in pool.parts.iter_mut().zip(brought) {
        part.reserve = plus(part.reserve, more)?;
    }
    pool.shares = plus(pool.shares, shares)?;
    let minted = coins([(pool.lp.clone(), shares)])?;
    bank::send_to_module(ctx, &m.sender, &ModuleAccount::POOLS, &m.coins)?;
    bank::mint(ctx, &ModuleAccount::POOLS, &minted)?;
    bank::send_from_module(ctx, &ModuleAccount::POOLS, &m.sender, &minted)?;
    POOLS.set(ctx, &pool.id, &pool)?;
    ctx.emit(event::joined(ctx, &pool, &m.sender, &m.coins, shares));
    Ok(wire::MsgJoinPoolResponse { shares: Some(convert::coin(&coin(&pool.lp, shares))) })
}

/// Nothing stops an exit: no pause, no rate, no market that cannot be seen.
pub fn exit_pool(ctx: &mut Ctx, m: msg::ExitPool) -> Result<wire::MsgExitPoolResponse> {
    check_deadline(ctx, m.deadline)?;
    let mut pool = must_pool(ctx, m.pool)?;
    market::observe(ctx, &pool)?;
    let burnt = coins([(pool.lp.clone(), m.shares)])?;
    bank::send_to_module(ctx, &m.sender, &ModuleAccount::POOLS, &burnt)?;
    let all = pool.shares;
    let mut list: Vec<(Denom, u128)> = Vec::with_capacity(pool.parts.len());
    for part in &mut pool.parts {
        let out = math::exit_amount(part.reserve, m.shares, all)?;
        part.reserve = minus(part.reserve, out)?;
        list.push((part.denom.clone(), out));
    }
    let paid = coins(list)?;
    if paid.is_empty() {
        return Err(error::TOO_SMALL.because(format!("{} shares take nothing of any coin", m.shares)));
    }
    if !paid.is_all_gte(&m.min_coins) {
        return Err(error::SLIPPAGE.because(format!("{paid}, {} is wanted", m.min_coins)));
    }
    pool.shares = minus(pool.shares, m.shares)?;
    bank::burn(ctx, &ModuleAccount::POOLS, &burnt)?;
    bank::send_from_module(ctx, &ModuleAccount::POOLS, &m.sender, &paid)?;
    POOLS.set(ctx, &pool.id, &pool)?;
    ctx.emit(event::exited(ctx, &pool, &m.sender, m.shares, &paid));
    Ok(wire::MsgExitPoolResponse { coins: convert::coins(&paid) })
}
