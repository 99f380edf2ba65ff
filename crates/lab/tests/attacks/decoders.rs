//! Hostile bytes for every decoder of the chain. Each target states a promise; `make fuzz` plays them for hours.

use std::collections::BTreeSet;

use entente_chain::modules::auth;
use entente_chain::tx::amino;
use entente_chain::{Chain, FinalizeBlock, InitChain, query, route, tx};
use entente_kernel::json;
use entente_kernel::num::{Coins, Dec, DecCoins, Denom, Int};
use entente_kernel::tree::{Forest, StoreId, decode_proof, encode_proof};
use entente_kernel::{Bech32, ConsAddress, Error, Mode, Span, Timestamp};
use entente_lab::hostile::Attack;
use entente_lab::random::dice::Dice;
use entente_lab::random::genesis::{self, PREFIX};
use entente_lab::random::wallet::{self, Envelope, Signer, User};
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use ics23::{HostFunctionsManager, iavl_spec, verify_membership, verify_non_membership};
use prost::Message as _;
use prost_types::Any;
use serde_json::{Value, json};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks/corpus");

fn users() -> Vec<User> {
    (0..4).map(User::numbered).collect()
}

fn init(seed: u64) -> InitChain {
    genesis::make(&mut Dice::new(seed), &users())
}

fn empty_block(chain: &Chain) -> FinalizeBlock {
    let snapshot = chain.snapshot(None).unwrap();
    FinalizeBlock {
        height: snapshot.height + 1,
        time: snapshot.time.plus(Span::from_secs(5)),
        proposer: ConsAddress::from_array([0; 20]),
        votes: Vec::new(),
        evidence: Vec::new(),
        txs: Vec::new(),
    }
}

/// Messages that make sense, as type and JSON.
fn messages() -> Vec<(&'static str, Value)> {
    let bech32 = Bech32::new(PREFIX);
    let (own, other) = (User::numbered(0), User::numbered(1));
    let (account, to) = (own.text(&bech32), other.text(&bech32));
    let operator = bech32.val(&own.address.into());
    let coin = json!({ "denom": "uente", "amount": "7" });
    let send =
        json!({ "@type": "/cosmos.bank.v1beta1.MsgSend", "from_address": account, "to_address": to, "amount": [coin] });
    vec![
        ("/cosmos.bank.v1beta1.MsgSend", json!({ "from_address": account, "to_address": to, "amount": [coin] })),
        (
            "/cosmos.bank.v1beta1.MsgMultiSend",
            json!({ "inputs": [{ "address": account, "coins": [coin] }], "outputs": [{ "address": to, "coins": [coin] }] }),
        ),
        (
            "/cosmos.staking.v1beta1.MsgDelegate",
            json!({ "delegator_address": account, "validator_address": operator, "amount": coin }),
        ),
        (
            "/cosmos.staking.v1beta1.MsgEditValidator",
            json!({ "description": { "moniker": "m" }, "validator_address": operator, "commission_rate": "0.010000000000000000" }),
        ),
        (
            "/alliance.alliance.MsgDelegate",
            json!({ "delegator_address": account, "validator_address": operator, "amount": coin }),
        ),
        (
            "/cosmos.gov.v1.MsgSubmitProposal",
            json!({ "messages": [send], "initial_deposit": [coin], "proposer": account, "metadata": "", "title": "t", "summary": "s" }),
        ),
        ("/cosmos.authz.v1beta1.MsgExec", json!({ "grantee": account, "msgs": [send] })),
        (
            "/cosmos.authz.v1beta1.MsgGrant",
            json!({ "granter": account, "grantee": to, "grant": { "expiration": "2027-01-01T00:00:00Z", "authorization": {
                "@type": "/cosmos.bank.v1beta1.SendAuthorization", "spend_limit": [coin], "allow_list": [to] } } }),
        ),
        (
            "/cosmos.feegrant.v1beta1.MsgGrantAllowance",
            json!({ "granter": account, "grantee": to, "allowance": { "@type": "/cosmos.feegrant.v1beta1.PeriodicAllowance",
                "basic": { "spend_limit": [coin], "expiration": null }, "period": "60s", "period_spend_limit": [coin], "period_can_spend": [coin], "period_reset": "2026-01-01T00:00:00Z" } }),
        ),
    ]
}

