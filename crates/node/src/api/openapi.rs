//! The OpenAPI 3 document of the REST paths, made from the same descriptors that answer them.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value as Json, json};

use entente_kernel::json::schema::{self, Form};

use super::{rest::Route, template::is_textual};

/// Layers of nested messages whose fields are listed as query parameters (`pagination.limit` is the second).
const PARAMETER_DEPTH_MAX: usize = 3;

/// The document for the `served` services.
pub fn document(served: &[&str]) -> Json {
    let mut schemas = Schemas::default();
    let mut paths: BTreeMap<String, Map<String, Json>> = BTreeMap::new();
    for route in Route::all(served) {
        let operation = operation(&route, &mut schemas);
        paths.entry(route.template.plain()).or_default().insert(route.verb.to_lowercase(), operation);
    }
    let mut done = schemas.finished();
    done.insert("Status".to_owned(), status_schema());
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Entente",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every answer carries the height that it speaks of in the header x-cosmos-block-height; \
                            a request may carry the same header to ask for an older height.",
        },
        "paths": paths,
        "components": { "schemas": done },
    })
}

fn operation(route: &Route, schemas: &mut Schemas) -> Json {
    let method = &route.method;
    let service = method.parent_service();
    let mut operation = json!({
        "operationId": format!("{}.{}", service.full_name(), method.name()),
        "tags": [service.full_name()],
        "parameters": parameters(route, schemas),
        "responses": {
            "200": { "description": "The answer", "content": content(schemas.reference(&method.output())) },
            "default": { "description": "The refusal", "content": content(json!({ "$ref": "#/components/schemas/Status" })) },
        },
    });
    if let Some(comment) = schema::comment(&method.parent_file(), method.path()) {
        operation["summary"] = Json::String(comment);
    }
    match route.body.as_str() {
        "" => {}
        "*" => operation["requestBody"] = json!({ "content": content(schemas.reference(&method.input())) }),
        name => {
            let field = method.input().get_field_by_name(name).map(|field| schemas.field(&field)).unwrap_or_default();
            operation["requestBody"] = json!({ "content": content(field) });
        }
    }
    operation
}

fn content(schema: Json) -> Json {
    json!({ "application/json": { "schema": schema } })
}

