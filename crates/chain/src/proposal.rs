//! What may be proposed as a block, and what may be agreed to: transactions that would enter it by themselves, one after the other.
//!
//! Both doors run the ante checks of every transaction, in order, on a throw-away copy of the committed state. What a message would do
//! is not tried: a transaction may still fail when it is delivered, because an earlier one of the block took its coins; then it pays.

use entente_kernel::gas::GasMeter;
use entente_kernel::{Ctx, Error, Mode, Result, Timestamp};

use crate::ante;
use crate::chain::Snapshot;
use crate::modules::consensus;
use crate::tx::ahead::{self, Known, UseOf};
use crate::tx::{self, Tx};

/// Why a proposed block is turned down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("transaction {place} is refused: {log} ({codespace} {code})")]
    Refused { place: usize, codespace: String, code: u32, log: String },
    #[error("the transactions ask for more than {most} gas, the limit of a block")]
    Gas { most: u64 },
}

/// Why the rest of a proposal is not looked at.
enum Stop {
    Unfit(Unfit),
    Fault(Error),
}

impl From<Error> for Stop {
    fn from(fault: Error) -> Self {
        Self::Fault(fault)
    }
}

impl Snapshot {
    /// The candidates that belong into the next block, in their order: those that pass the checks, as far as bytes and gas go. A candidate
    /// is one that `check_tx` let pass on this node: its signatures are not verified again.
    ///
    /// # Errors
    /// A fault.
    pub fn prepare(
        &self,
        time: Timestamp,
        candidates: &[Vec<u8>],
        bytes_max: u64,
        known: &Known,
    ) -> Result<Vec<Vec<u8>>> {
        let mut ctx = self.next_block(time);
        let gas_max = consensus::block_gas_limit(&ctx)?;
        let (mut bytes, mut gas) = (0u64, 0u64);
        let mut fit = Vec::new();
        for candidate in candidates {
            // In a block, a transaction is framed by a tag and its length.
            let with_it = bytes.saturating_add(framed(candidate));
            if with_it > bytes_max {
                break;
            }
            let checked = check(&mut ctx, &mut known.or_decoded(candidate), ante::Checks::Again)?;
            let wanted = gas.saturating_add(u64::try_from(checked.gas_wanted).unwrap_or(u64::MAX));
            if checked.code != 0 {
                continue;
            }
            if gas_max.is_some_and(|most| wanted > most) {
                break;
            }
            (bytes, gas) = (with_it, wanted);
            fit.push(candidate.clone());
        }
        Ok(fit)
    }

    /// Whether a proposed block may be agreed to. Every honest validator at this state comes to the same verdict. What is found out about
    /// signatures is remembered for the block.
    ///
    /// # Errors
    /// A fault; a block that is unfit is no error.
    pub fn process(&self, time: Timestamp, txs: &[Vec<u8>], known: &Known) -> Result<Result<(), Unfit>> {
        let mut ctx = self.next_block(time);
        let gas_max = consensus::block_gas_limit(&ctx)?;
        let (mut place, mut gas) = (0usize, 0u64);
        let judged = ahead::in_turn(self, (known, UseOf::More), txs, |bytes, mut tx| {
            let checked = check(&mut ctx, &mut tx, ante::Checks::All)?;
            if checked.code != 0 {
                let crate::TxResult { codespace, code, log, .. } = checked;
                return Err(Stop::Unfit(Unfit::Refused { place, codespace, code, log }));
            }
            gas = gas.saturating_add(u64::try_from(checked.gas_wanted).unwrap_or(u64::MAX));
            if let Some(most) = gas_max.filter(|most| gas > *most) {
                return Err(Stop::Unfit(Unfit::Gas { most }));
            }
            if let Ok(tx) = tx {
                known.remember(bytes, tx);
            }
            place = place.saturating_add(1);
            Ok(())
        });
        match judged {
            Ok(()) => Ok(Ok(())),
            Err(Stop::Unfit(unfit)) => Ok(Err(unfit)),
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    fn next_block(&self, time: Timestamp) -> Ctx {
        let mut ctx = self.ctx(Mode::Check);
        ctx.env_mut().time = time;
        ctx
    }
}

fn check(ctx: &mut Ctx, tx: &mut Result<Tx>, checks: ante::Checks) -> Result<crate::TxResult> {
    let result = tx::execute(ctx, tx, checks, &GasMeter::unlimited());
    ctx.take_events();
    result
}

fn framed(tx: &[u8]) -> u64 {
    let length = u64::try_from(tx.len()).unwrap_or(u64::MAX);
    let digits = u64::from(length.max(1).ilog2() / 7).saturating_add(1);
    length.saturating_add(1).saturating_add(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_in_a_block_is_as_long_as_protobuf_frames_it() {
        for (length, framed_length) in [(0, 2), (127, 129), (128, 131), (16_383, 16_386), (16_384, 16_388)] {
            assert_eq!(framed(&vec![0; length]), framed_length, "{length}");
        }
    }
}
