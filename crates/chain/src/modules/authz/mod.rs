//! Authorizations: somebody lets somebody else send messages in his name.
//!
//! A *grant* lets a grantee send one kind of message for a granter, until it ends, is used up or is revoked. It is generic, or
//! limited for sends (amount, receivers) and for stakes (amount, validators). Messages that are sent with it are signed by the
//! grantee alone.

mod authorization;
pub mod block;
pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod msg;
pub mod query;
mod state;
#[cfg(test)]
mod tests;

use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Ctx, Result, Timestamp};

use authorization::Authorization;
use error::{INVALID_EXPIRATION, NOT_FOUND};
use state::{EXPIRIES, GRANTS, Grant};

/// Stores a grant in place of an older one for the same kind of message.
fn save_grant(
    ctx: &mut Ctx,
    granter: &AccAddress,
    grantee: &AccAddress,
    authorization: &Authorization,
    expiration: Option<Timestamp>,
) -> Result<()> {
    let now = ctx.time();
    if let Some(end) = expiration.filter(|end| *end <= now) {
        let text = format!("expiration must be after the current block time ({now}), got {end}");
        return Err(INVALID_EXPIRATION.because(text));
    }
    let url = authorization.url().to_owned();
    let key = (*granter, *grantee, url.clone());
    if let Some(end) = GRANTS.get(ctx, &key)?.and_then(|old| old.expiration) {
        EXPIRIES.remove(ctx, &(end, *granter, *grantee, url.clone()))?;
    }
    if let Some(end) = expiration {
        EXPIRIES.set(ctx, &(end, *granter, *grantee, url.clone()), &())?;
    }
    GRANTS.set(ctx, &key, &Grant { authorization: authorization.to_bytes(), expiration })?;
    let (from, to) = (ctx.bech32().acc(granter), ctx.bech32().acc(grantee));
    ctx.emit(event::granted(&url, &from, &to));
    Ok(())
}

/// Removes a grant.
///
/// # Errors
/// `authz` 2 if there is none.
fn delete_grant(ctx: &mut Ctx, granter: &AccAddress, grantee: &AccAddress, url: &str) -> Result<()> {
    let (from, to) = (ctx.bech32().acc(granter), ctx.bech32().acc(grantee));
    let key = (*granter, *grantee, url.to_owned());
    let Some(grant) = GRANTS.get(ctx, &key)? else {
        return Err(NOT_FOUND.because(format!("failed to delete grant of {from} to {to} for {url}")));
    };
    GRANTS.remove(ctx, &key)?;
    if let Some(end) = grant.expiration {
        EXPIRIES.remove(ctx, &(end, *granter, *grantee, url.to_owned()))?;
    }
    ctx.emit(event::revoked(url, &from, &to));
    Ok(())
}

/// Whether messages of this type can be sent at all. Keys of grants hold no other types.
fn require_known(url: &str) -> Result<()> {
    if crate::route::knows(url) {
        return Ok(());
    }
    Err(sdk::INVALID_TYPE.because(format!("{url} doesn't exist.")))
}
