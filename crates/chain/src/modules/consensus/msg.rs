//! Messages about consensus parameters: wire → checked.

use entente_kernel::{AccAddress, Bech32, Error, Result};
use entente_proto::cosmos::consensus::v1 as wire;
use entente_proto::tendermint::types::{ConsensusParams, VersionParams};

use super::check_params;
use crate::message::Message;
use crate::modules::auth;

/// Replaces the parameters.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: ConsensusParams,
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &wire::MsgUpdateParams, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: wire::MsgUpdateParams, bech32: &Bech32) -> Result<Self> {
        auth::require_authority(bech32, &wire.authority)?;
        let params = ConsensusParams {
            block: wire.block,
            evidence: wire.evidence,
            validator: wire.validator,
            version: Some(VersionParams { app: 0 }),
            abci: wire.abci,
        };
        check_params(&params).map_err(Error::plain)?;
        Ok(Self { authority: wire.authority, params })
    }
}
