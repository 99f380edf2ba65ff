//! What must hold after every block, module by module. A broken invariant is a fault of ours.

use entente_kernel::{Error, Result, View};

use crate::modules::{alliance, assets, bank, distribution, gov, liquid, pools, slashing, staking, vault};

/// An invariant: module, name, and a check that describes what is broken (`None`: it holds).
pub struct Invariant {
    pub module: &'static str,
    pub name: &'static str,
    pub check: fn(&View) -> Result<Option<String>>,
}

/// All invariants, in module order.
pub const ALL: &[Invariant] = &[
    Invariant { module: "bank", name: "total-supply", check: bank::invariant::total_supply },
    Invariant { module: "staking", name: "module-accounts", check: staking::invariant::module_accounts },
    Invariant { module: "staking", name: "nonnegative-power", check: staking::invariant::nonnegative_power },
    Invariant { module: "staking", name: "positive-delegation", check: staking::invariant::positive_delegation },
    Invariant { module: "staking", name: "delegator-shares", check: staking::invariant::delegator_shares },
    Invariant { module: "slashing", name: "missed-counter", check: slashing::invariant::missed_counter },
    Invariant {
        module: "distribution",
        name: "nonnegative-outstanding",
        check: distribution::invariant::nonnegative_outstanding,
    },
    Invariant { module: "distribution", name: "can-withdraw", check: distribution::invariant::can_withdraw },
    Invariant { module: "distribution", name: "reference-count", check: distribution::invariant::reference_count },
    Invariant { module: "distribution", name: "module-account", check: distribution::invariant::module_account },
    Invariant { module: "alliance", name: "delegator-shares", check: alliance::invariant::delegator_shares },
    Invariant { module: "alliance", name: "validator-shares", check: alliance::invariant::validator_shares },
    Invariant { module: "alliance", name: "reward-pool", check: alliance::invariant::reward_pool },
    Invariant { module: "alliance", name: "module-balance", check: alliance::invariant::module_balance },
    Invariant { module: "assets", name: "module-balance", check: assets::invariant::module_balance },
    Invariant { module: "assets", name: "registry", check: assets::invariant::registry },
    Invariant { module: "liquid", name: "module-balance", check: liquid::invariant::module_balance },
    Invariant { module: "liquid", name: "claims", check: liquid::invariant::claims },
    Invariant { module: "liquid", name: "operations", check: liquid::invariant::operations },
    Invariant { module: "pools", name: "module-balance", check: pools::invariant::module_balance },
    Invariant { module: "pools", name: "shares", check: pools::invariant::shares },
    Invariant { module: "pools", name: "stakes", check: pools::invariant::stakes },
    Invariant { module: "pools", name: "rewards", check: pools::invariant::rewards },
    Invariant { module: "pools", name: "accumulators", check: pools::invariant::accumulators },
    Invariant { module: "vault", name: "conservation", check: vault::invariant::conservation },
    Invariant { module: "vault", name: "shares", check: vault::invariant::shares },
    Invariant { module: "vault", name: "rewards", check: vault::invariant::rewards },
    Invariant { module: "gov", name: "module-account", check: gov::invariant::module_account },
];

/// A genesis must meet the invariants of the module that it sets up.
///
/// # Errors
/// A refusal with the name of the first that it does not meet.
pub fn must_hold(view: &View, module: &str) -> Result<()> {
    for invariant in ALL.iter().filter(|invariant| invariant.module == module) {
        if let Some(what) = (invariant.check)(view)? {
            return Err(Error::plain(format!("{}: {what}", invariant.name)));
        }
    }
    Ok(())
}

/// The broken invariants: `module/name: what is wrong`.
pub fn broken(view: &View) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for invariant in ALL {
        if let Some(what) = (invariant.check)(view)? {
            out.push(format!("{}/{}: {what}", invariant.module, invariant.name));
        }
    }
    Ok(out)
}
