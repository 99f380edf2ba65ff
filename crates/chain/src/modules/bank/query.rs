//! What bank can be asked.

use entente_kernel::num::{Coin, Denom, Int};
use entente_kernel::{AccAddress, Error, Grpc, Result, View};
use entente_proto::cosmos::bank::v1beta1 as wire;

use super::state::{BALANCES, HOLDERS, METADATA, SEND_ENABLED, SUPPLY};
use crate::modules::auth;
use crate::query::{page_request, page_response};
use crate::wire::coin;

fn denom_of(text: &str) -> Result<Denom> {
    Denom::new(text).map_err(|e| Error::status(Grpc::InvalidArgument, e))
}

fn address_of(view: &View, text: &str) -> Result<AccAddress> {
    let invalid = |e| Error::status(Grpc::InvalidArgument, format!("invalid address: {e}"));
    view.bech32().parse_acc(text).map_err(invalid)
}

/// What of a supply is only bookkeeping and does not count as coins: upstream's alliance chains subtract the virtual stake of the
/// bond denom. Zero for every other denom.
fn virtual_part(view: &View, denom: &Denom) -> Result<Int> {
    crate::hooks::virtual_supply(view, denom)
}

fn shown_supply(view: &View, denom: Denom, supply: Int) -> Result<Coin> {
    let hidden = virtual_part(view, &denom)?;
    Ok(Coin::new(denom, supply.sub(hidden)?))
}

pub fn balance(view: &View, request: wire::QueryBalanceRequest) -> Result<wire::QueryBalanceResponse> {
    let denom = denom_of(&request.denom)?;
    let address = address_of(view, &request.address)?;
    let amount = super::balance(view, &address, &denom)?;
    Ok(wire::QueryBalanceResponse { balance: Some(coin(&Coin::new(denom, amount))) })
}

pub fn all_balances(view: &View, request: wire::QueryAllBalancesRequest) -> Result<wire::QueryAllBalancesResponse> {
    let address = address_of(view, &request.address)?;
    let resolve = request.resolve_denom;
    let page =
        BALANCES.page_prefix_filter(view, &address, &page_request(request.pagination), |(_, denom), amount| {
            let mut row = coin(&Coin::new(denom.clone(), amount));
            if resolve && let Some(metadata) = METADATA.get(view, &denom)? {
                row.denom = metadata.0.display;
            }
            Ok(Some(row))
        })?;
    let (balances, pagination) = page_response(page);
    Ok(wire::QueryAllBalancesResponse { balances, pagination })
}

pub fn spendable_balances(
    view: &View,
    request: wire::QuerySpendableBalancesRequest,
) -> Result<wire::QuerySpendableBalancesResponse> {
    let address = address_of(view, &request.address)?;
    let free = super::spendable(view, &address)?;
    let page = BALANCES.page_prefix_filter(view, &address, &page_request(request.pagination), |(_, denom), _| {
        let amount = free.amount_of(denom.as_str());
        Ok(Some(coin(&Coin::new(denom, amount))))
    })?;
    let (balances, pagination) = page_response(page);
    Ok(wire::QuerySpendableBalancesResponse { balances, pagination })
}

pub fn spendable_balance_by_denom(
    view: &View,
    request: wire::QuerySpendableBalanceByDenomRequest,
) -> Result<wire::QuerySpendableBalanceByDenomResponse> {
    let address = address_of(view, &request.address)?;
    let denom = denom_of(&request.denom)?;
    let locked = auth::locked_coins(view, &address)?.amount_of(denom.as_str());
    let free = super::balance(view, &address, &denom)?.sub(locked)?.max(Int::ZERO);
    Ok(wire::QuerySpendableBalanceByDenomResponse { balance: Some(coin(&Coin::new(denom, free))) })
}

pub fn total_supply(view: &View, request: wire::QueryTotalSupplyRequest) -> Result<wire::QueryTotalSupplyResponse> {
    let page = SUPPLY.page_filter(view, &page_request(request.pagination), |denom, supply| {
        Ok(Some(coin(&shown_supply(view, denom, supply)?)))
    })?;
    let (supply, pagination) = page_response(page);
    Ok(wire::QueryTotalSupplyResponse { supply, pagination })
}

