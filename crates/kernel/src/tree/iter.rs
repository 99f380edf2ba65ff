//! Walking over a range of pairs, from both ends.

use std::ops::{Bound, Range};

use super::node::Link;
use super::page::Run;
use super::pair::{KeyRef, ValueRef};

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
    /// What is left of the pages that are being walked.
    front_run: Run<'a>,
    back_run: Run<'a>,
}

impl<'a> Iter<'a> {
    pub(super) fn new(top: Option<&'a Link>, from: u64, to: u64) -> Iter<'a> {
        let (front_run, back_run) = (Run::default(), Run::default());
        Iter { top, from, to, front: Vec::new(), back: Vec::new(), front_run, back_run }
    }

    /// The pairs at some places of a subtree, those between two bounds. A start behind the end is an empty range.
    pub(super) fn between(link: &'a Link, places: Range<u64>, start: Bound<&[u8]>, end: Bound<&[u8]>) -> Iter<'a> {
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
        Iter::new(Some(link), from.max(places.start), to.min(places.end))
    }

    pub(super) fn empty() -> Iter<'a> {
        Iter::new(None, 0, 0)
    }

    fn left(&self) -> usize {
        self.to.checked_sub(self.from).map_or(0, |left| usize::try_from(left).unwrap_or(usize::MAX))
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (KeyRef<'a>, ValueRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        if let Some(pair) = self.front_run.next() {
            self.from = self.from.wrapping_add(1);
            return Some(pair);
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
                Link::Leaf { leaf, .. } => return Some(leaf.pair()),
                Link::Page { from, to, page, .. } => {
                    // The place is one of the page's.
                    self.front_run = page.run(from.saturating_add(skip as u8), *to);
                    return self.front_run.next();
                }
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
            self.front_run = Run::default();
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

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        self.to = self.to.wrapping_sub(1);
        if let Some(pair) = self.back_run.next_back() {
            return Some(pair);
        }
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
                Link::Leaf { leaf, .. } => return Some(leaf.pair()),
                Link::Page { from, to, page, .. } => {
                    self.back_run = page.run(*from, to.saturating_sub(skip as u8));
                    return self.back_run.next_back();
                }
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
            self.back_run = Run::default();
        }
        self.next_back()
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl std::iter::FusedIterator for Iter<'_> {}
