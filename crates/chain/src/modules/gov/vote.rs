//! Votes: cast, changed, forgotten.

use std::fmt::Write as _;

use entente_kernel::{AccAddress, Ctx, Result};

use super::state::{self, Status, Vote, Weighted};
use super::{error, event, proposal};

/// Casts or replaces a vote.
///
/// # Errors
/// `gov` 3 if nothing is voted on under this id, `gov` 15 for metadata that is too long.
pub fn cast(ctx: &mut Ctx, id: u64, voter: &AccAddress, options: Vec<Weighted>, metadata: String) -> Result<()> {
    let voting = super::proposal(ctx, id)?.is_some_and(|p| p.status == Status::Voting);
    if !voting {
        return Err(error::INACTIVE_PROPOSAL.because(id));
    }
    proposal::refuse_long(&metadata)?;
    let text = ctx.bech32().acc(voter);
    let vote = Vote { options, metadata };
    state::VOTES.set(ctx, &(id, *voter), &vote)?;
    ctx.emit(event::proposal_vote(&text, &json(&vote.options), id));
    Ok(())
}

/// The options as upstream writes them into its event.
fn json(options: &[Weighted]) -> String {
    let mut out = String::from("[");
    for (i, w) in options.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        // Writing to a text cannot fail; a weight is digits and a point.
        let _ = write!(out, "{comma}{{\"option\":{},\"weight\":\"{}\"}}", w.choice.number(), w.weight);
    }
    out.push(']');
    out
}

/// Forgets all votes on a proposal. Gives their number.
pub fn forget(ctx: &mut Ctx, id: u64) -> Result<usize> {
    let voters: Vec<_> = state::VOTES.prefix(ctx, &id).map(|row| row.map(|(key, _)| key)).collect::<Result<_>>()?;
    voters.iter().try_for_each(|key| state::VOTES.remove(ctx, key))?;
    Ok(voters.len())
}
