//! [`View`]: the state as a reader sees it. [`Ctx`]: the same, with writes, events and undo.

use std::collections::BTreeMap;
use std::ops::{Bound, Deref};
use std::sync::Arc;

use bytes::Bytes;

use super::StoreId;
use super::memo::Memo;
use crate::address::{Bech32, ConsAddress};
use crate::error::{Error, Result, sdk};
use crate::event::Event;
use crate::gas::{GasMeter, price};
use crate::time::Timestamp;
use crate::tree::Forest;

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

/// Key in the overlay: store index, then key.
type FullKey = Vec<u8>;

/// The state as a reader sees it: a snapshot, and the changes made on top of it.
#[derive(Clone)]
pub struct View {
    base: Forest,
    overlay: BTreeMap<FullKey, Option<Bytes>>,
    gas: GasMeter,
    env: Env,
    pub(super) memo: Memo,
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

    pub fn gas(&self) -> &GasMeter {
        &self.gas
    }

    /// A context on a copy of this view: what happens in it is never seen outside. For invariants and estimates.
    pub fn scratch(&self) -> Ctx {
        let view = View { gas: GasMeter::unlimited(), ..self.clone() };
        Ctx { view, journal: Vec::new(), events: Vec::new(), depth: 0, calls: 0 }
    }

    pub(super) fn read(&self, store: StoreId, key: &[u8]) -> Result<Option<Bytes>> {
        let found = match self.overlay.get(full(store, key).as_slice()) {
            Some(change) => change.clone(),
            None => self.base.get(store.index, key).cloned(),
        };
        let len = key.len().saturating_add(found.as_ref().map_or(0, Bytes::len));
        self.gas.charge(per_byte(price::READ_FLAT, price::READ_BYTE, len), "ReadFlat")?;
        Ok(found)
    }

    /// Pairs of a store between two keys, in order, the overlay's changes applied.
    pub(super) fn scan(&self, store: StoreId, start: Bound<Vec<u8>>, end: Bound<Vec<u8>>) -> Scan<'_> {
        let lower = match &start {
            Bound::Included(k) => Bound::Included(full(store, k)),
            Bound::Excluded(k) => Bound::Excluded(full(store, k)),
            Bound::Unbounded => Bound::Included(vec![store.index]),
        };
        let upper = match &end {
            Bound::Included(k) => Bound::Included(full(store, k)),
            Bound::Excluded(k) => Bound::Excluded(full(store, k)),
            Bound::Unbounded => Bound::Excluded(vec![store.index.saturating_add(1)]),
        };
        let as_ref = |b: &Bound<Vec<u8>>| -> Bound<Vec<u8>> { b.clone() };
        let (s, e) = (as_ref(&start), as_ref(&end));
        let tree = if inverted(&s, &e) {
            Box::new(std::iter::empty()) as Pairs<'_>
        } else {
            Box::new(
                self.base
                    .range(store.index, slice(&s), slice(&e))
                    .map(|(k, v)| (Bytes::copy_from_slice(k.as_ref()), v.clone())),
            )
        };
        let overlay = if inverted(&lower, &upper) {
            Box::new(std::iter::empty()) as Writes<'_>
        } else {
            Box::new(
                self.overlay
                    .range((lower, upper))
                    .map(|(k, v)| (Bytes::copy_from_slice(k.get(1..).unwrap_or_default()), v.clone())),
            )
        };
        Scan {
            gas: &self.gas,
            tree,
            overlay,
            tree_front: None,
            overlay_front: None,
            tree_back: None,
            overlay_back: None,
        }
    }
}

type Pairs<'a> = Box<dyn DoubleEndedIterator<Item = (Bytes, Bytes)> + 'a>;
type Writes<'a> = Box<dyn DoubleEndedIterator<Item = (Bytes, Option<Bytes>)> + 'a>;

fn slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    match bound {
        Bound::Included(k) => Bound::Included(k),
        Bound::Excluded(k) => Bound::Excluded(k),
        Bound::Unbounded => Bound::Unbounded,
    }
}

/// Ranges whose end lies before their start are empty here; `BTreeMap::range` would panic.
fn inverted(start: &Bound<Vec<u8>>, end: &Bound<Vec<u8>>) -> bool {
    match (start, end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(s), Bound::Included(e)) => s > e,
        (Bound::Included(s) | Bound::Excluded(s), Bound::Included(e) | Bound::Excluded(e)) => s >= e,
    }
}

fn full(store: StoreId, key: &[u8]) -> FullKey {
    let mut out = Vec::with_capacity(key.len().saturating_add(1));
    out.push(store.index);
    out.extend_from_slice(key);
    out
}

fn per_byte(flat: u64, each: u64, len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX).saturating_mul(each).saturating_add(flat)
}

/// A walk over the merged pairs, from either end. Each step is charged.
pub(super) struct Scan<'a> {
    gas: &'a GasMeter,
    tree: Pairs<'a>,
    overlay: Writes<'a>,
    tree_front: Option<(Bytes, Bytes)>,
    overlay_front: Option<(Bytes, Option<Bytes>)>,
    tree_back: Option<(Bytes, Bytes)>,
    overlay_back: Option<(Bytes, Option<Bytes>)>,
}

