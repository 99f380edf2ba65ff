//! The binary from outside, as newcomers, validators and genesis authors use it.

mod bad;
mod node;
mod page;
mod story;
mod validator;
mod wallet;
