//! Depositing one asset for shares.

use entente_kernel::num::{Denom, floor_ratio};
use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::restake::vault::v1 as wire;

use super::super::holding::{account, amount, basket, coin, coins, holding, must_vault, plus, put};
use super::super::hooks::{self, News};
use super::super::math::{Basket, Quote, WAD};
use super::super::state::{Stage, TOTALS, VAULTS, Vault};
use super::super::{Params, error, event, msg, params, stake};
use crate::modules::assets::{self, Target, TargetKind};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;
use crate::wire as convert;

/// Above these sizes products of the price would leave their width.
const NAV_MAX: u128 = 1 << 100;
const SHARES_MAX: u128 = 1 << 120;

pub fn deposit(ctx: &mut Ctx, m: msg::Deposit) -> Result<wire::MsgDepositResponse> {
    if m.deadline.is_some_and(|deadline| ctx.time() > deadline) {
        return Err(error::DEADLINE.because(format!("it is {}", ctx.time())));
    }
    let mut vault = must_vault(ctx, m.vault)?;
    hooks::before_deposit(ctx, &vault, &m)?;
    stake::touch(ctx, &mut vault)?;
    let given = amount(m.coin.amount)?;
    let before = basket(ctx, &vault)?;
    let params = params(ctx)?;
    let (place, quote) = price(&vault, &before, &params, &m.coin.denom, given)?;
    refusal(ctx, &vault, &before, &params, place, given, &quote)?;
    if quote.user < m.min_shares.max(1) {
        return Err(error::SLIPPAGE.because(format!("{} shares, at least {} are wanted", quote.user, m.min_shares)));
    }

    bank::send(ctx, &m.depositor, &account(vault.id), &coins([(m.coin.denom.clone(), given)])?)?;
    let mut held = holding(ctx, vault.id, &m.coin.denom)?;
    held.active = plus(held.active, given)?;
    held.idle = plus(held.idle, given)?;
    held.deposited = plus(held.deposited, quote.value)?;
    put(ctx, vault.id, &m.coin.denom, &held)?;
    hand_out(ctx, &mut vault, &m, &quote)?;
    ctx.emit(event::deposited(ctx, &vault, &m, &before, place, &quote));
    VAULTS.set(ctx, &vault.id, &vault)?;
    hooks::tell(ctx, &vault, &News::Deposit { deposit: &m, shares: quote.user })?;
    Ok(wire::MsgDepositResponse { shares: Some(convert::coin(&coin(&vault.lrt, quote.user))) })
}

/// Mints the shares: the depositor's, and those of a fee for the pool; a bonus comes out of the pool.
fn hand_out(ctx: &mut Ctx, vault: &mut Vault, m: &msg::Deposit, quote: &Quote) -> Result<()> {
    let module = ModuleAccount::VAULT.address();
    bank::mint(ctx, &ModuleAccount::VAULT, &coins([(vault.lrt.clone(), quote.gross)])?)?;
    bank::send(ctx, &module, &m.receiver, &coins([(vault.lrt.clone(), quote.user)])?)?;
    vault.shares = plus(vault.shares, quote.gross)?;
    vault.pool_shares = quote.pool_shares;
    vault.bonus_total = plus(vault.bonus_total, quote.bonus_shares)?;
    vault.fee_total = vault.fee_total.checked_add(quote.gross.saturating_sub(quote.user)).ok_or_else(|| {
        error::ABOVE_CAP.because("the fees of all deposits are as many shares as their number allows")
    })?;
    Ok(())
}

/// What a deposit would give, whether or not it would be taken.
///
/// # Errors
/// vault 5 if the coin is no asset of the vault.
pub fn price(vault: &Vault, basket: &Basket, params: &Params, denom: &Denom, given: u128) -> Result<(usize, Quote)> {
    let (place, _) = vault.seat(denom).ok_or_else(|| error::NOT_AN_ASSET.because(denom))?;
    Ok((place, basket.quote(place, given, &params.terms())?))
}

