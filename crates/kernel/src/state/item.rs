//! The constants by which a module declares its state: [`Item`], [`Map`], [`Sequence`].

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use super::key::{Key, Prefix};
use super::value::{Form, Value};
use super::view::{Ctx, Scan, View, after_prefix};
use super::{Page, PageRequest, StoreId};
use crate::error::{Error, Result};

/// One record under a fixed key.
pub struct Item<V> {
    store: StoreId,
    key: &'static [u8],
    value: PhantomData<fn() -> V>,
}

impl<V: Value> Item<V> {
    pub const fn new(store: StoreId, key: &'static [u8]) -> Self {
        Self { store, key, value: PhantomData }
    }

    pub fn load(&self, view: &View) -> Result<Option<V>> {
        load(view, self.store, self.key)
    }

    /// The record in the form that `make` gives it, as [`Map::read_as`] does.
    pub fn read_as<T: Any + Clone + Send + Sync>(
        &self,
        view: &View,
        make: impl FnOnce(V) -> Result<T>,
    ) -> Result<Option<T>> {
        form(view, self.store, self.key, |bytes| make(decode(self.store, self.key, bytes)?))
    }

    /// The record, which must exist.
    ///
    /// # Errors
    /// A fault if it does not.
    pub fn must(&self, view: &View) -> Result<V> {
        self.load(view)?.ok_or_else(|| missing(self.store, self.key))
    }

    pub fn save(&self, ctx: &mut Ctx, value: &V) -> Result<()> {
        ctx.write(self.store, self.key, value)
    }

    pub fn remove(&self, ctx: &mut Ctx) -> Result<()> {
        ctx.delete(self.store, self.key)
    }

    /// Store and first bytes of the key: for the table of all state.
    pub const fn place(&self) -> (StoreId, &'static [u8]) {
        (self.store, self.key)
    }
}

/// A counter that starts at one.
pub struct Sequence(Item<u64>);

impl Sequence {
    pub const fn new(store: StoreId, key: &'static [u8]) -> Self {
        Self(Item::new(store, key))
    }

    /// The number that [`Self::next`] gives next.
    pub fn peek(&self, view: &View) -> Result<u64> {
        Ok(self.0.load(view)?.unwrap_or(1))
    }

    pub fn next(&self, ctx: &mut Ctx) -> Result<u64> {
        let n = self.peek(ctx)?;
        let after = n.checked_add(1).ok_or_else(|| Error::fault("a sequence ran out of numbers"))?;
        self.0.save(ctx, &after)?;
        Ok(n)
    }

    /// Sets the number that comes next.
    pub fn set(&self, ctx: &mut Ctx, next: u64) -> Result<()> {
        self.0.save(ctx, &next)
    }

    pub const fn place(&self) -> (StoreId, &'static [u8]) {
        self.0.place()
    }
}

