//! What the vaults can be asked.

mod convert;
mod risk;

pub(super) use convert::{
    batch_to_wire, change_kind, change_to_wire, claim_to_wire, holding_to_wire, ledger_to_wire, lot_to_wire,
    seat_to_wire, stage_number, vault_to_wire,
};
pub use risk::risk_report;

use entente_kernel::num::{Denom, floor_ratio};
use entente_kernel::{Ctx, Error, Grpc, Result, View};
use entente_proto::restake::vault::v1 as wire;

use super::block::{auction, credited, flow, report};
use super::holding::{basket, coin, coins, must_vault};
use super::math::{self, WAD};
use super::state::{
    ALLOWED, BATCHES, CLAIMS, CLAIMS_OF_OWNER, LEDGER, LOCKED, LOCKS, LOTS, LOTS_OF_VAULT, PENDING, STREAMS, VAULTS,
    Vault,
};
use super::{error, handle, next_close, stake};
use crate::modules::assets;
use crate::query::{page_request, page_response};
use crate::wire as ours;

/// One million base units of shares: the unit of a shown price.
const PRICED_SHARES: u128 = 1_000_000;

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?.to_wire()) })
}

pub fn vaults(view: &View, request: wire::QueryVaultsRequest) -> Result<wire::QueryVaultsResponse> {
    let page = VAULTS.page(view, &page_request(request.pagination))?;
    let (rows, pagination) = page_response(page);
    let vaults = rows.iter().map(|(_, vault)| vault_to_wire(view, vault)).collect();
    Ok(wire::QueryVaultsResponse { vaults, pagination })
}

pub fn vault(view: &View, request: wire::QueryVaultRequest) -> Result<wire::QueryVaultResponse> {
    let vault = must_vault(view, request.vault)?;
    Ok(wire::QueryVaultResponse { pending: pending(view, vault.id)?, vault: Some(vault_to_wire(view, &vault)) })
}

/// What the curator of a vault announced.
fn pending(view: &View, vault: u64) -> Result<Vec<wire::PendingChange>> {
    let rows = PENDING.prefix(view, &vault).map(|row| {
        let (_, pending) = row?;
        Ok(wire::PendingChange {
            vault,
            change: Some(change_to_wire(view, &pending.change)),
            effective_at: Some(ours::timestamp(pending.effective_at)),
        })
    });
    rows.collect()
}

/// The vault as the next message would find it: what takes, roundings and time changed since it was last seen is there already.
fn seen(view: &View, id: u64) -> Result<(Ctx, Vault)> {
    let mut ctx = view.scratch();
    let mut vault = must_vault(&ctx, id)?;
    stake::look(&mut ctx, &mut vault)?;
    Ok((ctx, vault))
}

pub fn share_price(view: &View, request: wire::QuerySharePriceRequest) -> Result<wire::QuerySharePriceResponse> {
    let (ctx, vault) = seen(view, request.vault)?;
    let basket = basket(&ctx, &vault)?;
    Ok(wire::QuerySharePriceResponse {
        price: ours::wad(of_priced_shares(basket.share_price()?)?),
        shares: vault.shares.to_string(),
        nav: basket.nav()?.to_string(),
    })
}

fn of_priced_shares(price: u128) -> Result<u128> {
    price.checked_mul(PRICED_SHARES).ok_or_else(|| Error::plain("the price has more than 128 bits"))
}

pub fn nav(view: &View, request: wire::QueryNavRequest) -> Result<wire::QueryNavResponse> {
    let (ctx, vault) = seen(view, request.vault)?;
    let basket = basket(&ctx, &vault)?;
    Ok(wire::QueryNavResponse {
        nav: basket.nav()?.to_string(),
        nav_hi: basket.nav_hi()?.to_string(),
        underlying: vault.underlying,
    })
}

pub fn nav_lo(view: &View, request: wire::QueryNavLoRequest) -> Result<wire::QueryNavLoResponse> {
    let (ctx, vault) = seen(view, request.vault)?;
    let basket = basket(&ctx, &vault)?;
    let value = basket.lines.iter().try_fold(0u128, |all, line| {
        all.checked_add(line.value_lo()?).ok_or(entente_kernel::num::NumError::Overflow)
    })?;
    let price_lo = ours::wad(of_priced_shares(basket.nav_lo_per_share()?)?);
    Ok(wire::QueryNavLoResponse { nav_lo: value.to_string(), price_lo })
}

