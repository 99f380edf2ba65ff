//! Messages of mint: wire → checked.

use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::mint::v1beta1 as wire;

use crate::message::Message;

/// Replaces the parameters; by vote.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: wire::Params,
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    /// The authority is judged before the parameters, so both wait for the handler.
    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, params: wire.params.unwrap_or_default() })
    }
}
