//! The websocket: every method, and subscriptions whose events come as further answers to the request that subscribed.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::stream::SplitSink;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::wire::{Outcome, Params, Request, RpcError, response};
use super::{BATCH_MAX, Rpc, calls};
use crate::engine::Made;
use crate::engine::filter::{FILTER_BYTES_MAX, Filter};
use crate::limits::Outbox;

/// Subscriptions of one client.
const SUBSCRIPTIONS_MAX: usize = 5;
/// Largest message in bytes.
const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes that a connection reads at once; thousands of idle ones shall cost little.
const BUFFER_BYTES: usize = 4 * 1024;
/// How long a client may take to read one message; one that is slower is left.
const SAY_TIME: Duration = Duration::from_secs(10);
/// How often a client is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(27);
/// Questions of that kind that may go unanswered.
const PINGS_UNANSWERED_MAX: u32 = 2;

struct Subscription {
    id: Value,
    /// As the client wrote it; it comes back with every event, for clients that compare it.
    text: String,
    filter: Filter,
}

pub(super) async fn open(
    State(rpc): State<Arc<Rpc>>,
    outbox: Option<Extension<Outbox>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(|socket| serve(rpc, socket, outbox.map(|Extension(o)| o)))
}

/// The half of a websocket that talks to the client.
struct Mouth {
    sink: SplitSink<WebSocket, Message>,
    outbox: Option<Outbox>,
}

/// The client is gone, or does not read what it asked for.
struct Gone;

/// Says one thing; nothing more is made ready before it is on its way.
async fn say(mouth: &mut Mouth, message: Message) -> Result<(), Gone> {
    let bytes = if let Message::Text(text) = &message { text.len() } else { 0 };
    let _untaken = mouth.outbox.as_ref().filter(|_| bytes > 0).map(|outbox| outbox.hold(bytes));
    match tokio::time::timeout(SAY_TIME, mouth.sink.send(message)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Gone),
    }
}

async fn serve(rpc: Arc<Rpc>, socket: WebSocket, outbox: Option<Outbox>) {
    let (sink, mut ears) = socket.split();
    let mut mouth = Mouth { sink, outbox };
    let mut blocks = rpc.engine.listen();
    let mut subscriptions: Vec<Subscription> = Vec::new();
    let mut pings = tokio::time::interval_at(tokio::time::Instant::now() + PING_EVERY, PING_EVERY);
    let mut unanswered = 0;
    loop {
        let outcome = tokio::select! {
            message = ears.next() => {
                unanswered = 0;
                match message {
                    Some(Ok(Message::Text(text))) => answered(&rpc, &mut subscriptions, text.as_bytes(), &mut mouth).await,
                    Some(Ok(Message::Binary(bytes))) => answered(&rpc, &mut subscriptions, &bytes, &mut mouth).await,
                    // Pings are answered below us.
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
                }
            }
            made = blocks.recv() => match made {
                Ok(made) => heard(&rpc, &subscriptions, &made, &mut mouth).await,
                Err(RecvError::Lagged(_)) => too_slow(&mut subscriptions, &mut mouth).await,
                Err(RecvError::Closed) => Err(Gone),
            },
            _ = pings.tick() => {
                unanswered += 1;
                if unanswered > PINGS_UNANSWERED_MAX { Err(Gone) } else { say(&mut mouth, Message::Ping(Bytes::new())).await }
            }
        };
        if outcome.is_err() {
            return;
        }
    }
}

async fn too_slow(subscriptions: &mut Vec<Subscription>, mouth: &mut Mouth) -> Result<(), Gone> {
    let slow = RpcError::server("subscription was canceled (reason: slow client)");
    for s in subscriptions.drain(..) {
        say(mouth, text(&response(&s.id, Err(slow.clone())))).await?;
    }
    Ok(())
}

fn text(value: &Value) -> Message {
    Message::Text(value.to_string().into())
}

/// Tells the events of a block for each subscription whose filter they pass.
async fn heard(rpc: &Rpc, subscriptions: &[Subscription], made: &Arc<Made>, mouth: &mut Mouth) -> Result<(), Gone> {
    if subscriptions.is_empty() {
        return Ok(());
    }
    for news in rpc.news(made).iter() {
        for s in subscriptions.iter().filter(|s| s.filter.matches(&news.events)) {
            let told = json!({ "query": s.text, "data": news.data, "events": news.events });
            say(mouth, text(&response(&s.id, Ok(told)))).await?;
        }
    }
    Ok(())
}

/// Answers a message, request by request.
async fn answered(
    rpc: &Arc<Rpc>,
    subscriptions: &mut Vec<Subscription>,
    bytes: &[u8],
    mouth: &mut Mouth,
) -> Result<(), Gone> {
    let refused = |error| text(&response(&Value::Null, Err(error)));
    let requests = match serde_json::from_slice(bytes) {
        Ok(Value::Array(list)) if list.len() > BATCH_MAX => {
            let error = RpcError::invalid_request(format!("{} requests; at most {BATCH_MAX} are answered", list.len()));
            return say(mouth, refused(error)).await;
        }
        Ok(Value::Array(list)) => list,
        Ok(one) => vec![one],
        Err(e) => return say(mouth, refused(RpcError::parse(format!("error unmarshaling request: {e}")))).await,
    };
    for request in &requests {
        match Request::read(request) {
            Ok(None) => {}
            Err(error) => say(mouth, refused(error)).await?,
            Ok(Some(request)) => {
                let outcome = one(rpc, subscriptions, &request).await;
                say(mouth, text(&response(&request.id, outcome))).await?;
            }
        }
    }
    Ok(())
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
