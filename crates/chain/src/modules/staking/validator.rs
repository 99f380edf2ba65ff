//! A validator: its record, and the exchange of tokens and shares.
//!
//! `tokens` belong to the holders of `delegator_shares` in proportion. The first delegation buys shares at one to one; a slash takes
//! tokens and leaves shares.

use std::sync::Arc;

use entente_kernel::crypto::sha256_truncated;
use entente_kernel::num::{Dec, Int};
use entente_kernel::state::Form;
use entente_kernel::{Bech32, ConsAddress, Error, Result, Timestamp, ValAddress, Wire};
use entente_proto::cosmos::crypto::ed25519::PubKey as WirePubKey;
use entente_proto::cosmos::staking::v1beta1 as wire;
use prost::Message as _;
use prost_types::Any;

use super::error;
use crate::wire as convert;

/// Tokens per unit of consensus power.
pub const POWER_REDUCTION: u64 = 1_000_000;

/// Type URL of the keys that validators sign blocks with.
pub const ED25519_URL: &str = "/cosmos.crypto.ed25519.PubKey";

/// Whether a validator takes part in consensus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BondStatus {
    Unbonded,
    /// It left the active set and can still be slashed.
    Unbonding,
    Bonded,
}

impl BondStatus {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unbonded => "BOND_STATUS_UNBONDED",
            Self::Unbonding => "BOND_STATUS_UNBONDING",
            Self::Bonded => "BOND_STATUS_BONDED",
        }
    }

    pub(super) const fn number(self) -> i32 {
        match self {
            Self::Unbonded => 1,
            Self::Unbonding => 2,
            Self::Bonded => 3,
        }
    }

    pub(super) const fn from_number(n: i32) -> Option<Self> {
        match n {
            1 => Some(Self::Unbonded),
            2 => Some(Self::Unbonding),
            3 => Some(Self::Bonded),
            _ => None,
        }
    }
}

/// Whether a validator must sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub status: BondStatus,
    pub jailed: bool,
}

/// What an operator keeps of its delegators' rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commission {
    pub rate: Dec,
    pub max_rate: Dec,
    /// How much `rate` may grow at once.
    pub max_change_rate: Dec,
    pub update_time: Timestamp,
}

/// A validator.
#[derive(Debug, Clone, PartialEq)]
pub struct Validator {
    pub operator: ValAddress,
    /// ed25519.
    pub cons_pubkey: [u8; 32],
    pub jailed: bool,
    pub status: BondStatus,
    pub tokens: Int,
    pub delegator_shares: Dec,
    pub description: Arc<wire::Description>,
    /// Height and time of the last or running unbonding of the validator itself.
    pub unbonding_height: i64,
    pub unbonding_time: Timestamp,
    pub commission: Commission,
    pub min_self_delegation: Int,
    pub unbonding_on_hold: i64,
    pub unbonding_ids: Vec<u64>,
}

impl Validator {
    /// A validator without stake.
    pub fn new(operator: ValAddress, cons_pubkey: [u8; 32], description: wire::Description) -> Self {
        let epoch = Timestamp::from_secs(0);
        let none = Dec::ZERO;
        Self {
            operator,
            cons_pubkey,
            jailed: false,
            status: BondStatus::Unbonded,
            tokens: Int::ZERO,
            delegator_shares: Dec::ZERO,
            description: description.into(),
            unbonding_height: 0,
            unbonding_time: epoch,
            commission: Commission { rate: none, max_rate: none, max_change_rate: none, update_time: epoch },
            min_self_delegation: Int::ONE,
            unbonding_on_hold: 0,
            unbonding_ids: Vec::new(),
        }
    }

    pub fn is_bonded(&self) -> bool {
        self.status == BondStatus::Bonded
    }

    pub fn is_unbonding(&self) -> bool {
        self.status == BondStatus::Unbonding
    }

    pub fn is_unbonded(&self) -> bool {
        self.status == BondStatus::Unbonded
    }

    pub fn cons_address(&self) -> ConsAddress {
        ConsAddress::from_array(sha256_truncated(&self.cons_pubkey))
    }

    /// All tokens were slashed while shares remain: shares have no price.
    pub fn rate_is_invalid(&self) -> bool {
        self.tokens.is_zero() && self.delegator_shares.is_positive()
    }

    /// Value of shares in tokens, to the nearest.
    pub fn tokens_from_shares(&self, shares: Dec) -> Result<Dec> {
        Ok(shares.mul_int(self.tokens)?.quo(self.delegator_shares)?)
    }

    /// Value of shares in tokens, rounded down: the validator gains.
    pub fn tokens_from_shares_truncated(&self, shares: Dec) -> Result<Dec> {
        Ok(shares.mul_int(self.tokens)?.quo_truncate(self.delegator_shares)?)
    }

