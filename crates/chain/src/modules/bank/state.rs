//! What bank remembers, at the SDK's keys: other chains prove these rows.

use entente_kernel::num::{Denom, Int};
use entente_kernel::{AccAddress, Map};

use crate::stores::BANK;

pub const SUPPLY: Map<Denom, Int> = Map::new(BANK, &[0x00]);
pub const BALANCES: Map<(AccAddress, Denom), Int> = Map::new(BANK, &[0x02]);
/// Index: who holds a coin.
pub const HOLDERS: Map<(Denom, AccAddress), ()> = Map::new(BANK, &[0x03]);
