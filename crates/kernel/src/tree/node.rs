//! Leaves, forks, links to them and to pages, the bits that decide, and the hashes.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::page::{Page, Run};
use super::pair::{KeyRef, ValueRef};
use super::{KEY_BYTES_MAX, Rank};

/// The place of a bit in a key: 16 * (byte number) + 0 for "there is a byte", + 1..=8 for the bits of the byte from the
/// highest. Places compare as they are met when a key is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bit(u16);

impl Bit {
    /// The first bit of every key.
    pub const START: Bit = Bit(0);
    /// Behind every bit of every key.
    pub const END: Bit = Bit(u16::MAX);

    /// The first bit in which two keys differ; `None` for equal keys. At least one of the keys is short enough to be
    /// in a tree, so the place fits.
    pub fn first_difference(a: &[u8], b: &[u8]) -> Option<Bit> {
        let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0).take_while(|(x, y)| x == y).count();
        let alike = words.wrapping_mul(8);
        let rest = a.iter().zip(b).skip(alike).take_while(|(x, y)| x == y).count();
        let common = alike.wrapping_add(rest);
        let within = match (a.get(common), b.get(common)) {
            (None, None) => return None,
            (Some(x), Some(y)) => (x ^ y).leading_zeros().wrapping_add(1),
            _ => 0,
        };
        let place = common.wrapping_mul(16).wrapping_add(within as usize);
        Some(u16::try_from(place).map_or(Bit::END, Bit))
    }

    /// As [`Bit::first_difference`], with a key of the tree.
    pub fn parting(a: KeyRef<'_>, b: &[u8]) -> Option<Bit> {
        let (head, tail) = a.pieces();
        match b.strip_prefix(head) {
            None => Bit::first_difference(head, b),
            Some(rest) => Some(Bit::first_difference(tail, rest)?.further(head.len())),
        }
    }

    /// The same bit, so many bytes further on.
    pub fn further(self, bytes: usize) -> Bit {
        u16::try_from(bytes.wrapping_mul(16).wrapping_add(self.0.into())).map_or(Bit::END, Bit)
    }

    /// The first bit behind the first `bytes` bytes of a key.
    pub fn behind(bytes: usize) -> Bit {
        u16::try_from(bytes.wrapping_mul(16)).map_or(Bit::END, Bit)
    }

    /// Whether `key` has this bit.
    pub fn is_set(self, key: &[u8]) -> bool {
        match (key.get(usize::from(self.0 >> 4)), self.0 & 15) {
            (None, _) => false,
            (Some(_), 0) => true,
            (Some(byte), within) => byte.wrapping_shr(8u32.wrapping_sub(u32::from(within))) & 1 == 1,
        }
    }
}

/// A pair.
#[derive(Clone)]
pub(super) struct Leaf {
    pub key: Bytes,
    pub value: Bytes,
}

impl Leaf {
    pub fn pair(&self) -> (KeyRef<'_>, ValueRef<'_>) {
        (KeyRef::Whole(&self.key), ValueRef::Whole(&self.value))
    }

    pub fn sum(&self) -> Sum {
        Sum::leaf(KeyRef::Whole(&self.key), &self.value)
    }
}

/// Two subtrees whose keys first differ in one bit.
#[derive(Clone)]
pub(super) struct Fork {
    /// The keys without the bit.
    pub left: Link,
    /// The keys with the bit.
    pub right: Link,
}

/// What the parent of a subtree must know to be hashed.
#[derive(Clone, Copy)]
pub(super) struct Sum {
    pub hash: [u8; 32],
    /// Leaves below.
    pub size: u64,
    /// Forks on the longest way down.
    pub height: u16,
}

impl Sum {
    /// Of nothing.
    pub const NONE: Sum = Sum { hash: [0; 32], size: 0, height: 0 };

    pub fn leaf(key: KeyRef<'_>, value: &[u8]) -> Sum {
        Sum { hash: leaf_hash(key, value), size: 1, height: 0 }
    }

