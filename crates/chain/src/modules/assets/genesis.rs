//! The whole state of the registry as a genesis section.
//!
//! An asset without a number was written by a person: it is listed as a vote would list it. One with a number is of an export and is
//! restored exactly.

use entente_kernel::num::Coins;
use entente_kernel::{Ctx, Error, Result, Timestamp, View};
use entente_proto::restake::assets::v1 as wire;

use super::math::{Course, Past};
use super::msg::{self, Listing};
use super::state::{ASSETS, Asset, Ceiling, Group, IDS, PARAMS, PAUSES, Pause, Price};
use super::{handle, params::Params, query};
use crate::invariants;
use crate::wire as convert;

/// # Errors
/// A refusal that names the field, or the invariant that the section does not meet.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    let params = match &genesis.params {
        Some(wire) => Params::from_wire(wire, ctx.bech32()).map_err(|e| e.wrap("restake.assets.params"))?,
        None => Params::default(),
    };
    PARAMS.save(ctx, &params)?;
    for (at, asset) in genesis.assets.iter().enumerate() {
        let listing = Listing::from_wire(asset, ctx.bech32());
        let placed = listing.and_then(|listing| match asset.id {
            0 => super::register(ctx, &listing).map(drop),
            id => restore(ctx, id, &listing, asset),
        });
        placed.map_err(|e| e.wrap(format!("restake.assets.assets[{at}]")))?;
    }
    if genesis.next_asset_id > IDS.peek(ctx)? {
        IDS.set(ctx, genesis.next_asset_id)?;
    }
    for pause in &genesis.pauses {
        let until = pause.until.as_ref().map(|t| convert::parse_timestamp(t, "pauses.until")).transpose()?;
        PAUSES.set(ctx, &msg::target(pause.target)?.key(), &Pause { until })?;
    }
    invariants::must_hold(ctx, "assets").map_err(|e| e.wrap("genesis: restake.assets"))
}

fn time(wire: &Option<prost_types::Timestamp>, field: &str) -> Result<Option<Timestamp>> {
    wire.as_ref().map(|t| convert::parse_timestamp(t, field)).transpose()
}

/// The zero time says that a vote confirmed the pause.
fn pause(wire: &Option<prost_types::Timestamp>, field: &str) -> Result<Option<Pause>> {
    Ok(time(wire, field)?.map(|at| Pause { until: Some(at).filter(|at| *at != Timestamp::NEVER) }))
}

fn restore(ctx: &mut Ctx, id: u64, listing: &Listing, wire: &wire::Asset) -> Result<()> {
    if super::by_denom(ctx, &listing.denom)?.is_some() || ASSETS.has(ctx, &id)? {
        return Err(super::error::ALREADY_LISTED.because(&listing.denom));
    }
    let conditions = wire.conditions.clone().unwrap_or_default();
    let past = |p: &wire::RatePoint| {
        let until = time(&p.time, "r_window.time")?.unwrap_or_default();
        Ok(Past { rate: convert::parse_wad(&p.rate, "r_window.rate")?, until })
    };
    let course = Course {
        rate: convert::parse_wad(&wire.r, "r")?,
        time: time(&wire.r_time, "r_time")?.unwrap_or(ctx.time()),
        window: wire.r_window.iter().map(past).collect::<Result<_>>()?,
        high_water: convert::parse_wad(&conditions.high_water, "conditions.high_water")?,
        watch_since: time(&conditions.watch_since, "conditions.watch_since")?,
    };
    super::math::check_rate(course.rate)?;
    let price = convert::parse_wad(&wire.q, "q")?;
    let depth = convert::parse_amount(&wire.depth_2pct, "depth_2pct")?;
    let ceiling = convert::parse_wad(&conditions.rate_ceiling, "conditions.rate_ceiling")?;
    let ceiling_pause = pause(&conditions.rate_ceiling_until, "conditions.rate_ceiling_until")?;
    let bond = wire.bond.as_ref().map(|c| Ok::<_, Error>(Coins::one(convert::parse_coin(c, "bond")?)?)).transpose()?;
    let lister = Some(&wire.lister).filter(|l| !l.is_empty()).map(|l| ctx.bech32().parse_acc(l)).transpose()?;
    let asset = Asset {
        id,
        denom: listing.denom.clone(),
        underlying: listing.underlying.clone(),
        decimals: listing.decimals,
        underlying_decimals: wire.underlying_decimals,
        issuer: listing.issuer.clone(),
        bridge_class: listing.bridge_class.clone(),
        kind: listing.kind,
        tier: listing.tier,
        source: listing.source.clone(),
        flags: listing.flags,
        cap_value: listing.cap_value,
        haircut: listing.haircut,
        components: listing.components.clone(),
        course,
        price: time(&wire.q_time, "q_time")?.map(|time| Price { price, time }),
        depth: time(&wire.depth_time, "depth_time")?.map(|time| (depth, time)),
        paused_by_price: conditions.paused_by_price,
        paused_by_vote: conditions.paused_by_vote,
        paused_by_guardian: pause(&conditions.paused_by_guardian, "conditions.paused_by_guardian")?,
        ceiling: ceiling_pause.map(|pause| Ceiling { rate: ceiling, pause }),
        impaired: conditions.impaired,
        dead: conditions.dead,
        lister,
        bond: bond.unwrap_or_default(),
    };
    super::math::Scale::new(asset.decimals, asset.underlying_decimals)?;
    let group = super::group(ctx, &asset.underlying)?;
    let mut group = group.unwrap_or(Group { decimals: asset.underlying_decimals, assets: 0 });
    if group.decimals != asset.underlying_decimals {
        return Err(super::error::INVALID_TERMS.because(format!("{} has two decimal places", asset.underlying)));
    }
    group.assets = group.assets.saturating_add(1);
    handle::save_new(ctx, &asset, &group)?;
    if id >= IDS.peek(ctx)? {
        IDS.set(ctx, id.saturating_add(1))?;
    }
    Ok(())
}

/// The whole state.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let assets = ASSETS.iter(view).map(|row| row.and_then(|(_, asset)| query::to_wire(view, &asset)));
    let pauses = PAUSES.iter(view).map(|row| row.map(|(key, pause)| query::pause_to_wire(key, &pause)));
    Ok(wire::GenesisState {
        params: Some(super::params(view)?.to_wire(view.bech32())),
        assets: assets.collect::<Result<_>>()?,
        next_asset_id: IDS.peek(view)?,
        pauses: pauses.collect::<Result<_>>()?,
    })
}
