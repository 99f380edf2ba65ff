//! Making a vault, and what its curator may change: loosening is announced, tightening is at once.

use entente_kernel::num::{Coins, Denom};
use entente_kernel::{Ctx, Error, Result, Timestamp};
use entente_proto::restake::vault::v1 as wire;

use super::super::holding::must_vault;
use super::super::math::{MAGNITUDE, WAD};
use super::super::state::{
    Change, EPOCHS, Fees, PARAMS, PENDING, PENDING_IDS, Pending, RiskClass, Seat, Stage, VAULT_IDS, VAULTS, Vault,
};
use super::super::{Params, error, event, msg, params};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{assets, bank};
use crate::wire as convert;

/// Changes of one vault that may wait at a time.
const PENDING_MAX: usize = 16;

pub fn create_vault(ctx: &mut Ctx, m: msg::CreateVault) -> Result<wire::MsgCreateVaultResponse> {
    let params = params(ctx)?;
    let count = u32::try_from(m.seats.len()).unwrap_or(u32::MAX);
    if count == 0 || count > params.assets_max {
        return Err(invalid(format!("assets: {count}; 1 to {} are allowed", params.assets_max)));
    }
    let mut seats: Vec<Seat> = Vec::with_capacity(m.seats.len());
    for seat in m.seats {
        seats.push(admit(ctx, &m.underlying, seat, &seats)?);
    }
    let targets = seats.iter().try_fold(0u128, |all, seat| all.checked_add(seat.target));
    if targets != Some(WAD) {
        return Err(invalid("targets: they must add up to exactly 1".to_owned()));
    }
    check_floors(seats.iter().map(|seat| seat.floor))?;
    check_fees(&params, &m.fees)?;
    check_risk(&params, &m.risk)?;
    take_bond(ctx, &params, &m.curator, &m.bond)?;

    let id = VAULT_IDS.next(ctx)?;
    let now = ctx.time();
    let vault = Vault {
        id,
        underlying: m.underlying,
        seats,
        mode: m.mode,
        risk: m.risk,
        curator: m.curator,
        bond: m.bond,
        lrt: Denom::new(&format!("lrt/{id}"))?,
        shares: 0,
        pool_shares: 0,
        insurance_shares: 0,
        magnitude: MAGNITUDE,
        fees: m.fees,
        stage: Stage::Active,
        alloc_seq: 0,
        canary_cap: params.boot_nav,
        canary_raised: now,
        epoch_start: now,
        epoch_nav: 0,
        swap_enabled: false,
        hooks: m.hooks,
        created: now,
        bonus_total: 0,
        fee_total: 0,
        last_batch: 0,
        seen_at: ctx.height(),
        seen_time: now,
        swapped: 0,
    };
    auth::ensure_account(ctx, &super::super::account(id))?;
    VAULTS.set(ctx, &id, &vault)?;
    EPOCHS.set(ctx, &(now.plus(params.epoch), id), &())?;
    ctx.emit(event::vault_created(ctx, &vault));
    Ok(wire::MsgCreateVaultResponse { vault: id, lrt_denom: vault.lrt.to_string() })
}

/// A seat for an asset of the group: the coin must be admitted to baskets, and not be in the vault yet.
fn admit(ctx: &Ctx, underlying: &str, seat: msg::WantedSeat, others: &[Seat]) -> Result<Seat> {
    let asset = match seat.asset {
        0 => assets::must_by_denom(ctx, &Denom::new(&seat.denom)?)?,
        id => assets::must_asset(ctx, id)?,
    };
    assets::check_basket(ctx, &asset)?;
    if asset.underlying != underlying {
        return Err(invalid(format!("{} is counted in {}, the vault in {underlying}", asset.denom, asset.underlying)));
    }
    if others.iter().any(|other| other.denom == asset.denom) {
        return Err(invalid(format!("{} stands twice", asset.denom)));
    }
    let cap = if seat.cap == 0 { WAD } else { seat.cap };
    if seat.floor > cap || cap > WAD || seat.target > WAD {
        return Err(invalid(format!("{}: floor <= cap <= 1 and target <= 1 are allowed", asset.denom)));
    }
    Ok(Seat {
        asset: asset.id,
        denom: asset.denom,
        target: seat.target,
        goal: seat.target,
        cap,
        floor: seat.floor,
        deposit_cap: seat.deposit_cap,
    })
}

