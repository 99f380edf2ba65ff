//! From a message to JSON. Printing never fails: whatever got into a block must be shown.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};
use serde_json::{Map, Value as Json};

use super::schema::{self, Form, Marks};
use super::{
    ANY_DEPTH_MAX,
    scalar::{GO_ZERO_TIME, base64_text, dec_from_wire, duration_text, int_from_wire, time_text},
};

/// The JSON form of a message.
pub fn print(message: &DynamicMessage) -> Json {
    message_form(message, ANY_DEPTH_MAX)
}

/// `depth` is the number of `Any` layers that may still be opened.
fn message_form(message: &DynamicMessage, depth: usize) -> Json {
    match message.descriptor().full_name() {
        "google.protobuf.Any" => any_form(message, depth),
        "google.protobuf.Timestamp" => Json::String(time_text(integer(message, 1), nanos(message))),
        "google.protobuf.Duration" => Json::String(duration_text(integer(message, 1), nanos(message))),
        "cosmos.staking.v1beta1.RedelegationResponse" => redelegation(members(message, depth)),
        _ => Json::Object(members(message, depth)),
    }
}

/// A redelegation in an answer.
///
/// # Compatibility
/// The SDK's type writes itself as Go's `encoding/json` does: the entries of the inner record are null, 64-bit numbers are numbers, and
/// zeros are left out. Explorers know it so.
fn redelegation(mut response: Map<String, Json>) -> Json {
    if let Some(record) = response.get_mut("redelegation").and_then(Json::as_object_mut) {
        record.insert("entries".to_owned(), Json::Null);
    }
    for entry in response.get_mut("entries").and_then(Json::as_array_mut).into_iter().flatten() {
        let Some(entry) = entry.get_mut("redelegation_entry").and_then(Json::as_object_mut) else { continue };
        for name in ["creation_height", "unbonding_id", "unbonding_on_hold_ref_count"] {
            let number = entry.get(name).and_then(Json::as_str).and_then(|text| text.parse::<i128>().ok());
            match number
                .and_then(|n| i64::try_from(n).map(Json::from).or_else(|_| u64::try_from(n).map(Json::from)).ok())
            {
                Some(zero) if zero == 0 => drop(entry.remove(name)),
                Some(number) => drop(entry.insert(name.to_owned(), number)),
                None => {}
            }
        }
    }
    Json::Object(response)
}

fn members(message: &DynamicMessage, depth: usize) -> Map<String, Json> {
    let mut object = Map::new();
    for field in message.descriptor().fields() {
        let present = message.has_field(&field);
        if field.containing_oneof().is_some() && !present {
            continue;
        }
        let marks = schema::marks(&field);
        let form = match field.kind() {
            Kind::Message(inner) if !present && !field.is_list() && !field.is_map() => absent(&inner, marks, depth),
            // A number that Go keeps behind a pointer: absent is not zero.
            Kind::String | Kind::Bytes
                if !present && !marks.never_null && is_number(marks.form) && !field.is_list() =>
            {
                Json::Null
            }
            _ => field_form(&field, &message.get_field(&field), marks, depth),
        };
        object.insert(field.name().to_owned(), form);
    }
    object
}

const fn is_number(form: Form) -> bool {
    matches!(form, Form::Dec | Form::Int)
}

/// A message that is not on the wire: null, or its zero value if Go keeps it by value.
fn absent(descriptor: &MessageDescriptor, marks: Marks, depth: usize) -> Json {
    match descriptor.full_name() {
        _ if !marks.never_null => Json::Null,
        "google.protobuf.Timestamp" if marks.go_time => Json::String(time_text(GO_ZERO_TIME, 0)),
        _ => message_form(&DynamicMessage::new(descriptor.clone()), depth),
    }
}

