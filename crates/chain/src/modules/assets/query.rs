//! What the registry can be asked.

use entente_kernel::num::Denom;
use entente_kernel::{Bech32, Error, Grpc, Result, Timestamp, View};
use entente_proto::restake::assets::v1 as wire;

use super::state::{
    ASSETS, Asset, Flags, GROUPS, Group, Health, Kind, OF_GROUP, PAUSES, Pause, Source, Target, TargetKind, Tier,
};
use crate::query::{page_request, page_response};
use crate::wire as convert;

pub fn params(view: &View, _: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    Ok(wire::QueryParamsResponse { params: Some(super::params(view)?.to_wire(view.bech32())) })
}

pub fn assets(view: &View, request: wire::QueryAssetsRequest) -> Result<wire::QueryAssetsResponse> {
    let page = page_request(request.pagination);
    let shown = |asset: &Asset| to_wire(view, asset).map(Some);
    let found = if request.underlying.is_empty() {
        ASSETS.page_filter(view, &page, |_, asset| shown(&asset))?
    } else {
        OF_GROUP.page_prefix_filter(view, &request.underlying, &page, |(_, id): (String, u64), ()| {
            shown(&ASSETS.must(view, &id)?)
        })?
    };
    let (assets, pagination) = page_response(found);
    Ok(wire::QueryAssetsResponse { assets, pagination })
}

fn found(asset: Option<Asset>, name: impl std::fmt::Display) -> Result<Asset> {
    asset.ok_or_else(|| Error::status(Grpc::NotFound, format!("there is no asset {name}")))
}

pub fn asset(view: &View, request: wire::QueryAssetRequest) -> Result<wire::QueryAssetResponse> {
    let asset = found(super::asset(view, request.asset_id)?, request.asset_id)?;
    Ok(wire::QueryAssetResponse { asset: Some(to_wire(view, &asset)?) })
}

pub fn asset_by_denom(view: &View, request: wire::QueryAssetByDenomRequest) -> Result<wire::QueryAssetResponse> {
    let denom = Denom::new(&request.denom).map_err(|e| Error::status(Grpc::InvalidArgument, e))?;
    let asset = found(super::by_denom(view, &denom)?, &denom)?;
    Ok(wire::QueryAssetResponse { asset: Some(to_wire(view, &asset)?) })
}

pub fn groups(view: &View, request: wire::QueryGroupsRequest) -> Result<wire::QueryGroupsResponse> {
    let page = GROUPS.page_filter(view, &page_request(request.pagination), |underlying, group: Group| {
        Ok(Some(wire::Group { underlying, decimals: group.decimals, assets: group.assets }))
    })?;
    let (groups, pagination) = page_response(page);
    Ok(wire::QueryGroupsResponse { groups, pagination })
}

pub fn rate(view: &View, request: wire::QueryRateRequest) -> Result<wire::QueryRateResponse> {
    let asset = found(super::asset(view, request.asset_id)?, request.asset_id)?;
    let pricing = super::pricing(view, &asset)?;
    let reason = match super::check_deposit(view, &asset) {
        Ok(()) => String::new(),
        Err(Error::Refusal(refusal)) => refusal.log,
        Err(fault) => return Err(fault),
    };
    Ok(wire::QueryRateResponse {
        r: convert::wad(pricing.r),
        r_lo: convert::wad(pricing.r_lo),
        r_hi: convert::wad(pricing.r_hi),
        health: health_number(super::health(view, &asset)?),
        depositable: reason.is_empty(),
        reason,
    })
}

pub fn pauses(view: &View, request: wire::QueryPausesRequest) -> Result<wire::QueryPausesResponse> {
    let page = PAUSES
        .page_filter(view, &page_request(request.pagination), |key, pause| Ok(Some(pause_to_wire(key, &pause))))?;
    let (pauses, pagination) = page_response(page);
    Ok(wire::QueryPausesResponse { pauses, pagination })
}

pub fn pause_to_wire((kind, id): (u64, u64), pause: &Pause) -> wire::Pause {
    let kind = i32::try_from(kind).unwrap_or_default();
    wire::Pause { target: Some(wire::TightenTarget { kind, id }), until: pause.until.map(convert::timestamp) }
}

pub fn target_to_wire(target: &Target) -> wire::TightenTarget {
    let kind = match target.kind {
        TargetKind::Asset => wire::TargetKind::Asset,
        TargetKind::Vault => wire::TargetKind::Vault,
        TargetKind::Service => wire::TargetKind::Service,
    };
    wire::TightenTarget { kind: kind.into(), id: target.id }
}

