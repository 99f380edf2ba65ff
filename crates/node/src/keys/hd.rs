//! From words to keys: BIP-39 seeds, BIP-32 derivation over secp256k1, BIP-44 paths.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, anyhow, bail, ensure};
use bip39::Mnemonic;
use hmac::{Hmac, Mac};
use secp256k1::{Scalar, SecretKey};
use sha2::Sha512;
use zeroize::Zeroizing;

/// The coin type of Cosmos chains in SLIP-44.
pub const COIN_TYPE: u32 = 118;
/// Steps with this bit use the secret key.
const HARDENED: u32 = 1 << 31;

/// A derivation path such as `m/44'/118'/0'/0/0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<u32>);

impl Path {
    /// The BIP-44 path of an account.
    ///
    /// # Errors
    /// A number above 2^31 - 1.
    pub fn bip44(coin_type: u32, account: u32, index: u32) -> Result<Self> {
        ensure!(
            [coin_type, account, index].iter().all(|n| *n < HARDENED),
            "a number of an HD path must be below 2147483648"
        );
        Ok(Self(vec![44 | HARDENED, coin_type | HARDENED, account | HARDENED, 0, index]))
    }
}

impl FromStr for Path {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || anyhow!("{text:?} is not an HD path such as m/44'/118'/0'/0/0");
        let steps = text.strip_prefix("m/").unwrap_or(text).split('/');
        let step = |step: &str| {
            let (digits, hardened) = match step.strip_suffix(['\'', 'h', 'H']) {
                Some(digits) => (digits, HARDENED),
                None => (step, 0),
            };
            digits.parse::<u32>().ok().filter(|n| *n < HARDENED).map(|n| n | hardened)
        };
        Ok(Self(steps.map(step).collect::<Option<_>>().ok_or_else(wrong)?))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m")?;
        for step in &self.0 {
            write!(f, "/{}{}", step & !HARDENED, if step & HARDENED == 0 { "" } else { "'" })?;
        }
        Ok(())
    }
}

/// Reads words and checks them: number, list and checksum.
///
/// # Errors
/// Says what is wrong with the words.
pub fn mnemonic(words: &str) -> Result<Mnemonic> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    Mnemonic::parse_normalized(&words).map_err(|e| anyhow!("these are not the words of a key: {e}"))
}

/// Words from 256 bits of `entropy`.
pub fn new_mnemonic(entropy: &[u8; 32]) -> Result<Mnemonic> {
    Mnemonic::from_entropy(entropy).map_err(|e| anyhow!("words cannot be made: {e}"))
}

/// The secret key of words, passphrase and path.
///
/// # Errors
/// With a probability of 2^-127 a path has no key.
pub fn secret(words: &Mnemonic, passphrase: &str, path: &Path) -> Result<Zeroizing<[u8; 32]>> {
    derive(&*Zeroizing::new(words.to_seed(passphrase)), path)
}

/// The secret key of a seed at a path: [`secret`] without the slow part.
///
/// # Errors
/// With a probability of 2^-127 a path has no key.
pub fn derive(seed: &[u8], path: &Path) -> Result<Zeroizing<[u8; 32]>> {
    let (mut key, mut chain) = parts_of(hmac(b"Bitcoin seed", &[seed]))?;
    for step in &path.0 {
        let number = step.to_be_bytes();
        let (tweak, next) = if step & HARDENED != 0 {
            parts_of(hmac(&chain, &[&[0], key.as_slice(), &number]))?
        } else {
            let public = entente_kernel::crypto::secp256k1::public_key(&key)?;
            parts_of(hmac(&chain, &[&public, &number]))?
        };
        let parent = SecretKey::from_secret_bytes(*key)?;
        let child = parent.add_tweak(&Scalar::from_be_bytes(*tweak)?)?;
        (*key, chain) = (child.to_secret_bytes(), next);
    }
    Ok(key)
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Result<Zeroizing<[u8; 64]>> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).map_err(|e| anyhow!("{e}"))?;
    for part in parts {
        mac.update(part);
    }
    Ok(Zeroizing::new(mac.finalize().into_bytes().into()))
}

/// Key and chain code.
fn parts_of(hash: Result<Zeroizing<[u8; 64]>>) -> Result<(Zeroizing<[u8; 32]>, [u8; 32])> {
    let bytes = hash?;
    let (Some(key), Some(chain)) = (bytes.first_chunk::<32>(), bytes.last_chunk::<32>()) else {
        bail!("a hash has another length than 64 bytes");
    };
    Ok((Zeroizing::new(*key), *chain))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test vectors 1 and 2 of BIP-32: seed, path, secret key (from the extended keys listed there).
    #[test]
    fn derivation_follows_bip_32() {
        for (seed, path, key) in [
            (
                "000102030405060708090a0b0c0d0e0f",
                "m/0'",
                "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea",
            ),
            (
                "000102030405060708090a0b0c0d0e0f",
                "m/0'/1",
                "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368",
            ),
            (
                "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542",
                "m/0",
                "abe74a98f6c7eabee0428f53798f0ab8aa1bd37873999041703c742f15ac7e1e",
            ),
        ] {
            let found = derive(&hex::decode(seed).unwrap(), &path.parse().unwrap()).unwrap();
            assert_eq!(hex::encode(*found), key, "{path}");
        }
    }

    #[test]
    fn the_development_words_give_the_known_first_address() {
        let words = mnemonic("test test test test test test test test test test test junk").unwrap();
        let path = Path::bip44(COIN_TYPE, 0, 0).unwrap();
        assert_eq!(path.to_string(), "m/44'/118'/0'/0/0");
        let secret = secret(&words, "", &path).unwrap();
        let key = entente_kernel::crypto::secp256k1::public_key(&secret).unwrap();
        let address = entente_kernel::AccAddress::from_array(entente_kernel::crypto::secp256k1::address(&key));
        assert_eq!(
            entente_kernel::Bech32::new("cosmos").acc(&address),
            "cosmos15yk64u7zc9g9k2yr2wmzeva5qgwxps6yxj00e7"
        );
    }

    #[test]
    fn wrong_words_and_paths_are_refused() {
        assert!(mnemonic("test test test").is_err());
        assert!(mnemonic(&"test ".repeat(12)).is_err());
        for bad in ["m/44'/x", "m/2147483648", "", "m//0"] {
            assert!(bad.parse::<Path>().is_err(), "{bad}");
        }
    }
}
