//! What alliance can be asked, with the answers and refusals of upstream. Faults that have not reached their entries yet are applied
//! first, on the query's throw-away state.

use std::collections::BTreeMap;

use entente_kernel::num::{Coin, Dec, DecCoin, DecCoins, Denom};
use entente_kernel::state::Rows;
use entente_kernel::{AccAddress, Ctx, Error, Grpc, Page, Result, ValAddress, View};
use entente_proto::alliance::alliance as wire;

use super::pool::{self, Site};
use super::state::{
    ASSETS, Asset, AssetKey, DELEGATIONS, Delegation, DelegationKey, EntryKey, REDELEGATIONS,
    REDELEGATIONS_OF_DELEGATOR, UNBONDINGS_OF_DELEGATOR, Unbonding, VALIDATORS,
};
use super::{block, entry, error, handle, reward};
use crate::modules::staking;
use crate::query::{page_request, page_response};
use crate::wire as convert;

fn internal(e: Error) -> Error {
    match e {
        Error::Refusal(refusal) => Error::status(Grpc::Internal, refusal.log),
        fault => fault,
    }
}

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?.to_wire()) })
}

pub fn alliances(ctx: &mut Ctx, request: wire::QueryAlliancesRequest) -> Result<wire::QueryAlliancesResponse> {
    block::visit_all_faults(ctx)?;
    let page = ASSETS.page_filter(ctx, &page_request(request.pagination), |_, asset| Ok(Some(asset_to_wire(&asset))));
    let (alliances, pagination) = page_response(page.map_err(internal)?);
    Ok(wire::QueryAlliancesResponse { alliances, pagination })
}

pub fn alliance(ctx: &mut Ctx, request: wire::QueryAllianceRequest) -> Result<wire::QueryAllianceResponse> {
    block::visit_all_faults(ctx)?;
    let asset = pool::asset(ctx, &unescaped(&request.denom))?.ok_or_else(|| error::UNKNOWN_ASSET.refuse())?;
    Ok(wire::QueryAllianceResponse { alliance: Some(asset_to_wire(&asset)) })
}

pub fn asset_to_wire(asset: &Asset) -> wire::AllianceAsset {
    wire::AllianceAsset {
        denom: asset.denom.to_string(),
        reward_weight: asset.reward_weight.to_scaled_string(),
        take_rate: asset.take_rate.to_scaled_string(),
        total_tokens: asset.tokens.to_string(),
        total_validator_shares: asset.shares.to_scaled_string(),
        reward_start_time: Some(convert::timestamp(asset.start)),
        reward_change_rate: asset.change_rate.to_scaled_string(),
        reward_change_interval: Some(convert::span(asset.change_interval)),
        last_reward_change_time: Some(convert::timestamp(asset.last_change)),
        reward_weight_range: Some(wire::RewardWeightRange {
            min: asset.weight_min.to_scaled_string(),
            max: asset.weight_max.to_scaled_string(),
        }),
        is_initialized: asset.is_initialized,
        is_dissolving: asset.dissolving,
    }
}

pub fn delegation_to_wire(
    view: &View,
    (delegator, validator, key): &DelegationKey,
    delegation: &Delegation,
) -> Result<wire::Delegation> {
    let history = delegation.paid.iter().map(|(coin, index)| history_to_wire(&key.0, coin, *index));
    Ok(wire::Delegation {
        delegator_address: view.bech32().acc(delegator),
        validator_address: view.bech32().val(validator),
        denom: key.0.to_string(),
        shares: delegation.shares.to_scaled_string(),
        reward_history: history.collect::<Result<_>>()?,
        last_reward_claim_height: delegation.claim_height,
    })
}

/// An index with the 18 places of the wire.
///
/// # Compatibility
/// Upstream's index is per token, ours per delegation share.
pub fn history_to_wire(asset: &Denom, coin: &Denom, index: entente_kernel::num::Wide) -> Result<wire::RewardHistory> {
    let places = entente_kernel::num::Wide::from_u64(1_000_000_000_000_000_000);
    let index = index.div_rem(places)?.0.to_dec()?.to_scaled_string();
    Ok(wire::RewardHistory { denom: coin.to_string(), index, alliance: asset.to_string() })
}

