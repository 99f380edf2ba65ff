//! Messages of `cosmos.gov.v1`: wire → checked.

pub mod legacy;

use entente_kernel::error::sdk;
use entente_kernel::num::{Coins, Dec};
use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::cosmos::gov::v1 as wire;
use prost_types::Any;
use serde_json::Value;

use super::error;
use super::proposal::{Draft, refuse_unknown};
use super::state::{Choice, Weighted, convert};
use crate::message::Message;
use crate::modules::bank::msg::positive_coins;

/// Proposes messages.
#[derive(Debug, Clone)]
pub struct SubmitProposal {
    pub draft: Draft,
    pub initial_deposit: Coins,
}

impl Message for SubmitProposal {
    type Wire = wire::MsgSubmitProposal;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        refuse_unknown(&wire.messages)?;
        Ok(vec![bech32.parse_acc(&wire.proposer)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        if wire.title.is_empty() {
            return Err(sdk::INVALID_REQUEST.because("proposal title cannot be empty"));
        }
        if wire.summary.is_empty() {
            return Err(sdk::INVALID_REQUEST.because("proposal summary cannot be empty"));
        }
        let proposer = bech32.parse_acc(&wire.proposer).map_err(|e| e.wrap("invalid proposer address"))?;
        if wire.messages.is_empty() && wire.metadata.is_empty() {
            return Err(error::NO_PROPOSAL_MSGS.because("either metadata or Msgs length must be non-nil"));
        }
        check_metadata(&wire)?;
        refuse_unknown(&wire.messages)?;
        let initial_deposit = coins_or_none(&wire.initial_deposit)?;
        let draft = Draft {
            messages: wire.messages,
            metadata: wire.metadata,
            title: wire.title,
            summary: wire.summary,
            proposer,
            expedited: wire.expedited,
        };
        Ok(Self { draft, initial_deposit })
    }
}

fn coins_or_none(wire: &[WireCoin]) -> Result<Coins> {
    if wire.is_empty() { Ok(Coins::empty()) } else { positive_coins(wire) }
}

/// Metadata in the recommended JSON form must repeat title and summary. Any other metadata is allowed.
fn check_metadata(wire: &wire::MsgSubmitProposal) -> Result<()> {
    let Some((title, summary)) = recommended_form(&wire.metadata) else { return Ok(()) };
    let differs = |what: &str, got: &str, wanted: &str| {
        let text = format!("metadata {what} '{got}' must equal proposal {what} '{wanted}'");
        Err(error::INVALID_PROPOSAL_CONTENT.because(text))
    };
    if title != wire.title {
        return differs("title", &title, &wire.title);
    }
    if summary != wire.summary {
        return differs("summary", &summary, &wire.summary);
    }
    Ok(())
}

/// Title and summary of metadata that can be read as the recommended form; what is absent is empty.
fn recommended_form(metadata: &str) -> Option<(String, String)> {
    let object = match serde_json::from_str(metadata).ok()? {
        Value::Object(object) => object,
        Value::Null => return Some(Default::default()),
        _ => return None,
    };
    let (mut title, mut summary) = (String::new(), String::new());
    for (key, value) in object {
        match (key.to_ascii_lowercase().as_str(), value) {
            ("title", Value::String(text)) => title = text,
            ("summary", Value::String(text)) => summary = text,
            ("details" | "proposal_forum_url" | "vote_option_context", Value::String(_)) => {}
            ("authors", Value::Array(names)) if names.iter().all(|n| n.is_string() || n.is_null()) => {}
            (_, Value::Null) => {}
            ("title" | "summary" | "details" | "proposal_forum_url" | "vote_option_context" | "authors", _) => {
                return None;
            }
            _ => {}
        }
    }
    Some((title, summary))
}

/// Adds to the deposits of a proposal.
#[derive(Debug, Clone)]
pub struct Deposit {
    pub id: u64,
    pub depositor: AccAddress,
    pub amount: Coins,
}

impl Message for Deposit {
    type Wire = wire::MsgDeposit;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.depositor)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let depositor = bech32.parse_acc(&wire.depositor).map_err(|e| e.wrap("invalid depositor address"))?;
        Ok(Self { id: wire.proposal_id, depositor, amount: positive_coins(&wire.amount)? })
    }
}

