//! The promises of the tree, tried against a `BTreeMap`, the `ics23` verifier and hostile keys.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

type Model = BTreeMap<Bytes, Bytes>;
type Batch = BTreeMap<Bytes, Option<Bytes>>;

/// Keys that are prefixes of each other, share long beginnings, or are all zeros, beside arbitrary ones.
fn key() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        3 => proptest::collection::vec(any::<u8>(), 1..4),
        3 => proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0x80), Just(0xff)], 1..7),
        2 => (1usize..256).prop_map(|n| vec![0u8; n]),
        2 => (1usize..20).prop_map(|n| b"channel-10101010101010".iter().copied().take(n).collect()),
        2 => (any::<u8>(), 0usize..256).prop_map(|(byte, at)| { let mut k = vec![7u8; 256]; k[at] = byte; k }),
    ]
    .prop_map(Bytes::from)
}

fn value() -> impl Strategy<Value = Bytes> {
    proptest::collection::vec(any::<u8>(), 1..40).prop_map(Bytes::from)
}

fn batch() -> impl Strategy<Value = Batch> {
    proptest::collection::btree_map(key(), proptest::option::weighted(0.6, value()), 0..60)
}

fn put(model: &mut Model, batch: &Batch) {
    for (key, value) in batch {
        match value {
            Some(value) => model.insert(key.clone(), value.clone()),
            None => model.remove(key),
        };
    }
}

fn pairs<'a>(iter: impl Iterator<Item = (&'a Bytes, &'a Bytes)>) -> Vec<(Bytes, Bytes)> {
    iter.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn rebuilt(model: &Model) -> Tree {
    Tree::from_sorted(model.clone()).unwrap()
}

proptest! {
    #[test]
    fn batches_leave_the_tree_with_the_pairs_of_a_map(batches in proptest::collection::vec(batch(), 1..12)) {
        let (mut tree, mut model) = (Tree::new(), Model::new());
        for batch in &batches {
            tree.apply(batch.clone()).unwrap();
            put(&mut model, batch);
            prop_assert_eq!(pairs(tree.iter()), pairs(model.iter()));
            prop_assert_eq!(tree.root(), rebuilt(&model).root());
            prop_assert_eq!(tree.len(), model.len() as u64);
            for (key, _) in batch {
                prop_assert_eq!(tree.get(key), model.get(key));
            }
        }
    }
}
