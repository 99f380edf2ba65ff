//! 11.4: an asset is deleted while it is staked.

use super::*;
use crate::modules::alliance::error;
use crate::modules::alliance::params::CLEANUPS_PER_BLOCK;
use crate::modules::alliance::pool;
use crate::modules::alliance::query;
use crate::modules::alliance::state::{DELEGATIONS, OWED};
use crate::modules::auth::ModuleAccount;
use entente_proto::alliance::alliance as wire;

fn dissolving() -> Net {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.5");
    net.delegate("u1", "V1", A1, 1000);
    net.delegate("u2", "V2", A1, 500);
    net.rebalance();
    net.deposit("V1", &[("stake", 10)]);
    net.delete(A1).unwrap();
    net
}

/// Upstream: `active delegations exists`; an asset with stake can never be deleted.
#[test]
fn dissolution_of_a_staked_asset_returns_the_stake() {
    let mut net = dissolving();
    assert!(net.stored(A1).dissolving);
    let request = wire::QueryAllianceRequest { denom: A1.into() };
    assert!(net.ctx.dry_run(|ctx| query::alliance(ctx, request)).unwrap().alliance.unwrap().is_dissolving);
    net.assert_sound();
    // No new stake, no moves, no changes; owners may still undelegate.
    assert!(net.try_delegate("u1", "V1", A1, 1).unwrap_err().is(error::DISSOLVING));
    assert!(net.redelegate("u1", "V1", "V2", A1, 1).unwrap_err().is(error::DISSOLVING));
    assert!(net.update(A1, |t| t.take_rate = dec("0")).unwrap_err().is(error::DISSOLVING));
    assert!(net.delete(A1).unwrap_err().is(error::DISSOLVING));
    net.undelegate("u1", "V1", A1, 100).unwrap();
    // No take, no rewards, no virtual stake.
    net.pass(301);
    net.deposit("V1", &[("stake", 7)]);
    assert_eq!(net.community_pool("stake"), "7.000000000000000000");
    net.rebalance();
    assert_eq!(net.virtual_stake("V1"), "0");
    assert_eq!(net.held_by(&ModuleAccount::FEE_COLLECTOR, A1), int(0));
    assert_eq!((net.unbonding("u1", A1), net.unbonding("u2", A1)), (vec![100, 900], vec![500]));
    assert_eq!(net.stored_or_none(A1), None, "upstream: refused");
}

/// Entries and debts outlive the asset: they are slashed, paid and claimed like others.
#[test]
fn dissolution_leaves_entries_and_debts() {
    let mut net = dissolving();
    net.end();
    assert_eq!(net.stored_or_none(A1), None);
    net.fault("V1", "0.1");
    net.end();
    assert_eq!(net.unbonding("u1", A1), [900]);
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), coins(&[("stake", 10)]));
    assert!(net.claim("u1", "V1", A1).unwrap_err().is(error::UNKNOWN_ASSET));
    let before = net.balance("u1", A1);
    net.pass(UNBONDING_SECS + 1);
    net.end();
    assert_eq!(net.balance("u1", A1).sub(before).unwrap(), int(900));
    assert_eq!(net.held_by(&ModuleAccount::ALLIANCE, A1), int(0));
}

/// The same denom begins with new rows.
#[test]
fn dissolution_makes_place_for_the_same_denom() {
    let mut net = dissolving();
    net.end();
    assert_eq!((pool::all(&net.ctx).unwrap().len(), DELEGATIONS.iter(&net.ctx).count()), (0, 0));
    net.asset(A1, "2", "0", "5", "0");
    net.delegate("u2", "V1", A1, 100);
    net.deposit("V1", &[("stake", 6)]);
    assert_eq!(net.claim("u2", "V1", A1).unwrap(), coins(&[("stake", 6)]));
    assert_eq!(OWED.iter(&net.ctx).count(), 1, "the debt of before");
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), coins(&[("stake", 10)]));
    assert!(net.claim("u1", "V1", A1).unwrap_err().is(error::NOT_DELEGATED));
}

#[test]
fn dissolution_goes_on_in_portions() {
    let mut net = with_asset();
    let n = CLEANUPS_PER_BLOCK + 3;
    for i in 0..n {
        let name = format!("d{i}");
        net.fund(&name, A1, 7);
        net.delegate(&name, "V1", A1, 7);
    }
    net.delete(A1).unwrap();
    net.end();
    assert_eq!(DELEGATIONS.iter(&net.ctx).count(), 3);
    assert_eq!(net.stored(A1).tokens, int(21));
    net.end();
    assert_eq!(net.stored_or_none(A1), None);
    assert_eq!(net.unbonding("d1002", A1), [7]);
}

/// A position that is worth nothing is settled and removed.
#[test]
fn dissolution_clears_dust() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.6");
    net.delegate("u1", "V2", A1, 1_000_000);
    net.delegate("u2", "V1", A1, 1);
    net.end();
    net.pass(301);
    net.end();
    // TT = 400,000: one share is worth 0.4.
    assert_eq!((net.shown("u1", "V2", A1), net.shown("u2", "V1", A1)), (int(399_999), int(0)));
    net.deposit("V1", &[("stake", 5)]);
    net.delete(A1).unwrap();
    net.end();
    net.end();
    assert_eq!(net.stored_or_none(A1), None);
    assert_eq!((net.unbonding("u1", A1), net.unbonding("u2", A1)), (vec![400_000], vec![]));
    assert_eq!(net.claim("u2", "V1", A1).unwrap(), coins(&[("stake", 5)]));
}

/// An asset without stake is deleted at once, as upstream does.
#[test]
fn dissolution_is_not_needed_without_stake() {
    let mut net = with_asset();
    net.delete(A1).unwrap();
    assert_eq!(net.stored_or_none(A1), None);
    assert!(net.delete(A1).unwrap_err().is(error::UNKNOWN_ASSET));
}
