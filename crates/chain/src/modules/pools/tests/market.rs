//! Prices and depths over time.

use super::super::state::SNAPSHOTS;
use super::super::{Window, twap};
use super::*;

fn price(net: &Net, window: Window) -> Option<u128> {
    twap(&net.w.ctx, &denom(STATOM), &denom(ATOM), window).unwrap()
}

fn near(found: u128, wanted: u128, per_million: u128) -> bool {
    found.abs_diff(wanted) <= wanted / 1_000_000 * per_million
}

#[test]
fn an_average_needs_the_history_of_its_window_and_a_registered_pool() {
    let mut net = Net::with_pools();
    net.pass(DAY - 3_600);
    assert_eq!(price(&net, Window::Short), None);
    net.pass(2 * 3_600);
    let found = price(&net, Window::Short).unwrap();
    assert!(near(found, 125 * WAD / 100, 1), "{found}");
    assert_eq!(price(&net, Window::Long), None);
    net.pass(7 * DAY);
    assert!(near(price(&net, Window::Long).unwrap(), 125 * WAD / 100, 1));
    let back = twap(&net.w.ctx, &denom(ATOM), &denom(STATOM), Window::Short).unwrap().unwrap();
    assert!(near(back, 80 * WAD / 100, 1), "{back}");
    assert_eq!(twap(&net.w.ctx, &denom(OTHER), &denom(ATOM), Window::Short).unwrap(), None, "pool 2 is not registered");
    net.list(OTHER, Kind::Lst, 50, &[]);
    net.list("lp/2", Kind::Lp, 100, &[ATOM, OTHER]);
    let other = twap(&net.w.ctx, &denom(OTHER), &denom(ATOM), Window::Short).unwrap().unwrap();
    // (500 / 20) to (1,000 / 80).
    assert!(near(other, 2 * WAD, 1), "{other}");
}

#[test]
fn one_block_of_manipulation_does_not_move_an_average_noticeably() {
    let mut net = Net::with_pools();
    net.pass(8 * DAY);
    let before = price(&net, Window::Short).unwrap();
    let (depth, _) = assets::by_denom(&net.w.ctx, &denom(STATOM)).unwrap().unwrap().depth.unwrap();
    // Everything is sold, for the price of one block, and bought back in the next.
    let got = net.swap(102, (STATOM, 900_000 * G), &[(1, ATOM)]).unwrap();
    let spot: wire::QueryMarketResponse = net
        .w
        .ask("/restake.pools.v1.Query/Market", &wire::QueryMarketRequest { pool: 1, denom: STATOM.into() })
        .unwrap();
    assert!(spot.spot_price.parse::<u128>().unwrap() < before / 100, "{}", spot.spot_price);
    net.w.block();
    net.swap(102, (ATOM, got), &[(1, STATOM)]).unwrap();
    net.w.block();
    let after = price(&net, Window::Short).unwrap();
    // A tenth of 5 of 86400 seconds, and a hundredth of the next 5, while the observation comes back.
    assert!(near(after, before, 7), "{before} {after}");
    // A burst of liquidity for a block does not make the market deep.
    let shares = net.join(103, 1, &[(STATOM, 400_000 * G), (ATOM, 500_000 * G)]).unwrap();
    net.w.block();
    net.exit(103, 1, shares).unwrap();
    net.pass(7_200);
    let (now, _) = assets::by_denom(&net.w.ctx, &denom(STATOM)).unwrap().unwrap().depth.unwrap();
    assert!(near(now, depth, 1_000), "{depth} {now}");
}

#[test]
fn a_lasting_change_of_price_is_followed() {
    let mut net = Net::with_pools();
    net.pass(2 * DAY);
    let before = price(&net, Window::Short).unwrap();
    net.swap(102, (STATOM, 5_500 * G), &[(1, ATOM)]).unwrap();
    let spot: wire::QueryMarketResponse = net
        .w
        .ask("/restake.pools.v1.Query/Market", &wire::QueryMarketRequest { pool: 1, denom: STATOM.into() })
        .unwrap();
    let spot: u128 = spot.spot_price.parse().unwrap();
    assert!(spot < before * 9 / 10, "{spot} {before}");
    net.pass(3 * DAY);
    assert!(near(price(&net, Window::Short).unwrap(), spot, 10), "{spot}");
}

