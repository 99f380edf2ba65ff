//! From a new pool to the coins back in hand.

use entente_kernel::Timestamp;

use super::super::math::LOCKED_SHARES;
use super::*;

#[test]
fn a_pool_is_made_joined_swapped_against_and_left() {
    let mut net = Net::with_pools();
    let pool = net.pool(1);
    let made = net.held(101, "lp/1");
    assert_eq!(pool.shares, made + LOCKED_SHARES, "some shares are nobody's");
    assert_eq!(pool.shares / 1_000_000, 10_000 * G, "a million shares for a unit of ATOM");
    let fee = bank::balance(&net.w.ctx, &ModuleAccount::DISTRIBUTION.address(), &denom("uente")).unwrap();
    assert_eq!(fee, Int::from(200_000_000_u64), "the community pool has the fees of two pools");

    let got = net.swap(102, (STATOM, 10 * G), &[(1, ATOM)]).unwrap();
    let par = 10 * G * 125 / 100;
    assert!(got < par - par / 2_500 && got > par - par / 1_000, "{got} of {par}, less the fee of 0.04%");
    let shares = net.join(103, 1, &[(STATOM, 40 * G), (ATOM, 50 * G)]).unwrap();
    let (st, atom) = (net.held(103, STATOM), net.held(103, ATOM));
    net.exit(103, 1, shares).unwrap();
    assert_eq!(net.held(103, "lp/1"), 0);
    let back = [(net.held(103, STATOM) - st) * 125 / 100, net.held(103, ATOM) - atom];
    let value = back[0] + back[1];
    assert!(value <= 100 * G && value + G / 1_000 > 100 * G, "{value} of a nearly proportional join");
    net.w.check();
    // Everybody leaves but the locked shares: the pool lives on.
    net.exit(101, 1, made).unwrap();
    assert_eq!(net.pool(1).shares, LOCKED_SHARES);
    assert!(net.pool(1).parts.iter().all(|part| part.reserve > 0));
    net.swap(102, (ATOM, 3), &[(1, STATOM)]).unwrap();
    net.w.block();
}

