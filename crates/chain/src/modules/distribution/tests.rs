//! The rules of rewards, played on a real state. All invariants are checked after every block.

use entente_kernel::num::{Coin, Coins, Dec, DecCoins, Denom, Int};
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::cosmos::distribution::v1beta1 as wire;
use entente_proto::cosmos::staking::v1beta1 as staking_wire;
use serde_json::json;

use super::{commission, community_pool, outstanding, state};
use crate::block::{Vote, VoteFlag};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, staking};
use crate::world::{World, app_state, coin, cons, operator, user};

const UNIT: u64 = 1_000_000;

fn uente(amount: u64) -> Coins {
    Coins::one(Coin::new(Denom::new("uente").unwrap(), Int::from(amount))).unwrap()
}

fn dec(coins: &DecCoins) -> String {
    coins.amount_of("uente").to_string()
}

/// Fees of the next block, paid by user 109.
fn fees(w: &mut World, amount: u64) {
    bank::send(&mut w.ctx, &user(109), &ModuleAccount::FEE_COLLECTOR.address(), &uente(amount)).unwrap();
}

fn delegate(w: &mut World, del: u8, val: u8, amount: u64) {
    let (delegator_address, validator_address) = (w.acc(del), w.val(val));
    w.send(&staking_wire::MsgDelegate { delegator_address, validator_address, amount: coin(amount) }).unwrap();
}

fn withdraw(w: &World, del: u8, val: u8) -> wire::MsgWithdrawDelegatorReward {
    wire::MsgWithdrawDelegatorReward { delegator_address: w.acc(del), validator_address: w.val(val) }
}

fn paid(w: &mut World, del: u8, val: u8) -> String {
    let message = withdraw(w, del, val);
    let events = w.send(&message).unwrap();
    let event = events.iter().rfind(|e| e.kind == "withdraw_rewards").unwrap();
    assert_eq!(event.attributes[1], ("validator".into(), w.val(val)));
    assert_eq!(event.attributes[2], ("delegator".into(), w.acc(del)));
    event.attributes[0].1.clone()
}

fn wire_coins(amount: u64) -> Vec<WireCoin> {
    coin(amount).into_iter().collect()
}

#[test]
fn fees_are_shared_by_power_after_the_tax_and_the_operator_keeps_its_commission() {
    let mut w = World::new(&[30 * UNIT, 10 * UNIT]);
    w.blocks(2);
    fees(&mut w, 1_001);
    w.block();
    // 1001 less 2 % tax: 980.98, of which three quarters and one quarter; the tax goes to the pool.
    assert_eq!(dec(&outstanding(&w.ctx, &operator(1)).unwrap()), "735.735000000000000000");
    assert_eq!(dec(&outstanding(&w.ctx, &operator(2)).unwrap()), "245.245000000000000000");
    assert_eq!(dec(&commission(&w.ctx, &operator(1)).unwrap()), "73.573500000000000000");
    assert_eq!(dec(&community_pool(&w.ctx).unwrap()), "20.020000000000000000");
}

#[test]
fn a_delegation_earns_from_its_block_on_and_fractions_go_to_the_community_pool() {
    let mut w = World::with(&[10 * UNIT], |g| g["distribution"]["params"]["community_tax"] = json!("0.0"));
    w.blocks(2);
    fees(&mut w, 1_000);
    w.block();
    delegate(&mut w, 101, 1, 30 * UNIT);
    w.block();
    fees(&mut w, 1_001);
    w.block();
    assert_eq!(paid(&mut w, 101, 1), "675uente");
    assert_eq!(paid(&mut w, 1, 1), "1125uente");
    // 900.9 x 3/4 = 675.675, and 900 + 225.225 for the operator's own stake.
    assert_eq!(dec(&community_pool(&w.ctx).unwrap()), "0.900000000000000000");
    assert_eq!(dec(&outstanding(&w.ctx, &operator(1)).unwrap()), "200.100000000000000000");
    w.check();
}

