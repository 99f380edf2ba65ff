//! What the vaults do when alliance tells news of a validator.

use entente_kernel::{Ctx, Error, Result, ValAddress};

use super::event;
use super::holding::must_vault;
use super::hooks::{self, News};
use super::stake::{self, Cause};
use super::state::VAULTS_AT;

/// A validator is about to be slashed: what takes and roundings changed before is booked as what it is.
pub fn before_alliance_slash(ctx: &mut Ctx, validator: &ValAddress) -> Result<()> {
    see_all(ctx, validator, "before slash", Cause::Take)
}

/// A validator was slashed for a fault at a height: what is missing is borne by shares and liable batches.
pub fn after_alliance_slash(ctx: &mut Ctx, validator: &ValAddress, infraction_height: i64) -> Result<()> {
    see_all(ctx, validator, "slash", Cause::Slash { validator: *validator, height: infraction_height })
}

/// A vault that cannot be seen to must not spare the others, nor stop the slash; what it lost is booked when it is seen next.
fn see_all(ctx: &mut Ctx, validator: &ValAddress, step: &str, cause: Cause) -> Result<()> {
    let vaults = VAULTS_AT.prefix(ctx, validator).map(|row| row.map(|((_, id), ())| id)).collect::<Result<Vec<_>>>()?;
    for id in vaults {
        let seen = ctx.layer(|ctx| {
            let mut vault = must_vault(ctx, id)?;
            stake::look_with(ctx, &mut vault, validator, cause)?;
            Ok(vault)
        });
        let seen = seen.and_then(|vault| match cause {
            Cause::Slash { validator, height } => {
                hooks::tell(ctx, &vault, &News::Slash { validator: &validator, height })
            }
            Cause::Take => Ok(()),
        });
        match seen {
            Err(Error::Refusal(refusal)) => ctx.emit(event::step_failed(id, step, &refusal.log)),
            outcome => outcome?,
        }
    }
    Ok(())
}
