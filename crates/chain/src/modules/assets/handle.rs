//! What the messages of the registry do.

use entente_kernel::num::{Coins, Denom, WAD};
use entente_kernel::{AccAddress, Ctx, Result, Timestamp};
use entente_proto::restake::assets::v1 as wire;

use super::math::{self, Course, Verdict};
use super::msg::{self, Action, HealthChange, Listing};
use super::query::target_to_wire;
use super::state::{
    ASSETS, Asset, BY_DENOM, Ceiling, GROUPS, Group, Health, IDS, Kind, OF_GROUP, PARAMS, PAUSES, Pause, Price, Source,
    TargetKind, Tier,
};
use super::{COMPONENTS_MAX, DEPTH_MAX, Market, error, event, params};
use crate::modules::{auth, staking};
use crate::wire as convert;

pub fn register_asset(ctx: &mut Ctx, m: msg::RegisterAsset) -> Result<wire::MsgRegisterAssetResponse> {
    let by_vote = m.authority == auth::authority();
    if !by_vote && (m.listing.tier != Tier::Listed || m.listing.flags != Default::default()) {
        let text = ctx.bech32().acc(&m.authority);
        return Err(error::NOT_ADMITTED.because(format!("{text} can list an asset, a vote admits it")));
    }
    if !by_vote && super::group(ctx, &m.listing.underlying)?.is_none() {
        return Err(error::UNKNOWN_GROUP.because(&m.listing.underlying));
    }
    let lister = if by_vote { None } else { Some(m.authority) };
    let asset_id = list(ctx, &m.listing, lister)?;
    Ok(wire::MsgRegisterAssetResponse { asset_id })
}

/// Lists an asset, for a bond if a person does.
pub fn list(ctx: &mut Ctx, listing: &Listing, lister: Option<AccAddress>) -> Result<u64> {
    if super::by_denom(ctx, &listing.denom)?.is_some() {
        return Err(error::ALREADY_LISTED.because(&listing.denom));
    }
    let mut group = super::group(ctx, &listing.underlying)?
        .unwrap_or_else(|| Group { decimals: listing.underlying_decimals.unwrap_or(listing.decimals), assets: 0 });
    check_terms(ctx, listing, &group)?;
    let bond = if lister.is_some() { params(ctx)?.listing_bond } else { Coins::empty() };
    if let Some(lister) = &lister {
        super::pay_bond(ctx, lister, &bond)?;
    }
    group.assets = group.assets.checked_add(1).ok_or_else(|| error::INVALID_TERMS.because("the group is full"))?;
    let asset = Asset {
        id: IDS.next(ctx)?,
        denom: listing.denom.clone(),
        underlying: listing.underlying.clone(),
        decimals: listing.decimals,
        underlying_decimals: group.decimals,
        issuer: listing.issuer.clone(),
        bridge_class: listing.bridge_class.clone(),
        kind: listing.kind,
        tier: listing.tier,
        source: listing.source.clone(),
        flags: listing.flags,
        cap_value: listing.cap_value,
        haircut: listing.haircut,
        components: listing.components.clone(),
        course: Course::new(listing.rate, ctx.time()),
        price: None,
        depth: None,
        paused_by_price: false,
        paused_by_vote: false,
        paused_by_guardian: None,
        ceiling: None,
        impaired: false,
        dead: false,
        lister,
        bond,
    };
    save_new(ctx, &asset, &group)?;
    ctx.emit(event::registered(&asset));
    Ok(asset.id)
}

/// Stores an asset with its indexes.
pub fn save_new(ctx: &mut Ctx, asset: &Asset, group: &Group) -> Result<()> {
    GROUPS.set(ctx, &asset.underlying, group)?;
    BY_DENOM.set(ctx, &asset.denom, &asset.id)?;
    OF_GROUP.set(ctx, &(asset.underlying.clone(), asset.id), &())?;
    ASSETS.set(ctx, &asset.id, asset)
}

