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
        if let Some(before) = checked.last().filter(|before| before.key >= key) {
            return Err(TreeError::NotAscending { before: hex::encode(&before.key), key: hex::encode(&key) });
        }
        checked.push(Change { key, value, parts_at: Bit::END });
    }
    Ok(checked)
}

/// Finds for each change where its key parts from the tree, and drops the removals of absent keys.
///
/// The way down to a key starts where it leaves the way to the key before it.
pub(super) fn locate(top: Option<&Link>, changes: &mut Vec<Change>) {
    let Some(top) = top else {
        return changes.retain(|change| change.value.is_some());
    };
    let mut way: Vec<&Link> = Vec::new();
    let mut before: Option<Bytes> = None;
    changes.retain_mut(|change| {
        let leaf = walk(top, &mut way, before.as_deref(), &change.key);
        let parts_at = Bit::first_difference(&leaf.key, &change.key);
        before = Some(change.key.clone());
        change.parts_at = parts_at.unwrap_or(Bit::END);
        parts_at.is_none() || change.value.is_some()
    });
}

/// The leaf nearest to `key`. `way` holds the forks on the way to `before`, and afterwards those on the way to `key`.
fn walk<'a>(top: &'a Link, way: &mut Vec<&'a Link>, before: Option<&[u8]>, key: &[u8]) -> &'a Leaf {
    if let Some(leaves_at) = before.and_then(|before| Bit::first_difference(before, key)) {
        while way.last().is_some_and(|fork| fork.bit() >= leaves_at) {
            way.pop();
        }
    }
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
fn merge(link: &mut Link, changes: &mut [Change]) -> Fate {
    let Some(parts_at) = changes.iter().map(|change| change.parts_at).min() else { return Fate::Kept };
    if parts_at < link.bit() {
        return split(link, parts_at, changes);
    }
    match link {
        Link::Leaf { leaf, .. } => {
            // Keys that part from a leaf nowhere are its own key, and a batch has each key once.
            for change in changes {
                let Some(value) = change.value.take() else { return Fate::Gone };
                match Arc::get_mut(leaf) {
                    Some(leaf) => leaf.value = value,
                    None => *leaf = Arc::new(Leaf { key: std::mem::take(&mut change.key), value }),
                }
            }
            link.refresh();
            Fate::Kept
        }
        Link::Fork { bit, fork, .. } => {
            let (low, high) = cut(changes, *bit);
            let fork = Arc::make_mut(fork);
            match (merge(&mut fork.left, low), merge(&mut fork.right, high)) {
                (Fate::Kept, Fate::Kept) => link.refresh(),
                (Fate::Kept, Fate::Gone) => *link = fork.left.clone(),
                (Fate::Gone, Fate::Kept) => *link = fork.right.clone(),
                (Fate::Gone, Fate::Gone) => return Fate::Gone,
            }
            Fate::Kept
        }
    }
}

/// Puts a new fork above a subtree whose keys all agree in bit `parts_at`, in which some of the changes differ.
fn split(link: &mut Link, parts_at: Bit, changes: &mut [Change]) -> Fate {
    let (low, high) = cut(changes, parts_at);
    let newcomers_are_high = high.first().is_some_and(|change| change.parts_at == parts_at);
    let (old, new) = if newcomers_are_high { (low, high) } else { (high, low) };
    let newcomers = build(new);
    match (merge(link, old), newcomers) {
        (fate, None) => return fate,
        (Fate::Gone, Some(newcomers)) => *link = newcomers,
        (Fate::Kept, Some(newcomers)) if newcomers_are_high => {
            *link = Link::fork(parts_at, link.clone(), newcomers);
        }
        (Fate::Kept, Some(newcomers)) => *link = Link::fork(parts_at, newcomers, link.clone()),
    }
    Fate::Kept
}

/// The subtree of the values in `changes`; `None` if there is none.
fn build(changes: &mut [Change]) -> Option<Link> {
    let parts_at = match changes {
        [] => return None,
        [change] => return change.value.take().map(|value| Link::leaf(std::mem::take(&mut change.key), value)),
        [first, .., last] => Bit::first_difference(&first.key, &last.key)?,
    };
    let (low, high) = cut(changes, parts_at);
    match (build(low), build(high)) {
        (Some(left), Some(right)) => Some(Link::fork(parts_at, left, right)),
        (one, None) | (None, one) => one,
    }
}

/// Parts sorted changes that agree in every bit before `bit` into those without and those with it.
fn cut(changes: &mut [Change], bit: Bit) -> (&mut [Change], &mut [Change]) {
    let middle = changes.partition_point(|change| !bit.is_set(&change.key));
    changes.split_at_mut(middle)
}
