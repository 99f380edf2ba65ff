//! S4 to S7, S10 to S12, F5: shares, values and the clock of takes.

use entente_kernel::{Span, Timestamp};

use super::*;
use crate::modules::alliance::error;
use crate::modules::alliance::params;
use crate::modules::alliance::state::{LEAVING, RESTARTS, VALIDATORS};
use crate::modules::auth::ModuleAccount;

/// Upstream: undelegating the shown 244,140 is staking 22; 244,139 succeed, one unit can never be withdrawn and TT stays 1.
#[test]
fn s4_the_shown_balance_can_be_withdrawn() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.5");
    net.delegate("u1", "V1", A1, 1_000_000_000);
    net.delegate("u2", "V1", A1, 5);
    net.end();
    net.pass(12 * 300 + 1);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(244_140));
    assert_eq!(net.shown("u1", "V1", A1), int(244_140));
    net.undelegate("u1", "V1", A1, 244_140).unwrap();
    assert_eq!(net.delegation("u1", "V1", A1), None);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(0), "upstream: 1 for ever");
    // Its five units had become worth nothing; the asset can be deleted.
    assert_eq!(net.delegation("u2", "V1", A1), None);
    net.delete(A1).unwrap();
    assert_eq!(net.stored_or_none(A1), None);
}

/// Kept from upstream: 0.99 tokens are shown as 1 and paid as 1, a gift of 0.01 from the others; no more than that.
#[test]
fn s5_a_withdrawal_pays_at_most_a_hundredth_of_a_unit_too_much() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.01");
    net.delegate("u1", "V1", A1, 1);
    net.delegate("u2", "V1", A1, 99);
    net.end();
    net.pass(301);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(99));
    assert_eq!((net.shown("u1", "V1", A1), net.shown("u2", "V1", A1)), (int(1), int(98)));
    net.undelegate("u1", "V1", A1, 1).unwrap();
    assert_eq!(net.shown("u2", "V1", A1), int(98), "98.01 became 98");
    // 0.98 are not shown as 1.
    net.delegate("u1", "V1", A1, 1);
    net.pass(300);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(98));
    assert_eq!(net.shown("u1", "V1", A1), int(0));
}

/// Upstream: while the only asset is at its floor of one token the clock stands still; a deposit of 10^9 after 100 days loses
/// 763,080,772 five seconds later.
#[test]
fn s6_the_take_clock_never_stands_still() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.00005");
    net.delegate("u1", "V1", A1, 1);
    net.end();
    net.pass(100 * 86_400);
    net.end();
    net.delegate("u2", "V1", A1, 1_000_000_000);
    net.pass(5);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(1_000_000_001), "upstream: 236919229");
    net.pass(300);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(999_950_000), "one interval is charged");
}

/// Upstream: an asset that started 301 seconds ago pays for 12 intervals, 717,570,464 of 10^9 (V14).
#[test]
fn s7_an_asset_pays_for_no_interval_before_its_start() {
    let mut net = with_asset();
    net.end();
    net.asset(A2, "1", "0", "5", "0.1");
    net.delegate("u1", "V1", A2, 1_000_000_000);
    net.start_at(A2, net.ctx.time().plus(Span::from_secs(3300)));
    net.pass(3601);
    net.end();
    assert_eq!(net.stored(A2).tokens, int(900_000_000), "one of twelve intervals; upstream: 282429536");
}

/// last 1000, interval 300, now 1901: an asset that started at 1000 pays 3 intervals, at 1001 2, at 1301 1, at 1601 none.
#[test]
fn f5_the_clock_moves_by_whole_intervals_and_an_asset_pays_after_its_start() {
    for (start, left) in [(0, 125), (1, 250), (301, 500), (601, 1000), (5000, 1000)] {
        let mut net = Net::new();
        net.asset(A1, "1", "0", "5", "0.5");
        net.delegate("u1", "V1", A1, 1000);
        net.end();
        let last = net.ctx.time();
        net.start_at(A1, last.plus(Span::from_secs(start)));
        net.pass(901);
        net.end();
        assert_eq!(net.stored(A1).tokens, int(left), "start {start}");
        assert_eq!(params(&net.ctx).unwrap().last_take, last.plus(Span::from_secs(900)), "upstream: 901 if none pays");
    }
}

