//! The tree as a map: contents, order, refusals, snapshots, and a root that depends on the pairs alone.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn batches_leave_the_tree_with_the_pairs_of_a_map(batches in proptest::collection::vec(batch(), 1..8)) {
        let (mut tree, mut model) = (Tree::new(), Model::new());
        for batch in &batches {
            tree.apply(batch.clone()).unwrap();
            put(&mut model, batch);
            prop_assert_eq!(owned(tree.iter()), pairs(&model));
            prop_assert_eq!(tree.root(), built(&model).root());
            prop_assert_eq!(tree.len(), model.len() as u64);
            prop_assert_eq!(tree.is_empty(), model.is_empty());
            for key in batch.keys() {
                prop_assert_eq!(tree.get(key).map(|value| value.to_bytes()), model.get(key).cloned());
            }
        }
    }

    #[test]
    fn parts_that_were_built_apart_are_joined_to_the_same_tree(model in model(), bytes in 1usize..4) {
        let mut parts: Vec<Tree> = Vec::new();
        let all = pairs(&model);
        let first = |key: &Bytes| key.get(..bytes).map(<[u8]>::to_vec);
        // A key that is shorter than the cut stands alone.
        for part in all.chunk_by(|(a, _), (b, _)| first(a).is_some() && first(a) == first(b)) {
            parts.push(Tree::from_sorted(part.to_vec()).unwrap());
            parts.push(Tree::new());
        }
        let joined = Tree::joined(parts).unwrap();
        prop_assert_eq!(owned(joined.iter()), pairs(&model));
        prop_assert_eq!(joined.root(), built(&model).root());
    }

    #[test]
    fn the_root_follows_the_written_rules(model in model()) {
        prop_assert_eq!(built(&model).root(), root_by_the_rules(&pairs(&model)));
    }

    #[test]
    fn the_root_does_not_depend_on_history(model in model(), detour in batch(), seed in any::<u64>()) {
        let wanted = built(&model).root();
        // One by one, in an order of its own.
        let mut order: Vec<_> = model.iter().collect();
        order.sort_by_key(|(key, _)| Sha256::digest([&seed.to_be_bytes(), key.as_ref()].concat()).to_vec());
        let mut tree = Tree::new();
        for (key, value) in order {
            tree.apply([(key.clone(), Some(value.clone()))]).unwrap();
        }
        prop_assert_eq!(tree.root(), wanted);
        // Away from it and back.
        tree.apply(detour.clone()).unwrap();
        let back = detour.keys().map(|key| (key.clone(), model.get(key).cloned()));
        tree.apply(back).unwrap();
        prop_assert_eq!(tree.root(), wanted);
        prop_assert_eq!(owned(tree.iter()), pairs(&model));
        // Down to nothing.
        tree.apply(model.keys().map(|key| (key.clone(), None))).unwrap();
        prop_assert_eq!(tree.root(), Tree::new().root());
        prop_assert!(tree.is_empty());
    }

    #[test]
    fn a_range_is_the_range_of_a_map(model in model(), a in key(), b in key(), kinds in 0..9, ends in any::<u64>(), jump in 0usize..5) {
        let bound = |kind: i32, key: &Bytes| match kind {
            0 => Bound::Unbounded,
            1 => Bound::Included(key.clone()),
            _ => Bound::Excluded(key.clone()),
        };
        let (from, to) = if a <= b { (&a, &b) } else { (&b, &a) };
        let bounds = (bound(kinds / 3, from), bound(kinds % 3, to));
        let tree = built(&model);
        let slices = (bounds.0.as_ref().map(|k| k.as_ref()), bounds.1.as_ref().map(|k| k.as_ref()));
        let mut walk = tree.range(slices.0, slices.1);
        let inverted = from == to && kinds == 8;
        let mut wanted = if inverted { Vec::new() } else { model.range::<Bytes, _>(bounds).map(|(key, value)| (key.clone(), value.clone())).collect() };
        prop_assert_eq!(owned(walk.clone()), wanted.clone());
        prop_assert_eq!(walk.len(), wanted.len());
        let mut jumped = walk.clone();
        prop_assert_eq!(jumped.nth(jump).map(one), wanted.get(jump).cloned());
        prop_assert_eq!(jumped.nth_back(jump).map(one), walk.clone().skip(jump + 1).rev().nth(jump).map(one));
        // From both ends in turns.
        for turn in 0..=wanted.len() {
            let back = ends >> (turn % 64) & 1 == 1;
            let (got, want) = if back { (walk.next_back(), wanted.pop()) } else { (walk.next(), (!wanted.is_empty()).then(|| wanted.remove(0))) };
            prop_assert_eq!(got.map(one), want);
        }
    }

    #[test]
    fn ranks_count_the_smaller_keys(model in model(), key in key()) {
        let rank = built(&model).rank(&key);
        prop_assert_eq!(rank.below, model.range(..key.clone()).count() as u64);
        prop_assert_eq!(rank.found, model.contains_key(&key));
    }

    #[test]
    fn the_changes_between_two_trees_are_those_between_two_maps(first in model(), other in model(), batch in batch()) {
        let mut near = first.clone();
        put(&mut near, &batch);
        for to in [&near, &other, &Model::new(), &first] {
            let mut wanted: Batch = first.keys().filter(|key| !to.contains_key(*key)).map(|key| (key.clone(), None)).collect();
            wanted.extend(to.iter().filter(|(key, value)| first.get(*key) != Some(value)).map(|(key, value)| (key.clone(), Some(value.clone()))));
            let (mut from, to) = (built(&first), built(to));
            let changes = from.changes_to(&to);
            prop_assert_eq!(&changes, &wanted.into_iter().collect::<Vec<_>>());
            from.apply(changes).unwrap();
            prop_assert_eq!(from.root(), to.root());
        }
    }

    #[test]
    fn a_snapshot_never_changes(first in model(), batches in proptest::collection::vec(batch(), 1..6)) {
        let (mut tree, mut model) = (built(&first), first);
        let mut kept = Vec::new();
        for batch in &batches {
            kept.push((tree.clone(), model.clone()));
            tree.apply(batch.clone()).unwrap();
            put(&mut model, batch);
        }
        for (snapshot, model) in kept {
            prop_assert_eq!(owned(snapshot.iter()), pairs(&model));
            prop_assert_eq!(snapshot.root(), built(&model).root());
        }
    }
}

