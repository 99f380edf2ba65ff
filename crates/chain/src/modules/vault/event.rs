//! What the vaults report: typed events, with every number that a decision used.

use entente_kernel::num::{Coin, Coins, Denom};
use entente_kernel::{AccAddress, Event, Result, Timestamp, ValAddress, View};
use entente_proto::restake::vault::v1 as wire;

use super::Params;
use super::holding::{coin, coins};
use super::math::{Basket, Quote, Swap};
use super::msg;
use super::query::{change_kind, lot_to_wire, seat_to_wire, stage_number};
use super::state::{Batch, Change, Close, Lot, Stage, Vault};
use crate::wire::{self as convert, typed_event};

pub fn vault_created(view: &View, vault: &Vault) -> Event {
    typed_event(&wire::EventVaultCreated {
        vault: vault.id,
        curator: view.bech32().acc(&vault.curator),
        underlying: vault.underlying.clone(),
        lrt_denom: vault.lrt.to_string(),
    })
}

pub fn vault_changed(vault: u64, change: &Change, effective_at: Timestamp) -> Event {
    let effective_at = Some(convert::timestamp(effective_at));
    typed_event(&wire::EventVaultChanged { vault, kind: change_kind(change).into(), effective_at })
}

pub fn stage_changed(vault: &Vault, stage: Stage, reason: &str) -> Event {
    typed_event(&wire::EventVaultStateChanged {
        vault: vault.id,
        before: stage_number(vault.stage).into(),
        state: stage_number(stage).into(),
        reason: reason.to_owned(),
    })
}

pub fn deposited(view: &View, vault: &Vault, m: &msg::Deposit, before: &Basket, place: usize, quote: &Quote) -> Event {
    let line = before.lines.get(place);
    typed_event(&wire::EventDeposited {
        vault: vault.id,
        depositor: view.bech32().acc(&m.depositor),
        receiver: view.bech32().acc(&m.receiver),
        coin: Some(convert::coin(&m.coin)),
        value: quote.value.to_string(),
        gross: quote.gross.to_string(),
        user: quote.user.to_string(),
        fee: quote.fee.to_string(),
        bonus: quote.bonus_shares.to_string(),
        nav: quote.nav.to_string(),
        nav_hi: quote.nav_hi.to_string(),
        shares: before.shares.to_string(),
        phi_before: quote.potential_before.to_string(),
        phi_after: quote.potential_after.to_string(),
        rate: convert::wad(line.map_or(0, |line| line.rate)),
        rate_lo: convert::wad(line.map_or(0, |line| line.rate_lo)),
        pool_shares: quote.pool_shares.to_string(),
    })
}

pub fn exit_requested(view: &View, vault: u64, owner: &AccAddress, batch: u64, shares: u128) -> Event {
    let (owner, shares) = (view.bech32().acc(owner), shares.to_string());
    typed_event(&wire::EventExitRequested { vault, owner, batch, shares })
}

pub fn exit_cancelled(view: &View, vault: u64, owner: &AccAddress, batch: u64, shares: u128) -> Event {
    let (owner, shares) = (view.bech32().acc(owner), shares.to_string());
    typed_event(&wire::EventExitCancelled { vault, owner, batch, shares })
}

pub fn batch_closed(vault: &Vault, id: u64, batch: &Batch, close: &Close, total: u128) -> Result<Event> {
    let amounts = coins(batch.parts.iter().map(|part| (part.denom.clone(), part.amount)))?;
    Ok(typed_event(&wire::EventBatchClosed {
        vault: vault.id,
        batch: id,
        shares: close.shares.to_string(),
        amounts: convert::coins(&amounts),
        total_shares: total.to_string(),
        magnitude: close.magnitude.to_string(),
        mature_at: Some(convert::timestamp(close.mature_at)),
    }))
}

pub fn batch_status(vault: u64, id: u64, batch: &Batch) -> Result<Event> {
    let owed = coins(batch.parts.iter().map(|part| (part.denom.clone(), part.owed)))?;
    Ok(typed_event(&wire::EventBatchStatus {
        vault,
        batch: id,
        status: wire::BatchStatus::Delayed.into(),
        owed: convert::coins(&owed),
    }))
}

pub fn claim_paid(
    view: &View,
    vault: u64,
    batch: u64,
    owner: &AccAddress,
    receiver: &AccAddress,
    shares: u128,
    paid: &[(Denom, u128)],
) -> Result<Event> {
    Ok(typed_event(&wire::EventClaimPaid {
        vault,
        batch,
        owner: view.bech32().acc(owner),
        receiver: view.bech32().acc(receiver),
        shares: shares.to_string(),
        paid: convert::coins(&coins(paid.iter().cloned())?),
    }))
}

pub fn claim_transferred(view: &View, m: &msg::TransferClaim) -> Event {
    typed_event(&wire::EventClaimTransferred {
        vault: m.vault,
        batch: m.batch,
        from: view.bech32().acc(&m.owner),
        to: view.bech32().acc(&m.to),
        shares: m.shares.to_string(),
    })
}

