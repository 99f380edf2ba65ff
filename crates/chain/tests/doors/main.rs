//! The chain from outside: signed transactions and blocks through its doors.

mod ante;
mod bad;
mod blocks;
mod net;
mod signing;
