//! Everything that touches the world: disk, engines, APIs, keys.

pub mod addresses;
pub mod admin;
pub mod api;
pub mod cli;
pub mod disk;
pub mod engine;
pub mod faucet;
pub mod genesis;
pub mod keys;
pub mod limits;
pub mod metrics;
pub mod prices;
pub mod publisher;
pub mod rpc;
pub mod serve;
pub mod service;
mod steps;
pub mod testnet;
