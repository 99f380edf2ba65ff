//! The contents page of the chain: message type → what it means → what it does.
//!
//! Every message of a transaction comes through here, and so do messages inside messages (a passed proposal, authz). Add a row when
//! a module learns a message; keep the rows in module order.

use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Bech32, Ctx, Error, Result};
use prost::Message as _;
use prost_types::Any;

use crate::message::Message;
use crate::modules::{
    alliance, assets, auth, authz, bank, consensus, crisis, distribution, evidence, feegrant, gov, liquid, mint, pools,
    slashing, staking, upgrade, vault, vesting,
};

/// How deep messages may stand inside messages.
pub const DEPTH_MAX: u32 = 6;

macro_rules! routes {
    ($($url:literal: $message:ty => $handler:path,)*) => {
        /// All message types, in module order.
        pub const URLS: &[&str] = &[$($url),*];

        /// Whether a module knows the message type.
        pub fn knows(url: &str) -> bool {
            URLS.contains(&url)
        }

        /// Who must sign the message.
        ///
        /// # Errors
        /// `sdk` 2 if the bytes are no such message, `sdk` 6 if no module knows the type.
        pub fn signers(any: &Any, bech32: &Bech32) -> Result<Vec<AccAddress>> {
            match any.type_url.as_str() {
                $($url => <$message as Message>::signers(&decode::<<$message as Message>::Wire>(any)?, bech32),)*
                unknown => Err(unknown_message(unknown)),
            }
        }

        /// The checks of the message that need no state.
        pub fn check(any: &Any, bech32: &Bech32) -> Result<()> {
            match any.type_url.as_str() {
                $($url => {
                    let wire = decode::<<$message as Message>::Wire>(any)?;
                    <$message as Message>::check(wire, bech32).map(drop)
                })*
                unknown => Err(unknown_message(unknown)),
            }
        }

        /// Carries the message out and gives its encoded response. The caller provides the layer.
        ///
        /// # Errors
        /// What the module refuses; `sdk` 18 if messages stand deeper inside messages than [`DEPTH_MAX`].
        pub fn handle(ctx: &mut Ctx, any: &Any) -> Result<Any> {
            ctx.enter(DEPTH_MAX, |ctx| dispatch(ctx, any))
        }

        fn dispatch(ctx: &mut Ctx, any: &Any) -> Result<Any> {
            match any.type_url.as_str() {
                $($url => {
                    let wire = decode::<<$message as Message>::Wire>(any)?;
                    let message = <$message as Message>::check(wire, ctx.bech32())?;
                    let response = $handler(ctx, message)?;
                    Ok(Any { type_url: concat!($url, "Response").to_owned(), value: response.encode_to_vec() })
                })*
                unknown => Err(unknown_message(unknown)),
            }
        }
    };
}

