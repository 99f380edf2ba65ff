//! Messages of upgrade: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::upgrade::v1beta1 as wire;

use crate::message::Message;

/// What Go writes where no time is: the first second of the year 1.
pub const NO_TIME: prost_types::Timestamp = prost_types::Timestamp { seconds: -62_135_596_800, nanos: 0 };
/// Longest name in bytes: it is part of a key.
const NAME_BYTES_MAX: usize = 140;

/// Schedules an upgrade; by vote.
#[derive(Debug, Clone)]
pub struct SoftwareUpgrade {
    pub authority: String,
    pub plan: wire::Plan,
}

impl Message for SoftwareUpgrade {
    type Wire = wire::MsgSoftwareUpgrade;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    /// The authority is judged before the plan, so both wait for the handler.
    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, plan: wire.plan.unwrap_or_default() })
    }
}

/// Cancels the upgrade that is scheduled; by vote.
#[derive(Debug, Clone)]
pub struct CancelUpgrade {
    pub authority: String,
}

impl Message for CancelUpgrade {
    type Wire = wire::MsgCancelUpgrade;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority })
    }
}

/// What a plan must be like, whatever the state.
///
/// # Errors
/// `sdk` 18.
#[allow(deprecated)]
pub fn check_plan(plan: &wire::Plan) -> Result<()> {
    if plan.time.is_some_and(|t| t != NO_TIME) {
        return Err(sdk::INVALID_REQUEST.because("time-based upgrades have been deprecated in the SDK"));
    }
    if plan.upgraded_client_state.is_some() {
        return Err(sdk::INVALID_REQUEST.because("upgrade logic for IBC has been moved to the IBC module"));
    }
    if plan.name.is_empty() {
        return Err(sdk::INVALID_REQUEST.because("name cannot be empty"));
    }
    if plan.name.len() > NAME_BYTES_MAX {
        let text = format!("name is longer than {NAME_BYTES_MAX} bytes");
        return Err(sdk::INVALID_REQUEST.because(text));
    }
    if plan.height <= 0 {
        return Err(sdk::INVALID_REQUEST.because("height must be greater than 0"));
    }
    Ok(())
}