#[test]
fn the_registry_hears_price_and_depth_and_a_price_follows_its_rate_at_once() {
    let mut net = Net::with_pools();
    net.pass(DAY + 7_200);
    let asset = assets::by_denom(&net.w.ctx, &denom(STATOM)).unwrap().unwrap();
    assert!(near(asset.price.unwrap().price, 125 * WAD / 100, 1), "{:?}", asset.price);
    let (depth, _) = asset.depth.unwrap();
    let market: wire::QueryMarketResponse = net
        .w
        .ask("/restake.pools.v1.Query/Market", &wire::QueryMarketRequest { pool: 1, denom: STATOM.into() })
        .unwrap();
    let spot: u128 = market.depth_2pct.parse().unwrap();
    // 26 hours of 7 days.
    assert!(near(depth, spot * 26 / 168, 20_000), "{depth} of {spot}");
    // The rate grows by what an hour allows; the price stands beside it.
    net.w.after(3_600);
    assets::report_rate(&mut net.w.ctx, &denom(STATOM), 2 * WAD).unwrap();
    net.w.block();
    let asset = assets::by_denom(&net.w.ctx, &denom(STATOM)).unwrap().unwrap();
    assert!(asset.rate() > 125 * WAD / 100);
    assert!(near(asset.price.unwrap().price, asset.rate(), 2), "{:?} {}", asset.price, asset.rate());
}

#[test]
fn a_share_is_worth_its_reserves_where_the_curve_is_balanced() {
    let mut net = Net::with_pools();
    net.pass(7_200);
    let rate = |net: &Net| assets::by_denom(&net.w.ctx, &denom("lp/1")).unwrap().unwrap().rate();
    let before = rate(&net);
    assert!(near(before, WAD, 1), "{before}");
    net.swap(102, (STATOM, 3_000 * G), &[(1, ATOM)]).unwrap();
    net.pass(7_200);
    let after = rate(&net);
    assert!(after > before && after < before + WAD / 1_000, "only the fee: {before} {after}");
}

#[test]
fn a_share_with_a_coin_that_only_the_market_knows_is_worth_its_reserves_at_the_average_price() {
    let mut net = Net::with_pools();
    net.list_in("OTHER", OTHER, Kind::Voucher, 100, &[]);
    net.list("lp/2", Kind::Lp, 300, &[ATOM, OTHER]);
    let rate = |net: &Net| assets::by_denom(&net.w.ctx, &denom("lp/2")).unwrap().unwrap().rate();
    net.pass(DAY - 3_600);
    assert_eq!(rate(&net), 3 * WAD, "no average yet: nothing is told");
    net.pass(3 * 3_600);
    // 1,000 G at two ATOM each, and 500 G of ATOM.
    let wanted = 2_500 * G * WAD / (net.pool(2).shares / 1_000_000);
    let before = rate(&net);
    assert!(near(before, wanted, 1), "{before} {wanted}");
    // Somebody buys the price up and sells again: only the fees stay.
    let got = net.swap(102, (ATOM, 5_000 * G), &[(2, OTHER)]).unwrap();
    net.w.block();
    net.swap(102, (OTHER, got), &[(2, ATOM)]).unwrap();
    net.pass(7_200);
    assert!(near(rate(&net), before, 20_000), "{before} {}", rate(&net));
}

#[test]
fn sums_are_kept_as_far_back_as_the_longer_window_and_no_farther() {
    let mut net = Net::with_pools();
    net.pass(12 * DAY);
    for id in [1, 2] {
        let rows = SNAPSHOTS.prefix(&net.w.ctx, &id).count();
        assert!((2 * 168..=2 * 172).contains(&rows), "{rows}");
    }
    // A chain that stood still for a month goes on.
    net.w.after(30 * DAY);
    net.w.block();
    assert!(near(price(&net, Window::Long).unwrap(), 125 * WAD / 100, 1));
    net.pass(3 * 3_600);
    net.swap(102, (STATOM, G), &[(1, ATOM)]).unwrap();
    net.w.block();
}
