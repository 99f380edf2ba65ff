//! Writing a sorted batch: check it, find where each key parts from the tree, then change the tree in one walk.

use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;

use super::build::Builder;
use super::iter::Iter;
use super::node::{Batch, Bit, Fork, Leaf, Link, Nearest};
use super::page::{Draft, PAIRS_MAX, Page, Run};
use super::{KEY_BYTES_MAX, TreeError};

/// A subtree that no batch wrote for so long is packed by the next batch that passes by. Tests pack sooner, to see every mixture.
const REST: Batch = if cfg!(test) { 2 } else { 256 };
/// So many new keys at one place are packed at once.
const MANY: usize = if cfg!(test) { 8 } else { 256 };

/// So many writes are a part of their own for another thread; what comes out is the same. Tests share sooner.
const SHARED: usize = if cfg!(test) { 4 } else { 128 };
/// Forks on a way at which writes are shared: where a thread waits for another one it has little on its stack.
const SHARED_FORKS: u8 = 12;
/// In a higher tree nothing is shared: the stack of another thread may be smaller than the caller's.
const SHARED_HEIGHT: u16 = 256;

/// Whether so many writes are worth other threads' while, in a tree of such a height.
pub(super) fn is_shared(writes: usize, height: u16) -> bool {
    writes >= SHARED.saturating_mul(2) && height <= SHARED_HEIGHT
}

/// One write of a batch.
pub(crate) struct Change {
    key: Bytes,
    /// `None` removes the key.
    value: Option<Bytes>,
    /// The first bit in which the key differs from the key before it in the batch.
    leaves_at: Bit,
    /// The first bit in which the key differs from every key of the tree; [`Bit::END`] if the tree has the key.
    parts_at: Bit,
    /// Whether the tree is the same without this write.
    idle: bool,
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
        checked.push(Change { key, value, leaves_at, parts_at: Bit::END, idle: false });
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
    let find = |way: &mut Vec<_>, change: &mut Change| {
        let nearest = walk(top, way, change.leaves_at, &change.key);
        match nearest.pair(&change.key) {
            Some((_, value)) => change.idle = change.value.as_deref() == Some(&value),
            None => {
                change.parts_at = nearest.parting(&change.key).unwrap_or(Bit::END);
                change.idle = change.value.is_none();
            }
        }
    };
    if changes.len() < SHARED.saturating_mul(2) {
        let mut way = Vec::new();
        changes.iter_mut().for_each(|change| find(&mut way, change));
    } else {
        // Each part finds its first way from the top.
        changes.par_iter_mut().with_min_len(SHARED).for_each_init(Vec::new, find);
    }
    changes.retain(|change| !change.idle);
}

/// What is nearest to `key`, see [`Link::nearest`]. `way` holds the forks on the way to another key that first differs from `key` in bit
/// `leaves_at`, and afterwards those on the way to `key`.
fn walk<'a>(top: &'a Link, way: &mut Vec<&'a Link>, leaves_at: Bit, key: &[u8]) -> Nearest<'a> {
    while way.pop_if(|fork| fork.bit() >= leaves_at).is_some() {}
    let mut link = match way.pop() {
        Some(last) => last,
        None => top,
    };
    loop {
        match link {
            Link::Fork { bit, fork, .. } => {
                way.push(link);
                link = if bit.is_set(key) { &fork.right } else { &fork.left };
            }
            end => return end.nearest(key),
        }
    }
}

