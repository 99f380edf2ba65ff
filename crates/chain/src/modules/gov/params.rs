//! What a vote can change in gov.

use entente_kernel::num::{Coins, Dec};
use entente_kernel::state::Value;
use entente_kernel::{Bech32, Error, Result, Span};
use entente_proto::cosmos::gov::v1 as wire;
use prost::Message as _;

use crate::wire::{parse_coins, parse_span};

/// Checked parameters. They stay in their wire form, since clients see decimals as they were written in the proposal or genesis.
#[derive(Debug, Clone, PartialEq)]
pub struct Params(wire::Params);

impl Value for Params {
    fn append_bytes(&self, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        self.0.encode(out).unwrap_or_default();
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        wire::Params::decode(bytes).ok().map(Self)
    }
}

impl Params {
    /// # Errors
    /// A refusal that names the field, its value and what is allowed, in upstream's order.
    ///
    /// # Compatibility
    /// `min_deposit_ratio` must be a number from 0 to 1. Upstream takes any text, and then refuses every deposit for ever.
    pub fn from_wire(wire: wire::Params, bech32: &Bech32) -> Result<Self> {
        let p = Self(wire);
        p.check_deposits()?;
        positive(p.max_deposit_period()?, "maximum deposit period")?;
        p.check_votes()?;
        let voting = p.voting_period()?;
        positive(voting, "voting period")?;
        let expedited = p.expedited_voting_period()?;
        positive(expedited, "expedited voting period")?;
        if expedited >= voting {
            let text = format!(
                "expedited voting period {expedited} must be strictly less that the regular voting period {voting}"
            );
            return Err(Error::plain(text));
        }
        ratio(p.min_initial_deposit_ratio()?, "mininum initial deposit ratio of proposal")?;
        ratio(p.proposal_cancel_ratio()?, "burn rate of cancel proposal")?;
        ratio(p.min_deposit_ratio()?, "minimum deposit ratio")?;
        let to = &p.0.proposal_cancel_dest;
        if !to.is_empty() && bech32.parse_acc(to).is_err() {
            return Err(Error::plain(format!("deposits destination address is invalid: {to}")));
        }
        Ok(p)
    }

    fn check_deposits(&self) -> Result<()> {
        let (regular, expedited) = (self.min_deposit()?, self.expedited_min_deposit()?);
        if regular.is_empty() {
            return Err(Error::plain("invalid minimum deposit: "));
        }
        if expedited.is_empty() {
            return Err(Error::plain("invalid expedited minimum deposit: "));
        }
        if expedited.is_all_lte(&regular) {
            let text = format!("expedited minimum deposit must be greater than minimum deposit: {expedited}");
            return Err(Error::plain(text));
        }
        Ok(())
    }

    fn check_votes(&self) -> Result<()> {
        let quorum = self.quorum()?;
        if quorum.is_negative() {
            return Err(Error::plain(format!("quorom cannot be negative: {quorum}")));
        }
        if quorum > Dec::ONE {
            return Err(Error::plain(format!("quorom too large: {}", self.0.quorum)));
        }
        let (regular, expedited) = (self.threshold(false)?, self.threshold(true)?);
        share(regular, "vote threshold")?;
        share(expedited, "expedited vote threshold")?;
        if expedited <= regular {
            let text =
                format!("expedited vote threshold {expedited}, must be greater than the regular threshold {regular}");
            return Err(Error::plain(text));
        }
        share(self.veto_threshold()?, "veto threshold")
    }

    pub fn to_wire(&self) -> wire::Params {
        self.0.clone()
    }

    pub fn min_deposit(&self) -> Result<Coins> {
        parse_coins(&self.0.min_deposit, "invalid minimum deposit")
    }

    pub fn expedited_min_deposit(&self) -> Result<Coins> {
        parse_coins(&self.0.expedited_min_deposit, "invalid expedited minimum deposit")
    }

    /// What a proposal needs before it is voted on.
    pub fn needed_deposit(&self, expedited: bool) -> Result<Coins> {
        if expedited { self.expedited_min_deposit() } else { self.min_deposit() }
    }

    /// How long deposits are collected.
    pub fn max_deposit_period(&self) -> Result<Span> {
        span(self.0.max_deposit_period.as_ref(), "maximum deposit period")
    }

    pub fn voting_period(&self) -> Result<Span> {
        span(self.0.voting_period.as_ref(), "voting period")
    }

    pub fn expedited_voting_period(&self) -> Result<Span> {
        span(self.0.expedited_voting_period.as_ref(), "expedited voting period")
    }

    /// The part of the bonded native stake that must vote.
    pub fn quorum(&self) -> Result<Dec> {
        dec(&self.0.quorum, "quorum string")
    }

    /// The part of those who do not abstain that must say yes.
    pub fn threshold(&self, expedited: bool) -> Result<Dec> {
        if expedited {
            dec(&self.0.expedited_threshold, "expedited threshold string")
        } else {
            dec(&self.0.threshold, "threshold string")
        }
    }

    /// Above this part of all votes, vetoes reject a proposal.
    pub fn veto_threshold(&self) -> Result<Dec> {
        dec(&self.0.veto_threshold, "vetoThreshold string")
    }

    /// The part of the needed deposit that must come with the proposal.
    pub fn min_initial_deposit_ratio(&self) -> Result<Dec> {
        dec(&self.0.min_initial_deposit_ratio, "mininum initial deposit ratio of proposal")
    }

    /// The part of the needed deposit that each deposit must have.
    pub fn min_deposit_ratio(&self) -> Result<Dec> {
        dec(&self.0.min_deposit_ratio, "minimum deposit ratio")
    }

    /// The part of the deposits that a cancelled proposal costs.
    pub fn proposal_cancel_ratio(&self) -> Result<Dec> {
        dec(&self.0.proposal_cancel_ratio, "burn rate of cancel proposal")
    }

    /// Who gets what a cancelled proposal costs; empty: it is burnt.
    pub fn proposal_cancel_dest(&self) -> &str {
        &self.0.proposal_cancel_dest
    }

    pub fn burn_vote_quorum(&self) -> bool {
        self.0.burn_vote_quorum
    }

    pub fn burn_proposal_deposit_prevote(&self) -> bool {
        self.0.burn_proposal_deposit_prevote
    }

    pub fn burn_vote_veto(&self) -> bool {
        self.0.burn_vote_veto
    }
}

fn dec(text: &str, what: &str) -> Result<Dec> {
    text.parse().map_err(|e| Error::plain(format!("invalid {what}: {e}")))
}

fn span(wire: Option<&prost_types::Duration>, name: &str) -> Result<Span> {
    let wire = wire.ok_or_else(|| Error::plain(format!("{name} must not be nil: 0")))?;
    parse_span(wire, name)
}

fn positive(span: Span, name: &str) -> Result<()> {
    if !span.is_positive() {
        return Err(Error::plain(format!("{name} must be positive: {span}")));
    }
    Ok(())
}

/// Above 0, at most 1.
fn share(value: Dec, name: &str) -> Result<()> {
    if !value.is_positive() {
        return Err(Error::plain(format!("{name} must be positive: {value}")));
    }
    if value > Dec::ONE {
        return Err(Error::plain(format!("{name} too large: {value}")));
    }
    Ok(())
}

/// From 0 to 1.
fn ratio(value: Dec, name: &str) -> Result<()> {
    if value.is_negative() {
        return Err(Error::plain(format!("{name} must be positive: {value}")));
    }
    if value > Dec::ONE {
        return Err(Error::plain(format!("{name} is too large: {value}")));
    }
    Ok(())
}
