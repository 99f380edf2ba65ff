//! Allowances in and out of a genesis.

use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::cosmos::feegrant::v1beta1 as wire;

use super::allowance::Allowance;
use super::state::ALLOWANCES;

/// Takes over the allowances that are not over yet.
pub fn init(ctx: &mut Ctx, state: wire::GenesisState) -> Result<()> {
    for (at, grant) in state.allowances.iter().enumerate() {
        one(ctx, grant).map_err(|e| e.wrap(format!("allowances[{at}]")))?;
    }
    ctx.take_events();
    Ok(())
}

fn one(ctx: &mut Ctx, grant: &wire::Grant) -> Result<()> {
    let granter = ctx.bech32().parse_acc(&grant.granter)?;
    let grantee = ctx.bech32().parse_acc(&grant.grantee)?;
    let any = grant.allowance.as_ref().ok_or_else(|| Error::plain("allowance is missing"))?;
    let allowance = Allowance::from_any(any)?;
    if allowance.expiration().is_some_and(|end| end < ctx.time()) {
        return Ok(());
    }
    super::grant(ctx, &granter, &grantee, &allowance)
}

/// All allowances, by receiver and giver.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let row = |row: Result<((_, _), entente_kernel::Wire<_>)>| {
        let ((grantee, granter), any) = row?;
        let (granter, grantee) = (view.bech32().acc(&granter), view.bech32().acc(&grantee));
        Ok(wire::Grant { granter, grantee, allowance: Some(any.0) })
    };
    Ok(wire::GenesisState { allowances: ALLOWANCES.iter(view).map(row).collect::<Result<_>>()? })
}
