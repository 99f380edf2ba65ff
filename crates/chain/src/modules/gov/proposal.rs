//! The life of a proposal up to its vote: submission, activation, cancellation.

use entente_kernel::error::sdk;
use entente_kernel::gas::price;
use entente_kernel::{AccAddress, Ctx, Error, Result};
use prost::Message as _;
use prost_types::Any;

use super::state::{self, Proposal, Status, Tally, convert};
use super::{deposit, error, event, legacy, must_proposal, params};
use crate::modules::auth;
use crate::route;

/// Longest title or metadata, in bytes. A summary may be 40 times as long.
const METADATA_LEN_MAX: usize = 255;
const SUMMARY_LEN_MAX: usize = 40 * METADATA_LEN_MAX;

/// What is proposed.
#[derive(Debug, Clone)]
pub struct Draft {
    pub messages: Vec<Any>,
    pub metadata: String,
    pub title: String,
    pub summary: String,
    pub proposer: AccAddress,
    pub expedited: bool,
}

/// Stores a new proposal in its deposit period.
///
/// # Errors
/// `gov` 15 or 22 for texts that are too long, `gov` 13 for messages that gov does not sign alone, `gov` 12 for messages that could
/// never be carried out, `gov` 5 for legacy contents that cannot be carried out now.
pub fn submit(ctx: &mut Ctx, draft: Draft) -> Result<Proposal> {
    refuse_long(&draft.metadata)?;
    if draft.summary.len() > SUMMARY_LEN_MAX {
        let text = format!("got summary with length {}", draft.summary.len());
        return Err(error::SUMMARY_TOO_LONG.because(text));
    }
    refuse_long(&draft.title)?;
    let mut urls = String::new();
    for message in &draft.messages {
        urls.push(',');
        urls.push_str(&message.type_url);
        check_message(ctx, message)?;
    }
    let id = state::NEXT_ID.next(ctx)?;
    let submit_time = ctx.time();
    let proposal = Proposal {
        id,
        messages: draft.messages.into_iter().map(Into::into).collect(),
        status: Status::Deposit,
        tally: Tally::default(),
        submit_time,
        deposit_end: submit_time.plus(params(ctx)?.max_deposit_period()?),
        total_deposit: entente_kernel::num::Coins::empty(),
        voting_start: None,
        voting_end: None,
        metadata: draft.metadata,
        title: draft.title,
        summary: draft.summary,
        proposer: Some(draft.proposer),
        expedited: draft.expedited,
        failed_reason: String::new(),
    };
    save(ctx, &proposal)?;
    state::INACTIVE.set(ctx, &(proposal.deposit_end, id), &())?;
    ctx.emit(event::submit_proposal(id, &urls));
    // A proposal is written three more times in its life.
    let len = convert::proposal(&proposal, ctx.bech32()).encoded_len();
    let len = u64::try_from(len).unwrap_or(u64::MAX);
    ctx.gas().charge(len.saturating_mul(price::WRITE_BYTE).saturating_mul(3), "submit proposal")?;
    Ok(proposal)
}

/// # Errors
/// `gov` 15.
pub fn refuse_long(metadata: &str) -> Result<()> {
    if metadata.len() > METADATA_LEN_MAX {
        let text = format!("got metadata with length {}", metadata.len());
        return Err(error::METADATA_TOO_LONG.because(text));
    }
    Ok(())
}

/// A proposed message must be one that gov alone signs. Messages may fail when they are carried out; legacy contents are tried at once.
fn check_message(ctx: &mut Ctx, message: &Any) -> Result<()> {
    if CHECKED_AT_SUBMISSION.iter().any(|package| message.type_url.starts_with(package)) {
        let checked = route::check(message, ctx.bech32());
        checked.map_err(|e| match e {
            Error::Refusal(r) => error::INVALID_PROPOSAL_MSG.because(r.log),
            fault => fault,
        })?;
    }
    refuse_other_signers(ctx, message)?;
    if message.type_url != legacy::EXEC_URL {
        return Ok(());
    }
    ctx.dry_run(|ctx| route::handle(ctx, message)).map(drop).map_err(|e| match e {
        Error::Refusal(r) => error::INVALID_PROPOSAL_CONTENT.because(r.log),
        fault => fault,
    })
}