/// What must be true of the terms, whoever lists the asset.
fn check_terms(ctx: &Ctx, listing: &Listing, group: &Group) -> Result<()> {
    let wrong = |text: String| Err(error::INVALID_TERMS.because(text));
    if listing.underlying_decimals.is_some_and(|d| d != group.decimals) {
        return wrong(format!("{} is counted with {} decimal places", listing.underlying, group.decimals));
    }
    math::Scale::new(listing.decimals, group.decimals)?;
    math::check_rate(listing.rate)?;
    let is_one = listing.source == Source::Static && listing.rate == WAD;
    if matches!(listing.kind, Kind::Voucher | Kind::Stable) && !is_one {
        return wrong(format!("{} is the underlying itself: its rate is static and 1", listing.denom));
    }
    if matches!(listing.source, Source::Push { ref channel, .. } if !channel.is_empty()) {
        return wrong("publishers on other chains are not heard yet".into());
    }
    if matches!(listing.source, Source::Proof { .. }) {
        return wrong("rates cannot be proved yet".into());
    }
    let made = matches!(listing.kind, Kind::Lp | Kind::Lrt);
    if made == listing.components.is_empty() || listing.components.len() > COMPONENTS_MAX {
        return wrong(format!("{} must have components if and only if it is made of coins", listing.denom));
    }
    check_components(ctx, listing)?;
    check_flags(ctx, listing)
}

/// Components are older than what is made of them, so no asset is made of itself.
fn check_components(ctx: &Ctx, listing: &Listing) -> Result<()> {
    for denom in &listing.components {
        if listing.components.iter().filter(|d| *d == denom).count() > 1 {
            return Err(error::INVALID_TERMS.because(format!("component {denom} is named twice")));
        }
        let Some(part) = super::by_denom(ctx, denom)? else {
            return Err(error::UNKNOWN_COMPONENT.because(denom));
        };
        super::holds(ctx, &part, DEPTH_MAX.saturating_sub(1), &|_| Ok(false))?;
    }
    Ok(())
}

fn check_flags(ctx: &Ctx, listing: &Listing) -> Result<()> {
    let bond = staking::bond_denom(ctx)?;
    let native = listing.denom == bond || super::is_native_group(ctx, &listing.underlying)?;
    let double = listing.kind == Kind::Lst && native;
    if listing.flags.alliance_ok && (double || listing.denom == bond) {
        return Err(error::DOUBLE_NATIVE.because(format!("{} cannot be an alliance asset", listing.denom)));
    }
    let made_of_lrt = listing.kind == Kind::Lrt || {
        let parts = listing.components.iter().map(|d| super::must_by_denom(ctx, d));
        let is_lrt = |part: Result<Asset>| super::holds(ctx, &part?, DEPTH_MAX, &|a| Ok(a.kind == Kind::Lrt));
        parts.map(is_lrt).collect::<Result<Vec<_>>>()?.contains(&true)
    };
    if listing.flags.basket_ok && made_of_lrt {
        return Err(error::RECURSION.because(format!("{} cannot enter a basket", listing.denom)));
    }
    Ok(())
}

/// Changes tier and limits; the bond of whoever listed the asset goes back when it is admitted.
pub fn set_asset_tier(ctx: &mut Ctx, m: msg::SetAssetTier) -> Result<wire::MsgSetAssetTierResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let mut asset = super::must_asset(ctx, m.asset)?;
    let too_high = (m.flags.basket_ok && m.tier != Tier::Basket) || (m.flags.alliance_ok && m.tier == Tier::Listed);
    if too_high {
        return Err(error::NOT_ADMITTED.because(format!("{}: a flag needs a higher tier", asset.denom)));
    }
    (asset.tier, asset.flags, asset.cap_value, asset.haircut) = (m.tier, m.flags, m.cap_value, m.haircut);
    if m.flags.alliance_ok {
        super::check_alliance(ctx, &asset.denom)?;
    }
    if m.flags.basket_ok {
        super::check_basket(ctx, &asset)?;
    }
    if m.tier != Tier::Listed {
        super::return_bond(ctx, &mut asset)?;
    }
    ASSETS.set(ctx, &asset.id, &asset)?;
    ctx.emit(event::tier_set(&asset));
    Ok(wire::MsgSetAssetTierResponse {})
}