    pub fn fork(left: &Sum, right: &Sum) -> Sum {
        // Leaves in memory can be counted in 64 bits, and a way down has at most 9 forks per key byte.
        let size = left.size.wrapping_add(right.size);
        let height = left.height.max(right.height).wrapping_add(1);
        Sum { hash: fork_hash(height, size, &left.hash, &right.hash), size, height }
    }
}

/// A subtree as its parent sees it. Hash, size and deciding bit are kept here, beside the pointer, so that hashing a
/// parent does not touch the sibling of what changed.
#[derive(Clone)]
pub(super) enum Link {
    Leaf {
        hash: [u8; 32],
        leaf: Arc<Leaf>,
    },
    Fork {
        hash: [u8; 32],
        /// Leaves below.
        size: u64,
        /// Forks on the longest way down, this one included.
        height: u16,
        bit: Bit,
        /// The batch that last wrote below.
        written: Batch,
        fork: Arc<Fork>,
    },
    /// Neighbouring pairs of a page, one at least.
    Page {
        hash: [u8; 32],
        height: u8,
        bit: Bit,
        /// The first pair, and the one behind the last.
        from: u8,
        to: u8,
        page: Page,
    },
}

/// The number of a batch, which begins anew after 65,535. It says how long ago a subtree was written, and decides nothing but when it
/// is packed.
pub(super) type Batch = u16;

impl Link {
    pub fn leaf(key: Bytes, value: Bytes) -> Link {
        let leaf = Leaf { key, value };
        Link::Leaf { hash: leaf.sum().hash, leaf: Arc::new(leaf) }
    }

    pub fn fork(bit: Bit, left: Link, right: Link, now: Batch) -> Link {
        let Sum { hash, size, height } = Sum::fork(&left.sum(), &right.sum());
        Link::Fork { hash, size, height, bit, written: now, fork: Arc::new(Fork { left, right }) }
    }

    /// Pairs of a page; their hash is computed, as far as the page does not know it.
    pub fn page(page: &Page, from: u8, to: u8) -> Link {
        let run = page.run(from, to);
        Link::page_of(page.clone(), from, to, run.bit(), &run.sum())
    }

    pub fn page_of(page: Page, from: u8, to: u8, bit: Bit, sum: &Sum) -> Link {
        // A page has fewer pairs than there are numbers of a byte.
        Link::Page { hash: sum.hash, height: sum.height as u8, bit, from, to, page }
    }

    /// Computes hash, size and height anew from what is below. Pages are never written.
    pub fn refresh(&mut self, now: Batch) {
        match self {
            Link::Leaf { hash, leaf } => *hash = leaf.sum().hash,
            Link::Fork { hash, size, height, written, fork, .. } => {
                let sum = Sum::fork(&fork.left.sum(), &fork.right.sum());
                (*hash, *size, *height, *written) = (sum.hash, sum.size, sum.height, now);
            }
            Link::Page { .. } => {}
        }
    }

    pub fn hash(&self) -> &[u8; 32] {
        match self {
            Link::Leaf { hash, .. } | Link::Fork { hash, .. } | Link::Page { hash, .. } => hash,
        }
    }

    pub fn size(&self) -> u64 {
        match self {
            Link::Leaf { .. } => 1,
            Link::Fork { size, .. } => *size,
            Link::Page { from, to, .. } => to.saturating_sub(*from).into(),
        }
    }

    pub fn height(&self) -> u16 {
        match self {
            Link::Leaf { .. } => 0,
            Link::Fork { height, .. } => *height,
            Link::Page { height, .. } => (*height).into(),
        }
    }

    pub fn is_page(&self) -> bool {
        matches!(self, Link::Page { .. })
    }

    pub fn sum(&self) -> Sum {
        Sum { hash: *self.hash(), size: self.size(), height: self.height() }
    }

    /// The bit this node decides by; a leaf decides nothing.
    pub fn bit(&self) -> Bit {
        match self {
            Link::Leaf { .. } => Bit::END,
            Link::Fork { bit, .. } | Link::Page { bit, .. } => *bit,
        }
    }

