//! The rules of presence, played on a real state.

use entente_kernel::num::{Dec, Int};
use entente_kernel::{Span, Timestamp};
use entente_proto::cosmos::slashing::v1beta1 as wire;
use entente_proto::cosmos::staking::v1beta1::{Description, MsgEditValidator, MsgUndelegate};

use super::{missed, state};
use crate::block::VoteFlag;
use crate::modules::{auth, staking};
use crate::world::{World, coin, cons, kinds, operator, user};

const UNIT: u64 = 1_000_000;

fn info(w: &World, n: u8) -> super::SigningInfo {
    super::signing_info(&w.ctx, &cons(n)).unwrap().unwrap()
}

fn unjail(w: &World, n: u8) -> wire::MsgUnjail {
    wire::MsgUnjail { validator_addr: w.val(n) }
}

/// Validator 1 misses blocks 6 to 11 of a window of ten.
fn jailed_world() -> World {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    w.blocks(5);
    for _ in 6..=11 {
        w.block_without(1);
    }
    w
}

#[test]
fn absence_from_more_than_half_of_the_window_costs_one_percent_and_the_place() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    w.blocks(5);
    for missed in 1..=5 {
        let events = w.block_without(1);
        assert!(kinds(&events).contains(&"liveness") && !kinds(&events).contains(&"slash"));
        assert_eq!(info(&w, 1).missed_blocks, missed);
    }
    let events = w.block_without(1);
    let slash = events.iter().find(|e| e.kind == "slash").unwrap();
    let names: Vec<&str> = slash.attributes.iter().map(|(k, _)| k.as_ref()).collect();
    assert_eq!(names, ["address", "power", "reason", "jailed", "burned_coins"]);
    assert_eq!(slash.attributes[4].1, UNIT.to_string());
    let v = w.validator(1);
    assert!(v.jailed && v.is_unbonding());
    assert_eq!(v.tokens, Int::from(99 * UNIT));
    let info = info(&w, 1);
    assert_eq!((info.missed_blocks, info.index_offset), (0, 0));
    assert_eq!(info.jailed_until, w.ctx.time().plus(Span::from_secs(600)));
    assert_eq!(missed::all(&w.ctx, &cons(1)).unwrap(), Vec::<u64>::new());
}

#[test]
fn nobody_is_punished_before_one_window_is_over() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    for _ in 1..=10 {
        assert!(!kinds(&w.block_without(1)).contains(&"slash"));
    }
    assert_eq!(info(&w, 1).missed_blocks, 10);
    assert!(kinds(&w.block_without(1)).contains(&"slash"), "block 11 is the first past height 0 + 10");
}

#[test]
fn old_absences_leave_the_window_and_a_nil_vote_is_presence() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    for _ in 0..4 {
        w.block_without(1);
    }
    assert_eq!(missed::all(&w.ctx, &cons(1)).unwrap(), [0, 1, 2, 3]);
    w.blocks(6);
    assert_eq!(info(&w, 1).missed_blocks, 4);
    let mut votes = w.signers.clone();
    votes.iter_mut().for_each(|v| v.flag = VoteFlag::Nil);
    w.play(votes, Vec::new(), |_| {});
    assert_eq!(missed::all(&w.ctx, &cons(1)).unwrap(), [1, 2, 3]);
    assert_eq!(info(&w, 1).missed_blocks, 3);
}

#[test]
fn a_jailed_validator_is_not_counted_and_votes_of_strangers_are_ignored() {
    let mut w = jailed_world();
    let before = info(&w, 1);
    let mut votes = w.signers.clone();
    votes.extend([1, 9].map(|n| crate::block::Vote { address: cons(n), power: 99, flag: VoteFlag::Absent }));
    let events = w.play(votes, Vec::new(), |_| {});
    assert!(!kinds(&events).contains(&"liveness"));
    assert_eq!(info(&w, 1), before);
}

#[test]
fn a_validator_leaves_jail_when_its_time_is_over() {
    let mut w = jailed_world();
    assert_eq!(w.refused(&unjail(&w, 2).clone()), "slashing 5");
    assert_eq!(w.refused(&unjail(&w, 3).clone()), "staking 3");
    assert_eq!(w.refused(&unjail(&w, 1).clone()), "slashing 4");
    let until = info(&w, 1).jailed_until;
    w.ctx.env_mut().time = until.plus(Span(-1));
    assert_eq!(w.refused(&unjail(&w, 1).clone()), "slashing 4");
    w.ctx.env_mut().time = until;
    w.send(&unjail(&w, 1).clone()).unwrap();
    w.block();
    assert!(w.validator(1).is_bonded());
    assert_eq!(info(&w, 1).start_height, w.ctx.height());
}

