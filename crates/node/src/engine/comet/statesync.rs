//! The doors of state-sync: what this node has to give, and how it takes a state from others.

use std::sync::atomic::Ordering;
use std::time::Duration;

use entente_chain::Chain;
use entente_proto::tendermint::abci;
use entente_proto::tendermint::types as wire;

use super::App;
use super::snapshot::{self, ChunkError, Offer, Restore};
use crate::disk::{self, Loaded};
use crate::engine::archive::standing_entries;
use crate::engine::block::no_commit;
use crate::engine::state::Standing;
use crate::engine::validators::ValidatorSet;
use crate::engine::{Engine, Halt, stores};

/// Time in which a node that joins asks for the chunks of what it was offered.
const FETCHED_WITHIN: Duration = Duration::from_secs(600);

impl App {
    pub(super) fn list_snapshots(&self) -> abci::ResponseListSnapshots {
        let listed = self.0.snapshots.list().unwrap_or_else(|why| {
            tracing::warn!("the snapshots cannot be listed: {why:#}");
            Vec::new()
        });
        abci::ResponseListSnapshots { snapshots: listed.iter().map(snapshot::Meta::to_wire).collect() }
    }

    /// An empty chunk means that there is none.
    pub(super) fn load_chunk(&self, r: &abci::RequestLoadSnapshotChunk) -> abci::ResponseLoadSnapshotChunk {
        let height = i64::try_from(r.height).unwrap_or(-1);
        let chunk = self.0.snapshots.chunk(height, r.format, r.chunk).unwrap_or_else(|why| {
            tracing::warn!("chunk {} of the snapshot of height {height} cannot be read: {why:#}", r.chunk);
            None
        });
        abci::ResponseLoadSnapshotChunk { chunk: chunk.unwrap_or_default() }
    }

    pub(super) fn offer_snapshot(&self, r: &abci::RequestOfferSnapshot) -> Result<abci::ResponseOfferSnapshot, Halt> {
        use abci::response_offer_snapshot::Result as Verdict;
        let verdict = match (&r.snapshot, self.makes_room()?) {
            (_, false) => Verdict::Abort,
            (None, true) => Verdict::Reject,
            (Some(snapshot), true) => match Restore::offer(snapshot, &r.app_hash, stores()) {
                Offer::Accept(restore) => {
                    tracing::info!("a snapshot of height {} with {} chunks is taken", restore.height, snapshot.chunks);
                    *self.0.restore.lock() = Some(restore);
                    Verdict::Accept
                }
                Offer::Format => Verdict::RejectFormat,
                Offer::Reject(why) => {
                    tracing::warn!("the snapshot of height {} is rejected: {why}", snapshot.height);
                    Verdict::Reject
                }
            },
        };
        Ok(abci::ResponseOfferSnapshot { result: verdict.into() })
    }

    /// Whether a state can be restored here. One that was restored before CometBFT knew of it is forgotten: both start clean.
    fn makes_room(&self) -> Result<bool, Halt> {
        if self.0.disk.newest_height().is_none() {
            return Ok(true);
        }
        if self.engine().is_some() || !self.0.disk.is_fresh_restore()? {
            tracing::error!(
                "a snapshot is offered, but this home has a state already; to begin anew: entente comet unsafe-reset-all"
            );
            return Ok(false);
        }
        *self.0.restored.lock() = None;
        self.0.disk.forget_restore()?;
        Ok(true)
    }

    pub(super) fn apply_chunk(
        &self,
        r: &abci::RequestApplySnapshotChunk,
    ) -> Result<abci::ResponseApplySnapshotChunk, Halt> {
        use abci::response_apply_snapshot_chunk::Result as Verdict;
        let plain = |verdict: Verdict| abci::ResponseApplySnapshotChunk {
            result: verdict.into(),
            ..abci::ResponseApplySnapshotChunk::default()
        };
        let mut slot = self.0.restore.lock();
        let Some(restore) = slot.as_mut() else { return Ok(plain(Verdict::Abort)) };
        let height = restore.height;
        Ok(match restore.chunk(r.index, &r.chunk) {
            Ok(None) => plain(Verdict::Accept),
            Ok(Some(forest)) => {
                *slot = None;
                drop(slot);
                match self.restored(height, forest) {
                    Ok(()) => plain(Verdict::Accept),
                    Err(why) => {
                        tracing::warn!("the snapshot of height {height} is rejected: {why}");
                        plain(Verdict::RejectSnapshot)
                    }
                }
            }
            Err(why) => {
                tracing::warn!("the snapshot of height {height}, from {}: {why}", r.sender);
                match why {
                    ChunkError::Order { .. } => plain(Verdict::Retry),
                    ChunkError::Hash(number) => abci::ResponseApplySnapshotChunk {
                        result: Verdict::Retry.into(),
                        refetch_chunks: vec![number],
                        reject_senders: vec![r.sender.clone()],
                    },
                    ChunkError::Content { .. } | ChunkError::AppHash { .. } => {
                        *slot = None;
                        plain(Verdict::RejectSnapshot)
                    }
                }
            }
        })
    }