/// A delegation with the balance that may be withdrawn.
fn with_balance(view: &View, row: DelegationKey, delegation: &Delegation) -> Result<wire::DelegationResponse> {
    let asset = ASSETS.get(view, &row.2)?.ok_or_else(|| error::UNKNOWN_ASSET.refuse())?;
    let amount = Site::load(view, &row.1, &row.2)?.value_of(&asset, delegation)?;
    Ok(wire::DelegationResponse {
        delegation: Some(delegation_to_wire(view, &row, delegation)?),
        balance: Some(convert::coin(&Coin::new(row.2.0, amount))),
    })
}

fn delegations_response(page: Page<wire::DelegationResponse>) -> wire::QueryAlliancesDelegationsResponse {
    let (delegations, pagination) = page_response(page);
    wire::QueryAlliancesDelegationsResponse { delegations, pagination }
}

pub fn all_alliances_delegations(
    ctx: &mut Ctx,
    request: wire::QueryAllAlliancesDelegationsRequest,
) -> Result<wire::QueryAlliancesDelegationsResponse> {
    block::visit_all_faults(ctx)?;
    let request = page_request(request.pagination);
    DELEGATIONS.page_filter(ctx, &request, |k, d| with_balance(ctx, k, &d).map(Some)).map(delegations_response)
}

pub fn alliances_delegation(
    ctx: &mut Ctx,
    request: wire::QueryAlliancesDelegationsRequest,
) -> Result<wire::QueryAlliancesDelegationsResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    block::visit_all_faults(ctx)?;
    let request = page_request(request.pagination);
    let page = DELEGATIONS.page_prefix_filter(ctx, &delegator, &request, |k, d| with_balance(ctx, k, &d).map(Some));
    page.map(delegations_response)
}

pub fn alliances_delegation_by_validator(
    ctx: &mut Ctx,
    request: wire::QueryAlliancesDelegationByValidatorRequest,
) -> Result<wire::QueryAlliancesDelegationsResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    let validator = known_validator(ctx, &request.validator_addr)?;
    block::visit_all_faults(ctx)?;
    let request = page_request(request.pagination);
    let keep = |k, d: Delegation| with_balance(ctx, k, &d).map(Some);
    DELEGATIONS.page_prefix_filter(ctx, &(delegator, validator), &request, keep).map(delegations_response)
}

/// A validator that staking knows, or that delegations are still being moved away from.
fn known_validator(view: &View, text: &str) -> Result<ValAddress> {
    let validator = view.bech32().parse_val(text)?;
    if staking::validator(view, &validator)?.is_none() && !VALIDATORS.has(view, &validator)? {
        return Err(Error::status(Grpc::NotFound, format!("Validator not found by address {text}")));
    }
    Ok(validator)
}

pub fn alliance_delegation(
    ctx: &mut Ctx,
    request: wire::QueryAllianceDelegationRequest,
) -> Result<wire::QueryAllianceDelegationResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    let validator = known_validator(ctx, &request.validator_addr)?;
    let denom = unescaped(&request.denom);
    block::visit_all_faults(ctx)?;
    let unknown = || Error::status(Grpc::NotFound, format!("AllianceAsset not found by denom {denom}"));
    let asset = pool::asset(ctx, &denom)?.ok_or_else(unknown)?;
    let row = (delegator, validator, asset.key());
    let absent = || Delegation {
        shares: Dec::ZERO,
        epoch: u64::MAX,
        claim_height: u64::try_from(ctx.height()).unwrap_or_default(),
        paid: Rows::default(),
    };
    let delegation = DELEGATIONS.get(ctx, &row)?.unwrap_or_else(absent);
    Ok(wire::QueryAllianceDelegationResponse { delegation: Some(with_balance(ctx, row, &delegation)?) })
}

pub fn alliance_delegation_rewards(
    ctx: &mut Ctx,
    request: wire::QueryAllianceDelegationRewardsRequest,
) -> Result<wire::QueryAllianceDelegationRewardsResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    let validator = ctx.bech32().parse_val(&request.validator_addr)?;
    let denom = unescaped(&request.denom);
    block::visit_all_faults(ctx)?;
    let rewards = handle::claim_rewards(ctx, &delegator, &validator, &denom)
        .map_err(|e| if e.is(error::NOT_DELEGATED) { error::NO_DELEGATION.refuse() } else { e })?;
    Ok(wire::QueryAllianceDelegationRewardsResponse { rewards: convert::coins(&rewards) })
}

