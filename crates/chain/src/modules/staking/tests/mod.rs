//! The rules of staking, played on a real state.

mod candidates;
mod random;
mod slashes;

use entente_kernel::num::{Dec, Int};
use entente_kernel::{Error, Timestamp};
use entente_proto::cosmos::staking::v1beta1 as wire;
use serde_json::json;

use super::state::{Rank, SortableTime};
use super::{BondStatus, Infraction, state};
use crate::modules::auth;
use crate::world::{BLOCK_SECS, UNBONDING_SECS, World, coin, cons, key, kinds, operator, user};

const UNIT: u64 = 1_000_000;

fn delegate(w: &World, del: u8, val: u8, amount: u64) -> wire::MsgDelegate {
    wire::MsgDelegate { delegator_address: w.acc(del), validator_address: w.val(val), amount: coin(amount) }
}

fn undelegate(w: &World, del: u8, val: u8, amount: u64) -> wire::MsgUndelegate {
    wire::MsgUndelegate { delegator_address: w.acc(del), validator_address: w.val(val), amount: coin(amount) }
}

fn redelegate(w: &World, del: u8, src: u8, dst: u8, amount: u64) -> wire::MsgBeginRedelegate {
    wire::MsgBeginRedelegate {
        delegator_address: w.acc(del),
        validator_src_address: w.val(src),
        validator_dst_address: w.val(dst),
        amount: coin(amount),
    }
}

fn cancel(w: &World, del: u8, val: u8, amount: u64, height: i64) -> wire::MsgCancelUnbondingDelegation {
    wire::MsgCancelUnbondingDelegation {
        delegator_address: w.acc(del),
        validator_address: w.val(val),
        amount: coin(amount),
        creation_height: height,
    }
}

fn create(w: &World, n: u8, amount: u64) -> wire::MsgCreateValidator {
    let validator = super::Validator::new(operator(n), key(n), wire::Description::default());
    wire::MsgCreateValidator {
        description: Some(wire::Description { moniker: format!("v{n}"), ..Default::default() }),
        commission: Some(wire::CommissionRates {
            rate: "100000000000000000".into(),
            max_rate: "200000000000000000".into(),
            max_change_rate: "10000000000000000".into(),
        }),
        min_self_delegation: "1000000".into(),
        validator_address: w.val(n),
        pubkey: Some(validator.pub_key_any()),
        value: coin(amount),
        ..Default::default()
    }
}

fn edit(w: &World, n: u8) -> wire::MsgEditValidator {
    let keep = || "[do-not-modify]".to_owned();
    wire::MsgEditValidator {
        description: Some(wire::Description {
            moniker: keep(),
            identity: keep(),
            website: keep(),
            security_contact: keep(),
            details: keep(),
        }),
        validator_address: w.val(n),
        ..Default::default()
    }
}

fn powers(w: &World) -> Vec<(u8, i64)> {
    w.updates.iter().map(|u| ((1..=20).find(|n| key(*n) == u.pub_key).unwrap(), u.power)).collect()
}

fn slash(w: &mut World, n: u8, height: i64, power: i64, percent: i64) -> Int {
    let factor = Dec::new_with_prec(percent, 2).unwrap();
    super::slash(&mut w.ctx, &cons(n), height, power, factor, Infraction::Unspecified).unwrap()
}

#[test]
fn the_strongest_validators_are_bonded_and_equals_are_ordered_by_operator() {
    let w = World::new(&[5 * UNIT, 7 * UNIT, 5 * UNIT, 5 * UNIT]);
    assert_eq!(powers(&w), [(2, 7), (1, 5), (3, 5)]);
    assert_eq!(super::last_total_power(&w.ctx).unwrap(), Int::from(17));
    assert_eq!(super::total_bonded_tokens(&w.ctx).unwrap(), Int::from(17 * UNIT));
    assert!(w.validator(4).is_unbonded());
}

