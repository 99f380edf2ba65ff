//! What strangers may take from a node: connections, time, bytes and calls. Everything that listens goes through here.
//!
//! A door that is full does not stay shut: the newcomer comes in and the guest that has been silent for longest goes. So ten
//! thousand idle connections keep nobody out, and cost no more than [`CONNECTIONS_MAX`] of them.

mod outbox;

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use futures::task::AtomicWaker;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

pub use self::outbox::{ANSWERS_BYTES_MAX, AnswerBytes, GUEST_ANSWERS_BYTES_MAX, Outbox, Untaken};

/// Connections of one door.
pub const CONNECTIONS_MAX: usize = 2_048;
/// How long the head of a request may take, and the first byte of a connection.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long the body of a request may take.
pub const BODY_TIME: Duration = Duration::from_secs(15);
/// How long an answer may take, from the last byte of the head on.
pub const REQUEST_TIME: Duration = Duration::from_secs(45);
/// A connection over which nothing went for so long is closed.
pub const SILENCE_MAX: Duration = Duration::from_secs(120);
/// Bytes of the head of a request, and of what waits to be read on a connection.
pub const HEAD_BYTES_MAX: usize = 128 * 1024;
/// Bytes of all request bodies of one door that are in memory at the same time.
pub const BODIES_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Requests at the same time on one HTTP/2 connection.
pub const STREAMS_MAX: u32 = 100;
/// How often silent connections are looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// How long a door waits when the process has no file left for another connection.
const NO_FILE_PAUSE: Duration = Duration::from_millis(20);

/// Lets the process open as many files as the system allows it: each connection is one.
pub fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_err() {
        tracing::warn!("the limit of open files stays as it is");
    }
}

/// Largest bodies of a door's requests, in bytes.
#[derive(Debug)]
struct Bodies {
    each_max: usize,
    taken: AtomicUsize,
}

/// Serves a door for ever. No body of a request is larger than `body_bytes_max`.
///
/// # Errors
/// Never; a connection that fails is that connection's trouble.
pub async fn serve(listener: TcpListener, router: Router, body_bytes_max: usize) -> Result<()> {
    serve_at(listener, router, body_bytes_max, Door::new(CONNECTIONS_MAX, ANSWERS_BYTES_MAX)).await
}

async fn serve_at(listener: TcpListener, router: Router, body_bytes_max: usize, door: Door) -> Result<()> {
    let bodies = Arc::new(Bodies { each_max: body_bytes_max, taken: AtomicUsize::new(0) });
    let router = router.layer(from_fn_with_state(bodies, bounded));
    let door = Arc::new(door);
    let sweeper = sweep(door.clone());
    tokio::pin!(sweeper);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Small answers go out at once.
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(connection(door.admit(stream), router.clone()));
                }
                // A client that left again, or no file left: then the most silent guest gives its own.
                Err(_) => {
                    door.dismiss_most_silent();
                    tokio::time::sleep(NO_FILE_PAUSE).await;
                }
            },
            () = &mut sweeper => {}
        }
    }
}

async fn connection(stream: Watched, router: Router) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(64 * 1024)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    let outbox = Outbox::new(stream.number, stream.guest.clone(), stream.door.clone());
    let router = router.map_request(move |mut request: axum::http::Request<_>| {
        request.extensions_mut().insert(outbox.clone());
        if let Some(uri) = crate::api::single_slashes(request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    });
    let service = TowerToHyperService::new(router);
    // How a connection ends is of no interest to anybody else.
    let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
}

async fn sweep(door: Arc<Door>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        door.dismiss_silent();
    }
}

