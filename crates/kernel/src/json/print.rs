//! From a message to JSON. Printing never fails: whatever got into a block must be shown.

use std::borrow::Cow;

use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value as Json};

use super::schema::{self, Field, Form, Layout, Marks, Special};
use super::{
    ANY_DEPTH_MAX,
    scalar::{GO_ZERO_TIME, base64_text, dec_from_wire, duration_text, int_from_wire, time_text},
};

/// The JSON form of a message.
pub fn print(message: &DynamicMessage) -> Json {
    to_value(&Shown::new(message))
}

/// A message that serde writes in its JSON form: as text, or as a value.
pub struct Shown<'a> {
    message: &'a DynamicMessage,
    layout: &'static Layout,
    /// The number of `Any` layers that may still be opened.
    depth: usize,
}

impl<'a> Shown<'a> {
    pub fn new(message: &'a DynamicMessage) -> Self {
        Self { message, layout: schema::layout(&message.descriptor()), depth: ANY_DEPTH_MAX }
    }

    fn members<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        for field in &self.layout.fields {
            if field.in_oneof && !self.message.has_field(&field.descriptor) {
                continue;
            }
            object.serialize_entry(&field.name, &Member { of: self, field })?;
        }
        Ok(())
    }

    /// `@type` beside the fields of what is inside. What cannot be opened (unknown, broken, too deep) shows its bytes as `value`.
    fn any<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        let (url, value) = (self.message.get_field_by_number(1), self.message.get_field_by_number(2));
        let type_url = url.as_ref().and_then(|url| url.as_str()).unwrap_or_default();
        let bytes = value.as_ref().and_then(|value| value.as_bytes()).cloned().unwrap_or_default();
        object.serialize_entry("@type", type_url)?;
        let descriptor = schema::message_named(type_url).filter(|_| self.depth > 0);
        let Some(inner) = descriptor.and_then(|known| DynamicMessage::decode(known, bytes.clone()).ok()) else {
            return object.serialize_entry("value", &bytes_form(&bytes, Form::Plain));
        };
        let shown = Shown { depth: self.depth.saturating_sub(1), ..Shown::new(&inner) };
        match shown.layout.special {
            Special::None if !shown.layout.is_well_known => shown.members(object),
            Special::Redelegation => redelegation(&shown).iter().try_for_each(|(k, v)| object.serialize_entry(k, v)),
            _ => object.serialize_entry("value", &shown),
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.layout.special {
            Special::Timestamp => to.serialize_str(&time_text(integer(self.message, 1), nanos(self.message))),
            Special::Duration => to.serialize_str(&duration_text(integer(self.message, 1), nanos(self.message))),
            Special::Redelegation => redelegation(self).serialize(to),
            Special::Any => {
                let mut object = to.serialize_map(None)?;
                self.any(&mut object)?;
                object.end()
            }
            Special::None => {
                let mut object = to.serialize_map(None)?;
                self.members(&mut object)?;
                object.end()
            }
        }
    }
}

/// A redelegation in an answer.
///
/// # Compatibility
/// The SDK's type writes itself as Go's `encoding/json` does: the entries of the inner record are null, 64-bit numbers are numbers, and
/// zeros are left out. Explorers know it so.
fn redelegation(shown: &Shown) -> Map<String, Json> {
    let mut response: Map<String, Json> =
        shown.layout.fields.iter().map(|field| (field.name.clone(), to_value(&Member { of: shown, field }))).collect();
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
    response
}

/// The value of one field.
struct Member<'a> {
    of: &'a Shown<'a>,
    field: &'static Field,
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Field { descriptor, kind, marks, .. } = self.field;
        let depth = self.of.depth;
        let single = !descriptor.is_list() && !descriptor.is_map();
        if single && !self.of.message.has_field(descriptor) {
            match kind {
                Kind::Message(inner) => return absent(inner, *marks, depth, to),
                // A number that Go keeps behind a pointer: absent is not zero.
                Kind::String | Kind::Bytes if !marks.never_null && is_number(marks.form) => return to.serialize_none(),
                _ => {}
            }
        }
        match self.of.message.get_field(descriptor).as_ref() {
            Value::List(items) => {
                to.collect_seq(items.iter().map(|value| Item { value, kind, form: marks.form, depth }))
            }
            Value::Map(entries) => {
                let Kind::Message(entry) = kind else { return to.serialize_none() };
                let mut sorted: Vec<(&MapKey, &Value)> = entries.iter().collect();
                sorted.sort_by(|left, right| left.0.cmp(right.0));
                let kind = &entry.map_entry_value_field().kind();
                let item = |value| Item { value, kind, form: Form::Plain, depth };
                to.collect_map(sorted.into_iter().map(|(key, value)| (key_text(key), item(value))))
            }
            value => Item { value, kind, form: marks.form, depth }.serialize(to),
        }
    }
}

