//! Proofs verify for what is so, and for nothing else.

use ics23::commitment_proof::Proof;
use ics23::{
    CommitmentProof, ExistenceProof, HostFunctionsManager, NonExistenceProof, ProofSpec, iavl_spec, tendermint_spec,
    verify_membership, verify_non_membership,
};

use super::*;

fn shows(spec: &ProofSpec, root: [u8; 32], proof: &CommitmentProof, key: &[u8], value: &[u8]) -> bool {
    verify_membership::<HostFunctionsManager>(proof, spec, &root.to_vec(), key, value)
}

fn denies(root: [u8; 32], proof: &CommitmentProof, key: &[u8]) -> bool {
    verify_non_membership::<HostFunctionsManager>(proof, &iavl_spec(), &root.to_vec(), key)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_key_can_be_proven_present_or_absent(model in model(), others in proptest::collection::vec(key(), 20)) {
        prop_assume!(!model.is_empty());
        let tree = built(&model);
        for key in model.keys().chain(&others) {
            let proof = tree.prove(key);
            match model.get(key) {
                Some(value) => {
                    prop_assert!(shows(&iavl_spec(), tree.root(), &proof, key, value));
                    prop_assert!(!shows(&iavl_spec(), tree.root(), &proof, key, b"another value"));
                    prop_assert!(!denies(tree.root(), &proof, key));
                }
                None => {
                    prop_assert!(denies(tree.root(), &proof, key));
                    prop_assert!(!shows(&iavl_spec(), tree.root(), &proof, key, b"a value"));
                    for present in model.keys() {
                        prop_assert!(!denies(tree.root(), &proof, present));
                    }
                }
            }
        }
    }

    #[test]
    fn heads_say_a_height_that_is_at_least_the_distance_to_the_leaf(model in model()) {
        let tree = built(&model);
        for key in model.keys() {
            let Some(Proof::Exist(proof)) = tree.prove(key).proof else { panic!("present") };
            for (distance, op) in (1u64..).zip(&proof.path) {
                let height = prost::encoding::decode_varint(&mut op.prefix.as_slice()).unwrap() / 2;
                prop_assert!(height >= distance);
                prop_assert!((4..=12).contains(&op.prefix.len()) || (37..=45).contains(&op.prefix.len()));
            }
            prop_assert!(proof.path.len() <= usize::from(tree.height()));
        }
    }
}

fn sample() -> (Tree, Model) {
    let mut model = Model::new();
    for i in 0..40u32 {
        model.insert(Bytes::from(format!("channelEnds/channel-{i}")), Bytes::from(format!("end {i}")));
    }
    (built(&model), model)
}

/// Every proof that differs from `proof` in one byte of one of its parts.
fn tampered(proof: &ExistenceProof) -> Vec<ExistenceProof> {
    let mut all = Vec::new();
    let mut twist = |len: usize, part: fn(&mut ExistenceProof, usize) -> &mut Vec<u8>, step: usize| {
        for byte in 0..len {
            for flip in [0x01, 0x80] {
                let mut changed = proof.clone();
                part(&mut changed, step)[byte] ^= flip;
                all.push(changed);
            }
        }
    };
    twist(proof.key.len(), |p, _| &mut p.key, 0);
    twist(proof.value.len(), |p, _| &mut p.value, 0);
    twist(3, |p, _| &mut p.leaf.as_mut().unwrap().prefix, 0);
    for step in 0..proof.path.len() {
        twist(proof.path[step].prefix.len(), |p, step| &mut p.path[step].prefix, step);
        twist(proof.path[step].suffix.len(), |p, step| &mut p.path[step].suffix, step);
    }
    for step in 0..proof.path.len() {
        let mut shorter = proof.clone();
        shorter.path.remove(step);
        all.push(shorter);
        let mut longer = proof.clone();
        longer.path.insert(step, proof.path[step].clone());
        all.push(longer);
    }
    all
}

