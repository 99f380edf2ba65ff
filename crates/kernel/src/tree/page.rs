//! Pages: a few neighbouring pairs in one allocation.
//!
//! The bytes of a page: the number of pairs, the place where the second half begins, the heights of both halves (one byte each), the length of
//! what all keys begin with (two bytes), the hashes of the halves (none if the second begins at zero), for each pair the ends of its key and
//! its value (two bytes each, little-endian, counted from the first pair), the common beginning, and then, pair after pair, the rest of the
//! key and the value.
//!
//! The halves are the two sides of the topmost fork. Their hashes make it cheaper to open a page: those of one half only are computed anew.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use super::node::{Bit, Link, Sum};
use super::pair::{KeyRef, ValueRef};

/// Pairs of a page at most. More make a page cheaper to keep and dearer to open.
pub(super) const PAIRS_MAX: usize = 16;
/// Bytes of key and value of a pair in a page; a longer pair is a leaf. Ends of pairs fit two bytes.
const PAIR_BYTES_MAX: usize = 1024;

/// Fewer pairs are hashed as quickly as their hashes would be read.
const HALVED: u8 = 4;
/// Bytes before the hashes of the halves, and of these.
const FRONT: usize = 6;
const HASHES: usize = 64;

/// The immutable bytes of a page.
#[derive(Clone)]
pub(super) struct Page(Arc<[u8]>);

impl Page {
    /// All pairs of the page.
    pub fn all(&self) -> Run<'_> {
        Run::read(&self.0)
    }

    /// The pairs from one place to another.
    pub fn run(&self, from: u8, to: u8) -> Run<'_> {
        Run { from, to, ..self.all() }
    }
}

/// Neighbouring pairs of a page: a subtree of at most [`PAIRS_MAX`] leaves.
#[derive(Clone, Copy, Default)]
pub(super) struct Run<'a> {
    /// What the page knows of its halves.
    halves: Halves<'a>,
    ends: &'a [[u8; 4]],
    head: &'a [u8],
    body: &'a [u8],
    pub from: u8,
    pub to: u8,
}

/// Where the second half begins, the heights, and the hashes.
#[derive(Clone, Copy, Default)]
struct Halves<'a> {
    middle: u8,
    end: u8,
    heights: [u8; 2],
    hashes: &'a [[u8; 32]],
}

impl<'a> Run<'a> {
    /// All pairs of the page that has these bytes.
    fn read(page: &'a [u8]) -> Run<'a> {
        let Some((&[count, middle, left, right, low, high], rest)) = page.split_first_chunk::<FRONT>() else {
            return Run::default();
        };
        let hashes = if middle == 0 { 0 } else { HASHES };
        let (hashes, rest) = rest.split_at_checked(hashes).unwrap_or_default();
        let (table, rest) = rest.split_at_checked(usize::from(count).wrapping_mul(4)).unwrap_or_default();
        let (head, body) = rest.split_at_checked(u16::from_le_bytes([low, high]).into()).unwrap_or_default();
        let halves = Halves { middle, end: count, heights: [left, right], hashes: hashes.as_chunks().0 };
        Run { halves, ends: table.as_chunks().0, head, body, from: 0, to: count }
    }

    /// The sums of the halves, if this is the whole page and it has them.
    fn known_halves(&self) -> Option<(Sum, Sum)> {
        let Halves { middle, end, heights: [left_height, right_height], hashes } = self.halves;
        let (&[left, right], true) = (hashes, self.from == 0 && self.to == end) else { return None };
        let sum = |hash, size: u8, height: u8| Sum { hash, size: size.into(), height: height.into() };
        Some((sum(left, middle, left_height), sum(right, end.wrapping_sub(middle), right_height)))
    }

    /// The sum, if the page has it.
    fn known(&self) -> Option<Sum> {
        let Halves { middle, end, .. } = self.halves;
        if middle == 0 {
            return None;
        }
        let (left, right) = Run { from: 0, to: end, ..*self }.known_halves()?;
        match (self.from, self.to) {
            (0, to) if to == middle => Some(left),
            (from, to) if from == middle && to == end => Some(right),
            (0, to) if to == end => Some(Sum::fork(&left, &right)),
            _ => None,
        }
    }

    /// The key's own bytes and the value at a place of the page.
    fn pieces(&self, place: u8) -> (&'a [u8], &'a [u8]) {
        let ends = |place: u8| match self.ends.get(usize::from(place)) {
            Some([a, b, c, d]) => (u16::from_le_bytes([*a, *b]).into(), u16::from_le_bytes([*c, *d]).into()),
            None => (0, 0),
        };
        let start = place.checked_sub(1).map_or(0, |before| ends(before).1);
        let (key_end, end) = ends(place);
        (self.body.get(start..key_end).unwrap_or_default(), self.body.get(key_end..end).unwrap_or_default())
    }

    fn tail(&self, place: u8) -> &'a [u8] {
        self.pieces(place).0
    }