    /// Makes a state that was restored the state of this home. It is shown when CometBFT has seen it too, at the next `Info`.
    ///
    /// # Errors
    /// The state is not one of this chain and height, or the disk fails.
    pub fn restored(&self, height: i64, forest: entente_kernel::tree::Forest) -> Result<(), Halt> {
        let loaded = install(&self.0.disk, &self.0.doc.chain_id, self.0.doc.initial_height, height, forest)?;
        *self.0.restored.lock() = Some(loaded);
        Ok(())
    }

    /// Shows a restored state: CometBFT goes on from it.
    pub(super) fn show_restored(&self) -> Result<Option<Engine>, Halt> {
        let restored = self.0.restored.lock().take();
        restored.map(|loaded| self.go_on(loaded)).transpose()
    }

    /// Takes a snapshot in the background if it is time for one and none is being taken.
    pub(super) fn maybe_take_snapshot(&self, engine: &Engine, height: i64) {
        let interval = self.0.settings.snapshot_interval;
        if interval == 0 || !height.unsigned_abs().is_multiple_of(interval) {
            return;
        }
        let Some(state) = engine.snapshot(Some(height)) else { return };
        if self.0.taking.swap(true, Ordering::AcqRel) {
            tracing::warn!("height {height}: no snapshot is taken, because the last one is still being written");
            return;
        }
        let app = self.clone();
        let work = move || {
            let store = &app.0.snapshots;
            let taken = snapshot::take(store, height, &state.forest)
                .and_then(|meta| store.keep_recent(app.0.settings.snapshots_kept, FETCHED_WITHIN).map(|()| meta));
            match taken {
                Ok(meta) => {
                    crate::metrics::add(&crate::metrics::COUNTERS.snapshots_taken, 1);
                    tracing::info!("a snapshot of height {height} is there, in {} chunks", meta.chunks);
                }
                Err(why) => tracing::warn!("the snapshot of height {height} was not taken: {why:#}"),
            }
            app.0.taking.store(false, Ordering::Release);
        };
        if let Err(why) = std::thread::Builder::new().name("snapshot".to_owned()).spawn(work) {
            tracing::warn!("no thread for a snapshot: {why}");
            self.0.taking.store(false, Ordering::Release);
        }
    }
}

/// Writes a restored state to a disk that has none.
///
/// The sets of validators of the last and of this height are not in the state; the one that it elects stands for them until two blocks
/// later. CometBFT has its own, from the light client.
///
/// # Errors
/// The state is not one of this chain and height, or the disk fails.
pub fn install(
    disk: &disk::Disk,
    chain_id: &str,
    initial_height: i64,
    height: i64,
    forest: entente_kernel::tree::Forest,
) -> Result<Loaded, Halt> {
    let app_hash = forest.root();
    let chain = Chain::load(forest.clone()).map_err(Halt::fault)?;
    let state = chain.snapshot(None).ok_or_else(|| Halt("a chain without a state".to_owned()))?;
    if state.height != height || state.chain_id() != chain_id {
        return Err(Halt(format!(
            "the snapshot holds height {} of {:?}, wanted is height {height} of {chain_id:?}",
            state.height,
            state.chain_id()
        )));
    }
    let validators = state.validators().map_err(Halt::fault)?;
    let set = ValidatorSet::new(validators.iter().map(|v| (v.pub_key, v.power)))
        .map_err(|e| Halt(format!("the validators of the snapshot: {e}")))?;
    let standing = Standing {
        chain_id: chain_id.to_owned(),
        initial_height,
        height,
        block_id: wire::BlockId::default(),
        time: state.time,
        last_validators: set.clone(),
        validators: set.clone(),
        next_validators: set,
        params: state.consensus_params().map_err(Halt::fault)?,
        last_results_hash: Vec::new(),
        app_hash: app_hash.to_vec(),
    };
    disk.restore(
        &forest,
        disk::Block {
            height,
            app_hash,
            roots: forest.store_roots(),
            tables: standing_entries(None, &standing, &no_commit()),
            ..disk::Block::default()
        },
    )?;
    Ok(Loaded { forest, height, app_hash, chain_id: chain_id.to_owned() })
}
