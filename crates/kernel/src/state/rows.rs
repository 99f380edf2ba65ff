//! [`Rows`]: a record that is a short sorted list, for what is always asked for together.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};

use super::value::Value;

/// Keys in ascending order with a value each. A clone costs one count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<K, V>(Arc<Vec<(K, V)>>);

impl<K: Ord, V> Rows<K, V> {
    pub fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, (K, V)> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.cmp(key))
    }
}

impl<K: Ord + Clone, V: Clone> Rows<K, V> {
    /// Gives a key its value.
    pub fn set(&mut self, key: &K, value: V) {
        let place = self.place(key);
        let rows = Arc::make_mut(&mut self.0);
        match place {
            Ok(at) => {
                if let Some((_, own)) = rows.get_mut(at) {
                    *own = value;
                }
            }
            Err(at) => rows.insert(at, (key.clone(), value)),
        }
    }

    /// Takes a key out, if it is there.
    pub fn remove(&mut self, key: &K) {
        if let Ok(at) = self.place(key) {
            Arc::make_mut(&mut self.0).remove(at);
        }
    }

    /// The same keys with other values.
    pub fn map<W>(&self, change: impl Fn(&V) -> W) -> Rows<K, W> {
        Rows(Arc::new(self.0.iter().map(|(key, value)| (key.clone(), change(value))).collect()))
    }
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<'a, K, V> IntoIterator for &'a Rows<K, V> {
    type Item = &'a (K, V);
    type IntoIter = std::slice::Iter<'a, (K, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// In any order; of rows with one key the last counts.
impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Rows<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|(key, value)| all.set(&key, value));
        all
    }
}

impl<K: BorshSerialize, V: BorshSerialize> BorshSerialize for Rows<K, V> {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.0.as_ref().serialize(writer)
    }
}

/// Only what [`BorshSerialize`] writes is read: keys strictly ascend.
impl<K: BorshDeserialize + Ord, V: BorshDeserialize> BorshDeserialize for Rows<K, V> {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let rows = Vec::<(K, V)>::deserialize_reader(reader)?;
        if !rows.is_sorted_by(|(one, _), (next, _)| one < next) {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "rows are not sorted and unique"));
        }
        Ok(Self(Arc::new(rows)))
    }
}

impl<K, V> Value for Rows<K, V>
where
    K: BorshSerialize + BorshDeserialize + Ord + Clone + Send + Sync + 'static,
    V: BorshSerialize + BorshDeserialize + PartialEq + Clone + Send + Sync + 'static,
{
    fn append_bytes(&self, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        borsh::to_writer(out, self).unwrap_or_default();
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        borsh::from_slice(bytes).ok()
    }
}
