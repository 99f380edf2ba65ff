//! What the messages of slashing do.

use entente_kernel::{Ctx, Result, Wire};
use entente_proto::cosmos::slashing::v1beta1 as wire;

use super::{Params, error, msg, state};
use crate::modules::{auth, staking};

/// A validator may leave jail once its time is over, unless it is barred for ever, if its own stake is large enough.
pub fn unjail(ctx: &mut Ctx, m: msg::Unjail) -> Result<wire::MsgUnjailResponse> {
    let validator = staking::must_validator(ctx, &m.operator)?;
    let own = staking::delegation(ctx, &m.operator.into(), &m.operator)?
        .ok_or_else(|| staking::error::NO_DELEGATION.refuse())?;
    let (tokens, min) = (validator.tokens_from_shares(own.shares)?.truncate_int()?, validator.min_self_delegation);
    if tokens < min {
        return Err(error::SELF_DELEGATION_TOO_LOW.because(format!("{tokens} less than {min}")));
    }
    if !validator.jailed {
        return Err(error::VALIDATOR_NOT_JAILED.refuse());
    }
    let cons = validator.cons_address();
    // One that was never bonded has no signing info: it was jailed for too little stake of its own and may leave at any time.
    if super::signing_info(ctx, &cons)?.is_some_and(|info| info.tombstoned || ctx.time() < info.jailed_until) {
        return Err(error::VALIDATOR_JAILED.refuse());
    }
    staking::unjail(ctx, &cons)?;
    Ok(wire::MsgUnjailResponse {})
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    Params::from_wire(&m.params)?;
    state::PARAMS.save(ctx, &Wire(m.params))?;
    Ok(wire::MsgUpdateParamsResponse {})
}