/// A new interval first charges the elapsed intervals at the old one, then the clock starts at the block.
#[test]
fn f5_a_new_interval_charges_the_old_ones_first() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.5");
    net.delegate("u1", "V1", A1, 1000);
    net.end();
    net.pass(650);
    net.set_params(|p| p.take_interval = Span::from_secs(10)).unwrap();
    assert_eq!(net.stored(A1).tokens, int(250), "two intervals of 300 seconds");
    assert_eq!(params(&net.ctx).unwrap().last_take, net.ctx.time());
    net.end();
    assert_eq!(
        net.stored(A1).tokens,
        int(250),
        "upstream: 65 intervals of 10 seconds, 1000 x 0.5^65, spared at one token"
    );
    net.pass(11);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(125));
}

/// A proposal carries the clock of the day it was written. Upstream obeys it: two intervals that were charged are charged again, and
/// all at the new length.
#[test]
fn f5_a_new_interval_is_not_charged_from_the_clock_of_the_proposal() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.5");
    net.delegate("u1", "V1", A1, 1000);
    net.end();
    let written = params(&net.ctx).unwrap().last_take;
    net.pass(601);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(250));
    net.set_params(|p| (p.take_interval, p.last_take) = (Span::from_secs(200), written)).unwrap();
    net.end();
    assert_eq!(net.stored(A1).tokens, int(250), "upstream: three intervals of 200 seconds, 31");
    assert_eq!(params(&net.ctx).unwrap().last_take, net.ctx.time());
    // A message that leaves the interval may set the clock to a later time, as upstream.
    let later = net.ctx.time().plus(Span::from_secs(1000));
    net.set_params(|p| p.last_take = later).unwrap();
    assert_eq!(params(&net.ctx).unwrap().last_take, later);
}

/// A proposal about something else carries the clock of the day it was written too. Upstream sets the clock back and charges the time of
/// the vote again.
#[test]
fn f5_a_proposal_about_something_else_does_not_set_the_clock_back() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.5");
    net.delegate("u1", "V1", A1, 1000);
    net.end();
    let written = params(&net.ctx).unwrap().last_take;
    net.pass(601);
    net.end();
    let charged = params(&net.ctx).unwrap().last_take;
    assert_eq!((net.stored(A1).tokens, charged), (int(250), written.plus(Span::from_secs(600))));
    for stale in [written, Timestamp::NEVER] {
        net.set_params(|p| (p.reward_delay, p.last_take) = (Span::from_secs(5), stale)).unwrap();
        assert_eq!(params(&net.ctx).unwrap().last_take, charged, "upstream: {stale}");
        net.end();
        assert_eq!(net.stored(A1).tokens, int(250), "upstream: two intervals once more, 62");
    }
    assert_eq!(params(&net.ctx).unwrap().reward_delay, Span::from_secs(5));
}

