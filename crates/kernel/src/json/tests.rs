//! Tests of the JSON forms.

use entente_proto::{
    alliance::alliance::{
        AllianceAsset, GenesisState, MsgCreateAlliance, MsgDelegate, QueryAllianceResponse, QueryAlliancesResponse,
    },
    cosmos::{
        auth::v1beta1::{BaseAccount, QueryAccountResponse},
        bank::v1beta1::MsgSend,
        base::v1beta1::Coin,
        gov::v1::{MsgVoteWeighted, Params as GovParams, WeightedVoteOption},
        slashing::v1beta1::Params as SlashingParams,
        staking::v1beta1::{BondStatus, QueryParamsResponse, Validator},
        tx::v1beta1::{Tx, TxBody},
    },
    ibc::lightclients::tendermint::v1::ConsensusState,
};
use proptest::prelude::*;
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};
use prost_types::{Any, Duration, Timestamp};
use serde_json::{Value as Json, json};

use super::schema::{self, Form, POOL};
use super::{decode, encode, from_json, print, read, scalar, to_json};

fn packed<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

fn refusal(type_url: &str, json: &Json) -> String {
    decode(type_url, json).unwrap_err().to_string()
}

#[test]
fn defaults_are_written_and_absent_messages_are_null() {
    let validator = Validator { status: BondStatus::Bonded.into(), unbonding_height: -7, ..Validator::default() };
    let json = to_json(&validator).unwrap();
    assert_eq!(json["operator_address"], "");
    assert_eq!(json["consensus_pubkey"], Json::Null);
    assert_eq!(json["jailed"], false);
    assert_eq!(json["status"], "BOND_STATUS_BONDED");
    assert_eq!(json["tokens"], "0");
    assert_eq!(json["delegator_shares"], "0.000000000000000000");
    assert_eq!(json["unbonding_height"], "-7");
    assert_eq!(json["unbonding_ids"], json!([]));
    assert_eq!(to_json(&QueryAllianceResponse::default()).unwrap(), json!({ "alliance": null }));
    let next_key = json!({ "alliances": [], "pagination": { "next_key": null, "total": "0" } });
    assert_eq!(
        to_json(&QueryAlliancesResponse { alliances: Vec::new(), pagination: Some(Default::default()) }).unwrap(),
        next_key
    );
}

#[test]
fn a_field_that_is_never_null_prints_its_zero_value_when_it_is_absent() {
    let json = to_json(&AllianceAsset::default()).unwrap();
    assert_eq!(json["reward_start_time"], "0001-01-01T00:00:00Z");
    assert_eq!(json["reward_change_interval"], "0s");
    assert_eq!(json["reward_weight_range"], json!({ "min": "0.000000000000000000", "max": "0.000000000000000000" }));
    let params = to_json(&QueryParamsResponse::default()).unwrap();
    assert_eq!(params["params"]["max_validators"], 0);
}

#[test]
fn a_decimal_is_a_scaled_integer_on_the_wire_only_where_the_type_is_custom() {
    let asset = AllianceAsset { take_rate: "-50000000000000".into(), ..AllianceAsset::default() };
    assert_eq!(to_json(&asset).unwrap()["take_rate"], "-0.000050000000000000");
    let padded = AllianceAsset { take_rate: "-0050000000000000".into(), total_tokens: "007".into(), ..asset };
    assert_eq!(to_json(&padded).unwrap()["take_rate"], "-0.000050000000000000");
    assert_eq!(to_json(&padded).unwrap()["total_tokens"], "7");
    let nothing = AllianceAsset { take_rate: "-00".into(), total_tokens: "-0".into(), ..AllianceAsset::default() };
    assert_eq!(to_json(&nothing).unwrap()["take_rate"], "0.000000000000000000");
    assert_eq!(to_json(&nothing).unwrap()["total_tokens"], "0");
    let option = WeightedVoteOption { option: 1, weight: "0.5".into() };
    assert_eq!(to_json(&option).unwrap()["weight"], "0.5");
    let params = SlashingParams { min_signed_per_window: b"500000000000000000".to_vec(), ..SlashingParams::default() };
    assert_eq!(to_json(&params).unwrap()["min_signed_per_window"], "0.500000000000000000");
    assert_eq!(
        from_json::<SlashingParams>(&to_json(&params).unwrap()).unwrap().min_signed_per_window,
        b"500000000000000000"
    );
}

