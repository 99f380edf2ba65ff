//! The state tree: a persistent, ordered, provable map from bytes to bytes, and the forest of one such tree per store.
//!
//! # The shape
//!
//! Values sit in leaves. An inner node (a *fork*) names the first bit in which the keys below it differ: keys with
//! that bit unset are on its left, the others on its right. A key of `n` bytes has nine bits per byte: one that says
//! "there is a byte here", then the eight bits of the byte, highest first; after its last byte every bit is unset. So a
//! key that is the beginning of another one differs from it in a bit like any other pair, and sorting by these bits is
//! sorting by bytes.
//!
//! # Pages
//!
//! What is not being written lies in *pages*: up to sixteen neighbouring pairs, a whole subtree, in one allocation, where the beginning that
//! their keys have in common is written once. The link to a page holds the hash of that subtree, the page those of its two halves; the others
//! are computed when somebody needs them, because a pair is written or proven. So the tree has one shape and one root, whatever is packed:
//!
//! * a tree that is built of many pairs (a genesis, a start, a restore) is built of pages, see [`Builder`];
//! * a write opens its page along the way to its key. The written pair becomes a leaf; what lies beside the way remains in the same page,
//!   under links of its own that name the first and last of its pairs. A page is never changed;
//! * a batch that passes by a small subtree of leaves and forks which no batch wrote for a while packs it again (`batch::settle`).
//!
//! Nothing of this can be seen from outside, but by time and memory. Tests compare trees of every mixture with an ordinary map.
//!
//! # Promises
//!
//! * *Canonical.* The shape, and therefore the root, is a function of the pairs alone, never of their history.
//! * *Ordered.* Leaves from left to right are in key order; each link knows how many leaves are below it, so the place
//!   of a key, the key at a place, and the length of a range each take one walk down.
//! * *Persistent.* `Tree::clone` copies one pointer. What a clone shows never changes. Nodes that no clone shares are
//!   changed in place.
//! * *Hashed once.* A batch is one walk down and up; each node it touches is hashed once, on the way up. There is no
//!   dirty state: the root is always known. Halves of a large batch are written by as many threads as there are; the tree is the same.
//! * *Provable.* Nodes hash in the form of `ics23::iavl_spec`, see [`Tree::prove`].
//!
//! # Costs
//!
//! A walk is as long as the number of deciding bits of the key: about log2 of the number of keys when keys are not
//! chosen by an enemy, at most 9 * [`KEY_BYTES_MAX`] when they are. Recursion is bounded by the same number.
//! Go verifiers (`ics23/go` from v0.11) refuse proofs of more than [`GO_PROOF_STEPS_MAX`] steps. Only siblings along a
//! key's own bits make its way longer, so what other chains prove must not lie next to keys that others may invent.
//! A key or value that is written is kept as it is given: a slice of a larger buffer keeps that buffer alive. What is read from a page is a
//! copy.

mod batch;
mod build;
mod difference;
mod forest;
mod iter;
mod join;
mod node;
mod page;
mod pair;
mod proof;
#[cfg(test)]
mod tests;

use std::ops::Bound;

use sha2::{Digest, Sha256};
use thiserror::Error;

pub use build::Builder;
pub use forest::{Forest, StoreId, StoreProof, app_hash};
pub use iter::Iter;
pub use pair::{KeyRef, ValueRef};
pub use proof::{ProofOp, decode_proof, encode_proof};

use batch::Change;
use node::{Batch, Link};

/// Immutable bytes that are cheap to clone: keys and values.
pub type Bytes = bytes::Bytes;

/// The longest key in bytes. It bounds the depth of the tree.
pub const KEY_BYTES_MAX: usize = 256;

/// The longest proof that every known verifier accepts, in forks; compare [`Tree::height`].
pub const GO_PROOF_STEPS_MAX: u16 = 128;

/// Why a batch was refused. The tree is then as it was before.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TreeError {
    #[error("key number {position} of the batch is empty; keys have 1 to {KEY_BYTES_MAX} bytes")]
    KeyEmpty { position: usize },
    #[error("key number {position} of the batch has {len} bytes; keys have 1 to {KEY_BYTES_MAX} bytes")]
    KeyTooLong { position: usize, len: usize },
    #[error("the value of key {key} is empty; an empty value cannot be proven, so none is stored")]
    ValueEmpty { key: String },
    #[error("key {key} follows key {before}; the keys of a batch are strictly ascending")]
    NotAscending { before: String, key: String },
    #[error("store {store} follows store {before}; a batch is sorted by store, then by key")]
    StoresNotAscending { before: u8, store: u8 },
    #[error(
        "the part with key {before} and the one with key {next} behind it cannot be joined: their keys are not apart"
    )]
    PartsMixed { before: String, next: String },
    #[error("there is no store with index {store}")]
    StoreUnknown { store: u8 },
}