#[test]
fn a_withdrawal_of_nothing_is_reported_with_a_coin_of_zero() {
    let mut w = World::new(&[10 * UNIT]);
    w.blocks(2);
    assert_eq!(paid(&mut w, 1, 1), "0stake");
    assert_eq!(w.refused(&withdraw(&w, 101, 1)), "staking 19");
    assert_eq!(w.refused(&withdraw(&w, 101, 7)), "staking 3");
}

#[test]
fn a_slash_costs_its_part_of_later_rewards_only() {
    let mut w = World::with(&[10 * UNIT, 10 * UNIT], |g| g["distribution"]["params"]["community_tax"] = json!("0.0"));
    delegate(&mut w, 101, 1, 10 * UNIT);
    w.blocks(3);
    fees(&mut w, 3_000);
    w.block();
    let factor = Dec::new_with_prec(50, 2).unwrap();
    let height = w.ctx.height();
    staking::slash(&mut w.ctx, &cons(1), height, 20, factor, staking::Infraction::Unspecified).unwrap();
    delegate(&mut w, 102, 1, 10 * UNIT);
    w.blocks(3);
    fees(&mut w, 4_000);
    w.block();
    // Before: 2000 less 10 % for 20 units of which it held 10. After: 2000 of 4000 (20 and 10 + 10 bonded) less 10 %; it holds 5 of 20.
    let powers: Vec<i64> = w.signers.iter().map(|v| v.power).collect();
    assert_eq!(powers.iter().sum::<i64>(), 30, "{powers:?}");
    let of_second = 4_000 * 20 * 9 / 30 / 10 / 4;
    assert_eq!(paid(&mut w, 101, 1), format!("{}uente", 900 + of_second - 1));
    assert_eq!(state::SLASHES.iter(&w.ctx).count(), 1);
    w.check();
}

#[test]
fn rewards_go_where_their_owner_wants_but_never_to_a_module() {
    let mut w = World::new(&[10 * UNIT]);
    w.blocks(2);
    fees(&mut w, 1_000);
    w.block();
    let to = |w: &World, to: String| wire::MsgSetWithdrawAddress { delegator_address: w.acc(1), withdraw_address: to };
    let module = w.ctx.bech32().acc(&ModuleAccount::DISTRIBUTION.address());
    assert_eq!(w.refused(&to(&w, module)), "sdk 4");
    assert_eq!(w.refused(&to(&w, "nobody".into())), "sdk 7");
    let message = to(&w, w.acc(107));
    w.send(&message).unwrap();
    let before = w.balance(107);
    assert_eq!(paid(&mut w, 1, 1), "882uente");
    let operator_pay = wire::MsgWithdrawValidatorCommission { validator_address: w.val(1) };
    w.send(&operator_pay).unwrap();
    assert_eq!(w.balance(107).sub(before).unwrap(), Int::from(882 + 98));
    assert_eq!(w.refused(&operator_pay), "distribution 7");
    let mut closed = World::with(&[UNIT], |g| g["distribution"]["params"]["withdraw_addr_enabled"] = json!(false));
    assert_eq!(closed.refused(&message), "distribution 8");
}

#[test]
fn commission_below_one_unit_stays_for_later() {
    let mut w = World::new(&[10 * UNIT]);
    w.blocks(2);
    fees(&mut w, 1_005);
    w.block();
    w.send(&wire::MsgWithdrawValidatorCommission { validator_address: w.val(1) }).unwrap();
    assert_eq!(dec(&commission(&w.ctx, &operator(1)).unwrap()), "0.490000000000000000");
    w.check();
}

