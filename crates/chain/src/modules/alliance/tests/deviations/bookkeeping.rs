//! D1 to D3, D6, M: load, queries, events and what other modules see.

use entente_kernel::state::Rows;
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::bank::v1beta1 as bank_wire;

use super::*;
use crate::message::Message;
use crate::modules::alliance::state::{ASSETS, DELEGATIONS, POOLS, REBALANCE};
use crate::modules::alliance::{block, genesis, governance_stake, invariant, msg, query};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{bank, staking};

/// Everything that is stored, as its export is long.
fn size_of_state(net: &Net) -> usize {
    prost::Message::encoded_len(&genesis::exported(&net.ctx))
}

/// Upstream: one snapshot for each validator and change, kept for ever.
#[test]
fn d1_weight_changes_leave_nothing_behind() {
    let mut net = with_asset();
    for v in ["V1", "V2", "V3"] {
        net.delegate("u1", v, A1, 1000);
    }
    net.rebalance();
    let round = |net: &mut Net| {
        for weight in ["2", "1"] {
            net.pass(5);
            net.update(A1, |t| t.reward_weight = dec(weight)).unwrap();
            net.rebalance();
        }
    };
    round(&mut net);
    let before = size_of_state(&net);
    for _ in 0..10 {
        round(&mut net);
    }
    assert_eq!(size_of_state(&net), before, "upstream: 60 snapshots more");
}

/// Every validator is claimed before a weight changes, an asset dissolves or its validator is slashed; what is pending when an asset
/// starts is split with it.
#[test]
fn d1_what_was_earned_is_fixed_before_a_weight_changes() {
    let pending = |change: fn(&mut Net)| {
        let mut net = with_asset();
        net.asset(A2, "1", "0", "5", "0");
        net.delegate("u1", "V1", A1, 1000);
        net.delegate("u2", "V1", A2, 1000);
        net.rebalance();
        net.pass(5);
        // 4,000 coins of which the module's stake, all of V1's, has earned its part but not drawn it.
        net.give_to(&ModuleAccount::DISTRIBUTION, &[("stake", 4000)]);
        let validator = staking::must_validator(&net.ctx, &val("V1")).unwrap();
        let earned = entente_kernel::num::DecCoins::from_coins(&coins(&[("stake", 4000)]));
        crate::modules::distribution::allocate(&mut net.ctx, &validator, &earned).unwrap();
        change(&mut net);
        let paid = net.claim("u1", "V1", A1).unwrap();
        net.assert_sound();
        paid.amount_of("stake").to_u128().unwrap()
    };
    assert_eq!(pending(|net| net.update(A1, |t| t.reward_weight = dec("3")).unwrap()), 2000, "3000 if it moved");
    assert_eq!(pending(|net| net.delete(A2).unwrap()), 2000, "4000 if it moved");
    assert_eq!(pending(|net| net.fault("V1", "0.5")), 2000);
    let starts_now = |net: &mut Net| {
        net.start_at(A2, net.ctx.time().plus(entente_kernel::Span::from_secs(5)));
        net.pass(5);
    };
    assert_eq!(pending(starts_now), 2000);
}

/// Upstream: every native delegation makes O(V x A) work and writes in the end block.
#[test]
fn d2_only_validators_whose_stake_changes_are_touched() {
    let mut net = with_asset();
    net.asset(A2, "1", "0", "5", "0");
    net.delegate("u1", "V1", A1, 1000);
    net.delegate("u1", "V2", A2, 1000);
    net.rebalance();
    let delegate = |net: &mut Net, n: u128| {
        net.fund("u5", "stake", n);
        let amount = coin("stake", n);
        let message = staking::msg::Delegate { delegator: user("u5"), operator: val("G"), amount };
        staking::handle::delegate(&mut net.ctx, message).unwrap();
        net.ctx.take_events();
        assert!(REBALANCE.load(&net.ctx).unwrap().is_some());
        net.end();
        net.ctx.take_events()
    };
    delegate(&mut net, 1000);
    net.update(A1, |t| t.reward_weight = dec("0.0001")).unwrap();
    net.update(A2, |t| t.reward_weight = dec("0.5")).unwrap();
    net.rebalance();
    // One native coin more: the target of V1 grows by 0.0001, that of V2 by 0.5.
    assert_eq!(delegate(&mut net, 1), [], "no host call, no event");
    let grown = delegate(&mut net, 100);
    let minted: Vec<_> = grown.iter().filter(|e| e.kind == "coinbase").collect();
    assert_eq!(minted.len(), 1, "V2 alone");
    assert_eq!(net.virtual_stake("V2"), "500550.000000000000000000");
}