    /// Value of shares in tokens, rounded up: the holder gains.
    pub fn tokens_from_shares_round_up(&self, shares: Dec) -> Result<Dec> {
        Ok(shares.mul_int(self.tokens)?.quo_round_up(self.delegator_shares)?)
    }

    /// Shares that tokens buy, rounded down.
    ///
    /// # Errors
    /// `staking` 22 if the validator has no tokens.
    pub fn shares_from_tokens(&self, tokens: Int) -> Result<Dec> {
        if self.tokens.is_zero() {
            return Err(error::INSUFFICIENT_SHARES.refuse());
        }
        Ok(self.delegator_shares.mul_int(tokens)?.quo_int(self.tokens)?)
    }

    /// As [`Self::shares_from_tokens`], divided as decimals and cut.
    ///
    /// # Errors
    /// `staking` 22 if the validator has no tokens.
    pub fn shares_from_tokens_truncated(&self, tokens: Int) -> Result<Dec> {
        if self.tokens.is_zero() {
            return Err(error::INSUFFICIENT_SHARES.refuse());
        }
        Ok(self.delegator_shares.mul_int(tokens)?.quo_truncate(Dec::from_int(self.tokens))?)
    }

    /// Tokens that count for the active set: none unless bonded.
    pub fn bonded_tokens(&self) -> Int {
        if self.is_bonded() { self.tokens } else { Int::ZERO }
    }

    /// Consensus power; none unless bonded.
    pub fn power(&self) -> Result<i64> {
        if self.is_bonded() { self.potential_power() } else { Ok(0) }
    }

    /// The power it would have if it were bonded.
    pub fn potential_power(&self) -> Result<i64> {
        power_of_tokens(self.tokens)
    }

    /// Adds a delegation's tokens and gives the shares that they buy.
    pub(super) fn add_tokens(&mut self, amount: Int) -> Result<Dec> {
        let issued = if self.delegator_shares.is_zero() {
            Dec::from_int(amount)
        } else {
            self.shares_from_tokens(amount).map_err(Error::panic)?
        };
        self.tokens = self.tokens.add(amount)?;
        self.delegator_shares = self.delegator_shares.add(issued)?;
        Ok(issued)
    }

    /// Takes shares back and gives their tokens, rounded down; the last shares get all that is left.
    pub(super) fn remove_shares(&mut self, shares: Dec) -> Result<Int> {
        let remaining = self.delegator_shares.sub(shares)?;
        let tokens = if remaining.is_zero() { self.tokens } else { self.tokens_from_shares(shares)?.truncate_int()? };
        if tokens > self.tokens {
            return Err(Error::panic("attempting to remove more tokens than available in validator"));
        }
        self.tokens = self.tokens.sub(tokens)?;
        self.delegator_shares = remaining;
        Ok(tokens)
    }

    pub fn pub_key_any(&self) -> Any {
        let key = WirePubKey { key: self.cons_pubkey.to_vec() };
        Any { type_url: ED25519_URL.to_owned(), value: key.encode_to_vec() }
    }

    pub fn to_wire(&self, bech32: &Bech32) -> wire::Validator {
        let c = &self.commission;
        wire::Validator {
            operator_address: bech32.val(&self.operator),
            consensus_pubkey: Some(self.pub_key_any()),
            jailed: self.jailed,
            status: self.status.number(),
            tokens: self.tokens.to_string(),
            delegator_shares: self.delegator_shares.to_scaled_string(),
            description: Some(wire::Description::clone(&self.description)),
            unbonding_height: self.unbonding_height,
            unbonding_time: Some(convert::timestamp(self.unbonding_time)),
            commission: Some(wire::Commission {
                commission_rates: Some(wire::CommissionRates {
                    rate: c.rate.to_scaled_string(),
                    max_rate: c.max_rate.to_scaled_string(),
                    max_change_rate: c.max_change_rate.to_scaled_string(),
                }),
                update_time: Some(convert::timestamp(c.update_time)),
            }),
            min_self_delegation: self.min_self_delegation.to_string(),
            unbonding_on_hold_ref_count: self.unbonding_on_hold,
            unbonding_ids: self.unbonding_ids.clone(),
        }
    }

