//! Messages of bank: wire → checked.

use std::collections::BTreeSet;

use entente_kernel::error::sdk;
use entente_kernel::num::{Coins, Denom};
use entente_kernel::{AccAddress, Bech32, Error, Result};
use entente_proto::cosmos::bank::v1beta1 as wire;
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;

use super::error::{INPUT_OUTPUT_MISMATCH, MULTIPLE_SENDERS, NO_INPUTS, NO_OUTPUTS};
use crate::message::Message;
use crate::modules::auth;

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

/// Moves coins from the signer to several accounts.
#[derive(Debug, Clone)]
pub struct MultiSend {
    pub from: AccAddress,
    /// The sum of what the outputs get.
    pub amount: Coins,
    pub outputs: Vec<(AccAddress, Coins)>,
}

impl Message for MultiSend {
    type Wire = wire::MsgMultiSend;

    fn signers(wire: &wire::MsgMultiSend, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        wire.inputs.iter().map(|input| bech32.parse_acc(&input.address)).collect()
    }

    fn check(wire: wire::MsgMultiSend, bech32: &Bech32) -> Result<Self> {
        let input = match wire.inputs.as_slice() {
            [] => return Err(NO_INPUTS.refuse()),
            [one] => one,
            _ => return Err(MULTIPLE_SENDERS.refuse()),
        };
        if wire.outputs.is_empty() {
            return Err(NO_OUTPUTS.refuse());
        }
        let from = bech32.parse_acc(&input.address).map_err(|e| e.wrap("invalid input address"))?;
        let amount = positive_coins(&input.coins)?;
        let (mut outputs, mut total) = (Vec::with_capacity(wire.outputs.len()), Coins::empty());
        for output in &wire.outputs {
            let to = bech32.parse_acc(&output.address).map_err(|e| e.wrap("invalid output address"))?;
            let coins = positive_coins(&output.coins)?;
            total = total.add(&coins)?;
            outputs.push((to, coins));
        }
        if total != amount {
            return Err(INPUT_OUTPUT_MISMATCH.refuse());
        }
        Ok(Self { from, amount, outputs })
    }
}

/// Replaces the parameters.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub default_send_enabled: bool,
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &wire::MsgUpdateParams, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: wire::MsgUpdateParams, bech32: &Bech32) -> Result<Self> {
        auth::require_authority(bech32, &wire.authority)?;
        let params = wire.params.unwrap_or_default();
        if !params.send_enabled.is_empty() {
            return Err(Error::plain("use of send_enabled in params is no longer supported"));
        }
        Ok(Self { default_send_enabled: params.default_send_enabled })
    }
}

/// Gives coins send rules of their own, or takes them away.
#[derive(Debug, Clone)]
pub struct SetSendEnabled {
    pub rules: Vec<(Denom, bool)>,
    pub use_default_for: Vec<Denom>,
}

impl Message for SetSendEnabled {
    type Wire = wire::MsgSetSendEnabled;

    fn signers(wire: &wire::MsgSetSendEnabled, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: wire::MsgSetSendEnabled, bech32: &Bech32) -> Result<Self> {
        auth::require_authority(bech32, &wire.authority)?;
        let (mut rules, mut seen) = (Vec::new(), BTreeSet::new());
        for rule in &wire.send_enabled {
            let name = &rule.denom;
            if !seen.insert(name) {
                let text = format!("duplicate denom entries found for {name:?}");
                return Err(sdk::INVALID_REQUEST.because(text));
            }
            let denom = Denom::new(name)
                .map_err(|e| sdk::INVALID_REQUEST.because(format!("invalid SendEnabled denom {name:?}: {e}")))?;
            rules.push((denom, rule.enabled));
        }
        let denom = |name: &String| {
            Denom::new(name)
                .map_err(|e| sdk::INVALID_REQUEST.because(format!("invalid UseDefaultFor denom {name:?}: {e}")))
        };
        Ok(Self { rules, use_default_for: wire.use_default_for.iter().map(denom).collect::<Result<_>>()? })
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
