//! Distribution in a genesis file.

use std::collections::BTreeMap;

use entente_kernel::num::DecCoins;
use entente_kernel::{Ctx, Error, Result, ValAddress, View};
use entente_proto::cosmos::distribution::v1beta1 as wire;

use super::params::Params;
use super::state::{self, Historical, Ledger, StartingInfo};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::bank;
use crate::wire::{dec_coins, parse_dec, parse_dec_coins};

/// Fills the empty state.
///
/// # Errors
/// A refusal that names the field, or the balance of the module account if it is not what the records add up to.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    let params = Params::from_wire(&genesis.params.clone().unwrap_or_default());
    state::PARAMS.save(ctx, &params.map_err(|e| e.wrap("params"))?)?;
    let pool = genesis.fee_pool.clone().unwrap_or_default().community_pool;
    let pool = parse_dec_coins(&pool, "fee_pool.community_pool")?;
    state::COMMUNITY_POOL.save(ctx, &pool)?;
    withdraw_addresses(ctx, &genesis)?;
    if !genesis.previous_proposer.is_empty() {
        let proposer = ctx.bech32().parse_cons(&genesis.previous_proposer);
        let proposer = proposer.map_err(|e| e.wrap("previous_proposer"))?;
        state::PREVIOUS_PROPOSER.save(ctx, &proposer)?;
    }
    let held = pool.add(&ledgers(ctx, &genesis)?)?;
    claims(ctx, &genesis)?;
    let account = ModuleAccount::DISTRIBUTION.address();
    auth::ensure_account(ctx, &account)?;
    let (balance, (wanted, _)) = (bank::balances(ctx, &account)?, held.truncate_decimal());
    if balance != wanted {
        let text = format!("distribution module balance does not match the module holdings: {balance} <-> {wanted}");
        return Err(Error::plain(text));
    }
    Ok(())
}

fn withdraw_addresses(ctx: &mut Ctx, genesis: &wire::GenesisState) -> Result<()> {
    for row in &genesis.delegator_withdraw_infos {
        let named = |e: Error| e.wrap("delegator_withdraw_infos");
        let delegator = ctx.bech32().parse_acc(&row.delegator_address).map_err(named)?;
        let to = ctx.bech32().parse_acc(&row.withdraw_address).map_err(named)?;
        if to != delegator {
            super::refuse_external(ctx, &to).map_err(named)?;
        }
        state::WITHDRAW_ADDRESSES.set(ctx, &delegator, &to)?;
    }
    Ok(())
}

/// The ledgers and the periods before them; gives the sum of what is outstanding.
///
/// # Errors
/// Rewards of a validator that has no open period, or an open period without the end of the one before it.
fn ledgers(ctx: &mut Ctx, genesis: &wire::GenesisState) -> Result<DecCoins> {
    let operator = |text: &str, field| ctx.bech32().parse_val(text).map_err(|e| e.wrap(field));
    let mut periods: BTreeMap<(ValAddress, u64), Historical> = BTreeMap::new();
    for row in &genesis.validator_historical_rewards {
        const FIELD: &str = "validator_historical_rewards";
        let rewards = row.rewards.clone().unwrap_or_default();
        let cumulative_ratio = parse_dec_coins(&rewards.cumulative_reward_ratio, FIELD)?;
        let record = Historical { cumulative_ratio, references: rewards.reference_count };
        periods.insert((operator(&row.validator_address, FIELD)?, row.period), record);
    }
    let mut ledgers: BTreeMap<ValAddress, Ledger> = BTreeMap::new();
    for row in &genesis.validator_current_rewards {
        const FIELD: &str = "validator_current_rewards";
        let (validator, current) = (operator(&row.validator_address, FIELD)?, row.rewards.clone().unwrap_or_default());
        let last = current.period.checked_sub(1).and_then(|before| periods.remove(&(validator, before)));
        let missing = || {
            let (text, period) = (&row.validator_address, current.period);
            Error::plain(format!(
                "{FIELD}: period {period} of {text} is open, but there is no historical record before it"
            ))
        };
        let ledger = Ledger {
            outstanding: DecCoins::empty(),
            commission: DecCoins::empty(),
            rewards: parse_dec_coins(&current.rewards, FIELD)?,
            period: current.period,
            last: last.ok_or_else(missing)?,
        };
        ledgers.insert(validator, ledger);
    }
    let unopened = |field, text: &str| Error::plain(format!("{field}: {text} has no open period"));
    let mut sum = DecCoins::empty();
    for row in &genesis.outstanding_rewards {
        const FIELD: &str = "outstanding_rewards";
        let ledger = ledgers.get_mut(&operator(&row.validator_address, FIELD)?);
        let ledger = ledger.ok_or_else(|| unopened(FIELD, &row.validator_address))?;
        ledger.outstanding = parse_dec_coins(&row.outstanding_rewards, FIELD)?;
        sum = sum.add(&ledger.outstanding)?;
    }
    for row in &genesis.validator_accumulated_commissions {
        const FIELD: &str = "validator_accumulated_commissions";
        let ledger = ledgers.get_mut(&operator(&row.validator_address, FIELD)?);
        let ledger = ledger.ok_or_else(|| unopened(FIELD, &row.validator_address))?;
        let accumulated = row.accumulated.clone().unwrap_or_default();
        ledger.commission = parse_dec_coins(&accumulated.commission, FIELD)?;
    }
    for (validator, ledger) in &ledgers {
        state::LEDGERS.set(ctx, validator, ledger)?;
    }
    for (key, record) in &periods {
        state::HISTORICAL.set(ctx, key, record)?;
    }
    Ok(sum)
}

