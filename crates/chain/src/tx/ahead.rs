//! Signatures are checked ahead: on other threads before a transaction's turn comes, and never twice.
//!
//! A [`Verdict`] is a function of the transaction and of what its signer's account says, so it makes no difference who found it,
//! when, or whether it is there at all: one that does not fit the account when the turn comes is found again.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Transactions whose verdicts are remembered from the mempool's checks to the block.
const KNOWN_MAX: usize = 20_000;

/// Verdicts of the mempool's checks, by the hash of the transaction.
#[derive(Debug, Default)]
pub struct Known {
    verdicts: BTreeMap<[u8; 32], Vec<Verdict>>,
    /// Oldest first.
    order: VecDeque<[u8; 32]>,
}

impl Known {
    pub fn remember(&mut self, bytes: &[u8], verdicts: Vec<Verdict>) {
        let hash = sha256(bytes);
        if verdicts.is_empty() || self.verdicts.insert(hash, verdicts).is_some() {
            return;
        }
        self.order.push_back(hash);
        if self.order.len() > KNOWN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.verdicts.remove(&oldest);
        }
    }

    fn of(&self, bytes: &[u8]) -> Vec<Verdict> {
        if self.verdicts.is_empty() {
            Vec::new()
        } else {
            self.verdicts.get(&sha256(bytes)).cloned().unwrap_or_default()
        }
    }
}

/// Transactions that one thread takes at a time.
const PORTION: usize = 4;

/// Gives every transaction of a block to `run`, decoded and in order. While `run` is at work, other threads look at the next ones, as
/// the state before the block shows their signers.
///
/// # Errors
/// Whatever `run` returns first.
pub fn in_turn(
    before: &Snapshot,
    known: &Known,
    txs: &[Vec<u8>],
    mut run: impl FnMut(Result<Tx>) -> Result<()>,
) -> Result<()> {
    let places = txs.iter().map(|_| Mutex::new(Place::Open)).collect();
    let queue = Queue { before, known, txs, next: AtomicUsize::new(0), places };
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
        let outcome = all.try_for_each(|(bytes, place)| run(queue.wait_for(bytes, place, &view)));
        // After an error nobody waits for the rest.
        queue.next.store(txs.len(), Ordering::Relaxed);
        outcome
    })
}

struct Queue<'a> {
    before: &'a Snapshot,
    known: &'a Known,
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
        let mut tx = decode(bytes)?;
        tx.verdicts = self.known.of(bytes);
        if tx.verdicts.is_empty() {
            tx.verdicts = ante::foresee(view, &tx);
        }
        Ok(tx)
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

fn held(place: &Mutex<Place>) -> MutexGuard<'_, Place> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
