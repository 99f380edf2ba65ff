//! Messages of any type, filled with whatever their fields could hold.
//!
//! The descriptors say what a field is (an address, a decimal, a duration ..), so that every message of the chain, those of modules
//! to come included, is tried without a line of its own here. Values are JSON, as a wallet would write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entente_chain::route;
use entente_kernel::Span;
use entente_kernel::json::schema::{self, Form, POOL};
use entente_kernel::num::Int;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Value as Proto};
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::genesis::validator_key_json;
use super::intent;
use super::scene::{Actor, Scene};

/// How deep messages are put inside messages.
const DEPTH_MAX: u32 = 3;

/// Contents of the first version of governance.
const CONTENTS: &[&str] = &[
    "/cosmos.gov.v1beta1.TextProposal",
    "/cosmos.distribution.v1beta1.CommunityPoolSpendProposal",
    "/cosmos.params.v1beta1.ParameterChangeProposal",
    "/alliance.alliance.MsgCreateAllianceProposal",
    "/alliance.alliance.MsgUpdateAllianceProposal",
    "/alliance.alliance.MsgDeleteAllianceProposal",
];

/// What else may stand in an `Any`.
const STRANGERS: &[&str] = &[
    "/cosmos.evidence.v1beta1.Equivocation",
    "/cosmos.feegrant.v1beta1.BasicAllowance",
    "/cosmos.feegrant.v1beta1.PeriodicAllowance",
    "/cosmos.authz.v1beta1.GenericAuthorization",
    "/cosmos.bank.v1beta1.SendAuthorization",
    "/cosmos.staking.v1beta1.StakeAuthorization",
];

/// Fills messages for one actor.
pub struct Filler<'s, 'a> {
    pub scene: &'s Scene<'a>,
    pub actor: Actor,
    pub depth: u32,
    /// Whether fields get values that they are meant to have.
    pub careful: bool,
    /// Whether numbers are at the ends of what can be written.
    pub wild: bool,
}

impl<'s, 'a> Filler<'s, 'a> {
    pub fn new(scene: &'s Scene<'a>, actor: Actor) -> Self {
        Self { scene, actor, depth: 0, careful: false, wild: false }
    }

    /// For messages inside this one, which governance carries out.
    pub fn inside(&self) -> Self {
        let (depth, actor) = (self.depth + 1, self.scene.governance());
        Self { scene: self.scene, actor, depth, careful: self.careful, wild: self.wild }
    }

    /// The JSON of a message of this type, its signer the actor.
    pub fn message(&self, dice: &mut Dice, url: &str) -> Option<Value> {
        let descriptor = schema::message_named(url)?;
        Some(self.object(dice, &descriptor))
    }

    pub fn object(&self, dice: &mut Dice, descriptor: &MessageDescriptor) -> Value {
        match descriptor.full_name() {
            "google.protobuf.Timestamp" => return time(dice, self.scene),
            "google.protobuf.Duration" => return json!(Span::from_secs(dice.secs()).to_string()),
            "cosmos.base.v1beta1.Coin" => return self.coin(dice),
            _ => {}
        }
        let signers = signers_of(descriptor);
        let mut out = Map::new();
        for field in descriptor.fields() {
            if field.containing_oneof().is_some() && dice.chance(50) {
                continue;
            }
            let value = if signers.iter().any(|s| s == field.name()) { self.own(&field) } else { None };
            let value = value.unwrap_or_else(|| self.field(dice, &field));
            out.insert(field.name().to_owned(), value);
        }
        Value::Object(out)
    }

    /// The actor's address for a field that names the signer.
    fn own(&self, field: &FieldDescriptor) -> Option<Value> {
        let of_operator = scalar(field) == "cosmos.ValidatorAddressString" || field.name().contains("validator");
        let text = if of_operator { &self.actor.operator } else { &self.actor.account };
        matches!(field.kind(), Kind::String).then(|| json!(text))
    }

