//! Keys of accounts and of validators.

pub mod hd;

/// The words of the development accounts, known to everybody: `m/44'/118'/0'/0/0` to `.../9`.
pub const DEVELOPMENT_WORDS: &str = "test test test test test test test test test test test junk";
