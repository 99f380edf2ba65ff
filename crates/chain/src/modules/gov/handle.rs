//! What the messages of gov do.

use entente_kernel::{Ctx, Error, Result};
use entente_proto::cosmos::gov::{v1 as wire, v1beta1};

use super::params::Params;
use super::{deposit, error, event, legacy, msg, params, proposal, state, vote};
use crate::modules::auth;
use crate::route;
use crate::wire::timestamp;

pub fn submit_proposal(ctx: &mut Ctx, m: msg::SubmitProposal) -> Result<wire::MsgSubmitProposalResponse> {
    let params = params(ctx)?;
    deposit::refuse_little_initial(&params, &m.initial_deposit, m.draft.expedited)?;
    deposit::refuse_denoms(&params, &m.initial_deposit)?;
    let proposer = m.draft.proposer;
    let proposal_id = proposal::submit(ctx, m.draft)?.id;
    if deposit::add(ctx, proposal_id, &proposer, &m.initial_deposit)? {
        ctx.emit(event::voting_starts_at_submission(proposal_id));
    }
    Ok(wire::MsgSubmitProposalResponse { proposal_id })
}

pub fn deposit(ctx: &mut Ctx, m: msg::Deposit) -> Result<wire::MsgDepositResponse> {
    if deposit::add(ctx, m.id, &m.depositor, &m.amount)? {
        ctx.emit(event::voting_starts_at_deposit(m.id));
    }
    Ok(wire::MsgDepositResponse {})
}

pub fn vote(ctx: &mut Ctx, m: msg::Vote) -> Result<wire::MsgVoteResponse> {
    vote::cast(ctx, m.id, &m.voter, m.options, m.metadata)?;
    Ok(wire::MsgVoteResponse {})
}

pub fn vote_weighted(ctx: &mut Ctx, m: msg::VoteWeighted) -> Result<wire::MsgVoteWeightedResponse> {
    vote(ctx, m.0)?;
    Ok(wire::MsgVoteWeightedResponse {})
}

pub fn cancel_proposal(ctx: &mut Ctx, m: msg::CancelProposal) -> Result<wire::MsgCancelProposalResponse> {
    proposal::cancel(ctx, m.id, &m.proposer)?;
    let sender = ctx.bech32().acc(&m.proposer);
    ctx.emit(event::cancel_proposal(&sender, m.id));
    Ok(wire::MsgCancelProposalResponse {
        proposal_id: m.id,
        canceled_time: Some(timestamp(ctx.time())),
        canceled_height: u64::try_from(ctx.height()).unwrap_or_default(),
    })
}

pub fn exec_legacy_content(ctx: &mut Ctx, m: msg::ExecLegacyContent) -> Result<wire::MsgExecLegacyContentResponse> {
    let authority = ctx.bech32().acc(&auth::authority());
    if m.authority != authority {
        return Err(error::INVALID_SIGNER.because(format!("expected {authority} got {}", m.authority)));
    }
    let invalid = |e: Error, what: &str| match e {
        Error::Refusal(r) => error::INVALID_PROPOSAL_CONTENT.because(format!("{what}{}", r.log)),
        fault => fault,
    };
    let content = legacy::read(&m.content, ctx.bech32()).map_err(|e| invalid(e, ""))?;
    if let Some(message) = content.message()? {
        let what = format!("failed to run legacy handler {}, ", message.type_url);
        route::handle(ctx, message).map_err(|e| invalid(e, &what))?;
    }
    Ok(wire::MsgExecLegacyContentResponse {})
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let params = Params::from_wire(m.params, ctx.bech32())?;
    state::PARAMS.save(ctx, &params)?;
    Ok(wire::MsgUpdateParamsResponse {})
}

pub fn submit_proposal_v1beta1(
    ctx: &mut Ctx,
    m: msg::legacy::SubmitProposal,
) -> Result<v1beta1::MsgSubmitProposalResponse> {
    let proposal_id = submit_proposal(ctx, m.0)?.proposal_id;
    Ok(v1beta1::MsgSubmitProposalResponse { proposal_id })
}

pub fn deposit_v1beta1(ctx: &mut Ctx, m: msg::legacy::Deposit) -> Result<v1beta1::MsgDepositResponse> {
    deposit(ctx, m.0)?;
    Ok(v1beta1::MsgDepositResponse {})
}

pub fn vote_v1beta1(ctx: &mut Ctx, m: msg::legacy::Vote) -> Result<v1beta1::MsgVoteResponse> {
    vote(ctx, m.0)?;
    Ok(v1beta1::MsgVoteResponse {})
}

pub fn vote_weighted_v1beta1(ctx: &mut Ctx, m: msg::legacy::VoteWeighted) -> Result<v1beta1::MsgVoteWeightedResponse> {
    vote_weighted(ctx, m.0)?;
    Ok(v1beta1::MsgVoteWeightedResponse {})
}
