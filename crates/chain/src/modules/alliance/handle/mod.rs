//! What the messages of alliance do: one file per family.

mod claim;
mod delegate;
mod govern;
mod legacy;
mod redelegate;
mod undelegate;

pub use claim::claim_delegation_rewards;
pub(super) use claim::claim_rewards;
pub use delegate::delegate;
pub(super) use govern::forget_asset;
pub use govern::{create_alliance, delete_alliance, update_alliance, update_params};
pub use legacy::check_content;
pub use redelegate::redelegate;
pub use undelegate::undelegate;
pub(super) use undelegate::withdraw;

use entente_kernel::num::{Dec, Int};
use entente_kernel::{AccAddress, Ctx, Error, Grpc, Result};

use super::math::{self, Removal};
use super::pool::{self, Site};
use super::state::{Asset, Delegation};
use super::{error, reward};

/// The asset of a message.
///
/// # Errors
/// Status NotFound in upstream's words.
fn asset_to_withdraw(ctx: &Ctx, denom: &str) -> Result<Asset> {
    pool::asset(ctx, denom)?
        .ok_or_else(|| Error::status(Grpc::NotFound, format!("Asset with denom: {denom} does not exist")))
}

/// Claims before a delegation changes. Before an asset has started there is nothing to claim and nothing happens.
fn claim_first(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    site: &mut Site,
    asset: &Asset,
    delegation: &mut Delegation,
) -> Result<()> {
    if asset.has_started(ctx.time()) {
        reward::claim_delegation(ctx, delegator, site, &asset.key(), delegation)?;
    }
    Ok(())
}

/// The delegation shares that go when n tokens are withdrawn.
///
/// # Errors
/// staking 22, or alliance 21 naming what was wanted and what there is.
fn shares_to_remove(site: &Site, asset: &Asset, delegation: &Delegation, n: Int) -> Result<Dec> {
    match math::removal(site.price(asset)?, delegation.shares, n)? {
        Removal::Shares(shares) => Ok(shares),
        Removal::NotEnoughShares => Err(error::NOT_ENOUGH_SHARES.refuse()),
        Removal::NotEnoughTokens(have) => Err(not_enough(n, have)),
    }
}

fn not_enough(wanted: Int, have: Int) -> Error {
    error::INSUFFICIENT_TOKENS.because(format!("wanted {wanted} but have {have}"))
}

/// The delegation that a message wants to take from, its faults and its pool's epoch seen to.
///
/// # Errors
/// staking 21 if there is none; alliance 21 if it is of an epoch that has ended.
fn delegation_to_withdraw(
    ctx: &mut Ctx,
    delegator: &AccAddress,
    site: &mut Site,
    asset: &Asset,
    n: Int,
) -> Result<Delegation> {
    let key = asset.key();
    let row = (*delegator, site.validator, key.clone());
    if !super::state::DELEGATIONS.has(ctx, &row)? {
        return Err(error::NOT_DELEGATED.refuse());
    }
    pool::live_delegation(ctx, delegator, site, &key)?.ok_or_else(|| not_enough(n, Int::ZERO))
}
