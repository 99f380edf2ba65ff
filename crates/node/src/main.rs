//! The `entente` binary.

#[allow(dead_code)]
mod disk;

fn main() {}