routes! {
    "/cosmos.auth.v1beta1.MsgUpdateParams": auth::msg::UpdateParams => auth::handle::update_params,
    "/cosmos.bank.v1beta1.MsgSend": bank::msg::Send => bank::handle::send,
    "/cosmos.bank.v1beta1.MsgMultiSend": bank::msg::MultiSend => bank::handle::multi_send,
    "/cosmos.bank.v1beta1.MsgUpdateParams": bank::msg::UpdateParams => bank::handle::update_params,
    "/cosmos.bank.v1beta1.MsgSetSendEnabled": bank::msg::SetSendEnabled => bank::handle::set_send_enabled,
    "/cosmos.vesting.v1beta1.MsgCreateVestingAccount": vesting::msg::CreateVestingAccount => vesting::handle::create_vesting_account,
    "/cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount": vesting::msg::CreatePermanentLockedAccount => vesting::handle::create_permanent_locked_account,
    "/cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount": vesting::msg::CreatePeriodicVestingAccount => vesting::handle::create_periodic_vesting_account,
    "/cosmos.feegrant.v1beta1.MsgGrantAllowance": feegrant::msg::GrantAllowance => feegrant::handle::grant_allowance,
    "/cosmos.feegrant.v1beta1.MsgRevokeAllowance": feegrant::msg::RevokeAllowance => feegrant::handle::revoke_allowance,
    "/cosmos.feegrant.v1beta1.MsgPruneAllowances": feegrant::msg::PruneAllowances => feegrant::handle::prune_allowances,
    "/cosmos.consensus.v1.MsgUpdateParams": consensus::msg::UpdateParams => consensus::handle::update_params,
    "/cosmos.staking.v1beta1.MsgCreateValidator": staking::msg::CreateValidator => staking::handle::create_validator,
    "/cosmos.staking.v1beta1.MsgEditValidator": staking::msg::EditValidator => staking::handle::edit_validator,
    "/cosmos.staking.v1beta1.MsgDelegate": staking::msg::Delegate => staking::handle::delegate,
    "/cosmos.staking.v1beta1.MsgBeginRedelegate": staking::msg::BeginRedelegate => staking::handle::begin_redelegate,
    "/cosmos.staking.v1beta1.MsgUndelegate": staking::msg::Undelegate => staking::handle::undelegate,
    "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation": staking::msg::CancelUnbonding => staking::handle::cancel_unbonding,
    "/cosmos.staking.v1beta1.MsgUpdateParams": staking::msg::UpdateParams => staking::handle::update_params,
    "/cosmos.slashing.v1beta1.MsgUnjail": slashing::msg::Unjail => slashing::handle::unjail,
    "/cosmos.slashing.v1beta1.MsgUpdateParams": slashing::msg::UpdateParams => slashing::handle::update_params,
    "/cosmos.evidence.v1beta1.MsgSubmitEvidence": evidence::msg::SubmitEvidence => evidence::handle::submit_evidence,
    "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress": distribution::msg::SetWithdrawAddress => distribution::handle::set_withdraw_address,
    "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward": distribution::msg::WithdrawDelegatorReward => distribution::handle::withdraw_delegator_reward,
    "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission": distribution::msg::WithdrawValidatorCommission => distribution::handle::withdraw_validator_commission,
    "/cosmos.distribution.v1beta1.MsgFundCommunityPool": distribution::msg::FundCommunityPool => distribution::handle::fund_community_pool,
    "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend": distribution::msg::CommunityPoolSpend => distribution::handle::community_pool_spend,
    "/cosmos.distribution.v1beta1.MsgDepositValidatorRewardsPool": distribution::msg::DepositValidatorRewardsPool => distribution::handle::deposit_validator_rewards_pool,
    "/cosmos.distribution.v1beta1.MsgUpdateParams": distribution::msg::UpdateParams => distribution::handle::update_params,
    "/cosmos.mint.v1beta1.MsgUpdateParams": mint::msg::UpdateParams => mint::handle::update_params,
    "/alliance.alliance.MsgDelegate": alliance::msg::Delegate => alliance::handle::delegate,
    "/alliance.alliance.MsgRedelegate": alliance::msg::Redelegate => alliance::handle::redelegate,
    "/alliance.alliance.MsgUndelegate": alliance::msg::Undelegate => alliance::handle::undelegate,
    "/alliance.alliance.MsgClaimDelegationRewards": alliance::msg::ClaimDelegationRewards => alliance::handle::claim_delegation_rewards,
    "/alliance.alliance.MsgUpdateParams": alliance::msg::UpdateParams => alliance::handle::update_params,
    "/alliance.alliance.MsgCreateAlliance": alliance::msg::CreateAlliance => alliance::handle::create_alliance,
    "/alliance.alliance.MsgUpdateAlliance": alliance::msg::UpdateAlliance => alliance::handle::update_alliance,
    "/alliance.alliance.MsgDeleteAlliance": alliance::msg::DeleteAlliance => alliance::handle::delete_alliance,
    "/restake.assets.v1.MsgRegisterAsset": assets::msg::RegisterAsset => assets::handle::register_asset,
    "/restake.assets.v1.MsgSetAssetTier": assets::msg::SetAssetTier => assets::handle::set_asset_tier,
    "/restake.assets.v1.MsgPublishRate": assets::msg::PublishRate => assets::handle::publish_rate,
    "/restake.assets.v1.MsgTighten": assets::msg::Tighten => assets::handle::tighten,
    "/restake.assets.v1.MsgSetHealth": assets::msg::SetHealth => assets::handle::set_health,
    "/restake.assets.v1.MsgRelax": assets::msg::Relax => assets::handle::relax,
    "/restake.assets.v1.MsgUpdateParams": assets::msg::UpdateParams => assets::handle::update_params,
    "/pstake.liquidstake.v1beta1.MsgLiquidStake": liquid::msg::LiquidStake => liquid::handle::liquid_stake,
    "/pstake.liquidstake.v1beta1.MsgStakeToLP": pools::msg::StakeToLp => pools::handle::stake_to_lp,
    "/pstake.liquidstake.v1beta1.MsgLiquidUnstake": liquid::msg::LiquidUnstake => liquid::handle::liquid_unstake,
    "/pstake.liquidstake.v1beta1.MsgUpdateParams": liquid::msg::UpdateParams => liquid::handle::update_params,
    "/pstake.liquidstake.v1beta1.MsgUpdateWhitelistedValidators": liquid::msg::UpdateValidators => liquid::handle::update_validators,
    "/pstake.liquidstake.v1beta1.MsgSetModulePaused": liquid::msg::SetPaused => liquid::handle::set_paused,
    "/restake.liquid.v1.MsgStakeDelegation": liquid::msg::StakeDelegation => liquid::handle::stake_delegation,
    "/restake.liquid.v1.MsgCancelUnstake": liquid::msg::CancelUnstake => liquid::handle::cancel_unstake,
    "/restake.liquid.v1.MsgClaimUnstaked": liquid::msg::ClaimUnstaked => liquid::handle::claim_unstaked,
    "/restake.liquid.v1.MsgUpdateParams": liquid::msg::UpdateOwnParams => liquid::handle::update_own_params,
    "/restake.pools.v1.MsgCreatePool": pools::msg::CreatePool => pools::handle::create_pool,
    "/restake.pools.v1.MsgJoinPool": pools::msg::JoinPool => pools::handle::join_pool,
    "/restake.pools.v1.MsgExitPool": pools::msg::ExitPool => pools::handle::exit_pool,
    "/restake.pools.v1.MsgSwap": pools::msg::Swap => pools::handle::swap,
    "/restake.pools.v1.MsgFundIncentive": pools::msg::FundIncentive => pools::handle::fund_incentive,
    "/restake.pools.v1.MsgStakeShares": pools::msg::StakeShares => pools::handle::stake_shares,
    "/restake.pools.v1.MsgUnstakeShares": pools::msg::UnstakeShares => pools::handle::unstake_shares,
    "/restake.pools.v1.MsgClaimIncentives": pools::msg::ClaimIncentives => pools::handle::claim_incentives,
    "/restake.pools.v1.MsgUpdateParams": pools::msg::UpdateParams => pools::handle::update_params,
    "/restake.pools.v1.MsgSetPoolPaused": pools::msg::SetPoolPaused => pools::handle::set_pool_paused,
    "/restake.vault.v1.MsgCreateVault": vault::msg::CreateVault => vault::handle::create_vault,
    "/restake.vault.v1.MsgUpdateVault": vault::msg::UpdateVault => vault::handle::update_vault,
    "/restake.vault.v1.MsgDeposit": vault::msg::Deposit => vault::handle::deposit,
    "/restake.vault.v1.MsgRequestExit": vault::msg::RequestExit => vault::handle::request_exit,
    "/restake.vault.v1.MsgCancelExit": vault::msg::CancelExit => vault::handle::cancel_exit,
    "/restake.vault.v1.MsgClaimExit": vault::msg::ClaimExit => vault::handle::claim_exit,
    "/restake.vault.v1.MsgTransferClaim": vault::msg::TransferClaim => vault::handle::transfer_claim,
    "/restake.vault.v1.MsgSetAllowed": vault::msg::SetAllowed => vault::hooks::set_allowed,
    "/restake.vault.v1.MsgGaugeLock": vault::msg::GaugeLock => vault::handle::gauge_lock,
    "/restake.vault.v1.MsgGaugeUnlock": vault::msg::GaugeUnlock => vault::handle::gauge_unlock,
    "/restake.vault.v1.MsgGaugeClaim": vault::msg::GaugeClaim => vault::handle::gauge_claim,
    "/restake.vault.v1.MsgBidAuction": vault::msg::BidAuction => vault::handle::bid_auction,
    "/restake.vault.v1.MsgRebalanceSwap": vault::msg::RebalanceSwap => vault::handle::rebalance_swap,
    "/restake.vault.v1.MsgUpdateParams": vault::msg::UpdateParams => vault::handle::update_params,
    "/cosmos.gov.v1.MsgSubmitProposal": gov::msg::SubmitProposal => gov::handle::submit_proposal,
    "/cosmos.gov.v1.MsgExecLegacyContent": gov::msg::ExecLegacyContent => gov::handle::exec_legacy_content,
    "/cosmos.gov.v1.MsgVote": gov::msg::Vote => gov::handle::vote,
    "/cosmos.gov.v1.MsgVoteWeighted": gov::msg::VoteWeighted => gov::handle::vote_weighted,
    "/cosmos.gov.v1.MsgDeposit": gov::msg::Deposit => gov::handle::deposit,
    "/cosmos.gov.v1.MsgUpdateParams": gov::msg::UpdateParams => gov::handle::update_params,
    "/cosmos.gov.v1.MsgCancelProposal": gov::msg::CancelProposal => gov::handle::cancel_proposal,
    "/cosmos.gov.v1beta1.MsgSubmitProposal": gov::msg::legacy::SubmitProposal => gov::handle::submit_proposal_v1beta1,
    "/cosmos.gov.v1beta1.MsgVote": gov::msg::legacy::Vote => gov::handle::vote_v1beta1,
    "/cosmos.gov.v1beta1.MsgVoteWeighted": gov::msg::legacy::VoteWeighted => gov::handle::vote_weighted_v1beta1,
    "/cosmos.gov.v1beta1.MsgDeposit": gov::msg::legacy::Deposit => gov::handle::deposit_v1beta1,
    "/cosmos.crisis.v1beta1.MsgVerifyInvariant": crisis::msg::VerifyInvariant => crisis::handle::verify_invariant,
    "/cosmos.crisis.v1beta1.MsgUpdateParams": crisis::msg::UpdateParams => crisis::handle::update_params,
    "/cosmos.authz.v1beta1.MsgGrant": authz::msg::GrantAuthorization => authz::handle::grant,
    "/cosmos.authz.v1beta1.MsgExec": authz::msg::Exec => authz::handle::exec,
    "/cosmos.authz.v1beta1.MsgRevoke": authz::msg::Revoke => authz::handle::revoke,
    "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade": upgrade::msg::SoftwareUpgrade => upgrade::handle::software_upgrade,
    "/cosmos.upgrade.v1beta1.MsgCancelUpgrade": upgrade::msg::CancelUpgrade => upgrade::handle::cancel_upgrade,
}

fn decode<W: prost::Message + Default>(any: &Any) -> Result<W> {
    W::decode(any.value.as_slice()).map_err(|e| sdk::TX_DECODE.because(format!("{}: {e}", any.type_url)))
}

fn unknown_message(url: &str) -> Error {
    sdk::UNKNOWN_REQUEST.because(format!("can't route message {url:?}"))
}
