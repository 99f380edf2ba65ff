//! The vaults in a genesis: everything they remember, so that an export goes on as the same chain.

use entente_kernel::num::{Denom, Wide};
use entente_kernel::{AccAddress, Ctx, Error, Result, Span, View};
use entente_proto::restake::vault::v1 as wire;

use super::block::harvest;
use super::holding::{amount, must_vault, put};
use super::params::Params;
use super::query::{
    batch_to_wire, change_to_wire, claim_to_wire, holding_to_wire, ledger_to_wire, lot_to_wire, vault_to_wire,
};
use super::stake::enter;
use super::state::*;
use super::{halt, hooks, msg};
use crate::invariants;
use crate::params::{read_bond, read_span};
use crate::wire as convert;

/// # Errors
/// A refusal that names the field, or the invariant that the section does not meet.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    if let Some(params) = &genesis.params {
        PARAMS.save(ctx, &Params::from_wire(params).map_err(|e| e.wrap("params"))?)?;
    }
    convert::each_row(&genesis.vaults, "vaults", |row| {
        let vault = read_vault(ctx, row)?;
        VAULTS.set(ctx, &vault.id, &vault)
    })?;
    convert::each_row(&genesis.holdings, "holdings", |row| read_holding(ctx, row))?;
    if let Some(row) = &genesis.clock {
        let last_block = convert::must_time(row.last_block.as_ref(), "clock.last_block")?;
        CLOCK.save(ctx, &Clock { last_block, halted: read_span(row.halted.as_ref(), "clock.halted")? })?;
    }
    convert::each_row(&genesis.batches, "batches", |row| read_batch(ctx, row))?;
    convert::each_row(&genesis.claims, "claims", |row| read_claim(ctx, row))?;
    convert::each_row(&genesis.gauge_locks, "gauge_locks", |row| read_lock(ctx, row))?;
    convert::each_row(&genesis.pending, "pending", |row| read_pending(ctx, row))?;
    convert::each_row(&genesis.rewards, "rewards", |row| {
        let coin = convert::parse_coin(&row.coin.clone().unwrap_or_default(), "coin")?;
        REWARDS.set(ctx, &(row.vault, coin.denom), &amount(coin.amount)?)
    })?;
    convert::each_row(&genesis.streams, "streams", |row| {
        let stream = Stream {
            left: convert::parse_amount(&row.left, "left")?,
            flowed: convert::parse_amount(&row.flowed, "flowed")?,
            from: convert::must_time(row.from.as_ref(), "from")?,
            end: convert::must_time(row.end.as_ref(), "end")?,
            index: convert::parse_wide(&row.index, "index")?,
            remainder: convert::parse_wide(&row.remainder, "remainder")?,
        };
        STREAMS.set(ctx, &(row.vault, Denom::new(&row.denom)?), &stream)
    })?;
    convert::each_row(&genesis.drips, "drips", |row| {
        let left =
            convert::parse_amount(&row.amount, "amount")?.checked_sub(convert::parse_amount(&row.dripped, "dripped")?);
        let left = left.ok_or_else(|| Error::plain("dripped: more than the amount"))?;
        let drip = Drip {
            left,
            from: convert::must_time(row.start.as_ref(), "start")?,
            end: convert::must_time(row.end.as_ref(), "end")?,
        };
        DRIPS.set(ctx, &(row.vault, Denom::new(&row.denom)?), &drip)
    })?;
    convert::each_row(&genesis.lots, "lots", |row| {
        let sold = convert::parse_coin(&row.sold.clone().unwrap_or_default(), "sold")?;
        let lot = Lot {
            vault: row.vault,
            amount: amount(sold.amount)?,
            sold: sold.denom,
            wanted: Denom::new(&row.wanted_denom)?,
            price_start: convert::parse_wad(&row.price_start, "price_start")?,
            price_end: convert::parse_wad(&row.price_end, "price_end")?,
            start: convert::must_time(row.start.as_ref(), "start")?,
            end: convert::must_time(row.end.as_ref(), "end")?,
            earned_over: convert::parse_span(&row.earned_over.unwrap_or_default(), "earned_over")?,
        };
        if lot.price_end > lot.price_start || must_vault(ctx, row.vault)?.seat(&lot.wanted).is_none() {
            return Err(Error::plain("a price that falls is wanted, for an asset of the vault"));
        }
        LOTS_OF_VAULT.set(ctx, &(row.vault, lot.sold.clone()), &row.id)?;
        LOTS.set(ctx, &row.id, &lot)
    })?;
    convert::each_row(&genesis.credits, "credits", |row| {
        let owner = ctx.bech32().parse_acc(&row.owner)?;
        let credit = Credit {
            index: convert::parse_wide(&row.index, "index")?,
            owed: convert::parse_amount(&row.owed, "owed")?,
        };
        CREDITS.set(ctx, &(row.vault, owner, Denom::new(&row.denom)?), &credit)
    })?;
    convert::each_row(&genesis.samples, "samples", |row| {
        let key = (row.vault, Denom::new(&row.denom)?);
        let mut samples = SAMPLES.get(ctx, &key)?.unwrap_or_default();
        samples.0.push(Sample {
            time: convert::must_time(row.time.as_ref(), "time")?,
            rate: convert::parse_wad(&row.rate, "rate")?,
            earned: convert::parse_wad(&row.earned, "earned")?,
        });
        SAMPLES.set(ctx, &key, &samples)
    })?;
    convert::each_row(&genesis.harvests, "harvests", |row| {
        let earned_over = read_span(row.earned_over.as_ref(), "earned_over")?;
        let at = convert::must_time(row.at.as_ref(), "at")?;
        must_vault(ctx, row.vault)?;
        harvest::write(ctx, row.vault, &Harvest { done: row.done, earned_over, at })
    })?;
    convert::each_row(&genesis.ledger, "ledger", |row| read_ledger(ctx, row))?;
    convert::each_row(&genesis.earned, "earned", |row| {
        let coin = convert::parse_coin(&row.coin.clone().unwrap_or_default(), "coin")?;
        EARNED.set(ctx, &(row.vault, Denom::new(&row.denom)?, coin.denom), &amount(coin.amount)?)
    })?;
    convert::each_row(&genesis.allowed, "allowed", |row| {
        let depositor = ctx.bech32().parse_acc(&row.depositor)?;
        ALLOWED.set(ctx, &(row.vault, depositor), &())
    })?;
    convert::each_row(&genesis.queue, "queue", |row| {
        let at = convert::must_time(row.time.as_ref(), "time")?;
        match row.batch {
            0 => EPOCHS.set(ctx, &(at, row.vault), &()),
            batch => DUE.set(ctx, &(at, row.vault, batch), &()),
        }
    })?;
    if genesis.next_vault_id > 1 {
        VAULT_IDS.set(ctx, genesis.next_vault_id)?;
    }
    if genesis.next_lot_id > 1 {
        LOT_IDS.set(ctx, genesis.next_lot_id)?;
    }
    invariants::must_hold(ctx, "vault")
}

