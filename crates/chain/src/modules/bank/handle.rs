//! What the messages of bank do.

use entente_kernel::{Ctx, Result};
use entente_proto::cosmos::bank::v1beta1 as wire;

use super::msg;

pub fn send(ctx: &mut Ctx, m: msg::Send) -> Result<wire::MsgSendResponse> {
    super::refuse_blocked(ctx, &m.to)?;
    super::send(ctx, &m.from, &m.to, &m.amount)?;
    Ok(wire::MsgSendResponse {})
}
