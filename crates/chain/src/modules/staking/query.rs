//! What staking can be asked.

use entente_kernel::num::Coin;
use entente_kernel::{AccAddress, Error, Grpc, Result, ValAddress, View, Wire};
use entente_proto::cosmos::staking::v1beta1 as wire;

use super::delegation::{self, Delegation, Redelegation};
use super::state;
use super::validator::BondStatus;
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;
use crate::query::{page_request, page_response};
use crate::wire as convert;

fn invalid(text: &str) -> Error {
    Error::status(Grpc::InvalidArgument, text)
}

/// What goes wrong inside of a list is an internal error upstream.
fn internal(e: Error) -> Error {
    match e {
        Error::Refusal(r) => Error::status(Grpc::Internal, r.log),
        fault => fault,
    }
}

fn operator(view: &View, text: &str) -> Result<ValAddress> {
    if text.is_empty() {
        return Err(invalid("validator address cannot be empty"));
    }
    view.bech32().parse_val(text)
}

fn delegator(view: &View, text: &str) -> Result<AccAddress> {
    if text.is_empty() {
        return Err(invalid("delegator address cannot be empty"));
    }
    view.bech32().parse_acc(text)
}

fn pair(view: &View, del: &str, val: &str) -> Result<(AccAddress, ValAddress)> {
    if val.is_empty() && !del.is_empty() {
        return Err(invalid("validator address cannot be empty"));
    }
    Ok((delegator(view, del)?, operator(view, val)?))
}

pub fn validators(view: &View, request: wire::QueryValidatorsRequest) -> Result<wire::QueryValidatorsResponse> {
    let statuses = [BondStatus::Bonded, BondStatus::Unbonding, BondStatus::Unbonded];
    let wanted = statuses.into_iter().find(|s| s.text() == request.status).map(BondStatus::number);
    if wanted.is_none() && !request.status.is_empty() {
        return Err(invalid(&format!("invalid validator status {}", request.status)));
    }
    let pick = |_, Wire(v): Wire<wire::Validator>| Ok(wanted.is_none_or(|status| v.status == status).then_some(v));
    let page = state::VALIDATORS.page_filter(view, &page_request(request.pagination), pick).map_err(internal)?;
    let (validators, pagination) = page_response(page);
    Ok(wire::QueryValidatorsResponse { validators, pagination })
}

pub fn validator(view: &View, request: wire::QueryValidatorRequest) -> Result<wire::QueryValidatorResponse> {
    let operator = operator(view, &request.validator_addr)?;
    let missing = || Error::status(Grpc::NotFound, format!("validator {} not found", request.validator_addr));
    let found = state::VALIDATORS.get(view, &operator)?.ok_or_else(missing)?;
    Ok(wire::QueryValidatorResponse { validator: Some(found.0) })
}

pub fn validator_delegations(
    view: &View,
    request: wire::QueryValidatorDelegationsRequest,
) -> Result<wire::QueryValidatorDelegationsResponse> {
    let operator = operator(view, &request.validator_addr)?;
    let pick = |(operator, state::Bare(delegator)), ()| {
        let held = super::delegation(view, &delegator, &operator)?;
        held.map(|d| delegation_response(view, &d)).transpose()
    };
    let page = page_request(request.pagination);
    let page = state::DELEGATORS.page_prefix_filter(view, &operator, &page, pick).map_err(internal)?;
    let (delegation_responses, pagination) = page_response(page);
    Ok(wire::QueryValidatorDelegationsResponse { delegation_responses, pagination })
}

pub fn validator_unbonding_delegations(
    view: &View,
    request: wire::QueryValidatorUnbondingDelegationsRequest,
) -> Result<wire::QueryValidatorUnbondingDelegationsResponse> {
    let operator = operator(view, &request.validator_addr)?;
    let pick = |(operator, delegator), ()| Ok(state::UNBONDINGS.get(view, &(delegator, operator))?.map(|u| u.0));
    let page = page_request(request.pagination);
    let page = state::UNBONDINGS_FROM.page_prefix_filter(view, &operator, &page, pick).map_err(internal)?;
    let (unbonding_responses, pagination) = page_response(page);
    Ok(wire::QueryValidatorUnbondingDelegationsResponse { unbonding_responses, pagination })
}

