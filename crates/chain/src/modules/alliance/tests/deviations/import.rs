//! Import: a genesis that the Go module made.

use entente_kernel::Result;
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::base::v1beta1 as base;

use super::*;
use crate::modules::alliance::genesis;
use crate::modules::alliance::state::{OWED, REDELEGATIONS};
use crate::modules::auth::ModuleAccount;

/// The section of a chain with u1 and u2 at V1, u1 unbonding and u3 moved from V1 to V2, as the Go module writes it.
fn section() -> wire::GenesisState {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1000);
    net.delegate("u2", "V1", A1, 500);
    net.delegate("u3", "V1", A1, 300);
    net.undelegate("u1", "V1", A1, 200).unwrap();
    net.redelegate("u3", "V1", "V2", A1, 300).unwrap();
    wire::GenesisState { bookkeeping: None, ..genesis::exported(&net.ctx) }
}

fn history(coin: &str, index: &str, asset: &str) -> wire::RewardHistory {
    wire::RewardHistory { denom: coin.into(), index: dec(index).to_scaled_string(), alliance: asset.into() }
}

fn info<'a>(section: &'a mut wire::GenesisState, v: &str) -> &'a mut wire::AllianceValidatorInfo {
    let text = Net::new().ctx.bech32().val(&val(v));
    section.validator_infos.iter_mut().find(|i| i.validator_address == text).unwrap().validator.as_mut().unwrap()
}

fn imported(section: wire::GenesisState, staked: u128, rewards: u128) -> Result<Net> {
    let mut net = Net::new();
    net.give_to_alliance(&[(A1, staked)]);
    net.give_to(&ModuleAccount::ALLIANCE_REWARDS, &[("stake", rewards)]);
    genesis::init(&mut net.ctx, section).map(|()| net)
}

#[test]
fn import_takes_stakes_and_entries_over_exactly() {
    let mut net = imported(section(), 1800, 0).unwrap();
    assert_eq!((net.shown("u1", "V1", A1), net.shown("u2", "V1", A1)), (int(800), int(500)));
    assert_eq!(net.delegation("u3", "V2", A1).unwrap().shares, dec("300"));
    assert_eq!(net.pool("V1", A1).validator_shares, dec("1300"));
    assert_eq!(net.unbonding("u1", A1), [200]);
    let rows: Vec<_> = REDELEGATIONS.iter(&net.ctx).map(|row| row.unwrap().1).collect();
    assert_eq!(rows.len(), 1, "upstream queues each twice");
    assert_eq!((rows[0].amount, rows[0].created_height), (int(300), None));
    net.fault("V1", "0.1");
    net.end();
    assert_eq!((net.unbonding("u1", A1), net.shown("u3", "V2", A1)), (vec![180], int(270)));
}

/// Upstream's claims, snapshots and legacy entries included, become debts; new indices start at zero.
#[test]
fn import_owes_what_could_be_claimed() {
    let mut section = section();
    // Per token 0.5 under weight 2 then 0.25 more under weight 1 by a legacy index, and 0.1 by an index of the asset.
    info(&mut section, "V1").global_reward_history = vec![history("stake", "0.75", ""), history("stake", "0.1", A1)];
    section.reward_weight_change_snaphots = vec![wire::RewardWeightChangeSnapshotState {
        height: 5,
        validator: Net::new().ctx.bech32().val(&val("V1")),
        denom: A1.into(),
        snapshot: Some(wire::RewardWeightChangeSnapshot {
            prev_reward_weight: dec("2").to_scaled_string(),
            reward_histories: vec![history("stake", "0.5", "")],
        }),
    }];
    let mut net = imported(section, 1800, 1755).unwrap();
    // u1: trunc(0.5 x 1600) + trunc(0.25 x 800) + trunc(0.1 x 800), u2: 500 + 125 + 50.
    assert_eq!(net.claimable("u1", "V1", A1), coins(&[("stake", 1080)]));
    assert_eq!(net.claimable("u2", "V1", A1), coins(&[("stake", 675)]));
    net.deposit("V1", &[("stake", 13)]);
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), coins(&[("stake", 1088)]));
    assert_eq!(net.claim("u2", "V1", A1).unwrap(), coins(&[("stake", 680)]));
    net.assert_sound();
}