/// # Errors
/// Why the deposit is not taken: state, pause, doubt about an asset, a cap, or an amount without value.
pub fn refusal(
    view: &View,
    vault: &Vault,
    basket: &Basket,
    params: &Params,
    place: usize,
    given: u128,
    quote: &Quote,
) -> Result<()> {
    check_sound(view, vault)?;
    let Some(seat) = vault.seats.get(place) else {
        return Err(Error::fault("vault: no seat at a place that was found"));
    };
    let asset = assets::must_asset(view, seat.asset)?;
    assets::check_deposit(view, &asset)?;
    if quote.value == 0 {
        return Err(error::TOO_SMALL.because(format!("{given}{} has no value", seat.denom)));
    }
    if quote.nav_hi > NAV_MAX || vault.shares > SHARES_MAX || given > NAV_MAX {
        return Err(error::ABOVE_CAP.because("the vault is as large as its numbers allow"));
    }
    let nav_after = plus(quote.nav, quote.value)?;
    if vault.canary_cap > 0 {
        check_below(vault, vault.canary_cap, "value of a young vault", nav_after)?;
    }
    if quote.nav >= params.boot_nav {
        let deposited = plus(holding(view, vault.id, &seat.denom)?.deposited, quote.value)?;
        let most = floor_ratio(&[vault.epoch_nav.max(params.boot_nav), params.deposit_epoch_cap], &[WAD])?;
        check_below(vault, most, "deposits of the asset in this epoch", deposited)?;
    }
    check_caps(view, vault, basket, params, place, given, quote.value)
}

/// # Errors
/// vault 6 while the vault takes nothing in, 7 while an asset of it is in doubt.
pub fn check_sound(view: &View, vault: &Vault) -> Result<()> {
    if vault.stage != Stage::Active {
        return Err(error::DEPOSITS_CLOSED.because(vault.id));
    }
    if assets::is_paused(view, &Target { kind: TargetKind::Vault, id: vault.id })? {
        return Err(error::DEPOSITS_CLOSED.because(format!("vault {} is paused by the guardian", vault.id)));
    }
    for seat in &vault.seats {
        let asset = assets::must_asset(view, seat.asset)?;
        if assets::blocks_basket(view, &asset)? {
            let health = assets::health(view, &asset)?.text();
            return Err(error::ASSET_IN_DOUBT.because(format!("{} is {health}", seat.denom)));
        }
    }
    Ok(())
}

/// May `given` of the asset at a place, worth `value`, come in beside what is there?
///
/// # Errors
/// vault 8 with the cap: of the asset in the vault, in all vaults, or as a part of the vault.
pub fn check_caps(
    view: &View,
    vault: &Vault,
    basket: &Basket,
    params: &Params,
    place: usize,
    given: u128,
    value: u128,
) -> Result<()> {
    let (Some(seat), Some(line)) = (vault.seats.get(place), basket.lines.get(place)) else {
        return Err(Error::fault("vault: no seat at a place that was found"));
    };
    let (nav, value_after) = (basket.nav()?, plus(line.value()?, value)?);
    if seat.deposit_cap > 0 {
        check_below(vault, seat.deposit_cap, "value of the asset in the vault", value_after)?;
    }
    let asset = assets::must_asset(view, seat.asset)?;
    if let Some(cap) = assets::deposit_cap(&asset) {
        let everywhere = plus(TOTALS.get(view, &seat.denom)?.unwrap_or_default(), given)?;
        let value = assets::pricing(view, &asset)?.value(everywhere)?;
        check_below(vault, cap, "value of the asset in all vaults", value)?;
    }
    if nav >= params.boot_nav {
        let most = floor_ratio(&[plus(nav, value)?, seat.cap], &[WAD])?;
        check_below(vault, most, "part of the asset", value_after)?;
    }
    Ok(())
}

fn check_below(vault: &Vault, cap: u128, what: &str, is: u128) -> Result<()> {
    if is <= cap {
        return Ok(());
    }
    Err(error::ABOVE_CAP.because(format!("{what}: {is} in {}, {cap} is allowed", vault.underlying)))
}
