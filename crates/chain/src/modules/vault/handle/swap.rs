//! Giving one asset of a vault for another: off unless the curator announced it, small, and only where it restores balance.

use entente_kernel::num::{Denom, floor_ratio};
use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::restake::vault::v1 as wire;

use super::super::holding::{account, amount, basket, coin, coins, holding, minus, must_vault, pay, plus, put};
use super::super::math::WAD;
use super::super::state::{Stage, VAULTS, Vault};
use super::super::{Params, error, event, msg, params, stake};
use super::deposit::{check_caps, check_sound};
use crate::modules::assets::{self, Asset};
use crate::modules::bank;
use crate::wire as convert;

/// Changes what lies in the vault, and neither who owns it nor who answers for it: shares and batches stay as they are.
pub fn rebalance_swap(ctx: &mut Ctx, m: msg::RebalanceSwap) -> Result<wire::MsgRebalanceSwapResponse> {
    let mut vault = must_vault(ctx, m.vault)?;
    stake::touch(ctx, &mut vault)?;
    let params = params(ctx)?;
    if !vault.swap_enabled || params.swap_cap == 0 || vault.stage != Stage::Active {
        return Err(error::SWAPS_OFF.because(format!("of vault {}", vault.id)));
    }
    check_sound(ctx, &vault)?;
    let (give, take) = (place(&vault, &m.give.denom)?, place(&vault, &m.take)?);
    if give == take {
        return Err(error::NOT_AN_ASSET.because(format!("take_denom: {} is what is given", m.take)));
    }
    parity(ctx, &params, &m.give.denom)?;
    let price = parity(ctx, &params, &m.take)?;

    let given = amount(m.give.amount)?;
    let before = basket(ctx, &vault)?;
    stake::serve(ctx, vault.id, &m.take)?;
    let mut source = holding(ctx, vault.id, &m.take)?;
    let most = source.idle.min(source.active);
    let swap = before.swap(give, given, take, price, params.k)?;
    if swap.out == 0 || swap.out < m.min_out {
        return Err(error::SLIPPAGE.because(format!("{}{}, at least {} are wanted", swap.out, m.take, m.min_out)));
    }
    if swap.out > most {
        let text = format!("{}{}; {most} are neither staked nor owed to leavers", swap.out, m.take);
        return Err(error::ABOVE_CAP.because(text));
    }
    if swap.potential_after >= swap.potential_before {
        let text = format!("imbalance {} before, {} after", swap.potential_before, swap.potential_after);
        return Err(error::NO_BALANCE.because(text));
    }
    let (nav, swapped) = (before.nav()?, plus(vault.swapped, swap.value)?);
    let cap = floor_ratio(&[nav.min(vault.epoch_nav), params.swap_cap], &[WAD])?;
    if swapped > cap {
        return Err(error::ABOVE_CAP.because(format!("swaps of this epoch: {swapped}, {cap} is allowed")));
    }
    check_caps(ctx, &vault, &before, &params, give, given, swap.value)?;

    vault.swapped = swapped;
    VAULTS.set(ctx, &vault.id, &vault)?;
    source.active = minus(source.active, swap.out)?;
    source.idle = minus(source.idle, swap.out)?;
    put(ctx, vault.id, &m.take, &source)?;
    let mut target = holding(ctx, vault.id, &m.give.denom)?;
    target.active = plus(target.active, given)?;
    target.idle = plus(target.idle, given)?;
    put(ctx, vault.id, &m.give.denom, &target)?;
    bank::send(ctx, &m.sender, &account(vault.id), &coins([(m.give.denom.clone(), given)])?)?;
    pay(ctx, vault.id, &m.sender, &coins([(m.take.clone(), swap.out)])?)?;
    let taken = coin(&m.take, swap.out);
    ctx.emit(event::swapped(ctx, &m, &taken, &swap));
    Ok(wire::MsgRebalanceSwapResponse { taken: Some(convert::coin(&taken)) })
}

fn place(vault: &Vault, denom: &Denom) -> Result<usize> {
    vault.seat(denom).map(|(place, _)| place).ok_or_else(|| error::NOT_AN_ASSET.because(denom))
}

/// The market price of an asset that may be deposited and whose price and rate agree.
///
/// # Errors
/// What [`assets::check_deposit`] says; vault 7 without a fresh price, or with one too far from the rate.
fn parity(view: &View, params: &Params, denom: &Denom) -> Result<u128> {
    let asset: Asset = assets::must_by_denom(view, denom)?;
    assets::check_deposit(view, &asset)?;
    let doubt = |what: String| -> Error { error::ASSET_IN_DOUBT.because(format!("{denom}: {what}")) };
    let oldest = assets::params(view)?.price_age_max;
    let fresh = asset.price.filter(|q| view.time().since(q.time) <= oldest);
    let q = fresh.ok_or_else(|| doubt("no fresh price of a market".to_owned()))?.price;
    let apart = floor_ratio(&[asset.rate(), params.delta], &[WAD])?;
    if q.abs_diff(asset.rate()) > apart {
        return Err(doubt(format!("price {q}, rate {} x 10^-18", asset.rate())));
    }
    Ok(q)
}
