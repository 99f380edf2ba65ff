//! Encoded messages as JSON text in one step, for an export of millions of rows: what [`super::print`] shows, without a message of values between.
//!
//! It takes messages as this chain encodes them: fields in any order, each once, the elements of a list one behind the other. Whatever else there is
//! (maps, parts of a `oneof`, packed numbers, fields that nobody knows, what does not decode) it leaves to [`super::print`], by saying `None`.

use std::fmt::Write;

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_reflect::Kind;

use super::ANY_DEPTH_MAX;
use super::print::{bytes_form, is_number, text_form};
use super::scalar::{GO_ZERO_TIME, duration_text, time_text};
use super::schema::{self, Field, Form, Layout, Special};

/// Fields of a message that is written here; more are rare.
const FIELDS_MAX: usize = 32;

/// Appends the text of a message. What was appended before it said `None` is of no use.
pub fn message(layout: &Layout, bytes: &[u8], out: &mut String) -> Option<()> {
    shown(layout, bytes, ANY_DEPTH_MAX, out)
}

/// What is on the wire for one field.
#[derive(Clone, Copy)]
enum Found<'a> {
    Nothing,
    Number(u64),
    Bytes(&'a [u8]),
    /// The elements of a list with their keys, and how many bytes of the message were left behind them.
    List(&'a [u8], usize),
}

fn shown(layout: &Layout, bytes: &[u8], depth: usize, out: &mut String) -> Option<()> {
    match layout.special {
        Special::Timestamp | Special::Duration => {
            let (seconds, nanos) = time(layout, bytes)?;
            let text = if layout.special == Special::Timestamp { time_text } else { duration_text };
            quoted(&text(seconds, nanos), out);
        }
        Special::Any => any(layout, bytes, depth, out)?,
        Special::None => {
            out.push('{');
            members(layout, bytes, depth, "", out)?;
            out.push('}');
        }
        Special::Redelegation => return None,
    }
    Some(())
}

fn time(layout: &Layout, bytes: &[u8]) -> Option<(i64, i32)> {
    let number = |found| match found {
        Found::Nothing => Some(0),
        Found::Number(number) => Some(number),
        _ => None,
    };
    let [seconds, nanos, ..] = found(layout, bytes)?;
    Some((number(seconds)?.cast_signed(), number(nanos)? as i32))
}

fn any(layout: &Layout, bytes: &[u8], depth: usize, out: &mut String) -> Option<()> {
    let ([Found::Bytes(url), value, ..], Some(depth)) = (found(layout, bytes)?, depth.checked_sub(1)) else {
        return None;
    };
    let url = std::str::from_utf8(url).ok()?;
    let inner = schema::layout_named(url).filter(|inner| inner.special == Special::None && !inner.is_well_known)?;
    out.push_str("{\"@type\":");
    quoted(url, out);
    match value {
        Found::Bytes(value) => members(inner, value, depth, ",", out)?,
        Found::Nothing => members(inner, &[], depth, ",", out)?,
        _ => return None,
    }
    out.push('}');
    Some(())
}

/// What the message has of each field of its layout, in the order of the layout.
fn found<'a>(layout: &Layout, bytes: &'a [u8]) -> Option<[Found<'a>; FIELDS_MAX]> {
    let mut all = [Found::Nothing; FIELDS_MAX];
    if layout.fields.len() > FIELDS_MAX {
        return None;
    }
    let mut rest = bytes;
    let mut guess = 0_usize;
    while !rest.is_empty() {
        let whole = rest;
        let (number, wire) = decode_key(&mut rest).ok()?;
        // Fields mostly come in the order of the layout.
        let place = match layout.fields.get(guess) {
            Some(field) if field.number == number => guess,
            _ => layout.fields.iter().position(|field| field.number == number)?,
        };
        let (field, slot) = (layout.fields.get(place)?, all.get_mut(place)?);
        if !field.is_straight {
            return None;
        }
        if field.is_list {
            guess = place;
            if wire != WireType::LengthDelimited || !has_length(&field.kind) {
                return None;
            }
            skip_field(wire, number, &mut rest, DecodeContext::default()).ok()?;
            let element = whole.len().checked_sub(rest.len())?;
            *slot = match *slot {
                Found::Nothing => Found::List(whole.get(..element)?, rest.len()),
                Found::List(before, left) if left == whole.len() => {
                    let from = bytes.len().checked_sub(left)?.checked_sub(before.len())?;
                    Found::List(bytes.get(from..bytes.len().checked_sub(rest.len())?)?, rest.len())
                }
                _ => return None,
            };
            continue;
        }
        guess = place.saturating_add(1);
        *slot = match (*slot, wire) {
            (Found::Nothing, WireType::Varint) => Found::Number(decode_varint(&mut rest).ok()?),
            (Found::Nothing, WireType::LengthDelimited) => Found::Bytes(delimited(&mut rest)?),
            _ => return None,
        };
    }
    Some(all)
}

