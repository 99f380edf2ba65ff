//! Where the composition of a vault is told to go: by the depth of the markets and the yields of its assets.

use std::collections::BTreeMap;

use entente_kernel::num::{Denom, NumError, floor_ratio};
use entente_kernel::{Ctx, Error, Result, Timestamp, View};

use super::super::holding::{basket, holding, note};
use super::super::math::{self, Bound, WAD};
use super::super::params::REWARD_DENOMS_MAX;
use super::super::state::{EARNED, Entry, SAMPLES, Sample, Vault};
use super::super::{event, params};
use super::auction;
use crate::modules::assets::{self, Health};

/// Epochs over which a yield is measured.
const SAMPLES_MAX: usize = 30;
const YEAR_SECS: i128 = 365 * 86_400;
/// A yield beyond a hundred times a year, either way, counts as that.
const YEARLY_MAX: i128 = 100_000_000_000_000_000_000;

/// Every number that leads to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub depth: u128,
    /// Growth of the rate, and rewards of the stake in units of the asset, in a year, in 10^-18.
    pub yearly: i128,
    pub tilt: u128,
    pub raw: u128,
    pub bound: Bound,
}

/// The numbers of the present moment, by seat; and whether the caps leave no room.
pub fn report(view: &View, vault: &Vault) -> Result<(Vec<Report>, bool)> {
    let params = params(view)?;
    let nav = basket(view, vault)?.nav()?;
    let mut rows = Vec::with_capacity(vault.seats.len());
    let mut yields = Vec::with_capacity(vault.seats.len());
    let mut issuers: Vec<String> = Vec::new();
    for seat in &vault.seats {
        let asset = assets::must_asset(view, seat.asset)?;
        let samples = SAMPLES.get(view, &(vault.id, seat.denom.clone()))?.unwrap_or_default();
        yields.push(yearly(&samples.0, view.time(), asset.rate())?);
        if !issuers.contains(&asset.issuer) {
            issuers.push(asset.issuer.clone());
        }
        rows.push(asset);
    }
    let tilts = math::tilt(&yields)?;
    let mut out = Vec::with_capacity(rows.len());
    for ((seat, asset), (yearly, tilt)) in vault.seats.iter().zip(&rows).zip(yields.into_iter().zip(tilts)) {
        let health = assets::health(view, asset)?;
        let depth = asset.depth.map_or(0, |(depth, _)| depth);
        let raw = if health <= Health::Paused { math::raw(depth, tilt)? } else { 0 };
        let by_depth = if nav == 0 {
            WAD
        } else {
            // What is beyond 128 bits is no cap.
            floor_ratio(&[depth, params.depth_factor], &[nav]).unwrap_or(u128::MAX)
        };
        let by_issuer = if issuers.len() < 3 {
            WAD
        } else {
            let others = vault
                .seats
                .iter()
                .zip(&rows)
                .filter(|(other, a)| other.denom != seat.denom && a.issuer == asset.issuer);
            let goals =
                others.map(|(other, _)| other.goal).try_fold(0u128, u128::checked_add).ok_or(NumError::Overflow)?;
            params.issuer_cap.saturating_sub(goals)
        };
        let cap = seat.cap.min(by_depth).min(by_issuer);
        let gone = health >= Health::Impaired;
        let bound = if gone { Bound { floor: 0, cap: 0 } } else { Bound { floor: seat.floor.min(cap), cap } };
        out.push(Report { depth, yearly, tilt, raw, bound });
    }
    let room = out.iter().try_fold(0u128, |all, row| all.checked_add(row.bound.cap)).ok_or(NumError::Overflow)?;
    Ok((out, room < WAD))
}

/// Moves the targets by a step toward what depth and yield say. Without any depth the old goals stay.
pub fn move_targets(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    let (rows, at_capacity) = report(ctx, vault)?;
    let raw: Vec<u128> = rows.iter().map(|row| row.raw).collect();
    let bounds: Vec<Bound> = rows.iter().map(|row| row.bound).collect();
    if let Some(goal) = math::goal(&raw, &bounds)? {
        for (seat, goal) in vault.seats.iter_mut().zip(goal) {
            seat.goal = goal;
        }
    }
    let now: Vec<u128> = vault.seats.iter().map(|seat| seat.target).collect();
    let goal: Vec<u128> = vault.seats.iter().map(|seat| seat.goal).collect();
    let next = math::step(&now, &goal, params(ctx)?.tau_step)?;
    if next != now {
        for (seat, target) in vault.seats.iter_mut().zip(next) {
            seat.target = target;
        }
        ctx.emit(event::targets_moved(vault, at_capacity));
    }
    take_samples(ctx, vault)
}