pub fn composition(view: &View, request: wire::QueryCompositionRequest) -> Result<wire::QueryCompositionResponse> {
    let (view, vault) = seen(view, request.vault)?;
    let view = &view;
    let basket = basket(view, &vault)?;
    let nav = basket.nav()?;
    let mut components = Vec::with_capacity(vault.seats.len());
    let mut values = Vec::with_capacity(vault.seats.len());
    for (seat, line) in vault.seats.iter().zip(&basket.lines) {
        let asset = assets::must_asset(view, seat.asset)?;
        let value = line.value()?;
        values.push(value);
        let part = if nav == 0 { 0 } else { floor_ratio(&[value, WAD], &[nav])? };
        components.push(wire::Component {
            asset_id: seat.asset,
            denom: seat.denom.to_string(),
            value: value.to_string(),
            part: ours::wad(part),
            target: ours::wad(seat.target),
            rate: ours::wad(line.rate),
            health: assets::health(view, &asset)?.text().to_owned(),
            holding: Some(holding_to_wire(view, vault.id, &seat.denom)?),
        });
    }
    let targets: Vec<u128> = vault.seats.iter().map(|seat| seat.target).collect();
    let strength = super::params(view)?.k;
    Ok(wire::QueryCompositionResponse {
        nav: nav.to_string(),
        components,
        phi: math::potential_floor(&values, &targets, strength)?.to_string(),
        phi_ceil: math::potential_ceil(&values, &targets, strength)?.to_string(),
    })
}

pub fn targets(view: &View, request: wire::QueryTargetsRequest) -> Result<wire::QueryTargetsResponse> {
    let vault = must_vault(view, request.vault)?;
    let (rows, at_capacity) = report(view, &vault)?;
    let targets = vault.seats.iter().zip(rows).map(|(seat, row)| wire::Target {
        asset_id: seat.asset,
        denom: seat.denom.to_string(),
        target: ours::wad(seat.target),
        goal: ours::wad(seat.goal),
        depth_2pct: row.depth.to_string(),
        apr: row.yearly.to_string(),
        tilt: ours::wad(row.tilt),
        raw: row.raw.to_string(),
        cap: ours::wad(row.bound.cap),
        floor: ours::wad(row.bound.floor),
    });
    Ok(wire::QueryTargetsResponse { targets: targets.collect(), at_capacity })
}

pub fn preview_deposit(
    view: &View,
    request: wire::QueryPreviewDepositRequest,
) -> Result<wire::QueryPreviewDepositResponse> {
    let split = request.coin.find(|c: char| !c.is_ascii_digit()).unwrap_or(request.coin.len());
    let (digits, denom) = request.coin.split_at(split);
    let wrong = |what: String| Error::status(Grpc::InvalidArgument, format!("coin: {:?}: {what}", request.coin));
    let given: u128 = digits.parse().map_err(|_| wrong("an amount and a denom in one word are wanted".to_owned()))?;
    let denom = Denom::new(denom).map_err(|e| wrong(e.to_string()))?;

    let (ctx, vault) = seen(view, request.vault)?;
    let before = basket(&ctx, &vault)?;
    let params = super::params(&ctx)?;
    let (place, quote) = handle::price(&vault, &before, &params, &denom, given)?;
    let refusal = handle::refusal(&ctx, &vault, &before, &params, place, given, &quote);
    Ok(wire::QueryPreviewDepositResponse {
        shares: Some(ours::coin(&coin(&vault.lrt, quote.user))),
        value: quote.value.to_string(),
        gross: quote.gross.to_string(),
        fee: quote.fee.to_string(),
        bonus: quote.bonus_shares.to_string(),
        refusal: refusal.err().map(|e| e.to_string()).unwrap_or_default(),
    })
}

pub fn preview_exit(view: &View, request: wire::QueryPreviewExitRequest) -> Result<wire::QueryPreviewExitResponse> {
    let shares = ours::parse_amount(&request.shares, "shares")?;
    let (ctx, vault) = seen(view, request.vault)?;
    if shares > vault.shares {
        return Err(Error::status(Grpc::InvalidArgument, format!("shares: {shares}; the vault has {}", vault.shares)));
    }
    let mut list = Vec::with_capacity(vault.seats.len());
    for (seat, line) in vault.seats.iter().zip(basket(&ctx, &vault)?.lines) {
        list.push((seat.denom.clone(), math::exit_amount(line.active, shares, vault.shares)?));
    }
    let (close, mature) = next_close(&ctx, &vault)?;
    Ok(wire::QueryPreviewExitResponse {
        coins: ours::coins(&coins(list)?),
        close_time: Some(ours::timestamp(close)),
        mature_at: Some(ours::timestamp(mature)),
    })
}

