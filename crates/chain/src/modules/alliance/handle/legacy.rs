//! Legacy contents of governance: what is checked when one is submitted. Governance carries them out as the messages that replaced them.

use entente_kernel::error::sdk;
use entente_kernel::num::Denom;
use entente_kernel::{Error, Result};
use entente_proto::alliance::alliance as wire;
use prost_types::Any;

use super::super::error::invalid;
use super::super::msg::{NO_DENOM, UPDATE_TEXTS, WireTerms};

/// The stateless checks of a content, in upstream's order and words. Contents of other modules pass.
///
/// # Errors
/// Status InvalidArgument; the host's own error for a denom that is none.
pub fn check_content(content: &Any) -> Result<()> {
    match content.type_url.as_str() {
        "/alliance.alliance.MsgCreateAllianceProposal" => decode(content).and_then(|c| create(&c)),
        "/alliance.alliance.MsgUpdateAllianceProposal" => decode(content).and_then(|c| update(&c)),
        "/alliance.alliance.MsgDeleteAllianceProposal" => {
            decode(content).and_then(|c: wire::MsgDeleteAllianceProposal| not_empty(&c.denom))
        }
        _ => Ok(()),
    }
}

fn decode<W: prost::Message + Default>(content: &Any) -> Result<W> {
    W::decode(content.value.as_slice()).map_err(|e| sdk::TX_DECODE.because(format!("{}: {e}", content.type_url)))
}

fn not_empty(denom: &str) -> Result<()> {
    if denom.is_empty() { Err(invalid(NO_DENOM)) } else { Ok(()) }
}

fn create(c: &wire::MsgCreateAllianceProposal) -> Result<()> {
    not_empty(&c.denom)?;
    Denom::new(&c.denom).map_err(|e| Error::plain(e.to_string()))?;
    let terms = WireTerms::read(
        &c.reward_weight,
        &c.take_rate,
        &c.reward_change_rate,
        c.reward_change_interval.as_ref(),
        c.reward_weight_range.as_ref(),
    )?;
    terms.for_creation(&UPDATE_TEXTS).map(|_| ())
}

fn update(c: &wire::MsgUpdateAllianceProposal) -> Result<()> {
    not_empty(&c.denom)?;
    let terms = WireTerms::read(
        &c.reward_weight,
        &c.take_rate,
        &c.reward_change_rate,
        c.reward_change_interval.as_ref(),
        c.reward_weight_range.as_ref(),
    )?;
    terms.for_update_content().map(|_| ())
}