/// Records under keys of one type, in the order of their key bytes.
pub struct Map<K, V> {
    store: StoreId,
    prefix: &'static [u8],
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Value> Map<K, V> {
    pub const fn new(store: StoreId, prefix: &'static [u8]) -> Self {
        Self { store, prefix, types: PhantomData }
    }

    /// Runs `step` with the bytes of a key.
    fn at<T>(&self, view: &View, key: &K, step: impl FnOnce(&[u8]) -> T) -> T {
        view.with_buffer(|bytes| {
            bytes.extend_from_slice(self.prefix);
            key.write_last(bytes);
            step(bytes)
        })
    }

    /// Runs `step`, which writes, with the bytes of a key.
    fn change(&self, ctx: &mut Ctx, key: &K, step: impl FnOnce(&mut Ctx, &[u8]) -> Result<()>) -> Result<()> {
        ctx.with_key(|ctx, bytes| {
            bytes.extend_from_slice(self.prefix);
            key.write_last(bytes);
            step(ctx, bytes)
        })
    }

    pub fn get(&self, view: &View, key: &K) -> Result<Option<V>> {
        self.at(view, key, |bytes| load(view, self.store, bytes))
    }

    /// The record in the form that `make` gives it. The form is kept: as long as the record does not change, asking again costs
    /// little. `make` must depend on nothing but key and record.
    pub fn read_as<T: Any + Clone + Send + Sync>(
        &self,
        view: &View,
        key: &K,
        make: impl FnOnce(V) -> Result<T>,
    ) -> Result<Option<T>> {
        self.at(view, key, |bytes| form(view, self.store, bytes, |value| make(decode(self.store, bytes, value)?)))
    }

    /// What `look`, which must not read the state, sees in the record; it is not copied for that.
    pub fn look<R>(&self, view: &View, key: &K, look: impl FnOnce(&V) -> R) -> Result<Option<R>> {
        self.at(view, key, |bytes| {
            let make = |value: &[u8]| decode(self.store, bytes, value);
            see(view, self.store, bytes, make, look)
        })
    }

    /// The record, which must exist.
    ///
    /// # Errors
    /// A fault if it does not.
    pub fn must(&self, view: &View, key: &K) -> Result<V> {
        self.get(view, key)?.ok_or_else(|| self.at(view, key, |bytes| missing(self.store, bytes)))
    }

    /// The bytes of the record: for a record that holds others as they are.
    pub fn encoded(&self, view: &View, key: &K) -> Result<Option<Bytes>> {
        self.at(view, key, |bytes| Ok(view.read(self.store, bytes)?.value))
    }

    pub fn has(&self, view: &View, key: &K) -> Result<bool> {
        self.at(view, key, |bytes| Ok(view.read(self.store, bytes)?.value.is_some()))
    }

    pub fn set(&self, ctx: &mut Ctx, key: &K, value: &V) -> Result<()> {
        self.change(ctx, key, |ctx, bytes| ctx.write(self.store, bytes, value))
    }

    /// Writes the record that `form` stands for, as [`Self::set`] would; [`Self::read_as`] gives the form back.
    pub fn set_as<T: Form<V>>(&self, ctx: &mut Ctx, key: &K, form: T) -> Result<()> {
        self.change(ctx, key, |ctx, bytes| ctx.write_form(self.store, bytes, form))
    }

    pub fn remove(&self, ctx: &mut Ctx, key: &K) -> Result<()> {
        self.change(ctx, key, |ctx, bytes| ctx.delete(self.store, bytes))
    }

    /// All records in key order (`.rev()` for the reverse order).
    pub fn iter<'v>(&self, view: &'v View) -> Iter<'v, K, V> {
        self.walk(view.scan(self.store, self.prefix, Bound::Unbounded, Bound::Unbounded))
    }

    /// The records whose key begins with `prefix`.
    pub fn prefix<'v, P: Prefix<K>>(&self, view: &'v View, prefix: &P) -> Iter<'v, K, V> {
        let under = |bytes: &[u8]| view.scan(self.store, bytes, Bound::Unbounded, Bound::Unbounded);
        self.walk(self.at_prefix(view, prefix, under))
    }

    /// The records with keys at or after `key`.
    pub fn from<'v>(&self, view: &'v View, key: &K) -> Iter<'v, K, V> {
        let from = |bytes: &[u8]| view.scan(self.store, self.prefix, Bound::Included(bytes), Bound::Unbounded);
        self.walk(self.at(view, key, from))
    }

    /// The records with keys at or before `key`.
    pub fn until<'v>(&self, view: &'v View, key: &K) -> Iter<'v, K, V> {
        let until = |bytes: &[u8]| view.scan(self.store, self.prefix, Bound::Unbounded, Bound::Included(bytes));
        self.walk(self.at(view, key, until))
    }

    /// The records with keys strictly before `key`, which may be a prefix of keys: queues up to a time, for example.
    pub fn before<'v, P: Prefix<K>>(&self, view: &'v View, key: &P) -> Iter<'v, K, V> {
        let before = |bytes: &[u8]| view.scan(self.store, self.prefix, Bound::Unbounded, Bound::Excluded(bytes));
        self.walk(self.at_prefix(view, key, before))
    }

    /// The records with keys up to and including those that begin with `key`.
    pub fn through<'v, P: Prefix<K>>(&self, view: &'v View, key: &P) -> Iter<'v, K, V> {
        let through = |bytes: &[u8]| {
            let end = after_prefix(bytes);
            view.scan(self.store, self.prefix, Bound::Unbounded, end.as_ref().map(Vec::as_slice))
        };
        self.walk(self.at_prefix(view, key, through))
    }

    /// The records whose key begins with `prefix`, in the form that `make` gives them; forms that are kept are taken as they are, as by
    /// [`Self::read_as`].
    pub fn prefix_as<'v, P: Prefix<K>, T: Any + Clone, M: Fn(K, V) -> Result<T>>(
        &self,
        view: &'v View,
        prefix: &P,
        make: M,
    ) -> impl Iterator<Item = Result<T>> + use<'v, K, V, P, T, M> {
        let scan =
            self.at_prefix(view, prefix, |bytes| view.scan(self.store, bytes, Bound::Unbounded, Bound::Unbounded));
        let (store, skip, mut key) = (self.store, self.prefix.len(), Vec::new());
        scan.map(move |row| {
            let (k, bytes) = row?;
            let k = k.joined(&mut key);
            if let Some(form) = view.form(store, k, T::clone) {
                return Ok(form);
            }
            let (k, v) = pair(store, skip, k, &bytes)?;
            make(k, v)
        })
    }

    fn at_prefix<T, P: Prefix<K>>(&self, view: &View, prefix: &P, step: impl FnOnce(&[u8]) -> T) -> T {
        view.with_buffer(|bytes| {
            bytes.extend_from_slice(self.prefix);
            prefix.write_prefix(bytes);
            step(bytes)
        })
    }

    fn walk<'v>(&self, scan: Scan<'v>) -> Iter<'v, K, V> {
        Iter { scan, store: self.store, skip: self.prefix.len(), key: Vec::new(), types: PhantomData }
    }

    /// A page of all records, by the SDK's rules.
    pub fn page(&self, view: &View, request: &PageRequest) -> Result<Page<(K, V)>> {
        self.page_where(view, self.prefix, request, |k, v| Ok(Some((k, v))))
    }

    /// A page of the records whose key begins with `prefix`.
    pub fn page_prefix<P: Prefix<K>>(&self, view: &View, prefix: &P, request: &PageRequest) -> Result<Page<(K, V)>> {
        self.page_prefix_filter(view, prefix, request, |k, v| Ok(Some((k, v))))
    }

    /// A page of what `pick` keeps of the records under `prefix` (all records: [`Self::page_filter`]).
    pub fn page_prefix_filter<P: Prefix<K>, T>(
        &self,
        view: &View,
        prefix: &P,
        request: &PageRequest,
        pick: impl FnMut(K, V) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        self.at_prefix(view, prefix, |bytes| self.page_where(view, bytes, request, pick))
    }

    /// A page of what `pick` keeps of all records.
    pub fn page_filter<T>(
        &self,
        view: &View,
        request: &PageRequest,
        pick: impl FnMut(K, V) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        self.page_where(view, self.prefix, request, pick)
    }

    fn page_where<T>(
        &self,
        view: &View,
        prefix: &[u8],
        request: &PageRequest,
        mut pick: impl FnMut(K, V) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        super::page::collect(view, self.store, prefix, request, |key, bytes| {
            let (k, v) = pair(self.store, self.prefix.len(), key, bytes)?;
            pick(k, v)
        })
    }

    /// Store and first bytes of the keys: for the table of all state.
    pub const fn place(&self) -> (StoreId, &'static [u8]) {
        (self.store, self.prefix)
    }
}