pub fn alliance_validator(
    ctx: &mut Ctx,
    request: wire::QueryAllianceValidatorRequest,
) -> Result<wire::QueryAllianceValidatorResponse> {
    let text = &request.validator_addr;
    let bad = |_| Error::status(Grpc::InvalidArgument, format!("validator address {text} invalid"));
    let validator = ctx.bech32().parse_val(text).map_err(bad)?;
    if staking::validator(ctx, &validator)?.is_none() && !VALIDATORS.has(ctx, &validator)? {
        return Err(Error::status(Grpc::NotFound, format!("validator with address {text} not found")));
    }
    block::visit_all_faults(ctx)?;
    validator_to_wire(ctx, &validator)
}

pub fn all_alliance_validators(
    ctx: &mut Ctx,
    request: wire::QueryAllAllianceValidatorsRequest,
) -> Result<wire::QueryAllianceValidatorsResponse> {
    block::visit_all_faults(ctx)?;
    let request = page_request(request.pagination);
    let page = VALIDATORS.page_filter(ctx, &request, |validator, _| validator_to_wire(ctx, &validator).map(Some))?;
    let (validators, pagination) = page_response(page);
    Ok(wire::QueryAllianceValidatorsResponse { validators, pagination })
}

/// Delegation shares, validator shares and tokens of a validator, sorted by denom.
pub fn validator_sums(view: &View, validator: &ValAddress) -> Result<[DecCoins; 3]> {
    let mut sums = BTreeMap::new();
    for (key, found) in &pool::at(view, validator)? {
        let asset = pool::must_asset(view, key)?;
        let site = Site { validator: *validator, bonded: false, pool: *found };
        let staked = if found.validator_shares.is_zero() { Dec::ZERO } else { site.tokens(&asset)? };
        sums.insert(key.0.clone(), [found.delegator_shares, found.validator_shares, staked]);
    }
    let coins = |pick: fn(&[Dec; 3]) -> Dec| {
        DecCoins::new(sums.iter().map(|(denom, row)| DecCoin::new(denom.clone(), pick(row))).collect())
    };
    Ok([coins(|[d, _, _]| *d)?, coins(|[_, v, _]| *v)?, coins(|[_, _, t]| *t)?])
}

fn validator_to_wire(view: &View, validator: &ValAddress) -> Result<wire::QueryAllianceValidatorResponse> {
    let [delegations, shares, staked] = validator_sums(view, validator)?;
    Ok(wire::QueryAllianceValidatorResponse {
        validator_addr: view.bech32().val(validator),
        total_delegation_shares: convert::dec_coins(&delegations),
        validator_shares: convert::dec_coins(&shares),
        total_staked: convert::dec_coins(&staked),
    })
}

fn unbonding_to_wire(view: &View, (key, entry): (EntryKey, Unbonding)) -> wire::UnbondingDelegation {
    wire::UnbondingDelegation {
        completion_time: Some(convert::timestamp(key.0)),
        validator_address: view.bech32().val(&entry.validator),
        amount: entry.amount.to_string(),
        denom: entry.denom.to_string(),
    }
}

/// Open entries of a delegator: of one denom and validator, if given.
fn unbondings_where(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    denom: &str,
    validator: Option<ValAddress>,
) -> Result<Vec<wire::UnbondingDelegation>> {
    block::visit_all_faults(ctx)?;
    let Ok(denom) = Denom::new(denom) else { return Ok(Vec::new()) };
    let mut found = entry::unbondings_of(ctx, delegator, &AssetKey(denom))?;
    found.retain(|(_, entry)| validator.is_none_or(|v| v == entry.validator));
    Ok(found.into_iter().map(|row| unbonding_to_wire(ctx, row)).collect())
}

pub fn alliance_unbondings_by_delegator(
    ctx: &mut Ctx,
    request: wire::QueryAllianceUnbondingsByDelegatorRequest,
) -> Result<wire::QueryAllianceUnbondingsByDelegatorResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    let mut denoms: Vec<AssetKey> = Vec::new();
    for row in UNBONDINGS_OF_DELEGATOR.prefix(ctx, &delegator) {
        let ((_, key, ..), ()) = row?;
        if denoms.last() != Some(&key) {
            denoms.push(key);
        }
    }
    let mut unbondings = Vec::new();
    for key in denoms {
        unbondings.extend(unbondings_where(ctx, &delegator, key.0.as_str(), None)?);
    }
    Ok(wire::QueryAllianceUnbondingsByDelegatorResponse { unbondings })
}

