//! Messages that make vesting accounts. The accounts themselves, and what they lock, are a matter of auth.

pub mod handle;
pub mod msg;
#[cfg(test)]
mod tests;