fn read_vault(ctx: &Ctx, row: &wire::Vault) -> Result<Vault> {
    let parse = |text: &str, field: &str| convert::parse_amount(text, field);
    hooks::check_names(&row.hooks)?;
    let seats = row.assets.iter().map(read_seat).collect::<Result<_>>()?;
    let stage = match wire::VaultState::try_from(row.state) {
        Ok(wire::VaultState::Active) => Stage::Active,
        Ok(wire::VaultState::DepositsClosed) => Stage::DepositsClosed,
        Ok(wire::VaultState::Winding) => Stage::Winding,
        Ok(wire::VaultState::Closed) => Stage::Closed,
        _ => return Err(Error::plain(format!("state: {} is no state of a vault", row.state))),
    };
    Ok(Vault {
        id: row.id,
        underlying: row.underlying.clone(),
        seats,
        mode: msg::mode(row.mode)?,
        risk: msg::risk(&row.risk_class.clone().unwrap_or_default())?,
        curator: ctx.bech32().parse_acc(&row.curator)?,
        bond: read_bond(row.bond.as_ref(), "bond")?,
        lrt: Denom::new(&row.lrt_denom)?,
        shares: parse(&row.shares, "shares")?,
        pool_shares: parse(&row.pool_shares, "pool_shares")?,
        insurance_shares: parse(&row.insurance_shares, "insurance_shares")?,
        magnitude: parse(&row.magnitude, "magnitude")?,
        fees: msg::fees(&row.fees.clone().unwrap_or_default(), ctx.bech32())?,
        stage,
        alloc_seq: row.alloc_seq,
        canary_cap: parse(&row.canary_cap, "canary_cap")?,
        canary_raised: convert::must_time(row.canary_raised.as_ref(), "canary_raised")?,
        epoch_start: convert::must_time(row.epoch_start.as_ref(), "epoch_start")?,
        epoch_nav: parse(&row.epoch_nav, "epoch_nav")?,
        swap_enabled: row.swap_enabled,
        hooks: row.hooks.clone(),
        created: convert::must_time(row.created.as_ref(), "created")?,
        bonus_total: parse(&row.bonus_total, "bonus_total")?,
        fee_total: parse(&row.fee_total, "fee_total")?,
        last_batch: row.last_batch,
        seen_at: row.seen_at,
        seen_time: convert::parse_timestamp(&row.seen_time.unwrap_or_default(), "seen_time")?,
        swapped: parse(&row.swapped, "swapped")?,
    })
}

