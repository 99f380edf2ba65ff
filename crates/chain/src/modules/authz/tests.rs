//! Grants: who may send what in whose name, how far, and how long.

use entente_kernel::num::Int;
use entente_kernel::{Error, Event};
use entente_proto::cosmos::authz::v1beta1 as wire;
use entente_proto::cosmos::bank::v1beta1::{MsgSend, SendAuthorization};
use entente_proto::cosmos::staking::v1beta1 as staking;
use prost::{Message, Name};
use prost_types::Any;
use staking::stake_authorization::{Validators, ValidatorsOneOf};

use crate::world::{World, coin, kinds};

const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";

fn pack<M: Message + Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

fn grant(w: &World, authorization: Any, secs: Option<i64>) -> wire::MsgGrant {
    let seconds = |secs| w.ctx.time().secs + secs;
    let expiration = secs.map(|s| prost_types::Timestamp { seconds: seconds(s), nanos: 0 });
    let grant = wire::Grant { authorization: Some(authorization), expiration };
    wire::MsgGrant { granter: w.acc(101), grantee: w.acc(102), grant: Some(grant) }
}

fn generic(url: &str) -> Any {
    pack(&wire::GenericAuthorization { msg: url.to_owned() })
}

fn revoke(w: &World, url: &str) -> wire::MsgRevoke {
    wire::MsgRevoke { granter: w.acc(101), grantee: w.acc(102), msg_type_url: url.to_owned() }
}

/// 102 sends these messages.
fn exec(w: &World, msgs: Vec<Any>) -> wire::MsgExec {
    wire::MsgExec { grantee: w.acc(102), msgs }
}

fn pay(w: &World, to: u8, amount: u64) -> Any {
    let amount = coin(amount).into_iter().collect();
    pack(&MsgSend { from_address: w.acc(101), to_address: w.acc(to), amount })
}

fn stake(w: &World, validator: u8, amount: u64) -> Any {
    let (delegator_address, validator_address) = (w.acc(101), w.val(validator));
    pack(&staking::MsgDelegate { delegator_address, validator_address, amount: coin(amount) })
}

#[test]
fn a_generic_grant_covers_every_message_of_its_type_and_no_other() {
    let mut w = World::new(&[1_000_000]);
    assert_eq!(w.refused(&exec(&w, vec![pay(&w, 50, 1)])), "authz 2");
    w.send(&grant(&w, generic(SEND), None)).unwrap();
    let events: Vec<Event> = w.send(&exec(&w, vec![pay(&w, 50, 1), pay(&w, 51, 2)])).unwrap();
    assert_eq!((w.balance(50), w.balance(51)), (Int::from(1), Int::from(2)));
    assert!(events.iter().all(|e| e.attributes.last().unwrap().0 == "authz_msg_index"));
    assert_eq!(w.refused(&exec(&w, vec![stake(&w, 1, 5)])), "authz 2");
    w.send(&revoke(&w, SEND)).unwrap();
    assert_eq!(w.refused(&exec(&w, vec![pay(&w, 50, 1)])), "authz 2");
    assert_eq!(w.refused(&revoke(&w, SEND)), "authz 2");
    w.check();
}

#[test]
fn if_one_message_fails_none_is_carried_out() {
    let mut w = World::new(&[1_000_000]);
    w.send(&grant(&w, generic(SEND), None)).unwrap();
    assert_eq!(w.refused(&exec(&w, vec![pay(&w, 50, 1), pay(&w, 51, 5_000_000_000_000)])), "sdk 5");
    assert_eq!(w.balance(50), Int::ZERO);
}

#[test]
fn ones_own_messages_need_no_grant() {
    let mut w = World::new(&[1_000_000]);
    let amount = coin(3).into_iter().collect();
    let own = pack(&MsgSend { from_address: w.acc(102), to_address: w.acc(50), amount });
    w.send(&exec(&w, vec![own])).unwrap();
    assert_eq!(w.balance(50), Int::from(3));
}

