//! Signatures are checked ahead: on other threads before a transaction's turn comes, and never twice.
//!
//! What passed the mempool's checks is not decoded again either ([`Known`]): a decoded transaction is a function of its bytes.
//!
//! A [`Verdict`] is a function of the transaction and of what its signer's account says, so it makes no difference who found it,
//! when, or whether it is there at all: one that does not fit the account when the turn comes is found again.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use entente_kernel::crypto::{PubKey, sha256};
use entente_kernel::{AccAddress, Ctx, Mode, Result, View};

use super::sign::Refused;
use super::{Tx, decode};
use crate::ante;
use crate::chain::Snapshot;

/// Whether the signatures of one signer are good, if the account has this number, sequence and key.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub signer: AccAddress,
    pub number: u64,
    pub sequence: u64,
    pub key: PubKey,
    pub outcome: Result<(), Refused>,
}

/// Transactions that are remembered from the mempool's checks to the block.
const KNOWN_MAX: usize = 20_000;
/// Their bytes.
const KNOWN_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Transactions that passed the mempool's checks, decoded, with the verdicts on their signatures; by their hashes. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<Mutex<Remembered>>);

#[derive(Debug, Default)]
struct Remembered {
    txs: BTreeMap<[u8; 32], Tx>,
    bytes: usize,
    /// Oldest first; some may be gone.
    order: VecDeque<[u8; 32]>,
}

impl Remembered {
    fn take(&mut self, hash: &[u8; 32]) -> Option<Tx> {
        let tx = self.txs.remove(hash)?;
        self.bytes = self.bytes.saturating_sub(tx.len);
        Some(tx)
    }
}

impl Known {
    pub fn remember(&self, bytes: &[u8], tx: Tx) {
        if tx.verdicts.is_empty() {
            return;
        }
        let hash = sha256(bytes);
        let mut known = held(&self.0);
        let length = tx.len;
        if known.txs.insert(hash, tx).is_some() {
            return;
        }
        known.bytes = known.bytes.saturating_add(length);
        known.order.push_back(hash);
        while known.order.len() > KNOWN_MAX || known.bytes > KNOWN_BYTES_MAX {
            let Some(oldest) = known.order.pop_front() else { return };
            known.take(&oldest);
        }
    }

    fn of(&self, bytes: &[u8], use_of: UseOf) -> Option<Tx> {
        let mut known = held(&self.0);
        if known.txs.is_empty() {
            return None;
        }
        let hash = sha256(bytes);
        match use_of {
            UseOf::Last => known.take(&hash),
            UseOf::More => known.txs.get(&hash).cloned(),
        }
    }

    /// The transaction as it was checked before, or decoded.
    pub(crate) fn or_decoded(&self, bytes: &[u8]) -> Result<Tx> {
        self.of(bytes, UseOf::More).map_or_else(|| decode(bytes), Ok)
    }
}

/// Whether what is known of a transaction will be asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseOf {
    More,
    Last,
}

/// Decodes a transaction and judges its signatures, unless both are known.
pub fn look(view: &View, known: &Known, bytes: &[u8], use_of: UseOf) -> Result<Tx> {
    if let Some(tx) = known.of(bytes, use_of) {
        return Ok(tx);
    }
    let mut tx = decode(bytes)?;
    tx.verdicts = ante::foresee(view, &tx);
    Ok(tx)
}

/// Transactions that one thread takes at a time.
const PORTION: usize = 4;

/// Gives every transaction of a block to `run`, decoded and in order. While `run` is at work, other threads look at the next ones, as
/// the state before the block shows their signers.
///
/// # Errors
/// Whatever `run` returns first.
pub fn in_turn<E>(
    before: &Snapshot,
    (known, use_of): (&Known, UseOf),
    txs: &[Vec<u8>],
    mut run: impl FnMut(&[u8], Result<Tx>) -> Result<(), E>,
) -> Result<(), E> {
    let places = txs.iter().map(|_| Mutex::new(Place::Open)).collect();
    let queue = Queue { before, known, use_of, txs, next: AtomicUsize::new(0), places };
    // The thread that carries out is one of them.
    let others = rayon::current_num_threads().saturating_sub(1).min(txs.len().div_ceil(PORTION));
    rayon::in_place_scope(|scope| {
        for _ in 0..others {
            scope.spawn(|_| {
                let view = queue.view();
                while queue.look_at_next(&view) {}
            });
        }
        let view = queue.view();
        let mut all = txs.iter().zip(&queue.places);
        let outcome = all.try_for_each(|(bytes, place)| run(bytes, queue.wait_for(bytes, place, &view)));
        // After an error nobody waits for the rest.
        queue.next.store(txs.len(), Ordering::Relaxed);
        outcome
    })
}

struct Queue<'a> {
    before: &'a Snapshot,
    known: &'a Known,
    use_of: UseOf,
    txs: &'a [Vec<u8>],
    /// The first that no thread has taken.
    next: AtomicUsize,
    places: Vec<Mutex<Place>>,
}

/// How far a transaction is.
enum Place {
    /// Nobody has looked at it, or somebody is about to.
    Open,
    Ready(Box<Result<Tx>>),
    /// Whoever looked at it failed: the thread that carries out finds out why.
    Failed,
}

impl Queue<'_> {
    /// The state before the block, as signers of the next block see it.
    fn view(&self) -> Ctx {
        self.before.ctx(Mode::Check)
    }

    /// Looks at the next portion; false if there is none.
    fn look_at_next(&self, view: &View) -> bool {
        let from = self.next.fetch_add(PORTION, Ordering::Relaxed);
        for (bytes, place) in self.txs.iter().zip(&self.places).skip(from).take(PORTION) {
            let found = catch_unwind(AssertUnwindSafe(|| self.look(view, bytes)));
            *held(place) = found.map_or(Place::Failed, |tx| Place::Ready(Box::new(tx)));
        }
        from < self.txs.len()
    }

    fn look(&self, view: &View, bytes: &[u8]) -> Result<Tx> {
        look(view, self.known, bytes, self.use_of)
    }

    /// A transaction of the block. This thread helps until it is ready.
    fn wait_for(&self, bytes: &[u8], place: &Mutex<Place>, view: &View) -> Result<Tx> {
        loop {
            // Let go of the place before helping: it may be among those that are taken.
            let found = std::mem::replace(&mut *held(place), Place::Open);
            match found {
                Place::Ready(tx) => return *tx,
                Place::Failed => return self.look(view, bytes),
                Place::Open if self.look_at_next(view) => {}
                Place::Open => std::thread::yield_now(),
            }
        }
    }
}

fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