/// Upstream: a new delegation copies the whole history of the validator, six rows here; a search walks them one by one.
#[test]
fn d3_a_delegation_stores_the_indices_of_its_own_asset_only() {
    let mut net = with_asset();
    net.asset(A2, "1", "0", "5", "0");
    net.delegate("u1", "V1", A1, 1000);
    net.delegate("u1", "V1", A2, 1000);
    net.deposit("V1", &[("stake", 10), ("token", 10), ("stake2", 10)]);
    net.delegate("u2", "V1", A1, 1000);
    assert_eq!(net.delegation("u2", "V1", A1).unwrap().paid.len(), 3, "upstream: 6");
}

/// Upstream scans all entries and answers once for each index row: six for the asset, and those of other denoms among them.
#[test]
fn d6_queries_answer_each_entry_once() {
    let mut net = with_asset();
    net.asset(A2, "1", "0", "5", "0");
    for (v, d) in [("V1", A1), ("V1", A2), ("V2", A1)] {
        net.delegate("u1", v, d, 1000);
        net.undelegate("u1", v, d, 1000).unwrap();
    }
    let delegator_addr = net.ctx.bech32().acc(&user("u1"));
    let request = wire::QueryAllianceUnbondingsByDenomAndDelegatorRequest {
        denom: A1.into(),
        delegator_addr: delegator_addr.clone(),
        ..Default::default()
    };
    let found = net.ctx.dry_run(|ctx| query::alliance_unbondings_by_denom_and_delegator(ctx, request)).unwrap();
    assert_eq!(found.unbondings.len(), 2, "upstream: 6");
    assert!(found.unbondings.iter().all(|u| u.denom == A1));
    let request = wire::QueryAllianceUnbondingsByDelegatorRequest { delegator_addr, ..Default::default() };
    let found = net.ctx.dry_run(|ctx| query::alliance_unbondings_by_delegator(ctx, request)).unwrap();
    assert_eq!(found.unbondings.len(), 3, "upstream: 9");
}

/// Upstream's command line reads take rate, change rate and interval from the places of min, max and take rate. There is no command
/// by position here: a proposal names the fields, and each comes to its own term.
#[test]
fn m1_each_field_of_an_update_is_its_own_term() {
    let net = Net::new();
    let dec_field = |text: &str| dec(text).to_scaled_string();
    let update = wire::MsgUpdateAlliance {
        authority: net.ctx.bech32().acc(&auth::authority()),
        denom: A1.into(),
        reward_weight: dec_field("3"),
        take_rate: dec_field("0.1"),
        reward_change_rate: dec_field("0.9"),
        reward_change_interval: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
        reward_weight_range: Some(wire::RewardWeightRange { min: dec_field("2"), max: dec_field("4") }),
    };
    let terms = msg::UpdateAlliance::check(update, net.ctx.bech32()).unwrap().terms;
    let wanted = msg::Terms {
        reward_weight: dec("3"),
        weight_min: dec("2"),
        weight_max: dec("4"),
        take_rate: dec("0.1"),
        change_rate: dec("0.9"),
        change_interval: entente_kernel::Span::from_secs(60),
    };
    assert_eq!(terms, wanted);
}

/// Which invariants fail after a change.
fn broken(change: impl FnOnce(&mut Net)) -> [bool; 4] {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1000);
    net.deposit("V1", &[("stake", 10)]);
    net.assert_sound();
    change(&mut net);
    let told = [
        invariant::validator_shares(&net.ctx).unwrap(),
        invariant::delegator_shares(&net.ctx).unwrap(),
        invariant::reward_pool(&net.ctx).unwrap(),
        invariant::module_balance(&net.ctx).unwrap(),
    ];
    told.map(|what| what.is_some())
}

