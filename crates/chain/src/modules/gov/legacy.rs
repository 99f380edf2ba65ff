//! Contents of the first version of governance: each that still means something becomes the message that replaced it.

use entente_kernel::error::sdk;
use entente_kernel::{Bech32, Error, Result};
use entente_proto::alliance::alliance;
use entente_proto::cosmos::distribution::v1beta1 as distribution;
use entente_proto::cosmos::gov::v1beta1 as gov;
use entente_proto::cosmos::params::v1beta1 as params;
use entente_proto::cosmos::upgrade::v1beta1 as upgrade;
use prost_types::Any;

use super::error;
use crate::modules::alliance as alliance_module;
use crate::modules::auth;
use crate::modules::bank::msg::positive_coins;
use crate::modules::distribution::error as distribution_error;

/// The message that carries a content.
pub const EXEC_URL: &str = "/cosmos.gov.v1.MsgExecLegacyContent";

const SPEND_URL: &str = "/cosmos.distribution.v1beta1.CommunityPoolSpendProposal";

const TITLE_LEN_MAX: usize = 140;
const DESCRIPTION_LEN_MAX: usize = 10_000;

/// A content: what people read, and what it does.
#[derive(Debug, Clone)]
pub struct Content {
    pub title: String,
    pub description: String,
    pub action: Action,
}

#[derive(Debug, Clone)]
pub enum Action {
    /// A text: only its acceptance matters.
    Nothing,
    /// What now does the same.
    Message(Any),
    /// Its module does not take contents any more.
    Gone(&'static str),
}

/// Reads a content.
///
/// # Errors
/// `sdk` 2 for unknown types and broken bytes: such bytes are no transaction.
pub fn read(any: &Any, bech32: &Bech32) -> Result<Content> {
    crate::modules::alliance::check_content(any)?;
    let authority = bech32.acc(&auth::authority());
    match any.type_url.as_str() {
        "/cosmos.gov.v1beta1.TextProposal" => {
            let c: gov::TextProposal = decode(any)?;
            Ok(Content { title: c.title, description: c.description, action: Action::Nothing })
        }
        SPEND_URL => {
            let c: distribution::CommunityPoolSpendProposal = decode(any)?;
            let m = distribution::MsgCommunityPoolSpend { authority, recipient: c.recipient, amount: c.amount };
            Ok(content(c.title, c.description, "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend", &m))
        }
        "/cosmos.upgrade.v1beta1.SoftwareUpgradeProposal" => {
            let c: upgrade::SoftwareUpgradeProposal = decode(any)?;
            let m = upgrade::MsgSoftwareUpgrade { authority, plan: c.plan };
            Ok(content(c.title, c.description, "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade", &m))
        }
        "/cosmos.upgrade.v1beta1.CancelSoftwareUpgradeProposal" => {
            let c: upgrade::CancelSoftwareUpgradeProposal = decode(any)?;
            let m = upgrade::MsgCancelUpgrade { authority };
            Ok(content(c.title, c.description, "/cosmos.upgrade.v1beta1.MsgCancelUpgrade", &m))
        }
        "/cosmos.params.v1beta1.ParameterChangeProposal" => {
            let c: params::ParameterChangeProposal = decode(any)?;
            Ok(Content { title: c.title, description: c.description, action: Action::Gone("params") })
        }
        "/alliance.alliance.MsgCreateAllianceProposal" => create_alliance(decode(any)?, authority),
        "/alliance.alliance.MsgUpdateAllianceProposal" => update_alliance(decode(any)?, authority),
        "/alliance.alliance.MsgDeleteAllianceProposal" => {
            let c: alliance::MsgDeleteAllianceProposal = decode(any)?;
            let m = alliance::MsgDeleteAlliance { authority, denom: c.denom };
            Ok(content(c.title, c.description, "/alliance.alliance.MsgDeleteAlliance", &m))
        }
        unknown => Err(sdk::TX_DECODE.because(format!("unable to resolve type URL {unknown}"))),
    }
}

fn create_alliance(c: alliance::MsgCreateAllianceProposal, authority: String) -> Result<Content> {
    let m = alliance::MsgCreateAlliance {
        authority,
        denom: c.denom,
        reward_weight: c.reward_weight,
        take_rate: c.take_rate,
        reward_change_rate: c.reward_change_rate,
        reward_change_interval: c.reward_change_interval,
        reward_weight_range: c.reward_weight_range,
    };
    Ok(content(c.title, c.description, "/alliance.alliance.MsgCreateAlliance", &m))
}

fn update_alliance(c: alliance::MsgUpdateAllianceProposal, authority: String) -> Result<Content> {
    let m = alliance::MsgUpdateAlliance {
        authority,
        denom: c.denom,
        reward_weight: c.reward_weight,
        take_rate: c.take_rate,
        reward_change_rate: c.reward_change_rate,
        reward_change_interval: c.reward_change_interval,
        reward_weight_range: c.reward_weight_range,
    };
    Ok(content(c.title, c.description, "/alliance.alliance.MsgUpdateAlliance", &m))
}

fn content(title: String, description: String, url: &str, message: &impl prost::Message) -> Content {
    let action = Action::Message(Any { type_url: url.to_owned(), value: message.encode_to_vec() });
    Content { title, description, action }
}

fn decode<M: prost::Message + Default>(any: &Any) -> Result<M> {
    M::decode(any.value.as_slice()).map_err(|e| sdk::TX_DECODE.because(format!("{}: {e}", any.type_url)))
}

/// The checks of a content that need no state.
///
/// # Errors
/// `gov` 5 for a title or description that is blank or too long; what the content's module refuses.
pub fn check(any: &Any, content: &Content) -> Result<()> {
    if any.type_url.starts_with("/alliance.") {
        return alliance_module::check_content(any);
    }
    content.check_texts()?;
    if any.type_url == SPEND_URL {
        let spend: distribution::CommunityPoolSpendProposal = decode(any)?;
        if !spend.amount.is_empty() && positive_coins(&spend.amount).is_err() {
            return Err(distribution_error::INVALID_PROPOSAL_AMOUNT.refuse());
        }
        if spend.recipient.is_empty() {
            return Err(distribution_error::EMPTY_PROPOSAL_RECIPIENT.refuse());
        }
    }
    Ok(())
}

impl Content {
    fn check_texts(&self) -> Result<()> {
        let refuse = |text: String| -> Result<()> { Err(error::INVALID_PROPOSAL_CONTENT.because(text)) };
        if self.title.trim().is_empty() {
            return refuse("proposal title cannot be blank".to_owned());
        }
        if self.title.len() > TITLE_LEN_MAX {
            return refuse(format!("proposal title is longer than max length of {TITLE_LEN_MAX}"));
        }
        if self.description.is_empty() {
            return refuse("proposal description cannot be blank".to_owned());
        }
        if self.description.len() > DESCRIPTION_LEN_MAX {
            return refuse(format!("proposal description is longer than max length of {DESCRIPTION_LEN_MAX}"));
        }
        Ok(())
    }

    /// The message to carry out, if there is anything to do.
    ///
    /// # Errors
    /// `gov` 9 for contents whose module does not take them any more.
    pub fn message(&self) -> Result<Option<&Any>, Error> {
        match &self.action {
            Action::Nothing => Ok(None),
            Action::Message(message) => Ok(Some(message)),
            Action::Gone(route) => Err(error::NO_PROPOSAL_HANDLER.because(route)),
        }
    }
}
