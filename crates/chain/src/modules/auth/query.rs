//! What auth can be asked.

use entente_kernel::{AccAddress, Error, Grpc, Result, View};
use entente_proto::cosmos::auth::v1beta1 as wire;

use super::account::{base_to_wire, to_any};
use super::state::{self, ACCOUNTS};
use super::{Account, ModuleAccount};
use crate::query::{page_request, page_response};

fn must_account(view: &View, address: &str) -> Result<Account> {
    let found = super::account(view, &view.bech32().parse_acc(address)?)?;
    found.ok_or_else(|| Error::status(Grpc::NotFound, format!("account {address} not found")))
}

pub fn account(view: &View, request: wire::QueryAccountRequest) -> Result<wire::QueryAccountResponse> {
    if request.address.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, "Address cannot be empty"));
    }
    let found = must_account(view, &request.address)?;
    Ok(wire::QueryAccountResponse { account: Some(to_any(&found, view.bech32())) })
}

pub fn accounts(view: &View, request: wire::QueryAccountsRequest) -> Result<wire::QueryAccountsResponse> {
    let page = ACCOUNTS.page_filter(view, &page_request(request.pagination), |address, record| {
        Ok(Some(to_any(&record.of(address), view.bech32())))
    })?;
    let (accounts, pagination) = page_response(page);
    Ok(wire::QueryAccountsResponse { accounts, pagination })
}

pub fn account_address_by_id(
    view: &View,
    request: wire::QueryAccountAddressByIdRequest,
) -> Result<wire::QueryAccountAddressByIdResponse> {
    if request.id != 0 {
        let text = "requesting with id isn't supported, try to request using account-id";
        return Err(Error::status(Grpc::InvalidArgument, text));
    }
    let id = request.account_id;
    let missing = || Error::status(Grpc::NotFound, format!("account address not found with account number {id}"));
    let address = state::address_of_number(view, id)?.ok_or_else(missing)?;
    Ok(wire::QueryAccountAddressByIdResponse { account_address: view.bech32().acc(&address) })
}

pub fn account_info(view: &View, request: wire::QueryAccountInfoRequest) -> Result<wire::QueryAccountInfoResponse> {
    if request.address.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, "address cannot be empty"));
    }
    let found = must_account(view, &request.address)?;
    Ok(wire::QueryAccountInfoResponse { info: Some(base_to_wire(&found, view.bech32())) })
}

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?) })
}

/// The module accounts that were used, sorted by name.
pub fn module_accounts(view: &View, _: wire::QueryModuleAccountsRequest) -> Result<wire::QueryModuleAccountsResponse> {
    let mut modules: Vec<_> = ModuleAccount::ALL.iter().collect();
    modules.sort_by_key(|m| m.name);
    let mut accounts = Vec::new();
    for module in modules {
        if let Some(found) = super::account(view, &module.address())? {
            accounts.push(to_any(&found, view.bech32()));
        }
    }
    Ok(wire::QueryModuleAccountsResponse { accounts })
}

pub fn module_account_by_name(
    view: &View,
    request: wire::QueryModuleAccountByNameRequest,
) -> Result<wire::QueryModuleAccountByNameResponse> {
    let name = request.name;
    if name.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, "module name is empty"));
    }
    let module = ModuleAccount::ALL.iter().find(|m| m.name == name);
    let found = module.map(|m| super::account(view, &m.address())).transpose()?.flatten();
    let found = found.ok_or_else(|| Error::status(Grpc::NotFound, format!("account {name} not found")))?;
    Ok(wire::QueryModuleAccountByNameResponse { account: Some(to_any(&found, view.bech32())) })
}

pub fn bech32_prefix(view: &View, _: wire::Bech32PrefixRequest) -> Result<wire::Bech32PrefixResponse> {
    Ok(wire::Bech32PrefixResponse { bech32_prefix: view.bech32().prefix().to_owned() })
}

pub fn address_bytes_to_string(
    view: &View,
    request: wire::AddressBytesToStringRequest,
) -> Result<wire::AddressBytesToStringResponse> {
    if request.address_bytes.is_empty() {
        return Err(Error::plain("empty address bytes is not allowed"));
    }
    let address = AccAddress::new(&request.address_bytes)?;
    Ok(wire::AddressBytesToStringResponse { address_string: view.bech32().acc(&address) })
}

pub fn address_string_to_bytes(
    view: &View,
    request: wire::AddressStringToBytesRequest,
) -> Result<wire::AddressStringToBytesResponse> {
    let address = view.bech32().parse_acc(&request.address_string)?;
    Ok(wire::AddressStringToBytesResponse { address_bytes: address.as_bytes().to_vec() })
}
