//! The doors of the chain, in the words of ABCI 2.0: `init_chain`, `check_tx`, `finalize_block`, `commit`, and snapshots for queries.

use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use entente_kernel::gas::GasMeter;
use entente_kernel::num::DecCoins;
use entente_kernel::state::{Changes, Memory};
use entente_kernel::tree::Forest;
use entente_kernel::{Bech32, Ctx, Env, Error, Item, Mode, Result, Timestamp};

use crate::block::{BlockResult, FinalizeBlock, TxResult, ValidatorUpdate};
use crate::modules::{consensus, staking, upgrade};
use crate::tx::Tx;
use crate::tx::ahead::{self, Known, UseOf};
use crate::{ante, block, genesis, invariants, query, stores, tx};

/// Recent heights whose state stays in memory, for queries and proofs.
pub const RECENT_HEIGHTS: usize = 100;

/// What the chain remembers of itself.
#[derive(Debug, Clone, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
struct Identity {
    chain_id: String,
    bech32_prefix: String,
}

/// The last block that was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
struct Last {
    height: i64,
    time: Timestamp,
}

entente_kernel::borsh_value!(Identity, Last);

const IDENTITY: Item<Identity> = Item::new(stores::CHAIN, &[0x00]);
const LAST: Item<Last> = Item::new(stores::CHAIN, &[0x01]);

/// How a chain begins.
#[derive(Debug, Clone)]
pub struct InitChain {
    pub chain_id: String,
    pub time: Timestamp,
    pub initial_height: i64,
    /// As in a CometBFT genesis file.
    pub consensus_params: serde_json::Value,
    pub app_state: serde_json::Value,
}

#[derive(Debug, Clone)]
pub struct InitResult {
    pub validators: Vec<ValidatorUpdate>,
    pub app_hash: [u8; 32],
    pub changes: Changes,
}

/// What a commit makes durable.
#[derive(Debug, Clone)]
pub struct Commit {
    pub height: i64,
    pub app_hash: [u8; 32],
    pub changes: Changes,
}

/// The state after a block: cheap to clone, independent of the chain's progress.
#[derive(Clone)]
pub struct Snapshot {
    pub height: i64,
    pub time: Timestamp,
    pub forest: Forest,
    chain_id: Arc<str>,
    bech32: Bech32,
}

impl Snapshot {
    /// A throw-away context on this state. What is checked or estimated is meant for the next block.
    pub fn ctx(&self, mode: Mode) -> Ctx {
        let ahead = i64::from(matches!(mode, Mode::Check | Mode::Recheck | Mode::Simulate));
        let env = Env {
            chain_id: self.chain_id.clone(),
            height: self.height.saturating_add(ahead),
            time: self.time,
            proposer: None,
            bech32: self.bech32.clone(),
            mode,
        };
        Ctx::new(self.forest.clone(), env)
    }

    /// Answers a query given by its full gRPC path.
    pub fn query(&self, path: &str, request: &[u8]) -> Result<Vec<u8>> {
        query::run(&mut self.ctx(Mode::Query), path, request)
    }

    /// Executes a transaction as the first of the next block without keeping anything; signatures are not checked.
    pub fn simulate(&self, bytes: &[u8]) -> Result<TxResult> {
        self.begun()?.simulate(bytes)
    }

    /// The state that the first transaction of the next block is expected to find.
    pub fn begun(&self) -> Result<Begun> {
        let mut ctx = self.ctx(Mode::Simulate);
        block::foresee(&mut ctx)?;
        let mut forest = self.forest.clone();
        apply(&mut forest, &ctx.into_changes())?;
        Ok(Begun(Self { forest, ..self.clone() }))
    }

    /// Decodes a transaction that is new and judges its signatures as this state shows its signers, so that the check in turn has
    /// little left to do. Any thread may do it.
    pub fn look(&self, bytes: &[u8]) -> Result<Tx> {
        ahead::look(&self.ctx(Mode::Check), &Known::default(), bytes, UseOf::More)
    }

    /// The `app_state` of a genesis that goes on from here.
    pub fn export(&self) -> Result<serde_json::Value> {
        genesis::export(&self.ctx(Mode::Query))
    }

    /// Writes that `app_state` as text; a large state has no place in memory as a value.
    pub fn write_export(&self, out: &mut dyn std::fmt::Write) -> Result<()> {
        genesis::write(&self.ctx(Mode::Query), out)
    }

