//! Who signed what: every sign mode, multisigs, and what a signature protects.

use entente_chain::tx::{self, amino, sign};
use entente_proto::cosmos::gov::v1beta1 as gov;
use entente_proto::cosmos::staking::v1beta1 as staking;
use entente_proto::cosmos::tx::signing::v1beta1::SignMode;
use prost::Message as _;
use prost_types::Any;

use crate::net::{Hand, Net, Tx, address, answer, coins, pack, pub_key, send, text, two_of_three, user};

fn transfer(n: u8) -> Tx {
    Tx::new(vec![send(&user(n), &user(9), 7)], vec![Hand::of(n)])
}

#[test]
fn each_sign_mode_is_accepted_and_textual_is_refused_by_name() {
    let mut net = Net::new();
    assert_eq!(answer(&net.deliver(&transfer(1))), "ok");
    assert_eq!(answer(&net.deliver(&transfer(2).mode(SignMode::LegacyAminoJson))), "ok");
    let textual = net.deliver(&transfer(3).mode(SignMode::Textual));
    assert_eq!(answer(&textual), "sdk 4");
    assert!(textual.log.contains("SIGN_MODE_TEXTUAL is not supported"), "{}", textual.log);
    let unspecified = net.deliver(&transfer(3).mode(SignMode::Unspecified));
    assert_eq!(answer(&unspecified), "sdk 4");
}

#[test]
fn a_signature_holds_for_one_chain_one_account_one_sequence_and_one_text() {
    let mut net = Net::new();
    for mode in [SignMode::Direct, SignMode::LegacyAminoJson] {
        let good = transfer(1).mode(mode);
        let mut chain = good.clone();
        chain.chain_id = "entente-other-1".to_owned();
        let mut number = good.clone();
        number.hands[0].number = 5;
        let mut other_key = good.clone();
        other_key.hands[0].secrets = vec![(0, [9; 32])];
        for (what, tx) in [("chain", chain), ("number", number), ("key", other_key)] {
            assert_eq!(answer(&net.deliver(&tx)), "sdk 4", "{what} {mode:?}");
        }
        assert_eq!(answer(&net.deliver(&good.clone().at(3))), "sdk 32");
        for change in 0..2 {
            let mut raw = good.raw();
            let mut body = good.body.clone();
            if change == 0 {
                body.memo = "changed".to_owned()
            } else {
                body.timeout_height = 1_000
            }
            raw.body_bytes = body.encode_to_vec();
            let result = net.block(vec![raw.encode_to_vec()]).txs.remove(0);
            assert_eq!(answer(&result), "sdk 4", "{change} {mode:?}");
        }
    }
    assert_eq!(net.sequence(&user(1)), 0, "refused transactions leave no trace");
    assert_eq!(net.balance(&user(1)), crate::net::WEALTH);
}

#[test]
fn a_transaction_runs_once() {
    let mut net = Net::new();
    let tx = transfer(1);
    let results = net.block(vec![tx.bytes(), tx.bytes()]).txs;
    assert_eq!((answer(&results[0]).as_str(), answer(&results[1]).as_str()), ("ok", "sdk 32"));
    assert_eq!(answer(&net.deliver(&tx)), "sdk 32");
    assert_eq!(answer(&net.deliver(&tx.at(1))), "ok");
}

#[test]
fn a_known_key_need_not_be_shown_and_a_strange_one_is_refused() {
    let mut net = Net::new();
    let mut hidden = transfer(1);
    hidden.show_keys = false;
    assert_eq!(answer(&net.deliver(&hidden)), "sdk 8", "nobody knows the key yet");
    assert_eq!(answer(&net.deliver(&transfer(1))), "ok");
    assert_eq!(answer(&net.deliver(&hidden.at(1))), "ok");
    let mut strange = transfer(2);
    strange.hands[0].key = pub_key(3);
    assert_eq!(answer(&net.deliver(&strange)), "sdk 8");
}

#[test]
fn a_multisig_needs_its_threshold() {
    let mut net = Net::new();
    let pay =
        |members: &[usize]| Tx::new(vec![send(&address(&two_of_three()), &user(9), 7)], vec![Hand::multisig(members)]);
    assert_eq!(answer(&net.deliver(&pay(&[1]))), "sdk 4");
    assert_eq!(answer(&net.deliver(&pay(&[0, 2]))), "ok");
    assert_eq!(answer(&net.deliver(&pay(&[0, 1, 2]).at(1))), "ok");
    assert_eq!(answer(&net.deliver(&pay(&[1, 2]).at(2).mode(SignMode::Direct))), "ok");
    let mut wrong = pay(&[0, 1]).at(3);
    wrong.hands[0].secrets[1].1 = [8; 32];
    assert_eq!(answer(&net.deliver(&wrong)), "sdk 4");
}