/// Upstream's check of the validator shares reads empty records and never fails.
#[test]
fn m3_each_invariant_fails_when_it_does_not_hold() {
    let smallest = "0.000000000000000001";
    assert_eq!(
        broken(|net| {
            let mut asset = net.stored(A1);
            asset.shares = asset.shares.add(dec(smallest)).unwrap();
            ASSETS.set(&mut net.ctx, &key(A1), &asset).unwrap();
        }),
        [true, false, false, false]
    );
    assert_eq!(
        broken(|net| {
            let mut pool = net.pool("V1", A1);
            pool.delegator_shares = pool.delegator_shares.add(dec(smallest)).unwrap();
            let mut pools = POOLS.must(&net.ctx, &val("V1")).unwrap();
            pools.set(&key(A1), pool);
            POOLS.set(&mut net.ctx, &val("V1"), &pools).unwrap();
        }),
        [false, true, false, false]
    );
    assert_eq!(
        broken(|net| net.give_to(&ModuleAccount::ALLIANCE_REWARDS, &[("stake", 1)])),
        [false, false, true, false]
    );
    assert_eq!(broken(|net| net.give_to_alliance(&[(A1, 1)])), [false, false, false, true]);
    assert_eq!(
        broken(|net| {
            let row = (user("u1"), val("V1"), key(A1));
            let mut found = DELEGATIONS.must(&net.ctx, &row).unwrap();
            found.paid = Rows::default();
            found.shares = found.shares.sub(dec(smallest)).unwrap();
            DELEGATIONS.set(&mut net.ctx, &row, &found).unwrap();
        }),
        [false, true, true, false]
    );
}

/// Upstream does not export the flag: the first block after an import rebalances nothing.
#[test]
fn m6_a_pending_rebalance_is_exported() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1000);
    for pending in [true, false] {
        assert_eq!(REBALANCE.load(&net.ctx).unwrap().is_some(), pending);
        let section = genesis::exported(&net.ctx);
        assert_eq!(section.bookkeeping.as_ref().unwrap().rebalance_pending, pending);
        let mut copy = Net::new();
        copy.give_to_alliance(&[(A1, 1000)]);
        // Staking's news of a new chain had set it.
        REBALANCE.remove(&mut copy.ctx).unwrap();
        genesis::init(&mut copy.ctx, section).unwrap();
        assert_eq!(REBALANCE.load(&copy.ctx).unwrap().is_some(), pending);
        net.rebalance();
    }
}

/// Upstream: the flag is set only while the delegation still exists.
#[test]
fn m7_a_native_delegator_who_leaves_completely_triggers_a_rebalance() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1000);
    net.fund("u5", "stake", 500_000);
    let amount = coin("stake", 500_000);
    let message = staking::msg::Delegate { delegator: user("u5"), operator: val("G"), amount: amount.clone() };
    staking::handle::delegate(&mut net.ctx, message).unwrap();
    net.rebalance();
    assert_eq!(net.virtual_stake("V1"), "1500000.000000000000000000");
    let message = staking::msg::Undelegate { delegator: user("u5"), operator: val("G"), amount };
    staking::handle::undelegate(&mut net.ctx, message).unwrap();
    assert_eq!(staking::delegation(&net.ctx, &user("u5"), &val("G")).unwrap(), None);
    net.rebalance();
    assert_eq!(net.virtual_stake("V1"), "1000000.000000000000000000", "upstream: 1500000 until something else happens");
}

