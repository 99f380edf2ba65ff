//! What a slash takes, and from whom.

use super::*;

#[test]
fn what_left_after_a_fault_pays_first_and_what_left_before_it_is_spared() {
    let mut w = World::new(&[10 * UNIT, 20 * UNIT]);
    w.send(&delegate(&w, 101, 1, 10 * UNIT).clone()).unwrap();
    w.block();
    w.send(&undelegate(&w, 101, 1, UNIT).clone()).unwrap();
    w.blocks(4);
    w.send(&undelegate(&w, 101, 1, 2 * UNIT).clone()).unwrap();
    w.send(&redelegate(&w, 101, 1, 2, 4 * UNIT).clone()).unwrap();
    w.blocks(1);
    let burnt = slash(&mut w, 1, 5, 19, 10);
    // A tenth of 19 units, less a tenth of the two that left at the fault's height or later and of the four that moved.
    assert_eq!(burnt, Int::from(1_900_000 - 200_000 - 400_000));
    let entries = super::super::unbonding(&w.ctx, &user(101), &operator(1)).unwrap().unwrap().entries;
    assert_eq!(entries.iter().map(|e| e.balance.to_u64().unwrap()).collect::<Vec<_>>(), [UNIT, 1_800_000]);
    let moved = super::super::delegation(&w.ctx, &user(101), &operator(2)).unwrap().unwrap();
    assert_eq!(moved.shares, Dec::from_i64(3_600_000));
    w.block();
}

#[test]
fn a_slash_of_a_redelegation_may_remove_its_unbonded_target() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT, 7 * UNIT, 1000]);
    w.send(&delegate(&w, 101, 1, UNIT).clone()).unwrap();
    w.block();
    w.send(&redelegate(&w, 101, 1, 4, UNIT).clone()).unwrap();
    w.send(&undelegate(&w, 4, 4, 1000).clone()).unwrap();
    w.block();
    assert_eq!(slash(&mut w, 1, 1, 6, 100), Int::from(5 * UNIT));
    assert!(super::super::validator(&w.ctx, &operator(4)).unwrap().is_none());
    w.block();
}

#[test]
fn a_validator_without_tokens_takes_no_delegations() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT]);
    slash(&mut w, 1, 0, 5, 100);
    w.block();
    assert_eq!(w.refused(&delegate(&w, 101, 1, 1).clone()), "staking 34");
    assert_eq!(w.refused(&undelegate(&w, 1, 1, 1).clone()), "staking 22");
}

#[test]
fn slashes_of_the_future_and_of_unbonded_validators_are_refused() {
    let mut w = World::new(&[5 * UNIT, 6 * UNIT, 7 * UNIT, UNIT]);
    let tenth = Dec::new_with_prec(1, 1).unwrap();
    let mut try_slash =
        |n, height, factor| super::super::slash(&mut w.ctx, &cons(n), height, 1, factor, Infraction::Downtime);
    assert!(try_slash(1, 1, tenth).is_err());
    assert!(try_slash(4, 0, tenth).is_err());
    assert!(try_slash(1, 0, tenth.neg()).is_err());
    assert_eq!(try_slash(9, 0, tenth).unwrap(), Int::ZERO);
    assert_eq!(try_slash(1, 0, Dec::ZERO).unwrap(), Int::ZERO);
}
