//! Events: what happened, for indexers, wallets and explorers. They are no part of the state.

use std::borrow::Cow;

/// An ABCI event: a type and attributes in the order in which they were added. Names are nearly always known when the program is built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    pub kind: Cow<'static, str>,
    pub attributes: Vec<Attribute>,
}

/// Name and value.
pub type Attribute = (Cow<'static, str>, String);

impl Event {
    pub fn new(kind: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: kind.into(), attributes: Vec::with_capacity(4) }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        self.attributes.push((key.into(), value.to_string()));
        self
    }
}
