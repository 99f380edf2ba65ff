//! The questions that the chain answers: full gRPC path → module function. One function per query, called alike by gRPC, REST and
//! `abci_query`. Add a row when a module learns a query; keep the rows in module order.

use entente_kernel::{Ctx, Error, Grpc, Page, PageRequest, Result};
use entente_proto::cosmos::base::query::v1beta1 as wire;
use prost::Message as _;

use crate::modules::{
    alliance, assets, auth, authz, bank, consensus, distribution, evidence, feegrant, gov, liquid, mint, pools,
    slashing, staking, upgrade, vault,
};
use crate::subspaces;

macro_rules! queries {
    ($($path:literal => $handler:path,)*) => {
        /// All query paths, in module order.
        pub const PATHS: &[&str] = &[$($path),*];

        /// Answers one query on a throw-away context.
        ///
        /// # Errors
        /// The refusal carries the gRPC status; unknown paths are `Unimplemented`.
        pub fn run(ctx: &mut Ctx, path: &str, request: &[u8]) -> Result<Vec<u8>> {
            match path {
                $($path => Ok($handler(ctx, decode(request)?)?.encode_to_vec()),)*
                unknown => Err(Error::status(Grpc::Unimplemented, format!("unknown query path {unknown:?}"))),
            }
        }
    };
}