#[test]
fn an_any_shows_its_type_beside_its_fields() {
    let account = BaseAccount { address: "entente1x".into(), account_number: 7, ..BaseAccount::default() };
    let json = to_json(&QueryAccountResponse { account: Some(packed(&account)) }).unwrap();
    let wanted = json!({ "account": {
        "@type": "/cosmos.auth.v1beta1.BaseAccount", "address": "entente1x", "pub_key": null, "account_number": "7", "sequence": "0"
    } });
    assert_eq!(json, wanted);
    let back: QueryAccountResponse = from_json(&json).unwrap();
    assert_eq!(back.account, Some(packed(&account)));
}

#[test]
fn an_any_that_cannot_be_opened_shows_its_bytes() {
    let mut tx = Tx { body: Some(TxBody::default()), ..Tx::default() };
    tx.body.as_mut().unwrap().messages = vec![
        Any { type_url: "/no.Such".into(), value: vec![1, 2] },
        Any { type_url: MsgSend::type_url(), value: vec![0xff] },
    ];
    let messages = &to_json(&tx).unwrap()["body"]["messages"];
    assert_eq!(messages[0], json!({ "@type": "/no.Such", "value": "AQI=" }));
    assert_eq!(messages[1], json!({ "@type": "/cosmos.bank.v1beta1.MsgSend", "value": "/w==" }));
}

#[test]
fn nests_of_anys_are_printed_only_to_a_limited_depth() {
    let mut nest = packed(&MsgSend::default());
    for _ in 0..10_000 {
        nest = packed(&QueryAccountResponse { account: Some(nest) });
    }
    let mut json = &to_json(&QueryAccountResponse { account: Some(nest) }).unwrap();
    let mut depth = 0;
    while json["account"].is_object() {
        (json, depth) = (&json["account"], depth + 1);
    }
    assert_eq!(depth, super::ANY_DEPTH_MAX + 1);
    assert!(json["value"].is_string());
}

#[test]
fn a_well_known_message_inside_an_any_stands_in_the_member_value() {
    let five =
        Any { type_url: "/google.protobuf.Duration".into(), value: Duration { seconds: 5, nanos: 0 }.encode_to_vec() };
    let json = to_json(&QueryAccountResponse { account: Some(five.clone()) }).unwrap();
    assert_eq!(json["account"], json!({ "@type": "/google.protobuf.Duration", "value": "5s" }));
    assert_eq!(from_json::<QueryAccountResponse>(&json).unwrap().account, Some(five));
}

#[test]
fn gentxs_are_json_inside_json_and_validator_hashes_are_hexadecimal() {
    let genesis = json!({ "gen_txs": [{ "body": { "memo": "a" } }] });
    let bytes = decode("cosmos.genutil.v1beta1.GenesisState", &genesis).unwrap();
    assert_eq!(encode("cosmos.genutil.v1beta1.GenesisState", &bytes).unwrap(), genesis);
    let state = ConsensusState { next_validators_hash: vec![0xab, 1], ..ConsensusState::default() };
    assert_eq!(to_json(&state).unwrap()["next_validators_hash"], "AB01");
}

#[test]
fn a_missing_field_that_is_never_null_is_read_as_go_encodes_it() {
    let message: MsgCreateAlliance = from_json(&json!({ "denom": "x", "reward_weight": "0.25" })).unwrap();
    assert_eq!(message.reward_weight, "250000000000000000");
    assert_eq!(message.take_rate, "0");
    assert_eq!(message.reward_change_interval, Some(Duration::default()));
    assert_eq!(message.reward_weight_range.unwrap().max, "0");
    let genesis: GenesisState = from_json(&json!({})).unwrap();
    assert_eq!(
        genesis.params.unwrap().last_take_rate_claim_time,
        Some(Timestamp { seconds: scalar::GO_ZERO_TIME, nanos: 0 })
    );
}

