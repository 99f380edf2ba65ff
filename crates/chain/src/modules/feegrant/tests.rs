//! Allowances: what they cover, and when they are gone.

use entente_kernel::Timestamp;
use entente_kernel::num::Coins;
use entente_proto::cosmos::feegrant::v1beta1 as wire;
use prost::Name;
use prost_types::Any;

use super::use_allowance;
use crate::modules::auth;
use crate::wire::{coins as to_wire, timestamp};
use crate::world::{World, user};

fn coins(text: &str) -> Coins {
    text.parse().unwrap()
}

fn pack<M: prost::Message + Name>(message: &M) -> Option<Any> {
    Some(Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() })
}

fn basic(limit: &str, end: Option<Timestamp>) -> wire::BasicAllowance {
    wire::BasicAllowance { spend_limit: to_wire(&coins(limit)), expiration: end.map(timestamp) }
}

fn grant(w: &World, to: u8, allowance: Option<Any>) -> wire::MsgGrantAllowance {
    wire::MsgGrantAllowance { granter: w.acc(101), grantee: w.acc(to), allowance }
}

fn revoke(w: &World, to: u8) -> wire::MsgRevokeAllowance {
    wire::MsgRevokeAllowance { granter: w.acc(101), grantee: w.acc(to) }
}

fn later(w: &World, secs: i64) -> Option<Timestamp> {
    Some(Timestamp::from_secs(w.ctx.time().secs + secs))
}

/// Uses the allowance of 101 to 102; `ok`, or `codespace code`.
fn pay(w: &mut World, fee: &str, urls: &[&str]) -> String {
    let fee = coins(fee);
    match w.ctx.layer(|ctx| use_allowance(ctx, &user(101), &user(102), &fee, urls)) {
        Ok(()) => "ok".to_owned(),
        Err(entente_kernel::Error::Refusal(r)) => format!("{} {}", r.codespace, r.code),
        Err(fault) => panic!("{fault}"),
    }
}

#[test]
fn a_basic_allowance_pays_until_it_is_used_up() {
    let mut w = World::new(&[1_000_000]);
    assert_eq!(pay(&mut w, "1uente", &[]), "sdk 38");
    w.send(&grant(&w, 102, pack(&basic("10uente", None)))).unwrap();
    assert_eq!(w.refused(&grant(&w, 102, pack(&basic("10uente", None)))), "sdk 18");
    assert_eq!(pay(&mut w, "11uente", &[]), "feegrant 2");
    assert_eq!(pay(&mut w, "1uatom", &[]), "feegrant 2");
    assert_eq!(pay(&mut w, "4uente", &[]), "ok");
    assert_eq!(pay(&mut w, "7uente", &[]), "feegrant 2");
    assert_eq!(pay(&mut w, "6uente", &[]), "ok");
    assert_eq!(pay(&mut w, "", &[]), "sdk 38", "what is used up is gone");
}

#[test]
fn without_a_limit_it_pays_anything_until_it_ends() {
    let mut w = World::new(&[1_000_000]);
    let end = later(&w, 10);
    w.send(&grant(&w, 102, pack(&basic("", end)))).unwrap();
    assert_eq!(pay(&mut w, "1000000uente", &[]), "ok");
    w.after(5);
    assert_eq!(w.ctx.time(), end.unwrap());
    assert_eq!(pay(&mut w, "1uente", &[]), "ok", "at the end itself it still pays");
    w.block();
    assert_eq!(pay(&mut w, "1uente", &[]), "sdk 38");
}

