//! Parameters: those that a vote can change, each declared once, and the fixed budgets of a block.

use entente_kernel::{Result, Span, Timestamp};
use entente_proto::alliance::alliance as wire;

use super::error;
use crate::params::{Declaration, declare, read_span};
use crate::wire as convert;

/// Unbonding entries that are paid, and redelegations that are completed, in one block.
pub const COMPLETIONS_PER_BLOCK: usize = 500;
/// Entries that the clean-ups of one block touch: faults, removed validators, dissolutions, restarted pools.
pub const CLEANUPS_PER_BLOCK: usize = 1000;
/// Failed payouts that are tried again in one block.
pub const RETRIES_PER_BLOCK: usize = 20;

/// All parameters, in the order of the wire.
pub const DECLARATIONS: &[Declaration] = &[
    declare(
        "reward_delay_time",
        "duration",
        "at least 0",
        "604800s",
        "How long after its creation an asset begins to earn rewards.",
    ),
    declare(
        "take_rate_claim_interval",
        "duration",
        "above 0",
        "300s",
        "How often the take rate of each asset is charged.",
    ),
    declare(
        "last_take_rate_claim_time",
        "time",
        "any; 0001-01-01T00:00:00Z means that the clock has not started",
        "0001-01-01T00:00:00Z",
        "The end of the last interval that was charged.",
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Params {
    pub reward_delay: Span,
    pub take_interval: Span,
    pub last_take: Timestamp,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            reward_delay: Span::from_secs(604_800),
            take_interval: Span::from_secs(300),
            last_take: Timestamp::NEVER,
        }
    }
}

impl Params {
    /// # Errors
    /// Durations that cannot be held; absent fields count as zero.
    pub fn from_wire(wire: &wire::Params) -> Result<Self> {
        let last = wire.last_take_rate_claim_time.as_ref();
        Ok(Self {
            reward_delay: read_span(wire.reward_delay_time.as_ref(), "reward_delay_time")?,
            take_interval: read_span(wire.take_rate_claim_interval.as_ref(), "take_rate_claim_interval")?,
            last_take: last
                .map_or(Ok(Timestamp::NEVER), |t| convert::parse_timestamp(t, "last_take_rate_claim_time"))?,
        })
    }

    pub fn to_wire(self) -> wire::Params {
        wire::Params {
            reward_delay_time: Some(convert::span(self.reward_delay)),
            take_rate_claim_interval: Some(convert::span(self.take_interval)),
            last_take_rate_claim_time: Some(convert::timestamp(self.last_take)),
        }
    }

    /// # Errors
    /// A negative delay in upstream's words; alliance 101 for an interval that is not positive.
    pub fn validate(&self) -> Result<()> {
        if self.reward_delay.is_negative() {
            return Err(not_positive(self.reward_delay));
        }
        if !self.take_interval.is_positive() {
            return Err(error::INVALID_INTERVAL.because(format!("take_rate_claim_interval: {}", self.take_interval)));
        }
        Ok(())
    }
}

/// Upstream's refusal of a negative duration.
pub fn not_positive(span: Span) -> entente_kernel::Error {
    entente_kernel::Error::plain(format!("duration must be positive: {}", span.0))
}
