//! What is packed and what is loose cannot be told from outside.

use super::super::node::Link;
use super::super::page::PAIRS_MAX;
use super::*;

/// Leaves, and pages, of a tree.
fn parts(tree: &Tree) -> (usize, usize) {
    fn count(link: &Link) -> (usize, usize) {
        match link {
            Link::Leaf { .. } => (1, 0),
            Link::Page { .. } => (0, 1),
            Link::Fork { fork, .. } => {
                let (left, right) = (count(&fork.left), count(&fork.right));
                (left.0 + right.0, left.1 + right.1)
            }
        }
    }
    tree.top.as_ref().map_or((0, 0), count)
}

fn numbered(from: u32, to: u32) -> impl Iterator<Item = (Bytes, Option<Bytes>)> {
    (from..to).map(|n| (Bytes::from(format!("key/{n:05}")), Some(Bytes::from(format!("value {n}")))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn trees_of_every_mixture_show_and_prove_the_same(
        first in model(),
        batches in proptest::collection::vec(batch(), 1..8),
        others in proptest::collection::vec(key(), 8),
        jump in 0usize..20,
    ) {
        let (mut tree, mut model) = (built(&first), first);
        let mut versions = vec![tree.clone()];
        for batch in &batches {
            tree.apply(batch.clone()).unwrap();
            put(&mut model, batch);
            let packed = built(&model);
            prop_assert_eq!(tree.height(), packed.height());
            for key in model.keys().chain(&others).chain(batch.keys()) {
                prop_assert_eq!(tree.get(key).map(|value| value.to_bytes()), model.get(key).cloned());
                prop_assert_eq!(tree.rank(key), packed.rank(key));
                prop_assert_eq!(tree.prove(key), packed.prove(key));
                for end in 0..=key.len().min(4) {
                    let prefix = &key[..end];
                    let wanted: Vec<_> = pairs(&model).into_iter().filter(|(key, _)| key.starts_with(prefix)).collect();
                    let under = tree.range_under(prefix, Bound::Unbounded, Bound::Unbounded);
                    prop_assert_eq!(under.len(), wanted.len());
                    prop_assert_eq!(owned(under.clone()), wanted.clone());
                    prop_assert_eq!(under.clone().nth_back(jump).map(one), wanted.iter().rev().nth(jump).cloned());
                    let from = tree.range_under(prefix, Bound::Excluded(key), Bound::Unbounded);
                    prop_assert_eq!(owned(from.rev()), wanted.into_iter().filter(|(k, _)| k > key).rev().collect::<Vec<_>>());
                }
            }
            versions.push(tree.clone());
        }
        for from in &versions {
            for to in &versions {
                let mut from = from.clone();
                from.apply(from.changes_to(to)).unwrap();
                prop_assert_eq!(from.root(), to.root());
            }
        }
    }

    #[test]
    fn a_builder_refuses_what_a_batch_refuses(list in proptest::collection::vec((key(), value()), 1..6)) {
        let mut tree = Tree::new();
        let applied = tree.apply(list.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
        let built = Tree::from_sorted(list.clone());
        prop_assert_eq!(built.as_ref().map(|_| ()), applied.as_ref().copied());
        if let Ok(built) = built {
            prop_assert_eq!(built.root(), tree.root());
        }
    }
}

#[test]
fn what_is_built_at_once_is_packed_and_a_write_opens_its_page_along_the_way() {
    let count = 1_000;
    let mut tree = Tree::from_sorted(numbered(0, count).map(|(key, value)| (key, value.unwrap()))).unwrap();
    let (leaves, pages) = parts(&tree);
    assert_eq!(leaves, 0);
    assert!(pages <= count as usize / (PAIRS_MAX / 2), "{pages}");
    let before = tree.clone();
    tree.apply([(bytes("key/00500"), Some(bytes("new")))]).unwrap();
    let opened = parts(&tree);
    assert_eq!(opened.0, 1);
    assert!(opened.1 <= pages + 4, "{opened:?}");
    assert_eq!(parts(&before), (0, pages));
    assert_eq!(before.changes_to(&tree), [(bytes("key/00500"), Some(bytes("new")))]);
}

#[test]
fn what_rests_is_packed_again_by_a_batch_that_passes_by() {
    let mut tree = Tree::new();
    for one in numbered(0, 200) {
        tree.apply([one]).unwrap();
    }
    let root = tree.root();
    let neighbours = |round: u32| {
        let value = Bytes::from(round.to_string());
        (0..200).step_by(40).map(move |n| (Bytes::from(format!("key/{n:05}")), Some(value.clone())))
    };
    for round in 0..8 {
        tree.apply(neighbours(round)).unwrap();
    }
    let (leaves, pages) = parts(&tree);
    assert!(leaves <= 30 && pages <= 40, "{leaves} leaves, {pages} pages");
    tree.apply(numbered(0, 200)).unwrap();
    assert_eq!(tree.root(), root);
}

#[test]
fn a_pair_that_is_too_long_for_a_page_is_a_leaf_between_pages() {
    let mut model: Model = numbered(0, 40).map(|(key, value)| (key, value.unwrap())).collect();
    model.insert(bytes("key/00017"), Bytes::from(vec![1; 5_000]));
    let tree = built(&model);
    assert_eq!(parts(&tree).0, 1);
    assert_eq!(owned(tree.iter()), pairs(&model));
    assert_eq!(tree.root(), root_by_the_rules(&pairs(&model)));
}
