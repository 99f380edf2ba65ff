//! What the messages of crisis do.

use entente_kernel::error::sdk;
use entente_kernel::gas::price;
use entente_kernel::num::Coins;
use entente_kernel::{Ctx, Error, Mode, Result, Wire};
use entente_proto::cosmos::crisis::v1beta1 as wire;

use super::{constant_fee, error, event, msg, state};
use crate::invariants;
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::bank;
use crate::wire::parse_coin;

/// Checks one invariant, for the constant fee and gas as if every pair of the state was read once. An estimate takes both and does not
/// check.
///
/// # Compatibility
/// Upstream takes the fee only, so that a cheap transaction stops its blocks for as long as it has such messages.
///
/// # Errors
/// `crisis` 3 for a name that no invariant has; `sdk` 11 if the gas does not suffice, before anything is read. A fault if the invariant
/// is broken.
pub fn verify_invariant(ctx: &mut Ctx, m: msg::VerifyInvariant) -> Result<wire::MsgVerifyInvariantResponse> {
    let fee = Coins::one(constant_fee(ctx)?)?;
    bank::send(ctx, &m.sender, &ModuleAccount::FEE_COLLECTOR.address(), &fee)?;
    let invariant = invariants::ALL
        .iter()
        .find(|i| i.module == m.module && i.name == m.name)
        .ok_or_else(|| error::UNKNOWN_INVARIANT.refuse())?;
    ctx.gas().charge(ctx.base_len().saturating_mul(price::READ_FLAT), "invariant")?;
    // On a scratch context nothing is charged: what stops for lack of gas would look broken.
    if ctx.mode() != Mode::Simulate
        && let Some(what) = (invariant.check)(&ctx.scratch()).map_err(|e| e.must("invariant"))?
    {
        return Err(Error::fault(format!("broken invariant {}/{}: {what}", m.module, m.name)));
    }
    ctx.emit(event::invariant(&m.name));
    Ok(wire::MsgVerifyInvariantResponse {})
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let fee = parse_coin(&m.constant_fee, "constant_fee");
    if !fee.is_ok_and(|coin| !coin.is_negative()) {
        return Err(sdk::INVALID_COINS.because("invalid constant fee"));
    }
    state::CONSTANT_FEE.save(ctx, &Wire(m.constant_fee))?;
    Ok(wire::MsgUpdateParamsResponse {})
}
