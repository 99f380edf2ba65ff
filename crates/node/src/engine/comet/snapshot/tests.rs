//! Snapshots that are whole, and what is done with those that are not.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use entente_kernel::crypto::sha256;
use entente_kernel::tree::Forest;
use entente_proto::tendermint::abci;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;

use super::*;
use crate::engine::stores;

/// A state whose snapshot has several chunks.
fn state() -> Forest {
    let mut forest = Forest::new(stores());
    let mut word = [7u8; 32];
    let mut value = Vec::new();
    for _ in 0..2_048 {
        // Bytes that do not deflate.
        word = sha256(&word);
        value.extend_from_slice(&word);
    }
    let changes = (0u32..400).map(|i| {
        let key = Bytes::copy_from_slice(&i.to_be_bytes());
        (u8::try_from(i / 200).unwrap(), key, Some(Bytes::from([&i.to_be_bytes()[..], &value].concat())))
    });
    forest.apply(changes).unwrap();
    forest
}

fn deflated(raw: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(raw).unwrap();
    encoder.finish().unwrap()
}

/// A snapshot of given chunks, as a liar would offer it.
fn of_chunks(chunks: &[Vec<u8>]) -> abci::Snapshot {
    let metadata = chunks.iter().map(|c| sha256(c)).collect::<Vec<_>>().concat();
    let hash = sha256(&metadata).to_vec();
    abci::Snapshot { height: 5, format: FORMAT, chunks: u32::try_from(chunks.len()).unwrap(), hash, metadata }
}

fn accepted(snapshot: &abci::Snapshot, app_hash: &[u8]) -> Restore {
    match Restore::offer(snapshot, app_hash, stores()) {
        Offer::Accept(restore) => *restore,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_state_is_the_same_after_its_snapshot_also_by_way_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (store, other) = (Store::new(folder.path().join("a")), Store::new(folder.path().join("b")));
    let forest = state();
    let meta = take(&store, 5, &forest).unwrap();
    assert!(meta.chunks > 2, "{}", meta.chunks);
    let file = folder.path().join("5-1.tar.gz");
    dump(&store, 5, &file).unwrap();
    assert_eq!(load(&other, &file).unwrap(), meta);
    assert_eq!(other.list().unwrap(), std::slice::from_ref(&meta));
    let mut restore = accepted(&meta.to_wire(), &forest.root());
    for number in 0..meta.chunks {
        let chunk = other.chunk(5, FORMAT, number).unwrap().unwrap();
        let done = restore.chunk(number, &chunk).unwrap();
        assert_eq!(done.is_some(), number + 1 == meta.chunks);
        if let Some(restored) = done {
            assert_eq!(restored.root(), forest.root());
        }
    }
    assert!(store.delete(5).unwrap());
    assert!(!store.delete(5).unwrap());
    assert_eq!(store.chunk(5, FORMAT, 0).unwrap(), None);
}

#[test]
fn only_the_newest_snapshots_are_kept_and_those_that_somebody_may_be_fetching() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().to_owned());
    let mut forest = Forest::new(stores());
    forest.apply([(0, Bytes::from_static(b"k"), Some(Bytes::from_static(b"v")))]).unwrap();
    for height in [10, 9, 100] {
        take(&store, height, &forest).unwrap();
    }
    let kept = || store.list().unwrap().iter().map(|m| m.height).collect::<Vec<_>>();
    store.keep_recent(2, Duration::from_secs(3_600)).unwrap();
    assert_eq!(kept(), [9, 10, 100]);
    store.keep_recent(2, Duration::ZERO).unwrap();
    assert_eq!(kept(), [10, 100]);
    for height in 101..=150 {
        take(&store, height, &forest).unwrap();
    }
    store.keep_recent(2, Duration::from_secs(3_600)).unwrap();
    assert_eq!((kept().len(), kept()[0]), (34, 117));
}

