//! The rules of the registry on a real state, and the vectors of the specification.

mod random;

use entente_kernel::num::{Dec, Denom, Int, WAD};
use entente_kernel::{Span, Timestamp};
use entente_proto::alliance::alliance::MsgCreateAlliance;
use entente_proto::restake::assets::v1 as wire;

use super::math::Course;
use super::state::{Asset, Flags, Kind, Source, Target, TargetKind, Tier};
use super::{Health, Listing, Market, Params, Scale};
use crate::modules::{assets, auth};
use crate::world::{World, kinds, user};

const VECTORS: &str = include_str!("vectors.txt");

/// A decimal text in steps of 10^-18.
pub fn wad(text: &str) -> u128 {
    text.parse::<Dec>().unwrap().to_scaled_string().parse().unwrap()
}

fn course(rate: u128) -> Course {
    Course::new(rate, Timestamp::from_secs(0))
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

#[test]
fn the_vectors_of_the_specification_hold() {
    let params = Params::default();
    let same = Scale::new(6, 6).unwrap();
    let mut seen = 0;
    for line in VECTORS.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let (words, wanted) = line.split_once(" = ").unwrap();
        let words: Vec<&str> = words.split(' ').collect();
        let got = match words[..] {
            ["value", _, amount, rate] => same.value_floor(amount.parse().unwrap(), wad(rate)).unwrap().to_string(),
            ["deposit", _, amount, rate, price] => {
                same.value_floor(amount.parse().unwrap(), wad(rate).min(wad(price))).unwrap().to_string()
            }
            ["held", _, amount, rate, grown] => {
                let high = (wad(rate) * wad(grown)).div_ceil(WAD);
                same.value_ceil(amount.parse().unwrap(), high).unwrap().to_string()
            }
            ["push", _, rate, hours, report] => {
                let mut course = course(wad(rate));
                let now = at(hours.parse::<i64>().unwrap() * 3_600);
                course.accept(wad(report), now, now, None, &params).unwrap();
                assert_eq!(course.rate, wad(wanted), "{line}");
                seen += 1;
                continue;
            }
            _ => panic!("unknown vector: {line}"),
        };
        assert_eq!(got, wanted, "{line}");
        seen += 1;
    }
    assert_eq!(seen, 13);
}

fn gov(w: &World) -> String {
    w.ctx.bech32().acc(&auth::authority())
}

fn listing(denom: &str, kind: Kind, source: Source, rate: &str) -> Listing {
    Listing {
        denom: Denom::new(denom).unwrap(),
        underlying: "ATOM".into(),
        decimals: 6,
        underlying_decimals: Some(6),
        issuer: "issuer".into(),
        bridge_class: "ibc".into(),
        kind,
        tier: Tier::Basket,
        source,
        rate: wad(rate),
        flags: Flags { alliance_ok: true, basket_ok: true, collateral_ok: false },
        cap_value: 0,
        haircut: 0,
        components: Vec::new(),
    }
}

fn push() -> Source {
    Source::Push { publisher: user(101), channel: String::new() }
}

/// A world with ATOM itself, and one staking token of it whose rate account 101 publishes: asset 2.
fn world() -> World {
    let mut w = World::with(&[1_000_000_000], |_| {});
    let params = Params { guardian: Some(user(102)), ..Params::default() };
    super::state::PARAMS.save(&mut w.ctx, &params).unwrap();
    assets::register(&mut w.ctx, &listing("uatom", Kind::Voucher, Source::Static, "1")).unwrap();
    assets::register(&mut w.ctx, &listing("stuatom", Kind::Lst, push(), "1.3")).unwrap();
    w.block();
    w
}

fn publish(w: &World, rate: &str) -> wire::MsgPublishRate {
    wire::MsgPublishRate { publisher: w.acc(101), asset_id: 2, rate: wad(rate).to_string(), time: None }
}

fn asset(w: &World) -> Asset {
    assets::must_asset(&w.ctx, 2).unwrap()
}

fn health(w: &World) -> Health {
    assets::health(&w.ctx, &asset(w)).unwrap()
}

