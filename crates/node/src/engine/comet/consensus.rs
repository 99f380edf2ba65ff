//! The doors of consensus: a chain begins, blocks are proposed, judged, executed and made durable.

use std::time::Instant;

use entente_chain::{Evidence, FinalizeBlock, Known, Snapshot, Tx, Vote, VoteFlag};
use entente_kernel::ConsAddress;
use entente_proto::tendermint::abci::{self, ResponseFinalizeBlock};
use entente_proto::tendermint::types::{self as wire, BlockIdFlag};
use prost::Message as _;

use super::key::own_vote_entry;
use super::{App, files, undo};
use crate::disk::{self, Loaded};
use crate::engine::archive::{Archive, standing_entries};
use crate::engine::block::{from_wire_time, no_commit};
use crate::engine::core::{Core, count_executed, to_wire_results, to_wire_tx_result};
use crate::engine::mempool::TX_BYTES_MAX;
use crate::engine::validators::{ed25519_key, public_key};
use crate::engine::{Engine, Halt, begin, genesis_chain, index, resume};
use crate::genesis::GenesisDoc;
use crate::metrics::{self, COUNTERS};
use crate::service::Services;

/// A block that was executed and waits for its commit.
pub(super) struct Pending {
    header: wire::Header,
    hash: Vec<u8>,
    txs: Vec<Vec<u8>>,
    results: ResponseFinalizeBlock,
    signed_by_us: bool,
}

/// What was found out about a new transaction ahead of its turn.
pub(super) type Looked = Option<entente_kernel::Result<Tx>>;

impl App {
    fn archive(&self) -> Archive {
        Archive::beside(self.0.disk.clone(), self.0.doc.initial_height, self.0.companion.clone())
    }

    /// The engine of a state that was on disk.
    pub(super) fn go_on(&self, loaded: Loaded) -> Result<Engine, Halt> {
        let archive = self.archive();
        let core = resume(&archive, loaded)?;
        self.start_engine(archive, core)
    }

    fn start_engine(&self, archive: Archive, core: Core) -> Result<Engine, Halt> {
        let engine = Engine::assemble(archive, core, self.0.doc.clone(), Vec::new(), self.0.own_key)?;
        engine.skip_upgrades(self.0.settings.skip_upgrades.clone());
        self.0.engine.send_replace(Some(engine.clone()));
        Ok(engine)
    }

    /// Before the first block, height 0 tells CometBFT to begin the chain.
    pub(super) fn info(&self) -> Result<abci::ResponseInfo, Halt> {
        self.show_restored()?;
        let standing = self.engine().map(|engine| engine.shown().standing);
        let after_first = standing.filter(|standing| !standing.is_before_first_block());
        Ok(abci::ResponseInfo {
            data: "entente".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            app_version: after_first.as_ref().and_then(|s| s.params.version).unwrap_or_default().app,
            last_block_height: after_first.as_ref().map(|s| s.height).unwrap_or_default(),
            last_block_app_hash: after_first.map(|s| s.app_hash.clone()).unwrap_or_default(),
        })
    }

    /// Executes the genesis. After a crash before the first block CometBFT asks again: the same genesis is the same state.
    pub(super) fn init_chain(&self, r: abci::RequestInitChain) -> Result<abci::ResponseInitChain, Halt> {
        let refused = |why: String| Halt(format!("the genesis is refused: {why}"));
        if r.chain_id != self.0.doc.chain_id {
            let (ours, theirs) = (&self.0.doc.chain_id, &r.chain_id);
            return Err(refused(format!("CometBFT begins {theirs:?}, but the genesis file here is of {ours:?}")));
        }
        let update = |v: &abci::ValidatorUpdate| Some((ed25519_key(v.pub_key.as_ref()?)?, v.power));
        let given = serde_json::from_slice(&r.app_state_bytes).map_err(|e| refused(format!("app_state: {e}")))?;
        let left_out = files::state_left_out(&given, self.0.doc.file.as_deref()).map_err(|e| refused(e.to_string()))?;
        let mut doc = GenesisDoc {
            chain_id: r.chain_id,
            time: from_wire_time(r.time.as_ref()),
            initial_height: r.initial_height.max(1),
            consensus_params: r.consensus_params.unwrap_or_default(),
            validators: r.validators.iter().filter_map(update).collect(),
            app_state: left_out.unwrap_or(given),
            file: None,
        };
        let engine = match self.engine() {
            None => {
                let archive = self.archive();
                let core = begin(&archive, &mut doc)?;
                self.start_engine(archive, core)?
            }
            Some(engine) => {
                let standing = engine.shown().standing;
                let (_, result) = genesis_chain(&mut doc)?;
                if !standing.is_before_first_block() || standing.app_hash != result.app_hash {
                    return Err(refused(format!(
                        "this home holds the state of height {} of another genesis; remove the folder data to begin anew",
                        standing.height
                    )));
                }
                engine
            }
        };
        let standing = engine.shown().standing;
        let validators = standing.validators.validators().iter();
        Ok(abci::ResponseInitChain {
            consensus_params: None,
            validators: validators
                .map(|v| abci::ValidatorUpdate { pub_key: Some(public_key(v.pub_key)), power: v.power })
                .collect(),
            app_hash: standing.app_hash.clone(),
        })
    }

