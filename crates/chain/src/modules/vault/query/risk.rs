//! What a vault answers for, and how much one event can take of it.

use entente_kernel::num::floor_ratio;
use entente_kernel::{Result, View};
use entente_proto::restake::vault::v1 as wire;

use std::collections::BTreeMap;

use super::super::holding::{basket, fraction, must_vault, plus};
use super::super::math::{VIRTUAL_SHARES, WAD};
use super::super::params;
use super::super::state::PLACES;
use super::convert::risk_to_wire;
use super::pending;
use crate::modules::{assets, slashing};
use crate::wire as ours;

/// # Errors
/// vault 2.
pub fn risk_report(view: &View, request: wire::QueryRiskReportRequest) -> Result<wire::QueryRiskReportResponse> {
    let vault = must_vault(view, request.vault)?;
    let basket = basket(view, &vault)?;
    let nav = basket.nav()?;
    let mut validators = BTreeMap::new();
    let (mut issuers, mut bridges, mut denoms) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (seat, line) in vault.seats.iter().zip(&basket.lines) {
        let asset = assets::must_asset(view, seat.asset)?;
        for row in PLACES.prefix(view, &(vault.id, seat.denom.clone())) {
            let ((_, _, validator), staked) = row?;
            let sum: &mut u128 = validators.entry(validator).or_default();
            *sum = plus(*sum, line.scale.value_floor(staked, line.rate)?)?;
        }
        let value = line.value()?;
        let names =
            [(&mut issuers, asset.issuer), (&mut bridges, asset.bridge_class), (&mut denoms, asset.denom.to_string())];
        for (map, name) in names {
            let sum: &mut u128 = map.entry(name).or_default();
            *sum = plus(*sum, value)?;
        }
    }
    let part = |value: u128| if nav == 0 { Ok(0) } else { floor_ratio(&[value, WAD], &[nav]) };
    let slash = fraction(slashing::params(view)?.double_sign)?;
    let exposure = |to: String, value: u128, loss: u128| -> Result<wire::Exposure> {
        let all = part(value)?;
        Ok(wire::Exposure {
            to,
            value: value.to_string(),
            part: ours::wad(all),
            loss_max: ours::wad(floor_ratio(&[all, loss], &[WAD])?),
        })
    };
    let largest = validators.values().copied().max().unwrap_or_default();
    let list = |map: BTreeMap<String, u128>| {
        map.into_iter().map(|(to, value)| exposure(to, value, WAD)).collect::<Result<_>>()
    };
    let exposures =
        validators.iter().map(|(v, value)| exposure(view.bech32().val(v), *value, slash)).collect::<Result<_>>()?;
    let all_shares = plus(vault.shares, VIRTUAL_SHARES)?;
    Ok(wire::QueryRiskReportResponse {
        risk_class: Some(risk_to_wire(&vault.risk)),
        exposures,
        loss_max: ours::wad(floor_ratio(&[part(largest)?, slash], &[WAD])?),
        insurance: floor_ratio(&[nav, vault.insurance_shares], &[all_shares])?.to_string(),
        issuers: list(issuers)?,
        bridges: list(bridges)?,
        assets: list(denoms)?,
        exit_horizon: Some(ours::span(params(view)?.exit_horizon)),
        pending: pending(view, vault.id)?,
    })
}
