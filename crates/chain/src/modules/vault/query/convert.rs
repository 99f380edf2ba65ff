//! The records of the vaults as messages.

use entente_kernel::num::Denom;
use entente_kernel::{AccAddress, Result, View};
use entente_proto::restake::vault::v1 as wire;

use super::super::holding::{coin, coins, holding};
use super::super::state::{
    Batch, Change, Claim, Fees, Ledger, Lot, Mode, PLACES, RETURNS, RiskClass, Seat, Stage, Vault,
};
use super::super::{halt, next_close};
use crate::wire as ours;

pub fn vault_to_wire(view: &View, vault: &Vault) -> wire::Vault {
    let mode = match vault.mode {
        Mode::Isolated => wire::Mode::Isolated,
        Mode::Pooled => wire::Mode::Pooled,
    };
    wire::Vault {
        id: vault.id,
        underlying: vault.underlying.clone(),
        assets: vault.seats.iter().map(seat_to_wire).collect(),
        mode: mode.into(),
        risk_class: Some(risk_to_wire(&vault.risk)),
        curator: view.bech32().acc(&vault.curator),
        bond: vault.bond.iter().next().map(ours::coin),
        lrt_denom: vault.lrt.to_string(),
        shares: vault.shares.to_string(),
        pool_shares: vault.pool_shares.to_string(),
        insurance_shares: vault.insurance_shares.to_string(),
        magnitude: vault.magnitude.to_string(),
        fees: Some(fees_to_wire(view, &vault.fees)),
        state: stage_number(vault.stage).into(),
        alloc_seq: vault.alloc_seq,
        canary_cap: vault.canary_cap.to_string(),
        canary_raised: Some(ours::timestamp(vault.canary_raised)),
        epoch_start: Some(ours::timestamp(vault.epoch_start)),
        epoch_nav: vault.epoch_nav.to_string(),
        swap_enabled: vault.swap_enabled,
        hooks: vault.hooks.clone(),
        created: Some(ours::timestamp(vault.created)),
        bonus_total: vault.bonus_total.to_string(),
        fee_total: vault.fee_total.to_string(),
        last_batch: vault.last_batch,
        seen_at: vault.seen_at,
        swapped: vault.swapped.to_string(),
        seen_time: Some(ours::timestamp(vault.seen_time)),
    }
}

pub fn seat_to_wire(seat: &Seat) -> wire::VaultAsset {
    wire::VaultAsset {
        asset_id: seat.asset,
        denom: seat.denom.to_string(),
        target: ours::wad(seat.target),
        goal: ours::wad(seat.goal),
        cap: ours::wad(seat.cap),
        floor: ours::wad(seat.floor),
        deposit_cap: seat.deposit_cap.to_string(),
    }
}

pub fn risk_to_wire(risk: &RiskClass) -> wire::RiskClass {
    wire::RiskClass {
        loss_max: ours::wad(risk.loss_max),
        kappa: ours::wad(risk.kappa),
        rho_max: ours::wad(risk.rho_max),
        service_kinds: risk.service_kinds.clone(),
    }
}

fn fees_to_wire(view: &View, fees: &Fees) -> wire::Fees {
    wire::Fees {
        performance: ours::wad(fees.performance),
        protocol_part: ours::wad(fees.protocol_part),
        curator_part: ours::wad(fees.curator_part),
        builder_part: ours::wad(fees.builder_part),
        builder: fees.builder.map(|builder| view.bech32().acc(&builder)).unwrap_or_default(),
    }
}

pub fn stage_number(stage: Stage) -> wire::VaultState {
    match stage {
        Stage::Active => wire::VaultState::Active,
        Stage::DepositsClosed => wire::VaultState::DepositsClosed,
        Stage::Winding => wire::VaultState::Winding,
        Stage::Closed => wire::VaultState::Closed,
    }
}

pub fn change_kind(change: &Change) -> wire::ChangeKind {
    match change {
        Change::Fees(_) => wire::ChangeKind::Fees,
        Change::AddAsset(_) => wire::ChangeKind::AddAsset,
        Change::Limits(_) => wire::ChangeKind::Limits,
        Change::Swap(_) => wire::ChangeKind::Swap,
        Change::CloseDeposits => wire::ChangeKind::CloseDeposits,
        Change::WindDown => wire::ChangeKind::WindDown,
        Change::LowerRisk(_) => wire::ChangeKind::LowerRisk,
    }
}

pub fn change_to_wire(view: &View, change: &Change) -> wire::VaultChange {
    let kind = change_kind(change).into();
    let plain = wire::VaultChange { kind, ..Default::default() };
    match change {
        Change::Fees(fees) => wire::VaultChange { fees: Some(fees_to_wire(view, fees)), ..plain },
        Change::AddAsset(seat) | Change::Limits(seat) => wire::VaultChange { asset: Some(seat_to_wire(seat)), ..plain },
        Change::Swap(enabled) => wire::VaultChange { swap_enabled: *enabled, ..plain },
        Change::LowerRisk(risk) => wire::VaultChange { risk_class: Some(risk_to_wire(risk)), ..plain },
        Change::CloseDeposits | Change::WindDown => plain,
    }
}

