//! What a transaction must pass, and what it costs when it fails.

use entente_kernel::{AccAddress, Bech32, ValAddress};
use entente_proto::cosmos::authz::v1beta1 as authz;
use entente_proto::cosmos::crisis::v1beta1::MsgVerifyInvariant;
use entente_proto::cosmos::distribution::v1beta1::{MsgFundCommunityPool, MsgWithdrawDelegatorReward};
use entente_proto::cosmos::feegrant::v1beta1 as feegrant;
use entente_proto::cosmos::staking::v1beta1 as staking;
use entente_proto::cosmos::tx::signing::v1beta1::SignMode;
use entente_proto::cosmos::tx::v1beta1::{Fee, TxRaw};
use prost::Message as _;
use prost_types::Any;
use serde_json::json;

use crate::net::{FEE, GAS, Hand, Net, Tx, WEALTH, answer, coins, pack, send, text, user};

fn transfer(n: u8, amount: u64) -> Tx {
    Tx::new(vec![send(&user(n), &user(9), amount)], vec![Hand::of(n)])
}

#[test]
fn each_check_has_its_code() {
    let mut net = Net::new();
    let change = |change: &dyn Fn(&mut Tx)| {
        let mut tx = transfer(1, 7);
        change(&mut tx);
        tx
    };
    let option = || Any { type_url: "/cosmos.bank.v1beta1.MsgSend".to_owned(), value: vec![] };
    let rows: Vec<(&str, Tx, &str)> = vec![
        ("no message", change(&|t| t.body.messages.clear()), "sdk 18"),
        ("a memo that is too long", change(&|t| t.body.memo = "m".repeat(257)), "sdk 12"),
        ("an extension", change(&|t| t.body.extension_options = vec![option()]), "sdk 31"),
        ("a timeout in the past", change(&|t| t.body.timeout_height = 1), "sdk 30"),
        ("no gas", change(&|t| t.fee.gas_limit = 0), "sdk 11"),
        ("gas that ends in the ante", change(&|t| t.fee.gas_limit = 1_000), "sdk 11"),
        ("gas beyond counting", change(&|t| t.fee.gas_limit = u64::MAX), "sdk 18"),
        ("a fee nobody has", change(&|t| t.fee.amount = coins(WEALTH + 1)), "sdk 5"),
        ("a fee out of order", change(&|t| t.fee.amount = [coins(1), coins(1)].concat()), "sdk 13"),
        ("a negative fee", change(&|t| t.fee.amount[0].amount = "-5".to_owned()), "sdk 13"),
        ("a fee of no coin", change(&|t| t.fee.amount[0].denom = "x".to_owned()), "sdk 13"),
        ("a granter who granted nothing", change(&|t| t.fee.granter = text(&user(2))), "sdk 38"),
        ("a payer who does not sign", change(&|t| t.fee.payer = text(&user(2))), "sdk 4"),
    ];
    net.block(vec![]);
    for (what, tx, wanted) in rows {
        let result = net.deliver(&tx);
        assert_eq!(answer(&result), wanted, "{what}: {}", result.log);
        assert!(result.events.is_empty() && result.data.is_empty(), "{what}");
    }
    assert_eq!((net.balance(&user(1)), net.sequence(&user(1))), (WEALTH, 0));
    let unsigned = TxRaw { signatures: vec![], ..transfer(1, 7).unsigned() };
    let result = net.block(vec![unsigned.encode_to_vec(), b"no transaction".to_vec()]).txs;
    assert_eq!((answer(&result[0]).as_str(), answer(&result[1]).as_str()), ("sdk 15", "sdk 2"));
    assert_eq!((result[1].gas_wanted, result[1].gas_used), (0, 0));
}

#[test]
fn a_message_that_fails_costs_the_fee_and_the_sequence_and_nothing_else() {
    let mut net = Net::new();
    let messages = vec![send(&user(1), &user(9), 7), send(&user(1), &user(9), 2 * WEALTH)];
    let result = net.deliver(&Tx::new(messages, vec![Hand::of(1)]));
    assert_eq!(answer(&result), "sdk 5");
    assert!(result.log.starts_with("failed to execute message; message index: 1: spendable balance"), "{}", result.log);
    assert_eq!(net.balance(&user(9)), WEALTH);
    assert_eq!((net.balance(&user(1)), net.sequence(&user(1))), (WEALTH - FEE, 1));
    let kinds: Vec<&str> = result.events.iter().map(|e| e.kind.as_ref()).collect();
    assert_eq!(kinds, ["coin_spent", "coin_received", "transfer", "message", "tx", "tx", "tx"]);
}

