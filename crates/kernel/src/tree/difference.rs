//! What turns one tree into another, found without looking at what they share.

use std::cmp::Ordering;

use bytes::Bytes;

use super::node::{Bit, Link};
use super::{Forest, Iter, Tree};

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
        (Some(from), Some(to)) if from.hash() == to.hash() => return,
        (Some(from), Some(to)) if !from.is_page() && !to.is_page() => (from, to),
        // What differs is at least as long as the two together without a page or two.
        (from, to) => return compare_pairs(all(from), all(to), changes),
    };
    // Any leaf shows the bits that all keys of its subtree have in common.
    let (old, new) = (from.any_key().to_bytes(), to.any_key().to_bytes());
    let parts_at = Bit::first_difference(&old, &new).unwrap_or(Bit::END);
    let decides_at = from.bit().min(to.bit());
    if parts_at < decides_at || decides_at == Bit::END {
        // No key in common, or two leaves of one key.
        compare_pairs(all(Some(from)), all(Some(to)), changes);
    } else {
        let ((from_left, from_right), (to_left, to_right)) =
            (sides(from, decides_at, &old), sides(to, decides_at, &new));
        compare(from_left, to_left, changes);
        compare(from_right, to_right, changes);
    }
}

fn all(link: Option<&Link>) -> Iter<'_> {
    Iter::new(link, 0, link.map_or(0, Link::size))
}

/// The parts of a subtree without and with `bit`. If it does not decide by that bit, it is whole on the side of its leaves.
fn sides<'a>(link: &'a Link, bit: Bit, key: &[u8]) -> (Option<&'a Link>, Option<&'a Link>) {
    match link {
        Link::Fork { bit: own, fork, .. } if *own == bit => (Some(&fork.left), Some(&fork.right)),
        whole if bit.is_set(key) => (None, Some(whole)),
        whole => (Some(whole), None),
    }
}

/// The changes between two lists of pairs.
fn compare_pairs(from: Iter<'_>, to: Iter<'_>, changes: &mut Changes) {
    let (mut from, mut to) = (from.peekable(), to.peekable());
    loop {
        let order = match (from.peek(), to.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.compare(new),
        };
        let old = if order == Ordering::Greater { None } else { from.next() };
        let new = if order == Ordering::Less { None } else { to.next() };
        match (old, new) {
            (Some((_, old)), Some((_, new))) if *old == *new => {}
            (_, Some((key, value))) => changes.push((key.to_bytes(), Some(value.to_bytes()))),
            (Some((key, _)), None) => changes.push((key.to_bytes(), None)),
            (None, None) => return,
        }
    }
}
