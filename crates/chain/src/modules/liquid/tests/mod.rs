//! The rules of liquid staking on a real state. The known defects of other implementations, where they concern a local chain, are tests
//! with their names.

mod exits;
mod random;

use entente_kernel::num::{Coin as KCoin, Coins, Dec, Denom, Int, WAD};
use entente_kernel::{AccAddress, Event};
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::distribution::v1beta1::MsgDepositValidatorRewardsPool;
use entente_proto::cosmos::staking::v1beta1 as staking_wire;
use entente_proto::pstake::liquidstake::v1beta1 as wire;
use entente_proto::restake::liquid::v1 as own;
use serde_json::{Value, json};

use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{assets, bank, liquid, staking};
use crate::world::{World, coin, cons, kinds, user};

const UNIT: u64 = 1_000_000;
const DAY: i64 = 86_400;
/// The name of the liquid coin.
const STK: &str = "stk/uente";

fn section(w: &Value, periods: (&str, &str)) -> Value {
    let validators = w.pointer("/staking/validators").unwrap().as_array().unwrap().clone();
    let names: Vec<&str> = validators.iter().take(3).map(|v| v["operator_address"].as_str().unwrap()).collect();
    let weights = ["5000", "3000", "2000"];
    let list: Vec<Value> = names
        .iter()
        .zip(weights)
        .map(|(name, weight)| json!({"validator_address": name, "target_weight": weight}))
        .collect();
    json!({
        "params": {
            "liquid_bond_denom": STK, "whitelisted_validators": list, "unstake_fee_rate": "0", "lsm_disabled": false,
            "min_liquid_stake_amount": "1000", "cw_locked_pool_address": "", "fee_account_address": "",
            "autocompound_fee_rate": "0.050000000000000000",
            "whitelist_admin_address": entente_kernel::Bech32::new("entente").acc(&user(109)), "module_paused": false
        },
        "liquid_validators": [],
        "bookkeeping": {"params": {
            "epoch": periods.0, "exit_period": periods.1, "apr_cap": "0.500000000000000000", "quorum": 3333,
            "rebalance_trigger": "0.001000000000000000"
        }}
    })
}

/// Three validators with weights 50, 30 and 20; an epoch of an hour; batches that close every eleven days.
fn world() -> World {
    with_periods("3600s", "950400s")
}

fn with_periods(epoch: &str, exit: &str) -> World {
    World::with(&[10_000 * UNIT, 10_000 * UNIT, 10_000 * UNIT], |state| {
        let section = section(state, (epoch, exit));
        state["liquidstake"] = section;
    })
}

fn stk(amount: u64) -> Option<Coin> {
    Some(Coin { denom: STK.into(), amount: amount.to_string() })
}

fn stake(w: &World, n: u8, amount: u64) -> wire::MsgLiquidStake {
    wire::MsgLiquidStake { delegator_address: w.acc(n), amount: coin(amount) }
}

fn unstake(w: &World, n: u8, amount: u64) -> wire::MsgLiquidUnstake {
    wire::MsgLiquidUnstake { delegator_address: w.acc(n), amount: stk(amount) }
}

/// Liquid coins of a user.
fn held(w: &World, n: u8) -> u64 {
    bank::balance(&w.ctx, &user(n), &Denom::new(STK).unwrap()).unwrap().to_u64().unwrap()
}

fn value(w: &World) -> u128 {
    liquid::value(&w.ctx).unwrap()
}

fn lies(w: &World) -> Vec<u128> {
    let mut rows = liquid::validators(&w.ctx).unwrap();
    rows.sort();
    rows.into_iter().map(|(_, tokens)| tokens).collect()
}

/// Somebody gives rewards to the delegators of a validator.
fn reward(w: &mut World, n: u8, amount: u64) {
    let message = MsgDepositValidatorRewardsPool {
        depositor: w.acc(108),
        validator_address: w.val(n),
        amount: vec![coin(amount).unwrap()],
    };
    w.send(&message).unwrap();
}

/// A fault of all of the power that a validator has, at this height.
fn slash(w: &mut World, n: u8, percent: i64) {
    let power = w.validator(n).power().unwrap();
    let (height, factor) = (w.ctx.height(), Dec::new_with_prec(percent, 2).unwrap());
    staking::slash(&mut w.ctx, &cons(n), height, power, factor, staking::Infraction::Unspecified).unwrap();
}

fn gov(w: &World) -> String {
    w.ctx.bech32().acc(&auth::authority())
}

