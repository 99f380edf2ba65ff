//! Mint in a genesis file.

use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::cosmos::mint::v1beta1 as wire;

use super::params::Params;
use super::{Minter, state};
use crate::modules::auth::{self, ModuleAccount};
use crate::wire::parse_dec;

/// Fills the empty state.
///
/// # Errors
/// A refusal that names the field.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    let params = Params::from_wire(&genesis.params.unwrap_or_default()).map_err(|e| e.wrap("params"))?;
    let minter = genesis.minter.unwrap_or_default();
    let field = |text, field| Ok::<_, Error>(parse_dec(text, field)?.unwrap_or_default());
    let minter = Minter {
        inflation: field(&minter.inflation, "minter.inflation")?,
        annual_provisions: field(&minter.annual_provisions, "minter.annual_provisions")?,
    };
    if minter.inflation.is_negative() {
        let text = format!("mint parameter Inflation should be positive, is {}", minter.inflation);
        return Err(Error::plain(text));
    }
    state::PARAMS.save(ctx, &params)?;
    state::MINTER.save(ctx, &minter)?;
    auth::ensure_account(ctx, &ModuleAccount::MINT.address()).map(drop)
}

/// The whole state.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let minter = super::minter(view)?;
    let minter = wire::Minter {
        inflation: minter.inflation.to_scaled_string(),
        annual_provisions: minter.annual_provisions.to_scaled_string(),
    };
    Ok(wire::GenesisState { minter: Some(minter), params: Some(super::params(view)?.to_wire()) })
}
