//! From a deposit to the coins back in hand.

use entente_proto::restake::vault::v1 as wire;

use super::*;
use crate::world::kinds;

const G: u128 = 1_000_000_000;

#[test]
fn one_staking_token_goes_in_a_share_comes_out_and_everything_comes_back_in_kind() {
    let mut net = Net::new();
    let first = net.deposit(101, DENOMS[0], 40 * G);
    assert_eq!(first, 42 * G * 1_000_000, "an empty vault gives a million shares per unit of value");
    net.deposit(102, DENOMS[1], 25 * G);
    net.deposit(103, DENOMS[2], 20 * G);
    assert_eq!(net.active(), [40 * G, 25 * G, 20 * G]);

    net.next_epoch();
    for name in DENOMS {
        let staked = net.staked(name);
        assert!(
            staked + 1_000 > net.active()[DENOMS.iter().position(|d| *d == name).unwrap()],
            "{name}: {staked} is staked"
        );
        assert!(net.in_account(name) < 1_000, "{name}");
    }

    // The share is a coin: a friend gets half of it and leaves with it.
    let half = first / 2;
    let send = entente_proto::cosmos::bank::v1beta1::MsgSend {
        from_address: net.w.acc(101),
        to_address: net.w.acc(104),
        amount: vec![base::Coin { denom: "lrt/1".into(), amount: half.to_string() }],
    };
    net.w.send(&send).unwrap();
    net.request_exit(104, half).unwrap();
    assert_eq!(net.held(104, "lrt/1"), 0);
    let before = net.vault().shares;
    let active = net.active();
    net.next_epoch();
    let batch = net.batch(1);
    assert_eq!(net.vault().shares, before - half);
    for (part, was) in batch.parts.iter().zip(active) {
        let pro_rata = was * half / (before + 1_000_000);
        assert!(part.amount.abs_diff(pro_rata) <= 1, "{}: {} of {pro_rata}", part.denom, part.amount);
    }

    let claim = wire::MsgClaimExit { owner: net.w.acc(104), vault: 1, batch: 1, receiver: String::new() };
    assert_eq!(net.w.refused(&claim), "vault 15", "not due before the exit horizon is over");
    net.pass(22 * DAY);
    assert!(BATCHES.get(&net.w.ctx, &(1, 1)).unwrap().is_none(), "the batch is paid by itself and gone");
    for (part, name) in batch.parts.iter().zip(DENOMS) {
        assert_eq!(net.held(104, name), part.amount, "{name}");
    }
}

#[test]
fn a_deposit_is_refused_for_a_stranger_coin_a_closed_vault_and_too_few_shares() {
    let mut net = Net::new();
    net.fund(101, "ibcother", G);
    let log = |e: entente_kernel::Error| e.to_string();
    assert!(log(net.try_deposit(101, "ibcother", G, 0).unwrap_err()).contains("coin is no asset of the vault"));
    net.fund(101, DENOMS[0], 2 * G);
    let refused = log(net.try_deposit(101, DENOMS[0], G, u128::MAX >> 1).unwrap_err());
    assert!(refused.contains("fewer shares than asked for"), "{refused}");
    assert!(net.try_deposit(101, DENOMS[0], 0, 0).is_err());

    let close = wire::MsgUpdateVault {
        curator: net.w.acc(1),
        vault: 1,
        change: Some(wire::VaultChange { kind: wire::ChangeKind::CloseDeposits.into(), ..Default::default() }),
    };
    let stranger = wire::MsgUpdateVault { curator: net.w.acc(105), ..close.clone() };
    assert_eq!(net.w.refused(&stranger), "vault 4");
    net.w.send(&close).unwrap();
    assert!(log(net.try_deposit(101, DENOMS[0], G, 0).unwrap_err()).contains("vault takes no deposits"));
}

#[test]
fn a_young_vault_takes_little_and_its_cap_doubles_week_by_week() {
    let mut net = Net::new();
    let mut vault = net.vault();
    vault.canary_cap = BOOT;
    VAULTS.set(&mut net.w.ctx, &1, &vault).unwrap();
    net.fund(101, DENOMS[0], 10 * G);
    assert!(net.try_deposit(101, DENOMS[0], G, 0).unwrap_err().to_string().contains("young vault"));
    net.try_deposit(101, DENOMS[0], G / 2, 0).unwrap();
    net.pass(8 * DAY);
    assert_eq!(net.vault().canary_cap, 2 * BOOT);
}