pub fn batches(view: &View, request: wire::QueryBatchesRequest) -> Result<wire::QueryBatchesResponse> {
    let vault = must_vault(view, request.vault)?;
    let page = BATCHES.page_prefix(view, &vault.id, &page_request(request.pagination))?;
    let (rows, pagination) = page_response(page);
    let batches = rows.iter().map(|((_, id), batch)| batch_to_wire(view, &vault, *id, batch)).collect::<Result<_>>()?;
    Ok(wire::QueryBatchesResponse { batches, pagination })
}

pub fn batch(view: &View, request: wire::QueryBatchRequest) -> Result<wire::QueryBatchResponse> {
    let vault = must_vault(view, request.vault)?;
    let found = BATCHES.get(view, &(vault.id, request.batch))?;
    let found =
        found.ok_or_else(|| error::UNKNOWN_BATCH.because(format!("{} of vault {}", request.batch, vault.id)))?;
    Ok(wire::QueryBatchResponse { batch: Some(batch_to_wire(view, &vault, request.batch, &found)?) })
}

pub fn claims(view: &View, request: wire::QueryClaimsRequest) -> Result<wire::QueryClaimsResponse> {
    let owner = view.bech32().parse_acc(&request.owner)?;
    let page = CLAIMS_OF_OWNER.page_prefix(view, &owner, &page_request(request.pagination))?;
    let (rows, pagination) = page_response(page);
    let claims = rows.iter().map(|((_, vault, batch), ())| {
        let claim = CLAIMS.must(view, &(*vault, *batch, owner))?;
        claim_to_wire(view, *vault, *batch, &owner, &claim)
    });
    Ok(wire::QueryClaimsResponse { claims: claims.collect::<Result<_>>()?, pagination })
}

pub fn lots(view: &View, request: wire::QueryLotsRequest) -> Result<wire::QueryLotsResponse> {
    let vault = must_vault(view, request.vault)?;
    let page = LOTS_OF_VAULT.page_prefix(view, &vault.id, &page_request(request.pagination))?;
    let (rows, pagination) = page_response(page);
    let offers = rows.iter().map(|(_, id)| {
        let lot = LOTS.must(view, id)?;
        let price = coin(&lot.wanted, auction::cost(view, &lot)?.1);
        Ok(wire::LotOffer { lot: Some(lot_to_wire(*id, &lot)), price: Some(ours::coin(&price)) })
    });
    Ok(wire::QueryLotsResponse { lots: offers.collect::<Result<_>>()?, pagination })
}

pub fn allowed(view: &View, request: wire::QueryAllowedRequest) -> Result<wire::QueryAllowedResponse> {
    let vault = must_vault(view, request.vault)?;
    let page = ALLOWED.page_prefix(view, &vault.id, &page_request(request.pagination))?;
    let (rows, pagination) = page_response(page);
    let depositors = rows.iter().map(|((_, depositor), ())| view.bech32().acc(depositor)).collect();
    Ok(wire::QueryAllowedResponse { depositors, pagination })
}

pub fn ledger(view: &View, request: wire::QueryLedgerRequest) -> Result<wire::QueryLedgerResponse> {
    let vault = must_vault(view, request.vault)?;
    let page = LEDGER.page_prefix(view, &vault.id, &page_request(request.pagination))?;
    let (rows, pagination) = page_response(page);
    Ok(wire::QueryLedgerResponse {
        rows: rows.iter().map(|((id, denom), ledger)| ledger_to_wire(*id, denom, ledger)).collect(),
        bonus_shares: vault.bonus_total.to_string(),
        fee_shares: vault.fee_total.to_string(),
        pagination,
    })
}

pub fn gauge(view: &View, request: wire::QueryGaugeRequest) -> Result<wire::QueryGaugeResponse> {
    let vault = must_vault(view, request.vault)?;
    let owner = view.bech32().parse_acc(&request.owner)?;
    let mut list = Vec::new();
    for row in STREAMS.prefix(view, &vault.id) {
        let ((_, denom), _) = row?;
        let Some(stream) = flow(view, vault.id, &denom)? else { continue };
        list.push((denom.clone(), credited(view, vault.id, &owner, &denom, &stream)?.owed));
    }
    let lock = wire::GaugeLock {
        vault: vault.id,
        owner: request.owner,
        shares: LOCKS.get(view, &(vault.id, owner))?.unwrap_or_default().to_string(),
        owed: ours::coins(&coins(list)?),
    };
    let total = LOCKED.get(view, &vault.id)?.unwrap_or_default().to_string();
    Ok(wire::QueryGaugeResponse { lock: Some(lock), total })
}
