//! Addresses to listen on and to connect to, as people write them.

use std::net::SocketAddr;

use anyhow::{Result, anyhow};
use tokio::net::TcpListener;

/// Reads `127.0.0.1:26657`, `tcp://0.0.0.0:26657`, `localhost:26657` or a port alone, which means this machine only.
///
/// # Errors
/// Says what an address looks like.
pub fn parse(text: &str) -> Result<SocketAddr> {
    let plain = text.trim().trim_start_matches("tcp://").trim_start_matches("http://").trim_end_matches('/');
    let full = match plain.parse::<u16>() {
        Ok(port) => format!("127.0.0.1:{port}"),
        Err(_) => plain.replace("localhost:", "127.0.0.1:"),
    };
    full.parse().map_err(|_| anyhow!("{text:?} is not an address to listen on, such as 127.0.0.1:26657"))
}

/// Listens, or says how to get out of the way of whoever does already.
///
/// # Errors
/// The port is in use or may not be used.
pub async fn listen(what: &str, flag: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|e| {
        let hint = format!("choose another address with {flag}");
        match e.kind() {
            std::io::ErrorKind::AddrInUse => {
                anyhow!("{what}: the address {address} is in use by another program; stop it or {hint}")
            }
            std::io::ErrorKind::PermissionDenied => {
                anyhow!("{what}: the address {address} may not be used by you; {hint}")
            }
            _ => anyhow!("{what}: cannot listen on {address}: {e}; {hint}"),
        }
    })
}