#[test]
fn names_may_be_camel_case_and_numbers_quoted_or_bare() {
    let wanted = Coin { denom: "a".into(), amount: "5".into() };
    let message: MsgDelegate =
        from_json(&json!({ "delegatorAddress": "d", "amount": { "denom": "a", "amount": "5" } })).unwrap();
    assert_eq!((message.delegator_address.as_str(), message.amount), ("d", Some(wanted)));
    for id in [json!(3), json!("3")] {
        let vote: MsgVoteWeighted =
            from_json(&json!({ "proposal_id": id, "options": [{ "option": "VOTE_OPTION_NO" }] })).unwrap();
        assert_eq!((vote.proposal_id, vote.options.first().unwrap().option), (3, 3));
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place_and_what_would_fit() {
    let msg = "/alliance.alliance.MsgDelegate";
    assert_eq!(
        refusal(msg, &json!({ "amount": { "denom": "a", "amuont": "5" } })),
        "amount.amuont: cosmos.base.v1beta1.Coin has no such member; it has denom, amount"
    );
    assert_eq!(
        refusal(msg, &json!({ "amount": { "amount": "5.5" } })),
        "amount.amount: \"5.5\" is not a whole number in quotes"
    );
    assert_eq!(refusal(msg, &json!({ "amount": [] })), "amount: [] is not an object");
    assert_eq!(
        refusal("cosmos.bank.v1beta1.MsgSend", &json!({ "amount": [{}, { "denom": 5 }] })),
        "amount[1].denom: 5 is not a text"
    );
    assert_eq!(
        refusal("cosmos.tx.v1beta1.TxBody", &json!({ "messages": [{ "@type": "/no.Such" }] })),
        "messages[0].@type: \"/no.Such\" is not a known message type"
    );
    let twice = json!({ "proposal_id": "1", "proposalId": "2" });
    assert_eq!(
        refusal("cosmos.gov.v1.MsgVote", &twice),
        "proposalId: given twice, or beside an alternative that excludes it"
    );
    assert!(
        refusal("cosmos.gov.v1.MsgVote", &json!({ "option": "YES" }))
            .contains("one of VOTE_OPTION_UNSPECIFIED, VOTE_OPTION_YES")
    );
    assert!(refusal("cosmos.gov.v1.MsgVote", &json!({ "proposal_id": -1 })).contains("not negative"));
}

#[test]
fn decimals_are_read_as_the_sdk_reads_them() {
    for (text, wire) in
        [("0.5", "500000000000000000"), ("-1", "-1000000000000000000"), ("00.000000000000000001", "1"), ("-0", "0")]
    {
        assert_eq!(scalar::dec_to_wire(text).as_deref(), Some(wire), "{text}");
    }
    for text in ["", "-", ".5", "1.", "1.2.3", "+1", "1e3", "0.0000000000000000001", " 1", "０"] {
        assert_eq!(scalar::dec_to_wire(text), None, "{text}");
    }
    for (wire, text) in [
        ("1", "0.000000000000000001"),
        ("-1", "-0.000000000000000001"),
        ("", "0.000000000000000000"),
        ("x", "x"),
        ("-", "-"),
    ] {
        assert_eq!(scalar::dec_from_wire(wire), text);
    }
}

#[test]
fn durations_are_read_as_go_reads_them() {
    let cases = [
        ("300s", (300, 0)),
        ("1h30m", (5400, 0)),
        ("1.5s", (1, 500_000_000)),
        ("-1.5s", (-1, -500_000_000)),
        ("7ns", (0, 7)),
        ("0", (0, 0)),
    ];
    for (text, wanted) in cases {
        assert_eq!(scalar::duration_value(text), Some(wanted), "{text}");
    }
    for text in ["", "5", "s", ".s", "1x", "1s2", "1..0s", "99999999999999999999s", "999999999999999h"] {
        assert_eq!(scalar::duration_value(text), None, "{text}");
    }
    assert_eq!(scalar::duration_text(1, 500_000), "1.000500s");
    assert_eq!(scalar::duration_text(i64::MIN, 0), "-9223372036854775808s0ns");
}

#[test]
fn times_are_utc_with_as_many_places_as_needed() {
    assert_eq!(scalar::time_text(1_704_164_645, 6), "2024-01-02T03:04:05.000000006Z");
    assert_eq!(scalar::time_text(1_704_164_645, 0), "2024-01-02T03:04:05Z");
    assert_eq!(scalar::time_value("2024-01-02T05:04:05.000000006+02:00"), Some((1_704_164_645, 6)));
    assert_eq!(scalar::time_value("0001-01-01T00:00:00Z"), Some((scalar::GO_ZERO_TIME, 0)));
    for text in ["", "2024-01-02", "2024-01-02T03:04:05", "2024-13-02T03:04:05Z", "２024-01-02T03:04:05Z"] {
        assert_eq!(scalar::time_value(text), None, "{text}");
    }
    assert_eq!(scalar::time_text(i64::MAX, -1), "9223372036854775807s-1ns since 1970");
}

#[test]
fn base64_of_both_alphabets_is_read_with_and_without_padding() {
    for text in ["+/8=", "+/8", "-_8=", "-_8"] {
        assert_eq!(scalar::base64_value(text), Some(vec![0xfb, 0xff]), "{text}");
    }
}

#[test]
fn gov_parameters_keep_their_durations_and_plain_decimals() {
    let params = GovParams {
        voting_period: Some(Duration { seconds: 172_800, nanos: 0 }),
        quorum: "0.334000000000000000".into(),
        ..GovParams::default()
    };
    let json = to_json(&params).unwrap();
    assert_eq!(
        (&json["voting_period"], &json["quorum"], &json["max_deposit_period"]),
        (&json!("172800s"), &json!("0.334000000000000000"), &Json::Null)
    );
    assert_eq!(from_json::<GovParams>(&json).unwrap(), params);
}

/// A stream of small numbers that decides everything about a message.
struct Choices<'a>(std::iter::Cycle<std::slice::Iter<'a, u8>>);

impl Choices<'_> {
    fn next(&mut self, below: u8) -> u8 {
        self.0.next().copied().unwrap_or_default() % below
    }

    fn message(&mut self, descriptor: MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        match descriptor.full_name() {
            "google.protobuf.Any" => {
                let inner = self.message(BaseAccount::default_descriptor(), 0);
                message.set_field_by_number(1, Value::String(BaseAccount::type_url()));
                message.set_field_by_number(2, Value::Bytes(inner.encode_to_vec().into()));
                return message;
            }
            "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
                message.set_field_by_number(1, Value::I64(i64::from(self.next(200)) * 1_000_003));
                message.set_field_by_number(2, Value::I32(i32::from(self.next(100)) * 1_000_001));
                return message;
            }
            _ => {}
        }
        for field in descriptor.fields() {
            let too_deep = depth == 0 && matches!(field.kind(), Kind::Message(_));
            let excluded =
                field.containing_oneof().is_some_and(|oneof| oneof.fields().any(|other| message.has_field(&other)));
            if too_deep || excluded || self.next(3) == 0 {
                continue;
            }
            let value = if field.is_map() {
                let Kind::Message(entry) = field.kind() else { continue };
                if entry.map_entry_key_field().kind() != Kind::String {
                    continue;
                }
                let value = self.value(&entry.map_entry_value_field(), depth);
                Value::Map([(MapKey::String("k".into()), value)].into())
            } else if field.is_list() {
                Value::List((0..self.next(3)).map(|_| self.value(&field, depth)).collect())
            } else {
                self.value(&field, depth)
            };
            message.set_field(&field, value);
        }
        message
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let number = self.next(255);
        let text = match schema::marks(field).form {
            Form::Dec | Form::Int => format!("{}{}", ["", "-"][usize::from(number % 2)], u64::from(number).pow(8) + 1),
            Form::Json => json!({ "n": number }).to_string(),
            Form::Plain | Form::Hex => format!("text \"{number}\" é"),
        };
        match field.kind() {
            Kind::Bool => Value::Bool(number > 100),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(i32::from(number) - 100),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(number.into()),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(i64::MIN + i64::from(number)),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(u64::MAX - u64::from(number)),
            Kind::Float => Value::F32(f32::from(number) / 4.0),
            Kind::Double => Value::F64(f64::from(number) / 8.0),
            Kind::String => Value::String(text),
            Kind::Bytes => Value::Bytes(text.into_bytes().into()),
            Kind::Enum(names) => {
                Value::EnumNumber(names.values().nth(usize::from(number) % names.values().len()).unwrap().number())
            }
            Kind::Message(inner) => Value::Message(self.message(inner, depth.saturating_sub(1))),
        }
    }
}

