//! What this node asks for a unit of gas before it lets a transaction into its mempool. Not a rule of the chain: every operator chooses.

use anyhow::{Result, anyhow};
use entente_chain::TxResult;
use entente_kernel::error::sdk;
use entente_kernel::num::{Dec, DecCoin, DecCoins, Denom, Int};
use entente_kernel::{Error, num};
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::tx::v1beta1::{AuthInfo, TxRaw};
use prost::Message as _;

/// Prices in one or more coins; a fee in any of them suffices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices(Vec<(Denom, Dec)>);

impl Prices {
    /// Reads `0.025uente,0.1ibc/...`; a price of zero asks for nothing.
    ///
    /// # Errors
    /// Says which price is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let price = |part: &str| {
            let wrong = || anyhow!("minimum gas prices: {part:?} is not a price such as 0.025uente");
            let digits = part.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
            let (number, denom) = part.split_at(digits);
            let price: Dec = number.parse().map_err(|_| wrong())?;
            Ok::<_, anyhow::Error>((denom.parse::<Denom>().map_err(|_| wrong())?, price))
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let prices = parts.map(price).collect::<Result<Vec<_>>>()?;
        Ok(Self(prices.into_iter().filter(|(_, price)| !price.is_zero()).collect()))
    }

    /// The same as coins per unit of gas.
    pub fn coins(&self) -> DecCoins {
        let coin = |(denom, price): &(Denom, Dec)| DecCoin::new(denom.clone(), *price);
        DecCoins::new(self.0.iter().map(coin).collect()).unwrap_or_default()
    }

    /// The refusal of a transaction that pays too little for its gas. What cannot be decoded is refused elsewhere.
    pub fn refusal(&self, tx: &[u8]) -> Option<TxResult> {
        if self.0.is_empty() {
            return None;
        }
        let raw = TxRaw::decode(tx).ok()?;
        let fee = AuthInfo::decode(raw.auth_info_bytes.as_slice()).ok()?.fee.unwrap_or_default();
        let mut required = Vec::new();
        for (denom, price) in &self.0 {
            let wanted = needed(*price, fee.gas_limit).ok()?;
            let offered =
                |coin: &Coin| coin.denom == denom.as_str() && coin.amount.parse::<Int>().is_ok_and(|a| a >= wanted);
            if fee.amount.iter().any(offered) {
                return None;
            }
            required.push(format!("{wanted}{denom}"));
        }
        let got: Vec<String> = fee.amount.iter().map(|coin| format!("{}{}", coin.amount, coin.denom)).collect();
        let text = format!("insufficient fees; got: {} required: {}", got.join(","), required.join(","));
        let Error::Refusal(refusal) = sdk::INSUFFICIENT_FEE.because(text) else { return None };
        Some(TxResult {
            code: refusal.code,
            codespace: refusal.codespace.to_owned(),
            log: refusal.log,
            gas_wanted: i64::try_from(fee.gas_limit).unwrap_or(i64::MAX),
            ..TxResult::default()
        })
    }
}

/// The fee for that much gas.
///
/// # Rounding
/// Up: the node gains.
fn needed(price: Dec, gas: u64) -> Result<Int, num::NumError> {
    price.mul_int(Int::from(gas))?.ceil()?.truncate_int()
}

#[cfg(test)]
mod tests {
    use entente_proto::cosmos::tx::v1beta1::Fee;

    use super::*;

    fn tx(gas_limit: u64, amount: &[(&str, u64)]) -> Vec<u8> {
        let coin = |(denom, amount): &(&str, u64)| Coin { denom: (*denom).to_owned(), amount: amount.to_string() };
        let fee = Fee { gas_limit, amount: amount.iter().map(coin).collect(), ..Fee::default() };
        let auth_info_bytes = AuthInfo { fee: Some(fee), ..AuthInfo::default() }.encode_to_vec();
        TxRaw { auth_info_bytes, ..TxRaw::default() }.encode_to_vec()
    }

    #[test]
    fn a_fee_in_any_of_the_coins_suffices_and_fractions_count_for_the_node() {
        let prices = Prices::parse("0.025uente, 1uusdc,0ufree").unwrap();
        assert_eq!(prices.refusal(&tx(1_001, &[("uente", 26)])), None);
        assert_eq!(prices.refusal(&tx(1_001, &[("uente", 1), ("uusdc", 1_001)])), None);
        let refused = prices.refusal(&tx(1_001, &[("uente", 25)])).unwrap();
        assert_eq!((refused.codespace.as_str(), refused.code), ("sdk", 13));
        assert_eq!(refused.log, "insufficient fees; got: 25uente required: 26uente,1001uusdc: insufficient fee");
    }

    #[test]
    fn a_price_of_zero_asks_for_nothing_and_a_wrong_price_is_named() {
        for free in ["", "0uente", "0.0uente"] {
            assert_eq!(Prices::parse(free).unwrap(), Prices::default(), "{free}");
        }
        for wrong in ["uente", "0.025", "1.2.3uente", "-1uente"] {
            assert!(Prices::parse(wrong).unwrap_err().to_string().contains(wrong), "{wrong}");
        }
    }
}
