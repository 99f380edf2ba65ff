//! What any chain needs: numbers, typed state, the state tree, gas, events, addresses. Knows no module, no file, no socket.
#![deny(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic
    )
)]

pub mod address;
pub mod crypto;
pub mod error;
pub mod event;
pub mod gas;
pub mod json;
pub mod num;
pub mod state;
pub mod time;
pub mod tree;

pub use address::{AccAddress, Bech32, ConsAddress, ValAddress};
pub use error::{Code, Error, Fault, Grpc, Refusal, Result};
pub use event::Event;
pub use state::{Ctx, Env, Item, Map, Mode, Page, PageRequest, Sequence, StoreId, View, Wire};
pub use time::{Span, Timestamp};
