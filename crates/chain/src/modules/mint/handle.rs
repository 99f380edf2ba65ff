//! What the messages of mint do.

use entente_kernel::{Ctx, Result};
use entente_proto::cosmos::mint::v1beta1 as wire;

use super::params::Params;
use super::{msg, state};
use crate::modules::auth;

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    state::PARAMS.save(ctx, &Params::from_wire(&m.params)?)?;
    Ok(wire::MsgUpdateParamsResponse {})
}