#[test]
fn a_route_goes_through_several_pools_and_a_preview_is_what_the_swap_pays() {
    let mut net = Net::with_pools();
    let request =
        wire::QueryPreviewSwapRequest { pool: 1, coin_in: format!("{}{STATOM}", 7 * G), denom_out: ATOM.into() };
    let told: wire::QueryPreviewSwapResponse = net.w.ask("/restake.pools.v1.Query/PreviewSwap", &request).unwrap();
    let first: u128 = told.coin_out.unwrap().amount.parse().unwrap();
    let impact: u128 = told.price_impact.parse().unwrap();
    assert!((WAD / 2_500..WAD / 1_000).contains(&impact), "{impact}: the fee and a little more");
    let request = wire::QueryPreviewSwapRequest { pool: 2, coin_in: format!("{first}{ATOM}"), denom_out: OTHER.into() };
    let told: wire::QueryPreviewSwapResponse = net.w.ask("/restake.pools.v1.Query/PreviewSwap", &request).unwrap();
    let second: u128 = told.coin_out.unwrap().amount.parse().unwrap();
    let atom = net.held(104, ATOM);
    assert_eq!(net.swap(104, (STATOM, 7 * G), &[(1, ATOM), (2, OTHER)]).unwrap(), second);
    assert_eq!(net.held(104, ATOM), atom, "what is in between stays in between");
    // In a pool of 80:20 the price is (1,000 / 80) to (500 / 20).
    assert!(second < first / 2 && second > first / 2 - first / 50, "{second} for {first}");
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let mut net = Net::with_pools();
    let both = [(STATOM, G, 0), (ATOM, G, 0)];
    for (message, code) in [
        (net.create_message(102, 100, &[(STATOM, G, 0)], 0), "pools 3"),
        (net.create_message(102, 100, &[(STATOM, G, 0), (STATOM, G, 0)], 0), "pools 3"),
        (net.create_message(102, 0, &[(STATOM, G, 50), (ATOM, G, 49)], 0), "pools 3"),
        (net.create_message(102, 100, &[(STATOM, G, 50), (ATOM, G, 50)], 0), "pools 3"),
        (net.create_message(102, 20_000, &both, 0), "pools 3"),
        (net.create_message(102, 100, &both, WAD / 10), "pools 3"),
        (net.create_message(102, 100, &[(OTHER, G, 0), (ATOM, G, 0)], 0), "pools 3"),
        (net.create_message(102, 100, &[(STATOM, 999_999, 0), (ATOM, G, 0)], 0), "pools 7"),
        (net.create_message(102, 0, &[(STATOM, 1 << 120, 50), (ATOM, G, 50)], 0), "pools 8"),
        (net.create_message(102, 0, &[("lp/3", G, 50), (ATOM, G, 50)], 0), "pools 3"),
        (net.create_message(107, 100, &both, 0), "sdk 5"),
    ] {
        assert_eq!(net.w.refused(&message), code, "{message:?}");
    }
    let mut late = net.swap_message(102, (ATOM, G), &[(1, STATOM)]);
    late.deadline = Some(prost_types::Timestamp { seconds: net.w.ctx.time().secs - 1, nanos: 0 });
    assert_eq!(net.w.refused(&late), "pools 10");
    let mut dear = net.swap_message(102, (ATOM, G), &[(1, STATOM)]);
    dear.min_out = G.to_string();
    assert_eq!(net.w.refused(&dear), "pools 9");
    for (route, code) in
        [(&[(9, STATOM)][..], "pools 2"), (&[(2, STATOM)], "pools 4"), (&[(1, ATOM)], "pools 11"), (&[], "pools 11")]
    {
        let message = net.swap_message(102, (ATOM, G), route);
        assert_eq!(net.w.refused(&message), code, "{route:?}");
    }
    assert!(net.join(102, 1, &[(OTHER, G)]).unwrap_err().to_string().contains("coin is not in the pool"));
    assert!(net.exit(102, 1, 5).is_err(), "nobody leaves with shares that they do not have");
    assert!(net.swap(102, (ATOM, 1), &[(2, OTHER)]).unwrap_err().to_string().contains("amount is too small"));
}

#[test]
fn shares_of_pools_stand_in_pools_of_later_ones_a_few_layers_deep() {
    let mut net = Net::with_pools();
    net.create(101, 0, &[("lp/1", G, 50), (ATOM, G, 50)], 0).unwrap();
    net.create(101, 0, &[("lp/3", G, 50), (ATOM, G, 50)], 0).unwrap();
    let deeper = net.create(101, 0, &[("lp/4", G, 50), (ATOM, G, 50)], 0).unwrap_err().to_string();
    assert!(deeper.contains("stands too deep"), "{deeper}");
    assert_eq!(net.pool(4).lp, denom("lp/4"));
}

#[test]
fn a_pause_stops_joins_and_swaps_but_no_exit() {
    let mut net = Net::with_pools();
    net.set_paused(true);
    let swap = net.swap_message(102, (ATOM, G), &[(1, STATOM)]);
    assert_eq!(net.w.refused(&swap), "pools 5");
    assert!(net.join(102, 2, &[(ATOM, G)]).unwrap_err().to_string().contains("neither joins nor swaps"));
    let create = net.create_message(102, 100, &[(STATOM, G, 0), (ATOM, G, 0)], 0);
    assert_eq!(net.w.refused(&create), "pools 5");
    net.exit(101, 1, 1_000 * G).unwrap();
    net.set_paused(false);
    net.swap(102, (ATOM, G), &[(1, STATOM)]).unwrap();
    // One pool alone, by a vote.
    let pause = |authority: String| wire::MsgSetPoolPaused { authority, pool: 1, paused: true };
    let stranger = pause(net.w.acc(102));
    assert!(net.w.send(&stranger).is_err());
    let vote = pause(net.w.ctx.bech32().acc(&auth::authority()));
    net.w.send(&vote).unwrap();
    assert_eq!(net.w.refused(&swap), "pools 5");
    net.exit(101, 1, 1_000 * G).unwrap();
    net.swap(102, (ATOM, G), &[(2, OTHER)]).unwrap();
}

