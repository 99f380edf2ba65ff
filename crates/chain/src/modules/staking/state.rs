//! What staking remembers, at the SDK's keys and in its protobuf values: other chains prove these rows.

use bytes::Bytes;
use entente_kernel::state::{Key, Prefix, Value};
use entente_kernel::{AccAddress, ConsAddress, Error, Item, Map, Result, Timestamp, ValAddress, Wire};
use entente_proto::cosmos::base::v1beta1::IntProto;
use entente_proto::cosmos::staking::v1beta1 as wire;
use prost::Message;

use crate::stores::STAKING;

/// Powers of the bonded validators as consensus knows them.
pub const LAST_POWERS: Map<ValAddress, Power> = Map::new(STAKING, &[0x11]);
/// Their sum.
pub const LAST_TOTAL_POWER: Item<Wire<IntProto>> = Item::new(STAKING, &[0x12]);

/// Validators, by operator.
pub const VALIDATORS: Map<ValAddress, Wire<wire::Validator>> = Map::new(STAKING, &[0x21]);
/// Index: whose consensus key this is.
pub const BY_CONS_ADDRESS: Map<ConsAddress, Operator> = Map::new(STAKING, &[0x22]);
/// Validators that are not jailed, in ascending order of power and descending order of operators.
pub const BY_POWER: Map<Rank, Operator> = Map::new(STAKING, &[0x23]);

/// Shares, by delegator and operator.
pub const DELEGATIONS: Map<(AccAddress, ValAddress), Wire<wire::Delegation>> = Map::new(STAKING, &[0x31]);
/// Stake on its way out, by delegator and operator.
pub const UNBONDINGS: Map<(AccAddress, ValAddress), Wire<wire::UnbondingDelegation>> = Map::new(STAKING, &[0x32]);
/// Index: who unbonds from a validator.
pub const UNBONDINGS_FROM: Map<(ValAddress, AccAddress), ()> = Map::new(STAKING, &[0x33]);
/// Delegator, source, target.
pub const REDELEGATIONS: Map<(AccAddress, ValAddress, ValAddress), Wire<wire::Redelegation>> =
    Map::new(STAKING, &[0x34]);
/// Index: source, delegator, target.
pub const REDELEGATIONS_FROM: Map<(ValAddress, AccAddress, ValAddress), ()> = Map::new(STAKING, &[0x35]);
/// Index: target, delegator, source.
pub const REDELEGATIONS_TO: Map<(ValAddress, AccAddress, ValAddress), ()> = Map::new(STAKING, &[0x36]);

/// The last id that was given to an unbonding operation.
pub const LAST_UNBONDING_ID: Item<BigEndian> = Item::new(STAKING, &[0x37]);
/// Index: the key of the record that holds an unbonding operation.
pub const UNBONDING_INDEX: Map<u64, Vec<u8>> = Map::new(STAKING, &[0x38]);
/// Of which kind an unbonding operation is: 1 delegation, 2 redelegation, 3 validator.
pub const UNBONDING_KINDS: Map<u64, BigEndian> = Map::new(STAKING, &[0x39]);

/// Who is paid at a time, in the order of arrival.
pub const UNBONDING_QUEUE: Map<SortableTime, Wire<wire::DvPairs>> = Map::new(STAKING, &[0x41]);
/// Which redelegations end at a time, in the order of arrival.
pub const REDELEGATION_QUEUE: Map<SortableTime, Wire<wire::DvvTriplets>> = Map::new(STAKING, &[0x42]);
/// Which validators are unbonded: length of the time's text, time, and height at which their unbonding began.
pub const VALIDATOR_QUEUE: Map<(u64, SortableTime, u64), Wire<wire::ValAddresses>> = Map::new(STAKING, &[0x43]);

/// Recent headers, by height.
pub const HISTORY: Map<u64, Wire<Recent>> = Map::new(STAKING, &[0x50]);
/// Parameters.
pub const PARAMS: Item<Wire<wire::Params>> = Item::new(STAKING, &[0x51]);
/// Index: who delegates to a validator.
pub const DELEGATORS: Map<(ValAddress, Bare), ()> = Map::new(STAKING, &[0x71]);

/// Bytes of a [`SortableTime`].
pub const TIME_TEXT_LEN: u64 = 29;

/// A header with the records of the validators that were bonded: a `HistoricalInfo` whose parts stay encoded, since every block moves
/// the records of all validators into it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Recent {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub header: Option<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub valset: Vec<Bytes>,
}

impl Recent {
    pub fn from_wire(info: &wire::HistoricalInfo) -> Self {
        let header = info.header.as_ref().map(|header| header.encode_to_vec().into());
        Self { header, valset: info.valset.iter().map(|validator| validator.encode_to_vec().into()).collect() }
    }

    /// # Errors
    /// A fault if a part is not what it should be.
    pub fn to_wire(&self) -> Result<wire::HistoricalInfo> {
        let unread = |e| Error::fault(format!("staking: a recent header: {e}"));
        Ok(wire::HistoricalInfo {
            header: self.header.clone().map(Message::decode).transpose().map_err(unread)?,
            valset: self.valset.iter().cloned().map(Message::decode).collect::<Result<_, _>>().map_err(unread)?,
        })
    }
}

/// Consensus power, stored as `google.protobuf.Int64Value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Power(pub i64);

impl Value for Power {
    fn append_bytes(&self, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        self.0.encode(out).unwrap_or_default();
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        i64::decode(bytes).ok().map(Self)
    }
}

/// An operator's address, stored as its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator(pub ValAddress);

impl Value for Operator {
    fn append_bytes(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        ValAddress::new(bytes).ok().map(Self)
    }
}

/// A number, stored as eight bytes, highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BigEndian(pub u64);

impl Value for BigEndian {
    fn append_bytes(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u64::from_be_bytes).map(Self)
    }
}

/// An address that ends a key without a length byte before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bare(pub AccAddress);

impl Key for Bare {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        AccAddress::read(from).map(Self)
    }
    fn write_last(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
    fn read_last(from: &[u8]) -> Option<Self> {
        AccAddress::new(from).ok().map(Self)
    }
}

/// An instant as text of fixed length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortableTime(pub Timestamp);

impl Key for SortableTime {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.sortable().as_bytes());
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        let (text, rest) = from.split_at_checked(usize::try_from(TIME_TEXT_LEN).ok()?)?;
        *from = rest;
        format!("{}Z", std::str::from_utf8(text).ok()?).parse().ok().map(Self)
    }
}

impl Prefix<Self> for SortableTime {
    fn write_prefix(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
}

/// Place in the order of validators: power, then operator, whose inverted bytes put lower addresses last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    pub power: u64,
    pub operator: ValAddress,
}

impl Key for Rank {
    fn write(&self, out: &mut Vec<u8>) {
        self.power.write(out);
        let from = out.len();
        self.operator.write(out);
        out.iter_mut().skip(from).skip(1).for_each(|b| *b = !*b);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        let power = u64::read(from)?;
        let (len, rest) = from.split_first()?;
        let (inverted, rest) = rest.split_at_checked(usize::from(*len))?;
        *from = rest;
        let bytes: Vec<u8> = inverted.iter().map(|b| !*b).collect();
        Some(Self { power, operator: ValAddress::new(&bytes).ok()? })
    }
}
