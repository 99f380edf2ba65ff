//! The solo engine: consensus of one process, which makes CometBFT's blocks so that clients see an ordinary CometBFT 0.38 chain.
//!
//! [`Engine`] is a handle; clones share the chain. Blocks are made by [`pace`] or by [`Engine::make_block`]. Questions are
//! answered from snapshots and from the [`archive::Archive`] and never wait for a block.
//!
//! # Time
//! A block's time is that of the votes on the block before it. The votes are signed again when the next block is made, so that
//! block times are the times at which blocks are made, also when nothing happened for long.

pub mod archive;
pub mod block;
pub mod comet;
mod core;
pub mod faults;
pub mod filter;
pub mod index;
#[cfg(test)]
mod killed;
pub mod mempool;
pub mod pace;
mod past;
pub mod state;
#[cfg(test)]
mod tests;
pub mod validators;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use entente_chain::{Begun, Chain, InitChain, InitResult, Snapshot, Tx, TxResult, stores};
use entente_kernel::crypto::sha256;
use entente_kernel::{Error, Span, Timestamp};
use entente_proto::tendermint::types::{self as wire, DuplicateVoteEvidence};
use parking_lot::{Mutex, MutexGuard, RwLock};
use tokio::sync::{Notify, broadcast, watch};

use self::archive::{Archive, genesis_entry, standing_entries};
use self::core::Core;
pub use self::core::{Made, to_wire_events, to_wire_tx_result};
use self::mempool::MempoolError;
use self::state::Standing;
use crate::disk::{self, Disk, DiskError, Loaded};
use crate::genesis::{self, GenesisDoc, params_json};
use crate::prices::Prices;
use crate::steps::passed;

/// Blocks that a slow listener may be behind before it loses some.
const NEWS_BEHIND_MAX: usize = 1_024;
/// How far the clock was moved ahead, in nanoseconds, as text.
const CLOCK_META: &str = "clock_ahead_nanos";

/// Why the engine cannot go on.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Halt(pub String);

impl Halt {
    fn fault(error: Error) -> Self {
        Self(error.to_string())
    }
}

impl From<DiskError> for Halt {
    fn from(error: DiskError) -> Self {
        Self(error.to_string())
    }
}

