//! What distribution can be asked.

use entente_kernel::num::DecCoins;
use entente_kernel::{AccAddress, Ctx, Error, Grpc, Result, ValAddress, View};
use entente_proto::cosmos::distribution::v1beta1 as wire;

use super::{error, rewards_due, state};
use crate::modules::staking::{self, Validator};
use crate::query::{page_request, page_response};
use crate::wire::dec_coins;

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?.to_wire()) })
}

pub fn community_pool(view: &View, _: wire::QueryCommunityPoolRequest) -> Result<wire::QueryCommunityPoolResponse> {
    Ok(wire::QueryCommunityPoolResponse { pool: dec_coins(&super::community_pool(view)?) })
}

pub fn validator_distribution_info(
    ctx: &mut Ctx,
    request: wire::QueryValidatorDistributionInfoRequest,
) -> Result<wire::QueryValidatorDistributionInfoResponse> {
    let validator = existing(ctx, &request.validator_address)?;
    let operator = AccAddress::from(validator.operator);
    let rewards = rewards_due(ctx, &operator, &validator.operator)?;
    Ok(wire::QueryValidatorDistributionInfoResponse {
        operator_address: ctx.bech32().acc(&operator),
        self_bond_rewards: dec_coins(&rewards),
        commission: dec_coins(&super::commission(ctx, &validator.operator)?),
    })
}

pub fn validator_outstanding_rewards(
    view: &View,
    request: wire::QueryValidatorOutstandingRewardsRequest,
) -> Result<wire::QueryValidatorOutstandingRewardsResponse> {
    let validator = existing(view, &request.validator_address)?;
    let rewards = dec_coins(&super::outstanding(view, &validator.operator)?);
    let rewards = Some(wire::ValidatorOutstandingRewards { rewards });
    Ok(wire::QueryValidatorOutstandingRewardsResponse { rewards })
}

pub fn validator_commission(
    view: &View,
    request: wire::QueryValidatorCommissionRequest,
) -> Result<wire::QueryValidatorCommissionResponse> {
    let validator = existing(view, &request.validator_address)?;
    let commission = dec_coins(&super::commission(view, &validator.operator)?);
    let commission = Some(wire::ValidatorAccumulatedCommission { commission });
    Ok(wire::QueryValidatorCommissionResponse { commission })
}

/// # Compatibility
/// As upstream, the two "heights" are compared with the period that a slash ended.
pub fn validator_slashes(
    view: &View,
    request: wire::QueryValidatorSlashesRequest,
) -> Result<wire::QueryValidatorSlashesResponse> {
    let (from, to) = (request.starting_height, request.ending_height);
    if request.validator_address.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, "empty validator address"));
    }
    if to < from {
        let text = format!("starting height greater than ending height ({from} > {to})");
        return Err(Error::status(Grpc::InvalidArgument, text));
    }
    let wrong = |_| Error::status(Grpc::InvalidArgument, "invalid validator address");
    let validator = view.bech32().parse_val(&request.validator_address).map_err(wrong)?;
    let page = page_request(request.pagination);
    let page = state::SLASHES.page_prefix_filter(view, &validator, &page, |(_, _, validator_period), fraction| {
        let event = wire::ValidatorSlashEvent { validator_period, fraction: fraction.to_scaled_string() };
        Ok((from..=to).contains(&validator_period).then_some(event))
    })?;
    let (slashes, pagination) = page_response(page);
    Ok(wire::QueryValidatorSlashesResponse { slashes, pagination })
}

pub fn delegation_rewards(
    ctx: &mut Ctx,
    request: wire::QueryDelegationRewardsRequest,
) -> Result<wire::QueryDelegationRewardsResponse> {
    present(&request.delegator_address, "delegator")?;
    let validator = existing(ctx, &request.validator_address)?;
    let delegator = ctx.bech32().parse_acc(&request.delegator_address)?;
    let rewards = rewards_due(ctx, &delegator, &validator.operator)?;
    Ok(wire::QueryDelegationRewardsResponse { rewards: dec_coins(&rewards) })
}

pub fn delegation_total_rewards(
    ctx: &mut Ctx,
    request: wire::QueryDelegationTotalRewardsRequest,
) -> Result<wire::QueryDelegationTotalRewardsResponse> {
    let delegator = parse_delegator(ctx, &request.delegator_address)?;
    let (mut rewards, mut total) = (Vec::new(), DecCoins::empty());
    for validator in validators_of(ctx, &delegator)? {
        let reward = rewards_due(ctx, &delegator, &validator)?;
        total = total.add(&reward)?;
        rewards.push(wire::DelegationDelegatorReward {
            validator_address: ctx.bech32().val(&validator),
            reward: dec_coins(&reward),
        });
    }
    Ok(wire::QueryDelegationTotalRewardsResponse { rewards, total: dec_coins(&total) })
}

pub fn delegator_validators(
    view: &View,
    request: wire::QueryDelegatorValidatorsRequest,
) -> Result<wire::QueryDelegatorValidatorsResponse> {
    let delegator = parse_delegator(view, &request.delegator_address)?;
    let validators = validators_of(view, &delegator)?.iter().map(|v| view.bech32().val(v)).collect();
    Ok(wire::QueryDelegatorValidatorsResponse { validators })
}

pub fn delegator_withdraw_address(
    view: &View,
    request: wire::QueryDelegatorWithdrawAddressRequest,
) -> Result<wire::QueryDelegatorWithdrawAddressResponse> {
    let delegator = parse_delegator(view, &request.delegator_address)?;
    let withdraw_address = view.bech32().acc(&super::withdraw_address(view, &delegator)?);
    Ok(wire::QueryDelegatorWithdrawAddressResponse { withdraw_address })
}

fn validators_of(view: &View, delegator: &AccAddress) -> Result<Vec<ValAddress>> {
    staking::delegations_of(view, delegator).map(|row| row.map(|d| d.validator)).collect()
}

fn existing(view: &View, text: &str) -> Result<Validator> {
    present(text, "validator")?;
    let validator = view.bech32().parse_val(text)?;
    staking::validator(view, &validator)?.ok_or_else(|| error::NO_VALIDATOR_EXISTS.because(text))
}

fn parse_delegator(view: &View, text: &str) -> Result<AccAddress> {
    present(text, "delegator")?;
    view.bech32().parse_acc(text)
}

fn present(text: &str, whose: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, format!("empty {whose} address")));
    }
    Ok(())
}
