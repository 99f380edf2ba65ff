//! The ABCI server: a socket, and a thread for each of CometBFT's connections.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use entente_proto::tendermint::abci::{Request, Response, ResponseFlush, request, response};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::App;
use super::consensus::Looked;
use super::frame::{REQUEST_BYTES_MAX, is_whole, read_request, write_response};

/// CometBFT opens four connections; a second CometBFT that looks in shall not hang.
const CONNECTIONS_MAX: usize = 16;
const BUFFER_BYTES: usize = 256 * 1024;

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Tcp(String),
    Unix(PathBuf),
}

impl Address {
    /// Reads `tcp://127.0.0.1:26658`, `127.0.0.1:26658` or `unix:///run/entente.sock`.
    ///
    /// # Errors
    /// Says what an address looks like.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("unix://") {
            ensure!(!path.is_empty(), "--abci: a path is missing behind unix://");
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        let plain = text.strip_prefix("tcp://").unwrap_or(text);
        if plain.contains("://") || plain.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
            bail!("--abci: {text:?} is not an address such as tcp://127.0.0.1:26658 or unix:///run/entente.sock");
        }
        Ok(Self::Tcp(plain.to_owned()))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// Listens, and answers from threads of its own until the process ends. The answer is the address as CometBFT shall dial it.
///
/// # Errors
/// The address cannot be had.
pub fn serve(app: App, address: &Address) -> Result<Address> {
    let refused = || format!("ABCI: cannot listen on {address}; choose another address with --abci");
    let count = Arc::new(AtomicUsize::new(0));
    match address {
        Address::Tcp(text) => {
            let place = text.to_socket_addrs().with_context(refused)?.next().with_context(refused)?;
            let listener = TcpListener::bind(place).with_context(refused)?;
            let bound = Address::Tcp(listener.local_addr()?.to_string());
            spawn("abci", move || {
                for stream in listener.incoming() {
                    if let Some((app, stream, slot)) = admit(&app, stream, &count)
                        && let Err(why) = spawn("abci tcp", move || ended("tcp", &tcp(&app, &stream), slot))
                    {
                        tracing::warn!("ABCI: no thread for a connection: {why}");
                    }
                }
            })?;
            Ok(bound)
        }
        Address::Unix(path) => {
            // The socket of a process that is gone.
            if path.exists() && UnixStream::connect(path).is_err() {
                std::fs::remove_file(path).with_context(refused)?;
            }
            let listener = UnixListener::bind(path).with_context(refused)?;
            spawn("abci", move || {
                for stream in listener.incoming() {
                    if let Some((app, stream, slot)) = admit(&app, stream, &count)
                        && let Err(why) =
                            spawn("abci unix", move || ended("unix", &converse(&app, &stream, &stream), slot))
                    {
                        tracing::warn!("ABCI: no thread for a connection: {why}");
                    }
                }
            })?;
            Ok(address.clone())
        }
    }
}

/// A place among the connections, given back when it is dropped.
struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn admit<S>(app: &App, stream: io::Result<S>, count: &Arc<AtomicUsize>) -> Option<(App, S, Slot)> {
    match stream {
        Ok(_) if count.load(Ordering::Acquire) >= CONNECTIONS_MAX => {
            tracing::warn!("ABCI: more than {CONNECTIONS_MAX} connections; this one is closed");
            None
        }
        Ok(stream) => {
            count.fetch_add(1, Ordering::AcqRel);
            Some((app.clone(), stream, Slot(count.clone())))
        }
        Err(why) => {
            tracing::warn!("ABCI: a connection failed: {why}");
            None
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

fn ended(kind: &str, how: &io::Result<()>, _slot: Slot) {
    if let Err(why) = how {
        tracing::warn!("ABCI: a {kind} connection ended: {why}");
    }
}

fn tcp(app: &App, stream: &TcpStream) -> io::Result<()> {
    // Answers are small and waited for.
    stream.set_nodelay(true)?;
    converse(app, stream, stream)
}

/// Requests that are answered together if they have come together.
const TOGETHER_MAX: usize = 256;
/// New transactions among them from which on they are looked at on several threads.
const LOOK_TOGETHER_MIN: usize = 4;

/// Answers request after request, in order. What has come together is answered together: its new transactions are looked at ahead of
/// their turns, and the answers leave when all are there. CometBFT asks for answers after nearly every transaction; so it gets fewer, larger
/// pieces under load.
fn converse(app: &App, input: impl Read, output: impl Write) -> io::Result<()> {
    let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    while let Some(request) = read_request(&mut input, REQUEST_BYTES_MAX)? {
        let mut requests = vec![request];
        while requests.len() < TOGETHER_MAX && is_whole(input.buffer()) {
            requests.extend(read_request(&mut input, REQUEST_BYTES_MAX)?);
        }
        let looked = look(app, &requests);
        let mut wanted = false;
        for (request, looked) in requests.into_iter().zip(looked) {
            let value = match request.value {
                Some(request::Value::Flush(_)) => {
                    wanted = true;
                    response::Value::Flush(ResponseFlush {})
                }
                Some(value) => app.answer_looked(value, looked),
                None => super::exception("a request without content"),
            };
            // CometBFT may not ask for a refusal that ends the conversation.
            wanted |= matches!(value, response::Value::Exception(_));
            write_response(&mut output, &answered(value))?;
        }
        if wanted || input.buffer().is_empty() {
            output.flush()?;
        }
    }
    Ok(())
}

fn look(app: &App, requests: &[Request]) -> Vec<Looked> {
    let one = |request: &Request| match &request.value {
        Some(request::Value::CheckTx(r)) => app.look_ahead(r),
        _ => None,
    };
    let checks = requests.iter().filter(|r| matches!(r.value, Some(request::Value::CheckTx(_)))).count();
    // A panic is answered where the transaction's turn comes.
    let all = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        if checks < LOOK_TOGETHER_MIN {
            requests.iter().map(one).collect::<Vec<_>>()
        } else {
            requests.par_iter().map(one).collect()
        }
    }));
    all.unwrap_or_else(|_| requests.iter().map(|_| None).collect())
}

fn answered(value: response::Value) -> Response {
    Response { value: Some(value) }
}
