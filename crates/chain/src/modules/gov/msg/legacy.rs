//! Messages of `cosmos.gov.v1beta1`: each becomes its counterpart of `cosmos.gov.v1`.

use entente_kernel::num::Dec;
use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::gov::{v1, v1beta1 as wire};
use prost::Message as _;
use prost_types::Any;

use crate::message::Message;
use crate::modules::auth;
use crate::modules::gov::legacy::{self, EXEC_URL};
use crate::modules::gov::{error, msg};

/// Proposes a content.
#[derive(Debug, Clone)]
pub struct SubmitProposal(pub msg::SubmitProposal);

impl Message for SubmitProposal {
    type Wire = wire::MsgSubmitProposal;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        if let Some(content) = &wire.content {
            legacy::read(content, bech32)?;
        }
        Ok(vec![bech32.parse_acc(&wire.proposer)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let any = wire.content.ok_or_else(|| error::INVALID_PROPOSAL_CONTENT.because("missing content"))?;
        let content = legacy::read(&any, bech32)?;
        legacy::check(&any, &content)?;
        let exec = v1::MsgExecLegacyContent { content: Some(any), authority: bech32.acc(&auth::authority()) };
        let submit = v1::MsgSubmitProposal {
            messages: vec![Any { type_url: EXEC_URL.to_owned(), value: exec.encode_to_vec() }],
            initial_deposit: wire.initial_deposit,
            proposer: wire.proposer,
            metadata: String::new(),
            title: content.title,
            summary: content.description,
            expedited: false,
        };
        msg::SubmitProposal::check(submit, bech32).map(Self)
    }
}

/// Adds to the deposits of a proposal.
#[derive(Debug, Clone)]
pub struct Deposit(pub msg::Deposit);

impl Message for Deposit {
    type Wire = wire::MsgDeposit;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.depositor)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (proposal_id, depositor, amount) = (wire.proposal_id, wire.depositor, wire.amount);
        msg::Deposit::check(v1::MsgDeposit { proposal_id, depositor, amount }, bech32).map(Self)
    }
}

/// Votes with one choice.
#[derive(Debug, Clone)]
pub struct Vote(pub msg::Vote);

impl Message for Vote {
    type Wire = wire::MsgVote;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.voter)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (proposal_id, voter, option) = (wire.proposal_id, wire.voter, wire.option);
        msg::Vote::check(v1::MsgVote { proposal_id, voter, option, metadata: String::new() }, bech32).map(Self)
    }
}

/// Votes with weights.
#[derive(Debug, Clone)]
pub struct VoteWeighted(pub msg::VoteWeighted);

impl Message for VoteWeighted {
    type Wire = wire::MsgVoteWeighted;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.voter)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let option = |w: wire::WeightedVoteOption| v1::WeightedVoteOption {
            option: w.option,
            weight: Dec::from_scaled_str(&w.weight).map_or_else(|_| "<nil>".to_owned(), |d| d.to_string()),
        };
        let vote = v1::MsgVoteWeighted {
            proposal_id: wire.proposal_id,
            voter: wire.voter,
            options: wire.options.into_iter().map(option).collect(),
            metadata: String::new(),
        };
        msg::VoteWeighted::check(vote, bech32).map(Self)
    }
}
