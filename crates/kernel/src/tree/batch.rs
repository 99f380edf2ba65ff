//! Writing a sorted batch: check it, find where each key parts from the tree, then change the tree in one walk.

use std::sync::Arc;

use bytes::Bytes;

use super::node::{Bit, Leaf, Link};
use super::{KEY_BYTES_MAX, TreeError};

/// One write of a batch.
pub(crate) struct Change {
    key: Bytes,
    /// `None` removes the key.
    value: Option<Bytes>,
    /// The first bit in which the key differs from the key before it in the batch.
    leaves_at: Bit,
    /// The first bit in which the key differs from every key of the tree; [`Bit::END`] if the tree has the key.
    parts_at: Bit,
}

/// Checks every pair and the order of the keys.
pub(crate) fn checked(changes: impl IntoIterator<Item = (Bytes, Option<Bytes>)>) -> Result<Vec<Change>, TreeError> {
    let mut checked: Vec<Change> = Vec::new();
    for (position, (key, value)) in changes.into_iter().enumerate() {
        if key.is_empty() {
            return Err(TreeError::KeyEmpty { position });
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(TreeError::KeyTooLong { position, len: key.len() });
        }
        if value.as_ref().is_some_and(Bytes::is_empty) {
            return Err(TreeError::ValueEmpty { key: hex::encode(&key) });
        }
        let leaves_at = match checked.last() {
            None => Bit::START,
            Some(Change { key: before, .. }) => Bit::first_difference(before, &key)
                .filter(|bit| bit.is_set(&key))
                .ok_or_else(|| TreeError::NotAscending { before: hex::encode(before), key: hex::encode(&key) })?,
        };
        checked.push(Change { key, value, leaves_at, parts_at: Bit::END });
    }
    Ok(checked)
}

/// Finds for each change where its key parts from the tree, and drops what changes nothing: removals of absent keys, and values that
/// are there already.
///
/// The way down to a key starts where it leaves the way to the key before it.
pub(super) fn locate(top: Option<&Link>, changes: &mut Vec<Change>) {
    let Some(top) = top else {
        return changes.retain(|change| change.value.is_some());
    };
    let mut way: Vec<&Link> = Vec::new();
    changes.retain_mut(|change| {
        let leaf = walk(top, &mut way, change.leaves_at, &change.key);
        let parts_at = Bit::first_difference(&leaf.key, &change.key);
        change.parts_at = parts_at.unwrap_or(Bit::END);
        match parts_at {
            None => change.value.as_ref() != Some(&leaf.value),
            Some(_) => change.value.is_some(),
        }
    });
}

/// The leaf nearest to `key`. `way` holds the forks on the way to another key that first differs from `key` in bit
/// `leaves_at`, and afterwards those on the way to `key`.
fn walk<'a>(top: &'a Link, way: &mut Vec<&'a Link>, leaves_at: Bit, key: &[u8]) -> &'a Leaf {
    while way.pop_if(|fork| fork.bit() >= leaves_at).is_some() {}
    let mut link = match way.pop() {
        Some(last) => last,
        None => top,
    };
    loop {
        match link {
            Link::Leaf { leaf, .. } => return leaf,
            Link::Fork { bit, fork, .. } => {
                way.push(link);
                link = if bit.is_set(key) { &fork.right } else { &fork.left };
            }
        }
    }
}

/// Writes located changes.
pub(super) fn write(top: &mut Option<Link>, changes: &mut [Change]) {
    match top {
        None => *top = build(changes),
        Some(link) => {
            if merge(link, changes) == Fate::Gone {
                *top = None;
            }
        }
    }
}

/// What became of a subtree.
#[derive(PartialEq)]
enum Fate {
    /// It has leaves, and its link is right.
    Kept,
    /// Nothing is left; its link is to be thrown away.
    Gone,
}

