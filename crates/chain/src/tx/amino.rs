//! Protobuf messages as the JSON of the older amino encoding, which hardware wallets show and sign.
//!
//! Driven by the descriptors: names from `amino.name`, members sorted, zero values left out unless `amino.dont_omitempty`.
//!
//! # Compatibility
//! `cosmossdk.io/x/tx` up to 0.13.3 writes a `Dec` of a message as its scaled integer, later versions and all wallets as a decimal
//! number. Both are accepted: the second always has a point, the first never.

use std::sync::LazyLock;

use entente_kernel::json::schema;
use entente_kernel::num::Dec;
use entente_kernel::{Span, Timestamp};
use prost_reflect::{
    DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How a `Dec` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimals {
    /// `0.100000000000000000`
    Point,
    /// `100000000000000000`
    Scaled,
}

/// A text, or why the message has no amino form.
pub type Json = Result<String, String>;

const DEPTH_MAX: u32 = 32;

/// The options that decide the form, by name; absent only if the descriptors lack them.
struct Options {
    name: Option<ExtensionDescriptor>,
    message_encoding: Option<ExtensionDescriptor>,
    encoding: Option<ExtensionDescriptor>,
    field_name: Option<ExtensionDescriptor>,
    dont_omitempty: Option<ExtensionDescriptor>,
    oneof_name: Option<ExtensionDescriptor>,
    scalar: Option<ExtensionDescriptor>,
}

static OPTIONS: LazyLock<Options> = LazyLock::new(|| {
    let find = |name: &str| schema::POOL.get_extension_by_name(name);
    Options {
        name: find("amino.name"),
        message_encoding: find("amino.message_encoding"),
        encoding: find("amino.encoding"),
        field_name: find("amino.field_name"),
        dont_omitempty: find("amino.dont_omitempty"),
        oneof_name: find("amino.oneof_name"),
        scalar: find("cosmos_proto.scalar"),
    }
});

fn text_option(options: &DynamicMessage, extension: &Option<ExtensionDescriptor>) -> Option<String> {
    let extension = extension.as_ref()?;
    if !options.has_extension(extension) {
        return None;
    }
    options.get_extension(extension).as_str().map(str::to_owned)
}

/// A message of a type URL with its amino name: `{"type":..,"value":..}`.
pub fn any(type_url: &str, bytes: &[u8], decimals: Decimals) -> Json {
    Encoder { decimals }.any(type_url, bytes, DEPTH_MAX)
}

/// A text as Go's `encoding/json` writes it: what HTML could misread is escaped.
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

struct Encoder {
    decimals: Decimals,
}

impl Encoder {
    fn any(&self, type_url: &str, bytes: &[u8], depth: u32) -> Json {
        let descriptor = schema::message_named(type_url).ok_or_else(|| format!("can't resolve type URL {type_url}"))?;
        let name = text_option(&descriptor.options(), &OPTIONS.name);
        let name = name.unwrap_or_else(|| format!("/{}", descriptor.full_name()));
        let message = DynamicMessage::decode(descriptor, bytes).map_err(|e| e.to_string())?;
        let value = self.message(&message, depth)?;
        Ok(format!("{{\"type\":{},\"value\":{value}}}", string(&name)))
    }

    fn message(&self, message: &DynamicMessage, depth: u32) -> Json {
        let depth = depth.checked_sub(1).ok_or("messages are nested too deep")?;
        let descriptor = message.descriptor();
        match descriptor.full_name() {
            "google.protobuf.Any" => {
                let (url, bytes) = (text(message, "type_url"), bytes(message, "value"));
                return self.any(&url, &bytes, depth);
            }
            "google.protobuf.Timestamp" => return time(message),
            "google.protobuf.Duration" => return duration(message),
            _ => {}
        }
        match text_option(&descriptor.options(), &OPTIONS.message_encoding).as_deref() {
            Some("key_field") => Ok(key(&bytes(message, "key"))),
            Some("threshold_string") => self.threshold(message, depth),
            Some(other) => Err(format!("{}: no form for {other}", descriptor.full_name())),
            None => self.members(message, &descriptor, depth),
        }
    }

    fn members(&self, message: &DynamicMessage, descriptor: &MessageDescriptor, depth: u32) -> Json {
        let name =
            |f: &FieldDescriptor| text_option(&f.options(), &OPTIONS.field_name).unwrap_or_else(|| f.name().to_owned());
        let mut fields: Vec<_> = descriptor.fields().map(|f| (name(&f), f)).collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        let (mut out, mut empty_oneofs) = (Vec::new(), Vec::new());
        for (name, field) in fields {
            let has = message.has_field(&field);
            if let Some(oneof) = field.containing_oneof() {
                let (member, kind) = oneof_names(&field, oneof.name())?;
                if has {
                    let value = self.field(message, &field, depth)?;
                    let inner = format!("{{{}:{value}}}", string(&name));
                    out.push(format!("{}:{{\"type\":{},\"value\":{inner}}}", string(&member), string(&kind)));
                } else if oneof.fields().all(|f| !message.has_field(&f)) && !empty_oneofs.contains(&member) {
                    out.push(format!("{}:null", string(&member)));
                    empty_oneofs.push(member);
                }
                continue;
            }
            if !has && omits_empty(&field) {
                continue;
            }
            if !has && matches!(field.kind(), Kind::Message(_)) && !field.is_list() {
                return Err(format!("not supported: dont_omit_empty=true on invalid (nil?) message field: {name}"));
            }
            out.push(format!("{}:{}", string(&name), self.field(message, &field, depth)?));
        }
        Ok(format!("{{{}}}", out.join(",")))
    }

    fn field(&self, message: &DynamicMessage, field: &FieldDescriptor, depth: u32) -> Json {
        let value = message.get_field(field);
        let options = field.options();
        if let Value::List(items) = value.as_ref() {
            let coins = text_option(&options, &OPTIONS.encoding).as_deref() == Some("legacy_coins");
            return if items.is_empty() && !coins { Ok("null".to_owned()) } else { self.list(items, depth) };
        }
        match (text_option(&options, &OPTIONS.scalar).as_deref(), value.as_ref()) {
            (Some("cosmos.Int" | "cosmos.Dec"), Value::String(text)) if text.is_empty() => Ok(string("0")),
            (Some("cosmos.Dec"), Value::String(text)) => self.dec(text),
            (Some("cosmos.Dec"), Value::Bytes(bytes)) => self.dec(&String::from_utf8_lossy(bytes)),
            (Some("cosmos.Int"), Value::Bytes(bytes)) if bytes.is_empty() => Ok(string("0")),
            (Some("cosmos.Int"), Value::Bytes(bytes)) => Ok(string(&String::from_utf8_lossy(bytes))),
            (_, value) => self.value(value, depth),
        }
    }

    fn dec(&self, scaled: &str) -> Json {
        match self.decimals {
            Decimals::Scaled => Ok(string(scaled)),
            Decimals::Point if scaled.is_empty() => Ok(string("0")),
            Decimals::Point => Ok(string(&Dec::from_scaled_str(scaled).map_err(|e| e.to_string())?.to_string())),
        }
    }

    fn list(&self, items: &[Value], depth: u32) -> Json {
        let items = items.iter().map(|item| self.value(item, depth)).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("[{}]", items.join(",")))
    }

    fn value(&self, value: &Value, depth: u32) -> Json {
        match value {
            Value::Bool(value) => Ok(value.to_string()),
            Value::I32(value) | Value::EnumNumber(value) => Ok(value.to_string()),
            Value::U32(value) => Ok(value.to_string()),
            Value::I64(value) => Ok(string(&value.to_string())),
            Value::U64(value) => Ok(string(&value.to_string())),
            Value::String(text) => Ok(string(text)),
            Value::Bytes(bytes) => Ok(string(&STANDARD.encode(bytes))),
            Value::Message(message) => self.message(message, depth),
            Value::List(items) => self.list(items, depth),
            Value::F32(_) | Value::F64(_) | Value::Map(_) => Err("floats and maps are not supported".to_owned()),
        }
    }

    fn threshold(&self, message: &DynamicMessage, depth: u32) -> Json {
        let threshold = message.get_field_by_name("threshold").and_then(|v| v.as_u32()).unwrap_or_default();
        let keys = message.get_field_by_name("public_keys");
        let keys = keys.as_ref().and_then(|v| v.as_list()).unwrap_or_default();
        Ok(format!("{{\"threshold\":\"{threshold}\",\"pubkeys\":{}}}", self.list(keys, depth)?))
    }
}

