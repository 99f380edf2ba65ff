//! Rewards for sale: who buys them pays for the asset that the vault wants most, and what is paid drips in.

use entente_kernel::{Event, Timestamp};
use entente_proto::restake::vault::v1 as wire;

use super::super::state::{DRIPS, LOTS, LOTS_OF_VAULT, Lot, STREAMS};
use super::*;
use crate::world::kinds;

const G: u128 = 1_000_000_000;
const VOUCHER: &str = "uatom";

/// Lists a reward coin that has a price: the underlying itself.
pub fn list_voucher(net: &mut Net) {
    let listing = Listing {
        denom: denom(VOUCHER),
        underlying: "ATOM".into(),
        decimals: 6,
        underlying_decimals: Some(6),
        issuer: "hub".into(),
        bridge_class: "ibc".into(),
        kind: Kind::Voucher,
        tier: Tier::Listed,
        source: Source::Static,
        rate: WAD,
        flags: Flags::default(),
        cap_value: 0,
        haircut: 0,
        components: Vec::new(),
    };
    assets::register(&mut net.w.ctx, &listing).unwrap();
}

fn net() -> Net {
    let mut net = Net::new();
    list_voucher(&mut net);
    net.deposit(101, DENOMS[0], 40 * G);
    net.deposit(102, DENOMS[1], 25 * G);
    net.next_epoch();
    net
}

/// Fees of blocks in a coin: a part of them is what the vault's stake earns.
pub fn earn(net: &mut Net, name: &str, amount: u128) {
    net.fund(105, name, amount);
    let fees = Coins::one(Coin::new(denom(name), Int::from(amount))).unwrap();
    bank::send_to_module(&mut net.w.ctx, &user(105), &ModuleAccount::FEE_COLLECTOR, &fees).unwrap();
    net.w.blocks(2);
}

fn lot(net: &Net, name: &str) -> (u64, Lot) {
    let id = LOTS_OF_VAULT.must(&net.w.ctx, &(1, denom(name))).unwrap();
    (id, LOTS.must(&net.w.ctx, &id).unwrap())
}

fn bid(net: &mut Net, n: u8, lot: u64, name: &str, most: u128) -> Result<Vec<Event>> {
    let max_in = Some(base::Coin { denom: name.into(), amount: most.to_string() });
    let message = wire::MsgBidAuction { bidder: net.w.acc(n), lot, max_in };
    net.w.send(&message)
}

fn offer(net: &mut Net) -> wire::LotOffer {
    let request = wire::QueryLotsRequest { vault: 1, pagination: None };
    let answer: wire::QueryLotsResponse = net.w.ask("/restake.vault.v1.Query/Lots", &request).unwrap();
    answer.lots.into_iter().next().unwrap()
}

fn cost(net: &mut Net) -> u128 {
    offer(net).price.unwrap().amount.parse().unwrap()
}

#[test]
fn rewards_with_a_price_are_sold_for_the_asset_that_is_furthest_below_its_target() {
    let mut net = net();
    earn(&mut net, VOUCHER, 2 * G);
    net.next_epoch();
    let (id, found) = lot(&net, VOUCHER);
    assert_eq!(found.wanted, denom(DENOMS[2]), "a quarter is wanted of it and nothing is there");
    // One uatom buys 1 / 1.12 of it: at first 1.05 times that, 0.98 times at the end.
    let market = WAD * 100 / 112;
    assert_eq!((found.price_start, found.price_end), (market * 105 / 100, market * 98 / 100));
    assert!(found.amount > G / 100, "{} were earned", found.amount);

    let first = cost(&mut net);
    net.pass(DAY / 2);
    let half = cost(&mut net);
    assert!(half < first && half > first * 98 / 105, "{first} fell to {half}");

    net.fund(103, DENOMS[2], 100 * G);
    assert!(bid(&mut net, 103, id, DENOMS[2], half - 1).unwrap_err().to_string().contains("costs"));
    assert!(bid(&mut net, 103, id, DENOMS[0], half).unwrap_err().to_string().contains(DENOMS[2]));
    assert!(bid(&mut net, 103, id + 1, DENOMS[2], half).unwrap_err().to_string().contains("unknown lot"));
    let active = net.active();
    let events = bid(&mut net, 103, id, DENOMS[2], half).unwrap();
    assert!(kinds(&events).contains(&"restake.vault.v1.EventLotSold"));
    assert_eq!(net.held(103, VOUCHER), found.amount);
    assert_eq!(net.held(103, DENOMS[2]), 100 * G - half);
    assert_eq!(net.active(), active, "what was paid is nobody's yet");
    assert_eq!(LOTS.iter(&net.w.ctx).count(), 0);
    net.w.check();

    // It drips in evenly, over the time in which it was earned: somewhat more than the epoch, for epochs end with a block.
    let period = u128::try_from(found.earned_over.whole_secs()).unwrap();
    assert!(period > 86_400 && period < 86_500, "{period}");
    let start = net.w.ctx.time();
    net.w.after(DAY / 4);
    look(&mut net);
    let share = |now: Timestamp| half * u128::try_from(now.since(start).whole_secs()).unwrap() / period;
    let dripped = net.active()[2];
    assert!(dripped.abs_diff(share(net.w.ctx.time())) <= 2, "{dripped} of {half}");
    net.pass(DAY);
    look(&mut net);
    assert!(net.active()[2].abs_diff(half) <= 2, "{} of {half}", net.active()[2]);
    assert!(DRIPS.get(&net.w.ctx, &(1, denom(DENOMS[2]))).unwrap().is_none());
    net.w.check();
}

