//! What auth remembers.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::gas::{GasMeter, price};
use entente_kernel::num::{Coins, short};
use entente_kernel::state::Rows;
use entente_kernel::{AccAddress, Ctx, Item, Map, Result, View, Wire};
use entente_proto::cosmos::auth::v1beta1::Params;

use crate::stores::AUTH;

pub const PARAMS: Item<Wire<Params>> = Item::new(AUTH, &[0x00]);
pub const ACCOUNTS: Map<AccAddress, Record> = Map::new(AUTH, &[0x01]);
/// The number of the next new account; the first has 0.
pub const NEXT_NUMBER: Item<u64> = Item::new(AUTH, &[0x02]);
/// Index: who has a number, sixteen neighbours in one record: a number's sixteenth, then what is left of it.
pub const ADDRESSES_BY_NUMBER: Map<u64, Rows<u8, AccAddress>> = Map::new(AUTH, &[0x03]);
const NEIGHBOURS: u64 = 16;

/// Who has a number.
pub fn address_of_number(view: &View, number: u64) -> Result<Option<AccAddress>> {
    let (record, place) = place_of_number(number);
    Ok(ADDRESSES_BY_NUMBER.look(view, &record, |rows| rows.get(&place).copied())?.flatten())
}

/// Gives numbers to addresses. Neighbours that follow one another are one write.
pub fn give_numbers(ctx: &mut Ctx, given: impl IntoIterator<Item = (u64, AccAddress)>) -> Result<()> {
    let mut open: Option<(u64, Rows<u8, AccAddress>)> = None;
    for (number, address) in given {
        let (record, place) = place_of_number(number);
        let mut rows = match open.take() {
            Some((last, rows)) if last == record => rows,
            other => {
                if let Some((last, rows)) = other {
                    ADDRESSES_BY_NUMBER.set(ctx, &last, &rows)?;
                }
                ADDRESSES_BY_NUMBER.get(ctx, &record)?.unwrap_or_default()
            }
        };
        rows.set(&place, address);
        open = Some((record, rows));
    }
    open.map_or(Ok(()), |(last, rows)| ADDRESSES_BY_NUMBER.set(ctx, &last, &rows))
}

/// Gives a number to a new account, for the gas of a record of its own: a stranger's neighbours make no account dearer, and an
/// estimate does not depend on how many there are.
pub fn give_number(ctx: &mut Ctx, number: u64, address: &AccAddress) -> Result<()> {
    let bytes = KEY_BYTES.saturating_add(u64::try_from(address.as_bytes().len()).unwrap_or(u64::MAX));
    ctx.gas().charge(bytes.saturating_mul(price::WRITE_BYTE).saturating_add(price::WRITE_FLAT), "WriteFlat")?;
    let meter = ctx.replace_gas(GasMeter::idle());
    let given = give_numbers(ctx, [(number, *address)]);
    ctx.replace_gas(meter);
    given
}

/// Bytes beside the address of an account that had a record for its number alone: the key's first, the number, and a length.
const KEY_BYTES: u64 = 10;

fn place_of_number(number: u64) -> (u64, u8) {
    // What is left of a division by 16 fits a byte.
    (number / NEIGHBOURS, u8::try_from(number % NEIGHBOURS).unwrap_or_default())
}

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
