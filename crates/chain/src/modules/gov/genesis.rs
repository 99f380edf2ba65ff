//! Gov in a genesis file.

use std::collections::BTreeSet;

use entente_kernel::num::Coins;
use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::cosmos::gov::v1 as wire;

use super::params::Params;
use super::proposal;
use super::state::{self, Status, Vote, convert};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::bank;
use crate::wire::parse_coins;

/// Fills the empty state.
///
/// # Errors
/// A refusal that names the field; among them records of proposals that do not exist, and a balance of the module account below the sum
/// of the deposits. More than that is allowed, since anybody may send coins to the account.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    if genesis.starting_proposal_id == 0 {
        return Err(Error::plain("starting proposal id must be greater than 0"));
    }
    state::NEXT_ID.set(ctx, genesis.starting_proposal_id)?;
    let params = genesis.params.ok_or_else(|| Error::plain("params is absent"))?;
    let params = Params::from_wire(params, ctx.bech32()).map_err(|e| e.wrap("params"))?;
    state::PARAMS.save(ctx, &params)?;
    state::CONSTITUTION.save(ctx, &genesis.constitution)?;
    let account = ModuleAccount::GOV.address();
    auth::ensure_account(ctx, &account)?;
    let ids = proposals(ctx, genesis.proposals)?;
    let total = deposits(ctx, &genesis.deposits, &ids)?;
    votes(ctx, genesis.votes, &ids)?;
    state::HELD.save(ctx, &total)?;
    let balance = bank::balances(ctx, &account)?;
    if !total.is_all_lte(&balance) {
        return Err(Error::plain(format!("the module account holds {balance}, the deposits are {total}")));
    }
    Ok(())
}

fn proposals(ctx: &mut Ctx, list: Vec<wire::Proposal>) -> Result<BTreeSet<u64>> {
    let mut ids = BTreeSet::new();
    for wire in list {
        let record = convert::parse_proposal(wire, ctx.bech32()).map_err(|e| e.wrap("proposals"))?;
        if !ids.insert(record.id) {
            return Err(Error::plain(format!("duplicate proposal id: {}", record.id)));
        }
        match (record.status, record.voting_end) {
            (Status::Deposit, _) => state::INACTIVE.set(ctx, &(record.deposit_end, record.id), &())?,
            (Status::Voting, Some(end)) => state::ACTIVE.set(ctx, &(end, record.id), &())?,
            _ => {}
        }
        proposal::save(ctx, &record)?;
    }
    Ok(ids)
}

fn deposits(ctx: &mut Ctx, list: &[wire::Deposit], ids: &BTreeSet<u64>) -> Result<Coins> {
    let mut total = Coins::empty();
    for d in list {
        known(ids, d.proposal_id, "deposit")?;
        let depositor = ctx.bech32().parse_acc(&d.depositor).map_err(|e| e.wrap("deposits"))?;
        let amount = parse_coins(&d.amount, "deposits")?;
        let key = (d.proposal_id, depositor);
        if state::DEPOSITS.has(ctx, &key)? {
            return Err(Error::plain(format!("duplicate deposit of {} on {}", d.depositor, d.proposal_id)));
        }
        state::DEPOSITS.set(ctx, &key, &amount)?;
        total = total.add(&amount)?;
    }
    Ok(total)
}

fn votes(ctx: &mut Ctx, list: Vec<wire::Vote>, ids: &BTreeSet<u64>) -> Result<()> {
    for v in list {
        known(ids, v.proposal_id, "vote")?;
        let voter = ctx.bech32().parse_acc(&v.voter).map_err(|e| e.wrap("votes"))?;
        let wrong = || Error::plain(format!("votes: {} on {}: an option is invalid", v.voter, v.proposal_id));
        let option = |o| convert::parse_option(o).map(|(option, _)| option);
        let options = v.options.iter().map(option).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        let key = (v.proposal_id, voter);
        if state::VOTES.has(ctx, &key)? {
            return Err(Error::plain(format!("duplicate vote of {} on {}", v.voter, v.proposal_id)));
        }
        state::VOTES.set(ctx, &key, &Vote { options, metadata: v.metadata })?;
    }
    Ok(())
}

fn known(ids: &BTreeSet<u64>, id: u64, what: &str) -> Result<()> {
    if ids.contains(&id) {
        return Ok(());
    }
    Err(Error::plain(format!("{what} has non-existent proposal id: {id}")))
}

/// The whole state.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let b = view.bech32();
    Ok(wire::GenesisState {
        starting_proposal_id: state::NEXT_ID.peek(view)?,
        deposits: state::DEPOSITS
            .iter(view)
            .map(|row| row.map(|((id, who), amount)| convert::deposit(id, &who, &amount, b)))
            .collect::<Result<_>>()?,
        votes: state::VOTES
            .iter(view)
            .map(|row| row.map(|((id, who), vote)| convert::vote(id, &who, &vote, b)))
            .collect::<Result<_>>()?,
        proposals: state::PROPOSALS
            .iter(view)
            .map(|row| row.map(|(_, p)| convert::proposal(&p, b)))
            .collect::<Result<_>>()?,
        params: Some(super::params(view)?.to_wire()),
        constitution: state::CONSTITUTION.load(view)?.unwrap_or_default(),
        ..Default::default()
    })
}
