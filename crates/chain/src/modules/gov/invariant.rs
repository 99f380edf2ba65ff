//! What must hold of governance.

use entente_kernel::num::Coins;
use entente_kernel::{Result, View};

use super::{deposit, state};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;

/// The module account holds at least the deposits, whose sum is the recorded one.
pub fn module_account(view: &View) -> Result<Option<String>> {
    let mut sum = Coins::empty();
    for row in state::DEPOSITS.iter(view) {
        sum = sum.add(&row?.1)?;
    }
    let (have, recorded) = (bank::balances(view, &ModuleAccount::GOV.address())?, deposit::held(view)?);
    if recorded != sum {
        return Ok(Some(format!("deposits add up to {sum}, recorded are {recorded}")));
    }
    Ok((!sum.is_all_lte(&have)).then(|| format!("the module account holds {have}, deposits are {sum}")))
}
