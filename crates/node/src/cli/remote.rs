//! Asking a running node over its RPC.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest answer in bytes.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;
const DEFAULT_NODE: &str = "tcp://localhost:26657";

/// A node by its RPC address.
pub struct Remote {
    host: String,
    port: u16,
}

impl Remote {
    /// The node of the flag `--node`, else of the environment's ENTENTE_NODE, else this machine's.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn named(flag: Option<&str>) -> Result<Self> {
        let set = std::env::var("ENTENTE_NODE").ok().filter(|node| !node.is_empty());
        Self::new(flag.or(set.as_deref()).unwrap_or(DEFAULT_NODE))
    }

    /// Reads `tcp://localhost:26657`, `http://127.0.0.1:26657` or `localhost:26657`.
    ///
    /// # Errors
    /// Says what an address looks like.
    pub fn new(address: &str) -> Result<Self> {
        ensure!(
            !address.starts_with("https://"),
            "--node: https is not spoken here; use the plain address of a node, such as {DEFAULT_NODE}"
        );
        let plain = address.trim_start_matches("tcp://").trim_start_matches("http://").trim_end_matches('/');
        let parts = plain.rsplit_once(':').and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
        let (host, port) =
            parts.ok_or_else(|| anyhow!("--node: {address:?} is not an address such as {DEFAULT_NODE}"))?;
        Ok(Self { host, port })
    }

    /// Calls a method; the error is the node's own sentence.
    ///
    /// # Errors
    /// Nobody answers, or the node refuses.
    pub fn call(&self, method: &str, params: Value) -> Result<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let text = self.post(&body)?;
        let answer: Value =
            serde_json::from_str(&text).context("the node did not answer in JSON; is --node its RPC address?")?;
        if let Some(error) = answer.get("error") {
            let say = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
            bail!("the node refuses: {}", if say("data").is_empty() { say("message") } else { say("data") });
        }
        answer.get("result").cloned().ok_or_else(|| anyhow!("the node answered without a result"))
    }

    /// Calls a gRPC method by its path.
    ///
    /// # Errors
    /// The sentence of the module that refuses.
    pub fn query(&self, path: &str, request: &[u8], height: u64) -> Result<Vec<u8>> {
        let params =
            json!({ "path": path, "data": hex::encode(request), "height": height.to_string(), "prove": false });
        let answer = self.call("abci_query", params)?;
        let response = answer.get("response").cloned().unwrap_or_default();
        let code = response.get("code").and_then(Value::as_u64).unwrap_or_default();
        ensure!(code == 0, "{}", response.get("log").and_then(Value::as_str).unwrap_or("the query failed"));
        let value = response.get("value").and_then(Value::as_str).unwrap_or_default();
        STANDARD.decode(value).context("the node answered with something that is not base64")
    }

    fn post(&self, body: &str) -> Result<String> {
        let place = format!("{}:{}", self.host, self.port);
        let silent = || anyhow!("no node answers at {place}; is it running, and is --node right?");
        let mut addresses = (self.host.as_str(), self.port).to_socket_addrs().map_err(|_| silent())?;
        let stream = addresses.find_map(|a| TcpStream::connect_timeout(&a, PATIENCE).ok()).ok_or_else(silent)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {place}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        (&stream).write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).map_err(|_| silent())?;
        answer(&mut BufReader::new(stream.take_limited()))
            .map_err(|e| anyhow!("the node at {place} did not answer well: {e}"))
    }
}

trait Limited {
    fn take_limited(self) -> std::io::Take<TcpStream>;
}

impl Limited for TcpStream {
    fn take_limited(self) -> std::io::Take<TcpStream> {
        self.take(ANSWER_BYTES_MAX)
    }
}

/// The body of an HTTP/1.1 answer.
fn answer(stream: &mut BufReader<std::io::Take<TcpStream>>) -> Result<String> {
    let (mut length, mut chunked) = (None, false);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1."), "it does not speak HTTP");
    loop {
        line.clear();
        ensure!(stream.read_line(&mut line)? > 0, "it hung up");
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(text) = header.strip_prefix("content-length:") {
            length = text.trim().parse::<usize>().ok();
        }
        chunked |= header.starts_with("transfer-encoding:") && header.contains("chunked");
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16)?;
            if size == 0 {
                break;
            }
            let mut chunk = vec![0; size];
            stream.read_exact(&mut chunk)?;
            body.extend(chunk);
            line.clear();
            stream.read_line(&mut line)?;
        }
    } else if let Some(length) = length {
        body = vec![0; length];
        stream.read_exact(&mut body)?;
    } else {
        stream.read_to_end(&mut body)?;
    }
    Ok(String::from_utf8(body)?)
}
