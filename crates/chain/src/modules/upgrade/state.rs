//! What upgrade remembers.

use entente_kernel::{Item, Map, Wire};
use entente_proto::cosmos::upgrade::v1beta1::Plan;

use crate::stores::UPGRADE;

/// The height of an upgrade that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Applied {
    pub height: i64,
}

entente_kernel::borsh_value!(Applied);

/// The version of a module's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Version {
    pub version: u64,
}

entente_kernel::borsh_value!(Version);

/// The upgrade that is scheduled.
pub const PLAN: Item<Wire<Plan>> = Item::new(UPGRADE, &[0x00]);
/// Upgrades that were carried out, by name.
pub const APPLIED: Map<String, Applied> = Map::new(UPGRADE, &[0x01]);
/// The versions that the state goes by, by module.
pub const VERSIONS: Map<String, Version> = Map::new(UPGRADE, &[0x02]);
