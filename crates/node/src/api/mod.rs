//! What clients see besides CometBFT's RPC: gRPC, reflection, REST and OpenAPI, all read from the protobuf descriptors.
//!
//! There is no code per service here. [`grpc`] hands the bytes of a request to [`QueryService::unary`]; [`rest`] finds the
//! method by its `google.api.http` annotation, turns path, query string and body into the same bytes, and prints the
//! answer by the rules of [`entente_kernel::json`]. Which services exist is the caller's list.

pub mod grpc;
pub mod openapi;
pub mod reflection;
pub mod rest;
pub(crate) mod template;

#[cfg(test)]
mod tests;

use axum::http::Uri;
use bytes::Bytes;
use futures::future::BoxFuture;

/// The header, and the gRPC metadata key, that asks for a height and tells the height of an answer.
pub const HEIGHT_HEADER: &str = "x-cosmos-block-height";

/// Largest request body in bytes: a transaction of one megabyte in base64, with room for the JSON around it.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The border to the node: one call for every method of every service.
pub trait QueryService: Send + Sync + 'static {
    /// Answers `full_path` (such as `/cosmos.bank.v1beta1.Query/Balance`) for an encoded request, at `height` or, without
    /// one, at the newest height.
    ///
    /// # Errors
    /// A [`Status`], which clients see unchanged.
    fn unary<'a>(
        &'a self,
        full_path: &'a str,
        request: Bytes,
        height: Option<i64>,
    ) -> BoxFuture<'a, Result<Answer, Status>>;

    /// The newest height, for answers that speak of no state.
    fn height(&self) -> i64;
}

/// An encoded response and the height of the state that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub bytes: Bytes,
    pub height: i64,
}

/// Why there is no answer: a gRPC code (0 is never used) and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    pub grpc_code: i32,
    pub message: String,
    /// What ABCI says of an error of the chain that was no gRPC status before.
    pub abci: Option<entente_kernel::Error>,
}

impl Status {
    pub const UNKNOWN: i32 = 2;
    pub const INVALID_ARGUMENT: i32 = 3;
    pub const NOT_FOUND: i32 = 5;
    pub const UNIMPLEMENTED: i32 = 12;
    pub const INTERNAL: i32 = 13;
    pub const UNAVAILABLE: i32 = 14;

    pub fn new(grpc_code: i32, message: impl Into<String>) -> Self {
        Self { grpc_code, message: message.into(), abci: None }
    }

    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(Self::INVALID_ARGUMENT, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Self::INTERNAL, message)
    }

    /// HTTP's number for the code, as the gRPC gateway of the SDK maps them.
    pub fn http_code(&self) -> u16 {
        match self.grpc_code {
            0 => 200,
            1 => 408,
            3 | 9 | 11 => 400,
            4 => 504,
            5 => 404,
            6 | 10 => 409,
            7 => 403,
            8 => 429,
            12 => 501,
            14 => 503,
            16 => 401,
            _ => 500,
        }
    }
}

/// Whether a path names a method of the descriptors.
pub fn is_method(path: &str) -> bool {
    entente_kernel::json::schema::method_at(path).is_some()
}

/// The same address with single slashes, if its path has double ones: the base that clients put before a path often ends with
/// one.
pub fn single_slashes(uri: &Uri) -> Option<Uri> {
    if !uri.path().contains("//") {
        return None;
    }
    let steps: Vec<&str> = uri.path().split('/').filter(|step| !step.is_empty()).collect();
    let end = if uri.path().ends_with('/') && !steps.is_empty() { "/" } else { "" };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("/{}{end}{query}", steps.join("/")).parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Reads the height that a client asks for. An absent or empty header and height 0 all mean the newest.
fn height_from(headers: &axum::http::HeaderMap) -> Result<Option<i64>, Status> {
    let prefixed = format!("grpc-metadata-{HEIGHT_HEADER}");
    let Some(value) = headers.get(HEIGHT_HEADER).or_else(|| headers.get(prefixed)) else { return Ok(None) };
    let text = value.to_str().unwrap_or("?").trim();
    match text.parse::<i64>() {
        _ if text.is_empty() => Ok(None),
        Ok(0) => Ok(None),
        Ok(height) if height > 0 => Ok(Some(height)),
        _ => Err(Status::invalid_argument(format!(
            "{HEIGHT_HEADER}: {text:?} is not a height; a positive whole number is"
        ))),
    }
}
