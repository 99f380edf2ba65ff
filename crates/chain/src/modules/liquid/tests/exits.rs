//! Those who leave: one price for a batch, slashes borne by whom they hit, and nothing that stops an exit.

use super::*;
use crate::modules::liquid::state::{BATCHES, CLAIMS, OPERATIONS, Status};

fn batch(w: &World, id: u64) -> super::super::state::Batch {
    BATCHES.must(&w.ctx, &id).unwrap()
}

/// Goes on until the open batch has closed.
fn close(w: &mut World) -> Vec<Event> {
    let id = super::super::ledger(&w.ctx).unwrap().open_batch.unwrap();
    let wait = batch(w, id).close.since(w.ctx.time()).whole_secs();
    w.after(wait.max(0))
}

#[test]
fn those_who_leave_in_one_batch_get_one_price_whoever_asked_first() {
    let mut w = world();
    w.send(&stake(&w, 101, 600_000_000)).unwrap();
    w.send(&stake(&w, 102, 400_000_000)).unwrap();
    w.block();
    w.send(&unstake(&w, 101, 200_000_000)).unwrap();
    slash(&mut w, 1, 20);
    w.block();
    // The request before the slash and the one after it are alike: both were in the open batch.
    w.send(&unstake(&w, 102, 200_000_000)).unwrap();
    let events = close(&mut w);
    assert_eq!(attribute(&events, "EventBatchClosed", "burnt"), "400000000");
    assert_eq!(liquid::supply(&w.ctx).unwrap(), 600_000_000);
    let before = (w.balance(101), w.balance(102));
    w.after(21 * DAY);
    let got = |w: &World, n: u8, before: Int| w.balance(n).sub(before).unwrap();
    assert_eq!(got(&w, 101, before.0), got(&w, 102, before.1));
    // 900 for 1000: 400 x 0.9 less a unit, divided by two.
    assert_eq!(got(&w, 101, before.0), Int::from_u64(179_999_999));
    assert!(BATCHES.get(&w.ctx, &1).unwrap().is_none(), "paid by itself, and gone");
    w.block();
}

#[test]
fn a_slash_while_a_batch_unbonds_is_borne_by_that_batch_alone() {
    // Defect L4: the amount was fixed at the request, so a slash before maturity was borne by others or stuck.
    let mut w = world();
    w.send(&stake(&w, 101, 500_000_000)).unwrap();
    w.send(&stake(&w, 102, 500_000_000)).unwrap();
    w.block();
    w.send(&unstake(&w, 101, 500_000_000)).unwrap();
    w.send(&unstake(&w, 102, 100_000_000)).unwrap();
    close(&mut w);
    let (stayers, height, power) = (value(&w), w.ctx.height(), w.validator(1).power().unwrap());
    w.blocks(2);
    // A fault of the height at which the batch began to unbond: only what was bonded then answers.
    let all = batch(&w, 1).expected;
    staking::slash(
        &mut w.ctx,
        &cons(1),
        height,
        power,
        Dec::new_with_prec(10, 2).unwrap(),
        staking::Infraction::Unspecified,
    )
    .unwrap();
    let lost_by_stayers = stayers - value(&w);
    assert!(lost_by_stayers > 0);
    let before = (w.balance(101), w.balance(102));
    w.after(21 * DAY);
    let (a, b) = (w.balance(101).sub(before.0).unwrap(), w.balance(102).sub(before.1).unwrap());
    let paid = a.add(b).unwrap().to_u128().unwrap();
    assert!(paid < all, "the batch lost a part: {paid} of {all}");
    assert_eq!(a.quo(b).unwrap(), Int::from_u64(5), "in proportion to what each had");
    w.block();
}

