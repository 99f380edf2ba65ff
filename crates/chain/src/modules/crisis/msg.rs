//! Messages of crisis: wire → checked.

use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::crisis::v1beta1 as wire;

use crate::message::Message;

/// Has one invariant checked.
#[derive(Debug, Clone)]
pub struct VerifyInvariant {
    pub sender: AccAddress,
    pub module: String,
    pub name: String,
}

impl Message for VerifyInvariant {
    type Wire = wire::MsgVerifyInvariant;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.sender)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let sender = bech32.parse_acc(&wire.sender).map_err(|e| e.wrap("invalid sender address"))?;
        Ok(Self { sender, module: wire.invariant_module_name, name: wire.invariant_route })
    }
}

/// Changes the fee; by vote.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub constant_fee: Coin,
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    /// The authority is judged before the fee, so both wait for the handler.
    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, constant_fee: wire.constant_fee.unwrap_or_default() })
    }
}