#[test]
fn a_stronger_candidate_takes_the_place_of_the_weakest_who_unbonds_for_the_unbonding_time() {
    let mut w = World::new(&[5 * UNIT, 7 * UNIT, 4 * UNIT, 3 * UNIT]);
    let message = delegate(&w, 101, 4, 2 * UNIT);
    w.send(&message).unwrap();
    w.block();
    assert_eq!(powers(&w), [(4, 5), (3, 0)]);
    let left = w.validator(3);
    assert_eq!((left.status, left.unbonding_height), (BondStatus::Unbonding, 1));
    assert_eq!(left.unbonding_ids, [1]);
    w.after(UNBONDING_SECS - BLOCK_SECS - 1);
    assert_eq!(w.validator(3).status, BondStatus::Unbonding);
    w.after(1 - BLOCK_SECS);
    assert_eq!(w.validator(3).status, BondStatus::Unbonded);
}

#[test]
fn an_unbonding_validator_that_returns_leaves_the_queue() {
    let mut w = World::new(&[5 * UNIT, 7 * UNIT, 4 * UNIT, 3 * UNIT]);
    w.send(&delegate(&w, 101, 4, 2 * UNIT).clone()).unwrap();
    w.block();
    w.send(&delegate(&w, 101, 3, 9 * UNIT).clone()).unwrap();
    w.block();
    assert_eq!(powers(&w), [(3, 13), (4, 0)], "1 and 4 are equally strong: the lower operator stays");
    w.after(UNBONDING_SECS);
    assert!(w.validator(3).is_bonded() && w.validator(4).is_unbonded());
}

#[test]
fn powers_below_one_unit_are_never_bonded() {
    let w = World::new(&[5 * UNIT, UNIT - 1]);
    assert_eq!(powers(&w), [(1, 5)]);
}

#[test]
fn shares_follow_tokens_and_the_last_to_leave_takes_the_trimmings() {
    let mut w = World::new(&[5 * UNIT]);
    w.send(&delegate(&w, 101, 1, 3 * UNIT).clone()).unwrap();
    w.block();
    assert_eq!(slash(&mut w, 1, 1, 8, 33), Int::from(2_640_000));
    let v = w.validator(1);
    assert_eq!((v.tokens, v.delegator_shares), (Int::from(5_360_000), Dec::from_i64(8_000_000)));
    w.send(&delegate(&w, 102, 1, 1_000_001).clone()).unwrap();
    let held = super::delegation(&w.ctx, &user(102), &operator(1)).unwrap().unwrap();
    assert_eq!(held.shares.to_string(), "1492538.805970149253731343");
    w.block();
    let all = super::validate_unbond_amount(&w.ctx, &user(102), &operator(1), Int::from(1_000_001)).unwrap();
    assert_eq!(all, held.shares);
}

#[test]
fn undelegated_coins_are_paid_exactly_when_they_are_due() {
    let mut w = World::new(&[5 * UNIT]);
    w.send(&delegate(&w, 101, 1, 3 * UNIT).clone()).unwrap();
    w.block();
    let events = w.send(&undelegate(&w, 101, 1, UNIT).clone()).unwrap();
    let last = events.last().unwrap();
    assert_eq!(last.kind, "unbond");
    let names: Vec<&str> = last.attributes.iter().map(|(k, _)| k.as_ref()).collect();
    assert_eq!(names, ["validator", "delegator", "amount", "completion_time"]);
    let before = w.balance(101);
    assert!(!kinds(&w.after(UNBONDING_SECS - BLOCK_SECS - 1)).contains(&"complete_unbonding"));
    assert_eq!(w.balance(101), before);
    assert!(kinds(&w.after(1 - BLOCK_SECS)).contains(&"complete_unbonding"));
    assert_eq!(w.balance(101), before.add(Int::from(UNIT)).unwrap());
    assert!(super::unbonding(&w.ctx, &user(101), &operator(1)).unwrap().is_none());
}

#[test]
fn unbondings_of_one_block_share_an_entry_and_others_count_against_the_limit() {
    let mut w = World::new(&[5 * UNIT]);
    w.send(&delegate(&w, 101, 1, 9 * UNIT).clone()).unwrap();
    for n in 1..=3 {
        w.block();
        if n < 3 {
            w.send(&undelegate(&w, 101, 1, 10).clone()).unwrap();
        }
        w.send(&undelegate(&w, 101, 1, 1).clone()).unwrap();
    }
    let entries = super::unbonding(&w.ctx, &user(101), &operator(1)).unwrap().unwrap().entries;
    assert_eq!(entries.iter().map(|e| e.balance.to_u64().unwrap()).collect::<Vec<_>>(), [11, 11, 1]);
    assert_eq!(entries.iter().map(|e| e.id).collect::<Vec<_>>(), [1, 3, 5]);
    w.block();
    assert_eq!(w.refused(&undelegate(&w, 101, 1, 1).clone()), "staking 27");
}

