//! What upgrade can be asked.

use entente_kernel::{Result, View};
use entente_proto::cosmos::upgrade::v1beta1 as wire;

use super::{error, state, versions};
use crate::modules::auth;

pub fn current_plan(view: &View, _: wire::QueryCurrentPlanRequest) -> Result<wire::QueryCurrentPlanResponse> {
    Ok(wire::QueryCurrentPlanResponse { plan: super::plan(view)? })
}

/// Height 0 if no upgrade of that name was carried out.
pub fn applied_plan(view: &View, request: wire::QueryAppliedPlanRequest) -> Result<wire::QueryAppliedPlanResponse> {
    let applied = state::APPLIED.get(view, &request.name)?;
    Ok(wire::QueryAppliedPlanResponse { height: applied.map_or(0, |a| a.height) })
}

/// Of one module, or of all of them by name.
pub fn module_versions(
    view: &View,
    request: wire::QueryModuleVersionsRequest,
) -> Result<wire::QueryModuleVersionsResponse> {
    let name = request.module_name;
    if name.is_empty() {
        return Ok(wire::QueryModuleVersionsResponse { module_versions: versions::all(view)? });
    }
    let missing = || error::NO_VERSION.because(format!("x/upgrade: QueryModuleVersions module {name} not found"));
    let version = versions::of(view, &name)?.ok_or_else(missing)?;
    Ok(wire::QueryModuleVersionsResponse { module_versions: vec![wire::ModuleVersion { name, version }] })
}

pub fn authority(view: &View, _: wire::QueryAuthorityRequest) -> Result<wire::QueryAuthorityResponse> {
    Ok(wire::QueryAuthorityResponse { address: view.bech32().acc(&auth::authority()) })
}
