//! Messages of auth: wire → checked.

use entente_kernel::{AccAddress, Bech32, Error, Result};
use entente_proto::cosmos::auth::v1beta1 as wire;

use super::check_params;
use crate::message::Message;

/// Replaces the parameters.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: wire::Params,
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &wire::MsgUpdateParams, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: wire::MsgUpdateParams, bech32: &Bech32) -> Result<Self> {
        let expected = bech32.acc(&super::authority());
        if wire.authority != expected {
            let got = wire.authority;
            return Err(Error::plain(format!(
                "expected gov account as only signer for proposal message; invalid authority; expected {expected}, got {got}"
            )));
        }
        let params = wire.params.unwrap_or_default();
        check_params(&params).map_err(Error::plain)?;
        Ok(Self { authority: wire.authority, params })
    }
}