    /// Answered from snapshots; never waits for a block.
    pub(super) fn query(&self, r: &abci::RequestQuery) -> abci::ResponseQuery {
        match self.engine() {
            Some(engine) => {
                Services::new(engine, String::new(), String::new()).abci_query_now(&r.path, &r.data, r.height, r.prove)
            }
            None => abci::ResponseQuery {
                code: 1,
                codespace: "undefined".to_owned(),
                log: "the chain has not begun".to_owned(),
                ..abci::ResponseQuery::default()
            },
        }
    }

    /// `looked` is what was found out about a new transaction ahead of its turn, if anything was.
    pub(super) fn check_tx(&self, r: &abci::RequestCheckTx, looked: Looked) -> Result<abci::ResponseCheckTx, Halt> {
        if r.tx.len() > TX_BYTES_MAX {
            let log = format!("transaction of {} bytes is longer than {TX_BYTES_MAX}: tx too large", r.tx.len());
            let codespace = "sdk".to_owned();
            return Ok(abci::ResponseCheckTx { code: 21, codespace, log, ..abci::ResponseCheckTx::default() });
        }
        let again = r.r#type == i32::from(abci::CheckTxType::Recheck);
        let engine = self.must_engine()?;
        let refused = engine.0.prices.read().refusal(&r.tx);
        let result = match refused {
            Some(refused) => refused,
            None if again => engine.0.core.lock().chain.check_tx(&r.tx, true).map_err(Halt::fault)?,
            None => {
                let looked = looked.map_or_else(|| engine.look(&r.tx), Ok)?;
                engine.0.core.lock().chain.check_looked(&r.tx, looked).map_err(Halt::fault)?
            }
        };
        let mut result = to_wire_tx_result(result);
        if again {
            // Nobody sees them: CometBFT wants to know only whether it stays.
            result.events.clear();
        }
        metrics::add(&COUNTERS.checked, 1);
        metrics::add(&COUNTERS.check_refused, u64::from(result.code != 0));
        Ok(abci::ResponseCheckTx {
            code: result.code,
            data: result.data,
            log: result.log,
            info: result.info,
            gas_wanted: result.gas_wanted,
            gas_used: result.gas_used,
            events: result.events,
            codespace: result.codespace,
        })
    }

    /// Looks at a new transaction ahead of its turn; many may be looked at at the same time.
    pub(super) fn look_ahead(&self, r: &abci::RequestCheckTx) -> Looked {
        let is_new = r.r#type == i32::from(abci::CheckTxType::New) && r.tx.len() <= TX_BYTES_MAX;
        let engine = self.engine().filter(|_| is_new)?;
        engine.look(&r.tx).ok()
    }

    fn known(&self) -> Result<Known, Halt> {
        Ok(self.must_engine()?.0.core.lock().chain.known().clone())
    }

    fn committed(&self) -> Result<Snapshot, Halt> {
        self.must_engine()?.snapshot(None).ok_or_else(|| Halt("a chain without a state".to_owned()))
    }

    pub(super) fn prepare_proposal(
        &self,
        r: &abci::RequestPrepareProposal,
    ) -> Result<abci::ResponsePrepareProposal, Halt> {
        let bytes_max = u64::try_from(r.max_tx_bytes).unwrap_or_default();
        let txs = self.committed()?.prepare(from_wire_time(r.time.as_ref()), &r.txs, bytes_max, &self.known()?);
        Ok(abci::ResponsePrepareProposal { txs: txs.map_err(Halt::fault)? })
    }

