//! The rules of evidence, played on a real state.

use entente_kernel::num::Int;
use entente_proto::cosmos::evidence::v1beta1 as wire;
use entente_proto::cosmos::slashing::v1beta1::MsgUnjail;
use prost::{Message as _, Name as _};
use prost_types::Any;

use crate::modules::{consensus, slashing};
use crate::world::{World, cons, kinds};

const UNIT: u64 = 1_000_000;

fn all(w: &mut World) -> Vec<Any> {
    let path = "/cosmos.evidence.v1beta1.Query/AllEvidence";
    let answer: wire::QueryAllEvidenceResponse = w.ask(path, &wire::QueryAllEvidenceRequest::default()).unwrap();
    answer.evidence
}

#[test]
fn who_signs_twice_loses_a_twentieth_and_is_barred_for_ever() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    w.blocks(3);
    let events = w.block_with_proof(1, 2, 100);
    let slashes: Vec<_> = events.iter().filter(|e| e.kind == "slash").collect();
    let names = |i: usize| slashes[i].attributes.iter().map(|(k, _)| k.as_ref()).collect::<Vec<_>>();
    assert_eq!(names(0), ["address", "power", "reason", "burned_coins"]);
    assert_eq!(slashes[0].attributes[2].1, "double_sign");
    assert_eq!(names(1), ["jailed"]);
    assert_eq!(w.validator(1).tokens, Int::from(95 * UNIT));
    let info = slashing::signing_info(&w.ctx, &cons(1)).unwrap().unwrap();
    assert!(info.tombstoned);
    assert_eq!(info.jailed_until.to_string(), "9999-12-31T23:59:59Z");
    let unjail = MsgUnjail { validator_addr: w.val(1) };
    assert_eq!(w.refused(&unjail), "slashing 4");

    let kept = all(&mut w);
    let proof = wire::Equivocation::decode(kept[0].value.as_slice()).unwrap();
    assert_eq!((proof.height, proof.power, kept.len()), (2, 100, 1));
    let request = wire::QueryEvidenceRequest { hash: hex::encode(super::hash(&proof)), ..Default::default() };
    let path = "/cosmos.evidence.v1beta1.Query/Evidence";
    let answer: wire::QueryEvidenceResponse = w.ask(path, &request).unwrap();
    assert_eq!(answer.evidence.unwrap(), kept[0]);
}

#[test]
fn a_second_proof_costs_nothing() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    w.blocks(3);
    w.block_with_proof(1, 2, 100);
    assert!(!kinds(&w.block_with_proof(1, 3, 100)).contains(&"slash"));
    assert_eq!(all(&mut w).len(), 1);
}

#[test]
fn a_jailed_validator_still_pays_for_signing_twice() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    w.blocks(5);
    for _ in 0..6 {
        w.block_without(1);
    }
    assert_eq!(w.validator(1).tokens, Int::from(99 * UNIT));
    w.block_with_proof(1, 4, 100);
    assert_eq!(w.validator(1).tokens, Int::from(94 * UNIT));
}

#[test]
fn proofs_that_are_too_old_in_blocks_and_in_time_are_ignored() {
    for (age_blocks, age_secs, counts) in [(2, 8, true), (2, 1, false), (9, 1, true), (9, 8, true)] {
        let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
        let mut params = consensus::params(&w.ctx).unwrap();
        let limits = params.evidence.as_mut().unwrap();
        limits.max_age_num_blocks = age_blocks;
        limits.max_age_duration = Some(prost_types::Duration { seconds: age_secs, nanos: 0 });
        consensus::save(&mut w.ctx, params).unwrap();
        w.blocks(4);
        // The proof is of height 2 and of the time of block 4, one block before it comes.
        w.block_with_proof(1, 2, 100);
        assert_eq!(w.validator(1).jailed, counts, "{age_blocks} blocks, {age_secs} seconds");
    }
}

#[test]
fn proofs_against_strangers_and_of_the_future_are_ignored() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    w.blocks(2);
    w.block_with_proof(9, 2, 100);
    w.block_with_proof(1, 5, 100);
    assert!(all(&mut w).is_empty() && !w.validator(1).jailed);
}

#[test]
fn nobody_submits_proofs_by_hand() {
    let mut w = World::new(&[100 * UNIT]);
    let proof = wire::Equivocation {
        height: 1,
        time: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
        power: 1,
        consensus_address: w.ctx.bech32().cons(&cons(1)),
    };
    let any = |p: &wire::Equivocation| Some(Any { type_url: wire::Equivocation::type_url(), value: p.encode_to_vec() });
    let mut m = wire::MsgSubmitEvidence { submitter: w.acc(101), evidence: any(&proof) };
    assert_eq!(w.refused(&m), "evidence 2");
    m.evidence = any(&wire::Equivocation { power: 0, ..proof });
    assert_eq!(w.refused(&m), "evidence 3");
    m.evidence = None;
    assert_eq!(w.refused(&m), "evidence 3");
}

#[test]
fn an_export_is_read_back_as_it_was() {
    let mut w = World::new(&[100 * UNIT, 200 * UNIT]);
    w.blocks(3);
    w.block_with_proof(1, 2, 100);
    let exported = crate::genesis::export(&w.ctx).unwrap();
    let mut copy = World::from_genesis(&exported).unwrap();
    assert_eq!(all(&mut copy), all(&mut w));
}
