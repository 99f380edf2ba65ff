//! A chain that is exported in mid-life and imported again is the same chain.

use entente_chain::{Chain, Snapshot, genesis};

use crate::life::{Life, play};

/// How many blocks lie between two exports of a life.
const EVERY: usize = 3;

fn again(snapshot: &Snapshot) -> Chain {
    let document = snapshot.export_document().unwrap();
    let init = genesis::document::read(&document).unwrap();
    let (chain, result) = Chain::init_chain(&init).unwrap();
    genesis::document::check_validators(&document, &result.validators).unwrap();
    chain
}

/// What differs, for people.
fn differences(from: &Snapshot, to: &Snapshot) -> Vec<String> {
    let text = |bytes: Option<&[u8]>| bytes.map_or_else(|| "absent".to_owned(), hex::encode);
    let show = |(store, key, value): &(u8, bytes::Bytes, Option<bytes::Bytes>)| {
        let name = from.forest.stores().iter().find(|s| s.index == *store).map_or("?", |s| s.name);
        let (old, new) = (text(from.forest.get(*store, key).as_deref()), text(value.as_deref()));
        format!("{name} {}: {old} became {new}", hex::encode(key))
    };
    from.forest.changes_to(&to.forest).iter().map(show).collect()
}

fn assert_same(name: &str, here: &Snapshot, there: &Snapshot) {
    let found = differences(here, there);
    assert!(found.is_empty(), "{name} {}: {:#?}", here.height, &found[..found.len().min(20)]);
    assert_eq!(here.forest.root(), there.forest.root(), "{name} {}", here.height);
    assert_eq!((here.height, here.time, here.chain_id()), (there.height, there.time, there.chain_id()));
}

/// Plays a life, exports and imports on the way. The import of the middle lives on beside the original.
fn live(name: &str) {
    let life = Life::open(name);
    let mut chain = life.start();
    let blocks: Vec<_> = life.blocks().collect();
    let mut twin: Option<Chain> = None;
    for (at, block) in blocks.iter().enumerate() {
        play(&mut chain, block);
        let here = chain.snapshot(None).unwrap();
        if let Some(twin) = &mut twin {
            play(twin, block);
            assert_same(name, here, twin.snapshot(None).unwrap());
        }
        if at % EVERY == 0 || at + 1 == blocks.len() {
            let imported = again(here);
            let there = imported.snapshot(None).unwrap();
            assert_same(name, here, there);
            assert_eq!(here.export_document().unwrap(), there.export_document().unwrap());
            if at >= blocks.len() / 2 && twin.is_none() {
                twin = Some(imported);
            }
        }
    }
    assert!(twin.is_some());
}

macro_rules! lives {
    ($($name:ident)*) => {
        /// An export imported again has the same app hash, and goes on to the same app hashes.
        mod an_export_imported_again_is_the_same_chain {
            $(#[test]
            fn $name() {
                super::live(stringify!($name));
            })*
        }
    };
}

lives! {
    alliance_basic alliance_import alliance_life alliance_slash alliance_slash_entries alliance_take alliance_weights
    bank_auth host_gov host_mint host_slashing host_staking refusals
}
