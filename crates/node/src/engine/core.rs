//! Making one block after the other: propose, execute, sign, remember.

use bytes::Bytes;
use entente_chain::{BlockResult, Chain, Commit, Executed, Executor, FinalizeBlock, TxResult, Vote, VoteFlag};
use entente_kernel::event::Attribute;
use entente_kernel::{ConsAddress, Event, StoreId, Timestamp};
use entente_proto::tendermint::abci::{self, ExecTxResult, ResponseFinalizeBlock};
use entente_proto::tendermint::types::{self as wire, BlockIdFlag, DuplicateVoteEvidence};
use parking_lot::Mutex;
use prost::Message as _;

use super::archive::{Archive, standing_entries};
use super::block::{self, no_commit, sign_commit, vote_time};
use super::faults;
use super::mempool::Mempool;
use super::state::Standing;
use super::validators::public_key;
use super::{Halt, index};
use crate::disk;
use crate::metrics::COUNTERS;
use crate::steps::passed;

/// Bytes of a block that transactions cannot have: header, framing, and per validator its part of the commit.
const BLOCK_OVERHEAD: usize = 2_048;
const SIGNATURE_OVERHEAD: usize = 128;
/// What "no limit" means for the size of a block.
const BLOCK_BYTES_MAX: usize = 104_857_600;

/// Everything that changes with a block.
pub(super) struct Core {
    pub chain: Chain,
    pub standing: Standing,
    /// The newest commit, as signed right after its block.
    pub seen: wire::Commit,
    pub mempool: Mempool,
}

/// The root of every store.
type Roots = Vec<(StoreId, [u8; 32])>;

/// A block that was made, with what came of it.
#[derive(Debug, Clone)]
pub struct Made {
    pub block: wire::Block,
    pub block_id: wire::BlockId,
    pub results: ResponseFinalizeBlock,
}

impl Made {
    pub fn height(&self) -> i64 {
        self.block.header.as_ref().map(|h| h.height).unwrap_or_default()
    }

    pub fn txs(&self) -> &[Vec<u8>] {
        self.block.data.as_ref().map(|data| data.txs.as_slice()).unwrap_or_default()
    }
}

/// Makes the next block of what waits in the mempool and of proofs of misbehaviour. When it returns, the block is durable. The core is locked only while
/// transactions are chosen and while the state is replaced: others are checked for the mempool meanwhile. Nobody else may make blocks
/// or go back.
pub(super) fn make_block(
    core: &Mutex<Core>,
    archive: &Archive,
    seeds: &[[u8; 32]],
    now: Timestamp,
    proofs: &[DuplicateVoteEvidence],
) -> Result<Made, Halt> {
    let (standing, executor) = core.lock().ground()?;
    let time = if standing.is_before_first_block() { standing.time } else { vote_time(now, standing.time) };
    let last_commit = if standing.is_before_first_block() {
        no_commit()
    } else {
        let (id, set) = (&standing.block_id, &standing.last_validators);
        sign_commit(&standing.chain_id, standing.height, id, set, seeds, time)
    };
    passed("the last commit is signed");
    let gas_max = standing.params.block.unwrap_or_default().max_gas;
    let txs = core.lock().mempool.reap(data_bytes_max(&standing), gas_max);
    passed("transactions are chosen");
    let proposer = proposer(&standing, seeds);
    let evidence_hash = faults::evidence_hash(proofs);
    let header = standing.next_header(time, &txs, &last_commit, proposer, evidence_hash);
    let request = FinalizeBlock {
        height: header.height,
        time,
        proposer: ConsAddress::from_array(proposer),
        votes: votes(&standing, &last_commit),
        evidence: faults::to_chain(proofs),
        txs: txs.clone(),
    };
    let block = wire::Block {
        header: Some(header.clone()),
        data: Some(wire::Data { txs }),
        evidence: Some(faults::to_list(proofs)),
        last_commit: Some(last_commit),
    };
    let block_bytes = Bytes::from(block.encode_to_vec());
    let block_id = block::encoded_block_id(&block, &block_bytes);
    passed("the header is made");
    let begin = std::time::Instant::now();
    let (result, done) = executor.finalize(&request).map_err(Halt::fault)?;
    let executed = begin.elapsed();
    passed("the block is executed");
    let (commit, roots) = core.lock().replace_state(done, &request.txs)?;
    passed("the state is replaced in memory");
    let results = to_wire_results(result);
    let (next, applied) = standing.after(&header, block_id.clone(), &results);
    if let Err(why) = applied {
        tracing::warn!("height {}: the validator set stays as it is: {why}", header.height);
    }
    passed("where consensus stands is known");
    // The height's own time is the least that a vote on it can carry.
    let seen_time = vote_time(now, next.time);
    let seen = sign_commit(&next.chain_id, next.height, &block_id, &next.last_validators, seeds, seen_time);
    passed("the newest commit is signed");
    let mut tables = index::entries(&block_id.hash, next.height, &block, &results);
    tables.extend(standing_entries(Some(&standing), &next, &seen));
    passed("index entries are made");
    archive.disk().commit(disk::Block {
        height: commit.height,
        app_hash: commit.app_hash,
        roots,
        changes: commit.changes,
        block: block_bytes,
        results: results.encode_to_vec().into(),
        tables,
    })?;
    passed("the block is remembered");
    count_executed(executed, &results);
    COUNTERS.committed(begin.elapsed().saturating_sub(executed));
    let mut core = core.lock();
    (core.standing, core.seen) = (next, seen);
    passed("the standing is replaced");
    Ok(Made { block, block_id, results })
}

