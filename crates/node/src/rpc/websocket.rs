//! The websocket: every method, and subscriptions whose events come as further answers to the request that subscribed.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::wire::{Outcome, Params, Request, RpcError, response};
use super::{Rpc, calls, news};
use crate::engine::Made;
use crate::engine::filter::{FILTER_BYTES_MAX, Filter};

/// Subscriptions of one client.
const SUBSCRIPTIONS_MAX: usize = 5;
/// Largest message in bytes.
const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

struct Subscription {
    id: Value,
    /// As the client wrote it; it comes back with every event, for clients that compare it.
    text: String,
    filter: Filter,
}

pub(super) async fn open(State(rpc): State<Arc<Rpc>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(MESSAGE_BYTES_MAX).on_upgrade(|socket| serve(rpc, socket))
}

async fn serve(rpc: Arc<Rpc>, socket: WebSocket) {
    let (mut sender, mut receiver) = socket.split();
    let mut blocks = rpc.engine.listen();
    let mut subscriptions: Vec<Subscription> = Vec::new();
    loop {
        let answers = tokio::select! {
            message = receiver.next() => match message {
                Some(Ok(Message::Text(text))) => answered(&rpc, &mut subscriptions, text.as_bytes()).await,
                Some(Ok(Message::Binary(bytes))) => answered(&rpc, &mut subscriptions, &bytes).await,
                // Pings are answered below us.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Vec::new(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            made = blocks.recv() => match made {
                Ok(made) => heard(&subscriptions, &made),
                Err(RecvError::Lagged(_)) => {
                    let slow = RpcError::server("subscription was canceled (reason: slow client)");
                    subscriptions.drain(..).map(|s| response(&s.id, Err(slow.clone()))).collect()
                }
                Err(RecvError::Closed) => return,
            },
        };
        for answer in answers {
            if sender.send(Message::Text(answer.to_string().into())).await.is_err() {
                return;
            }
        }
    }
}

/// The events of a block for each subscription whose filter they pass.
fn heard(subscriptions: &[Subscription], made: &Made) -> Vec<Value> {
    if subscriptions.is_empty() {
        return Vec::new();
    }
    let mut answers = Vec::new();
    for news in news::of(made) {
        for s in subscriptions.iter().filter(|s| s.filter.matches(&news.events)) {
            answers.push(response(&s.id, Ok(json!({ "query": s.text, "data": news.data, "events": news.events }))));
        }
    }
    answers
}

async fn answered(rpc: &Arc<Rpc>, subscriptions: &mut Vec<Subscription>, bytes: &[u8]) -> Vec<Value> {
    let parsed: Value = match serde_json::from_slice(bytes) {
        Ok(parsed) => parsed,
        Err(e) => {
            return vec![response(&Value::Null, Err(RpcError::parse(format!("error unmarshaling request: {e}"))))];
        }
    };
    let requests = match parsed {
        Value::Array(list) => list,
        one => vec![one],
    };
    let mut answers = Vec::new();
    for request in &requests {
        match Request::read(request) {
            Ok(None) => {}
            Err(error) => answers.push(response(&Value::Null, Err(error))),
            Ok(Some(request)) => {
                let outcome = one(rpc, subscriptions, &request).await;
                answers.push(response(&request.id, outcome));
            }
        }
    }
    answers
}

async fn one(rpc: &Arc<Rpc>, subscriptions: &mut Vec<Subscription>, request: &Request) -> Outcome {
    let names = match request.method.as_str() {
        "subscribe" | "unsubscribe" => &["query"],
        method => calls::names(method),
    };
    let params = Params::from_json(request.params.clone(), names)?;
    match request.method.as_str() {
        "subscribe" => subscribe(subscriptions, request, &params),
        "unsubscribe" => unsubscribe(subscriptions, &params),
        "unsubscribe_all" => {
            if subscriptions.is_empty() {
                return Err(RpcError::internal("subscription not found"));
            }
            subscriptions.clear();
            Ok(json!({}))
        }
        method => rpc.call(method, params).await,
    }
}

fn subscribe(subscriptions: &mut Vec<Subscription>, request: &Request, params: &Params) -> Outcome {
    let text = params.text("query")?.unwrap_or_default();
    if subscriptions.len() >= SUBSCRIPTIONS_MAX {
        return Err(RpcError::internal(format!("max_subscriptions_per_client {SUBSCRIPTIONS_MAX} reached")));
    }
    if text.len() > FILTER_BYTES_MAX {
        return Err(RpcError::internal("maximum query length exceeded"));
    }
    let filter = Filter::parse(&text).map_err(|e| RpcError::internal(format!("failed to parse query: {e}")))?;
    if subscriptions.iter().any(|s| s.filter == filter) {
        return Err(RpcError::internal("already subscribed"));
    }
    subscriptions.push(Subscription { id: request.id.clone(), text, filter });
    Ok(json!({}))
}

fn unsubscribe(subscriptions: &mut Vec<Subscription>, params: &Params) -> Outcome {
    let text = params.text("query")?.unwrap_or_default();
    let filter = Filter::parse(&text).map_err(|e| RpcError::internal(format!("failed to parse query: {e}")))?;
    let before = subscriptions.len();
    subscriptions.retain(|s| s.filter != filter);
    if subscriptions.len() == before { Err(RpcError::internal("subscription not found")) } else { Ok(json!({})) }
}
