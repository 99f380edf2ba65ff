//! CometBFT's JSON-RPC: POST at `/`, GET at `/METHOD`, and a websocket at `/websocket`.

mod calls;
pub(crate) mod form;
mod news;
mod search;
mod websocket;
mod wire;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};

use self::wire::{Outcome, Params, Request, RpcError, response};
use crate::api::template::query_pairs;
use crate::engine::{Engine, Made};
use crate::limits::{Outbox, Turnstile, Untaken};
use crate::service::Services;

/// Largest request body in bytes: CometBFT's default.
pub const BODY_BYTES_MAX: usize = 1_000_000;
/// Most requests in one batch.
const BATCH_MAX: usize = 1_000;
/// Bytes of the answers to one batch: what is asked beyond them is refused.
pub const BATCH_ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Clients that wait for their transaction to be in a block.
const COMMIT_WAITS_MAX: usize = 256;

/// A block, and what it tells.
type Told = (Arc<Made>, Arc<Vec<news::News>>);

/// What the calls need.
pub struct Rpc {
    engine: Engine,
    services: Arc<Services>,
    /// What is listened to, as `status` shows it.
    address: String,
    moniker: String,
    commit_waits: Turnstile,
    /// What the newest block tells, made once for all who listen.
    news: parking_lot::Mutex<Option<Told>>,
    /// Pieces of the genesis document in base64, made when first asked for.
    genesis: std::sync::OnceLock<Vec<String>>,
}

impl Rpc {
    pub fn new(engine: Engine, services: Arc<Services>, address: String, moniker: String) -> Self {
        Self {
            engine,
            services,
            address,
            moniker,
            commit_waits: Turnstile::new(COMMIT_WAITS_MAX, 0),
            news: parking_lot::Mutex::new(None),
            genesis: std::sync::OnceLock::new(),
        }
    }

    /// What a block tells to subscribers.
    fn news(&self, made: &Arc<Made>) -> Arc<Vec<news::News>> {
        let mut newest = self.news.lock();
        match &*newest {
            Some((known, news)) if Arc::ptr_eq(known, made) => news.clone(),
            _ => {
                let news = Arc::new(news::of(made));
                *newest = Some((made.clone(), news.clone()));
                news
            }
        }
    }

    /// Carries out one call.
    async fn call(self: &Arc<Self>, method: &str, params: Params) -> Outcome {
        let Some(call) = calls::by_name(method) else { return Err(RpcError::method_not_found()) };
        match call {
            calls::Call::Answer(answer) => {
                let rpc = self.clone();
                let turnstile = match method {
                    "check_tx" => &self.services.submissions,
                    method if method.starts_with("broadcast") => &self.services.submissions,
                    "tx_search" | "block_search" | "genesis" | "genesis_chunked" => &self.services.long_questions,
                    _ => &self.services.questions,
                };
                turnstile.run(move || answer(&rpc, &params)).await.unwrap_or_else(|e| Err(RpcError::server(e)))
            }
            calls::Call::Query => self.query(params).await,
            calls::Call::BroadcastCommit => self.broadcast_commit(params).await,
        }
    }
}

/// The routes of the RPC.
pub fn router(rpc: Arc<Rpc>) -> Router {
    Router::new()
        .route("/", post(body).get(list))
        .route("/websocket", get(websocket::open))
        .route("/{method}", get(uri).post(uri))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(crate::api::rest::open_to_all_origins())
        .with_state(rpc)
}