    /// Any value of a field.
    pub fn field(&self, dice: &mut Dice, field: &FieldDescriptor) -> Value {
        if field.is_list() {
            let count = if dice.chance(5) { 5 } else { dice.below(3) }.max(u64::from(self.careful));
            let mut items: Vec<Value> = (0..count).map(|_| self.single(dice, field)).collect();
            if dice.chance(90) {
                items.sort_by_key(|item| item["denom"].as_str().map(str::to_owned));
                items.dedup_by_key(|item| item["denom"].as_str().map_or_else(|| item.to_string(), str::to_owned));
            }
            return Value::Array(items);
        }
        if field.is_map() {
            return json!({});
        }
        self.single(dice, field)
    }

    fn single(&self, dice: &mut Dice, field: &FieldDescriptor) -> Value {
        match extreme(dice, field).filter(|_| self.wild && dice.chance(80)) {
            Some(value) => value,
            None => self.usual(dice, field),
        }
    }

    fn usual(&self, dice: &mut Dice, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Bool => json!(dice.chance(50)),
            Kind::Int64 | Kind::Uint64 if self.careful && field.name().ends_with("_time") => {
                json!((self.scene.time().secs + dice.secs()).to_string())
            }
            Kind::Int64 | Kind::Uint64 if self.careful && field.name() != "proposal_id" => {
                json!(dice.between(1, 1_000).to_string())
            }
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!(*dice.pick(&[0, 1, 2, 3, -1, i32::MAX])),
            Kind::Uint32 | Kind::Fixed32 => json!(*dice.pick(&[0, 1, 2, 3, 7, 100, u32::MAX])),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                let some = [0, 1, 2, 3, 10, 100, -1, i64::MAX, i64::MIN, self.scene.height()];
                json!(dice.pick(&some).to_string())
            }
            Kind::Uint64 | Kind::Fixed64 if field.name() == "proposal_id" => {
                json!(self.scene.proposal(dice).to_string())
            }
            Kind::Uint64 | Kind::Fixed64 => json!(dice.pick(&[0, 1, 2, 3, 10, 1_000, u64::MAX]).to_string()),
            Kind::Float | Kind::Double => json!(0),
            Kind::String => json!(self.text(dice, field)),
            Kind::Bytes => match schema::marks(field).form {
                Form::Dec => json!(dice.dec()),
                Form::Int => json!(dice.huge().to_string()),
                Form::Json => json!({}),
                Form::Hex => json!(hex::encode(dice.bytes::<8>())),
                Form::Plain => json!(STANDARD.encode(dice.bytes::<32>())),
            },
            Kind::Enum(names) => {
                let from = usize::from(self.careful);
                let names: Vec<_> = names.values().skip(from).map(|v| v.name().to_owned()).collect();
                json!(dice.pick(&names))
            }
            Kind::Message(inner) if inner.full_name() == "google.protobuf.Any" => self.any(dice, field.name()),
            Kind::Message(inner) => self.object(dice, &inner),
        }
    }

    fn text(&self, dice: &mut Dice, field: &FieldDescriptor) -> String {
        match (schema::marks(field).form, scalar(field).as_str()) {
            (Form::Dec, _) | (_, "cosmos.Dec") => return dice.dec(),
            (Form::Int, _) | (_, "cosmos.Int") => {
                let have = self.scene.balance(&self.actor.account, &self.scene.bond);
                return dice.amount(have).to_string();
            }
            (_, "cosmos.AddressString") if self.careful && dice.chance(70) => {
                return self.scene.actor(dice.below(20) as usize).account;
            }
            (_, "cosmos.AddressString") => return self.scene.address(dice),
            (_, "cosmos.ValidatorAddressString") => return self.scene.operator(dice),
            _ => {}
        }
        match field.name() {
            "denom" | "mint_denom" | "bond_denom" => self.scene.denom(dice),
            "validator_address" => self.scene.operator(dice),
            "authority" | "proposal_cancel_dest" => self.scene.address(dice),
            "quorum" | "threshold" | "weight" => dice.dec(),
            name if name.ends_with("ratio") || name.ends_with("threshold") => dice.dec(),
            "expiration" => String::new(),
            "title" | "summary" | "description" | "moniker" if self.careful => "word".to_owned(),
            "msg_type_url" | "allowed_messages" | "allow_list" if self.careful => (*dice.pick(route::URLS)).to_owned(),
            _ if dice.chance(3) => "x".repeat(300),
            _ => (*dice.pick(&["", "word", "two words", "{}", "\u{1f980}"])).to_owned(),
        }
    }

    fn coin(&self, dice: &mut Dice) -> Value {
        let denom = self.scene.denom(dice);
        let have = self.scene.balance(&self.actor.account, &denom);
        let amount = if self.careful { Int::from(dice.between(1, 1_000)).min(have) } else { dice.amount(have) };
        json!({"denom": denom, "amount": amount.to_string()})
    }

    fn any(&self, dice: &mut Dice, name: &str) -> Value {
        let typed = |url: &str, value: Option<Value>| {
            let mut value = value.unwrap_or_else(|| json!({}));
            value["@type"] = json!(url);
            value
        };
        match name {
            "pubkey" | "public_key" => validator_key_json(dice.between(0, 12)),
            "content" => {
                let url = *dice.pick(CONTENTS);
                typed(url, self.message(dice, url))
            }
            "messages" | "msgs" if self.depth < DEPTH_MAX => {
                let inner = self.inside();
                let (url, value) = intent::of_governance(dice, &inner);
                typed(&url, Some(value))
            }
            _ => {
                let url = match name {
                    "allowance" if self.careful => *dice.pick(&STRANGERS[1..3]),
                    "authorization" if self.careful => *dice.pick(&STRANGERS[3..]),
                    _ => *dice.pick(STRANGERS),
                };
                typed(url, self.message(dice, url))
            }
        }
    }
}