/// Why a transaction did not enter the mempool.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error(transparent)]
    Mempool(#[from] MempoolError),
    #[error("the chain has stopped: {0}")]
    Halted(#[from] Halt),
    #[error(transparent)]
    Companion(#[from] comet::companion::CompanionError),
}

/// What may be seen between two blocks.
#[derive(Clone)]
pub struct Shown {
    pub standing: Arc<Standing>,
    /// The newest commit.
    pub seen: Arc<wire::Commit>,
}

/// A handle on the running chain.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    doc: GenesisDoc,
    archive: Archive,
    seeds: Vec<[u8; 32]>,
    own_key: [u8; 32],
    prices: RwLock<Prices>,
    core: Mutex<Core>,
    /// Held by whoever makes a block or goes back.
    making: Mutex<()>,
    shown: RwLock<Shown>,
    recent: RwLock<VecDeque<Snapshot>>,
    /// The newest state with the next block begun, once somebody asked for an estimate.
    begun: Mutex<Option<(Arc<Standing>, Arc<Begun>)>>,
    keep: AtomicUsize,
    marks: Mutex<past::Marks>,
    clock_ahead: Mutex<Span>,
    down: Mutex<faults::Down>,
    arrived: Notify,
    news: broadcast::Sender<Arc<Made>>,
    halted: watch::Sender<Option<Halt>>,
}

impl Engine {
    /// Starts the chain of `doc`, or goes on where `loaded` ended. `seeds` are the ed25519 seeds of the validators that sign here;
    /// the first is the node's own.
    ///
    /// # Errors
    /// A sentence: the genesis is refused, or the disk belongs to another chain or is damaged.
    pub fn open(disk: Disk, loaded: Option<Loaded>, mut doc: GenesisDoc, seeds: Vec<[u8; 32]>) -> Result<Self, Halt> {
        disk.claim(&doc.chain_id)?;
        let archive = Archive::new(disk, doc.initial_height);
        let core = match loaded {
            None => begin(&archive, &mut doc)?,
            Some(loaded) => {
                same_genesis(&archive, &doc)?;
                resume(&archive, loaded)?
            }
        };
        genesis::known::remember(archive.disk(), &mut doc)?;
        let own_key = seeds.first().map(entente_kernel::crypto::ed25519::public_key).unwrap_or_default();
        Self::assemble(archive, core, doc, seeds, own_key)
    }

    /// A handle on a chain that has begun.
    fn assemble(
        archive: Archive,
        core: Core,
        doc: GenesisDoc,
        seeds: Vec<[u8; 32]>,
        own_key: [u8; 32],
    ) -> Result<Self, Halt> {
        let ahead = archive.disk().meta(CLOCK_META)?.and_then(|b| std::str::from_utf8(&b).ok()?.parse().ok());
        let shown = Shown { standing: Arc::new(core.standing.clone()), seen: Arc::new(core.seen.clone()) };
        let recent = core.chain.snapshot(None).cloned().into_iter().collect();
        let down = faults::known_down(archive.disk())?;
        Ok(Self(Arc::new(Inner {
            doc,
            archive,
            seeds,
            own_key,
            prices: RwLock::default(),
            core: Mutex::new(core),
            making: Mutex::default(),
            shown: RwLock::new(shown),
            recent: RwLock::new(recent),
            begun: Mutex::default(),
            keep: AtomicUsize::new(entente_chain::RECENT_HEIGHTS),
            marks: Mutex::default(),
            clock_ahead: Mutex::new(Span(ahead.unwrap_or_default())),
            down: Mutex::new(down),
            arrived: Notify::new(),
            news: broadcast::Sender::new(NEWS_BEHIND_MAX),
            halted: watch::Sender::new(None),
        })))
    }

    pub fn doc(&self) -> &GenesisDoc {
        &self.0.doc
    }

    pub fn archive(&self) -> &Archive {
        &self.0.archive
    }

    /// The public key of the node's own validator.
    pub fn own_key(&self) -> [u8; 32] {
        self.0.own_key
    }

    pub fn shown(&self) -> Shown {
        self.0.shown.read().clone()
    }

    /// The last height.
    pub fn height(&self) -> i64 {
        self.0.shown.read().standing.height
    }

    /// The state after the last block, or after an earlier one if it is still in memory.
    pub fn snapshot(&self, height: Option<i64>) -> Option<Snapshot> {
        let recent = self.0.recent.read();
        match height.filter(|h| *h != 0) {
            None => recent.back().cloned(),
            Some(h) => recent.iter().rev().find(|s| s.height == h).cloned(),
        }
    }

    /// The newest state with the next block begun, for estimates: made for the first of them after a block.
    ///
    /// # Errors
    /// A fault.
    pub fn begun(&self) -> entente_kernel::Result<Arc<Begun>> {
        let standing = self.shown().standing;
        let mut kept = self.0.begun.lock();
        match &*kept {
            Some((of, begun)) if Arc::ptr_eq(of, &standing) => Ok(begun.clone()),
            _ => {
                let state = self.snapshot(None).ok_or_else(|| Error::fault("a chain without a state"))?;
                let begun = Arc::new(state.begun()?);
                *kept = Some((standing, begun.clone()));
                Ok(begun)
            }
        }
    }

    /// How many of the last heights can be asked for; at least one.
    pub fn keep_recent(&self, heights: usize) {
        self.0.keep.store(heights.max(1), Ordering::Relaxed);
    }

    /// How many of the last heights can be asked for.
    pub fn kept(&self) -> usize {
        self.0.keep.load(Ordering::Relaxed)
    }

    /// The first height whose state is in memory.
    pub fn oldest_snapshot(&self) -> i64 {
        self.0.recent.read().front().map(|s| s.height).unwrap_or_default()
    }

    /// Blocks as they are made, from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Made>> {
        self.0.news.subscribe()
    }

    /// Resolves when the engine cannot go on, with the reason.
    pub async fn halted(&self) -> Halt {
        let mut halted = self.0.halted.subscribe();
        loop {
            if let Some(halt) = halted.borrow_and_update().clone() {
                return halt;
            }
            if halted.changed().await.is_err() {
                return Halt("the engine is gone".to_owned());
            }
        }
    }

    fn is_running(&self) -> Result<(), Halt> {
        self.0.halted.borrow().clone().map_or(Ok(()), Err)
    }

    fn halt(&self, halt: Halt) -> Halt {
        self.0.halted.send_replace(Some(halt.clone()));
        halt
    }

    /// Checks a transaction and lets it wait for a block if it is good. The check is CometBFT's CheckTx; a code other than 0
    /// means that it was turned away.
    ///
    /// # Errors
    /// There is no room, or it was seen before, or the chain has stopped.
    pub fn submit(&self, tx: Vec<u8>) -> Result<TxResult, SubmitError> {
        self.is_running()?;
        if let Some(companion) = self.0.archive.companion() {
            return Ok(companion.submit(&tx)??);
        }
        let prices = self.0.prices.read().clone();
        let looked = self.look(&tx)?;
        let mut core = self.0.core.lock();
        let offer = core.chain.offer(&looked, &prices.coins()).map_err(|e| self.halt(Halt::fault(e)))?;
        core.mempool.admit(&tx, &offer)?;
        if let Some(refused) = prices.refusal(&tx) {
            return Ok(refused);
        }
        if let Some((id, before)) = core.mempool.replaced_by(&offer) {
            let result = core.chain.check_replacement(&before, &tx).map_err(|e| self.halt(Halt::fault(e)))?;
            if result.code == 0 {
                core.mempool.replace(id, tx, result.gas_wanted, offer);
            }
            return Ok(result);
        }
        let result = core.chain.check_looked(&tx, looked).map_err(|e| self.halt(Halt::fault(e)))?;
        if result.code == 0 {
            core.mempool.push(tx, result.gas_wanted, offer);
            drop(core);
            self.0.arrived.notify_one();
        }
        Ok(result)
    }

    /// What can be found out about a transaction before its turn to be checked, on whatever thread.
    fn look(&self, tx: &[u8]) -> Result<entente_kernel::Result<Tx>, Halt> {
        let state = self.snapshot(None).ok_or_else(|| Halt("a chain without a state".to_owned()))?;
        Ok(state.look(tx))
    }

    /// From now on, transactions must pay these prices to enter the mempool.
    pub fn ask_prices(&self, prices: Prices) {
        *self.0.prices.write() = prices;
    }

    /// Forgets the upgrades that are due at these heights; see [`Chain::skip_upgrades`].
    pub fn skip_upgrades(&self, heights: BTreeSet<i64>) {
        self.0.core.lock().chain.skip_upgrades(heights);
    }

    /// CheckTx without consequences: the same transaction can be submitted afterwards.
    ///
    /// # Errors
    /// The chain has stopped.
    pub fn check(&self, tx: &[u8]) -> Result<TxResult, SubmitError> {
        self.is_running()?;
        if let Some(refused) = self.0.prices.read().refusal(tx) {
            return Ok(refused);
        }
        Ok(self.0.core.lock().chain.check_only(tx).map_err(|e| self.halt(Halt::fault(e)))?)
    }

    /// The transactions that wait: the first `limit`, the number of all, and their bytes.
    pub fn waiting(&self, limit: usize) -> (Vec<Vec<u8>>, usize, usize) {
        let core = self.0.core.lock();
        let txs = core.mempool.first(limit).map(|tx| tx.bytes.clone()).collect();
        (txs, core.mempool.len(), core.mempool.bytes())
    }

    /// The time of the engine's clock.
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let real = Timestamp { secs: i64::try_from(since.as_secs()).unwrap_or_default(), nanos: since.subsec_nanos() };
        real.plus(*self.0.clock_ahead.lock())
    }

    /// Makes a block now.
    ///
    /// # Errors
    /// The engine has stopped, or stops now.
    pub fn make_block(&self) -> Result<Arc<Made>, Halt> {
        self.make_block_at(self.now())
    }

    /// Makes a block whose votes carry the time `now`, or a later one if the last block is later.
    ///
    /// # Errors
    /// As [`Self::make_block`].
    pub fn make_block_at(&self, now: Timestamp) -> Result<Arc<Made>, Halt> {
        self.is_running()?;
        self.make_in(self.0.making.lock(), now, &[])
    }

    fn make_in(
        &self,
        making: MutexGuard<'_, ()>,
        now: Timestamp,
        proofs: &[DuplicateVoteEvidence],
    ) -> Result<Arc<Made>, Halt> {
        let made = core::make_block(&self.0.core, &self.0.archive, &self.signing(), now, proofs);
        let made = Arc::new(made.map_err(|halt| self.halt(halt))?);
        self.show(&self.0.core.lock());
        drop(making);
        passed("the block is shown");
        // Nobody listening is fine.
        let _ = self.0.news.send(made.clone());
        passed("the block is told");
        Ok(made)
    }

    fn show(&self, core: &Core) {
        if let Some(snapshot) = core.chain.snapshot(None).cloned() {
            let mut recent = self.0.recent.write();
            recent.push_back(snapshot);
            while recent.len() > self.kept() {
                recent.pop_front();
            }
        }
        *self.0.shown.write() = Shown { standing: Arc::new(core.standing.clone()), seen: Arc::new(core.seen.clone()) };
    }

    /// Where a transaction is, if it is in a block: height and place.
    ///
    /// # Errors
    /// The disk failed.
    pub fn find_tx(&self, tx: &[u8]) -> Result<Option<(i64, u32)>, DiskError> {
        self.0.archive.place_of_tx(&sha256(tx))
    }
}