const fn has_length(kind: &Kind) -> bool {
    matches!(kind, Kind::Message(_) | Kind::String | Kind::Bytes)
}

fn delimited<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(decode_varint(rest).ok()?).ok()?;
    let (value, behind) = rest.split_at_checked(len)?;
    rest.advance(rest.len().checked_sub(behind.len())?);
    Some(value)
}

fn members(layout: &Layout, bytes: &[u8], depth: usize, mut before: &str, out: &mut String) -> Option<()> {
    let all = found(layout, bytes)?;
    for (field, found) in layout.fields.iter().zip(all) {
        if !field.is_straight {
            return None;
        }
        out.push_str(before);
        before = ",";
        // Names of fields have no characters that JSON escapes.
        out.push('"');
        out.push_str(&field.name);
        out.push_str("\":");
        member(field, found, depth, out)?;
    }
    Some(())
}

fn member(field: &Field, found: Found<'_>, depth: usize, out: &mut String) -> Option<()> {
    match (found, &field.kind) {
        (Found::List(elements, _), _) => list(field, elements, depth, out),
        (Found::Nothing, _) if field.is_list => {
            out.push_str("[]");
            Some(())
        }
        (Found::Number(number), _) => scalar(field, number, out),
        (Found::Bytes([]), Kind::String | Kind::Bytes) => absent(field, depth, out),
        (Found::Bytes(bytes), _) => value(field, bytes, depth, out),
        (Found::Nothing, _) => absent(field, depth, out),
    }
}

fn absent(field: &Field, depth: usize, out: &mut String) -> Option<()> {
    match &field.kind {
        Kind::Message(_) if !field.marks.never_null => out.push_str("null"),
        Kind::Message(inner) if field.marks.go_time && inner.full_name() == "google.protobuf.Timestamp" => {
            quoted(&time_text(GO_ZERO_TIME, 0), out);
        }
        Kind::Message(_) => return shown(field.inner()?, &[], depth, out),
        Kind::String | Kind::Bytes if !field.marks.never_null && is_number(field.marks.form) => out.push_str("null"),
        Kind::String | Kind::Bytes => return value(field, &[], depth, out),
        _ => return scalar(field, 0, out),
    }
    Some(())
}

fn list(field: &Field, elements: &[u8], depth: usize, out: &mut String) -> Option<()> {
    let (mut rest, mut before) = (elements, '[');
    while !rest.is_empty() {
        out.push(before);
        before = ',';
        decode_key(&mut rest).ok()?;
        value(field, delimited(&mut rest)?, depth, out)?;
    }
    out.push(']');
    Some(())
}

fn value(field: &Field, bytes: &[u8], depth: usize, out: &mut String) -> Option<()> {
    match &field.kind {
        Kind::Message(_) => return shown(field.inner()?, bytes, depth, out),
        Kind::String => quoted(&text_form(std::str::from_utf8(bytes).ok()?, field.marks.form), out),
        Kind::Bytes if field.marks.form == Form::Plain && bytes.is_empty() => out.push_str("null"),
        Kind::Bytes => write!(out, "{}", bytes_form(bytes, field.marks.form)).ok()?,
        _ => return None,
    }
    Some(())
}

fn scalar(field: &Field, number: u64, out: &mut String) -> Option<()> {
    let zigzag = |n: u64| (n >> 1).cast_signed() ^ (n & 1).cast_signed().wrapping_neg();
    match &field.kind {
        Kind::Bool => out.push_str(if number == 0 { "false" } else { "true" }),
        Kind::Int32 => write!(out, "{}", number as i32).ok()?,
        Kind::Uint32 => write!(out, "{}", number as u32).ok()?,
        Kind::Sint32 => write!(out, "{}", zigzag(u64::from(number as u32)) as i32).ok()?,
        Kind::Int64 => write!(out, "\"{}\"", number.cast_signed()).ok()?,
        Kind::Uint64 => write!(out, "\"{number}\"").ok()?,
        Kind::Sint64 => write!(out, "\"{}\"", zigzag(number)).ok()?,
        Kind::Enum(names) => match names.get_value(number as i32) {
            Some(name) => quoted(name.name(), out),
            None => write!(out, "{}", number as i32).ok()?,
        },
        _ => return None,
    }
    Some(())
}