#[test]
fn only_the_registered_publisher_brings_a_rate_and_growth_is_clamped() {
    let mut w = world();
    let mut foreign = publish(&w, "1.3");
    foreign.publisher = w.acc(103);
    assert_eq!(w.refused(&foreign), "assets 11");
    w.after(3_590);
    let events = w.send(&publish(&w, "1.31")).unwrap();
    assert_eq!(kinds(&events), ["restake.assets.v1.EventRateAccepted"]);
    // 3600 seconds since the listing at 1.3: 1.3 x 10^-4.
    assert_eq!(asset(&w).rate(), wad("1.30013"));
    assert_eq!(w.refused(&publish(&w, "1.31")), "assets 12", "one report per block");
}

#[test]
fn a_report_of_the_future_or_out_of_bounds_is_refused() {
    let mut w = world();
    let later = w.ctx.time().plus(Span::from_secs(1));
    let mut message = publish(&w, "1.3");
    message.time = Some(crate::wire::timestamp(later));
    assert_eq!(w.refused(&message), "assets 12");
    assert_eq!(w.refused(&publish(&w, "0")), "assets 10");
    assert_eq!(w.refused(&publish(&w, "0.0009")), "assets 10");
    assert_eq!(w.refused(&publish(&w, "1000001")), "assets 10");
}

#[test]
fn a_fall_holds_at_once_and_watch_ends_by_a_second_report_that_agrees_never_by_time() {
    let mut w = world();
    w.after(3_600);
    w.send(&publish(&w, "1.05")).unwrap();
    assert_eq!((asset(&w).rate(), health(&w)), (wad("1.05"), Health::Watch));
    assert!(assets::blocks_basket(&w.ctx, &asset(&w)).unwrap());
    // The vault's side still counts the rate before the fall.
    assert!(assets::pricing(&w.ctx, &asset(&w)).unwrap().r_hi >= wad("1.3"));
    w.after(10 * 86_400);
    assert_eq!(health(&w), Health::Watch, "time alone does not end it");
    w.send(&publish(&w, "1.3")).unwrap();
    assert_eq!((asset(&w).rate(), health(&w)), (wad("1.3"), Health::Watch), "recovery up to the rate before");
    w.after(1_800);
    w.send(&publish(&w, "1.3")).unwrap();
    assert_eq!(health(&w), Health::Watch, "too early");
    w.after(1_900);
    w.send(&publish(&w, "1.3")).unwrap();
    assert_eq!(health(&w), Health::Normal);
}

#[test]
fn small_falls_one_after_another_are_measured_against_the_highest_rate_of_the_window() {
    let mut w = world();
    w.after(600);
    w.send(&publish(&w, "1.2976")).unwrap();
    assert_eq!(health(&w), Health::Normal, "0.18 percent");
    w.after(600);
    w.send(&publish(&w, "1.2952")).unwrap();
    assert_eq!(health(&w), Health::Watch, "0.37 percent of 1.3");
}

#[test]
fn a_fall_beyond_the_limit_impairs_until_a_vote() {
    let mut w = world();
    w.after(600);
    w.send(&publish(&w, "1.03")).unwrap();
    assert_eq!(health(&w), Health::Impaired);
    let vote = |w: &World, change: wire::HealthChange| wire::MsgSetHealth {
        authority: gov(w),
        asset_id: 2,
        change: change.into(),
    };
    w.send(&vote(&w, wire::HealthChange::EndImpaired)).unwrap();
    assert_eq!(health(&w), Health::Watch);
    w.send(&vote(&w, wire::HealthChange::EndWatch)).unwrap();
    assert_eq!(health(&w), Health::Normal);
    w.send(&vote(&w, wire::HealthChange::WriteOff)).unwrap();
    assert_eq!(health(&w), Health::Dead);
    assert_eq!(w.refused(&vote(&w, wire::HealthChange::EndImpaired)), "assets 5", "for good");
    let mut mine = vote(&w, wire::HealthChange::Pause);
    mine.authority = w.acc(101);
    assert_eq!(w.refused(&mine), "gov 13");
}

