//! What the messages of auth do.

use entente_kernel::{Ctx, Result, Wire};
use entente_proto::cosmos::auth::v1beta1 as wire;

use super::msg;
use super::state::PARAMS;

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    PARAMS.save(ctx, &Wire(m.params))?;
    Ok(wire::MsgUpdateParamsResponse {})
}
