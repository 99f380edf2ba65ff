//! The modules, lowest first. A module may call those before it, by their public functions only; news go upward through `hooks`.
//! The order (`cargo xtask tidy` reads it):
//!
//! auth < consensus < bank < vesting < feegrant < staking < slashing < evidence < distribution < mint < ibc < alliance < assets <
//! liquid < pools < weights < vault < service < claims < remote < gov < authz < upgrade < crisis

pub mod alliance;
pub mod assets;
pub mod auth;
pub mod authz;
pub mod bank;
pub mod consensus;
pub mod crisis;
pub mod distribution;
pub mod evidence;
pub mod feegrant;
pub mod gov;
pub mod liquid;
pub mod mint;
pub mod pools;
pub mod slashing;
pub mod staking;
pub mod upgrade;
pub mod vault;
pub mod vesting;
