//! Messages of slashing: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Bech32, Result, ValAddress};
use entente_proto::cosmos::slashing::v1beta1 as wire;

use crate::message::Message;

/// Asks to leave jail.
#[derive(Debug, Clone)]
pub struct Unjail {
    pub operator: ValAddress,
}

/// Replaces the parameters: for governance.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: wire::Params,
}

impl Message for Unjail {
    type Wire = wire::MsgUnjail;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_val(&wire.validator_addr)?.into()])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let named = |e| sdk::INVALID_ADDRESS.because(format!("validator input address: {e}"));
        Ok(Self { operator: bech32.parse_val(&wire.validator_addr).map_err(named)? })
    }
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, params: wire.params.unwrap_or_default() })
    }
}
