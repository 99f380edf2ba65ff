//! What a context has read and written: one cell per pair, found by a hash of its key, so that what a block looks at again and again
//! costs one look at the snapshot and one decoding.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;

use super::value::Value;
use super::view::Changes;
use crate::address::Bech32;
use crate::tree::Forest;

/// Proofs cannot hold an empty value: this stands for it.
pub(super) const EMPTY: &[u8] = &[0];

/// Cells of pairs that were only read. Beyond them, reading goes to the snapshot every time: a context that walks over a whole state
/// does not come to hold a copy of it.
const READ_MAX: usize = 65_536;

/// Cells that one context may leave to the next. Beyond them all are forgotten: most would be of pairs that no block asks for again.
const KEPT_MAX: usize = READ_MAX / 2;

/// Cells of a portion.
const PORTION: u32 = 256;

/// Cells for which a context has room at first: most look at few pairs.
const FIRST: usize = 8;

/// Most records have fewer bytes.
const RECORD_BYTES: usize = 512;

/// So many records are worth another thread's while to encode.
const SHARED: usize = 64;

/// A record as the program uses it.
pub(super) type Form = Arc<dyn Any + Send + Sync>;

/// The place of a cell. Cells never move.
pub(super) type Place = u32;

/// What stands under a key.
#[derive(Clone)]
pub(super) enum Held {
    /// The bytes; `None`: no pair.
    Bytes(Option<Bytes>),
    /// A record that was not encoded yet, because nobody asked for its bytes: it is what this function makes of the cell's form.
    ///
    /// # Invariant
    /// The cell has a form, of the type that the function knows. A form is replaced only together with the value, or by
    /// [`Overlay::keep`] after [`Overlay::read`], which encodes.
    Record(Encode),
}

/// Makes the bytes of a record from a form, in a room that is used again.
pub(super) type Encode = fn(&(dyn Any + Send + Sync), &Bech32, &mut Vec<u8>) -> Option<Bytes>;

/// The bytes of a record, as the tree keeps them.
pub(super) fn bytes_of<V: Value>(record: &V, room: &mut Vec<u8>) -> Bytes {
    room.clear();
    record.append_bytes(room);
    if room.is_empty() { Bytes::from_static(EMPTY) } else { Bytes::copy_from_slice(room) }
}

/// A pair as the context sees it.
#[derive(Clone)]
struct Cell {
    hash: u64,
    store: u8,
    /// By this context; else the value is that of the snapshot.
    written: bool,
    key: Bytes,
    value: Held,
    /// The value, decoded.
    form: Option<Form>,
}

impl Cell {
    /// The bytes of the value; a record is encoded now.
    fn bytes(&mut self, bech32: &Bech32) -> Option<&Bytes> {
        if let Held::Record(encode) = self.value {
            let mut room = Vec::with_capacity(RECORD_BYTES);
            self.value = Held::Bytes(self.form.as_deref().and_then(|form| encode(form, bech32, &mut room)));
        }
        match &self.value {
            Held::Bytes(bytes) => bytes.as_ref(),
            Held::Record(_) => None,
        }
    }
}

/// What a write replaced: `None` if the pair was as in the snapshot.
#[derive(Clone)]
pub(super) struct Before(Option<(Held, Option<Form>)>);

/// The answer to a read.
pub(super) struct Found {
    pub value: Option<Bytes>,
    pub form: Option<Form>,
    /// Where a form can be kept; nowhere if there are too many cells.
    pub place: Option<Place>,
}

/// The cells of a context, and the order of those that were written.
#[derive(Clone, Default)]
pub(super) struct Overlay {
    cells: RefCell<Cells>,
    /// By store, in the order of keys.
    written: Vec<BTreeMap<Bytes, Place>>,
}

impl Overlay {
    /// The pair under a key, from a cell or from the snapshot.
    pub fn read(&self, base: &Forest, bech32: &Bech32, store: u8, key: &[u8]) -> Found {
        let mut cells = self.cells.borrow_mut();
        let hash = cells.hash(store, key);
        let found = cells.find_place(hash, store, key);
        if let Some((place, cell)) = found.and_then(|place| Some((place, cells.at_mut(place)?))) {
            return Found { value: cell.bytes(bech32).cloned(), form: cell.form.clone(), place: Some(place) };
        }
        let pair = base.pair(store, key);
        let value = pair.map(|(_, value)| value.to_bytes());
        if cells.only_read >= READ_MAX {
            return Found { value, form: None, place: None };
        }
        let key = pair.map_or_else(|| Bytes::copy_from_slice(key), |(key, _)| key.to_bytes());
        cells.only_read = cells.only_read.saturating_add(1);
        let place = cells.add(Cell { hash, store, written: false, key, value: Held::Bytes(value.clone()), form: None });
        Found { value, form: None, place: Some(place) }
    }

