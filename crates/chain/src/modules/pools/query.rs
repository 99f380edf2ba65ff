//! What the pools can be asked.

use entente_kernel::num::{Coin, Denom, floor_ratio};
use entente_kernel::{Error, Grpc, Result, View};
use entente_proto::restake::pools::v1 as wire;

use super::event::place_text;
use super::market::{self, Window};
use super::math::{self, WAD};
use super::state::{INCENTIVES, Incentive, Kind, POOLS, POSITIONS, Pool};
use super::{amount, coin, coins, curve, handle, must_pool, reward};
use crate::query::{page_request, page_response};
use crate::wire as convert;

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?.to_wire()) })
}

pub fn pools(view: &View, request: wire::QueryPoolsRequest) -> Result<wire::QueryPoolsResponse> {
    let page = POOLS.page(view, &page_request(request.pagination))?;
    let (rows, pagination) = page_response(page);
    let pools = rows.iter().map(|(_, pool)| pool_to_wire(view, pool)).collect();
    Ok(wire::QueryPoolsResponse { pools, pagination })
}

pub fn pool(view: &View, request: wire::QueryPoolRequest) -> Result<wire::QueryPoolResponse> {
    let pool = found(view, request.pool)?;
    let account = view.bech32().acc(&super::account(pool.id));
    Ok(wire::QueryPoolResponse { pool: Some(pool_to_wire(view, &pool)), account })
}

fn found(view: &View, id: u64) -> Result<Pool> {
    POOLS.get(view, &id)?.ok_or_else(|| Error::status(Grpc::NotFound, format!("there is no pool {id}")))
}

/// What `MsgSwap` through this pool would pay now: the same step, on a state that is thrown away.
pub fn preview_swap(ctx: &View, request: wire::QueryPreviewSwapRequest) -> Result<wire::QueryPreviewSwapResponse> {
    let wrong = |e: entente_kernel::num::NumError| Error::status(Grpc::InvalidArgument, e);
    let paid: Coin = request.coin_in.parse().map_err(wrong)?;
    let denom = Denom::new(&request.denom_out).map_err(wrong)?;
    let pool = found(ctx, request.pool)?;
    if !paid.amount.is_positive() {
        return Err(Error::status(Grpc::InvalidArgument, format!("coin_in: {paid}; more than nothing is wanted")));
    }
    let spot = spot_price(ctx, &pool, &paid.denom, &denom)?;
    let done = handle::hop(&mut ctx.scratch(), pool.id, &paid, &denom)?;
    let price = floor_ratio(&[done.out, WAD], &[amount(paid.amount)?]).unwrap_or(u128::MAX);
    let part = if spot == 0 { WAD } else { floor_ratio(&[price, WAD], &[spot]).unwrap_or(WAD) };
    Ok(wire::QueryPreviewSwapResponse {
        coin_out: Some(convert::coin(&coin(&denom, done.out))),
        fee: Some(convert::coin(&coin(&paid.denom, done.fee))),
        price_impact: convert::wad(WAD.saturating_sub(part)),
    })
}

/// Base units of `quote` for one base unit of `base` at the margin, in steps of 10^-18, fees left out.
fn spot_price(view: &View, pool: &Pool, base: &Denom, quote: &Denom) -> Result<u128> {
    let (i, j) = (pool.place(base)?, pool.place(quote)?);
    let curve = curve(view, pool)?;
    Ok(floor_ratio(&[curve.price(&pool.reserves(), i, j)?, curve.par(i, j)?], &[WAD])?)
}

/// Averages that have no history yet are zero. The quote of a coin is the first other coin that is a voucher, else the first other.
pub fn market(view: &View, request: wire::QueryMarketRequest) -> Result<wire::QueryMarketResponse> {
    let pool = found(view, request.pool)?;
    let base = Denom::new(&request.denom).map_err(|e| Error::status(Grpc::InvalidArgument, e))?;
    let (i, quote) = (pool.place(&base)?, quote_of(view, &pool, &base)?);
    let curve = curve(view, &pool)?;
    let average =
        |window| Ok::<_, Error>(market::price_average(view, &pool, &base, &quote, window)?.unwrap_or_default());
    let depth = |window| market::depth_over(view, &pool, &base, &quote, window);
    Ok(wire::QueryMarketResponse {
        spot_price: convert::wad(spot_price(view, &pool, &base, &quote)?),
        twap_short: convert::wad(average(Window::Short)?),
        twap_long: convert::wad(average(Window::Long)?),
        depth_2pct: math::depth(&curve, &pool.reserves(), i, pool.place(&quote)?)?.to_string(),
        depth_2pct_short: depth(Window::Short)?.to_string(),
        depth_2pct_long: depth(Window::Long)?.to_string(),
        quote: quote.to_string(),
    })
}

