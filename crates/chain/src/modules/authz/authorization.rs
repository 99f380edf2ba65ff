//! The kinds of authorizations: which messages they cover, and how a message lowers them.

use std::collections::BTreeSet;

use entente_kernel::error::sdk;
use entente_kernel::num::{Coin, Coins};
use entente_kernel::{Ctx, Error, Result};
use entente_proto::cosmos::authz::v1beta1::GenericAuthorization;
use entente_proto::cosmos::bank::v1beta1::{MsgSend, SendAuthorization};
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::cosmos::staking::v1beta1 as staking;
use prost::{Message as _, Name};
use prost_types::Any;
use staking::AuthorizationType;
use staking::stake_authorization::ValidatorsOneOf;

use super::error::{NEGATIVE_MAX_TOKENS, UNKNOWN_AUTHORIZATION};
use crate::modules::bank;
use crate::wire::{coin, coins, parse_coin};

/// Gas for looking at one entry of a list.
const GAS_PER_ENTRY: u64 = 10;

const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";
const DELEGATE: &str = "/cosmos.staking.v1beta1.MsgDelegate";
const UNDELEGATE: &str = "/cosmos.staking.v1beta1.MsgUndelegate";
const REDELEGATE: &str = "/cosmos.staking.v1beta1.MsgBeginRedelegate";
const CANCEL: &str = "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation";

/// What a grantee may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// Any message of a type.
    Generic { url: String },
    /// Sends, up to a sum, to these addresses (nothing listed: to all).
    Send { limit: Coins, receivers: Vec<String> },
    /// A stake, up to an amount, with or without certain validators.
    Stake(Stake),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stake {
    kind: AuthorizationType,
    limit: Option<Coin>,
    validators: Option<ValidatorsOneOf>,
}

/// What a message does to its authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Unchanged,
    Lowered(Authorization),
    UsedUp,
    Refused,
}

impl Authorization {
    /// # Errors
    /// What upstream's `ValidateBasic` refuses; `sdk` 29 for an unknown kind.
    pub fn from_any(any: &Any) -> Result<Self> {
        if let Some(generic) = unpack::<GenericAuthorization>(any) {
            if generic.msg.is_empty() {
                return Err(Error::plain("msg type cannot be empty"));
            }
            return Ok(Self::Generic { url: generic.msg });
        }
        if let Some(send) = unpack::<SendAuthorization>(any) {
            return send_from_wire(send);
        }
        if let Some(stake) = unpack::<staking::StakeAuthorization>(any) {
            return stake_from_wire(stake);
        }
        Err(sdk::INVALID_TYPE.because(format!("no kind of authorization: {:?}", any.type_url)))
    }

    pub fn to_any(&self) -> Any {
        match self {
            Self::Generic { url } => pack(&GenericAuthorization { msg: url.clone() }),
            Self::Send { limit, receivers } => {
                pack(&SendAuthorization { spend_limit: coins(limit), allow_list: receivers.clone() })
            }
            Self::Stake(stake) => pack(&staking::StakeAuthorization {
                max_tokens: stake.limit.as_ref().map(coin),
                authorization_type: stake.kind.into(),
                validators: stake.validators.clone(),
            }),
        }
    }

    /// The stored form: an encoded `Any`.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_any().encode_to_vec()
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let any = Any::decode(bytes).map_err(|e| Error::fault(format!("a stored authorization: {e}")))?;
        Self::from_any(&any).map_err(|e| e.must("a stored authorization"))
    }

    /// The type of the messages that it covers.
    pub fn url(&self) -> &str {
        match self {
            Self::Generic { url } => url,
            Self::Send { .. } => SEND,
            Self::Stake(stake) => stake.url(),
        }
    }

    /// Whether a message of that type is covered, and what is left.
    pub fn accept(&self, ctx: &Ctx, any: &Any) -> Result<Verdict> {
        match self {
            Self::Generic { .. } => Ok(Verdict::Unchanged),
            Self::Send { limit, receivers } => accept_send(ctx, limit, receivers, any),
            Self::Stake(stake) => stake.accept(ctx, any),
        }
    }
}

fn accept_send(ctx: &Ctx, limit: &Coins, receivers: &[String], any: &Any) -> Result<Verdict> {
    let send = MsgSend::decode(any.value.as_slice()).map_err(|e| sdk::TX_DECODE.because(e))?;
    let amount = bank::msg::positive_coins(&send.amount)?;
    let left =
        limit.sub(&amount).map_err(|_| sdk::INSUFFICIENT_FUNDS.because("requested amount is more than spend limit"))?;
    if !receivers.is_empty() && !listed(ctx, receivers, &send.to_address, "send authorization")? {
        return Err(sdk::UNAUTHORIZED.because(format!("cannot send to {} address", send.to_address)));
    }
    if left.is_empty() {
        return Ok(Verdict::UsedUp);
    }
    Ok(Verdict::Lowered(Authorization::Send { limit: left, receivers: receivers.to_vec() }))
}

