//! A section as JSON text, row by row on all cores: an export of millions of rows never stands in memory as values.

use std::collections::BTreeMap;
use std::fmt::Write;

use entente_kernel::json::schema::{self, Layout};
use entente_kernel::json::{self, JsonError};
use entente_kernel::{Error, Result};
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::{Message, Name};
use prost_reflect::{Kind, MessageDescriptor};
use rayon::prelude::*;

/// A message inside another one is written by its rows if it has more bytes than this.
const LARGE: usize = 1 << 16;
/// Rows that one task writes.
const ROWS_OF_TASK: usize = 512;
/// Rows whose text is in memory at the same time.
const ROWS_AT_ONCE: usize = 128 * ROWS_OF_TASK;

/// Writes a generated message as [`json::to_json`] shows it.
///
/// # Errors
/// A fault if the message is not among the descriptors, or if `out` takes no more.
pub fn write<M: Message + Name>(message: &M, out: &mut dyn Write) -> Result<()> {
    let name = M::full_name();
    let descriptor = schema::message_named(&name).ok_or_else(|| fault(&name, "not a known message"))?;
    large(&descriptor, &message.encode_to_vec(), out)
}

/// Parts of a message: what is small, as a message of its own, and by number of the field the rest.
#[derive(Default)]
struct Parts<'a> {
    small: Vec<u8>,
    rows: BTreeMap<u32, Vec<&'a [u8]>>,
}

impl<'a> Parts<'a> {
    /// Takes the lists of messages and the large messages out.
    fn of(layout: &Layout, whole: &'a [u8]) -> Option<Self> {
        let mut parts = Parts::default();
        let mut rest = whole;
        while !rest.is_empty() {
            let begin = rest;
            let (number, wire) = decode_key(&mut rest).ok()?;
            let field = layout.fields.iter().find(|f| f.descriptor.number() == number);
            let message = field.filter(|f| matches!(f.kind, Kind::Message(_)) && !f.descriptor.is_map());
            if let (Some(field), WireType::LengthDelimited) = (message, wire) {
                let len = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
                let (value, behind) = rest.split_at_checked(len)?;
                rest = behind;
                if field.descriptor.is_list() || len > LARGE {
                    parts.rows.entry(number).or_default().push(value);
                    continue;
                }
            } else {
                skip_field(wire, number, &mut rest, DecodeContext::default()).ok()?;
            }
            parts.small.extend_from_slice(begin.get(..begin.len().checked_sub(rest.remaining())?)?);
        }
        Some(parts)
    }
}

fn large(descriptor: &MessageDescriptor, whole: &[u8], out: &mut dyn Write) -> Result<()> {
    let name = descriptor.full_name();
    let layout = schema::layout(descriptor);
    let parts = Parts::of(layout, whole).ok_or_else(|| fault(name, "not encoded as such"))?;
    let small = json::encode(name, &parts.small).map_err(|e| fault(name, e))?;
    let mut before = '{';
    for field in &layout.fields {
        let rows = parts.rows.get(&field.descriptor.number());
        let shown = small.get(&field.name);
        if rows.is_none() && shown.is_none() {
            continue;
        }
        write!(out, "{before}\"{}\":", field.name).map_err(|e| fault(name, e))?;
        before = ',';
        match (rows, &field.kind) {
            (Some(rows), Kind::Message(inner)) if field.descriptor.is_list() => list(inner, rows, out)?,
            (Some(rows), Kind::Message(inner)) => large(inner, &rows.concat(), out)?,
            _ => write!(out, "{}", shown.unwrap_or(&serde_json::Value::Null)).map_err(|e| fault(name, e))?,
        }
    }
    out.write_str(if before == '{' { "{}" } else { "}" }).map_err(|e| fault(name, e))
}

fn list(descriptor: &MessageDescriptor, rows: &[&[u8]], out: &mut dyn Write) -> Result<()> {
    let name = descriptor.full_name();
    let text =
        |rows: &[&[u8]]| rows.iter().map(|row| json::text(descriptor, row)).collect::<Result<Vec<_>, JsonError>>();
    out.write_char('[').map_err(|e| fault(name, e))?;
    let mut before = "";
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let written: Vec<_> = rows.par_chunks(ROWS_OF_TASK).map(text).collect();
        for texts in written {
            for text in texts.map_err(|e| fault(name, e))? {
                out.write_str(before).and_then(|()| out.write_str(&text)).map_err(|e| fault(name, e))?;
                before = ",";
            }
        }
    }
    out.write_char(']').map_err(|e| fault(name, e))
}

fn fault(name: &str, why: impl std::fmt::Display) -> Error {
    Error::fault(format!("export: {name}: {why}"))
}