fn quote_of(view: &View, pool: &Pool, base: &Denom) -> Result<Denom> {
    let mut others = pool.parts.iter().map(|part| &part.denom).filter(|denom| *denom != base);
    let mut first = None;
    for denom in &mut others {
        let asset = crate::modules::assets::by_denom(view, denom)?;
        if asset.is_some_and(|asset| asset.kind == crate::modules::assets::Kind::Voucher) {
            return Ok(denom.clone());
        }
        first = first.or(Some(denom));
    }
    Ok(first.unwrap_or(base).clone())
}

pub fn incentives(view: &View, request: wire::QueryIncentivesRequest) -> Result<wire::QueryIncentivesResponse> {
    let shown = |(pool, id): (u64, u64), incentive: Incentive| Ok(Some(incentive_to_wire(view, pool, id, &incentive)));
    let page = INCENTIVES.page_prefix_filter(view, &request.pool, &page_request(request.pagination), shown)?;
    let (incentives, pagination) = page_response(page);
    Ok(wire::QueryIncentivesResponse { incentives, pagination })
}

/// Positions as the next message would find them: what time, takes and slashes changed is there already.
pub fn positions(view: &View, request: wire::QueryPositionsRequest) -> Result<wire::QueryPositionsResponse> {
    let owner = view.bech32().parse_acc(&request.owner)?;
    let shown = |(_, id, place): super::state::PositionKey, _: u128| {
        let pool = must_pool(view, id)?;
        let reward::Shown { units, shares, owed } = reward::shown(view, &pool, &owner, place)?;
        Ok(Some(wire::Position {
            owner: request.owner.clone(),
            pool: id,
            validator: place_text(view, place),
            shares: shares.to_string(),
            owed: convert::coins(&coins(owed)?),
            units: units.to_string(),
        }))
    };
    let page = POSITIONS.page_prefix_filter(view, &owner, &page_request(request.pagination), shown)?;
    let (positions, pagination) = page_response(page);
    Ok(wire::QueryPositionsResponse { positions, pagination })
}

pub fn kind_number(kind: Kind) -> i32 {
    let kind = match kind {
        Kind::Weighted => wire::PoolKind::Weighted,
        Kind::Stable(_) => wire::PoolKind::Stable,
    };
    kind.into()
}

pub fn pool_to_wire(view: &View, pool: &Pool) -> wire::Pool {
    let asset = |part: &super::state::Part| wire::PoolAsset {
        reserve: Some(convert::coin(&coin(&part.denom, part.reserve))),
        weight: convert::wad(part.weight),
    };
    wire::Pool {
        id: pool.id,
        kind: kind_number(pool.kind),
        creator: view.bech32().acc(&pool.creator),
        assets: pool.parts.iter().map(asset).collect(),
        swap_fee: convert::wad(pool.swap_fee),
        amplification: match pool.kind {
            Kind::Stable(amplification) => amplification,
            Kind::Weighted => 0,
        },
        lp_denom: pool.lp.to_string(),
        shares: pool.shares.to_string(),
        paused: pool.paused,
    }
}

pub fn incentive_to_wire(view: &View, pool: u64, id: u64, incentive: &Incentive) -> wire::Incentive {
    wire::Incentive {
        id,
        pool,
        funder: view.bech32().acc(&incentive.funder),
        amount: Some(convert::coin(&coin(&incentive.denom, incentive.amount))),
        start: Some(convert::timestamp(incentive.start)),
        period: Some(convert::span(incentive.period)),
        paid: incentive.flowed.to_string(),
        seen: Some(convert::timestamp(incentive.seen)),
    }
}