fn read_seat(row: &wire::VaultAsset) -> Result<Seat> {
    Ok(Seat {
        asset: row.asset_id,
        denom: Denom::new(&row.denom)?,
        target: convert::parse_wad(&row.target, "target")?,
        goal: convert::parse_wad(&row.goal, "goal")?,
        cap: convert::parse_wad(&row.cap, "cap")?,
        floor: convert::parse_wad(&row.floor, "floor")?,
        deposit_cap: convert::parse_amount(&row.deposit_cap, "deposit_cap")?,
    })
}

fn read_holding(ctx: &mut Ctx, row: &wire::Holding) -> Result<()> {
    let denom = Denom::new(&row.denom)?;
    let held = Holding {
        active: convert::parse_amount(&row.active, "active")?,
        undripped: convert::parse_amount(&row.undripped, "undripped")?,
        escrow: convert::parse_amount(&row.escrow, "escrow")?,
        refundable: convert::parse_amount(&row.refundable, "refundable")?,
        idle: convert::parse_amount(&row.idle, "idle")?,
        matured: convert::parse_amount(&row.matured, "matured")?,
        deposited: convert::parse_amount(&row.deposited, "deposited")?,
        seen: convert::parse_amount(&row.seen, "seen")?,
        seen_worth: convert::parse_wad(&row.seen_worth, "seen_worth")?,
    };
    put(ctx, row.vault, &denom, &held)?;
    for place in &row.alliance {
        let validator = ctx.bech32().parse_val(&place.validator)?;
        enter(ctx, &validator, row.vault)?;
        let value = convert::parse_amount(&place.amount, "alliance.amount")?;
        PLACES.set(ctx, &(row.vault, denom.clone(), validator), &value)?;
    }
    for back in &row.undelegating {
        let validator = ctx.bech32().parse_val(&back.validator)?;
        enter(ctx, &validator, row.vault)?;
        let found = Return {
            validator,
            completion: convert::must_time(back.completion_time.as_ref(), "undelegating.completion_time")?,
            amount: convert::parse_amount(&back.amount, "undelegating.amount")?,
        };
        RETURNS.set(ctx, &(row.vault, denom.clone(), back.entry), &found)?;
    }
    Ok(())
}

fn read_batch(ctx: &mut Ctx, row: &wire::Batch) -> Result<()> {
    let of = |list: &[entente_proto::cosmos::base::v1beta1::Coin], denom: &str, field: &str| -> Result<u128> {
        let found = list.iter().find(|coin| coin.denom == denom);
        found.map_or(Ok(0), |coin| convert::parse_amount(&coin.amount, field))
    };
    let open = row.status == i32::from(wire::BatchStatus::Open);
    let mut parts = Vec::new();
    if !open {
        for seat in must_vault(ctx, row.vault)?.seats {
            let denom = seat.denom.as_str();
            let amount = of(&row.amounts, denom, "amounts")?;
            let (owed, paid) = (of(&row.owed, denom, "owed")?, of(&row.paid, denom, "paid")?);
            parts.push(Part { denom: seat.denom, amount, owed, paid });
        }
    }
    let halted = row.halted_at_close.as_ref().map(|span| convert::parse_span(span, "halted_at_close")).transpose()?;
    let since = match halted {
        Some(before) => Span(halt::sum(ctx)?.0.saturating_sub(before.0)),
        None => Span::ZERO,
    };
    let closed = if open {
        None
    } else {
        Some(Close {
            time: convert::must_time(row.close_time.as_ref(), "close_time")?,
            height: row.close_height,
            mature_at: convert::must_time(row.mature_at.as_ref(), "mature_at")?.plus(Span(since.0.saturating_neg())),
            halted,
            magnitude: convert::parse_amount(&row.magnitude, "magnitude")?,
            shares: convert::parse_amount(&row.shares, "shares")?,
        })
    };
    let shares = convert::parse_amount(&row.open_shares, "open_shares")?;
    let batch = Batch { shares, parts, closed, claims: row.claims, delayed: row.delayed };
    BATCHES.set(ctx, &(row.vault, row.id), &batch)
}

