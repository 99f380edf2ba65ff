//! What the messages of bank do.

use entente_kernel::{Ctx, Result, Wire};
use entente_proto::cosmos::bank::v1beta1 as wire;

use super::state::{PARAMS, SEND_ENABLED};
use super::{event, msg, receive, refuse_blocked, refuse_disabled, spend};
use crate::modules::auth;

pub fn send(ctx: &mut Ctx, m: msg::Send) -> Result<wire::MsgSendResponse> {
    refuse_disabled(ctx, &m.amount)?;
    refuse_blocked(ctx, &m.to)?;
    super::send(ctx, &m.from, &m.to, &m.amount)?;
    Ok(wire::MsgSendResponse {})
}

pub fn multi_send(ctx: &mut Ctx, m: msg::MultiSend) -> Result<wire::MsgMultiSendResponse> {
    refuse_disabled(ctx, &m.amount)?;
    for (to, _) in &m.outputs {
        refuse_blocked(ctx, to)?;
    }
    spend(ctx, &m.from, &m.amount)?;
    let from = ctx.bech32().acc(&m.from);
    ctx.emit(event::message(&from));
    for (to, coins) in &m.outputs {
        receive(ctx, to, coins)?;
        let recipient = ctx.bech32().acc(to);
        ctx.emit(event::transfer_to(&recipient, coins));
        auth::ensure_account(ctx, to)?;
    }
    Ok(wire::MsgMultiSendResponse {})
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    let params = wire::Params { default_send_enabled: m.default_send_enabled, ..Default::default() };
    PARAMS.save(ctx, &Wire(params))?;
    Ok(wire::MsgUpdateParamsResponse {})
}

pub fn set_send_enabled(ctx: &mut Ctx, m: msg::SetSendEnabled) -> Result<wire::MsgSetSendEnabledResponse> {
    for (denom, enabled) in &m.rules {
        SEND_ENABLED.set(ctx, denom, &Wire(*enabled))?;
    }
    for denom in &m.use_default_for {
        SEND_ENABLED.remove(ctx, denom)?;
    }
    Ok(wire::MsgSetSendEnabledResponse {})
}