fn exists(proof: ExistenceProof) -> CommitmentProof {
    CommitmentProof { proof: Some(Proof::Exist(proof)) }
}

#[test]
fn a_proof_of_presence_with_one_changed_byte_proves_nothing() {
    let (tree, model) = sample();
    for (key, value) in &model {
        let Some(Proof::Exist(proof)) = tree.prove(key).proof else { panic!("present") };
        for changed in tampered(&proof) {
            let (claimed_key, claimed_value) = (changed.key.clone(), changed.value.clone());
            let changed = exists(changed);
            assert!(!shows(&iavl_spec(), tree.root(), &changed, key, value));
            assert!(!shows(&iavl_spec(), tree.root(), &changed, &claimed_key, &claimed_value));
        }
    }
}

#[test]
fn a_proof_of_absence_with_one_changed_byte_proves_nothing() {
    let (tree, _) = sample();
    for absent in ["a", "channelEnds/channel-100", "channelEnds/channel-2/", "z"] {
        let Some(Proof::Nonexist(proof)) = tree.prove(absent.as_bytes()).proof else { panic!("absent") };
        let with = |left: Option<ExistenceProof>, right: Option<ExistenceProof>| CommitmentProof {
            proof: Some(Proof::Nonexist(NonExistenceProof { key: proof.key.clone(), left, right })),
        };
        let mut forged = Vec::new();
        for left in proof.left.iter().flat_map(tampered) {
            forged.push(with(Some(left), proof.right.clone()));
        }
        for right in proof.right.iter().flat_map(tampered) {
            forged.push(with(proof.left.clone(), Some(right)));
        }
        if proof.left.is_some() && proof.right.is_some() {
            forged.push(with(None, proof.right.clone()));
            forged.push(with(proof.left.clone(), None));
        }
        assert!(forged.len() > 100);
        for changed in forged {
            assert!(!denies(tree.root(), &changed, absent.as_bytes()));
        }
    }
}

#[test]
fn neighbours_that_are_not_next_to_each_other_deny_nothing() {
    let (tree, model) = sample();
    let proofs: Vec<ExistenceProof> = (model.keys())
        .map(|key| match tree.prove(key).proof {
            Some(Proof::Exist(proof)) => proof,
            _ => panic!("present"),
        })
        .collect();
    for three in proofs.windows(3) {
        let forged = NonExistenceProof {
            key: three[1].key.clone(),
            left: Some(three[0].clone()),
            right: Some(three[2].clone()),
        };
        let forged = CommitmentProof { proof: Some(Proof::Nonexist(forged)) };
        assert!(!denies(tree.root(), &forged, &three[1].key));
    }
}

#[test]
fn an_empty_tree_proves_nothing() {
    let tree = Tree::new();
    assert!(!denies(tree.root(), &tree.prove(b"key"), b"key"));
}

const STORES: &[StoreId] = &[
    StoreId::new(0, "staking"),
    StoreId::new(1, "bank"),
    StoreId::new(3, "ibc"),
    StoreId::new(4, "acc"),
    StoreId::new(6, "a store with a long name, longer than any other"),
];

fn forest() -> Forest {
    let mut forest = Forest::new(STORES);
    let put = |store: u8, key: &'static str| (store, bytes(key), Some(bytes("value")));
    forest.apply([put(0, "a"), put(0, "b"), put(1, "a"), put(3, "k"), put(3, "kk"), put(6, "x")]).unwrap();
    forest
}

#[test]
fn a_key_is_proven_up_to_the_app_hash_in_two_steps() {
    let forest = forest();
    for (store, key) in [(0, "a"), (0, "b"), (1, "a"), (3, "k"), (3, "kk"), (6, "x")] {
        let name = STORES.iter().find(|id| id.index == store).unwrap().name;
        let proof = forest.prove(store, key.as_bytes());
        let root = forest.tree(store).unwrap().root();
        assert!(shows(&iavl_spec(), root, &proof.inner, key.as_bytes(), b"value"));
        assert!(shows(&tendermint_spec(), forest.root(), &proof.outer, name.as_bytes(), &root));
        for other in STORES.iter().filter(|other| other.name != name) {
            assert!(!shows(&tendermint_spec(), forest.root(), &proof.outer, other.name.as_bytes(), &root));
        }
    }
    let absent = forest.prove(3, b"kkk");
    assert!(denies(forest.tree(3).unwrap().root(), &absent.inner, b"kkk"));
    assert_eq!(forest.prove(2, b"a").outer, CommitmentProof { proof: None });
}

