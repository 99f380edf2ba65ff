//! S13, S14, F3, R1, R2, R7: what a fault costs at once.

use super::*;
use crate::modules::alliance::hook;
use crate::modules::alliance::state::{FAULTS, REBALANCE};
use crate::modules::auth::ModuleAccount;
use crate::modules::staking;

/// Upstream: shares go, tokens stay. A sole validator's delegators lose nothing; elsewhere the stake grows.
#[test]
fn s13_the_tokens_leave_with_the_shares() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.fault("V1", "0.05");
    net.assert_sound();
    assert_eq!(net.shown("u1", "V1", A1), int(950_000), "upstream: 1000000");
    assert_eq!(net.community_pool(A1), "50000.000000000000000000", "upstream: 0");

    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.delegate("u2", "V2", A1, 1_000_000);
    net.fault("V1", "0.05");
    assert_eq!(net.shown("u1", "V1", A1), int(950_000), "upstream: 974358");
    assert_eq!(net.shown("u2", "V2", A1), int(1_000_000), "upstream: 1025641");
}

/// Upstream: a whale with 10^9 at V1 and V2 each, beside 10^6 of another at V1, gains by its own fault, and the other pays for it.
#[test]
fn s13_a_whale_gains_nothing_by_its_own_fault() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 10u128.pow(9));
    net.delegate("u1", "V2", A1, 10u128.pow(9));
    net.delegate("u2", "V1", A1, 10u128.pow(6));
    net.fault("V1", "0.05");
    let all = net.shown("u1", "V1", A1).add(net.shown("u1", "V2", A1)).unwrap();
    // Upstream: 2,000,025,628, a gain, and 974,371 for the other.
    assert_eq!(all, int(1_950_000_000));
    assert_eq!(net.shown("u2", "V1", A1), int(950_000));
}

/// Upstream: staying costs 2.6 %, undelegating 5 %, redelegating next to nothing.
#[test]
fn s13_staying_undelegating_and_redelegating_cost_the_same() {
    let mut net = with_asset();
    for u in ["u1", "u2", "u3"] {
        net.delegate(u, "V1", A1, 1_000_000);
    }
    net.delegate("u4", "V2", A1, 1_000_000);
    net.undelegate("u2", "V1", A1, 1_000_000).unwrap();
    net.redelegate("u3", "V1", "V2", A1, 1_000_000).unwrap();
    net.fault("V1", "0.05");
    net.end();
    assert_eq!(net.shown("u1", "V1", A1), int(950_000));
    assert_eq!(net.unbonding("u2", A1), [950_000]);
    assert_eq!(net.shown("u3", "V2", A1), int(950_000));
    assert_eq!(net.shown("u4", "V2", A1), int(1_000_000));
    // Of the stake the part is rounded down, 49,999.999...; of entries up.
    assert_eq!(net.community_pool(A1), "149999.000000000000000000");
}

fn slash_natively(net: &mut Net, v: &str, power: i64, factor: &str) {
    let cons = staking::must_validator(&net.ctx, &val(v)).unwrap().cons_address();
    let height = net.ctx.height();
    staking::slash(&mut net.ctx, &cons, height, power, dec(factor), staking::Infraction::Unspecified).unwrap();
}

fn with_native_stake(weight: &str) -> Net {
    let mut net = Net::with_native(&[("G", 1_000_000), ("V1", 1_000_000)]);
    net.asset(A1, weight, "0", "5", "0");
    net.delegate("u1", "V1", A1, 1_000_000);
    net.rebalance();
    net
}

/// A native delegation of nine times the stake after the fault: the host burns 50,000 of 10,000,000. Upstream takes 0.5 %.
#[test]
fn s14_stake_that_came_after_the_fault_does_not_dilute_it() {
    let mut net = with_native_stake("0");
    net.fund("u5", "stake", 9_000_000);
    let amount = coin("stake", 9_000_000);
    let message = staking::msg::Delegate { delegator: user("u5"), operator: val("V1"), amount };
    staking::handle::delegate(&mut net.ctx, message).unwrap();
    slash_natively(&mut net, "V1", 1, "0.05");
    assert_eq!(net.native_tokens("V1"), int(9_950_000));
    assert_eq!(net.shown("u1", "V1", A1), int(950_000), "upstream: 995000 of the shares are left");
}

/// The virtual stake of 9,000,000 left after the fault: the host burns 500,000 of 1,000,000. Upstream takes 50 %.
#[test]
fn s14_virtual_stake_that_left_after_the_fault_does_not_inflate_it() {
    let mut net = with_native_stake("5");
    assert_eq!(net.native_tokens("V1"), int(11_000_000));
    net.update(A1, |t| t.reward_weight = dec("0")).unwrap();
    net.rebalance();
    assert_eq!(net.native_tokens("V1"), int(1_000_000));
    slash_natively(&mut net, "V1", 11, "0.05");
    assert_eq!(net.native_tokens("V1"), int(450_000), "the host burns 55 %");
    assert_eq!(net.shown("u1", "V1", A1), int(950_000), "upstream: 450000 of the shares are left");
}

