//! What the messages of evidence do.

use entente_kernel::{Ctx, Result};
use entente_proto::cosmos::evidence::v1beta1 as wire;

use super::{error, msg, state};

/// Nobody may submit proofs by hand: only the consensus engine checks the signatures in them.
///
/// # Errors
/// `evidence` 5 if the proof is known, else 2.
pub fn submit_evidence(ctx: &mut Ctx, m: msg::SubmitEvidence) -> Result<wire::MsgSubmitEvidenceResponse> {
    let hash = super::hash(&m.equivocation);
    if state::EVIDENCE.has(ctx, &hash)? {
        return Err(error::EXISTS.because(hex::encode_upper(hash)));
    }
    Err(error::NO_HANDLER.because("equivocation"))
}
