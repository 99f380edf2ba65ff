//! From JSON to a message. Strict: a member that the message does not know is an error, never dropped.

use prost::Message;
use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};
use serde_json::{Map, Value as Json};

use super::schema::{self, Form};
use super::{
    JsonError,
    scalar::{GO_ZERO_TIME, base64_value, dec_to_wire, duration_value, int_to_wire, time_value},
};

/// Reads the JSON form of a message. Members may have their proto name or their camel-case name; null means absent. Fields
/// that can never be null get their zero value, as Go would encode them.
///
/// # Errors
/// With the place, what stands there and what may.
pub fn read(descriptor: &MessageDescriptor, json: &Json) -> Result<DynamicMessage, JsonError> {
    match (descriptor.full_name(), json) {
        ("google.protobuf.Any", Json::Object(object)) => any(descriptor, object),
        ("google.protobuf.Timestamp", Json::String(text)) => {
            let time = time_value(text);
            pair(descriptor, time.ok_or_else(|| unfit(json, "a time such as \"2024-01-02T03:04:05Z\""))?)
        }
        ("google.protobuf.Duration", Json::String(text)) => {
            let duration = duration_value(text);
            pair(descriptor, duration.ok_or_else(|| unfit(json, "a duration such as \"300s\""))?)
        }
        ("google.protobuf.Timestamp" | "google.protobuf.Duration", _) => Err(unfit(json, "a text")),
        (_, Json::Object(object)) => members(descriptor, object),
        _ => Err(unfit(json, "an object")),
    }
}

/// Reads a single value from plain text, as paths and query strings carry it: enumerations by name or known number, bytes in
/// base64, times and durations without quotes.
///
/// # Errors
/// If the text is not a value of the field, or the field is not a single value.
pub fn read_text(field: &FieldDescriptor, text: &str) -> Result<Value, JsonError> {
    let quoted = Json::String(text.to_owned());
    match field.kind() {
        Kind::Bool => match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(unfit(&quoted, "true or false")),
        },
        Kind::Enum(names) => match text.parse::<i32>() {
            Ok(number) if names.get_value(number).is_some() => Ok(Value::EnumNumber(number)),
            _ => enumeration(&names, &quoted),
        },
        // An unescaped plus sign of base64 arrives as a space.
        Kind::Bytes => single(field, &Json::String(text.replace(' ', "+"))),
        _ => single(field, &quoted),
    }
}

fn members(descriptor: &MessageDescriptor, object: &Map<String, Json>) -> Result<DynamicMessage, JsonError> {
    let mut message = DynamicMessage::new(descriptor.clone());
    for (name, json) in object {
        let field = descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name));
        let field = field.ok_or_else(|| unknown_member(descriptor, name))?;
        if json.is_null() {
            continue;
        }
        let taken = |oneof: &prost_reflect::OneofDescriptor| oneof.fields().any(|other| message.has_field(&other));
        if message.has_field(&field) || field.containing_oneof().is_some_and(|oneof| taken(&oneof)) {
            return Err(JsonError::new("given twice, or beside an alternative that excludes it").below(name));
        }
        let value = field_value(&field, json).map_err(|error| error.below(name))?;
        message.set_field(&field, value);
    }
    complete(&mut message);
    Ok(message)
}

fn unknown_member(descriptor: &MessageDescriptor, name: &str) -> JsonError {
    let known: Vec<String> = descriptor.fields().map(|field| field.name().to_owned()).collect();
    let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
    JsonError::new(format!("{} has no such member; it has {known}", descriptor.full_name())).below(name)
}

/// Gives every field that can never be null and is absent the value that Go's encoder writes for it.
fn complete(message: &mut DynamicMessage) {
    for field in message.descriptor().fields() {
        let marks = schema::marks(&field);
        if !marks.never_null || message.has_field(&field) {
            continue;
        }
        let value = match (field.kind(), marks.form) {
            (Kind::String, Form::Dec | Form::Int) => Value::String("0".to_owned()),
            (Kind::Bytes, Form::Dec | Form::Int) => Value::Bytes("0".into()),
            (Kind::Message(inner), _) => {
                let mut inner = DynamicMessage::new(inner);
                if marks.go_time {
                    inner.set_field_by_number(1, Value::I64(GO_ZERO_TIME));
                } else {
                    complete(&mut inner);
                }
                Value::Message(inner)
            }
            _ => continue,
        };
        message.set_field(&field, value);
    }
}

fn field_value(field: &FieldDescriptor, json: &Json) -> Result<Value, JsonError> {
    match json {
        Json::Array(items) if field.is_list() => {
            let item =
                |(index, item): (usize, &Json)| single(field, item).map_err(|error| error.below(&format!("[{index}]")));
            Ok(Value::List(items.iter().enumerate().map(item).collect::<Result<_, _>>()?))
        }
        Json::Object(entries) if field.is_map() => map_value(field, entries),
        _ if field.is_list() => Err(unfit(json, "a list")),
        _ if field.is_map() => Err(unfit(json, "an object")),
        _ => single(field, json),
    }
}

