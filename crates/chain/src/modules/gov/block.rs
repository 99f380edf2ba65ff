//! What gov does at the end of a block: forgets proposals without deposit, decides those whose vote is over.

use entente_kernel::{Ctx, Error, Result};

use super::event::Result as Ended;
use super::state::{self, Packed, Proposal, Status};
use super::{deposit, event, params, proposal, tally, vote};
use crate::modules::auth::ModuleAccount;
use crate::modules::bank;
use crate::route;

/// Deposits and votes that one block handles. When they are used up, the next proposal waits for the next block.
const BUDGET: usize = 200_000;

/// Ends deposit periods, then voting periods, in the order of their ends.
pub fn end(ctx: &mut Ctx) -> Result<()> {
    let mut used = 0_usize;
    while used < BUDGET {
        let next = state::INACTIVE.through(ctx, &ctx.time()).next().transpose()?;
        let Some(((_, id), ())) = next else { break };
        used = used.saturating_add(drop_proposal(ctx, id)?).saturating_add(1);
    }
    while used < BUDGET {
        let next = state::ACTIVE.through(ctx, &ctx.time()).next().transpose()?;
        let Some((key, ())) = next else { break };
        state::ACTIVE.remove(ctx, &key)?;
        used = used.saturating_add(decide(ctx, key.1)?).saturating_add(1);
    }
    Ok(())
}

/// Not enough deposits in time: the proposal is forgotten. Gives the work done.
fn drop_proposal(ctx: &mut Ctx, id: u64) -> Result<usize> {
    let record = state::PROPOSALS.must(ctx, &id)?;
    proposal::remove(ctx, &record)?;
    let work = settle(ctx, id, params(ctx)?.burn_proposal_deposit_prevote())?;
    ctx.emit(event::inactive_proposal(id, Ended::Dropped));
    Ok(work)
}

/// Deposits are burnt or given back. Nothing but the gov account's own authorisations can take the coins away before; then the
/// deposits stay on the books and the chain goes on.
fn settle(ctx: &mut Ctx, id: u64, burn: bool) -> Result<usize> {
    let settled = ctx.layer(|ctx| if burn { deposit::burn(ctx, id) } else { deposit::refund(ctx, id) });
    match settled {
        Err(Error::Refusal(r)) => {
            ctx.emit(event::deposits_kept(id, &r.log));
            Ok(0)
        }
        other => other,
    }
}

/// The vote is over: it is counted, and the proposal carried out, rejected, or made an ordinary one. Gives the work done.
fn decide(ctx: &mut Ctx, id: u64) -> Result<usize> {
    let mut record = state::PROPOSALS.must(ctx, &id)?;
    let outcome = tally::outcome(ctx, &record)?;
    let mut work = vote::forget(ctx, id)?;
    if outcome.passes || !record.expedited {
        work = work.saturating_add(settle(ctx, id, outcome.burn)?);
    }
    let (ended, log) = if outcome.passes {
        carry_out(ctx, &mut record)?
    } else if record.expedited {
        make_ordinary(ctx, &mut record)?;
        (Ended::ExpeditedRejected, "expedited proposal converted to regular".to_owned())
    } else {
        record.status = Status::Rejected;
        "proposal did not get enough votes to pass".clone_into(&mut record.failed_reason);
        (Ended::Rejected, "rejected".to_owned())
    };
    record.tally = outcome.tally;
    proposal::save(ctx, &record)?;
    ctx.emit(event::active_proposal(id, ended, &log));
    Ok(work)
}

/// The ordinary voting period, counted from the same start, goes on.
fn make_ordinary(ctx: &mut Ctx, record: &mut Proposal) -> Result<()> {
    record.expedited = false;
    let start = record.voting_start.unwrap_or_else(|| ctx.time());
    let end = start.plus(params(ctx)?.voting_period()?);
    record.voting_end = Some(end);
    state::ACTIVE.set(ctx, &(end, record.id), &())
}

/// Carries out all messages or none.
fn carry_out(ctx: &mut Ctx, record: &mut Proposal) -> Result<(Ended, String)> {
    let mut at = (0_usize, String::new());
    let messages = record.messages.clone();
    match ctx.layer(|ctx| execute(ctx, &messages, &mut at)) {
        Ok(()) => {
            record.status = Status::Passed;
            Ok((Ended::Passed, "passed".to_owned()))
        }
        Err(Error::Refusal(r)) => {
            record.status = Status::Failed;
            let (index, url) = at;
            let log = format!("passed, but msg {index} ({url}) failed on execution: {}", r.log);
            record.failed_reason = r.log;
            Ok((Ended::Failed, log))
        }
        Err(fault) => Err(fault),
    }
}

fn execute(ctx: &mut Ctx, messages: &[Packed], at: &mut (usize, String)) -> Result<()> {
    for (index, message) in messages.iter().enumerate() {
        *at = (index, message.type_url.clone());
        let any = message.any();
        proposal::refuse_other_signers(ctx, &any)?;
        route::handle(ctx, &any)?;
    }
    let (have, held) = (bank::balances(ctx, &ModuleAccount::GOV.address())?, deposit::held(ctx)?);
    if !held.is_all_lte(&have) {
        let text = format!("the messages leave {have} in the account of gov, where deposits of {held} lie");
        return Err(Error::plain(text));
    }
    Ok(())
}
