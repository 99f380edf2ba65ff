//! What the ABCI server does with requests that nobody honest makes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use entente_node::disk::Disk;
use entente_node::engine::comet::server::{self, Address};
use entente_node::engine::comet::snapshot::FORMAT;
use entente_node::engine::comet::{App, Settings};
use entente_node::engine::{Engine, stores};
use entente_proto::tendermint::abci::{self, Request, Response, request, response};
use prost::Message as _;

use crate::same::{app, app_with, document, finalize, info, init_chain, play, send, solo};

fn prepare(app: &App, txs: Vec<Vec<u8>>, max_tx_bytes: i64) -> Vec<Vec<u8>> {
    let asked = abci::RequestPrepareProposal { txs, max_tx_bytes, ..abci::RequestPrepareProposal::default() };
    match app.answer(request::Value::PrepareProposal(asked)) {
        response::Value::PrepareProposal(answer) => answer.txs,
        other => panic!("{other:?}"),
    }
}

fn accepts(app: &App, txs: Vec<Vec<u8>>) -> bool {
    let asked = abci::RequestProcessProposal { txs, ..abci::RequestProcessProposal::default() };
    match app.answer(request::Value::ProcessProposal(asked)) {
        response::Value::ProcessProposal(answer) => answer.status == 1,
        other => panic!("{other:?}"),
    }
}

#[test]
fn invalid_transactions_never_enter_a_block() {
    let folder = tempfile::tempdir().unwrap();
    let doc = document();
    let app = app(folder.path(), &doc);
    init_chain(&app, &doc);
    let (good, next) = (send(1, 2, 0, 5), send(1, 2, 1, 5));
    let (replayed, early) = (good.clone(), send(2, 1, 7, 5));
    let mut forged = send(3, 1, 0, 5);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let garbage = vec![0xff; 40];
    let candidates = vec![garbage.clone(), good.clone(), replayed.clone(), early.clone(), next.clone()];
    assert_eq!(prepare(&app, candidates, 1_000_000), [good.clone(), next.clone()]);
    let room = i64::try_from(good.len()).unwrap() + 5;
    assert_eq!(prepare(&app, vec![good.clone(), next.clone()], room), std::slice::from_ref(&good));
    assert_eq!(prepare(&app, vec![good.clone()], -1), Vec::<Vec<u8>>::new());
    assert!(accepts(&app, vec![good.clone(), next.clone()]));
    for bad in [garbage, early, forged, replayed] {
        assert!(!accepts(&app, vec![good.clone(), bad]));
    }
    // The order counts, too.
    assert!(!accepts(&app, vec![next, good]));
}

#[test]
fn a_block_out_of_turn_stops_the_node_and_is_not_executed() {
    let (engine, doc) = (solo(), document());
    let folder = tempfile::tempdir().unwrap();
    let node = app(folder.path(), &doc);
    init_chain(&node, &doc);
    play(&node, finalize(&engine, 1));
    let refused = node.answer(request::Value::FinalizeBlock(finalize(&engine, 3)));
    assert!(matches!(&refused, response::Value::Exception(e) if e.error.contains("block 3 does not follow height 1")));
    // It stays stopped.
    let after = node.answer(request::Value::FinalizeBlock(finalize(&engine, 2)));
    assert!(matches!(after, response::Value::Exception(_)));
    drop(node);
    assert_eq!(info(&app(folder.path(), &doc)).0, 1);
}

