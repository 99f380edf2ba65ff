//! What auth remembers.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::{AccAddress, Item, Map};

use crate::stores::AUTH;

pub const ACCOUNTS: Map<AccAddress, Account> = Map::new(AUTH, &[0x01]);
/// The number of the next new account; the first has 0.
pub const NEXT_NUMBER: Item<u64> = Item::new(AUTH, &[0x02]);

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    pub address: AccAddress,
    /// An encoded `google.protobuf.Any` with the public key, known from the first signature on.
    pub pub_key: Option<Vec<u8>>,
    pub number: u64,
    pub sequence: u64,
    pub kind: Kind,
}

/// What kind of account.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Kind {
    Base,
    Module { name: String },
}

entente_kernel::borsh_value!(Account);
