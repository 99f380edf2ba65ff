//! Messages of alliance: wire → checked. The checks that need no state, in upstream's order.

use entente_kernel::error::sdk;
use entente_kernel::num::{Dec, Denom, Int};
use entente_kernel::{AccAddress, Bech32, Error, Result, Span, ValAddress};
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;

use super::error::invalid;
use super::params::{Params, not_positive};
use crate::message::Message;
use crate::wire as convert;

/// Stakes coins of an asset with a validator.
#[derive(Debug, Clone)]
pub struct Delegate {
    pub delegator: AccAddress,
    pub validator: ValAddress,
    pub denom: String,
    pub amount: Int,
}

/// Moves staked coins to another validator.
#[derive(Debug, Clone)]
pub struct Redelegate {
    pub delegator: AccAddress,
    pub source: ValAddress,
    pub destination: ValAddress,
    pub denom: String,
    pub amount: Int,
}

/// Takes staked coins back, after the unbonding time.
#[derive(Debug, Clone)]
pub struct Undelegate {
    pub delegator: AccAddress,
    pub validator: ValAddress,
    pub denom: String,
    pub amount: Int,
}

/// Pays the rewards of one delegation.
#[derive(Debug, Clone)]
pub struct ClaimDelegationRewards {
    pub delegator: AccAddress,
    pub validator: ValAddress,
    pub denom: String,
}

/// Replaces the parameters.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: Params,
}

/// Admits a coin.
#[derive(Debug, Clone)]
pub struct CreateAlliance {
    pub authority: String,
    pub denom: Denom,
    pub terms: Terms,
}

/// Changes the terms of an admitted coin.
#[derive(Debug, Clone)]
pub struct UpdateAlliance {
    pub authority: String,
    pub denom: String,
    pub terms: Terms,
}

/// Removes a coin, or begins to dissolve its stake.
#[derive(Debug, Clone)]
pub struct DeleteAlliance {
    pub authority: String,
    pub denom: String,
}

/// What governance decides about an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub reward_weight: Dec,
    pub weight_min: Dec,
    pub weight_max: Dec,
    pub take_rate: Dec,
    pub change_rate: Dec,
    pub change_interval: Span,
}

/// The wording that differs between messages and contents.
pub struct Texts {
    pub take_rate: &'static str,
    pub interval: &'static str,
}

pub const CREATE_TEXTS: Texts = Texts {
    take_rate: "Alliance takeRate must be 0 or greater but strictly less than 1",
    interval: "Alliance rewardChangeInterval must be zero or a positive number",
};
pub const UPDATE_TEXTS: Texts = Texts {
    take_rate: "Alliance takeRate must be more or equals to 0 but strictly less than 1",
    interval: "Alliance rewardChangeInterval must be strictly a positive number",
};

const WEIGHT: &str = "Alliance rewardWeight must be zero or a positive number";
const RANGE: &str = "Alliance rewardWeight min and max must be zero or a positive number";
const RANGE_ORDER: &str = "Alliance rewardWeight min must be less or equal to rewardWeight max";
const OUT_OF_RANGE: &str = "Alliance rewardWeight must be bounded in RewardWeightRange";
const CHANGE_RATE: &str = "Alliance rewardChangeRate must be strictly a positive number";
pub const NO_DENOM: &str = "Alliance denom must have a value";

/// Terms as they stand on the wire; absent numbers are `None`.
pub struct WireTerms {
    weight: Option<Dec>,
    min: Option<Dec>,
    max: Option<Dec>,
    take_rate: Option<Dec>,
    change_rate: Option<Dec>,
    change_interval: Span,
}