#[test]
fn a_stable_pool_stops_while_a_rate_is_in_doubt_and_exits_go_on() {
    let mut net = Net::with_pools();
    net.w.block();
    // A fall of a fifth: the pool would sell what is really worth more.
    assets::report_rate(&mut net.w.ctx, &denom(STATOM), WAD).unwrap();
    let swap = net.swap_message(102, (ATOM, G), &[(1, STATOM)]);
    assert_eq!(net.w.refused(&swap), "pools 6");
    assert!(net.join(102, 1, &[(ATOM, G)]).unwrap_err().to_string().contains("in doubt"));
    net.exit(101, 1, 1_000 * G).unwrap();
    net.swap(102, (ATOM, G), &[(2, OTHER)]).unwrap();
    net.w.block();
}

#[test]
fn coins_that_are_sent_to_the_account_change_nothing() {
    let mut net = Net::with_pools();
    let quiet = net.w.scratch();
    let mut quiet = Net { w: quiet };
    let gift = Coins::one(Coin::new(denom(ATOM), Int::from(900 * G))).unwrap();
    bank::send(&mut net.w.ctx, &user(105), &ModuleAccount::POOLS.address(), &gift).unwrap();
    net.w.block();
    quiet.w.block();
    assert_eq!(net.pool(1), quiet.pool(1));
    let route = [(1, ATOM)];
    assert_eq!(net.swap(102, (STATOM, G), &route).unwrap(), quiet.swap(102, (STATOM, G), &route).unwrap());
}

#[test]
fn the_second_depositor_of_a_tiny_pool_loses_next_to_nothing() {
    let mut net = Net::new();
    net.create(102, 0, &[(OTHER, 1_000_000, 50), (ATOM, 1_000_000, 50)], WAD / 20).unwrap();
    // The first leaves with nearly everything and swaps to and fro, so that fees make a share dear.
    let all = net.held(102, "lp/1");
    net.exit(102, 1, all).unwrap();
    for _ in 0..20 {
        let got = net.swap(102, (OTHER, 50_000_000_000), &[(1, ATOM)]);
        let _ = got.map(|got| net.swap(102, (ATOM, got), &[(1, OTHER)]));
    }
    let reserves = net.pool(1).reserves();
    let brought = [(OTHER, 2 * reserves[1]), (ATOM, 2 * reserves[0])];
    let shares = net.join(103, 1, &brought).unwrap();
    let (other, atom) = (net.held(103, OTHER), net.held(103, ATOM));
    net.exit(103, 1, shares).unwrap();
    let back = [net.held(103, OTHER) - other, net.held(103, ATOM) - atom];
    for (got, (name, gave)) in back.iter().zip(brought) {
        assert!(*got + gave / 100_000_000 + 2 >= gave, "{name}: {got} of {gave}");
    }
}

#[test]
fn an_export_is_read_back_as_it_was() {
    let mut net = Net::with_pools();
    net.ally("lp/1");
    net.swap(102, (STATOM, 10 * G), &[(1, ATOM), (2, OTHER)]).unwrap();
    super::rewards::fund(&mut net, 1, "uente", 5_000_000_000, 30);
    super::rewards::stake(&mut net, 101, 1, 1_000 * G * 1_000, None).unwrap();
    super::rewards::stake(&mut net, 101, 1, 3_000 * G * 1_000, Some(1)).unwrap();
    net.pass(2 * DAY);
    net.w.after(17);
    let state = crate::genesis::export(&net.w.ctx).unwrap();
    let again = World::from_genesis_at(&state, net.w.ctx.time()).unwrap();
    assert_eq!(crate::genesis::export(&again.ctx).unwrap()["pools"], state["pools"]);
}