pub fn delegation(view: &View, request: wire::QueryDelegationRequest) -> Result<wire::QueryDelegationResponse> {
    let (delegator, operator) = pair(view, &request.delegator_addr, &request.validator_addr)?;
    let held = super::delegation(view, &delegator, &operator)?
        .ok_or_else(|| not_found("delegation", &request.delegator_addr, &request.validator_addr))?;
    let response = delegation_response(view, &held).map_err(internal)?;
    Ok(wire::QueryDelegationResponse { delegation_response: Some(response) })
}

pub fn unbonding_delegation(
    view: &View,
    request: wire::QueryUnbondingDelegationRequest,
) -> Result<wire::QueryUnbondingDelegationResponse> {
    let key = pair(view, &request.delegator_addr, &request.validator_addr)?;
    let found = state::UNBONDINGS
        .get(view, &key)?
        .ok_or_else(|| not_found("unbonding delegation", &request.delegator_addr, &request.validator_addr))?;
    Ok(wire::QueryUnbondingDelegationResponse { unbond: Some(found.0) })
}

fn not_found(what: &str, delegator: &str, operator: &str) -> Error {
    let text = format!("{what} with delegator {delegator} not found for validator {operator}");
    Error::status(Grpc::NotFound, text)
}

pub fn delegator_delegations(
    view: &View,
    request: wire::QueryDelegatorDelegationsRequest,
) -> Result<wire::QueryDelegatorDelegationsResponse> {
    let delegator = delegator(view, &request.delegator_addr)?;
    let pick = |key, Wire(d): Wire<wire::Delegation>| {
        delegation_response(view, &delegation::stored(Delegation::from_wire(&d, key))?).map(Some)
    };
    let page = page_request(request.pagination);
    let page = state::DELEGATIONS.page_prefix_filter(view, &delegator, &page, pick).map_err(internal)?;
    let (delegation_responses, pagination) = page_response(page);
    Ok(wire::QueryDelegatorDelegationsResponse { delegation_responses, pagination })
}

pub fn delegator_unbonding_delegations(
    view: &View,
    request: wire::QueryDelegatorUnbondingDelegationsRequest,
) -> Result<wire::QueryDelegatorUnbondingDelegationsResponse> {
    let delegator = delegator(view, &request.delegator_addr)?;
    let page = page_request(request.pagination);
    let page = state::UNBONDINGS.page_prefix_filter(view, &delegator, &page, |_, u| Ok(Some(u.0)));
    let (unbonding_responses, pagination) = page_response(page.map_err(internal)?);
    Ok(wire::QueryDelegatorUnbondingDelegationsResponse { unbonding_responses, pagination })
}

pub fn delegator_validators(
    view: &View,
    request: wire::QueryDelegatorValidatorsRequest,
) -> Result<wire::QueryDelegatorValidatorsResponse> {
    let delegator = delegator(view, &request.delegator_addr)?;
    let pick = |(_, operator), _| Ok(state::VALIDATORS.get(view, &operator)?.map(|v| v.0));
    let page = page_request(request.pagination);
    let page = state::DELEGATIONS.page_prefix_filter(view, &delegator, &page, pick).map_err(internal)?;
    let (validators, pagination) = page_response(page);
    Ok(wire::QueryDelegatorValidatorsResponse { validators, pagination })
}

pub fn delegator_validator(
    view: &View,
    request: wire::QueryDelegatorValidatorRequest,
) -> Result<wire::QueryDelegatorValidatorResponse> {
    let (delegator, operator) = pair(view, &request.delegator_addr, &request.validator_addr)?;
    let held = super::delegation(view, &delegator, &operator)?.ok_or_else(|| super::error::NO_DELEGATION.refuse());
    let found =
        held.and_then(|_| state::VALIDATORS.get(view, &operator)?.ok_or_else(|| super::error::NO_VALIDATOR.refuse()));
    Ok(wire::QueryDelegatorValidatorResponse { validator: Some(found.map_err(internal)?.0) })
}

