//! Typed access to the state of a chain.
//!
//! A module declares its state as constants, one line each: [`Item`] for a single record, [`Map`] for records under a key,
//! [`Sequence`] for a counter. Reading needs a [`View`], writing a [`Ctx`]; a `Ctx` gives a `View` by dereference, so a function
//! whose parameter is `&View` cannot change anything. A `Ctx` collects changes in one overlay with a journal: [`Ctx::layer`] undoes
//! what a failed step wrote.

mod item;
mod key;
mod overlay;
mod page;
mod rows;
#[cfg(test)]
mod tests;
mod value;
mod view;

pub use crate::tree::StoreId;
pub use item::{Item, Map, Sequence};
pub use key::{Key, Prefix};
pub use page::{Page, PageRequest};
pub use rows::Rows;
pub use value::{Form, Value, Wire};
pub use view::{Changes, Ctx, Env, Memory, Mode, View};
