//! What the messages of distribution do.

use entente_kernel::num::{Coins, DecCoins};
use entente_kernel::{Ctx, Result};
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::cosmos::distribution::v1beta1 as wire;

use super::{msg, state};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{bank, staking};
use crate::wire::coins;

pub fn set_withdraw_address(ctx: &mut Ctx, m: msg::SetWithdrawAddress) -> Result<wire::MsgSetWithdrawAddressResponse> {
    super::set_withdraw_address(ctx, &m.delegator, &m.to)?;
    Ok(wire::MsgSetWithdrawAddressResponse {})
}

pub fn withdraw_delegator_reward(
    ctx: &mut Ctx,
    m: msg::WithdrawDelegatorReward,
) -> Result<wire::MsgWithdrawDelegatorRewardResponse> {
    let paid = super::withdraw_delegation_rewards(ctx, &m.delegator, &m.validator)?;
    Ok(wire::MsgWithdrawDelegatorRewardResponse { amount: or_nothing(&paid) })
}

/// Upstream answers with a coin of zero rather than without coins.
fn or_nothing(paid: &Coins) -> Vec<WireCoin> {
    if paid.is_empty() {
        return vec![WireCoin { denom: "stake".to_owned(), amount: "0".to_owned() }];
    }
    coins(paid)
}

pub fn withdraw_validator_commission(
    ctx: &mut Ctx,
    m: msg::WithdrawValidatorCommission,
) -> Result<wire::MsgWithdrawValidatorCommissionResponse> {
    let paid = super::withdraw_commission(ctx, &m.validator)?;
    Ok(wire::MsgWithdrawValidatorCommissionResponse { amount: coins(&paid) })
}

pub fn fund_community_pool(ctx: &mut Ctx, m: msg::FundCommunityPool) -> Result<wire::MsgFundCommunityPoolResponse> {
    super::fund_community_pool(ctx, &m.amount, &m.depositor)?;
    Ok(wire::MsgFundCommunityPoolResponse {})
}

pub fn community_pool_spend(ctx: &mut Ctx, m: msg::CommunityPoolSpend) -> Result<wire::MsgCommunityPoolSpendResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let amount = msg::some_coins(&m.amount)?;
    let to = ctx.bech32().parse_acc(&m.recipient)?;
    super::refuse_external(ctx, &to)?;
    super::spend_community_pool(ctx, &amount, &to)?;
    Ok(wire::MsgCommunityPoolSpendResponse {})
}

pub fn deposit_validator_rewards_pool(
    ctx: &mut Ctx,
    m: msg::DepositValidatorRewardsPool,
) -> Result<wire::MsgDepositValidatorRewardsPoolResponse> {
    bank::send(ctx, &m.depositor, &ModuleAccount::DISTRIBUTION.address(), &m.amount)?;
    let validator = staking::must_validator(ctx, &m.validator)?;
    super::allocate(ctx, &validator, &DecCoins::from_coins(&m.amount))?;
    Ok(wire::MsgDepositValidatorRewardsPoolResponse {})
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    state::PARAMS.save(ctx, &m.params()?)?;
    Ok(wire::MsgUpdateParamsResponse {})
}
