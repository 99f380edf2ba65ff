//! The simple Merkle tree of CometBFT (RFC 6962): data hashes, validator set hashes, and the root over the stores.

use super::sha256;

/// A leaf is hashed after this byte.
pub(crate) const LEAF: u8 = 0;
/// A pair of hashes is hashed after this byte.
pub(crate) const INNER: u8 = 1;

/// That one leaf belongs to a root: its place and the hashes beside the way up, lowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The number of leaves.
    pub total: u64,
    /// The place of the leaf, from 0.
    pub index: u64,
    /// The hash of the leaf.
    pub leaf_hash: [u8; 32],
    /// The sibling hashes from the leaf up.
    pub aunts: Vec<[u8; 32]>,
}

impl Proof {
    /// The root that the proof leads to, if its shape fits its numbers.
    pub fn root(&self) -> Option<[u8; 32]> {
        climb(self.index, self.total, self.leaf_hash, &self.aunts)
    }

    /// Does `leaf` belong to `root` at this place?
    pub fn verify(&self, root: &[u8; 32], leaf: &[u8]) -> bool {
        leaf_hash(leaf) == self.leaf_hash && self.root().as_ref() == Some(root)
    }
}

/// The hash of a leaf.
pub fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    sha256(&[&[LEAF], leaf].concat())
}

/// The hash of two subtrees.
pub fn inner_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    sha256(&[&[INNER], left.as_slice(), right.as_slice()].concat())
}

/// The root over the leaves; for no leaves the hash of nothing.
pub fn root<Leaf: AsRef<[u8]>>(leaves: &[Leaf]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => leaf_hash(leaf.as_ref()),
        _ => {
            let (left, right) = leaves.split_at(split_point(leaves.len()));
            inner_hash(&root(left), &root(right))
        }
    }
}

/// The root over the leaves, and the proof of each leaf.
pub fn proofs<Leaf: AsRef<[u8]>>(leaves: &[Leaf]) -> ([u8; 32], Vec<Proof>) {
    let total = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
    let mut proofs: Vec<Proof> = (0..total)
        .zip(leaves)
        .map(|(index, leaf)| Proof { total, index, leaf_hash: leaf_hash(leaf.as_ref()), aunts: Vec::new() })
        .collect();
    let root = if proofs.is_empty() { sha256(&[]) } else { collect_aunts(&mut proofs) };
    (root, proofs)
}

/// Gives each proof of a subtree its aunts inside the subtree; returns the subtree's hash.
fn collect_aunts(proofs: &mut [Proof]) -> [u8; 32] {
    if let [proof] = proofs {
        return proof.leaf_hash;
    }
    let (left, right) = proofs.split_at_mut(split_point(proofs.len()));
    let (left_hash, right_hash) = (collect_aunts(left), collect_aunts(right));
    left.iter_mut().for_each(|proof| proof.aunts.push(right_hash));
    right.iter_mut().for_each(|proof| proof.aunts.push(left_hash));
    inner_hash(&left_hash, &right_hash)
}

fn climb(index: u64, total: u64, leaf_hash: [u8; 32], aunts: &[[u8; 32]]) -> Option<[u8; 32]> {
    if index >= total {
        return None;
    }
    if total == 1 {
        return aunts.is_empty().then_some(leaf_hash);
    }
    let (aunt, lower) = aunts.split_last()?;
    let split = split_point(usize::try_from(total).ok()?);
    let split = u64::try_from(split).ok()?;
    match index.checked_sub(split) {
        None => Some(inner_hash(&climb(index, split, leaf_hash, lower)?, aunt)),
        Some(index) => Some(inner_hash(aunt, &climb(index, total.checked_sub(split)?, leaf_hash, lower)?)),
    }
}

/// The largest power of two below `length`, for lengths above 1.
pub(crate) fn split_point(length: usize) -> usize {
    let below = length.saturating_sub(1).max(1);
    1usize << below.ilog2()
}
