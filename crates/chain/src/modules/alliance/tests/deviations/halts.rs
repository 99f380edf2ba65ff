//! H: what stops the Go chain.

use entente_kernel::{Error, Span};

use super::*;
use crate::modules::alliance::error;
use crate::modules::alliance::state::{REBALANCE, RETRIES, RETRY_CURSOR};
use crate::modules::alliance::{Params, block, genesis, handle, msg};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{bank, staking};
use entente_proto::alliance::alliance as wire;

/// Upstream: accepted; the next end block divides by zero.
#[test]
fn h1_a_take_interval_that_is_not_positive_is_refused() {
    let mut net = Net::new();
    for interval in [Span::ZERO, Span::from_secs(-1)] {
        let refused = net.set_params(|p| p.take_interval = interval).unwrap_err();
        assert!(refused.is(error::INVALID_INTERVAL), "{refused}");
        let params = Params { take_interval: interval, ..Params::default() };
        let section = wire::GenesisState { params: Some(params.to_wire()), ..Default::default() };
        assert!(log(genesis::init(&mut Net::new().ctx, section)).contains("interval must be positive"));
    }
    assert!(matches!(net.set_params(|p| p.take_interval = Span::ZERO), Err(Error::Refusal(r)) if r.code == 101));
    net.set_params(|p| p.take_interval = Span(1)).unwrap();
}

fn growing(weight: &str, min: &str, interval: i64) -> Net {
    let mut net = Net::new();
    net.asset(A1, weight, min, "2", "0");
    net.update(A1, |t| (t.change_rate, t.change_interval) = (dec("1.5"), Span::from_secs(interval))).unwrap();
    net
}

/// Upstream: 1.5^437 overflows before it is clamped, `Int overflow`.
#[test]
fn h2_growth_beyond_all_numbers_gives_the_upper_bound_and_zero_stays_zero() {
    let mut net = growing("1", "0.1", 60);
    net.pass(437 * 60);
    net.end();
    assert_eq!(net.stored(A1).reward_weight, dec("2"));
    assert_eq!(net.stored(A1).last_change, net.ctx.time());
    let mut net = growing("0", "0", 60);
    net.pass(437 * 60);
    net.end();
    assert_eq!(net.stored(A1).reward_weight, dec("0"));
}

/// Upstream keeps the old clock: after 29 days of waiting for 30, a minute's interval makes 41,760 changes at once.
#[test]
fn h2_a_new_interval_or_rate_restarts_the_clock() {
    let mut net = growing("1", "0.1", 30 * 86_400);
    net.pass(29 * 86_400);
    net.update(A1, |t| t.change_interval = Span::from_secs(60)).unwrap();
    assert_eq!(net.stored(A1).last_change, net.ctx.time());
    net.end();
    assert_eq!(net.stored(A1).reward_weight, dec("1"), "upstream: the chain stops");
    net.pass(59);
    net.update(A1, |t| t.change_rate = dec("1.6")).unwrap();
    assert_eq!(net.stored(A1).last_change, net.ctx.time());
    net.pass(60);
    net.end();
    assert_eq!(net.stored(A1).reward_weight, dec("1.6"));
}

/// Upstream: 1,000,000 staked are burnt by the next end block; 21 days later the payment fails and the chain stops.
#[test]
fn h3_the_bond_denom_cannot_be_an_asset() {
    let mut net = with_asset();
    let authority = net.ctx.bech32().acc(&auth::authority());
    let stored = net.stored(A1);
    let terms = msg::Terms {
        reward_weight: stored.reward_weight,
        weight_min: stored.weight_min,
        weight_max: stored.weight_max,
        take_rate: stored.take_rate,
        change_rate: stored.change_rate,
        change_interval: stored.change_interval,
    };
    let message = msg::CreateAlliance { authority, denom: denom("stake"), terms };
    let wanted = "denom: stake is the bond denom, which cannot be an alliance asset";
    assert_eq!(log(net.ctx.layer(|ctx| handle::create_alliance(ctx, message))), wanted);
    let mut section = genesis::exported(&net.ctx);
    section.assets[0].denom = "stake".into();
    for bookkeeping in [section.bookkeeping.clone(), None] {
        let section = wire::GenesisState { bookkeeping, ..section.clone() };
        let told = log(genesis::init(&mut Net::new().ctx, section));
        assert!(told.contains("stake is the bond denom"), "{told}");
    }
}

/// Upstream: W = 0, division by zero as soon as the left-over virtual stake earned something; the return of the validator stops the
/// chain.
#[test]
fn h4_rewards_of_an_asset_of_weight_zero_go_to_the_community_pool() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.rebalance();
    net.set_bonded("V1", false);
    net.update(A1, |t| t.reward_weight = dec("0")).unwrap();
    net.ctx.take_events();
    net.deposit("V1", &[("stake", 1000), ("token", 7)]);
    assert_eq!(net.events("UnownedRewardsEvent").len(), 1);
    assert_eq!(net.community_pool("stake"), "1000.000000000000000000");
    assert_eq!(net.community_pool("token"), "7.000000000000000000");
    net.set_bonded("V1", true);
    net.rebalance();
    assert_eq!(net.virtual_stake("V1"), "0");
    net.undelegate("u1", "V1", A1, 1_000_000).unwrap();
    net.assert_sound();
}