/// The record under a key. What holds more than its own bytes, and so takes time to decode, is kept decoded.
fn load<V: Value>(view: &View, store: StoreId, key: &[u8]) -> Result<Option<V>> {
    if std::mem::needs_drop::<V>() {
        return form(view, store, key, |bytes| decode(store, key, bytes));
    }
    view.read(store, key)?.value.map(|bytes| decode(store, key, &bytes)).transpose()
}

/// The form of the record under a key, as `make` gives it if it is not kept.
fn form<T: Any + Clone + Send + Sync>(
    view: &View,
    store: StoreId,
    key: &[u8],
    make: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<Option<T>> {
    see(view, store, key, make, T::clone)
}

/// What `look` sees in the form of the record under a key.
fn see<T: Any + Send + Sync, R>(
    view: &View,
    store: StoreId,
    key: &[u8],
    make: impl FnOnce(&[u8]) -> Result<T>,
    look: impl FnOnce(&T) -> R,
) -> Result<Option<R>> {
    let mut look = Some(look);
    let mut once = |form: &T| look.take().map(|look| look(form));
    if let Some(seen) = view.form(store, key, &mut once) {
        return Ok(seen);
    }
    let found = view.read(store, key)?;
    let Some(bytes) = found.value else { return Ok(None) };
    if let Some(form) = found.form.as_deref().and_then(|form| form.downcast_ref::<T>()) {
        return Ok(once(form));
    }
    let form = make(&bytes)?;
    let seen = once(&form);
    view.keep(found.place, Arc::new(form));
    Ok(seen)
}

fn decode<V: Value>(store: StoreId, key: &[u8], bytes: &[u8]) -> Result<V> {
    let bytes = if bytes == [0] { V::from_bytes(&[]).map_or(bytes, |_| &[]) } else { bytes };
    V::from_bytes(bytes).ok_or_else(|| {
        Error::fault(format!("store {}: the value under key {} cannot be read", store.name, hex::encode(key)))
    })
}

fn missing(store: StoreId, key: &[u8]) -> Error {
    Error::fault(format!("store {}: nothing under key {}, where a record must be", store.name, hex::encode(key)))
}

fn pair<K: Key, V: Value>(store: StoreId, skip: usize, key: &[u8], bytes: &[u8]) -> Result<(K, V)> {
    let k = key
        .get(skip..)
        .and_then(K::read_last)
        .ok_or_else(|| Error::fault(format!("store {}: {} is no key of this map", store.name, hex::encode(key))))?;
    Ok((k, decode(store, key, bytes)?))
}

/// A walk over records; every step may fail for lack of gas.
pub struct Iter<'v, K, V> {
    scan: Scan<'v>,
    store: StoreId,
    skip: usize,
    /// Room in which keys are put together.
    key: Vec<u8>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Value> Iterator for Iter<'_, K, V> {
    type Item = Result<(K, V)>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.scan.next()?;
        Some(item.and_then(|(k, v)| pair(self.store, self.skip, k.joined(&mut self.key), &v)))
    }
}

impl<K: Key, V: Value> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let item = self.scan.next_back()?;
        Some(item.and_then(|(k, v)| pair(self.store, self.skip, k.joined(&mut self.key), &v)))
    }
}