fn packed() -> Vec<Any> {
    let any = |(url, value): (&str, Value)| Any { type_url: url.to_owned(), value: json::decode(url, &value).unwrap() };
    messages().into_iter().map(any).collect()
}

fn signed(chain: &Chain, messages: Vec<Any>) -> Vec<u8> {
    let snapshot = chain.snapshot(None).unwrap();
    let user = User::numbered(0);
    let account = auth::account(&snapshot.ctx(Mode::Query), &user.address).unwrap().unwrap();
    let signer = Signer { user: &user, number: account.number, sequence: account.sequence };
    let fee = vec![Coin { denom: "uente".to_owned(), amount: "10".to_owned() }];
    let envelope = Envelope { fee, gas: 500_000, memo: "memo".to_owned(), ..Envelope::default() };
    wallet::sign(messages, &[signer], &envelope, snapshot.chain_id()).encode_to_vec()
}

fn word(e: &Error) -> String {
    e.to_string()
}

#[test]
fn no_bit_of_a_signed_transaction_can_be_changed_and_what_is_refused_leaves_no_trace() {
    let (mut chain, _) = Chain::init_chain(&init(3)).unwrap();
    let good: Vec<Vec<u8>> = packed().into_iter().map(|any| signed(&chain, vec![any])).collect();
    let block = empty_block(&chain);
    let untouched = chain.finalize_block(&block).unwrap().app_hash;
    let mut rounds = 0_u64;
    Attack::new(CORPUS, "tx", 4_000).seeds(good.clone()).words(route::URLS.iter().copied()).run(|bytes| {
        rounds += 1;
        let decoded = tx::decode(bytes);
        // A body or an authorization that is written out as empty is none, as in the SDK; nobody signs that.
        if let Ok(tx) = &decoded
            && ![&tx.raw.body_bytes, &tx.raw.auth_info_bytes].iter().any(|part| part.is_empty())
        {
            assert_eq!(tx.raw.encode_to_vec(), bytes, "there is one encoding");
        }
        let checked = chain.check_tx(bytes, false).expect("a check is never a fault");
        let known = good.iter().any(|tx| tx == bytes);
        assert!(known || checked.code != 0, "a changed transaction is accepted");
        if !known && (decoded.is_ok() || rounds.is_multiple_of(16)) {
            let result = chain.finalize_block(&FinalizeBlock { txs: vec![bytes.to_vec()], ..block.clone() }).unwrap();
            assert_ne!(result.txs[0].code, 0);
            assert_eq!(result.app_hash, untouched, "it changed the state: {}", result.txs[0].log);
        }
        let simulated = chain.snapshot(None).unwrap().simulate(bytes).expect("an estimate is never a fault");
        // What a stranger wrote stands in the middle of a log; how it begins and ends says what is wrong.
        let begin: Vec<&str> = checked.log.split(' ').take(4).collect();
        let end = checked.log.rsplit(": ").next().unwrap_or_default();
        format!("{} {} {}: {} {end}", checked.codespace, checked.code, simulated.code, begin.join(" "))
    });
}

