//! What the registry reports: typed events, with every number that a decision used.

use entente_kernel::{Event, Timestamp};
use entente_proto::restake::assets::v1 as wire;

use super::math::Verdict;
use super::query::{health_number, tier_number};
use super::state::{Asset, Health};
use crate::wire::{self as convert, typed_event};

pub fn registered(asset: &Asset) -> Event {
    typed_event(&wire::EventAssetRegistered {
        asset_id: asset.id,
        denom: asset.denom.to_string(),
        underlying: asset.underlying.clone(),
        tier: tier_number(asset.tier),
        rate: convert::wad(asset.course.rate),
    })
}

pub fn tier_set(asset: &Asset) -> Event {
    typed_event(&wire::EventTierSet {
        asset_id: asset.id,
        denom: asset.denom.to_string(),
        tier: tier_number(asset.tier),
        cap_value: asset.cap_value.to_string(),
    })
}

pub fn rate_accepted(asset: &Asset, reported: u128, at: Timestamp, verdict: &Verdict) -> Event {
    typed_event(&wire::EventRateAccepted {
        asset_id: asset.id,
        denom: asset.denom.to_string(),
        reported: convert::wad(reported),
        before: convert::wad(verdict.before),
        rate: convert::wad(verdict.rate),
        time: Some(convert::timestamp(at)),
        clamped: verdict.clamped,
        drop: convert::wad(verdict.drop),
    })
}

pub fn health_changed(asset: &Asset, before: Health, health: Health, reason: &str) -> Event {
    typed_event(&wire::EventHealthChanged {
        asset_id: asset.id,
        denom: asset.denom.to_string(),
        before: health_number(before),
        health: health_number(health),
        reason: reason.to_owned(),
    })
}

pub fn market_reported(asset: &Asset, price: u128, depth: u128) -> Event {
    typed_event(&wire::EventMarketReported {
        asset_id: asset.id,
        denom: asset.denom.to_string(),
        q: convert::wad(price),
        depth_2pct: depth.to_string(),
    })
}

pub fn tightened(target: wire::TightenTarget, action: wire::TightenAction, until: Timestamp) -> Event {
    let until = Some(convert::timestamp(until));
    typed_event(&wire::EventTightened { target: Some(target), action: Some(action), until })
}

pub fn relaxed(target: wire::TightenTarget, confirmed: bool) -> Event {
    typed_event(&wire::EventRelaxed { target: Some(target), confirmed })
}

pub fn params_updated() -> Event {
    typed_event(&wire::EventParamsUpdated {})
}
