//! Messages of evidence: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::evidence::v1beta1 as wire;
use prost::Message as _;

use super::error;
use crate::message::Message;

/// Submits a proof by hand.
#[derive(Debug, Clone)]
pub struct SubmitEvidence {
    pub equivocation: wire::Equivocation,
}

impl Message for SubmitEvidence {
    type Wire = wire::MsgSubmitEvidence;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.submitter)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let named = |e| sdk::INVALID_ADDRESS.because(format!("invalid submitter address: {e}"));
        bech32.parse_acc(&wire.submitter).map_err(named)?;
        let any = wire.evidence.ok_or_else(|| error::INVALID.because("missing evidence"))?;
        let equivocation = wire::Equivocation::decode(any.value.as_slice()).map_err(|e| sdk::TX_DECODE.because(e))?;
        check(&equivocation).map_err(|e| error::INVALID.because(format!("failed basic validation: {e}")))?;
        Ok(Self { equivocation })
    }
}

/// The checks of a record by itself.
///
/// # Errors
/// A text that names the field.
pub(super) fn check(e: &wire::Equivocation) -> std::result::Result<(), String> {
    if e.time.is_none_or(|t| t.seconds <= 0) {
        return Err(format!("invalid equivocation time: {:?}", e.time));
    }
    if e.height < 1 {
        return Err(format!("invalid equivocation height: {}", e.height));
    }
    if e.power < 1 {
        return Err(format!("invalid equivocation validator power: {}", e.power));
    }
    if e.consensus_address.is_empty() {
        return Err("invalid equivocation validator consensus address: ".to_owned());
    }
    Ok(())
}
