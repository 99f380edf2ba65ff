//! Grants in and out of a genesis.

use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::cosmos::authz::v1beta1 as wire;

use super::authorization::Authorization;
use super::state::GRANTS;
use crate::wire::parse_timestamp;

/// Takes over the grants that are not over yet.
pub fn init(ctx: &mut Ctx, state: wire::GenesisState) -> Result<()> {
    for (at, grant) in state.authorization.iter().enumerate() {
        one(ctx, grant).map_err(|e| e.wrap(format!("authorization[{at}]")))?;
    }
    ctx.take_events();
    Ok(())
}

fn one(ctx: &mut Ctx, grant: &wire::GrantAuthorization) -> Result<()> {
    let expiration = grant.expiration.as_ref().map(|e| parse_timestamp(e, "expiration")).transpose()?;
    if expiration.is_some_and(|end| end <= ctx.time()) {
        return Ok(());
    }
    let granter = ctx.bech32().parse_acc(&grant.granter)?;
    let grantee = ctx.bech32().parse_acc(&grant.grantee)?;
    let any = grant.authorization.as_ref().ok_or_else(|| Error::plain("authorization is missing"))?;
    let authorization = Authorization::from_any(any)?;
    super::require_known(authorization.url())?;
    super::save_grant(ctx, &granter, &grantee, &authorization, expiration)
}

/// All grants, by giver, receiver and type.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let row = |row: Result<_>| {
        let (key, grant) = row?;
        super::query::with_parties(view, &key, &grant)
    };
    Ok(wire::GenesisState { authorization: GRANTS.iter(view).map(row).collect::<Result<_>>()? })
}
