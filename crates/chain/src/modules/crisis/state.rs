//! What crisis remembers.

use entente_kernel::{Item, Wire};
use entente_proto::cosmos::base::v1beta1::Coin;

use crate::stores::CRISIS;

pub const CONSTANT_FEE: Item<Wire<Coin>> = Item::new(CRISIS, &[0x01]);
