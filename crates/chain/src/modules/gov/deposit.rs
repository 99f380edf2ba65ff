//! Deposits: taken, given back, burnt, charged.

use entente_kernel::num::{Coin, Coins, Dec, Int};
use entente_kernel::{AccAddress, Ctx, Result, View};

use super::params::Params;
use super::state::{self, Status};
use super::{error, event, must_proposal, params, proposal};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, distribution};

/// Adds to the deposits of a proposal; with enough of them the vote begins, and the answer is yes.
///
/// # Errors
/// `gov` 3 for a decided proposal, `gov` 23 for other denominations than those of `min_deposit`, `gov` 16 for too little.
pub fn add(ctx: &mut Ctx, id: u64, depositor: &AccAddress, amount: &Coins) -> Result<bool> {
    let mut proposal = must_proposal(ctx, id)?;
    if !matches!(proposal.status, Status::Deposit | Status::Voting) {
        return Err(error::INACTIVE_PROPOSAL.because(id));
    }
    let params = params(ctx)?;
    let needed = params.needed_deposit(proposal.expedited)?;
    refuse_denoms(&params, amount)?;
    refuse_little(&params, &needed, amount)?;
    bank::send(ctx, depositor, &ModuleAccount::GOV.address(), amount)?;
    proposal.total_deposit = proposal.total_deposit.add(amount)?;
    proposal::save(ctx, &proposal)?;
    let begins = proposal.status == Status::Deposit && covers(&proposal.total_deposit, needed.as_slice());
    if begins {
        proposal::activate(ctx, &mut proposal)?;
    }
    let key = (id, *depositor);
    let before = state::DEPOSITS.get(ctx, &key)?.unwrap_or_default();
    ctx.emit(event::proposal_deposit(amount, id));
    state::DEPOSITS.set(ctx, &key, &before.add(amount)?)?;
    let held = held(ctx)?.add(amount)?;
    state::HELD.save(ctx, &held)?;
    Ok(begins)
}

/// The sum of all deposits.
pub fn held(view: &View) -> Result<Coins> {
    Ok(state::HELD.load(view)?.unwrap_or_default())
}

/// # Errors
/// `gov` 23.
pub fn refuse_denoms(params: &Params, amount: &Coins) -> Result<()> {
    let accepted = params.min_deposit()?;
    let names = || accepted.denoms().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    match amount.denoms().find(|d| accepted.amount_of(d.as_str()).is_zero()) {
        Some(_) => Err(error::INVALID_DEPOSIT_DENOM
            .because(format!("deposited {amount}, but gov accepts only the following denom(s): [{}]", names()))),
        None => Ok(()),
    }
}

/// A deposit must have a part of what is needed, in one of the denominations.
///
/// # Rounding
/// The part is cut.
fn refuse_little(params: &Params, needed: &Coins, amount: &Coins) -> Result<()> {
    let ratio = params.min_deposit_ratio()?;
    if ratio.is_zero() {
        return Ok(());
    }
    let mut thresholds = Vec::new();
    for coin in needed {
        let threshold = Dec::from_int(coin.amount).mul(ratio)?.truncate_int()?;
        thresholds.push(format!("{threshold}{}", coin.denom));
        let given = amount.amount_of(coin.denom.as_str());
        if given.is_positive() && given >= threshold {
            return Ok(());
        }
    }
    let list = thresholds.join(",");
    let text = format!("received {amount} but need at least one of the following: {list}");
    Err(error::MIN_DEPOSIT_TOO_SMALL.because(text))
}