#[test]
fn loosening_is_announced_and_tightening_is_at_once() {
    let mut net = Net::new();
    let fees = |performance: u128| wire::Fees {
        performance: wad(performance),
        protocol_part: wad(50),
        curator_part: wad(50),
        ..Default::default()
    };
    let change = |net: &Net, performance| wire::MsgUpdateVault {
        curator: net.w.acc(1),
        vault: 1,
        change: Some(wire::VaultChange {
            kind: wire::ChangeKind::Fees.into(),
            fees: Some(fees(performance)),
            ..Default::default()
        }),
    };
    let lower = change(&net, 5);
    net.w.send(&lower).unwrap();
    assert_eq!(net.vault().fees.performance, 5 * WAD / 100);
    let higher = change(&net, 15);
    net.w.send(&higher).unwrap();
    assert_eq!(net.vault().fees.performance, 5 * WAD / 100, "only announced");
    let too_high = change(&net, 21);
    assert_eq!(net.w.refused(&too_high), "vault 3");
    net.pass(2 * DAY);
    assert_eq!(net.vault().fees.performance, 5 * WAD / 100);
    net.pass(2 * DAY);
    assert_eq!(net.vault().fees.performance, 15 * WAD / 100, "after three epochs");
}

#[test]
fn rewards_flow_to_locked_shares_after_the_fee_and_never_more_than_came() {
    let mut net = Net::new();
    let shares = net.deposit(101, DENOMS[0], 40 * G);
    net.deposit(102, DENOMS[1], 25 * G);
    net.next_epoch();
    let lock = wire::MsgGaugeLock { owner: net.w.acc(101), vault: 1, shares: shares.to_string() };
    net.w.send(&lock).unwrap();
    // Fees of blocks are what validators, and so the virtual stake of alliance, earn.
    let fees = Coins::one(Coin::new(denom("uente"), Int::from_u64(1_000_000_000))).unwrap();
    bank::send_to_module(&mut net.w.ctx, &user(105), &ModuleAccount::FEE_COLLECTOR, &fees).unwrap();
    let curator = net.held(1, "uente");
    net.pass(3 * DAY);
    let earned = net.held(1, "uente") - curator;
    assert!(earned > 0, "the curator has a part of the fee");

    let before = net.held(101, "uente");
    let claim = wire::MsgGaugeClaim { owner: net.w.acc(101), vault: 1, shares: String::new() };
    net.w.send(&claim).unwrap();
    let got = net.held(101, "uente") - before;
    // A tenth is the fee, half of which is the curator's: nine tenths are nineteen... eighteen times that.
    let expected = earned * 18;
    assert!(got <= expected + 36 && got + got / 3 > expected, "{got} of {expected}");
    net.w.check();
    let unlock = wire::MsgGaugeUnlock { owner: net.w.acc(101), vault: 1, shares: shares.to_string() };
    net.w.send(&unlock).unwrap();
    assert_eq!(net.held(101, "lrt/1"), shares);
    assert_eq!(net.w.refused(&unlock), "vault 16");
}

#[test]
fn donations_change_no_price_and_go_to_the_community_pool() {
    let mut net = Net::new();
    net.deposit(101, DENOMS[0], 40 * G);
    net.next_epoch();
    let nav = net.nav();
    net.fund(102, DENOMS[0], 5 * G);
    let coins = Coins::one(Coin::new(denom(DENOMS[0]), Int::from(5 * G))).unwrap();
    bank::send(&mut net.w.ctx, &user(102), &account(1), &coins).unwrap();
    assert_eq!(net.nav(), nav);
    net.next_epoch();
    assert_eq!(net.nav(), nav);
    let pool = crate::modules::distribution::community_pool(&net.w.ctx).unwrap();
    assert!(pool.iter().any(|c| c.denom == denom(DENOMS[0]) && c.amount.truncate_int().unwrap() >= Int::from(5 * G)));
}

