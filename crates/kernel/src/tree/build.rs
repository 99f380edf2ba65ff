//! Building a tree of sorted pairs: one pass, pages at once.

use super::node::{Bit, Link};
use super::page::{Draft, PAIRS_MAX};
use super::{KEY_BYTES_MAX, Tree, TreeError};

/// A tree in the making. Pairs come in ascending order and are copied, so whatever they are read from can go.
///
/// Along the right edge of what is built, subtrees wait for their right sides: a key that parts from the one before it at some bit closes
/// the forks that decide later. Subtrees of few pairs wait as pairs, at most as many as fit a page together; of two that do not, neither can
/// become part of a larger page.
#[derive(Default)]
pub struct Builder {
    /// The subtrees that wait, each with the bit in which what follows differs from it: first links, then pairs.
    edge: Vec<(Bit, Part)>,
    /// The subtree of the newest pair.
    newest: Option<Part>,
    /// The pairs of all parts that are pairs.
    draft: Draft,
    last_key: Vec<u8>,
    count: usize,
}

enum Part {
    Link(Link),
    /// So many pairs of the draft.
    Pairs(usize),
}

impl Builder {
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Adds a pair behind all others.
    ///
    /// # Errors
    ///
    /// A key that does not follow the one before it, is empty or longer than [`KEY_BYTES_MAX`], or an empty value. The pair is left out then.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), TreeError> {
        let position = self.count;
        if key.is_empty() {
            return Err(TreeError::KeyEmpty { position });
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(TreeError::KeyTooLong { position, len: key.len() });
        }
        if value.is_empty() {
            return Err(TreeError::ValueEmpty { key: hex::encode(key) });
        }
        let mut bit = Bit::START;
        if self.newest.is_some() {
            let parts_at = Bit::first_difference(&self.last_key, key).filter(|bit| bit.is_set(key));
            bit = parts_at.ok_or_else(|| TreeError::NotAscending {
                before: hex::encode(&self.last_key),
                key: hex::encode(key),
            })?;
            self.close(Some(bit));
        }
        self.newest = Some(if Draft::fits(key, value) {
            if self.draft.len() >= PAIRS_MAX {
                self.seal_first();
            }
            self.draft.push(bit, key, value);
            Part::Pairs(1)
        } else {
            while self.draft.len() > 0 {
                self.seal_first();
            }
            Part::Link(Link::leaf(key.to_vec().into(), value.to_vec().into()))
        });
        self.last_key.clear();
        self.last_key.extend_from_slice(key);
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// The tree of all pairs.
    pub fn finish(mut self) -> Tree {
        self.close(None);
        let top = self.newest.take().map(|part| self.seal(part));
        Tree { top, ..Tree::default() }
    }

    /// Closes the forks that decide after `parts_at`, where the next key parts from all that is there, and lets the rest wait for it.
    fn close(&mut self, parts_at: Option<Bit>) {
        let Some(mut part) = self.newest.take() else { return };
        while let Some((bit, left)) = self.edge.pop_if(|(bit, _)| parts_at.is_none_or(|parts_at| *bit > parts_at)) {
            part = match (left, part) {
                (Part::Pairs(left), Part::Pairs(right)) => Part::Pairs(left.wrapping_add(right)),
                (left, right) => Part::Link(Link::fork(bit, self.seal(left), self.seal(right), 0)),
            };
        }
        match parts_at {
            Some(parts_at) => self.edge.push((parts_at, part)),
            None => self.newest = Some(part),
        }
    }

    /// Makes a page of the first part of the edge that is pairs.
    fn seal_first(&mut self) {
        let place = self.edge.partition_point(|(_, part)| matches!(part, Part::Link(_)));
        match self.edge.get_mut(place) {
            Some((_, part)) => {
                if let Part::Pairs(count) = *part {
                    *part = Part::Link(self.draft.link(count));
                }
            }
            // What does not wait in any part cannot be sealed.
            None => self.draft = Draft::default(),
        }
    }

    fn seal(&mut self, part: Part) -> Link {
        match part {
            Part::Link(link) => link,
            Part::Pairs(count) => self.draft.link(count),
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Builder {{ pairs: {}, last: {} }}", self.count, hex::encode(&self.last_key))
    }
}
