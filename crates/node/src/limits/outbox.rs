//! Answers that are in memory because their clients have not taken them yet. Whoever asks for much and takes nothing is the first
//! to go when a door holds too much.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http_body::{Frame, SizeHint};

use super::{Door, Guest};

/// Bytes of the answers of one door that are in memory at the same time.
pub const ANSWERS_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of answers that one connection may leave untaken; a single answer may be larger.
pub const GUEST_ANSWERS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes that are handed to a connection at once.
const PIECE_BYTES: usize = 64 * 1024;
/// Answers of fewer bytes are not counted: the connection that they belong to costs as much.
const SMALL_BYTES: usize = 4 * 1024;

/// Tells how many bytes an answer has whose body does not say so.
#[derive(Clone, Copy)]
pub struct AnswerBytes(pub usize);

/// What waits to be taken by the client of one connection: requests carry it.
#[derive(Clone)]
pub struct Outbox {
    number: u64,
    guest: Arc<Guest>,
    door: Arc<Door>,
}

impl Outbox {
    pub(super) fn new(number: u64, guest: Arc<Guest>, door: Arc<Door>) -> Self {
        Self { number, guest, door }
    }

    /// Counts bytes of an answer until what is given back is dropped. If they are too many, the connection is closed, or those
    /// that have taken nothing for longest are.
    pub fn hold(&self, bytes: usize) -> Untaken {
        let before = self.guest.untaken.fetch_add(bytes, Ordering::Relaxed);
        let all = self.door.untaken.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if before == 0 {
            self.took();
        }
        if before > 0 && before.saturating_add(bytes) > GUEST_ANSWERS_BYTES_MAX {
            self.guest.dismiss();
        } else if all > self.door.untaken_max {
            self.door.dismiss_slowest(all - self.door.untaken_max, self.number);
        }
        Untaken { outbox: self.clone(), bytes }
    }

    /// The client took something.
    fn took(&self) {
        self.guest.took.store(self.door.now(), Ordering::Relaxed);
    }

    /// The same answer, which goes out in pieces and is counted until it has gone.
    pub(super) fn paced(&self, response: Response) -> Response {
        let told = response.extensions().get().map_or(0, |AnswerBytes(bytes)| *bytes);
        let bytes = usize::try_from(response.body().size_hint().lower()).unwrap_or(usize::MAX).max(told);
        if bytes < SMALL_BYTES {
            return response;
        }
        response.map(|inner| Body::new(Paced { inner, rest: Bytes::new(), untaken: self.hold(bytes) }))
    }
}

/// Bytes that are counted.
pub struct Untaken {
    outbox: Outbox,
    bytes: usize,
}

impl Drop for Untaken {
    fn drop(&mut self) {
        self.outbox.guest.untaken.fetch_sub(self.bytes, Ordering::Relaxed);
        self.outbox.door.untaken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A body in pieces, each of them with memory of its own: a connection that is slow holds one piece, and the whole is gone with the
/// last one.
struct Paced {
    inner: Body,
    rest: Bytes,
    untaken: Untaken,
}

impl Paced {
    fn piece(&mut self) -> Bytes {
        self.untaken.outbox.took();
        let piece = self.rest.split_to(PIECE_BYTES.min(self.rest.len()));
        let piece = Bytes::copy_from_slice(&piece);
        if self.rest.is_empty() {
            self.rest = Bytes::new();
        }
        piece
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(self.piece()))));
        }
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        polled.map(|frame| match frame {
            Some(Ok(frame)) => Some(Ok(match frame.into_data() {
                Ok(data) if data.len() > PIECE_BYTES => {
                    self.rest = data;
                    Frame::data(self.piece())
                }
                Ok(data) => Frame::data(data),
                Err(trailers) => trailers,
            })),
            end => end,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let waiting = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(waiting));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(waiting));
        }
        hint
    }
}
