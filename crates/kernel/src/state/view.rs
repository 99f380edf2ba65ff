//! [`View`]: the state as a reader sees it. [`Ctx`]: the same, with writes, events and undo.

use std::any::Any;
use std::cell::Cell;
use std::collections::btree_map;
use std::ops::{Bound, Deref};
use std::sync::Arc;

use bytes::Bytes;

use super::StoreId;
use super::overlay::{Before, EMPTY, Encode, Form as Kept, Found, Held, Overlay, Place, bytes_of};
use super::value::{Form, Value};
use crate::address::{Bech32, ConsAddress};
use crate::error::{Error, Result, sdk};
use crate::event::Event;
use crate::gas::{GasMeter, price};
use crate::time::Timestamp;
use crate::tree::{self, Forest, KeyRef, ValueRef};

/// Why a context exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Genesis,
    Check,
    Recheck,
    Simulate,
    Deliver,
    Query,
}

/// What is known of the block: the same for all its transactions.
#[derive(Debug, Clone)]
pub struct Env {
    pub chain_id: Arc<str>,
    pub height: i64,
    pub time: Timestamp,
    pub proposer: Option<ConsAddress>,
    pub bech32: Bech32,
    pub mode: Mode,
}

/// Changed pairs, sorted by store and key; `None` deletes.
pub type Changes = Vec<(u8, Bytes, Option<Bytes>)>;

/// The state as a reader sees it: a snapshot, and the changes made on top of it.
pub struct View {
    base: Forest,
    overlay: Overlay,
    gas: GasMeter,
    env: Env,
    /// Room in which keys are put together.
    buffer: Cell<Vec<u8>>,
}

impl Clone for View {
    fn clone(&self) -> Self {
        Self {
            base: self.base.clone(),
            overlay: self.overlay.clone(),
            gas: self.gas.clone(),
            env: self.env.clone(),
            buffer: Cell::default(),
        }
    }
}

impl View {
    pub fn env(&self) -> &Env {
        &self.env
    }

    pub fn height(&self) -> i64 {
        self.env.height
    }

    pub fn time(&self) -> Timestamp {
        self.env.time
    }

    pub fn mode(&self) -> Mode {
        self.env.mode
    }

    pub fn bech32(&self) -> &Bech32 {
        &self.env.bech32
    }

    /// The root of the snapshot below the changes: in a block, the app hash of the block before.
    pub fn base_root(&self) -> [u8; 32] {
        self.base.root()
    }

    /// The number of pairs of that snapshot.
    pub fn base_len(&self) -> u64 {
        self.base.len()
    }

    pub fn gas(&self) -> &GasMeter {
        &self.gas
    }

    /// A context on a copy of this view: what happens in it is never seen outside. For invariants and estimates.
    pub fn scratch(&self) -> Ctx {
        let view = View { gas: GasMeter::unlimited(), ..self.clone() };
        Ctx { view, value: Vec::new(), journal: Vec::new(), events: Vec::new(), depth: 0, calls: 0 }
    }

    /// Runs `step` with an empty buffer, which is used again and again.
    pub(super) fn with_buffer<T>(&self, step: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut buffer = self.buffer.take();
        buffer.clear();
        let outcome = step(&mut buffer);
        self.buffer.set(buffer);
        outcome
    }

    pub(super) fn read(&self, store: StoreId, key: &[u8]) -> Result<Found> {
        let found = self.overlay.read(&self.base, &self.env.bech32, store.index, key);
        let len = key.len().saturating_add(found.value.as_ref().map_or(0, Bytes::len));
        self.gas.charge(per_byte(price::READ_FLAT, price::READ_BYTE, len), "ReadFlat")?;
        Ok(found)
    }

    /// What `look` sees in the form of the record under a key, if it is kept and the meter does not want to know the length of the record's
    /// bytes.
    pub(super) fn form<T: Any, R>(&self, store: StoreId, key: &[u8], look: impl FnOnce(&T) -> R) -> Option<R> {
        if self.gas.counts() { None } else { self.overlay.form(store.index, key, look) }
    }

    /// Keeps the form of what was just read.
    pub(super) fn keep(&self, place: Option<Place>, form: Kept) {
        if let Some(place) = place {
            self.overlay.keep(place, form);
        }
    }