impl Core {
    /// What the next block stands on.
    fn ground(&self) -> Result<(Standing, Executor), Halt> {
        Ok((self.standing.clone(), self.chain.executor().map_err(Halt::fault)?))
    }

    /// Makes an executed block the state on which transactions are checked, those that wait first. The block is not durable yet: no
    /// question is answered from it.
    fn replace_state(&mut self, done: Executed, txs: &[Vec<u8>]) -> Result<(Commit, Roots), Halt> {
        self.chain.accept(done);
        let commit = self.chain.commit().map_err(Halt::fault)?;
        let chain = &mut self.chain;
        self.mempool.after_block(txs, |tx| chain.check_tx(tx, true).is_ok_and(|r| r.code == 0));
        passed("the mempool is cleaned");
        let roots = self.chain.snapshot(None).map(|s| s.forest.store_roots()).unwrap_or_default();
        Ok((commit, roots))
    }
}

/// The validator whose turn it is, if we hold its key; else the first whose key we hold.
fn proposer(standing: &Standing, seeds: &[[u8; 32]]) -> [u8; 20] {
    let ours: Vec<[u8; 20]> = seeds
        .iter()
        .map(|seed| entente_kernel::crypto::ed25519::address(&entente_kernel::crypto::ed25519::public_key(seed)))
        .collect();
    let set = &standing.validators;
    let turn = set.proposer().map(|v| v.address).unwrap_or_default();
    let first_of_ours = || set.validators().iter().map(|v| v.address).find(|a| ours.contains(a));
    if ours.contains(&turn) { turn } else { first_of_ours().unwrap_or(turn) }
}

fn data_bytes_max(standing: &Standing) -> usize {
    let max = standing.params.block.unwrap_or_default().max_bytes;
    let max = usize::try_from(max).unwrap_or(BLOCK_BYTES_MAX);
    let signatures = standing.last_validators.validators().len().saturating_mul(SIGNATURE_OVERHEAD);
    max.saturating_sub(BLOCK_OVERHEAD).saturating_sub(signatures)
}

/// Counts a block that was executed.
pub(super) fn count_executed(took: std::time::Duration, results: &ResponseFinalizeBlock) {
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let failed = results.tx_results.iter().filter(|r| r.code != 0).count();
    let gas = results.tx_results.iter().map(|r| r.gas_used).sum();
    COUNTERS.executed(took, number(results.tx_results.len()), number(failed), gas);
}

/// How the validators of the last block took part in its commit.
fn votes(standing: &Standing, commit: &wire::Commit) -> Vec<Vote> {
    let flag = |sig: &wire::CommitSig| match sig.block_id_flag() {
        BlockIdFlag::Commit => VoteFlag::Commit,
        BlockIdFlag::Nil => VoteFlag::Nil,
        BlockIdFlag::Absent | BlockIdFlag::Unknown => VoteFlag::Absent,
    };
    let validators = standing.last_validators.validators().iter();
    validators
        .zip(&commit.signatures)
        .map(|(v, sig)| Vote { address: ConsAddress::from_array(v.address), power: v.power, flag: flag(sig) })
        .collect()
}

pub fn to_wire_events(events: Vec<Event>) -> Vec<abci::Event> {
    let attribute = |(key, value): Attribute| abci::EventAttribute { key: key.into(), value, index: true };
    let event = |Event { kind, attributes }| abci::Event {
        r#type: kind.into(),
        attributes: attributes.into_iter().map(attribute).collect(),
    };
    events.into_iter().map(event).collect()
}

pub fn to_wire_tx_result(r: TxResult) -> ExecTxResult {
    ExecTxResult {
        code: r.code,
        data: r.data,
        log: r.log,
        info: String::new(),
        gas_wanted: r.gas_wanted,
        gas_used: r.gas_used,
        events: to_wire_events(r.events),
        codespace: r.codespace,
    }
}

pub(super) fn to_wire_results(result: BlockResult) -> ResponseFinalizeBlock {
    let update = |u: entente_chain::ValidatorUpdate| abci::ValidatorUpdate {
        pub_key: Some(public_key(u.pub_key)),
        power: u.power,
    };
    ResponseFinalizeBlock {
        events: to_wire_events(result.events),
        tx_results: result.txs.into_iter().map(to_wire_tx_result).collect(),
        validator_updates: result.validator_updates.into_iter().map(update).collect(),
        consensus_param_updates: result.consensus_params,
        app_hash: result.app_hash.to_vec(),
    }
}