    /// The leaf or the page in which `key` lies if it is here: one of its keys shares more leading bits with `key` than, or as many as,
    /// any other.
    pub fn nearest(&self, key: &[u8]) -> Nearest<'_> {
        let mut link = self;
        loop {
            match link {
                Link::Leaf { leaf, .. } => return Nearest::Leaf(leaf),
                Link::Page { from, to, page, .. } => return Nearest::Run(page.run(*from, *to)),
                Link::Fork { bit, fork, .. } => link = if bit.is_set(key) { &fork.right } else { &fork.left },
            }
        }
    }

    /// One of the keys: it shows the bits that all keys of the subtree have in common.
    pub fn any_key(&self) -> KeyRef<'_> {
        match self.nearest(&[]) {
            Nearest::Leaf(leaf) => KeyRef::Whole(&leaf.key),
            Nearest::Run(run) => run.key(run.from),
        }
    }

    /// The smallest subtree that has all keys which begin with `prefix`, and their places in it.
    pub fn under(&self, prefix: &[u8]) -> Option<(&Link, Range<u64>)> {
        let (_, below) = self.leaves_left_of(prefix, Bit::behind(prefix.len()));
        let places = match below {
            Link::Page { from, to, page, .. } => {
                let run = page.run(*from, *to).under(prefix);
                run.from.saturating_sub(*from).into()..run.to.saturating_sub(*from).into()
            }
            whole if whole.nearest(prefix).parting(prefix).is_none_or(|bit| bit >= Bit::behind(prefix.len())) => {
                0..whole.size()
            }
            _ => return None,
        };
        Some((below, places))
    }

    /// How many keys of the subtree are smaller than `key`, and whether `key` itself is there.
    pub fn rank(&self, key: &[u8]) -> Rank {
        match self.nearest(key).parting(key) {
            None => self.rank_down(key, Bit::END, true),
            Some(bit) => self.rank_down(key, bit, false),
        }
    }

    /// The rank of a key that parts from all others at `parts_at`.
    fn rank_down(&self, key: &[u8], parts_at: Bit, found: bool) -> Rank {
        let (left, at) = self.leaves_left_of(key, parts_at);
        let before = match at {
            Link::Page { from, to, page, .. } => {
                let place = page.run(*from, *to).find(key).unwrap_or_else(|place| place);
                place.saturating_sub(*from).into()
            }
            at if !found && parts_at.is_set(key) => at.size(),
            _ => 0,
        };
        Rank { below: left.wrapping_add(before), found }
    }

    /// Follows `key` down to the first subtree that does not decide before `until`, or to a page: that subtree, and how many leaves
    /// were passed on its left.
    pub fn leaves_left_of(&self, key: &[u8], until: Bit) -> (u64, &Link) {
        let (mut link, mut left) = (self, 0u64);
        while let Link::Fork { bit, fork, .. } = link {
            if *bit >= until {
                break;
            }
            if bit.is_set(key) {
                left = left.wrapping_add(fork.left.size());
                link = &fork.right;
            } else {
                link = &fork.left;
            }
        }
        (left, link)
    }
}

