//! Transactions that wait for a block: the best price first, but never before what the same signers sent earlier.
//!
//! # Order
//! A block takes the transaction with the highest gas price whose signers have nothing earlier waiting; among equal prices the one
//! that came first. CheckTx runs in order of arrival, so arrival is the order of every signer's sequences.
//!
//! # Bounds
//! Number and bytes of all, and number per sender, are limited. A pool that is full makes room for a better price by giving up the worst
//! one, with whatever its signers sent after it. Who waits for too many blocks is forgotten.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};

use entente_chain::Offer;
use entente_kernel::AccAddress;
use entente_kernel::crypto::sha256;

/// Largest transaction in bytes.
pub const TX_BYTES_MAX: usize = 1_048_576;
/// Most transactions that wait.
pub const TXS_MAX: usize = 5_000;
/// Most bytes that wait.
pub const TOTAL_BYTES_MAX: usize = 67_108_864;
/// Most transactions of one sender that wait.
pub const SENDER_TXS_MAX: usize = 1_000;
/// Blocks that a transaction waits at most.
pub const WAIT_BLOCKS_MAX: u64 = 1_000;
/// A replacement must offer so many percent of the price of what it replaces.
const REPLACE_PERCENT: u128 = 110;
/// Hashes of recent transactions that are remembered, so that a repeated one is refused at once.
const REMEMBERED_MAX: usize = 10_000;

/// Why a transaction is not even checked; the texts are CometBFT's where it has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MempoolError {
    #[error("Tx too large. Max size is {TX_BYTES_MAX}, but got {0}")]
    TooLarge(usize),
    #[error("mempool is full: number of txs {txs} (max: {TXS_MAX}), total txs bytes {bytes} (max: {TOTAL_BYTES_MAX})")]
    Full { txs: usize, bytes: usize },
    #[error("mempool is full: the sender has {SENDER_TXS_MAX} txs waiting")]
    SenderFull,
    #[error("tx already exists in cache")]
    Known,
}

#[derive(Debug, Clone)]
pub struct Waiting {
    pub bytes: Vec<u8>,
    pub hash: [u8; 32],
    pub gas_wanted: i64,
    pub offer: Offer,
    /// Blocks made before it came.
    since: u64,
}

/// The number of an arrival.
type Id = u64;

#[derive(Debug, Default)]
pub struct Mempool {
    waiting: BTreeMap<Id, Waiting>,
    by_price: BTreeSet<(u64, Reverse<Id>)>,
    by_signer: HashMap<AccAddress, BTreeSet<Id>>,
    next: Id,
    blocks: u64,
    bytes: usize,
    known: HashSet<[u8; 32]>,
    remembered: VecDeque<[u8; 32]>,
}

impl Mempool {
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// In order of arrival.
    pub fn first(&self, count: usize) -> impl Iterator<Item = &Waiting> {
        self.waiting.values().take(count)
    }

    /// Whether a transaction may be checked: it was not seen lately, and there is room, or it can make room by its price.
    ///
    /// # Errors
    /// Says why not.
    pub fn admit(&self, tx: &[u8], offer: &Offer) -> Result<(), MempoolError> {
        if tx.len() > TX_BYTES_MAX {
            return Err(MempoolError::TooLarge(tx.len()));
        }
        if self.known.contains(&sha256(tx)) {
            return Err(MempoolError::Known);
        }
        if self.is_full_for(tx.len()) && self.worst_price().is_none_or(|worst| worst >= offer.price) {
            return Err(MempoolError::Full { txs: self.waiting.len(), bytes: self.bytes });
        }
        let sent = offer.signers.first().and_then(|sender| self.by_signer.get(sender)).map_or(0, BTreeSet::len);
        if sent >= SENDER_TXS_MAX && self.replaced_by(offer).is_none() {
            return Err(MempoolError::SenderFull);
        }
        Ok(())
    }

    fn is_full_for(&self, bytes: usize) -> bool {
        self.waiting.len() >= TXS_MAX || self.bytes.saturating_add(bytes) > TOTAL_BYTES_MAX
    }

    fn worst_price(&self) -> Option<u64> {
        self.by_price.first().map(|(price, _)| *price)
    }

    /// What a transaction would replace: one of the same sender with the same sequence and a clearly lower price. With it come the
    /// sender's earlier ones, in order, on which the newcomer has to be checked.
    pub fn replaced_by(&self, offer: &Offer) -> Option<(Id, Vec<&[u8]>)> {
        let ids = self.by_signer.get(offer.signers.first()?)?;
        let mut before = Vec::new();
        for id in ids {
            let waiting = self.waiting.get(id)?;
            if waiting.offer.signers == offer.signers && waiting.offer.sequence == offer.sequence {
                let enough = u128::from(offer.price) * 100 >= u128::from(waiting.offer.price) * REPLACE_PERCENT;
                return (enough && offer.price > waiting.offer.price).then_some((*id, before));
            }
            before.push(waiting.bytes.as_slice());
        }
        None
    }

    /// Puts a checked transaction in the place of another.
    pub fn replace(&mut self, id: Id, bytes: Vec<u8>, gas_wanted: i64, offer: Offer) {
        if let Some(old) = self.remove(id) {
            self.forget(&old.hash);
        }
        self.put(id, bytes, gas_wanted, offer);
    }

