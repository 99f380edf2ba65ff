//! New validators and what their operators may change.

use super::*;

#[test]
fn new_validators_are_refused_with_the_codes_of_upstream() {
    let mut w = World::new(&[5 * UNIT]);
    let good = create(&w, 3, 2 * UNIT);
    let mut m = good.clone();
    m.pubkey = None;
    assert_eq!(w.refused(&m), "staking 39");
    m = good.clone();
    m.value = coin(0);
    assert_eq!(w.refused(&m), "sdk 18");
    m = good.clone();
    m.description = None;
    assert_eq!(w.refused(&m), "sdk 18");
    m = good.clone();
    m.commission = None;
    assert_eq!(w.refused(&m), "sdk 18");
    m = good.clone();
    m.commission.as_mut().unwrap().rate = "300000000000000000".into();
    assert_eq!(w.refused(&m), "staking 11");
    m.commission.as_mut().unwrap().max_rate = "1000000000000000001".into();
    assert_eq!(w.refused(&m), "staking 10");
    m = good.clone();
    m.commission.as_mut().unwrap().max_change_rate = "300000000000000000".into();
    assert_eq!(w.refused(&m), "staking 14");
    m = good.clone();
    m.min_self_delegation = "2000001".into();
    assert_eq!(w.refused(&m), "staking 16");
    m = good.clone();
    m.validator_address = w.val(1);
    assert_eq!(w.refused(&m), "staking 4");
    m = good.clone();
    m.pubkey = Some(w.validator(1).pub_key_any());
    assert_eq!(w.refused(&m), "staking 5");
    m = good.clone();
    m.pubkey.as_mut().unwrap().type_url = "/cosmos.crypto.secp256k1.PubKey".into();
    assert_eq!(w.refused(&m), "staking 6");
    m = good.clone();
    m.description.as_mut().unwrap().moniker = "x".repeat(71);
    assert_eq!(w.refused(&m), "sdk 18");
    w.send(&good).unwrap();
    w.block();
}

#[test]
fn a_validator_changes_its_commission_at_most_once_a_day_and_in_small_steps() {
    let mut w = World::new(&[5 * UNIT]);
    w.send(&create(&w, 3, 2 * UNIT).clone()).unwrap();
    let mut m = edit(&w, 3);
    m.commission_rate = "110000000000000000".into();
    assert_eq!(w.refused(&m), "staking 12");
    w.after(86_400);
    m.commission_rate = "110000000000000001".into();
    assert_eq!(w.refused(&m), "staking 15");
    m.commission_rate = "210000000000000000".into();
    assert_eq!(w.refused(&m), "staking 11");
    m.commission_rate = "1100000000000000000".into();
    assert_eq!(w.refused(&m), "sdk 18");
    m.commission_rate = "110000000000000000".into();
    let events = w.send(&m).unwrap();
    let at = w.ctx.time();
    let text = format!(
        "commission_rates:<rate:\"110000000000000000\" max_rate:\"200000000000000000\" \
         max_change_rate:\"10000000000000000\" > update_time:<seconds:{} > ",
        at.secs
    );
    assert_eq!(events.last().unwrap().attributes[0].1, text);
    assert_eq!(w.validator(3).description.moniker, "v3");
}

#[test]
fn the_promise_of_own_stake_only_grows_and_never_beyond_the_stake() {
    let mut w = World::new(&[5 * UNIT]);
    let mut m = edit(&w, 1);
    m.min_self_delegation = "1".into();
    assert_eq!(w.refused(&m), "staking 17");
    m.min_self_delegation = "5000001".into();
    assert_eq!(w.refused(&m), "staking 16");
    m.min_self_delegation = "0".into();
    assert_eq!(w.refused(&m), "sdk 18");
    m.min_self_delegation = "5000000".into();
    w.send(&m).unwrap();
    m.validator_address = w.val(2);
    assert_eq!(w.refused(&m), "staking 3");
}