/// Upstream: w = quo_int(weight x V, TT) truncates to 0 for 600,000 of 10^24 at weight 0.01: division by zero, brought about by dust.
#[test]
fn h5_a_tiny_position_owns_all_rewards_of_its_validator() {
    for (tiny, first, second) in [(600_000, 6, 6), (400_000, 7, 5)] {
        let mut net = Net::new();
        net.asset(A1, "0.01", "0", "5", "0");
        net.delegate("u1", "V1", A1, 10u128.pow(24));
        net.delegate("u2", "V2", A1, tiny);
        net.deposit("V2", &[("stake", 7)]);
        // 7 x 10^54 do not divide by 6 x 10^23: the last unit is carried to the next claim.
        assert_eq!(net.claim("u2", "V2", A1).unwrap(), coins(&[("stake", first)]), "{tiny}");
        net.deposit("V2", &[("stake", 5)]);
        assert_eq!(net.claim("u2", "V2", A1).unwrap(), coins(&[("stake", second)]), "{tiny}");
        net.end();
    }
}

/// Upstream: an error of the host inside of the rebalance stops the chain.
#[test]
fn h6_a_step_that_fails_is_undone_alone_and_tried_again() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.delegate("u1", "V2", A1, 1_000_000);
    net.rebalance();
    // All tokens of V1 are slashed: staking refuses new stake with it, its shares have no price.
    let cons = staking::must_validator(&net.ctx, &val("V1")).unwrap().cons_address();
    staking::slash(&mut net.ctx, &cons, 0, 1, dec("1"), staking::Infraction::Unspecified).unwrap();
    assert_eq!(net.native_tokens("V1"), int(0));
    net.delegate("u2", "V1", A1, 1_000_000);
    net.ctx.take_events();
    net.end();
    let told = net.events("StepFailedEvent");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].attributes[1], ("step".into(), "\"rebalance\"".into()));
    assert_eq!(told[0].attributes[2].1, format!("\"{}\"", net.ctx.bech32().val(&val("V1"))));
    assert!(told[0].attributes[0].1.contains("invalid (zero) ex-rate"), "{told:?}");
    assert_eq!(net.virtual_stake("V2"), "500000.000000000000000000", "the others are rebalanced");
    assert!(REBALANCE.load(&net.ctx).unwrap().is_some());
    net.pass(5);
    net.end();
    assert_eq!(net.events("StepFailedEvent").len(), 1, "it is tried again");
}

/// Upstream: the chain stops at the payout to a blocked address.
#[test]
fn h7_an_undeliverable_payout_waits_and_the_others_go_on() {
    let mut net = with_asset();
    let blocked = ModuleAccount::FEE_COLLECTOR.address();
    net.give_to(&ModuleAccount::FEE_COLLECTOR, &[(A1, 1000)]);
    net.start_at(A1, net.ctx.time().plus(Span::from_secs(UNBONDING_SECS)));
    let m = msg::Delegate { delegator: blocked, validator: val("V1"), denom: A1.into(), amount: int(1000) };
    handle::delegate(&mut net.ctx, m).unwrap();
    let m = msg::Undelegate { delegator: blocked, validator: val("V1"), denom: A1.into(), amount: int(1000) };
    handle::undelegate(&mut net.ctx, m).unwrap();
    net.delegate("u1", "V1", A1, 500);
    net.undelegate("u1", "V1", A1, 500).unwrap();
    let before = net.balance("u1", A1);
    net.pass(UNBONDING_SECS + 1);
    net.ctx.take_events();
    net.end();
    assert_eq!(net.balance("u1", A1), before.add(int(500)).unwrap());
    assert_eq!(net.events("UndelegationPostponedEvent").len(), 1);
    let waiting: Vec<_> = RETRIES.iter(&net.ctx).collect::<Result<_, _>>().unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].1.cause.contains("not allowed to receive"), "{}", waiting[0].1.cause);
    for _ in 0..4 {
        net.pass(5);
        net.end();
    }
    assert!(RETRY_CURSOR.load(&net.ctx).unwrap().is_some());
    assert_eq!(RETRIES.iter(&net.ctx).count(), 1, "its coins stay with alliance");
}

/// Upstream: the hook divides by zero, and no fault of V1 is ever applied to what left it.
#[test]
fn h8_a_worthless_destination_does_not_stop_a_slash() {
    let mut net = with_asset();
    net.delegate("u1", "V1", A1, 1_000_000);
    net.redelegate("u1", "V1", "V2", A1, 1_000_000).unwrap();
    net.delegate("u2", "V1", A1, 500_000);
    net.undelegate("u2", "V1", A1, 500_000).unwrap();
    net.delegate("u3", "V3", A1, 48_576);
    net.fault("V2", "1");
    net.fault("V1", "0.5");
    net.end();
    assert_eq!(net.unbonding("u2", A1), [250_000]);
    assert_eq!(net.shown("u1", "V2", A1), int(0));
    assert_eq!(net.shown("u3", "V3", A1), int(48_576));
}

/// Upstream: one unit of the bond denom sent to the address before its first use stops the chain; another coin makes every stake fail.
#[test]
fn h9_nobody_sends_coins_to_the_accounts_of_alliance() {
    let mut net = with_asset();
    net.fund("u1", "stake", 10);
    for account in [ModuleAccount::ALLIANCE, ModuleAccount::ALLIANCE_REWARDS] {
        for d in ["stake", A1] {
            let send = bank::msg::Send { from: user("u1"), to: account.address(), amount: coins(&[(d, 1)]) };
            let refused = bank::handle::send(&mut net.ctx, send).unwrap_err();
            assert!(matches!(&refused, Error::Refusal(r) if (r.codespace, r.code) == ("sdk", 4)), "{refused}");
        }
    }
    // Whoever comes first finds a module account.
    assert!(auth::account(&net.ctx, &ModuleAccount::ALLIANCE.address()).unwrap().is_none());
    net.delegate("u1", "V1", A1, 1);
    let made = auth::account(&net.ctx, &ModuleAccount::ALLIANCE.address()).unwrap().unwrap();
    assert!(matches!(made.kind, auth::Kind::Module { name, .. } if name == "alliance"));
    block::end(&mut net.ctx).unwrap();
}