    /// Lets a checked transaction wait, and gives up worse ones if there is no room.
    pub fn push(&mut self, bytes: Vec<u8>, gas_wanted: i64, offer: Offer) {
        while self.is_full_for(bytes.len()) {
            let Some(&(_, Reverse(worst))) = self.by_price.first() else { break };
            self.give_up(worst);
        }
        let id = self.next;
        self.next += 1;
        self.put(id, bytes, gas_wanted, offer);
    }

    fn put(&mut self, id: Id, bytes: Vec<u8>, gas_wanted: i64, offer: Offer) {
        let hash = sha256(&bytes);
        self.remember(hash);
        self.bytes += bytes.len();
        self.by_price.insert((offer.price, Reverse(id)));
        for signer in &offer.signers {
            self.by_signer.entry(*signer).or_default().insert(id);
        }
        self.waiting.insert(id, Waiting { bytes, hash, gas_wanted, offer, since: self.blocks });
    }

    fn remove(&mut self, id: Id) -> Option<Waiting> {
        let gone = self.waiting.remove(&id)?;
        self.bytes -= gone.bytes.len();
        self.by_price.remove(&(gone.offer.price, Reverse(id)));
        for signer in &gone.offer.signers {
            if let Some(ids) = self.by_signer.get_mut(signer) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.by_signer.remove(signer);
                }
            }
        }
        Some(gone)
    }

    /// Removes a transaction and all that its signers sent later; they may come again.
    fn give_up(&mut self, id: Id) {
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            let Some(gone) = self.remove(id) else { continue };
            self.forget(&gone.hash);
            for signer in &gone.offer.signers {
                todo.extend(self.by_signer.get(signer).into_iter().flat_map(|ids| ids.range(id..)));
            }
        }
    }

    fn remember(&mut self, hash: [u8; 32]) {
        if self.known.insert(hash) {
            self.remembered.push_back(hash);
        }
        if self.remembered.len() > REMEMBERED_MAX
            && let Some(oldest) = self.remembered.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    fn forget(&mut self, hash: &[u8; 32]) {
        self.known.remove(hash);
        self.remembered.retain(|h| h != hash);
    }

    /// The best transactions that fit in a block, in the order in which they should run. Gas is not limited if `gas_max` is negative.
    pub fn reap(&self, bytes_max: usize, gas_max: i64) -> Vec<Vec<u8>> {
        let mut queues: HashMap<&AccAddress, VecDeque<Id>> =
            self.by_signer.iter().map(|(signer, ids)| (signer, ids.iter().copied().collect())).collect();
        let is_next = |queues: &HashMap<&AccAddress, VecDeque<Id>>, id: Id| {
            let signers = self.waiting.get(&id).map(|tx| tx.offer.signers.as_slice()).unwrap_or_default();
            signers.iter().all(|signer| queues.get(signer).and_then(|ids| ids.front()) == Some(&id))
        };
        let rank = |id: Id| self.waiting.get(&id).map(|tx| (tx.offer.price, Reverse(id)));
        let mut ready: BinaryHeap<(u64, Reverse<Id>)> =
            self.waiting.keys().filter(|id| is_next(&queues, **id)).filter_map(|id| rank(*id)).collect();
        let (mut bytes, mut gas, mut taken) = (0usize, 0i64, Vec::new());
        while let Some((_, Reverse(id))) = ready.pop() {
            let Some(tx) = self.waiting.get(&id) else { continue };
            // A transaction is framed by its tag and length.
            bytes = bytes.saturating_add(tx.bytes.len() + 6);
            gas = gas.saturating_add(tx.gas_wanted);
            if bytes > bytes_max || gas_max >= 0 && gas > gas_max {
                break;
            }
            taken.push(tx.bytes.clone());
            for signer in &tx.offer.signers {
                if let Some(ids) = queues.get_mut(signer) {
                    ids.pop_front();
                }
            }
            // One that waited for several of these signers becomes ready once.
            let mut followers: Vec<Id> =
                tx.offer.signers.iter().filter_map(|signer| queues.get(signer)?.front().copied()).collect();
            followers.sort_unstable();
            followers.dedup();
            ready.extend(followers.into_iter().filter(|id| is_next(&queues, *id)).filter_map(rank));
        }
        taken
    }

    /// Keeps the transactions that are not in the block, have not waited too long, and that `still_good` accepts, in order of
    /// arrival. Those of the block stay known, the others that go may come again.
    pub fn after_block(&mut self, block: &[Vec<u8>], mut still_good: impl FnMut(&[u8]) -> bool) {
        self.blocks += 1;
        let included: HashSet<[u8; 32]> = block.iter().map(|tx| sha256(tx)).collect();
        for hash in &included {
            self.remember(*hash);
        }
        let ids: Vec<Id> = self.waiting.keys().copied().collect();
        for id in ids {
            let Some(tx) = self.waiting.get(&id) else { continue };
            if included.contains(&tx.hash) {
                self.remove(id);
                continue;
            }
            let stays = self.blocks.saturating_sub(tx.since) <= WAIT_BLOCKS_MAX && still_good(&tx.bytes);
            if !stays && let Some(gone) = self.remove(id) {
                self.forget(&gone.hash);
            }
        }
    }

    /// Forgets everything: time went back.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
#[path = "mempool_tests.rs"]
mod tests;