#[test]
fn the_events_of_a_transaction_tell_fee_signature_and_message() {
    let mut net = Net::new();
    let tx = transfer(1, 7);
    let result = net.deliver(&tx);
    assert_eq!(answer(&result), "ok");
    let attribute = |at: usize, key: &str| {
        let found = result.events[at].attributes.iter().find(|(k, _)| k == key);
        found.map(|(_, v)| v.clone()).unwrap_or_default()
    };
    assert_eq!((attribute(4, "fee"), attribute(4, "fee_payer")), (format!("{FEE}uente"), text(&user(1))));
    assert_eq!(attribute(5, "acc_seq"), format!("{}/0", text(&user(1))));
    assert!(!attribute(6, "signature").is_empty());
    assert_eq!(result.events[7].kind, "message");
    let head: Vec<&str> = result.events[7].attributes.iter().map(|(k, _)| k.as_ref()).collect();
    assert_eq!(head, ["action", "sender", "module", "msg_index"]);
    assert_eq!(attribute(7, "action"), "/cosmos.bank.v1beta1.MsgSend");
    assert!(result.events[7..].iter().all(|e| e.attributes.last().unwrap() == &("msg_index".into(), "0".into())));
    assert!(0 < result.gas_used && result.gas_used <= result.gas_wanted && result.gas_wanted == GAS.cast_signed());
}

#[test]
fn running_out_of_gas_in_a_message_costs_the_fee() {
    let mut net = Net::new();
    let enough = net.deliver(&transfer(1, 7)).gas_used.unsigned_abs();
    let mut tx = transfer(2, 7);
    tx.fee.gas_limit = enough - 2_000;
    let result = net.deliver(&tx);
    assert_eq!(answer(&result), "sdk 11");
    assert!(result.log.starts_with("out of gas in location"), "{}", result.log);
    assert_eq!((net.balance(&user(2)), net.sequence(&user(2))), (WEALTH - FEE, 1));
}

#[test]
fn an_invariant_costs_what_a_walk_over_the_state_costs() {
    let mut net = Net::new();
    let message = MsgVerifyInvariant {
        sender: text(&user(1)),
        invariant_module_name: "bank".to_owned(),
        invariant_route: "total-supply".to_owned(),
    };
    let mut tx = Tx::new(vec![pack(&message)], vec![Hand::of(1)]);
    tx.fee.gas_limit = 10_000_000;
    let before = net.chain.snapshot(None).unwrap().clone();
    let estimate = before.simulate(&tx.bytes()).unwrap().gas_used;
    let walk = before.forest.len().cast_signed() * 1_000;
    let result = net.deliver(&tx);
    assert_eq!(answer(&result), "ok");
    assert!(walk > 0 && result.gas_used > walk, "{} for {walk}", result.gas_used);
    assert!(estimate >= result.gas_used, "{estimate} for {}", result.gas_used);

    let mut cheap = tx.at(1);
    cheap.fee.gas_limit = walk.unsigned_abs();
    let result = net.deliver(&cheap);
    assert_eq!(answer(&result), "sdk 11");
    assert!(result.log.starts_with("out of gas in location: invariant;"), "{}", result.log);
}

#[test]
fn a_granted_allowance_pays_and_a_signing_payer_too() {
    let mut net = Net::new();
    let allowance = Some(pack(&feegrant::BasicAllowance { spend_limit: coins(FEE + 1), expiration: None }));
    let grant = pack(&feegrant::MsgGrantAllowance { granter: text(&user(2)), grantee: text(&user(1)), allowance });
    assert_eq!(answer(&net.deliver(&Tx::new(vec![grant], vec![Hand::of(2)]))), "ok");
    let mut granted = transfer(1, 7);
    granted.fee.granter = text(&user(2));
    assert_eq!(answer(&net.deliver(&granted)), "ok");
    assert_eq!((net.balance(&user(1)), net.balance(&user(2))), (WEALTH - 7, WEALTH - 2 * FEE));
    assert_eq!(answer(&net.deliver(&granted.at(1))), "feegrant 2", "one coin is left of it");

    let mut paid = transfer(1, 7).at(1);
    paid.fee.payer = text(&user(3));
    paid.hands.push(Hand::of(3));
    assert_eq!(answer(&net.deliver(&paid)), "ok");
    assert_eq!(net.balance(&user(3)), WEALTH - FEE);
}

