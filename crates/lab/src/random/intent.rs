//! What people want: messages that make sense in the state as it is, so that a run gets somewhere.

use entente_chain::route;
use entente_kernel::json::schema;
use entente_kernel::num::Int;
use prost_reflect::{Kind, MessageDescriptor};
use serde_json::{Value, json};

use super::dice::Dice;
use super::fill::Filler;
use super::genesis::{FOREIGN, validator_key_json};

/// A message: its type and its JSON.
pub type Message = (String, Value);

type Wish = fn(&mut Dice, &Filler<'_, '_>) -> Option<Message>;

/// What users do, and how often.
const WISHES: &[(u64, Wish)] = &[
    (6, send),
    (14, delegate),
    (9, undelegate),
    (8, redelegate),
    (4, cancel_unbonding),
    (6, withdraw),
    (3, withdraw_commission),
    (3, create_validator),
    (2, edit_validator),
    (5, unjail),
    (3, reward_validator),
    (8, propose),
    (6, vote),
    (16, alliance_delegate),
    (10, alliance_undelegate),
    (8, alliance_redelegate),
    (8, alliance_claim),
];

/// One message of a user: mostly sensible, else anything the chain knows.
pub fn of_user(dice: &mut Dice, filler: &Filler<'_, '_>) -> Option<Message> {
    if dice.chance(75) {
        let wish = dice.weighted(WISHES);
        let (url, value) = wish(dice, filler)?;
        return route::knows(&url).then_some((url, value));
    }
    let mut url = *dice.pick(route::URLS);
    // What only governance may do is refused soon enough.
    while dice.chance(85) && is_for_governance(url) {
        url = *dice.pick(route::URLS);
    }
    let careful = Filler { careful: dice.chance(65), actor: filler.actor.clone(), ..*filler };
    Some((url.to_owned(), careful.message(dice, url)?))
}

fn is_for_governance(url: &str) -> bool {
    schema::message_named(url).is_some_and(|message| message.get_field_by_name("authority").is_some())
}

/// One message that governance might carry out: parameters at their ends, assets, or anything.
pub fn of_governance(dice: &mut Dice, filler: &Filler<'_, '_>) -> Message {
    let settings: Vec<&str> = route::URLS.iter().copied().filter(|url| url.ends_with(".MsgUpdateParams")).collect();
    let assets: Vec<&str> = route::URLS.iter().copied().filter(|url| url.ends_with("Alliance")).collect();
    let url = match dice.below(100) {
        0..=54 => *dice.pick(&settings),
        55..=84 if !assets.is_empty() => {
            let url = *dice.pick(&assets);
            let value = alliance_terms(dice, filler, url);
            return (url.to_owned(), value);
        }
        _ => *dice.pick(route::URLS),
    };
    let careful = Filler { careful: dice.chance(65), actor: filler.actor.clone(), ..*filler };
    let filler = &careful;
    let value = if url.ends_with(".MsgUpdateParams") { new_params(dice, filler, url) } else { None };
    let value = value.or_else(|| filler.message(dice, url)).unwrap_or_else(|| json!({}));
    (url.to_owned(), value)
}

/// The parameters in force with one or two of them changed.
fn new_params(dice: &mut Dice, filler: &Filler<'_, '_>, url: &str) -> Option<Value> {
    let package = url.strip_prefix('/')?.strip_suffix(".MsgUpdateParams")?;
    let request = if package == "cosmos.gov.v1" { json!({"params_type": "voting"}) } else { json!({}) };
    let answer = filler.scene.ask(&format!("/{package}.Query/Params"), &request)?;
    let mut params = answer["params"].clone();
    let message = schema::message_named(url)?;
    // Those of consensus stand in the message itself.
    let field = message.get_field_by_name("params");
    let descriptor = match field.as_ref().map(|f| f.kind()) {
        Some(Kind::Message(inner)) => inner,
        _ => message,
    };
    for _ in 0..dice.between(1, 2) {
        change(dice, filler, &descriptor, &mut params);
    }
    let mut out = if field.is_some() { json!({ "params": params }) } else { params };
    out["authority"] = json!(filler.actor.account);
    Some(out)
}

fn change(dice: &mut Dice, filler: &Filler<'_, '_>, descriptor: &MessageDescriptor, value: &mut Value) {
    let fields: Vec<_> = descriptor.fields().filter(|f| value.get(f.name()).is_some()).collect();
    let Some(field) = dice.any(&fields) else { return };
    let slot = &mut value[field.name()];
    match field.kind() {
        Kind::Message(inner)
            if !field.is_list() && slot.is_object() && inner.full_name() != "cosmos.base.v1beta1.Coin" =>
        {
            change(dice, filler, &inner, slot);
        }
        _ => *slot = filler.field(dice, field),
    }
}