    /// The whole genesis document that goes on from here.
    pub fn export_document(&self) -> Result<serde_json::Value> {
        genesis::document::write(self)
    }

    /// The validators that this state elects: those of the block after the next.
    pub fn validators(&self) -> Result<Vec<ValidatorUpdate>> {
        let ctx = self.ctx(Mode::Query);
        let mut validators = Vec::new();
        for row in staking::last_powers(&ctx) {
            let (operator, power) = row?;
            let validator = staking::must_validator(&ctx, &operator)?;
            validators.push(ValidatorUpdate { pub_key: validator.cons_pubkey, power });
        }
        Ok(validators)
    }

    /// The upgrade that the next block must carry out and that this program does not know.
    pub fn missing_upgrade(&self) -> Result<Option<entente_proto::cosmos::upgrade::v1beta1::Plan>> {
        upgrade::missing(&self.ctx(Mode::Query), self.height.saturating_add(1))
    }

    /// The parameters of consensus after this block.
    pub fn consensus_params(&self) -> Result<entente_proto::tendermint::types::ConsensusParams> {
        consensus::params(&self.ctx(Mode::Query))
    }

    /// The `consensus_params` of a genesis document that goes on from here.
    pub fn export_consensus_params(&self) -> Result<serde_json::Value> {
        Ok(consensus::to_json(&consensus::params(&self.ctx(Mode::Query))?))
    }

    /// The invariants that do not hold; empty in health.
    pub fn broken_invariants(&self) -> Result<Vec<String>> {
        invariants::broken(&self.ctx(Mode::Query))
    }

    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    pub fn bech32(&self) -> &Bech32 {
        &self.bech32
    }
}

impl Executor {
    /// Executes the block that follows on the committed state, which does not change; [`Chain::accept`] makes it the next one.
    ///
    /// # Errors
    /// A fault: the node must stop without committing.
    pub fn finalize(&self, block: &FinalizeBlock) -> Result<(BlockResult, Executed)> {
        let before = &self.state;
        let wanted = before.height.saturating_add(1);
        if block.height != wanted {
            return Err(Error::fault(format!("block {} does not follow height {}", block.height, before.height)));
        }
        let mut ctx = before.ctx(Mode::Deliver);
        if let Some(memory) = self.memory.take() {
            ctx.remember(memory);
        }
        let env = ctx.env_mut();
        (env.height, env.time, env.proposer) = (block.height, block.time, Some(block.proposer));
        LAST.save(&mut ctx, &Last { height: block.height, time: block.time })?;
        let params = consensus::params(&ctx)?;
        if self.skipped_upgrades.contains(&block.height) {
            upgrade::skip(&mut ctx)?;
        }
        let mut result = block::run(&mut ctx, block, before, &self.known)?;
        result.consensus_params = Some(consensus::params(&ctx)?).filter(|after| *after != params);
        let (changes, memory) = ctx.end();
        let mut forest = before.forest.clone();
        apply(&mut forest, &changes)?;
        result.app_hash = forest.root();
        let snapshot = Snapshot { height: block.height, time: block.time, forest, ..before.clone() };
        let commit = Commit { height: block.height, app_hash: result.app_hash, changes };
        let memory = memory.of(result.app_hash);
        Ok((result, Executed { snapshot, commit, memory }))
    }
}

/// A state on which a block has begun, for estimates.
pub struct Begun(Snapshot);

impl Begun {
    /// As [`Snapshot::simulate`]. The begin of a block costs more than most transactions; here it is paid for once.
    pub fn simulate(&self, bytes: &[u8]) -> Result<TxResult> {
        let mut ctx = self.0.ctx(Mode::Simulate);
        tx::execute(&mut ctx, &mut tx::decode(bytes), ante::Checks::Simulated, &GasMeter::unlimited())
    }
}

/// A running chain.
pub struct Chain {
    /// Oldest first; the last is the committed state.
    recent: VecDeque<Snapshot>,
    /// Transactions of the mempool are checked on top of each other here.
    check: Ctx,
    /// What was checked for the mempool.
    known: Known,
    executed: Option<Executed>,
    /// What the last block read and wrote, until the next one is executed.
    memory: Cell<Option<Memory>>,
    /// Heights at which a plan that is due is forgotten.
    skipped_upgrades: Arc<BTreeSet<i64>>,
}