fn map_value(field: &FieldDescriptor, entries: &Map<String, Json>) -> Result<Value, JsonError> {
    let Kind::Message(entry) = field.kind() else { return Err(JsonError::new("not a map")) };
    let (key_field, value_field) = (entry.map_entry_key_field(), entry.map_entry_value_field());
    let pair = |(name, json): (&String, &Json)| {
        let key = match read_text(&key_field, name)? {
            Value::Bool(key) => MapKey::Bool(key),
            Value::I32(key) => MapKey::I32(key),
            Value::I64(key) => MapKey::I64(key),
            Value::U32(key) => MapKey::U32(key),
            Value::U64(key) => MapKey::U64(key),
            Value::String(key) => MapKey::String(key),
            _ => return Err(JsonError::new("not a key")),
        };
        Ok((key, single(&value_field, json)?))
    };
    let pairs = entries.iter().map(|entry| pair(entry).map_err(|error| error.below(entry.0)));
    Ok(Value::Map(pairs.collect::<Result<_, _>>()?))
}

/// One value: a field that is not repeated, or one item of one that is.
fn single(field: &FieldDescriptor, json: &Json) -> Result<Value, JsonError> {
    let form = schema::marks(field).form;
    match field.kind() {
        Kind::Bool => json.as_bool().map(Value::Bool).ok_or_else(|| unfit(json, "true or false")),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number(json, "a whole number of 32 bits").map(Value::I32),
        Kind::Uint32 | Kind::Fixed32 => number(json, "a whole number of 32 bits, not negative").map(Value::U32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => number(json, "a whole number of 64 bits").map(Value::I64),
        Kind::Uint64 | Kind::Fixed64 => number(json, "a whole number of 64 bits, not negative").map(Value::U64),
        Kind::Float => number(json, "a number").map(Value::F32),
        Kind::Double => number(json, "a number").map(Value::F64),
        Kind::String => Ok(Value::String(text(json, form)?)),
        Kind::Bytes => bytes(json, form).map(|bytes| Value::Bytes(bytes.into())),
        Kind::Enum(names) => enumeration(&names, json),
        Kind::Message(inner) => read(&inner, json).map(Value::Message),
    }
}

/// Numbers may stand bare or in quotes.
fn number<N: std::str::FromStr>(json: &Json, wanted: &str) -> Result<N, JsonError> {
    let parsed = match json {
        Json::String(text) => text.parse().ok(),
        Json::Number(number) => number.to_string().parse().ok(),
        _ => None,
    };
    parsed.ok_or_else(|| unfit(json, wanted))
}

fn text(json: &Json, form: Form) -> Result<String, JsonError> {
    let text = json.as_str().ok_or_else(|| unfit(json, "a text"))?;
    match form {
        Form::Dec => dec_to_wire(text).ok_or_else(|| unfit(json, "a decimal number in quotes with at most 18 places")),
        Form::Int => int_to_wire(text).ok_or_else(|| unfit(json, "a whole number in quotes")),
        Form::Plain | Form::Json | Form::Hex => Ok(text.to_owned()),
    }
}

fn bytes(json: &Json, form: Form) -> Result<Vec<u8>, JsonError> {
    match (form, json) {
        (Form::Json, any) => Ok(any.to_string().into_bytes()),
        (Form::Dec | Form::Int, _) => text(json, form).map(String::into_bytes),
        (Form::Hex, Json::String(text)) => hex::decode(text).map_err(|_| unfit(json, "hexadecimal digits")),
        (Form::Plain, Json::String(text)) => base64_value(text).ok_or_else(|| unfit(json, "base64")),
        (Form::Hex | Form::Plain, _) => Err(unfit(json, "a text")),
    }
}

fn enumeration(names: &EnumDescriptor, json: &Json) -> Result<Value, JsonError> {
    let value = match json {
        Json::String(name) => names.get_value_by_name(name).map(|value| value.number()),
        Json::Number(number) => number.to_string().parse().ok(),
        _ => None,
    };
    let wanted = || names.values().map(|value| value.name().to_owned()).collect::<Vec<_>>().join(", ");
    value.map(Value::EnumNumber).ok_or_else(|| unfit(json, &format!("one of {}", wanted())))
}

fn any(descriptor: &MessageDescriptor, object: &Map<String, Json>) -> Result<DynamicMessage, JsonError> {
    let type_url = object.get("@type").and_then(Json::as_str).ok_or_else(|| JsonError::new("has no \"@type\""))?;
    let inner = super::descriptor(type_url).map_err(|error| error.below("@type"))?;
    let message = if inner.full_name().starts_with("google.protobuf.") {
        read(&inner, object.get("value").unwrap_or(&Json::Null)).map_err(|error| error.below("value"))?
    } else {
        let rest = object.iter().filter(|(name, _)| *name != "@type");
        members(&inner, &rest.map(|(name, json)| (name.clone(), json.clone())).collect())?
    };
    let mut any = DynamicMessage::new(descriptor.clone());
    any.set_field_by_number(1, Value::String(type_url.to_owned()));
    any.set_field_by_number(2, Value::Bytes(message.encode_to_vec().into()));
    Ok(any)
}

/// A `Timestamp` or `Duration` of seconds and nanoseconds.
fn pair(descriptor: &MessageDescriptor, (seconds, nanos): (i64, i32)) -> Result<DynamicMessage, JsonError> {
    let mut message = DynamicMessage::new(descriptor.clone());
    message.set_field_by_number(1, Value::I64(seconds));
    message.set_field_by_number(2, Value::I32(nanos));
    Ok(message)
}

fn unfit(json: &Json, wanted: &str) -> JsonError {
    let shown: String = json.to_string().chars().take(80).collect();
    JsonError::new(format!("{shown} is not {wanted}"))
}
