//! The descriptors of all packages, and what their options say about the JSON form of a field.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use entente_proto::{COMMENTED, DESCRIPTORS};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Syntax, Value,
};
use prost_types::{FileDescriptorSet, SourceCodeInfo};

/// Every message, enumeration and service that this binary knows.
///
/// # Panics
/// If the descriptors built into the binary do not decode, which a test excludes.
#[allow(clippy::expect_used, reason = "built in, and decoded by the first test")]
pub static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).expect("the descriptors of this very build decode"));

/// How a field that is a string or bytes on the wire is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Form {
    /// As the protobuf type says.
    #[default]
    Plain,
    /// On the wire the digits of an integer, 10^18 times the value; in JSON a decimal number with 18 places.
    Dec,
    /// On the wire and in JSON the digits of an integer.
    Int,
    /// On the wire a JSON text; in JSON that very value.
    Json,
    /// On the wire bytes; in JSON upper-case hexadecimal.
    Hex,
}

/// What the options of one field add to its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Marks {
    pub form: Form,
    /// The field has a value even if the wire has none: an absent message prints as its zero value, not as null.
    pub never_null: bool,
    /// The zero value is the Go zero time, year 1, rather than 1970.
    pub go_time: bool,
}

#[allow(clippy::expect_used, reason = "built in, and decoded by the first test")]
static MARKS: LazyLock<BTreeMap<String, Marks>> = LazyLock::new(|| {
    let extension = |name: &str| POOL.get_extension_by_name(name).expect("gogoproto is among the descriptors");
    let names = Names {
        custom_type: extension("gogoproto.customtype"),
        cast_type: extension("gogoproto.casttype"),
        nullable: extension("gogoproto.nullable"),
        std_time: extension("gogoproto.stdtime"),
    };
    let fields = POOL.all_messages().flat_map(|message| message.fields().collect::<Vec<_>>());
    fields
        .map(|field| (field.full_name().to_owned(), names.read(&field)))
        .filter(|(_, marks)| *marks != Marks::default())
        .collect()
});

struct Names {
    custom_type: ExtensionDescriptor,
    cast_type: ExtensionDescriptor,
    nullable: ExtensionDescriptor,
    std_time: ExtensionDescriptor,
}

impl Names {
    fn read(&self, field: &FieldDescriptor) -> Marks {
        let options = field.options();
        let text = |name| options.get_extension(name).as_str().unwrap_or_default().to_owned();
        let custom = text(&self.custom_type);
        let form = match custom.rsplit(['/', '.']).next().unwrap_or_default() {
            "LegacyDec" | "Dec" => Form::Dec,
            "Int" => Form::Int,
            _ if text(&self.cast_type) == "encoding/json.RawMessage" => Form::Json,
            _ if text(&self.cast_type).ends_with("bytes.HexBytes") => Form::Hex,
            _ => Form::Plain,
        };
        let nullable =
            !options.has_extension(&self.nullable) || options.get_extension(&self.nullable).as_bool() == Some(true);
        let singular = !field.is_list() && !field.is_map() && field.containing_oneof().is_none();
        Marks {
            form,
            never_null: !nullable && singular,
            go_time: options.get_extension(&self.std_time).as_bool() == Some(true),
        }
    }
}

/// The marks of a field.
pub fn marks(field: &FieldDescriptor) -> Marks {
    MARKS.get(field.full_name()).copied().unwrap_or_default()
}

/// A message that has a form of its own in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    None,
    Any,
    Timestamp,
    Duration,
    /// `cosmos.staking.v1beta1.RedelegationResponse`.
    Redelegation,
}

/// What printing a message needs to know, found out once for each type.
pub struct Layout {
    pub special: Special,
    /// One of `google.protobuf`.
    pub is_well_known: bool,
    /// In written order.
    pub fields: Vec<Field>,
}

/// A field of a [`Layout`].
pub struct Field {
    pub name: String,
    pub descriptor: FieldDescriptor,
    pub kind: Kind,
    pub marks: Marks,
    pub in_oneof: bool,
    pub number: u32,
    pub is_list: bool,
    /// Absent is zero, and it is neither a map nor one of several.
    pub is_straight: bool,
    /// That of the message which the field holds.
    inner: OnceLock<Option<&'static Layout>>,
}

impl Field {
    /// The layout of the message that the field holds.
    pub fn inner(&self) -> Option<&'static Layout> {
        *self.inner.get_or_init(|| self.kind.as_message().map(layout))
    }
}

static LAYOUTS: LazyLock<BTreeMap<String, OnceLock<Layout>>> =
    LazyLock::new(|| POOL.all_messages().map(|message| (message.full_name().to_owned(), OnceLock::new())).collect());

/// The layout of a message of the [`POOL`]; there are no others.
pub fn layout(message: &MessageDescriptor) -> &'static Layout {
    LAYOUTS.get(message.full_name()).map_or(&NO_FIELDS, |cell| cell.get_or_init(|| Layout::of(message)))
}