#[test]
fn an_export_is_read_back_as_it_was() {
    let mut net = Net::with_take("10000000000000");
    let shares = net.deposit(101, DENOMS[0], 40 * G);
    net.deposit(102, DENOMS[1], 25 * G);
    net.next_epoch();
    net.request_exit(101, shares / 3).unwrap();
    net.next_epoch();
    net.request_exit(101, shares / 5).unwrap();
    let lock = wire::MsgGaugeLock { owner: net.w.acc(101), vault: 1, shares: (shares / 7).to_string() };
    net.w.send(&lock).unwrap();
    net.pass(2 * DAY);
    super::auctions::earn(&mut net, DENOMS[2], G);
    net.next_epoch();
    let state = crate::genesis::export(&net.w.ctx).unwrap();
    let again = World::from_genesis(&state).unwrap();
    assert_eq!(crate::genesis::export(&again.ctx).unwrap()["vault"], state["vault"]);
    let events = net.w.block();
    assert!(!kinds(&events).contains(&"restake.vault.v1.EventStepFailed"));
}

#[test]
fn a_rate_that_falls_and_comes_back_stops_no_epoch() {
    use entente_proto::restake::assets::v1 as registry;
    let source = Source::Push { publisher: user(109), channel: String::new() };
    let mut net = Net::with("0", &source);
    let publish = |net: &mut Net, part: u128| {
        for (name, rate) in DENOMS.iter().zip([105, 130, 112]) {
            let asset_id = assets::must_by_denom(&net.w.ctx, &denom(name)).unwrap().id;
            let (publisher, rate) = (net.w.acc(109), (rate * WAD / 100 / part).to_string());
            net.w.send(&registry::MsgPublishRate { publisher, asset_id, rate, time: None }).unwrap();
        }
    };
    let shares = net.deposit(101, DENOMS[0], 40 * G);
    net.w.block();
    publish(&mut net, 1_000);
    net.next_epoch();
    // Back at once, up to the rate before the fall: a thousandfold in a day, which no yearly number holds.
    publish(&mut net, 1);
    net.request_exit(101, shares / 2).unwrap();
    let events = net.w.after(DAY);
    let failed = events.iter().find(|event| event.kind == "restake.vault.v1.EventStepFailed");
    assert!(failed.is_none(), "{failed:?}");
    assert!(net.batch(1).closed.is_some(), "who wanted to leave has left");
    let answer: wire::QueryTargetsResponse =
        net.w.ask("/restake.vault.v1.Query/Targets", &wire::QueryTargetsRequest { vault: 1 }).unwrap();
    assert_eq!(answer.targets[0].apr, (100 * WAD).to_string(), "as much as a yield counts for");
    let ledger: wire::QueryLedgerResponse =
        net.w.ask("/restake.vault.v1.Query/Ledger", &wire::QueryLedgerRequest { vault: 1, pagination: None }).unwrap();
    assert!(ledger.rows[0].grown.parse::<u128>().unwrap() > 20 * G, "{:?}", ledger.rows);
}

#[test]
fn floors_that_cannot_be_met_stop_no_epoch_and_cannot_be_asked_for() {
    let mut net = Net::new();
    let shares = net.deposit(101, DENOMS[0], 40 * G);
    let seat = wire::VaultAsset {
        denom: DENOMS[0].into(),
        cap: WAD.to_string(),
        floor: (WAD / 10 * 6).to_string(),
        ..Default::default()
    };
    let change = |denom: &str| wire::MsgUpdateVault {
        curator: String::new(),
        vault: 1,
        change: Some(wire::VaultChange {
            kind: wire::ChangeKind::Limits.into(),
            asset: Some(wire::VaultAsset { denom: denom.into(), ..seat.clone() }),
            ..Default::default()
        }),
    };
    let curator = net.w.acc(1);
    // Both are announced while neither holds; then no third one is taken.
    for name in &DENOMS[..2] {
        net.w.send(&wire::MsgUpdateVault { curator: curator.clone(), ..change(name) }).unwrap();
    }
    for (name, rate) in DENOMS.iter().zip([105, 130, 112]) {
        let market = assets::Market { price: rate * WAD / 100, depth: 1_000 * G, time: net.w.ctx.time() };
        assets::report_market(&mut net.w.ctx, &denom(name), &market).unwrap();
    }
    net.request_exit(101, shares / 2).unwrap();
    for _ in 0..5 {
        let events = net.w.after(DAY);
        let failed = events.iter().find(|event| event.kind == "restake.vault.v1.EventStepFailed");
        assert!(failed.is_none(), "{failed:?}");
    }
    assert!(net.vault().seats[0].floor + net.vault().seats[1].floor > WAD);
    assert!(net.batch(1).closed.is_some());
    let third = wire::MsgUpdateVault { curator, ..change(DENOMS[2]) };
    assert_eq!(net.w.refused(&third), "vault 3");
}