/// Upstream: the module is not called.
#[test]
fn s14_a_fault_counts_even_if_the_host_burns_nothing() {
    let mut net = with_native_stake("1");
    slash_natively(&mut net, "V1", 0, "0.05");
    assert_eq!(net.native_tokens("V1"), int(3_000_000));
    assert_eq!(net.shown("u1", "V1", A1), int(950_000), "upstream: 1000000");
}

/// z = mul(VS, f), k = min(trunc(mul(V, f)), TT - 1); TVS and VS fall by z, TT by k.
#[test]
fn f3_shares_and_tokens_of_the_pool_fall_by_the_factor() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 999);
    net.delegate("u2", "V2", A1, 1);
    net.fault("V1", "0.333");
    let asset = net.stored(A1);
    // z = 332.667, k = 332.
    assert_eq!((asset.tokens, asset.shares), (int(668), dec("667.333")));
    assert_eq!(net.pool("V1", A1).validator_shares, dec("666.333"));
    assert_eq!(net.pool("V1", A1).delegator_shares, dec("999"));
    // At most TT - 1: the last token of the asset leaves only when no share is left.
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 2);
    net.fault("V1", "0.999999999999999999");
    assert_eq!((net.stored(A1).tokens, net.stored(A1).shares), (int(1), dec("0.000000000000000002")));
    net.fault("V1", "1");
    assert_eq!((net.stored(A1).tokens, net.stored(A1).shares), (int(0), dec("0")));
    assert_eq!(net.community_pool(A1), "2.000000000000000000");
    net.assert_sound();
}

/// Upstream: a trifle moved out of V1 and undelegated at the destination makes the hook fail; all undelegations from V1 go free.
#[test]
fn r1_no_user_makes_a_slash_fail() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1000);
    net.delegate("u2", "V1", A1, 1_000_000);
    net.delegate("u4", "V2", A1, 10);
    net.redelegate("u1", "V1", "V2", A1, 1000).unwrap();
    net.undelegate("u1", "V2", A1, 1000).unwrap();
    net.undelegate("u2", "V1", A1, 500_000).unwrap();
    net.fault("V1", "0.1");
    net.end();
    assert_eq!(net.unbonding("u2", A1), [450_000], "upstream: 500000");
    assert_eq!(net.unbonding("u1", A1), [900], "upstream: 1000");
}

/// Upstream: what the failed hook had written is kept, and the rebalance flag is not set.
#[test]
fn r2_a_slash_is_applied_whole() {
    let mut net = with_asset();
    net.asset(A2, "1", "0", "5", "0");
    net.delegate("u1", "V1", A1, 2000);
    net.delegate("u1", "V1", A2, 2000);
    net.redelegate("u1", "V1", "V2", A1, 1000).unwrap();
    net.undelegate("u1", "V2", A1, 1000).unwrap();
    net.rebalance();
    assert!(REBALANCE.load(&net.ctx).unwrap().is_none());
    net.fault("V1", "0.1");
    assert!(REBALANCE.load(&net.ctx).unwrap().is_some());
    assert_eq!(FAULTS.iter(&net.ctx).count(), 1);
    net.end();
    assert_eq!((net.shown("u1", "V1", A1), net.shown("u1", "V1", A2)), (int(900), int(1800)));
    assert_eq!(net.unbonding("u1", A1), [900]);
    // One that cannot be applied is refused before it changes anything.
    let before = net.stored(A1);
    for factor in ["-0.1", "1.000000000000000001"] {
        hook::before_validator_slashed(&mut net.ctx, &val("V1"), 0, dec(factor)).unwrap_err();
    }
    assert_eq!(net.stored(A1), before);
}

/// Upstream: an asset that was deleted while a redelegation is open makes the hook of its source fail.
#[test]
fn r7_a_deleted_asset_does_not_make_a_slash_fail() {
    let mut net = with_asset();
    net.asset(A2, "1", "0", "5", "0");
    net.delegate("u1", "V1", A1, 1000);
    net.redelegate("u1", "V1", "V2", A1, 1000).unwrap();
    net.undelegate("u1", "V2", A1, 1000).unwrap();
    net.delete(A1).unwrap();
    assert_eq!(net.stored_or_none(A1), None);
    net.delegate("u2", "V1", A2, 1000);
    net.undelegate("u2", "V1", A2, 400).unwrap();
    net.fault("V1", "0.1");
    net.end();
    assert_eq!(net.unbonding("u2", A2), [360], "upstream: 400");
    assert_eq!(net.unbonding("u1", A1), [900], "upstream: 1000");
    assert_eq!(net.held_by(&ModuleAccount::ALLIANCE, A1), int(900));
}