/// A persistent ordered map with a Merkle root. See the module's manual.
#[derive(Clone, Default)]
pub struct Tree {
    top: Option<Link>,
    /// The number of the last batch.
    batch: Batch,
}

impl Tree {
    /// The tree without keys.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// The number of keys.
    pub fn len(&self) -> u64 {
        self.top.as_ref().map_or(0, Link::size)
    }

    pub fn is_empty(&self) -> bool {
        self.top.is_none()
    }

    /// The longest walk from the top to a leaf, in forks. Zero for an empty tree and for a single leaf.
    pub fn height(&self) -> u16 {
        self.top.as_ref().map_or(0, Link::height)
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<ValueRef<'_>> {
        self.pair(key).map(|(_, value)| value)
    }

    /// The pair of `key`, as the tree holds it.
    pub fn pair(&self, key: &[u8]) -> Option<(KeyRef<'_>, ValueRef<'_>)> {
        self.top.as_ref()?.nearest(key).pair(key)
    }

    /// The pairs between two bounds in key order, from either end. A start behind the end is an empty range.
    pub fn range(&self, start: Bound<&[u8]>, end: Bound<&[u8]>) -> Iter<'_> {
        self.top.as_ref().map_or_else(Iter::empty, |top| Iter::between(top, 0..top.size(), start, end))
    }

    /// As [`Tree::range`], of the keys that begin with `prefix`. They are one subtree: to find it takes one walk, and to find a bound
    /// in it two more, which are short if the prefix is long.
    pub fn range_under(&self, prefix: &[u8], start: Bound<&[u8]>, end: Bound<&[u8]>) -> Iter<'_> {
        let below = self.top.as_ref().and_then(|top| top.under(prefix));
        below.map_or_else(Iter::empty, |(link, places)| Iter::between(link, places, start, end))
    }

    /// All pairs in key order.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(self.top.as_ref(), 0, self.len())
    }

    /// How many keys are smaller than `key`, and whether `key` itself is there.
    pub(crate) fn rank(&self, key: &[u8]) -> Rank {
        self.top.as_ref().map_or(Rank { below: 0, found: false }, |top| top.rank(key))
    }

    /// Writes a batch: `Some` sets the value of a key, `None` removes the key (nothing happens if it is absent).
    ///
    /// # Errors
    ///
    /// Keys not strictly ascending, empty or longer than [`KEY_BYTES_MAX`], and empty values are refused; then nothing
    /// has changed.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = (Bytes, Option<Bytes>)>) -> Result<(), TreeError> {
        let changes = batch::checked(changes)?;
        self.apply_checked(changes);
        Ok(())
    }

    pub(crate) fn apply_checked(&mut self, mut changes: Vec<Change>) {
        batch::locate(self.top.as_ref(), &mut changes);
        self.batch = self.batch.wrapping_add(1);
        batch::write(&mut self.top, &mut changes, self.batch);
    }

    /// The tree of `pairs`.
    ///
    /// # Errors
    ///
    /// As [`Tree::apply`].
    pub fn from_sorted(pairs: impl IntoIterator<Item = (Bytes, Bytes)>) -> Result<Tree, TreeError> {
        let mut builder = Builder::new();
        pairs.into_iter().try_for_each(|(key, value)| builder.push(&key, &value))?;
        Ok(builder.finish())
    }

    /// The Merkle root; of the empty tree the SHA-256 of nothing.
    pub fn root(&self) -> [u8; 32] {
        match &self.top {
            Some(top) => *top.hash(),
            None => Sha256::digest([]).into(),
        }
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tree {{ len: {}, root: {} }}", self.len(), hex::encode(self.root()))
    }
}

/// Equal roots are equal contents.
impl PartialEq for Tree {
    fn eq(&self, other: &Tree) -> bool {
        self.root() == other.root()
    }
}

impl Eq for Tree {}

impl<'a> IntoIterator for &'a Tree {
    type Item = (KeyRef<'a>, ValueRef<'a>);
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The place of a key among the keys of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rank {
    /// How many keys are smaller.
    pub below: u64,
    /// Whether the key is there.
    pub found: bool,
}

impl Rank {
    fn below_or_at(self) -> u64 {
        self.below.wrapping_add(u64::from(self.found))
    }
}
