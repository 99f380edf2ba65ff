//! Walking over a range of pairs, from both ends.

use std::ops::Bound;

use bytes::Bytes;

use super::node::{Leaf, Link};

/// The pairs between two places of a tree, in key order. Its length is known; `nth` and `nth_back` jump.
#[derive(Clone)]
pub struct Iter<'a> {
    top: Option<&'a Link>,
    /// The place of the next pair from the front, and of the one behind the next pair from the back.
    from: u64,
    to: u64,
    /// Subtrees still to be walked, nearest last. Empty means: find the way from the top.
    front: Vec<&'a Link>,
    back: Vec<&'a Link>,
}

impl<'a> Iter<'a> {
    pub(super) fn new(top: Option<&'a Link>, from: u64, to: u64) -> Iter<'a> {
        Iter { top, from, to, front: Vec::new(), back: Vec::new() }
    }

    /// The pairs of a subtree between two bounds. A start behind the end is an empty range.
    pub(super) fn between(top: Option<&'a Link>, start: Bound<&[u8]>, end: Bound<&[u8]>) -> Iter<'a> {
        let Some(link) = top else { return Iter::empty() };
        let from = match start {
            Bound::Unbounded => 0,
            Bound::Included(key) => link.rank(key).below,
            Bound::Excluded(key) => link.rank(key).below_or_at(),
        };
        let to = match end {
            Bound::Unbounded => link.size(),
            Bound::Included(key) => link.rank(key).below_or_at(),
            Bound::Excluded(key) => link.rank(key).below,
        };
        Iter::new(top, from, to)
    }

    pub(super) fn empty() -> Iter<'a> {
        Iter::new(None, 0, 0)
    }

    fn left(&self) -> usize {
        self.to.checked_sub(self.from).map_or(0, |left| usize::try_from(left).unwrap_or(usize::MAX))
    }
}

fn pair(leaf: &Leaf) -> (&Bytes, &Bytes) {
    (&leaf.key, &leaf.value)
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Bytes, &'a Bytes);

    fn next(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        let mut skip = 0;
        let mut link = match self.front.pop() {
            Some(link) => link,
            None => {
                skip = self.from;
                self.top?
            }
        };
        self.from = self.from.wrapping_add(1);
        loop {
            match link {
                Link::Leaf { leaf, .. } => return Some(pair(leaf)),
                Link::Fork { fork, .. } => match skip.checked_sub(fork.left.size()) {
                    None => {
                        self.front.push(&fork.right);
                        link = &fork.left;
                    }
                    Some(rest) => (link, skip) = (&fork.right, rest),
                },
            }
        }
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        if n > 0 {
            self.from =
                u64::try_from(n).ok().and_then(|n| self.from.checked_add(n)).map_or(self.to, |at| at.min(self.to));
            self.front.clear();
        }
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left(), Some(self.left()))
    }

    fn count(self) -> usize {
        self.left()
    }

    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        self.to = self.to.wrapping_sub(1);
        let mut skip = 0;
        let mut link = match self.back.pop() {
            Some(link) => link,
            None => {
                let top = self.top?;
                skip = top.size().wrapping_sub(self.to).wrapping_sub(1);
                top
            }
        };
        loop {
            match link {
                Link::Leaf { leaf, .. } => return Some(pair(leaf)),
                Link::Fork { fork, .. } => match skip.checked_sub(fork.right.size()) {
                    None => {
                        self.back.push(&fork.left);
                        link = &fork.right;
                    }
                    Some(rest) => (link, skip) = (&fork.left, rest),
                },
            }
        }
    }

    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        if n > 0 {
            self.to =
                u64::try_from(n).ok().and_then(|n| self.to.checked_sub(n)).map_or(self.from, |at| at.max(self.from));
            self.back.clear();
        }
        self.next_back()
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl std::iter::FusedIterator for Iter<'_> {}
