//! The same blocks through both engines.

use entente_kernel::num::Int;
use entente_kernel::{Bech32, Timestamp};
use entente_node::disk::Disk;
use entente_node::engine::comet::companion::Companion;
use entente_node::engine::comet::snapshot::Store;
use entente_node::engine::comet::{App, Settings};
use entente_node::engine::{Engine, stores};
use entente_node::genesis::{GenesisDoc, dev};
use entente_node::keys::{self, Terms, validator::development_seed};
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::staking::v1beta1::MsgDelegate;
use entente_proto::cosmos::tx::v1beta1::{Fee, TxBody};
use entente_proto::tendermint::abci::{self, request, response};
use entente_proto::tendermint::types::Block;
use prost::{Message, Name};
use prost_types::Any;

pub const CHAIN: &str = "entente-same-1";
const T0: i64 = 1_800_000_000;

pub fn document() -> GenesisDoc {
    let key = entente_kernel::crypto::ed25519::public_key(&development_seed());
    dev::document(CHAIN, Timestamp::from_secs(T0), &[key]).unwrap()
}

/// An application on a disk in `folder`, as far as its blocks go.
pub fn app(folder: &std::path::Path, doc: &GenesisDoc) -> App {
    app_with(folder, doc, Settings::default())
}

pub fn app_with(folder: &std::path::Path, doc: &GenesisDoc, settings: Settings) -> App {
    let (disk, loaded) = Disk::open(&folder.join("data"), stores()).unwrap();
    let key = entente_kernel::crypto::ed25519::public_key(&development_seed());
    let snapshots = Store::new(folder.join("snapshots"));
    App::open(disk, loaded, doc.clone(), key, Companion::new("127.0.0.1:1"), snapshots, settings).unwrap()
}

pub fn init_chain(app: &App, doc: &GenesisDoc) -> abci::ResponseInitChain {
    let asked = request::Value::InitChain(abci::RequestInitChain {
        time: Some(prost_types::Timestamp { seconds: doc.time.secs, nanos: 0 }),
        chain_id: doc.chain_id.clone(),
        consensus_params: Some(doc.consensus_params.clone()),
        validators: Vec::new(),
        app_state_bytes: doc.app_state.to_string().into_bytes(),
        initial_height: doc.initial_height,
    });
    match app.answer(asked) {
        response::Value::InitChain(answer) => answer,
        other => panic!("{other:?}"),
    }
}

pub fn info(app: &App) -> (i64, Vec<u8>) {
    match app.answer(request::Value::Info(abci::RequestInfo::default())) {
        response::Value::Info(answer) => (answer.last_block_height, answer.last_block_app_hash),
        other => panic!("{other:?}"),
    }
}

/// The request with which CometBFT has a block executed that solo made.
pub fn finalize(engine: &Engine, height: i64) -> abci::RequestFinalizeBlock {
    let block = engine.archive().block(height).unwrap().unwrap();
    let Block { header: Some(header), data: Some(data), last_commit: Some(commit), .. } = block else { panic!() };
    let signers = engine.archive().validators(height - 1).unwrap().unwrap_or_default();
    let votes = signers.validators().iter().zip(&commit.signatures).map(|(v, sig)| abci::VoteInfo {
        validator: Some(abci::Validator { address: v.address.to_vec(), power: v.power }),
        block_id_flag: sig.block_id_flag,
    });
    abci::RequestFinalizeBlock {
        txs: data.txs,
        decided_last_commit: Some(abci::CommitInfo { round: 0, votes: votes.collect() }),
        misbehavior: Vec::new(),
        hash: entente_node::engine::block::header_hash(&header).to_vec(),
        height,
        time: header.time,
        next_validators_hash: header.next_validators_hash,
        proposer_address: header.proposer_address,
    }
}

pub fn play(app: &App, asked: abci::RequestFinalizeBlock) -> abci::ResponseFinalizeBlock {
    let answer = match app.answer(request::Value::FinalizeBlock(asked)) {
        response::Value::FinalizeBlock(answer) => answer,
        other => panic!("{other:?}"),
    };
    match app.answer(request::Value::Commit(abci::RequestCommit {})) {
        response::Value::Commit(_) => answer,
        other => panic!("{other:?}"),
    }
}

fn any<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

/// A signed transaction of development account `index`.
pub fn signed(index: u32, sequence: u64, messages: Vec<Any>) -> Vec<u8> {
    let signer = keys::development(index).unwrap();
    let amount = vec![Coin { denom: "uente".into(), amount: "5000".into() }];
    let fee = Fee { amount, gas_limit: 500_000, ..Fee::default() };
    let terms = Terms { chain_id: CHAIN, account_number: index.into(), sequence, fee };
    signer.sign(&TxBody { messages, ..TxBody::default() }, &terms).unwrap()
}

pub fn send(from: u32, to: u32, sequence: u64, amount: u64) -> Vec<u8> {
    let bech32 = Bech32::new("entente");
    let address = |n: u32| bech32.acc(&keys::development(n).unwrap().address());
    let amount = vec![Coin { denom: "uente".into(), amount: amount.to_string() }];
    signed(from, sequence, vec![any(&MsgSend { from_address: address(from), to_address: address(to), amount })])
}