/// Writes located changes, as batch number `now`.
pub(super) fn write(top: &mut Option<Link>, changes: &mut [Change], now: Batch) {
    match top {
        None => *top = build(changes, now),
        Some(link) => {
            let forks = if link.height() > SHARED_HEIGHT { 0 } else { SHARED_FORKS };
            if share(link, changes, now, forks) == Fate::Gone {
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

/// As [`merge`], on as many threads as there are: each takes a side of one of the topmost `forks` forks, where both sides are written much.
fn share(link: &mut Link, changes: &mut [Change], now: Batch, forks: u8) -> Fate {
    let (below, bit) = (forks.checked_sub(1), link.bit());
    let (Some(below), Link::Fork { fork, .. }) = (below, &mut *link) else { return merge(link, changes, now) };
    if changes.len() < SHARED || changes.iter().any(|change| change.parts_at < bit) {
        return merge(link, changes, now);
    }
    let (low, high) = cut(changes, bit);
    let is_shared = low.len().min(high.len()) >= SHARED;
    let Fork { left, right } = Arc::make_mut(fork);
    let mut one = || share(left, low, now, below);
    let mut other = || share(right, high, now, below);
    let (left, right) = if is_shared { rayon::join(one, other) } else { (one(), other()) };
    close(link, left, right, now)
}

/// Writes `changes` into a subtree. All their keys belong to it: they agree with its keys in every bit that was decided
/// above.
///
/// This calls itself once per fork on the way down, so what it need not hold meanwhile is in functions of its own.
fn merge(link: &mut Link, changes: &mut [Change], now: Batch) -> Fate {
    let Some(parts_at) = changes.iter().map(|change| change.parts_at).min() else {
        settle(link, now);
        return Fate::Kept;
    };
    if parts_at < link.bit() {
        let (old, new, side) = newcomers(changes, parts_at);
        let fate = merge(link, old, now);
        return join(link, fate, parts_at, new, side, now);
    }
    match link {
        Link::Leaf { leaf, .. } => {
            if !overwrite(leaf, changes) {
                return Fate::Gone;
            }
            link.refresh(now);
            Fate::Kept
        }
        Link::Fork { bit, fork, .. } => {
            let (low, high) = cut(changes, *bit);
            let fork = Arc::make_mut(fork);
            let left = merge(&mut fork.left, low, now);
            let right = merge(&mut fork.right, high, now);
            close(link, left, right, now)
        }
        Link::Page { from, to, page, .. } => match open(page, page.run(*from, *to), changes, now) {
            Some(opened) => {
                *link = opened;
                Fate::Kept
            }
            None => Fate::Gone,
        },
    }
}

/// Writes `changes` into pairs of a page: forks and leaves along the ways to their keys, and links to the pairs beside them. `None` if
/// nothing is left.
fn open(page: &Page, run: Run<'_>, changes: &mut [Change], now: Batch) -> Option<Link> {
    let Some(parts_at) = changes.iter().map(|change| change.parts_at).min() else {
        return Some(Link::page(page, run.from, run.to));
    };
    if parts_at < run.bit() {
        let (old, new, side) = newcomers(changes, parts_at);
        let old = open(page, run, old, now);
        return beside(old, parts_at, build(new, now), side, now);
    }
    match run.split() {
        // A single pair, and the change of its key.
        None => build(changes, now),
        Some((bit, left, right)) => {
            let (low, high) = cut(changes, bit);
            beside(open(page, left, low, now), bit, open(page, right, high, now), Side::Right, now)
        }
    }
}

/// Packs a subtree that rests: one of few leaves, which no batch wrote for a while. Its hash is known.
fn settle(link: &mut Link, now: Batch) {
    let Link::Fork { size, written, bit, .. } = link else { return };
    if *size > PAIRS_MAX as u64 || now.wrapping_sub(*written) < REST {
        return;
    }
    let bit = *bit;
    // If it cannot be packed, it is tried again when it has rested once more.
    *written = now;
    let (mut draft, mut buffer) = (Draft::default(), Vec::new());
    for (key, value) in Iter::new(Some(link), 0, link.size()) {
        let key = key.joined(&mut buffer);
        if !Draft::fits(key, &value) {
            return;
        }
        // The halves are there, so nobody asks where pairs part.
        draft.push(Bit::END, key, &value);
    }
    let halves = match link {
        Link::Fork { fork, .. } => Some((fork.left.sum(), fork.right.sum())),
        _ => None,
    };
    let page = draft.take(draft.len(), halves);
    let to = page.all().to;
    *link = Link::page_of(page, 0, to, bit, &link.sum());
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
fn close(link: &mut Link, left: Fate, right: Fate, now: Batch) -> Fate {
    let Link::Fork { fork, .. } = link else { return left };
    match (left, right) {
        (Fate::Kept, Fate::Kept) => link.refresh(now),
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
fn join(link: &mut Link, fate: Fate, parts_at: Bit, new: &mut [Change], side: Side, now: Batch) -> Fate {
    let old = (fate == Fate::Kept).then(|| link.clone());
    match beside(old, parts_at, build(new, now), side, now) {
        Some(joined) => {
            *link = joined;
            Fate::Kept
        }
        None => Fate::Gone,
    }
}

/// Two subtrees, of which the second lies on the given side, under one fork if both are there.
fn beside(one: Option<Link>, bit: Bit, other: Option<Link>, side: Side, now: Batch) -> Option<Link> {
    match (one, other) {
        (Some(one), Some(other)) if side == Side::Right => Some(Link::fork(bit, one, other, now)),
        (Some(one), Some(other)) => Some(Link::fork(bit, other, one, now)),
        (one, other) => one.or(other),
    }
}

/// The subtree of sorted `changes`, each of which sets a value; `None` if there are none.
///
/// Few are likely to be written again and become leaves. As in [`Builder`], forks wait for their right sides along the right edge.
fn build(changes: &mut [Change], now: Batch) -> Option<Link> {
    if changes.len() >= MANY {
        return build_packed(changes);
    }
    let mut edge: Vec<(Bit, Link)> = Vec::new();
    let mut rest = changes.iter_mut().peekable();
    while let Some(change) = rest.next() {
        let parts_at = rest.peek().and_then(|next| Bit::first_difference(&change.key, &next.key));
        let mut link = Link::leaf(std::mem::take(&mut change.key), change.value.take()?);
        while let Some((bit, left)) = edge.pop_if(|(bit, _)| parts_at.is_none_or(|parts_at| *bit > parts_at)) {
            link = Link::fork(bit, left, link, now);
        }
        match parts_at {
            None => return Some(link),
            Some(parts_at) => edge.push((parts_at, link)),
        }
    }
    None
}

/// As [`build`], of pages.
fn build_packed(changes: &mut [Change]) -> Option<Link> {
    let mut builder = Builder::new();
    for change in changes {
        // Keys and values were checked, so there is no error.
        builder.push(&std::mem::take(&mut change.key), &change.value.take()?).ok()?;
    }
    builder.finish().top
}

/// Parts sorted changes that agree in every bit before `bit` into those without and those with it.
fn cut(changes: &mut [Change], bit: Bit) -> (&mut [Change], &mut [Change]) {
    let middle = changes.partition_point(|change| !bit.is_set(&change.key));
    changes.split_at_mut(middle)
}
