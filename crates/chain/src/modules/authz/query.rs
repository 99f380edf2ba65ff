//! What authz can be asked.

use entente_kernel::{Error, Result, View};
use entente_proto::cosmos::authz::v1beta1 as wire;
use prost::Message as _;
use prost_types::Any;

use super::error::NOT_FOUND;
use super::state::{GRANTS, Grant};
use crate::query::{page_request, page_response};
use crate::wire::timestamp;

fn any(grant: &Grant) -> Result<Any> {
    Any::decode(grant.authorization.as_slice()).map_err(|e| Error::fault(format!("a stored authorization: {e}")))
}

fn shown(grant: &Grant) -> Result<wire::Grant> {
    Ok(wire::Grant { authorization: Some(any(grant)?), expiration: grant.expiration.map(timestamp) })
}

pub fn grants(view: &View, request: wire::QueryGrantsRequest) -> Result<wire::QueryGrantsResponse> {
    let granter = view.bech32().parse_acc(&request.granter)?;
    let grantee = view.bech32().parse_acc(&request.grantee)?;
    let url = request.msg_type_url;
    if !url.is_empty() {
        let found = GRANTS.get(view, &(granter, grantee, url.clone()))?;
        let grant = found.ok_or_else(|| NOT_FOUND.because(format!("authorization not found for {url} type")))?;
        return Ok(wire::QueryGrantsResponse { grants: vec![shown(&grant)?], pagination: None });
    }
    let page =
        GRANTS.page_prefix_filter(view, &(granter, grantee), &page_request(request.pagination), |_, grant| {
            Ok(Some(shown(&grant)?))
        })?;
    let (grants, pagination) = page_response(page);
    Ok(wire::QueryGrantsResponse { grants, pagination })
}

/// A grant beside its parties.
pub(super) fn with_parties(
    view: &View,
    key: &(entente_kernel::AccAddress, entente_kernel::AccAddress, String),
    grant: &Grant,
) -> Result<wire::GrantAuthorization> {
    Ok(wire::GrantAuthorization {
        granter: view.bech32().acc(&key.0),
        grantee: view.bech32().acc(&key.1),
        authorization: Some(any(grant)?),
        expiration: grant.expiration.map(timestamp),
    })
}

pub fn granter_grants(
    view: &View,
    request: wire::QueryGranterGrantsRequest,
) -> Result<wire::QueryGranterGrantsResponse> {
    let granter = view.bech32().parse_acc(&request.granter)?;
    let page = GRANTS.page_prefix_filter(view, &granter, &page_request(request.pagination), |key, grant| {
        Ok(Some(with_parties(view, &key, &grant)?))
    })?;
    let (grants, pagination) = page_response(page);
    Ok(wire::QueryGranterGrantsResponse { grants, pagination })
}

pub fn grantee_grants(
    view: &View,
    request: wire::QueryGranteeGrantsRequest,
) -> Result<wire::QueryGranteeGrantsResponse> {
    let grantee = view.bech32().parse_acc(&request.grantee)?;
    let page = GRANTS.page_filter(view, &page_request(request.pagination), |key, grant| {
        if key.1 == grantee { with_parties(view, &key, &grant).map(Some) } else { Ok(None) }
    })?;
    let (grants, pagination) = page_response(page);
    Ok(wire::QueryGranteeGrantsResponse { grants, pagination })
}
