//! Messages of staking: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::num::{Coin, Dec, Denom, Int};
use entente_kernel::{AccAddress, Bech32, Error, Result, Timestamp, ValAddress};
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::cosmos::staking::v1beta1 as wire;
use prost_types::Any;

use super::error;
use super::validator::Commission;
use crate::message::Message;
use crate::wire as convert;

/// Makes the signer a validator with a first delegation of its own.
#[derive(Debug, Clone)]
pub struct CreateValidator {
    pub operator: ValAddress,
    pub description: wire::Description,
    /// Its time is set when the message is carried out.
    pub commission: Commission,
    pub min_self_delegation: Int,
    pub pub_key: Any,
    pub value: Coin,
}

/// Changes the description of a validator, and what is given of the rest.
#[derive(Debug, Clone)]
pub struct EditValidator {
    pub operator: ValAddress,
    pub description: wire::Description,
    pub commission_rate: Option<Dec>,
    pub min_self_delegation: Option<Int>,
}

#[derive(Debug, Clone)]
pub struct Delegate {
    pub delegator: AccAddress,
    pub operator: ValAddress,
    pub amount: Coin,
}

/// Moves stake to another validator.
#[derive(Debug, Clone)]
pub struct BeginRedelegate {
    pub delegator: AccAddress,
    pub source: ValAddress,
    pub target: ValAddress,
    pub amount: Coin,
}

/// Takes stake out; it is paid after the unbonding time.
#[derive(Debug, Clone)]
pub struct Undelegate {
    pub delegator: AccAddress,
    pub operator: ValAddress,
    pub amount: Coin,
}

/// Delegates what is unbonding back to its validator.
#[derive(Debug, Clone)]
pub struct CancelUnbonding {
    pub delegator: AccAddress,
    pub operator: ValAddress,
    pub amount: Coin,
    pub creation_height: i64,
}

/// Replaces the parameters: for governance.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: wire::Params,
}

/// Text of a description's field that keeps what is there.
const KEEP: &str = "[do-not-modify]";

impl Message for CreateValidator {
    type Wire = wire::MsgCreateValidator;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_val(&wire.validator_address)?.into()])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let operator = operator(bech32, &wire.validator_address, "validator")?;
        let pub_key = wire.pubkey.ok_or_else(|| error::EMPTY_VALIDATOR_PUB_KEY.refuse())?;
        let value = positive_coin(wire.value, "invalid delegation amount")?;
        let description = described(wire.description)?;
        let commission = new_commission(wire.commission.unwrap_or_default())?;
        let min_self_delegation = int_field(&wire.min_self_delegation)?
            .ok_or_else(|| Error::panic("invalid memory address or nil pointer dereference"))?;
        positive_minimum(min_self_delegation)?;
        if value.amount < min_self_delegation {
            return Err(error::SELF_DELEGATION_BELOW_MIN.refuse());
        }
        Ok(Self { operator, description, commission, min_self_delegation, pub_key, value })
    }
}

impl Message for EditValidator {
    type Wire = wire::MsgEditValidator;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_val(&wire.validator_address)?.into()])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let operator = operator(bech32, &wire.validator_address, "validator")?;
        let description = described(wire.description)?;
        let min_self_delegation = int_field(&wire.min_self_delegation)?;
        min_self_delegation.map_or(Ok(()), positive_minimum)?;
        let commission_rate = dec_field(&wire.commission_rate)?;
        if commission_rate.is_some_and(|rate| rate > Dec::ONE || rate.is_negative()) {
            return Err(sdk::INVALID_REQUEST.because("commission rate must be between 0 and 1 (inclusive)"));
        }
        Ok(Self { operator, description, commission_rate, min_self_delegation })
    }
}

impl Message for Delegate {
    type Wire = wire::MsgDelegate;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self {
            operator: operator(bech32, &wire.validator_address, "validator")?,
            delegator: delegator(bech32, &wire.delegator_address)?,
            amount: positive_coin(wire.amount, "invalid delegation amount")?,
        })
    }
}

impl Message for BeginRedelegate {
    type Wire = wire::MsgBeginRedelegate;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self {
            source: operator(bech32, &wire.validator_src_address, "source validator")?,
            target: operator(bech32, &wire.validator_dst_address, "destination validator")?,
            delegator: delegator(bech32, &wire.delegator_address)?,
            amount: positive_coin(wire.amount, "invalid shares amount")?,
        })
    }
}