pub fn tier_number(tier: Tier) -> i32 {
    let tier = match tier {
        Tier::Listed => wire::Tier::Listed,
        Tier::Alliance => wire::Tier::Alliance,
        Tier::Basket => wire::Tier::Basket,
    };
    tier.into()
}

pub fn health_number(health: Health) -> i32 {
    let health = match health {
        Health::Normal => wire::Health::Normal,
        Health::Paused => wire::Health::Paused,
        Health::Watch => wire::Health::Watch,
        Health::Impaired => wire::Health::Impaired,
        Health::Dead => wire::Health::Dead,
    };
    health.into()
}

fn kind_number(kind: Kind) -> i32 {
    let kind = match kind {
        Kind::Lst => wire::AssetKind::Lst,
        Kind::Voucher => wire::AssetKind::Voucher,
        Kind::Lp => wire::AssetKind::Lp,
        Kind::Stable => wire::AssetKind::Stable,
        Kind::Lrt => wire::AssetKind::Lrt,
    };
    kind.into()
}

fn source_to_wire(source: &Source, rate: u128, bech32: &Bech32) -> wire::RateSource {
    let mut out = wire::RateSource { rate: convert::wad(rate), ..Default::default() };
    match source {
        Source::Local => out.kind = wire::RateKind::Local.into(),
        Source::Static => out.kind = wire::RateKind::Static.into(),
        Source::Push { publisher, channel } => {
            out.kind = wire::RateKind::Push.into();
            (out.publisher, out.channel) = (bech32.acc(publisher), channel.clone());
        }
        Source::Proof { connection, store, key } => {
            out.kind = wire::RateKind::Proof.into();
            (out.connection_id, out.store, out.key) = (connection.clone(), store.clone(), key.clone());
        }
    }
    out
}

fn flags_to_wire(flags: Flags) -> wire::AssetFlags {
    wire::AssetFlags { alliance_ok: flags.alliance_ok, basket_ok: flags.basket_ok, collateral_ok: flags.collateral_ok }
}

/// When a pause ends; the zero time if a vote confirmed it.
fn end(pause: Pause) -> prost_types::Timestamp {
    convert::timestamp(pause.until.unwrap_or(Timestamp::NEVER))
}

fn conditions(asset: &Asset) -> wire::Conditions {
    wire::Conditions {
        paused_by_price: asset.paused_by_price,
        paused_by_vote: asset.paused_by_vote,
        paused_by_guardian: asset.paused_by_guardian.map(end),
        watch: asset.course.watch_since.is_some(),
        impaired: asset.impaired,
        dead: asset.dead,
        high_water: convert::wad(asset.course.high_water),
        watch_since: asset.course.watch_since.map(convert::timestamp),
        rate_ceiling: convert::wad(asset.ceiling.map_or(0, |c| c.rate)),
        rate_ceiling_until: asset.ceiling.map(|c| end(c.pause)),
    }
}

/// An asset as clients see it, and as an export keeps it.
pub fn to_wire(view: &View, asset: &Asset) -> Result<wire::Asset> {
    let past =
        |p: &super::math::Past| wire::RatePoint { time: Some(convert::timestamp(p.until)), rate: convert::wad(p.rate) };
    Ok(wire::Asset {
        id: asset.id,
        denom: asset.denom.to_string(),
        underlying: asset.underlying.clone(),
        decimals: asset.decimals,
        issuer: asset.issuer.clone(),
        bridge_class: asset.bridge_class.clone(),
        tier: tier_number(asset.tier),
        rate_source: Some(source_to_wire(&asset.source, asset.course.rate, view.bech32())),
        r: convert::wad(asset.course.rate),
        r_time: Some(convert::timestamp(asset.course.time)),
        r_window: asset.course.window.iter().map(past).collect(),
        q: convert::wad(asset.price.map_or(0, |q| q.price)),
        q_time: asset.price.map(|q| convert::timestamp(q.time)),
        depth_2pct: asset.depth.map_or(0, |(depth, _)| depth).to_string(),
        depth_time: asset.depth.map(|(_, at)| convert::timestamp(at)),
        haircut: convert::wad(asset.haircut),
        health: health_number(super::health(view, asset)?),
        cap_value: asset.cap_value.to_string(),
        flags: Some(flags_to_wire(asset.flags)),
        kind: kind_number(asset.kind),
        components: asset.components.iter().map(Denom::to_string).collect(),
        underlying_decimals: asset.underlying_decimals,
        conditions: Some(conditions(asset)),
        lister: asset.lister.map(|l| view.bech32().acc(&l)).unwrap_or_default(),
        bond: asset.bond.iter().next().map(convert::coin),
    })
}
