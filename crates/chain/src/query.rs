//! The questions that the chain answers: full gRPC path → module function. One function per query, called alike by gRPC, REST and
//! `abci_query`. Add a row when a module learns a query; keep the rows in module order.

use entente_kernel::{Ctx, Error, Grpc, Page, PageRequest, Result};
use entente_proto::cosmos::base::query::v1beta1 as wire;
use prost::Message as _;

use crate::modules::{auth, bank, consensus};

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
    "/cosmos.consensus.v1.Query/Params" => consensus::query::params,
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
