//! The hook `allowlist`: only those deposit whom the curator has let in. Shares stay a coin like any other, and everybody leaves.

use entente_kernel::{Ctx, Result};
use entente_proto::restake::vault::v1 as wire;

use super::super::holding::must_vault;
use super::super::state::{ALLOWED, Vault};
use super::super::{error, event, msg};
use super::Hook;

pub const NAME: &str = "allowlist";

pub struct Allowlist;

impl Hook for Allowlist {
    /// # Errors
    /// vault 25.
    fn before_deposit(&self, ctx: &mut Ctx, vault: &Vault, deposit: &msg::Deposit) -> Result<()> {
        if ALLOWED.has(ctx, &(vault.id, deposit.depositor))? {
            return Ok(());
        }
        Err(error::NOT_ALLOWED.because(ctx.bech32().acc(&deposit.depositor)))
    }
}

/// Lets people in and shuts others out, those last.
pub fn set_allowed(ctx: &mut Ctx, m: msg::SetAllowed) -> Result<wire::MsgSetAllowedResponse> {
    let vault = must_vault(ctx, m.vault)?;
    if vault.curator != m.curator {
        return Err(error::NOT_THE_CURATOR.because(vault.id));
    }
    if !vault.hooks.iter().any(|name| name == NAME) {
        return Err(error::INVALID_TERMS.because(format!("vault {} has no hook {NAME:?}", vault.id)));
    }
    for depositor in &m.add {
        ALLOWED.set(ctx, &(vault.id, *depositor), &())?;
    }
    for depositor in &m.remove {
        ALLOWED.remove(ctx, &(vault.id, *depositor))?;
    }
    ctx.emit(event::allowed_changed(ctx, &m));
    Ok(wire::MsgSetAllowedResponse {})
}