#[test]
fn a_block_has_a_gas_limit_that_later_transactions_meet() {
    let mut net = Net::with(&json!({"block": {"max_gas": "120000"}}));
    let mut tx = transfer(1, 7);
    assert_eq!(answer(&net.deliver(&tx)), "sdk 41", "more than a block");
    tx.fee.gas_limit = 110_000;
    let one = net.deliver(&tx);
    assert_eq!(answer(&one), "ok");
    let next = |n: u8| {
        let mut tx = transfer(n, 7);
        tx.fee.gas_limit = 110_000;
        tx.bytes()
    };
    let results: Vec<String> = net.block((2..=6).map(next).collect()).txs.iter().map(answer).collect();
    let fits = usize::try_from(120_000 / one.gas_used).unwrap();
    assert!(results[..fits].iter().all(|r| r == "ok"), "{results:?}");
    assert_eq!(results[fits], "sdk 11", "the one that passes the limit pays its fee: {results:?}");
    let payer = user(2 + u8::try_from(fits).unwrap());
    assert_eq!((net.balance(&payer), net.sequence(&payer)), (WEALTH - FEE, 1));
    assert!(results[fits + 1..].iter().all(|r| r == "sdk 11"), "{results:?}");
    assert_eq!(net.balance(&user(6)), WEALTH, "the last one was not even begun");
}

#[test]
fn the_mempool_sees_transactions_on_top_of_each_other_and_estimates_see_no_signature() {
    let mut net = Net::new();
    let (first, second) = (transfer(1, 7), transfer(1, 7).at(1));
    let check = |net: &mut Net, tx: &Tx| answer(&net.chain.check_tx(&tx.bytes(), false).unwrap());
    assert_eq!(check(&mut net, &second), "sdk 32");
    assert_eq!(check(&mut net, &first), "ok");
    assert_eq!(check(&mut net, &second), "ok");
    assert_eq!(check(&mut net, &second), "sdk 32");
    assert_eq!(net.balance(&user(1)), WEALTH, "a check changes nothing");
    assert_eq!(answer(&net.deliver(&first)), "ok");
    assert_eq!(answer(&net.chain.check_tx(&second.bytes(), true).unwrap()), "ok", "a recheck after the block");

    let mut without_fee = transfer(2, 7);
    without_fee.fee = Default::default();
    let estimates = [transfer(2, 7), without_fee].map(|tx| {
        let estimated = net.chain.snapshot(None).unwrap().simulate(&tx.unsigned().encode_to_vec()).unwrap();
        assert_eq!(answer(&estimated), "ok", "{}", estimated.log);
        estimated.gas_used
    });
    let real = net.deliver(&transfer(2, 7)).gas_used;
    for estimated in estimates {
        assert!(estimated >= real, "{estimated} < {real}: a block that begins has no fees yet");
        assert!(estimated < real * 11 / 10, "{estimated} > {real}");
    }
}

/// The forms in which wallets ask for an estimate: mospy signs with a gas limit of 1, CosmJS shows its key and no fee, Keplr's mobile
/// clients show neither, and somebody asks with what will be sent.
fn asked(tx: &Tx) -> Vec<(&'static str, Vec<u8>)> {
    let mut with_limit_of_one = tx.clone();
    with_limit_of_one.fee.gas_limit = 1;
    let mut without_fee = tx.clone().mode(SignMode::Unspecified);
    without_fee.fee = Fee::default();
    let mut without_key = tx.clone();
    (without_key.show_keys, without_key.fee.gas_limit) = (false, 0);
    let mut zeros = without_key.unsigned();
    zeros.signatures.iter_mut().for_each(|s| *s = vec![0; 64]);
    vec![
        ("signed, with a gas limit of one", with_limit_of_one.bytes()),
        ("without fee, mode and signature", without_fee.unsigned().encode_to_vec()),
        ("without key, with a signature of zeros", zeros.encode_to_vec()),
        ("without key and signature", without_key.unsigned().encode_to_vec()),
        ("as it is sent", tx.bytes()),
    ]
}

