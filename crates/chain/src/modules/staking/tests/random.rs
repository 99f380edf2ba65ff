//! Many random days of a chain: whatever users, operators and the engine do, no block fails and all invariants hold.

use entente_kernel::{Error, Span};
use entente_proto::cosmos::slashing::v1beta1::MsgUnjail;
use serde_json::json;

use super::{UNIT, cancel, create, delegate, edit, redelegate, undelegate};
use crate::block::{Evidence, VoteFlag};
use crate::modules::staking;
use crate::world::{World, cons, operator, user};

/// Marsaglia's xorshift: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick(&mut self, from: u8, count: u64) -> u8 {
        from + u8::try_from(self.roll(count)).unwrap()
    }
}

/// A refusal is an answer; anything else that goes wrong is our fault.
fn may<T>(outcome: entente_kernel::Result<T>, refused: &mut usize) {
    match outcome {
        Ok(_) => {}
        Err(Error::Refusal(r)) => {
            assert_ne!(r.code, 111_222, "{}", r.log);
            *refused += 1;
        }
        Err(fault) => panic!("{fault}"),
    }
}

fn act(w: &mut World, dice: &mut Dice, refused: &mut usize) {
    // Operators act like users, on themselves and others.
    let who = if dice.roll(3) == 0 { dice.pick(1, 6) } else { dice.pick(101, 5) };
    let (src, dst) = (dice.pick(1, 6), dice.pick(1, 6));
    let amount = match dice.roll(4) {
        0 => 1 + dice.roll(10),
        1 => UNIT * (1 + dice.roll(50)),
        _ => 1 + dice.roll(20 * UNIT),
    };
    let held = staking::delegation(&w.ctx, &user(who), &operator(src)).unwrap();
    let all = held.and_then(|d| w.validator(src).tokens_from_shares(d.shares).ok()?.truncate_int().ok()?.to_u64());
    let amount = if dice.roll(2) == 0 { all.unwrap_or(amount) } else { amount };
    match dice.roll(9) {
        0 | 1 => may(w.send(&delegate(w, who, src, amount).clone()), refused),
        2 | 3 => may(w.send(&undelegate(w, who, src, amount).clone()), refused),
        4 | 5 => may(w.send(&redelegate(w, who, src, dst, amount).clone()), refused),
        6 => {
            let open = staking::unbonding(&w.ctx, &user(who), &operator(src)).unwrap();
            let first = open.and_then(|u| u.entries.first().copied());
            let height = first.map_or(w.ctx.height(), |e| e.creation_height);
            let amount = first.and_then(|e| e.balance.to_u64()).filter(|_| dice.roll(2) == 0).unwrap_or(amount);
            may(w.send(&cancel(w, who, src, amount, height).clone()), refused);
        }
        7 => may(w.send(&MsgUnjail { validator_addr: w.val(src) }), refused),
        _ => {
            may(w.send(&create(w, src, 3 * UNIT + dice.roll(UNIT)).clone()), refused);
            let mut change = edit(w, src);
            change.min_self_delegation = (UNIT * (1 + dice.roll(3))).to_string();
            may(w.send(&change), refused);
        }
    }
}

fn live(seed: u64, blocks: usize) {
    let mut dice = Dice(seed);
    let tokens = [40 * UNIT, 30 * UNIT, 25 * UNIT, 20 * UNIT, 5 * UNIT];
    let mut w = World::with(&tokens, |genesis| {
        genesis["staking"]["params"]["unbonding_time"] = json!("600s");
        genesis["slashing"]["params"]["downtime_jail_duration"] = json!("60s");
        genesis["slashing"]["params"]["slash_fraction_downtime"] = json!("0.330000000000000000");
        genesis["slashing"]["params"]["slash_fraction_double_sign"] = json!("1.000000000000000000");
    });
    let (mut refused, mut sleepy) = (0, 1);
    for _ in 0..blocks {
        if dice.roll(20) == 0 {
            sleepy = dice.pick(1, 6);
        }
        if dice.roll(12) == 0 {
            let secs = i64::try_from(dice.roll(700)).unwrap();
            w.ctx.env_mut().time = w.ctx.time().plus(Span::from_secs(secs));
        }
        let mut votes = w.signers.clone();
        votes.iter_mut().filter(|v| v.address == cons(sleepy)).for_each(|v| v.flag = VoteFlag::Absent);
        let mut proofs = Vec::new();
        if dice.roll(60) == 0 {
            let height = (w.ctx.height() - i64::try_from(dice.roll(20)).unwrap()).max(1);
            let power = 1 + dice.roll(60);
            let (address, time, power) = (cons(dice.pick(1, 6)), w.ctx.time(), i64::try_from(power).unwrap());
            proofs.push(Evidence { duplicate_vote: true, address, power, height, time, total_power: power });
        }
        w.play(votes, proofs, |w| {
            for _ in 0..dice.roll(5) {
                act(w, &mut dice, &mut refused);
            }
        });
    }
    assert!(refused > 0);
    let exported = crate::genesis::export(&w.ctx).unwrap();
    let copy = World::from_genesis(&exported).unwrap();
    let again = crate::genesis::export(&copy.ctx).unwrap();
    for section in ["staking", "slashing", "evidence", "distribution"] {
        assert_eq!(again[section], exported[section], "seed {seed}, section {section}");
    }
}

#[test]
fn no_block_fails_and_all_invariants_hold_whatever_happens() {
    for seed in 1..=4_u64 {
        live(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15), 120);
    }
}
