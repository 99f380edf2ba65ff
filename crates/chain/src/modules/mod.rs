//! The modules, lowest first. A module may call those before it, by their public functions only; news go upward through `hooks`.

pub mod auth;
pub mod bank;
pub mod slashing;
pub mod staking;