#[test]
fn an_estimate_is_never_below_the_use_and_at_most_a_fifth_above_in_whatever_form_it_is_asked_for() {
    let mut net = Net::new();
    let validator = Bech32::new("entente").val(&ValAddress::from(user(1)));
    let coin = |amount| coins(amount).pop();
    let stranger = |n: u8| AccAddress::from_array([n; 20]);
    let (delegator_address, validator_address) = (text(&user(2)), validator);
    let staked = staking::MsgDelegate {
        delegator_address: delegator_address.clone(),
        validator_address: validator_address.clone(),
        amount: coin(5_000_000),
    };
    let left = staking::MsgUndelegate {
        delegator_address: delegator_address.clone(),
        validator_address: validator_address.clone(),
        amount: coin(1_000),
    };
    let drawn = MsgWithdrawDelegatorReward { delegator_address: delegator_address.clone(), validator_address };
    let granted = authz::GenericAuthorization { msg: "/cosmos.bank.v1beta1.MsgSend".into() };
    let expiration = Some(prost_types::Timestamp { seconds: 1_790_000_000, nanos: 0 });
    let grant = authz::MsgGrant {
        granter: text(&user(2)),
        grantee: text(&user(3)),
        grant: Some(authz::Grant { authorization: Some(pack(&granted)), expiration }),
    };
    let exec = authz::MsgExec { grantee: text(&user(3)), msgs: vec![send(&user(2), &user(4), 3)] };
    let allow = feegrant::MsgGrantAllowance {
        granter: text(&user(2)),
        grantee: text(&user(3)),
        allowance: Some(pack(&feegrant::BasicAllowance::default())),
    };
    let funded = MsgFundCommunityPool { depositor: text(&user(2)), amount: coins(9) };
    let kinds: Vec<(&str, u8, Vec<Any>)> = vec![
        ("a first send", 2, vec![send(&user(2), &user(3), 1)]),
        ("a send", 2, vec![send(&user(2), &user(3), 1)]),
        ("a send to somebody new", 2, vec![send(&user(2), &stranger(40), 1)]),
        ("five sends", 2, (41..46).map(|n| send(&user(2), &stranger(n), 1)).collect()),
        ("a first delegation", 2, vec![pack(&staked)]),
        ("a delegation", 2, vec![pack(&staked)]),
        ("an undelegation", 2, vec![pack(&left)]),
        ("a withdrawal", 2, vec![pack(&drawn)]),
        ("a gift to the community", 2, vec![pack(&funded)]),
        ("a grant", 2, vec![pack(&grant)]),
        ("a first execution for another", 3, vec![pack(&exec)]),
        ("an execution for another", 3, vec![pack(&exec)]),
        ("an allowance", 2, vec![pack(&allow)]),
    ];
    for (name, who, messages) in kinds {
        for amount in [coins(FEE), coins(1_234_567)] {
            let mut tx = Tx::new(messages.clone(), vec![Hand::of(who)]).at(net.sequence(&user(who)));
            tx.fee.amount = amount;
            let ask = |(form, bytes): (&'static str, Vec<u8>)| {
                let estimated = net.chain.snapshot(None).unwrap().simulate(&bytes).unwrap();
                assert_eq!(answer(&estimated), "ok", "{name}, {form}: {}", estimated.log);
                (form, estimated.gas_used)
            };
            let estimates: Vec<_> = asked(&tx).into_iter().map(ask).collect();
            let done = net.deliver(&tx);
            assert_eq!(answer(&done), "ok", "{name}: {}", done.log);
            for (form, estimated) in estimates {
                let used = done.gas_used;
                assert!(estimated >= used, "{name}, {form}: {estimated} estimated, {used} used");
                assert!(estimated * 5 <= used * 6, "{name}, {form}: {estimated} estimated, {used} used");
            }
            if name.starts_with("an allowance") || name.starts_with("a grant") {
                break;
            }
        }
    }
}