/// Writes down rates and rewards of the epoch that ends, and in the ledger what the rates rose or fell by since the last one.
fn take_samples(ctx: &mut Ctx, vault: &Vault) -> Result<()> {
    let mut rewards = rewards_in_assets(ctx, vault)?;
    for seat in &vault.seats {
        let (asset, active) = (assets::must_asset(ctx, seat.asset)?, holding(ctx, vault.id, &seat.denom)?.active);
        let rate = asset.rate();
        let key = (vault.id, seat.denom.clone());
        let mut samples = SAMPLES.get(ctx, &key)?.unwrap_or_default();
        let last = samples.0.last().copied().unwrap_or(Sample { time: ctx.time(), rate, earned: 0 });
        let worth =
            assets::pricing(ctx, &asset)?.scale.value_floor(active, rate.abs_diff(last.rate)).unwrap_or_default();
        let entry: Entry = if rate < last.rate { |l| &mut l.fallen } else { |l| &mut l.grown };
        note(ctx, vault.id, &seat.denom, &[(entry, worth)])?;
        let reward = rewards.remove(&seat.denom).unwrap_or_default();
        // A yield that cannot be reckoned with, of next to nothing, is none.
        let each = if active == 0 { 0 } else { floor_ratio(&[reward, WAD], &[active]).unwrap_or_default() };
        let earned = last.earned.checked_add(each).unwrap_or(last.earned);
        samples.0.push(Sample { time: ctx.time(), rate, earned });
        if samples.0.len() > SAMPLES_MAX {
            samples.0.remove(0);
        }
        SAMPLES.set(ctx, &key, &samples)?;
    }
    Ok(())
}

/// What the stake of each asset earned since the last sample, in units of the asset, by the prices of the auctions; a coin without a price
/// counts as nothing. The records go.
///
/// # Rounding
/// Down.
fn rewards_in_assets(ctx: &mut Ctx, vault: &Vault) -> Result<BTreeMap<Denom, u128>> {
    let (mut prices, mut sums) = (BTreeMap::new(), BTreeMap::new());
    let Some(first) = vault.seats.first() else { return Ok(sums) };
    let first = assets::must_asset(ctx, first.asset)?;
    for ((_, denom, reward), amount) in EARNED.prefix(ctx, &vault.id).collect::<Result<Vec<_>>>()? {
        EARNED.remove(ctx, &(vault.id, denom.clone(), reward.clone()))?;
        // One price for a coin, in the first asset, serves for all assets; of so many coins.
        if !prices.contains_key(&reward) && prices.len() < REWARD_DENOMS_MAX {
            prices.insert(reward.clone(), if_any(auction::market_price(ctx, &reward, &first))?.flatten());
        }
        let Some(price) = prices.get(&reward).copied().flatten() else { continue };
        let Some((_, seat)) = vault.seat(&denom) else { continue };
        let asset = assets::must_asset(ctx, seat.asset)?;
        let units = if_any(auction::sold_for(ctx, amount, price, &first, &asset))?.unwrap_or_default();
        let sum: &mut u128 = sums.entry(denom).or_default();
        *sum = sum.checked_add(units).unwrap_or(*sum);
    }
    Ok(sums)
}

/// What cannot be reckoned with is not there: it must not keep people from leaving.
fn if_any<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(Error::Refusal(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Growth of a rate since the oldest sample, and rewards between the samples, as of a year; zero before there is one.
///
/// # Rounding
/// Toward zero.
fn yearly(samples: &[Sample], now: Timestamp, rate: u128) -> Result<i128> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(0) };
    let elapsed = i128::from(now.since(first.time).whole_secs());
    if elapsed <= 0 || first.rate == 0 {
        return Ok(0);
    }
    let yearly = |part: u128| {
        let part = i128::try_from(part).unwrap_or(YEARLY_MAX).min(YEARLY_MAX);
        part.checked_mul(YEAR_SECS).and_then(|n| n.checked_div(elapsed)).ok_or(NumError::Overflow)
    };
    let change = yearly(floor_ratio(&[rate.abs_diff(first.rate), WAD], &[first.rate])?)?;
    let change = if rate < first.rate { change.checked_neg().unwrap_or_default() } else { change };
    let earned = yearly(last.earned.saturating_sub(first.earned))?;
    Ok(change.checked_add(earned).ok_or(NumError::Overflow)?.clamp(-YEARLY_MAX, YEARLY_MAX))
}