fn look(net: &mut Net) {
    let mut vault = net.vault();
    super::super::stake::look(&mut net.w.ctx, &mut vault).unwrap();
}

#[test]
fn a_lot_that_nobody_buys_is_sold_again_with_what_came_since() {
    let mut net = net();
    earn(&mut net, VOUCHER, 2 * G);
    net.next_epoch();
    let (first, before) = lot(&net, VOUCHER);
    earn(&mut net, VOUCHER, G);
    net.next_epoch();
    let (second, after) = lot(&net, VOUCHER);
    assert!(second > first && LOTS.get(&net.w.ctx, &first).unwrap().is_none());
    assert!(after.amount > before.amount, "{} then {}", before.amount, after.amount);
    assert!(after.start > before.start && after.price_start == before.price_start);
    assert_eq!(net.in_account(VOUCHER), after.amount, "the account holds the lot, to the unit");
}

#[test]
fn the_ledger_keeps_what_a_vault_earned_and_lost_apart_and_rewards_are_a_part_of_the_yield() {
    let mut net = net();
    earn(&mut net, VOUCHER, 2 * G);
    earn(&mut net, "ufoo", G);
    net.next_epoch();
    let (id, found) = lot(&net, VOUCHER);
    net.fund(103, DENOMS[2], 100 * G);
    bid(&mut net, 103, id, DENOMS[2], 100 * G).unwrap();
    net.next_epoch();
    // What the last epoch's stake earned is known at the end of the next.
    let power = net.w.validator(2).potential_power().unwrap();
    let height = net.w.ctx.height();
    net.w.block_with_proof(2, height, power);
    let rows: wire::QueryLedgerResponse =
        net.w.ask("/restake.vault.v1.Query/Ledger", &wire::QueryLedgerRequest { vault: 1, pagination: None }).unwrap();
    let row = |name: &str| rows.rows.iter().find(|row| row.denom == name).unwrap().clone();
    let n = |text: &str| text.parse::<u128>().unwrap();
    let (reward, foreign, asset) = (row(VOUCHER), row("ufoo"), row(DENOMS[0]));
    assert_eq!(n(&reward.sold), found.amount, "to the unit");
    assert_eq!(n(&reward.claimed), n(&reward.fees) + n(&reward.sold));
    assert!(n(&foreign.streamed) > 0 && n(&foreign.claimed) == n(&foreign.fees) + n(&foreign.streamed));
    assert!(n(&row(DENOMS[2]).bought) > 0 && n(&asset.slashed) > 0);
    assert_eq!((n(&asset.slashed_batches), n(&asset.claimed), n(&rows.fee_shares)), (0, 0, net.vault().fee_total));
    // The rates stand still, so the yield is the rewards': those of the coin that has a price.
    let answer: wire::QueryTargetsResponse =
        net.w.ask("/restake.vault.v1.Query/Targets", &wire::QueryTargetsRequest { vault: 1 }).unwrap();
    let apr = |i: usize| answer.targets[i].apr.parse::<u128>().unwrap();
    assert!(apr(0) > 0 && apr(1) > 0, "{} and {}", apr(0), apr(1));
    let samples = super::super::state::SAMPLES.must(&net.w.ctx, &(1, denom(DENOMS[0]))).unwrap().0;
    let earned = samples.last().unwrap().earned - samples[0].earned;
    let span = u128::try_from(net.w.ctx.time().since(samples[0].time).whole_secs()).unwrap();
    assert!(apr(0).abs_diff(earned * 365 * 86_400 / span) <= 1, "{} of {earned} in {span} s", apr(0));
}

#[test]
fn rewards_without_a_price_flow_to_locked_shares() {
    let mut net = net();
    earn(&mut net, "uente", 2 * G);
    net.next_epoch();
    assert_eq!(LOTS.iter(&net.w.ctx).count(), 0);
    let stream = STREAMS.get(&net.w.ctx, &(1, denom("uente"))).unwrap().unwrap();
    assert!(stream.left > 0);
    // A coin that loses its price while it is for sale goes the same way when the epoch ends.
    earn(&mut net, VOUCHER, 2 * G);
    net.next_epoch();
    let (_, found) = lot(&net, VOUCHER);
    let id = assets::by_denom(&net.w.ctx, &denom(VOUCHER)).unwrap().unwrap().id;
    let dead = entente_proto::restake::assets::v1::MsgSetHealth {
        authority: net.w.ctx.bech32().acc(&auth::authority()),
        asset_id: id,
        change: entente_proto::restake::assets::v1::HealthChange::WriteOff.into(),
    };
    net.w.send(&dead).unwrap();
    net.next_epoch();
    assert_eq!(LOTS.iter(&net.w.ctx).count(), 0);
    assert_eq!(STREAMS.must(&net.w.ctx, &(1, denom(VOUCHER))).unwrap().left, found.amount);
}