fn omits_empty(field: &FieldDescriptor) -> bool {
    let options = field.options();
    let Some(extension) = OPTIONS.dont_omitempty.as_ref() else { return true };
    !(options.has_extension(extension) && options.get_extension(extension).as_bool() == Some(true))
}

/// The member that stands for a oneof, and the type of the chosen field.
fn oneof_names(field: &FieldDescriptor, oneof: &str) -> Result<(String, String), String> {
    let kind = text_option(&field.options(), &OPTIONS.oneof_name).ok_or_else(|| {
        format!("field {} within a oneof must have the amino.oneof_type_name option set", field.name())
    })?;
    let words = oneof.split('_').map(|word| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    });
    Ok((words.collect(), kind))
}

fn key(bytes: &[u8]) -> String {
    if bytes.is_empty() { "null".to_owned() } else { string(&STANDARD.encode(bytes)) }
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn bytes(message: &DynamicMessage, field: &str) -> Vec<u8> {
    message.get_field_by_name(field).and_then(|v| v.as_bytes().map(|b| b.to_vec())).unwrap_or_default()
}

fn parts(message: &DynamicMessage) -> (i64, i32) {
    let seconds = message.get_field_by_name("seconds").and_then(|v| v.as_i64()).unwrap_or_default();
    let nanos = message.get_field_by_name("nanos").and_then(|v| v.as_i32()).unwrap_or_default();
    (seconds, nanos)
}

fn time(message: &DynamicMessage) -> Json {
    let (secs, nanos) = parts(message);
    let nanos = u32::try_from(nanos).map_err(|_| "nanos must be non-negative on a timestamp".to_owned())?;
    let at = Timestamp { secs, nanos };
    if nanos > 999_999_999 || at < Timestamp::NEVER || at > Timestamp::MAX {
        return Err(format!("{secs} seconds and {nanos} nanoseconds are no time"));
    }
    Ok(string(&at.to_string()))
}

fn duration(message: &DynamicMessage) -> Json {
    let (secs, nanos) = parts(message);
    let span = Span::from_parts(secs, nanos).ok_or_else(|| format!("{secs} seconds would overflow an int64"))?;
    Ok(string(&span.0.to_string()))
}
