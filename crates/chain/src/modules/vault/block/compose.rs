//! Where the composition of a vault is told to go: by the depth of the markets and the yields of its assets.

use entente_kernel::num::{NumError, floor_ratio};
use entente_kernel::{Ctx, Result, Timestamp, View};

use super::super::holding::basket;
use super::super::math::{self, Bound, WAD};
use super::super::state::{SAMPLES, Samples, Vault};
use super::super::{event, params};
use crate::modules::assets::{self, Health};

/// Epochs over which a yield is measured.
const SAMPLES_MAX: usize = 30;
const YEAR_SECS: i128 = 365 * 86_400;

/// Every number that leads to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub depth: u128,
    /// Growth of the rate in a year, in 10^-18.
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
        yields.push(yearly(&samples, view.time(), asset.rate())?);
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
            let reach = floor_ratio(&[depth, params.depth_factor], &[WAD])?;
            floor_ratio(&[reach, WAD], &[nav]).unwrap_or(WAD)
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
    remember_rates(ctx, vault)
}

fn remember_rates(ctx: &mut Ctx, vault: &Vault) -> Result<()> {
    for seat in &vault.seats {
        let rate = assets::must_asset(ctx, seat.asset)?.rate();
        let key = (vault.id, seat.denom.clone());
        let mut samples = SAMPLES.get(ctx, &key)?.unwrap_or_default();
        samples.0.push((ctx.time(), rate));
        if samples.0.len() > SAMPLES_MAX {
            samples.0.remove(0);
        }
        SAMPLES.set(ctx, &key, &samples)?;
    }
    Ok(())
}

/// Growth of a rate since the oldest sample, as of a year; zero before there is one.
///
/// # Rounding
/// Toward zero.
fn yearly(samples: &Samples, now: Timestamp, rate: u128) -> Result<i128> {
    let Some((then, old)) = samples.0.first().copied() else { return Ok(0) };
    let elapsed = i128::from(now.since(then).whole_secs());
    if elapsed <= 0 || old == 0 {
        return Ok(0);
    }
    let growth = floor_ratio(&[rate.abs_diff(old), WAD], &[old])?;
    let growth = i128::try_from(growth).map_err(|_| NumError::Overflow)?;
    let yearly = growth.checked_mul(YEAR_SECS).and_then(|n| n.checked_div(elapsed)).ok_or(NumError::Overflow)?;
    Ok(if rate < old { yearly.checked_neg().unwrap_or_default() } else { yearly })
}
