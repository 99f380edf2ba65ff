//! Protobuf messages as the JSON that Cosmos clients expect, both ways.
//!
//! The form is that of the SDK's gRPC gateway: names as in the `.proto` files, defaults written, 64-bit integers as strings,
//! enumerations by name, `bytes` as base64 (absent: null), absent messages as null unless the field can never be null,
//! `Any` as `@type` beside the fields, times in RFC 3339, durations as `300s`, and decimals, which are scaled integers on the
//! wire, with 18 places.
//!
//! # Compatibility
//! Two records differ from the Go gateway, which prints a redelegation's `creation_height` and `unbonding_id` as numbers by an
//! accident of Go's method sets: here they are strings like every 64-bit integer.

mod print;
mod read;
mod scalar;
pub mod schema;
mod straight;

#[cfg(test)]
mod own_wire;
#[cfg(test)]
mod tests;

use prost::{Message, Name};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::Value;

use print::Shown;
pub use print::print;
pub use read::{read, read_text};

/// Layers of messages inside `Any` fields that are followed; an attacker could nest thousands in one transaction.
const ANY_DEPTH_MAX: usize = 32;

/// Why JSON and a message do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct JsonError {
    /// Where, from the root of the document: `body.messages[2].amount`.
    pub path: String,
    /// What is there and what is allowed.
    pub reason: String,
}

impl JsonError {
    fn new(reason: impl Into<String>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    /// The same error, seen from one step nearer to the root.
    #[must_use]
    pub fn below(mut self, step: &str) -> Self {
        self.path = match self.path.chars().next() {
            None => step.to_owned(),
            Some('[') => format!("{step}{}", self.path),
            Some(_) => format!("{step}.{}", self.path),
        };
        self
    }
}

/// Prints encoded bytes of the message named by a type URL or full name.
///
/// # Errors
/// If the name is unknown or the bytes are not such a message.
pub fn encode(type_url: &str, bytes: &[u8]) -> Result<Value, JsonError> {
    Ok(print(&decoded(descriptor(type_url)?, bytes)?))
}

/// Prints encoded bytes of a message as text.
///
/// # Errors
/// If the bytes are not such a message.
pub fn text(descriptor: &MessageDescriptor, bytes: &[u8]) -> Result<String, JsonError> {
    texts(descriptor, &[bytes])
}

/// Prints encoded messages as text, with commas between them.
///
/// # Errors
/// If one of them is not such a message.
pub fn texts(descriptor: &MessageDescriptor, messages: &[&[u8]]) -> Result<String, JsonError> {
    let layout = schema::layout(descriptor);
    let mut text = String::new();
    for bytes in messages {
        if !text.is_empty() {
            text.push(',');
        }
        let before = text.len();
        if straight::message(layout, bytes, &mut text).is_none() {
            text.truncate(before);
            let message = decoded(descriptor.clone(), bytes)?;
            let shown = serde_json::to_string(&Shown::new(&message));
            text.push_str(&shown.map_err(|error| JsonError::new(error.to_string()))?);
        }
    }
    Ok(text)
}

/// Reads JSON into encoded bytes of the message named by a type URL or full name.
///
/// # Errors
/// If the name is unknown, or the JSON has a member or a value that the message has no place for.
pub fn decode(type_url: &str, value: &Value) -> Result<Vec<u8>, JsonError> {
    Ok(read(&descriptor(type_url)?, value)?.encode_to_vec())
}

/// Prints a generated message.
///
/// # Errors
/// If the message is not among the descriptors.
pub fn to_json<M: Message + Name>(message: &M) -> Result<Value, JsonError> {
    encode(&M::full_name(), &message.encode_to_vec())
}

/// Reads a generated message.
///
/// # Errors
/// As [`decode`].
pub fn from_json<M: Message + Name + Default>(value: &Value) -> Result<M, JsonError> {
    let bytes = decode(&M::full_name(), value)?;
    M::decode(bytes.as_slice()).map_err(|error| JsonError::new(error.to_string()))
}

fn decoded(descriptor: MessageDescriptor, bytes: &[u8]) -> Result<DynamicMessage, JsonError> {
    let name = descriptor.full_name().to_owned();
    DynamicMessage::decode(descriptor, bytes).map_err(|error| JsonError::new(format!("not an encoded {name}: {error}")))
}

fn descriptor(type_url: &str) -> Result<MessageDescriptor, JsonError> {
    schema::message_named(type_url).ok_or_else(|| JsonError::new(format!("{type_url:?} is not a known message type")))
}