#[test]
fn undelegations_are_refused_with_the_codes_of_upstream() {
    let mut w = World::new(&[5 * UNIT]);
    assert_eq!(w.refused(&undelegate(&w, 101, 2, 1).clone()), "staking 3");
    assert_eq!(w.refused(&undelegate(&w, 101, 1, 1).clone()), "staking 19");
    w.send(&delegate(&w, 101, 1, 10).clone()).unwrap();
    assert_eq!(w.refused(&undelegate(&w, 101, 1, 11).clone()), "sdk 18");
    assert_eq!(w.refused(&undelegate(&w, 101, 1, 0).clone()), "sdk 18");
    let mut message = undelegate(&w, 101, 1, 1);
    message.amount.as_mut().unwrap().denom = "other".into();
    assert_eq!(w.refused(&message), "sdk 18");
    message.validator_address = w.acc(1);
    assert_eq!(w.refused(&message), "sdk 7");
}

#[test]
fn a_cancelled_unbonding_is_delegated_again() {
    let mut w = World::new(&[5 * UNIT]);
    w.send(&delegate(&w, 101, 1, 9 * UNIT).clone()).unwrap();
    w.block();
    w.send(&undelegate(&w, 101, 1, 5 * UNIT).clone()).unwrap();
    w.block();
    assert_eq!(w.refused(&cancel(&w, 101, 1, 5 * UNIT + 1, 1).clone()), "sdk 18");
    assert_eq!(w.refused(&cancel(&w, 101, 1, UNIT, 2).clone()), "sdk 38");
    assert_eq!(w.refused(&cancel(&w, 101, 1, UNIT, 0).clone()), "sdk 18");
    assert_eq!(w.refused(&cancel(&w, 102, 1, UNIT, 1).clone()), "undefined 1");
    w.send(&cancel(&w, 101, 1, 2 * UNIT, 1).clone()).unwrap();
    let entry = super::unbonding(&w.ctx, &user(101), &operator(1)).unwrap().unwrap().entries[0];
    assert_eq!((entry.balance, entry.initial_balance), (Int::from(3 * UNIT), Int::from(3 * UNIT)));
    w.send(&cancel(&w, 101, 1, 3 * UNIT, 1).clone()).unwrap();
    assert!(super::unbonding(&w.ctx, &user(101), &operator(1)).unwrap().is_none());
    w.block();
    assert_eq!(w.validator(1).tokens, Int::from(14 * UNIT));
    w.after(UNBONDING_SECS);
}

#[test]
fn redelegated_stake_may_not_move_on_before_its_time() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT, 7 * UNIT]);
    w.send(&delegate(&w, 101, 1, 9 * UNIT).clone()).unwrap();
    w.block();
    assert_eq!(w.refused(&redelegate(&w, 101, 1, 1, 1).clone()), "staking 29");
    assert_eq!(w.refused(&redelegate(&w, 101, 1, 4, 1).clone()), "staking 31");
    w.send(&redelegate(&w, 101, 1, 2, UNIT).clone()).unwrap();
    assert_eq!(w.refused(&redelegate(&w, 101, 2, 3, 1).clone()), "staking 32");
    w.send(&redelegate(&w, 101, 1, 2, 1).clone()).unwrap();
    w.send(&redelegate(&w, 101, 1, 2, 1).clone()).unwrap();
    assert_eq!(w.refused(&redelegate(&w, 101, 1, 2, 1).clone()), "staking 33");
    let events = w.after(UNBONDING_SECS);
    assert!(kinds(&events).contains(&"complete_redelegation"));
    w.send(&redelegate(&w, 101, 2, 3, 1).clone()).unwrap();
}

#[test]
fn stake_of_an_unbonded_validator_moves_without_answering_for_it() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT, 7 * UNIT, UNIT]);
    w.send(&delegate(&w, 101, 4, UNIT).clone()).unwrap();
    w.block();
    let events = w.send(&redelegate(&w, 101, 4, 1, UNIT).clone()).unwrap();
    let event = events.iter().find(|e| e.kind == "redelegate").unwrap();
    assert_eq!(event.attributes.last().unwrap().1, "0001-01-01T00:00:00Z");
    assert!(state::REDELEGATIONS.iter(&w.ctx).next().is_none());
    w.block();
}

