//! The constants by which a module declares its state: [`Item`], [`Map`], [`Sequence`].

use std::marker::PhantomData;
use std::ops::Bound;

use super::key::{Key, Prefix};
use super::value::Value;
use super::view::{Ctx, Scan, View};
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
        view.read(self.store, self.key)?.map(|bytes| decode(self.store, self.key, &bytes)).transpose()
    }

    /// The record, which must exist.
    ///
    /// # Errors
    /// A fault if it does not.
    pub fn must(&self, view: &View) -> Result<V> {
        self.load(view)?.ok_or_else(|| missing(self.store, self.key))
    }

    pub fn save(&self, ctx: &mut Ctx, value: &V) -> Result<()> {
        ctx.write(self.store, self.key, value.to_bytes())
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

    fn key(&self, key: &K) -> Vec<u8> {
        let mut out = self.prefix.to_vec();
        key.write_last(&mut out);
        out
    }

    fn prefix_key<P: Prefix<K>>(&self, prefix: &P) -> Vec<u8> {
        let mut out = self.prefix.to_vec();
        prefix.write_prefix(&mut out);
        out
    }

    pub fn get(&self, view: &View, key: &K) -> Result<Option<V>> {
        let key = self.key(key);
        view.read(self.store, &key)?.map(|bytes| decode(self.store, &key, &bytes)).transpose()
    }

    /// The record in the form that `make` gives it. The form is kept: as long as the record does not change, asking again costs
    /// little. `make` must depend on nothing but key and record.
    pub fn read_as<T: Clone + Send + Sync + 'static>(
        &self,
        view: &View,
        key: &K,
        make: impl FnOnce(V) -> Result<T>,
    ) -> Result<Option<T>> {
        let key = self.key(key);
        let Some(bytes) = view.read(self.store, &key)? else { return Ok(None) };
        if let Some(form) = view.memo.find(&bytes) {
            return Ok(Some(form));
        }
        let form = make(decode(self.store, &key, &bytes)?)?;
        view.memo.keep(bytes, form.clone());
        Ok(Some(form))
    }

    /// The record, which must exist.
    ///
    /// # Errors
    /// A fault if it does not.
    pub fn must(&self, view: &View, key: &K) -> Result<V> {
        self.get(view, key)?.ok_or_else(|| missing(self.store, &self.key(key)))
    }

    pub fn has(&self, view: &View, key: &K) -> Result<bool> {
        Ok(view.read(self.store, &self.key(key))?.is_some())
    }

    pub fn set(&self, ctx: &mut Ctx, key: &K, value: &V) -> Result<()> {
        ctx.write(self.store, &self.key(key), value.to_bytes())
    }

    pub fn remove(&self, ctx: &mut Ctx, key: &K) -> Result<()> {
        ctx.delete(self.store, &self.key(key))
    }

    /// All records in key order (`.rev()` for the reverse order).
    pub fn iter<'v>(&self, view: &'v View) -> Iter<'v, K, V> {
        self.between(view, self.prefix.to_vec(), Bound::Unbounded)
    }

    /// The records whose key begins with `prefix`.
    pub fn prefix<'v, P: Prefix<K>>(&self, view: &'v View, prefix: &P) -> Iter<'v, K, V> {
        self.between(view, self.prefix_key(prefix), Bound::Unbounded)
    }

    /// The records with keys at or after `key`.
    pub fn from<'v>(&self, view: &'v View, key: &K) -> Iter<'v, K, V> {
        self.between(view, self.prefix.to_vec(), Bound::Included(self.key(key)))
    }

    /// The records with keys strictly before `key`, which may be a prefix of keys: queues up to a time, for example.
    pub fn before<'v, P: Prefix<K>>(&self, view: &'v View, key: &P) -> Iter<'v, K, V> {
        let end = self.prefix_key(key);
        let scan = view.scan(self.store, Bound::Included(self.prefix.to_vec()), Bound::Excluded(end));
        Iter { scan, store: self.store, skip: self.prefix.len(), types: PhantomData }
    }

    /// The records with keys up to and including those that begin with `key`.
    pub fn through<'v, P: Prefix<K>>(&self, view: &'v View, key: &P) -> Iter<'v, K, V> {
        let end = after_prefix(&self.prefix_key(key));
        let scan = view.scan(self.store, Bound::Included(self.prefix.to_vec()), end);
        Iter { scan, store: self.store, skip: self.prefix.len(), types: PhantomData }
    }

    fn between<'v>(&self, view: &'v View, prefix: Vec<u8>, start: Bound<Vec<u8>>) -> Iter<'v, K, V> {
        let end = after_prefix(&prefix);
        let start = match start {
            Bound::Unbounded => Bound::Included(prefix),
            given => given,
        };
        Iter { scan: view.scan(self.store, start, end), store: self.store, skip: self.prefix.len(), types: PhantomData }
    }

    /// A page of all records, by the SDK's rules.
    pub fn page(&self, view: &View, request: &PageRequest) -> Result<Page<(K, V)>> {
        self.page_where(view, self.prefix.to_vec(), request, |k, v| Ok(Some((k, v))))
    }

    /// A page of the records whose key begins with `prefix`.
    pub fn page_prefix<P: Prefix<K>>(&self, view: &View, prefix: &P, request: &PageRequest) -> Result<Page<(K, V)>> {
        self.page_where(view, self.prefix_key(prefix), request, |k, v| Ok(Some((k, v))))
    }

    /// A page of what `pick` keeps of the records under `prefix` (all records: [`Self::page_filter`]).
    pub fn page_prefix_filter<P: Prefix<K>, T>(
        &self,
        view: &View,
        prefix: &P,
        request: &PageRequest,
        pick: impl FnMut(K, V) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        self.page_where(view, self.prefix_key(prefix), request, pick)
    }

    /// A page of what `pick` keeps of all records.
    pub fn page_filter<T>(
        &self,
        view: &View,
        request: &PageRequest,
        pick: impl FnMut(K, V) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        self.page_where(view, self.prefix.to_vec(), request, pick)
    }

    fn page_where<T>(
        &self,
        view: &View,
        prefix: Vec<u8>,
        request: &PageRequest,
        mut pick: impl FnMut(K, V) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        let end = after_prefix(&prefix);
        super::page::collect(view, self.store, &prefix, end, request, |key, bytes| {
            let (k, v) = pair(self.store, self.prefix.len(), key, bytes)?;
            pick(k, v)
        })
    }

    /// Store and first bytes of the keys: for the table of all state.
    pub const fn place(&self) -> (StoreId, &'static [u8]) {
        (self.store, self.prefix)
    }
}

/// The end of the keys that begin with `prefix`.
fn after_prefix(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
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
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Value> Iterator for Iter<'_, K, V> {
    type Item = Result<(K, V)>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.scan.next()?;
        Some(item.and_then(|(k, v)| pair(self.store, self.skip, &k, &v)))
    }
}

impl<K: Key, V: Value> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let item = self.scan.next_back()?;
        Some(item.and_then(|(k, v)| pair(self.store, self.skip, &k, &v)))
    }
}
