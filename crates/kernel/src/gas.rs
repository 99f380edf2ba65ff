//! Gas: a deterministic measure of work, charged by reads, writes, bytes and signatures with the prices of the Cosmos SDK.

use std::cell::Cell;

use crate::error::{Result, sdk};

/// Prices of store operations, in gas (Cosmos SDK `KVGasConfig`).
pub mod price {
    pub const HAS: u64 = 1_000;
    pub const DELETE: u64 = 1_000;
    pub const READ_FLAT: u64 = 1_000;
    pub const READ_BYTE: u64 = 3;
    pub const WRITE_FLAT: u64 = 2_000;
    pub const WRITE_BYTE: u64 = 30;
    pub const NEXT_FLAT: u64 = 30;
}

/// Counts gas up to a limit. Reading charges too, therefore the counter is a cell.
#[derive(Debug, Clone, Default)]
pub struct GasMeter {
    limit: Option<u64>,
    used: Cell<u64>,
    idle: bool,
}

impl GasMeter {
    /// A meter that never refuses.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// A meter that does not count, for work that nobody pays: begin and end of a block. Records that are written under it are encoded
    /// when their bytes are needed, since nobody asks how many there are.
    pub fn idle() -> Self {
        Self { idle: true, ..Self::default() }
    }

    pub fn with_limit(limit: u64) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }

    pub fn counts(&self) -> bool {
        !self.idle
    }

    pub fn used(&self) -> u64 {
        self.used.get()
    }

    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Charges `amount`; `what` names the work in the refusal.
    ///
    /// # Errors
    /// `sdk` 11 when the limit is passed. What was used stays counted.
    pub fn charge(&self, amount: u64, what: &str) -> Result<()> {
        if self.idle {
            return Ok(());
        }
        // A meter at its end stays there: past every limit.
        let used = self.used.get().saturating_add(amount);
        self.used.set(used);
        match self.limit {
            Some(limit) if used > limit => {
                Err(sdk::OUT_OF_GAS
                    .because(format!("out of gas in location: {what}; gasWanted: {limit}, gasUsed: {used}")))
            }
            _ => Ok(()),
        }
    }
}