    /// Pairs of a store whose keys begin with `prefix` and lie between two others that do, in order, the changes applied.
    pub(super) fn scan(&self, store: StoreId, prefix: &[u8], start: Bound<&[u8]>, end: Bound<&[u8]>) -> Scan<'_> {
        let behind = after_prefix(prefix);
        let lower = if start == Bound::Unbounded { Bound::Included(prefix) } else { start };
        let upper = if end == Bound::Unbounded { behind.as_ref().map(Vec::as_slice) } else { end };
        let (tree, written) = if inverted(lower, upper) {
            (None, None)
        } else {
            let tree = self.base.range_under(store.index, prefix, start, end);
            (Some(tree), self.overlay.between(store.index, lower, upper))
        };
        Scan {
            view: self,
            tree: tree.into_iter().flatten(),
            written: written.into_iter().flatten(),
            tree_front: None,
            written_front: None,
            tree_back: None,
            written_back: None,
        }
    }
}

/// The end of the keys that begin with `prefix`.
pub(super) fn after_prefix(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}

/// Ranges whose end lies before their start are empty here; `BTreeMap::range` would panic.
fn inverted(start: Bound<&[u8]>, end: Bound<&[u8]>) -> bool {
    match (start, end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(s), Bound::Included(e)) => s > e,
        (Bound::Included(s) | Bound::Excluded(s), Bound::Included(e) | Bound::Excluded(e)) => s >= e,
    }
}

fn check_key(store: StoreId, key: &[u8]) -> Result<()> {
    if key.len() > 256 {
        let StoreId { name, .. } = store;
        return Err(Error::fault(format!("a key of store {name} has {} bytes; 256 are allowed", key.len())));
    }
    Ok(())
}

fn per_byte(flat: u64, each: u64, len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX).saturating_mul(each).saturating_add(flat)
}

/// The pairs of an iterator that may be absent.
type Maybe<I> = std::iter::Flatten<std::option::IntoIter<I>>;
/// A pair of the snapshot.
type Old<'a> = (KeyRef<'a>, ValueRef<'a>);
/// A key that was written, and the place of its value.
type New<'a> = (&'a Bytes, &'a Place);

/// A walk over the merged pairs, from either end. Each step is charged.
pub(super) struct Scan<'a> {
    view: &'a View,
    tree: Maybe<tree::Iter<'a>>,
    written: Maybe<btree_map::Range<'a, Bytes, Place>>,
    tree_front: Option<Old<'a>>,
    written_front: Option<New<'a>>,
    tree_back: Option<Old<'a>>,
    written_back: Option<New<'a>>,
}

impl<'a> Scan<'a> {
    fn step(&mut self, backward: bool) -> Option<(KeyRef<'a>, Bytes)> {
        loop {
            let old = self.peek_tree(backward);
            let new = self.peek_written(backward);
            let order = match (old, new) {
                (None, None) => return None,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((t, _)), Some((w, _))) if backward => KeyRef::Whole(w).compare(&t),
                (Some((t, _)), Some((w, _))) => t.compare(&KeyRef::Whole(w)),
            };
            if order != std::cmp::Ordering::Greater {
                *(if backward { &mut self.tree_back } else { &mut self.tree_front }) = None;
            }
            if order == std::cmp::Ordering::Less {
                return old.map(|(key, value)| (key, value.to_bytes()));
            }
            *(if backward { &mut self.written_back } else { &mut self.written_front }) = None;
            if let Some((key, place)) = new
                && let Some(value) = self.view.overlay.value(&self.view.env.bech32, *place)
            {
                return Some((KeyRef::Whole(key), value));
            }
        }
    }

    fn peek_tree(&mut self, backward: bool) -> Option<Old<'a>> {
        if backward {
            if self.tree_back.is_none() {
                self.tree_back = self.tree.next_back().or_else(|| self.tree_front.take());
            }
            self.tree_back
        } else {
            if self.tree_front.is_none() {
                self.tree_front = self.tree.next().or_else(|| self.tree_back.take());
            }
            self.tree_front
        }
    }

    fn peek_written(&mut self, backward: bool) -> Option<New<'a>> {
        if backward {
            if self.written_back.is_none() {
                self.written_back = self.written.next_back().or_else(|| self.written_front.take());
            }
            self.written_back
        } else {
            if self.written_front.is_none() {
                self.written_front = self.written.next().or_else(|| self.written_back.take());
            }
            self.written_front
        }
    }

    fn charged(&self, pair: (KeyRef<'a>, Bytes)) -> Result<(KeyRef<'a>, Bytes)> {
        let len = pair.0.len().saturating_add(pair.1.len());
        self.view.gas.charge(per_byte(price::NEXT_FLAT, price::READ_BYTE, len), "IterNextFlat")?;
        Ok(pair)
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Result<(KeyRef<'a>, Bytes)>;

    fn next(&mut self) -> Option<Self::Item> {
        let pair = self.step(false)?;
        Some(self.charged(pair))
    }
}

impl DoubleEndedIterator for Scan<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let pair = self.step(true)?;
        Some(self.charged(pair))
    }
}

