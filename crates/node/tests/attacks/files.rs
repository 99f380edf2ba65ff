//! Damaged and forged files of a home folder, and snapshots of strangers: detected before an answer or a signature.
//!
//! The folder `data` has tests of its own beside its code. `config/node.toml` belongs to its operator and has no checksum: what is in it
//! is either understood or refused.

use std::io::Write as _;
use std::path::Path;

use entente_kernel::Timestamp;
use entente_kernel::crypto::sha256;
use entente_kernel::tree::{Forest, StoreId};
use entente_lab::hostile::Attack;
use entente_node::disk::{Disk, Loaded};
use entente_node::engine::comet::snapshot::{ChunkError, FORMAT, Offer, Restore, Store, dump, load, take};
use entente_node::engine::{Engine, stores};
use entente_node::genesis::{GenesisDoc, dev};
use entente_node::keys::ring::{Backend, Keyring};
use entente_node::keys::{self, validator};
use entente_proto::tendermint::abci;
use flate2::Compression;
use flate2::write::DeflateEncoder;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks/corpus");
const STORES: &[StoreId] = &[StoreId::new(0, "one"), StoreId::new(3, "two")];

fn doc() -> GenesisDoc {
    dev::document("files-1", Timestamp::from_secs(1_800_000_000), &[validator::development_seed()]).unwrap()
}

/// The file with one bit flipped, at places all over it; and the file cut.
fn damaged(whole: &[u8], places: usize) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for n in 0..places {
        let mut bytes = whole.to_vec();
        bytes[n * whole.len() / places] ^= 1 << (n % 8);
        all.push(bytes);
    }
    all.extend([0, 1, whole.len() / 2, whole.len() - 2].map(|len| whole[..len].to_vec()));
    all
}

#[test]
fn a_genesis_file_that_was_changed_is_refused_by_the_chain_that_began_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("genesis.json");
    let doc = doc();
    doc.write(&file).unwrap();
    let disk = Disk::ephemeral(stores());
    let seeds = vec![validator::development_seed()];
    let engine = Engine::open(disk.clone(), None, doc.clone(), seeds.clone()).unwrap();
    engine.make_block().unwrap();
    let snapshot = engine.snapshot(None).unwrap();
    let again = |doc: GenesisDoc| {
        let loaded = Loaded {
            forest: snapshot.forest.clone(),
            height: snapshot.height,
            app_hash: snapshot.forest.root(),
            chain_id: "files-1".to_owned(),
        };
        Engine::open(disk.clone(), Some(loaded), doc, seeds.clone())
    };
    assert!(again(GenesisDoc::read(&file).unwrap()).is_ok());
    let (mut unread, mut refused) = (0, 0);
    let whole = std::fs::read(&file).unwrap();
    for bytes in damaged(&whole, 400) {
        std::fs::write(&file, &bytes).unwrap();
        match GenesisDoc::read(&file) {
            Err(_) => unread += 1,
            Ok(found) => match again(found.clone()) {
                Err(_) => refused += 1,
                Ok(_) => assert_eq!(found.to_json(), doc.to_json(), "only white space may differ"),
            },
        }
    }
    assert!(unread > 30 && refused > 100, "{unread} were not read, {refused} refused");
}

#[test]
fn a_damaged_key_file_never_signs_with_another_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("priv_validator_key.json");
    validator::load_or_create(&file, || Ok([7; 32])).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let mut refused = 0;
    for bytes in damaged(&whole, whole.len()) {
        std::fs::write(&file, &bytes).unwrap();
        match validator::load(&file) {
            Ok(seed) => assert_eq!(seed, [7; 32]),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > whole.len() / 2, "{refused}");

    let ring = Keyring::new(folder.path(), Backend::Test);
    let key = keys::development(0).unwrap();
    ring.add("alice", &key, || unreachable!("no passphrase is needed")).unwrap();
    let file = found(folder.path(), "alice");
    let whole = std::fs::read(&file).unwrap();
    let mut refused = 0;
    for bytes in damaged(&whole, whole.len()) {
        std::fs::write(&file, &bytes).unwrap();
        match ring.signer("alice", || Err(anyhow::anyhow!("no passphrase"))) {
            Ok(signer) => assert_eq!(signer.public(), key.public()),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > whole.len() / 2, "{refused}");
}

/// The file of a key below a folder.
fn found(folder: &Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.to_string_lossy().contains(name) {
                return entry;
            }
        }
    }
    panic!("there is no file of {name}");
}

fn forest() -> Forest {
    let mut forest = Forest::new(STORES);
    for store in [0, 3] {
        let pair =
            |n: u32| (store, format!("key/{n:02}").into_bytes().into(), Some(format!("value {n}").into_bytes().into()));
        forest.apply((0..20).map(pair)).unwrap();
    }
    forest
}

fn record(store: u8, key: &[u8], value: &[u8]) -> Vec<u8> {
    let (key_len, value_len) = (u16::try_from(key.len()).unwrap(), u32::try_from(value.len()).unwrap());
    [&[store][..], &key_len.to_be_bytes(), key, &value_len.to_be_bytes(), value].concat()
}

/// A stranger may offer any chunk with the hash that belongs to it; only the app hash is not his to choose.
#[test]
fn a_snapshot_of_a_stranger_becomes_the_state_only_if_it_is_the_state() {
    let forest = forest();
    let root = forest.root();
    let pairs = |store: u8| {
        let all = forest.range(store, std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
        all.map(|(key, value)| record(store, &key.to_vec(), &value)).collect::<Vec<_>>().concat()
    };
    let whole = [pairs(0), pairs(3)].concat();
    let mut accepted = 0;
    Attack::new(CORPUS, "snapshot_chunk", 6_000)
        .seeds([whole.clone(), record(0, b"a", b"b")])
        .words(["key/", "value "])
        .run(|raw| {
            let mut deflater = DeflateEncoder::new(Vec::new(), Compression::fast());
            deflater.write_all(raw).unwrap();
            let chunk = deflater.finish().unwrap();
            let metadata = sha256(&chunk).to_vec();
            let offered =
                abci::Snapshot { height: 5, format: FORMAT, chunks: 1, hash: sha256(&metadata).to_vec(), metadata };
            let Offer::Accept(mut restore) = Restore::offer(&offered, &root, STORES) else { panic!("a good offer") };
            match restore.chunk(0, &chunk) {
                Ok(Some(found)) => {
                    assert_eq!(found.root(), root);
                    accepted += 1;
                    "the state".to_owned()
                }
                Ok(None) => panic!("there is no other chunk"),
                Err(ChunkError::AppHash { .. }) => "another state".to_owned(),
                Err(e) => e.to_string(),
            }
        });
    assert!(accepted > 0);
}

#[test]
fn a_dumped_snapshot_that_was_changed_is_refused_or_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("snapshots"));
    let meta = take(&store, 5, &forest()).unwrap();
    let file = folder.path().join("dump");
    dump(&store, 5, &file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    Attack::new(CORPUS, "snapshot_file", 600).seeds([whole]).run(|bytes| {
        std::fs::write(&file, bytes).unwrap();
        let loaded = Store::new(folder.path().join("loaded"));
        let outcome = match load(&loaded, &file) {
            Ok(found) if found.hash == meta.hash => "the same".to_owned(),
            Ok(found) => format!("another one, of {} chunks", found.chunks),
            Err(e) => e.to_string(),
        };
        let _ = std::fs::remove_dir_all(folder.path().join("loaded"));
        outcome
    });
}
