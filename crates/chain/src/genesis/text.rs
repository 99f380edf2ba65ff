//! A section as JSON text, row by row on all cores: an export of millions of rows never stands in memory as text or as values of JSON, only encoded.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use entente_kernel::json::schema::{self, Field, Layout, Special};
use entente_kernel::json::{self, JsonError};
use entente_kernel::{Error, Result};
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::{Message, Name};
use prost_reflect::{Kind, MessageDescriptor};
use rayon::prelude::*;

/// Why a message was not written: it is not what its descriptor says, or `out` takes no more.
type Failure = Box<dyn std::error::Error>;

/// A message inside another one is written by its rows if it has more bytes than this.
const LARGE: usize = 1 << 16;
/// Rows that one task writes.
const ROWS_OF_TASK: usize = 512;
/// Rows whose text is in memory at the same time.
const ROWS_AT_ONCE: usize = 16 * ROWS_OF_TASK;

/// A message of which the text is wanted.
pub struct Encoded {
    name: String,
    bytes: Vec<u8>,
}

impl Encoded {
    pub fn new<M: Message + Name>(message: &M) -> Self {
        Self { name: M::full_name(), bytes: message.encode_to_vec() }
    }

    /// Writes the message as [`json::to_json`] shows it.
    ///
    /// # Errors
    /// A fault if the message is not among the descriptors, or if `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> Result<()> {
        let written = match schema::message_named(&self.name) {
            Some(descriptor) => large(&descriptor, &self.bytes, out),
            None => Err("not a known message".into()),
        };
        written.map_err(|e| Error::fault(format!("export: {}: {e}", self.name)))
    }
}

/// An object that is being written: what comes before its next member.
pub struct Object<'a> {
    out: &'a mut dyn Write,
    before: char,
}

impl<'a> Object<'a> {
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, before: '{' }
    }

    /// Begins a member; its value is written to what this gives.
    pub fn member(&mut self, name: &str) -> Result<&mut dyn Write, std::fmt::Error> {
        write!(self.out, "{}\"{name}\":", self.before)?;
        self.before = ',';
        Ok(self.out)
    }

    pub fn end(self) -> std::fmt::Result {
        self.out.write_str(if self.before == '{' { "{}" } else { "}" })
    }
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
            let field = layout.fields.iter().find(|f| f.number == number);
            if let (Some(field), WireType::LengthDelimited) = (field, wire) {
                let len = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
                let (value, behind) = rest.split_at_checked(len)?;
                rest = behind;
                if has_rows(field, len) {
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

/// Whether a field is a list of messages, or a large message with members. A large one with a form of its own, such as an `Any`, is shown whole.
fn has_rows(field: &Field, len: usize) -> bool {
    match &field.kind {
        Kind::Message(_) if !field.is_list && field.descriptor.is_map() => false,
        Kind::Message(inner) => field.is_list || len > LARGE && schema::layout(inner).special == Special::None,
        _ => false,
    }
}

fn large(descriptor: &MessageDescriptor, whole: &[u8], out: &mut dyn Write) -> Result<(), Failure> {
    let name = descriptor.full_name();
    let layout = schema::layout(descriptor);
    let parts = Parts::of(layout, whole).ok_or_else(|| format!("not an encoded {name}"))?;
    let small = json::encode(name, &parts.small)?;
    let mut object = Object::new(out);
    for field in &layout.fields {
        match (parts.rows.get(&field.number), &field.kind, small.get(&field.name)) {
            (Some(rows), Kind::Message(inner), _) if field.is_list => list(inner, rows, object.member(&field.name)?)?,
            (Some(parts), Kind::Message(inner), _) => {
                let whole = if let [whole] = parts[..] { Cow::Borrowed(whole) } else { Cow::Owned(parts.concat()) };
                large(inner, &whole, object.member(&field.name)?)?
            }
            (_, _, Some(shown)) => write!(object.member(&field.name)?, "{shown}")?,
            (_, _, None) => {}
        }
    }
    Ok(object.end()?)
}

/// Writes the rows of a list. While some are written the next ones are made.
fn list(descriptor: &MessageDescriptor, rows: &[&[u8]], out: &mut dyn Write) -> Result<(), Failure> {
    let text = |rows: &[&[u8]]| -> Result<String, JsonError> {
        let mut text = String::new();
        for row in rows {
            if !text.is_empty() {
                text.push(',');
            }
            json::write_text(descriptor, row, &mut text)?;
        }
        Ok(text)
    };
    out.write_char('[')?;
    let (mut made, mut before) = (Vec::<Result<String, JsonError>>::new(), "");
    for rows in rows.chunks(ROWS_AT_ONCE).chain([&[][..]]) {
        let mut next = Vec::new();
        rayon::in_place_scope(|scope| -> Result<(), Failure> {
            scope.spawn(|_| next = rows.par_chunks(ROWS_OF_TASK).map(text).collect());
            for text in std::mem::take(&mut made) {
                out.write_str(before)?;
                out.write_str(&text?)?;
                before = ",";
            }
            Ok(())
        })?;
        made = next;
    }
    Ok(out.write_char(']')?)
}
