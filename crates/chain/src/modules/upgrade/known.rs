//! The upgrades that this program knows, and what they do to the state.

use entente_kernel::{Ctx, Result};

type Migration = fn(&mut Ctx) -> Result<()>;

/// Name → what it does. A row stays as long as nodes may still have to pass its height.
const KNOWN: &[(&str, Migration)] = if cfg!(test) { &[("tested", |_| Ok(()))] } else { &[] };

/// Names, separated by commas, that a build may be given besides: upgrades that change the program but not the state. A rehearsal of an
/// upgrade on a test net needs no more.
const RULES_ONLY: Option<&str> = option_env!("ENTENTE_UPGRADES");

pub(super) fn knows(name: &str) -> bool {
    KNOWN.iter().any(|(known, _)| *known == name) || changes_rules_only(name)
}

fn changes_rules_only(name: &str) -> bool {
    RULES_ONLY.is_some_and(|names| names.split(',').any(|known| known.trim() == name))
}

/// Carries out an upgrade that is known.
pub(super) fn migrate(ctx: &mut Ctx, name: &str) -> Result<()> {
    match KNOWN.iter().find(|(known, _)| *known == name) {
        Some((_, migration)) => migration(ctx),
        None => Ok(()),
    }
}