fn check_floors(mut floors: impl Iterator<Item = u128>) -> Result<()> {
    match floors.try_fold(0u128, u128::checked_add) {
        Some(all) if all <= WAD => Ok(()),
        _ => Err(invalid("floors: together at most 1 is allowed".to_owned())),
    }
}

fn check_fees(params: &Params, fees: &Fees) -> Result<()> {
    if fees.performance > params.performance_fee_max {
        return Err(invalid(format!("fees.performance is above {} x 10^-18", params.performance_fee_max)));
    }
    let parts = [fees.protocol_part, fees.curator_part, fees.builder_part];
    let sum = parts.iter().try_fold(0u128, |all, part| all.checked_add(*part));
    if sum.is_none_or(|sum| sum > WAD) {
        return Err(invalid("fees: the parts of protocol, curator and builder together are above 1".to_owned()));
    }
    if fees.builder_part > 0 && fees.builder.is_none() {
        return Err(invalid("fees.builder: a builder's part needs a builder".to_owned()));
    }
    Ok(())
}

fn check_risk(params: &Params, risk: &RiskClass) -> Result<()> {
    let bounds = [
        ("loss_max", risk.loss_max, WAD),
        ("kappa", risk.kappa, params.kappa_max),
        ("rho_max", risk.rho_max, params.rho_max),
    ];
    for (name, is, most) in bounds {
        if is > most {
            return Err(invalid(format!("risk_class.{name} is {is} x 10^-18, at most {most} is allowed")));
        }
    }
    Ok(())
}

fn take_bond(ctx: &mut Ctx, params: &Params, curator: &entente_kernel::AccAddress, bond: &Coins) -> Result<()> {
    for wanted in params.creation_bond.iter() {
        if bond.amount_of(wanted.denom.as_str()) < wanted.amount {
            return Err(error::BOND.because(format!("{wanted} is wanted, {bond} is given")));
        }
    }
    if bond.is_empty() { Ok(()) } else { bank::send_to_module(ctx, curator, &ModuleAccount::VAULT, bond) }
}

pub fn update_vault(ctx: &mut Ctx, m: msg::UpdateVault) -> Result<wire::MsgUpdateVaultResponse> {
    let mut vault = must_vault(ctx, m.vault)?;
    if vault.curator != m.curator {
        return Err(error::NOT_THE_CURATOR.because(ctx.bech32().acc(&m.curator)));
    }
    let params = params(ctx)?;
    let change = match m.change {
        msg::WantedChange::AddAsset(seat) => {
            let seat = msg::WantedSeat { target: 0, ..seat };
            Change::AddAsset(admit(ctx, &vault.underlying, seat, &vault.seats)?)
        }
        msg::WantedChange::Limits(seat) => {
            let new = known_seat(ctx, &vault, seat)?;
            let others = vault.seats.iter().filter(|seat| seat.denom != new.denom);
            check_floors(others.map(|seat| seat.floor).chain([new.floor]))?;
            Change::Limits(new)
        }
        msg::WantedChange::Fees(fees) => {
            check_fees(&params, &fees)?;
            Change::Fees(fees)
        }
        msg::WantedChange::LowerRisk(risk) => {
            let lower = risk.loss_max <= vault.risk.loss_max
                && risk.kappa <= vault.risk.kappa
                && risk.rho_max <= vault.risk.rho_max
                && risk.service_kinds.iter().all(|kind| vault.risk.service_kinds.contains(kind));
            if !lower {
                return Err(invalid("risk_class can only be lowered; a higher one is a new vault".to_owned()));
            }
            Change::LowerRisk(risk)
        }
        msg::WantedChange::Swap(enabled) => Change::Swap(enabled),
        msg::WantedChange::CloseDeposits => Change::CloseDeposits,
        msg::WantedChange::WindDown => Change::WindDown,
    };
    let effective_at = if tightens(&vault, &change) {
        apply(ctx, &mut vault, &change)?;
        VAULTS.set(ctx, &vault.id, &vault)?;
        ctx.time()
    } else {
        announce(ctx, &vault, &params, &change)?
    };
    ctx.emit(event::vault_changed(vault.id, &change, effective_at));
    Ok(wire::MsgUpdateVaultResponse { effective_at: Some(convert::timestamp(effective_at)) })
}