#[test]
fn who_has_too_little_of_its_own_stays_in_jail() {
    let mut w = jailed_world();
    w.ctx.env_mut().time = info(&w, 1).jailed_until;
    let undelegate = |w: &World, amount| MsgUndelegate {
        delegator_address: w.acc(1),
        validator_address: w.val(1),
        amount: coin(amount),
    };
    let mut edit = MsgEditValidator { validator_address: w.val(1), ..Default::default() };
    edit.min_self_delegation = (99 * UNIT).to_string();
    edit.description = Some(Description { moniker: "v1".into(), ..Default::default() });
    w.send(&edit).unwrap();
    w.send(&undelegate(&w, 1).clone()).unwrap();
    assert_eq!(w.refused(&unjail(&w, 1).clone()), "slashing 7");
    w.send(&undelegate(&w, 99 * UNIT - 1).clone()).unwrap();
    assert!(staking::delegation(&w.ctx, &user(1), &operator(1)).unwrap().is_none());
    assert_eq!(w.refused(&unjail(&w, 1).clone()), "staking 19");
}

#[test]
fn params_change_only_by_governance_and_within_their_bounds() {
    let mut w = World::new(&[100 * UNIT]);
    let params = state::PARAMS.must(&w.ctx).unwrap().0;
    let mut m = wire::MsgUpdateParams { authority: w.acc(101), params: Some(params.clone()) };
    assert_eq!(w.refused(&m), "gov 13");
    m.authority = w.ctx.bech32().acc(&auth::authority());
    for change in [
        |p: &mut wire::Params| p.signed_blocks_window = 0,
        |p: &mut wire::Params| p.min_signed_per_window = b"1000000000000000001".to_vec(),
        |p: &mut wire::Params| p.slash_fraction_downtime = b"-1".to_vec(),
        |p: &mut wire::Params| p.slash_fraction_double_sign = Vec::new(),
        |p: &mut wire::Params| p.downtime_jail_duration = None,
    ] {
        let mut changed = params.clone();
        change(&mut changed);
        m.params = Some(changed);
        assert_eq!(w.refused(&m), "undefined 1");
    }
    m.params = Some(wire::Params { signed_blocks_window: 5000, ..params });
    w.send(&m).unwrap();
    assert_eq!(super::params(&w.ctx).unwrap().missed_max().unwrap(), 2500);
    assert_eq!(super::params(&w.ctx).unwrap().downtime, Dec::new_with_prec(1, 2).unwrap());
}

#[test]
fn an_export_is_read_back_as_it_was() {
    let mut w = jailed_world();
    w.block_without(2);
    let exported = crate::genesis::export(&w.ctx).unwrap();
    assert_eq!(exported["slashing"]["missed_blocks"][1]["missed_blocks"].as_array().unwrap().len(), 1);
    let copy = World::from_genesis(&exported).unwrap();
    assert_eq!(crate::genesis::export(&copy.ctx).unwrap()["slashing"], exported["slashing"]);
}

#[test]
fn a_piece_of_the_bitmap_has_the_bytes_of_upstream() {
    let mut w = World::new(&[100 * UNIT]);
    for index in [0, 9, 64, 1025] {
        missed::set(&mut w.ctx, &cons(5), index, true).unwrap();
    }
    let piece = |n| state::MISSED.get(&w.ctx, &(cons(5), state::Piece(n))).unwrap().unwrap();
    let first = format!("0000000000000400{}{}{}", "0000000000000201", "0000000000000001", "00".repeat(112));
    assert_eq!(hex::encode(piece(0)), first);
    assert_eq!(hex::encode(piece(1)), format!("0000000000000400{}{}", "0000000000000002", "00".repeat(120)));
    assert_eq!(missed::all(&w.ctx, &cons(5)).unwrap(), [0, 9, 64, 1025]);
    missed::set(&mut w.ctx, &cons(5), 9, false).unwrap();
    assert!(!missed::is_set(&w.ctx, &cons(5), 9).unwrap());
    missed::clear(&mut w.ctx, &cons(5)).unwrap();
    assert_eq!(missed::all(&w.ctx, &cons(5)).unwrap(), Vec::<u64>::new());
    assert_eq!(info(&w, 1).jailed_until, Timestamp::from_secs(0));
}

#[test]
fn a_validator_that_missed_nothing_of_the_window_any_more_leaves_no_piece_behind() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    w.blocks(5);
    w.block_without(1);
    assert_eq!(state::MISSED.iter(&w.ctx).count(), 1);
    w.blocks(10);
    assert_eq!(info(&w, 1).missed_blocks, 0);
    assert_eq!(state::MISSED.iter(&w.ctx).count(), 0, "an import of the export would not have it either");
}