    pub fn key(&self, place: u8) -> KeyRef<'a> {
        KeyRef::Pieces { head: self.head, tail: self.tail(place) }
    }

    pub fn pair(&self, place: u8) -> (KeyRef<'a>, ValueRef<'a>) {
        let (tail, value) = self.pieces(place);
        (KeyRef::Pieces { head: self.head, tail }, ValueRef::Packed(value))
    }

    /// Takes a pair from the front.
    pub fn next(&mut self) -> Option<(KeyRef<'a>, ValueRef<'a>)> {
        let place = self.from;
        (place < self.to).then(|| {
            self.from = place.wrapping_add(1);
            self.pair(place)
        })
    }

    /// Takes a pair from the back.
    pub fn next_back(&mut self) -> Option<(KeyRef<'a>, ValueRef<'a>)> {
        let place = self.to.checked_sub(1).filter(|place| *place >= self.from)?;
        self.to = place;
        Some(self.pair(place))
    }

    /// The place of a key, or the place before which it would come.
    pub fn find(&self, key: &[u8]) -> Result<u8, u8> {
        let Some(rest) = key.strip_prefix(self.head) else {
            return Err(if self.head < key { self.to } else { self.from });
        };
        let (mut low, mut high) = (self.from, self.to);
        while low < high {
            let middle = low.midpoint(high);
            match self.tail(middle).cmp(rest) {
                Ordering::Less => low = middle.wrapping_add(1),
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(middle),
            }
        }
        Err(low)
    }

    /// The pairs whose keys begin with `prefix`.
    pub fn under(&self, prefix: &[u8]) -> Run<'a> {
        let from = self.find(prefix).unwrap_or_else(|place| place);
        let mut run = Run { from, ..*self };
        let mut to = from;
        while to < self.to && self.key(to).starts_with(prefix) {
            to = to.wrapping_add(1);
        }
        run.to = to;
        run
    }

    /// The first bit in which a key differs from the key of the run that shares most with it; `None` if it is one of them.
    pub fn parting(&self, key: &[u8]) -> Option<Bit> {
        let Err(place) = self.find(key) else { return None };
        let behind = (place < self.to).then_some(place);
        let before = place.checked_sub(1).filter(|before| *before >= self.from);
        [before, behind].into_iter().flatten().filter_map(|place| Bit::parting(self.key(place), key)).max()
    }

    /// The bit in which the key at `place` differs from the one before it.
    fn bit_before(&self, place: u8) -> Bit {
        let before = self.tail(place.wrapping_sub(1));
        Bit::first_difference(before, self.tail(place)).map_or(Bit::END, |bit| bit.further(self.head.len()))
    }

    /// The bit that decides in the run; a single pair decides nothing.
    pub fn bit(&self) -> Bit {
        self.split().map_or(Bit::END, |(bit, ..)| bit)
    }

    /// The deciding bit, the pairs without it, and those with it.
    pub fn split(&self) -> Option<(Bit, Run<'a>, Run<'a>)> {
        let inner = self.from.wrapping_add(1)..self.to;
        let (bit, middle) = inner.map(|place| (self.bit_before(place), place)).min()?;
        Some((bit, Run { to: middle, ..*self }, Run { from: middle, ..*self }))
    }

    /// Hash, size and height of the subtree.
    ///
    /// Along its right edge forks wait for their right sides: a key that parts from the one before it at some bit closes the forks
    /// that decide later.
    pub fn sum(&self) -> Sum {
        self.known().unwrap_or_else(|| self.computed())
    }

    fn computed(&self) -> Sum {
        let leaf = |place| {
            let (key, value) = self.pair(place);
            Sum::leaf(key, &value)
        };
        summed(self.from..self.to, leaf, |place| self.bit_before(place))
    }
}

/// The sum of the subtree of neighbouring pairs, by their own sums and the bits in which they differ from the ones before them.
fn summed(places: Range<u8>, leaf: impl Fn(u8) -> Sum, bit_before: impl Fn(u8) -> Bit) -> Sum {
    let mut edge = [(Bit::START, Sum::NONE); PAIRS_MAX];
    let mut waiting = 0_usize;
    let mut sum = Sum::NONE;
    let end = places.end;
    for place in places {
        sum = leaf(place);
        let next = place.wrapping_add(1);
        let parts_at = (next < end).then(|| bit_before(next));
        while let Some((bit, left)) = waiting.checked_sub(1).and_then(|last| edge.get(last)) {
            if parts_at.is_some_and(|parts_at| *bit < parts_at) {
                break;
            }
            sum = Sum::fork(left, &sum);
            waiting = waiting.wrapping_sub(1);
        }
        if let (Some(parts_at), Some(slot)) = (parts_at, edge.get_mut(waiting)) {
            *slot = (parts_at, sum);
            waiting = waiting.wrapping_add(1);
        }
    }
    sum
}

