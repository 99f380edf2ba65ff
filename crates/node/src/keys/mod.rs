//! Keys of accounts and of validators.

pub mod hd;
pub mod ring;
mod signer;
pub mod validator;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context as _, Result};

pub use signer::{Signer, Terms, amino_bytes};

/// The words of the development accounts, known to everybody: `m/44'/118'/0'/0/0` to `.../9`.
pub const DEVELOPMENT_WORDS: &str = "test test test test test test test test test test test junk";
/// How many development accounts there are.
pub const DEVELOPMENT_ACCOUNTS: u32 = 10;

/// A development account.
///
/// # Errors
/// Never, for a number below 2^31.
pub fn development(index: u32) -> Result<Signer> {
    of_development_words(&hd::Path::bip44(hd::COIN_TYPE, 0, index)?)
}

/// A key of the development words. Their seed takes thousands of hashes and is made once.
fn of_development_words(path: &hd::Path) -> Result<Signer> {
    static SEED: OnceLock<Vec<u8>> = OnceLock::new();
    let seed = match SEED.get() {
        Some(seed) => seed,
        None => {
            let seed = hd::mnemonic(DEVELOPMENT_WORDS)?.to_seed("").to_vec();
            SEED.get_or_init(|| seed)
        }
    };
    Signer::new(hd::derive(seed, path)?)
}

/// The development account that is called `dev0` to `dev9`; no secret, therefore known without a keyring.
pub fn development_named(name: &str) -> Option<Signer> {
    let index = name.strip_prefix("dev")?.parse().ok().filter(|i| *i < DEVELOPMENT_ACCOUNTS && name.len() == 4)?;
    development(index).ok()
}

/// The account of the faucet of development chains.
///
/// # Errors
/// Never.
pub fn faucet() -> Result<Signer> {
    of_development_words(&hd::Path::bip44(hd::COIN_TYPE, 1, 0)?)
}

/// The account that publishes the rates of foreign staking tokens on development chains.
///
/// # Errors
/// Never.
pub fn publisher() -> Result<Signer> {
    of_development_words(&hd::Path::bip44(hd::COIN_TYPE, 1, 1)?)
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// The folder cannot be written to.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = path.display();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    let draft = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .with_context(|| format!("the file {place} cannot be written"))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("the file {place} cannot be written"))?;
    std::fs::rename(&draft, path).with_context(|| format!("the file {place} cannot be written"))
}