fn read_claim(ctx: &mut Ctx, row: &wire::Claim) -> Result<()> {
    let owner = ctx.bech32().parse_acc(&row.owner)?;
    let batch = BATCHES.get(ctx, &(row.vault, row.batch))?;
    let batch =
        batch.ok_or_else(|| Error::plain(format!("batch: {} of vault {} is not there", row.batch, row.vault)))?;
    let mut paid = Vec::new();
    if !row.paid.is_empty() {
        for part in &batch.parts {
            let found = row.paid.iter().find(|coin| coin.denom == part.denom.as_str());
            paid.push(found.map_or(Ok(0), |coin| convert::parse_amount(&coin.amount, "paid"))?);
        }
    }
    let claim = Claim { shares: convert::parse_amount(&row.shares, "shares")?, paid };
    CLAIMS_OF_OWNER.set(ctx, &(owner, row.vault, row.batch), &())?;
    CLAIMS.set(ctx, &(row.vault, row.batch, owner), &claim)
}

fn read_ledger(ctx: &mut Ctx, row: &wire::LedgerRow) -> Result<()> {
    let read =
        |text: &str, field: &str| if text.is_empty() { Ok(Wide::ZERO) } else { convert::parse_wide(text, field) };
    let ledger = Ledger {
        claimed: read(&row.claimed, "claimed")?,
        fees: read(&row.fees, "fees")?,
        kept: read(&row.kept, "kept")?,
        streamed: read(&row.streamed, "streamed")?,
        sold: read(&row.sold, "sold")?,
        donated: read(&row.donated, "donated")?,
        bought: read(&row.bought, "bought")?,
        taken: read(&row.taken, "taken")?,
        slashed: read(&row.slashed, "slashed")?,
        slashed_batches: read(&row.slashed_batches, "slashed_batches")?,
        grown: read(&row.grown, "grown")?,
        fallen: read(&row.fallen, "fallen")?,
    };
    LEDGER.set(ctx, &(must_vault(ctx, row.vault)?.id, Denom::new(&row.denom)?), &ledger)
}

fn read_lock(ctx: &mut Ctx, row: &wire::GaugeLock) -> Result<()> {
    let owner = ctx.bech32().parse_acc(&row.owner)?;
    let shares = convert::parse_amount(&row.shares, "shares")?;
    let all = super::holding::plus(LOCKED.get(ctx, &row.vault)?.unwrap_or_default(), shares)?;
    LOCKED.set(ctx, &row.vault, &all)?;
    LOCKS.set(ctx, &(row.vault, owner), &shares)
}

fn read_pending(ctx: &mut Ctx, row: &wire::PendingChange) -> Result<()> {
    let wire = row.change.clone().unwrap_or_default();
    let seat = || read_seat(&wire.asset.clone().unwrap_or_default());
    let change = match wire::ChangeKind::try_from(wire.kind) {
        Ok(wire::ChangeKind::Fees) => Change::Fees(msg::fees(&wire.fees.clone().unwrap_or_default(), ctx.bech32())?),
        Ok(wire::ChangeKind::AddAsset) => Change::AddAsset(seat()?),
        Ok(wire::ChangeKind::Limits) => Change::Limits(seat()?),
        Ok(wire::ChangeKind::Swap) => Change::Swap(wire.swap_enabled),
        _ => return Err(Error::plain(format!("change.kind: {} is not announced", wire.kind))),
    };
    let effective_at = convert::must_time(row.effective_at.as_ref(), "effective_at")?;
    let id = PENDING_IDS.next(ctx)?;
    PENDING.set(ctx, &(row.vault, id), &Pending { change, effective_at })
}