/// A view that can be written to. All changes of the state pass through here.
#[derive(Clone)]
pub struct Ctx {
    view: View,
    /// Room in which values are put together.
    value: Vec<u8>,
    /// What each write replaced, newest last: undoing walks it backwards.
    journal: Vec<(Place, Before)>,
    events: Vec<Event>,
    depth: u32,
    /// How deep messages stand inside messages now.
    calls: u32,
}

impl Deref for Ctx {
    type Target = View;
    fn deref(&self) -> &View {
        &self.view
    }
}

impl Ctx {
    /// A context on a snapshot, with an unlimited gas meter.
    pub fn new(base: Forest, env: Env) -> Self {
        let view = View { base, overlay: Overlay::default(), gas: GasMeter::unlimited(), env, buffer: Cell::default() };
        Self { view, value: Vec::new(), journal: Vec::new(), events: Vec::new(), depth: 0, calls: 0 }
    }

    pub fn env_mut(&mut self) -> &mut Env {
        &mut self.view.env
    }

    /// Installs a meter and gives back the one before.
    pub fn replace_gas(&mut self, meter: GasMeter) -> GasMeter {
        std::mem::replace(&mut self.view.gas, meter)
    }

    pub fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    /// The events since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Runs `step` one message deeper.
    ///
    /// # Errors
    /// `sdk` 18 at more than `most` levels.
    pub fn enter<T>(&mut self, most: u32, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.calls >= most {
            return Err(sdk::INVALID_REQUEST.because(format!("messages are nested deeper than {most} levels")));
        }
        self.calls = self.calls.saturating_add(1);
        let outcome = step(self);
        self.calls = self.calls.saturating_sub(1);
        outcome
    }

    /// Runs `step` and gives its events to the caller instead of emitting them.
    ///
    /// # Errors
    /// Whatever `step` returns; its events are lost then.
    pub fn collect<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<(T, Vec<Event>)> {
        let outer = std::mem::take(&mut self.events);
        let outcome = step(self);
        let own = std::mem::replace(&mut self.events, outer);
        outcome.map(|value| (value, own))
    }