/// Pairs that are not in a page yet, and the room in which pages are put together.
#[derive(Default)]
pub(super) struct Draft {
    /// Keys and values, one behind the other.
    text: Vec<u8>,
    /// Where each key and each value ends in the text.
    ends: Vec<(usize, usize)>,
    /// The bit in which each key differs from the one before it.
    bits: Vec<Bit>,
    /// A page in the making.
    page: Vec<u8>,
}

impl Draft {
    /// Whether a pair may lie in a page.
    pub fn fits(key: &[u8], value: &[u8]) -> bool {
        key.len().saturating_add(value.len()) <= PAIR_BYTES_MAX
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds a pair that fits, behind the others. `parts_at` is the bit in which its key differs from the one before it; nobody looks at the
    /// first one's.
    pub fn push(&mut self, parts_at: Bit, key: &[u8], value: &[u8]) {
        self.bits.push(parts_at);
        self.text.extend_from_slice(key);
        let key_end = self.text.len();
        self.text.extend_from_slice(value);
        self.ends.push((key_end, self.text.len()));
    }

    fn pair(&self, place: usize) -> (&[u8], &[u8]) {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |ends| ends.1);
        let (key_end, end) = self.ends.get(place).copied().unwrap_or_default();
        (self.text.get(start..key_end).unwrap_or_default(), self.text.get(key_end..end).unwrap_or_default())
    }

    /// Makes a page of the first `count` pairs, at most [`PAIRS_MAX`], and a link to it.
    pub fn link(&mut self, count: usize) -> Link {
        // There are fewer pairs than numbers of a byte.
        let to = count as u8;
        let bits = || (0..to).zip(&self.bits).skip(1).map(|(place, bit)| (*bit, place));
        let Some((bit, middle)) = bits().min() else {
            let sum = self.sum(0..to);
            return Link::page_of(self.take(count, None), 0, to, Bit::END, &sum);
        };
        let (left, right) = (self.sum(0..middle), self.sum(middle..to));
        let sum = Sum::fork(&left, &right);
        Link::page_of(self.take(count, Some((left, right))), 0, to, bit, &sum)
    }

    fn sum(&self, places: Range<u8>) -> Sum {
        let leaf = |place: u8| {
            let (key, value) = self.pair(place.into());
            Sum::leaf(KeyRef::Pieces { head: &[], tail: key }, value)
        };
        summed(places, leaf, |place| self.bits.get(usize::from(place)).copied().unwrap_or(Bit::END))
    }

    /// Makes a page of the first `count` pairs, at most [`PAIRS_MAX`], whose topmost fork has these sides.
    pub fn take(&mut self, count: usize, halves: Option<(Sum, Sum)>) -> Page {
        let mut page = std::mem::take(&mut self.page);
        page.clear();
        let (first, last) = (self.pair(0).0, self.pair(count.saturating_sub(1)).0);
        let head = first.iter().zip(last).take_while(|(a, b)| a == b).count();
        // A page has at most 16 pairs, keys have at most 256 bytes, and all pairs together fewer than 65,536.
        let [low, high] = (head as u16).to_le_bytes();
        match halves.filter(|_| count >= HALVED.into()) {
            Some((left, right)) => {
                page.extend_from_slice(&[
                    count as u8,
                    left.size as u8,
                    left.height as u8,
                    right.height as u8,
                    low,
                    high,
                ]);
                page.extend_from_slice(&left.hash);
                page.extend_from_slice(&right.hash);
            }
            None => page.extend_from_slice(&[count as u8, 0, 0, 0, low, high]),
        }
        let mut end = 0_usize;
        for place in 0..count {
            let (key, value) = self.pair(place);
            let key_end = end.wrapping_add(key.len()).wrapping_sub(head);
            end = key_end.wrapping_add(value.len());
            page.extend_from_slice(&(key_end as u16).to_le_bytes());
            page.extend_from_slice(&(end as u16).to_le_bytes());
        }
        page.extend_from_slice(first.get(..head).unwrap_or_default());
        for place in 0..count {
            let (key, value) = self.pair(place);
            page.extend_from_slice(key.get(head..).unwrap_or_default());
            page.extend_from_slice(value);
        }
        let made = Page(Arc::from(page.as_slice()));
        self.page = page;
        let text = count.checked_sub(1).and_then(|last| self.ends.get(last)).map_or(0, |ends| ends.1);
        self.text.drain(..text);
        self.ends.drain(..count);
        self.bits.drain(..count);
        self.ends.iter_mut().for_each(|ends| *ends = (ends.0.wrapping_sub(text), ends.1.wrapping_sub(text)));
        made
    }
}
