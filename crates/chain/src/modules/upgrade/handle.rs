//! What the messages of upgrade do.

use entente_kernel::{Ctx, Result};
use entente_proto::cosmos::upgrade::v1beta1 as wire;

use super::{msg, state};
use crate::modules::auth;

/// # Errors
/// `sdk` 18 for a plan that cannot be.
pub fn software_upgrade(ctx: &mut Ctx, m: msg::SoftwareUpgrade) -> Result<wire::MsgSoftwareUpgradeResponse> {
    auth::check_authority(ctx, &m.authority)?;
    msg::check_plan(&m.plan)?;
    super::schedule(ctx, m.plan)?;
    Ok(wire::MsgSoftwareUpgradeResponse {})
}

/// Does nothing if no upgrade is scheduled, as upstream.
pub fn cancel_upgrade(ctx: &mut Ctx, m: msg::CancelUpgrade) -> Result<wire::MsgCancelUpgradeResponse> {
    auth::check_authority(ctx, &m.authority)?;
    state::PLAN.remove(ctx)?;
    Ok(wire::MsgCancelUpgradeResponse {})
}