pub fn supply_of(view: &View, request: wire::QuerySupplyOfRequest) -> Result<wire::QuerySupplyOfResponse> {
    let denom = denom_of(&request.denom)?;
    let supply = super::supply(view, &denom)?;
    Ok(wire::QuerySupplyOfResponse { amount: Some(coin(&shown_supply(view, denom, supply)?)) })
}

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?) })
}

pub fn denoms_metadata(
    view: &View,
    request: wire::QueryDenomsMetadataRequest,
) -> Result<wire::QueryDenomsMetadataResponse> {
    let page = METADATA.page_filter(view, &page_request(request.pagination), |_, metadata| Ok(Some(metadata.0)))?;
    let (metadatas, pagination) = page_response(page);
    Ok(wire::QueryDenomsMetadataResponse { metadatas, pagination })
}

pub fn denom_metadata(
    view: &View,
    request: wire::QueryDenomMetadataRequest,
) -> Result<wire::QueryDenomMetadataResponse> {
    Ok(wire::QueryDenomMetadataResponse { metadata: Some(metadata_of(view, &request.denom)?) })
}

pub fn denom_metadata_by_query_string(
    view: &View,
    request: wire::QueryDenomMetadataByQueryStringRequest,
) -> Result<wire::QueryDenomMetadataByQueryStringResponse> {
    Ok(wire::QueryDenomMetadataByQueryStringResponse { metadata: Some(metadata_of(view, &request.denom)?) })
}

fn metadata_of(view: &View, denom: &str) -> Result<wire::Metadata> {
    let found = METADATA.get(view, &denom_of(denom)?)?;
    let missing = || Error::status(Grpc::NotFound, format!("client metadata for denom {denom}"));
    Ok(found.ok_or_else(missing)?.0)
}

pub fn denom_owners(view: &View, request: wire::QueryDenomOwnersRequest) -> Result<wire::QueryDenomOwnersResponse> {
    let denom = denom_of(&request.denom)?;
    let page = HOLDERS.page_prefix_filter(view, &denom, &page_request(request.pagination), |(denom, holder), ()| {
        let balance = Some(coin(&Coin::new(denom.clone(), super::balance(view, &holder, &denom)?)));
        Ok(Some(wire::DenomOwner { address: view.bech32().acc(&holder), balance }))
    })?;
    let (denom_owners, pagination) = page_response(page);
    Ok(wire::QueryDenomOwnersResponse { denom_owners, pagination })
}

pub fn denom_owners_by_query(
    view: &View,
    request: wire::QueryDenomOwnersByQueryRequest,
) -> Result<wire::QueryDenomOwnersByQueryResponse> {
    let request = wire::QueryDenomOwnersRequest { denom: request.denom, pagination: request.pagination };
    let found = denom_owners(view, request)?;
    Ok(wire::QueryDenomOwnersByQueryResponse { denom_owners: found.denom_owners, pagination: found.pagination })
}

pub fn send_enabled(view: &View, request: wire::QuerySendEnabledRequest) -> Result<wire::QuerySendEnabledResponse> {
    if request.denoms.is_empty() {
        let page = SEND_ENABLED.page_filter(view, &page_request(request.pagination), |denom, enabled| {
            Ok(Some(wire::SendEnabled { denom: denom.to_string(), enabled: enabled.0 }))
        })?;
        let (send_enabled, pagination) = page_response(page);
        return Ok(wire::QuerySendEnabledResponse { send_enabled, pagination });
    }
    let mut send_enabled = Vec::new();
    for name in request.denoms {
        let Ok(denom) = Denom::new(&name) else { continue };
        if let Some(enabled) = SEND_ENABLED.get(view, &denom)? {
            send_enabled.push(wire::SendEnabled { denom: name, enabled: enabled.0 });
        }
    }
    Ok(wire::QuerySendEnabledResponse { send_enabled, pagination: None })
}
