//! What turns one tree into another, found without looking at what they share.

use bytes::Bytes;

use super::node::{Bit, Leaf, Link};
use super::{Forest, Tree};

impl Tree {
    /// The changes that turn this tree into `to`, sorted: applied to a clone of this tree they make `to`. Subtrees with the
    /// same hash are passed over, so the work grows with what differs, not with the size of the trees.
    pub fn changes_to(&self, to: &Tree) -> Vec<(Bytes, Option<Bytes>)> {
        let mut changes = Vec::new();
        compare(self.top.as_ref(), to.top.as_ref(), &mut changes);
        changes
    }
}

impl Forest {
    /// The changes that turn this forest into `to`, sorted by store and key. See [`Tree::changes_to`].
    pub fn changes_to(&self, to: &Forest) -> Vec<(u8, Bytes, Option<Bytes>)> {
        let mut stores: Vec<u8> = to.stores().iter().map(|store| store.index).collect();
        stores.sort_unstable();
        let mut changes = Vec::new();
        for store in stores {
            if let (Some(from), Some(to)) = (self.tree(store), to.tree(store)) {
                changes.extend(from.changes_to(to).into_iter().map(|(key, value)| (store, key, value)));
            }
        }
        changes
    }
}

type Changes = Vec<(Bytes, Option<Bytes>)>;

fn compare(from: Option<&Link>, to: Option<&Link>, changes: &mut Changes) {
    let (from, to) = match (from, to) {
        (None, None) => return,
        (Some(from), None) => return each_leaf(from, |leaf| changes.push((leaf.key.clone(), None))),
        (None, Some(to)) => return each_leaf(to, |leaf| changes.push((leaf.key.clone(), Some(leaf.value.clone())))),
        (Some(from), Some(to)) => (from, to),
    };
    if from.hash() == to.hash() {
        return;
    }
    // Any leaf shows the bits that all keys of its subtree have in common.
    let (old, new) = (from.nearest(&[]), to.nearest(&[]));
    let parts_at = Bit::first_difference(&old.key, &new.key).unwrap_or(Bit::END);
    let decides_at = from.bit().min(to.bit());
    if parts_at < decides_at {
        // No key in common: the one side, then the other.
        let (first, second) = if parts_at.is_set(&new.key) {
            ((Some(from), None), (None, Some(to)))
        } else {
            ((None, Some(to)), (Some(from), None))
        };
        compare(first.0, first.1, changes);
        compare(second.0, second.1, changes);
    } else if decides_at == Bit::END {
        // Two leaves of one key.
        changes.push((new.key.clone(), Some(new.value.clone())));
    } else {
        let ((from_left, from_right), (to_left, to_right)) = (sides(from, decides_at, old), sides(to, decides_at, new));
        compare(from_left, to_left, changes);
        compare(from_right, to_right, changes);
    }
}

/// The parts of a subtree without and with `bit`. If it does not decide by that bit, it is whole on the side of its leaves.
fn sides<'a>(link: &'a Link, bit: Bit, leaf: &Leaf) -> (Option<&'a Link>, Option<&'a Link>) {
    match link {
        Link::Fork { bit: own, fork, .. } if *own == bit => (Some(&fork.left), Some(&fork.right)),
        whole if bit.is_set(&leaf.key) => (None, Some(whole)),
        whole => (Some(whole), None),
    }
}

fn each_leaf(link: &Link, mut visit: impl FnMut(&Leaf)) {
    let mut rest = vec![link];
    while let Some(link) = rest.pop() {
        match link {
            Link::Leaf { leaf, .. } => visit(leaf),
            Link::Fork { fork, .. } => rest.extend([&fork.right, &fork.left]),
        }
    }
}