fn coin(denom: &str, amount: Int) -> Value {
    json!({"denom": denom, "amount": amount.to_string()})
}

fn message(url: &str, value: Value) -> Option<Message> {
    Some((url.to_owned(), value))
}

fn send(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let denom = f.scene.denom(dice);
    let amount = dice.amount(f.scene.balance(&f.actor.account, &denom));
    let to = f.scene.address(dice);
    let value = json!({"from_address": f.actor.account, "to_address": to, "amount": [coin(&denom, amount)]});
    message("/cosmos.bank.v1beta1.MsgSend", value)
}

fn delegate(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let amount = dice.amount(f.scene.balance(&f.actor.account, &f.scene.bond));
    let value = json!({"delegator_address": f.actor.account, "validator_address": f.scene.operator(dice),
        "amount": coin(&f.scene.bond, amount)});
    message("/cosmos.staking.v1beta1.MsgDelegate", value)
}

fn undelegate(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let stakes = f.scene.stakes(&f.actor.account);
    let (operator, held) = dice.any(&stakes)?;
    let value = json!({"delegator_address": f.actor.account, "validator_address": operator,
        "amount": coin(&f.scene.bond, dice.amount(*held))});
    message("/cosmos.staking.v1beta1.MsgUndelegate", value)
}

fn redelegate(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let stakes = f.scene.stakes(&f.actor.account);
    let (operator, held) = dice.any(&stakes)?;
    let value = json!({"delegator_address": f.actor.account, "validator_src_address": operator,
        "validator_dst_address": f.scene.operator(dice), "amount": coin(&f.scene.bond, dice.amount(*held))});
    message("/cosmos.staking.v1beta1.MsgBeginRedelegate", value)
}

fn cancel_unbonding(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let entries = f.scene.unbondings(&f.actor.account);
    let (operator, height, held) = dice.any(&entries)?;
    let value = json!({"delegator_address": f.actor.account, "validator_address": operator,
        "amount": coin(&f.scene.bond, dice.amount(*held)), "creation_height": height.to_string()});
    message("/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation", value)
}

fn withdraw(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let stakes = f.scene.stakes(&f.actor.account);
    let (operator, _) = dice.any(&stakes)?;
    let value = json!({"delegator_address": f.actor.account, "validator_address": operator});
    message("/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward", value)
}

fn withdraw_commission(_: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let value = json!({"validator_address": f.actor.operator});
    message("/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission", value)
}

fn create_validator(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let have = f.scene.balance(&f.actor.account, &f.scene.bond);
    let max = *dice.pick(&["1", "0.5", "0"]);
    let value = json!({
        "description": {"moniker": "new", "identity": "", "website": "", "security_contact": "", "details": ""},
        "commission": {"rate": if max == "0" { "0" } else { *dice.pick(&["0", "0.1", max]) }, "max_rate": max, "max_change_rate": "0"},
        "min_self_delegation": *dice.pick(&["1", "1", "1000000", "100000000"]),
        "delegator_address": "", "validator_address": f.actor.operator, "pubkey": validator_key_json(dice.between(5, 30)),
        "value": coin(&f.scene.bond, dice.amount(have)),
    });
    message("/cosmos.staking.v1beta1.MsgCreateValidator", value)
}

fn edit_validator(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let same = "[do-not-modify]";
    let value = json!({
        "description": {"moniker": same, "identity": same, "website": same, "security_contact": same, "details": same},
        "validator_address": f.actor.operator, "commission_rate": if dice.chance(50) { json!(dice.dec()) } else { Value::Null },
        "min_self_delegation": if dice.chance(50) { json!(dice.between(1, 2_000_000).to_string()) } else { Value::Null },
    });
    message("/cosmos.staking.v1beta1.MsgEditValidator", value)
}

fn unjail(_: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    message("/cosmos.slashing.v1beta1.MsgUnjail", json!({"validator_addr": f.actor.operator}))
}

fn reward_validator(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let denom = f.scene.denom(dice);
    let amount = dice.amount(f.scene.balance(&f.actor.account, &denom));
    let value = json!({"depositor": f.actor.account, "validator_address": f.scene.operator(dice), "amount": [coin(&denom, amount)]});
    message("/cosmos.distribution.v1beta1.MsgDepositValidatorRewardsPool", value)
}

/// A proposal that puts parameters to their ends, or deletes what is in use.
pub fn wild_proposal(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    propose(dice, &Filler { wild: true, actor: f.actor.clone(), ..*f })
}

