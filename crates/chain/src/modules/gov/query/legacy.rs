//! What gov can be asked in `cosmos.gov.v1beta1`: the answers of `cosmos.gov.v1`, in the older form.

use entente_kernel::error::sdk;
use entente_kernel::num::Dec;
use entente_kernel::{Error, Grpc, Result, Timestamp, View};
use entente_proto::cosmos::gov::{v1, v1beta1 as wire};
use prost::Message as _;
use prost_types::Any;

use crate::modules::gov::legacy::EXEC_URL;
use crate::modules::gov::query;
use crate::wire::timestamp;

pub fn proposal(view: &View, request: wire::QueryProposalRequest) -> Result<wire::QueryProposalResponse> {
    let found = query::proposal(view, v1::QueryProposalRequest { proposal_id: request.proposal_id })?.proposal;
    Ok(wire::QueryProposalResponse { proposal: found.map(older_proposal).transpose()? })
}

pub fn proposals(view: &View, request: wire::QueryProposalsRequest) -> Result<wire::QueryProposalsResponse> {
    let request = v1::QueryProposalsRequest {
        proposal_status: request.proposal_status,
        voter: request.voter,
        depositor: request.depositor,
        pagination: request.pagination,
    };
    let found = query::proposals(view, request)?;
    let proposals = found.proposals.into_iter().map(older_proposal).collect::<Result<_>>()?;
    Ok(wire::QueryProposalsResponse { proposals, pagination: found.pagination })
}

pub fn vote(view: &View, request: wire::QueryVoteRequest) -> Result<wire::QueryVoteResponse> {
    let request = v1::QueryVoteRequest { proposal_id: request.proposal_id, voter: request.voter };
    Ok(wire::QueryVoteResponse { vote: query::vote(view, request)?.vote.map(older_vote).transpose()? })
}

pub fn votes(view: &View, request: wire::QueryVotesRequest) -> Result<wire::QueryVotesResponse> {
    let request = v1::QueryVotesRequest { proposal_id: request.proposal_id, pagination: request.pagination };
    let found = query::votes(view, request)?;
    let votes = found.votes.into_iter().map(older_vote).collect::<Result<_>>()?;
    Ok(wire::QueryVotesResponse { votes, pagination: found.pagination })
}

pub fn params(view: &View, request: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    let name = request.params_type;
    let found = query::params(view, v1::QueryParamsRequest { params_type: name.clone() })?;
    if name.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, format!("{name} is not a valid parameter type")));
    }
    let tally = |p: v1::TallyParams| -> Result<wire::TallyParams> {
        Ok(wire::TallyParams {
            quorum: scaled(&p.quorum)?.into_bytes(),
            threshold: scaled(&p.threshold)?.into_bytes(),
            veto_threshold: scaled(&p.veto_threshold)?.into_bytes(),
        })
    };
    Ok(wire::QueryParamsResponse {
        voting_params: found.voting_params.map(|p| wire::VotingParams { voting_period: p.voting_period }),
        deposit_params: found
            .deposit_params
            .map(|p| wire::DepositParams { min_deposit: p.min_deposit, max_deposit_period: p.max_deposit_period }),
        tally_params: found.tally_params.map(tally).transpose()?,
    })
}

pub fn deposit(view: &View, request: wire::QueryDepositRequest) -> Result<wire::QueryDepositResponse> {
    let request = v1::QueryDepositRequest { proposal_id: request.proposal_id, depositor: request.depositor };
    Ok(wire::QueryDepositResponse { deposit: query::deposit(view, request)?.deposit.map(older_deposit) })
}

pub fn deposits(view: &View, request: wire::QueryDepositsRequest) -> Result<wire::QueryDepositsResponse> {
    let request = v1::QueryDepositsRequest { proposal_id: request.proposal_id, pagination: request.pagination };
    let found = query::deposits(view, request)?;
    let deposits = found.deposits.into_iter().map(older_deposit).collect();
    Ok(wire::QueryDepositsResponse { deposits, pagination: found.pagination })
}

pub fn tally_result(view: &View, request: wire::QueryTallyResultRequest) -> Result<wire::QueryTallyResultResponse> {
    let found = query::tally_result(view, v1::QueryTallyResultRequest { proposal_id: request.proposal_id })?;
    Ok(wire::QueryTallyResultResponse { tally: found.tally.map(older_tally) })
}

/// # Errors
/// `sdk` 29 for a proposal without, or with more than one message.
fn older_proposal(p: v1::Proposal) -> Result<wire::Proposal> {
    let [message] = p.messages.as_slice() else {
        return Err(sdk::INVALID_TYPE.because(
            "can't convert a gov/v1 Proposal to gov/v1beta1 Proposal when amount of proposal messages not exactly one",
        ));
    };
    let never = Some(timestamp(Timestamp::NEVER));
    Ok(wire::Proposal {
        proposal_id: p.id,
        content: Some(older_content(message)?),
        status: p.status,
        final_tally_result: p.final_tally_result.map(older_tally),
        submit_time: p.submit_time.or(never),
        deposit_end_time: p.deposit_end_time.or(never),
        total_deposit: p.total_deposit,
        voting_start_time: p.voting_start_time.or(never),
        voting_end_time: p.voting_end_time.or(never),
    })
}

/// The content that the message carries; any other message stands for its content itself.
fn older_content(message: &Any) -> Result<Any> {
    if message.type_url != EXEC_URL {
        return Ok(message.clone());
    }
    let exec = v1::MsgExecLegacyContent::decode(message.value.as_slice());
    let exec = exec.map_err(|e| Error::fault(format!("a stored proposal holds a message that cannot be read: {e}")))?;
    Ok(exec.content.unwrap_or_default())
}

fn older_vote(v: v1::Vote) -> Result<wire::Vote> {
    let one = |o: v1::WeightedVoteOption| -> Result<wire::WeightedVoteOption> {
        Ok(wire::WeightedVoteOption { option: o.option, weight: scaled(&o.weight)? })
    };
    let options = v.options.into_iter().map(one).collect::<Result<_>>()?;
    Ok(wire::Vote { proposal_id: v.proposal_id, voter: v.voter, options, ..Default::default() })
}

fn older_deposit(d: v1::Deposit) -> wire::Deposit {
    wire::Deposit { proposal_id: d.proposal_id, depositor: d.depositor, amount: d.amount }
}

fn older_tally(t: v1::TallyResult) -> wire::TallyResult {
    wire::TallyResult { yes: t.yes_count, abstain: t.abstain_count, no: t.no_count, no_with_veto: t.no_with_veto_count }
}

/// A decimal text in the form of protobuf's decimal fields.
fn scaled(text: &str) -> Result<String> {
    Ok(text.parse::<Dec>()?.to_scaled_string())
}
