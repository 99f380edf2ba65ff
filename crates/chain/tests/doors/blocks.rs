//! Blocks through the doors: what they leave behind is a function of what went in, and outlives export and restart.

use entente_chain::{Chain, InitChain};
use entente_kernel::AccAddress;
use entente_kernel::Timestamp;
use entente_kernel::crypto::module_address;
use entente_proto::cosmos::bank::v1beta1 as bank;
use entente_proto::cosmos::consensus::v1 as consensus;
use entente_proto::cosmos::gov::v1 as gov;
use entente_proto::tendermint::types as tendermint;

use crate::net::{Hand, Net, Tx, answer, coins, pack, send, text, user};

fn some_life(net: &mut Net) {
    for sequence in 0..4 {
        let txs = (1..=4).map(|n| Tx::new(vec![send(&user(n), &user(n + 1), 1_000)], vec![Hand::of(n)]).at(sequence));
        let results = net.block(txs.map(|t| t.bytes()).collect());
        assert!(results.txs.iter().all(|r| r.code == 0));
    }
}

#[test]
fn the_same_blocks_give_the_same_hashes_and_others_give_others() {
    let (mut a, mut b) = (Net::new(), Net::new());
    some_life(&mut a);
    some_life(&mut b);
    let root = |net: &Net| net.chain.snapshot(None).unwrap().forest.root();
    assert_eq!(root(&a), root(&b));
    assert_ne!(
        a.block(vec![]).app_hash,
        b.block(vec![Tx::new(vec![send(&user(6), &user(7), 1)], vec![Hand::of(6)]).bytes()]).app_hash
    );
}

#[test]
fn a_chain_goes_on_from_its_stored_state() {
    let mut net = Net::new();
    some_life(&mut net);
    let stored = net.chain.snapshot(None).unwrap().forest.clone();
    let mut again = Net { chain: Chain::load(stored).unwrap() };
    assert_eq!(net.block(vec![]).app_hash, again.block(vec![]).app_hash);
    assert_eq!(again.chain.snapshot(None).unwrap().chain_id(), crate::net::CHAIN_ID);
}

#[test]
fn what_is_exported_can_be_imported_and_says_the_same() {
    let mut net = Net::new();
    some_life(&mut net);
    let snapshot = net.chain.snapshot(None).unwrap();
    let exported = snapshot.export().unwrap();
    let init = InitChain {
        chain_id: crate::net::CHAIN_ID.to_owned(),
        time: snapshot.time,
        initial_height: snapshot.height + 1,
        consensus_params: snapshot.export_consensus_params().unwrap(),
        app_state: exported.clone(),
    };
    let (second, result) = Chain::init_chain(&init).unwrap();
    assert_eq!(result.validators.len(), 1);
    let after = second.snapshot(None).unwrap();
    assert_eq!(after.broken_invariants().unwrap(), Vec::<String>::new());
    assert_eq!(after.height, snapshot.height);
    let again = after.export().unwrap();
    for section in ["auth", "bank", "distribution", "gov", "mint", "slashing", "authz", "feegrant"] {
        assert_eq!(again[section], exported[section], "{section}");
    }
}

#[test]
fn a_genesis_that_cannot_be_is_refused() {
    let start = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut app_state = crate::net::genesis();
        change(&mut app_state);
        let init = InitChain {
            chain_id: "x-1".to_owned(),
            time: Timestamp::from_secs(1),
            initial_height: 1,
            consensus_params: serde_json::Value::Null,
            app_state,
        };
        Chain::init_chain(&init).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let unknown = start(&|g| g["wasm"] = serde_json::json!({"codes": [1]}));
    assert!(unknown.contains("wasm.codes[0]"), "{unknown}");
    let misspelt = start(&|g| g["bank"]["balances"][0]["coinz"] = serde_json::json!([]));
    assert!(misspelt.contains("bank.balances[0]"), "{misspelt}");
    let prefix =
        start(&|g| g["bank"]["balances"][0]["address"] = "cosmos1srd5yxrg346qd7mne893gy3g43elh2sw7lz0s3".into());
    assert!(prefix.contains("expected entente, got cosmos"), "{prefix}");
}

#[test]
fn governance_changes_the_consensus_parameters_and_the_engine_hears_of_it() {
    let mut net = Net::new();
    let authority = text(&AccAddress::from_array(module_address("gov")));
    let evidence = tendermint::EvidenceParams {
        max_age_num_blocks: 7,
        max_age_duration: Some(prost_types::Duration { seconds: 70, nanos: 0 }),
        max_bytes: 700,
    };
    let update = consensus::MsgUpdateParams {
        authority,
        block: Some(tendermint::BlockParams { max_bytes: 1_000_000, max_gas: 5_000_000 }),
        evidence: Some(evidence),
        validator: Some(tendermint::ValidatorParams { pub_key_types: vec!["ed25519".to_owned()] }),
        abci: None,
    };
    let propose = gov::MsgSubmitProposal {
        messages: vec![pack(&update)],
        initial_deposit: coins(10_000_000),
        proposer: text(&user(2)),
        title: "smaller blocks".to_owned(),
        summary: "s".to_owned(),
        ..Default::default()
    };
    let proposed = net.deliver(&Tx::new(vec![pack(&propose)], vec![Hand::of(2)]));
    assert_eq!(answer(&proposed), "ok", "{}", proposed.log);
    let vote = gov::MsgVote {
        proposal_id: 1,
        voter: text(&user(1)),
        option: gov::VoteOption::Yes.into(),
        metadata: String::new(),
    };
    assert_eq!(answer(&net.deliver(&Tx::new(vec![pack(&vote)], vec![Hand::of(1)]))), "ok");
    let changed = (0..20).find_map(|_| net.block(vec![]).consensus_params).unwrap();
    assert_eq!(changed.block.unwrap().max_gas, 5_000_000);
    let asked: consensus::QueryParamsResponse =
        net.ask("/cosmos.consensus.v1.Query/Params", &consensus::QueryParamsRequest {});
    assert_eq!(asked.params, Some(changed));
    assert_eq!(net.block(vec![]).consensus_params, None, "only once");
    let supply: bank::QuerySupplyOfResponse =
        net.ask("/cosmos.bank.v1beta1.Query/SupplyOf", &bank::QuerySupplyOfRequest { denom: "uente".to_owned() });
    assert!(supply.amount.unwrap().amount.parse::<u64>().unwrap() > 10 * crate::net::WEALTH, "mint goes on");
}