fn attribute(events: &[Event], kind: &str, key: &str) -> String {
    let event =
        events.iter().find(|e| e.kind.ends_with(kind)).unwrap_or_else(|| panic!("no {kind}: {:?}", kinds(events)));
    event.attributes.iter().find(|(k, _)| k == key).unwrap().1.trim_matches('"').to_owned()
}

#[test]
fn stake_buys_liquid_coins_one_for_one_at_first_and_lies_by_weight() {
    let mut w = world();
    let events = w.send(&stake(&w, 101, 1_000_000)).unwrap();
    assert!(kinds(&events).contains(&"restake.liquid.v1.EventStaked"), "{:?}", kinds(&events));
    assert_eq!((held(&w, 101), value(&w)), (1_000_000, 1_000_000));
    assert_eq!(lies(&w), [500_000, 300_000, 200_000]);
    w.send(&stake(&w, 102, 1_000)).unwrap();
    assert_eq!((held(&w, 102), value(&w)), (1_000, 1_001_000));
    w.block();
    assert_eq!(w.refused(&stake(&w, 101, 999)), "liquidstake 3");
    let foreign = wire::MsgLiquidStake { delegator_address: w.acc(101), amount: stk(1_000) };
    assert_eq!(w.refused(&foreign), "liquidstake 2");
}

#[test]
fn rewards_become_stake_raise_the_rate_and_pay_the_fee_once() {
    let mut w = world();
    w.send(&stake(&w, 101, 10_000_000_000)).unwrap();
    w.block();
    let pool = crate::modules::distribution::community_pool(&w.ctx).unwrap().amount_of("uente");
    reward(&mut w, 1, 1_500_000);
    let events = w.after(3_600);
    // The validator has 15000 units of stake, 5000 of them liquid; commission 10 percent.
    let drawn = 1_500_000 / 3 * 9 / 10;
    assert_eq!(attribute(&events, "EventCompounded", "fee"), (drawn / 20).to_string());
    assert_eq!(attribute(&events, "EventCompounded", "kept"), "0");
    assert_eq!(value(&w), 10_000_000_000 + u128::from(drawn - drawn / 20));
    assert_eq!(held(&w, 101), 10_000_000_000, "liquid coins do not become more");
    assert_eq!(liquid::rate(&w.ctx).unwrap(), WAD + u128::from(drawn - drawn / 20) * WAD / 10_000_000_000);
    let after = crate::modules::distribution::community_pool(&w.ctx).unwrap().amount_of("uente");
    assert_eq!(after.sub(pool).unwrap().truncate_int().unwrap(), Int::from_u64(drawn / 20));
    let events = w.after(3_600);
    assert!(!kinds(&events).contains(&"restake.liquid.v1.EventCompounded"), "nothing is charged twice");
    // The next staker pays the new rate.
    w.send(&stake(&w, 102, 1_000_000)).unwrap();
    assert_eq!(
        u128::from(held(&w, 102)),
        1_000_000 * (10_000_000_001) / (10_000_000_000 + u128::from(drawn - drawn / 20) + 1)
    );
}

#[test]
fn a_first_depositor_who_gives_rewards_cannot_rob_the_second() {
    let mut w = world();
    w.send(&stake(&w, 101, 1_000)).unwrap();
    w.block();
    // The attacker is nearly alone with the validator and gives it a fortune.
    reward(&mut w, 1, 900_000 * UNIT);
    w.after(3_600);
    assert_eq!(value(&w), 1_000, "an hour of a thousand units may not grow by one");
    let waiting = super::ledger(&w.ctx).unwrap().waiting;
    assert!(waiting > 0);
    w.send(&stake(&w, 102, 500_000)).unwrap();
    assert_eq!(held(&w, 102), 500_000);
    assert!(liquid::rate(&w.ctx).unwrap() == WAD);
}

#[test]
fn rewards_raise_the_value_at_most_by_the_cap_and_the_rest_waits() {
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.block();
    reward(&mut w, 1, 1_000 * UNIT);
    let events = w.after(3_600);
    // 50 percent a year for the 3605 seconds since the first block, of a thousand units.
    let most = 1_000_000_000_u128 * 50 * 3_605 / (100 * 365 * 86_400);
    let staked: u128 = attribute(&events, "EventCompounded", "staked").parse().unwrap();
    let fee: u128 = attribute(&events, "EventCompounded", "fee").parse().unwrap();
    assert_eq!(staked + fee, most);
    assert!(super::ledger(&w.ctx).unwrap().waiting > 0);
}

