//! What evidence does at the begin of a block.

use entente_kernel::{Ctx, Error, Result, Timestamp};
use entente_proto::cosmos::evidence::v1beta1::Equivocation;

use crate::block::Evidence;
use crate::modules::consensus;
use crate::modules::slashing;
use crate::modules::staking::{self, BondStatus, Infraction, VALIDATOR_UPDATE_DELAY};
use crate::wire as convert;

/// End of the jail of a validator that signed twice: the last second that times can have.
const FOR_EVER: Timestamp = Timestamp::from_secs(253_402_300_799);

/// Punishes the validators against whom the block holds proofs.
pub fn begin_block(ctx: &mut Ctx, proofs: &[Evidence]) -> Result<()> {
    proofs.iter().try_for_each(|proof| punish(ctx, proof))
}

fn punish(ctx: &mut Ctx, proof: &Evidence) -> Result<()> {
    let cons = proof.address;
    let Some(standing) = staking::standing_by_cons(ctx, &cons)? else { return Ok(()) };
    if standing.status == BondStatus::Unbonded || !slashing::knows_key(ctx, &cons)? || is_out_of_bounds(ctx, proof)? {
        return Ok(());
    }
    if slashing::signing_info(ctx, &cons)?.is_some_and(|info| info.tombstoned) {
        return Ok(());
    }
    // The stake that signed was decided some blocks earlier; below zero stands for the genesis.
    let fault_height = proof.height.checked_sub(VALIDATOR_UPDATE_DELAY);
    let fault_height = fault_height.ok_or_else(|| Error::fault("evidence: no height before the fault"))?;
    let fraction = slashing::params(ctx)?.double_sign;
    slashing::slash(ctx, &cons, fraction, proof.power, fault_height, Infraction::DoubleSign)?;
    if staking::standing_by_cons(ctx, &cons)?.is_some_and(|s| !s.jailed) {
        slashing::jail(ctx, &cons)?;
    }
    slashing::tombstone(ctx, &cons, FOR_EVER)?;
    let equivocation = Equivocation {
        height: proof.height,
        time: Some(convert::timestamp(proof.time)),
        power: proof.power,
        consensus_address: ctx.bech32().cons(&cons),
    };
    super::save(ctx, &equivocation)
}

/// Too old in blocks *and* in time; or of a block that is still to come, which no honest engine reports.
fn is_out_of_bounds(ctx: &Ctx, proof: &Evidence) -> Result<bool> {
    let blocks = ctx.height().saturating_sub(proof.height);
    let Some(limits) = consensus::params(ctx)?.evidence else { return Ok(blocks < 0) };
    let max_time = convert::parse_span(&limits.max_age_duration.unwrap_or_default(), "max_age_duration")?;
    let too_old = ctx.time().since(proof.time) > max_time && blocks > limits.max_age_num_blocks;
    Ok(too_old || blocks < 0)
}
