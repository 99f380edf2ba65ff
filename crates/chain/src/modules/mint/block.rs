//! What mint does at the begin of a block.

use entente_kernel::num::{Coin, Coins};
use entente_kernel::{Ctx, Result};

use super::{Minter, event, math, state};
use crate::hooks;
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, staking};

/// Mints the block's provision into the fee collector. Comes before distribution, which shares it.
pub fn begin(ctx: &mut Ctx) -> Result<()> {
    let (params, before) = (super::params(ctx)?, super::minter(ctx)?);
    let (unreal, unreal_bonded) = hooks::virtual_stake(ctx)?;
    let supply = staking::staking_token_supply(ctx)?.sub(unreal)?;
    let bonded = staking::total_bonded_tokens(ctx)?.sub(unreal_bonded)?;
    let ratio = math::bonded_ratio(bonded, supply)?;
    let inflation = math::next_inflation(before.inflation, &params, ratio)?;
    let minter = Minter { inflation, annual_provisions: math::annual_provisions(inflation, supply)? };
    state::MINTER.save(ctx, &minter)?;
    let amount = math::block_provision(minter.annual_provisions, &params)?;
    let coins = Coins::one(Coin::new(params.mint_denom, amount))?;
    if !coins.is_empty() {
        bank::mint(ctx, &ModuleAccount::MINT, &coins)?;
    }
    bank::send_between_modules(ctx, &ModuleAccount::MINT, &ModuleAccount::FEE_COLLECTOR, &coins)?;
    ctx.emit(event::mint(ratio, &minter, amount));
    Ok(())
}