#[test]
fn two_signers_sign_in_the_order_of_the_messages() {
    let mut net = Net::new();
    let messages = vec![send(&user(1), &user(9), 1), send(&user(2), &user(9), 2)];
    let tx = Tx::new(messages, vec![Hand::of(1), Hand::of(2)]);
    let mut swapped = tx.clone();
    swapped.hands.reverse();
    assert_eq!(answer(&net.deliver(&swapped)), "sdk 8");
    let mut alone = tx.clone();
    alone.hands.truncate(1);
    assert_eq!(answer(&net.deliver(&alone)), "sdk 4");
    let mut helper = tx.clone();
    helper.hands[1].mode = SignMode::DirectAux;
    assert_eq!(answer(&net.deliver(&helper)), "ok");
    let mut payer = tx.at(1);
    payer.hands[0].mode = SignMode::DirectAux;
    let refused = net.deliver(&payer);
    assert_eq!(answer(&refused), "sdk 4", "who pays must sign the fee");
}

fn amino(message: &Any) -> String {
    amino::any(&message.type_url, &message.value, amino::Decimals::Point).unwrap()
}

/// The texts are those that the Go code and the wallets make.
#[test]
fn amino_json_is_what_wallets_show() {
    let from = text(&user(1));
    let delegate = pack(&staking::MsgDelegate {
        delegator_address: from.clone(),
        validator_address: "val".to_owned(),
        amount: coins(5).pop(),
    });
    assert_eq!(
        amino(&delegate),
        format!(
            r#"{{"type":"cosmos-sdk/MsgDelegate","value":{{"amount":{{"amount":"5","denom":"uente"}},"delegator_address":"{from}","validator_address":"val"}}}}"#
        )
    );
    let edit = pack(&staking::MsgEditValidator {
        description: Some(staking::Description { moniker: "a<b>&\u{2028}\"".to_owned(), ..Default::default() }),
        validator_address: "val".to_owned(),
        commission_rate: "123000000000000000".to_owned(),
        min_self_delegation: String::new(),
    });
    let text = amino(&edit);
    assert!(text.contains(r#""moniker":"a\u003cb\u003e\u0026\u2028\"""#), "{text}");
    assert!(text.contains(r#""commission_rate":"0.123000000000000000""#), "{text}");
    let vote = pack(&gov::MsgVote { proposal_id: 3, voter: from.clone(), option: gov::VoteOption::Yes.into() });
    assert_eq!(
        amino(&vote),
        format!(r#"{{"type":"cosmos-sdk/MsgVote","value":{{"option":1,"proposal_id":"3","voter":"{from}"}}}}"#)
    );
}

#[test]
fn a_decimal_may_be_signed_as_wallets_or_as_the_older_go_code_write_it() {
    let mut net = Net::new();
    let edit = pack(&staking::MsgEditValidator {
        description: Some(staking::Description {
            moniker: "new".to_owned(),
            identity: "[do-not-modify]".to_owned(),
            website: "[do-not-modify]".to_owned(),
            security_contact: "[do-not-modify]".to_owned(),
            details: "[do-not-modify]".to_owned(),
        }),
        validator_address: entente_kernel::Bech32::new("entente").val(&user(1).into()),
        commission_rate: "110000000000000000".to_owned(),
        min_self_delegation: String::new(),
    });
    let tx = Tx::new(vec![edit], vec![Hand::of(1)]).mode(SignMode::LegacyAminoJson);
    // A day must pass before a commission changes: the signature is good, the message is not.
    let wallet = net.deliver(&tx);
    assert_ne!(answer(&wallet), "sdk 4", "{}", wallet.log);
    let raw = tx.clone().at(1).raw();
    let decoded = tx::decode(&raw.encode_to_vec()).unwrap();
    let (key, from) = (pub_key(1), text(&user(1)));
    let signer = sign::Signer {
        address: &from,
        chain_id: crate::net::CHAIN_ID,
        account_number: 0,
        sequence: 1,
        pub_key: &key,
        fee_payer: &from,
    };
    let scaled = sign::bytes(&decoded, &signer, SignMode::LegacyAminoJson.into(), amino::Decimals::Scaled).unwrap();
    assert!(String::from_utf8_lossy(&scaled).contains(r#""commission_rate":"110000000000000000""#));
    let signature = entente_kernel::crypto::secp256k1::sign(&crate::net::secret(1), &scaled).unwrap();
    let older = entente_proto::cosmos::tx::v1beta1::TxRaw { signatures: vec![signature.to_vec()], ..raw };
    let result = net.block(vec![older.encode_to_vec()]).txs.remove(0);
    assert_ne!(answer(&result), "sdk 4", "{}", result.log);
}
