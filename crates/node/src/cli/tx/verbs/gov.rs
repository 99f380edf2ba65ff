//! Votes, and proposals by file or of one message.

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use super::super::super::words::{Words, coins};
use super::{Author, one, read_json};

pub fn vote(a: &Author, w: &Words) -> Result<Vec<Value>> {
    one(
        "/cosmos.gov.v1.MsgVote",
        json!({
            "proposal_id": w.place(0), "voter": a.text(), "option": option(w.place(1))?, "metadata": w.flag("metadata").unwrap_or_default(),
        }),
    )
}

pub fn weighted_vote(a: &Author, w: &Words) -> Result<Vec<Value>> {
    let options = w.place(1).split(',').map(|part| {
        let (name, weight) = part.split_once('=').ok_or_else(|| anyhow!("{part:?} is not a part such as yes=0.6"))?;
        Ok(json!({ "option": option(name)?, "weight": weight }))
    });
    one(
        "/cosmos.gov.v1.MsgVoteWeighted",
        json!({
            "proposal_id": w.place(0), "voter": a.text(), "options": options.collect::<Result<Vec<_>>>()?, "metadata": w.flag("metadata").unwrap_or_default(),
        }),
    )
}

fn option(text: &str) -> Result<&'static str> {
    Ok(match text.to_lowercase().replace('-', "_").trim_start_matches("vote_option_") {
        "yes" => "VOTE_OPTION_YES",
        "no" => "VOTE_OPTION_NO",
        "abstain" => "VOTE_OPTION_ABSTAIN",
        "no_with_veto" | "nowithveto" => "VOTE_OPTION_NO_WITH_VETO",
        _ => bail!("{text:?} is not a vote: yes, no, no_with_veto and abstain are"),
    })
}

pub fn software_upgrade(a: &Author, w: &Words) -> Result<Vec<Value>> {
    let height = w.number("upgrade-height")?.ok_or_else(|| anyhow!("--upgrade-height: the height is missing"))?;
    // A plan's time is a field that the SDK forbids.
    let plan = json!({
        "name": w.place(0), "time": "0001-01-01T00:00:00Z", "height": height.to_string(), "info": w.flag("upgrade-info").unwrap_or_default(),
    });
    propose(a, w, "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade", json!({ "plan": plan }))
}

pub fn cancel_software_upgrade(a: &Author, w: &Words) -> Result<Vec<Value>> {
    propose(a, w, "/cosmos.upgrade.v1beta1.MsgCancelUpgrade", json!({}))
}

/// A proposal of one message of governance, with its words and deposit from flags.
fn propose(a: &Author, w: &Words, url: &str, fields: Value) -> Result<Vec<Value>> {
    let mut message = one(url, fields)?;
    for message in &mut message {
        message["authority"] = json!(a.bech32.acc(&entente_chain::modules::auth::authority()));
    }
    let text = |name: &str| w.flag(name).ok_or_else(|| anyhow!("--{name} is missing; --help lists the flags"));
    one(
        "/cosmos.gov.v1.MsgSubmitProposal",
        json!({
            "messages": message,
            "initial_deposit": coins(w.flag("deposit").unwrap_or_default())?,
            "proposer": a.text(),
            "metadata": w.flag("metadata").unwrap_or_default(),
            "title": text("title")?,
            "summary": text("summary")?,
            "expedited": w.is_set("expedited"),
        }),
    )
}

/// The file has the members that `gaiad` reads: messages, metadata, deposit, title, summary, expedited.
pub fn submit_proposal(a: &Author, w: &Words) -> Result<Vec<Value>> {
    let file = read_json(w.place(0))?;
    let text = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    one(
        "/cosmos.gov.v1.MsgSubmitProposal",
        json!({
            "messages": file.get("messages").cloned().unwrap_or_else(|| json!([])),
            "initial_deposit": coins(&text("deposit"))?,
            "proposer": a.text(),
            "metadata": text("metadata"),
            "title": text("title"),
            "summary": text("summary"),
            "expedited": file.get("expedited").and_then(Value::as_bool).unwrap_or_default(),
        }),
    )
}
