//! Everything that touches the world: disk, engines, APIs, keys.

pub mod api;
pub mod disk;