/// Whether `wanted` is in the list; every entry that is looked at costs gas.
fn listed(ctx: &Ctx, list: &[String], wanted: &str, what: &str) -> Result<bool> {
    for entry in list {
        ctx.gas().charge(GAS_PER_ENTRY, what)?;
        if entry == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Stake {
    fn url(&self) -> &'static str {
        match self.kind {
            AuthorizationType::Delegate => DELEGATE,
            AuthorizationType::Undelegate => UNDELEGATE,
            AuthorizationType::Redelegate => REDELEGATE,
            AuthorizationType::CancelUnbondingDelegation => CANCEL,
            AuthorizationType::Unspecified => "",
        }
    }

    fn accept(&self, ctx: &Ctx, any: &Any) -> Result<Verdict> {
        let (validator, amount) = target(any)?;
        let what = "stake authorization";
        let allowed = match &self.validators {
            Some(ValidatorsOneOf::AllowList(list)) => {
                list.address.is_empty() || listed(ctx, &list.address, &validator, what)?
            }
            Some(ValidatorsOneOf::DenyList(list)) => !listed(ctx, &list.address, &validator, what)?,
            None => true,
        };
        if !allowed {
            let text = format!("cannot delegate/undelegate to {validator} validator");
            return Err(sdk::UNAUTHORIZED.because(text));
        }
        let Some(limit) = &self.limit else { return Ok(Verdict::Unchanged) };
        let amount = parse_coin(&amount, "amount")?;
        if amount.denom != limit.denom {
            return Err(Error::plain(format!("invalid coin denoms: {}, {}", limit.denom, amount.denom)));
        }
        let left = Coin::new(limit.denom.clone(), limit.amount.sub(amount.amount)?);
        if left.is_negative() {
            return Err(Error::plain(format!("negative coin amount: {left}")));
        }
        if left.is_zero() {
            return Ok(Verdict::UsedUp);
        }
        Ok(Verdict::Lowered(Authorization::Stake(Self { limit: Some(left), ..self.clone() })))
    }
}

/// Validator and amount of a stake message; of a redelegation, where it goes.
fn target(any: &Any) -> Result<(String, WireCoin)> {
    fn decode<M: prost::Message + Default>(any: &Any) -> Result<M> {
        M::decode(any.value.as_slice()).map_err(|e| sdk::TX_DECODE.because(e))
    }
    let (validator, amount) = match any.type_url.as_str() {
        DELEGATE => decode::<staking::MsgDelegate>(any).map(|m| (m.validator_address, m.amount))?,
        UNDELEGATE => decode::<staking::MsgUndelegate>(any).map(|m| (m.validator_address, m.amount))?,
        REDELEGATE => decode::<staking::MsgBeginRedelegate>(any).map(|m| (m.validator_dst_address, m.amount))?,
        CANCEL => decode::<staking::MsgCancelUnbondingDelegation>(any).map(|m| (m.validator_address, m.amount))?,
        _ => return Err(sdk::INVALID_REQUEST.because("unknown msg type")),
    };
    Ok((validator, amount.unwrap_or_default()))
}

fn send_from_wire(send: SendAuthorization) -> Result<Authorization> {
    if send.spend_limit.is_empty() {
        return Err(sdk::INVALID_COINS.because("spend limit cannot be nil"));
    }
    let limit = Coins::from_wire_strict(send.spend_limit.iter().map(|c| (&c.denom, &c.amount)))
        .map_err(|_| sdk::INVALID_COINS.because("spend limit must be positive"))?;
    let distinct: BTreeSet<_> = send.allow_list.iter().collect();
    if distinct.len() != send.allow_list.len() {
        return Err(bank::error::DUPLICATE_ENTRY.refuse());
    }
    Ok(Authorization::Send { limit, receivers: send.allow_list })
}

fn stake_from_wire(stake: staking::StakeAuthorization) -> Result<Authorization> {
    let limit = stake.max_tokens.as_ref().map(|c| parse_coin(c, "max_tokens")).transpose()?;
    if let Some(limit) = limit.as_ref().filter(|l| l.is_negative()) {
        return Err(NEGATIVE_MAX_TOKENS.because(format!("negative coin amount: {limit}")));
    }
    let kind = AuthorizationType::try_from(stake.authorization_type).unwrap_or(AuthorizationType::Unspecified);
    if kind == AuthorizationType::Unspecified {
        return Err(UNKNOWN_AUTHORIZATION.refuse());
    }
    Ok(Authorization::Stake(Stake { kind, limit, validators: stake.validators }))
}

fn pack<M: prost::Message + Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

fn unpack<M: prost::Message + Name + Default>(any: &Any) -> Option<M> {
    if any.type_url.strip_prefix('/') != Some(M::full_name().as_str()) {
        return None;
    }
    M::decode(any.value.as_slice()).ok()
}