#[test]
fn a_price_below_parity_pauses_the_asset_and_only_a_fresh_price_lifts_it() {
    let mut w = world();
    let denom = Denom::new("stuatom").unwrap();
    let market = |w: &World, price: &str, age: i64| Market {
        price: wad(price),
        depth: 1_000,
        time: w.ctx.time().plus(Span::from_secs(-age)),
    };
    let report = |w: &mut World, price: &str, age: i64| {
        let m = market(w, price, age);
        assets::report_market(&mut w.ctx, &denom, &m).unwrap();
    };
    report(&mut w, "1.2869", 0);
    assert_eq!(health(&w), Health::Paused);
    assert!(!assets::blocks_basket(&w.ctx, &asset(&w)).unwrap(), "others can be deposited");
    assert_eq!(assets::pricing(&w.ctx, &asset(&w)).unwrap().r_lo, wad("1.2869"));
    w.after(86_400);
    report(&mut w, "1.3", 21_700);
    assert_eq!(health(&w), Health::Paused, "that price is six hours old");
    report(&mut w, "1.287", 0);
    assert_eq!(health(&w), Health::Normal, "exactly one percent below");
}

#[test]
fn a_deposit_needs_a_young_rate_the_basket_tier_and_a_normal_condition() {
    let mut w = world();
    let why = |w: &World| match assets::check_deposit(&w.ctx, &asset(w)) {
        Err(entente_kernel::Error::Refusal(r)) => r.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(assets::check_deposit(&w.ctx, &asset(&w)), Ok(()));
    w.after(21_601);
    assert_eq!(why(&w), 6);
    let caps = wire::AssetCaps { cap_value: "1000".into(), ..Default::default() };
    let tier = wire::MsgSetAssetTier { authority: gov(&w), asset_id: 2, tier: 1, caps: Some(caps) };
    w.send(&tier).unwrap();
    assert_eq!(why(&w), 7);
    assert_eq!(assets::deposit_cap(&asset(&w)), Some(100), "a tenth while there is no price");
}

#[test]
fn the_guardian_pauses_and_lowers_for_its_term_and_a_vote_confirms_or_ends_it() {
    let mut w = world();
    let target = |kind: wire::TargetKind, id| Some(wire::TightenTarget { kind: kind.into(), id });
    let action = |kind: wire::TightenKind, rate: &str| {
        Some(wire::TightenAction { kind: kind.into(), rate: wad(rate).to_string() })
    };
    let pause = |w: &World, n: u8| wire::MsgTighten {
        guardian: w.acc(n),
        target: target(wire::TargetKind::Asset, 2),
        action: action(wire::TightenKind::PauseDeposits, "0"),
    };
    assert_eq!(w.refused(&pause(&w, 101)), "assets 13");
    w.send(&pause(&w, 102)).unwrap();
    assert_eq!(health(&w), Health::Paused);
    w.after(1_209_600 - 10);
    w.send(&pause(&w, 102)).unwrap();
    w.after(10);
    assert_eq!(health(&w), Health::Normal, "a second message did not make it longer");
    w.send(&pause(&w, 102)).unwrap();
    let relax =
        |w: &World, confirm| wire::MsgRelax { authority: gov(w), target: target(wire::TargetKind::Asset, 2), confirm };
    w.send(&relax(&w, true)).unwrap();
    w.after(5_000_000);
    assert_eq!(health(&w), Health::Paused, "confirmed");
    w.send(&relax(&w, false)).unwrap();
    assert_eq!(health(&w), Health::Normal);

    let mut freeze = pause(&w, 102);
    freeze.action = action(wire::TightenKind::FreezeRate, "1.31");
    assert_eq!(w.refused(&freeze), "assets 10", "not upwards");
    freeze.action = action(wire::TightenKind::FreezeRate, "1.299");
    w.send(&freeze).unwrap();
    assert_eq!(health(&w), Health::Watch, "baskets wait while a rate is held down");
    w.send(&publish(&w, "1.3")).unwrap_err();
    w.after(3_600);
    w.send(&publish(&w, "1.3")).unwrap();
    assert_eq!(asset(&w).rate(), wad("1.299"), "no report lifts it");
    w.send(&relax(&w, false)).unwrap();
    w.after(3_600);
    w.send(&publish(&w, "1.2991")).unwrap();
    assert_eq!((asset(&w).rate(), health(&w)), (wad("1.2991"), Health::Normal));

    let vault = Target { kind: TargetKind::Vault, id: 7 };
    let mut other = pause(&w, 102);
    other.target = target(wire::TargetKind::Vault, 7);
    assert!(!assets::is_paused(&w.ctx, &vault).unwrap());
    w.send(&other).unwrap();
    assert!(assets::is_paused(&w.ctx, &vault).unwrap());
    w.after(1_209_600);
    assert!(!assets::is_paused(&w.ctx, &vault).unwrap());
}

#[test]
fn anybody_lists_an_asset_for_a_bond_that_comes_back_with_the_admission() {
    let mut w = world();
    let terms = |denom: &str, underlying: &str, tier: i32| wire::Asset {
        denom: denom.into(),
        underlying: underlying.into(),
        decimals: 6,
        issuer: "me".into(),
        kind: wire::AssetKind::Lst.into(),
        tier,
        rate_source: Some(wire::RateSource {
            kind: wire::RateKind::Static.into(),
            rate: wad("1.1").to_string(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let list = |w: &World, asset: wire::Asset| wire::MsgRegisterAsset { authority: w.acc(103), asset: Some(asset) };
    assert_eq!(w.refused(&list(&w, terms("xatom", "ATOM", 1))), "assets 7", "only tier 0");
    assert_eq!(w.refused(&list(&w, terms("xatom", "OTHER", 0))), "assets 15", "a vote opens groups");
    assert_eq!(w.refused(&list(&w, terms("stuatom", "ATOM", 0))), "assets 3");
    let before = w.balance(103);
    w.send(&list(&w, terms("xatom", "ATOM", 0))).unwrap();
    assert_eq!(before.sub(w.balance(103)).unwrap(), Int::from_u64(1_000_000_000));
    w.block();
    let admit = wire::MsgSetAssetTier { authority: gov(&w), asset_id: 3, tier: 1, caps: None };
    w.send(&admit).unwrap();
    assert_eq!(w.balance(103), before);
    w.block();
}

#[test]
fn what_holds_a_restaking_token_never_enters_a_basket() {
    let mut w = world();
    let mut lrt = listing("lrt/1", Kind::Lrt, Source::Local, "1");
    (lrt.components, lrt.flags) = (vec![Denom::new("stuatom").unwrap()], Flags::default());
    assets::register(&mut w.ctx, &lrt).unwrap();
    let mut lp = listing("lp/1", Kind::Lp, Source::Local, "1");
    lp.components = vec![Denom::new("lrt/1").unwrap(), Denom::new("uatom").unwrap()];
    let refused = assets::register(&mut w.ctx, &lp).unwrap_err();
    assert!(refused.is(super::error::RECURSION), "{refused}");
    lp.flags.basket_ok = false;
    let id = assets::register(&mut w.ctx, &lp).unwrap();
    let flags = Some(wire::AssetFlags { basket_ok: true, ..Default::default() });
    let caps = Some(wire::AssetCaps { flags, ..Default::default() });
    let admit = wire::MsgSetAssetTier { authority: gov(&w), asset_id: id, tier: 2, caps };
    assert_eq!(w.refused(&admit), "assets 8");
    let mut unknown = listing("lp/2", Kind::Lp, Source::Local, "1");
    unknown.components = vec![Denom::new("nobody").unwrap()];
    assert!(assets::register(&mut w.ctx, &unknown).unwrap_err().is(super::error::UNKNOWN_COMPONENT));
}

#[test]
fn a_staking_token_of_the_native_coin_and_what_is_made_of_it_is_no_alliance_asset() {
    let mut w = world();
    let native = |denom: &str, kind, source| {
        let mut l = listing(denom, kind, source, "1");
        (l.underlying, l.flags.alliance_ok) = ("ENTE".into(), false);
        l
    };
    assets::register(&mut w.ctx, &native("uente", Kind::Voucher, Source::Static)).unwrap();
    assets::register(&mut w.ctx, &native("stk/uente", Kind::Lst, Source::Local)).unwrap();
    let mut lp = native("lp/9", Kind::Lp, Source::Local);
    lp.components = vec![Denom::new("stk/uente").unwrap(), Denom::new("uatom").unwrap()];
    assets::register(&mut w.ctx, &lp).unwrap();
    let mut plain = native("lp/10", Kind::Lp, Source::Local);
    plain.components = vec![Denom::new("uente").unwrap(), Denom::new("uatom").unwrap()];
    assets::register(&mut w.ctx, &plain).unwrap();
    let create = |w: &World, denom: &str| MsgCreateAlliance {
        authority: gov(w),
        denom: denom.into(),
        reward_weight: wad("0.1").to_string(),
        take_rate: "0".into(),
        reward_change_rate: wad("1").to_string(),
        reward_change_interval: Some(prost_types::Duration::default()),
        reward_weight_range: Some(entente_proto::alliance::alliance::RewardWeightRange {
            min: "0".into(),
            max: wad("1").to_string(),
        }),
    };
    assert_eq!(w.refused(&create(&w, "stk/uente")), "assets 9");
    assert_eq!(w.refused(&create(&w, "lp/9")), "assets 9");
    w.send(&create(&w, "lp/10")).unwrap();
    w.send(&create(&w, "stuatom")).unwrap();
    w.send(&create(&w, "never/heard")).unwrap();
}

#[test]
fn the_state_goes_through_an_export_unchanged() {
    let mut w = world();
    w.after(600);
    w.send(&publish(&w, "1.2")).unwrap();
    w.after(600);
    w.send(&publish(&w, "1.19")).unwrap();
    let denom = Denom::new("stuatom").unwrap();
    let time = w.ctx.time();
    assets::report_market(&mut w.ctx, &denom, &Market { price: wad("1.1"), depth: 77, time }).unwrap();
    let target = Some(wire::TightenTarget { kind: wire::TargetKind::Service.into(), id: 3 });
    let action = Some(wire::TightenAction { kind: wire::TightenKind::PauseDeposits.into(), rate: String::new() });
    w.send(&wire::MsgTighten { guardian: w.acc(102), target, action }).unwrap();
    let exported = super::genesis::export(&w.ctx).unwrap();
    let mut again = World::new(&[1_000_000_000]);
    super::genesis::init(&mut again.ctx, exported.clone()).unwrap();
    again.ctx.env_mut().time = w.ctx.time();
    assert_eq!(super::genesis::export(&again.ctx).unwrap(), exported);
    assert_eq!(assets::must_asset(&again.ctx, 2).unwrap(), asset(&w));
}

#[test]
fn a_chain_without_a_section_has_nothing_to_export() {
    let w = World::new(&[1_000_000_000]);
    assert!(!assets::is_used(&w.ctx).unwrap());
    let exported = crate::genesis::export(&w.ctx).unwrap();
    assert!(exported.get("restake.assets").is_none());
}

#[test]
fn queries_answer_by_number_by_denom_and_by_group() {
    let mut w = world();
    let q = |w: &mut World, denom: &str| -> wire::QueryAssetResponse {
        w.ask("/restake.assets.v1.Query/AssetByDenom", &wire::QueryAssetByDenomRequest { denom: denom.into() }).unwrap()
    };
    let found = q(&mut w, "stuatom").asset.unwrap();
    assert_eq!((found.id, found.r.as_str()), (2, "1300000000000000000"));
    let all: wire::QueryAssetsResponse = w
        .ask(
            "/restake.assets.v1.Query/Assets",
            &wire::QueryAssetsRequest { underlying: "ATOM".into(), pagination: None },
        )
        .unwrap();
    assert_eq!(all.assets.len(), 2);
    let rate: wire::QueryRateResponse =
        w.ask("/restake.assets.v1.Query/Rate", &wire::QueryRateRequest { asset_id: 2 }).unwrap();
    assert!(rate.depositable && rate.reason.is_empty());
    w.after(30_000);
    let rate: wire::QueryRateResponse =
        w.ask("/restake.assets.v1.Query/Rate", &wire::QueryRateRequest { asset_id: 2 }).unwrap();
    assert!(!rate.depositable && rate.reason.contains("old"), "{}", rate.reason);
    // 30005 + 5 seconds at 25 percent a year, rounded up.
    let grown = wad("1.3") + (wad("1.3") * 25 * 30_010).div_ceil(100 * 365 * 86_400);
    assert_eq!(rate.r_hi, grown.to_string());
    let missing = w
        .ask::<_, wire::QueryAssetResponse>("/restake.assets.v1.Query/Asset", &wire::QueryAssetRequest { asset_id: 9 });
    assert!(missing.is_err());
}