pub fn batch_finished(vault: u64, batch: u64, dust: &[(Denom, u128)]) -> Result<Event> {
    let dust = convert::coins(&coins(dust.iter().cloned())?);
    Ok(typed_event(&wire::EventBatchFinished { vault, batch, dust }))
}

pub fn targets_moved(vault: &Vault, at_capacity: bool) -> Event {
    let assets = vault.seats.iter().map(seat_to_wire).collect();
    typed_event(&wire::EventTargetsMoved { vault: vault.id, assets, at_capacity })
}

/// What alliance, or a rounding, took of an asset, and what the holders have of it now.
pub fn taken(vault: u64, denom: &Denom, amount: u128, active: u128) -> Event {
    let (amount, active) = (amount.to_string(), active.to_string());
    typed_event(&wire::EventTaken { vault, denom: denom.to_string(), amount, active })
}

/// What the holders and the batches of a vault lost of an asset by a fault of a validator.
pub fn slashed(view: &View, vault: u64, denom: &Denom, active: u128, batches: u128, validator: &ValAddress) -> Event {
    typed_event(&wire::EventSlashed {
        vault,
        denom: denom.to_string(),
        lost_active: active.to_string(),
        lost_batches: batches.to_string(),
        validator: view.bech32().val(validator),
    })
}

pub fn hook_failed(vault: u64, hook: &str, step: &str, reason: &str) -> Event {
    let (hook, step, reason) = (hook.to_owned(), step.to_owned(), reason.to_owned());
    typed_event(&wire::EventHookFailed { vault, hook, step, reason })
}

pub fn allowed_changed(view: &View, m: &msg::SetAllowed) -> Event {
    let list = |people: &[AccAddress]| people.iter().map(|one| view.bech32().acc(one)).collect();
    typed_event(&wire::EventAllowedChanged { vault: m.vault, added: list(&m.add), removed: list(&m.remove) })
}

pub fn dripped(vault: u64, denom: &Denom, amount: u128, active: u128, insurance_shares: u128) -> Event {
    typed_event(&wire::EventDripped {
        vault,
        denom: denom.to_string(),
        amount: amount.to_string(),
        active: active.to_string(),
        insurance_shares: insurance_shares.to_string(),
    })
}

pub fn lot_opened(id: u64, lot: &Lot) -> Event {
    typed_event(&wire::EventLotOpened { lot: Some(lot_to_wire(id, lot)) })
}

pub fn lot_sold(view: &View, m: &msg::BidAuction, lot: &Lot, paid: &Coin, bought: &Coin, price: u128) -> Event {
    typed_event(&wire::EventLotSold {
        vault: lot.vault,
        lot: m.lot,
        bidder: view.bech32().acc(&m.bidder),
        paid: Some(convert::coin(paid)),
        bought: Some(convert::coin(bought)),
        price: convert::wad(price),
    })
}

pub fn swapped(view: &View, m: &msg::RebalanceSwap, taken: &Coin, swap: &Swap) -> Event {
    typed_event(&wire::EventSwapped {
        vault: m.vault,
        sender: view.bech32().acc(&m.sender),
        given: Some(convert::coin(&m.give)),
        taken: Some(convert::coin(taken)),
        phi_before: swap.potential_before.to_string(),
        phi_after: swap.potential_after.to_string(),
        value: swap.value.to_string(),
    })
}

pub fn fees_paid(vault: u64, protocol: &Coins, curator: &Coins, builder: &Coins) -> Event {
    typed_event(&wire::EventFeesPaid {
        vault,
        protocol: convert::coins(protocol),
        curator: convert::coins(curator),
        builder: convert::coins(builder),
    })
}

pub fn streamed(vault: u64, denom: &Denom, amount: u128, end: Timestamp) -> Event {
    let coin = Some(convert::coin(&coin(denom, amount)));
    typed_event(&wire::EventStreamed { vault, coin, end: Some(convert::timestamp(end)) })
}

/// Locked shares of somebody, before and after, and those of all.
pub fn gauge_changed(view: &View, vault: u64, owner: &AccAddress, before: u128, after: u128, total: u128) -> Event {
    typed_event(&wire::EventGaugeChanged {
        vault,
        owner: view.bech32().acc(owner),
        before: before.to_string(),
        after: after.to_string(),
        total: total.to_string(),
    })
}

pub fn gauge_claimed(view: &View, vault: u64, owner: &AccAddress, paid: &Coins) -> Event {
    typed_event(&wire::EventGaugeClaimed { vault, owner: view.bech32().acc(owner), paid: convert::coins(paid) })
}

pub fn params_updated(params: &Params) -> Event {
    typed_event(&wire::EventParamsUpdated { params: Some(params.to_wire()) })
}

pub fn step_failed(vault: u64, step: &str, reason: &str) -> Event {
    typed_event(&wire::EventStepFailed { vault, step: step.to_owned(), reason: reason.to_owned() })
}