fn known_seat(ctx: &Ctx, vault: &Vault, wanted: msg::WantedSeat) -> Result<Seat> {
    let found = vault.seats.iter().find(|seat| seat.asset == wanted.asset || seat.denom.as_str() == wanted.denom);
    let seat = found.ok_or_else(|| error::NOT_AN_ASSET.because(&wanted.denom))?;
    let wanted = msg::WantedSeat { asset: seat.asset, ..wanted };
    admit(ctx, &vault.underlying, wanted, &[])
}

/// Can nobody be worse off by it?
fn tightens(vault: &Vault, change: &Change) -> bool {
    let tighter = |new: u128, old: u128| new != 0 && (old == 0 || new <= old);
    match change {
        Change::CloseDeposits | Change::WindDown | Change::LowerRisk(_) | Change::Swap(false) => true,
        Change::Fees(fees) => {
            fees.performance <= vault.fees.performance
                && (fees.protocol_part, fees.curator_part, fees.builder_part)
                    == (vault.fees.protocol_part, vault.fees.curator_part, vault.fees.builder_part)
        }
        Change::Limits(new) => vault.seat(&new.denom).is_some_and(|(_, old)| {
            new.cap <= old.cap && new.floor == old.floor && tighter(new.deposit_cap, old.deposit_cap)
        }),
        Change::AddAsset(_) | Change::Swap(true) => false,
    }
}

fn announce(ctx: &mut Ctx, vault: &Vault, params: &Params, change: &Change) -> Result<Timestamp> {
    if PENDING.prefix(ctx, &vault.id).count() >= PENDING_MAX {
        return Err(error::TOO_MANY.because(format!("{PENDING_MAX} changes are waiting already")));
    }
    let notice = params.epoch.0.checked_mul(i64::from(params.notice_epochs)).unwrap_or(i64::MAX);
    let effective_at = ctx.time().plus(entente_kernel::Span(notice));
    let id = PENDING_IDS.next(ctx)?;
    PENDING.set(ctx, &(vault.id, id), &Pending { change: change.clone(), effective_at })?;
    Ok(effective_at)
}

/// Carries a change out on the record, which the caller stores.
pub fn apply(ctx: &mut Ctx, vault: &mut Vault, change: &Change) -> Result<()> {
    match change {
        Change::Fees(fees) => vault.fees = fees.clone(),
        Change::AddAsset(seat) => {
            let most = usize::try_from(params(ctx)?.assets_max).unwrap_or_default();
            if vault.seats.len() < most && vault.seat(&seat.denom).is_none() {
                vault.seats.push(seat.clone());
            }
        }
        Change::Limits(new) => {
            if let Some(seat) = vault.seats.iter_mut().find(|seat| seat.denom == new.denom) {
                (seat.cap, seat.floor, seat.deposit_cap) = (new.cap, new.floor, new.deposit_cap);
            }
        }
        Change::Swap(enabled) => vault.swap_enabled = *enabled,
        Change::CloseDeposits => move_on(ctx, vault, Stage::DepositsClosed),
        Change::WindDown => move_on(ctx, vault, Stage::Winding),
        Change::LowerRisk(risk) => vault.risk = risk.clone(),
    }
    Ok(())
}

/// A vault only ever goes forward.
fn move_on(ctx: &mut Ctx, vault: &mut Vault, stage: Stage) {
    if vault.stage < stage {
        ctx.emit(event::stage_changed(vault, stage, "by its curator"));
        vault.stage = stage;
    }
}

pub fn update_params(ctx: &mut Ctx, m: msg::UpdateParams) -> Result<wire::MsgUpdateParamsResponse> {
    auth::check_authority(ctx, &m.authority)?;
    PARAMS.save(ctx, &m.params)?;
    ctx.emit(event::params_updated(&m.params));
    Ok(wire::MsgUpdateParamsResponse {})
}

fn invalid(text: String) -> Error {
    error::INVALID_TERMS.because(text)
}