/// A solo chain with blocks of every kind: empty, sends, stake of both kinds, and what fails when it is delivered.
pub fn solo() -> Engine {
    let engine = Engine::open(Disk::ephemeral(stores()), None, document(), vec![development_seed()]).unwrap();
    let bech32 = Bech32::new("entente");
    let address = |n: u32| bech32.acc(&keys::development(n).unwrap().address());
    let validator = bech32.val(&keys::development(0).unwrap().address().into());
    let asset = dev::FOREIGN.first().unwrap().denom();
    let coin = |denom: &str, amount: Int| Some(Coin { denom: denom.into(), amount: amount.to_string() });
    let delegate = MsgDelegate {
        delegator_address: address(1),
        validator_address: validator.clone(),
        amount: coin("uente", Int::from(7_000_000u64)),
    };
    let foreign = entente_proto::alliance::alliance::MsgDelegate {
        delegator_address: address(2),
        validator_address: validator,
        amount: coin(&asset, Int::from(1_000_000u64)),
    };
    let too_much = send(3, 4, 0, u64::MAX);
    let blocks = [
        vec![],
        vec![send(1, 2, 0, 5), send(2, 1, 0, 6)],
        vec![signed(1, 1, vec![any(&delegate)]), signed(2, 1, vec![any(&foreign)])],
        vec![too_much, send(4, 5, 0, 1), send(4, 5, 1, 1)],
    ];
    let mut now = Timestamp::from_secs(T0);
    for txs in blocks.into_iter().chain(std::iter::repeat_n(Vec::new(), 16)) {
        for tx in txs {
            assert_eq!(engine.submit(tx).unwrap().code, 0);
        }
        now = now.plus(entente_kernel::Span::from_secs(30));
        engine.make_block_at(now).unwrap();
    }
    engine
}

#[test]
fn the_same_blocks_give_the_same_app_hashes_and_results_on_both_engines() {
    let (engine, doc) = (solo(), document());
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path(), &doc);
    let begun = init_chain(&app, &doc);
    let first = engine.archive().block(1).unwrap().unwrap().header.unwrap();
    assert_eq!(begun.app_hash, first.app_hash);
    assert_eq!(begun.validators.len(), 1);
    let mut failed = 0;
    for height in 1..=engine.height() {
        let asked = finalize(&engine, height);
        let judged = app.answer(request::Value::ProcessProposal(abci::RequestProcessProposal {
            txs: asked.txs.clone(),
            height,
            time: asked.time,
            ..abci::RequestProcessProposal::default()
        }));
        assert!(matches!(judged, response::Value::ProcessProposal(abci::ResponseProcessProposal { status: 1 })));
        let theirs = engine.archive().results(height).unwrap().unwrap();
        let ours = play(&app, asked);
        assert_eq!(hex::encode(&ours.app_hash), hex::encode(&theirs.app_hash), "height {height}");
        assert_eq!(ours, theirs, "height {height}");
        failed += theirs.tx_results.iter().filter(|r| r.code != 0).count();
    }
    assert_eq!(failed, 1);
    assert_eq!(info(&app).0, 20);
    assert_eq!(app.engine().unwrap().shown().standing.validators, engine.shown().standing.validators);
}

#[test]
fn a_node_that_is_gone_between_two_steps_of_a_block_goes_on_with_the_same_app_hash() {
    let (engine, doc) = (solo(), document());
    let folder = tempfile::tempdir().unwrap();
    // Gone right after the genesis.
    let hash = init_chain(&app(folder.path(), &doc), &doc).app_hash;
    let again = app(folder.path(), &doc);
    assert_eq!(info(&again), (0, Vec::new()));
    assert_eq!(init_chain(&again, &doc).app_hash, hash);
    drop(again);
    for height in 1..=5 {
        // Gone after the execution.
        let before = app(folder.path(), &doc);
        assert_eq!(info(&before).0, height - 1);
        let asked = finalize(&engine, height);
        let executed = match before.answer(request::Value::FinalizeBlock(asked.clone())) {
            response::Value::FinalizeBlock(answer) => answer,
            other => panic!("{other:?}"),
        };
        drop(before);
        // Gone after the commit.
        let after = app(folder.path(), &doc);
        assert_eq!(info(&after).0, height - 1);
        assert_eq!(play(&after, asked), executed);
        drop(after);
        assert_eq!(info(&app(folder.path(), &doc)), (height, executed.app_hash));
    }
}

#[test]
fn blocks_can_be_undone_one_by_one_and_executed_again() {
    let (engine, doc) = (solo(), document());
    let folder = tempfile::tempdir().unwrap();
    let node = app(folder.path(), &doc);
    init_chain(&node, &doc);
    for height in 1..=6 {
        play(&node, finalize(&engine, height));
    }
    drop(node);
    for height in [5, 4] {
        let (disk, loaded) = Disk::open(&folder.path().join("data"), stores()).unwrap();
        let (found, hash) = entente_node::engine::comet::undo::undo(&disk, loaded.unwrap(), 1).unwrap();
        assert_eq!(found, height);
        assert_eq!(hash.to_vec(), engine.archive().results(height).unwrap().unwrap().app_hash);
    }
    let node = app(folder.path(), &doc);
    assert_eq!(info(&node).0, 4);
    for height in 5..=20 {
        let theirs = engine.archive().results(height).unwrap().unwrap();
        assert_eq!(play(&node, finalize(&engine, height)), theirs);
    }
}