fn claims(ctx: &mut Ctx, genesis: &wire::GenesisState) -> Result<()> {
    for row in &genesis.delegator_starting_infos {
        const FIELD: &str = "delegator_starting_infos";
        let validator = ctx.bech32().parse_val(&row.validator_address).map_err(|e| e.wrap(FIELD))?;
        let delegator = ctx.bech32().parse_acc(&row.delegator_address).map_err(|e| e.wrap(FIELD))?;
        let info = row.starting_info.clone().unwrap_or_default();
        let stake = parse_dec(&info.stake, FIELD)?.unwrap_or_default();
        let info = StartingInfo { previous_period: info.previous_period, stake, height: info.height };
        state::STARTING_INFOS.set(ctx, &(validator, delegator), &info)?;
    }
    for row in &genesis.validator_slash_events {
        const FIELD: &str = "validator_slash_events";
        let validator = ctx.bech32().parse_val(&row.validator_address).map_err(|e| e.wrap(FIELD))?;
        let event = row.validator_slash_event.clone().unwrap_or_default();
        if event.validator_period != row.period {
            let text = format!("{FIELD}: period {} holds a slash of period {}", row.period, event.validator_period);
            return Err(Error::plain(text));
        }
        let fraction = parse_dec(&event.fraction, FIELD)?.unwrap_or_default();
        state::SLASHES.set(ctx, &(validator, row.height, row.period), &fraction)?;
    }
    Ok(())
}

/// The whole state.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let b = view.bech32();
    let proposer = state::PREVIOUS_PROPOSER.load(view)?;
    let mut genesis = wire::GenesisState {
        params: Some(super::params(view)?.to_wire()),
        fee_pool: Some(wire::FeePool { community_pool: dec_coins(&super::community_pool(view)?) }),
        previous_proposer: proposer.map(|p| b.cons(&p)).unwrap_or_default(),
        delegator_withdraw_infos: state::WITHDRAW_ADDRESSES
            .iter(view)
            .map(|row| {
                let (delegator, to) = row?;
                let (delegator_address, withdraw_address) = (b.acc(&delegator), b.acc(&to));
                Ok(wire::DelegatorWithdrawInfo { delegator_address, withdraw_address })
            })
            .collect::<Result<_>>()?,
        delegator_starting_infos: export_claims(view)?,
        validator_slash_events: export_slashes(view)?,
        ..Default::default()
    };
    export_ledgers(view, &mut genesis)?;
    Ok(genesis)
}

fn export_ledgers(view: &View, genesis: &mut wire::GenesisState) -> Result<()> {
    for row in state::LEDGERS.iter(view) {
        let (operator, ledger) = row?;
        let validator_address = view.bech32().val(&operator);
        genesis.outstanding_rewards.push(wire::ValidatorOutstandingRewardsRecord {
            validator_address: validator_address.clone(),
            outstanding_rewards: dec_coins(&ledger.outstanding),
        });
        let accumulated = wire::ValidatorAccumulatedCommission { commission: dec_coins(&ledger.commission) };
        genesis.validator_accumulated_commissions.push(wire::ValidatorAccumulatedCommissionRecord {
            validator_address: validator_address.clone(),
            accumulated: Some(accumulated),
        });
        let older =
            state::HISTORICAL.prefix(view, &operator).map(|row| row.map(|((_, period), record)| (period, record)));
        let last = ledger.period.checked_sub(1).map(|before| Ok((before, ledger.last)));
        for row in older.chain(last) {
            let (period, record) = row?;
            let rewards = wire::ValidatorHistoricalRewards {
                cumulative_reward_ratio: dec_coins(&record.cumulative_ratio),
                reference_count: record.references,
            };
            genesis.validator_historical_rewards.push(wire::ValidatorHistoricalRewardsRecord {
                validator_address: validator_address.clone(),
                period,
                rewards: Some(rewards),
            });
        }
        let rewards = wire::ValidatorCurrentRewards { rewards: dec_coins(&ledger.rewards), period: ledger.period };
        let current = wire::ValidatorCurrentRewardsRecord { validator_address, rewards: Some(rewards) };
        genesis.validator_current_rewards.push(current);
    }
    Ok(())
}

fn export_claims(view: &View) -> Result<Vec<wire::DelegatorStartingInfoRecord>> {
    let row = |row: Result<((_, _), StartingInfo)>| {
        let ((validator, delegator), info) = row?;
        Ok(wire::DelegatorStartingInfoRecord {
            delegator_address: view.bech32().acc(&delegator),
            validator_address: view.bech32().val(&validator),
            starting_info: Some(wire::DelegatorStartingInfo {
                previous_period: info.previous_period,
                stake: info.stake.to_scaled_string(),
                height: info.height,
            }),
        })
    };
    state::STARTING_INFOS.iter(view).map(row).collect()
}

fn export_slashes(view: &View) -> Result<Vec<wire::ValidatorSlashEventRecord>> {
    let row = |row: Result<((_, u64, u64), _)>| {
        let ((validator, height, period), fraction): (_, entente_kernel::num::Dec) = row?;
        let event = wire::ValidatorSlashEvent { validator_period: period, fraction: fraction.to_scaled_string() };
        let validator_address = view.bech32().val(&validator);
        Ok(wire::ValidatorSlashEventRecord { validator_address, height, period, validator_slash_event: Some(event) })
    };
    state::SLASHES.iter(view).map(row).collect()
}