#[test]
fn whatever_is_asked_the_state_answers_or_refuses() {
    let (chain, _) = Chain::init_chain(&init(5)).unwrap();
    let snapshot = chain.snapshot(None).unwrap();
    let root = snapshot.forest.root();
    let users = users();
    let bech32 = Bech32::new(PREFIX);
    let address = users[0].text(&bech32);
    let operator = bech32.val(&users[0].address.into());
    // The first two bytes choose the path, the rest is the request: mostly a text in the first field, an address as often as not.
    let text =
        |number: u8, text: &str| [&[number << 3 | 2, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let mut seeds = Vec::new();
    for (n, _) in (0_u16..).zip(query::PATHS) {
        let head = n.to_be_bytes();
        seeds.push([&head[..], &text(1, &address)].concat());
        seeds.push([&head[..], &text(1, &operator), &text(2, &address)].concat());
        seeds.push([&head[..], &text(1, &address), &text(2, "uente"), &text(3, &operator)].concat());
        seeds.push(head.to_vec());
    }
    Attack::new(CORPUS, "query", 15_000).seeds(seeds).words(["uente", &address, &operator]).run(|bytes| {
        let (head, request) = bytes.split_at_checked(2).unwrap_or((&[0, 0], &[]));
        let at = usize::from(u16::from_be_bytes([head[0], head[1]])) % query::PATHS.len();
        let path = query::PATHS[at];
        match snapshot.query(path, request) {
            Ok(answer) => {
                let method = json::schema::method_at(path).expect("a path is a method");
                json::encode(method.output().full_name(), &answer).expect("an answer can be shown");
                assert_eq!(snapshot.forest.root(), root);
                format!("{path} answered")
            }
            Err(Error::Refusal(refusal)) => format!("{path} {} {}", refusal.codespace, refusal.code),
            Err(fault) => panic!("{path}: {fault}"),
        }
    });
}

#[test]
fn a_message_survives_its_json_and_its_amino_json_is_canonical() {
    let urls: Vec<&str> = route::URLS.to_vec();
    let bech32 = Bech32::new(PREFIX);
    let seeds = packed().into_iter().map(|any| {
        let at = urls.iter().position(|url| *url == any.type_url).unwrap();
        [&[u8::try_from(at).unwrap()][..], &any.value].concat()
    });
    let heard = Attack::new(CORPUS, "json", 6_000).seeds(seeds).words(urls.iter().copied()).run(|bytes| {
        let (head, value) = bytes.split_at_checked(1).unwrap_or((&[0], &[]));
        let url = urls[usize::from(head[0]) % urls.len()];
        let Ok(shown) = json::encode(url, value) else { return "not a message".to_owned() };
        let amino = match amino::any(url, value, amino::Decimals::Point) {
            Ok(text) => {
                let parsed: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
                assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
                sorted(&parsed, &text);
                "amino"
            }
            Err(_) => "no amino",
        };
        let any = Any { type_url: url.to_owned(), value: value.to_vec() };
        // A transaction with a number that is none is refused before its messages are looked at.
        let good = route::check(&any, &bech32).is_ok() && tx::decode(&unsigned(any)).is_ok();
        match json::decode(url, &shown) {
            Ok(again) => {
                // What is no number on the wire is shown as it is, and may be one in JSON; the chain refuses such a message.
                assert!(!good || json::encode(url, &again).unwrap() == shown, "{url}: {shown}");
                format!("{url} {amino} {good}")
            }

            // What no wallet can write is shown, but not read: a time beyond all calendars, say.
            Err(e) => format!("{url} shown only: {}", e.reason),
        }
    });
    assert!(heard.keys().any(|word| word.ends_with("amino true")), "{heard:?}");
}

/// A transaction that nobody signed.
fn unsigned(message: Any) -> Vec<u8> {
    let body = TxBody { messages: vec![message], ..TxBody::default() };
    let auth = AuthInfo { fee: Some(Fee { gas_limit: 1, ..Fee::default() }), ..AuthInfo::default() };
    TxRaw { body_bytes: body.encode_to_vec(), auth_info_bytes: auth.encode_to_vec(), signatures: Vec::new() }
        .encode_to_vec()
}

/// Members stand in the order of their names, each once.
fn sorted(value: &Value, text: &str) {
    match value {
        Value::Object(members) => {
            let names: Vec<_> = members.keys().collect();
            assert!(names.is_sorted(), "{text}");
            members.values().for_each(|member| sorted(member, text));
        }
        Value::Array(items) => items.iter().for_each(|item| sorted(item, text)),
        _ => {}
    }
}

#[test]
fn json_of_strangers_is_read_or_refused_with_its_place() {
    let seeds = messages().into_iter().map(|(url, mut value)| {
        value["@type"] = json!(url);
        value.to_string().into_bytes()
    });
    let words = ["\"@type\":", "null", "[[[[[[[[", "{\"a\":", "\"google.protobuf.Any\"", "\"amount\":\"-1\"", "1e400"];
    Attack::new(CORPUS, "json_text", 6_000).seeds(seeds).words(words).run(|bytes| {
        let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else { return "not JSON".to_owned() };
        let url = value.get("@type").and_then(Value::as_str).unwrap_or(route::URLS[0]).to_owned();
        if let Some(members) = value.as_object_mut() {
            members.shift_remove("@type");
        }
        match json::decode(&url, &value) {
            Ok(message) => {
                let shown = json::encode(&url, &message).unwrap();
                assert_eq!(json::decode(&url, &shown).unwrap(), message, "{url}: {shown}");
                "read".to_owned()
            }
            Err(e) => e.reason,
        }
    });
}

/// Changes of a genesis: three bytes each, two for a place among its values and one for what stands there.
fn changed(document: &Value, bytes: &[u8]) -> Value {
    let mut document = document.clone();
    for change in bytes.chunks_exact(3).take(4) {
        let mut pointers = Vec::new();
        places(&document, String::new(), &mut pointers);
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % pointers.len();
        let Some(slot) = document.pointer_mut(&pointers[at]) else { continue };
        let huge = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        *slot = match change[2] % 24 {
            0 => Value::Null,
            1 => json!([]),
            2 => json!({}),
            3 => json!(""),
            4 => json!("0"),
            5 => json!("1"),
            6 => json!("-1"),
            7 => json!(huge),
            8 => json!("18446744073709551615"),
            9 => json!("9223372036854775807"),
            10 => json!("1.000000000000000000"),
            11 => json!("0.000000000000000001"),
            12 => json!("-0.000000000000000001"),
            13 => json!(format!("{huge}.000000000000000000")),
            14 => json!("0s"),
            15 => json!("315576000000s"),
            16 => json!("0001-01-01T00:00:00Z"),
            17 => json!("9999-12-31T23:59:59Z"),
            18 => json!(true),
            19 => json!(u32::MAX),
            20 => json!("uente"),
            21 => json!("BOND_STATUS_BONDED"),
            // A list with its first item twice.
            22 => match slot.as_array() {
                Some(items) => items.first().cloned().into_iter().chain(items.iter().cloned()).collect(),
                None => json!("0.5"),
            },
            _ => match slot.as_array_mut() {
                Some(items) => {
                    items.pop();
                    continue;
                }
                None => json!("2"),
            },
        };
    }
    document
}

fn places(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                places(member, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                places(item, format!("{at}/{n}"), found);
            }
        }
        _ => {}
    }
    found.push(at);
}

