//! Records of gov to and from the messages of `cosmos.gov.v1`.

use entente_kernel::num::{Coins, Dec};
use entente_kernel::{AccAddress, Bech32, Error, Result, Timestamp};
use entente_proto::cosmos::gov::v1 as wire;

use super::{Choice, Packed, Proposal, Status, Tally, Vote, Weighted};
use crate::wire::{coins, parse_coins, parse_timestamp, timestamp};

pub fn proposal(p: &Proposal, bech32: &Bech32) -> wire::Proposal {
    wire::Proposal {
        id: p.id,
        messages: p.messages.iter().map(Packed::any).collect(),
        status: p.status.number(),
        final_tally_result: Some(p.tally.to_wire()),
        submit_time: Some(timestamp(p.submit_time)),
        deposit_end_time: Some(timestamp(p.deposit_end)),
        total_deposit: coins(&p.total_deposit),
        voting_start_time: p.voting_start.map(timestamp),
        voting_end_time: p.voting_end.map(timestamp),
        metadata: p.metadata.clone(),
        title: p.title.clone(),
        summary: p.summary.clone(),
        proposer: p.proposer.map(|a| bech32.acc(&a)).unwrap_or_default(),
        expedited: p.expedited,
        failed_reason: p.failed_reason.clone(),
    }
}

/// # Errors
/// A refusal that names the field.
pub fn parse_proposal(p: wire::Proposal, bech32: &Bech32) -> Result<Proposal> {
    let time = |wire: Option<&prost_types::Timestamp>, field| wire.map(|t| parse_timestamp(t, field)).transpose();
    let status = Status::from_number(p.status)
        .ok_or_else(|| Error::plain(format!("proposal {}: status {} is none of 1 to 5", p.id, p.status)))?;
    let voting_end = time(p.voting_end_time.as_ref(), "voting_end_time")?;
    if status == Status::Voting && voting_end.is_none() {
        return Err(Error::plain(format!("proposal {}: voting_end_time is absent in the voting period", p.id)));
    }
    let proposer = match p.proposer.as_str() {
        "" => None,
        text => Some(bech32.parse_acc(text).map_err(|e| e.wrap("proposer"))?),
    };
    Ok(Proposal {
        id: p.id,
        messages: p.messages.into_iter().map(Into::into).collect(),
        status,
        tally: p.final_tally_result.as_ref().map(Tally::from_wire).transpose()?.unwrap_or_default(),
        submit_time: time(p.submit_time.as_ref(), "submit_time")?.unwrap_or(Timestamp::NEVER),
        deposit_end: time(p.deposit_end_time.as_ref(), "deposit_end_time")?.unwrap_or(Timestamp::NEVER),
        total_deposit: parse_coins(&p.total_deposit, "total_deposit")?,
        voting_start: time(p.voting_start_time.as_ref(), "voting_start_time")?,
        voting_end,
        metadata: p.metadata,
        title: p.title,
        summary: p.summary,
        proposer,
        expedited: p.expedited,
        failed_reason: p.failed_reason,
    })
}

pub fn options(vote: &[Weighted]) -> Vec<wire::WeightedVoteOption> {
    let one = |w: &Weighted| wire::WeightedVoteOption { option: w.choice.number(), weight: w.weight.clone() };
    vote.iter().map(one).collect()
}

pub fn vote(id: u64, voter: &AccAddress, vote: &Vote, bech32: &Bech32) -> wire::Vote {
    wire::Vote {
        proposal_id: id,
        voter: bech32.acc(voter),
        options: options(&vote.options),
        metadata: vote.metadata.clone(),
    }
}

/// One part of a vote; `None` if it is no choice, or its weight no decimal above 0 and at most 1.
pub fn parse_option(wire: &wire::WeightedVoteOption) -> Option<(Weighted, Dec)> {
    let choice = Choice::from_number(wire.option)?;
    let weight: Dec = wire.weight.parse().ok()?;
    let fits = weight.is_positive() && weight <= Dec::ONE;
    fits.then(|| (Weighted { choice, weight: wire.weight.clone() }, weight))
}

pub fn deposit(id: u64, depositor: &AccAddress, amount: &Coins, bech32: &Bech32) -> wire::Deposit {
    wire::Deposit { proposal_id: id, depositor: bech32.acc(depositor), amount: coins(amount) }
}