fn parameters(route: &Route, schemas: &mut Schemas) -> Vec<Json> {
    let input = route.method.input();
    let mut parameters = Vec::new();
    for name in route.template.variable_names() {
        let schema =
            input.get_field_by_name(name).map_or_else(|| json!({ "type": "string" }), |field| schemas.field(&field));
        parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    if route.body != "*" {
        let taken: Vec<&str> = route.template.variable_names().chain([route.body.as_str()]).collect();
        for field in input.fields().filter(|field| !taken.contains(&field.name())) {
            query_parameters(&field, field.name(), PARAMETER_DEPTH_MAX, schemas, &mut parameters);
        }
    }
    parameters
}

fn query_parameters(field: &FieldDescriptor, name: &str, depth: usize, schemas: &mut Schemas, found: &mut Vec<Json>) {
    if is_textual(field) {
        let mut parameter = json!({ "name": name, "in": "query", "schema": schemas.field(field) });
        if let Some(comment) = schema::comment(&field.parent_message().parent_file(), field.path()) {
            parameter["description"] = Json::String(comment);
        }
        found.push(parameter);
    } else if let Kind::Message(inner) = field.kind()
        && !field.is_list()
        && !field.is_map()
        && depth > 1
    {
        for field in inner.fields() {
            query_parameters(&field, &format!("{name}.{}", field.name()), depth - 1, schemas, found);
        }
    }
}

/// The error body.
fn status_schema() -> Json {
    json!({
        "type": "object",
        "properties": {
            "code": { "type": "integer", "description": "gRPC status code" },
            "message": { "type": "string" },
            "details": { "type": "array", "items": { "type": "object" } },
        },
    })
}

/// The messages and enumerations that were referred to.
#[derive(Default)]
struct Schemas {
    done: BTreeMap<String, Json>,
    waiting: Vec<MessageDescriptor>,
}

impl Schemas {
    /// Describes everything that was referred to, and what that refers to.
    fn finished(mut self) -> BTreeMap<String, Json> {
        while let Some(message) = self.waiting.pop() {
            if !self.done.contains_key(message.full_name()) {
                self.done.insert(message.full_name().to_owned(), Json::Null);
                let schema = self.message(&message);
                self.done.insert(message.full_name().to_owned(), schema);
            }
        }
        self.done
    }

    fn reference(&mut self, message: &MessageDescriptor) -> Json {
        match message.full_name() {
            "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
            "google.protobuf.Duration" => json!({ "type": "string", "example": "300s" }),
            "google.protobuf.Any" => json!({
                "type": "object",
                "required": ["@type"],
                "properties": { "@type": { "type": "string" } },
                "additionalProperties": true,
            }),
            name => {
                self.waiting.push(message.clone());
                json!({ "$ref": format!("#/components/schemas/{name}") })
            }
        }
    }

    fn message(&mut self, message: &MessageDescriptor) -> Json {
        let mut properties: Map<String, Json> =
            message.fields().map(|field| (field.name().to_owned(), self.field(&field))).collect();
        if message.full_name() == "cosmos.staking.v1beta1.RedelegationEntry" {
            // Upstream writes this one with numbers.
            for name in ["creation_height", "unbonding_id", "unbonding_on_hold_ref_count"] {
                properties.insert(name.to_owned(), json!({ "type": "integer", "format": "int64" }));
            }
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if let Some(comment) = schema::comment(&message.parent_file(), message.path()) {
            schema["description"] = Json::String(comment);
        }
        schema
    }

    fn field(&mut self, field: &FieldDescriptor) -> Json {
        let marks = schema::marks(field);
        if let Kind::Message(entry) = field.kind()
            && field.is_map()
        {
            return json!({ "type": "object", "additionalProperties": self.field(&entry.map_entry_value_field()) });
        }
        let mut single = self.single(&field.kind(), marks.form);
        if field.is_list() {
            return json!({ "type": "array", "items": single });
        }
        if matches!(field.kind(), Kind::Message(_)) && !marks.never_null {
            single = json!({ "allOf": [single], "nullable": true });
        }
        single
    }

    fn single(&mut self, kind: &Kind, form: Form) -> Json {
        match (kind, form) {
            (Kind::String | Kind::Bytes, Form::Dec) => json!({ "type": "string", "format": "decimal" }),
            (Kind::String | Kind::Bytes, Form::Int) => json!({ "type": "string", "format": "integer" }),
            (Kind::Bytes, Form::Json) => json!({}),
            (Kind::Bytes, Form::Hex) => json!({ "type": "string", "format": "hex" }),
            (Kind::Bytes, Form::Plain) => json!({ "type": "string", "format": "byte", "nullable": true }),
            (Kind::String, _) => json!({ "type": "string" }),
            (Kind::Bool, _) => json!({ "type": "boolean" }),
            (Kind::Double | Kind::Float, _) => json!({ "type": "number" }),
            (Kind::Int64 | Kind::Sint64 | Kind::Sfixed64, _) => json!({ "type": "string", "format": "int64" }),
            (Kind::Uint64 | Kind::Fixed64, _) => json!({ "type": "string", "format": "uint64" }),
            (Kind::Int32 | Kind::Sint32 | Kind::Sfixed32, _) => json!({ "type": "integer", "format": "int32" }),
            (Kind::Uint32 | Kind::Fixed32, _) => json!({ "type": "integer", "format": "int64", "minimum": 0 }),
            (Kind::Enum(names), _) => enumeration(names),
            (Kind::Message(message), _) => self.reference(message),
        }
    }
}

fn enumeration(names: &EnumDescriptor) -> Json {
    json!({ "type": "string", "enum": names.values().map(|value| value.name().to_owned()).collect::<Vec<_>>() })
}
