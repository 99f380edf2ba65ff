//! What the messages of authz do.

use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Ctx, Result};
use entente_proto::cosmos::authz::v1beta1 as wire;
use prost_types::Any;

use super::authorization::{Authorization, Verdict};
use super::error::{EXPIRED, NOT_FOUND, NUMBER_OF_SIGNERS};
use super::state::{GRANTS, Grant};
use super::{delete_grant, msg, require_known, save_grant};
use crate::modules::auth;
use crate::route;

pub fn grant(ctx: &mut Ctx, m: msg::GrantAuthorization) -> Result<wire::MsgGrantResponse> {
    auth::ensure_account(ctx, &m.grantee)?;
    require_known(m.authorization.url())?;
    save_grant(ctx, &m.granter, &m.grantee, &m.authorization, m.expiration)?;
    Ok(wire::MsgGrantResponse {})
}

pub fn revoke(ctx: &mut Ctx, m: msg::Revoke) -> Result<wire::MsgRevokeResponse> {
    delete_grant(ctx, &m.granter, &m.grantee, &m.url)?;
    Ok(wire::MsgRevokeResponse {})
}

pub fn exec(ctx: &mut Ctx, m: msg::Exec) -> Result<wire::MsgExecResponse> {
    let mut results = Vec::with_capacity(m.messages.len());
    for (index, any) in m.messages.iter().enumerate() {
        let granter = match route::signers(any, ctx.bech32())?.as_slice() {
            [one] => *one,
            _ => return Err(NUMBER_OF_SIGNERS.refuse()),
        };
        if granter != m.grantee {
            use_grant(ctx, &granter, &m.grantee, any)?;
        }
        let (response, events) = ctx
            .collect(|ctx| route::handle(ctx, any))
            .map_err(|e| e.wrap(format!("failed to execute message; message {}", any.type_url)))?;
        results.push(response.value);
        for event in events {
            ctx.emit(event.with("authz_msg_index", index));
        }
    }
    Ok(wire::MsgExecResponse { results })
}

/// Checks a message against its grant and lowers what the grant allows.
fn use_grant(ctx: &mut Ctx, granter: &AccAddress, grantee: &AccAddress, any: &Any) -> Result<()> {
    let url = &any.type_url;
    let key = (*granter, *grantee, url.clone());
    let Some(grant) = GRANTS.get(ctx, &key)? else {
        let (from, to) = (ctx.bech32().acc(granter), ctx.bech32().acc(grantee));
        let text = format!("failed to get grant with given granter: {from}, grantee: {to} & msgType: {url} ");
        return Err(NOT_FOUND.because(text));
    };
    if grant.expiration.is_some_and(|end| end < ctx.time()) {
        return Err(EXPIRED.refuse());
    }
    let authorization = Authorization::from_bytes(&grant.authorization)?;
    match authorization.accept(ctx, any)? {
        Verdict::UsedUp => delete_grant(ctx, granter, grantee, url),
        Verdict::Unchanged => Ok(()),
        Verdict::Lowered(left) => {
            GRANTS.set(ctx, &key, &Grant { authorization: left.to_bytes(), expiration: grant.expiration })
        }
        Verdict::Refused => Err(sdk::UNAUTHORIZED.refuse()),
    }
}
