//! The accounts of modules: their names, addresses and permissions.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use entente_kernel::AccAddress;
use sha2::{Digest, Sha256};

use super::Kind;

/// What a module may do with coins besides moving its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    Minter,
    Burner,
    /// Holds coins that are delegated.
    Staking,
}

impl Permission {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Minter => "minter",
            Self::Burner => "burner",
            Self::Staking => "staking",
        }
    }
}

/// A module's account. Its address is the first 20 bytes of the SHA-256 of its name; nobody holds a key to it.
#[derive(Debug, PartialEq, Eq)]
pub struct ModuleAccount {
    pub name: &'static str,
    pub permissions: &'static [Permission],
}

impl ModuleAccount {
    pub const FEE_COLLECTOR: Self = Self::new("fee_collector", &[]);
    pub const DISTRIBUTION: Self = Self::new("distribution", &[]);
    pub const MINT: Self = Self::new("mint", &[Permission::Minter]);
    pub const BONDED_POOL: Self = Self::new("bonded_tokens_pool", &[Permission::Burner, Permission::Staking]);
    pub const NOT_BONDED_POOL: Self = Self::new("not_bonded_tokens_pool", &[Permission::Burner, Permission::Staking]);
    pub const GOV: Self = Self::new("gov", &[Permission::Burner]);
    pub const ALLIANCE: Self = Self::new("alliance", &[Permission::Minter, Permission::Burner]);
    pub const ALLIANCE_REWARDS: Self = Self::new("alliance_rewards", &[]);
    /// Holds the bonds of listed assets.
    pub const ASSETS: Self = Self::new("assets", &[]);
    /// Holds the liquid stake, and the liquid coins of those who leave.
    pub const LIQUID: Self = Self::new("liquidstake", &[Permission::Minter, Permission::Burner]);
    /// Holds the shares that are leaving, locked, or the vaults' own, and the bonds of vaults.
    pub const VAULT: Self = Self::new("vault", &[Permission::Minter, Permission::Burner]);
    /// Holds the reserves of pools, their rewards, and shares that are staked or nobody's.
    pub const POOLS: Self = Self::new("pools", &[Permission::Minter, Permission::Burner]);
    pub const TRANSFER: Self = Self::new("transfer", &[Permission::Minter, Permission::Burner]);

    /// Every module account of this chain.
    pub const ALL: &'static [Self] = &[
        Self::FEE_COLLECTOR,
        Self::DISTRIBUTION,
        Self::MINT,
        Self::BONDED_POOL,
        Self::NOT_BONDED_POOL,
        Self::GOV,
        Self::ALLIANCE,
        Self::ALLIANCE_REWARDS,
        Self::TRANSFER,
        Self::ASSETS,
        Self::LIQUID,
        Self::VAULT,
        Self::POOLS,
    ];

    const fn new(name: &'static str, permissions: &'static [Permission]) -> Self {
        Self { name, permissions }
    }

    pub fn address(&self) -> AccAddress {
        static ADDRESSES: LazyLock<BTreeMap<&str, AccAddress>> =
            LazyLock::new(|| ModuleAccount::ALL.iter().map(|m| (m.name, m.derived())).collect());
        ADDRESSES.get(self.name).copied().unwrap_or_else(|| self.derived())
    }

    fn derived(&self) -> AccAddress {
        let digest: [u8; 32] = Sha256::digest(self.name.as_bytes()).into();
        AccAddress::from_array(digest.first_chunk::<20>().copied().unwrap_or_default())
    }

    /// The module whose account this address is.
    pub fn at(address: &AccAddress) -> Option<&'static Self> {
        static MODULES: LazyLock<BTreeMap<AccAddress, &ModuleAccount>> =
            LazyLock::new(|| ModuleAccount::ALL.iter().map(|m| (m.derived(), m)).collect());
        MODULES.get(address).copied()
    }

    /// The account that is made when the address is first touched.
    pub fn kind(&self) -> Kind {
        let permissions = self.permissions.iter().map(|p| p.text().to_owned()).collect();
        Kind::Module { name: self.name.to_owned(), permissions }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_addresses_are_those_of_the_go_chain() {
        assert_eq!(
            hex::encode(ModuleAccount::ALLIANCE.address().as_bytes()),
            "80db4218688d7406fb73c9cb141228ac73fbaa0e"
        );
        assert_eq!(
            hex::encode(ModuleAccount::ALLIANCE_REWARDS.address().as_bytes()),
            "adfa4597195a8690734b93e676f8739d1af9a0be"
        );
        assert_eq!(ModuleAccount::at(&ModuleAccount::GOV.address()), Some(&ModuleAccount::GOV));
        assert_eq!(ModuleAccount::at(&AccAddress::from_array([7; 20])), None);
    }
}
