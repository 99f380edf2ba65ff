//! Crisis in a genesis file.

use entente_kernel::{Ctx, Error, Result, View, Wire};
use entente_proto::cosmos::crisis::v1beta1 as wire;

use super::{constant_fee, state};
use crate::wire::{coin, parse_coin};

/// Fills the empty state.
///
/// # Errors
/// A refusal that names the field.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    let fee = genesis.constant_fee.ok_or_else(|| Error::plain("constant_fee is absent"))?;
    if parse_coin(&fee, "constant_fee")?.is_negative() {
        return Err(Error::plain("constant_fee: constant fee must be positive"));
    }
    state::CONSTANT_FEE.save(ctx, &Wire(fee))
}

/// The whole state.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    Ok(wire::GenesisState { constant_fee: Some(coin(&constant_fee(view)?)) })
}