/// What must come with the proposal itself.
///
/// # Rounding
/// To the nearest, ties to even.
///
/// # Errors
/// `gov` 16.
pub fn refuse_little_initial(params: &Params, amount: &Coins, expedited: bool) -> Result<()> {
    let ratio = params.min_initial_deposit_ratio()?;
    if ratio.is_zero() {
        return Ok(());
    }
    let part = |coin: &Coin| -> Result<Coin> {
        Ok(Coin::new(coin.denom.clone(), Dec::from_int(coin.amount).mul(ratio)?.round_int()?))
    };
    let needed = params.needed_deposit(expedited)?.iter().map(part).collect::<Result<Vec<_>>>()?;
    if covers(amount, &needed) {
        return Ok(());
    }
    let text = needed.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Err(error::MIN_DEPOSIT_TOO_SMALL.because(format!("was ({amount}), need ({text})")))
}

/// Is there at least as much of everything? Nothing covers only nothing.
fn covers(have: &Coins, needed: &[Coin]) -> bool {
    needed.is_empty() || (!have.is_empty() && needed.iter().all(|c| have.amount_of(c.denom.as_str()) >= c.amount))
}

fn of(view: &View, id: u64) -> Result<Vec<(AccAddress, Coins)>> {
    state::DEPOSITS.prefix(view, &id).map(|row| row.map(|((_, who), amount)| (who, amount))).collect()
}

/// Takes a deposit off the books; its coins are for the caller.
fn forget(ctx: &mut Ctx, id: u64, depositor: &AccAddress, amount: &Coins) -> Result<()> {
    state::DEPOSITS.remove(ctx, &(id, *depositor))?;
    let held = held(ctx)?.sub(amount)?;
    state::HELD.save(ctx, &held)
}

/// Gives all deposits back. Gives their number.
pub fn refund(ctx: &mut Ctx, id: u64) -> Result<usize> {
    let deposits = of(ctx, id)?;
    for (depositor, amount) in &deposits {
        bank::send(ctx, &ModuleAccount::GOV.address(), depositor, amount)?;
        forget(ctx, id, depositor, amount)?;
    }
    Ok(deposits.len())
}

/// Burns all deposits. Gives their number.
pub fn burn(ctx: &mut Ctx, id: u64) -> Result<usize> {
    let deposits = of(ctx, id)?;
    let mut total = Coins::empty();
    for (depositor, amount) in &deposits {
        total = total.add(amount)?;
        forget(ctx, id, depositor, amount)?;
    }
    bank::burn(ctx, &ModuleAccount::GOV, &total)?;
    Ok(deposits.len())
}

/// Keeps a part of all deposits (burnt, or for whom the parameters name) and gives the rest back.
///
/// # Rounding
/// What is kept is cut: the depositors gain.
pub fn charge(ctx: &mut Ctx, id: u64) -> Result<()> {
    let (gov, params) = (ModuleAccount::GOV.address(), params(ctx)?);
    let ratio = params.proposal_cancel_ratio()?;
    let mut kept = Coins::empty();
    for (depositor, amount) in of(ctx, id)? {
        let part = |c: &Coin| -> Result<Coin> { Ok(Coin::new(c.denom.clone(), cut(c.amount, ratio)?)) };
        let cost = Coins::new(amount.iter().map(part).collect::<Result<_>>()?)?;
        let rest = amount.sub(&cost)?;
        kept = kept.add(&cost)?;
        if !rest.is_empty() {
            bank::send(ctx, &gov, &depositor, &rest)?;
        }
        forget(ctx, id, &depositor, &amount)?;
    }
    if kept.is_empty() {
        return Ok(());
    }
    match params.proposal_cancel_dest() {
        "" => bank::burn(ctx, &ModuleAccount::GOV, &kept),
        to => {
            let to = ctx.bech32().parse_acc(to)?;
            if to == ModuleAccount::DISTRIBUTION.address() {
                return distribution::fund_community_pool(ctx, &kept, &gov);
            }
            bank::send_from_module(ctx, &ModuleAccount::GOV, &to, &kept)
        }
    }
}

fn cut(amount: Int, ratio: Dec) -> Result<Int> {
    Ok(Dec::from_int(amount).mul(ratio)?.truncate_int()?)
}
