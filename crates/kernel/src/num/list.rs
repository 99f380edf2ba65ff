//! `List`: the members of a collection of coins, shared between its clones.

use std::ops::Deref;
use std::sync::Arc;

use borsh::BorshSerialize;
use serde::Serialize;

/// A list that never changes: a clone costs one count.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct List<T>(Option<Arc<Vec<T>>>);

impl<T> List<T> {
    pub const EMPTY: List<T> = List(None);
}

impl<T> List<T> {
    /// Are both clones of one list? Two lists that were made apart are not, even if they are equal.
    pub fn is_same(&self, other: &List<T>) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            (one, two) => one.is_none() && two.is_none(),
        }
    }
}

impl<T: Clone> List<T> {
    pub fn into_vec(self) -> Vec<T> {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default()
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(members: Vec<T>) -> List<T> {
        List(if members.is_empty() { None } else { Some(Arc::new(members)) })
    }
}

impl<T> Default for List<T> {
    fn default() -> List<T> {
        List::EMPTY
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<T: BorshSerialize> BorshSerialize for List<T> {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        (**self).serialize(writer)
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}