#[test]
fn stake_of_an_unbonding_validator_answers_until_the_validator_is_unbonded() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT, 7 * UNIT, UNIT]);
    w.send(&delegate(&w, 101, 4, 9 * UNIT).clone()).unwrap();
    w.block();
    let left = w.validator(1);
    assert!(left.is_unbonding());
    w.blocks(3);
    w.send(&redelegate(&w, 1, 1, 2, UNIT).clone()).unwrap();
    let row = super::delegation::redelegation(&w.ctx, (user(1), operator(1), operator(2))).unwrap().unwrap();
    let entry = row.entries[0];
    assert_eq!((entry.creation_height, entry.completion_time), (left.unbonding_height, left.unbonding_time));
}

#[test]
fn an_operator_below_its_promise_is_jailed_and_leaves_the_set() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT]);
    w.send(&create(&w, 3, 2 * UNIT).clone()).unwrap();
    w.block();
    assert_eq!(powers(&w), [(3, 2)]);
    w.send(&undelegate(&w, 3, 3, UNIT).clone()).unwrap();
    assert!(!w.validator(3).jailed);
    w.send(&undelegate(&w, 3, 3, 1).clone()).unwrap();
    assert!(w.validator(3).jailed);
    w.block();
    assert_eq!(powers(&w), [(3, 0)]);
    assert_eq!(w.refused(&cancel(&w, 3, 3, 1, 1).clone()), "staking 7");
}

#[test]
fn a_validator_that_everybody_left_is_removed_when_it_is_unbonded() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT]);
    w.send(&undelegate(&w, 2, 2, 6 * UNIT).clone()).unwrap();
    w.block();
    assert_eq!(powers(&w), [(2, 0)]);
    assert!(w.validator(2).is_unbonding());
    w.after(UNBONDING_SECS);
    assert!(super::validator(&w.ctx, &operator(2)).unwrap().is_none());
    assert!(super::validator_by_cons(&w.ctx, &cons(2)).unwrap().is_none());
    w.blocks(2);
}

#[test]
fn what_is_on_hold_waits_for_its_release() {
    let mut w = World::new(&[5 * UNIT]);
    w.send(&delegate(&w, 101, 1, UNIT).clone()).unwrap();
    w.send(&undelegate(&w, 101, 1, UNIT).clone()).unwrap();
    super::put_unbonding_on_hold(&mut w.ctx, 1).unwrap();
    let before = w.balance(101);
    w.after(UNBONDING_SECS);
    assert_eq!(w.balance(101), before);
    super::unbonding_can_complete(&mut w.ctx, 1).unwrap();
    assert_eq!(w.balance(101), before.add(Int::from(UNIT)).unwrap());
    let gone = super::unbonding_can_complete(&mut w.ctx, 1).unwrap_err();
    assert!(matches!(gone, Error::Refusal(r) if r.code == 45));
    w.block();
}

#[test]
fn params_change_only_by_governance_and_within_their_bounds() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT]);
    let mut params = super::params(&w.ctx).unwrap();
    params.max_validators = 1;
    let mut m = wire::MsgUpdateParams { authority: w.acc(101), params: Some(params.clone()) };
    assert_eq!(w.refused(&m), "gov 13");
    m.authority = w.ctx.bech32().acc(&auth::authority());
    m.params.as_mut().unwrap().max_entries = 0;
    assert_eq!(w.refused(&m), "undefined 1");
    m.params = Some(params);
    w.send(&m).unwrap();
    w.block();
    assert_eq!(powers(&w), [(1, 0)]);
}

#[test]
fn the_bond_denom_cannot_change_while_coins_are_staked() {
    let mut w = World::new(&[5 * UNIT]);
    let params = wire::Params { bond_denom: "other".into(), ..super::params(&w.ctx).unwrap() };
    let authority = w.ctx.bech32().acc(&auth::authority());
    assert_eq!(w.refused(&wire::MsgUpdateParams { authority, params: Some(params) }), "sdk 18");
}

