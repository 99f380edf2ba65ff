//! A transaction: bytes → decoded and checked parts → ante → messages → result.

mod decode;

pub use decode::{Tx, decode};

use entente_kernel::gas::GasMeter;
use entente_kernel::{Ctx, Error, Mode, Refusal, Result};
use entente_proto::cosmos::base::abci::v1beta1::TxMsgData;
use prost::Message as _;

use crate::block::TxResult;
use crate::{ante, route};

/// Decodes, checks and (unless for the mempool) carries out a transaction. The error case is a fault; refusals are results.
pub fn execute(ctx: &mut Ctx, bytes: &[u8], checks: ante::Checks, mode: Mode) -> Result<TxResult> {
    let mut result = TxResult::default();
    let outcome = attempt(ctx, bytes, checks, mode, &mut result);
    result.gas_used = i64::try_from(ctx.gas().used()).unwrap_or(i64::MAX);
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

fn attempt(ctx: &mut Ctx, bytes: &[u8], checks: ante::Checks, mode: Mode, result: &mut TxResult) -> Result<()> {
    ctx.replace_gas(GasMeter::unlimited());
    let tx = decode(bytes)?;
    result.gas_wanted = i64::try_from(tx.fee().gas_limit).unwrap_or(i64::MAX);
    ctx.layer(|ctx| ante::run(ctx, &tx, checks))?;
    result.events = ctx.take_events();
    if matches!(mode, Mode::Check | Mode::Recheck) {
        return Ok(());
    }
    let data = ctx.layer(|ctx| messages(ctx, &tx))?;
    result.data = data.encode_to_vec();
    Ok(())
}

/// All messages or none.
fn messages(ctx: &mut Ctx, tx: &Tx) -> Result<TxMsgData> {
    let mut data = TxMsgData::default();
    for (index, any) in tx.body.messages.iter().enumerate() {
        let response = route::handle(ctx, any)
            .map_err(|e| e.wrap(format!("failed to execute message; message index: {index}")))?;
        data.msg_responses.push(response);
    }
    Ok(data)
}
