//! The whole state of liquid staking as a genesis section: the shape of existing chains, and beside it the bookkeeping that they lack.

use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::pstake::liquidstake::v1beta1 as wire;
use entente_proto::restake::liquid::v1 as own;

use super::params::{OwnParams, Params};
use super::state::{
    BATCH_IDS, BATCHES, Batch, CLAIMS, CLAIMS_OF, CLOSING, LEDGER, Ledger, OPERATIONS, Operation, PARAMS, PAYING,
    Status, VALIDATORS,
};
use super::{position, query};
use crate::invariants;
use crate::wire as convert;

/// # Errors
/// A refusal that names the field, or the invariant that the section does not meet.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    let is_ours = genesis.bookkeeping.is_some();
    let book = genesis.bookkeeping.unwrap_or_default();
    let own = match &book.params {
        Some(wire) => OwnParams::from_wire(wire).map_err(|e| e.wrap("liquidstake.bookkeeping.params"))?,
        None => OwnParams::default(),
    };
    let params = Params::from_wire(&genesis.params.unwrap_or_default(), own, ctx.bech32())
        .map_err(|e| e.wrap("liquidstake.params"))?;
    PARAMS.save(ctx, &params)?;
    position::know(ctx, &params)?;
    for row in &genesis.liquid_validators {
        let operator = ctx.bech32().parse_val(&row.operator_address).map_err(|e| e.wrap("liquid_validators"))?;
        VALIDATORS.set(ctx, &operator, &())?;
    }
    restore(ctx, &book)?;
    if !is_ours && super::supply(ctx)? > 0 {
        let text =
            "liquid coins exist, but none of the stake is ours: that of another proxy account cannot be taken over";
        return Err(Error::plain(format!("genesis: liquidstake: {text}")));
    }
    invariants::must_hold(ctx, "liquid").map_err(|e| e.wrap("genesis: liquidstake"))
}

fn restore(ctx: &mut Ctx, book: &own::Bookkeeping) -> Result<()> {
    let amount = |text: &str, field: &str| convert::parse_amount(text, &format!("liquidstake.bookkeeping.{field}"));
    let time = |at: &Option<prost_types::Timestamp>, field: &str| {
        at.as_ref().map(|t| convert::parse_timestamp(t, &format!("liquidstake.bookkeeping.{field}"))).transpose()
    };
    let mut ledger = Ledger {
        idle: amount(&book.idle, "idle")?,
        waiting: amount(&book.waiting_rewards, "waiting_rewards")?,
        epoch_start: time(&book.epoch_start, "epoch_start")?,
        open_batch: None,
        rate: convert::parse_wad(&book.rate, "liquidstake.bookkeeping.rate")?,
    };
    for row in &book.batches {
        let status = status(row.status)?;
        let batch = Batch {
            status,
            close: time(&row.close_time, "batches.close_time")?.unwrap_or_default(),
            mature: time(&row.mature_time, "batches.mature_time")?,
            liquid: amount(&row.liquid, "batches.liquid")?,
            burnt: amount(&row.burnt, "batches.burnt")?,
            expected: amount(&row.expected, "batches.expected")?,
            received: amount(&row.received, "batches.received")?,
            paid: amount(&row.paid, "batches.paid")?,
            claims: row.claims,
            pending: row.pending,
            attempts: row.attempts,
            last_error: row.last_error.clone(),
        };
        BATCHES.set(ctx, &row.id, &batch)?;
        match status {
            Status::Open => ledger.open_batch = Some(row.id),
            Status::Closing => CLOSING.set(ctx, &row.id, &())?,
            Status::Unbonding => {}
            Status::Paying => PAYING.set(ctx, &row.id, &())?,
        }
    }
    for row in &book.claims {
        let owner = ctx.bech32().parse_acc(&row.owner).map_err(|e| e.wrap("liquidstake.bookkeeping.claims"))?;
        CLAIMS.set(ctx, &(row.batch, owner), &amount(&row.liquid, "claims.liquid")?)?;
        CLAIMS_OF.set(ctx, &(owner, row.batch), &())?;
    }
    for row in &book.operations {
        let validator = ctx.bech32().parse_val(&row.validator).map_err(|e| e.wrap("bookkeeping.operations"))?;
        let completion = time(&row.completion_time, "operations.completion_time")?.unwrap_or_default();
        let amount = amount(&row.amount, "operations.amount")?;
        OPERATIONS.set(ctx, &row.unbonding_id, &Operation { batch: row.batch, validator, amount, completion })?;
    }
    if book.next_batch_id > BATCH_IDS.peek(ctx)? {
        BATCH_IDS.set(ctx, book.next_batch_id)?;
    }
    if ledger == Ledger::default() { Ok(()) } else { LEDGER.save(ctx, &ledger) }
}

fn status(number: i32) -> Result<Status> {
    match own::BatchStatus::try_from(number) {
        Ok(own::BatchStatus::Open) => Ok(Status::Open),
        Ok(own::BatchStatus::Closing) => Ok(Status::Closing),
        Ok(own::BatchStatus::Unbonding) => Ok(Status::Unbonding),
        Ok(own::BatchStatus::Paying) => Ok(Status::Paying),
        _ => Err(Error::plain(format!("liquidstake.bookkeeping.batches.status: there is no status {number}"))),
    }
}

/// The whole state.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let params = super::params(view)?;
    let ledger = super::ledger(view)?;
    let validators = VALIDATORS
        .iter(view)
        .map(|row| row.map(|(operator, ())| wire::LiquidValidator { operator_address: view.bech32().val(&operator) }));
    let batches = BATCHES.iter(view).map(|row| row.map(|(id, batch)| query::batch_to_wire(id, &batch)));
    let claims = CLAIMS.iter(view).map(|row| {
        row.map(|((batch, owner), liquid)| own::Claim {
            batch,
            owner: view.bech32().acc(&owner),
            liquid: liquid.to_string(),
        })
    });
    let operations = OPERATIONS.iter(view).map(|row| row.map(|(id, op)| query::operation_to_wire(view, id, &op)));
    Ok(wire::GenesisState {
        params: Some(params.to_wire(view.bech32())),
        liquid_validators: validators.collect::<Result<_>>()?,
        bookkeeping: Some(own::Bookkeeping {
            params: Some(params.own.to_wire()),
            idle: ledger.idle.to_string(),
            waiting_rewards: ledger.waiting.to_string(),
            epoch_start: ledger.epoch_start.map(convert::timestamp),
            batches: batches.collect::<Result<_>>()?,
            claims: claims.collect::<Result<_>>()?,
            operations: operations.collect::<Result<_>>()?,
            next_batch_id: BATCH_IDS.peek(view)?,
            rate: convert::wad(ledger.rate),
        }),
    })
}
