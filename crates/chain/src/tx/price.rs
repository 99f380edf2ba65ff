//! What a transaction offers per unit of gas. No rule of the chain: only the mempool looks at it.

use entente_kernel::num::{Coins, Dec, DecCoin, DecCoins, Denom, Int};
use entente_kernel::{AccAddress, Bech32, Result};

use super::Tx;
use crate::ante;

/// Parts of a price that count: a price of one coin per unit of gas is so many.
const PRICE_PARTS: i64 = 1_000_000_000;

/// By what the mempool puts transactions in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The first is the sender. Empty if they cannot be read; such a transaction is refused elsewhere.
    pub signers: Vec<AccAddress>,
    /// The sender's.
    pub sequence: u64,
    /// Per unit of gas, in parts of `10^-9`, of the native coin; or, if the node asks for prices, in parts of what it asks for.
    pub price: u64,
}

/// What a transaction offers. A fee in coins that nobody asks for counts nothing.
pub fn offer(tx: &Result<Tx>, prices: &DecCoins, native: &Denom, bech32: &Bech32) -> Offer {
    let nothing = Offer { signers: Vec::new(), sequence: 0, price: 0 };
    let Ok(tx) = tx else { return nothing };
    let Ok(signers) = ante::signers(tx, bech32) else { return nothing };
    let fee = tx.fee();
    let offered = Coins::from_wire_strict(fee.amount.iter().map(|c| (&c.denom, &c.amount))).unwrap_or_default();
    let in_one = |denom: &Denom, one: Dec| {
        let parts = Dec::from_int(offered.amount_of(denom.as_str())).mul_int(Int::from(PRICE_PARTS));
        let per_gas = parts.and_then(|d| d.quo_int(Int::from(fee.gas_limit.max(1)))).and_then(|d| d.quo_truncate(one));
        per_gas.and_then(Dec::truncate_int).map_or(u64::MAX, |n| n.to_u64().unwrap_or(u64::MAX))
    };
    let asked = prices.iter().map(|p: &DecCoin| in_one(&p.denom, p.amount)).max();
    let price = asked.unwrap_or_else(|| in_one(native, Dec::ONE));
    let sequence = tx.auth_info.signer_infos.first().map(|info| info.sequence).unwrap_or_default();
    Offer { signers: signers.to_vec(), sequence, price }
}

#[cfg(test)]
mod tests {
    use entente_proto::cosmos::bank::v1beta1::MsgSend;
    use entente_proto::cosmos::base::v1beta1 as base;
    use entente_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, SignerInfo, TxBody, TxRaw};
    use prost::Message as _;
    use prost_types::Any;

    use super::*;
    use crate::tx::decode;

    fn tx(fee: &[(&str, &str)], gas_limit: u64) -> Vec<u8> {
        let bech32 = Bech32::new("entente");
        let from_address = bech32.acc(&AccAddress::new(&[7; 20]).unwrap());
        let send = MsgSend { to_address: from_address.clone(), from_address, amount: Vec::new() };
        let any = Any { type_url: "/cosmos.bank.v1beta1.MsgSend".to_owned(), value: send.encode_to_vec() };
        let body = TxBody { messages: vec![any], ..TxBody::default() };
        let coin = |(denom, amount): &(&str, &str)| base::Coin { denom: (*denom).into(), amount: (*amount).into() };
        let fee = Fee { amount: fee.iter().map(coin).collect(), gas_limit, ..Fee::default() };
        let signer = SignerInfo { sequence: 3, ..SignerInfo::default() };
        let auth_info = AuthInfo { fee: Some(fee), signer_infos: vec![signer], ..AuthInfo::default() };
        TxRaw {
            body_bytes: body.encode_to_vec(),
            auth_info_bytes: auth_info.encode_to_vec(),
            signatures: vec![vec![0; 64]],
        }
        .encode_to_vec()
    }

    fn price(fee: &[(&str, &str)], gas: u64, prices: &str) -> u64 {
        let native = Denom::new("uente").unwrap();
        offer(&decode(&tx(fee, gas)), &prices.parse().unwrap(), &native, &Bech32::new("entente")).price
    }

    #[test]
    fn offers_are_compared_in_the_native_coin_or_in_what_the_node_asks_for() {
        assert_eq!(price(&[("uente", "25")], 1_000, ""), 25_000_000);
        assert_eq!(price(&[("ustrange", "999999")], 1_000, ""), 0);
        assert_eq!(price(&[("uente", "25")], 1_000, "0.025uente,0.5uusdc"), 1_000_000_000);
        assert_eq!(price(&[("uusdc", "1000")], 1_000, "0.025uente,0.5uusdc"), 2_000_000_000);
        let made =
            offer(&decode(&tx(&[], 1)), &DecCoins::default(), &Denom::new("uente").unwrap(), &Bech32::new("entente"));
        assert_eq!((made.sequence, made.signers), (3, vec![AccAddress::new(&[7; 20]).unwrap()]));
    }

    #[test]
    fn what_cannot_be_read_offers_nothing() {
        let made =
            offer(&decode(&[1, 2, 3]), &DecCoins::default(), &Denom::new("uente").unwrap(), &Bech32::new("entente"));
        assert_eq!(made, Offer { signers: Vec::new(), sequence: 0, price: 0 });
    }
}