/// Everything; absent parts where no vault was ever made.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let mut out = wire::GenesisState { params: Some(super::params(view)?.to_wire()), ..Default::default() };
    for row in VAULTS.iter(view) {
        let (id, vault) = row?;
        out.vaults.push(vault_to_wire(view, &vault));
        for seat in &vault.seats {
            out.holdings.push(holding_to_wire(view, id, &seat.denom)?);
        }
        for row in BATCHES.prefix(view, &id) {
            let ((_, batch), found) = row?;
            out.batches.push(batch_to_wire(view, &vault, batch, &found)?);
        }
    }
    for row in CLAIMS.iter(view) {
        let ((vault, batch, owner), claim) = row?;
        out.claims.push(claim_to_wire(view, vault, batch, &owner, &claim)?);
    }
    for row in LOCKS.iter(view) {
        let ((vault, owner), shares) = row?;
        let owner = acc(view, &owner);
        out.gauge_locks.push(wire::GaugeLock { vault, owner, shares: shares.to_string(), owed: Vec::new() });
    }
    for row in PENDING.iter(view) {
        let ((vault, _), pending) = row?;
        let (change, at) = (change_to_wire(view, &pending.change), convert::timestamp(pending.effective_at));
        out.pending.push(wire::PendingChange { vault, change: Some(change), effective_at: Some(at) });
    }
    export_rewards(view, &mut out)?;
    out.clock = CLOCK.load(view)?.map(|clock| wire::Clock {
        last_block: Some(convert::timestamp(clock.last_block)),
        halted: Some(convert::span(clock.halted)),
    });
    for row in ALLOWED.iter(view) {
        let ((vault, depositor), ()) = row?;
        out.allowed.push(wire::Allowed { vault, depositor: acc(view, &depositor) });
    }
    for row in LEDGER.iter(view) {
        let ((vault, denom), ledger) = row?;
        out.ledger.push(ledger_to_wire(vault, &denom, &ledger));
    }
    for row in EARNED.iter(view) {
        let ((vault, denom, reward), amount) = row?;
        let coin = Some(convert::coin(&super::holding::coin(&reward, amount)));
        out.earned.push(wire::EarnedReward { vault, denom: denom.to_string(), coin });
    }
    for row in SAMPLES.iter(view) {
        let ((vault, denom), samples) = row?;
        out.samples.extend(samples.0.into_iter().map(|sample| wire::RateSample {
            vault,
            denom: denom.to_string(),
            time: Some(convert::timestamp(sample.time)),
            rate: convert::wad(sample.rate),
            earned: convert::wad(sample.earned),
        }));
    }
    let row = |at, vault, batch| wire::QueueRow { time: Some(convert::timestamp(at)), vault, batch };
    for found in EPOCHS.iter(view) {
        let ((at, vault), ()) = found?;
        out.queue.push(row(at, vault, 0));
    }
    for found in DUE.iter(view) {
        let ((at, vault, batch), ()) = found?;
        out.queue.push(row(at, vault, batch));
    }
    (out.next_vault_id, out.next_lot_id) = (VAULT_IDS.peek(view)?, LOT_IDS.peek(view)?);
    Ok(out)
}

fn export_rewards(view: &View, out: &mut wire::GenesisState) -> Result<()> {
    for row in REWARDS.iter(view) {
        let ((vault, denom), amount) = row?;
        out.rewards
            .push(wire::ClaimedReward { vault, coin: Some(convert::coin(&super::holding::coin(&denom, amount))) });
    }
    for row in STREAMS.iter(view) {
        let ((vault, denom), stream) = row?;
        out.streams.push(wire::Stream {
            vault,
            denom: denom.to_string(),
            left: stream.left.to_string(),
            from: Some(convert::timestamp(stream.from)),
            end: Some(convert::timestamp(stream.end)),
            index: stream.index.to_string(),
            remainder: stream.remainder.to_string(),
            flowed: stream.flowed.to_string(),
        });
    }
    for row in DRIPS.iter(view) {
        let ((vault, denom), drip) = row?;
        out.drips.push(wire::Drip {
            vault,
            denom: denom.to_string(),
            amount: drip.left.to_string(),
            dripped: "0".to_owned(),
            start: Some(convert::timestamp(drip.from)),
            end: Some(convert::timestamp(drip.end)),
        });
    }
    for row in LOTS.iter(view) {
        let (id, lot) = row?;
        out.lots.push(lot_to_wire(id, &lot));
    }
    for row in HARVESTS.iter(view) {
        let (vault, harvest) = row?;
        let (earned_over, at) = (Some(convert::span(harvest.earned_over)), Some(convert::timestamp(harvest.at)));
        out.harvests.push(wire::Harvest { vault, done: harvest.done, earned_over, at });
    }
    for row in CREDITS.iter(view) {
        let ((vault, owner, denom), credit) = row?;
        out.credits.push(wire::Credit {
            vault,
            owner: acc(view, &owner),
            denom: denom.to_string(),
            index: credit.index.to_string(),
            owed: credit.owed.to_string(),
        });
    }
    Ok(())
}

fn acc(view: &View, address: &AccAddress) -> String {
    view.bech32().acc(address)
}