#[test]
fn nodes_that_no_snapshot_shares_are_changed_in_place() {
    let place = |tree: &Tree| match tree.get(b"key/050") {
        Some(ValueRef::Whole(value)) => std::ptr::from_ref(value),
        other => panic!("{other:?}"),
    };
    let pairs = (0..100).map(|i| (Bytes::from(format!("key/{i:03}")), bytes("old")));
    let mut tree = Tree::from_sorted(pairs).unwrap();
    tree.apply([(bytes("key/050"), Some(bytes("loose")))]).unwrap();
    let before = place(&tree);
    tree.apply([(bytes("key/050"), Some(bytes("new")))]).unwrap();
    assert_eq!(place(&tree), before);
    let snapshot = tree.clone();
    tree.apply([(bytes("key/050"), Some(bytes("newer")))]).unwrap();
    assert_ne!(place(&tree), before);
    assert_eq!(snapshot.get(b"key/050").as_deref(), Some(&b"new"[..]));
}

#[test]
fn a_refused_batch_changes_nothing_and_says_why() {
    let mut tree = Tree::from_sorted([(bytes("a"), bytes("1"))]).unwrap();
    let root = tree.root();
    let long = Bytes::from(vec![7; 257]);
    let put = |key: &Bytes| (key.clone(), Some(bytes("v")));
    let refused = [
        (vec![put(&bytes("b")), put(&bytes(""))], TreeError::KeyEmpty { position: 1 }),
        (vec![put(&bytes("b")), (long.clone(), None)], TreeError::KeyTooLong { position: 1, len: 257 }),
        (vec![put(&bytes("b")), (bytes("c"), Some(bytes("")))], TreeError::ValueEmpty { key: "63".into() }),
        (vec![put(&bytes("b")), put(&bytes("b"))], TreeError::NotAscending { before: "62".into(), key: "62".into() }),
        (vec![put(&bytes("c")), put(&bytes("b"))], TreeError::NotAscending { before: "63".into(), key: "62".into() }),
    ];
    for (batch, why) in refused {
        assert_eq!(tree.apply(batch), Err(why));
        assert_eq!((tree.root(), tree.len()), (root, 1));
    }
    tree.apply([put(&Bytes::from(vec![7; 256]))]).unwrap();
    assert!(tree.get(&long).is_none(), "a key that is too long is simply not there");
    assert_eq!(tree.range(Bound::Unbounded, Bound::Included(&long)).count(), 1);
}

