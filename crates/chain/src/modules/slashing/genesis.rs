//! Slashing's section of a genesis.

use entente_kernel::{ConsAddress, Ctx, Error, Result, View, Wire};
use entente_proto::cosmos::slashing::v1beta1 as wire;

use super::{Params, SigningInfo, missed, state};
use crate::modules::staking;

/// Fills an empty state; staking must be filled before.
///
/// # Errors
/// A refusal that names the field.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    let params = genesis.params.unwrap_or_default();
    Params::from_wire(&params).map_err(|e| e.wrap("params"))?;
    state::PARAMS.save(ctx, &Wire(params))?;
    let validators = staking::validators(ctx).collect::<Result<Vec<_>>>()?;
    for validator in &validators {
        super::add_pub_key(ctx, validator)?;
    }
    for (i, row) in genesis.signing_infos.into_iter().enumerate() {
        add_info(ctx, row).map_err(|e| e.wrap(format!("signing_infos[{i}]")))?;
    }
    for (i, row) in genesis.missed_blocks.iter().enumerate() {
        add_missed(ctx, row).map_err(|e| e.wrap(format!("missed_blocks[{i}]")))?;
    }
    Ok(())
}

fn cons_address(ctx: &Ctx, text: &str) -> Result<ConsAddress> {
    ctx.bech32().parse_cons(text).map_err(|e| e.wrap("address"))
}

fn add_info(ctx: &mut Ctx, row: wire::SigningInfo) -> Result<()> {
    let cons = cons_address(ctx, &row.address)?;
    let info = row.validator_signing_info.ok_or_else(|| Error::plain("validator_signing_info: missing"))?;
    super::save_signing_info(ctx, &cons, &SigningInfo::from_wire(&info)?)
}

fn add_missed(ctx: &mut Ctx, row: &wire::ValidatorMissedBlocks) -> Result<()> {
    let cons = cons_address(ctx, &row.address)?;
    for block in &row.missed_blocks {
        let wrong = |_| Error::plain(format!("missed_blocks: index {}; it cannot be negative", block.index));
        missed::set(ctx, &cons, u64::try_from(block.index).map_err(wrong)?, block.missed)?;
    }
    Ok(())
}

/// The state as a section of a genesis.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let (mut signing_infos, mut missed_blocks) = (Vec::new(), Vec::new());
    for row in state::SIGNING_INFOS.iter(view) {
        let (cons, Wire(info)) = row?;
        let address = view.bech32().cons(&cons);
        let block = |index: u64| wire::MissedBlock { index: index.cast_signed(), missed: true };
        let missed = missed::all(view, &cons)?.into_iter().map(block).collect();
        missed_blocks.push(wire::ValidatorMissedBlocks { address: address.clone(), missed_blocks: missed });
        signing_infos.push(wire::SigningInfo { address, validator_signing_info: Some(info) });
    }
    Ok(wire::GenesisState { params: Some(state::PARAMS.must(view)?.0), signing_infos, missed_blocks })
}