#[test]
fn a_genesis_that_does_not_hold_together_is_refused_by_name() {
    let mut net = Net::with_pools();
    super::rewards::fund(&mut net, 1, "uente", 5_000_000_000, 30);
    super::rewards::stake(&mut net, 101, 1, G, None).unwrap();
    net.w.after(3_600);
    let state = crate::genesis::export(&net.w.ctx).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut state = state.clone();
        change(&mut state["pools"]);
        match World::from_genesis_at(&state, net.w.ctx.time()) {
            Ok(_) => "accepted".to_owned(),
            Err(e) => e.to_string(),
        }
    };
    for (change, wanted) in [
        (
            Box::new(|s: &mut serde_json::Value| {
                s["pools"][0]["assets"][0]["reserve"]["amount"] = "9000000000000".into()
            }) as Box<dyn Fn(&mut serde_json::Value)>,
            "module-balance",
        ),
        (Box::new(|s| s["pools"][0]["shares"] = "5".into()), "shares"),
        (Box::new(|s| s["pools"][1]["id"] = "1".into()), "pools[1]: id: 1 stands twice"),
        (Box::new(|s| s["pools"][0]["lp_denom"] = "lp/7".into()), "lp_denom: must be lp/1"),
        (Box::new(|s| s["pools"][0]["amplification"] = "0".into()), "amplification"),
        (Box::new(|s| s["pools"][0]["assets"][0]["reserve"]["denom"] = "uother".into()), "uother is not listed"),
        (Box::new(|s| s["positions"][0]["units"] = "77".into()), "stakes"),
        (Box::new(|s| s["groups"][0]["shares"] = "77000000000000".into()), "module-balance"),
        (Box::new(|s| s["ledgers"][0]["paid"] = "4999999999".into()), "rewards"),
        (Box::new(|s| s["accumulators"][0]["quote"] = "stuatom".into()), "priced in itself"),
        (Box::new(|s| s["accumulators"] = serde_json::json!([])), "has no sums"),
        (Box::new(|s| s["accumulators"][0]["time"] = "2100-01-01T00:00:00Z".into()), "of the future"),
        (Box::new(|s| s["params"]["window_short"] = "5s".into()), "window_short must be 3600"),
        (Box::new(|s| s["incentives"][0]["period"] = "0s".into()), "period"),
    ] {
        let found = refused(&*change);
        assert!(found.contains(wanted), "wanted {wanted}: {found}");
    }
    assert!(Timestamp::NEVER < net.w.ctx.time());
}

#[test]
fn a_pool_without_a_number_is_made_with_the_coins_of_its_creator() {
    let mut net = Net::new();
    let mut state = crate::genesis::export(&net.w.ctx).unwrap();
    let part = |name: &str, amount: u128| serde_json::json!({ "reserve": { "denom": name, "amount": amount.to_string() }, "weight": "0" });
    state["pools"] = serde_json::json!({
        "params": entente_kernel::json::to_json(&super::super::Params::default().to_wire()).unwrap(),
        "pools": [{
            "kind": "POOL_KIND_STABLE", "creator": net.w.acc(104), "swap_fee": "0.0004", "amplification": "100",
            "assets": [part(STATOM, 4_000 * G), part(ATOM, 5_000 * G)],
        }],
    });
    let before = net.held(104, ATOM);
    net.w = World::from_genesis_at(&state, net.w.ctx.time()).unwrap();
    assert_eq!(net.pool(1).id, 1);
    assert_eq!(net.held(104, ATOM), before - 5_000 * G);
    assert!(net.held(104, "lp/1") > 0);
    net.swap(102, (ATOM, G), &[(1, STATOM)]).unwrap();
    net.w.block();
}