impl Message for Undelegate {
    type Wire = wire::MsgUndelegate;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self {
            operator: operator(bech32, &wire.validator_address, "validator")?,
            delegator: delegator(bech32, &wire.delegator_address)?,
            amount: positive_coin(wire.amount, "invalid shares amount")?,
        })
    }
}

impl Message for CancelUnbonding {
    type Wire = wire::MsgCancelUnbondingDelegation;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let checked = Self {
            operator: operator(bech32, &wire.validator_address, "validator")?,
            delegator: delegator(bech32, &wire.delegator_address)?,
            amount: positive_coin(wire.amount, "invalid amount")?,
            creation_height: wire.creation_height,
        };
        if checked.creation_height <= 0 {
            return Err(sdk::INVALID_REQUEST.because("invalid height"));
        }
        Ok(checked)
    }
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, params: wire.params.unwrap_or_default() })
    }
}

fn operator(bech32: &Bech32, text: &str, role: &str) -> Result<ValAddress> {
    bech32.parse_val(text).map_err(|e| sdk::INVALID_ADDRESS.because(format!("invalid {role} address: {e}")))
}

fn delegator(bech32: &Bech32, text: &str) -> Result<AccAddress> {
    bech32.parse_acc(text).map_err(|e| sdk::INVALID_ADDRESS.because(format!("invalid delegator address: {e}")))
}

/// A coin above zero with a proper denomination.
fn positive_coin(wire: Option<WireCoin>, otherwise: &str) -> Result<Coin> {
    let wire = wire.unwrap_or_default();
    let amount = int_field(&wire.amount)?.filter(|a| a.is_positive());
    let coin = Denom::new(&wire.denom).ok().zip(amount).map(|(denom, amount)| Coin::new(denom, amount));
    coin.ok_or_else(|| sdk::INVALID_REQUEST.because(otherwise))
}

/// An integer field; `None` if it is not set. A text that is no integer makes the whole transaction unreadable upstream.
fn int_field(text: &str) -> Result<Option<Int>> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|e| sdk::TX_DECODE.because(e)) }
}

fn dec_field(text: &str) -> Result<Option<Dec>> {
    Dec::from_scaled_field(text).map_err(|e| sdk::TX_DECODE.because(e))
}

fn described(description: Option<wire::Description>) -> Result<wire::Description> {
    description
        .filter(|d| *d != wire::Description::default())
        .ok_or_else(|| sdk::INVALID_REQUEST.because("empty description"))
}

fn positive_minimum(amount: Int) -> Result<()> {
    if amount.is_positive() {
        return Ok(());
    }
    Err(sdk::INVALID_REQUEST.because("minimum self delegation must be a positive integer"))
}

fn new_commission(rates: wire::CommissionRates) -> Result<Commission> {
    let fields = [dec_field(&rates.rate)?, dec_field(&rates.max_rate)?, dec_field(&rates.max_change_rate)?];
    let commission = match fields {
        [None, None, None] => return Err(sdk::INVALID_REQUEST.because("empty commission")),
        [Some(rate), Some(max_rate), Some(max_change_rate)] => {
            Commission { rate, max_rate, max_change_rate, update_time: Timestamp::from_secs(0) }
        }
        _ => return Err(Error::panic("invalid memory address or nil pointer dereference")),
    };
    commission.check()?;
    Ok(commission)
}

/// The texts of `new`, with those of `old` where `new` asks to keep them.
pub(super) fn merged(old: wire::Description, new: wire::Description) -> wire::Description {
    let pick = |old: String, new: String| if new == KEEP { old } else { new };
    wire::Description {
        moniker: pick(old.moniker, new.moniker),
        identity: pick(old.identity, new.identity),
        website: pick(old.website, new.website),
        security_contact: pick(old.security_contact, new.security_contact),
        details: pick(old.details, new.details),
    }
}

/// Refuses texts that are too long, in bytes.
///
/// # Errors
/// `sdk` 18 naming the first one.
pub(super) fn check_lengths(d: &wire::Description) -> Result<()> {
    let limits = [
        ("moniker", &d.moniker, 70),
        ("identity", &d.identity, 3000),
        ("website", &d.website, 140),
        ("security contact", &d.security_contact, 140),
        ("details", &d.details, 280),
    ];
    for (name, text, max) in limits {
        if text.len() > max {
            let details = format!("invalid {name} length; got: {}, max: {max}", text.len());
            return Err(sdk::INVALID_REQUEST.because(details));
        }
    }
    Ok(())
}

/// The wire form of a coin.
pub(super) fn wire_coin(coin: &Coin) -> WireCoin {
    convert::coin(coin)
}