#[test]
fn a_wrong_or_cut_chunk_is_known_at_once_and_the_right_one_still_taken() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().to_owned());
    let forest = state();
    let meta = take(&store, 5, &forest).unwrap();
    let mut restore = accepted(&meta.to_wire(), &forest.root());
    let first = store.chunk(5, FORMAT, 0).unwrap().unwrap();
    let mut flipped = first.clone();
    flipped[100] ^= 1;
    assert_eq!(restore.chunk(0, &flipped).unwrap_err(), ChunkError::Hash(0));
    assert_eq!(restore.chunk(0, &first[..first.len() - 1]).unwrap_err(), ChunkError::Hash(0));
    assert_eq!(restore.chunk(1, &first).unwrap_err(), ChunkError::Order { wanted: 0, found: 1 });
    assert!(restore.chunk(0, &first).unwrap().is_none());
}

#[test]
fn an_endless_chunk_is_not_inflated_and_records_that_are_cut_or_out_of_order_are_refused() {
    let why = |raw: &[u8]| {
        let chunks = [deflated(raw)];
        match accepted(&of_chunks(&chunks), &[0; 32]).chunk(0, &chunks[0]) {
            Err(ChunkError::Content { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    };
    assert!(why(&vec![0; CHUNK_BYTES_MAX + 1]).contains("longer than"));
    assert!(why(&[0, 0, 9, 1]).contains("cut"));
    let pair = |store: u8, key: u8| [&[store, 0, 1, key][..], &1u32.to_be_bytes(), &[1]].concat();
    assert!(why(&[pair(0, 2), pair(0, 1)].concat()).contains("order"));
    assert!(why(&[pair(0, 1), pair(0, 1)].concat()).contains("order"));
    assert!(why(&pair(200, 1)).contains("no store"));
    assert!(why(&[0, 0, 0, 0, 0, 0, 1, 1]).contains("empty"));
}

#[test]
fn a_state_with_another_app_hash_is_refused_in_the_end() {
    let chunks = [deflated(&[0, 0, 1, 1, 0, 0, 0, 1, 1])];
    let refused = accepted(&of_chunks(&chunks), &[9; 32]).chunk(0, &chunks[0]);
    assert!(matches!(refused, Err(ChunkError::AppHash { .. })), "{refused:?}");
}

#[test]
fn offers_that_cannot_be_restored_are_rejected() {
    let good = of_chunks(&[vec![1]]);
    let rejected = |change: &dyn Fn(&mut abci::Snapshot)| {
        let mut snapshot = good.clone();
        change(&mut snapshot);
        matches!(Restore::offer(&snapshot, &[0; 32], stores()), Offer::Reject(_))
    };
    assert!(rejected(&|s| s.height = 0));
    assert!(rejected(&|s| s.height = u64::MAX));
    assert!(rejected(&|s| s.chunks = 0));
    assert!(rejected(&|s| s.chunks = u32::MAX));
    assert!(rejected(&|s| s.metadata.push(0)));
    assert!(rejected(&|s| s.hash = vec![1; 32]));
    assert!(matches!(
        Restore::offer(&abci::Snapshot { format: FORMAT + 1, ..good }, &[0; 32], stores()),
        Offer::Format
    ));
}

#[test]
fn a_damaged_file_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("a"));
    let mut forest = Forest::new(stores());
    forest.apply([(0, Bytes::from_static(b"k"), Some(Bytes::from_static(b"v")))]).unwrap();
    take(&store, 3, &forest).unwrap();
    let file = folder.path().join("f");
    dump(&store, 3, &file).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    for cut in [0, 10, bytes.len() / 2] {
        std::fs::write(&file, &bytes[..cut]).unwrap();
        assert!(load(&Store::new(folder.path().join("b")), &file).is_err(), "{cut}");
    }
    assert_eq!(Store::new(folder.path().join("b")).list().unwrap(), []);
}

proptest! {
    #[test]
    fn no_chunk_makes_the_restore_panic(raw in proptest::collection::vec(any::<u8>(), 0..200), whole in any::<bool>()) {
        let chunk = if whole { deflated(&raw) } else { raw };
        let chunks = [chunk];
        let _ = accepted(&of_chunks(&chunks), &[0; 32]).chunk(0, &chunks[0]);
    }
}