#[test]
fn a_send_grant_goes_down_to_nothing_and_knows_its_receivers() {
    let mut w = World::new(&[1_000_000]);
    let limited =
        |limit, allow_list| pack(&SendAuthorization { spend_limit: coin(limit).into_iter().collect(), allow_list });
    w.send(&grant(&w, limited(10, vec![w.acc(50)]), None)).unwrap();
    assert_eq!(w.refused(&exec(&w, vec![pay(&w, 51, 1)])), "sdk 4");
    assert_eq!(w.refused(&exec(&w, vec![pay(&w, 50, 11)])), "sdk 5");
    w.send(&exec(&w, vec![pay(&w, 50, 4)])).unwrap();
    assert_eq!(w.refused(&exec(&w, vec![pay(&w, 50, 7)])), "sdk 5");
    let events = w.send(&exec(&w, vec![pay(&w, 50, 6)])).unwrap();
    assert_eq!(kinds(&events)[0], "cosmos.authz.v1beta1.EventRevoke", "used up");
    assert_eq!(w.refused(&exec(&w, vec![pay(&w, 50, 1)])), "authz 2");
    assert_eq!(w.refused(&grant(&w, limited(1, vec![w.acc(50), w.acc(50)]), None)), "bank 8");
    assert_eq!(w.refused(&grant(&w, pack(&SendAuthorization::default()), None)), "sdk 10");
}

#[test]
fn a_stake_grant_knows_its_validators_and_its_amount() {
    let mut w = World::new(&[1_000_000, 1_000_000]);
    let kind = staking::AuthorizationType::Delegate;
    let list = |w: &World, n| Validators { address: vec![w.val(n)] };
    let of = |max_tokens, validators| {
        pack(&staking::StakeAuthorization { max_tokens, authorization_type: kind.into(), validators: Some(validators) })
    };
    let allow = of(coin(10), ValidatorsOneOf::AllowList(list(&w, 1)));
    w.send(&grant(&w, allow, None)).unwrap();
    assert_eq!(w.refused(&exec(&w, vec![stake(&w, 2, 1)])), "sdk 4");
    assert_eq!(w.refused(&exec(&w, vec![stake(&w, 1, 11)])), "undefined 1");
    w.send(&exec(&w, vec![stake(&w, 1, 3)])).unwrap();
    assert_eq!(w.refused(&exec(&w, vec![stake(&w, 1, 8)])), "undefined 1");
    let deny = of(None, ValidatorsOneOf::DenyList(list(&w, 1)));
    w.send(&grant(&w, deny, None)).unwrap();
    assert_eq!(w.refused(&exec(&w, vec![stake(&w, 1, 1)])), "sdk 4");
    w.send(&exec(&w, vec![stake(&w, 2, 999)])).unwrap();
    w.check();
}

#[test]
fn a_grant_ends_with_its_time_and_a_new_one_takes_its_place() {
    let mut w = World::new(&[1_000_000]);
    assert_eq!(w.refused(&grant(&w, generic(SEND), Some(0))), "authz 3");
    w.send(&grant(&w, generic(SEND), Some(10))).unwrap();
    w.send(&grant(&w, generic(SEND), Some(100))).unwrap();
    w.after(20);
    w.send(&exec(&w, vec![pay(&w, 50, 1)])).unwrap();
    w.after(100);
    assert_eq!(w.refused(&exec(&w, vec![pay(&w, 50, 1)])), "authz 2");
}

#[test]
fn what_cannot_be_granted() {
    let mut w = World::new(&[1_000_000]);
    let to_oneself = wire::MsgGrant { grantee: w.acc(101), ..grant(&w, generic(SEND), None) };
    assert_eq!(w.refused(&to_oneself), "authz 7");
    assert_eq!(w.refused(&grant(&w, generic("/no.Such"), None)), "sdk 29");
    assert_eq!(w.refused(&grant(&w, generic(""), None)), "undefined 1");
    assert_eq!(w.refused(&wire::MsgGrant { grant: None, ..to_oneself.clone() }), "authz 7");
    assert_eq!(w.refused(&exec(&w, vec![])), "sdk 18");
}

#[test]
fn messages_inside_messages_end_somewhere() {
    let mut w = World::new(&[1_000_000]);
    let amount = coin(1).into_iter().collect();
    let mut message = pack(&MsgSend { from_address: w.acc(102), to_address: w.acc(50), amount });
    for depth in 1..=8 {
        let outer = exec(&w, vec![message]);
        let outcome = w.send(&outer);
        match outcome {
            Ok(_) => assert!(depth < 6, "{depth} levels were carried out"),
            Err(Error::Refusal(r)) => assert!(depth >= 6 && r.code == 18, "{depth}: {r}"),
            Err(fault) => panic!("{fault}"),
        }
        message = pack(&outer);
    }
}
