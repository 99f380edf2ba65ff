//! F6: what comes before what.

use super::*;
use crate::modules::alliance::block;
use crate::modules::auth::ModuleAccount;

/// Begin block: slashes. End block: redelegations, payouts, the burn, starts, takes, weights, clean-ups, the rebalance.
#[test]
fn f6_an_entry_due_now_is_slashed_in_this_block_and_paid_later() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1000);
    net.undelegate("u1", "V1", A1, 1000).unwrap();
    let before = net.balance("u1", A1);
    net.pass(UNBONDING_SECS);
    net.fault("V1", "0.1");
    net.end();
    assert_eq!((net.balance("u1", A1), net.unbonding("u1", A1)), (before, vec![900]));
    net.pass(1);
    net.end();
    assert_eq!(net.balance("u1", A1).sub(before).unwrap(), int(900));
}

/// A redelegation that is due ends before the payout of what was unbonded from its destination, and pays its faults first.
#[test]
fn f6_redelegations_end_before_payouts() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1000);
    net.redelegate("u1", "V1", "V2", A1, 1000).unwrap();
    net.undelegate("u1", "V2", A1, 1000).unwrap();
    let before = net.balance("u1", A1);
    net.fault("V1", "0.1");
    net.pass(UNBONDING_SECS + 1);
    net.end();
    assert_eq!(net.balance("u1", A1).sub(before).unwrap(), int(900));
    assert_eq!(net.community_pool(A1), "100.000000000000000000");
}

/// An asset that starts in this block is told, taken from for no interval, and has its virtual stake at once.
#[test]
fn f6_starts_come_before_takes_and_the_rebalance_comes_last() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.5");
    net.delegate("u1", "G", A1, 1000);
    net.start_at(A1, net.ctx.time().plus(entente_kernel::Span::from_secs(600)));
    net.end();
    net.pass(600);
    net.ctx.take_events();
    block::end(&mut net.ctx).unwrap();
    let told = net.ctx.take_events();
    let place = |kind: &str| told.iter().position(|e| e.kind == kind);
    assert!(place("alliance.alliance.AllianceStartedEvent").unwrap() < place("coinbase").unwrap());
    assert_eq!(net.stored(A1).tokens, int(1000));
    assert_eq!(net.virtual_stake("G"), "1000000.000000000000000000");
    // A weight that changes in a block is in force in its rebalance; stray native coins were burnt before.
    net.update(A1, |t| {
        (t.change_rate, t.change_interval) = (dec("2"), entente_kernel::Span::from_secs(60));
    })
    .unwrap();
    net.pass(60);
    net.give_to_alliance(&[("stake", 5)]);
    net.end();
    assert_eq!(net.virtual_stake("G"), "2000000.000000000000000000");
    assert_eq!(net.held_by(&ModuleAccount::ALLIANCE, "stake"), int(0));
}