/// Reads the body of a request within its limits, then lets the request through.
async fn bounded(State(bodies): State<Arc<Bodies>>, request: Request, next: Next) -> Response {
    // Websockets and the streams of gRPC's reflection have limits of their own.
    let streams =
        request.headers().contains_key(header::UPGRADE) || request.uri().path().starts_with("/grpc.reflection.");
    if streams {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let mut held = Held { bodies: bodies.clone(), bytes: 0 };
    let body = match tokio::time::timeout(BODY_TIME, read(body, &mut held)).await {
        Ok(Ok(body)) => body,
        Ok(Err(refusal)) => return refusal.into_response(),
        Err(_) => return (StatusCode::REQUEST_TIMEOUT, "the body of the request did not come in time").into_response(),
    };
    let outbox = parts.extensions.get::<Outbox>().cloned();
    let answer = next.run(Request::from_parts(parts, Body::from(body)));
    match tokio::time::timeout(REQUEST_TIME, answer).await {
        Ok(response) => match outbox {
            Some(outbox) => outbox.paced(response),
            None => response,
        },
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "no answer in time").into_response(),
    }
}

/// Bytes of bodies that are given back when the request is over.
struct Held {
    bodies: Arc<Bodies>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.bodies.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

async fn read(body: Body, held: &mut Held) -> Result<Bytes, (StatusCode, String)> {
    let mut whole = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| (StatusCode::BAD_REQUEST, "the body of the request ends early".to_owned()))?;
        if whole.len() + piece.len() > held.bodies.each_max {
            let text = format!("request body too large: at most {} bytes are read", held.bodies.each_max);
            return Err((StatusCode::PAYLOAD_TOO_LARGE, text));
        }
        let taken = held.bodies.taken.fetch_add(piece.len(), Ordering::Relaxed);
        held.bytes += piece.len();
        if taken + piece.len() > BODIES_BYTES_MAX {
            return Err((StatusCode::SERVICE_UNAVAILABLE, "too many large requests at the same time".to_owned()));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.into())
}

/// Who is inside.
struct Door {
    guests_max: usize,
    since: Instant,
    next: AtomicU64,
    guests: Mutex<BTreeMap<u64, Arc<Guest>>>,
    /// Bytes of answers that nobody has taken yet.
    untaken: AtomicUsize,
    untaken_max: usize,
}