#[test]
fn a_period_has_its_own_limit_and_unused_periods_are_lost() {
    let mut w = World::new(&[1_000_000]);
    let periodic = wire::PeriodicAllowance {
        basic: Some(basic("25uente", None)),
        period: Some(prost_types::Duration { seconds: 100, nanos: 0 }),
        period_spend_limit: to_wire(&coins("10uente")),
        period_can_spend: to_wire(&coins("10uente")),
        period_reset: later(&w, 100).map(timestamp),
    };
    w.send(&grant(&w, 102, pack(&periodic))).unwrap();
    assert_eq!(pay(&mut w, "8uente", &[]), "ok");
    assert_eq!(pay(&mut w, "3uente", &[]), "feegrant 2");
    w.after(1_000);
    assert_eq!(pay(&mut w, "10uente", &[]), "ok");
    assert_eq!(pay(&mut w, "1uente", &[]), "feegrant 2");
    w.after(100);
    assert_eq!(pay(&mut w, "8uente", &[]), "feegrant 2", "25 - 18 are left of all");
    assert_eq!(pay(&mut w, "7uente", &[]), "ok");
    assert_eq!(pay(&mut w, "", &[]), "sdk 38");
}

#[test]
fn a_restricted_allowance_pays_only_for_its_messages() {
    let mut w = World::new(&[1_000_000]);
    let (send, vote) = ("/cosmos.bank.v1beta1.MsgSend", "/cosmos.gov.v1.MsgVote");
    let restricted = |urls: &[&str], inner| wire::AllowedMsgAllowance {
        allowance: inner,
        allowed_messages: urls.iter().map(|u| (*u).to_owned()).collect(),
    };
    assert_eq!(w.refused(&grant(&w, 102, pack(&restricted(&[], pack(&basic("9uente", None)))))), "feegrant 6");
    assert_eq!(w.refused(&grant(&w, 102, pack(&restricted(&[send], None)))), "feegrant 5");
    w.send(&grant(&w, 102, pack(&restricted(&[send], pack(&basic("9uente", None)))))).unwrap();
    assert_eq!(pay(&mut w, "1uente", &[send, vote]), "feegrant 7");
    assert_eq!(pay(&mut w, "1uente", &[send, send]), "ok");
    assert_eq!(pay(&mut w, "9uente", &[send]), "feegrant 2", "the inner limit went down");
}

#[test]
fn what_is_revoked_is_gone_and_leaves_nothing_behind() {
    let mut w = World::new(&[1_000_000]);
    assert_eq!(w.refused(&revoke(&w, 102)), "sdk 38");
    let soon = pack(&basic("10uente", later(&w, 20)));
    w.send(&grant(&w, 102, soon)).unwrap();
    w.send(&revoke(&w, 102)).unwrap();
    assert_eq!(pay(&mut w, "1uente", &[]), "sdk 38");
    let forever = grant(&w, 102, pack(&basic("10uente", None)));
    w.send(&forever).unwrap();
    w.after(100);
    assert_eq!(pay(&mut w, "1uente", &[]), "ok", "the end of the revoked one does not touch the new one");
}

#[test]
fn what_is_no_allowance() {
    let mut w = World::new(&[1_000_000]);
    let ended = wire::BasicAllowance {
        expiration: Some(prost_types::Timestamp { seconds: 5, nanos: 0 }),
        ..basic("1uente", None)
    };
    assert_eq!(w.refused(&grant(&w, 102, pack(&ended))), "sdk 18");
    assert_eq!(w.refused(&grant(&w, 101, pack(&basic("1uente", None)))), "sdk 7", "to oneself");
    assert_eq!(w.refused(&grant(&w, 102, None)), "feegrant 5");
    let before_1970 = wire::BasicAllowance {
        expiration: Some(prost_types::Timestamp { seconds: -5, nanos: 0 }),
        ..basic("1uente", None)
    };
    assert_eq!(w.refused(&grant(&w, 102, pack(&before_1970))), "feegrant 4");
    let other_coin = wire::PeriodicAllowance {
        basic: Some(basic("25uente", None)),
        period_spend_limit: to_wire(&coins("10uatom")),
        ..Default::default()
    };
    assert_eq!(w.refused(&grant(&w, 102, pack(&other_coin))), "sdk 10");
}

#[test]
fn a_grantee_without_account_gets_one() {
    let mut w = World::new(&[1_000_000]);
    w.send(&grant(&w, 50, pack(&basic("1uente", None)))).unwrap();
    assert!(auth::account(&w.ctx, &user(50)).unwrap().is_some());
}