#[test]
fn the_community_pool_takes_from_anybody_and_pays_by_vote_only() {
    let mut w = World::new(&[10 * UNIT]);
    w.send(&wire::MsgFundCommunityPool { amount: wire_coins(500), depositor: w.acc(101) }).unwrap();
    assert_eq!(w.refused(&wire::MsgFundCommunityPool { amount: vec![], depositor: w.acc(101) }), "sdk 10");
    let gov = w.ctx.bech32().acc(&ModuleAccount::GOV.address());
    let spend = |authority: &str, recipient: String, amount| wire::MsgCommunityPoolSpend {
        authority: authority.into(),
        recipient,
        amount: wire_coins(amount),
    };
    assert_eq!(w.refused(&spend(&w.acc(101), w.acc(102), 1)), "gov 13");
    assert_eq!(w.refused(&spend(&gov, w.acc(102), 501)), "distribution 9");
    let module = w.ctx.bech32().acc(&ModuleAccount::BONDED_POOL.address());
    assert_eq!(w.refused(&spend(&gov, module, 1)), "sdk 4");
    let before = w.balance(102);
    let message = spend(&gov, w.acc(102), 500);
    w.send(&message).unwrap();
    assert_eq!(w.balance(102).sub(before).unwrap(), Int::from(500));
    assert!(community_pool(&w.ctx).unwrap().is_empty());
    w.check();
}

#[test]
fn a_gift_to_a_validator_is_shared_like_other_rewards() {
    let mut w = World::new(&[10 * UNIT]);
    w.block();
    let gift = |w: &World, val| wire::MsgDepositValidatorRewardsPool {
        depositor: w.acc(101),
        validator_address: val,
        amount: wire_coins(1_000),
    };
    w.send(&gift(&w, w.val(1))).unwrap();
    assert_eq!(dec(&commission(&w.ctx, &operator(1)).unwrap()), "100.000000000000000000");
    w.block();
    assert_eq!(paid(&mut w, 1, 1), "900uente");
    assert_eq!(w.refused(&gift(&w, w.val(9))), "staking 3");
}

#[test]
fn a_validator_that_goes_is_paid_its_commission_and_leaves_no_record() {
    let mut w = World::new(&[10 * UNIT, UNIT]);
    w.blocks(2);
    fees(&mut w, 11_003);
    w.block();
    let (delegator_address, validator_address) = (w.acc(2), w.val(2));
    let before = w.balance(2);
    w.send(&staking_wire::MsgUndelegate { delegator_address, validator_address, amount: coin(UNIT) }).unwrap();
    w.block();
    w.after(crate::world::UNBONDING_SECS);
    w.block();
    assert!(staking::validator(&w.ctx, &operator(2)).unwrap().is_none());
    let got = w.balance(2).sub(before).unwrap().sub(Int::from(UNIT)).unwrap();
    assert_eq!(got, Int::from(882 + 98), "rewards of its own stake and commission");
    assert!(state::LEDGERS.get(&w.ctx, &operator(2)).unwrap().is_none());
    assert_eq!(state::HISTORICAL.prefix(&w.ctx, &operator(2)).count(), 0);
}

#[test]
fn the_part_of_a_validator_that_is_gone_goes_to_the_community_pool() {
    let mut w = World::new(&[10 * UNIT]);
    w.blocks(2);
    fees(&mut w, 1_000);
    let mut votes = w.signers.clone();
    votes.push(Vote { address: cons(9), power: 30, flag: VoteFlag::Commit });
    w.play(votes, Vec::new(), |_| {});
    assert_eq!(dec(&outstanding(&w.ctx, &operator(1)).unwrap()), "245.000000000000000000");
    assert_eq!(dec(&community_pool(&w.ctx).unwrap()), "755.000000000000000000");
}

#[test]
fn rewards_of_a_validator_without_tokens_go_to_the_community_pool() {
    let mut w = World::with(&[10 * UNIT, 10 * UNIT], |g| g["distribution"]["params"]["community_tax"] = json!("0.0"));
    w.blocks(2);
    let factor = Dec::ONE;
    let height = w.ctx.height();
    staking::slash(&mut w.ctx, &cons(2), height, 10, factor, staking::Infraction::Unspecified).unwrap();
    fees(&mut w, 1_100);
    w.block();
    assert_eq!(paid(&mut w, 2, 2), "0stake");
    assert_eq!(dec(&community_pool(&w.ctx).unwrap()), "495.000000000000000000");
    w.check();
}

