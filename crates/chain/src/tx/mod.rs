//! A transaction: bytes → decoded and checked parts → ante → messages → result.

pub mod ahead;
pub mod amino;
mod decode;
pub mod key;
mod price;
pub mod sign;
mod unknown;

pub use decode::{Tx, decode};
pub use price::{Offer, offer};

use entente_kernel::error::sdk;
use entente_kernel::gas::GasMeter;
use entente_kernel::{Ctx, Error, Event, Mode, Refusal, Result};
use entente_proto::cosmos::base::abci::v1beta1::TxMsgData;
use prost::Message as _;
use prost_types::Any;

use crate::block::TxResult;
use crate::{ante, route};

/// Checks and (unless for the mempool) carries out a transaction, in the mode of the context. The error case is a fault; refusals,
/// that of the decoder included, are results. `block` counts the gas of the block's transactions. The transaction keeps what was found
/// out about its signatures.
pub fn execute(ctx: &mut Ctx, tx: &mut Result<Tx>, checks: ante::Checks, block: &GasMeter) -> Result<TxResult> {
    let mut result = TxResult::default();
    ctx.replace_gas(GasMeter::unlimited());
    let outcome = attempt(ctx, tx, checks, block, &mut result);
    // What was decoded, but refused before there was a gas meter, used nothing.
    let used = if result.gas_wanted == 0 && ctx.mode() == Mode::Deliver { 0 } else { ctx.gas().used() };
    result.gas_used = i64::try_from(used).unwrap_or(i64::MAX);
    result.events.extend(ctx.take_events());
    ctx.replace_gas(GasMeter::unlimited());
    match outcome {
        Ok(()) => {}
        Err(Error::Refusal(refusal)) => refuse(&mut result, refusal),
        Err(fault) => return Err(fault),
    }
    Ok(result)
}

fn refuse(result: &mut TxResult, refusal: Refusal) {
    result.code = refusal.code;
    refusal.codespace.clone_into(&mut result.codespace);
    result.log = refusal.log;
    result.data.clear();
}

fn attempt(
    ctx: &mut Ctx,
    tx: &mut Result<Tx>,
    checks: ante::Checks,
    block: &GasMeter,
    result: &mut TxResult,
) -> Result<()> {
    if block.limit().is_some_and(|limit| block.used() >= limit) {
        return Err(sdk::OUT_OF_GAS.because("no block gas left to run tx"));
    }
    let tx = tx.as_mut().map_err(|e| e.clone())?;
    if tx.body.messages.is_empty() {
        return Err(sdk::INVALID_REQUEST.because("must contain at least one message"));
    }
    if let Some(stranger) = tx.body.messages.iter().find(|m| !route::knows(&m.type_url)) {
        let text = format!("no message handler found for {}", stranger.type_url);
        return Err(sdk::UNKNOWN_REQUEST.because(text));
    }
    result.gas_wanted = i64::try_from(tx.fee().gas_limit).unwrap_or(i64::MAX);
    let passed = ctx.layer(|ctx| ante::run(ctx, tx, checks));
    if passed.is_err() {
        charge_block(ctx, block).ok();
        return passed;
    }
    result.events = ctx.take_events();
    if matches!(ctx.mode(), Mode::Check | Mode::Recheck) {
        return Ok(());
    }
    let mut charged = false;
    let data = ctx.layer(|ctx| {
        let data = messages(ctx, tx)?;
        charged = true;
        charge_block(ctx, block)?;
        Ok(data)
    });
    if !charged {
        charge_block(ctx, block).ok();
    }
    result.data = data?.encode_to_vec();
    Ok(())
}

/// Counts what the transaction used, at most its limit, against the block.
fn charge_block(ctx: &Ctx, block: &GasMeter) -> Result<()> {
    let (used, limit) = (ctx.gas().used(), ctx.gas().limit().unwrap_or(u64::MAX));
    block.charge(used.min(limit), "block gas meter")
}

/// All messages or none.
fn messages(ctx: &mut Ctx, tx: &Tx) -> Result<TxMsgData> {
    let mut data = TxMsgData::default();
    let mut events = Vec::new();
    for (index, any) in tx.body.messages.iter().enumerate() {
        let (response, own) = ctx.collect(|ctx| route::handle(ctx, any)).map_err(|e| place(e, index))?;
        data.msg_responses.push(response);
        let own = headed(ctx, any, own)?;
        events.extend(own.into_iter().map(|e| e.with("msg_index", index)));
    }
    for event in events {
        ctx.emit(event);
    }
    Ok(data)
}

/// Says which message failed. Running out of gas and upstream's panics end the whole transaction: they name no message.
fn place(e: Error, index: usize) -> Error {
    match &e {
        Error::Refusal(r) if e.is(sdk::OUT_OF_GAS) || r.code == 111_222 && r.codespace == "undefined" => e,
        _ => e.wrap(format!("failed to execute message; message index: {index}")),
    }
}

/// The events of one message, headed by one that says which message it was, whose, and of which module.
fn headed(ctx: &Ctx, any: &Any, events: Vec<Event>) -> Result<Vec<Event>> {
    let mut head = Event::new("message").with("action", &any.type_url);
    if let Some(signer) = route::signers(any, ctx.bech32())?.first() {
        head = head.with("sender", ctx.bech32().acc(signer));
    }
    let named = events.iter().any(|e| e.attributes.iter().any(|(key, _)| key == "module"));
    if let (false, Some(module)) = (named, any.type_url.split('.').nth(1)) {
        head = head.with("module", module);
    }
    Ok(std::iter::once(head).chain(events).collect())
}