/// An index that a delegation was already paid for is not owed again.
#[test]
fn import_owes_nothing_twice() {
    let mut section = section();
    info(&mut section, "V1").global_reward_history = vec![history("stake", "0.5", A1)];
    let u1 = Net::new().ctx.bech32().acc(&user("u1"));
    section.delegations.iter_mut().find(|d| d.delegator_address == u1).unwrap().reward_history =
        vec![history("stake", "0.4", A1)];
    let mut net = imported(section, 1800, 330).unwrap();
    assert_eq!(net.claimable("u1", "V1", A1), coins(&[("stake", 80)]));
    assert_eq!(net.claimable("u2", "V1", A1), coins(&[("stake", 250)]));
}

/// Upstream: the first come claim everything, the last are locked.
#[test]
fn import_scales_debts_down_to_what_the_pool_holds_and_gives_a_surplus_away() {
    let mut poor = section();
    info(&mut poor, "V1").global_reward_history = vec![history("stake", "1", A1)];
    // 800 + 500 are owed, 1,000 are there.
    let mut net = imported(poor.clone(), 1800, 1000).unwrap();
    let notes = net.events("ImportNoteEvent");
    assert!(notes[0].attributes[0].1.contains("scaled down"), "{notes:?}");
    assert_eq!(net.claimable("u1", "V1", A1), coins(&[("stake", 615)]));
    assert_eq!(net.claimable("u2", "V1", A1), coins(&[("stake", 384)]));
    assert_eq!(net.community_pool("stake"), "1.000000000000000000");
    let mut net = imported(poor, 1807, 1400).unwrap();
    assert_eq!(net.claimable("u1", "V1", A1), coins(&[("stake", 800)]));
    assert_eq!(net.community_pool("stake"), "100.000000000000000000");
    assert_eq!(net.community_pool(A1), "7.000000000000000000");
    assert_eq!(net.events("ImportNoteEvent").len(), 2);
    assert_eq!(OWED.iter(&net.ctx).count(), 2);
}

/// A drift below one unit for each validator is told and made exact, more is refused.
#[test]
fn import_repairs_nothing_silently() {
    let total = |section: &mut wire::GenesisState, shares: &str| {
        section.assets[0].total_validator_shares = dec(shares).to_scaled_string();
    };
    let mut drifted = section();
    total(&mut drifted, "1601.9");
    let mut net = imported(drifted.clone(), 1800, 0).unwrap();
    assert_eq!(net.stored(A1).shares, dec("1600"));
    assert!(net.events("ImportNoteEvent")[0].attributes[0].1.contains("1601.9"), "it is told");
    total(&mut drifted, "1602");
    assert!(log(imported(drifted, 1800, 0).map(|_| ())).contains("1602.000000000000000000 are told, 1600"));

    let mut more = section();
    info(&mut more, "V1").total_delegator_shares[0].amount = dec("1300.9").to_scaled_string();
    let net = imported(more.clone(), 1800, 0).unwrap();
    assert_eq!(net.pool("V1", A1).delegator_shares, dec("1300"));
    info(&mut more, "V1").total_delegator_shares[0].amount = dec("1301").to_scaled_string();
    assert!(log(imported(more, 1800, 0).map(|_| ())).contains("less than 1 may differ"));

    let refused = |change: fn(&mut wire::GenesisState)| {
        let mut bad = section();
        change(&mut bad);
        log(imported(bad, 1800, 0).map(|_| ()))
    };
    let told = refused(|s| s.delegations[0].denom = "nothing".into());
    assert!(told.contains("assets: nothing is referred to but not listed"), "{told}");
    let told = refused(|s| s.delegations[0].shares = "-1".into());
    assert!(told.contains("delegations.shares"), "{told}");
    let told = refused(|s| s.validator_infos.remove(0).validator_address.clear());
    assert!(told.contains("does not have the asset"), "{told}");
    let told = refused(|s| s.assets.clear());
    assert!(told.contains("cannot have delegations without alliance assets"), "{told}");
    let told = refused(|s| {
        let again = s.assets[0].clone();
        s.assets.push(again);
    });
    assert!(told.contains("listed twice"), "{told}");
    let told = refused(|s| {
        let balance = s.redelegations[0].redelegation.as_mut().unwrap().balance.as_mut().unwrap();
        *balance = base::Coin { denom: A1.into(), amount: "-5".into() };
    });
    assert!(told.contains("redelegations.balance"), "{told}");
    // More staked and unbonding than the account holds: an invariant names the difference.
    let told = log(imported(section(), 1799, 0).map(|_| ()));
    assert!(told.contains("module-balance"), "{told}");
}
