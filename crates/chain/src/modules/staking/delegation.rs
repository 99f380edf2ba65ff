//! The records of delegators: delegations, unbondings, redelegations.

use entente_kernel::num::{Dec, Int};
use entente_kernel::state::Form;
use entente_kernel::{AccAddress, Bech32, Ctx, Error, Result, Timestamp, ValAddress, View, Wire};
use entente_proto::cosmos::staking::v1beta1 as wire;

use super::state;
use super::validator::{read_dec, read_int, read_time};
use crate::wire as convert;

/// Shares of a validator that a delegator holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delegation {
    pub delegator: AccAddress,
    pub validator: ValAddress,
    pub shares: Dec,
}

/// Stake that a delegator took from a validator and that is paid out later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbonding {
    pub delegator: AccAddress,
    pub validator: ValAddress,
    /// In the order in which they began.
    pub entries: Vec<UnbondingEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnbondingEntry {
    pub creation_height: i64,
    pub completion_time: Timestamp,
    pub initial_balance: Int,
    /// What is left after slashes.
    pub balance: Int,
    pub id: u64,
    /// How many modules hold the entry back.
    pub on_hold: i64,
}

/// Stake that moved between validators and still answers for the faults of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redelegation {
    pub delegator: AccAddress,
    pub source: ValAddress,
    pub target: ValAddress,
    /// In the order in which they began.
    pub entries: Vec<RedelegationEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedelegationEntry {
    pub creation_height: i64,
    pub completion_time: Timestamp,
    pub initial_balance: Int,
    /// The shares that it bought at the target.
    pub shares_dst: Dec,
    pub id: u64,
    /// How many modules hold the entry back.
    pub on_hold: i64,
}

impl UnbondingEntry {
    /// Is it due at `now`? An entry that completes exactly now is.
    pub fn is_mature(&self, now: Timestamp) -> bool {
        self.completion_time <= now
    }

    pub(super) fn may_complete(&self, now: Timestamp) -> bool {
        self.is_mature(now) && self.on_hold <= 0
    }
}

impl RedelegationEntry {
    /// Is it due at `now`? An entry that completes exactly now is.
    pub fn is_mature(&self, now: Timestamp) -> bool {
        self.completion_time <= now
    }

    pub(super) fn may_complete(&self, now: Timestamp) -> bool {
        self.is_mature(now) && self.on_hold <= 0
    }
}

impl Delegation {
    pub fn to_wire(&self, bech32: &Bech32) -> wire::Delegation {
        wire::Delegation {
            delegator_address: bech32.acc(&self.delegator),
            validator_address: bech32.val(&self.validator),
            shares: self.shares.to_scaled_string(),
        }
    }

    /// # Errors
    /// A refusal that names the field.
    pub fn from_wire(wire: &wire::Delegation, (delegator, validator): (AccAddress, ValAddress)) -> Result<Self> {
        Ok(Self { delegator, validator, shares: read_dec(&wire.shares, "shares")? })
    }
}

impl Form<Wire<wire::Delegation>> for Delegation {
    fn record(&self, bech32: &Bech32) -> Wire<wire::Delegation> {
        Wire(self.to_wire(bech32))
    }
}

impl Unbonding {
    pub fn to_wire(&self, bech32: &Bech32) -> wire::UnbondingDelegation {
        let entry = |e: &UnbondingEntry| wire::UnbondingDelegationEntry {
            creation_height: e.creation_height,
            completion_time: Some(convert::timestamp(e.completion_time)),
            initial_balance: e.initial_balance.to_string(),
            balance: e.balance.to_string(),
            unbonding_id: e.id,
            unbonding_on_hold_ref_count: e.on_hold,
        };
        wire::UnbondingDelegation {
            delegator_address: bech32.acc(&self.delegator),
            validator_address: bech32.val(&self.validator),
            entries: self.entries.iter().map(entry).collect(),
        }
    }

    /// # Errors
    /// A refusal that names the field.
    pub fn from_wire(
        wire: wire::UnbondingDelegation,
        (delegator, validator): (AccAddress, ValAddress),
    ) -> Result<Self> {
        let entry = |e: wire::UnbondingDelegationEntry| {
            Ok(UnbondingEntry {
                creation_height: e.creation_height,
                completion_time: read_time(e.completion_time, "completion_time")?,
                initial_balance: read_int(&e.initial_balance, "initial_balance")?,
                balance: read_int(&e.balance, "balance")?,
                id: e.unbonding_id,
                on_hold: e.unbonding_on_hold_ref_count,
            })
        };
        let entries = entries(wire.entries, entry)?;
        Ok(Self { delegator, validator, entries })
    }
}

