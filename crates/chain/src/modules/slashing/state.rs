//! What slashing remembers, at the SDK's keys.

use entente_kernel::state::Key;
use entente_kernel::{ConsAddress, Item, Map, Wire};
use entente_proto::cosmos::slashing::v1beta1 as wire;
use prost_types::Any;

use crate::stores::SLASHING;

/// Parameters.
pub const PARAMS: Item<Wire<wire::Params>> = Item::new(SLASHING, &[0x00]);
/// Presence of validators, by consensus address. It stays when the validator goes.
pub const SIGNING_INFOS: Map<ConsAddress, Wire<wire::ValidatorSigningInfo>> = Map::new(SLASHING, &[0x01]);
/// Pieces of the bitmaps of missed blocks.
pub const MISSED: Map<(ConsAddress, Piece), Vec<u8>> = Map::new(SLASHING, &[0x02]);
/// Keys of the validators that exist.
pub const PUB_KEYS: Map<ConsAddress, Wire<Any>> = Map::new(SLASHING, &[0x03]);

/// Number of a piece, stored lowest byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece(pub u64);

impl Key for Piece {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_le_bytes());
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        let (bytes, rest) = from.split_first_chunk()?;
        *from = rest;
        Some(Self(u64::from_le_bytes(*bytes)))
    }
}
