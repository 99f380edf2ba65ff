//! Batches of those who leave: from the request to the last payment.

use entente_kernel::num::{Coin, Int};
use entente_kernel::{AccAddress, Ctx, Error, Result, Timestamp, ValAddress, View};

use super::position::{self, Position, Site};
use super::state::{
    BATCH_IDS, BATCHES, Batch, CLAIMS, CLAIMS_OF, CLOSING, LEDGER, OPERATIONS, Operation, PAYING, Status,
};
use super::{account, add, error, event, ledger, math, sub};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, staking};

/// The end of the running exit period: all batches of a chain close at the same instants, whoever asks first.
fn next_close(now: Timestamp, period: i64) -> Timestamp {
    let began = now.secs.checked_div_euclid(period).unwrap_or_default();
    Timestamp::from_secs(began.saturating_add(1).saturating_mul(period))
}

/// The batch that takes requests, and whether it exists already.
fn open(view: &View) -> Result<(Option<u64>, Batch)> {
    let period = super::params(view)?.own.exit_period.whole_secs();
    match ledger(view)?.open_batch {
        Some(id) => Ok((Some(id), BATCHES.must(view, &id)?)),
        None => Ok((None, Batch::new(next_close(view.time(), period)))),
    }
}

/// When an exit that is requested now will be paid, if validators have room.
pub fn expected(view: &View) -> Result<Timestamp> {
    Ok(open(view)?.1.close.plus(staking::unbonding_time(view)?))
}

/// Escrows liquid coins in the open batch. They remain what they are until it closes: they earn, and they bear slashes.
pub fn request(ctx: &mut Ctx, owner: &AccAddress, liquid: u128) -> Result<(u64, Timestamp)> {
    let params = super::params(ctx)?;
    let (supply, value) = (super::supply(ctx)?, super::value(ctx)?);
    let worth = math::worth(liquid, supply, value)?;
    if worth.saturating_sub(math::fee(worth, params.unstake_fee)?) == 0 {
        return Err(error::TOO_SMALL.because(format!("{liquid}{}", params.denom)));
    }
    let (id, mut batch) = open(ctx)?;
    let id = match id {
        Some(id) => id,
        None => {
            let id = BATCH_IDS.next(ctx)?;
            let mut ledger = ledger(ctx)?;
            ledger.open_batch = Some(id);
            LEDGER.save(ctx, &ledger)?;
            id
        }
    };
    let coins = super::one(params.denom.clone(), liquid)?;
    bank::send_to_module(ctx, owner, &ModuleAccount::LIQUID, &coins)?;
    let before = CLAIMS.get(ctx, &(id, *owner))?;
    if before.is_none() {
        batch.claims = batch.claims.checked_add(1).ok_or_else(|| Error::fault("liquid staking: too many claims"))?;
        CLAIMS_OF.set(ctx, &(*owner, id), &())?;
    }
    CLAIMS.set(ctx, &(id, *owner), &add(before.unwrap_or_default(), liquid)?)?;
    batch.liquid = add(batch.liquid, liquid)?;
    BATCHES.set(ctx, &id, &batch)?;
    let completion = batch.close.plus(staking::unbonding_time(ctx)?);
    let text = ctx.bech32().acc(owner);
    ctx.emit(event::unstake_requested(&text, &Coin::new(params.denom, Int::from(liquid)), id, completion));
    Ok((id, completion))
}

/// Gives liquid coins back out of the open batch.
pub fn cancel(ctx: &mut Ctx, owner: &AccAddress, liquid: u128) -> Result<()> {
    let Some(id) = ledger(ctx)?.open_batch else { return Err(error::NOT_OPEN.refuse()) };
    let held = CLAIMS.get(ctx, &(id, *owner))?.unwrap_or_default();
    let Some(rest) = held.checked_sub(liquid).filter(|_| liquid > 0) else {
        return Err(error::NOT_OPEN.because(format!("{held} are in the open batch, {liquid} were named")));
    };
    let mut batch = BATCHES.must(ctx, &id)?;
    batch.liquid = sub(batch.liquid, liquid)?;
    if rest == 0 {
        remove_claim(ctx, id, owner, &mut batch)?;
    } else {
        CLAIMS.set(ctx, &(id, *owner), &rest)?;
    }
    if batch.claims == 0 {
        BATCHES.remove(ctx, &id)?;
        let mut ledger = ledger(ctx)?;
        ledger.open_batch = None;
        LEDGER.save(ctx, &ledger)?;
    } else {
        BATCHES.set(ctx, &id, &batch)?;
    }
    let coin = Coin::new(super::denom(ctx)?, Int::from(liquid));
    let coins = super::one(coin.denom.clone(), liquid)?;
    bank::send_from_module(ctx, &ModuleAccount::LIQUID, owner, &coins)?;
    let text = ctx.bech32().acc(owner);
    ctx.emit(event::unstake_cancelled(&text, &coin, id));
    Ok(())
}