impl Redelegation {
    pub fn to_wire(&self, bech32: &Bech32) -> wire::Redelegation {
        wire::Redelegation {
            delegator_address: bech32.acc(&self.delegator),
            validator_src_address: bech32.val(&self.source),
            validator_dst_address: bech32.val(&self.target),
            entries: self.entries.iter().copied().map(RedelegationEntry::to_wire).collect(),
        }
    }

    /// # Errors
    /// A refusal that names the field.
    pub fn from_wire(
        wire: wire::Redelegation,
        (delegator, source, target): (AccAddress, ValAddress, ValAddress),
    ) -> Result<Self> {
        let entry = |e: wire::RedelegationEntry| {
            Ok(RedelegationEntry {
                creation_height: e.creation_height,
                completion_time: read_time(e.completion_time, "completion_time")?,
                initial_balance: read_int(&e.initial_balance, "initial_balance")?,
                shares_dst: read_dec(&e.shares_dst, "shares_dst")?,
                id: e.unbonding_id,
                on_hold: e.unbonding_on_hold_ref_count,
            })
        };
        let entries = entries(wire.entries, entry)?;
        Ok(Self { delegator, source, target, entries })
    }
}

impl RedelegationEntry {
    pub(super) fn to_wire(self) -> wire::RedelegationEntry {
        wire::RedelegationEntry {
            creation_height: self.creation_height,
            completion_time: Some(convert::timestamp(self.completion_time)),
            initial_balance: self.initial_balance.to_string(),
            shares_dst: self.shares_dst.to_scaled_string(),
            unbonding_id: self.id,
            unbonding_on_hold_ref_count: self.on_hold,
        }
    }
}

fn entries<W, E>(wire: Vec<W>, read: impl Fn(W) -> Result<E>) -> Result<Vec<E>> {
    let one = |(i, w)| read(w).map_err(|e| e.wrap(format!("entries[{i}]")));
    wire.into_iter().enumerate().map(one).collect()
}

/// A record of the state that cannot be read is a fault.
pub(super) fn stored<T>(read: Result<T>) -> Result<T> {
    read.map_err(|e| Error::fault(format!("staking: a stored record: {e}")))
}

pub(super) fn unbonding(view: &View, key: (AccAddress, ValAddress)) -> Result<Option<Unbonding>> {
    let found = state::UNBONDINGS.get(view, &key)?;
    found.map(|Wire(w)| stored(Unbonding::from_wire(w, key))).transpose()
}

pub(super) fn redelegation(view: &View, key: (AccAddress, ValAddress, ValAddress)) -> Result<Option<Redelegation>> {
    let found = state::REDELEGATIONS.get(view, &key)?;
    found.map(|Wire(w)| stored(Redelegation::from_wire(w, key))).transpose()
}

pub(super) fn save_delegation(ctx: &mut Ctx, delegation: &Delegation) -> Result<()> {
    let key = (delegation.delegator, delegation.validator);
    state::DELEGATIONS.set_as(ctx, &key, *delegation)?;
    state::DELEGATORS.set(ctx, &(key.1, state::Bare(key.0)), &())
}

pub(super) fn remove_delegation(ctx: &mut Ctx, delegation: &Delegation) -> Result<()> {
    let key = (delegation.delegator, delegation.validator);
    state::DELEGATIONS.remove(ctx, &key)?;
    state::DELEGATORS.remove(ctx, &(key.1, state::Bare(key.0)))
}

/// Stores an unbonding, or removes it if it has no entries.
pub(super) fn save_unbonding(ctx: &mut Ctx, unbonding: &Unbonding) -> Result<()> {
    let key = (unbonding.delegator, unbonding.validator);
    if unbonding.entries.is_empty() {
        state::UNBONDINGS.remove(ctx, &key)?;
        return state::UNBONDINGS_FROM.remove(ctx, &(key.1, key.0));
    }
    let record = Wire(unbonding.to_wire(ctx.bech32()));
    state::UNBONDINGS.set(ctx, &key, &record)?;
    state::UNBONDINGS_FROM.set(ctx, &(key.1, key.0), &())
}

/// Stores a redelegation, or removes it if it has no entries.
pub(super) fn save_redelegation(ctx: &mut Ctx, redelegation: &Redelegation) -> Result<()> {
    let (delegator, source, target) = (redelegation.delegator, redelegation.source, redelegation.target);
    let key = (delegator, source, target);
    let (from, to) = ((source, delegator, target), (target, delegator, source));
    if redelegation.entries.is_empty() {
        state::REDELEGATIONS.remove(ctx, &key)?;
        state::REDELEGATIONS_FROM.remove(ctx, &from)?;
        return state::REDELEGATIONS_TO.remove(ctx, &to);
    }
    let record = Wire(redelegation.to_wire(ctx.bech32()));
    state::REDELEGATIONS.set(ctx, &key, &record)?;
    state::REDELEGATIONS_FROM.set(ctx, &from, &())?;
    state::REDELEGATIONS_TO.set(ctx, &to, &())
}