#[test]
fn the_average_of_a_registered_pool_is_a_price() {
    use entente_proto::restake::pools::v1 as pools;
    let mut net = net();
    let voucher = assets::must_by_denom(&net.w.ctx, &denom(VOUCHER)).unwrap();
    let tier = entente_proto::restake::assets::v1::MsgSetAssetTier {
        authority: net.w.ctx.bech32().acc(&auth::authority()),
        asset_id: voucher.id,
        tier: entente_proto::restake::assets::v1::Tier::Alliance.into(),
        caps: None,
    };
    net.w.send(&tier).unwrap();
    // Four uente for one uatom.
    net.fund(106, VOUCHER, 100 * G);
    let part = |name: &str, amount: u128| pools::PoolAsset {
        reserve: Some(base::Coin { denom: name.into(), amount: amount.to_string() }),
        weight: wad(50),
    };
    let create = pools::MsgCreatePool {
        creator: net.w.acc(106),
        kind: pools::PoolKind::Weighted.into(),
        assets: vec![part(VOUCHER, 100 * G), part("uente", 400 * G)],
        swap_fee: "0".into(),
        amplification: 0,
    };
    net.w.send(&create).unwrap();
    let earned = |net: &mut Net| {
        earn(net, "uente", 2 * G);
        net.next_epoch();
        LOTS_OF_VAULT.get(&net.w.ctx, &(1, denom("uente"))).unwrap()
    };
    assert_eq!(earned(&mut net), None, "votes do not know the pool");
    let shares = Listing {
        denom: denom("lp/1"),
        underlying: "ATOM".into(),
        decimals: 12,
        underlying_decimals: Some(6),
        issuer: "pools".into(),
        bridge_class: "none".into(),
        kind: Kind::Lp,
        tier: Tier::Alliance,
        source: Source::Local,
        rate: WAD,
        flags: Flags::default(),
        cap_value: 0,
        haircut: 0,
        components: vec![denom(VOUCHER)],
    };
    assets::register(&mut net.w.ctx, &shares).unwrap();
    net.pass(2 * DAY);
    let id = earned(&mut net).unwrap();
    let lot = LOTS.must(&net.w.ctx, &id).unwrap();
    let market = WAD / 4 * 100 / 112;
    assert!(lot.price_start.abs_diff(market / 100 * 105) < market / 1_000_000, "{} by {market}", lot.price_start);
    assert_eq!(lot.wanted, denom(DENOMS[2]));
}

#[test]
fn an_asset_that_was_called_into_doubt_is_not_taken_for_a_lot() {
    let mut net = net();
    earn(&mut net, VOUCHER, 2 * G);
    net.next_epoch();
    let (id, found) = lot(&net, VOUCHER);
    let asset = assets::by_denom(&net.w.ctx, &found.wanted).unwrap().unwrap();
    let pause = entente_proto::restake::assets::v1::MsgSetHealth {
        authority: net.w.ctx.bech32().acc(&auth::authority()),
        asset_id: asset.id,
        change: entente_proto::restake::assets::v1::HealthChange::Pause.into(),
    };
    net.w.send(&pause).unwrap();
    net.fund(103, DENOMS[2], 100 * G);
    assert!(bid(&mut net, 103, id, DENOMS[2], 100 * G).is_err());
    net.next_epoch();
    let (_, again) = lot(&net, VOUCHER);
    assert_eq!(again.wanted, denom(DENOMS[1]), "the next that is below its target");
}

#[test]
fn no_coin_of_a_reward_is_paid_twice_or_left_behind() {
    let mut net = net();
    let lock = wire::MsgGaugeLock { owner: net.w.acc(101), vault: 1, shares: (40 * G).to_string() };
    net.w.send(&lock).unwrap();
    for round in 1..=6_u128 {
        earn(&mut net, VOUCHER, round * G / 7);
        earn(&mut net, "uente", round * G / 3);
        earn(&mut net, DENOMS[1], round * G / 5);
        net.next_epoch();
        if round % 2 == 0 {
            let (id, found) = lot(&net, VOUCHER);
            let name = found.wanted.to_string();
            net.fund(103, &name, 100 * G);
            bid(&mut net, 103, id, &name, 100 * G).unwrap();
        }
        let claim = wire::MsgGaugeClaim { owner: net.w.acc(101), vault: 1, shares: String::new() };
        net.w.send(&claim).unwrap();
        // What the book says is due of a coin is what the account holds of it.
        for name in [VOUCHER, "uente"] {
            let due = holding::in_account(&net.w.ctx, 1, &denom(name)).unwrap();
            assert_eq!(net.in_account(name), due, "{name} in round {round}");
        }
        net.w.check();
    }
}