    /// Keeps the form of a value that was just read.
    pub fn keep(&self, place: Place, form: Form) {
        if let Some(cell) = self.cells.borrow_mut().at_mut(place) {
            cell.form = Some(form);
        }
    }

    /// What `look` sees in the form of a pair, if it is kept and of this type; the pair exists then.
    pub fn form<T: Any, R>(&self, store: u8, key: &[u8], look: impl FnOnce(&T) -> R) -> Option<R> {
        let cells = self.cells.borrow();
        let place = cells.find_place(cells.hash(store, key), store, key)?;
        cells.at(place)?.form.as_deref()?.downcast_ref().map(look)
    }

    /// Value and form of a pair whose form is this record.
    pub fn same<V: Any + PartialEq>(
        &mut self,
        bech32: &Bech32,
        store: u8,
        key: &[u8],
        record: &V,
    ) -> Option<(Bytes, Form)> {
        let cells = self.cells.get_mut();
        let place = cells.find_place(cells.hash(store, key), store, key)?;
        let cell = cells.at_mut(place)?;
        let form = cell.form.clone().filter(|form| form.downcast_ref::<V>() == Some(record))?;
        Some((cell.bytes(bech32)?.clone(), form))
    }

    /// Writes a pair, or removes it; gives its place and what was there before. Nothing changes if just these bytes are there.
    pub fn write(&mut self, store: u8, key: &[u8], value: Held, form: Option<Form>) -> Option<(Place, Before)> {
        let cells = self.cells.get_mut();
        let hash = cells.hash(store, key);
        let found = cells.find_place(hash, store, key);
        let Some((place, cell)) = found.and_then(|place| Some((place, cells.at_mut(place)?))) else {
            let key = Bytes::copy_from_slice(key);
            let place = cells.add(Cell { hash, store, written: true, key: key.clone(), value, form });
            self.note(store, key, place);
            return Some((place, Before(None)));
        };
        if let (Held::Bytes(new), Held::Bytes(own)) = (&value, &cell.value)
            && new == own
        {
            return None;
        }
        let (value, form) = (std::mem::replace(&mut cell.value, value), std::mem::replace(&mut cell.form, form));
        if cell.written {
            return Some((place, Before(Some((value, form)))));
        }
        cell.written = true;
        let key = cell.key.clone();
        cells.only_read = cells.only_read.saturating_sub(1);
        self.note(store, key, place);
        Some((place, Before(None)))
    }

    /// Takes a write back. Writes are taken back in the opposite order.
    pub fn undo(&mut self, base: &Forest, place: Place, before: Before) {
        let cells = self.cells.get_mut();
        let Some(cell) = cells.at_mut(place) else { return };
        if let Some((value, form)) = before.0 {
            (cell.value, cell.form) = (value, form);
            return;
        }
        (cell.value, cell.form) = (Held::Bytes(base.get(cell.store, &cell.key).map(|value| value.to_bytes())), None);
        cell.written = false;
        let (store, key) = (cell.store, cell.key.clone());
        cells.only_read = cells.only_read.saturating_add(1);
        if let Some(pairs) = self.written.get_mut(usize::from(store)) {
            pairs.remove(&key);
        }
    }

    /// The written pairs of a store between two keys, in order. The start lies before the end.
    pub fn between(&self, store: u8, start: Bound<&[u8]>, end: Bound<&[u8]>) -> Option<Range<'_, Bytes, Place>> {
        Some(self.written.get(usize::from(store))?.range::<[u8], _>((start, end)))
    }

    /// The value in a written cell; `None` removes the pair.
    pub fn value(&self, bech32: &Bech32, place: Place) -> Option<Bytes> {
        self.cells.borrow_mut().at_mut(place)?.bytes(bech32).cloned()
    }

    /// All that was written, by store and key, and the cells as they are on a snapshot with these changes. Records that nobody asked the
    /// bytes of are encoded now.
    pub fn settle(mut self, bech32: &Bech32) -> (Changes, Self) {
        let cells = self.cells.get_mut();
        let written = std::mem::take(&mut self.written);
        let late = written.iter().flat_map(BTreeMap::values).filter_map(|place| Some((*place, cells.late(*place)?)));
        let late: Vec<(Place, (Encode, Form))> = late.collect();
        let encode = |room: &mut Vec<u8>, (place, (encode, form)): (Place, (Encode, Form))| {
            (place, Held::Bytes(encode(form.as_ref(), bech32, room)))
        };
        let room = || Vec::with_capacity(RECORD_BYTES);
        let encoded: Vec<_> = late.into_par_iter().with_min_len(SHARED).map_init(room, encode).collect();
        for (place, bytes) in encoded {
            if let Some(cell) = cells.at_mut(place) {
                cell.value = bytes;
            }
        }
        let mut changes = Vec::with_capacity(written.iter().map(BTreeMap::len).sum());
        for (store, pairs) in (0_u8..).zip(written) {
            for (key, place) in pairs {
                let Some(cell) = cells.at_mut(place) else { continue };
                cell.written = false;
                changes.push((store, key, cell.bytes(bech32).cloned()));
            }
        }
        cells.only_read = cells.count as usize;
        let kept = if cells.only_read > KEPT_MAX { Self::default() } else { self };
        (changes, kept)
    }

    /// Notes that a cell was written.
    fn note(&mut self, store: u8, key: Bytes, place: Place) {
        let at = usize::from(store);
        if self.written.len() <= at {
            self.written.resize_with(at.saturating_add(1), BTreeMap::new);
        }
        if let Some(pairs) = self.written.get_mut(at) {
            pairs.insert(key, place);
        }
    }
}