    /// Runs `step`; if it fails, its writes and events are undone. Layers may stand inside layers.
    ///
    /// # Errors
    /// Whatever `step` returns. After a fault the state is undone too, but the block must not be committed.
    pub fn layer<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let mark = (self.journal.len(), self.events.len());
        self.depth = self.depth.saturating_add(1);
        let outcome = step(self);
        self.depth = self.depth.saturating_sub(1);
        if outcome.is_err() {
            self.undo(mark.0);
            self.events.truncate(mark.1);
        }
        if self.depth == 0 {
            self.journal.clear();
        }
        outcome
    }

    /// Runs `step` and undoes it, whatever it returns: what would happen.
    pub fn dry_run<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let mark = (self.journal.len(), self.events.len());
        self.depth = self.depth.saturating_add(1);
        let outcome = step(self);
        self.depth = self.depth.saturating_sub(1);
        self.undo(mark.0);
        self.events.truncate(mark.1);
        outcome
    }

    fn undo(&mut self, to: usize) {
        while self.journal.len() > to {
            let Some((place, before)) = self.journal.pop() else { return };
            self.view.overlay.undo(&self.view.base, place, before);
        }
    }

    /// Runs `step` with an empty buffer, as [`View::with_buffer`] does.
    pub(super) fn with_key<T>(&mut self, step: impl FnOnce(&mut Self, &mut Vec<u8>) -> T) -> T {
        let mut buffer = self.view.buffer.take();
        buffer.clear();
        let outcome = step(self, &mut buffer);
        self.view.buffer.set(buffer);
        outcome
    }

    /// Writes a record. One that holds more than its own bytes is kept decoded; one that is kept and did not change is not encoded again.
    /// While the meter does not count, such a record is encoded when its bytes are asked for: once, however often it was written.
    pub(super) fn write<V: Value>(&mut self, store: StoreId, key: &[u8], record: &V) -> Result<()> {
        if !std::mem::needs_drop::<V>() {
            let value = bytes_of(record, &mut self.value);
            return self.store(store, key, self.value.len(), value, None);
        }
        if !self.view.gas.counts() {
            let encode: Encode = |form, _, room| Some(bytes_of(form.downcast_ref::<V>()?, room));
            return self.store_late(store, key, encode, Arc::new(record.clone()));
        }
        match self.view.overlay.same(&self.view.env.bech32, store.index, key, record) {
            // What stands for an empty value has another length than the value.
            Some((value, form)) if value.as_ref() != EMPTY => self.store(store, key, value.len(), value, Some(form)),
            _ => {
                let value = bytes_of(record, &mut self.value);
                self.store(store, key, self.value.len(), value, Some(Arc::new(record.clone())))
            }
        }
    }

    /// Writes the record that a form stands for, and keeps the form. The record is made when its bytes are asked for.
    pub(super) fn write_form<V: Value, T: Form<V>>(&mut self, store: StoreId, key: &[u8], form: T) -> Result<()> {
        if !self.view.gas.counts() {
            let encode: Encode = |form, bech32, room| Some(bytes_of(&form.downcast_ref::<T>()?.record(bech32), room));
            return self.store_late(store, key, encode, Arc::new(form));
        }
        let value = bytes_of(&form.record(&self.view.env.bech32), &mut self.value);
        self.store(store, key, self.value.len(), value, Some(Arc::new(form)))
    }

    fn store(&mut self, store: StoreId, key: &[u8], len: usize, value: Bytes, form: Option<Kept>) -> Result<()> {
        let bytes = key.len().saturating_add(len);
        self.view.gas.charge(per_byte(price::WRITE_FLAT, price::WRITE_BYTE, bytes), "WriteFlat")?;
        check_key(store, key)?;
        self.put(store, key, Held::Bytes(Some(value)), form);
        Ok(())
    }

    fn store_late(&mut self, store: StoreId, key: &[u8], encode: Encode, form: Kept) -> Result<()> {
        check_key(store, key)?;
        self.put(store, key, Held::Record(encode), Some(form));
        Ok(())
    }

    pub(super) fn delete(&mut self, store: StoreId, key: &[u8]) -> Result<()> {
        self.view.gas.charge(price::DELETE, "Delete")?;
        self.put(store, key, Held::Bytes(None), None);
        Ok(())
    }

    fn put(&mut self, store: StoreId, key: &[u8], value: Held, form: Option<Kept>) {
        let undo = self.view.overlay.write(store.index, key, value, form);
        if self.depth > 0 {
            self.journal.extend(undo);
        }
    }

    /// Ends the context: its changes, sorted by store and key. The snapshot is released, so that the tree can change nodes in place.
    pub fn into_changes(self) -> Changes {
        self.end().0
    }

    /// As [`Self::into_changes`]; gives also what a context on the snapshot with these changes may go on with.
    pub fn end(self) -> (Changes, Memory) {
        let (View { base, overlay, env, .. }, mut journal) = (self.view, self.journal);
        drop(base);
        journal.clear();
        let (changes, overlay) = overlay.settle(&env.bech32);
        (changes, Memory { overlay, journal, root: None })
    }

    /// Goes on with what an earlier context remembered, if that is of this very snapshot. For a context in which nothing happened yet.
    pub fn remember(&mut self, memory: Memory) {
        if memory.root == Some(self.view.base.root()) && self.journal.is_empty() {
            (self.view.overlay, self.journal) = (memory.overlay, memory.journal);
        }
    }
}

/// What a context has read and written, for a later one: the pairs and their forms, as they are in the snapshot that has this root.
///
/// # Invariant
/// Each remembered pair is as in that snapshot. So whether a context remembers or not makes no difference but time.
pub struct Memory {
    overlay: Overlay,
    /// Empty; its room is used again.
    journal: Vec<(Place, Before)>,
    root: Option<[u8; 32]>,
}

impl Memory {
    /// Names the snapshot: the one that the context stood on, with the context's changes.
    pub fn of(self, root: [u8; 32]) -> Self {
        Self { root: Some(root), ..self }
    }
}
