//! S1 to S3, S8, S9, F1, F2: who earned what.

use super::*;
use crate::modules::alliance::state::INDICES;
use crate::modules::auth::ModuleAccount;

fn stake(n: u128) -> entente_kernel::num::Coins {
    coins(&[("stake", n)])
}

/// Upstream: V1's delegator now holds 1,333,333 tokens and claims 1,333,333 from a pool of 1,000,000; the transfer fails and locks the
/// position.
#[test]
fn s1_a_later_slash_does_not_change_what_is_owed() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.delegate("u2", "V2", A1, 1_000_000);
    net.deposit("V1", &[("stake", 1_000_000)]);
    net.fault("V2", "0.5");
    net.end();
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), stake(1_000_000));
    // Nor does a slash of the validator itself.
    net.deposit("V1", &[("stake", 1_000_000)]);
    net.fault("V1", "0.5");
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), stake(1_000_000));
    net.assert_sound();
    assert_eq!(net.held_by(&ModuleAccount::ALLIANCE_REWARDS, "stake"), int(0));
}

/// Upstream: 500,000 are paid, 500,000 stay in the pool for ever.
#[test]
fn s2_a_later_take_does_not_change_what_is_owed() {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0.5");
    net.delegate("u1", "V1", A1, 1_000_000);
    net.end();
    net.deposit("V1", &[("stake", 1_000_000)]);
    net.pass(301);
    net.end();
    assert_eq!(net.shown("u1", "V1", A1), int(500_000));
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), stake(1_000_000));
}

/// Upstream: three claims of 3 of each 10; 3 of 30 coins stay in the pool for ever.
#[test]
fn s3_fractions_are_carried_to_the_next_claims() {
    let mut net = with_asset();
    let users = ["u1", "u2", "u3"];
    for u in users {
        net.delegate(u, "V1", A1, 1);
    }
    let mut paid = [0, 0, 0];
    for wanted in [3, 3, 4] {
        net.deposit("V1", &[("stake", 10)]);
        for (i, u) in users.iter().enumerate() {
            let coins = net.claim(u, "V1", A1).unwrap();
            assert_eq!(coins, stake(wanted));
            paid[i] += wanted;
            net.assert_sound();
        }
    }
    assert_eq!(paid, [10, 10, 10], "upstream: 9 each");
    assert_eq!(net.held_by(&ModuleAccount::ALLIANCE_REWARDS, "stake"), int(0), "upstream: 3");
}

/// Upstream: both assets bring V1 the same virtual stake, but its rewards are split 1 : 2 because half of A1 lies at V2, which is out.
#[test]
fn s8_rewards_are_split_as_the_virtual_stake_is() {
    let mut net = with_asset();
    net.asset(A2, "1", "0", "5", "0");
    net.delegate("u1", "V1", A1, 1_000_000);
    net.delegate("u1", "V2", A1, 1_000_000);
    net.delegate("u2", "V1", A2, 1_000_000);
    net.set_bonded("V2", false);
    net.rebalance();
    assert_eq!(net.virtual_stake("V1"), "2000000.000000000000000000");
    net.deposit("V1", &[("stake", 900_000)]);
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), stake(450_000), "upstream: 300000");
    assert_eq!(net.claim("u2", "V1", A2).unwrap(), stake(450_000), "upstream: 600000");
    // What V2 still earns is not confiscated: for its own rewards it counts as bonded.
    net.delegate("u2", "V2", A2, 1_000_000);
    net.deposit("V2", &[("stake", 300)]);
    let (first, second) = (net.claim("u1", "V2", A1).unwrap(), net.claim("u2", "V2", A2).unwrap());
    assert_eq!((first, second), (stake(150), stake(150)));
}

/// Upstream: the bond denom is burnt at the next end block, the other coin is stranded in the alliance account.
#[test]
fn s9_rewards_that_come_when_the_last_delegator_is_gone_go_to_the_community_pool() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.rebalance();
    net.undelegate("u1", "V1", A1, 1_000_000).unwrap();
    net.deposit("V1", &[("stake", 500), ("token", 9)]);
    net.end();
    assert_eq!(net.community_pool("stake"), "500.000000000000000000");
    assert_eq!(net.community_pool("token"), "9.000000000000000000");
    assert_eq!(net.held_by(&ModuleAccount::ALLIANCE, "token"), int(0), "upstream: 9");
}

/// Only started, not dissolving assets with shares and a weight own; a delegation elsewhere changes the split of what was not claimed.
#[test]
fn f1_rewards_are_owned_by_weighted_started_assets_alone() {
    let mut net = with_asset();
    net.asset(A2, "1", "0", "5", "0");
    net.delegate("u1", "V1", A1, 100);
    net.delegate("u2", "V1", A2, 100);
    net.start_at(A2, net.ctx.time().plus(entente_kernel::Span::from_secs(1)));
    net.deposit("V1", &[("stake", 10)]);
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), stake(10), "A2 has not started");
    net.pass(1);
    // Two thirds of A2 now lie elsewhere: of what V1 earns next, A2 owns 1/3 against 1.
    net.delegate("u2", "V2", A2, 200);
    net.deposit("V1", &[("stake", 400)]);
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), stake(300));
    net.update(A2, |t| t.reward_weight = dec("0")).unwrap();
    net.deposit("V1", &[("stake", 10)]);
    assert_eq!(net.claim("u1", "V1", A1).unwrap(), stake(10), "A2 has no weight");
    net.delete(A1).unwrap();
    net.deposit("V1", &[("stake", 10)]);
    assert_eq!(net.community_pool("stake"), "10.000000000000000000", "A1 is dissolving");
}

/// One index per (validator, asset, coin), 10^-36 coin per share, the remainder carried: exactly the formula.
#[test]
fn f2_the_index_rises_by_the_floor_and_the_remainder_is_carried() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 7);
    net.deposit("V1", &[("stake", 10)]);
    let indices = INDICES.must(&net.ctx, &(val("V1"), key(A1), 0)).unwrap();
    let index = indices.get(&denom("stake")).unwrap();
    // 10 x 10^36 / 7, and 10 x 10^54 - index x 7 x 10^18.
    assert_eq!(index.per_share.to_string(), "1428571428571428571428571428571428571");
    assert_eq!(index.carried.to_string(), "3000000000000000000");
    // A change of shares that the owner did not make is settled into a debt; no coin moves before the owner's claim.
    net.redelegate("u1", "V1", "V2", A1, 4).unwrap();
    net.deposit("V2", &[("stake", 8)]);
    let before = net.balance("u1", "stake");
    net.fault("V1", "0.5");
    net.end();
    assert_eq!(net.balance("u1", "stake"), before);
    assert_eq!(net.claim("u1", "V2", A1).unwrap(), stake(8));
    net.assert_sound();
    // The last share takes the whole units of the remainder to the community pool.
    net.deposit("V2", &[("stake", 1)]);
    net.undelegate("u1", "V2", A1, net.shown("u1", "V2", A1).to_u128().unwrap()).unwrap();
    net.assert_sound();
}