#[test]
fn an_upgrade_that_is_due_stops_the_node_unless_its_height_is_skipped() {
    let mut doc = document();
    doc.app_state["upgrade"] = serde_json::json!({ "plan": { "name": "v2", "height": "2", "info": "notes" } });
    let skip_upgrades = std::collections::BTreeSet::from([2]);
    let seeds = vec![entente_node::keys::validator::development_seed()];
    let engine = Engine::open(Disk::ephemeral(stores()), None, doc.clone(), seeds).unwrap();
    engine.skip_upgrades(skip_upgrades.clone());
    for _ in 1..=3 {
        engine.make_block().unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let stopped = app(&folder.path().join("stopped"), &doc);
    init_chain(&stopped, &doc);
    play(&stopped, finalize(&engine, 1));
    let answer = stopped.answer(request::Value::FinalizeBlock(finalize(&engine, 2)));
    let needed = "UPGRADE \"v2\" NEEDED at height: 2: notes";
    assert!(matches!(&answer, response::Value::Exception(e) if e.error.contains(needed)), "{answer:?}");
    let settings = Settings { skip_upgrades, ..Settings::default() };
    let skipping = app_with(&folder.path().join("skipping"), &doc, settings);
    init_chain(&skipping, &doc);
    let hashes: Vec<_> = (1..=3).map(|height| play(&skipping, finalize(&engine, height)).app_hash).collect();
    assert_eq!(hashes[2], engine.shown().standing.app_hash);
}

#[test]
fn requests_before_the_chain_begins_are_answered_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = || app(&folder.path().join(std::time::Instant::now().elapsed().as_nanos().to_string()), &document());
    let commit = fresh().answer(request::Value::Commit(abci::RequestCommit {}));
    assert!(matches!(commit, response::Value::Exception(_)));
    let node = fresh();
    let query = node.answer(request::Value::Query(abci::RequestQuery::default()));
    assert!(matches!(query, response::Value::Query(answer) if answer.code != 0));
    let chunk = node.answer(request::Value::LoadSnapshotChunk(abci::RequestLoadSnapshotChunk {
        height: u64::MAX,
        format: FORMAT,
        chunk: u32::MAX,
    }));
    assert!(matches!(chunk, response::Value::LoadSnapshotChunk(answer) if answer.chunk.is_empty()));
    let applied = node.answer(request::Value::ApplySnapshotChunk(abci::RequestApplySnapshotChunk::default()));
    assert!(matches!(applied, response::Value::ApplySnapshotChunk(answer) if answer.result == 2));
    let strange = abci::RequestInitChain { chain_id: "another-1".into(), ..abci::RequestInitChain::default() };
    assert!(matches!(node.answer(request::Value::InitChain(strange)), response::Value::Exception(_)));
}

fn dial(address: &Address) -> TcpStream {
    let Address::Tcp(place) = address else { panic!() };
    let stream = TcpStream::connect(place).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn echo(stream: &mut TcpStream, text: &str) -> String {
    let ask = |value| Request { value: Some(value) }.encode_length_delimited_to_vec();
    let echo = ask(request::Value::Echo(abci::RequestEcho { message: text.to_owned() }));
    let flush = ask(request::Value::Flush(abci::RequestFlush {}));
    stream.write_all(&[echo, flush].concat()).unwrap();
    let mut bytes = Vec::new();
    let mut piece = [0; 1_024];
    loop {
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the server hung up");
        bytes.extend_from_slice(&piece[..read]);
        if let Ok(answer) = Response::decode_length_delimited(bytes.as_slice())
            && let Some(response::Value::Echo(answer)) = answer.value
        {
            return answer.message;
        }
    }
}

#[test]
fn whoever_sends_garbage_is_hung_up_on_and_the_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let node = app(folder.path(), &document());
    let address = server::serve(node, &Address::parse("tcp://127.0.0.1:0").unwrap()).unwrap();
    let mut honest = dial(&address);
    assert_eq!(echo(&mut honest, "hello"), "hello");
    let garbage: [&[u8]; 4] =
        [&[0xff; 32], &[0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3], &[3, 0xff, 0xff, 0xff], b"GET / HTTP/1.1\r\n\r\n"];
    for bytes in garbage {
        let mut hostile = dial(&address);
        hostile.write_all(bytes).unwrap();
        hostile.shutdown(std::net::Shutdown::Write).unwrap();
        let mut rest = Vec::new();
        // A reset is a way of hanging up.
        let _ = hostile.read_to_end(&mut rest);
        assert_eq!(echo(&mut honest, "still"), "still");
    }
    let unanswered: Vec<TcpStream> = (0..40).map(|_| dial(&address)).collect();
    assert_eq!(echo(&mut honest, "there"), "there");
    drop(unanswered);
}

