//! What bank can be asked.

use entente_kernel::num::Denom;
use entente_kernel::{Error, Grpc, Result, View};
use entente_proto::cosmos::bank::v1beta1 as wire;
use entente_proto::cosmos::base::v1beta1::Coin;

pub fn balance(view: &View, request: wire::QueryBalanceRequest) -> Result<wire::QueryBalanceResponse> {
    let denom = Denom::new(&request.denom).map_err(|e| Error::status(Grpc::InvalidArgument, e))?;
    let invalid = |e| Error::status(Grpc::InvalidArgument, format!("invalid address: {e}"));
    let address = view.bech32().parse_acc(&request.address).map_err(invalid)?;
    let amount = super::balance(view, &address, &denom)?;
    Ok(wire::QueryBalanceResponse { balance: Some(Coin { denom: request.denom, amount: amount.to_string() }) })
}
