//! Evidence's section of a genesis.

use entente_kernel::{Ctx, Error, Result, View};
use entente_proto::cosmos::evidence::v1beta1 as wire;
use prost::{Message as _, Name as _};
use prost_types::Any;

use super::{msg, state};

/// Fills an empty state.
///
/// # Errors
/// A refusal that names the record.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    for (i, any) in genesis.evidence.iter().enumerate() {
        add(ctx, any).map_err(|e| e.wrap(format!("evidence[{i}]")))?;
    }
    Ok(())
}

fn add(ctx: &mut Ctx, any: &Any) -> Result<()> {
    let wanted = wire::Equivocation::type_url();
    if any.type_url != wanted {
        return Err(Error::plain(format!("type {:?}; {wanted:?} is allowed", any.type_url)));
    }
    let equivocation = wire::Equivocation::decode(any.value.as_slice()).map_err(|e| Error::plain(e.to_string()))?;
    msg::check(&equivocation).map_err(Error::plain)?;
    let hash = super::hash(&equivocation);
    if state::EVIDENCE.has(ctx, &hash)? {
        return Err(Error::plain(format!("evidence with hash {} already exists", hex::encode_upper(hash))));
    }
    super::save(ctx, &equivocation)
}

/// The state as a section of a genesis.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let evidence = state::EVIDENCE.iter(view).map(|row| row.map(|(_, any)| any.0)).collect::<Result<_>>()?;
    Ok(wire::GenesisState { evidence })
}