    /// Reads a record. The operator's address is given, as keys of the state hold it.
    ///
    /// # Errors
    /// A refusal that names the field.
    pub fn from_wire(wire: wire::Validator, operator: ValAddress) -> Result<Self> {
        let status = BondStatus::from_number(wire.status).ok_or_else(|| {
            Error::plain(format!("status: {}; 1 (unbonded), 2 (unbonding) and 3 (bonded) are allowed", wire.status))
        })?;
        let key = wire.consensus_pubkey.unwrap_or_default();
        Ok(Self {
            operator,
            cons_pubkey: ed25519_key(&key).map_err(|e| e.wrap("consensus_pubkey"))?,
            jailed: wire.jailed,
            status,
            tokens: read_int(&wire.tokens, "tokens")?,
            delegator_shares: read_dec(&wire.delegator_shares, "delegator_shares")?,
            description: wire.description.unwrap_or_default().into(),
            unbonding_height: wire.unbonding_height,
            unbonding_time: read_time(wire.unbonding_time, "unbonding_time")?,
            commission: Commission::from_wire(wire.commission.unwrap_or_default())?,
            min_self_delegation: read_int(&wire.min_self_delegation, "min_self_delegation")?,
            unbonding_on_hold: wire.unbonding_on_hold_ref_count,
            unbonding_ids: wire.unbonding_ids,
        })
    }
}

impl Form<Wire<wire::Validator>> for Validator {
    fn record(&self, bech32: &Bech32) -> Wire<wire::Validator> {
        Wire(self.to_wire(bech32))
    }
}

impl Commission {
    fn from_wire(wire: wire::Commission) -> Result<Self> {
        let rates = wire.commission_rates.unwrap_or_default();
        Ok(Self {
            rate: read_dec(&rates.rate, "commission.rate")?,
            max_rate: read_dec(&rates.max_rate, "commission.max_rate")?,
            max_change_rate: read_dec(&rates.max_change_rate, "commission.max_change_rate")?,
            update_time: read_time(wire.update_time, "commission.update_time")?,
        })
    }

    /// Checks the rates against each other.
    ///
    /// # Errors
    /// `staking` 9 to 11, 13, 14.
    pub(super) fn check(&self) -> Result<()> {
        let reason = if self.max_rate.is_negative() {
            error::COMMISSION_NEGATIVE
        } else if self.max_rate > Dec::ONE {
            error::COMMISSION_HUGE
        } else if self.rate.is_negative() {
            error::COMMISSION_NEGATIVE
        } else if self.rate > self.max_rate {
            error::COMMISSION_ABOVE_MAX
        } else if self.max_change_rate.is_negative() {
            error::COMMISSION_CHANGE_NEGATIVE
        } else if self.max_change_rate > self.max_rate {
            error::COMMISSION_CHANGE_ABOVE_MAX
        } else {
            return Ok(());
        };
        Err(reason.refuse())
    }

    /// Checks a new rate at block time `now`.
    ///
    /// # Errors
    /// `staking` 9, 11, 12, 15.
    pub(super) fn check_new_rate(&self, new: Dec, now: Timestamp) -> Result<()> {
        const DAY_NANOS: i64 = 86_400_000_000_000;
        let reason = if now.since(self.update_time).0 < DAY_NANOS {
            error::COMMISSION_UPDATE_TIME
        } else if new.is_negative() {
            error::COMMISSION_NEGATIVE
        } else if new > self.max_rate {
            error::COMMISSION_ABOVE_MAX
        } else if new.sub(self.rate)? > self.max_change_rate {
            error::COMMISSION_ABOVE_MAX_CHANGE
        } else {
            return Ok(());
        };
        Err(reason.refuse())
    }
}

/// Whole units of power in `tokens`.
///
/// # Errors
/// The SDK's panic if the power does not fit 63 bits.
pub fn power_of_tokens(tokens: Int) -> Result<i64> {
    let power = tokens.quo(Int::from_u64(POWER_REDUCTION))?;
    power.to_i64().ok_or_else(|| Error::panic("Int64() out of bound"))
}

/// The tokens that make `power`.
pub fn tokens_of_power(power: i64) -> Result<Int> {
    Ok(Int::from(power).mul(Int::from_u64(POWER_REDUCTION))?)
}

/// The ed25519 key in an `Any`.
pub(super) fn ed25519_key(any: &Any) -> Result<[u8; 32]> {
    if any.type_url != ED25519_URL {
        return Err(Error::plain(format!("type {:?}; {ED25519_URL:?} is allowed", any.type_url)));
    }
    let key = WirePubKey::decode(any.value.as_slice()).map_err(|e| Error::plain(e.to_string()))?.key;
    let wrong = || Error::plain(format!("an ed25519 key of {} bytes; 32 are allowed", key.len()));
    <[u8; 32]>::try_from(key.as_slice()).map_err(|_| wrong())
}

pub(super) fn read_int(text: &str, field: &str) -> Result<Int> {
    text.parse().map_err(|e| Error::plain(format!("{field}: {e}")))
}

pub(super) fn read_dec(text: &str, field: &str) -> Result<Dec> {
    convert::parse_dec(text, field)?.ok_or_else(|| Error::plain(format!("{field}: missing")))
}

pub(super) fn read_time(wire: Option<prost_types::Timestamp>, field: &str) -> Result<Timestamp> {
    convert::parse_timestamp(&wire.ok_or_else(|| Error::plain(format!("{field}: missing")))?, field)
}