#[test]
fn coins_that_come_by_other_ways_are_refused_and_never_counted() {
    // Defect L1: arrivals were recognised by texts that a stranger can imitate.
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000)).unwrap();
    let to = w.ctx.bech32().acc(&ModuleAccount::LIQUID.address());
    let gift = MsgSend { from_address: w.acc(102), to_address: to, amount: vec![coin(5).unwrap()] };
    assert_eq!(w.refused(&gift), "sdk 4");
    // Even staking's news of an unbonding that no operation asked for brings nothing to anybody's batch.
    w.send(&unstake(&w, 101, 500_000)).unwrap();
    let before = super::state::BATCHES.must(&w.ctx, &1).unwrap();
    let coins = Coins::one(KCoin::new(Denom::new("uente").unwrap(), Int::from_u64(7))).unwrap();
    bank::send(&mut w.ctx, &user(102), &super::account(), &coins).unwrap();
    let validator = crate::world::operator(1);
    super::hook::after_unbonding_completed(&mut w.ctx, &super::account(), &validator, 999, Int::from_u64(7)).unwrap();
    assert_eq!(super::state::BATCHES.must(&w.ctx, &1).unwrap(), before);
    w.block();
}

#[test]
fn the_admin_can_pause_and_nothing_else() {
    // Defect L7: the admin key could do what governance can.
    let mut w = world();
    let set = |w: &World, n: u8, is_paused| wire::MsgSetModulePaused { authority: w.acc(n), is_paused };
    assert_eq!(w.refused(&set(&w, 101, true)), "liquidstake 15");
    w.send(&set(&w, 109, true)).unwrap();
    assert_eq!(w.refused(&stake(&w, 101, 1_000)), "liquidstake 1");
    assert_eq!(w.refused(&set(&w, 109, false)), "liquidstake 15");
    let list = |authority: String| wire::MsgUpdateWhitelistedValidators {
        authority,
        whitelisted_validators: vec![wire::WhitelistedValidator {
            validator_address: w.val(1),
            target_weight: "10000".into(),
        }],
    };
    let (mine, voted) = (list(w.acc(109)), list(gov(&w)));
    assert_eq!(w.refused(&mine), "gov 13");
    w.send(&voted).unwrap();
    let open = wire::MsgSetModulePaused { authority: gov(&w), is_paused: false };
    w.send(&open).unwrap();
    w.send(&stake(&w, 101, 1_000)).unwrap();
    assert_eq!(lies(&w), [1_000, 0, 0]);
}

#[test]
fn a_slash_is_seen_in_its_block_without_anybody_asking() {
    // Defect L8: somebody had to trigger the detection.
    let mut w = world();
    let listing = assets::Listing {
        denom: Denom::new(STK).unwrap(),
        underlying: "ENTE".into(),
        decimals: 6,
        underlying_decimals: None,
        issuer: "this chain".into(),
        bridge_class: String::new(),
        kind: assets::Kind::Lst,
        tier: assets::Tier::Listed,
        source: assets::Source::Local,
        rate: WAD,
        flags: assets::Flags::default(),
        cap_value: 0,
        haircut: 0,
        components: Vec::new(),
    };
    assets::register(&mut w.ctx, &listing).unwrap();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.block();
    slash(&mut w, 1, 10);
    let events = w.block();
    assert_eq!(value(&w), 950_000_000);
    assert_eq!(attribute(&events, "EventRateChanged", "rate"), "0.950000000000000000");
    let asset = assets::must_by_denom(&w.ctx, &listing.denom).unwrap();
    assert_eq!(asset.rate(), WAD / 100 * 95);
    assert_eq!(assets::health(&w.ctx, &asset).unwrap(), assets::Health::Watch);
}

#[test]
fn all_holders_lose_the_same_fraction_by_a_slash() {
    let mut w = world();
    w.send(&stake(&w, 101, 700_000_000)).unwrap();
    w.send(&stake(&w, 102, 300_000_000)).unwrap();
    w.block();
    slash(&mut w, 2, 50);
    w.block();
    let (supply, all) = (liquid::supply(&w.ctx).unwrap(), value(&w));
    assert_eq!(all, 850_000_000);
    let worth = |n: u8| super::math::worth(held(&w, n).into(), supply, all).unwrap();
    assert_eq!((worth(101), worth(102)), (594_999_999, 254_999_999));
}

