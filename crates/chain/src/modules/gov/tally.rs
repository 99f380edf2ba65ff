//! Counting votes.

use std::collections::BTreeMap;

use entente_kernel::num::{Dec, Int};
use entente_kernel::{AccAddress, Result, ValAddress, View};

use super::params;
use super::params::Params;
use super::state::{self, Choice, Proposal, Tally, Weighted};
use crate::hooks;
use crate::modules::auth::ModuleAccount;
use crate::modules::{alliance, staking};

/// What a count leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub passes: bool,
    pub burn: bool,
    pub tally: Tally,
}

/// A bonded validator, with what its delegators do not vote themselves.
struct Seat {
    tokens: Int,
    shares: Dec,
    /// Shares whose holders voted.
    deducted: Dec,
    /// Shares of alliance's virtual stake whose stakers did not vote.
    virtual_shares: Dec,
    vote: Vec<Weighted>,
}

impl Seat {
    /// Stake behind shares.
    ///
    /// # Rounding
    /// To the nearest; a validator without shares has no stake.
    fn power(&self, shares: Dec) -> Result<Dec> {
        if self.shares.is_zero() {
            return Ok(Dec::ZERO);
        }
        Ok(shares.mul_int(self.tokens)?.quo(self.shares)?)
    }
}

/// Stake by choice.
#[derive(Default)]
struct Count {
    yes: Dec,
    abstain: Dec,
    no: Dec,
    no_with_veto: Dec,
    total: Dec,
    /// What of `total` is alliance's virtual stake.
    of_which_virtual: Dec,
}

impl Count {
    fn add(&mut self, options: &[Weighted], power: Dec) -> Result<()> {
        for option in options {
            let weight: Dec = option.weight.parse()?;
            let part = power.mul(weight)?;
            let slot = match option.choice {
                Choice::Yes => &mut self.yes,
                Choice::Abstain => &mut self.abstain,
                Choice::No => &mut self.no,
                Choice::NoWithVeto => &mut self.no_with_veto,
            };
            *slot = slot.add(part)?;
        }
        self.total = self.total.add(power)?;
        Ok(())
    }

    fn tally(&self) -> Result<Tally> {
        Ok(Tally {
            yes: self.yes.truncate_int()?,
            abstain: self.abstain.truncate_int()?,
            no: self.no.truncate_int()?,
            no_with_veto: self.no_with_veto.truncate_int()?,
        })
    }
}

/// Counts the votes on a proposal as they stand.
pub fn outcome(view: &View, proposal: &Proposal) -> Result<Outcome> {
    let mut seats = seats(view)?;
    let mut count = Count::default();
    for row in state::VOTES.prefix(view, &proposal.id) {
        let ((_, voter), vote) = row?;
        if let Some(seat) = seats.get_mut(&ValAddress::from(voter)) {
            seat.vote.clone_from(&vote.options);
        }
        delegator_votes(view, &voter, &vote.options, &mut seats, &mut count)?;
    }
    for seat in seats.values().filter(|s| !s.vote.is_empty()) {
        let rest = seat.shares.sub(seat.deducted)?;
        count.add(&seat.vote, seat.power(rest)?)?;
        count.of_which_virtual = count.of_which_virtual.add(seat.power(seat.virtual_shares)?)?;
    }
    let bonded = staking::total_bonded_tokens(view)?.sub(hooks::virtual_bonded_stake(view)?)?;
    let (passes, burn) = verdict(&count, bonded, &params(view)?, proposal.expedited)?;
    Ok(Outcome { passes, burn, tally: count.tally()? })
}

fn seats(view: &View) -> Result<BTreeMap<ValAddress, Seat>> {
    let holder = ModuleAccount::ALLIANCE.address();
    let mut seats = BTreeMap::new();
    for validator in staking::bonded_validators_by_power(view)? {
        let held = staking::delegation(view, &holder, &validator.operator)?;
        let seat = Seat {
            tokens: validator.tokens,
            shares: validator.delegator_shares,
            deducted: Dec::ZERO,
            virtual_shares: held.map_or(Dec::ZERO, |d| d.shares),
            vote: Vec::new(),
        };
        seats.insert(validator.operator, seat);
    }
    Ok(seats)
}

/// A voter's own stake, native and through alliance, counts for what the voter says.
fn delegator_votes(
    view: &View,
    voter: &AccAddress,
    options: &[Weighted],
    seats: &mut BTreeMap<ValAddress, Seat>,
    count: &mut Count,
) -> Result<()> {
    for delegation in staking::delegations_of(view, voter) {
        let delegation = delegation?;
        if let Some(seat) = seats.get_mut(&delegation.validator) {
            seat.deducted = seat.deducted.add(delegation.shares)?;
            count.add(options, seat.power(delegation.shares)?)?;
        }
    }
    for (validator, shares) in alliance::governance_stake(view, voter)? {
        if let Some(seat) = seats.get_mut(&validator) {
            // Rounded parts can add up to more than the whole.
            let shares = shares.min(seat.virtual_shares);
            seat.deducted = seat.deducted.add(shares)?;
            seat.virtual_shares = seat.virtual_shares.sub(shares)?;
            let power = seat.power(shares)?;
            count.of_which_virtual = count.of_which_virtual.add(power)?;
            count.add(options, power)?;
        }
    }
    Ok(())
}

/// Does the proposal pass, and if not, are the deposits burnt? In this order: stake, quorum, somebody who does not abstain, vetoes,
/// threshold.
fn verdict(count: &Count, bonded: Int, params: &Params, expedited: bool) -> Result<(bool, bool)> {
    if !bonded.is_positive() {
        return Ok((false, false));
    }
    let native = count.total.sub(count.of_which_virtual)?;
    if native.quo(Dec::from_int(bonded))? < params.quorum()? {
        return Ok((false, params.burn_vote_quorum()));
    }
    let decided = count.total.sub(count.abstain)?;
    if decided.is_zero() {
        return Ok((false, false));
    }
    if count.no_with_veto.quo(count.total)? > params.veto_threshold()? {
        return Ok((false, params.burn_vote_veto()));
    }
    Ok((count.yes.quo(decided)? > params.threshold(expedited)?, false))
}
