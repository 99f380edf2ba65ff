//! What can be asked of the consensus parameters.

use entente_kernel::{Result, View};
use entente_proto::cosmos::consensus::v1 as wire;

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?) })
}
