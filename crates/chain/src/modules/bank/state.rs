//! What bank remembers, at the SDK's keys: other chains prove these rows.

use entente_kernel::num::{Denom, Int};
use entente_kernel::{AccAddress, Item, Map, Wire};
use entente_proto::cosmos::bank::v1beta1::{Metadata, Params};

use crate::stores::BANK;

pub const SUPPLY: Map<Denom, Int> = Map::new(BANK, &[0x00]);
/// Names, units and exponents for people, by base denom.
pub const METADATA: Map<Denom, Wire<Metadata>> = Map::new(BANK, &[0x01]);
pub const BALANCES: Map<(AccAddress, Denom), Int> = Map::new(BANK, &[0x02]);
/// Index: who holds a coin.
pub const HOLDERS: Map<(Denom, AccAddress), ()> = Map::new(BANK, &[0x03]);
/// Coins with a send rule of their own; the parameters decide about all others.
pub const SEND_ENABLED: Map<Denom, Wire<bool>> = Map::new(BANK, &[0x04]);
pub const PARAMS: Item<Wire<Params>> = Item::new(BANK, &[0x05]);