/// Upstream: inflation and the bonded ratio count virtual stake; the supply queries hide it there too.
#[test]
fn m10_virtual_stake_is_hidden_from_supply_and_bonded_stake() {
    let mut net = Net::new();
    net.asset(A1, "3", "0", "5", "0");
    net.delegate("u1", "V1", A1, 1000);
    net.rebalance();
    assert_eq!(net.total_bonded(), int(4_000_000));
    assert_eq!(block::native_bonded(&net.ctx).unwrap(), int(1_000_000));
    assert_eq!(crate::hooks::virtual_bonded_stake(&net.ctx).unwrap(), int(3_000_000));
    let supply = |net: &Net| {
        let request = bank_wire::QuerySupplyOfRequest { denom: "stake".into() };
        bank::query::supply_of(&net.ctx, request).unwrap().amount.unwrap().amount
    };
    assert_eq!(bank::supply(&net.ctx, &denom("stake")).unwrap(), int(4_000_000));
    assert_eq!(supply(&net), "1000000");
    // Out of the set it is no stake that counts, but it is not native either: mint subtracts it from the supply.
    net.set_bonded("V1", false);
    assert_eq!(crate::hooks::virtual_bonded_stake(&net.ctx).unwrap(), int(0));
    assert_eq!(crate::hooks::virtual_stake(&net.ctx).unwrap(), (int(3_000_000), int(0)));
    assert_eq!(supply(&net), "4000000", "as upstream: only bonded virtual stake is hidden");
}

/// Upstream: silence.
#[test]
fn m12_governance_and_completions_are_told() {
    let mut net = Net::new();
    let told = |net: &mut Net, name: &str| assert_eq!(net.events(name).len(), 1, "{name}");
    net.asset(A1, "1", "0", "5", "0");
    told(&mut net, "AllianceCreatedEvent");
    net.update(A1, |t| t.take_rate = dec("0.1")).unwrap();
    told(&mut net, "AllianceUpdatedEvent");
    net.set_params(|p| p.reward_delay = entente_kernel::Span::from_secs(1)).unwrap();
    told(&mut net, "AllianceParamsUpdatedEvent");
    net.end();
    told(&mut net, "AllianceStartedEvent");
    net.update(A1, |t| (t.change_rate, t.change_interval) = (dec("0.5"), entente_kernel::Span::from_secs(60))).unwrap();
    net.update(A1, |t| t.take_rate = dec("0")).unwrap();
    net.ctx.take_events();
    net.delegate("u1", "V1", A1, 1500);
    net.redelegate("u1", "V1", "V2", A1, 500).unwrap();
    net.undelegate("u1", "V1", A1, 500).unwrap();
    net.ctx.take_events();
    net.fault("V1", "0.1");
    told(&mut net, "StakeSlashedEvent");
    net.pass(60);
    net.ctx.take_events();
    block::end(&mut net.ctx).unwrap();
    let kinds: Vec<_> = net.ctx.take_events().into_iter().map(|e| e.kind).collect();
    let count = |name: &str| kinds.iter().filter(|k| **k == format!("alliance.alliance.{name}")).count();
    assert_eq!((count("RewardWeightChangedEvent"), count("EntrySlashedEvent")), (1, 2));
    net.pass(UNBONDING_SECS);
    block::end(&mut net.ctx).unwrap();
    let kinds: Vec<_> = net.ctx.take_events().into_iter().map(|e| e.kind).collect();
    let count = |name: &str| kinds.iter().filter(|k| **k == format!("alliance.alliance.{name}")).count();
    assert_eq!((count("UndelegationCompletedEvent"), count("RedelegationCompletedEvent")), (1, 1));
    net.delete(A1).unwrap();
    told(&mut net, "AllianceDissolvingEvent");
    net.end();
    told(&mut net, "AllianceDeletedEvent");
}

/// Upstream: the validator votes with all of it.
#[test]
fn m13_delegators_vote_with_their_part_of_the_virtual_stake() {
    let mut net = with_asset();
    net.asset(A2, "3", "0", "5", "0");
    net.delegate("u1", "V1", A1, 750);
    net.delegate("u2", "V1", A1, 250);
    net.delegate("u2", "V1", A2, 10);
    net.delegate("u1", "V2", A2, 10);
    net.rebalance();
    assert_eq!(net.virtual_stake("V1"), "2500000.000000000000000000");
    let parts = |net: &Net, u: &str| governance_stake(&net.ctx, &user(u)).unwrap();
    assert_eq!(parts(&net, "u1"), [(val("V1"), dec("750000")), (val("V2"), dec("1500000"))]);
    assert_eq!(parts(&net, "u2"), [(val("V1"), dec("1750000"))]);
    assert_eq!(parts(&net, "u3"), []);
    // A worthless stake has no vote.
    net.fault("V1", "1");
    assert_eq!(parts(&net, "u1"), [(val("V2"), dec("1500000"))]);
}