/// The layout of the message of a type URL or a full name.
pub fn layout_named(type_url: &str) -> Option<&'static Layout> {
    let cell = LAYOUTS.get(type_url.rsplit('/').next()?)?;
    match cell.get() {
        Some(layout) => Some(layout),
        None => Some(layout(&message_named(type_url)?)),
    }
}

static NO_FIELDS: Layout = Layout { special: Special::None, is_well_known: false, fields: Vec::new() };

impl Layout {
    fn of(message: &MessageDescriptor) -> Self {
        let special = match message.full_name() {
            "google.protobuf.Any" => Special::Any,
            "google.protobuf.Timestamp" => Special::Timestamp,
            "google.protobuf.Duration" => Special::Duration,
            "cosmos.staking.v1beta1.RedelegationResponse" => Special::Redelegation,
            _ => Special::None,
        };
        let field = |descriptor: FieldDescriptor| Field {
            name: descriptor.name().to_owned(),
            kind: descriptor.kind(),
            marks: marks(&descriptor),
            in_oneof: descriptor.containing_oneof().is_some(),
            number: descriptor.number(),
            is_list: descriptor.is_list(),
            is_straight: !descriptor.is_map()
                && descriptor.containing_oneof().is_none()
                && descriptor.parent_file().syntax() == Syntax::Proto3,
            inner: OnceLock::new(),
            descriptor,
        };
        let is_well_known = message.full_name().starts_with("google.protobuf.");
        Self { special, is_well_known, fields: message.fields().map(field).collect() }
    }
}

/// The message of a type URL (`/pkg.Name`, `any.host/pkg.Name`) or a full name.
pub fn message_named(type_url: &str) -> Option<MessageDescriptor> {
    POOL.get_message_by_name(type_url.rsplit('/').next()?)
}

/// The method of a gRPC path, `/pkg.Service/Method`.
pub fn method_at(full_path: &str) -> Option<MethodDescriptor> {
    let (service, method) = full_path.strip_prefix('/')?.split_once('/')?;
    POOL.get_service_by_name(service)?.methods().find(|candidate| candidate.name() == method)
}

/// The gRPC path of a method.
pub fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// Full names of the services that the gRPC paths `/pkg.Service/Method` belong to, each once, in the order of the paths.
pub fn services_of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut services = Vec::new();
    for service in paths.into_iter().filter_map(|path| path.strip_prefix('/')?.split('/').next()) {
        if !services.contains(&service) {
            services.push(service);
        }
    }
    services
}

/// One way to reach a method by HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRule {
    /// `GET`, `POST`, ...
    pub verb: String,
    /// Path template, such as `/cosmos/bank/v1beta1/balances/{address}`.
    pub template: String,
    /// `*`, the name of the field that the body fills, or nothing.
    pub body: String,
}

/// The HTTP rules of a method in written order: its own, then additional bindings.
pub fn http_rules(method: &MethodDescriptor) -> Vec<HttpRule> {
    let Some(extension) = POOL.get_extension_by_name("google.api.http") else { return Vec::new() };
    let options = method.options();
    if !options.has_extension(&extension) {
        return Vec::new();
    }
    let mut rules = Vec::new();
    collect_rules(&options.get_extension(&extension), &mut rules);
    rules
}

fn collect_rules(rule: &Value, found: &mut Vec<HttpRule>) {
    let Some(rule) = rule.as_message() else { return };
    let text = |name: &str| {
        rule.get_field_by_name(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    for verb in ["get", "put", "post", "delete", "patch"] {
        if rule.has_field_by_name(verb) {
            found.push(HttpRule { verb: verb.to_uppercase(), template: text(verb), body: text("body") });
        }
    }
    let more = rule.get_field_by_name("additional_bindings");
    for binding in more.iter().flat_map(|value| value.as_list().unwrap_or_default()) {
        collect_rules(binding, found);
    }
}

/// What the files of [`COMMENTED`] say beside their definitions.
#[allow(clippy::expect_used, reason = "built in, and decoded by a test of OpenAPI")]
static COMMENTS: LazyLock<BTreeMap<String, SourceCodeInfo>> = LazyLock::new(|| {
    let files = FileDescriptorSet::decode(COMMENTED).expect("the descriptors of this very build decode");
    files.file.into_iter().filter_map(|file| Some((file.name?, file.source_code_info?))).collect()
});

/// The comment above a definition of ours, as one line; nothing for definitions of others, which carry no comments.
pub fn comment(file: &prost_reflect::FileDescriptor, path: &[i32]) -> Option<String> {
    let location = COMMENTS.get(file.name())?.location.iter().find(|location| location.path == path)?;
    let words: Vec<&str> = location.leading_comments().split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}
