//! What auth remembers.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Coins, short};
use entente_kernel::{AccAddress, Item, Map, Wire};
use entente_proto::cosmos::auth::v1beta1::Params;

use crate::stores::AUTH;

pub const PARAMS: Item<Wire<Params>> = Item::new(AUTH, &[0x00]);
pub const ACCOUNTS: Map<AccAddress, Record> = Map::new(AUTH, &[0x01]);
/// The number of the next new account; the first has 0.
pub const NEXT_NUMBER: Item<u64> = Item::new(AUTH, &[0x02]);
/// Index: who has a number.
pub const ADDRESS_OF_NUMBER: Map<u64, AccAddress> = Map::new(AUTH, &[0x03]);

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub address: AccAddress,
    /// An encoded `google.protobuf.Any` with the public key, known from the first signature on.
    pub pub_key: Option<Vec<u8>>,
    pub number: u64,
    pub sequence: u64,
    pub kind: Kind,
}

/// What is stored of an account; its address is the key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Record {
    pub_key: Option<Vec<u8>>,
    #[borsh(serialize_with = "short::write", deserialize_with = "short::read")]
    number: u64,
    #[borsh(serialize_with = "short::write", deserialize_with = "short::read")]
    sequence: u64,
    pub kind: Kind,
}

impl From<&Account> for Record {
    fn from(Account { address: _, pub_key, number, sequence, kind }: &Account) -> Self {
        Self { pub_key: pub_key.clone(), number: *number, sequence: *sequence, kind: kind.clone() }
    }
}

impl Record {
    pub fn of(self, address: AccAddress) -> Account {
        let Self { pub_key, number, sequence, kind } = self;
        Account { address, pub_key, number, sequence, kind }
    }
}

/// What kind of account.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Kind {
    Base,
    /// A module's. The permissions are what a genesis said; what a module may do is decided by
    /// [`ModuleAccount`](super::ModuleAccount).
    Module {
        name: String,
        permissions: Vec<String>,
    },
    Vesting(Vesting),
}

/// Coins that become spendable over time. They may be delegated before; the two sums of delegated coins say how much of what is
/// delegated would be locked if it came back now.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vesting {
    pub original: Coins,
    pub delegated_free: Coins,
    pub delegated_vesting: Coins,
    /// Seconds since 1970; 0 for accounts that are locked for ever.
    pub end: i64,
    pub schedule: Schedule,
}

/// When vesting coins become free. Times in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Schedule {
    /// Evenly between start and end.
    Continuous { start: i64 },
    /// All at the end.
    Delayed,
    /// In steps, each at the end of its period.
    Periodic { start: i64, periods: Vec<Period> },
    /// Never.
    PermanentLocked,
}

/// One step of a periodic schedule.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Period {
    pub length_secs: i64,
    pub amount: Coins,
}

entente_kernel::borsh_value!(Record);
