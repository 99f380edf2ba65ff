//! Messages of bank: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::bank::v1beta1 as wire;
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;

use crate::message::Message;

/// Moves coins from the signer to another account.
#[derive(Debug, Clone)]
pub struct Send {
    pub from: AccAddress,
    pub to: AccAddress,
    pub amount: Coins,
}

impl Message for Send {
    type Wire = wire::MsgSend;

    fn signers(wire: &wire::MsgSend, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.from_address)?])
    }

    fn check(wire: wire::MsgSend, bech32: &Bech32) -> Result<Self> {
        Ok(Self {
            from: bech32.parse_acc(&wire.from_address).map_err(|e| e.wrap("invalid from address"))?,
            to: bech32.parse_acc(&wire.to_address).map_err(|e| e.wrap("invalid to address"))?,
            amount: positive_coins(&wire.amount)?,
        })
    }
}

/// Coins of a message: sorted, without duplicates, each above zero.
///
/// # Errors
/// `sdk` 10 with the coins as text.
pub fn positive_coins(wire: &[WireCoin]) -> Result<Coins> {
    let text = || wire.iter().map(|c| format!("{}{}", c.amount, c.denom)).collect::<Vec<_>>().join(",");
    let coins = Coins::from_wire_strict(wire.iter().map(|c| (&c.denom, &c.amount)));
    coins.ok().filter(|c| !c.is_empty()).ok_or_else(|| sdk::INVALID_COINS.because(text()))
}