#[test]
fn a_genesis_is_refused_or_makes_a_chain_that_lives_and_can_be_exported() {
    let base = init(9);
    // The export of a chain that has lived a little has more to change than a genesis.
    let lived = {
        let (mut chain, _) = Chain::init_chain(&base).unwrap();
        let block = FinalizeBlock { txs: vec![signed(&chain, packed()[..1].to_vec())], ..empty_block(&chain) };
        chain.finalize_block(&block).unwrap();
        chain.commit().unwrap();
        let snapshot = chain.snapshot(None).unwrap();
        InitChain {
            app_state: snapshot.export().unwrap(),
            initial_height: snapshot.height + 1,
            time: snapshot.time,
            ..base.clone()
        }
    };
    let seeds = (0..=u8::MAX).map(|n| vec![0, n, n, 1, n, n.wrapping_mul(3)]);
    Attack::new(CORPUS, "genesis", 500).seeds(seeds.take(40)).run(|bytes| {
        let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
        let base = if first % 2 == 0 { &base } else { &lived };
        let init = InitChain { app_state: changed(&base.app_state, rest), ..base.clone() };
        let mut chain = match Chain::init_chain(&init) {
            Ok((chain, _)) => chain,
            Err(Error::Fault(fault)) => panic!("a genesis leads to a fault: {fault}"),
            Err(refusal) => return word(&refusal),
        };
        let snapshot = chain.snapshot(None).unwrap();
        let broken = snapshot.broken_invariants();
        if !broken.as_ref().is_ok_and(Vec::is_empty) {
            // `entente genesis validate` and `import` refuse these.
            return format!("broken {broken:?}");
        }
        let again =
            InitChain { app_state: snapshot.export().unwrap(), initial_height: snapshot.height + 1, ..init.clone() };
        let (second, _) = Chain::init_chain(&again).unwrap_or_else(|e| panic!("the export is refused: {e}"));
        assert_eq!(second.snapshot(None).unwrap().forest.root(), snapshot.forest.root(), "import changes the state");
        let block = empty_block(&chain);
        chain.finalize_block(&block).unwrap_or_else(|e| panic!("the first block: {e}"));
        "lives".to_owned()
    });
}