#[test]
fn the_encoded_steps_of_a_query_decode_to_the_proof() {
    let proof = forest().prove(3, b"kk");
    let [inner, outer] = proof.ops("ibc", b"kk");
    assert_eq!((inner.kind, outer.kind), ("ics23:iavl", "ics23:simple"));
    assert_eq!((&inner.key[..], &outer.key[..]), (&b"kk"[..], &b"ibc"[..]));
    assert_eq!(decode_proof(&inner.data), Some(proof.inner));
    assert_eq!(decode_proof(&outer.data), Some(proof.outer));
    assert_eq!(decode_proof(&inner.data[1..]), None);
}

#[test]
fn a_changed_step_between_store_and_app_hash_proves_nothing() {
    let forest = forest();
    for id in STORES {
        let root = forest.tree(id.index).unwrap().root();
        let Some(Proof::Exist(proof)) = forest.prove(id.index, b"a").outer.proof else { panic!("known store") };
        assert!(shows(&tendermint_spec(), forest.root(), &exists(proof.clone()), id.name.as_bytes(), &root));
        for step in 0..proof.path.len() {
            for part in 0..2 {
                let len = if part == 0 { proof.path[step].prefix.len() } else { proof.path[step].suffix.len() };
                for byte in 0..len {
                    let mut changed = proof.clone();
                    let op = &mut changed.path[step];
                    let part = if part == 0 { &mut op.prefix } else { &mut op.suffix };
                    part[byte] ^= 1;
                    assert!(!shows(&tendermint_spec(), forest.root(), &exists(changed), id.name.as_bytes(), &root));
                }
            }
        }
    }
}

#[test]
fn the_app_hash_is_the_simple_merkle_root_over_names_and_hashed_roots() {
    let forest = forest();
    let mut leaves: Vec<Vec<u8>> = Vec::new();
    let mut roots = forest.store_roots();
    roots.sort_by_key(|(id, _)| id.name);
    for (id, root) in &roots {
        let hashed = Sha256::digest(root);
        leaves.push([&[id.name.len() as u8], id.name.as_bytes(), &[32], hashed.as_slice()].concat());
    }
    assert_eq!(forest.root(), crate::crypto::merkle::root(&leaves));
    assert_eq!(Forest::new(&[]).root(), <[u8; 32]>::from(Sha256::digest([])));
}

#[test]
fn a_batch_with_a_fault_in_one_store_changes_no_store() {
    let mut forest = forest();
    let root = forest.root();
    let put = |store: u8, key: &'static str| (store, bytes(key), Some(bytes("new")));
    assert_eq!(forest.apply([put(0, "a"), put(2, "a")]), Err(TreeError::StoreUnknown { store: 2 }));
    assert_eq!(forest.apply([put(0, "a"), put(9, "a")]), Err(TreeError::StoreUnknown { store: 9 }));
    assert_eq!(forest.apply([put(1, "a"), put(0, "a")]), Err(TreeError::StoresNotAscending { before: 1, store: 0 }));
    assert_eq!(forest.apply([put(0, "a"), put(1, "")]), Err(TreeError::KeyEmpty { position: 0 }));
    assert_eq!(forest.root(), root);
    assert_eq!(forest.get(0, b"a").as_deref(), Some(&b"value"[..]));
    assert!(forest.get(2, b"a").is_none());
    assert_eq!(forest.range(9, Bound::Unbounded, Bound::Unbounded).len(), 0);
}
