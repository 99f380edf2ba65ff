//! The fee: who pays it, and where it goes.

use entente_kernel::error::sdk;
use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Ctx, Error, Event, Result, View};

use super::Checks;
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{bank, feegrant};
use crate::tx::Tx;

/// What taking a fee in the chain's own coin costs at most, with the bytes that name it: wallets ask for an estimate before they name a
/// fee, and would run out of gas without this part.
const FEE_GAS: u64 = 14_000;

/// Moves the fee to the fee collector, from the payer or from who granted it an allowance.
pub fn deduct(ctx: &mut Ctx, tx: &Tx, signers: &[AccAddress], checks: Checks) -> Result<()> {
    let wire = tx.fee();
    if checks != Checks::Simulated && ctx.height() > 0 && wire.gas_limit == 0 {
        return Err(sdk::INVALID_GAS_LIMIT.because("must provide positive gas"));
    }
    let payer = payer(tx, signers, ctx)?;
    let coins = Coins::from_wire_strict(wire.amount.iter().map(|c| (&c.denom, &c.amount)));
    let from = match wire.granter.as_str() {
        "" => payer,
        text => granter(ctx, tx, text, &payer, coins.as_ref().ok())?,
    };
    if auth::account(ctx, &from)?.is_none() {
        let text = format!("fee payer address: {} does not exist", ctx.bech32().acc(&from));
        return Err(sdk::UNKNOWN_ADDRESS.because(text));
    }
    let coins = match coins {
        Ok(coins) => coins,
        // A list of zeros is no fee; anything else that is not in order is refused.
        Err(_) if wire.amount.iter().all(|c| c.amount == "0") => Coins::empty(),
        Err(e) => return Err(sdk::INSUFFICIENT_FEE.because(format!("invalid fee amount: {e}"))),
    };
    if coins.is_empty() && checks == Checks::Simulated {
        ctx.gas().charge(FEE_GAS, "fee of an estimate")?;
    }
    if !coins.is_empty() {
        bank::send_to_module(ctx, &from, &ModuleAccount::FEE_COLLECTOR, &coins).map_err(short_of_funds)?;
    }
    let payer = ctx.bech32().acc(&from);
    ctx.emit(Event::new("tx").with("fee", &coins).with("fee_payer", payer));
    Ok(())
}

/// The first signer, unless the transaction names another.
pub fn payer(tx: &Tx, signers: &[AccAddress], view: &View) -> Result<AccAddress> {
    let named = &tx.fee().payer;
    if named.is_empty() {
        return signers.first().copied().ok_or_else(|| Error::panic("a transaction without a signer"));
    }
    view.bech32().parse_acc(named)
}

fn granter(ctx: &mut Ctx, tx: &Tx, text: &str, payer: &AccAddress, fee: Option<&Coins>) -> Result<AccAddress> {
    let granter = ctx.bech32().parse_acc(text).map_err(Error::panic)?;
    if granter != *payer {
        let fee = fee.ok_or_else(|| sdk::INSUFFICIENT_FEE.because("invalid fee amount"))?;
        let urls: Vec<&str> = tx.body.messages.iter().map(|m| m.type_url.as_str()).collect();
        feegrant::use_allowance(ctx, &granter, payer, fee, &urls).map_err(|e| {
            let grantee = ctx.bech32().acc(payer);
            e.wrap(format!("{text} does not allow to pay fees for {grantee}"))
        })?;
    }
    Ok(granter)
}

/// Whatever bank refuses, the fee is short of funds.
fn short_of_funds(e: Error) -> Error {
    let gas = e.is(sdk::OUT_OF_GAS);
    match e {
        Error::Refusal(r) if !gas && r.code != 111_222 => sdk::INSUFFICIENT_FUNDS.because(r.log),
        other => other,
    }
}
