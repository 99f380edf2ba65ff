//! What mint remembers.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::Item;
use entente_kernel::num::Dec;

use super::params::Params;
use crate::stores::MINT;

pub const MINTER: Item<Minter> = Item::new(MINT, &[0x00]);
pub const PARAMS: Item<Params> = Item::new(MINT, &[0x01]);

/// How fast coins are minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Minter {
    /// New coins per coin and year.
    pub inflation: Dec,
    /// New coins per year.
    pub annual_provisions: Dec,
}

entente_kernel::borsh_value!(Minter);