/// A table of cells with open addressing: the second half of a hash says how far to jump when a slot is taken.
///
/// # Determinism
/// Where a cell lies differs from run to run, so that nobody can choose keys that meet in it. The table is never walked, and nothing
/// depends on it but time.
#[derive(Clone)]
struct Cells {
    /// In portions, of which only the first one grows: a cell is hardly ever moved when others come.
    all: Vec<Vec<Cell>>,
    count: u32,
    /// One more than the place of a cell, or zero. A power of two, at least twice the number of cells.
    slots: Vec<u32>,
    only_read: usize,
    seed: u64,
}

impl Default for Cells {
    fn default() -> Self {
        Self { all: Vec::new(), count: 0, slots: Vec::new(), only_read: 0, seed: RandomState::new().hash_one(0_u8) }
    }
}

/// An odd number without a pattern (the fraction of the golden ratio).
const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Both halves of a product, laid over each other.
fn mixed(n: u64) -> u64 {
    let product = u128::from(n).wrapping_mul(u128::from(MIXER));
    (product >> 64) as u64 ^ product as u64
}

impl Cells {
    fn hash(&self, store: u8, key: &[u8]) -> u64 {
        let (words, rest) = key.as_chunks::<8>();
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let head = (key.len() as u64) << 8 | u64::from(store);
        let start = mixed(self.seed ^ head);
        let state =
            words.iter().fold(start, |state, word| mixed(state ^ u64::from_le_bytes(*word)).wrapping_add(self.seed));
        mixed(mixed(state ^ u64::from_le_bytes(last)).wrapping_add(self.seed))
    }

    /// The slots that a hash visits, in order: the step is odd, so it comes to all of them.
    fn slots_of(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().wrapping_sub(1);
        let step = (hash >> 32) as usize | 1;
        (0..self.slots.len()).map(move |n| (hash as usize).wrapping_add(n.wrapping_mul(step)) & mask)
    }

    fn find_place(&self, hash: u64, store: u8, key: &[u8]) -> Option<Place> {
        for slot in self.slots_of(hash) {
            let place = self.slots.get(slot)?.checked_sub(1)?;
            if self.at(place).is_some_and(|cell| cell.hash == hash && cell.store == store && cell.key == key) {
                return Some(place);
            }
        }
        None
    }

    fn at(&self, place: Place) -> Option<&Cell> {
        self.all.get((place / PORTION) as usize)?.get((place % PORTION) as usize)
    }

    /// How a record that was not encoded yet is encoded.
    fn late(&self, place: Place) -> Option<(Encode, Form)> {
        match self.at(place)? {
            Cell { value: Held::Record(encode), form: Some(form), .. } => Some((*encode, form.clone())),
            _ => None,
        }
    }

    fn at_mut(&mut self, place: Place) -> Option<&mut Cell> {
        self.all.get_mut((place / PORTION) as usize)?.get_mut((place % PORTION) as usize)
    }

    /// Adds a cell that is not there yet. A context with 2^32 cells would have run out of memory long before.
    fn add(&mut self, cell: Cell) -> Place {
        let (place, hash) = (self.count, cell.hash);
        self.count = self.count.saturating_add(1);
        match self.all.last_mut().filter(|portion| portion.len() < PORTION as usize) {
            Some(portion) => portion.push(cell),
            None => {
                let mut portion = Vec::with_capacity(if self.all.is_empty() { FIRST } else { PORTION as usize });
                portion.push(cell);
                self.all.push(portion);
            }
        }
        if (self.count as usize).saturating_mul(2) > self.slots.len() {
            self.spread();
        } else {
            self.settle(hash, place);
        }
        place
    }

    fn settle(&mut self, hash: u64, place: Place) {
        let free = self.slots_of(hash).find(|slot| self.slots.get(*slot) == Some(&0));
        if let Some(slot) = free.and_then(|slot| self.slots.get_mut(slot)) {
            *slot = place.saturating_add(1);
        }
    }

    /// Doubles the table.
    fn spread(&mut self) {
        let wanted = (self.count as usize).saturating_mul(4).next_power_of_two().max(64);
        self.slots = vec![0; wanted];
        let hashes: Vec<u64> = self.all.iter().flatten().map(|cell| cell.hash).collect();
        (0_u32..).zip(hashes).for_each(|(place, hash)| self.settle(hash, place));
    }
}
