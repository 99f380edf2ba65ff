//! What slashing can be asked.

use entente_kernel::{Error, Grpc, Result, View};
use entente_proto::cosmos::slashing::v1beta1 as wire;

use super::state;
use crate::query::{page_request, page_response};

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(state::PARAMS.must(view)?.0) })
}

pub fn signing_info(view: &View, request: wire::QuerySigningInfoRequest) -> Result<wire::QuerySigningInfoResponse> {
    if request.cons_address.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, "invalid request"));
    }
    let cons = view.bech32().parse_cons(&request.cons_address)?;
    let missing =
        || Error::status(Grpc::NotFound, format!("SigningInfo not found for validator {}", request.cons_address));
    let info = state::SIGNING_INFOS.get(view, &cons)?.ok_or_else(missing)?;
    Ok(wire::QuerySigningInfoResponse { val_signing_info: Some(info.0) })
}

pub fn signing_infos(view: &View, request: wire::QuerySigningInfosRequest) -> Result<wire::QuerySigningInfosResponse> {
    let page = state::SIGNING_INFOS.page_filter(view, &page_request(request.pagination), |_, info| Ok(Some(info.0)))?;
    let (info, pagination) = page_response(page);
    Ok(wire::QuerySigningInfosResponse { info, pagination })
}