impl WireTerms {
    pub fn read(
        weight: &str,
        take_rate: &str,
        change_rate: &str,
        interval: Option<&prost_types::Duration>,
        range: Option<&wire::RewardWeightRange>,
    ) -> Result<Self> {
        let dec = |text: &str, field: &str| {
            Dec::from_scaled_field(text).map_err(|e| sdk::TX_DECODE.because(format!("{field}: {e}")))
        };
        let bound = |pick: fn(&wire::RewardWeightRange) -> &str, field| range.map_or(Ok(None), |r| dec(pick(r), field));
        Ok(Self {
            weight: dec(weight, "reward_weight")?,
            min: bound(|r| &r.min, "reward_weight_range.min")?,
            max: bound(|r| &r.max, "reward_weight_range.max")?,
            take_rate: dec(take_rate, "take_rate")?,
            change_rate: dec(change_rate, "reward_change_rate")?,
            change_interval: interval.map_or(Ok(Span::ZERO), |i| convert::parse_span(i, "reward_change_interval"))?,
        })
    }

    fn weight(&self) -> Result<Dec> {
        at_least_zero(self.weight, WEIGHT)
    }

    fn range(&self) -> Result<(Dec, Dec)> {
        Ok((at_least_zero(self.min, RANGE)?, at_least_zero(self.max, RANGE)?))
    }

    fn take_rate(&self, texts: &Texts) -> Result<Dec> {
        self.take_rate.filter(|t| !t.is_negative() && *t < Dec::ONE).ok_or_else(|| invalid(texts.take_rate))
    }

    fn change(&self, texts: &Texts) -> Result<(Dec, Span)> {
        let rate = self.change_rate.ok_or_else(unset)?;
        if !rate.is_positive() {
            return Err(invalid(CHANGE_RATE));
        }
        if self.change_interval.is_negative() {
            return Err(invalid(texts.interval));
        }
        Ok((rate, self.change_interval))
    }

    fn in_range(weight: Dec, (min, max): (Dec, Dec)) -> Result<()> {
        if min > max {
            return Err(invalid(RANGE_ORDER));
        }
        if weight < min || weight > max { Err(invalid(OUT_OF_RANGE)) } else { Ok(()) }
    }

    /// The checks of a creation.
    pub fn for_creation(&self, texts: &Texts) -> Result<Terms> {
        let (reward_weight, range) = (self.weight()?, self.range()?);
        Self::in_range(reward_weight, range)?;
        let take_rate = self.take_rate(texts)?;
        let (change_rate, change_interval) = self.change(texts)?;
        Ok(Terms { reward_weight, weight_min: range.0, weight_max: range.1, take_rate, change_rate, change_interval })
    }

    /// The checks of an update: whether the weight is in the range is seen later, against the stored asset's existence.
    pub fn for_update(&self) -> Result<Terms> {
        let (reward_weight, take_rate) = (self.weight()?, self.take_rate(&UPDATE_TEXTS)?);
        let (change_rate, change_interval) = self.change(&UPDATE_TEXTS)?;
        let (weight_min, weight_max) = (self.min.ok_or_else(unset)?, self.max.ok_or_else(unset)?);
        Ok(Terms { reward_weight, weight_min, weight_max, take_rate, change_rate, change_interval })
    }

    /// The checks of an update by legacy content.
    pub fn for_update_content(&self) -> Result<Terms> {
        let reward_weight = self.weight()?;
        let take_rate = self.take_rate(&UPDATE_TEXTS)?;
        let (change_rate, change_interval) = self.change(&UPDATE_TEXTS)?;
        let range = self.range()?;
        Self::in_range(reward_weight, range)?;
        Ok(Terms { reward_weight, weight_min: range.0, weight_max: range.1, take_rate, change_rate, change_interval })
    }
}

fn at_least_zero(number: Option<Dec>, text: &str) -> Result<Dec> {
    number.filter(|n| !n.is_negative()).ok_or_else(|| invalid(text))
}

/// Upstream panics on a number that is not set.
fn unset() -> Error {
    Error::panic("runtime error: invalid memory address or nil pointer dereference")
}

/// Denom and amount of a message.
fn coin(wire: Option<WireCoin>, not_positive: &str) -> Result<(String, Int)> {
    let WireCoin { denom, amount } = wire.unwrap_or_default();
    if amount.is_empty() {
        return Err(unset());
    }
    let amount: Int = amount.parse().map_err(|e| sdk::TX_DECODE.because(format!("amount: {e}")))?;
    if amount.is_positive() { Ok((denom, amount)) } else { Err(invalid(not_positive)) }
}

