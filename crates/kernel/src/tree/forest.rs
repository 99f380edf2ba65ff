//! The stores of a chain: one tree each, joined under one app hash.
//!
//! The app hash is that of Cosmos' multistore: the simple Merkle tree over the stores in the order of their names, with
//! leaf bytes (length, name, 32, SHA-256 of the store's root). A key is proven in two steps: in its store, and the
//! store's root under its name (`ics23::tendermint_spec`).

use std::ops::Bound;

use bytes::Bytes;
use ics23::commitment_proof::Proof;
use ics23::{CommitmentProof, ExistenceProof, HashOp, InnerOp};
use rayon::prelude::*;

use super::batch::{self, Change};
use super::proof::{ProofOp, encode_proof, leaf_op};
use super::{Iter, KeyRef, Tree, TreeError, ValueRef};
use crate::crypto::{merkle, sha256};

/// A store of the multistore: its place in the chain's list and its name in proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreId {
    pub index: u8,
    pub name: &'static str,
}

impl StoreId {
    pub const fn new(index: u8, name: &'static str) -> StoreId {
        StoreId { index, name }
    }
}

/// The trees of a fixed list of stores. A clone is a snapshot: it costs one pointer per store.
#[derive(Clone, Default)]
pub struct Forest {
    stores: &'static [StoreId],
    /// The tree of the store with index `i` is at `i`.
    trees: Vec<Tree>,
}

/// The two steps from a key to the app hash.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreProof {
    /// The key in its store, under `ics23::iavl_spec`.
    pub inner: CommitmentProof,
    /// The store's root under its name, under `ics23::tendermint_spec`.
    pub outer: CommitmentProof,
}

impl Forest {
    /// A forest of empty trees. Indices and names are those of one list of constants, each of them used once.
    pub fn new(stores: &'static [StoreId]) -> Forest {
        let places = stores.iter().map(|store| usize::from(store.index).wrapping_add(1)).max().unwrap_or(0);
        Forest { stores, trees: vec![Tree::new(); places] }
    }

    pub fn stores(&self) -> &'static [StoreId] {
        self.stores
    }

    /// The tree of a store; `None` if there is no such store.
    pub fn tree(&self, store: u8) -> Option<&Tree> {
        self.trees.get(usize::from(store)).filter(|_| self.stores.iter().any(|known| known.index == store))
    }

    /// The number of pairs in all stores.
    pub fn len(&self) -> u64 {
        self.trees.iter().fold(0, |sum, tree| sum.saturating_add(tree.len()))
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key of a store.
    pub fn get(&self, store: u8, key: &[u8]) -> Option<ValueRef<'_>> {
        self.trees.get(usize::from(store))?.get(key)
    }

    /// The pair of a key of a store. See [`Tree::pair`].
    pub fn pair(&self, store: u8, key: &[u8]) -> Option<(KeyRef<'_>, ValueRef<'_>)> {
        self.trees.get(usize::from(store))?.pair(key)
    }

    /// The pairs of a store between two bounds, in key order. See [`Tree::range`].
    pub fn range(&self, store: u8, start: Bound<&[u8]>, end: Bound<&[u8]>) -> Iter<'_> {
        self.trees.get(usize::from(store)).map_or_else(Iter::empty, |tree| tree.range(start, end))
    }

    /// As [`Forest::range`], of the keys that begin with `prefix`. See [`Tree::range_under`].
    pub fn range_under(&self, store: u8, prefix: &[u8], start: Bound<&[u8]>, end: Bound<&[u8]>) -> Iter<'_> {
        self.trees.get(usize::from(store)).map_or_else(Iter::empty, |tree| tree.range_under(prefix, start, end))
    }

    /// Writes a batch, sorted by store and key. See [`Tree::apply`].
    ///
    /// # Errors
    ///
    /// As [`Tree::apply`], and for a store that is not in the list. Nothing has changed then, in any store.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = (u8, Bytes, Option<Bytes>)>) -> Result<(), TreeError> {
        let mut changes = changes.into_iter().peekable();
        let mut batches: Vec<(u8, Vec<Change>)> = Vec::new();
        while let Some(store) = changes.peek().map(|change| change.0) {
            if self.tree(store).is_none() {
                return Err(TreeError::StoreUnknown { store });
            }
            if let Some((before, _)) = batches.last().filter(|(before, _)| *before > store) {
                return Err(TreeError::StoresNotAscending { before: *before, store });
            }
            let own = std::iter::from_fn(|| changes.next_if(|change| change.0 == store));
            batches.push((store, batch::checked(own.map(|(_, key, value)| (key, value)))?));
        }
        let (writes, mut batches) =
            (batches.iter().map(|(_, batch)| batch.len()).sum(), batches.into_iter().peekable());
        let trees = (0_u8..).zip(&mut self.trees);
        let work = trees.filter_map(|(store, tree)| Some((tree, batches.next_if(|(own, _)| *own == store)?.1)));
        // Each tree is one thread's, as far as it goes.
        let (shared, own): (Vec<_>, Vec<_>) = work.partition(|(tree, _)| batch::is_shared(writes, tree.height()));
        shared.into_par_iter().for_each(|(tree, batch)| tree.apply_checked(batch));
        own.into_iter().for_each(|(tree, batch)| tree.apply_checked(batch));
        Ok(())
    }

    /// Puts a tree in the place of a store, for instance one that was read from a disk.
    ///
    /// # Errors
    ///
    /// If there is no such store.
    pub fn plant(&mut self, store: u8, tree: Tree) -> Result<(), TreeError> {
        if self.tree(store).is_none() {
            return Err(TreeError::StoreUnknown { store });
        }
        if let Some(place) = self.trees.get_mut(usize::from(store)) {
            *place = tree;
        }
        Ok(())
    }

    /// The roots of the stores, in the order of the list.
    pub fn store_roots(&self) -> Vec<(StoreId, [u8; 32])> {
        self.stores.iter().filter_map(|store| Some((*store, self.tree(store.index)?.root()))).collect()
    }

    /// The app hash.
    pub fn root(&self) -> [u8; 32] {
        app_hash(self.store_roots().iter().map(|(store, root)| (store.name, *root)))
    }

    /// The proof that `key` has its value in a store, or that the store does not have it. See [`Tree::prove`].
    /// Nothing can be said of a store that is not in the list: both steps are then empty, and verify nothing.
    pub fn prove(&self, store: u8, key: &[u8]) -> StoreProof {
        let mut roots = self.store_roots();
        roots.sort_by_key(|(id, _)| id.name);
        let found = roots.iter().enumerate().find(|(_, (id, _))| id.index == store);
        let (Some((place, (id, root))), Some(tree)) = (found, self.tree(store)) else {
            return StoreProof { inner: CommitmentProof { proof: None }, outer: CommitmentProof { proof: None } };
        };
        let leaves: Vec<_> = roots.iter().map(|(id, root)| store_leaf(id.name, root)).collect();
        let mut path = Vec::new();
        path_to(place, &leaves, &mut path);
        let outer = ExistenceProof {
            key: id.name.as_bytes().to_vec(),
            value: root.to_vec(),
            leaf: Some(leaf_op(vec![merkle::LEAF])),
            path,
        };
        StoreProof { inner: tree.prove(key), outer: CommitmentProof { proof: Some(Proof::Exist(outer)) } }
    }
}