#[test]
fn a_key_that_signed_twice_does_not_come_back() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT]);
    w.blocks(2);
    w.block_with_proof(2, 1, 6);
    w.send(&undelegate(&w, 2, 2, 5_700_000).clone()).unwrap();
    w.after(UNBONDING_SECS);
    assert!(super::validator(&w.ctx, &operator(2)).unwrap().is_none());
    let mut message = create(&w, 3, 2 * UNIT);
    message.pubkey = create(&w, 2, 0).pubkey;
    assert_eq!(w.refused(&message), "slashing 9");
}

#[test]
fn while_nobody_could_follow_the_validators_in_office_stay() {
    let mut w = World::new(&[5 * UNIT]);
    w.block();
    w.send(&undelegate(&w, 1, 1, 5 * UNIT).clone()).unwrap();
    w.blocks(2);
    assert!(w.validator(1).jailed && w.validator(1).is_bonded());
    assert!(w.updates.is_empty() && w.signers.len() == 1, "an empty set would stop the consensus engine");
    let exported = crate::genesis::export(&w.ctx).unwrap();
    assert_eq!(World::from_genesis(&exported).unwrap().signers.len(), 1, "an export holds them");
    w.send(&create(&w, 2, 2 * UNIT).clone()).unwrap();
    w.block();
    assert!(w.validator(1).is_unbonding() && w.validator(2).is_bonded());
    assert_eq!(w.signers.iter().map(|s| s.address).collect::<Vec<_>>(), [cons(2)]);
}

#[test]
fn while_a_set_would_have_more_power_than_comet_counts_the_one_in_office_stays() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT]);
    w.block();
    const MOST: i64 = (1 << 60) - 1;
    let add = |w: &mut World, power: i64| {
        let tokens = super::tokens_of_power(power).unwrap();
        let coins = super::stake::bond_coins(&w.ctx, tokens).unwrap();
        let (module, found) = (auth::ModuleAccount::MINT, w.validator(1));
        crate::modules::bank::mint(&mut w.ctx, &module, &coins).unwrap();
        super::delegate(&mut w.ctx, &module.address(), tokens, BondStatus::Unbonded, &found, true).unwrap();
        w.block();
        powers(w)
    };
    assert_eq!(add(&mut w, MOST - 11), [(1, MOST - 6)], "as much as it counts");
    assert_eq!(add(&mut w, 1), [], "one more would stop the consensus engine");
    w.send(&undelegate(&w, 2, 2, UNIT).clone()).unwrap();
    w.block();
    assert_eq!(powers(&w), [(1, MOST - 5), (2, 5)], "what was put off follows");
    let error = super::set::check_total_power(Int::from_u64(1 << 60)).unwrap_err();
    assert!(error.to_string().contains("at most 1152921504606846975 is allowed"), "{error}");
}

#[test]
fn a_queue_is_drained_in_order_with_a_budget() {
    let mut w = World::new(&[5 * UNIT]);
    for n in 101..=105 {
        w.send(&delegate(&w, n, 1, UNIT).clone()).unwrap();
        if n == 104 {
            w.block();
        }
        w.send(&undelegate(&w, n, 1, UNIT).clone()).unwrap();
    }
    w.ctx.env_mut().time = w.ctx.time().plus(entente_kernel::Span::from_secs(UNBONDING_SECS));
    let mut take = |budget| {
        let rows = super::queue::take_unbondings(&mut w.ctx, budget).unwrap();
        rows.into_iter().map(|row| row.delegator_address).collect::<Vec<_>>()
    };
    let mut taken = take(2);
    assert_eq!(taken.len(), 2);
    taken.extend(take(2));
    taken.extend(take(9));
    assert!(take(9).is_empty());
    assert_eq!(taken, (101..=105).map(|n| w.acc(n)).collect::<Vec<_>>());
}

#[test]
fn the_work_of_a_block_does_not_grow_with_the_delegators() {
    let work = |delegators: u8| {
        let mut w = World::new(&[5 * UNIT, 6 * UNIT]);
        for n in 0..delegators {
            w.send(&delegate(&w, 101 + n % 9, 1 + n % 2, UNIT).clone()).unwrap();
            let from = entente_kernel::AccAddress::from_array([150 + n; 20]);
            let held = super::Delegation { delegator: from, validator: operator(1), shares: Dec::ONE };
            super::delegation::save_delegation(&mut w.ctx, &held).unwrap();
        }
        w.ctx.env_mut().height += 1;
        super::end_block(&mut w.ctx).unwrap();
        let meter = entente_kernel::gas::GasMeter::unlimited();
        w.ctx.replace_gas(meter);
        super::begin_block(&mut w.ctx).unwrap();
        super::end_block(&mut w.ctx).unwrap();
        w.ctx.gas().used()
    };
    let (few, many) = (work(1), work(90));
    // Only the digits of tokens and shares grow.
    assert!(many < few + 1000, "{few} and {many} units of gas");
}