#[test]
fn parameters_change_by_vote_within_their_bounds() {
    let mut w = World::new(&[UNIT]);
    let gov = w.ctx.bech32().acc(&ModuleAccount::GOV.address());
    let update = |authority: &str, tax: &str, bonus: &str| wire::MsgUpdateParams {
        authority: authority.into(),
        params: Some(wire::Params {
            community_tax: tax.into(),
            base_proposer_reward: String::new(),
            bonus_proposer_reward: bonus.into(),
            withdraw_addr_enabled: false,
        }),
    };
    assert_eq!(w.refused(&update(&w.acc(1), "0", "")), "gov 13");
    assert_eq!(w.refused(&update(&gov, "1000000000000000001", "")), "undefined 1");
    assert_eq!(w.refused(&update(&gov, "-1", "")), "undefined 1");
    assert_eq!(w.refused(&update(&gov, "", "")), "undefined 1");
    assert_eq!(w.refused(&update(&gov, "0", "1")), "sdk 18");
    w.send(&update(&gov, "1000000000000000000", "0")).unwrap();
    assert_eq!(super::params(&w.ctx).unwrap().community_tax, Dec::ONE);
}

#[test]
fn queries_answer_with_what_a_withdrawal_would_pay() {
    let mut w = World::new(&[10 * UNIT]);
    delegate(&mut w, 101, 1, 10 * UNIT);
    w.blocks(3);
    fees(&mut w, 1_000);
    w.block();
    let request = wire::QueryDelegationRewardsRequest { delegator_address: w.acc(101), validator_address: w.val(1) };
    let path = "/cosmos.distribution.v1beta1.Query/DelegationRewards";
    let answer: wire::QueryDelegationRewardsResponse = w.scratch().ask(path, &request).unwrap();
    assert_eq!(answer.rewards[0].amount, "441000000000000000000");
    let request = wire::QueryDelegationTotalRewardsRequest { delegator_address: w.acc(101) };
    let path = "/cosmos.distribution.v1beta1.Query/DelegationTotalRewards";
    let answer: wire::QueryDelegationTotalRewardsResponse = w.scratch().ask(path, &request).unwrap();
    assert_eq!((answer.rewards.len(), answer.total[0].amount.as_str()), (1, "441000000000000000000"));
    assert_eq!(paid(&mut w, 101, 1), "441uente");
}

#[test]
fn an_export_is_read_back_as_it_was() {
    let mut w = World::new(&[10 * UNIT, 5 * UNIT]);
    delegate(&mut w, 101, 1, 3 * UNIT);
    w.blocks(2);
    fees(&mut w, 1_007);
    w.block();
    let message = wire::MsgSetWithdrawAddress { delegator_address: w.acc(1), withdraw_address: w.acc(107) };
    w.send(&message).unwrap();
    let factor = Dec::new_with_prec(5, 2).unwrap();
    let height = w.ctx.height();
    staking::slash(&mut w.ctx, &cons(1), height, 13, factor, staking::Infraction::Unspecified).unwrap();
    w.block();
    let first = crate::genesis::export(&w.ctx).unwrap();
    let again = World::from_genesis(&first).unwrap();
    assert_eq!(crate::genesis::export(&again.ctx).unwrap()["distribution"], first["distribution"]);
}

#[test]
fn a_genesis_with_rewards_of_a_validator_but_without_its_periods_is_refused() {
    let mut w = World::new(&[10 * UNIT]);
    w.blocks(3);
    let whole = crate::genesis::export(&w.ctx).unwrap();
    for (list, words) in [
        ("validator_current_rewards", "has no open period"),
        ("validator_historical_rewards", "no historical record before it"),
    ] {
        let mut genesis = whole.clone();
        genesis["distribution"][list] = json!([]);
        let Err(e) = World::from_genesis(&genesis) else { panic!("accepted without {list}") };
        assert!(e.to_string().contains(words), "{e}");
    }
}

#[test]
fn a_genesis_whose_records_are_not_what_the_account_holds_is_refused() {
    let mut genesis = app_state(&[UNIT]);
    genesis["distribution"]["fee_pool"]["community_pool"] = json!([{"denom": "uente", "amount": "1.5"}]);
    let Err(e) = World::from_genesis(&genesis) else { panic!("accepted") };
    assert!(e.to_string().contains("does not match the module holdings"), "{e}");
}

