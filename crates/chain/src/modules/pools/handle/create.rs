//! Making a pool.

use entente_kernel::num::Denom;
use entente_kernel::{AccAddress, Ctx, Error, Result, View};
use entente_proto::cosmos::bank::v1beta1::{DenomUnit, Metadata};
use entente_proto::restake::pools::v1 as wire;

use super::super::math::{self, LOCKED_SHARES, RESERVE_MAX};
use super::super::params::{DEPTH_MAX, FIRST_RESERVE};
use super::super::state::{Kind, OBSERVATIONS, PARAMS, POOL_IDS, POOLS, Part, Pool};
use super::super::{coin, coins, curve, error, event, listed, market, msg, must_pool, params};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{bank, distribution};
use crate::wire as convert;

/// Decimal places of shares beyond those of the coins: a new pool has a million shares for a unit of its size.
const SHARE_DECIMALS: u32 = 6;

pub fn create_pool(ctx: &mut Ctx, m: msg::CreatePool) -> Result<wire::MsgCreatePoolResponse> {
    let params = params(ctx)?;
    if params.paused {
        return Err(error::PAUSED.because("all"));
    }
    if !params.creation_fee.is_empty() {
        distribution::fund_community_pool(ctx, &params.creation_fee, &m.creator)?;
    }
    let (pool, got) = make(ctx, &m.creator, m.terms)?;
    let shares = Some(convert::coin(&coin(&pool.lp, got)));
    Ok(wire::MsgCreatePoolResponse { pool: pool.id, shares })
}

/// Makes a pool with the coins of its creator; gives it and the creator's shares.
///
/// # Errors
/// pools 3, 7, 8; `sdk` 5 if the coins are not there.
pub fn make(ctx: &mut Ctx, creator: &AccAddress, terms: msg::Terms) -> Result<(Pool, u128)> {
    check_terms(ctx, &terms)?;
    let id = POOL_IDS.next(ctx)?;
    let lp = Denom::new(&format!("lp/{id}"))?;
    if !bank::supply(ctx, &lp)?.is_zero() {
        return Err(invalid(format!("{lp} exists already")));
    }
    let (kind, swap_fee) = (terms.kind, terms.swap_fee);
    let mut pool = Pool { id, kind, creator: *creator, parts: terms.parts, swap_fee, lp, shares: 0, paused: false };
    super::check_rates(ctx, &pool)?;
    pool.shares = math::first_shares(&curve(ctx, &pool)?, &pool.reserves())?;
    let got = super::super::minus(pool.shares, LOCKED_SHARES)?;
    let paid = coins(pool.parts.iter().map(|part| (part.denom.clone(), part.reserve)))?;
    bank::send_to_module(ctx, creator, &ModuleAccount::POOLS, &paid)?;
    bank::mint(ctx, &ModuleAccount::POOLS, &coins([(pool.lp.clone(), pool.shares)])?)?;
    bank::send_from_module(ctx, &ModuleAccount::POOLS, creator, &coins([(pool.lp.clone(), got)])?)?;
    bank::set_metadata(ctx, &metadata(ctx, &pool)?)?;
    auth::ensure_account(ctx, &super::super::account(id))?;
    POOLS.set(ctx, &id, &pool)?;
    market::begin(ctx, &pool)?;
    let next = ctx.time().plus(params(ctx)?.snapshot_every());
    OBSERVATIONS.set(ctx, &(next, id), &())?;
    ctx.emit(event::pool_created(ctx, &pool));
    Ok((pool, got))
}

fn check_terms(view: &View, terms: &msg::Terms) -> Result<()> {
    let params = params(view)?;
    if terms.swap_fee > params.swap_fee_max {
        let (is, most) = (terms.swap_fee, params.swap_fee_max);
        return Err(invalid(format!("swap_fee is {is} x 10^-18, at most {most} is allowed")));
    }
    for Part { denom, reserve, .. } in &terms.parts {
        if *reserve < FIRST_RESERVE {
            return Err(error::TOO_SMALL.because(format!("{reserve}{denom}; a new pool needs {FIRST_RESERVE} of each")));
        }
        if *reserve > RESERVE_MAX {
            return Err(error::TOO_LARGE.because(format!("{reserve}{denom}; a pool holds at most {RESERVE_MAX}")));
        }
        check_layers(view, denom, DEPTH_MAX)?;
    }
    let Kind::Stable(amplification) = terms.kind else { return Ok(()) };
    if !(1..=params.amplification_max).contains(&amplification) {
        let most = params.amplification_max;
        return Err(invalid(format!("amplification is {amplification}, 1 to {most} is allowed")));
    }
    let mut group: Option<String> = None;
    for part in &terms.parts {
        let asset = listed(view, &part.denom)?;
        let first = group.get_or_insert(asset.underlying.clone());
        if *first != asset.underlying {
            let other = asset.underlying;
            return Err(invalid(format!("{} is counted in {other}, others of the pool in {first}", part.denom)));
        }
    }
    Ok(())
}

/// Shares of pools may stand in pools: those of older ones, a few layers deep. So no pool is made of itself.
fn check_layers(view: &View, denom: &Denom, depth: usize) -> Result<()> {
    let Some(id) = denom.as_str().strip_prefix("lp/") else { return Ok(()) };
    let inner = id.parse().ok().map(|id: u64| POOLS.get(view, &id)).transpose()?.flatten();
    let inner = inner.ok_or_else(|| invalid(format!("{denom} is no pool's share")))?;
    let depth =
        depth.checked_sub(1).filter(|depth| *depth > 0).ok_or_else(|| invalid(format!("{denom} stands too deep")))?;
    inner.parts.iter().try_for_each(|part| check_layers(view, &part.denom, depth))
}

fn metadata(view: &View, pool: &Pool) -> Result<Metadata> {
    let mut places = Vec::with_capacity(pool.parts.len());
    for part in &pool.parts {
        let known = bank::metadata(view, &part.denom)?;
        places.push(known.and_then(|m| m.denom_units.iter().map(|unit| unit.exponent).max()).unwrap_or_default());
    }
    let most = places.into_iter().max().unwrap_or_default();
    let unit = |denom: String, exponent| DenomUnit { denom, exponent, aliases: Vec::new() };
    let (id, display) = (pool.id, format!("pool-{}", pool.id));
    Ok(Metadata {
        description: format!("Shares of pool {id}"),
        denom_units: vec![unit(pool.lp.to_string(), 0), unit(display.clone(), most.saturating_add(SHARE_DECIMALS))],
        base: pool.lp.to_string(),
        display,
        name: format!("Pool {id}"),
        symbol: format!("LP-{id}"),
        ..Default::default()
    })
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    PARAMS.save(ctx, &m.params)?;
    Ok(wire::MsgUpdateParamsResponse {})
}

pub fn set_pool_paused(ctx: &mut Ctx, m: msg::SetPoolPaused) -> Result<wire::MsgSetPoolPausedResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let mut pool = must_pool(ctx, m.pool)?;
    pool.paused = m.paused;
    POOLS.set(ctx, &pool.id, &pool)?;
    ctx.emit(event::pool_paused(pool.id, pool.paused));
    Ok(wire::MsgSetPoolPausedResponse {})
}

fn invalid(text: String) -> Error {
    error::INVALID_TERMS.because(text)
}