#[test]
fn removing_what_is_not_there_changes_nothing() {
    let mut tree = Tree::from_sorted([(bytes("a"), bytes("1")), (bytes("ab"), bytes("2"))]).unwrap();
    let root = tree.root();
    tree.apply([(bytes("aa"), None), (bytes("abc"), None), (bytes("b"), None)]).unwrap();
    assert_eq!(tree.root(), root);
    Tree::new().apply([(bytes("aa"), None)]).unwrap();
}

#[test]
fn a_range_whose_start_is_behind_its_end_is_empty() {
    let tree = Tree::from_sorted([(bytes("a"), bytes("1")), (bytes("b"), bytes("2"))]).unwrap();
    assert_eq!(tree.range(Bound::Included(b"b"), Bound::Excluded(b"a")).next().map(one), None);
    assert_eq!(tree.range(Bound::Excluded(b"b"), Bound::Included(b"a")).next_back().map(one), None);
    assert_eq!(tree.range(Bound::Included(b"b"), Bound::Excluded(b"a")).len(), 0);
}

/// Golden: these roots may only change together with a decision to break every chain.
#[test]
fn the_roots_of_small_trees_are_as_they_ever_were() {
    let pairs = [("channel-1", "open"), ("channel-10", "closed"), ("channel-2", "init"), ("z", "\0")];
    let tree = |n: usize| {
        let pairs = pairs.iter().take(n).map(|(key, value)| (Bytes::from(*key), Bytes::from(*value)));
        hex::encode(Tree::from_sorted(pairs).unwrap().root())
    };
    let roots: Vec<String> = (0..=4).map(tree).collect();
    assert_eq!(
        roots,
        [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "d9d291b1dee5e7df09b2dde12de56addab01009cf644a3734d07c24253281e4e",
            "022a40408d5e343467fdf16bfc0851a9588df3ecb646ed6e2c8dcb5bcc323690",
            "a8cc395f1a8df1db343fe181bb94cba4eac13dcfe88874c344a7bfe1799841a5",
            "944fde3c237005c2d79755e282b279b2c663acff1f84936203c75022d78d4117",
        ]
    );
}

#[test]
fn parts_whose_keys_are_mixed_or_out_of_order_are_not_joined() {
    let part = |keys: &[&'static str]| Tree::from_sorted(keys.iter().map(|key| (bytes(key), bytes("v")))).unwrap();
    assert!(Tree::joined([part(&["aa", "ab"]), part(&["b"])]).is_ok());
    for (before, next) in
        [(vec!["b"], vec!["a"]), (vec!["a", "c"], vec!["b"]), (vec!["aa"], vec!["ab", "b"]), (vec!["a"], vec!["a"])]
    {
        let refused = Tree::joined([part(&before), part(&next)]);
        assert!(matches!(refused, Err(TreeError::PartsMixed { .. })), "{before:?} {next:?}");
    }
}
