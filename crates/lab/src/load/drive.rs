//! A chain of a [`Scale`](super::Scale) that is driven block by block, each five seconds after the one before, all validators signing.

use entente_chain::{BlockResult, Chain, FinalizeBlock, InitChain, ValidatorUpdate, Vote, VoteFlag};
use entente_kernel::crypto::sha256_truncated;
use entente_kernel::{ConsAddress, Error, Span};

use super::clock::{Clock, Spent};

/// Seconds between blocks.
const BLOCK_SECS: i64 = 5;

pub struct Drive {
    pub chain: Chain,
    pub votes: Vec<Vote>,
}

impl Drive {
    /// # Errors
    /// The genesis is refused.
    pub fn start(init: &InitChain) -> Result<Self, Error> {
        let (chain, result) = Chain::init_chain(init)?;
        let vote = |v: &ValidatorUpdate| Vote {
            address: ConsAddress::from_array(sha256_truncated(&v.pub_key)),
            power: v.power,
            flag: VoteFlag::Commit,
        };
        Ok(Self { chain, votes: result.validators.iter().map(vote).collect() })
    }

    /// The next block with these transactions, `secs` after the one before.
    pub fn next(&self, txs: Vec<Vec<u8>>, secs: i64) -> Option<FinalizeBlock> {
        let last = self.chain.snapshot(None)?;
        let proposer = self.votes.first().map(|v| v.address)?;
        Some(FinalizeBlock {
            height: last.height + 1,
            time: last.time.plus(Span::from_secs(secs)),
            proposer,
            votes: self.votes.clone(),
            evidence: Vec::new(),
            txs,
        })
    }

    /// Executes and commits a block; the clock runs from the bytes to the new app hash.
    ///
    /// # Errors
    /// A fault.
    pub fn block(&mut self, txs: Vec<Vec<u8>>) -> Result<(BlockResult, Spent), Error> {
        self.block_after(txs, BLOCK_SECS)
    }

    /// As [`Self::block`], so many seconds after the one before.
    ///
    /// # Errors
    /// A fault.
    pub fn block_after(&mut self, txs: Vec<Vec<u8>>, secs: i64) -> Result<(BlockResult, Spent), Error> {
        let block = self.next(txs, secs).ok_or_else(|| Error::fault("a chain without a state or validators"))?;
        let clock = Clock::start();
        let result = self.chain.finalize_block(&block)?;
        self.chain.commit()?;
        Ok((result, clock.stop()))
    }
}