pub fn publish_rate(ctx: &mut Ctx, m: msg::PublishRate) -> Result<wire::MsgPublishRateResponse> {
    let asset = super::must_asset(ctx, m.asset)?;
    let may =
        matches!(&asset.source, Source::Push { publisher, channel } if *publisher == m.publisher && channel.is_empty());
    if !may {
        return Err(error::NOT_THE_PUBLISHER.because(&asset.denom));
    }
    let at = m.time.unwrap_or(ctx.time());
    let verdict = accept(ctx, asset, m.rate, at)?;
    Ok(wire::MsgPublishRateResponse { rate: convert::wad(verdict.rate) })
}

/// Takes a report of a rate under the guards, and tells what it did to the condition of the asset.
pub fn accept(ctx: &mut Ctx, mut asset: Asset, reported: u128, at: Timestamp) -> Result<Verdict> {
    let (now, params) = (ctx.time(), params(ctx)?);
    let before = asset.health(now, &params);
    let verdict = asset.course.accept(reported, at, now, asset.ceiling_at(now), &params)?;
    asset.impaired |= verdict.impaired;
    if let Some(price) = asset.price {
        asset.paused_by_price |= math::is_below_parity(price.price, asset.course.rate, &params)?;
    }
    ASSETS.set(ctx, &asset.id, &asset)?;
    ctx.emit(event::rate_accepted(&asset, reported, at, &verdict));
    let reason = if verdict.watch_ended { "a second report agreed" } else { "report of a rate" };
    tell_health(ctx, &asset, before, reason)?;
    Ok(verdict)
}

fn tell_health(ctx: &mut Ctx, asset: &Asset, before: Health, reason: &str) -> Result<()> {
    let health = asset.health(ctx.time(), &params(ctx)?);
    if health != before {
        ctx.emit(event::health_changed(asset, before, health, reason));
    }
    Ok(())
}

pub fn report_market(ctx: &mut Ctx, denom: &Denom, market: &Market) -> Result<()> {
    let Some(mut asset) = super::by_denom(ctx, denom)? else { return Ok(()) };
    let (now, params) = (ctx.time(), params(ctx)?);
    let is_newer = asset.price.is_none_or(|old| market.time > old.time) && market.time <= now;
    if !is_newer || market.price == 0 {
        return Ok(());
    }
    let before = asset.health(now, &params);
    asset.price = Some(Price { price: market.price, time: market.time });
    asset.depth = Some((market.depth, market.time));
    let below = math::is_below_parity(market.price, asset.course.rate, &params)?;
    let fresh = now.since(market.time) <= params.price_age_max;
    asset.paused_by_price = below || (asset.paused_by_price && !fresh);
    ASSETS.set(ctx, &asset.id, &asset)?;
    ctx.emit(event::market_reported(&asset, market.price, market.depth));
    tell_health(ctx, &asset, before, "report of a price")
}

/// What the guardian does holds for its term. It cannot be made longer before it ends: that needs a vote.
pub fn tighten(ctx: &mut Ctx, m: msg::Tighten) -> Result<wire::MsgTightenResponse> {
    let (now, params) = (ctx.time(), params(ctx)?);
    if params.guardian != Some(m.guardian) {
        return Err(error::NOT_THE_GUARDIAN.because(ctx.bech32().acc(&m.guardian)));
    }
    let pause = Pause { until: Some(now.plus(params.guardian_term)) };
    let kept = |old: Option<Pause>| old.filter(|p| p.holds(now)).unwrap_or(pause);
    let held = match (m.target.kind, m.action) {
        (TargetKind::Asset, Action::PauseDeposits) => {
            let mut asset = super::must_asset(ctx, m.target.id)?;
            let before = asset.health(now, &params);
            let held = kept(asset.paused_by_guardian);
            asset.paused_by_guardian = Some(held);
            ASSETS.set(ctx, &asset.id, &asset)?;
            tell_health(ctx, &asset, before, "paused by the guardian")?;
            held
        }
        (TargetKind::Asset, Action::FreezeRate(rate)) => {
            let mut asset = super::must_asset(ctx, m.target.id)?;
            if rate > asset.course.rate {
                return Err(error::RATE_OUT_OF_BOUNDS.because("a rate can only be frozen downwards"));
            }
            let held = kept(asset.ceiling.map(|c| c.pause));
            let before = asset.health(now, &params);
            asset.ceiling = Some(Ceiling { rate, pause: held });
            let verdict = asset.course.lower(rate, now, &params)?;
            asset.impaired |= verdict.impaired;
            ASSETS.set(ctx, &asset.id, &asset)?;
            ctx.emit(event::rate_accepted(&asset, rate, now, &verdict));
            tell_health(ctx, &asset, before, "rate frozen by the guardian")?;
            held
        }
        (TargetKind::Vault | TargetKind::Service, Action::PauseDeposits) => {
            let held = kept(PAUSES.get(ctx, &m.target.key())?);
            PAUSES.set(ctx, &m.target.key(), &held)?;
            held
        }
        (_, Action::FreezeRate(_)) => return Err(error::INVALID_TARGET.because("only assets have rates")),
    };
    let until = held.until.unwrap_or(Timestamp::MAX);
    ctx.emit(event::tightened(target_to_wire(&m.target), action_to_wire(m.action), until));
    Ok(wire::MsgTightenResponse { until: Some(convert::timestamp(until)) })
}

