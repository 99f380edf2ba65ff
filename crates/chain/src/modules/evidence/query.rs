//! What evidence can be asked.

use entente_kernel::{Error, Grpc, Result, View};
use entente_proto::cosmos::evidence::v1beta1 as wire;

use super::state;
use crate::query::{page_request, page_response};

pub fn evidence(view: &View, request: wire::QueryEvidenceRequest) -> Result<wire::QueryEvidenceResponse> {
    if request.hash.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, "invalid request; hash is empty"));
    }
    let bytes = hex::decode(&request.hash).map_err(|e| Error::plain(format!("invalid evidence hash: {e}")))?;
    let missing = || Error::status(Grpc::NotFound, format!("evidence {} not found", request.hash));
    let hash = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| missing())?;
    let found = state::EVIDENCE.get(view, &hash)?.ok_or_else(missing)?;
    Ok(wire::QueryEvidenceResponse { evidence: Some(found.0) })
}

pub fn all_evidence(view: &View, request: wire::QueryAllEvidenceRequest) -> Result<wire::QueryAllEvidenceResponse> {
    let page = state::EVIDENCE.page_filter(view, &page_request(request.pagination), |_, any| Ok(Some(any.0)))?;
    let (evidence, pagination) = page_response(page);
    Ok(wire::QueryAllEvidenceResponse { evidence, pagination })
}