    pub(super) fn process_proposal(
        &self,
        r: &abci::RequestProcessProposal,
    ) -> Result<abci::ResponseProcessProposal, Halt> {
        use abci::response_process_proposal::ProposalStatus;
        let (state, known) = (self.committed()?, self.known()?);
        let verdict = state.process(from_wire_time(r.time.as_ref()), &r.txs, &known).map_err(Halt::fault)?;
        let status = match verdict {
            Ok(()) => ProposalStatus::Accept,
            Err(why) => {
                tracing::warn!("height {}: the proposal is turned down: {why}", r.height);
                metrics::add(&COUNTERS.proposals_rejected, 1);
                ProposalStatus::Reject
            }
        };
        Ok(abci::ResponseProcessProposal { status: status.into() })
    }

    pub(super) fn finalize_block(&self, r: abci::RequestFinalizeBlock) -> Result<ResponseFinalizeBlock, Halt> {
        let engine = self.must_engine()?;
        self.stop_if_wanted(&engine, r.height)?;
        let proposer = ConsAddress::new(&r.proposer_address)
            .map_err(|e| Halt(format!("block {}: the address of the proposer: {e}", r.height)))?;
        let votes = votes(r.decided_last_commit.as_ref())?;
        let own = entente_kernel::crypto::ed25519::address(&self.0.own_key);
        let signed_by_us = votes.iter().any(|v| v.address.as_bytes() == own && v.flag != VoteFlag::Absent);
        let time = from_wire_time(r.time.as_ref());
        let block = FinalizeBlock {
            height: r.height,
            time,
            proposer,
            votes,
            evidence: r.misbehavior.iter().map(evidence).collect::<Result<_, _>>()?,
            txs: r.txs,
        };
        let begin = Instant::now();
        // Transactions are checked for the mempool meanwhile.
        let executor = engine.0.core.lock().chain.executor().map_err(Halt::fault)?;
        let (result, done) = executor.finalize(&block).map_err(Halt::fault)?;
        engine.0.core.lock().chain.accept(done);
        let results = to_wire_results(result);
        count_executed(begin.elapsed(), &results);
        fail_point("finalized", r.height);
        let header = wire::Header {
            chain_id: self.0.doc.chain_id.clone(),
            height: r.height,
            time: r.time,
            next_validators_hash: r.next_validators_hash,
            proposer_address: r.proposer_address,
            ..wire::Header::default()
        };
        *self.0.pending.lock() =
            Some(Pending { header, hash: r.hash, txs: block.txs, results: results.clone(), signed_by_us });
        Ok(results)
    }

    /// Stops before a block that this program must not execute, or that the operator does not want.
    fn stop_if_wanted(&self, engine: &Engine, height: i64) -> Result<(), Halt> {
        let halt = self.0.settings.halt_height;
        if halt > 0 && height > halt {
            return Err(Halt(format!("height {halt} is the last one that was asked for with --halt-height")));
        }
        if self.0.settings.skip_upgrades.contains(&height) {
            return Ok(());
        }
        let Some(state) = engine.snapshot(None) else { return Ok(()) };
        let Some(plan) = state.missing_upgrade().map_err(Halt::fault)? else { return Ok(()) };
        if let Some(path) = &self.0.settings.upgrade_info {
            // What cosmovisor waits for, in the SDK's form.
            let info = serde_json::json!({
                "name": plan.name, "time": "0001-01-01T00:00:00Z", "height": plan.height, "info": plan.info,
            });
            std::fs::write(path, info.to_string())
                .map_err(|e| Halt(format!("the file {} cannot be written: {e}", path.display())))?;
        }
        Err(Halt(entente_chain::modules::upgrade::needed(&plan)))
    }