#[test]
fn what_comes_back_for_one_batch_pays_no_other() {
    // Defect L2: any arrival made all matured exits claimable.
    let mut w = world();
    w.send(&stake(&w, 101, 500_000_000)).unwrap();
    w.send(&stake(&w, 102, 500_000_000)).unwrap();
    w.block();
    w.send(&unstake(&w, 101, 100_000_000)).unwrap();
    close(&mut w);
    w.block();
    w.send(&unstake(&w, 102, 100_000_000)).unwrap();
    close(&mut w);
    assert_eq!((batch(&w, 1).status, batch(&w, 2).status), (Status::Unbonding, Status::Unbonding));
    let early = own::MsgClaimUnstaked { owner: w.acc(102), batch: 2 };
    assert_eq!(w.refused(&early), "liquidstake 13");
    let wait = batch(&w, 1).mature.unwrap().since(w.ctx.time()).whole_secs();
    let before = (w.balance(101), w.balance(102));
    let events = w.after(wait);
    assert_eq!(attribute(&events, "EventUnbonded", "batch"), "1");
    assert_eq!(w.balance(101).sub(before.0).unwrap(), Int::from_u64(99_999_999));
    assert_eq!(w.balance(102), before.1);
    assert_eq!((batch(&w, 2).status, batch(&w, 2).received), (Status::Unbonding, 0));
    assert_eq!(w.refused(&early), "liquidstake 13");
}

#[test]
fn every_unbonding_is_one_operation_that_ends_once() {
    // Defect L3: a failed step left a record that counted for ever.
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.block();
    w.send(&unstake(&w, 101, 900_000_000)).unwrap();
    close(&mut w);
    let begun: Vec<_> = OPERATIONS.iter(&w.ctx).map(|r| r.unwrap()).collect();
    assert_eq!(begun.len(), 3);
    let sum: u128 = begun.iter().map(|(_, op)| op.amount).sum();
    assert_eq!((sum, batch(&w, 1).pending), (batch(&w, 1).expected, 3));
    w.after(21 * DAY);
    assert_eq!(OPERATIONS.iter(&w.ctx).count(), 0);
    assert_eq!(value(&w) + 899_999_999, 1_000_000_000);
}

#[test]
fn a_claim_that_is_worth_nothing_is_closed_and_its_dust_stays_with_the_stakers() {
    // Defect L9: a claim was deleted when an amount rounded to zero, and the rest was lost.
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    let gift = MsgSend { from_address: w.acc(101), to_address: w.acc(102), amount: vec![stk(1_000).unwrap()] };
    w.send(&gift).unwrap();
    w.block();
    // One liquid coin alone would bring nothing.
    assert_eq!(w.refused(&unstake(&w, 102, 1)), "liquidstake 4");
    w.send(&unstake(&w, 101, 3)).unwrap();
    w.send(&unstake(&w, 102, 2)).unwrap();
    for n in 1..=3 {
        slash(&mut w, n, 70);
    }
    w.block();
    close(&mut w);
    let before = w.balance(102);
    let events = w.after(21 * DAY);
    let paid = events.iter().filter(|e| e.kind.ends_with("EventClaimPaid")).count();
    assert_eq!(paid, 2, "both are closed with an event");
    assert_eq!(w.balance(102), before, "two coins at 0.3 are worth nothing");
    let (received, out) =
        (attribute(&events, "EventBatchFinished", "received"), attribute(&events, "EventBatchFinished", "dust"));
    assert_eq!((received.as_str(), out.as_str()), ("1", "1"));
    assert_eq!(super::super::ledger(&w.ctx).unwrap().idle, 1);
    assert_eq!(CLAIMS.iter(&w.ctx).count(), 0);
}