/// Where the way to a key ends.
#[derive(Clone, Copy)]
pub(super) enum Nearest<'a> {
    Leaf(&'a Leaf),
    Run(Run<'a>),
}

impl<'a> Nearest<'a> {
    /// The first bit in which `key` differs from the key that is nearest to it; `None` if it is here.
    pub fn parting(&self, key: &[u8]) -> Option<Bit> {
        match self {
            Nearest::Leaf(leaf) => Bit::first_difference(&leaf.key, key),
            Nearest::Run(run) => run.parting(key),
        }
    }

    /// The pair of `key`.
    pub fn pair(&self, key: &[u8]) -> Option<(KeyRef<'a>, ValueRef<'a>)> {
        match self {
            Nearest::Leaf(leaf) => (leaf.key == key).then(|| leaf.pair()),
            Nearest::Run(run) => run.find(key).ok().map(|place| run.pair(place)),
        }
    }
}

/// The version number in every node: the root depends on the pairs alone, so there is only one.
const VERSION: u64 = 1;

/// Room for a [`Head`].
const HEAD_BYTES: usize = 16;

/// What comes before the children of a fork, or before the pair of a leaf (height 0, size 1): three numbers, written as
/// iavl writes them (zigzag, then seven bits per byte).
pub(super) struct Head {
    bytes: u128,
    len: usize,
}

impl Head {
    pub fn new(height: u16, size: u64) -> Head {
        let mut head = Head { bytes: 0, len: 0 };
        head.number(u64::from(height));
        head.number(size);
        head.number(VERSION);
        head
    }

    fn number(&mut self, number: u64) {
        // Sizes are far below 2^63, so the zigzag form of a positive number is twice the number.
        let mut rest = number.wrapping_mul(2);
        while rest >= 0x80 {
            self.push(rest & 0x7f | 0x80);
            rest >>= 7;
        }
        self.push(rest);
    }

    fn push(&mut self, byte: u64) {
        // At most 3 + 9 + 1 bytes: they fit the sixteen.
        self.bytes |= u128::from(byte).wrapping_shl((self.len as u32).wrapping_mul(8));
        self.len = self.len.wrapping_add(1);
    }

    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes.to_le_bytes().into_iter().take(self.len).collect()
    }

    /// Its bytes, and how many they are.
    fn bytes(&self) -> ([u8; HEAD_BYTES], usize) {
        (self.bytes.to_le_bytes(), self.len)
    }
}

/// The length prefix of a 32-byte hash.
pub(super) const HASH_LEN: u8 = 32;

fn leaf_hash(key: KeyRef<'_>, value: &[u8]) -> [u8; 32] {
    let (head, len) = Head::new(0, 1).bytes();
    let key_len: &[u8] = match u8::try_from(key.len()) {
        Ok(short @ 0..=0x7f) => &[short],
        // 128..=256: two groups of seven bits.
        _ => &[(key.len() & 0x7f) as u8 | 0x80, (key.len() >> 7) as u8],
    };
    let (key_head, key_tail) = key.pieces();
    hashed([head.get(..len).unwrap_or(&head), key_len, key_head, key_tail, &[HASH_LEN], &Sha256::digest(value)])
}

fn fork_hash(height: u16, size: u64, left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let (head, len) = Head::new(height, size).bytes();
    hashed([head.get(..len).unwrap_or(&head), &[HASH_LEN], left, &[HASH_LEN], right])
}

/// The hash of some pieces, which are put together first: one piece is hashed quicker by a sixth than five.
fn hashed<const N: usize>(pieces: [&[u8]; N]) -> [u8; 32] {
    /// A leaf with the longest key: head, length, key, and the hash of the value.
    const ROOM: usize = HEAD_BYTES + 2 + KEY_BYTES_MAX + 33;
    let mut message = [0_u8; ROOM];
    let mut len = 0_usize;
    for piece in pieces {
        let end = len.wrapping_add(piece.len());
        let Some(room) = message.get_mut(len..end) else { return hashed_one_by_one(pieces) };
        room.copy_from_slice(piece);
        len = end;
    }
    Sha256::digest(message.get(..len).unwrap_or(&message)).into()
}

fn hashed_one_by_one<const N: usize>(pieces: [&[u8]; N]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    pieces.into_iter().for_each(|piece| hasher.update(piece));
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_hashed_as_if_they_were_one() {
        let bytes: Vec<u8> = (0..=255).cycle().take(700).collect();
        for len in [0, 1, 55, 56, 63, 64, 119, 120, 306, 307, 308, 600] {
            let (all, cut) = (&bytes[..len], len / 3);
            let pieces = [&all[..cut], &all[cut..cut], &all[cut..]];
            let whole: [u8; 32] = Sha256::digest(all).into();
            assert_eq!((hashed(pieces), hashed_one_by_one(pieces)), (whole, whole), "{len}");
        }
    }
}