/// Votes with one choice or several weighted ones.
#[derive(Debug, Clone)]
pub struct Vote {
    pub id: u64,
    pub voter: AccAddress,
    pub options: Vec<Weighted>,
    pub metadata: String,
}

impl Message for Vote {
    type Wire = wire::MsgVote;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.voter)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let voter = parse_voter(&wire.voter, bech32)?;
        let choice = Choice::from_number(wire.option).ok_or_else(|| {
            let name = wire::VoteOption::try_from(wire.option).map(|o| o.as_str_name().to_owned());
            error::INVALID_VOTE.because(name.unwrap_or_else(|_| wire.option.to_string()))
        })?;
        let options = vec![Weighted { choice, weight: Dec::ONE.to_string() }];
        Ok(Self { id: wire.proposal_id, voter, options, metadata: wire.metadata })
    }
}

/// A [`Vote`] whose weights the voter chose.
#[derive(Debug, Clone)]
pub struct VoteWeighted(pub Vote);

impl Message for VoteWeighted {
    type Wire = wire::MsgVoteWeighted;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.voter)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let voter = parse_voter(&wire.voter, bech32)?;
        if wire.options.is_empty() {
            return Err(sdk::INVALID_REQUEST.because("null"));
        }
        let options = split(&wire.options)?;
        Ok(Self(Vote { id: wire.proposal_id, voter, options, metadata: wire.metadata }))
    }
}

/// Parts that add up to one, each choice once.
///
/// # Errors
/// `gov` 7.
fn split(wire: &[wire::WeightedVoteOption]) -> Result<Vec<Weighted>> {
    let mut options: Vec<Weighted> = Vec::new();
    let mut total = Dec::ZERO;
    for one in wire {
        let wrong = || error::INVALID_VOTE.because(format!("option:{} weight:{:?} ", one.option, one.weight));
        let (option, weight) = convert::parse_option(one).ok_or_else(wrong)?;
        total = total.add(weight)?;
        if options.iter().any(|o| o.choice == option.choice) {
            return Err(error::INVALID_VOTE.because("duplicated vote option"));
        }
        options.push(option);
    }
    if total > Dec::ONE {
        return Err(error::INVALID_VOTE.because("total weight overflow 1.00"));
    }
    if total < Dec::ONE {
        return Err(error::INVALID_VOTE.because("total weight lower than 1.00"));
    }
    Ok(options)
}

fn parse_voter(text: &str, bech32: &Bech32) -> Result<AccAddress> {
    bech32.parse_acc(text).map_err(|e| e.wrap("invalid voter address"))
}

/// Takes a proposal back.
#[derive(Debug, Clone)]
pub struct CancelProposal {
    pub id: u64,
    pub proposer: AccAddress,
}

impl Message for CancelProposal {
    type Wire = wire::MsgCancelProposal;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.proposer)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let proposer = bech32.parse_acc(&wire.proposer).map_err(|e| e.wrap("invalid proposer address"))?;
        Ok(Self { id: wire.proposal_id, proposer })
    }
}

/// Carries out a content of the first version of governance; by vote.
#[derive(Debug, Clone)]
pub struct ExecLegacyContent {
    pub authority: String,
    pub content: Any,
}

impl Message for ExecLegacyContent {
    type Wire = wire::MsgExecLegacyContent;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, content: wire.content.unwrap_or_default() })
    }
}

/// Replaces the parameters; by vote.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: wire::Params,
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    /// The authority is judged before the parameters, so both wait for the handler.
    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, params: wire.params.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_compared_only_if_it_has_the_recommended_form() {
        let read = |text: &str| recommended_form(text);
        let both = Some(("T".to_owned(), "S".to_owned()));
        assert_eq!(read(r#"{"title":"T","summary":"S","authors":["a"],"x":1}"#), both);
        assert_eq!(read(r#"{"Title":"T","SUMMARY":"S"}"#), both);
        assert_eq!(read(r#"{"title":"T","authors":"a"}"#), None);
        assert_eq!(read(r#"{"title":1}"#), None);
        assert_eq!(read("null"), Some(Default::default()));
        assert_eq!(read("ipfs://x"), None);
        assert_eq!(read("[]"), None);
    }
}