#[test]
fn no_pause_no_quorum_and_no_rate_stops_an_exit() {
    // Defect L11: a rate outside its bounds stopped everything, exits too.
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.block();
    w.send(&wire::MsgSetModulePaused { authority: gov(&w), is_paused: true }).unwrap();
    for n in 1..=3 {
        slash(&mut w, n, 99);
        slash(&mut w, n, 99);
    }
    w.block();
    for n in 1..=2 {
        staking::jail(&mut w.ctx, &cons(n)).unwrap();
    }
    w.block();
    w.send(&wire::MsgSetModulePaused { authority: gov(&w), is_paused: false }).unwrap();
    assert!(liquid::rate(&w.ctx).unwrap() < assets::RATE_MIN);
    assert_eq!(w.refused(&stake(&w, 101, 1_000_000)), "liquidstake 5");
    w.send(&unstake(&w, 101, 500_000_000)).unwrap();
    close(&mut w);
    let (before, worth) = (w.balance(101), batch(&w, 1).expected);
    assert!(worth > 0);
    w.after(21 * DAY);
    assert_eq!(w.balance(101).sub(before).unwrap(), Int::from(worth));
}

#[test]
fn a_request_can_be_taken_back_until_the_batch_closes() {
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000)).unwrap();
    let cancel = |w: &World, amount| own::MsgCancelUnstake { owner: w.acc(101), amount: stk(amount) };
    assert_eq!(w.refused(&cancel(&w, 1)), "liquidstake 12");
    w.send(&unstake(&w, 101, 600_000)).unwrap();
    w.send(&cancel(&w, 100_000)).unwrap();
    assert_eq!(held(&w, 101), 500_000);
    assert_eq!(w.refused(&cancel(&w, 500_001)), "liquidstake 12");
    w.block();
    w.send(&cancel(&w, 500_000)).unwrap();
    assert_eq!(held(&w, 101), 1_000_000);
    w.block();
    w.send(&unstake(&w, 101, 600_000)).unwrap();
    close(&mut w);
    assert_eq!(w.refused(&cancel(&w, 1)), "liquidstake 12");
}

#[test]
fn the_last_unit_can_leave_slashed_validators() {
    // Others got stuck: shares rounded up on a slashed validator that was being emptied were refused.
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_007)).unwrap();
    w.block();
    for (n, percent) in [(1, 33), (2, 7), (3, 51)] {
        slash(&mut w, n, percent);
    }
    w.block();
    let all = value(&w);
    w.send(&unstake(&w, 101, 1_000_000_007)).unwrap();
    close(&mut w);
    assert_eq!((batch(&w, 1).status, liquid::supply(&w.ctx).unwrap()), (Status::Unbonding, 0));
    let before = w.balance(101);
    w.after(21 * DAY);
    let got = w.balance(101).sub(before).unwrap().to_u128().unwrap();
    assert!(all - got <= 4, "{got} of {all}: a unit per validator and one for those who stay");
    // A new beginning: one for one, and nobody's rewards are left to take.
    w.send(&stake(&w, 102, 1_000_000)).unwrap();
    assert_eq!((held(&w, 102), super::super::ledger(&w.ctx).unwrap().waiting), (1_000_000, 0));
}

#[test]
fn rewards_that_nobody_owns_any_more_go_to_the_community_pool() {
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.block();
    w.send(&unstake(&w, 101, 1_000_000_000)).unwrap();
    let wait = batch(&w, 1).close.since(w.ctx.time()).whole_secs();
    w.after(wait - 20);
    reward(&mut w, 1, 5_000 * UNIT);
    let pool = crate::modules::distribution::community_pool(&w.ctx).unwrap().amount_of("uente");
    w.after(20);
    assert_eq!((liquid::supply(&w.ctx).unwrap(), super::super::ledger(&w.ctx).unwrap().waiting), (0, 0));
    assert!(crate::modules::distribution::community_pool(&w.ctx).unwrap().amount_of("uente") > pool);
}

