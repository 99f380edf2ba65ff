//! The comet engine: CometBFT decides the blocks, this chain executes them, over ABCI 2.0.
//!
//! [`App`] answers the requests; [`server`] carries them. What solo does in one step (propose, execute, sign, remember) is here spread
//! over the doors that CometBFT knocks at: `PrepareProposal` and `ProcessProposal` look at the committed state only, `FinalizeBlock`
//! executes, `Commit` makes durable. An [`Engine`] exists from the moment the chain has a state: after `InitChain`, a restart, or a
//! state-sync; REST and gRPC are served from it.
//!
//! # What is kept where
//! CometBFT keeps blocks, votes and its own state. We keep the state, the results of blocks and the index; blocks are asked from the
//! [`companion`]'s RPC when a client wants one.
//!
//! # Killed at any moment
//! Nothing is durable before `Commit`, and `Commit` is one atomic write. At the next start `Info` names the last height, and CometBFT
//! plays the blocks that are missing.

pub mod companion;
mod consensus;
pub mod files;
mod frame;
pub mod key;
mod parse;
pub mod server;
pub mod snapshot;
pub mod statesync;
pub mod supervise;
pub mod undo;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use entente_proto::tendermint::abci::{self, request, response};
use parking_lot::Mutex;
use tokio::sync::watch;

use self::companion::Companion;
use self::consensus::{Looked, Pending};
use self::snapshot::{Restore, Store};
use super::{Engine, Halt};
use crate::disk::{Disk, Loaded};
use crate::genesis::GenesisDoc;

/// What a node is asked to do besides the rules of the chain.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Blocks that CometBFT must keep; 0: all.
    pub min_retain_blocks: u64,
    /// A snapshot is taken at every multiple of this height; 0: never.
    pub snapshot_interval: u64,
    /// Older snapshots are removed.
    pub snapshots_kept: usize,
    /// Where the name of an upgrade is left that this program does not know, for `cosmovisor`.
    pub upgrade_info: Option<PathBuf>,
    /// The node stops after this height; 0: never.
    pub halt_height: i64,
    /// Heights at which an upgrade that is due is forgotten.
    pub skip_upgrades: BTreeSet<i64>,
}

/// The application behind the ABCI server; clones share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    disk: Disk,
    /// The genesis document without its state.
    doc: GenesisDoc,
    own_key: [u8; 32],
    companion: Companion,
    settings: Settings,
    engine: watch::Sender<Option<Engine>>,
    pending: Mutex<Option<Pending>>,
    snapshots: Store,
    /// Whether a snapshot is being written.
    taking: AtomicBool,
    /// A state-sync that is going on.
    restore: Mutex<Option<Box<Restore>>>,
    /// A state that was restored and that CometBFT has not asked for yet.
    restored: Mutex<Option<Loaded>>,
    halted: watch::Sender<Option<Halt>>,
}

impl App {
    /// Goes on where `loaded` ended, or waits for CometBFT to begin the chain of `doc`. `own_key` is the public key of the node's validator.
    ///
    /// # Errors
    /// The disk belongs to another chain or is damaged.
    pub fn open(
        disk: Disk,
        loaded: Option<Loaded>,
        mut doc: GenesisDoc,
        own_key: [u8; 32],
        companion: Companion,
        snapshots: Store,
        settings: Settings,
    ) -> Result<Self, Halt> {
        disk.claim(&doc.chain_id)?;
        doc.app_state = serde_json::Value::Null;
        let app = Self(Arc::new(Inner {
            disk,
            doc,
            own_key,
            companion,
            settings,
            engine: watch::Sender::new(None),
            pending: Mutex::default(),
            snapshots,
            taking: AtomicBool::new(false),
            restore: Mutex::default(),
            restored: Mutex::default(),
            halted: watch::Sender::new(None),
        }));
        match loaded {
            // CometBFT may not know of it; then it offers a snapshot again.
            Some(loaded) if app.0.disk.is_fresh_restore()? => *app.0.restored.lock() = Some(loaded),
            Some(loaded) => drop(app.go_on(loaded)?),
            None => {}
        }
        Ok(app)
    }

    /// The chain, once it has begun.
    pub fn engine(&self) -> Option<Engine> {
        self.0.engine.borrow().clone()
    }

