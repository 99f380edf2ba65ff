//! Refuses fields that the descriptors do not know, and numbers that are none or too large, in a message and in everything inside it,
//! `Any` fields included.
//!
//! A field whose number has bit 11 set is *not critical*: where that is allowed it may be unknown, and is only reported.

use entente_kernel::error::sdk;
use entente_kernel::json::schema::{self, Form};
use entente_kernel::num::{Dec, Int};
use entente_kernel::{Error, Result};
use prost::Message as _;
use prost::encoding::decode_varint;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use prost_types::Any;

const NOT_CRITICAL: u64 = 1 << 10;
/// How deep messages may stand inside messages.
const DEPTH_MAX: u32 = 32;

const ANY: &str = "google.protobuf.Any";

/// Whether there are unknown fields that are not critical.
///
/// # Errors
/// `sdk` 2 that names message and field.
pub fn check(bytes: &[u8], message: &MessageDescriptor, allow_not_critical: bool) -> Result<bool> {
    walk(bytes, message, allow_not_critical, DEPTH_MAX)
}

fn walk(mut bytes: &[u8], message: &MessageDescriptor, allow: bool, depth: u32) -> Result<bool> {
    let name = message.full_name();
    let depth = depth.checked_sub(1).ok_or_else(|| wrong(format!("{name}: messages are nested too deep")))?;
    let mut found = false;
    while !bytes.is_empty() {
        let key = decode_varint(&mut bytes).map_err(wrong)?;
        let (number, wire) = (key >> 3, key & 7);
        let field = u32::try_from(number).ok().and_then(|n| message.get_field(n));
        let value = take(&mut bytes, wire).ok_or_else(|| wrong(format!("{name}: invalid length of field {number}")))?;
        match field {
            Some(field) => {
                if !fits(wire, &field) {
                    return Err(wrong(format!("{name}: field {} cannot have wire type {wire}", field.name())));
                }
                match field.kind() {
                    Kind::Message(inner) => found |= nested(value, &inner, allow, depth)?,
                    Kind::String | Kind::Bytes => check_number(value, &field)?,
                    _ => {}
                }
            }
            None if allow && number & NOT_CRITICAL != 0 => found = true,
            None => return Err(wrong(format!("{name}: unknown field {number} of wire type {wire}"))),
        }
    }
    Ok(found)
}

/// Numbers that the SDK reads while it decodes: integers of 256 bits, decimals of 315. No text at all is no number yet.
fn check_number(value: &[u8], field: &FieldDescriptor) -> Result<()> {
    let form = schema::marks(field).form;
    if value.is_empty() || !matches!(form, Form::Int | Form::Dec) {
        return Ok(());
    }
    let refuse = |e: &dyn std::fmt::Display| wrong(format!("{}: {e}", field.full_name()));
    let text = std::str::from_utf8(value).map_err(|e| refuse(&e))?;
    let outcome = match form {
        Form::Int => text.parse::<Int>().map(drop),
        _ => Dec::from_scaled_str(text).map(drop),
    };
    outcome.map_err(|e| refuse(&e))
}

fn nested(value: &[u8], message: &MessageDescriptor, allow: bool, depth: u32) -> Result<bool> {
    let found = walk(value, message, allow, depth)?;
    if message.full_name() != ANY {
        return Ok(found);
    }
    let any = Any::decode(value).map_err(wrong)?;
    if any.type_url.is_empty() && any.value.is_empty() {
        return Ok(found);
    }
    let unknown = || wrong(format!("unable to resolve type URL {}", any.type_url));
    let inner = any.type_url.strip_prefix('/').filter(|name| !name.contains('/')).and_then(schema::message_named);
    Ok(found | walk(&any.value, &inner.ok_or_else(unknown)?, allow, depth)?)
}

/// The bytes of a value, without a length in front; `None` if there are too few, or for groups.
fn take<'b>(bytes: &mut &'b [u8], wire: u64) -> Option<&'b [u8]> {
    let start = *bytes;
    let length = match wire {
        0 => {
            decode_varint(bytes).ok()?;
            return start.get(..start.len().checked_sub(bytes.len())?);
        }
        1 => 8,
        2 => usize::try_from(decode_varint(bytes).ok()?).ok()?,
        5 => 4,
        _ => return None,
    };
    let (value, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(value)
}

fn fits(wire: u64, field: &FieldDescriptor) -> bool {
    let own = match field.kind() {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 1,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 5,
        Kind::String | Kind::Bytes | Kind::Message(_) => 2,
        _ => 0,
    };
    wire == own || wire == 2 && field.is_list()
}

fn wrong(e: impl std::fmt::Display) -> Error {
    sdk::TX_DECODE.because(e)
}
