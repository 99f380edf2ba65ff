//! Leaves, forks, the bits that decide between them, and their hashes.

use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Rank;

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
        let common = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        let within = match (a.get(common), b.get(common)) {
            (None, None) => return None,
            (Some(x), Some(y)) => (x ^ y).leading_zeros().wrapping_add(1),
            _ => 0,
        };
        let place = common.wrapping_mul(16).wrapping_add(within as usize);
        Some(u16::try_from(place).map_or(Bit::END, Bit))
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

/// Two subtrees whose keys first differ in one bit.
#[derive(Clone)]
pub(super) struct Fork {
    /// The keys without the bit.
    pub left: Link,
    /// The keys with the bit.
    pub right: Link,
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
        fork: Arc<Fork>,
    },
}

impl Link {
    pub fn leaf(key: Bytes, value: Bytes) -> Link {
        Link::Leaf { hash: leaf_hash(&key, &value), leaf: Arc::new(Leaf { key, value }) }
    }

    pub fn fork(bit: Bit, left: Link, right: Link) -> Link {
        let mut link = Link::Fork { hash: [0; 32], size: 0, height: 0, bit, fork: Arc::new(Fork { left, right }) };
        link.refresh();
        link
    }

    /// Computes hash, size and height anew from what is below.
    pub fn refresh(&mut self) {
        match self {
            Link::Leaf { hash, leaf } => *hash = leaf_hash(&leaf.key, &leaf.value),
            Link::Fork { hash, size, height, fork, .. } => {
                // Leaves in memory can be counted in 64 bits, and a way down has at most 9 forks per key byte.
                *size = fork.left.size().wrapping_add(fork.right.size());
                *height = fork.left.height().max(fork.right.height()).wrapping_add(1);
                *hash = fork_hash(*height, *size, fork.left.hash(), fork.right.hash());
            }
        }
    }

    pub fn hash(&self) -> &[u8; 32] {
        match self {
            Link::Leaf { hash, .. } | Link::Fork { hash, .. } => hash,
        }
    }

    pub fn size(&self) -> u64 {
        match self {
            Link::Leaf { .. } => 1,
            Link::Fork { size, .. } => *size,
        }
    }

    pub fn height(&self) -> u16 {
        match self {
            Link::Leaf { .. } => 0,
            Link::Fork { height, .. } => *height,
        }
    }

    /// The bit this node decides by; a leaf decides nothing.
    pub fn bit(&self) -> Bit {
        match self {
            Link::Leaf { .. } => Bit::END,
            Link::Fork { bit, .. } => *bit,
        }
    }

    /// The leaf that shares more leading bits with `key` than, or as many as, any other.
    pub fn nearest(&self, key: &[u8]) -> &Leaf {
        let mut link = self;
        loop {
            match link {
                Link::Leaf { leaf, .. } => return leaf,
                Link::Fork { bit, fork, .. } => link = if bit.is_set(key) { &fork.right } else { &fork.left },
            }
        }
    }

    /// The subtree of the keys that begin with `prefix`.
    pub fn under(&self, prefix: &[u8]) -> Option<&Link> {
        let (_, below) = self.leaves_left_of(prefix, Bit::behind(prefix.len()));
        below.nearest(prefix).key.starts_with(prefix).then_some(below)
    }

    /// How many keys of the subtree are smaller than `key`, and whether `key` itself is there.
    pub fn rank(&self, key: &[u8]) -> Rank {
        match Bit::first_difference(key, &self.nearest(key).key) {
            None => Rank { below: self.leaves_left_of(key, Bit::END).0, found: true },
            Some(bit) => {
                let (left, at) = self.leaves_left_of(key, bit);
                let below = if bit.is_set(key) { left.wrapping_add(at.size()) } else { left };
                Rank { below, found: false }
            }
        }
    }

    /// Follows `key` down to the first subtree that does not decide before `until`: that subtree, and how many leaves
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

/// The version number in every node: the root depends on the pairs alone, so there is only one.
const VERSION: u64 = 1;

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

    fn feed(&self, hasher: &mut Sha256) {
        let bytes = self.bytes.to_le_bytes();
        hasher.update(bytes.get(..self.len).unwrap_or(&bytes));
    }
}

/// The length prefix of a 32-byte hash.
pub(super) const HASH_LEN: u8 = 32;

fn leaf_hash(key: &[u8], value: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    Head::new(0, 1).feed(&mut hasher);
    match u8::try_from(key.len()) {
        Ok(short @ 0..=0x7f) => hasher.update([short]),
        // 128..=256: two groups of seven bits.
        _ => hasher.update([(key.len() & 0x7f) as u8 | 0x80, (key.len() >> 7) as u8]),
    }
    hasher.update(key);
    hasher.update([HASH_LEN]);
    hasher.update(Sha256::digest(value));
    hasher.finalize().into()
}

fn fork_hash(height: u16, size: u64, left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    Head::new(height, size).feed(&mut hasher);
    hasher.update([HASH_LEN]);
    hasher.update(left);
    hasher.update([HASH_LEN]);
    hasher.update(right);
    hasher.finalize().into()
}