/// One connection, as its door sees it.
struct Guest {
    /// When something last went over the connection, in milliseconds since the door opened.
    heard: AtomicU64,
    /// Whether a byte came.
    spoke: AtomicBool,
    dismissed: AtomicBool,
    /// Bytes of answers that wait to be taken, and when something of them last was.
    untaken: AtomicUsize,
    took: AtomicU64,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Guest {
    fn dismiss(&self) {
        self.dismissed.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
    }
}

impl Door {
    fn new(guests_max: usize, untaken_max: usize) -> Self {
        Self {
            guests_max,
            since: Instant::now(),
            next: AtomicU64::new(0),
            guests: Mutex::default(),
            untaken: AtomicUsize::new(0),
            untaken_max,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Lets a connection in; if the door is full, the most silent one goes.
    fn admit(self: &Arc<Self>, stream: TcpStream) -> Watched {
        if self.guests.lock().len() >= self.guests_max {
            self.dismiss_most_silent();
        }
        let guest = Arc::new(Guest {
            heard: AtomicU64::new(self.now()),
            spoke: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
            untaken: AtomicUsize::new(0),
            took: AtomicU64::new(0),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
        });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.guests.lock().insert(number, guest.clone());
        Watched { stream, guest, number, door: self.clone() }
    }

    /// It leaves the list at once, so that of many newcomers each sends away another one.
    fn dismiss_most_silent(&self) {
        let mut guests = self.guests.lock();
        let most_silent = guests.iter().min_by_key(|(_, guest)| guest.heard.load(Ordering::Relaxed));
        if let Some(number) = most_silent.map(|(number, _)| *number)
            && let Some(guest) = guests.remove(&number)
        {
            guest.dismiss();
        }
    }

    /// Frees so many bytes of answers: those go that have taken nothing for longest, but not the one who is being answered.
    fn dismiss_slowest(&self, bytes: usize, but: u64) {
        let mut guests = self.guests.lock();
        let holders = guests.iter().filter(|(n, guest)| **n != but && guest.untaken.load(Ordering::Relaxed) > 0);
        let mut holders: Vec<(u64, u64)> = holders.map(|(n, guest)| (guest.took.load(Ordering::Relaxed), *n)).collect();
        holders.sort_unstable();
        let mut freed = 0_usize;
        for (_, number) in holders {
            if freed >= bytes {
                break;
            }
            if let Some(guest) = guests.remove(&number) {
                freed = freed.saturating_add(guest.untaken.load(Ordering::Relaxed));
                guest.dismiss();
            }
        }
    }

    fn dismiss_silent(&self) {
        let now = self.now();
        let silent = |guest: &Guest| {
            let allowed = if guest.spoke.load(Ordering::Relaxed) { SILENCE_MAX } else { HEAD_TIME };
            u128::from(now.saturating_sub(guest.heard.load(Ordering::Relaxed))) > allowed.as_millis()
        };
        self.guests.lock().values().filter(|guest| silent(guest)).for_each(|guest| guest.dismiss());
    }
}

/// A connection that tells its door when something goes over it, and breaks when the door says so.
struct Watched {
    stream: TcpStream,
    guest: Arc<Guest>,
    number: u64,
    door: Arc<Door>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.door.guests.lock().remove(&self.number);
    }
}

impl Watched {
    fn dismissed(&self) -> io::Result<()> {
        if self.guest.dismissed.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    fn heard(&self) {
        self.guest.heard.store(self.door.now(), Ordering::Relaxed);
    }

    fn wrote(&self, poll: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(poll, Poll::Ready(Ok(n)) if n > 0) {
            self.heard();
        }
        poll
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.guest.reader.register(cx.waker());
        self.dismissed()?;
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        if poll.is_ready() && buf.filled().len() > before {
            self.heard();
            self.guest.spoke.store(true, Ordering::Relaxed);
        }
        poll
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.guest.writer.register(cx.waker());
        self.dismissed()?;
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.guest.writer.register(cx.waker());
        self.dismissed()?;
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.wrote(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Work that runs a few at a time, while a bounded crowd waits.
#[derive(Clone)]
pub struct Turnstile {
    running: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    waiting_max: usize,
}

/// The crowd before a turnstile is too large.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the node is busy; try again in a moment")]
pub struct Busy;

/// Somebody who waits, or did.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

impl Turnstile {
    pub fn new(running: usize, waiting_max: usize) -> Self {
        Self { running: Arc::new(Semaphore::new(running)), waiting: Arc::default(), waiting_max }
    }

    /// For questions: a few more than there are processors, so that blocks get their share of them.
    pub fn for_questions() -> Self {
        Self::new(processors().saturating_mul(2).max(4), 1_024)
    }

    /// For questions that may take long, such as searches: half of the processors are left to all others.
    pub fn for_long_questions() -> Self {
        Self::new((processors() / 2).max(1), 256)
    }

    /// For transactions to be checked: each of them waits for the block that is being made, and blocks wait for few of them.
    pub fn for_submissions() -> Self {
        Self::new(4, 2_048)
    }

    /// Does the work on a thread that may block. The turn ends when the work does, also if nobody waits for its result any more.
    ///
    /// # Errors
    /// [`Busy`]; or the work panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = self.turn().await?;
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        Ok(tokio::task::spawn_blocking(work).await?)
    }

    /// A turn if there is one at once.
    ///
    /// # Errors
    /// [`Busy`].
    pub fn try_turn(&self) -> Result<OwnedSemaphorePermit, Busy> {
        self.running.clone().try_acquire_owned().map_err(|_| Busy)
    }

    /// A turn, to be held while the work lasts.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, Busy> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= self.waiting_max {
            return Err(Busy);
        }
        self.running.clone().acquire_owned().await.map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const GUESTS_MAX: usize = 40;

    async fn door() -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", axum::routing::post(|body: Bytes| async move { body.len().to_string() }));
        tokio::spawn(serve_at(listener, router, 1_000, Door::new(GUESTS_MAX, 8 << 20)));
        address
    }

    async fn said(stream: &mut TcpStream) -> String {
        let mut bytes = vec![0; 4_096];
        let n = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut bytes)).await.unwrap().unwrap_or(0);
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    }