#[test]
fn an_existing_delegation_becomes_liquid_in_one_step() {
    let mut w = world();
    let delegate = staking_wire::MsgDelegate {
        delegator_address: w.acc(101),
        validator_address: w.val(2),
        amount: coin(5_000_000),
    };
    w.send(&delegate).unwrap();
    w.block();
    let bring = |w: &World, n: u8, amount: u64| own::MsgStakeDelegation {
        delegator: w.acc(101),
        validator: w.val(n),
        amount: coin(amount),
    };
    let tokens = w.validator(2).tokens;
    w.send(&bring(&w, 2, 2_000_000)).unwrap();
    assert_eq!((held(&w, 101), value(&w)), (2_000_000, 2_000_000));
    assert_eq!(w.validator(2).tokens, tokens, "the validator keeps its stake");
    assert_eq!(w.refused(&bring(&w, 1, 1_000_000)), "staking 19");
    w.block();
    // What moved a short while ago still answers for the other validator.
    let redelegate = staking_wire::MsgBeginRedelegate {
        delegator_address: w.acc(101),
        validator_src_address: w.val(2),
        validator_dst_address: w.val(1),
        amount: coin(1_000_000),
    };
    w.send(&redelegate).unwrap();
    assert_eq!(w.refused(&bring(&w, 1, 1_000_000)), "liquidstake 10");
    w.send(&bring(&w, 2, 2_000_000)).unwrap();
    assert_eq!(held(&w, 101), 4_000_000);
    w.block();
}

#[test]
fn a_delegation_with_a_slashed_validator_is_paid_for_what_it_is_worth() {
    let mut w = world();
    w.send(&stake(&w, 102, 10_000_000)).unwrap();
    let delegate = staking_wire::MsgDelegate {
        delegator_address: w.acc(101),
        validator_address: w.val(3),
        amount: coin(5_000_001),
    };
    w.send(&delegate).unwrap();
    w.block();
    slash(&mut w, 3, 33);
    w.block();
    let (supply, before) = (liquid::supply(&w.ctx).unwrap(), value(&w));
    let message = own::MsgStakeDelegation { delegator: w.acc(101), validator: w.val(3), amount: coin(3_333_333) };
    w.send(&message).unwrap();
    let gain = value(&w) - before;
    assert!((3_333_331..=3_333_333).contains(&gain), "{gain}");
    let paid = u128::from(held(&w, 101));
    assert_eq!(paid, super::math::minted(gain, supply, before).unwrap());
    w.block();
}

#[test]
fn delegations_that_may_not_come_in_are_refused_by_name() {
    let mut w = world();
    let bring = own::MsgStakeDelegation { delegator: w.acc(101), validator: w.val(2), amount: coin(2_000_000) };
    let mut params = liquid::params(&w.ctx).unwrap();
    params.lsm_disabled = true;
    super::state::PARAMS.save(&mut w.ctx, &params).unwrap();
    assert_eq!(w.refused(&bring), "liquidstake 8");
    params.lsm_disabled = false;
    super::state::PARAMS.save(&mut w.ctx, &params).unwrap();
    let unlisted = own::MsgStakeDelegation { validator: w.val(9), ..bring.clone() };
    assert_eq!(w.refused(&unlisted), "liquidstake 7");
    // An operator that would fall below its own minimum.
    let own_stake = own::MsgStakeDelegation { delegator: w.acc(1), validator: w.val(1), amount: coin(10_000 * UNIT) };
    assert_eq!(w.refused(&own_stake), "liquidstake 17");
    let vesting = entente_proto::cosmos::vesting::v1beta1::MsgCreateVestingAccount {
        from_address: w.acc(101),
        to_address: w.ctx.bech32().acc(&AccAddress::from_array([77; 20])),
        amount: vec![coin(9_000_000).unwrap()],
        end_time: w.ctx.time().secs + 1_000_000,
        delayed: true,
    };
    w.send(&vesting).unwrap();
    let delegate = staking_wire::MsgDelegate {
        delegator_address: vesting.to_address.clone(),
        validator_address: w.val(2),
        amount: coin(9_000_000),
    };
    w.send(&delegate).unwrap();
    let locked = own::MsgStakeDelegation { delegator: vesting.to_address, ..bring };
    assert_eq!(w.refused(&locked), "liquidstake 9");
}

#[test]
fn stake_leaves_a_validator_that_is_jailed_and_needs_a_quorum_to_enter() {
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.block();
    staking::jail(&mut w.ctx, &cons(1)).unwrap();
    w.block();
    let events = w.after(3_600);
    assert_eq!(attribute(&events, "EventRebalanced", "from"), w.val(1));
    assert_eq!(lies(&w)[0], 0);
    assert_eq!(lies(&w).iter().sum::<u128>(), 1_000_000_000);
    assert_eq!(lies(&w)[1], 600_000_000);
    staking::jail(&mut w.ctx, &cons(2)).unwrap();
    w.block();
    assert_eq!(w.refused(&stake(&w, 101, 1_000_000)), "liquidstake 5");
}

