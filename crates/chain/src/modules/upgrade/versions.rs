//! The versions of the modules' rules: those of this program, and those that the state goes by.
//!
//! # Compatibility
//! Modules that the Cosmos SDK has carry the versions of SDK 0.50, Alliance that of its Go module: their numbers and rules are the same. The
//! state gets all of them with the genesis, and again with every upgrade.

use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::cosmos::upgrade::v1beta1::ModuleVersion;

use super::state::{VERSIONS, Version};

/// Module → version, of this program. An upgrade that changes what a module keeps or how it is read raises its number.
pub const OF_PROGRAM: &[(&str, u64)] = &[
    ("alliance", 5),
    ("auth", 5),
    ("authz", 2),
    ("bank", 4),
    ("consensus", 1),
    ("crisis", 2),
    ("distribution", 3),
    ("evidence", 1),
    ("feegrant", 2),
    ("genutil", 1),
    ("gov", 5),
    ("liquidstake", 1),
    ("mint", 2),
    ("params", 1),
    ("pools", 1),
    ("restake.assets", 1),
    ("slashing", 4),
    ("staking", 5),
    ("upgrade", 2),
    ("vault", 1),
    ("vesting", 1),
];

/// The versions of this program are in force from now on.
pub(super) fn write(ctx: &mut Ctx) -> Result<()> {
    OF_PROGRAM.iter().try_for_each(|(module, version)| set(ctx, module, *version))
}

/// Those of a genesis, or of this program if it names none.
pub(super) fn init(ctx: &mut Ctx, given: Vec<ModuleVersion>) -> Result<()> {
    if given.is_empty() {
        return write(ctx);
    }
    for (i, ModuleVersion { name, version }) in given.into_iter().enumerate() {
        if name.is_empty() || version == 0 {
            return Err(Error::plain(format!("versions[{i}]: a name and a version above 0 are needed")));
        }
        set(ctx, &name, version)?;
    }
    Ok(())
}

fn set(ctx: &mut Ctx, module: &str, version: u64) -> Result<()> {
    VERSIONS.set(ctx, &module.to_owned(), &Version { version })
}

/// Those that the state goes by, by name.
pub(super) fn all(view: &View) -> Result<Vec<ModuleVersion>> {
    VERSIONS.iter(view).map(|row| row.map(|(name, v)| ModuleVersion { name, version: v.version })).collect()
}

/// That of one module.
pub(super) fn of(view: &View, module: &str) -> Result<Option<u64>> {
    Ok(VERSIONS.get(view, &module.to_owned())?.map(|v| v.version))
}
