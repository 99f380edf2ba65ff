//! What liquid staking can be asked: what existing clients ask, then our own.

use entente_kernel::num::{Coin, Dec, Int};
use entente_kernel::{AccAddress, Ctx, Error, Grpc, Result, View};
use entente_proto::pstake::liquidstake::v1beta1 as wire;
use entente_proto::restake::liquid::v1 as own;

use super::position::{Position, Site};
use super::state::{BATCHES, Batch, CLAIMS, CLAIMS_OF, OPERATIONS, Operation, Status};
use super::{account, add, handle, ledger, math};
use crate::modules::{bank, distribution, staking};
use crate::query::{page_request, page_response};
use crate::wire as convert;

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?.to_wire(view.bech32())) })
}

pub fn liquid_validators(
    view: &View,
    _: wire::QueryLiquidValidatorsRequest,
) -> Result<wire::QueryLiquidValidatorsResponse> {
    let position = Position::load(view, &super::params(view)?)?;
    let row = |site: &Site| wire::LiquidValidatorState {
        operator_address: view.bech32().val(&site.operator),
        weight: if site.active { site.weight } else { 0 }.to_string(),
        status: if site.active && site.weight > 0 {
            wire::ValidatorStatus::Active
        } else {
            wire::ValidatorStatus::Inactive
        }
        .into(),
        del_shares: site.shares.to_scaled_string(),
        liquid_tokens: site.tokens.to_string(),
    };
    Ok(wire::QueryLiquidValidatorsResponse { liquid_validators: position.sites.iter().map(row).collect() })
}

pub fn states(ctx: &mut Ctx, _: wire::QueryStatesRequest) -> Result<wire::QueryStatesResponse> {
    let position = Position::load(ctx, &super::params(ctx)?)?;
    let (supply, value, bond) = (super::supply(ctx)?, position.value()?, staking::bond_denom(ctx)?);
    let (mut shares, mut tokens, mut rewards) = (Dec::ZERO, 0, Dec::ZERO);
    for site in position.sites.iter().filter(|s| s.shares.is_positive()) {
        shares = shares.add(site.shares)?;
        tokens = add(tokens, site.tokens)?;
        let due = distribution::rewards_due(ctx, &account(), &site.operator)?;
        rewards = rewards.add(due.amount_of(bond.as_str()))?;
    }
    let unbonding = OPERATIONS.iter(ctx).map(|row| row.map(|(_, op)| op.amount));
    let unbonding = unbonding.collect::<Result<Vec<_>>>()?.into_iter().try_fold(0, add)?;
    Ok(wire::QueryStatesResponse {
        net_amount_state: Some(wire::NetAmountState {
            mint_rate: convert::wad(math::c_value(supply, value)?),
            stkxprt_total_supply: supply.to_string(),
            net_amount: Dec::from_int(Int::from(value)).to_scaled_string(),
            total_del_shares: shares.to_scaled_string(),
            total_liquid_tokens: tokens.to_string(),
            total_remaining_rewards: rewards.to_scaled_string(),
            total_unbonding_balance: unbonding.to_string(),
            proxy_acc_balance: bank::balance(ctx, &account(), &bond)?.to_string(),
        }),
    })
}

pub fn own_params(view: &View, _: own::QueryParamsRequest) -> Result<own::QueryParamsResponse> {
    Ok(own::QueryParamsResponse { params: Some(super::params(view)?.own.to_wire()) })
}

pub fn rate(view: &View, _: own::QueryRateRequest) -> Result<own::QueryRateResponse> {
    let (supply, value) = (super::supply(view)?, super::value(view)?);
    Ok(own::QueryRateResponse {
        denom: super::denom(view)?.to_string(),
        rate: convert::wad(math::rate(supply, value)?),
        c_value: convert::wad(math::c_value(supply, value)?),
        value: value.to_string(),
        supply: supply.to_string(),
        waiting_rewards: ledger(view)?.waiting.to_string(),
        time: Some(convert::timestamp(view.time())),
    })
}