    /// Waits until the chain has begun.
    pub async fn begun(&self) -> Engine {
        let mut engine = self.0.engine.subscribe();
        loop {
            if let Some(engine) = engine.borrow_and_update().clone() {
                return engine;
            }
            if engine.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Resolves when the application cannot go on, with the reason.
    pub async fn halted(&self) -> Halt {
        let mut halted = self.0.halted.subscribe();
        loop {
            if let Some(halt) = halted.borrow_and_update().clone() {
                return halt;
            }
            if halted.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    fn must_engine(&self) -> Result<Engine, Halt> {
        self.engine()
            .ok_or_else(|| Halt("the chain has not begun: no InitChain and no snapshot came before".to_owned()))
    }

    /// Answers one request. A fault, and even a panic, stops the node and reaches CometBFT as an exception, on which it stops too: no
    /// block is ever executed by half.
    pub fn answer(&self, value: request::Value) -> response::Value {
        self.answer_looked(value, None)
    }

    /// The same, with what was found out about a transaction ahead of its turn.
    fn answer_looked(&self, value: request::Value, looked: Looked) -> response::Value {
        let done = self.0.halted.borrow().clone().map_or(Ok(()), Err);
        let answered = done.and_then(|()| {
            std::panic::catch_unwind(AssertUnwindSafe(|| self.dispatch(value, looked)))
                .unwrap_or_else(|_| Err(Halt("a part of the program panicked; the log says where".to_owned())))
        });
        answered.unwrap_or_else(|halt| {
            let text = halt.to_string();
            self.halt(halt);
            exception(&text)
        })
    }

    fn halt(&self, halt: Halt) {
        tracing::error!("the chain has stopped: {halt}");
        if let Some(engine) = self.engine() {
            engine.halt(halt.clone());
        }
        self.0.halted.send_if_modified(|old| {
            let first = old.is_none();
            if first {
                *old = Some(halt);
            }
            first
        });
    }

    fn dispatch(&self, value: request::Value, looked: Looked) -> Result<response::Value, Halt> {
        use request::Value as Ask;
        use response::Value as Say;
        Ok(match value {
            Ask::Echo(r) => Say::Echo(abci::ResponseEcho { message: r.message }),
            Ask::Flush(_) => Say::Flush(abci::ResponseFlush {}),
            Ask::Info(_) => Say::Info(self.info()?),
            Ask::InitChain(r) => Say::InitChain(self.init_chain(r)?),
            Ask::Query(r) => Say::Query(self.query(&r)),
            Ask::CheckTx(r) => Say::CheckTx(self.check_tx(&r, looked)?),
            Ask::PrepareProposal(r) => Say::PrepareProposal(self.prepare_proposal(&r)?),
            Ask::ProcessProposal(r) => Say::ProcessProposal(self.process_proposal(&r)?),
            Ask::FinalizeBlock(r) => Say::FinalizeBlock(self.finalize_block(r)?),
            Ask::Commit(_) => Say::Commit(self.commit()?),
            // The consensus parameters of this chain keep vote extensions off.
            Ask::ExtendVote(_) => Say::ExtendVote(abci::ResponseExtendVote { vote_extension: Vec::new() }),
            Ask::VerifyVoteExtension(r) => {
                use abci::response_verify_vote_extension::VerifyStatus;
                let status = if r.vote_extension.is_empty() { VerifyStatus::Accept } else { VerifyStatus::Reject };
                Say::VerifyVoteExtension(abci::ResponseVerifyVoteExtension { status: status.into() })
            }
            Ask::ListSnapshots(_) => Say::ListSnapshots(self.list_snapshots()),
            Ask::OfferSnapshot(r) => Say::OfferSnapshot(self.offer_snapshot(&r)?),
            Ask::LoadSnapshotChunk(r) => Say::LoadSnapshotChunk(self.load_chunk(&r)),
            Ask::ApplySnapshotChunk(r) => Say::ApplySnapshotChunk(self.apply_chunk(&r)?),
        })
    }
}

/// The answer that ends a conversation.
fn exception(error: &str) -> response::Value {
    response::Value::Exception(abci::ResponseException { error: error.to_owned() })
}
