//! Messages of feegrant: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::feegrant::v1beta1 as wire;
use prost_types::Any;

use crate::message::Message;

/// Lets somebody pay fees from the signer's account. What the allowance says is checked when it is known that there is none yet.
#[derive(Debug, Clone)]
pub struct GrantAllowance {
    pub granter: String,
    pub grantee: String,
    pub allowance: Option<Any>,
}

impl Message for GrantAllowance {
    type Wire = wire::MsgGrantAllowance;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.granter)?])
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        if wire.grantee.eq_ignore_ascii_case(&wire.granter) {
            return Err(sdk::INVALID_ADDRESS.because("cannot self-grant fee authorization"));
        }
        Ok(Self { granter: wire.granter, grantee: wire.grantee, allowance: wire.allowance })
    }
}

/// Takes an allowance back.
#[derive(Debug, Clone)]
pub struct RevokeAllowance {
    pub granter: String,
    pub grantee: String,
}

impl Message for RevokeAllowance {
    type Wire = wire::MsgRevokeAllowance;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.granter)?])
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        if wire.grantee == wire.granter {
            return Err(sdk::INVALID_ADDRESS.because("addresses must be different"));
        }
        Ok(Self { granter: wire.granter, grantee: wire.grantee })
    }
}

/// Removes allowances whose end has passed. Anybody may.
#[derive(Debug, Clone)]
pub struct PruneAllowances {
    pub pruner: String,
}

impl Message for PruneAllowances {
    type Wire = wire::MsgPruneAllowances;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.pruner)?])
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        Ok(Self { pruner: wire.pruner })
    }
}
