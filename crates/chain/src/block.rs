//! One block: what happens at its begin, with its transactions, at its end, and why in that order.

use entente_kernel::gas::GasMeter;
use entente_kernel::{ConsAddress, Ctx, Error, Event, Result, Timestamp};

use entente_proto::tendermint::types::ConsensusParams;

use crate::modules::{
    alliance, authz, consensus, distribution, evidence, feegrant, gov, liquid, mint, pools, slashing, staking, upgrade,
    vault,
};
use crate::tx::ahead::{self, Known, UseOf};
use crate::tx::{self, Tx};
use crate::{Snapshot, ante};

/// How a validator took part in the last commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteFlag {
    Absent,
    Commit,
    Nil,
}

/// A validator of the last block and whether it signed. A nil vote counts as signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    pub address: ConsAddress,
    pub power: i64,
    pub flag: VoteFlag,
}

/// Proof of misbehaviour that the consensus engine reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// `true`: two votes at one height; `false`: an attack on light clients.
    pub duplicate_vote: bool,
    pub address: ConsAddress,
    pub power: i64,
    pub height: i64,
    pub time: Timestamp,
    pub total_power: i64,
}

/// A block, decided by the consensus engine.
#[derive(Debug, Clone)]
pub struct FinalizeBlock {
    pub height: i64,
    pub time: Timestamp,
    pub proposer: ConsAddress,
    /// The votes of the validators of the block before.
    pub votes: Vec<Vote>,
    pub evidence: Vec<Evidence>,
    pub txs: Vec<Vec<u8>>,
}

/// A validator's new voting power; 0 removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorUpdate {
    /// ed25519.
    pub pub_key: [u8; 32],
    pub power: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TxResult {
    pub code: u32,
    pub codespace: String,
    pub log: String,
    /// Encoded `cosmos.base.abci.v1beta1.TxMsgData`.
    pub data: Vec<u8>,
    pub gas_wanted: i64,
    pub gas_used: i64,
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, Default)]
pub struct BlockResult {
    pub txs: Vec<TxResult>,
    /// Events of the begin and end of the block; the attribute `mode` says which.
    pub events: Vec<Event>,
    pub validator_updates: Vec<ValidatorUpdate>,
    /// The consensus parameters, if the block changed them.
    pub consensus_params: Option<ConsensusParams>,
    pub app_hash: [u8; 32],
}

/// Executes a block on `ctx`, which stands on the state `before` it. Refusals stay inside; an error is a fault.
pub(crate) fn run(ctx: &mut Ctx, block: &FinalizeBlock, before: &Snapshot, known: &Known) -> Result<BlockResult> {
    let mut result = BlockResult::default();
    ctx.replace_gas(GasMeter::idle());
    begin(ctx, block)?;
    result.events.extend(tagged(ctx, "BeginBlock"));
    let gas = consensus::block_gas_limit(ctx)?.map_or_else(GasMeter::unlimited, GasMeter::with_limit);
    ahead::in_turn(before, (known, UseOf::Last), &block.txs, |_, tx| {
        result.txs.push(deliver(ctx, tx, &gas)?);
        Ok::<(), Error>(())
    })?;
    ctx.replace_gas(GasMeter::idle());
    result.validator_updates = end(ctx)?;
    result.events.extend(tagged(ctx, "EndBlock"));
    Ok(result)
}

fn tagged(ctx: &mut Ctx, mode: &str) -> impl Iterator<Item = Event> {
    let mode = mode.to_owned();
    ctx.take_events().into_iter().map(move |e| e.with("mode", mode.clone()))
}

/// An upgrade comes before everything: the rest of the block goes by its rules. Provisions are minted, then the last block's fees are distributed to those who signed it, then absence and double signing are punished.
/// Before all that it is seen whether the chain stood still: what is due waits for it. Vaults come after that: who leaves is paid when the faults of the block are known.
pub fn begin(ctx: &mut Ctx, block: &FinalizeBlock) -> Result<()> {
    upgrade::block::begin(ctx).map_err(|e| e.must("upgrade"))?;
    vault::block::see_time(ctx).map_err(|e| e.must("vault"))?;
    mint::block::begin(ctx).map_err(|e| e.must("mint"))?;
    distribution::block::begin(ctx, &block.votes).map_err(|e| e.must("distribution"))?;
    slashing::begin_block(ctx, &block.votes).map_err(|e| e.must("slashing"))?;
    evidence::begin_block(ctx, &block.evidence).map_err(|e| e.must("evidence"))?;
    staking::begin_block(ctx).map_err(|e| e.must("staking"))?;
    vault::block::begin(ctx).map_err(|e| e.must("vault"))?;
    authz::block::begin(ctx).map_err(|e| e.must("authz"))
}

/// What the next block does before its first transaction, where it decides the gas of one: provisions are minted and fees are shared out,
/// as if every validator had signed. For estimates; without gas and events.
pub(crate) fn foresee(ctx: &mut Ctx) -> Result<()> {
    let mut votes = Vec::new();
    for row in staking::last_powers(ctx).collect::<Result<Vec<_>>>()? {
        let (operator, power) = row;
        let address = staking::must_validator(ctx, &operator)?.cons_address();
        votes.push(Vote { address, power, flag: VoteFlag::Commit });
    }
    let meter = ctx.replace_gas(GasMeter::idle());
    let begun = ctx.collect(|ctx| mint::block::begin(ctx).and_then(|()| distribution::block::begin(ctx, &votes)));
    ctx.replace_gas(meter);
    begun.map(drop)
}

/// Proposals are executed first, so that staking and alliance see their effect; alliance comes when the validator set is known,
/// liquid staking when what unbonded is paid, and the pools when all rates of the block are known.
pub fn end(ctx: &mut Ctx) -> Result<Vec<ValidatorUpdate>> {
    gov::block::end(ctx).map_err(|e| e.must("gov"))?;
    let updates = staking::end_block(ctx).map_err(|e| e.must("staking"))?;
    feegrant::block::end(ctx).map_err(|e| e.must("feegrant"))?;
    alliance::block::end(ctx).map_err(|e| e.must("alliance"))?;
    liquid::block::end(ctx).map_err(|e| e.must("liquid"))?;
    pools::block::end(ctx).map_err(|e| e.must("pools"))?;
    Ok(updates)
}

/// One transaction: the ante checks in a layer of their own (their effects, fee and sequence, stay), then all messages in a second layer.
fn deliver(ctx: &mut Ctx, mut tx: Result<Tx>, gas: &GasMeter) -> Result<TxResult> {
    tx::execute(ctx, &mut tx, ante::Checks::All, gas)
}