/// The descriptor of a generated type.
trait Described: Name {
    fn default_descriptor() -> MessageDescriptor {
        POOL.get_message_by_name(&Self::full_name()).unwrap()
    }
}
impl<M: Name> Described for M {}

proptest! {
    /// Every message type of every package of the chain takes part.
    #[test]
    fn json_of_a_message_reads_back_to_the_same_json(bytes in prop::collection::vec(any::<u8>(), 8..64), at in any::<prop::sample::Index>()) {
        let packages = ["cosmos.", "ibc.", "alliance.", "tendermint."];
        let ours = POOL.all_messages().filter(|message| packages.iter().any(|package| message.full_name().starts_with(package)));
        let types: Vec<MessageDescriptor> = ours.filter(|message| !message.is_map_entry()).collect();
        let descriptor = at.get(&types).clone();
        let message = Choices(bytes.iter().cycle()).message(descriptor.clone(), 4);
        let json = print(&message);
        let back = read(&descriptor, &json).map_err(|error| TestCaseError::fail(format!("{error}\n{json}")))?;
        prop_assert_eq!(print(&back), json);
        prop_assert_eq!(back.descriptor(), descriptor);
    }

    #[test]
    fn a_decimal_reads_back_to_the_same_wire_text(value in any::<i128>()) {
        let wire = value.to_string();
        prop_assert_eq!(scalar::dec_to_wire(&scalar::dec_from_wire(&wire)), Some(wire));
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "\\PC*") {
        let _ = (scalar::duration_value(&text), scalar::time_value(&text), scalar::dec_to_wire(&text), scalar::base64_value(&text));
    }

    #[test]
    fn a_time_reads_back(seconds in scalar::GO_ZERO_TIME..253_402_300_799, nanos in 0..1_000_000_000_i32) {
        prop_assert_eq!(scalar::time_value(&scalar::time_text(seconds, nanos)), Some((seconds, nanos)));
    }

    #[test]
    fn a_duration_reads_back(seconds in -315_576_000_000..315_576_000_000_i64, nanos in 0..1_000_000_000_i32) {
        let nanos = if seconds < 0 { -nanos } else { nanos };
        prop_assert_eq!(scalar::duration_value(&scalar::duration_text(seconds, nanos)), Some((seconds, nanos)));
    }
}

#[test]
fn a_number_that_may_be_absent_is_null_and_not_zero() {
    let url = "/cosmos.staking.v1beta1.MsgEditValidator";
    let shown = encode(url, &[]).unwrap();
    assert_eq!((&shown["commission_rate"], &shown["min_self_delegation"]), (&Json::Null, &Json::Null));
    assert_eq!(shown["validator_address"], "");
    let given = json!({ "min_self_delegation": "0" });
    let again = encode(url, &decode(url, &given).unwrap()).unwrap();
    assert_eq!((&again["commission_rate"], again["min_self_delegation"].as_str()), (&Json::Null, Some("0")));
}
