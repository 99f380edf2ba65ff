//! The stores of the multistore, by name in proofs. A module writes to its own store only.

use entente_kernel::StoreId;

/// The form of keys and records: it rises with every change after which a state on disk or in a snapshot cannot be read any more.
pub const FORM: u32 = 3;

pub const AUTH: StoreId = StoreId::new(0, "acc");
pub const BANK: StoreId = StoreId::new(1, "bank");
pub const FEEGRANT: StoreId = StoreId::new(2, "feegrant");
pub const STAKING: StoreId = StoreId::new(3, "staking");
pub const SLASHING: StoreId = StoreId::new(4, "slashing");
pub const EVIDENCE: StoreId = StoreId::new(5, "evidence");
pub const DISTRIBUTION: StoreId = StoreId::new(6, "distribution");
pub const MINT: StoreId = StoreId::new(7, "mint");
pub const IBC: StoreId = StoreId::new(8, "ibc");
pub const ALLIANCE: StoreId = StoreId::new(9, "alliance");
pub const GOV: StoreId = StoreId::new(10, "gov");
pub const AUTHZ: StoreId = StoreId::new(11, "authz");
pub const UPGRADE: StoreId = StoreId::new(12, "upgrade");
pub const CRISIS: StoreId = StoreId::new(13, "crisis");
/// Consensus parameters.
pub const CONSENSUS: StoreId = StoreId::new(14, "Consensus");
/// What the chain itself remembers: identity, last height and time.
pub const CHAIN: StoreId = StoreId::new(15, "chain");
/// The registry of assets.
pub const ASSETS: StoreId = StoreId::new(16, "assets");
/// Liquid staking, under the name that it has on other chains.
pub const LIQUID: StoreId = StoreId::new(17, "liquidstake");
pub const VAULT: StoreId = StoreId::new(18, "vault");
pub const POOLS: StoreId = StoreId::new(19, "pools");

/// All stores, at the place of their index.
pub const ALL: &[StoreId] = &[
    AUTH,
    BANK,
    FEEGRANT,
    STAKING,
    SLASHING,
    EVIDENCE,
    DISTRIBUTION,
    MINT,
    IBC,
    ALLIANCE,
    GOV,
    AUTHZ,
    UPGRADE,
    CRISIS,
    CONSENSUS,
    CHAIN,
    ASSETS,
    LIQUID,
    VAULT,
    POOLS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_stands_at_its_index_under_a_name_of_its_own() {
        for (i, store) in ALL.iter().enumerate() {
            assert_eq!(usize::from(store.index), i, "{}", store.name);
            assert_eq!(ALL.iter().filter(|s| s.name == store.name).count(), 1, "{}", store.name);
        }
    }
}