#[test]
fn a_state_is_taken_from_chunks_and_a_liar_is_named() {
    let (engine, doc) = (solo(), document());
    let folder = tempfile::tempdir().unwrap();
    let giver = app(&folder.path().join("giver"), &doc);
    init_chain(&giver, &doc);
    for height in 1..=5 {
        play(&giver, finalize(&engine, height));
    }
    let state = giver.engine().unwrap().snapshot(None).unwrap();
    let store = entente_node::engine::comet::snapshot::Store::new(folder.path().join("giver").join("snapshots"));
    let meta = entente_node::engine::comet::snapshot::take(&store, 5, &state.forest).unwrap();
    let listed = match giver.answer(request::Value::ListSnapshots(abci::RequestListSnapshots {})) {
        response::Value::ListSnapshots(answer) => answer.snapshots,
        other => panic!("{other:?}"),
    };
    assert_eq!(listed, [meta.to_wire()]);
    let taker = app(&folder.path().join("taker"), &doc);
    let offer = |app: &App| {
        let offered =
            abci::RequestOfferSnapshot { snapshot: Some(listed[0].clone()), app_hash: state.forest.root().to_vec() };
        match app.answer(request::Value::OfferSnapshot(offered)) {
            response::Value::OfferSnapshot(answer) => answer.result,
            other => panic!("{other:?}"),
        }
    };
    let apply = |app: &App, chunk: Vec<u8>| {
        let asked = abci::RequestApplySnapshotChunk { index: 0, chunk, sender: "liar".into() };
        match app.answer(request::Value::ApplySnapshotChunk(asked)) {
            response::Value::ApplySnapshotChunk(answer) => answer,
            other => panic!("{other:?}"),
        }
    };
    let chunk = store.chunk(5, FORMAT, 0).unwrap().unwrap();
    assert_eq!(offer(&taker), 1);
    let refused = apply(&taker, chunk[1..].to_vec());
    assert_eq!((refused.result, refused.refetch_chunks, refused.reject_senders), (3, vec![0], vec!["liar".to_owned()]));
    assert_eq!(apply(&taker, chunk.clone()).result, 1);
    drop(taker);
    // Killed before CometBFT knew: it offers again, and both start clean.
    let taker = app(&folder.path().join("taker"), &doc);
    assert_eq!(offer(&taker), 1);
    assert_eq!(apply(&taker, chunk).result, 1);
    assert_eq!(info(&taker), (5, state.forest.root().to_vec()));
    // Now the chain goes on from it, and no other state is taken.
    assert_eq!(offer(&taker), 2);
    for height in 6..=20 {
        let theirs = engine.archive().results(height).unwrap().unwrap();
        assert_eq!(play(&taker, finalize(&engine, height)).app_hash, theirs.app_hash);
    }
}

#[test]
fn what_comes_together_is_answered_together_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let doc = document();
    let app = app(folder.path(), &doc);
    init_chain(&app, &doc);
    let mut stream = dial(&server::serve(app, &Address::parse("tcp://127.0.0.1:0").unwrap()).unwrap());
    let mut txs: Vec<Vec<u8>> = (0..8).map(|sequence| send(1, 2, sequence, 5)).collect();
    txs.insert(3, vec![0xff; 40]);
    let ask = |value| Request { value: Some(value) }.encode_length_delimited_to_vec();
    let check = |tx: &Vec<u8>| ask(request::Value::CheckTx(abci::RequestCheckTx { tx: tx.clone(), r#type: 0 }));
    let flush = || ask(request::Value::Flush(abci::RequestFlush {}));
    let asked: Vec<u8> = txs.iter().flat_map(|tx| [check(tx), flush()].concat()).collect();
    stream.write_all(&asked).unwrap();
    let (mut bytes, mut codes) = (Vec::new(), Vec::new());
    let mut flushes = 0;
    while flushes < txs.len() {
        let mut piece = [0; 4_096];
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the server hung up");
        bytes.extend_from_slice(&piece[..read]);
        let mut rest = bytes.as_slice();
        codes.clear();
        flushes = 0;
        while let Ok(Response { value: Some(value) }) = Response::decode_length_delimited(&mut rest) {
            match value {
                response::Value::CheckTx(answer) => codes.push(answer.code),
                response::Value::Flush(_) => {
                    flushes += 1;
                    assert_eq!(flushes, codes.len(), "every answer before its flush");
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(codes, [0, 0, 0, 2, 0, 0, 0, 0, 0]);
}