/// Executes the genesis and remembers it.
fn begin(archive: &Archive, doc: &mut GenesisDoc) -> Result<Core, Halt> {
    let (chain, result) = genesis_chain(doc)?;
    let standing = Standing::at_genesis(doc, &result.validators, result.app_hash)
        .map_err(|e| Halt(format!("the genesis is refused: validators: {e}")))?;
    let seen = block::no_commit();
    let mut tables = standing_entries(None, &standing, &seen);
    tables.push(genesis_entry(&doc.fingerprint()));
    passed("the genesis is executed");
    archive.disk().commit(disk::Block {
        height: standing.height,
        app_hash: result.app_hash,
        roots: chain.snapshot(None).map(|s| s.forest.store_roots()).unwrap_or_default(),
        changes: result.changes,
        tables,
        ..disk::Block::default()
    })?;
    passed("the genesis is remembered");
    Ok(Core { chain, standing, seen, mempool: mempool::Mempool::default() })
}

fn genesis_chain(doc: &mut GenesisDoc) -> Result<(Chain, InitResult), Halt> {
    let init = InitChain {
        chain_id: doc.chain_id.clone(),
        time: doc.time,
        initial_height: doc.initial_height,
        consensus_params: params_json(&doc.consensus_params),
        // A state may be large: it is lent, not copied.
        app_state: std::mem::take(&mut doc.app_state),
    };
    let result = Chain::init_chain(&init).map_err(|e| Halt(format!("the genesis is refused: {e}")));
    doc.app_state = init.app_state;
    result
}

