//! Transactions that wait for a block, first come, first served.

use std::collections::{HashSet, VecDeque};

use entente_kernel::crypto::sha256;

/// Largest transaction in bytes.
pub const TX_BYTES_MAX: usize = 1_048_576;
/// Most transactions that wait.
pub const TXS_MAX: usize = 5_000;
/// Most bytes that wait.
pub const TOTAL_BYTES_MAX: usize = 67_108_864;
/// Hashes of recent transactions that are remembered, so that a repeated one is refused at once.
const REMEMBERED_MAX: usize = 10_000;

/// Why a transaction is not even checked; the texts are CometBFT's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MempoolError {
    #[error("Tx too large. Max size is {TX_BYTES_MAX}, but got {0}")]
    TooLarge(usize),
    #[error("mempool is full: number of txs {txs} (max: {TXS_MAX}), total txs bytes {bytes} (max: {TOTAL_BYTES_MAX})")]
    Full { txs: usize, bytes: usize },
    #[error("tx already exists in cache")]
    Known,
}

#[derive(Debug, Clone)]
pub struct Waiting {
    pub bytes: Vec<u8>,
    pub hash: [u8; 32],
    pub gas_wanted: i64,
}

#[derive(Debug, Default)]
pub struct Mempool {
    waiting: VecDeque<Waiting>,
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

    pub fn first(&self, count: usize) -> impl Iterator<Item = &Waiting> {
        self.waiting.iter().take(count)
    }

    /// Whether there is room for a transaction that was not seen lately.
    ///
    /// # Errors
    /// Says why not.
    pub fn admit(&self, tx: &[u8]) -> Result<(), MempoolError> {
        if tx.len() > TX_BYTES_MAX {
            return Err(MempoolError::TooLarge(tx.len()));
        }
        if self.waiting.len() >= TXS_MAX || self.bytes.saturating_add(tx.len()) > TOTAL_BYTES_MAX {
            return Err(MempoolError::Full { txs: self.waiting.len(), bytes: self.bytes });
        }
        if self.known.contains(&sha256(tx)) {
            return Err(MempoolError::Known);
        }
        Ok(())
    }

    /// Puts a checked transaction at the end.
    pub fn push(&mut self, bytes: Vec<u8>, gas_wanted: i64) {
        let hash = sha256(&bytes);
        self.remember(hash);
        self.bytes += bytes.len();
        self.waiting.push_back(Waiting { bytes, hash, gas_wanted });
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

    /// The first transactions that fit in a block. Gas is not limited if `gas_max` is negative.
    pub fn reap(&self, bytes_max: usize, gas_max: i64) -> Vec<Vec<u8>> {
        let (mut bytes, mut gas) = (0usize, 0i64);
        let fits = |tx: &&Waiting| {
            // A transaction is framed by its tag and length.
            bytes = bytes.saturating_add(tx.bytes.len() + 6);
            gas = gas.saturating_add(tx.gas_wanted);
            bytes <= bytes_max && (gas_max < 0 || gas <= gas_max)
        };
        self.waiting.iter().take_while(fits).map(|tx| tx.bytes.clone()).collect()
    }

    /// Keeps the transactions that are not in the block and that `still_good` accepts, in order. Those of the block stay known,
    /// those that became bad may come again.
    pub fn after_block(&mut self, block: &[Vec<u8>], mut still_good: impl FnMut(&[u8]) -> bool) {
        let included: HashSet<[u8; 32]> = block.iter().map(|tx| sha256(tx)).collect();
        for hash in &included {
            self.remember(*hash);
        }
        for tx in std::mem::take(&mut self.waiting) {
            if included.contains(&tx.hash) {
                continue;
            }
            if still_good(&tx.bytes) {
                self.waiting.push_back(tx);
            } else {
                self.forget(&tx.hash);
            }
        }
        self.bytes = self.waiting.iter().map(|tx| tx.bytes.len()).sum();
    }

    fn forget(&mut self, hash: &[u8; 32]) {
        self.known.remove(hash);
        self.remembered.retain(|h| h != hash);
    }

    /// Forgets everything: time went back.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_keep_their_order_and_a_block_takes_what_fits() {
        let mut pool = Mempool::default();
        for i in 0..4u8 {
            pool.push(vec![i; 10], 5);
        }
        assert_eq!(pool.reap(33, -1), [vec![0; 10], vec![1; 10]]);
        assert_eq!(pool.reap(1_000, 15).len(), 3);
        pool.after_block(&[vec![1; 10]], |tx| tx[0] != 2);
        assert_eq!(pool.first(9).map(|tx| tx.bytes[0]).collect::<Vec<_>>(), [0, 3]);
        assert_eq!(pool.bytes(), 20);
        assert_eq!(pool.admit(&[1; 10]), Err(MempoolError::Known));
        assert_eq!(pool.admit(&[2; 10]), Ok(()));
        assert_eq!(pool.admit(&vec![0; TX_BYTES_MAX + 1]), Err(MempoolError::TooLarge(TX_BYTES_MAX + 1)));
    }
}
