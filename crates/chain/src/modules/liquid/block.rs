//! What liquid staking does at the end of a block: close a batch, run the epoch, pay claims, tell the rate. Each step is a layer of its
//! own: a refusal undoes it alone, is reported, and the step comes again.

use entente_kernel::{Ctx, Error, Result};

use super::params::{CLAIMS_PER_BLOCK, MOVES_PER_EPOCH, Params};
use super::position::{self, Position};
use super::state::{CHANGED, LEDGER, PARAMS};
use super::{add, batch, event, ledger, math, sub};
use crate::modules::assets;

pub fn end(ctx: &mut Ctx) -> Result<()> {
    let Some(params) = PARAMS.load(ctx)? else { return Ok(()) };
    let epoch = is_epoch(ctx, &params)?;
    close_due(ctx, epoch)?;
    if epoch {
        run_epoch(ctx, &params)?;
    }
    for (id, owner) in batch::due_claims(ctx, CLAIMS_PER_BLOCK)? {
        step(ctx, "payment of a claim", |ctx| batch::pay_claim(ctx, id, &owner).map(drop))?;
    }
    if epoch || CHANGED.load(ctx)?.is_some() {
        step(ctx, "report of the rate", tell_rate)?;
        CHANGED.remove(ctx)?;
    }
    Ok(())
}

/// Runs a step in a layer; gives whether it was carried out.
fn step(ctx: &mut Ctx, name: &str, run: impl FnOnce(&mut Ctx) -> Result<()>) -> Result<bool> {
    match ctx.layer(run) {
        Ok(()) => Ok(true),
        Err(Error::Refusal(refusal)) => {
            ctx.emit(event::step_failed(name, &refusal.log));
            Ok(false)
        }
        Err(fault) => Err(fault),
    }
}

/// Is an epoch over? The first one begins with the first block.
fn is_epoch(ctx: &mut Ctx, params: &Params) -> Result<bool> {
    let mut ledger = ledger(ctx)?;
    match ledger.epoch_start {
        Some(start) => Ok(ctx.time().since(start) >= params.own.epoch),
        None => {
            ledger.epoch_start = Some(ctx.time());
            LEDGER.save(ctx, &ledger)?;
            Ok(false)
        }
    }
}

/// At most one batch a block, so that two never share an unbonding.
fn close_due(ctx: &mut Ctx, epoch: bool) -> Result<()> {
    let Some(id) = batch::due_batch(ctx, epoch)? else { return Ok(()) };
    match ctx.layer(|ctx| batch::close(ctx, id)) {
        Ok(()) => CHANGED.save(ctx, &()),
        Err(Error::Refusal(refusal)) => batch::postpone(ctx, id, &refusal.log),
        Err(fault) => Err(fault),
    }
}

fn run_epoch(ctx: &mut Ctx, params: &Params) -> Result<()> {
    let mut now = ledger(ctx)?;
    let since = now.epoch_start.replace(ctx.time()).unwrap_or(ctx.time());
    LEDGER.save(ctx, &now)?;
    let secs = u128::try_from(ctx.time().since(since).whole_secs()).unwrap_or_default();
    for site in Position::load(ctx, params)?.sites {
        step(ctx, "rewards of a validator", |ctx| position::draw(ctx, &site.operator))?;
    }
    step(ctx, "compounding", |ctx| compound(ctx, params, secs))?;
    if Position::load(ctx, params)?.active_weight() >= params.own.quorum {
        step(ctx, "staking of what is idle", |ctx| position::delegate_idle(ctx, params))?;
        rebalance(ctx, params)?;
    }
    step(ctx, "the list of validators", |ctx| position::forget(ctx, params)).map(drop)
}

/// Turns drawn rewards into stake, at most as much as the value may grow in the time; the rest waits. The fee is paid with the step or
/// not at all.
fn compound(ctx: &mut Ctx, params: &Params, secs: u128) -> Result<()> {
    let (supply, value) = (super::supply(ctx)?, super::value(ctx)?);
    let mut ledger = ledger(ctx)?;
    if ledger.waiting == 0 || supply == 0 {
        return Ok(());
    }
    let taken = ledger.waiting.min(math::growth_max(value, params.own.apr_cap, secs)?);
    let fee = math::fee(taken, params.compound_fee)?;
    let staked = sub(taken, fee)?;
    ledger.waiting = sub(ledger.waiting, taken)?;
    ledger.idle = add(ledger.idle, staked)?;
    LEDGER.save(ctx, &ledger)?;
    position::pay(ctx, params.fee_account.as_ref(), fee)?;
    ctx.emit(event::compounded(staked, fee, ledger.waiting, value, supply));
    Ok(())
}

/// Brings stake nearer to its targets. A move that staking refuses (a validator that was moved to a short while ago) is left out.
fn rebalance(ctx: &mut Ctx, params: &Params) -> Result<()> {
    let position = Position::load(ctx, params)?;
    for shift in math::plan_shifts(&position.places(), params.own.rebalance_trigger, MOVES_PER_EPOCH)? {
        let Some(from) = position.sites.get(shift.from) else { continue };
        let to = position.operator(shift.to)?;
        let done = step(ctx, "a move of stake", |ctx| position::redelegate(ctx, from, &to, shift.amount))?;
        if done {
            let (from, to) = (ctx.bech32().val(&from.operator), ctx.bech32().val(&to));
            ctx.emit(event::rebalanced(&from, &to, shift.amount));
        }
    }
    Ok(())
}

/// Tells the rate to the registry of assets and to whoever listens, if it is another one.
fn tell_rate(ctx: &mut Ctx) -> Result<()> {
    let (supply, value) = (super::supply(ctx)?, super::value(ctx)?);
    let rate = math::rate(supply, value)?;
    let mut ledger = ledger(ctx)?;
    if ledger.rate != rate {
        ledger.rate = rate;
        LEDGER.save(ctx, &ledger)?;
        ctx.emit(event::rate_changed(rate, value, supply));
    }
    assets::report_rate(ctx, &super::denom(ctx)?, rate)
}
