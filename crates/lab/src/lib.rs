//! The same chain driven by a seed or a scenario.
#![deny(unsafe_code)]

pub mod hostile;
pub mod load;
pub mod random;