impl StoreProof {
    /// The two steps as a query with proof answers them, for `key` in the store called `name`.
    pub fn ops(&self, name: &str, key: &[u8]) -> [ProofOp; 2] {
        [
            ProofOp { kind: "ics23:iavl", key: key.to_vec(), data: encode_proof(&self.inner) },
            ProofOp { kind: "ics23:simple", key: name.as_bytes().to_vec(), data: encode_proof(&self.outer) },
        ]
    }
}

impl std::fmt::Debug for Forest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let trees = self.stores.iter().filter_map(|store| Some((store.name, self.tree(store.index)?)));
        f.debug_map().entries(trees).finish()
    }
}

/// The app hash of stores given by name and root, in any order.
pub fn app_hash<'a>(roots: impl IntoIterator<Item = (&'a str, [u8; 32])>) -> [u8; 32] {
    let mut sorted: Vec<_> = roots.into_iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    let leaves: Vec<_> = sorted.iter().map(|(name, root)| store_leaf(name, root)).collect();
    merkle::root(&leaves)
}

/// What a store's leaf says: its name, and the hash of its root, each behind its length.
fn store_leaf(name: &str, root: &[u8; 32]) -> Vec<u8> {
    let mut leaf = Vec::new();
    prost::encoding::encode_varint(name.len() as u64, &mut leaf);
    leaf.extend_from_slice(name.as_bytes());
    leaf.push(32);
    leaf.extend_from_slice(&sha256(root));
    leaf
}

/// Appends the steps from the leaf at `place` up to the root of `leaves`.
fn path_to(place: usize, leaves: &[Vec<u8>], path: &mut Vec<InnerOp>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = leaves.split_at(merkle::split_point(leaves.len()));
    let mut prefix = vec![merkle::INNER];
    let mut suffix = Vec::new();
    match place.checked_sub(left.len()) {
        None => {
            path_to(place, left, path);
            suffix.extend_from_slice(&merkle::root(right));
        }
        Some(place) => {
            path_to(place, right, path);
            prefix.extend_from_slice(&merkle::root(left));
        }
    }
    path.push(InnerOp { hash: HashOp::Sha256.into(), prefix, suffix });
}
