//! `entente debug`: addresses and keys in their other forms.

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Subcommand;
use entente_kernel::{AccAddress, Bech32, ConsAddress};

use crate::genesis::dev::PREFIX;

#[derive(Subcommand)]
pub enum Debug {
    /// An address in all its forms
    Addr {
        /// Bech32 of any kind, or hex
        address: String,
        /// Prefix of addresses
        #[arg(long, default_value = PREFIX)]
        prefix: String,
    },
    /// The address of a public key
    Pubkey {
        /// In the JSON of protobuf
        key: String,
        /// Prefix of addresses
        #[arg(long, default_value = PREFIX)]
        prefix: String,
    },
    /// Bytes as Go prints them, in hex
    RawBytes {
        /// Such as "[10 21 13 255]"
        bytes: String,
    },
    /// The prefixes of addresses
    Prefixes {
        /// Prefix of addresses
        #[arg(long, default_value = PREFIX)]
        prefix: String,
    },
}

impl Debug {
    /// # Errors
    /// What is wrong with the words.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Addr { address, prefix } => {
                let bech32 = Bech32::new(&prefix);
                let of = |bytes: &[u8]| bytes.to_vec();
                let bytes = hex::decode(&address).ok();
                let bytes = bytes.or_else(|| bech32.parse_acc(&address).ok().map(|a| of(a.as_bytes())));
                let bytes = bytes.or_else(|| bech32.parse_val(&address).ok().map(|a| of(a.as_bytes())));
                let bytes = bytes.or_else(|| bech32.parse_cons(&address).ok().map(|a| of(a.as_bytes())));
                let wrong = || anyhow!("{address:?} is neither an address with the prefix {prefix} nor hex");
                told(&bytes.ok_or_else(wrong)?, &bech32)?;
            }
            Self::Pubkey { key, prefix } => {
                let key = super::keys::public_key(&key)?;
                told(&key.address(), &Bech32::new(&prefix))?;
            }
            Self::RawBytes { bytes } => {
                let inner = bytes.trim().strip_prefix('[').and_then(|b| b.strip_suffix(']'));
                let inner = inner.ok_or_else(|| anyhow!("{bytes:?} is not such as \"[10 21 13 255]\""))?;
                let bytes = inner.split_whitespace().map(str::parse).collect::<Result<Vec<u8>, _>>();
                println!("{}", hex::encode_upper(bytes.context("a byte is a number from 0 to 255")?));
            }
            Self::Prefixes { prefix } => {
                println!("Bech32 Acc: {prefix}\nBech32 Val: {prefix}valoper\nBech32 Con: {prefix}valcons");
            }
        }
        Ok(())
    }
}

fn told(bytes: &[u8], bech32: &Bech32) -> Result<()> {
    ensure!(!bytes.is_empty(), "an address has bytes");
    let address = AccAddress::new(bytes)?;
    println!("Address: {:?}\nAddress (hex): {}", bytes, hex::encode_upper(bytes));
    println!("Bech32 Acc: {}\nBech32 Val: {}", bech32.acc(&address), bech32.val(&address.into()));
    println!("Bech32 Con: {}", bech32.cons(&ConsAddress::new(bytes)?));
    Ok(())
}