fn propose(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let inner = f.inside();
    let mut messages = Vec::new();
    for _ in 0..dice.between(1, if f.wild { 1 } else { 2 }) {
        let (url, mut value) = of_governance(dice, &inner);
        value["@type"] = json!(url);
        messages.push(value);
    }
    let params = f.scene.ask("/cosmos.gov.v1.Query/Params", &json!({"params_type": "voting"}))?;
    let expedited = dice.chance(20);
    let needed = if expedited { "expedited_min_deposit" } else { "min_deposit" };
    let value = json!({
        "messages": messages, "initial_deposit": if dice.chance(85) { params["params"][needed].clone() } else { json!([]) },
        "proposer": f.actor.account, "metadata": "m", "title": "t", "summary": "s", "expedited": expedited,
    });
    message("/cosmos.gov.v1.MsgSubmitProposal", value)
}

/// A vote for a proposal that is voted on.
pub fn support(id: u64, account: &str) -> Message {
    let value = json!({"proposal_id": id.to_string(), "voter": account, "option": 1, "metadata": ""});
    ("/cosmos.gov.v1.MsgVote".to_owned(), value)
}

fn vote(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    f.scene.proposals.iter().find(|(_, voting)| *voting)?;
    let option = if dice.chance(90) { 1 } else { dice.between(0, 5) };
    let id = f.scene.proposal(dice).to_string();
    let value = json!({"proposal_id": id, "voter": f.actor.account, "option": option, "metadata": ""});
    message("/cosmos.gov.v1.MsgVote", value)
}

fn alliance_delegate(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let denom = if dice.chance(95) { dice.any(&f.scene.assets)?.clone() } else { f.scene.denom(dice) };
    let amount = dice.amount(f.scene.balance(&f.actor.account, &denom));
    let value = json!({"delegator_address": f.actor.account, "validator_address": f.scene.operator(dice), "amount": coin(&denom, amount)});
    message("/alliance.alliance.MsgDelegate", value)
}

fn alliance_undelegate(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let stakes = f.scene.alliances(&f.actor.account);
    let (operator, denom, held) = dice.any(&stakes)?;
    let value = json!({"delegator_address": f.actor.account, "validator_address": operator, "amount": coin(denom, dice.amount(*held))});
    message("/alliance.alliance.MsgUndelegate", value)
}

fn alliance_redelegate(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let stakes = f.scene.alliances(&f.actor.account);
    let (operator, denom, held) = dice.any(&stakes)?;
    let value = json!({"delegator_address": f.actor.account, "validator_src_address": operator,
        "validator_dst_address": f.scene.operator(dice), "amount": coin(denom, dice.amount(*held))});
    message("/alliance.alliance.MsgRedelegate", value)
}

fn alliance_claim(dice: &mut Dice, f: &Filler<'_, '_>) -> Option<Message> {
    let stakes = f.scene.alliances(&f.actor.account);
    let (operator, denom, _) = dice.any(&stakes)?;
    let value = json!({"delegator_address": f.actor.account, "validator_address": operator, "denom": denom});
    message("/alliance.alliance.MsgClaimDelegationRewards", value)
}

/// Terms of an asset: mostly allowed, at their ends.
fn alliance_terms(dice: &mut Dice, f: &Filler<'_, '_>, url: &str) -> Value {
    let fresh = url.ends_with("CreateAlliance");
    let denom =
        if fresh { (*dice.pick(FOREIGN)).to_owned() } else { dice.any(&f.scene.assets).cloned().unwrap_or_default() };
    let denom = if dice.chance(4) { f.scene.denom(dice) } else { denom };
    if url.ends_with("DeleteAlliance") {
        return json!({"authority": f.actor.account, "denom": denom});
    }
    let weight = if dice.chance(85) { (*dice.pick(&["0", "0.1", "1", "5"])).to_owned() } else { dice.dec() };
    let take = if dice.chance(70) {
        (*dice.pick(&["0", "0.5", "0.999999999999999999", "0.000001"])).to_owned()
    } else {
        dice.dec()
    };
    let rate = if dice.chance(70) {
        (*dice.pick(&["1", "0.5", "2", "0.000000000000000001", "1000000000000"])).to_owned()
    } else {
        dice.dec()
    };
    json!({
        "authority": f.actor.account, "denom": denom, "reward_weight": weight, "take_rate": take, "reward_change_rate": rate,
        "reward_change_interval": format!("{}s", if dice.chance(70) { *dice.pick(&[0, 1, 10, 3_600]) } else { dice.secs() }),
        "reward_weight_range": {"min": if dice.chance(85) { "0".to_owned() } else { dice.dec() },
            "max": if dice.chance(70) { (*dice.pick(&["5", "100", "1000000000"])).to_owned() } else { dice.dec() }},
    })
}