queries! {
    "/cosmos.auth.v1beta1.Query/Accounts" => auth::query::accounts,
    "/cosmos.auth.v1beta1.Query/Account" => auth::query::account,
    "/cosmos.auth.v1beta1.Query/AccountAddressByID" => auth::query::account_address_by_id,
    "/cosmos.auth.v1beta1.Query/Params" => auth::query::params,
    "/cosmos.auth.v1beta1.Query/ModuleAccounts" => auth::query::module_accounts,
    "/cosmos.auth.v1beta1.Query/ModuleAccountByName" => auth::query::module_account_by_name,
    "/cosmos.auth.v1beta1.Query/Bech32Prefix" => auth::query::bech32_prefix,
    "/cosmos.auth.v1beta1.Query/AddressBytesToString" => auth::query::address_bytes_to_string,
    "/cosmos.auth.v1beta1.Query/AddressStringToBytes" => auth::query::address_string_to_bytes,
    "/cosmos.auth.v1beta1.Query/AccountInfo" => auth::query::account_info,
    "/cosmos.bank.v1beta1.Query/Balance" => bank::query::balance,
    "/cosmos.bank.v1beta1.Query/AllBalances" => bank::query::all_balances,
    "/cosmos.bank.v1beta1.Query/SpendableBalances" => bank::query::spendable_balances,
    "/cosmos.bank.v1beta1.Query/SpendableBalanceByDenom" => bank::query::spendable_balance_by_denom,
    "/cosmos.bank.v1beta1.Query/TotalSupply" => bank::query::total_supply,
    "/cosmos.bank.v1beta1.Query/SupplyOf" => bank::query::supply_of,
    "/cosmos.bank.v1beta1.Query/Params" => bank::query::params,
    "/cosmos.bank.v1beta1.Query/DenomMetadata" => bank::query::denom_metadata,
    "/cosmos.bank.v1beta1.Query/DenomMetadataByQueryString" => bank::query::denom_metadata_by_query_string,
    "/cosmos.bank.v1beta1.Query/DenomsMetadata" => bank::query::denoms_metadata,
    "/cosmos.bank.v1beta1.Query/DenomOwners" => bank::query::denom_owners,
    "/cosmos.bank.v1beta1.Query/DenomOwnersByQuery" => bank::query::denom_owners_by_query,
    "/cosmos.bank.v1beta1.Query/SendEnabled" => bank::query::send_enabled,
    "/cosmos.feegrant.v1beta1.Query/Allowance" => feegrant::query::allowance,
    "/cosmos.feegrant.v1beta1.Query/Allowances" => feegrant::query::allowances,
    "/cosmos.feegrant.v1beta1.Query/AllowancesByGranter" => feegrant::query::allowances_by_granter,
    "/cosmos.consensus.v1.Query/Params" => consensus::query::params,
    "/cosmos.staking.v1beta1.Query/Validators" => staking::query::validators,
    "/cosmos.staking.v1beta1.Query/Validator" => staking::query::validator,
    "/cosmos.staking.v1beta1.Query/ValidatorDelegations" => staking::query::validator_delegations,
    "/cosmos.staking.v1beta1.Query/ValidatorUnbondingDelegations" => staking::query::validator_unbonding_delegations,
    "/cosmos.staking.v1beta1.Query/Delegation" => staking::query::delegation,
    "/cosmos.staking.v1beta1.Query/UnbondingDelegation" => staking::query::unbonding_delegation,
    "/cosmos.staking.v1beta1.Query/DelegatorDelegations" => staking::query::delegator_delegations,
    "/cosmos.staking.v1beta1.Query/DelegatorUnbondingDelegations" => staking::query::delegator_unbonding_delegations,
    "/cosmos.staking.v1beta1.Query/Redelegations" => staking::query::redelegations,
    "/cosmos.staking.v1beta1.Query/DelegatorValidators" => staking::query::delegator_validators,
    "/cosmos.staking.v1beta1.Query/DelegatorValidator" => staking::query::delegator_validator,
    "/cosmos.staking.v1beta1.Query/HistoricalInfo" => staking::query::historical_info,
    "/cosmos.staking.v1beta1.Query/Pool" => staking::query::pool,
    "/cosmos.staking.v1beta1.Query/Params" => staking::query::params,
    "/cosmos.slashing.v1beta1.Query/Params" => slashing::query::params,
    "/cosmos.slashing.v1beta1.Query/SigningInfo" => slashing::query::signing_info,
    "/cosmos.slashing.v1beta1.Query/SigningInfos" => slashing::query::signing_infos,
    "/cosmos.evidence.v1beta1.Query/Evidence" => evidence::query::evidence,
    "/cosmos.evidence.v1beta1.Query/AllEvidence" => evidence::query::all_evidence,
    "/cosmos.distribution.v1beta1.Query/Params" => distribution::query::params,
    "/cosmos.distribution.v1beta1.Query/ValidatorDistributionInfo" => distribution::query::validator_distribution_info,
    "/cosmos.distribution.v1beta1.Query/ValidatorOutstandingRewards" => distribution::query::validator_outstanding_rewards,
    "/cosmos.distribution.v1beta1.Query/ValidatorCommission" => distribution::query::validator_commission,
    "/cosmos.distribution.v1beta1.Query/ValidatorSlashes" => distribution::query::validator_slashes,
    "/cosmos.distribution.v1beta1.Query/DelegationRewards" => distribution::query::delegation_rewards,
    "/cosmos.distribution.v1beta1.Query/DelegationTotalRewards" => distribution::query::delegation_total_rewards,
    "/cosmos.distribution.v1beta1.Query/DelegatorValidators" => distribution::query::delegator_validators,
    "/cosmos.distribution.v1beta1.Query/DelegatorWithdrawAddress" => distribution::query::delegator_withdraw_address,
    "/cosmos.distribution.v1beta1.Query/CommunityPool" => distribution::query::community_pool,
    "/cosmos.mint.v1beta1.Query/Params" => mint::query::params,
    "/cosmos.mint.v1beta1.Query/Inflation" => mint::query::inflation,
    "/cosmos.mint.v1beta1.Query/AnnualProvisions" => mint::query::annual_provisions,
    "/alliance.alliance.Query/Params" => alliance::query::params,
    "/alliance.alliance.Query/Alliances" => alliance::query::alliances,
    "/alliance.alliance.Query/AllAlliancesDelegations" => alliance::query::all_alliances_delegations,
    "/alliance.alliance.Query/AllianceValidator" => alliance::query::alliance_validator,
    "/alliance.alliance.Query/AllAllianceValidators" => alliance::query::all_alliance_validators,
    "/alliance.alliance.Query/AlliancesDelegation" => alliance::query::alliances_delegation,
    "/alliance.alliance.Query/AlliancesDelegationByValidator" => alliance::query::alliances_delegation_by_validator,
    "/alliance.alliance.Query/AllianceDelegation" => alliance::query::alliance_delegation,
    "/alliance.alliance.Query/AllianceDelegationRewards" => alliance::query::alliance_delegation_rewards,
    "/alliance.alliance.Query/AllianceUnbondingsByDelegator" => alliance::query::alliance_unbondings_by_delegator,
    "/alliance.alliance.Query/AllianceUnbondingsByDenomAndDelegator" => alliance::query::alliance_unbondings_by_denom_and_delegator,
    "/alliance.alliance.Query/AllianceUnbondings" => alliance::query::alliance_unbondings,
    "/alliance.alliance.Query/AllianceRedelegationsByDelegator" => alliance::query::alliance_redelegations_by_delegator,
    "/alliance.alliance.Query/AllianceRedelegations" => alliance::query::alliance_redelegations,
    "/alliance.alliance.Query/Alliance" => alliance::query::alliance,
    "/restake.assets.v1.Query/Params" => assets::query::params,
    "/restake.assets.v1.Query/Assets" => assets::query::assets,
    "/restake.assets.v1.Query/Asset" => assets::query::asset,
    "/restake.assets.v1.Query/AssetByDenom" => assets::query::asset_by_denom,
    "/restake.assets.v1.Query/Groups" => assets::query::groups,
    "/restake.assets.v1.Query/Rate" => assets::query::rate,
    "/restake.assets.v1.Query/Pauses" => assets::query::pauses,
    "/pstake.liquidstake.v1beta1.Query/Params" => liquid::query::params,
    "/pstake.liquidstake.v1beta1.Query/LiquidValidators" => liquid::query::liquid_validators,
    "/pstake.liquidstake.v1beta1.Query/States" => liquid::query::states,
    "/restake.liquid.v1.Query/Params" => liquid::query::own_params,
    "/restake.liquid.v1.Query/Rate" => liquid::query::rate,
    "/restake.liquid.v1.Query/Batches" => liquid::query::batches,
    "/restake.liquid.v1.Query/Batch" => liquid::query::batch,
    "/restake.liquid.v1.Query/Claims" => liquid::query::claims,
    "/restake.liquid.v1.Query/Operations" => liquid::query::operations,
    "/restake.liquid.v1.Query/PreviewStake" => liquid::query::preview_stake,
    "/restake.liquid.v1.Query/PreviewUnstake" => liquid::query::preview_unstake,
    "/restake.pools.v1.Query/Params" => pools::query::params,
    "/restake.pools.v1.Query/Pools" => pools::query::pools,
    "/restake.pools.v1.Query/Pool" => pools::query::pool,
    "/restake.pools.v1.Query/PreviewSwap" => pools::query::preview_swap,
    "/restake.pools.v1.Query/Market" => pools::query::market,
    "/restake.pools.v1.Query/Incentives" => pools::query::incentives,
    "/restake.pools.v1.Query/Positions" => pools::query::positions,
    "/restake.vault.v1.Query/Params" => vault::query::params,
    "/restake.vault.v1.Query/Vaults" => vault::query::vaults,
    "/restake.vault.v1.Query/Vault" => vault::query::vault,
    "/restake.vault.v1.Query/SharePrice" => vault::query::share_price,
    "/restake.vault.v1.Query/Nav" => vault::query::nav,
    "/restake.vault.v1.Query/NavLo" => vault::query::nav_lo,
    "/restake.vault.v1.Query/Composition" => vault::query::composition,
    "/restake.vault.v1.Query/Targets" => vault::query::targets,
    "/restake.vault.v1.Query/PreviewDeposit" => vault::query::preview_deposit,
    "/restake.vault.v1.Query/PreviewExit" => vault::query::preview_exit,
    "/restake.vault.v1.Query/RiskReport" => vault::query::risk_report,
    "/restake.vault.v1.Query/Ledger" => vault::query::ledger,
    "/restake.vault.v1.Query/Batches" => vault::query::batches,
    "/restake.vault.v1.Query/Batch" => vault::query::batch,
    "/restake.vault.v1.Query/Claims" => vault::query::claims,
    "/restake.vault.v1.Query/Lots" => vault::query::lots,
    "/restake.vault.v1.Query/Allowed" => vault::query::allowed,
    "/restake.vault.v1.Query/Gauge" => vault::query::gauge,
    "/cosmos.gov.v1.Query/Constitution" => gov::query::constitution,
    "/cosmos.gov.v1.Query/Proposal" => gov::query::proposal,
    "/cosmos.gov.v1.Query/Proposals" => gov::query::proposals,
    "/cosmos.gov.v1.Query/Vote" => gov::query::vote,
    "/cosmos.gov.v1.Query/Votes" => gov::query::votes,
    "/cosmos.gov.v1.Query/Params" => gov::query::params,
    "/cosmos.gov.v1.Query/Deposit" => gov::query::deposit,
    "/cosmos.gov.v1.Query/Deposits" => gov::query::deposits,
    "/cosmos.gov.v1.Query/TallyResult" => gov::query::tally_result,
    "/cosmos.gov.v1beta1.Query/Proposal" => gov::query::legacy::proposal,
    "/cosmos.gov.v1beta1.Query/Proposals" => gov::query::legacy::proposals,
    "/cosmos.gov.v1beta1.Query/Vote" => gov::query::legacy::vote,
    "/cosmos.gov.v1beta1.Query/Votes" => gov::query::legacy::votes,
    "/cosmos.gov.v1beta1.Query/Params" => gov::query::legacy::params,
    "/cosmos.gov.v1beta1.Query/Deposit" => gov::query::legacy::deposit,
    "/cosmos.gov.v1beta1.Query/Deposits" => gov::query::legacy::deposits,
    "/cosmos.gov.v1beta1.Query/TallyResult" => gov::query::legacy::tally_result,
    "/cosmos.params.v1beta1.Query/Params" => subspaces::params,
    "/cosmos.params.v1beta1.Query/Subspaces" => subspaces::subspaces,
    "/cosmos.authz.v1beta1.Query/Grants" => authz::query::grants,
    "/cosmos.authz.v1beta1.Query/GranterGrants" => authz::query::granter_grants,
    "/cosmos.authz.v1beta1.Query/GranteeGrants" => authz::query::grantee_grants,
    "/cosmos.upgrade.v1beta1.Query/CurrentPlan" => upgrade::query::current_plan,
    "/cosmos.upgrade.v1beta1.Query/AppliedPlan" => upgrade::query::applied_plan,
    "/cosmos.upgrade.v1beta1.Query/ModuleVersions" => upgrade::query::module_versions,
    "/cosmos.upgrade.v1beta1.Query/Authority" => upgrade::query::authority,
}

fn decode<W: prost::Message + Default>(request: &[u8]) -> Result<W> {
    W::decode(request).map_err(|e| Error::status(Grpc::InvalidArgument, format!("request cannot be decoded: {e}")))
}

/// The wire's page request; absent means the first page.
pub fn page_request(wire: Option<wire::PageRequest>) -> PageRequest {
    let p = wire.unwrap_or_default();
    PageRequest { key: p.key, offset: p.offset, limit: p.limit, count_total: p.count_total, reverse: p.reverse }
}

/// The wire's page response beside the items.
pub fn page_response<T>(page: Page<T>) -> (Vec<T>, Option<wire::PageResponse>) {
    (page.items, Some(wire::PageResponse { next_key: page.next_key, total: page.total }))
}
