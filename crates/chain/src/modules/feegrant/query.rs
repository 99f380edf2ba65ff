//! What feegrant can be asked.

use entente_kernel::{AccAddress, Error, Grpc, Result, View};
use entente_proto::cosmos::feegrant::v1beta1 as wire;
use prost_types::Any;

use super::state::ALLOWANCES;
use crate::query::{page_request, page_response};

fn shown(view: &View, granter: &AccAddress, grantee: &AccAddress, allowance: Any) -> wire::Grant {
    let (granter, grantee) = (view.bech32().acc(granter), view.bech32().acc(grantee));
    wire::Grant { granter, grantee, allowance: Some(allowance) }
}

pub fn allowance(view: &View, request: wire::QueryAllowanceRequest) -> Result<wire::QueryAllowanceResponse> {
    let granter = view.bech32().parse_acc(&request.granter)?;
    let grantee = view.bech32().parse_acc(&request.grantee)?;
    let missing = || Error::status(Grpc::Internal, "fee-grant not found: not found");
    let found = ALLOWANCES.get(view, &(grantee, granter))?.ok_or_else(missing)?;
    Ok(wire::QueryAllowanceResponse { allowance: Some(shown(view, &granter, &grantee, found.0)) })
}

pub fn allowances(view: &View, request: wire::QueryAllowancesRequest) -> Result<wire::QueryAllowancesResponse> {
    let grantee = view.bech32().parse_acc(&request.grantee)?;
    let page = ALLOWANCES.page_prefix_filter(view, &grantee, &page_request(request.pagination), |key, any| {
        Ok(Some(shown(view, &key.1, &key.0, any.0)))
    })?;
    let (allowances, pagination) = page_response(page);
    Ok(wire::QueryAllowancesResponse { allowances, pagination })
}

pub fn allowances_by_granter(
    view: &View,
    request: wire::QueryAllowancesByGranterRequest,
) -> Result<wire::QueryAllowancesByGranterResponse> {
    let granter = view.bech32().parse_acc(&request.granter)?;
    let page = ALLOWANCES.page_filter(view, &page_request(request.pagination), |key, any| {
        Ok((key.1 == granter).then(|| shown(view, &key.1, &key.0, any.0)))
    })?;
    let (allowances, pagination) = page_response(page);
    Ok(wire::QueryAllowancesByGranterResponse { allowances, pagination })
}
