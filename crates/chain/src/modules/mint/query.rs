//! What mint can be asked.

use entente_kernel::{Result, View};
use entente_proto::cosmos::mint::v1beta1 as wire;

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?.to_wire()) })
}

/// A decimal in a field of bytes holds the same digits as one in a field of text.
pub fn inflation(view: &View, _: wire::QueryInflationRequest) -> Result<wire::QueryInflationResponse> {
    Ok(wire::QueryInflationResponse { inflation: super::minter(view)?.inflation.to_scaled_string().into_bytes() })
}

pub fn annual_provisions(
    view: &View,
    _: wire::QueryAnnualProvisionsRequest,
) -> Result<wire::QueryAnnualProvisionsResponse> {
    let annual_provisions = super::minter(view)?.annual_provisions.to_scaled_string().into_bytes();
    Ok(wire::QueryAnnualProvisionsResponse { annual_provisions })
}