    fn post(length: usize) -> String {
        format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")
    }

    #[tokio::test]
    async fn a_full_door_sends_the_most_silent_guest_away_and_serves_the_newcomer() {
        let address = door().await;
        let mut crowd = Vec::new();
        for _ in 0..GUESTS_MAX {
            crowd.push(TcpStream::connect(address).await.unwrap());
        }
        // The first one speaks, so the second is the most silent.
        crowd[0].write_all(post(2).as_bytes()).await.unwrap();
        crowd[0].write_all(b"hi").await.unwrap();
        assert!(said(&mut crowd[0]).await.ends_with("\r\n\r\n2"));
        let mut newcomer = TcpStream::connect(address).await.unwrap();
        newcomer.write_all((post(5) + "hello").as_bytes()).await.unwrap();
        assert!(said(&mut newcomer).await.ends_with("\r\n\r\n5"));
        assert_eq!(said(&mut crowd[1]).await, "", "it was closed");
        crowd[0].write_all((post(3) + "hey").as_bytes()).await.unwrap();
        assert!(said(&mut crowd[0]).await.ends_with("\r\n\r\n3"), "who speaks stays");
    }

    /// A client that asks for an answer of 3 MiB and takes little of it.
    async fn asks_and_waits(address: std::net::SocketAddr) -> TcpStream {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        stream.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        assert!(said(&mut stream).await.starts_with("HTTP/1.1 200"));
        stream
    }

    #[tokio::test]
    async fn when_a_door_holds_too_many_answers_the_client_that_took_nothing_for_longest_goes() {
        const LARGE: usize = 3 << 20;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let large = || async { "x".repeat(LARGE) };
        let router = Router::new().route("/large", axum::routing::get(large));
        // Room for two.
        tokio::spawn(serve_at(listener, router, 1_000, Door::new(GUESTS_MAX, 7 << 20)));
        let mut first = asks_and_waits(address).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut second = asks_and_waits(address).await;
        let mut third = asks_and_waits(address).await;
        let mut body = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(5), first.read_to_end(&mut body)).await.unwrap();
        assert!(ended.is_err() || body.len() < LARGE, "the first one was sent away: {} bytes", body.len());
        for one in [&mut second, &mut third] {
            let mut body = Vec::new();
            tokio::time::timeout(Duration::from_secs(5), one.read_to_end(&mut body)).await.unwrap().unwrap();
            assert!(body.len() > LARGE - 8_192, "who takes it gets all of it: {} bytes", body.len());
        }
        // What was taken is no longer counted: there is room again.
        let (mut fourth, mut fifth) = (asks_and_waits(address).await, asks_and_waits(address).await);
        for one in [&mut fourth, &mut fifth] {
            let mut body = Vec::new();
            tokio::time::timeout(Duration::from_secs(5), one.read_to_end(&mut body)).await.unwrap().unwrap();
            assert!(body.len() > LARGE - 8_192, "{} bytes", body.len());
        }
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused_before_it_is_read() {
        let mut stream = TcpStream::connect(door().await).await.unwrap();
        stream.write_all((post(2_000) + &"x".repeat(2_000)).as_bytes()).await.unwrap();
        assert!(said(&mut stream).await.starts_with("HTTP/1.1 413"));
    }

    #[tokio::test]
    async fn only_so_many_wait_before_a_turnstile() {
        let turnstile = Turnstile::new(1, 2);
        let turn = turnstile.turn().await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let turnstile = turnstile.clone();
                tokio::spawn(async move { turnstile.turn().await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(turnstile.turn().await.is_err(), "a third one is sent away");
        drop(turn);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        assert_eq!(turnstile.run(|| 7).await.unwrap(), 7);
    }
}