/// All three addresses: one redelegation; only a source: all from it; else all of the delegator.
pub fn redelegations(
    view: &View,
    request: wire::QueryRedelegationsRequest,
) -> Result<wire::QueryRedelegationsResponse> {
    let (del, src, dst) = (&request.delegator_addr, &request.src_validator_addr, &request.dst_validator_addr);
    let page = page_request(request.pagination.clone());
    let read = |key| {
        let found = delegation::redelegation(view, key)?;
        found.map(|r| redelegation_response(view, &r)).transpose()
    };
    let (redelegation_responses, pagination) = if !del.is_empty() && !src.is_empty() && !dst.is_empty() {
        (vec![one_redelegation(view, del, src, dst).map_err(internal)?], None)
    } else if del.is_empty() && !src.is_empty() && dst.is_empty() {
        let source = view.bech32().parse_val(src).map_err(internal)?;
        let pick = |(source, delegator, target), ()| read((delegator, source, target));
        page_response(state::REDELEGATIONS_FROM.page_prefix_filter(view, &source, &page, pick).map_err(internal)?)
    } else {
        let delegator = view.bech32().parse_acc(del).map_err(internal)?;
        let pick = |key, _| read(key);
        page_response(state::REDELEGATIONS.page_prefix_filter(view, &delegator, &page, pick).map_err(internal)?)
    };
    Ok(wire::QueryRedelegationsResponse { redelegation_responses, pagination })
}

fn one_redelegation(view: &View, del: &str, src: &str, dst: &str) -> Result<wire::RedelegationResponse> {
    let bech32 = view.bech32();
    let key = (bech32.parse_acc(del)?, bech32.parse_val(src)?, bech32.parse_val(dst)?);
    let text = format!("redelegation not found for delegator address {del} from validator address {src}");
    let found = delegation::redelegation(view, key)?.ok_or_else(|| Error::status(Grpc::NotFound, text))?;
    redelegation_response(view, &found)
}

pub fn historical_info(
    view: &View,
    request: wire::QueryHistoricalInfoRequest,
) -> Result<wire::QueryHistoricalInfoResponse> {
    let height = u64::try_from(request.height).map_err(|_| invalid("height cannot be negative"))?;
    let text = format!("historical info for height {height} not found");
    let found = state::HISTORY.get(view, &height)?.ok_or_else(|| Error::status(Grpc::NotFound, text))?;
    Ok(wire::QueryHistoricalInfoResponse { hist: Some(found.0.to_wire()?) })
}

pub fn pool(view: &View, _: wire::QueryPoolRequest) -> Result<wire::QueryPoolResponse> {
    let denom = super::bond_denom(view)?;
    let held = |pool: &ModuleAccount| bank::balance(view, &pool.address(), &denom).map(|n| n.to_string());
    Ok(wire::QueryPoolResponse {
        pool: Some(wire::Pool {
            not_bonded_tokens: held(&ModuleAccount::NOT_BONDED_POOL)?,
            bonded_tokens: held(&ModuleAccount::BONDED_POOL)?,
        }),
    })
}

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?) })
}

fn delegation_response(view: &View, held: &Delegation) -> Result<wire::DelegationResponse> {
    let validator = super::must_validator(view, &held.validator)?;
    let tokens = validator.tokens_from_shares(held.shares)?.truncate_int()?;
    Ok(wire::DelegationResponse {
        delegation: Some(held.to_wire(view.bech32())),
        balance: Some(convert::coin(&Coin::new(super::bond_denom(view)?, tokens))),
    })
}

fn redelegation_response(view: &View, redelegation: &Redelegation) -> Result<wire::RedelegationResponse> {
    let target = super::must_validator(view, &redelegation.target)?;
    let entry = |e: &super::RedelegationEntry| {
        let mut shown = e.to_wire();
        shown.unbonding_on_hold_ref_count = 0;
        let balance = target.tokens_from_shares(e.shares_dst)?.truncate_int()?.to_string();
        Ok(wire::RedelegationEntryResponse { redelegation_entry: Some(shown), balance })
    };
    let entries = redelegation.entries.iter().map(entry).collect::<Result<_>>()?;
    let mut head = redelegation.to_wire(view.bech32());
    head.entries.clear();
    Ok(wire::RedelegationResponse { redelegation: Some(head), entries })
}