/// What executes the next block, on a thread of its own if need be: the committed state, and what else the chain knows.
pub struct Executor {
    state: Snapshot,
    memory: Cell<Option<Memory>>,
    known: Known,
    skipped_upgrades: Arc<BTreeSet<i64>>,
}

/// A block that was executed and is not the state of the chain yet.
pub struct Executed {
    snapshot: Snapshot,
    commit: Commit,
    memory: Memory,
}

impl Chain {
    /// Starts a chain from its genesis.
    ///
    /// # Errors
    /// A refusal that names the field of the genesis which is wrong.
    pub fn init_chain(init: &InitChain) -> Result<(Self, InitResult)> {
        let prefix = genesis::bech32_prefix(&init.app_state)
            .ok_or_else(|| Error::plain("genesis: no bech32 prefix: app_state.entente.bech32_prefix is absent and there is no account to show it"))?;
        let bech32 = Bech32::new(&prefix);
        let env = Env {
            chain_id: init.chain_id.as_str().into(),
            height: genesis_height(init.initial_height),
            time: init.time,
            proposer: None,
            bech32: bech32.clone(),
            mode: Mode::Genesis,
        };
        let mut ctx = Ctx::new(Forest::new(stores::ALL), env);
        let identity = Identity { chain_id: init.chain_id.clone(), bech32_prefix: prefix };
        IDENTITY.save(&mut ctx, &identity)?;
        let before = init.initial_height.saturating_sub(1);
        LAST.save(&mut ctx, &Last { height: before, time: init.time })?;
        consensus::save(&mut ctx, consensus::from_json(&init.consensus_params)?)?;
        let validators = genesis::init(&mut ctx, &init.app_state)?;
        let changes = ctx.into_changes();
        let mut forest = Forest::new(stores::ALL);
        apply(&mut forest, &changes)?;
        let app_hash = forest.root();
        Ok((Self::load(forest)?, InitResult { validators, app_hash, changes }))
    }

    /// Goes on from a stored state.
    ///
    /// # Errors
    /// A fault if the state is not one of this chain.
    pub fn load(forest: Forest) -> Result<Self> {
        let env = Env {
            chain_id: "".into(),
            height: 0,
            time: Timestamp::default(),
            proposer: None,
            bech32: Bech32::new("entente"),
            mode: Mode::Query,
        };
        let ctx = Ctx::new(forest.clone(), env);
        let (identity, last) = (IDENTITY.must(&ctx)?, LAST.must(&ctx)?);
        let snapshot = Snapshot {
            height: last.height,
            time: last.time,
            forest,
            chain_id: identity.chain_id.as_str().into(),
            bech32: Bech32::new(&identity.bech32_prefix),
        };
        Ok(Self {
            check: snapshot.ctx(Mode::Check),
            recent: VecDeque::from([snapshot]),
            known: Known::default(),
            executed: None,
            memory: Cell::default(),
            skipped_upgrades: Arc::default(),
        })
    }

    /// Heights at which an upgrade that is due is not carried out but forgotten: all validators must have agreed on them, because the
    /// state differs from that of a node which carries it out.
    pub fn skip_upgrades(&mut self, heights: BTreeSet<i64>) {
        self.skipped_upgrades = Arc::new(heights);
    }

    /// The committed state, or that of an earlier height if it is still held.
    pub fn snapshot(&self, height: Option<i64>) -> Option<&Snapshot> {
        match height {
            None | Some(0) => self.recent.back(),
            Some(h) => self.recent.iter().rev().find(|s| s.height == h),
        }
    }

    /// The heights that can be asked for.
    pub fn heights(&self) -> std::ops::RangeInclusive<i64> {
        let height = |s: Option<&Snapshot>| s.map_or(0, |s| s.height);
        height(self.recent.front())..=height(self.recent.back())
    }

    /// What is known of transactions: clones share it.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Checks a transaction for the mempool, on top of those checked since the last block.
    pub fn check_tx(&mut self, bytes: &[u8], recheck: bool) -> Result<TxResult> {
        if recheck {
            self.check.env_mut().mode = Mode::Recheck;
            let mut tx = self.known.or_decoded(bytes);
            let result = tx::execute(&mut self.check, &mut tx, ante::Checks::Again, &GasMeter::unlimited());
            self.check.take_events();
            result
        } else {
            self.check_looked(bytes, tx::decode(bytes))
        }
    }