/// Upstream: with all shares slashed away V = TT at every validator: 1,000,000 tokens are shown to each of two delegators.
#[test]
fn s10_a_worthless_pool_begins_afresh() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.delegate("u2", "V2", A1, 1_000_000);
    net.deposit("V1", &[("stake", 77)]);
    net.fault("V1", "1");
    net.assert_sound();
    assert_eq!(net.pool("V1", A1).epoch, 1);
    assert_eq!((net.shown("u1", "V1", A1), net.shown("u2", "V2", A1)), (int(0), int(1_000_000)));
    assert_eq!(net.stored(A1).shares, dec("1000000"));
    let refused = net.undelegate("u1", "V1", A1, 1).unwrap_err();
    assert!(refused.is(error::INSUFFICIENT_TOKENS), "{refused}");
    assert!(net.redelegate("u1", "V1", "V2", A1, 1).unwrap_err().is(error::INSUFFICIENT_TOKENS));
    // The claim against the old epoch is kept, and a new stake begins at one share per token.
    net.delegate("u1", "V1", A1, 500);
    assert_eq!(net.delegation("u1", "V1", A1).unwrap().shares, dec("500"));
    net.deposit("V1", &[("stake", 5)]);
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), coins(&[("stake", 82)]));
    net.fault("V1", "1");
    net.fault("V2", "1");
    net.end();
    assert_eq!((net.stored(A1).tokens, net.stored(A1).shares), (int(0), dec("0")));
    assert_eq!(net.community_pool(A1), "2000500.000000000000000000");
    assert_eq!(RESTARTS.iter(&net.ctx).count(), 0);
    assert_eq!(net.delegation("u2", "V2", A1), None, "swept");
    assert_eq!(net.delegate("u3", "V3", A1, 9), dec("9"));
    assert_eq!(net.shown("u3", "V3", A1), int(9));
}

/// Upstream accepts a delegation of nothing.
#[test]
fn s10_a_message_that_would_buy_no_share_is_refused() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 10);
    assert!(net.try_delegate("u2", "V1", A1, 0).unwrap_err().is(error::ZERO_SHARES));
    assert_eq!(net.delegation("u2", "V1", A1), None);
}

/// Upstream: the stake is locked for good, and its shares go on to dilute the rebalance.
#[test]
fn s11_stake_with_a_removed_validator_goes_back_to_its_owners() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 700);
    net.delegate("u2", "V1", A1, 300);
    net.delegate("u3", "V2", A1, 1000);
    net.set_bonded("V1", false);
    net.deposit("V1", &[("stake", 10)]);
    net.remove_validator("V1");
    assert_eq!(LEAVING.iter(&net.ctx).count(), 1);
    net.end();
    assert_eq!((net.unbonding("u1", A1), net.unbonding("u2", A1)), (vec![700], vec![300]));
    assert_eq!(net.stored(A1).shares, dec("1000"), "upstream: 2000");
    assert_eq!((LEAVING.iter(&net.ctx).count(), VALIDATORS.has(&net.ctx, &val("V1")).unwrap()), (0, false));
    let before = net.balance("u1", A1);
    net.pass(UNBONDING_SECS + 1);
    net.end();
    assert_eq!(net.balance("u1", A1).sub(before).unwrap(), int(700));
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), coins(&[("stake", 7)]), "what it earned is owed");
    assert_eq!(net.held_by(&ModuleAccount::ALLIANCE_REWARDS, "stake"), int(3));
}

/// One share of a hundred is worth 0.99 and moves as 1. Upstream: the source gives its one share, the destination gets
/// 1.010101010101010101, and the pools add up to more than TVS from then on.
#[test]
fn s12_shares_leave_pool_and_asset_by_the_same_amount() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.01");
    net.delegate("u1", "V1", A1, 1);
    net.delegate("u2", "V2", A1, 99);
    net.end();
    net.pass(301);
    net.end();
    assert_eq!(net.stored(A1).tokens, int(99));
    net.redelegate("u1", "V1", "V3", A1, 1).unwrap();
    net.assert_sound();
    assert_eq!(net.pool("V1", A1).validator_shares, dec("0"));
    assert_eq!(net.pool("V3", A1).validator_shares, dec("1"), "upstream: 1.010101010101010101");
    assert_eq!(net.stored(A1).shares, dec("100"));
    // Upstream takes 1.010101010101010101 from TVS and 1 from the pool.
    net.undelegate("u1", "V3", A1, 1).unwrap();
    net.assert_sound();
    assert_eq!(net.stored(A1).shares, dec("99"), "upstream: 98.989898989898989899");
}
