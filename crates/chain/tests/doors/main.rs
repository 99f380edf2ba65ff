//! The chain from outside: signed transactions and blocks through its doors, and the golden files.

mod ante;
mod bad;
mod blocks;
#[path = "../golden/mod.rs"]
mod golden;
mod net;
mod signing;
mod threads;