/// 2^255.
const HALF: &str = "57896044618658097711785492504343953926634992332820282019728792003956564819968";

/// A number at an end of its field: nothing, the least, the most that is usual, the most that can be.
fn extreme(dice: &mut Dice, field: &FieldDescriptor) -> Option<Value> {
    let decs = ["0", "0.000000000000000001", "0.5", "1", "0.999999999999999999", "1000000000000000000", HALF];
    Some(match (schema::marks(field).form, scalar(field).as_str(), field.kind()) {
        (Form::Dec, ..) | (_, "cosmos.Dec", _) => json!(dice.pick(&decs)),
        (Form::Int, ..) | (_, "cosmos.Int", _) => json!(dice.pick(&["0", "1", "2", HALF])),
        (.., Kind::Uint32 | Kind::Fixed32) => json!(*dice.pick(&[0, 1, 2, u32::MAX])),
        (.., Kind::Int64 | Kind::Sint64) => json!(dice.pick(&[-1, 0, 1, 2, i64::MAX]).to_string()),
        (.., Kind::Uint64 | Kind::Fixed64) => json!(dice.pick(&[0, 1, 2, u64::MAX]).to_string()),
        (.., Kind::String) if ["quorum", "ratio", "threshold"].iter().any(|w| field.name().ends_with(w)) => {
            json!(dice.pick(&decs))
        }
        (.., Kind::Message(inner)) if inner.full_name() == "google.protobuf.Duration" => {
            json!(dice.pick(&["0s", "0.000000001s", "1s", "10s", "315576000000s"]))
        }
        (.., Kind::Message(inner)) if inner.full_name() == "cosmos.base.v1beta1.Coin" => {
            json!({ "denom": "uente", "amount": dice.pick(&["0", "1", HALF]) })
        }
        _ => return None,
    })
}

fn time(dice: &mut Dice, scene: &Scene<'_>) -> Value {
    let shift = Span::from_secs(dice.secs());
    let now = scene.time();
    let then = if dice.chance(50) { now.plus(shift) } else { now.plus(Span(shift.0.saturating_neg())) };
    json!(then.to_string())
}

fn scalar(field: &FieldDescriptor) -> String {
    let Some(extension) = POOL.get_extension_by_name("cosmos_proto.scalar") else { return String::new() };
    field.options().get_extension(&extension).as_str().unwrap_or_default().to_owned()
}

/// Names of the fields that hold a message's signers.
fn signers_of(descriptor: &MessageDescriptor) -> Vec<String> {
    let Some(extension) = POOL.get_extension_by_name("cosmos.msg.v1.signer") else { return Vec::new() };
    let options = descriptor.options();
    let list = options.get_extension(&extension);
    list.as_list().into_iter().flatten().filter_map(Proto::as_str).map(str::to_owned).collect()
}