/// Writes `changes` into a subtree. All their keys belong to it: they agree with its keys in every bit that was decided
/// above.
///
/// This calls itself once per fork on the way down, so what it need not hold meanwhile is in functions of its own.
fn merge(link: &mut Link, changes: &mut [Change]) -> Fate {
    let Some(parts_at) = changes.iter().map(|change| change.parts_at).min() else { return Fate::Kept };
    if parts_at < link.bit() {
        let (old, new, side) = newcomers(changes, parts_at);
        let fate = merge(link, old);
        return join(link, fate, parts_at, new, side);
    }
    match link {
        Link::Leaf { leaf, .. } => {
            if !overwrite(leaf, changes) {
                return Fate::Gone;
            }
            link.refresh();
            Fate::Kept
        }
        Link::Fork { bit, fork, .. } => {
            let (low, high) = cut(changes, *bit);
            let fork = Arc::make_mut(fork);
            let left = merge(&mut fork.left, low);
            let right = merge(&mut fork.right, high);
            close(link, left, right)
        }
    }
}

/// Gives a leaf its new value; false if it is to be removed. What parts from a leaf nowhere is its own key, and a batch
/// has each key once.
fn overwrite(leaf: &mut Arc<Leaf>, changes: &mut [Change]) -> bool {
    for change in changes {
        let Some(value) = change.value.take() else { return false };
        match Arc::get_mut(leaf) {
            Some(leaf) => leaf.value = value,
            None => *leaf = Arc::new(Leaf { key: std::mem::take(&mut change.key), value }),
        }
    }
    true
}

/// Makes a fork right again after its children changed; with one child left it gives way to that child.
fn close(link: &mut Link, left: Fate, right: Fate) -> Fate {
    let Link::Fork { fork, .. } = link else { return left };
    match (left, right) {
        (Fate::Kept, Fate::Kept) => link.refresh(),
        (Fate::Kept, Fate::Gone) => *link = fork.left.clone(),
        (Fate::Gone, Fate::Kept) => *link = fork.right.clone(),
        (Fate::Gone, Fate::Gone) => return Fate::Gone,
    }
    Fate::Kept
}

/// The side on which new keys come in.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

/// Parts changes into those that agree with the subtree in `parts_at` and those that do not, which are all new keys.
fn newcomers(changes: &mut [Change], parts_at: Bit) -> (&mut [Change], &mut [Change], Side) {
    let (low, high) = cut(changes, parts_at);
    if high.first().is_some_and(|change| change.parts_at == parts_at) {
        (low, high, Side::Right)
    } else {
        (high, low, Side::Left)
    }
}

/// Puts a fork above a subtree and the new keys that differ from all of it in `parts_at`.
fn join(link: &mut Link, fate: Fate, parts_at: Bit, new: &mut [Change], side: Side) -> Fate {
    match (build(new), fate) {
        (None, fate) => return fate,
        (Some(new), Fate::Gone) => *link = new,
        (Some(new), Fate::Kept) => {
            let old = link.clone();
            *link = match side {
                Side::Left => Link::fork(parts_at, new, old),
                Side::Right => Link::fork(parts_at, old, new),
            };
        }
    }
    Fate::Kept
}

/// The subtree of sorted `changes`, each of which sets a value; `None` if there are none.
///
/// Along the right edge of what is built, forks wait for their right sides: a key that parts from the one before it at
/// some bit closes the forks that decide later.
fn build(changes: &mut [Change]) -> Option<Link> {
    let mut edge: Vec<(Bit, Link)> = Vec::new();
    let mut rest = changes.iter_mut().peekable();
    while let Some(change) = rest.next() {
        let parts_at = rest.peek().and_then(|next| Bit::first_difference(&change.key, &next.key));
        let mut link = Link::leaf(std::mem::take(&mut change.key), change.value.take()?);
        while let Some((bit, left)) = edge.pop_if(|(bit, _)| parts_at.is_none_or(|parts_at| *bit > parts_at)) {
            link = Link::fork(bit, left, link);
        }
        match parts_at {
            None => return Some(link),
            Some(parts_at) => edge.push((parts_at, link)),
        }
    }
    None
}

/// Parts sorted changes that agree in every bit before `bit` into those without and those with it.
fn cut(changes: &mut [Change], bit: Bit) -> (&mut [Change], &mut [Change]) {
    let middle = changes.partition_point(|change| !bit.is_set(&change.key));
    changes.split_at_mut(middle)
}
