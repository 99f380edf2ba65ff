//! Hooks: parts of this program that the curator of a vault may have called, by the names in its record. They are chosen when the vault
//! is made, and stay.
//!
//! `before_deposit` may refuse a deposit. All others are told of what has happened and can change nothing of it: each call is a layer of
//! its own with a gas limit, an error is undone and told as an event, and nothing of what a hook does makes another hook run. So no
//! hook can stop an exit, a slash or an epoch, nor make one dearer: only depositors pay for the gas of hooks.

mod allowlist;

pub use allowlist::set_allowed;

use entente_kernel::gas::GasMeter;
use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Ctx, Result, ValAddress, View};

use super::state::{HOOK_RUNS, Vault};
use super::{error, event, msg};

/// Most gas that one call of a hook may use.
pub const GAS: u64 = 200_000;

/// What a hook is told of.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// Somebody deposited, and the receiver got so many shares.
    Deposit { deposit: &'a msg::Deposit, shares: u128 },
    /// Somebody put shares into the open batch.
    Exit { owner: &'a AccAddress, batch: u64, shares: u128 },
    /// A batch closed: its shares are burnt.
    Batch { batch: u64, shares: u128 },
    /// Rewards of an epoch were claimed; what is left of them after the fee.
    Reward { earned: &'a Coins },
    /// A validator with which the vault has stake was slashed, and who bears it was booked.
    Slash { validator: &'a ValAddress, height: i64 },
}

impl News<'_> {
    fn step(&self) -> &'static str {
        match self {
            Self::Deposit { .. } => "after_deposit",
            Self::Exit { .. } => "after_exit",
            Self::Batch { .. } => "after_batch",
            Self::Reward { .. } => "after_reward",
            Self::Slash { .. } => "after_slash",
        }
    }
}

/// What a hook implements; by default it lets everything pass and does nothing.
pub trait Hook {
    /// # Errors
    /// Why the deposit is refused.
    fn before_deposit(&self, ctx: &mut Ctx, vault: &Vault, deposit: &msg::Deposit) -> Result<()> {
        let _ = (ctx, vault, deposit);
        Ok(())
    }

    /// # Errors
    /// Anything: what the hook did is undone, and nothing else.
    fn after(&self, ctx: &mut Ctx, vault: &Vault, news: &News) -> Result<()> {
        let _ = (ctx, vault, news);
        Ok(())
    }
}

/// All hooks that this release knows, by name. A name that vaults have may never be taken out.
const KNOWN: &[(&str, &dyn Hook)] = &[
    (allowlist::NAME, &allowlist::Allowlist),
    #[cfg(test)]
    (super::tests::hostile::NAME, &super::tests::hostile::Hostile),
];

fn find(name: &str) -> Option<&'static dyn Hook> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, hook)| *hook)
}

/// # Errors
/// vault 3 for a name that is unknown or stands twice.
pub fn check_names(names: &[String]) -> Result<()> {
    for (i, name) in names.iter().enumerate() {
        if find(name).is_none() {
            let known: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
            return Err(error::INVALID_TERMS.because(format!("hooks: {name:?}; {} is known", known.join(", "))));
        }
        if names.iter().take(i).any(|other| other == name) {
            return Err(error::INVALID_TERMS.because(format!("hooks: {name:?} stands twice")));
        }
    }
    Ok(())
}

/// Asks the hooks of a vault whether a deposit may come in. The depositor pays for their gas.
///
/// # Errors
/// What a hook refuses with; `sdk` 11 if it needs more than its gas; vault 24 for a deposit that a hook makes.
pub fn before_deposit(ctx: &mut Ctx, vault: &Vault, deposit: &msg::Deposit) -> Result<()> {
    for name in &vault.hooks {
        let Some(hook) = find(name) else { continue };
        if is_running(ctx)? {
            return Err(error::HOOK.because("a hook deposits in a vault that has hooks"));
        }
        call(ctx, true, |ctx| hook.before_deposit(ctx, vault, deposit)).map_err(|e| e.wrap(name))?;
    }
    Ok(())
}

/// Tells the hooks of a vault what has happened.
///
/// # Errors
/// `sdk` 11 if a depositor's gas does not suffice for the hooks of the vault; nothing else.
pub fn tell(ctx: &mut Ctx, vault: &Vault, news: &News) -> Result<()> {
    if vault.hooks.is_empty() || is_running(ctx)? {
        return Ok(());
    }
    let paid = matches!(news, News::Deposit { .. });
    for name in &vault.hooks {
        let Some(hook) = find(name) else { continue };
        if let Err(e) = call(ctx, paid, |ctx| hook.after(ctx, vault, news)) {
            ctx.emit(event::hook_failed(vault.id, name, news.step(), &e.to_string()));
        }
        // The limit of a transaction stays one.
        ctx.gas().charge(0, name)?;
    }
    Ok(())
}

fn is_running(view: &View) -> Result<bool> {
    // Not at the cost of those who leave: a record that is never there between two messages.
    HOOK_RUNS.load(view).map(|runs| runs.is_some())
}

/// Runs a hook in a layer with a meter of its own; what it used is charged to the meter outside, if somebody pays.
fn call(ctx: &mut Ctx, paid: bool, run: impl FnOnce(&mut Ctx) -> Result<()>) -> Result<()> {
    let outer = ctx.replace_gas(GasMeter::with_limit(GAS));
    let outcome = ctx.layer(|ctx| {
        HOOK_RUNS.save(ctx, &())?;
        run(ctx)?;
        HOOK_RUNS.remove(ctx)
    });
    let used = ctx.replace_gas(outer).used().min(GAS);
    if paid {
        ctx.gas().charge(used, "hooks of the vault")?;
    }
    outcome
}
