//! Pairs in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;

use super::{Ascending, DiskError, Pairs, STATE, Scan, Write};

type Table = Arc<RwLock<BTreeMap<Bytes, Bytes>>>;

#[derive(Default)]
pub(super) struct Memory {
    tables: RwLock<BTreeMap<&'static str, Table>>,
}

impl Memory {
    fn table(&self, space: &'static str) -> Table {
        if let Some(table) = self.tables.read().get(space) {
            return table.clone();
        }
        self.tables.write().entry(space).or_default().clone()
    }
}

impl Pairs for Memory {
    fn value(&self, space: &'static str, key: &[u8]) -> Result<Option<Bytes>, DiskError> {
        Ok(self.table(space).read().get(key).cloned())
    }

    fn scan(&self, space: &'static str, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Result<Scan, DiskError> {
        Ok(Box::new(Walk { table: self.table(space), from: from.map(Bytes::from), to: to.map(Bytes::from) }))
    }

    fn fill(&self, pairs: Ascending<'_>) -> Result<(), DiskError> {
        self.table(STATE).write().extend(pairs.map(|(key, value)| (key.into(), value.into())));
        Ok(())
    }

    fn commit(&self, writes: Vec<Write>) -> Result<(), DiskError> {
        for Write { space, key, value } in writes {
            let table = self.table(space);
            let mut table = table.write();
            match value {
                Some(value) => table.insert(key, value),
                None => table.remove(&key),
            };
        }
        Ok(())
    }
}

/// A walk that looks for each next key anew, so that it never holds the lock between two steps.
struct Walk {
    table: Table,
    from: Bound<Bytes>,
    to: Bound<Bytes>,
}

impl Walk {
    /// Whether no key can lie between the bounds; `BTreeMap::range` panics on some of those.
    fn is_over(&self) -> bool {
        match (&self.from, &self.to) {
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
            _ => false,
        }
    }

    fn step(&self, back: bool) -> Option<(Bytes, Bytes)> {
        if self.is_over() {
            return None;
        }
        let table = self.table.read();
        let mut range = table.range::<Bytes, _>((self.from.as_ref(), self.to.as_ref()));
        let (key, value) = if back { range.next_back()? } else { range.next()? };
        Some((key.clone(), value.clone()))
    }
}

impl Iterator for Walk {
    type Item = Result<(Bytes, Bytes), DiskError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.step(false)?;
        self.from = Bound::Excluded(key.clone());
        Some(Ok((key, value)))
    }
}

impl DoubleEndedIterator for Walk {
    fn next_back(&mut self) -> Option<Self::Item> {
        let (key, value) = self.step(true)?;
        self.to = Bound::Excluded(key.clone());
        Some(Ok((key, value)))
    }
}
