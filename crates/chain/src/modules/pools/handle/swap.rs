//! Swapping through one pool or several.

use entente_kernel::num::{Coin, Coins, Denom};
use entente_kernel::{Ctx, Result};
use entente_proto::restake::pools::v1 as wire;

use super::super::state::{Kind, POOLS, Pool};
use super::super::{amount, coin, coins, curve, error, event, listed, market, math, minus, msg, must_pool, plus};
use super::{check_deadline, check_open};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;
use crate::wire as convert;

pub fn swap(ctx: &mut Ctx, m: msg::Swap) -> Result<wire::MsgSwapResponse> {
    check_deadline(ctx, m.deadline)?;
    let mut held = m.coin.clone();
    bank::send_to_module(ctx, &m.sender, &ModuleAccount::POOLS, &Coins::one(m.coin)?)?;
    for (id, denom) in m.route {
        let done = hop(ctx, id, &held, &denom)?;
        let got = coin(&denom, done.out);
        let fee = coin(&held.denom, done.fee);
        ctx.emit(event::swapped(ctx, id, &m.sender, (&held, &got, &fee), &done.rates));
        held = got;
    }
    let out = amount(held.amount)?;
    if out < m.min_out {
        return Err(error::SLIPPAGE.because(format!("{held}, {} is wanted", m.min_out)));
    }
    bank::send_from_module(ctx, &ModuleAccount::POOLS, &m.sender, &coins([(held.denom.clone(), out)])?)?;
    Ok(wire::MsgSwapResponse { coin_out: Some(convert::coin(&held)) })
}

/// What a pool paid, and at what rates.
pub struct Paid {
    pub out: u128,
    pub fee: u128,
    /// Of a stable pool, in the order of its coins.
    pub rates: Vec<u128>,
}

/// Moves a coin through a pool: its book, not the coins.
///
/// # Errors
/// pools 2, 4 to 8.
pub fn hop(ctx: &mut Ctx, id: u64, held: &Coin, denom: &Denom) -> Result<Paid> {
    let mut pool = must_pool(ctx, id)?;
    check_open(ctx, &pool)?;
    let (i, j) = (pool.place(&held.denom)?, pool.place(denom)?);
    if i == j {
        return Err(error::INVALID_ROUTE.because(format!("{denom} for {denom}, pool {id}")));
    }
    market::observe(ctx, &pool)?;
    let brought = amount(held.amount)?;
    let too_large = |e| error::TOO_LARGE.because(format!("{held} in pool {id}: {e}"));
    let fee = math::swap_fee(brought, pool.swap_fee).map_err(too_large)?;
    let out = curve(ctx, &pool)?.swap(&pool.reserves(), i, j, minus(brought, fee)?).map_err(too_large)?;
    if out == 0 {
        return Err(error::TOO_SMALL.because(format!("{held} buys nothing of {denom} in pool {id}")));
    }
    if let Some(part) = pool.parts.get_mut(i) {
        part.reserve = plus(part.reserve, brought)?;
        if part.reserve > math::RESERVE_MAX {
            return Err(error::TOO_LARGE.because(format!(
                "pool {id} holds at most {} of {}",
                math::RESERVE_MAX,
                part.denom
            )));
        }
    }
    if let Some(part) = pool.parts.get_mut(j) {
        part.reserve = minus(part.reserve, out)?;
    }
    let rates = rates(ctx, &pool)?;
    POOLS.set(ctx, &id, &pool)?;
    Ok(Paid { out, fee, rates })
}

fn rates(ctx: &Ctx, pool: &Pool) -> Result<Vec<u128>> {
    if pool.kind == Kind::Weighted {
        return Ok(Vec::new());
    }
    pool.parts.iter().map(|part| Ok(listed(ctx, &part.denom)?.rate())).collect()
}
