//! Bad input, row by row: each gets the SDK's codespace, code and a log that names it, and changes nothing.

use entente_kernel::crypto::sha256;
use entente_proto::cosmos::authz::v1beta1::MsgExec;
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::gov::v1::MsgSubmitProposal;
use entente_proto::cosmos::staking::v1beta1::{MsgDelegate, MsgEditValidator};
use prost::Message as _;
use prost_types::Any;

use crate::net::{Hand, Net, Tx, WEALTH, answer, pack, send, text, user};

/// A transfer of user 1 with any denomination and amount.
fn transfer(denom: &str, amount: &str) -> Tx {
    let amount = vec![Coin { denom: denom.to_owned(), amount: amount.to_owned() }];
    let message = MsgSend { from_address: text(&user(1)), to_address: text(&user(9)), amount };
    Tx::new(vec![pack(&message)], vec![Hand::of(1)])
}

fn good() -> Tx {
    transfer("uente", "7")
}

/// The same signature with the other S: n - s.
fn high_s(tx: &Tx) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae,
        0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
    ];
    let mut raw = tx.raw();
    let mut borrow = 0_i16;
    for at in (0..32).rev() {
        let difference = i16::from(ORDER[at]) - i16::from(raw.signatures[0][32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        raw.signatures[0][32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    raw.encode_to_vec()
}

fn nested(depth: usize) -> Vec<u8> {
    let mut inner = send(&user(1), &user(9), 7);
    for _ in 0..depth {
        inner = pack(&MsgExec { grantee: text(&user(1)), msgs: vec![inner] });
    }
    let mut raw = good().unsigned();
    raw.body_bytes =
        entente_proto::cosmos::tx::v1beta1::TxBody { messages: vec![inner], ..Default::default() }.encode_to_vec();
    raw.encode_to_vec()
}

fn with_body(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut raw = good().raw();
    change(&mut raw.body_bytes);
    raw.encode_to_vec()
}

fn changed(change: impl FnOnce(&mut Tx)) -> Vec<u8> {
    let mut tx = good();
    change(&mut tx);
    tx.bytes()
}

/// A transfer of any text.
fn gift(amount: &str) -> Any {
    transfer("uente", amount).body.messages.remove(0)
}

fn commission(rate: &str) -> Any {
    pack(&MsgEditValidator { commission_rate: rate.to_owned(), ..Default::default() })
}

fn for_another(message: Any) -> Any {
    pack(&MsgExec { grantee: text(&user(1)), msgs: vec![message] })
}

fn proposed(message: Any) -> Any {
    pack(&MsgSubmitProposal { messages: vec![message], proposer: text(&user(1)), ..Default::default() })
}

fn with_fee(amount: &str) -> Vec<u8> {
    let mut tx = good();
    tx.fee.amount[0].amount = amount.to_owned();
    let mut raw = tx.unsigned();
    raw.signatures = good().raw().signatures;
    raw.encode_to_vec()
}

fn of_message(message: Any) -> Vec<u8> {
    let mut raw = good().raw();
    raw.body_bytes =
        entente_proto::cosmos::tx::v1beta1::TxBody { messages: vec![message], ..Default::default() }.encode_to_vec();
    raw.encode_to_vec()
}

#[test]
fn each_bad_transaction_is_refused_with_the_sdks_code_and_changes_nothing() {
    let beyond = format!("1{}", "0".repeat(78));
    let most = ethnum_max();
    let rows: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("nothing", vec![], "sdk 18", "must contain at least one message"),
        ("noise", sha256(b"noise").to_vec(), "sdk 2", "tx parse error"),
        ("a transaction that is cut", good().bytes()[..100].to_vec(), "sdk 2", "tx parse error"),
        ("a field that nobody knows", with_body(|b| b.extend([0x62, 0])), "sdk 2", "TxBody"),
        ("messages inside messages inside messages", nested(40), "sdk 2", "deep"),
        (
            "a message that nobody knows",
            of_message(Any { type_url: "/no.Such".into(), value: vec![] }),
            "sdk 2",
            "/no.Such",
        ),
        (
            "a type that is no message",
            of_message(Any { type_url: "/cosmos.bank.v1beta1.Params".into(), value: vec![] }),
            "sdk 6",
            "Params",
        ),
        (
            "another chain's transaction",
            changed(|t| t.chain_id = "other-1".into()),
            "sdk 4",
            "signature verification failed",
        ),
        ("a sequence of the future", changed(|t| t.hands[0].sequence = 9), "sdk 32", "expected 0, got 9"),
        (
            "a signature of the wrong key",
            changed(|t| t.hands[0].secrets = vec![(0, [9; 32])]),
            "sdk 4",
            "signature verification failed",
        ),
        ("a signature with a high S", high_s(&good()), "sdk 4", "signature verification failed"),
        ("an amount of zero", transfer("uente", "0").bytes(), "sdk 10", ""),
        ("a negative amount", transfer("uente", "-7").bytes(), "sdk 10", ""),
        ("an amount that is no number", of_message(gift("seven")), "sdk 2", "Coin.amount"),
        ("an amount without a number", transfer("uente", "").bytes(), "sdk 10", ""),
        ("an amount over 256 bits", of_message(gift(&beyond)), "sdk 2", "Coin.amount"),
        ("an amount over 256 bits for another", of_message(for_another(gift(&beyond))), "sdk 2", "Coin.amount"),
        ("an amount over 256 bits in a proposal", of_message(proposed(gift(&beyond))), "sdk 2", "Coin.amount"),
        ("a fee over 256 bits", with_fee(&beyond), "sdk 2", "Coin.amount"),
        (
            "a decimal over 315 bits",
            of_message(commission(&format!("1{}", "0".repeat(95)))),
            "sdk 2",
            "commission_rate",
        ),
        (
            "a decimal over 315 bits in a proposal",
            of_message(proposed(commission(&"9".repeat(95)))),
            "sdk 2",
            "commission_rate",
        ),
        ("a decimal with a point", of_message(commission("0.1")), "sdk 2", "commission_rate"),
        ("the largest amount", transfer("uente", &most).bytes(), "sdk 5", "spendable balance"),
        (
            "a denomination that nobody holds, with slashes",
            transfer("ibc/ab/cd", "7").bytes(),
            "sdk 5",
            "spendable balance",
        ),
        ("a denomination that begins with a slash", transfer("/ibc", "7").bytes(), "sdk 10", ""),
        ("a denomination of two letters", transfer("ab", "7").bytes(), "sdk 10", ""),
        ("a denomination of 129 letters", transfer(&"a".repeat(129), "7").bytes(), "sdk 10", ""),
    ];
    let mut failures = Vec::new();
    for (what, bytes, wanted, says) in rows {
        let mut net = Net::new();
        let result = net.block(vec![bytes.clone()]).txs.remove(0);
        if answer(&result) != wanted || !result.log.contains(says) {
            failures.push(format!("{what}: wanted {wanted} {says:?}, found {} {:?}", answer(&result), result.log));
        }
        let checked = Net::new().chain.check_tx(&bytes, false).unwrap();
        assert_eq!(net.balance(&user(9)), WEALTH, "{what}");
        assert!(net.balance(&user(1)) >= WEALTH - crate::net::FEE, "{what}: no more than the fee is lost");
        // What only its message refuses passes the mempool; what decoding and ante refuse does not.
        if checked.code == 0 && wanted != "sdk 5" && wanted != "sdk 10" {
            failures.push(format!("{what}: the mempool takes it"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// 2^256 - 1.
fn ethnum_max() -> String {
    "115792089237316195423570985008687907853269984665640564039457584007913129639935".to_owned()
}

#[test]
fn a_replayed_transaction_is_refused_in_the_same_block_and_in_a_later_one() {
    let mut net = Net::new();
    let bytes = good().bytes();
    let results = net.block(vec![bytes.clone(), bytes.clone()]).txs;
    assert_eq!((answer(&results[0]).as_str(), answer(&results[1]).as_str()), ("ok", "sdk 32"));
    let later = net.block(vec![bytes]).txs.remove(0);
    assert_eq!(answer(&later), "sdk 32");
    assert_eq!(net.balance(&user(9)), WEALTH + 7);
}

#[test]
fn a_stake_of_a_foreign_coin_is_refused_by_staking() {
    let mut net = Net::new();
    let operator = entente_kernel::Bech32::new("entente").val(&user(1).into());
    let message = MsgDelegate {
        delegator_address: text(&user(1)),
        validator_address: operator,
        amount: Some(Coin { denom: "ibc/AB".to_owned(), amount: "7".to_owned() }),
    };
    let result = net.deliver(&Tx::new(vec![pack(&message)], vec![Hand::of(1)]));
    assert_eq!(answer(&result), "sdk 18");
    assert!(result.log.contains("invalid coin denomination: got ibc/AB, expected uente"), "{}", result.log);
}