/// Packages whose messages upstream checks without the state before they may be proposed.
const CHECKED_AT_SUBMISSION: &[&str] = &["/ibc."];

/// # Errors
/// `gov` 13 unless the account of gov is the only signer.
pub fn refuse_other_signers(ctx: &Ctx, message: &Any) -> Result<()> {
    match route::signers(message, ctx.bech32())?.as_slice() {
        [one] if *one == auth::authority() => Ok(()),
        [other] => Err(error::INVALID_SIGNER.because(ctx.bech32().acc(other))),
        _ => Err(error::INVALID_SIGNER.refuse()),
    }
}

/// # Errors
/// `sdk` 2 if the chain does not know the type: such bytes are no transaction.
pub fn refuse_unknown(messages: &[Any]) -> Result<()> {
    match messages.iter().find(|m| !route::URLS.contains(&m.type_url.as_str())) {
        Some(m) => Err(sdk::TX_DECODE.because(format!("unable to resolve type URL {}", m.type_url))),
        None => Ok(()),
    }
}

pub fn save(ctx: &mut Ctx, proposal: &Proposal) -> Result<()> {
    state::PROPOSALS.set(ctx, &proposal.id, proposal)
}

/// Forgets a proposal; its deposits and votes are for the caller.
pub fn remove(ctx: &mut Ctx, proposal: &Proposal) -> Result<()> {
    state::INACTIVE.remove(ctx, &(proposal.deposit_end, proposal.id))?;
    if let Some(end) = proposal.voting_end {
        state::ACTIVE.remove(ctx, &(end, proposal.id))?;
    }
    state::PROPOSALS.remove(ctx, &proposal.id)
}

/// Begins the vote.
pub fn activate(ctx: &mut Ctx, proposal: &mut Proposal) -> Result<()> {
    let params = params(ctx)?;
    let period = if proposal.expedited { params.expedited_voting_period()? } else { params.voting_period()? };
    let (start, end) = (ctx.time(), ctx.time().plus(period));
    (proposal.voting_start, proposal.voting_end) = (Some(start), Some(end));
    proposal.status = Status::Voting;
    save(ctx, proposal)?;
    state::INACTIVE.remove(ctx, &(proposal.deposit_end, proposal.id))?;
    state::ACTIVE.set(ctx, &(end, proposal.id), &())
}

/// Takes a proposal back before its vote has ended. A part of the deposits is lost.
///
/// # Errors
/// `gov` 18 for anybody but the proposer, `gov` 21 for a proposal that was decided, `gov` 20 when the voting period is over.
pub fn cancel(ctx: &mut Ctx, id: u64, proposer: &AccAddress) -> Result<()> {
    let proposal = must_proposal(ctx, id)?;
    let text = ctx.bech32().acc(proposer);
    let Some(owner) = proposal.proposer else {
        let text = format!("proposal {id} doesn't have proposer {text}, so cannot be canceled");
        return Err(error::INVALID_PROPOSAL.because(text));
    };
    if owner != *proposer {
        return Err(error::INVALID_PROPOSER.because(format!("invalid proposer {text}")));
    }
    if !matches!(proposal.status, Status::Deposit | Status::Voting) {
        return Err(error::INVALID_PROPOSAL.because("proposal should be in the deposit or voting period"));
    }
    if proposal.voting_end.is_some_and(|end| end < ctx.time()) {
        let text = format!("voting period is already ended for this proposal {id}");
        return Err(error::VOTING_PERIOD_ENDED.because(text));
    }
    deposit::charge(ctx, id)?;
    super::vote::forget(ctx, id)?;
    remove(ctx, &proposal)
}
