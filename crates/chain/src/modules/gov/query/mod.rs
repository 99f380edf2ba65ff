//! What gov can be asked in `cosmos.gov.v1`.

pub mod legacy;

use entente_kernel::{AccAddress, Error, Grpc, Result, View};
use entente_proto::cosmos::gov::v1 as wire;

use super::state::convert;
use super::state::{self, Proposal, Status, Tally};
use super::tally;
use crate::query::{page_request, page_response};

pub fn constitution(view: &View, _: wire::QueryConstitutionRequest) -> Result<wire::QueryConstitutionResponse> {
    Ok(wire::QueryConstitutionResponse { constitution: state::CONSTITUTION.load(view)?.unwrap_or_default() })
}

pub fn params(view: &View, request: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    let params = super::params(view)?.to_wire();
    let mut response = wire::QueryParamsResponse::default();
    match request.params_type.as_str() {
        "" => {}
        "deposit" => {
            response.deposit_params = Some(wire::DepositParams {
                min_deposit: params.min_deposit.clone(),
                max_deposit_period: params.max_deposit_period,
            });
        }
        "voting" => {
            response.voting_params = Some(wire::VotingParams { voting_period: params.voting_period });
        }
        "tallying" => {
            response.tally_params = Some(wire::TallyParams {
                quorum: params.quorum.clone(),
                threshold: params.threshold.clone(),
                veto_threshold: params.veto_threshold.clone(),
            });
        }
        unknown => return Err(invalid(format!("unknown params type: {unknown}"))),
    }
    response.params = Some(params);
    Ok(response)
}

pub fn proposal(view: &View, request: wire::QueryProposalRequest) -> Result<wire::QueryProposalResponse> {
    let found = existing(view, request.proposal_id)?;
    Ok(wire::QueryProposalResponse { proposal: Some(convert::proposal(&found, view.bech32())) })
}

pub fn proposals(view: &View, request: wire::QueryProposalsRequest) -> Result<wire::QueryProposalsResponse> {
    let status = Status::from_number(request.proposal_status);
    let (voter, depositor) = (optional(view, &request.voter)?, optional(view, &request.depositor)?);
    let page = state::PROPOSALS.page_filter(view, &page_request(request.pagination), |id, p| {
        let wanted = status.is_none_or(|s| s == p.status)
            && voter.map_or(Ok(true), |v| state::VOTES.has(view, &(id, v)))?
            && depositor.map_or(Ok(true), |d| state::DEPOSITS.has(view, &(id, d)))?;
        Ok(wanted.then(|| convert::proposal(&p, view.bech32())))
    })?;
    let (proposals, pagination) = page_response(page);
    Ok(wire::QueryProposalsResponse { proposals, pagination })
}

fn optional(view: &View, address: &str) -> Result<Option<AccAddress>> {
    if address.is_empty() {
        return Ok(None);
    }
    let parsed = view.bech32().parse_acc(address);
    parsed.map(Some).map_err(|e| Error::status(Grpc::InvalidArgument, e))
}

pub fn vote(view: &View, request: wire::QueryVoteRequest) -> Result<wire::QueryVoteResponse> {
    refuse_zero(request.proposal_id)?;
    if request.voter.is_empty() {
        return Err(invalid("empty voter address"));
    }
    let voter = view.bech32().parse_acc(&request.voter)?;
    let found = state::VOTES
        .get(view, &(request.proposal_id, voter))?
        .ok_or_else(|| invalid(format!("voter: {} not found for proposal: {}", request.voter, request.proposal_id)))?;
    let vote = convert::vote(request.proposal_id, &voter, &found, view.bech32());
    Ok(wire::QueryVoteResponse { vote: Some(vote) })
}

pub fn votes(view: &View, request: wire::QueryVotesRequest) -> Result<wire::QueryVotesResponse> {
    refuse_zero(request.proposal_id)?;
    let page = page_request(request.pagination);
    let page = state::VOTES.page_prefix_filter(view, &request.proposal_id, &page, |(id, voter), vote| {
        Ok(Some(convert::vote(id, &voter, &vote, view.bech32())))
    })?;
    let (votes, pagination) = page_response(page);
    Ok(wire::QueryVotesResponse { votes, pagination })
}

pub fn deposit(view: &View, request: wire::QueryDepositRequest) -> Result<wire::QueryDepositResponse> {
    refuse_zero(request.proposal_id)?;
    if request.depositor.is_empty() {
        return Err(invalid("empty depositor address"));
    }
    let depositor = view.bech32().parse_acc(&request.depositor)?;
    let found = state::DEPOSITS.get(view, &(request.proposal_id, depositor))?.ok_or_else(|| {
        let text = format!("depositor: {} not found for proposal: {}", request.depositor, request.proposal_id);
        Error::status(Grpc::NotFound, text)
    })?;
    let deposit = convert::deposit(request.proposal_id, &depositor, &found, view.bech32());
    Ok(wire::QueryDepositResponse { deposit: Some(deposit) })
}

pub fn deposits(view: &View, request: wire::QueryDepositsRequest) -> Result<wire::QueryDepositsResponse> {
    refuse_zero(request.proposal_id)?;
    let page = page_request(request.pagination);
    let page = state::DEPOSITS.page_prefix_filter(view, &request.proposal_id, &page, |(id, depositor), amount| {
        Ok(Some(convert::deposit(id, &depositor, &amount, view.bech32())))
    })?;
    let (deposits, pagination) = page_response(page);
    Ok(wire::QueryDepositsResponse { deposits, pagination })
}

/// The count so far, or the final one.
pub fn tally_result(view: &View, request: wire::QueryTallyResultRequest) -> Result<wire::QueryTallyResultResponse> {
    let proposal = existing(view, request.proposal_id)?;
    let tally = match proposal.status {
        Status::Deposit => Tally::default(),
        Status::Voting => tally::outcome(view, &proposal)?.tally,
        Status::Passed | Status::Rejected | Status::Failed => proposal.tally,
    };
    Ok(wire::QueryTallyResultResponse { tally: Some(tally.to_wire()) })
}

fn existing(view: &View, id: u64) -> Result<Proposal> {
    refuse_zero(id)?;
    let missing = || Error::status(Grpc::NotFound, format!("proposal {id} doesn't exist"));
    super::proposal(view, id)?.ok_or_else(missing)
}

fn refuse_zero(id: u64) -> Result<()> {
    if id == 0 {
        return Err(invalid("proposal id can not be 0"));
    }
    Ok(())
}

fn invalid(text: impl std::fmt::Display) -> Error {
    Error::status(Grpc::InvalidArgument, text)
}
