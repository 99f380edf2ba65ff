//! Upgrade's section of a genesis.

use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::entente::upgrade::v1 as wire;

use super::{msg, state, versions};

/// Fills an empty state.
///
/// # Errors
/// A refusal that names the record.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    if let Some(plan) = genesis.plan {
        msg::check_plan(&plan).map_err(|e| e.wrap("plan"))?;
        super::save(ctx, plan)?;
    }
    for (i, applied) in genesis.applied.into_iter().enumerate() {
        if applied.name.is_empty() || applied.height <= 0 {
            return Err(Error::plain(format!("applied[{i}]: a name and a height above 0 are needed")));
        }
        state::APPLIED.set(ctx, &applied.name, &state::Applied { height: applied.height })?;
    }
    versions::init(ctx, genesis.versions)
}

/// The state as a section of a genesis.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let row = |row: Result<(String, state::Applied)>| {
        row.map(|(name, applied)| wire::Applied { name, height: applied.height })
    };
    let applied = state::APPLIED.iter(view).map(row).collect::<Result<_>>()?;
    Ok(wire::GenesisState { plan: super::plan(view)?, applied, versions: versions::all(view)? })
}
