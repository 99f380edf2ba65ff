//! Staking's section of a genesis.

use std::collections::BTreeSet;

use entente_kernel::num::{Coins, Int};
use entente_kernel::{AccAddress, Ctx, Error, Result, ValAddress, View, Wire};
use entente_proto::cosmos::base::v1beta1::IntProto;
use entente_proto::cosmos::staking::v1beta1 as wire;

use super::delegation::{self, Delegation, Redelegation, Unbonding};
use super::state::{self, Operator, Power};
use super::validator::{Validator, read_int};
use super::{hold, params, queue, set, stake};
use crate::block::ValidatorUpdate;
use crate::hooks;
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::bank;

/// Fills an empty state and gives the powers of the first validator set. Unless the section comes from an export, the hooks of staking
/// hear of every validator and delegation, as of things that happened at height 0.
///
/// # Errors
/// A refusal that names the field.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<Vec<ValidatorUpdate>> {
    let height = ctx.height();
    ctx.env_mut().height = 0;
    let outcome = fill(ctx, genesis);
    ctx.env_mut().height = height;
    outcome
}

fn fill(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<Vec<ValidatorUpdate>> {
    let exported = genesis.exported;
    let wire_params = genesis.params.ok_or_else(|| Error::plain("params: missing"))?;
    params::check(&wire_params).map_err(|e| e.wrap("params"))?;
    state::PARAMS.save(ctx, &Wire(wire_params))?;
    let total = total_power(&genesis.last_total_power)?;
    state::LAST_TOTAL_POWER.save(ctx, &Wire(IntProto { int: total.to_string() }))?;
    let (mut bonded, mut other) = (Int::ZERO, Int::ZERO);
    let mut keys = BTreeSet::new();
    for (i, record) in genesis.validators.into_iter().enumerate() {
        let named = |e: Error| e.wrap(format!("validators[{i}]"));
        let validator = read_validator(ctx, record, &mut keys).map_err(named)?;
        let sum = if validator.is_bonded() { &mut bonded } else { &mut other };
        *sum = sum.add(validator.tokens)?;
        add_validator(ctx, &validator, exported).map_err(named)?;
    }
    check_office(ctx, exported)?;
    for (i, record) in genesis.delegations.iter().enumerate() {
        let added = read_delegation(ctx, record).and_then(|d| add_delegation(ctx, &d, exported));
        added.map_err(|e| e.wrap(format!("delegations[{i}]")))?;
    }
    for (i, record) in genesis.unbonding_delegations.into_iter().enumerate() {
        let named = |e: Error| e.wrap(format!("unbonding_delegations[{i}]"));
        other = other.add(add_unbonding(ctx, record).map_err(named)?)?;
    }
    for (i, record) in genesis.redelegations.into_iter().enumerate() {
        add_redelegation(ctx, record).map_err(|e| e.wrap(format!("redelegations[{i}]")))?;
    }
    check_pool(ctx, &ModuleAccount::BONDED_POOL, "bonded", bonded)?;
    check_pool(ctx, &ModuleAccount::NOT_BONDED_POOL, "not bonded", other)?;
    if exported { restore_powers(ctx, &genesis.last_validator_powers) } else { set::first_validator_set(ctx) }
}

fn total_power(bytes: &[u8]) -> Result<Int> {
    let text = std::str::from_utf8(bytes).map_err(|e| Error::plain(format!("last_total_power: {e}")))?;
    if text.is_empty() { Ok(Int::ZERO) } else { read_int(text, "last_total_power") }
}

fn operator(ctx: &Ctx, text: &str, field: &str) -> Result<ValAddress> {
    ctx.bech32().parse_val(text).map_err(|e| e.wrap(field))
}

fn account(ctx: &Ctx, text: &str) -> Result<AccAddress> {
    ctx.bech32().parse_acc(text).map_err(|e| e.wrap("delegator_address"))
}

fn read_validator(ctx: &Ctx, record: wire::Validator, keys: &mut BTreeSet<[u8; 32]>) -> Result<Validator> {
    let operator = operator(ctx, &record.operator_address, "operator_address")?;
    let validator = Validator::from_wire(record, operator)?;
    let moniker = &validator.description.moniker;
    if !keys.insert(validator.cons_pubkey) {
        return Err(Error::plain(format!("consensus_pubkey: duplicate validator: moniker {moniker}")));
    }
    if super::validator(ctx, &operator)?.is_some() {
        return Err(Error::plain(format!("operator_address: duplicate validator: moniker {moniker}")));
    }
    if validator.delegator_shares.is_zero() && validator.is_unbonded() {
        return Err(Error::plain(format!(
            "delegator_shares: bonded/unbonded genesis validator cannot have zero delegator shares: moniker {moniker}"
        )));
    }
    if validator.tokens.is_negative() || validator.delegator_shares.is_negative() {
        return Err(Error::plain(format!("tokens: tokens and shares cannot be negative: moniker {moniker}")));
    }
    Ok(validator)
}

/// Bonded validators are fit for it, unless they stay in office because no set can follow (see `set`).
fn check_office(view: &View, exported: bool) -> Result<()> {
    if exported && set::office_is_kept(view)? {
        return Ok(());
    }
    for (i, validator) in super::validators(view).enumerate() {
        let validator = validator?;
        let moniker = &validator.description.moniker;
        if validator.is_bonded() && validator.jailed {
            return Err(Error::plain(format!("validators[{i}]: validator is bonded and jailed: moniker {moniker}")));
        }
        if validator.is_bonded() && validator.delegator_shares.is_zero() {
            return Err(Error::plain(format!(
                "validators[{i}].delegator_shares: bonded/unbonded genesis validator cannot have zero delegator shares: moniker {moniker}"
            )));
        }
    }
    Ok(())
}

fn add_validator(ctx: &mut Ctx, validator: &Validator, exported: bool) -> Result<()> {
    super::save_validator(ctx, validator)?;
    state::BY_CONS_ADDRESS.set(ctx, &validator.cons_address(), &Operator(validator.operator))?;
    set::add_rank(ctx, validator)?;
    if !exported {
        hooks::after_validator_created(ctx, &validator.operator)?;
    }
    for id in &validator.unbonding_ids {
        hold::reserve(ctx, *id)?;
    }
    if validator.is_unbonding() {
        queue::push_validator(ctx, validator)?;
        for id in &validator.unbonding_ids {
            hold::index_validator(ctx, *id, &validator.operator)?;
        }
    }
    Ok(())
}

fn read_delegation(ctx: &Ctx, record: &wire::Delegation) -> Result<Delegation> {
    let key = (account(ctx, &record.delegator_address)?, known_operator(ctx, &record.validator_address)?);
    let delegation = Delegation::from_wire(record, key)?;
    if !delegation.shares.is_positive() {
        return Err(Error::plain(format!("shares: {}; more than zero is needed", delegation.shares)));
    }
    if super::delegation(ctx, &key.0, &key.1)?.is_some() {
        return Err(Error::plain("validator_address: this delegator delegates to it twice"));
    }
    Ok(delegation)
}

fn known_operator(ctx: &Ctx, text: &str) -> Result<ValAddress> {
    let operator = operator(ctx, text, "validator_address")?;
    if super::validator(ctx, &operator)?.is_none() {
        return Err(Error::plain(format!("validator_address: {text} is no validator of this genesis")));
    }
    Ok(operator)
}

fn add_delegation(ctx: &mut Ctx, delegation: &Delegation, exported: bool) -> Result<()> {
    if exported {
        return delegation::save_delegation(ctx, delegation);
    }
    let validator = super::must_validator(ctx, &delegation.validator)?;
    hooks::before_delegation_created(ctx, &validator)?;
    delegation::save_delegation(ctx, delegation)?;
    hooks::after_delegation_modified(ctx, delegation, &validator)
}

/// Adds an unbonding and gives the sum of its balances. Its validator may be gone.
fn add_unbonding(ctx: &mut Ctx, record: wire::UnbondingDelegation) -> Result<Int> {
    let delegator = account(ctx, &record.delegator_address)?;
    let key = (delegator, operator(ctx, &record.validator_address, "validator_address")?);
    let unbonding = Unbonding::from_wire(record, key)?;
    delegation::save_unbonding(ctx, &unbonding)?;
    let mut sum = Int::ZERO;
    for (i, entry) in unbonding.entries.iter().enumerate() {
        if entry.balance.is_negative() {
            return Err(Error::plain(format!("entries[{i}].balance: {}; it cannot be negative", entry.balance)));
        }
        queue::push_unbonding(ctx, entry.completion_time, &key)?;
        hold::reserve(ctx, entry.id)?;
        hold::index_unbonding(ctx, entry.id, &key)?;
        sum = sum.add(entry.balance)?;
    }
    Ok(sum)
}

fn add_redelegation(ctx: &mut Ctx, record: wire::Redelegation) -> Result<()> {
    let delegator = account(ctx, &record.delegator_address)?;
    let source = operator(ctx, &record.validator_src_address, "validator_src_address")?;
    let key = (delegator, source, operator(ctx, &record.validator_dst_address, "validator_dst_address")?);
    let redelegation = Redelegation::from_wire(record, key)?;
    delegation::save_redelegation(ctx, &redelegation)?;
    for entry in &redelegation.entries {
        queue::push_redelegation(ctx, entry.completion_time, &key)?;
        hold::reserve(ctx, entry.id)?;
        hold::index_redelegation(ctx, entry.id, &key)?;
    }
    Ok(())
}

/// The coins of a pool must be exactly those that the records tell of.
fn check_pool(ctx: &mut Ctx, pool: &ModuleAccount, name: &str, tokens: Int) -> Result<()> {
    auth::ensure_account(ctx, &pool.address())?;
    let held: Coins = bank::balances(ctx, &pool.address())?;
    let wanted = stake::bond_coins(ctx, tokens)?;
    if held != wanted {
        return Err(Error::plain(format!("{name} pool balance is different from {name} coins: {held} <-> {wanted}")));
    }
    Ok(())
}

fn restore_powers(ctx: &mut Ctx, powers: &[wire::LastValidatorPower]) -> Result<Vec<ValidatorUpdate>> {
    let (mut updates, mut total) = (Vec::new(), Int::ZERO);
    for (i, last) in powers.iter().enumerate() {
        let named = |e: Error| e.wrap(format!("last_validator_powers[{i}]"));
        let operator = operator(ctx, &last.address, "address").map_err(named)?;
        let missing = || Error::plain(format!("address: validator {} not found", last.address));
        let validator = super::validator(ctx, &operator)?.ok_or_else(missing).map_err(named)?;
        state::LAST_POWERS.set(ctx, &operator, &Power(last.power))?;
        total = total.add(Int::from(last.power))?;
        updates.push(ValidatorUpdate { pub_key: validator.cons_pubkey, power: last.power });
    }
    set::check_total_power(total)?;
    Ok(updates)
}

/// The state as a section of a genesis. Ids of unbondings that are over and recent headers are not part of it, as upstream.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let bech32 = view.bech32();
    let power = |row: Result<(ValAddress, i64)>| {
        row.map(|(operator, power)| wire::LastValidatorPower { address: bech32.val(&operator), power })
    };
    Ok(wire::GenesisState {
        params: Some(super::params(view)?),
        last_total_power: super::last_total_power(view)?.to_string().into_bytes(),
        last_validator_powers: super::last_powers(view).map(power).collect::<Result<_>>()?,
        validators: state::VALIDATORS.iter(view).map(|r| r.map(|(_, w)| w.0)).collect::<Result<_>>()?,
        delegations: state::DELEGATIONS.iter(view).map(|r| r.map(|(_, w)| w.0)).collect::<Result<_>>()?,
        unbonding_delegations: state::UNBONDINGS.iter(view).map(|r| r.map(|(_, w)| w.0)).collect::<Result<_>>()?,
        redelegations: state::REDELEGATIONS.iter(view).map(|r| r.map(|(_, w)| w.0)).collect::<Result<_>>()?,
        exported: true,
    })
}
