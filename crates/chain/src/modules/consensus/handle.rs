//! What a change of the consensus parameters does.

use entente_kernel::{Ctx, Error, Event, Result, json};
use entente_proto::cosmos::consensus::v1 as wire;

use super::msg;

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    let text = json::to_json(&m.params).map_err(|e| Error::fault(e.to_string()))?;
    super::save(ctx, m.params)?;
    ctx.emit(Event::new("update_consensus_params").with("authority", m.authority).with("parameters", text));
    Ok(wire::MsgUpdateParamsResponse {})
}
