//! `docs/one_transaction.md` shows real bytes. They are made here again and compared, so that the page cannot say what is no longer so.
//!
//! After a change that is meant: `ENTENTE_WRITE_PAGES=1 cargo test -p entente-node --test front one_transaction`.

use std::fmt::Write as _;
use std::path::Path;

use entente_chain::tx::{self, sign};
use entente_chain::{Chain, FinalizeBlock, InitChain, Vote, VoteFlag, stores};
use entente_kernel::crypto::{PubKey, ed25519, sha256};
use entente_kernel::json as form;
use entente_kernel::{AccAddress, Bech32, ConsAddress, Timestamp};
use entente_node::genesis::{dev, params_json};
use entente_node::keys::{self, Terms};
use entente_proto::cosmos::bank::v1beta1::{MsgSend, QueryBalanceRequest, QueryBalanceResponse};
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::tx::v1beta1::{Fee, TxBody};
use prost::{Message, Name};
use prost_types::Any;

const T0: i64 = 1_800_000_000;
const WRITE: &str = "ENTENTE_WRITE_PAGES";

/// Hex in lines of 32 bytes.
fn hex_lines(bytes: &[u8]) -> String {
    bytes.chunks(32).map(hex::encode).collect::<Vec<_>>().join("\n")
}

/// The blocks of the page by name, in their order.
fn walk() -> Vec<(&'static str, String)> {
    let mut said = Vec::new();
    let bech32 = Bech32::new(dev::PREFIX);
    let (alice, bob) = (keys::development(0).unwrap(), keys::development(1).unwrap());
    let seed = keys::validator::development_seed();
    let doc = dev::document(dev::CHAIN_ID, Timestamp::from_secs(T0), &[seed]).unwrap();
    let init = InitChain {
        chain_id: doc.chain_id.clone(),
        time: doc.time,
        initial_height: doc.initial_height,
        consensus_params: params_json(&doc.consensus_params),
        app_state: doc.app_state.clone(),
    };
    let (mut chain, _) = Chain::init_chain(&init).unwrap();

    // Bytes.
    let message = MsgSend {
        from_address: bech32.acc(&alice.address()),
        to_address: bech32.acc(&bob.address()),
        amount: vec![Coin { denom: dev::DENOM.to_owned(), amount: "1000000".to_owned() }],
    };
    let body = TxBody {
        messages: vec![Any { type_url: MsgSend::type_url(), value: message.encode_to_vec() }],
        memo: "one transaction".to_owned(),
        ..TxBody::default()
    };
    let fee = Fee {
        amount: vec![Coin { denom: dev::DENOM.to_owned(), amount: "5000".to_owned() }],
        gas_limit: 200_000,
        ..Fee::default()
    };
    let terms = Terms { chain_id: dev::CHAIN_ID, account_number: 0, sequence: 0, fee };
    let bytes = alice.sign(&body, &terms).unwrap();
    said.push(("bytes", hex_lines(&bytes)));
    said.push(("hash", hex::encode_upper(sha256(&bytes))));

    // Decode.
    let decoded = tx::decode(&bytes).unwrap();
    let shown = form::to_json(&decoded.body).unwrap();
    said.push(("body", serde_json::to_string_pretty(&shown).unwrap()));

    // Ante: what is signed.
    let address = bech32.acc(&alice.address());
    let pub_key = PubKey::Secp256k1(*alice.public());
    let signer = sign::Signer {
        address: &address,
        chain_id: dev::CHAIN_ID,
        account_number: 0,
        sequence: 0,
        pub_key: &pub_key,
        fee_payer: &address,
    };
    let direct = entente_proto::cosmos::tx::signing::v1beta1::SignMode::Direct;
    let signed = sign::bytes(&decoded, &signer, direct.into(), tx::amino::Decimals::Point).unwrap();
    said.push(("signed", format!("sha256 {}", hex::encode(sha256(&signed)))));
    let checked = chain.check_tx(&bytes, false).unwrap();
    said.push(("check", format!("code {}, gas wanted {}", checked.code, checked.gas_wanted)));

    // Block: module, events.
    let proposer = ConsAddress::from_array(ed25519::address(&ed25519::public_key(&seed)));
    let votes = vec![Vote { address: proposer, power: 1_000_000, flag: VoteFlag::Commit }];
    let block = FinalizeBlock {
        height: 1,
        time: Timestamp::from_secs(T0),
        proposer,
        votes,
        evidence: Vec::new(),
        txs: vec![bytes],
    };
    let result = chain.finalize_block(&block).unwrap();
    let done = result.txs.first().unwrap();
    assert_eq!(done.code, 0, "{}", done.log);
    let mut events = String::new();
    for event in &done.events {
        let attributes: Vec<String> = event.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        writeln!(events, "{:<14} {}", event.kind, attributes.join(" ")).unwrap();
    }
    said.push(("events", events.trim_end().to_owned()));
    said.push(("gas", format!("used {} of {}", done.gas_used, done.gas_wanted)));

    // Tree.
    let commit = chain.commit().unwrap();
    let (from, to) = (alice.address(), bob.address());
    let theirs = |key: &[u8]| [from, to].iter().any(|a: &AccAddress| key.windows(20).any(|w| w == a.as_bytes()));
    let mut changes = String::new();
    for (store, key, value) in
        commit.changes.iter().filter(|(store, key, _)| *store == stores::BANK.index && theirs(key))
    {
        let value = value.as_ref().map_or("removed".to_owned(), hex::encode);
        let name = stores::ALL.iter().find(|s| s.index == *store).map(|s| s.name).unwrap_or_default();
        writeln!(changes, "{name}  {}  {value}", hex::encode(key)).unwrap();
    }
    said.push(("changes", changes.trim_end().to_owned()));
    let snapshot = chain.snapshot(None).unwrap();
    let roots = snapshot.forest.store_roots();
    let bank = roots.iter().find(|(store, _)| *store == stores::BANK).unwrap().1;
    let roots = format!("bank      {}\napp hash  {}", hex::encode(bank), hex::encode(commit.app_hash));
    said.push(("roots", roots));

    // Query.
    let request = QueryBalanceRequest { address: bech32.acc(&bob.address()), denom: dev::DENOM.to_owned() };
    let request = request.encode_to_vec();
    let answer = snapshot.query("/cosmos.bank.v1beta1.Query/Balance", &request).unwrap();
    let balance = QueryBalanceResponse::decode(answer.as_slice()).unwrap();
    said.push(("query", format!("request\n{}\nanswer\n{}", hex_lines(&request), hex_lines(&answer))));
    said.push(("balance", form::to_json(&balance).unwrap().to_string()));
    said
}

/// A block of the page: a comment that names it, and a fence.
fn open(name: &str) -> String {
    format!("<!-- made: {name} -->\n```text\n")
}

#[test]
fn one_transaction_is_shown_with_the_bytes_that_this_chain_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/one_transaction.md");
    let mut page = std::fs::read_to_string(&path).unwrap();
    let mut differ = Vec::new();
    for (name, wanted) in walk() {
        let open = open(name);
        let start = page.find(&open).unwrap_or_else(|| panic!("the page has no block {name}")) + open.len();
        let end = start + page[start..].find("\n```").unwrap();
        if page[start..end] != wanted {
            differ.push(name);
            page.replace_range(start..end, &wanted);
        }
    }
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, page).unwrap();
        return;
    }
    assert!(
        differ.is_empty(),
        "docs/one_transaction.md shows other bytes in {differ:?}; if the change is meant: {WRITE}=1"
    );
}