pub fn batches(view: &View, request: own::QueryBatchesRequest) -> Result<own::QueryBatchesResponse> {
    let page = BATCHES
        .page_filter(view, &page_request(request.pagination), |id, batch| Ok(Some(batch_to_wire(id, &batch))))?;
    let (batches, pagination) = page_response(page);
    Ok(own::QueryBatchesResponse { batches, pagination })
}

pub fn batch(view: &View, request: own::QueryBatchRequest) -> Result<own::QueryBatchResponse> {
    let id = request.batch_id;
    let missing = || Error::status(Grpc::NotFound, format!("there is no batch {id}; batches that were paid are gone"));
    let batch = BATCHES.get(view, &id)?.ok_or_else(missing)?;
    Ok(own::QueryBatchResponse { batch: Some(batch_to_wire(id, &batch)) })
}

pub fn claims(view: &View, request: own::QueryClaimsRequest) -> Result<own::QueryClaimsResponse> {
    let owner = view.bech32().parse_acc(&request.owner)?;
    let shown = |(owner, batch): (AccAddress, u64), ()| {
        let liquid = CLAIMS.must(view, &(batch, owner))?;
        Ok(Some(own::Claim { batch, owner: view.bech32().acc(&owner), liquid: liquid.to_string() }))
    };
    let page = CLAIMS_OF.page_prefix_filter(view, &owner, &page_request(request.pagination), shown)?;
    let (claims, pagination) = page_response(page);
    Ok(own::QueryClaimsResponse { claims, pagination })
}

pub fn operations(view: &View, request: own::QueryOperationsRequest) -> Result<own::QueryOperationsResponse> {
    let page = OPERATIONS.page_filter(view, &page_request(request.pagination), |id, operation| {
        Ok(Some(operation_to_wire(view, id, &operation)))
    })?;
    let (operations, pagination) = page_response(page);
    Ok(own::QueryOperationsResponse { operations, pagination })
}

pub fn preview_stake(ctx: &mut Ctx, request: own::QueryPreviewStakeRequest) -> Result<own::QueryPreviewStakeResponse> {
    let minted = handle::preview_stake(ctx, convert::parse_amount(&request.amount, "amount")?)?;
    let minted = Coin::new(super::denom(ctx)?, Int::from(minted));
    Ok(own::QueryPreviewStakeResponse { minted: Some(convert::coin(&minted)) })
}

pub fn preview_unstake(
    ctx: &mut Ctx,
    request: own::QueryPreviewUnstakeRequest,
) -> Result<own::QueryPreviewUnstakeResponse> {
    let (value, at) = handle::preview_unstake(ctx, convert::parse_amount(&request.amount, "amount")?)?;
    let value = Coin::new(staking::bond_denom(ctx)?, Int::from(value));
    Ok(own::QueryPreviewUnstakeResponse {
        value: Some(convert::coin(&value)),
        completion_time: Some(convert::timestamp(at)),
    })
}

pub fn status_number(status: Status) -> i32 {
    let status = match status {
        Status::Open => own::BatchStatus::Open,
        Status::Closing => own::BatchStatus::Closing,
        Status::Unbonding => own::BatchStatus::Unbonding,
        Status::Paying => own::BatchStatus::Paying,
    };
    status.into()
}

pub fn batch_to_wire(id: u64, batch: &Batch) -> own::Batch {
    own::Batch {
        id,
        status: status_number(batch.status),
        close_time: Some(convert::timestamp(batch.close)),
        mature_time: batch.mature.map(convert::timestamp),
        liquid: batch.liquid.to_string(),
        burnt: batch.burnt.to_string(),
        expected: batch.expected.to_string(),
        received: batch.received.to_string(),
        paid: batch.paid.to_string(),
        claims: batch.claims,
        pending: batch.pending,
        attempts: batch.attempts,
        last_error: batch.last_error.clone(),
    }
}

pub fn operation_to_wire(view: &View, unbonding_id: u64, operation: &Operation) -> own::Operation {
    own::Operation {
        unbonding_id,
        batch: operation.batch,
        validator: view.bech32().val(&operation.validator),
        amount: operation.amount.to_string(),
        completion_time: Some(convert::timestamp(operation.completion)),
    }
}