    /// As [`Self::check_tx`] for a transaction that is new and that [`Snapshot::look`] has looked at.
    pub fn check_looked(&mut self, bytes: &[u8], mut tx: Result<Tx>) -> Result<TxResult> {
        self.check.env_mut().mode = Mode::Check;
        let result = tx::execute(&mut self.check, &mut tx, ante::Checks::All, &GasMeter::unlimited());
        self.check.take_events();
        if let (Ok(TxResult { code: 0, .. }), Ok(tx)) = (&result, tx) {
            self.known.remember(bytes, tx);
        }
        result
    }

    /// As [`Self::check_tx`] for a transaction that is new, but leaves no trace: the same transaction can still be sent.
    pub fn check_only(&mut self, bytes: &[u8]) -> Result<TxResult> {
        self.check.env_mut().mode = Mode::Check;
        self.check.dry_run(|ctx| tx::execute(ctx, &mut tx::decode(bytes), ante::Checks::All, &GasMeter::unlimited()))
    }

    /// What a transaction offers to a node that has to choose, and that asks for these prices per unit of gas.
    pub fn offer(&self, tx: &Result<Tx>, prices: &DecCoins) -> Result<tx::Offer> {
        let native = staking::bond_denom(&self.check)?;
        Ok(tx::offer(tx, prices, &native, self.check.bech32()))
    }

    /// Checks a transaction that is to take the place of a waiting one: on the committed state, after those that the same sender has
    /// waiting before it. What was checked on top of it so far stays as it is until the next block.
    pub fn check_replacement(&self, before: &[&[u8]], bytes: &[u8]) -> Result<TxResult> {
        let committed = self.recent.back().ok_or_else(|| Error::fault("a chain without a state"))?;
        let mut ctx = committed.ctx(Mode::Recheck);
        for earlier in before {
            tx::execute(&mut ctx, &mut self.known.or_decoded(earlier), ante::Checks::Again, &GasMeter::unlimited())?;
        }
        ctx.env_mut().mode = Mode::Check;
        tx::execute(&mut ctx, &mut tx::decode(bytes), ante::Checks::All, &GasMeter::unlimited())
    }

    /// Executes a block. The state changes at [`Self::commit`].
    ///
    /// # Errors
    /// A fault: the node must stop without committing.
    pub fn finalize_block(&mut self, block: &FinalizeBlock) -> Result<BlockResult> {
        let (result, executed) = self.executor()?.finalize(block)?;
        self.executed = Some(executed);
        Ok(result)
    }

    /// What executes the next block.
    ///
    /// # Errors
    /// A fault.
    pub fn executor(&self) -> Result<Executor> {
        let state = self.recent.back().cloned().ok_or_else(|| Error::fault("a chain without a state"))?;
        let (known, skipped_upgrades) = (self.known.clone(), self.skipped_upgrades.clone());
        Ok(Executor { state, memory: Cell::new(self.memory.take()), known, skipped_upgrades })
    }

    /// Takes over a block that [`Executor::finalize`] executed.
    pub fn accept(&mut self, executed: Executed) {
        self.executed = Some(executed);
    }

    /// Makes the executed block the state of the chain.
    ///
    /// # Errors
    /// A fault if no block was executed.
    pub fn commit(&mut self) -> Result<Commit> {
        let Executed { snapshot, commit, memory } =
            self.executed.take().ok_or_else(|| Error::fault("commit without a finalized block"))?;
        self.memory = Cell::new(Some(memory));
        self.check = snapshot.ctx(Mode::Check);
        self.recent.push_back(snapshot);
        if self.recent.len() > RECENT_HEIGHTS {
            self.recent.pop_front();
        }
        Ok(commit)
    }
}

/// The height that modules see in a genesis. As upstream, it is 0 on a new chain: distribution and slashing remember it.
const fn genesis_height(initial: i64) -> i64 {
    if initial <= 1 { 0 } else { initial }
}

fn apply(forest: &mut Forest, changes: &Changes) -> Result<()> {
    forest.apply(changes.iter().cloned()).map_err(|e| Error::fault(format!("the state tree refused a change: {e}")))
}