/// Stakes, slashes and rewards in an order that nobody planned; the invariants, among them that everybody can withdraw, hold after
/// each block.
#[test]
fn whatever_order_things_happen_in_everybody_can_withdraw() {
    for seed in 1_u64..=4 {
        let mut w = World::new(&[10 * UNIT, 7 * UNIT, 3 * UNIT + 1]);
        let mut dice = Dice(seed);
        for _ in 0..60 {
            fees(&mut w, dice.below(5_000));
            let (del, val) = (101 + u8::try_from(dice.below(4)).unwrap(), 1 + u8::try_from(dice.below(3)).unwrap());
            let (delegator_address, validator_address) = (w.acc(del), w.val(val));
            let amount = coin(1 + dice.below(3 * UNIT));
            // Refusals are part of the play.
            let _ = match dice.below(6) {
                0 | 1 => w.send(&staking_wire::MsgDelegate { delegator_address, validator_address, amount }),
                2 => w.send(&staking_wire::MsgUndelegate { delegator_address, validator_address, amount }),
                3 => {
                    let validator_dst_address = w.val(1 + val % 3);
                    w.send(&staking_wire::MsgBeginRedelegate {
                        delegator_address,
                        validator_src_address: validator_address,
                        validator_dst_address,
                        amount,
                    })
                }
                4 => w.send(&withdraw(&w, del, val)),
                _ => {
                    let (height, power) = (w.ctx.height(), 1 + i64::try_from(dice.below(5)).unwrap());
                    let factor = Dec::new_with_prec(i64::try_from(dice.below(4_000)).unwrap(), 5).unwrap();
                    staking::slash(&mut w.ctx, &cons(val), height, power, factor, staking::Infraction::Unspecified)
                        .map(|_| Vec::new())
                }
            };
            w.block();
        }
    }
}

/// Numbers without a pattern.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

#[test]
fn what_is_owed_is_added_up_where_decimal_numbers_end() {
    let mut w = World::new(&[30 * UNIT]);
    w.blocks(2);
    // Each of both is the largest decimal number but for its fraction; together they are still a balance.
    let half: Int = "57896044618658097711785492504343953926634992332820282019728792003956564819968".parse().unwrap();
    let huge = |amount: Int| Coins::one(Coin::new(Denom::new("uhuge").unwrap(), amount)).unwrap();
    let owed = DecCoins::from_coins(&huge(half));
    let pool = community_pool(&w.ctx).unwrap().add(&owed).unwrap();
    state::COMMUNITY_POOL.save(&mut w.ctx, &pool).unwrap();
    let of_validator = outstanding(&w.ctx, &operator(1)).unwrap().add(&owed).unwrap();
    assert!(pool.add(&of_validator).is_err(), "more than 315 bits");
    let mut ledger = state::LEDGERS.must(&w.ctx, &operator(1)).unwrap();
    ledger.outstanding = of_validator;
    state::LEDGERS.set(&mut w.ctx, &operator(1), &ledger).unwrap();
    let missing = super::invariant::module_account(&w.ctx).unwrap().unwrap();
    assert!(missing.contains("uhuge"), "{missing}");
    for part in [half, half.sub(Int::ONE).unwrap()] {
        bank::mint(&mut w.ctx, &ModuleAccount::TRANSFER, &huge(part)).unwrap();
        let from = ModuleAccount::TRANSFER.address();
        bank::send(&mut w.ctx, &from, &ModuleAccount::DISTRIBUTION.address(), &huge(part)).unwrap();
    }
    let missing = super::invariant::module_account(&w.ctx).unwrap().unwrap();
    assert!(missing.contains("uhuge"), "one unit is missing: {missing}");
    ledger.outstanding = DecCoins::from_coins(&huge(half.sub(Int::ONE).unwrap()));
    state::LEDGERS.set(&mut w.ctx, &operator(1), &ledger).unwrap();
    assert_eq!(super::invariant::module_account(&w.ctx).unwrap(), None);
}