/// A message that is not on the wire: null, or its zero value if Go keeps it by value.
fn absent<S: Serializer>(descriptor: &MessageDescriptor, marks: Marks, depth: usize, to: S) -> Result<S::Ok, S::Error> {
    match descriptor.full_name() {
        _ if !marks.never_null => to.serialize_none(),
        "google.protobuf.Timestamp" if marks.go_time => to.serialize_str(&time_text(GO_ZERO_TIME, 0)),
        _ => Shown { depth, ..Shown::new(&DynamicMessage::new(descriptor.clone())) }.serialize(to),
    }
}

pub(super) const fn is_number(form: Form) -> bool {
    matches!(form, Form::Dec | Form::Int)
}

/// One value: that of a field, or of a place in its list or map.
struct Item<'a> {
    value: &'a Value,
    kind: &'a Kind,
    form: Form,
    depth: usize,
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Bool(value) => to.serialize_bool(*value),
            Value::I32(value) => to.serialize_i32(*value),
            Value::U32(value) => to.serialize_u32(*value),
            Value::I64(value) => to.collect_str(value),
            Value::U64(value) => to.collect_str(value),
            Value::F32(value) => float(f64::from(*value), to),
            Value::F64(value) => float(*value, to),
            Value::String(text) => to.serialize_str(&text_form(text, self.form)),
            Value::Bytes(bytes) => bytes_form(bytes, self.form).serialize(to),
            Value::EnumNumber(number) => {
                let known = self.kind.as_enum().and_then(|names| names.get_value(*number));
                match known {
                    Some(name) => to.serialize_str(name.name()),
                    None => to.serialize_i32(*number),
                }
            }
            Value::Message(message) => Shown { depth: self.depth, ..Shown::new(message) }.serialize(to),
            Value::List(_) | Value::Map(_) => to.serialize_none(),
        }
    }
}

pub(super) fn text_form(text: &str, form: Form) -> Cow<'_, str> {
    match form {
        Form::Dec => dec_from_wire(text).into(),
        Form::Int => int_from_wire(text).into(),
        Form::Plain | Form::Json | Form::Hex => text.into(),
    }
}

pub(super) fn bytes_form(bytes: &[u8], form: Form) -> Json {
    match form {
        Form::Dec | Form::Int => Json::String(text_form(&String::from_utf8_lossy(bytes), form).into_owned()),
        Form::Json => serde_json::from_slice(bytes).unwrap_or_else(|_| Json::String(base64_text(bytes))),
        Form::Hex => Json::String(hex::encode_upper(bytes)),
        Form::Plain if bytes.is_empty() => Json::Null,
        Form::Plain => Json::String(base64_text(bytes)),
    }
}

fn float<S: Serializer>(value: f64, to: S) -> Result<S::Ok, S::Error> {
    match value {
        finite if finite.is_finite() => to.serialize_f64(finite),
        _ if value.is_nan() => to.serialize_str("NaN"),
        _ if value > 0.0 => to.serialize_str("Infinity"),
        _ => to.serialize_str("-Infinity"),
    }
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

fn integer(message: &DynamicMessage, number: u32) -> i64 {
    message.get_field_by_number(number).and_then(|value| value.as_i64()).unwrap_or_default()
}

fn nanos(message: &DynamicMessage) -> i32 {
    message.get_field_by_number(2).and_then(|value| value.as_i32()).unwrap_or_default()
}

/// Printing never fails: every key is a text, and numbers that JSON does not have are texts.
fn to_value(shown: &impl Serialize) -> Json {
    serde_json::to_value(shown).unwrap_or_default()
}