#[test]
fn a_batch_that_finds_no_room_closes_in_part_and_tries_again() {
    // A batch every hour, but a validator takes three unbondings at once.
    let mut w = with_periods("3600s", "3600s");
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.block();
    for _ in 0..3 {
        w.send(&unstake(&w, 101, 300_000_000)).unwrap();
        close(&mut w);
        w.block();
    }
    w.send(&unstake(&w, 101, 50_000_000)).unwrap();
    let events = close(&mut w);
    assert_eq!(attribute(&events, "EventBatchDelayed", "reason"), "validators have no room");
    let waiting = batch(&w, 4);
    assert_eq!((waiting.status, waiting.burnt, waiting.attempts), (Status::Closing, 0, 1));
    // The coins still are what they were: they bear slashes with those who stay.
    assert_eq!(liquid::supply(&w.ctx).unwrap(), 100_000_000);
    w.after(21 * DAY);
    w.after(3_600);
    assert_eq!(batch(&w, 4).status, Status::Unbonding);
    let (before, expected) = (w.balance(101), batch(&w, 4).expected);
    assert!((49_999_999..=50_000_000).contains(&expected), "{expected}");
    w.after(21 * DAY);
    assert_eq!(w.balance(101).sub(before).unwrap(), Int::from(expected));
}

#[test]
fn a_block_pays_so_many_claims_and_the_next_goes_on() {
    // Defect L6: claims were paid in a loop without bound.
    let mut w = world();
    w.send(&stake(&w, 101, 10_000_000_000)).unwrap();
    w.block();
    for n in 0..250_u16 {
        let [high, low] = n.to_be_bytes();
        let mut bytes = [200; 20];
        (bytes[0], bytes[1]) = (high, low);
        let person = AccAddress::from_array(bytes);
        let coins = Coins::one(KCoin::new(Denom::new(STK).unwrap(), Int::from_u64(1_000_000))).unwrap();
        bank::send(&mut w.ctx, &user(101), &person, &coins).unwrap();
        liquid::request_exit(&mut w.ctx, &person, 1_000_000).unwrap();
    }
    close(&mut w);
    w.after(21 * DAY);
    assert_eq!((batch(&w, 1).status, batch(&w, 1).claims), (Status::Paying, 150));
    w.block();
    assert_eq!(batch(&w, 1).claims, 50);
    let mut bytes = [200; 20];
    (bytes[0], bytes[1]) = (0, 249);
    let last = w.ctx.bech32().acc(&AccAddress::from_array(bytes));
    w.send(&own::MsgClaimUnstaked { owner: last.clone(), batch: 1 }).unwrap();
    assert_eq!(w.refused(&own::MsgClaimUnstaked { owner: last, batch: 1 }), "liquidstake 11");
    w.block();
    assert!(BATCHES.get(&w.ctx, &1).unwrap().is_none());
}

#[test]
fn a_run_of_most_holders_is_fair_to_the_unit() {
    let mut w = world();
    for n in 101..=106 {
        w.send(&stake(&w, n, 100_000_000)).unwrap();
    }
    w.block();
    reward(&mut w, 2, 3_333_333);
    w.after(3_600);
    for n in 101..=104 {
        w.send(&unstake(&w, n, 90_000_000)).unwrap();
    }
    close(&mut w);
    let before: Vec<Int> = (101..=104).map(|n| w.balance(n)).collect();
    w.after(21 * DAY);
    let got: Vec<Int> = (101..=104).zip(before).map(|(n, b)| w.balance(n).sub(b).unwrap()).collect();
    assert!(got.iter().all(|g| *g == got[0] && g.is_positive()), "{got:?}");
}

#[test]
fn the_state_goes_through_an_export_unchanged() {
    let mut w = world();
    w.send(&stake(&w, 101, 1_000_000_000)).unwrap();
    w.send(&stake(&w, 102, 500_000_000)).unwrap();
    w.block();
    w.send(&unstake(&w, 101, 100_000_000)).unwrap();
    close(&mut w);
    reward(&mut w, 1, 700_000);
    w.after(3_600);
    w.send(&unstake(&w, 102, 7_000_000)).unwrap();
    w.block();
    let exported = crate::genesis::export(&w.ctx).unwrap();
    let again = World::from_genesis(&exported).unwrap();
    assert_eq!(crate::genesis::export(&again.ctx).unwrap()["liquidstake"], exported["liquidstake"]);
    assert_eq!(value(&again), value(&w));
}