impl Scan<'_> {
    fn charge(&self, key: &Bytes, value: &Bytes) -> Result<()> {
        let len = key.len().saturating_add(value.len());
        self.gas.charge(per_byte(price::NEXT_FLAT, price::READ_BYTE, len), "IterNextFlat")
    }

    fn step(&mut self, backward: bool) -> Option<(Bytes, Bytes)> {
        loop {
            let tree = self.peek_tree(backward);
            let overlay = self.peek_overlay(backward);
            let order = match (&tree, &overlay) {
                (None, None) => return None,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(t), Some(o)) if backward => o.cmp(t),
                (Some(t), Some(o)) => t.cmp(o),
            };
            match order {
                std::cmp::Ordering::Less => return self.take_tree(backward),
                std::cmp::Ordering::Equal => {
                    self.take_tree(backward);
                }
                std::cmp::Ordering::Greater => {}
            }
            if let Some((key, Some(value))) = self.take_overlay(backward) {
                return Some((key, value));
            }
        }
    }

    fn peek_tree(&mut self, backward: bool) -> Option<Bytes> {
        if backward {
            if self.tree_back.is_none() {
                self.tree_back = self.tree.next_back().or_else(|| self.tree_front.take());
            }
            self.tree_back.as_ref().map(|p| p.0.clone())
        } else {
            if self.tree_front.is_none() {
                self.tree_front = self.tree.next().or_else(|| self.tree_back.take());
            }
            self.tree_front.as_ref().map(|p| p.0.clone())
        }
    }

    fn peek_overlay(&mut self, backward: bool) -> Option<Bytes> {
        if backward {
            if self.overlay_back.is_none() {
                self.overlay_back = self.overlay.next_back().or_else(|| self.overlay_front.take());
            }
            self.overlay_back.as_ref().map(|p| p.0.clone())
        } else {
            if self.overlay_front.is_none() {
                self.overlay_front = self.overlay.next().or_else(|| self.overlay_back.take());
            }
            self.overlay_front.as_ref().map(|p| p.0.clone())
        }
    }

    fn take_tree(&mut self, backward: bool) -> Option<(Bytes, Bytes)> {
        if backward { self.tree_back.take() } else { self.tree_front.take() }
    }

    fn take_overlay(&mut self, backward: bool) -> Option<(Bytes, Option<Bytes>)> {
        if backward { self.overlay_back.take() } else { self.overlay_front.take() }
    }

    fn charged(&self, pair: (Bytes, Bytes)) -> Result<(Bytes, Bytes)> {
        self.charge(&pair.0, &pair.1)?;
        Ok(pair)
    }
}

impl Iterator for Scan<'_> {
    type Item = Result<(Bytes, Bytes)>;

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
    /// What each write replaced, newest last: undoing walks it backwards.
    journal: Vec<(FullKey, Option<Option<Bytes>>)>,
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
        let view = View { base, overlay: BTreeMap::new(), gas: GasMeter::unlimited(), env, memo: Memo::default() };
        Self { view, journal: Vec::new(), events: Vec::new(), depth: 0, calls: 0 }
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
            match self.journal.pop() {
                Some((key, Some(before))) => self.view.overlay.insert(key, before),
                Some((key, None)) => self.view.overlay.remove(&key),
                None => return,
            };
        }
    }

    pub(super) fn write(&mut self, store: StoreId, key: &[u8], value: Vec<u8>) -> Result<()> {
        self.view.gas.charge(
            per_byte(price::WRITE_FLAT, price::WRITE_BYTE, key.len().saturating_add(value.len())),
            "WriteFlat",
        )?;
        if key.len() > 256 {
            return Err(Error::fault(format!(
                "a key of store {} has {} bytes; 256 are allowed",
                store.name,
                key.len()
            )));
        }
        // Proofs cannot hold an empty value: one zero byte stands for it.
        let value = if value.is_empty() { vec![0] } else { value };
        self.put(full(store, key), Some(value.into()));
        Ok(())
    }

    pub(super) fn delete(&mut self, store: StoreId, key: &[u8]) -> Result<()> {
        self.view.gas.charge(price::DELETE, "Delete")?;
        self.put(full(store, key), None);
        Ok(())
    }

    fn put(&mut self, key: FullKey, value: Option<Bytes>) {
        let before = self.view.overlay.insert(key.clone(), value);
        if self.depth > 0 {
            self.journal.push((key, before));
        }
    }

    /// Ends the context: its changes, sorted by store and key. The snapshot is released, so that the tree can change nodes in place.
    pub fn into_changes(self) -> Changes {
        self.view
            .overlay
            .into_iter()
            .map(|(full, value)| {
                let full = Bytes::from(full);
                (full.first().copied().unwrap_or_default(), full.slice(full.len().min(1)..), value)
            })
            .collect()
    }
}