pub fn holding_to_wire(view: &View, vault: u64, denom: &Denom) -> Result<wire::Holding> {
    let held = holding(view, vault, denom)?;
    let places = PLACES.prefix(view, &(vault, denom.clone())).map(|row| {
        let ((_, _, validator), amount) = row?;
        Ok(wire::Place { validator: view.bech32().val(&validator), amount: amount.to_string() })
    });
    let returns = RETURNS.prefix(view, &(vault, denom.clone())).map(|row| {
        let ((_, _, entry), back) = row?;
        Ok(wire::Unbonding {
            completion_time: Some(ours::timestamp(back.completion)),
            validator: view.bech32().val(&back.validator),
            amount: back.amount.to_string(),
            entry,
        })
    });
    Ok(wire::Holding {
        vault,
        denom: denom.to_string(),
        active: held.active.to_string(),
        escrow: held.escrow.to_string(),
        refundable: held.refundable.to_string(),
        undripped: held.undripped.to_string(),
        idle: held.idle.to_string(),
        alliance: places.collect::<Result<_>>()?,
        undelegating: returns.collect::<Result<_>>()?,
        matured: held.matured.to_string(),
        deposited: held.deposited.to_string(),
        seen: held.seen.to_string(),
        seen_worth: ours::wad(held.seen_worth),
    })
}

pub fn ledger_to_wire(vault: u64, denom: &Denom, ledger: &Ledger) -> wire::LedgerRow {
    wire::LedgerRow {
        vault,
        denom: denom.to_string(),
        claimed: ledger.claimed.to_string(),
        fees: ledger.fees.to_string(),
        kept: ledger.kept.to_string(),
        streamed: ledger.streamed.to_string(),
        sold: ledger.sold.to_string(),
        donated: ledger.donated.to_string(),
        bought: ledger.bought.to_string(),
        taken: ledger.taken.to_string(),
        slashed: ledger.slashed.to_string(),
        slashed_batches: ledger.slashed_batches.to_string(),
        grown: ledger.grown.to_string(),
        fallen: ledger.fallen.to_string(),
    }
}

pub fn lot_to_wire(id: u64, lot: &Lot) -> wire::Lot {
    wire::Lot {
        id,
        vault: lot.vault,
        sold: Some(ours::coin(&coin(&lot.sold, lot.amount))),
        wanted_denom: lot.wanted.to_string(),
        price_start: ours::wad(lot.price_start),
        price_end: ours::wad(lot.price_end),
        start: Some(ours::timestamp(lot.start)),
        end: Some(ours::timestamp(lot.end)),
        earned_over: Some(ours::span(lot.earned_over)),
    }
}

pub fn batch_to_wire(view: &View, vault: &Vault, id: u64, batch: &Batch) -> Result<wire::Batch> {
    let list = |amount: fn(&super::super::state::Part) -> u128| {
        let rows = batch.parts.iter().map(|part| (part.denom.clone(), amount(part)));
        Ok::<_, entente_kernel::Error>(ours::coins(&coins(rows)?))
    };
    let due = batch.due(halt::sum(view)?);
    let status = match due {
        None => wire::BatchStatus::Open,
        Some(due) if due > view.time() => wire::BatchStatus::Closed,
        Some(_) if batch.is_funded() => wire::BatchStatus::Paying,
        Some(_) => wire::BatchStatus::Delayed,
    };
    let (close, mature) = match (batch.closed, due) {
        (Some(close), Some(due)) => (close.time, due),
        _ => next_close(view, vault)?,
    };
    Ok(wire::Batch {
        vault: vault.id,
        id,
        close_time: Some(ours::timestamp(close)),
        mature_at: Some(ours::timestamp(mature)),
        shares: batch.closed.map_or(batch.shares, |close| close.shares).to_string(),
        amounts: list(|part| part.amount)?,
        owed: list(|part| part.owed)?,
        paid: list(|part| part.paid)?,
        magnitude: batch.closed.map_or(vault.magnitude, |close| close.magnitude).to_string(),
        frozen: Vec::new(),
        refunds: Vec::new(),
        status: status.into(),
        claims: batch.claims,
        close_height: batch.closed.map_or(0, |close| close.height),
        open_shares: batch.shares.to_string(),
        delayed: batch.delayed,
        halted_at_close: batch.closed.and_then(|close| close.halted).map(ours::span),
    })
}

pub fn claim_to_wire(view: &View, vault: u64, batch: u64, owner: &AccAddress, claim: &Claim) -> Result<wire::Claim> {
    let denoms = super::super::state::BATCHES.must(view, &(vault, batch))?.parts.into_iter().map(|part| part.denom);
    let paid = coins(denoms.zip(claim.paid.iter().copied()))?;
    Ok(wire::Claim {
        vault,
        batch,
        owner: view.bech32().acc(owner),
        shares: claim.shares.to_string(),
        paid: ours::coins(&paid),
    })
}
