//! The worst that key bytes can do.

use super::*;

/// Keys that part from a long key of ones at every bit there is: the deepest tree that keys of this length allow.
fn deepest() -> Vec<Bytes> {
    let ones = [0xffu8; KEY_BYTES_MAX];
    let mut keys = vec![Bytes::copy_from_slice(&ones)];
    for len in 0..KEY_BYTES_MAX {
        if len > 0 {
            keys.push(Bytes::copy_from_slice(&ones[..len]));
        }
        for bit in 0..8 {
            let mut key = ones[..=len].to_vec();
            key[len] ^= 1 << bit;
            keys.push(Bytes::from(key));
        }
    }
    keys.sort();
    keys
}

#[test]
fn the_deepest_tree_can_be_written_walked_proven_and_dropped_on_a_small_stack() {
    let work = || {
        let keys = deepest();
        let mut tree = Tree::from_sorted(keys.iter().map(|key| (key.clone(), bytes("v")))).unwrap();
        assert_eq!(tree.height(), 9 * 256 - 1);
        assert_eq!(owned(tree.iter()).len(), keys.len());
        let longest = &keys[keys.len() - 1];
        let proof = tree.prove(longest);
        let shown = ics23::verify_membership::<ics23::HostFunctionsManager>(
            &proof,
            &ics23::iavl_spec(),
            &tree.root().to_vec(),
            longest,
            b"v",
        );
        assert!(shown);
        let snapshot = tree.clone();
        tree.apply(keys.iter().map(|key| (key.clone(), Some(bytes("w"))))).unwrap();
        tree.apply(keys.iter().skip(1).map(|key| (key.clone(), None))).unwrap();
        assert_eq!((tree.len(), tree.height(), snapshot.len()), (1, 0, keys.len() as u64));
        // Around one long key, every other key parts the way in two.
        for one in [longest, &keys[0]] {
            let mut tree = Tree::from_sorted([(one.clone(), bytes("v"))]).unwrap();
            tree.apply(keys.iter().map(|key| (key.clone(), Some(bytes("v"))))).unwrap();
            assert_eq!(tree.root(), snapshot.root());
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
}
