//! gRPC for every method of the served services, over HTTP/2 and as gRPC-web, and server reflection.

use std::{
    convert::Infallible,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::any,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use entente_proto::COMMENTED;
use futures::future::BoxFuture;
use tonic::{
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::{Grpc, UnaryService},
};
use tower::ServiceExt as _;

use super::{Answer, BODY_BYTES_MAX, HEIGHT_HEADER, QueryService, Status, height_from};
use crate::limits::AnswerBytes;
use entente_kernel::json::schema;

/// The gRPC paths of the `served` services and of reflection (`v1` and `v1alpha`), which lists exactly these services.
/// Made to share a port with other routers; a port of its own wants [`server`].
///
/// # Errors
/// If a served service is not among the descriptors.
pub fn router(service: Arc<dyn QueryService>, served: &[&str]) -> anyhow::Result<Router> {
    let mut router = Router::new();
    for name in served {
        anyhow::ensure!(schema::POOL.get_service_by_name(name).is_some(), "{name} is not a known service");
        router = router.route(&format!("/{name}/{{method}}"), any(answer));
    }
    Ok(router.with_state(service).merge(reflection(served)))
}

/// As [`router`], and tells callers of anything else that it is not implemented.
///
/// # Errors
/// If a served service is not among the descriptors.
pub fn server(service: Arc<dyn QueryService>, served: &[&str]) -> anyhow::Result<Router> {
    Ok(router(service, served)?.fallback(unknown))
}

const REFLECTION: &str = "grpc.reflection.v1.ServerReflection";
const REFLECTION_ALPHA: &str = "grpc.reflection.v1alpha.ServerReflection";

/// Reads the descriptors when somebody asks for the first time: few do, and a node should not start later for them.
fn reflection(served: &[&str]) -> Router {
    let names: Vec<String> = served.iter().map(|name| (*name).to_owned()).collect();
    let made = Arc::new(LazyLock::new(move || reflecting(&names)));
    let answer = any(move |request: Request| {
        let made = made.clone();
        async move {
            match &**made {
                Ok(router) => router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
                Err(why) => tonic::Status::internal(format!("the descriptors: {why}")).into_http::<Body>(),
            }
        }
    });
    Router::new()
        .route(&format!("/{REFLECTION}/{{*method}}"), answer.clone())
        .route(&format!("/{REFLECTION_ALPHA}/{{*method}}"), answer)
}

fn reflecting(served: &[String]) -> anyhow::Result<Router> {
    let builder = |own: &'static str| {
        let base = tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(COMMENTED);
        served.iter().fold(base.with_service_name(own), |builder, name| builder.with_service_name(name.as_str()))
    };
    Ok(Router::new()
        .route_service(&format!("/{REFLECTION}/{{*method}}"), builder(REFLECTION).build_v1()?)
        .route_service(&format!("/{REFLECTION_ALPHA}/{{*method}}"), builder(REFLECTION_ALPHA).build_v1alpha()?))
}

async fn unknown(uri: Uri) -> Response {
    tonic::Status::unimplemented(format!("unknown method {}", uri.path())).into_http::<Body>()
}

async fn answer(State(service): State<Arc<dyn QueryService>>, request: Request) -> Result<Response, Infallible> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let call = Call { service, path: request.uri().path().to_owned() };
    if kind.starts_with("application/grpc-web") {
        return Ok(web_answer(call, &kind, request).await);
    }
    if !kind.starts_with("application/grpc") {
        return Ok(
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "gRPC is spoken here; for JSON see /openapi.json").into_response()
        );
    }
    let grpc = Grpc::new(PlainBytes).max_decoding_message_size(BODY_BYTES_MAX).max_encoding_message_size(usize::MAX);
    Ok({ grpc }.unary(call, request).await.map(Body::new))
}

/// One call of one method.
struct Call {
    service: Arc<dyn QueryService>,
    path: String,
}

impl Call {
    async fn run(&self, headers: &HeaderMap, request: Bytes) -> Result<Answer, Status> {
        if schema::method_at(&self.path).is_none() {
            return Err(Status::new(Status::UNIMPLEMENTED, format!("unknown method {}", self.path)));
        }
        self.service.unary(&self.path, request, height_from(headers)?).await
    }
}

impl UnaryService<Bytes> for Call {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<tonic::Response<Bytes>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let call = Self { service: self.service.clone(), path: self.path.clone() };
        Box::pin(async move {
            let (metadata, _, bytes) = request.into_parts();
            let answer = call.run(&metadata.into_headers(), bytes).await;
            let answer = answer.map_err(|status| tonic::Status::new(status.grpc_code.into(), status.message))?;
            let size = AnswerBytes(answer.bytes.len());
            let mut response = tonic::Response::new(answer.bytes);
            response.extensions_mut().insert(size);
            response.metadata_mut().insert(HEIGHT_HEADER, answer.height.into());
            Ok(response)
        })
    }
}

/// Messages travel as the bytes they are; whoever answers decodes them.
#[derive(Clone, Copy, Default)]
pub(super) struct PlainBytes;

impl Codec for PlainBytes {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for PlainBytes {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, item: Bytes, target: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        target.put(item);
        Ok(())
    }
}

impl Decoder for PlainBytes {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}

/// Marks the frame of a gRPC-web answer that carries the trailers.
const TRAILERS: u8 = 0x80;

/// gRPC-web: the same frames in an ordinary request and answer, the trailers as a last frame, all of it in base64 if the
/// content type says `-text`.
async fn web_answer(call: Call, kind: &str, request: Request) -> Response {
    let as_text = kind.starts_with("application/grpc-web-text");
    let (parts, body) = request.into_parts();
    let result =
        match axum::body::to_bytes(body, BODY_BYTES_MAX).await.ok().and_then(|body| web_message(&body, as_text)) {
            Some(message) => call.run(&parts.headers, message).await,
            None => Err(Status::invalid_argument("the body is not one uncompressed gRPC-web message")),
        };
    let mut frames = BytesMut::new();
    let (trailers, height) = match result {
        Ok(answer) => {
            put_frame(&mut frames, 0, &answer.bytes);
            ("grpc-status:0\r\n".to_owned(), Some(answer.height))
        }
        Err(status) => {
            let message = percent_encoded(&status.message);
            (format!("grpc-status:{}\r\ngrpc-message:{message}\r\n", status.grpc_code), None)
        }
    };
    put_frame(&mut frames, TRAILERS, trailers.as_bytes());
    let body = if as_text { Body::from(STANDARD.encode(&frames)) } else { Body::from(frames.freeze()) };
    let mut response = Response::new(body);
    if let Ok(kind) = kind.parse() {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    if let Some(height) = height {
        response.headers_mut().insert(HEIGHT_HEADER, height.into());
    }
    response
}

/// The message in the only frame of a request.
fn web_message(body: &Bytes, as_text: bool) -> Option<Bytes> {
    let mut body = if as_text { Bytes::from(STANDARD.decode(body).ok()?) } else { body.clone() };
    let fits = body.len() >= 5 && body.get_u8() == 0;
    let length = if fits { usize::try_from(body.get_u32()).ok()? } else { return None };
    (length == body.len()).then_some(body)
}

fn put_frame(frames: &mut BytesMut, flag: u8, bytes: &[u8]) {
    frames.put_u8(flag);
    frames.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    frames.put_slice(bytes);
}

/// As the gRPC protocol wants status messages: printable ASCII, the rest escaped.
fn percent_encoded(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'%' | 0..=0x1f | 0x7f.. => format!("%{byte:02X}"),
        plain => char::from(plain).to_string(),
    };
    text.bytes().map(escaped).collect()
}
