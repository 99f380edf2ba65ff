//! Values as bytes. Our own records use borsh, records that other chains prove use protobuf; [`borsh_value!`](crate::borsh_value),
//! [`proto_value!`](crate::proto_value) and [`Wire`] say which.

use std::any::Any;
use std::io::Write as _;

use crate::address::Bech32;

/// A record of the state.
pub trait Value: Any + Clone + PartialEq + Send + Sync {
    /// Puts the bytes of the record behind those that are there.
    fn append_bytes(&self, out: &mut Vec<u8>);
    /// `None` if the bytes are not exactly such a record.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// What a module makes of a record and writes back in its place ([`Map::set_as`](super::Map::set_as)).
pub trait Form<V>: Any + Clone + Send + Sync {
    /// The record. What [`Map::read_as`](super::Map::read_as) would make of it must equal the form.
    fn record(&self, bech32: &Bech32) -> V;
}

/// Declares types whose bytes in the state are their canonical borsh encoding.
#[macro_export]
macro_rules! borsh_value {
    ($($name:ty),+ $(,)?) => {$(
        impl $crate::state::Value for $name {
            fn append_bytes(&self, out: &mut Vec<u8>) {
                // Writing to memory cannot fail.
                ::borsh::to_writer(out, self).unwrap_or_default()
            }
            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                ::borsh::from_slice(bytes).ok()
            }
        }
    )+};
}

/// Declares domain types whose bytes in the state are the protobuf encoding of a wire type:
/// `proto_value!(Validator as wire::Validator)` wants `From<&Validator> for wire::Validator` and `TryFrom<wire::Validator> for Validator`.
#[macro_export]
macro_rules! proto_value {
    ($($name:ty as $wire:ty),+ $(,)?) => {$(
        impl $crate::state::Value for $name {
            fn append_bytes(&self, out: &mut Vec<u8>) {
                // Writing to memory cannot fail.
                ::prost::Message::encode(&<$wire>::from(self), out).unwrap_or_default();
            }
            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                <$wire as ::prost::Message>::decode(bytes).ok().and_then(|wire| Self::try_from(wire).ok())
            }
        }
    )+};
}

/// A protobuf message that is stored as it came over the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wire<M>(pub M);

impl<M: prost::Message + Default + Clone + PartialEq + 'static> Value for Wire<M> {
    fn append_bytes(&self, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        self.0.encode(out).unwrap_or_default();
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        M::decode(bytes).ok().map(Self)
    }
}

/// A key that is there: sets and indexes.
impl Value for () {
    fn append_bytes(&self, _: &mut Vec<u8>) {}
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.is_empty().then_some(())
    }
}

impl Value for Vec<u8> {
    fn append_bytes(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

borsh_value!(
    bool,
    u8,
    u32,
    u64,
    i64,
    u128,
    String,
    crate::address::AccAddress,
    crate::address::ValAddress,
    crate::address::ConsAddress,
    crate::time::Timestamp,
    crate::time::Span,
    crate::num::Dec,
    crate::num::Wide,
    crate::num::Coins,
    crate::num::DecCoins
);

/// Integers are stored as decimal text, as `math.Int` is in the SDK's stores.
impl Value for crate::num::Int {
    fn append_bytes(&self, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        write!(out, "{self}").unwrap_or_default();
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }
}
