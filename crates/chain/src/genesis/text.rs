//! A section as JSON text, row by row on all cores: an export of millions of rows never stands in memory as text or as values of JSON, only encoded.

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

/// Bytes after which the rows of a message go on in a new piece, so that no piece is moved to grow.
const PIECE: usize = 1 << 20;

/// A message of which the text is wanted. Rows can be added, so that the millions of a list need not stand beside each other as messages.
pub struct Encoded {
    name: String,
    /// One behind the other they are the message, but for `members`.
    pieces: Vec<Vec<u8>>,
    /// By number of the field.
    members: Vec<(u32, Encoded)>,
}

impl<M: Message + Name> From<M> for Encoded {
    fn from(message: M) -> Self {
        Self { name: M::full_name(), pieces: vec![message.encode_to_vec()], members: Vec::new() }
    }
}

impl Encoded {
    /// Adds rows behind those that the list `field` has.
    ///
    /// # Errors
    /// Those of the rows; a fault if there is no such field.
    pub fn extend<M: Message>(&mut self, field: &str, rows: impl Iterator<Item = Result<M>>) -> Result<()> {
        let number = self.number(field)?;
        let mut piece = Vec::new();
        for row in rows {
            if piece.len() >= PIECE {
                self.pieces.push(std::mem::take(&mut piece));
            }
            if piece.capacity() == 0 {
                piece.reserve(PIECE.saturating_add(PIECE >> 4));
            }
            prost::encoding::message::encode(number, &row?, &mut piece);
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// Adds what another message of this kind has.
    pub fn append(&mut self, other: Encoded) {
        self.pieces.extend(other.pieces);
        self.members.extend(other.members);
    }

    /// Gives the message a member that it does not have.
    ///
    /// # Errors
    /// A fault if there is no such field.
    pub fn set(&mut self, field: &str, member: Encoded) -> Result<()> {
        self.members.push((self.number(field)?, member));
        Ok(())
    }

    fn number(&self, field: &str) -> Result<u32> {
        let found = schema::layout_named(&self.name).and_then(|layout| layout.fields.iter().find(|f| f.name == field));
        found.map(|field| field.number).ok_or_else(|| Error::fault(format!("export: {} has no {field}", self.name)))
    }

    /// Writes the message as [`json::to_json`] shows it.
    ///
    /// # Errors
    /// A fault if the message is not among the descriptors, or if `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> Result<()> {
        self.shown(out).map_err(|e| Error::fault(format!("export: {}: {e}", self.name)))
    }

    fn shown(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let descriptor = schema::message_named(&self.name).ok_or("not a known message")?;
        let pieces: Vec<&[u8]> = self.pieces.iter().map(Vec::as_slice).collect();
        large(&descriptor, &pieces, &self.members, out)
    }

    /// The message itself.
    #[cfg(test)]
    pub fn message<M: Message + Default>(&self) -> M {
        M::decode(self.to_vec().as_slice()).unwrap()
    }

    #[cfg(test)]
    fn to_vec(&self) -> Vec<u8> {
        let mut bytes = self.pieces.concat();
        for (number, member) in &self.members {
            prost::encoding::bytes::encode(*number, &member.to_vec(), &mut bytes);
        }
        bytes
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
    fn of(layout: &Layout, pieces: &[&'a [u8]]) -> Option<Self> {
        let mut parts = Parts::default();
        pieces.iter().try_for_each(|piece| parts.take(layout, piece))?;
        Some(parts)
    }

    fn take(&mut self, layout: &Layout, piece: &'a [u8]) -> Option<()> {
        let mut rest = piece;
        while !rest.is_empty() {
            let begin = rest;
            let (number, wire) = decode_key(&mut rest).ok()?;
            let field = layout.fields.iter().find(|f| f.number == number);
            if let (Some(field), WireType::LengthDelimited) = (field, wire) {
                let len = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
                let (value, behind) = rest.split_at_checked(len)?;
                rest = behind;
                if has_rows(field, len) {
                    self.rows.entry(number).or_default().push(value);
                    continue;
                }
            } else {
                skip_field(wire, number, &mut rest, DecodeContext::default()).ok()?;
            }
            self.small.extend_from_slice(begin.get(..begin.len().checked_sub(rest.remaining())?)?);
        }
        Some(())
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

/// Writes a message, whose bytes come in pieces between fields.
fn large(
    descriptor: &MessageDescriptor,
    pieces: &[&[u8]],
    members: &[(u32, Encoded)],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let name = descriptor.full_name();
    let layout = schema::layout(descriptor);
    let parts = Parts::of(layout, pieces).ok_or_else(|| format!("not an encoded {name}"))?;
    let small = json::encode(name, &parts.small)?;
    let mut object = Object::new(out);
    for field in &layout.fields {
        if let Some((_, member)) = members.iter().find(|(number, _)| *number == field.number) {
            member.shown(object.member(&field.name)?)?;
            continue;
        }
        match (parts.rows.get(&field.number), &field.kind, small.get(&field.name)) {
            (Some(rows), Kind::Message(inner), _) if field.is_list => list(inner, rows, object.member(&field.name)?)?,
            (Some(parts), Kind::Message(inner), _) => large(inner, parts, &[], object.member(&field.name)?)?,
            (_, _, Some(shown)) => write!(object.member(&field.name)?, "{shown}")?,
            (_, _, None) => {}
        }
    }
    Ok(object.end()?)
}

/// Writes the rows of a list. While some are written the next ones are made.
fn list(descriptor: &MessageDescriptor, rows: &[&[u8]], out: &mut dyn Write) -> Result<(), Failure> {
    let text = |rows: &[&[u8]]| json::texts(descriptor, rows);
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
