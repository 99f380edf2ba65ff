//! A running node: the engine, its pace, and every door that listens.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::addresses::listen;
use crate::api::reflection::{About, Reflecting};
use crate::api::{BODY_BYTES_MAX, QueryService, grpc, rest};
use crate::engine::pace::{self, Pace};
use crate::engine::{Engine, Halt};
use crate::faucet::Faucet;
use crate::limits::{self, serve};
use crate::prices::Prices;
use crate::publisher::Publisher;
use crate::rpc::{self, Rpc};
use crate::service::{Services, served};
use crate::{admin, faucet};

/// Where a node listens; absent: that door stays closed.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    pub rpc: Option<SocketAddr>,
    pub rest: Option<SocketAddr>,
    pub grpc: Option<SocketAddr>,
    pub faucet: Option<SocketAddr>,
}

/// The doors, taken but not served yet.
pub struct Doors {
    rpc: Option<TcpListener>,
    rest: Option<TcpListener>,
    grpc: Option<TcpListener>,
    faucet: Option<TcpListener>,
}

impl Doors {
    /// Takes all addresses, before anything else is done.
    ///
    /// # Errors
    /// Names the one that cannot be had.
    pub async fn take(addresses: &Addresses) -> Result<Self> {
        let take = async |what: &str, flag: &str, address: Option<SocketAddr>| match address {
            Some(address) => listen(what, flag, address).await.map(Some),
            None => Ok(None),
        };
        Ok(Self {
            rpc: take("RPC", "--rpc", addresses.rpc).await?,
            rest: take("REST", "--rest", addresses.rest).await?,
            grpc: take("gRPC", "--grpc", addresses.grpc).await?,
            faucet: take("faucet", "--faucet", addresses.faucet).await?,
        })
    }
}

/// What a node is called and asks for.
#[derive(Debug, Clone)]
pub struct Settings {
    pub moniker: String,
    pub minimum_gas_prices: String,
    /// Heights whose state stays open to queries.
    pub recent_heights: usize,
    pub pace: Pace,
    /// The socket of the admin door, for development chains.
    pub admin: Option<std::path::PathBuf>,
}

/// Serves until the process is asked to stop, or the engine halts.
///
/// # Errors
/// Why the engine halted, or which door failed.
pub async fn run(engine: Engine, doors: Doors, settings: Settings) -> Result<()> {
    limits::raise_file_limit();
    engine.ask_prices(Prices::parse(&settings.minimum_gas_prices)?);
    engine.keep_recent(settings.recent_heights);
    let services = Services::new(engine.clone(), settings.moniker.clone(), settings.minimum_gas_prices.clone());
    let served = served();
    let bech32_prefix = engine.snapshot(None).map(|s| s.bech32().prefix().to_owned()).unwrap_or_default();
    let about = About {
        chain_id: engine.doc().chain_id.clone(),
        bech32_prefix,
        messages: entente_chain::route::URLS.iter().map(|url| (*url).to_owned()).collect(),
        served: served.iter().map(|name| (*name).to_owned()).collect(),
    };
    let mut tasks: JoinSet<Result<()>> = JoinSet::new();
    if let Some(path) = &settings.admin {
        tasks.spawn(admin::serve(engine.clone(), admin::listen(path).await?));
        tasks.spawn(Publisher::new(engine.clone())?.run());
    }
    if let Some(listener) = doors.rpc {
        let address = listener.local_addr().map(|a| a.to_string()).unwrap_or_default();
        let rpc = Rpc::new(engine.clone(), Arc::new(services.clone()), address, settings.moniker.clone());
        tasks.spawn(serve(listener, rpc::router(Arc::new(rpc)), rpc::BODY_BYTES_MAX));
    }
    let query: Arc<dyn QueryService> = Arc::new(Reflecting::new(Arc::new(services.clone()), about));
    if let Some(listener) = doors.rest {
        let router = rest::router(query.clone(), &served).merge(grpc::router(query.clone(), &served)?);
        tasks.spawn(serve(listener, router.layer(rest::open_to_all_origins()), BODY_BYTES_MAX));
    }
    if let Some(listener) = doors.grpc {
        let router = grpc::server(query, &served)?.layer(rest::open_to_all_origins());
        tasks.spawn(serve(listener, router, BODY_BYTES_MAX));
    }
    if let Some(listener) = doors.faucet {
        tasks.spawn(serve(listener, faucet::router(Faucet::new(engine.clone())?), faucet::BODY_BYTES_MAX));
    }
    tokio::select! {
        Halt(why) = pace::run(engine, settings.pace) => Err(anyhow::anyhow!("the chain has stopped: {why}")),
        ended = tasks.join_next() => match ended {
            Some(Ok(Err(error))) => Err(error),
            Some(Err(error)) => Err(error.into()),
            _ => Err(anyhow::anyhow!("a door closed by itself")),
        },
        () = asked_to_stop() => Ok(()),
    }
}

/// Resolves on an interrupt or a request to terminate.
pub(crate) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
