//! R3 to R6, R8, D4, D5, F4: entries and the faults that reach them.

use super::*;
use crate::modules::alliance::params::{CLEANUPS_PER_BLOCK, COMPLETIONS_PER_BLOCK};
use crate::modules::alliance::state::{FAULTS, REDELEGATIONS, SWEEPS, UNBONDINGS};
use crate::modules::alliance::{block, entry, genesis};

/// Upstream: one record of all three, slashed twice: 810,000 each, V2's entry too although V2 did nothing.
#[test]
fn r3_each_undelegation_is_slashed_once_for_faults_of_its_own_validator() {
    let mut net = with_asset();
    net.asset(A2, "1", "0", "5", "0");
    for (v, d) in [("V1", A1), ("V1", A2), ("V2", A1)] {
        net.delegate("u1", v, d, 1_000_000);
    }
    for (v, d) in [("V1", A1), ("V1", A2), ("V2", A1)] {
        net.undelegate("u1", v, d, 1_000_000).unwrap();
    }
    net.fault("V1", "0.1");
    net.end();
    assert_eq!(net.unbonding("u1", A1), [900_000, 1_000_000], "upstream: 810000, 810000");
    assert_eq!(net.unbonding("u1", A2), [900_000], "upstream: 810000");
    assert_eq!(net.community_pool(A1), "100000.000000000000000000");
}

/// Upstream takes trunc(0.95) = 0 of each 19.
#[test]
fn r3_pieces_do_not_escape() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 200 * 19);
    for _ in 0..200 {
        net.undelegate("u1", "V1", A1, 19).unwrap();
    }
    net.fault("V1", "0.05");
    net.end();
    assert_eq!(net.unbonding("u1", A1), [18; 200], "upstream: 19");
}

/// Upstream: shares leave the delegation and the pool alike, the value goes to the co-delegators: 0.85 % instead of 2.5 % (V45),
/// nothing for a sole delegator, nothing if the tokens moved on.
#[test]
fn r4_a_redelegation_loses_the_factor_in_full() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.redelegate("u1", "V1", "V2", A1, 1_000_000).unwrap();
    net.fault("V1", "0.05");
    net.end();
    assert_eq!(net.shown("u1", "V2", A1), int(950_000), "upstream: 1000000");
    net.delegate("u2", "V2", A1, 1_000_000);
    net.fault("V1", "0.05");
    net.end();
    assert_eq!(net.shown("u1", "V2", A1), int(902_500));
    assert_eq!(net.shown("u2", "V2", A1), int(1_000_000), "others neither gain nor lose");
    // Half moves on into unbonding: what is no longer staked is taken there.
    net.undelegate("u1", "V2", A1, 900_000).unwrap();
    net.fault("V1", "0.5");
    net.end();
    assert_eq!(net.shown("u1", "V2", A1), int(0));
    assert_eq!(net.unbonding("u1", A1), [451_250], "upstream: 900000");
}

/// Upstream slashes every entry that is open.
#[test]
fn r5_an_entry_made_before_the_fault_is_spared() {
    let mut net = with_asset();
    for v in ["V1", "V2"] {
        net.delegate("u1", v, A1, 2000);
    }
    let height = net.ctx.height();
    net.undelegate("u1", "V1", A1, 1000).unwrap();
    net.redelegate("u1", "V1", "V3", A1, 500).unwrap();
    net.pass(5);
    net.undelegate("u1", "V1", A1, 100).unwrap();
    net.fault_at("V1", "0.1", height + 1);
    net.end();
    assert_eq!(net.unbonding("u1", A1), [1000, 90], "upstream: 900, 90");
    assert_eq!(net.shown("u1", "V3", A1), int(500));
    net.fault_at("V1", "0.1", height);
    net.end();
    assert_eq!(net.unbonding("u1", A1), [900, 81], "made at the height of the fault: slashed");
    assert_eq!(net.shown("u1", "V3", A1), int(450));
}