#[test]
fn claims_of_different_batches_and_people_never_share_a_key() {
    // Defect L5: keys joined two ids without a separator.
    use entente_kernel::state::Key;
    use proptest::prelude::*;
    let key = |batch: u64, bytes: &[u8]| {
        let mut out = Vec::new();
        (batch, AccAddress::new(bytes).unwrap()).write(&mut out);
        out
    };
    let address = || prop::collection::vec(0..3_u8, 1..33);
    proptest!(|(a in 0..600_u64, b in 0..600_u64, x in address(), y in address())| {
        prop_assert_eq!(key(a, &x) == key(b, &y), a == b && x == y);
    });
}

#[test]
fn a_plan_leaves_the_weights_that_it_was_given_alone() {
    // Defect L10: the routine for delegations changed the weights of validators.
    let mut w = world();
    let before = liquid::params(&w.ctx).unwrap().validators;
    w.send(&stake(&w, 101, 1_234_567)).unwrap();
    w.after(3_600);
    assert_eq!(liquid::params(&w.ctx).unwrap().validators, before);
}

#[test]
fn the_queries_of_existing_clients_answer_in_their_convention() {
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.block();
    slash(&mut w, 1, 20);
    w.send(&unstake(&w, 101, 100_000_000)).unwrap();
    w.block();
    let states: wire::QueryStatesResponse =
        w.ask("/pstake.liquidstake.v1beta1.Query/States", &wire::QueryStatesRequest {}).unwrap();
    let state = states.net_amount_state.unwrap();
    assert_eq!(state.net_amount, Dec::from_i64(900_000_000).to_scaled_string());
    assert_eq!(state.stkxprt_total_supply, "1000000000");
    // C = supply / value.
    assert_eq!(state.mint_rate, "1111111111111111111");
    assert_eq!(state.total_liquid_tokens, "900000000");
    let list: wire::QueryLiquidValidatorsResponse =
        w.ask("/pstake.liquidstake.v1beta1.Query/LiquidValidators", &wire::QueryLiquidValidatorsRequest {}).unwrap();
    let weights: Vec<&str> = list.liquid_validators.iter().map(|v| v.weight.as_str()).collect();
    assert_eq!(weights, ["5000", "3000", "2000"]);
    let rate: own::QueryRateResponse = w.ask("/restake.liquid.v1.Query/Rate", &own::QueryRateRequest {}).unwrap();
    assert_eq!((rate.rate.as_str(), rate.c_value.as_str()), ("900000000000000000", "1111111111111111111"));
    let preview: own::QueryPreviewUnstakeResponse = w
        .ask("/restake.liquid.v1.Query/PreviewUnstake", &own::QueryPreviewUnstakeRequest { amount: "1000000".into() })
        .unwrap();
    assert_eq!(preview.value.unwrap().amount, "899999");
    let claims: own::QueryClaimsResponse = w
        .ask("/restake.liquid.v1.Query/Claims", &own::QueryClaimsRequest { owner: w.acc(101), pagination: None })
        .unwrap();
    assert_eq!(claims.claims[0].liquid, "100000000");
}

#[test]
fn the_liquid_coin_is_no_alliance_asset_even_if_the_registry_does_not_know_it() {
    let mut w = world();
    let create = entente_proto::alliance::alliance::MsgCreateAlliance {
        authority: gov(&w),
        denom: STK.into(),
        reward_weight: WAD.to_string(),
        take_rate: "0".into(),
        reward_change_rate: WAD.to_string(),
        reward_change_interval: Some(prost_types::Duration::default()),
        reward_weight_range: Some(entente_proto::alliance::alliance::RewardWeightRange {
            min: "0".into(),
            max: WAD.to_string(),
        }),
    };
    assert_eq!(w.refused(&create), "assets 9");
    w.send(&entente_proto::alliance::alliance::MsgCreateAlliance { denom: "stuatom".into(), ..create }).unwrap();
}

#[test]
fn a_chain_without_a_section_refuses_and_remembers_nothing() {
    let mut w = World::new(&[1_000_000_000]);
    assert_eq!(w.refused(&stake(&w, 101, 1_000_000)), "liquidstake 16");
    w.after(DAY);
    assert!(!liquid::is_used(&w.ctx).unwrap());
    assert!(crate::genesis::export(&w.ctx).unwrap().get("liquidstake").is_none());
}
