//! Vesting accounts, from the message that makes them to the last coin that becomes free.

use entente_kernel::num::Int;
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::staking::v1beta1::{MsgDelegate, MsgUndelegate};
use entente_proto::cosmos::vesting::v1beta1 as wire;

use crate::modules::auth::{self, Kind};
use crate::modules::bank;
use crate::world::{UNBONDING_SECS, World, coin, user};

fn free(w: &World, n: u8) -> Int {
    bank::spendable(&w.ctx, &user(n)).unwrap().amount_of("uente")
}

fn create(w: &World, to: u8, amount: u64, secs: i64, delayed: bool) -> wire::MsgCreateVestingAccount {
    wire::MsgCreateVestingAccount {
        from_address: w.acc(101),
        to_address: w.acc(to),
        amount: coin(amount).into_iter().collect(),
        end_time: w.ctx.time().secs + secs,
        delayed,
    }
}

fn send(w: &World, from: u8, amount: u64) -> MsgSend {
    MsgSend { from_address: w.acc(from), to_address: w.acc(102), amount: coin(amount).into_iter().collect() }
}

#[test]
fn continuous_coins_become_free_second_by_second_and_delayed_ones_at_the_end() {
    let mut w = World::new(&[1_000_000]);
    let (continuous, delayed) = (create(&w, 50, 1_000, 1_000, false), create(&w, 51, 1_000, 1_000, true));
    w.send(&continuous).unwrap();
    w.send(&delayed).unwrap();
    assert_eq!((free(&w, 50), free(&w, 51)), (Int::ZERO, Int::ZERO));
    w.after(245);
    assert_eq!((free(&w, 50), free(&w, 51)), (Int::from(250), Int::ZERO));
    assert_eq!(w.refused(&send(&w, 50, 251)), "sdk 5");
    w.send(&send(&w, 50, 250)).unwrap();
    assert_eq!(free(&w, 50), Int::ZERO);
    w.after(745);
    assert_eq!((free(&w, 50), free(&w, 51)), (Int::from(750), Int::from(1_000)));
    w.send(&send(&w, 51, 1_000)).unwrap();
}

#[test]
fn periodic_coins_become_free_in_steps_and_locked_ones_never() {
    let mut w = World::new(&[1_000_000]);
    let period = |length, amount| wire::Period { length, amount: coin(amount).into_iter().collect() };
    let periodic = wire::MsgCreatePeriodicVestingAccount {
        from_address: w.acc(101),
        to_address: w.acc(50),
        start_time: w.ctx.time().secs,
        vesting_periods: vec![period(100, 30), period(100, 70)],
    };
    let locked = wire::MsgCreatePermanentLockedAccount {
        from_address: w.acc(101),
        to_address: w.acc(51),
        amount: coin(40).into_iter().collect(),
    };
    w.send(&periodic).unwrap();
    w.send(&locked).unwrap();
    w.after(90);
    assert_eq!((free(&w, 50), w.balance(50)), (Int::ZERO, Int::from(100)));
    w.after(0);
    assert_eq!(free(&w, 50), Int::from(30));
    w.after(100_000_000);
    assert_eq!((free(&w, 50), free(&w, 51)), (Int::from(100), Int::ZERO));
    w.check();
}

#[test]
fn unvested_coins_can_be_delegated_and_are_locked_again_when_they_come_back() {
    let mut w = World::new(&[1_000_000]);
    let forever = 100 * UNBONDING_SECS;
    w.send(&create(&w, 50, 1_000, forever, true)).unwrap();
    w.send(&MsgSend { to_address: w.acc(50), ..send(&w, 101, 500) }).unwrap();
    let stake = |w: &World, amount| MsgDelegate {
        delegator_address: w.acc(50),
        validator_address: w.val(1),
        amount: coin(amount),
    };
    w.send(&stake(&w, 1_200)).unwrap();
    let Kind::Vesting(vesting) = auth::account(&w.ctx, &user(50)).unwrap().unwrap().kind else { panic!() };
    assert_eq!(vesting.delegated_vesting.amount_of("uente"), Int::from(1_000));
    assert_eq!(vesting.delegated_free.amount_of("uente"), Int::from(200));
    assert_eq!((w.balance(50), free(&w, 50)), (Int::from(300), Int::from(300)));
    assert_eq!(w.refused(&stake(&w, 301)), "sdk 5");

    let back = MsgUndelegate { delegator_address: w.acc(50), validator_address: w.val(1), amount: coin(700) };
    w.send(&back).unwrap();
    w.after(UNBONDING_SECS);
    w.block();
    // The 200 free coins come back first; of the 500 vesting ones none can be spent.
    let rewards = w.balance(50).sub(Int::from(1_000)).unwrap();
    assert_eq!(free(&w, 50), Int::from(500).add(rewards).unwrap());
    let Kind::Vesting(vesting) = auth::account(&w.ctx, &user(50)).unwrap().unwrap().kind else { panic!() };
    assert_eq!(vesting.delegated_vesting.amount_of("uente"), Int::from(500));
    assert_eq!(vesting.delegated_free.amount_of("uente"), Int::ZERO);
}

#[test]
fn what_cannot_be_made() {
    let mut w = World::new(&[1_000_000]);
    assert_eq!(w.refused(&create(&w, 102, 5, 100, false)), "sdk 18", "an account that exists");
    assert_eq!(w.refused(&create(&w, 50, 5_000_000_000_000, 100, false)), "sdk 5");
    let end = wire::MsgCreateVestingAccount { end_time: 0, ..create(&w, 50, 5, 100, false) };
    assert_eq!(w.refused(&end), "sdk 18");
    let nothing = wire::MsgCreateVestingAccount { amount: vec![], ..create(&w, 50, 5, 100, false) };
    assert_eq!(w.refused(&nothing), "sdk 10");
    let to_module = wire::MsgCreateVestingAccount {
        to_address: w.ctx.bech32().acc(&auth::ModuleAccount::MINT.address()),
        ..create(&w, 50, 5, 100, false)
    };
    assert_eq!(w.refused(&to_module), "sdk 4");
    let periodic = |start_time, length| wire::MsgCreatePeriodicVestingAccount {
        from_address: w.acc(101),
        to_address: w.acc(50),
        start_time,
        vesting_periods: vec![wire::Period { length, amount: coin(5).into_iter().collect() }],
    };
    let (no_start, no_length, too_long) = (periodic(0, 5), periodic(5, 0), periodic(5, i64::MAX));
    assert_eq!(w.refused(&no_start), "sdk 18");
    assert_eq!(w.refused(&no_length), "sdk 18");
    assert_eq!(w.refused(&too_long), "sdk 18");
    assert_eq!(auth::account(&w.ctx, &user(50)).unwrap(), None, "nothing stays of a refused message");
}

#[test]
fn an_account_whose_schedule_ended_before_it_was_made_is_free_and_survives_an_export() {
    let mut w = World::new(&[1_000_000]);
    w.send(&wire::MsgCreateVestingAccount { end_time: 5, ..create(&w, 50, 500, 100, false) }).unwrap();
    w.block();
    assert_eq!(free(&w, 50), w.balance(50));
    let exported = crate::genesis::export(&w.ctx).unwrap();
    let again = World::from_genesis(&exported).unwrap();
    assert_eq!(crate::genesis::export(&again.ctx).unwrap()["auth"]["accounts"], exported["auth"]["accounts"]);
}