/// Upstream passes on the bare error of an address, without a code.
fn raw<T>(parsed: Result<T>) -> Result<T> {
    parsed.map_err(|e| match e {
        Error::Refusal(refusal) => {
            let suffix = format!(": {}", sdk::INVALID_ADDRESS.text);
            Error::plain(refusal.log.strip_suffix(&suffix).unwrap_or(&refusal.log))
        }
        fault => fault,
    })
}

fn authority(text: String, bech32: &Bech32) -> Result<String> {
    raw(bech32.parse_acc(&text)).map_err(|e| e.wrap("invalid authority address"))?;
    Ok(text)
}

fn named(denom: String) -> Result<String> {
    if denom.is_empty() { Err(invalid(NO_DENOM)) } else { Ok(denom) }
}

impl Message for Delegate {
    type Wire = wire::MsgDelegate;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (denom, amount) = coin(wire.amount, "Alliance delegation amount must be more than zero")?;
        let delegator = raw(bech32.parse_acc(&wire.delegator_address))?;
        Ok(Self { delegator, validator: raw(bech32.parse_val(&wire.validator_address))?, denom, amount })
    }
}

impl Message for Redelegate {
    type Wire = wire::MsgRedelegate;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (denom, amount) = coin(wire.amount, "Alliance redelegation amount must be more than zero")?;
        let delegator = raw(bech32.parse_acc(&wire.delegator_address))?;
        let source = raw(bech32.parse_val(&wire.validator_src_address))?;
        Ok(Self { delegator, source, destination: raw(bech32.parse_val(&wire.validator_dst_address))?, denom, amount })
    }
}

impl Message for Undelegate {
    type Wire = wire::MsgUndelegate;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (denom, amount) = coin(wire.amount, "Alliance undelegate amount must be more than zero")?;
        let delegator = raw(bech32.parse_acc(&wire.delegator_address))?;
        Ok(Self { delegator, validator: raw(bech32.parse_val(&wire.validator_address))?, denom, amount })
    }
}

impl Message for ClaimDelegationRewards {
    type Wire = wire::MsgClaimDelegationRewards;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let denom = named(wire.denom)?;
        let delegator = raw(bech32.parse_acc(&wire.delegator_address))?;
        Ok(Self { delegator, validator: raw(bech32.parse_val(&wire.validator_address))?, denom })
    }
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let authority = authority(wire.authority, bech32)?;
        let params = Params::from_wire(&wire.params.unwrap_or_default())?;
        if params.reward_delay.is_negative() {
            return Err(not_positive(params.reward_delay));
        }
        Ok(Self { authority, params })
    }
}

impl Message for CreateAlliance {
    type Wire = wire::MsgCreateAlliance;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let authority = authority(wire.authority, bech32)?;
        let denom = named(wire.denom)?;
        let denom = Denom::new(&denom).map_err(|e| Error::plain(e.to_string()).wrap("invalid denom"))?;
        let terms = WireTerms::read(
            &wire.reward_weight,
            &wire.take_rate,
            &wire.reward_change_rate,
            wire.reward_change_interval.as_ref(),
            wire.reward_weight_range.as_ref(),
        )?;
        Ok(Self { authority, denom, terms: terms.for_creation(&CREATE_TEXTS)? })
    }
}

impl Message for UpdateAlliance {
    type Wire = wire::MsgUpdateAlliance;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let authority = authority(wire.authority, bech32)?;
        let denom = named(wire.denom)?;
        let terms = WireTerms::read(
            &wire.reward_weight,
            &wire.take_rate,
            &wire.reward_change_rate,
            wire.reward_change_interval.as_ref(),
            wire.reward_weight_range.as_ref(),
        )?;
        Ok(Self { authority, denom, terms: terms.for_update()? })
    }
}

impl Message for DeleteAlliance {
    type Wire = wire::MsgDeleteAlliance;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: authority(wire.authority, bech32)?, denom: named(wire.denom)? })
    }
}
