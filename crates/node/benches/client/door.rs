//! One HTTP connection that is kept open: what it costs is little against what a node does.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Outcome;

pub struct Door {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Door {
    pub async fn open(port: u16) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    pub async fn get(&mut self, path: &str) -> Outcome<Vec<u8>> {
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: node\r\n\r\n").as_bytes()).await
    }

    pub async fn json(&mut self, path: &str) -> Outcome<Value> {
        Ok(serde_json::from_slice(&self.get(path).await?)?)
    }

    /// Sends a request as it stands and gives the body of the answer. An RPC error with status 500 is an answer.
    ///
    /// # Errors
    /// Any other status than 200 and 500.
    pub async fn ask(&mut self, request: &[u8]) -> Outcome<Vec<u8>> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let body = loop {
            self.more().await?;
            if let Some(end) = self.read.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = std::str::from_utf8(&self.read[..body])?.to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") && !head.starts_with("http/1.1 500") {
            return Err(head.into());
        }
        match head.lines().find_map(|l| l.strip_prefix("content-length:")) {
            Some(length) => {
                let end = body + length.trim().parse::<usize>()?;
                while self.read.len() < end {
                    self.more().await?;
                }
                Ok(self.read[body..end].to_vec())
            }
            None => self.chunks(body).await,
        }
    }

    /// A body in pieces: the length of each in a line before it, the last one empty.
    async fn chunks(&mut self, mut at: usize) -> Outcome<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                match self.read[at..].windows(2).position(|w| w == b"\r\n") {
                    Some(end) => break at + end,
                    None => self.more().await?,
                }
            };
            let length = usize::from_str_radix(std::str::from_utf8(&self.read[at..line])?.trim(), 16)?;
            let (from, to) = (line + 2, line + 2 + length);
            while self.read.len() < to + 2 {
                self.more().await?;
            }
            if length == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&self.read[from..to]);
            at = to + 2;
        }
    }

    async fn more(&mut self) -> Outcome<()> {
        let mut buffer = [0; 16_384];
        match self.stream.read(&mut buffer).await? {
            0 => Err("the node closed the connection".into()),
            n => {
                self.read.extend_from_slice(&buffer[..n]);
                Ok(())
            }
        }
    }
}

/// A JSON-RPC request, ready to be sent.
pub fn rpc_request(method: &str, params: &str) -> Vec<u8> {
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// The request that sends a transaction by a method of CometBFT's RPC.
pub fn broadcast(method: &str, tx: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let tx = base64::engine::general_purpose::STANDARD.encode(tx);
    rpc_request(method, &format!(r#"{{"tx":"{tx}"}}"#))
}