/// Imported entries do not know when they were made.
#[test]
fn r5_an_imported_entry_is_always_slashed() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 2000);
    net.undelegate("u1", "V1", A1, 1000).unwrap();
    let mut section = genesis::exported(&net.ctx);
    section.bookkeeping = None;
    let mut net = Net::new();
    net.give_to_alliance(&[(A1, 2000)]);
    genesis::init(&mut net.ctx, section).unwrap();
    net.pass(5);
    net.fault_at("V1", "0.1", net.ctx.height());
    net.end();
    assert_eq!(net.unbonding("u1", A1), [900]);
}

/// Upstream: one record of 2,000,000; a fault of V2 costs 200,000.
#[test]
fn r6_redelegations_of_one_block_are_not_merged() {
    let mut net = with_asset();
    for v in ["V1", "V2"] {
        net.delegate("u1", v, A1, 1_000_000);
        net.redelegate("u1", v, "V3", A1, 1_000_000).unwrap();
    }
    let rows: Vec<_> = REDELEGATIONS.iter(&net.ctx).map(|row| row.unwrap().1).collect();
    assert_eq!(rows.iter().map(|r| r.source).collect::<Vec<_>>(), [val("V1"), val("V2")]);
    assert_eq!(rows[1].created_height, Some(net.ctx.height()));
    assert_eq!(rows[1].destination_shares, dec("1000000"));
    net.fault("V2", "0.1");
    net.end();
    assert_eq!(net.shown("u1", "V3", A1), int(1_900_000), "upstream: 1800000 and a gift to the others");
}

/// Upstream: each fault counts on the first balance: 100,000 twice, then more than is there, and the hook fails.
#[test]
fn r8_later_faults_count_on_what_is_left() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.redelegate("u1", "V1", "V2", A1, 1_000_000).unwrap();
    for wanted in [900_000, 810_000] {
        net.fault("V1", "0.1");
        net.end();
        assert_eq!(net.shown("u1", "V2", A1), int(wanted));
    }
    for _ in 0..3 {
        net.fault("V1", "0.6");
    }
    net.end();
    // 810,000 -> 324,000 -> 129,600 -> 51,840.
    assert_eq!(net.shown("u1", "V2", A1), int(51_840), "upstream: 810000, the hook fails from 1000000 on");
}

/// Upstream pays all of them in one block.
#[test]
fn d4_maturing_entries_are_paid_in_portions() {
    let mut net = with_asset();
    let n = COMPLETIONS_PER_BLOCK + 5;
    net.delegate("u1", "V1", A1, n as u128);
    let before = net.balance("u1", A1);
    for _ in 0..n {
        net.undelegate("u1", "V1", A1, 1).unwrap();
    }
    net.pass(UNBONDING_SECS);
    net.end();
    assert_eq!(net.balance("u1", A1), before, "due exactly now: not yet");
    net.pass(1);
    net.end();
    assert_eq!(net.balance("u1", A1).sub(before).unwrap(), int(COMPLETIONS_PER_BLOCK as u128), "upstream: all");
    // What is complete but unpaid is no longer slashed.
    net.fault("V1", "0.5");
    net.pass(1);
    net.end();
    assert_eq!(net.balance("u1", A1).sub(before).unwrap(), int(n as u128));
    assert_eq!(UNBONDINGS.iter(&net.ctx).count(), 0);
}

