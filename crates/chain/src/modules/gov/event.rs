//! What gov reports, with the SDK's names.

use entente_kernel::Event;
use entente_kernel::num::Coins;

/// How the end of a deposit or voting period is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Result {
    Dropped,
    Passed,
    Rejected,
    ExpeditedRejected,
    Failed,
}

impl Result {
    const fn text(self) -> &'static str {
        match self {
            Self::Dropped => "proposal_dropped",
            Self::Passed => "proposal_passed",
            Self::Rejected => "proposal_rejected",
            Self::ExpeditedRejected => "expedited_proposal_rejected",
            Self::Failed => "proposal_failed",
        }
    }
}

/// `messages` are type URLs, each after a comma.
pub fn submit_proposal(id: u64, messages: &str) -> Event {
    Event::new("submit_proposal").with("proposal_id", id).with("proposal_messages", messages)
}

pub fn voting_starts_at_submission(id: u64) -> Event {
    Event::new("submit_proposal").with("voting_period_start", id)
}

pub fn voting_starts_at_deposit(id: u64) -> Event {
    Event::new("proposal_deposit").with("voting_period_start", id)
}

pub fn proposal_deposit(amount: &Coins, id: u64) -> Event {
    Event::new("proposal_deposit").with("amount", amount).with("proposal_id", id)
}

pub fn proposal_vote(voter: &str, options: &str, id: u64) -> Event {
    Event::new("proposal_vote").with("voter", voter).with("option", options).with("proposal_id", id)
}

pub fn cancel_proposal(sender: &str, id: u64) -> Event {
    Event::new("cancel_proposal").with("sender", sender).with("proposal_id", id)
}

pub fn inactive_proposal(id: u64, result: Result) -> Event {
    Event::new("inactive_proposal").with("proposal_id", id).with("proposal_result", result.text())
}

pub fn active_proposal(id: u64, result: Result, log: &str) -> Event {
    Event::new("active_proposal")
        .with("proposal_id", id)
        .with("proposal_result", result.text())
        .with("proposal_log", log)
}

/// Deposits that could not be given back: somebody whom the gov account had authorised took the coins. Not of the SDK, which stops.
pub fn deposits_kept(id: u64, cause: &str) -> Event {
    Event::new("entente.gov.DepositsKept").with("proposal_id", id).with("cause", cause)
}