    /// One atomic, durable write; then the state may be seen.
    pub(super) fn commit(&self) -> Result<abci::ResponseCommit, Halt> {
        let engine = self.must_engine()?;
        let pending =
            self.0.pending.lock().take().ok_or_else(|| Halt("a commit without a finalized block".to_owned()))?;
        let Pending { header, hash, txs, results, signed_by_us } = pending;
        let height = header.height;
        let begin = Instant::now();
        let mut core = engine.0.core.lock();
        let before = core.chain.snapshot(None).cloned().ok_or_else(|| Halt("a chain without a state".to_owned()))?;
        let commit = core.chain.commit().map_err(Halt::fault)?;
        let block_id = wire::BlockId { hash, part_set_header: Some(wire::PartSetHeader::default()) };
        let (next, applied) = core.standing.after(&header, block_id.clone(), &results);
        applied.map_err(|why| Halt(format!("height {height}: the validator set cannot follow: {why}")))?;
        let block = wire::Block { header: Some(header), data: Some(wire::Data { txs }), ..wire::Block::default() };
        let mut tables = index::entries(&block_id.hash, height, &block, &results);
        tables.extend(standing_entries(Some(&core.standing), &next, &no_commit()));
        tables.push(undo::entry(&before, &core.standing, &commit));
        tables.extend(signed_by_us.then(|| own_vote_entry(height.saturating_sub(1))));
        let roots = core.chain.snapshot(None).map(|s| s.forest.store_roots()).unwrap_or_default();
        fail_point("before_write", height);
        engine.archive().disk().commit(disk::Block {
            height: commit.height,
            app_hash: commit.app_hash,
            roots,
            changes: commit.changes,
            // CometBFT keeps the blocks.
            block: bytes::Bytes::new(),
            results: results.encode_to_vec().into(),
            tables,
        })?;
        fail_point("written", height);
        core.standing = next;
        engine.show(&core);
        drop(core);
        COUNTERS.committed(begin.elapsed());
        self.maybe_take_snapshot(&engine, height);
        Ok(abci::ResponseCommit { retain_height: self.retain(&engine, height)? })
    }

    /// The first height that CometBFT must keep, 0 for all: what was asked for, and never less than evidence may speak of.
    fn retain(&self, engine: &Engine, height: i64) -> Result<i64, Halt> {
        /// Blocks forgotten together, so that most commits do not prune.
        const EVERY: i64 = 100;
        let Some(wanted) = i64::try_from(self.0.settings.min_retain_blocks).ok().filter(|n| *n > 0) else {
            return Ok(0);
        };
        let evidence = engine.shown().standing.params.evidence.unwrap_or_default().max_age_num_blocks;
        let first = height.saturating_sub(wanted.max(evidence)).max(0);
        if first > 0 && height % EVERY == 0 {
            engine.archive().disk().prune(first)?;
        }
        Ok(first)
    }
}

fn votes(commit: Option<&abci::CommitInfo>) -> Result<Vec<Vote>, Halt> {
    let vote = |v: &abci::VoteInfo| {
        let (address, power) = validator(v.validator.as_ref())?;
        let flag = match BlockIdFlag::try_from(v.block_id_flag) {
            Ok(BlockIdFlag::Commit) => VoteFlag::Commit,
            Ok(BlockIdFlag::Nil) => VoteFlag::Nil,
            _ => VoteFlag::Absent,
        };
        Ok(Vote { address, power, flag })
    };
    commit.iter().flat_map(|c| &c.votes).map(vote).collect()
}

fn evidence(m: &abci::Misbehavior) -> Result<Evidence, Halt> {
    let (address, power) = validator(m.validator.as_ref())?;
    Ok(Evidence {
        duplicate_vote: m.r#type == i32::from(abci::MisbehaviorType::DuplicateVote),
        address,
        power,
        height: m.height,
        time: from_wire_time(m.time.as_ref()),
        total_power: m.total_voting_power,
    })
}

fn validator(v: Option<&abci::Validator>) -> Result<(ConsAddress, i64), Halt> {
    let v = v.ok_or_else(|| Halt("CometBFT names no validator where it must".to_owned()))?;
    let address = ConsAddress::new(&v.address).map_err(|e| Halt(format!("the address of a validator: {e}")))?;
    Ok((address, v.power))
}

/// Where tests kill the process: `ENTENTE_FAIL_AT=step:height`. Not in release builds.
fn fail_point(step: &str, height: i64) {
    if cfg!(debug_assertions) && std::env::var("ENTENTE_FAIL_AT").is_ok_and(|at| at == format!("{step}:{height}")) {
        eprintln!("entente: killed at {step}:{height}, as asked");
        std::process::abort();
    }
}
