//! REST: finds the method of a path, builds its request from path, query string and body, and prints the answer as JSON.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, Method, Uri, header::CONTENT_TYPE},
    response::Response,
    routing::any,
};
use bytes::Bytes;
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, MethodDescriptor, ReflectMessage, Value};
use serde_json::{Value as Json, json};
use tower_http::cors::{self, CorsLayer};

use entente_kernel::json::{self as form, schema};

use super::{
    BODY_BYTES_MAX, HEIGHT_HEADER, QueryService, Status, height_from, openapi,
    template::{Template, is_textual, query_pairs},
};

/// Dots in the key of a query parameter; deeper keys belong to nobody.
const KEY_DEPTH_MAX: usize = 8;

/// The REST paths of the `served` services, and `/openapi.json`.
///
/// Every path below the first words that annotations use (`/cosmos`, `/ibc`, `/terra`) is answered here, also the ones that
/// lead nowhere; all others are left to whoever merges this router.
pub fn router(service: Arc<dyn QueryService>, served: &[&str]) -> Router {
    // Few ask for it, and a node should not start later for them.
    let names: Vec<String> = served.iter().map(|name| (*name).to_owned()).collect();
    let document = LazyLock::new(move || {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Bytes::from(openapi::document(&names).to_string())
    });
    let document = Arc::new(document);
    let openapi = any(move || std::future::ready(json_response(200, Bytes::clone(&document))));
    let mut router = Router::new().route("/openapi.json", openapi);
    for word in first_words() {
        router = router.route(&format!("/{word}"), any(answer)).route(&format!("/{word}/{{*rest}}"), any(answer));
    }
    let rest = Rest { service, routes: Route::all(served) };
    router.with_state(Arc::new(rest)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// Lets browsers of every origin in, and read the height headers. For REST and gRPC-web alike.
pub fn open_to_all_origins() -> CorsLayer {
    CorsLayer::new().allow_origin(cors::Any).allow_methods(cors::Any).allow_headers(cors::Any).expose_headers(cors::Any)
}

/// First words of all annotated paths, whether served or not.
fn first_words() -> Vec<String> {
    let services: Vec<String> = schema::POOL.services().map(|service| service.full_name().to_owned()).collect();
    let names: Vec<&str> = services.iter().map(String::as_str).collect();
    let mut words: Vec<String> =
        Route::all(&names).iter().filter_map(|route| route.template.first_word().map(str::to_owned)).collect();
    words.sort();
    words.dedup();
    words
}

struct Rest {
    service: Arc<dyn QueryService>,
    routes: Vec<Route>,
}

/// One annotated way to a method.
pub(super) struct Route {
    pub(super) verb: String,
    pub(super) template: Template,
    pub(super) body: String,
    pub(super) method: MethodDescriptor,
}

impl Route {
    /// The routes of the named services, most exact first, else in written order.
    pub(super) fn all(served: &[&str]) -> Vec<Self> {
        let mut routes = Vec::new();
        for service in served.iter().filter_map(|name| schema::POOL.get_service_by_name(name)) {
            for method in service.methods() {
                for rule in schema::http_rules(&method) {
                    let Some(template) = Template::parse(&rule.template) else { continue };
                    routes.push(Self { verb: rule.verb, template, body: rule.body, method: method.clone() });
                }
            }
        }
        routes.sort_by(|left, right| left.template.compare_exactness(&right.template));
        routes
    }
}

async fn answer(State(rest): State<Arc<Rest>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let result = match axum::body::to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => rest.call(&parts.method, &parts.uri, &parts.headers, &body).await,
        Err(_) => {
            Err(Refused::early(Status::invalid_argument(format!("the body has more than {BODY_BYTES_MAX} bytes"))))
        }
    };
    let (mut response, height) = match result {
        Ok((text, height)) => (json_response(200, Bytes::from(text)), Some(height)),
        Err(Refused { status, height }) => {
            let body = json!({ "code": status.grpc_code, "message": status.message, "details": [] });
            (json_response(status.http_code(), Bytes::from(body.to_string())), height)
        }
    };
    for name in [HEIGHT_HEADER, "grpc-metadata-x-cosmos-block-height"] {
        if let Some(height) = height {
            response.headers_mut().insert(name, height.into());
        }
    }
    response
}

fn json_response(code: u16, body: Bytes) -> Response {
    let response = Response::builder().status(code).header(CONTENT_TYPE, "application/json").body(Body::from(body));
    response.unwrap_or_default()
}

/// Why there is no answer, with the height of the state that was asked, if it came to that.
struct Refused {
    status: Status,
    height: Option<i64>,
}

impl Refused {
    fn early(status: Status) -> Self {
        Self { status, height: None }
    }
}

impl Rest {
    async fn call(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(String, i64), Refused> {
        let verb = if *method == Method::HEAD { "GET" } else { method.as_str() };
        let candidates = self.routes.iter().filter(|route| route.verb == verb);
        let mut matches = candidates.filter_map(|route| Some((route, route.template.matches(uri.path())?)));
        let (route, variables) =
            matches.next().ok_or_else(|| Refused::early(Status::new(Status::UNIMPLEMENTED, "Not Implemented")))?;

        let request =
            build_request(route, &variables, uri.query().unwrap_or_default(), body).map_err(Refused::early)?;
        let height = height_from(headers).map_err(Refused::early)?;
        let path = schema::path_of(&route.method);
        let answer = self.service.unary(&path, request.encode_to_vec().into(), height).await;
        let answer = answer.map_err(|status| {
            let newest = self.service.height();
            Refused { status, height: height.filter(|asked| *asked <= newest).or(Some(newest)) }
        })?;
        let text = form::text(&route.method.output(), &answer.bytes)
            .map_err(|error| Refused::early(Status::internal(format!("the answer of {path}: {error}"))))?;
        Ok((text, answer.height))
    }
}

/// The request message of a call: the body first, then what the path says, then the query string for the rest.
fn build_request(
    route: &Route,
    variables: &[(&str, String)],
    query: &str,
    body: &[u8],
) -> Result<DynamicMessage, Status> {
    let refuse = |error: form::JsonError| Status::invalid_argument(error.to_string());
    let mut message = DynamicMessage::new(route.method.input());
    if !route.body.is_empty() && !body.is_empty() {
        let json: Json =
            serde_json::from_slice(body).map_err(|error| Status::invalid_argument(format!("body: {error}")))?;
        let json = if route.body == "*" { json } else { json!({ route.body.as_str(): json }) };
        message = form::read(&route.method.input(), &json).map_err(refuse)?;
    }
    for (name, text) in variables {
        set(&mut message, name, text).map_err(|error| {
            Status::invalid_argument(format!("type mismatch, parameter: {name}, error: {}", error.reason))
        })?;
    }
    if route.body == "*" {
        return Ok(message);
    }
    let pairs = query_pairs(query)
        .ok_or_else(|| Status::invalid_argument(format!("query string {query:?}: a broken % escape")))?;
    let mut filled: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
    filled.extend((!route.body.is_empty()).then_some(route.body.as_str()));
    for (key, text) in &pairs {
        let below = |name: &&str| key.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if !filled.iter().any(below) {
            set(&mut message, key, text).map_err(refuse)?;
        }
    }
    Ok(message)
}

/// Gives the field at a dotted path the value of a text. Repeated fields collect; of several texts for one value the first
/// counts; keys that the message does not know are ignored, as browsers and caches add their own.
fn set(message: &mut DynamicMessage, key: &str, text: &str) -> Result<(), form::JsonError> {
    let mut target = message;
    let steps: Vec<&str> = key.split('.').collect();
    let Some((last, parents)) = steps.split_last() else { return Ok(()) };
    if parents.len() > KEY_DEPTH_MAX {
        return Ok(());
    }
    for parent in parents {
        let Some(field) = named(target, parent).filter(|field| !field.is_list() && !field.is_map()) else {
            return Ok(());
        };
        let Some(inner) = target.get_field_mut(&field).as_message_mut() else { return Ok(()) };
        target = inner;
    }
    let Some(field) = named(target, last).filter(is_textual) else { return Ok(()) };
    if !field.is_list() && target.has_field(&field) {
        return Ok(());
    }
    let value = form::read_text(&field, text).map_err(|error| error.below(key))?;
    match target.get_field_mut(&field) {
        Value::List(items) => items.push(value),
        single => *single = value,
    }
    Ok(())
}

fn named(message: &DynamicMessage, name: &str) -> Option<FieldDescriptor> {
    let descriptor = message.descriptor();
    descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name))
}
