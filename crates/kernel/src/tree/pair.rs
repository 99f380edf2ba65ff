//! Keys and values as the tree shows them: where they lie, in a leaf or in a page.

use std::cmp::Ordering;
use std::ops::Deref;

use bytes::Bytes;

/// A key of the tree. In a page what keys have in common is written once, so a key may lie in two pieces.
#[derive(Debug, Clone, Copy)]
pub enum KeyRef<'a> {
    Whole(&'a Bytes),
    Pieces { head: &'a [u8], tail: &'a [u8] },
}

impl<'a> KeyRef<'a> {
    /// The two pieces; the second is empty if the key lies in one.
    pub fn pieces(&self) -> (&'a [u8], &'a [u8]) {
        match *self {
            KeyRef::Whole(key) => (key, &[]),
            KeyRef::Pieces { head, tail } => (head, tail),
        }
    }

    #[allow(clippy::len_without_is_empty, reason = "no key is empty")]
    pub fn len(&self) -> usize {
        let (head, tail) = self.pieces();
        head.len().saturating_add(tail.len())
    }

    /// The key in one piece: as it lies, or put together in `buffer`.
    pub fn joined<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            KeyRef::Whole(key) => key,
            KeyRef::Pieces { head, tail } => {
                buffer.clear();
                buffer.extend_from_slice(head);
                buffer.extend_from_slice(tail);
                buffer
            }
        }
    }

    /// The key as bytes of its own: the leaf's, or a copy from the page, which it does not keep alive.
    pub fn to_bytes(&self) -> Bytes {
        match *self {
            KeyRef::Whole(key) => key.clone(),
            KeyRef::Pieces { head, tail } => [head, tail].concat().into(),
        }
    }

    pub fn to_vec(&self) -> Vec<u8> {
        let (head, tail) = self.pieces();
        [head, tail].concat()
    }

    pub fn starts_with(&self, prefix: &[u8]) -> bool {
        let (head, tail) = self.pieces();
        match prefix.split_at_checked(head.len()) {
            None => head.starts_with(prefix),
            Some((first, rest)) => head == first && tail.starts_with(rest),
        }
    }

    /// Where the key lies to another one.
    pub fn compare(&self, other: &KeyRef<'_>) -> Ordering {
        let ((head, tail), (other_head, other_tail)) = (self.pieces(), other.pieces());
        if head.len() == other_head.len() {
            return head.cmp(other_head).then_with(|| tail.cmp(other_tail));
        }
        head.iter().chain(tail).cmp(other_head.iter().chain(other_tail))
    }
}

/// A value of the tree.
#[derive(Debug, Clone, Copy)]
pub enum ValueRef<'a> {
    Whole(&'a Bytes),
    Packed(&'a [u8]),
}

impl ValueRef<'_> {
    /// The value as bytes of its own: the leaf's, or a copy from the page, which it does not keep alive.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            ValueRef::Whole(value) => (*value).clone(),
            ValueRef::Packed(value) => Bytes::copy_from_slice(value),
        }
    }
}

impl Deref for ValueRef<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            ValueRef::Whole(value) => value,
            ValueRef::Packed(value) => value,
        }
    }
}