/// A genesis file that was changed afterwards would be shown to people, and would start another chain elsewhere.
fn same_genesis(archive: &Archive, doc: &GenesisDoc) -> Result<(), Halt> {
    if doc.is_frame() {
        return Ok(());
    }
    let (recorded, found) = (archive.genesis_fingerprint()?, doc.fingerprint());
    match recorded {
        Some(recorded) if recorded != found[..] && archive.disk().chain_id().as_deref() == Some(&doc.chain_id) => {
            Err(Halt(format!(
                "the genesis file is not the one that {} began with: its fingerprint is {}, recorded is {}; restore it from a backup",
                doc.chain_id,
                hex::encode(found),
                hex::encode(recorded)
            )))
        }
        _ => Ok(()),
    }
}

fn resume(archive: &Archive, loaded: Loaded) -> Result<Core, Halt> {
    let missing =
        || Halt("the home folder holds a state but not where consensus stood; restore it from a backup".to_owned());
    let (standing, seen) = archive.standing()?.ok_or_else(missing)?;
    if standing.height != loaded.height || standing.app_hash != loaded.app_hash {
        return Err(missing());
    }
    let chain = Chain::load(loaded.forest).map_err(Halt::fault)?;
    Ok(Core { chain, standing, seen, mempool: mempool::Mempool::default() })
}

/// The stores of a disk for this chain.
pub fn stores() -> &'static [entente_kernel::StoreId] {
    stores::ALL
}
