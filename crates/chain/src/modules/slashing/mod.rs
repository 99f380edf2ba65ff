//! Who must sign, and what faults cost: liveness, jail, tombstones.
//!
//! Of the last *window* of blocks a bonded validator must have signed a minimum; one bit per block remembers what it missed (`missed`).
//! One that missed more loses a fraction of its stake and is *jailed* for a while; it may ask to leave jail afterwards. A validator that
//! signed two blocks at one height is slashed harder and *tombstoned*: jailed for ever (`evidence` decides that). Rules, codes, events
//! and the layout of the store are those of Cosmos SDK 0.50.4.
//!
//! Promise: the counter of missed blocks is the number of bits set.

mod block;
pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod invariant;
mod missed;
pub mod msg;
mod params;
pub mod query;
mod state;
#[cfg(test)]
mod tests;

pub use block::begin_block;
pub use params::Params;

use entente_kernel::num::Dec;
use entente_kernel::{ConsAddress, Ctx, Error, Result, Timestamp, ValAddress, View, Wire};
use entente_proto::cosmos::slashing::v1beta1 as wire;

use super::staking::{self, Infraction, Validator};
use crate::wire as convert;

/// What is known of a validator's presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningInfo {
    /// When it was bonded last.
    pub start_height: i64,
    /// Blocks counted since the last punishment; its place in the window follows from it.
    pub index_offset: i64,
    pub jailed_until: Timestamp,
    /// Jailed for ever.
    pub tombstoned: bool,
    /// Blocks of the window that it missed.
    pub missed_blocks: i64,
}

impl SigningInfo {
    fn starting_at(height: i64) -> Self {
        let epoch = Timestamp::from_secs(0);
        Self { start_height: height, index_offset: 0, jailed_until: epoch, tombstoned: false, missed_blocks: 0 }
    }

    fn from_wire(wire: &wire::ValidatorSigningInfo) -> Result<Self> {
        let until = wire.jailed_until.ok_or_else(|| Error::plain("jailed_until: missing"))?;
        Ok(Self {
            start_height: wire.start_height,
            index_offset: wire.index_offset,
            jailed_until: convert::parse_timestamp(&until, "jailed_until")?,
            tombstoned: wire.tombstoned,
            missed_blocks: wire.missed_blocks_counter,
        })
    }
}

pub fn params(view: &View) -> Result<Params> {
    let Wire(params) = state::PARAMS.must(view)?;
    Params::from_wire(&params).map_err(|e| e.must("slashing: the parameters"))
}

pub fn signing_info(view: &View, cons: &ConsAddress) -> Result<Option<SigningInfo>> {
    let found = state::SIGNING_INFOS.get(view, cons)?;
    found.map(|Wire(w)| SigningInfo::from_wire(&w).map_err(|e| e.must("slashing: a signing info"))).transpose()
}

fn save_signing_info(ctx: &mut Ctx, cons: &ConsAddress, info: &SigningInfo) -> Result<()> {
    let record = wire::ValidatorSigningInfo {
        address: ctx.bech32().cons(cons),
        start_height: info.start_height,
        index_offset: info.index_offset,
        jailed_until: Some(convert::timestamp(info.jailed_until)),
        tombstoned: info.tombstoned,
        missed_blocks_counter: info.missed_blocks,
    };
    state::SIGNING_INFOS.set(ctx, cons, &Wire(record))
}

/// Is a validator with this key known? Evidence against others is ignored.
pub fn knows_key(view: &View, cons: &ConsAddress) -> Result<bool> {
    state::PUB_KEYS.has(view, cons)
}

/// Slashes a validator and tells so in an event.
pub fn slash(
    ctx: &mut Ctx,
    cons: &ConsAddress,
    fraction: Dec,
    power: i64,
    fault_height: i64,
    infraction: Infraction,
) -> Result<()> {
    let burnt = staking::slash(ctx, cons, fault_height, power, fraction, infraction)?;
    let reason = match infraction {
        Infraction::Unspecified => "unspecified",
        Infraction::DoubleSign => "double_sign",
        Infraction::Downtime => "missing_signature",
    };
    let event = event::slashed(&ctx.bech32().cons(cons), power, reason, burnt);
    ctx.emit(event);
    Ok(())
}

/// Jails a validator and tells so in an event.
pub fn jail(ctx: &mut Ctx, cons: &ConsAddress) -> Result<()> {
    staking::jail(ctx, cons)?;
    let event = event::jailed(&ctx.bech32().cons(cons));
    ctx.emit(event);
    Ok(())
}

/// Bars a validator from consensus: jailed until `until`, tombstoned.
///
/// # Errors
/// `slashing` 9 if it is tombstoned already.
pub fn tombstone(ctx: &mut Ctx, cons: &ConsAddress, until: Timestamp) -> Result<()> {
    let height = ctx.height();
    let mut info = signing_info(ctx, cons)?.unwrap_or_else(|| SigningInfo::starting_at(height));
    if info.tombstoned {
        let details = "cannot tombstone validator that is already tombstoned";
        return Err(error::VALIDATOR_TOMBSTONED.because(details));
    }
    (info.jailed_until, info.tombstoned) = (until, true);
    save_signing_info(ctx, cons, &info)
}

/// News of staking: a validator exists, its key becomes known.
///
/// # Errors
/// `slashing` 9 if the key signed two blocks at one height before. Upstream takes such a key again after its first validator was
/// removed, and further proofs against it are ignored.
pub fn after_validator_created(ctx: &mut Ctx, operator: &ValAddress) -> Result<()> {
    let validator = staking::must_validator(ctx, operator)?;
    let cons = validator.cons_address();
    if signing_info(ctx, &cons)?.is_some_and(|info| info.tombstoned) {
        return Err(error::VALIDATOR_TOMBSTONED.because(format!("consensus key of {}", ctx.bech32().cons(&cons))));
    }
    add_pub_key(ctx, &validator)
}

/// News of staking: a validator is gone. Its signing info stays: a key that was barred stays barred.
pub fn after_validator_removed(ctx: &mut Ctx, cons: &ConsAddress) -> Result<()> {
    state::PUB_KEYS.remove(ctx, cons)
}

/// News of staking: a validator must sign from now on.
pub fn after_validator_bonded(ctx: &mut Ctx, cons: &ConsAddress) -> Result<()> {
    let height = ctx.height();
    let mut info = signing_info(ctx, cons)?.unwrap_or_else(|| SigningInfo::starting_at(height));
    info.start_height = height;
    save_signing_info(ctx, cons, &info)
}

fn add_pub_key(ctx: &mut Ctx, validator: &Validator) -> Result<()> {
    let (cons, key) = (validator.cons_address(), validator.pub_key_any());
    state::PUB_KEYS.set(ctx, &cons, &Wire(key))
}
