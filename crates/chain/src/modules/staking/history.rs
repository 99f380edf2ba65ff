//! Recent headers and validator sets, for clients on other chains.

use entente_kernel::{Ctx, Result, Wire};
use entente_proto::cosmos::staking::v1beta1 as wire;
use entente_proto::tendermint::types::Header;

use super::state::{HISTORY, LAST_POWERS, VALIDATORS};
use super::validator::Validator;
use crate::wire as convert;

/// Heights for which the validator set is kept beside the header. Upstream keeps it with every header; a set of a hundred
/// validators weighs 40 kB a block, and what other chains check is in the header.
pub const VALSET_HEIGHTS: i64 = 100;

/// Records the block that begins and drops what is older than the parameter `historical_entries` allows.
pub(super) fn track(ctx: &mut Ctx) -> Result<()> {
    let entries = i64::from(super::params(ctx)?.historical_entries);
    let height = ctx.height();
    let mut old = height.saturating_sub(entries);
    while let Ok(key) = u64::try_from(old) {
        if !HISTORY.has(ctx, &key)? {
            break;
        }
        HISTORY.remove(ctx, &key)?;
        old = old.saturating_sub(1);
    }
    if entries == 0 {
        return Ok(());
    }
    let record = wire::HistoricalInfo { header: Some(header(ctx)), valset: valset(ctx)? };
    HISTORY.set(ctx, &height.cast_unsigned(), &Wire(record))?;
    if let Ok(key) = u64::try_from(height.saturating_sub(VALSET_HEIGHTS))
        && let Some(Wire(mut record)) = HISTORY.get(ctx, &key)?
    {
        record.valset.clear();
        HISTORY.set(ctx, &key, &Wire(record))?;
    }
    Ok(())
}

fn header(ctx: &Ctx) -> Header {
    Header {
        chain_id: ctx.env().chain_id.to_string(),
        height: ctx.height(),
        time: Some(convert::timestamp(ctx.time())),
        proposer_address: ctx.env().proposer.map(|p| p.as_bytes().to_vec()).unwrap_or_default(),
        version: Some(Default::default()),
        last_block_id: Some(entente_proto::tendermint::types::BlockId {
            hash: Vec::new(),
            part_set_header: Some(Default::default()),
        }),
        ..Header::default()
    }
}

/// The bonded validators in CometBFT's order: power, then consensus address.
fn valset(ctx: &Ctx) -> Result<Vec<wire::Validator>> {
    let mut rows = Vec::new();
    for row in LAST_POWERS.iter(ctx) {
        let (operator, _) = row?;
        let Wire(record) = VALIDATORS.must(ctx, &operator)?;
        let validator = super::delegation::stored(Validator::from_wire(record.clone(), operator))?;
        rows.push((validator.power()?, validator.cons_address(), record));
    }
    rows.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    Ok(rows.into_iter().map(|(_, _, record)| record).collect())
}