fn action_to_wire(action: Action) -> wire::TightenAction {
    match action {
        Action::PauseDeposits => {
            wire::TightenAction { kind: wire::TightenKind::PauseDeposits.into(), rate: convert::wad(0) }
        }
        Action::FreezeRate(rate) => {
            wire::TightenAction { kind: wire::TightenKind::FreezeRate.into(), rate: convert::wad(rate) }
        }
    }
}

pub fn relax(ctx: &mut Ctx, m: msg::Relax) -> Result<wire::MsgRelaxResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let after = |old: Option<Pause>| old.filter(|_| m.confirm).map(|_| Pause { until: None });
    if m.target.kind == TargetKind::Asset {
        let mut asset = super::must_asset(ctx, m.target.id)?;
        let before = asset.health(ctx.time(), &params(ctx)?);
        asset.paused_by_guardian = after(asset.paused_by_guardian);
        let pause = after(asset.ceiling.map(|c| c.pause));
        asset.ceiling = asset.ceiling.and_then(|c| Some(Ceiling { pause: pause?, ..c }));
        ASSETS.set(ctx, &asset.id, &asset)?;
        tell_health(ctx, &asset, before, "vote on what the guardian did")?;
    } else {
        match after(PAUSES.get(ctx, &m.target.key())?) {
            Some(pause) => PAUSES.set(ctx, &m.target.key(), &pause)?,
            None => PAUSES.remove(ctx, &m.target.key())?,
        }
    }
    ctx.emit(event::relaxed(target_to_wire(&m.target), m.confirm));
    Ok(wire::MsgRelaxResponse {})
}

/// What a vote says of an asset. Nothing brings a dead asset back.
pub fn set_health(ctx: &mut Ctx, m: msg::SetHealth) -> Result<wire::MsgSetHealthResponse> {
    auth::check_authority(ctx, &m.authority)?;
    let mut asset = super::must_asset(ctx, m.asset)?;
    if asset.dead {
        return Err(error::NOT_HEALTHY.because(format!("{} was written off", asset.denom)));
    }
    let before = asset.health(ctx.time(), &params(ctx)?);
    let reason = match m.change {
        HealthChange::Pause => {
            asset.paused_by_vote = true;
            "paused by vote"
        }
        HealthChange::LiftPause => {
            (asset.paused_by_vote, asset.paused_by_guardian) = (false, None);
            "pause lifted by vote"
        }
        HealthChange::EndWatch => {
            (asset.course.watch_since, asset.course.high_water) = (None, 0);
            "watch ended by vote"
        }
        HealthChange::Impair => {
            asset.impaired = true;
            "impaired by vote"
        }
        HealthChange::EndImpaired => {
            asset.impaired = false;
            "no longer impaired, by vote"
        }
        HealthChange::WriteOff => {
            asset.dead = true;
            "written off by vote"
        }
    };
    ASSETS.set(ctx, &asset.id, &asset)?;
    tell_health(ctx, &asset, before, reason)?;
    Ok(wire::MsgSetHealthResponse {})
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    PARAMS.save(ctx, &m.params)?;
    ctx.emit(event::params_updated());
    Ok(wire::MsgUpdateParamsResponse {})
}