/// Upstream: one claim per open redelegation, unmetered, in the begin block of the slash.
#[test]
fn d5_faults_reach_entries_in_portions_or_at_a_touch() {
    let mut net = with_asset();
    let n = CLEANUPS_PER_BLOCK + 5;
    net.delegate("u2", "V1", A1, 19);
    net.delegate("u1", "V1", A1, 10 * n as u128);
    for _ in 0..n {
        net.undelegate("u1", "V1", A1, 10).unwrap();
    }
    net.undelegate("u2", "V1", A1, 19).unwrap();
    net.fault("V1", "0.1");
    net.fault("V1", "0.1");
    assert_eq!(net.unbonding("u1", A1), vec![10; n], "no entry is visited by the slash");
    // Each fault rounds on its own: 19 -> 17 -> 15, 10 -> 9 -> 8.
    let shown = net.ctx.dry_run(|ctx| {
        block::visit_all_faults(ctx)?;
        entry::unbondings_of(ctx, &user("u2"), &key(A1))
    });
    assert_eq!(shown.unwrap()[0].1.amount, int(15));
    net.end();
    let after: Vec<u128> = net.unbonding("u1", A1);
    // Looking for redelegations is the first of the portion.
    assert_eq!(after.iter().filter(|a| **a == 8).count(), CLEANUPS_PER_BLOCK - 1);
    assert_eq!(after.iter().filter(|a| **a == 10).count(), 6);
    for _ in 0..4 {
        net.end();
    }
    assert_eq!(net.unbonding("u1", A1), vec![8; n]);
    assert_eq!(net.unbonding("u2", A1), [15]);
    assert_eq!(
        (FAULTS.iter(&net.ctx).count(), SWEEPS.iter(&net.ctx).count()),
        (0, 0),
        "forgotten when all were visited"
    );
}

/// A message of the delegator at the destination applies what is on its way first.
#[test]
fn d5_a_message_at_the_destination_applies_the_faults_first() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1000);
    net.redelegate("u1", "V1", "V2", A1, 1000).unwrap();
    net.fault("V1", "0.1");
    let refused = log(net.undelegate("u1", "V2", A1, 1000));
    assert!(refused.contains("insufficient"), "{refused}");
    net.undelegate("u1", "V2", A1, 900).unwrap();
    assert_eq!(net.unbonding("u1", A1), [900]);
    net.end();
    assert_eq!(net.unbonding("u1", A1), [900]);
}

/// k = min(amount, ceil(f amount)), newest first: from the stake, the rest from what is unbonding from there since, in order, what
/// then remains is dropped.
#[test]
fn f4_a_redelegation_pays_from_the_stake_then_from_unbondings_in_order() {
    let mut net = with_asset();
    net.delegate("u3", "V2", A1, 983);
    net.delegate("u1", "V2", A1, 70);
    net.undelegate("u1", "V2", A1, 70).unwrap();
    net.delegate("u1", "V1", A1, 101);
    net.redelegate("u1", "V1", "V2", A1, 101).unwrap();
    net.undelegate("u1", "V2", A1, 30).unwrap();
    net.pass(1);
    net.undelegate("u1", "V2", A1, 30).unwrap();
    net.fault("V1", "0.8");
    net.end();
    // ceil(80.8) = 81: 41 of the stake, then 30 and 10; the 70 that left before are not touched.
    assert_eq!(net.delegation("u1", "V2", A1), None);
    assert_eq!(net.unbonding("u1", A1), [70, 0, 20]);
    assert_eq!(net.shown("u3", "V2", A1), int(983));
    assert_eq!(net.community_pool(A1), "81.000000000000000000");
    // What is left of the entry, 20, is nowhere but in the last unbonding.
    net.fault("V1", "1");
    net.end();
    assert_eq!(net.unbonding("u1", A1), [70, 0, 0]);
    net.fault("V1", "1");
    net.end();
    assert_eq!(net.community_pool(A1), "101.000000000000000000");
}

/// Two redelegations to one place: the newest pays first.
#[test]
fn f4_the_newest_redelegation_pays_first() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 200);
    net.redelegate("u1", "V1", "V2", A1, 100).unwrap();
    net.undelegate("u1", "V2", A1, 100).unwrap();
    net.redelegate("u1", "V1", "V2", A1, 100).unwrap();
    net.fault("V1", "1");
    net.end();
    // The second takes the stake, the first what is unbonding since it.
    assert_eq!(net.delegation("u1", "V2", A1), None);
    assert_eq!(net.unbonding("u1", A1), [0]);
    assert_eq!(net.community_pool(A1), "200.000000000000000000");
}