#[test]
fn recent_headers_are_kept_as_long_as_the_parameter_says() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT]);
    w.blocks(8);
    let ask = |w: &mut World, height| {
        let request = wire::QueryHistoricalInfoRequest { height };
        w.ask::<_, wire::QueryHistoricalInfoResponse>("/cosmos.staking.v1beta1.Query/HistoricalInfo", &request)
    };
    assert!(ask(&mut w, 3).is_err());
    let info = ask(&mut w, 4).unwrap().hist.unwrap();
    let header = info.header.unwrap();
    assert_eq!(header.height, 4);
    assert_eq!(header.app_hash, w.ctx.base_root());
    // Computed by CometBFT's rules from the two keys with powers 6 and 5.
    let simple = |n: u8, power: u8| [&[0x0a, 0x22, 0x0a, 0x20][..], &key(n), &[0x10, power]].concat();
    let hash = entente_kernel::crypto::merkle::root(&[simple(2, 6), simple(1, 5)]);
    assert_eq!(header.next_validators_hash, hash);
    let order: Vec<&str> = info.valset.iter().map(|v| v.description.as_ref().unwrap().moniker.as_str()).collect();
    assert_eq!(order, ["v2", "v1"]);
}

#[test]
fn an_export_is_read_back_as_it_was() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT, 7 * UNIT, UNIT]);
    w.send(&delegate(&w, 101, 4, 9 * UNIT).clone()).unwrap();
    w.blocks(2);
    w.send(&undelegate(&w, 101, 4, UNIT).clone()).unwrap();
    w.send(&redelegate(&w, 101, 4, 2, UNIT).clone()).unwrap();
    w.block();
    let exported = crate::genesis::export(&w.ctx).unwrap();
    let copy = World::from_genesis(&exported).unwrap();
    let again = crate::genesis::export(&copy.ctx).unwrap();
    for section in ["staking", "slashing", "evidence"] {
        assert_eq!(again[section], exported[section]);
    }
    assert_eq!(powers(&copy).len(), 3);
    assert_eq!(state::LAST_UNBONDING_ID.load(&copy.ctx).unwrap(), state::LAST_UNBONDING_ID.load(&w.ctx).unwrap());
}

#[test]
fn a_genesis_that_does_not_add_up_is_refused_by_name() {
    let refusal = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut genesis = crate::world::app_state(&[5 * UNIT, 6 * UNIT]);
        change(&mut genesis["staking"]);
        World::from_genesis(&genesis).err().unwrap().to_string()
    };
    let text = refusal(&|s| s["validators"][1]["tokens"] = json!("7"));
    assert!(text.contains("not bonded pool balance is different"), "{text}");
    let text = refusal(&|s| s["params"]["max_validators"] = json!(0));
    assert!(text.contains("params: max validators must be positive: 0"), "{text}");
    let text = refusal(&|s| s["validators"][1]["consensus_pubkey"] = s["validators"][0]["consensus_pubkey"].clone());
    assert!(text.contains("validators[1]: consensus_pubkey: duplicate"), "{text}");
    let text = refusal(&|s| s["delegations"][0]["shares"] = json!("0.000000000000000000"));
    assert!(text.contains("delegations[0]: shares"), "{text}");
}

#[test]
fn keys_have_the_layout_of_upstream() {
    use entente_kernel::state::Key;
    let mut rank = Vec::new();
    Rank { power: 258, operator: operator(1) }.write_last(&mut rank);
    assert_eq!(hex::encode(rank), format!("000000000000010214{}", "fe".repeat(20)));
    let mut time = Vec::new();
    SortableTime(Timestamp { secs: 1_704_164_645, nanos: 6 }).write_last(&mut time);
    assert_eq!(time, b"2024-01-02T03:04:05.000000006");
    assert_eq!(SortableTime::read_last(&time), Some(SortableTime(Timestamp { secs: 1_704_164_645, nanos: 6 })));
}