fn remove_claim(ctx: &mut Ctx, id: u64, owner: &AccAddress, batch: &mut Batch) -> Result<()> {
    CLAIMS.remove(ctx, &(id, *owner))?;
    CLAIMS_OF.remove(ctx, &(*owner, id))?;
    batch.claims = batch.claims.checked_sub(1).ok_or_else(|| Error::fault("liquid staking: lost count of claims"))?;
    Ok(())
}

/// What closing a batch sent on its way.
#[derive(Default)]
struct Sent {
    /// Of what was wanted.
    asked: u128,
    /// What staking says of it: rounding may lose a unit per validator, those who leave bear it.
    got: u128,
    refusal: String,
}

/// Closes a batch, or the part of it that was left: its part of the value begins to unbond and its coins are burnt. Validators that
/// have no room are passed over; the coins that stand for the rest stay in the batch and try again.
pub fn close(ctx: &mut Ctx, id: u64) -> Result<()> {
    let (params, mut batch) = (super::params(ctx)?, BATCHES.must(ctx, &id)?);
    let position = Position::load(ctx, &params)?;
    let (supply, value) = (super::supply(ctx)?, position.value()?);
    let left = sub(batch.liquid, batch.burnt)?;
    let worth = math::worth(left, supply, value)?;
    let want = sub(worth, math::fee(worth, params.unstake_fee)?)?;
    let sent = send(ctx, id, &mut batch, &position, want)?;
    let burnt = math::burnt_for(left, sent.asked, want)?;
    let coins = super::one(params.denom, burnt)?;
    if !coins.is_empty() {
        bank::burn(ctx, &ModuleAccount::LIQUID, &coins)?;
    }
    batch.burnt = add(batch.burnt, burnt)?;
    batch.expected = add(batch.expected, sent.got)?;
    let left = sub(batch.liquid, batch.burnt)?;
    ctx.emit(event::batch_closed(id, burnt, sent.got, value, supply, left));
    let mut ledger = ledger(ctx)?;
    if ledger.open_batch == Some(id) {
        ledger.open_batch = None;
    }
    if left == 0 {
        CLOSING.remove(ctx, &id)?;
        batch.status = Status::Unbonding;
    } else {
        CLOSING.set(ctx, &id, &())?;
        batch.status = Status::Closing;
        batch.attempts = batch.attempts.saturating_add(1);
        batch.last_error = if sent.refusal.is_empty() { "validators have no room".into() } else { sent.refusal };
        ctx.emit(event::batch_delayed(id, batch.attempts, &batch.last_error));
    }
    LEDGER.save(ctx, &ledger)?;
    settle_status(ctx, id, &mut batch)?;
    BATCHES.set(ctx, &id, &batch)?;
    if super::supply(ctx)? == 0 {
        give_away(ctx)?;
    }
    Ok(())
}

/// Rewards that belong to nobody any more go to the community pool: the next staker has not earned them.
fn give_away(ctx: &mut Ctx) -> Result<()> {
    let mut ledger = ledger(ctx)?;
    let waiting = std::mem::take(&mut ledger.waiting);
    LEDGER.save(ctx, &ledger)?;
    position::pay(ctx, None, waiting)
}

/// First what waits to be staked, then what the plan takes from validators.
fn send(ctx: &mut Ctx, id: u64, batch: &mut Batch, position: &Position, want: u128) -> Result<Sent> {
    let mut sent = Sent::default();
    let from_idle = position.idle.min(want);
    let mut ledger = ledger(ctx)?;
    ledger.idle = sub(ledger.idle, from_idle)?;
    LEDGER.save(ctx, &ledger)?;
    batch.received = add(batch.received, from_idle)?;
    (sent.asked, sent.got) = (from_idle, from_idle);
    let plan = math::plan_unstake(&position.places(), want.saturating_sub(from_idle))?;
    for (index, part) in plan {
        let Some(site) = position.sites.get(index) else { continue };
        match ctx.layer(|ctx| begin(ctx, id, site, part)) {
            Ok((tokens, completion, is_new)) => {
                (sent.asked, sent.got) = (add(sent.asked, part)?, add(sent.got, tokens)?);
                batch.mature = batch.mature.max(Some(completion));
                batch.pending = batch.pending.saturating_add(u64::from(is_new));
            }
            Err(Error::Refusal(refusal)) => sent.refusal = refusal.log,
            Err(fault) => return Err(fault),
        }
    }
    Ok(sent)
}

/// One unbonding, recorded under its id. A second one of the same block may have become a part of the first.
fn begin(ctx: &mut Ctx, batch: u64, site: &Site, tokens: u128) -> Result<(u128, Timestamp, bool)> {
    let started = position::undelegate(ctx, site, tokens)?;
    let before = OPERATIONS.get(ctx, &started.id)?;
    let amount = add(before.map_or(0, |op| op.amount), started.tokens)?;
    let operation = Operation { batch, validator: site.operator, amount, completion: started.completion };
    OPERATIONS.set(ctx, &started.id, &operation)?;
    Ok((started.tokens, started.completion, before.is_none()))
}

