//! Accounts as protobuf messages, for genesis and queries.

use entente_kernel::error::sdk;
use entente_kernel::{Bech32, Error, Result};
use entente_proto::cosmos::auth::v1beta1::{BaseAccount, ModuleAccount as WireModule};
use entente_proto::cosmos::vesting::v1beta1 as wire;
use prost::{Message as _, Name};
use prost_types::Any;

use super::math;
use super::state::{Account, Kind, Period, Schedule, Vesting};
use crate::wire::{coins, parse_coins};

/// The account as an `Any` of its own type.
pub fn to_any(account: &Account, bech32: &Bech32) -> Any {
    let base = base_to_wire(account, bech32);
    match &account.kind {
        Kind::Base => pack(&base),
        Kind::Module { name, permissions } => {
            pack(&WireModule { base_account: Some(base), name: name.clone(), permissions: permissions.clone() })
        }
        Kind::Vesting(vesting) => vesting_to_any(vesting, base),
    }
}

/// What all kinds have in common.
pub fn base_to_wire(account: &Account, bech32: &Bech32) -> BaseAccount {
    BaseAccount {
        address: bech32.acc(&account.address),
        pub_key: account.pub_key.as_deref().and_then(|bytes| Any::decode(bytes).ok()),
        account_number: account.number,
        sequence: account.sequence,
    }
}

fn vesting_to_any(vesting: &Vesting, base: BaseAccount) -> Any {
    let base_vesting_account = Some(wire::BaseVestingAccount {
        base_account: Some(base),
        original_vesting: coins(&vesting.original),
        delegated_free: coins(&vesting.delegated_free),
        delegated_vesting: coins(&vesting.delegated_vesting),
        end_time: vesting.end,
    });
    match &vesting.schedule {
        Schedule::Continuous { start } => {
            pack(&wire::ContinuousVestingAccount { base_vesting_account, start_time: *start })
        }
        Schedule::Delayed => pack(&wire::DelayedVestingAccount { base_vesting_account }),
        Schedule::PermanentLocked => pack(&wire::PermanentLockedAccount { base_vesting_account }),
        Schedule::Periodic { start, periods } => {
            let period = |p: &Period| wire::Period { length: p.length_secs, amount: coins(&p.amount) };
            let vesting_periods = periods.iter().map(period).collect();
            pack(&wire::PeriodicVestingAccount { base_vesting_account, start_time: *start, vesting_periods })
        }
    }
}

/// An account of a genesis.
///
/// # Errors
/// A refusal that says what is wrong; unknown account types are named.
pub fn from_any(any: &Any, bech32: &Bech32) -> Result<Account> {
    if let Some(base) = unpack::<BaseAccount>(any)? {
        return base_from_wire(Some(base), Kind::Base, bech32);
    }
    if let Some(module) = unpack::<WireModule>(any)? {
        let kind = Kind::Module { name: module.name, permissions: module.permissions };
        return base_from_wire(module.base_account, kind, bech32);
    }
    if let Some(account) = unpack::<wire::ContinuousVestingAccount>(any)? {
        let schedule = Schedule::Continuous { start: account.start_time };
        return vesting_from_wire(account.base_vesting_account, schedule, bech32);
    }
    if let Some(account) = unpack::<wire::DelayedVestingAccount>(any)? {
        return vesting_from_wire(account.base_vesting_account, Schedule::Delayed, bech32);
    }
    if let Some(account) = unpack::<wire::PermanentLockedAccount>(any)? {
        return vesting_from_wire(account.base_vesting_account, Schedule::PermanentLocked, bech32);
    }
    if let Some(account) = unpack::<wire::PeriodicVestingAccount>(any)? {
        let periods = account.vesting_periods.iter().map(period_from_wire).collect::<Result<_>>()?;
        let schedule = Schedule::Periodic { start: account.start_time, periods };
        return vesting_from_wire(account.base_vesting_account, schedule, bech32);
    }
    Err(sdk::INVALID_TYPE.because(format!("no kind of account: {:?}", any.type_url)))
}

fn period_from_wire(period: &wire::Period) -> Result<Period> {
    Ok(Period { length_secs: period.length, amount: parse_coins(&period.amount, "period")? })
}

fn vesting_from_wire(wire: Option<wire::BaseVestingAccount>, schedule: Schedule, bech32: &Bech32) -> Result<Account> {
    let wire = wire.ok_or_else(|| Error::plain("base_vesting_account is missing"))?;
    let vesting = Vesting {
        original: parse_coins(&wire.original_vesting, "original_vesting")?,
        delegated_free: parse_coins(&wire.delegated_free, "delegated_free")?,
        delegated_vesting: parse_coins(&wire.delegated_vesting, "delegated_vesting")?,
        end: wire.end_time,
        schedule,
    };
    math::check(&vesting).map_err(Error::plain)?;
    base_from_wire(wire.base_account, Kind::Vesting(vesting), bech32)
}

fn base_from_wire(base: Option<BaseAccount>, kind: Kind, bech32: &Bech32) -> Result<Account> {
    let base = base.ok_or_else(|| Error::plain("base_account is missing"))?;
    Ok(Account {
        address: bech32.parse_acc(&base.address)?,
        pub_key: base.pub_key.map(|key| key.encode_to_vec()),
        number: base.account_number,
        sequence: base.sequence,
        kind,
    })
}

fn pack<M: prost::Message + Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

fn unpack<M: prost::Message + Name + Default>(any: &Any) -> Result<Option<M>> {
    if any.type_url.strip_prefix('/') != Some(M::full_name().as_str()) {
        return Ok(None);
    }
    M::decode(any.value.as_slice()).map(Some).map_err(|e| Error::plain(format!("{}: {e}", any.type_url)))
}
