//! What the messages of feegrant do.

use entente_kernel::error::sdk;
use entente_kernel::{Ctx, Result};
use entente_proto::cosmos::feegrant::v1beta1 as wire;

use super::allowance::Allowance;
use super::error::NO_ALLOWANCE;
use super::state::ALLOWANCES;
use super::{address, event, msg};

/// Most allowances that one message removes.
const PRUNED_PER_MESSAGE: usize = 75;

pub fn grant_allowance(ctx: &mut Ctx, m: msg::GrantAllowance) -> Result<wire::MsgGrantAllowanceResponse> {
    let grantee = address(ctx, &m.grantee)?;
    let granter = address(ctx, &m.granter)?;
    if ALLOWANCES.has(ctx, &(grantee, granter))? {
        return Err(sdk::INVALID_REQUEST.because("fee allowance already exists"));
    }
    let any = m.allowance.ok_or_else(|| NO_ALLOWANCE.because("failed to get allowance"))?;
    super::grant(ctx, &granter, &grantee, &Allowance::from_any(&any)?)?;
    Ok(wire::MsgGrantAllowanceResponse {})
}

pub fn revoke_allowance(ctx: &mut Ctx, m: msg::RevokeAllowance) -> Result<wire::MsgRevokeAllowanceResponse> {
    let grantee = address(ctx, &m.grantee)?;
    let granter = address(ctx, &m.granter)?;
    super::revoke(ctx, &granter, &grantee)?;
    Ok(wire::MsgRevokeAllowanceResponse {})
}

pub fn prune_allowances(ctx: &mut Ctx, m: msg::PruneAllowances) -> Result<wire::MsgPruneAllowancesResponse> {
    super::prune(ctx, PRUNED_PER_MESSAGE)?;
    ctx.emit(event::pruned(&m.pruner));
    Ok(wire::MsgPruneAllowancesResponse {})
}