/// A text as JSON.
fn quoted(text: &str, out: &mut String) {
    // All bytes are looked at, whatever is found: so the compiler takes many at once.
    let escapes = |any: bool, byte: u8| any | (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if !text.bytes().fold(false, escapes) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // Texts can always be written.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_reflect::{DynamicMessage, MapKey, MessageDescriptor, ReflectMessage, Value};

    use super::super::print::Shown;
    use super::super::schema::POOL;
    use super::*;

    /// A number that is small, large, or nothing, by a counter.
    fn drawn(turn: &mut u64) -> u64 {
        *turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        [0, *turn >> 60, *turn >> 33, *turn][(*turn >> 40) as usize % 4]
    }

    fn value(kind: &Kind, depth: usize, turn: &mut u64) -> Value {
        let n = drawn(turn);
        match kind {
            Kind::Message(inner) => Value::Message(filled(inner, depth - 1, turn)),
            Kind::String => {
                Value::String(["", "12", "-7", "a \"b\" \\ \n\u{1}é", "uatom", "0"][n as usize % 6].to_owned())
            }
            Kind::Bytes => Value::Bytes([&b""[..], b"31", b"\xff\x00", b"{\"a\": 1}"][n as usize % 4].into()),
            Kind::Bool => Value::Bool(n % 2 == 1),
            Kind::Enum(_) => Value::EnumNumber(n as i32 % 5),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(n as i32),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(n as u32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(n.cast_signed()),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(n),
            Kind::Float => Value::F32(n as f32),
            Kind::Double => Value::F64(n as f64),
        }
    }

    fn filled(descriptor: &MessageDescriptor, depth: usize, turn: &mut u64) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        if descriptor.full_name() == "google.protobuf.Any" {
            let inner = POOL.get_message_by_name(
                ["cosmos.auth.v1beta1.BaseAccount", "google.protobuf.Duration"][drawn(turn) as usize % 2],
            );
            let inner = filled(&inner.unwrap(), depth.saturating_sub(1), turn);
            let name = [inner.descriptor().full_name(), "no.such.Message"][(drawn(turn) % 7 == 6) as usize].to_owned();
            message.set_field_by_number(1, Value::String(format!("/{name}")));
            message.set_field_by_number(2, Value::Bytes(inner.encode_to_vec().into()));
            return message;
        }
        for field in descriptor.fields() {
            let kind = field.kind();
            let is_deep = depth == 0 && matches!(kind, Kind::Message(_));
            if is_deep || drawn(turn) % 5 == 4 {
                continue;
            }
            let filled = if field.is_map() {
                let Kind::Message(entry) = &kind else { unreachable!() };
                let Kind::String = entry.map_entry_key_field().kind() else { continue };
                Value::Map(
                    [(MapKey::String("k".to_owned()), value(&entry.map_entry_value_field().kind(), depth, turn))]
                        .into(),
                )
            } else if field.is_list() {
                Value::List((0..drawn(turn) % 4).map(|_| value(&kind, depth, turn)).collect())
            } else {
                value(&kind, depth, turn)
            };
            message.set_field(&field, filled);
        }
        message
    }

    #[test]
    fn every_message_has_the_same_text_in_one_step_and_by_its_values() {
        let (mut turn, mut straight, mut all) = (1, 0, 0);
        for descriptor in POOL.all_messages().filter(|message| !message.is_map_entry()) {
            for depth in [0, 0, 1, 2, 3] {
                let bytes = filled(&descriptor, depth, &mut turn).encode_to_vec();
                let message = DynamicMessage::decode(descriptor.clone(), bytes.as_slice()).unwrap();
                let wanted = serde_json::to_string(&Shown::new(&message)).unwrap();
                straight += message_is_straight(&descriptor, &bytes, &wanted);
                let text = super::super::texts(&descriptor, &[&bytes, &bytes]).unwrap();
                assert_eq!(text, format!("{wanted},{wanted}"), "{}", descriptor.full_name());
                all += 1;
            }
        }
        assert!(straight * 2 > all, "{straight} of {all}");
    }

    fn message_is_straight(descriptor: &MessageDescriptor, bytes: &[u8], wanted: &str) -> u32 {
        let mut text = String::new();
        let is_straight = message(schema::layout(descriptor), bytes, &mut text).is_some();
        if is_straight {
            assert_eq!(text, wanted, "{}", descriptor.full_name());
        }
        is_straight.into()
    }

    #[test]
    fn what_was_encoded_by_others_is_left_to_the_longer_way() {
        let coin = POOL.get_message_by_name("cosmos.base.v1beta1.Coin").unwrap();
        let text = |bytes: &[u8]| {
            let mut text = String::new();
            let straight = message(schema::layout(&coin), bytes, &mut text).is_some();
            (straight, super::super::text(&coin, bytes).ok())
        };
        let shown = |denom: &str| Some(format!("{{\"denom\":\"{denom}\",\"amount\":\"0\"}}"));
        assert_eq!(text(b""), (true, shown("")));
        assert_eq!(text(b"\x0a\x01a"), (true, shown("a")));
        assert_eq!(text(b"\x0a\x01a\x0a\x01b"), (false, shown("b")));
        assert_eq!(text(b"\x0a\x01a\x7a\x01b"), (false, shown("a")));
        assert_eq!(text(b"\x0a\x02a"), (false, None));
        assert_eq!(text(b"\x0a\x01\xff"), (false, None));
    }
}