#[test]
fn an_address_has_one_text() {
    let bech32 = Bech32::new(PREFIX);
    let addresses = users().into_iter().map(|user| user.text(&bech32).into_bytes());
    Attack::new(CORPUS, "bech32", 30_000).seeds(addresses).words(["entente1", "ententevaloper1", "1", "q"]).run(
        |bytes| {
            let Ok(text) = std::str::from_utf8(bytes) else { return "not text".to_owned() };
            let read = (bech32.parse_acc(text), bech32.parse_val(text), bech32.parse_cons(text));
            let lower = text.trim().to_ascii_lowercase();
            match read {
                (Ok(address), Err(_), Err(_)) => assert_eq!(bech32.acc(&address), lower),
                (Err(_), Ok(address), Err(_)) => assert_eq!(bech32.val(&address), lower),
                (Err(_), Err(_), Ok(address)) => assert_eq!(bech32.cons(&address), lower),
                // What the error quotes is not another kind of outcome.
                (Err(e), Err(_), Err(_)) => {
                    return word(&e).split([':', '(', '"']).next().unwrap_or_default().to_owned();
                }
                _ => panic!("{text:?} is an address of two kinds"),
            }
            "an address".to_owned()
        },
    );
}

#[test]
fn what_is_read_as_a_number_a_time_or_coins_is_read_again_from_its_print() {
    let seeds = [
        "0",
        "1",
        "-1",
        "340282366920938463463374607431768211456",
        "0.000000000000000001",
        "1.5",
        "7uente,1ibc/27394FB092D2",
        "0.5uente",
        "2025-01-01T00:00:00.000000001Z",
        "2025-01-01T00:00:00+01:30",
        "1h2m3.5s",
        "300s",
        "-0.5s",
    ];
    let words =
        ["uente", ",", ".", "-", "+", "Z", "T", "s", "ms", "h", "e", "0000000000000000000000", "99999999999999999999"];
    let mut kinds = BTreeSet::new();
    let seeds = seeds.map(|text| text.as_bytes().to_vec());
    Attack::new(CORPUS, "numbers", 30_000).seeds(seeds).words(words).run(|bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return "not text".to_owned() };
        let mut read = Vec::new();
        macro_rules! again {
            ($($kind:ident)*) => {$(
                if let Ok(value) = text.parse::<$kind>() {
                    let shown = value.to_string();
                    assert_eq!(shown.parse::<$kind>().ok().as_ref(), Some(&value), "{} {text:?} is shown as {shown:?}", stringify!($kind));
                    assert_eq!(shown.parse::<$kind>().unwrap().to_string(), shown);
                    read.push(stringify!($kind));
                }
            )*};
        }
        again!(Int Dec Denom Coins DecCoins Timestamp Span);
        kinds.extend(read.iter().copied());
        read.join(" ")
    });
    assert_eq!(kinds.len(), 7, "{kinds:?}");
}

#[test]
fn a_proof_that_was_changed_proves_nothing_else() {
    const STORES: &[StoreId] = &[StoreId::new(0, "one")];
    let mut forest = Forest::new(STORES);
    let pair = |n: u32| (0, format!("key/{n:02}").into_bytes().into(), Some(format!("value {n}").into_bytes().into()));
    forest.apply((0..60).map(pair)).unwrap();
    let tree = forest.tree(0).unwrap();
    let root = tree.root().to_vec();
    let (present, absent) = (b"key/07".to_vec(), b"key/07x".to_vec());
    let proofs: Vec<_> = [&present, &absent].iter().map(|key| encode_proof(&tree.prove(key))).collect();
    Attack::new(CORPUS, "proofs", 8_000).seeds(proofs.clone()).words(["key/07", "value 7", "key/08"]).run(|bytes| {
        let Some(proof) = decode_proof(bytes) else { return "no proof".to_owned() };
        assert_eq!(decode_proof(&encode_proof(&proof)).as_ref(), Some(&proof));
        let shows = |key: &[u8], value: &[u8]| {
            verify_membership::<HostFunctionsManager>(&proof, &iavl_spec(), &root, key, value)
        };
        let denies = |key: &[u8]| verify_non_membership::<HostFunctionsManager>(&proof, &iavl_spec(), &root, key);
        assert!(!shows(&present, b"value 8") && !shows(&absent, b"value 7") && !shows(b"key/08", b"value 7"));
        assert!(!denies(&present) && !denies(b"key/08"));
        format!("{} {}", shows(&present, b"value 7"), denies(&absent))
    });
}
