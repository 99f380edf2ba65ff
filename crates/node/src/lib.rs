//! Everything that touches the world: disk, engines, APIs, keys.

pub mod api;
pub mod disk;
pub mod engine;
pub mod genesis;
pub mod keys;
pub mod rpc;
pub mod service;