pub fn alliance_unbondings_by_denom_and_delegator(
    ctx: &mut Ctx,
    request: wire::QueryAllianceUnbondingsByDenomAndDelegatorRequest,
) -> Result<wire::QueryAllianceUnbondingsByDenomAndDelegatorResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    let unbondings = unbondings_where(ctx, &delegator, &unescaped(&request.denom), None)?;
    Ok(wire::QueryAllianceUnbondingsByDenomAndDelegatorResponse { unbondings, pagination: None })
}

pub fn alliance_unbondings(
    ctx: &mut Ctx,
    request: wire::QueryAllianceUnbondingsRequest,
) -> Result<wire::QueryAllianceUnbondingsResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    let validator = ctx.bech32().parse_val(&request.validator_addr)?;
    let unbondings = unbondings_where(ctx, &delegator, &unescaped(&request.denom), Some(validator))?;
    Ok(wire::QueryAllianceUnbondingsResponse { unbondings, pagination: None })
}

type RedelegationIndexKey = (AccAddress, AssetKey, ValAddress, entente_kernel::Timestamp, u64);

fn redelegation_to_wire(view: &View, key: &RedelegationIndexKey) -> Result<wire::RedelegationEntry> {
    let entry = REDELEGATIONS.must(view, &(key.3, key.4))?;
    Ok(wire::RedelegationEntry {
        delegator_address: view.bech32().acc(&entry.delegator),
        src_validator_address: view.bech32().val(&entry.source),
        dst_validator_address: view.bech32().val(&entry.destination),
        balance: Some(convert::coin(&Coin::new(entry.denom, entry.amount))),
        completion_time: Some(convert::timestamp(key.3)),
    })
}

pub fn alliance_redelegations_by_delegator(
    ctx: &mut Ctx,
    request: wire::QueryAllianceRedelegationsByDelegatorRequest,
) -> Result<wire::QueryAllianceRedelegationsByDelegatorResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    block::visit_all_faults(ctx)?;
    let request = page_request(request.pagination);
    let keep = |k: RedelegationIndexKey, ()| redelegation_to_wire(ctx, &k).map(Some);
    let page = REDELEGATIONS_OF_DELEGATOR.page_prefix_filter(ctx, &delegator, &request, keep);
    let (redelegations, pagination) = page_response(page.map_err(internal)?);
    Ok(wire::QueryAllianceRedelegationsByDelegatorResponse { redelegations, pagination })
}

pub fn alliance_redelegations(
    ctx: &mut Ctx,
    request: wire::QueryAllianceRedelegationsRequest,
) -> Result<wire::QueryAllianceRedelegationsResponse> {
    let delegator = ctx.bech32().parse_acc(&request.delegator_addr)?;
    block::visit_all_faults(ctx)?;
    let Ok(denom) = Denom::new(&unescaped(&request.denom)) else {
        return Ok(wire::QueryAllianceRedelegationsResponse { redelegations: Vec::new(), pagination: None });
    };
    let request = page_request(request.pagination);
    let keep = |k: RedelegationIndexKey, ()| redelegation_to_wire(ctx, &k).map(Some);
    let page = REDELEGATIONS_OF_DELEGATOR.page_prefix_filter(ctx, &(delegator, AssetKey(denom)), &request, keep);
    let (redelegations, pagination) = page_response(page.map_err(internal)?);
    Ok(wire::QueryAllianceRedelegationsResponse { redelegations, pagination })
}

/// Undoes the escapes of a URL query: `%2F` is `/`, `+` is a blank. A text that cannot be unescaped stays as it is.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'+' => Some(b' '),
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|d| d.and_then(|d| char::from(d).to_digit(16)));
                let [Some(high), Some(low)] = digits else { return text.to_owned() };
                u8::try_from(high.saturating_mul(16).saturating_add(low)).ok()
            }
            other => Some(other),
        };
        bytes.extend(decoded);
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Indices of a validator's pools in the shape of the wire, by asset and coin.
pub fn validator_history(view: &View, validator: &ValAddress) -> Result<Vec<wire::RewardHistory>> {
    let mut history = Vec::new();
    for (key, found) in &pool::at(view, validator)? {
        for (coin, index) in &reward::present_indices(view, validator, key, found.epoch)? {
            history.push(history_to_wire(&key.0, coin, *index)?);
        }
    }
    Ok(history)
}
