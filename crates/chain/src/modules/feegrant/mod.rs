//! Allowances: somebody lets somebody else pay fees from his account.
//!
//! An *allowance* is basic (a limit, an end), periodic (a limit for each period besides) or restricted to kinds of messages. It is
//! used by a transaction that names the granter in its fee, and disappears when it is used up, revoked or expired.
//!
//! # Compatibility
//! Upstream forgets to take a revoked allowance out of the queue of expiries, so that a later allowance between the same two
//! disappears at the old date. Here it does not.

mod allowance;
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
use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Ctx, Error, Result, View};

use allowance::Allowance;
use state::{ALLOWANCES, EXPIRIES};

fn load(view: &View, granter: &AccAddress, grantee: &AccAddress) -> Result<Allowance> {
    let found = ALLOWANCES.get(view, &(*grantee, *granter))?;
    let any = found.ok_or_else(|| sdk::NOT_FOUND.because("fee-grant not found"))?;
    Allowance::from_any(&any.0).map_err(|e| e.must("a stored fee allowance"))
}

/// Pays a fee out of an allowance: checks its limits and lowers them. The fee itself is moved by the caller.
///
/// # Errors
/// `sdk` 38 without an allowance; `feegrant` 2, 3 or 7 if it does not cover this fee, is over, or not for these messages.
pub fn use_allowance(
    ctx: &mut Ctx,
    granter: &AccAddress,
    grantee: &AccAddress,
    fee: &Coins,
    message_urls: &[&str],
) -> Result<()> {
    let mut allowance = load(ctx, granter, grantee)?;
    let used_up = allowance.accept(ctx, fee, message_urls)?;
    let (from, to) = (ctx.bech32().acc(granter), ctx.bech32().acc(grantee));
    if used_up {
        revoke(ctx, granter, grantee)?;
        ctx.emit(event::used(&from, &to));
        return Ok(());
    }
    ALLOWANCES.set(ctx, &(*grantee, *granter), &entente_kernel::Wire(allowance.to_any()))?;
    ctx.emit(event::used(&from, &to));
    ctx.emit(event::updated(&from, &to));
    Ok(())
}

fn revoke(ctx: &mut Ctx, granter: &AccAddress, grantee: &AccAddress) -> Result<()> {
    let allowance = load(ctx, granter, grantee)?;
    ALLOWANCES.remove(ctx, &(*grantee, *granter))?;
    if let Some(end) = allowance.expiration() {
        EXPIRIES.remove(ctx, &(end, *grantee, *granter))?;
    }
    let (from, to) = (ctx.bech32().acc(granter), ctx.bech32().acc(grantee));
    ctx.emit(event::revoked(&from, &to));
    Ok(())
}

/// Stores a new allowance. Its receiver's account is made if need be: a fee payer needs one.
fn grant(ctx: &mut Ctx, granter: &AccAddress, grantee: &AccAddress, allowance: &Allowance) -> Result<()> {
    if ALLOWANCES.has(ctx, &(*grantee, *granter))? {
        return Err(sdk::INVALID_REQUEST.because("fee allowance already exists"));
    }
    if crate::modules::auth::account(ctx, grantee)?.is_none() {
        crate::modules::bank::refuse_blocked(ctx, grantee)?;
        crate::modules::auth::ensure_account(ctx, grantee)?;
    }
    if let Some(end) = allowance.expiration() {
        if end < ctx.time() {
            return Err(sdk::INVALID_REQUEST.because("expiration is before current block time"));
        }
        EXPIRIES.set(ctx, &(end, *grantee, *granter), &())?;
    }
    ALLOWANCES.set(ctx, &(*grantee, *granter), &entente_kernel::Wire(allowance.to_any()))?;
    let (from, to) = (ctx.bech32().acc(granter), ctx.bech32().acc(grantee));
    ctx.emit(event::granted(&from, &to));
    Ok(())
}

/// Removes at most `most` allowances whose end has passed.
fn prune(ctx: &mut Ctx, most: usize) -> Result<()> {
    let now = ctx.time();
    let over: Vec<_> = EXPIRIES.before(ctx, &now).take(most).collect::<Result<_>>()?;
    for (key, ()) in over {
        let (_, grantee, granter) = key;
        EXPIRIES.remove(ctx, &key)?;
        ALLOWANCES.remove(ctx, &(grantee, granter))?;
    }
    Ok(())
}

/// An address of a message of this module. Upstream gives no code to a malformed one.
fn address(ctx: &Ctx, text: &str) -> Result<AccAddress> {
    ctx.bech32().parse_acc(text).map_err(|e| Error::plain(e.to_string()))
}