fn field_form(field: &FieldDescriptor, value: &Value, marks: Marks, depth: usize) -> Json {
    match value {
        Value::List(items) => items.iter().map(|item| value_form(&field.kind(), item, marks.form, depth)).collect(),
        Value::Map(entries) => {
            let Kind::Message(entry) = field.kind() else { return Json::Null };
            let kind = entry.map_entry_value_field().kind();
            let mut sorted: Vec<(&MapKey, &Value)> = entries.iter().collect();
            sorted.sort_by(|left, right| left.0.cmp(right.0));
            let member =
                |(key, value): (&MapKey, &Value)| (key_text(key), value_form(&kind, value, Form::Plain, depth));
            Json::Object(sorted.into_iter().map(member).collect())
        }
        single => value_form(&field.kind(), single, marks.form, depth),
    }
}

fn value_form(kind: &Kind, value: &Value, form: Form, depth: usize) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::I32(value) => (*value).into(),
        Value::U32(value) => (*value).into(),
        Value::I64(value) => Json::String(value.to_string()),
        Value::U64(value) => Json::String(value.to_string()),
        Value::F32(value) => float(f64::from(*value)),
        Value::F64(value) => float(*value),
        Value::String(text) => Json::String(text_form(text, form)),
        Value::Bytes(bytes) => bytes_form(bytes, form),
        Value::EnumNumber(number) => {
            let known = kind.as_enum().and_then(|names| names.get_value(*number));
            known.map_or_else(|| (*number).into(), |name| Json::String(name.name().to_owned()))
        }
        Value::Message(message) => message_form(message, depth),
        Value::List(_) | Value::Map(_) => Json::Null,
    }
}

fn text_form(text: &str, form: Form) -> String {
    match form {
        Form::Dec => dec_from_wire(text),
        Form::Int => int_from_wire(text),
        Form::Plain | Form::Json | Form::Hex => text.to_owned(),
    }
}

fn bytes_form(bytes: &[u8], form: Form) -> Json {
    match form {
        Form::Dec | Form::Int => Json::String(text_form(&String::from_utf8_lossy(bytes), form)),
        Form::Json => serde_json::from_slice(bytes).unwrap_or_else(|_| Json::String(base64_text(bytes))),
        Form::Hex => Json::String(hex::encode_upper(bytes)),
        Form::Plain if bytes.is_empty() => Json::Null,
        Form::Plain => Json::String(base64_text(bytes)),
    }
}

fn float(value: f64) -> Json {
    let text = || {
        Json::String(
            if value.is_nan() {
                "NaN"
            } else if value > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            }
            .to_owned(),
        )
    };
    serde_json::Number::from_f64(value).map_or_else(text, Json::Number)
}

/// Maps in JSON have only texts as keys.
fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(value) => value.to_string(),
        MapKey::I32(value) => value.to_string(),
        MapKey::I64(value) => value.to_string(),
        MapKey::U32(value) => value.to_string(),
        MapKey::U64(value) => value.to_string(),
        MapKey::String(value) => value.clone(),
    }
}

/// `@type` beside the fields of what is inside. What cannot be opened (unknown, broken, too deep) shows its bytes as `value`.
fn any_form(any: &DynamicMessage, depth: usize) -> Json {
    let type_url = any.get_field_by_number(1).and_then(|url| url.as_str().map(str::to_owned)).unwrap_or_default();
    let bytes = any.get_field_by_number(2).and_then(|value| value.as_bytes().cloned()).unwrap_or_default();
    let mut object = Map::new();
    object.insert("@type".to_owned(), Json::String(type_url.clone()));
    let descriptor = schema::message_named(&type_url).filter(|_| depth > 0);
    match descriptor.and_then(|descriptor| DynamicMessage::decode(descriptor, bytes.clone()).ok()) {
        Some(inner) => match message_form(&inner, depth.saturating_sub(1)) {
            Json::Object(members) if !inner.descriptor().full_name().starts_with("google.protobuf.") => {
                object.extend(members)
            }
            special => {
                object.insert("value".to_owned(), special);
            }
        },
        None => {
            object.insert("value".to_owned(), bytes_form(&bytes, Form::Plain));
        }
    }
    Json::Object(object)
}

fn integer(message: &DynamicMessage, number: u32) -> i64 {
    message.get_field_by_number(number).and_then(|value| value.as_i64()).unwrap_or_default()
}

fn nanos(message: &DynamicMessage) -> i32 {
    message.get_field_by_number(2).and_then(|value| value.as_i32()).unwrap_or_default()
}