fn answer(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn body(State(rpc): State<Arc<Rpc>>, outbox: Option<Extension<Outbox>>, body: Bytes) -> Response {
    if body.is_empty() {
        return list().await.into_response();
    }
    let parsed: Value = match serde_json::from_slice(&body) {
        Ok(parsed) => parsed,
        Err(e) => {
            let error = RpcError::parse(format!("error unmarshaling request: {e}"));
            return answer(StatusCode::INTERNAL_SERVER_ERROR, &response(&Value::Null, Err(error)));
        }
    };
    let requests = match parsed {
        Value::Array(list) => list,
        one => vec![one],
    };
    if requests.len() > BATCH_MAX {
        let error = RpcError::invalid_request(format!(
            "a batch of {} requests; at most {BATCH_MAX} are answered",
            requests.len()
        ));
        return answer(StatusCode::OK, &response(&Value::Null, Err(error)));
    }
    let mut answers = Answers::new(outbox);
    for request in &requests {
        match Request::read(request) {
            Ok(Some(request)) => {
                let outcome = match Params::from_json(request.params, calls::names(&request.method)) {
                    Ok(_) if answers.are_full() => Err(RpcError::server(format!(
                        "the answers to this batch are larger than {BATCH_ANSWER_BYTES_MAX} bytes; ask for less at once"
                    ))),
                    Ok(params) => rpc.call(&request.method, params).await,
                    Err(error) if calls::by_name(&request.method).is_some() => Err(error),
                    Err(_) => Err(RpcError::method_not_found()),
                };
                answers.push(&response(&request.id, outcome));
            }
            Ok(None) => {}
            Err(error) => return answer(StatusCode::INTERNAL_SERVER_ERROR, &response(&Value::Null, Err(error))),
        }
    }
    match answers.text() {
        None => StatusCode::OK.into_response(),
        Some(text) => (StatusCode::OK, [(CONTENT_TYPE, "application/json")], Body::from(text)).into_response(),
    }
}

/// The answers to the requests of one body, as text; they are counted while they grow.
struct Answers {
    text: String,
    count: usize,
    outbox: Option<Outbox>,
    counted: Vec<Untaken>,
}

impl Answers {
    fn new(outbox: Option<Extension<Outbox>>) -> Self {
        Self { text: "[".to_owned(), count: 0, outbox: outbox.map(|Extension(o)| o), counted: Vec::new() }
    }

    fn are_full(&self) -> bool {
        self.text.len() > BATCH_ANSWER_BYTES_MAX
    }

    fn push(&mut self, value: &Value) {
        let before = self.text.len();
        if self.count > 0 {
            self.text.push(',');
        }
        self.text.push_str(&value.to_string());
        self.count += 1;
        let outbox = self.outbox.iter();
        self.counted.extend(outbox.map(|outbox| outbox.hold(self.text.len().saturating_sub(before))));
    }

    /// One answer stands alone, more of them in a list.
    fn text(mut self) -> Option<String> {
        match self.count {
            0 => None,
            1 => Some(self.text.split_off(1)),
            _ => {
                self.text.push(']');
                Some(self.text)
            }
        }
    }
}

async fn uri(State(rpc): State<Arc<Rpc>>, Path(method): Path<String>, RawQuery(query): RawQuery) -> Response {
    let id = json!(-1);
    if calls::by_name(&method).is_none() {
        let known = ["subscribe", "unsubscribe", "unsubscribe_all"].contains(&method.as_str());
        let hint = if known { "this method is for the websocket" } else { "404 page not found" };
        return if known {
            answer(StatusCode::NOT_FOUND, &response(&id, Err(RpcError::method_not_found())))
        } else {
            (StatusCode::NOT_FOUND, hint).into_response()
        };
    }
    let outcome = match query_pairs(&query.unwrap_or_default()) {
        Some(pairs) => rpc.call(&method, Params::from_query(pairs)).await,
        None => Err(RpcError::invalid_params("the query string is not well-formed")),
    };
    let status = if outcome.is_ok() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    answer(status, &response(&id, outcome))
}

/// The list of methods, for a person with a browser.
async fn list() -> Html<String> {
    let mut page = "<html><body><br>Available endpoints:<br>".to_owned();
    for (name, names, _) in calls::ALL {
        let arguments: Vec<String> = names.iter().map(|name| format!("{name}=_")).collect();
        let query = if arguments.is_empty() { String::new() } else { format!("?{}", arguments.join("&")) };
        page.push_str(&format!("<a href=\"/{name}{query}\">/{name}{query}</a></br>"));
    }
    Html(page + "</body></html>")
}
