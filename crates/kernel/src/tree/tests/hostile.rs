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

#[test]
fn keys_of_a_busy_relayed_store_are_proven_in_fewer_steps_than_go_verifiers_allow() {
    let mut keys = Vec::new();
    for client in 0..120 {
        keys.push(format!("clients/07-tendermint-{client}/clientState"));
        keys.extend(
            (0..60).map(|n| format!("clients/07-tendermint-{client}/consensusStates/1-{}", 19_000_000 + 977 * n)),
        );
    }
    // A client whose heights were chosen to part from one long height at every bit of its digits.
    for digit in 0..20 {
        for other in b'0'..=b'9' {
            let mut height = [b'9'; 20];
            height[digit] = other;
            let height = String::from_utf8_lossy(&height);
            keys.extend([
                format!("clients/07-tendermint-7/consensusStates/1-{height}"),
                format!("clients/07-tendermint-7/consensusStates/{height}-1"),
            ]);
        }
    }
    for channel in 0..300 {
        keys.push(format!("channelEnds/ports/transfer/channels/channel-{channel}"));
        keys.push(format!("nextSequenceSend/ports/transfer/channels/channel-{channel}"));
        let packets = if channel % 50 == 0 { 5_000 } else { 20 };
        for kind in ["commitments", "receipts", "acks"] {
            keys.extend(
                (0..packets)
                    .map(|n| format!("{kind}/ports/transfer/channels/channel-{channel}/sequences/{}", 3_999_000 + n)),
            );
        }
    }
    keys.sort();
    keys.dedup();
    let tree = Tree::from_sorted(keys.into_iter().map(|key| (Bytes::from(key), bytes("v")))).unwrap();
    assert!(tree.height() <= GO_PROOF_STEPS_MAX, "height {}", tree.height());
}