/// A batch of which nothing is on its way any more is paid.
fn settle_status(ctx: &mut Ctx, id: u64, batch: &mut Batch) -> Result<()> {
    if batch.status == Status::Unbonding && batch.pending == 0 {
        batch.status = Status::Paying;
        PAYING.set(ctx, &id, &())?;
    }
    Ok(())
}

/// Coins of an unbonding of ours came back: they belong to the batch of its operation, less what slashes took.
pub fn credit(ctx: &mut Ctx, unbonding: u64, validator: &ValAddress, paid: u128) -> Result<()> {
    let Some(operation) = OPERATIONS.get(ctx, &unbonding)? else {
        // Not ours to keep: no operation asked for them.
        return position::pay(ctx, None, paid);
    };
    OPERATIONS.remove(ctx, &unbonding)?;
    let mut batch = BATCHES.must(ctx, &operation.batch)?;
    batch.received = add(batch.received, paid)?;
    batch.pending =
        batch.pending.checked_sub(1).ok_or_else(|| Error::fault("liquid staking: lost count of unbondings"))?;
    settle_status(ctx, operation.batch, &mut batch)?;
    BATCHES.set(ctx, &operation.batch, &batch)?;
    let validator = ctx.bech32().val(validator);
    ctx.emit(event::unbonded(operation.batch, unbonding, &validator, operation.amount, paid));
    Ok(())
}

/// Pays a claim of a batch that is back, also one that is worth nothing, and gives the amount.
///
/// # Errors
/// liquidstake 11 without a claim, 13 if the batch is not back.
pub fn pay_claim(ctx: &mut Ctx, id: u64, owner: &AccAddress) -> Result<u128> {
    let claim = CLAIMS.get(ctx, &(id, *owner))?.ok_or_else(|| error::NO_CLAIM.refuse())?;
    let mut batch = BATCHES.must(ctx, &id)?;
    if batch.status != Status::Paying {
        return Err(error::NOT_BACK_YET.because(format!("batch {id}")));
    }
    let paid = math::payout(batch.received, claim, batch.liquid)?;
    batch.paid = add(batch.paid, paid)?;
    remove_claim(ctx, id, owner, &mut batch)?;
    position::pay(ctx, Some(owner), paid)?;
    let coin = Coin::new(staking::bond_denom(ctx)?, Int::from(paid));
    let text = ctx.bech32().acc(owner);
    ctx.emit(event::claim_paid(id, &text, claim, &coin));
    if batch.claims == 0 {
        finish(ctx, id, &batch)?
    } else {
        BATCHES.set(ctx, &id, &batch)?
    }
    Ok(paid)
}

/// What rounding left goes to the stakers.
fn finish(ctx: &mut Ctx, id: u64, batch: &Batch) -> Result<()> {
    let dust = sub(batch.received, batch.paid)?;
    let mut ledger = ledger(ctx)?;
    ledger.idle = add(ledger.idle, dust)?;
    LEDGER.save(ctx, &ledger)?;
    PAYING.remove(ctx, &id)?;
    BATCHES.remove(ctx, &id)?;
    ctx.emit(event::batch_finished(id, batch.received, batch.paid, dust));
    Ok(())
}

/// The next claims that the chain pays by itself, the oldest batch first.
pub fn due_claims(view: &View, budget: usize) -> Result<Vec<(u64, AccAddress)>> {
    let mut due = Vec::new();
    for row in PAYING.iter(view) {
        let (id, ()) = row?;
        for claim in CLAIMS.prefix(view, &id).take(budget.saturating_sub(due.len())) {
            due.push(claim?.0);
        }
        if due.len() >= budget {
            break;
        }
    }
    Ok(due)
}

/// The batch that has to be closed now, if one has: one that waits for room, if it may try again, else the open one when its time came.
pub fn due_batch(view: &View, retry: bool) -> Result<Option<u64>> {
    let waiting = if retry { CLOSING.iter(view).next().transpose()? } else { None };
    if let Some((id, ())) = waiting {
        return Ok(Some(id));
    }
    match ledger(view)?.open_batch {
        Some(id) if BATCHES.must(view, &id)?.close <= view.time() => Ok(Some(id)),
        _ => Ok(None),
    }
}

/// Tries a batch again after an epoch that could not be closed at all.
pub fn postpone(ctx: &mut Ctx, id: u64, reason: &str) -> Result<()> {
    let span = super::params(ctx)?.own.epoch;
    let mut batch = BATCHES.must(ctx, &id)?;
    batch.attempts = batch.attempts.saturating_add(1);
    batch.last_error = reason.to_owned();
    batch.close = ctx.time().plus(span);
    BATCHES.set(ctx, &id, &batch)?;
    ctx.emit(event::batch_delayed(id, batch.attempts, reason));
    Ok(())
}

/// Our account, for those who look at unbondings.
pub fn is_ours(delegator: &AccAddress) -> bool {
    *delegator == account()
}
