//! What a vote can change about all pools, each parameter declared once, and the fixed bounds.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Coin, Coins, Denom, Int, WAD};
use entente_kernel::{Result, Span};
use entente_proto::restake::pools::v1 as wire;

use super::error;
use crate::params::{Declaration, check_count, check_fraction, check_span, declare, read_bond, read_span};
use crate::wire as convert;

/// Coins of a pool.
pub const PARTS_MAX: usize = 4;
/// Pools that a swap may lead through.
pub const HOPS_MAX: usize = 5;
/// Least of each coin in a new pool, in base units.
pub const FIRST_RESERVE: u128 = 1_000_000;
/// Smallest weight: a hundredth.
pub const WEIGHT_MIN: u128 = WAD / 100;
/// Incentives of a pool that flow or wait.
pub const INCENTIVES_MAX: usize = 16;
/// Reward coins that a pool ever had.
pub const REWARD_DENOMS_MAX: usize = 16;
/// Staked shares below which no incentive flows: else who stakes a few for a moment would take all.
pub const STAKED_MIN: u128 = 1_000_000_000;
/// Pools that are observed in one block without being touched.
pub const OBSERVED_PER_BLOCK: usize = 8;
/// Reports of which one block sees whether they are due.
pub const REPORTS_PER_BLOCK: usize = 16;
/// How long a report stands if no rate changes.
pub const REPORT_EVERY: Span = Span::from_secs(600);
/// Parts of the short window after which the sums are written down.
pub const SNAPSHOTS_PER_WINDOW: i64 = 24;
/// Pools of one pair that are asked for an average.
pub const POOLS_PER_PAIR: usize = 16;
/// How deep shares of pools may stand inside pools.
pub const DEPTH_MAX: usize = 3;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// All parameters, in the order of the wire.
pub const DECLARATIONS: &[Declaration] = &[
    declare(
        "creation_fee",
        "coin",
        "any, or none",
        "100000000uente",
        "What making a pool costs; the community pool gets it.",
    ),
    declare("swap_fee_max", "fraction", "0 to 0.5", "0.05", "Highest fee of a pool."),
    declare("amplification_max", "factor", "1 to 1000000", "10000", "Highest amplification of a stable pool."),
    declare("window_short", "duration", "1h to 7d", "86400s", "Shorter window of averages."),
    declare("window_long", "duration", "the shorter, to 32 of it", "604800s", "Longer window of averages."),
    declare("paused", "switch", "any", "false", "Nothing is joined or swapped; exits go on."),
];

/// Fractions are in steps of 10^-18.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// One coin, or none.
    pub creation_fee: Coins,
    pub swap_fee_max: u128,
    pub amplification_max: u64,
    pub window_short: Span,
    pub window_long: Span,
    pub paused: bool,
}

impl Default for Params {
    fn default() -> Self {
        let fee = Denom::new("uente").and_then(|denom| Coins::one(Coin::new(denom, Int::from_u64(100_000_000))));
        Self {
            creation_fee: fee.unwrap_or_default(),
            swap_fee_max: WAD / 20,
            amplification_max: 10_000,
            window_short: Span::from_secs(DAY),
            window_long: Span::from_secs(7 * DAY),
            paused: false,
        }
    }
}

impl Params {
    /// # Errors
    /// pools 15 that names the field and what is allowed; other refusals for what cannot be read.
    pub fn from_wire(wire: &wire::Params) -> Result<Self> {
        let params = Self {
            creation_fee: read_bond(wire.creation_fee.as_ref(), "creation_fee")?,
            swap_fee_max: convert::parse_wad(&wire.swap_fee_max, "swap_fee_max")?,
            amplification_max: wire.amplification_max,
            window_short: read_span(wire.window_short.as_ref(), "window_short")?,
            window_long: read_span(wire.window_long.as_ref(), "window_long")?,
            paused: wire.paused,
        };
        params.validate()?;
        Ok(params)
    }

    pub fn to_wire(&self) -> wire::Params {
        wire::Params {
            creation_fee: self.creation_fee.iter().next().map(convert::coin),
            swap_fee_max: convert::wad(self.swap_fee_max),
            amplification_max: self.amplification_max,
            window_short: Some(convert::span(self.window_short)),
            window_long: Some(convert::span(self.window_long)),
            paused: self.paused,
        }
    }

    fn validate(&self) -> Result<()> {
        let code = error::INVALID_PARAMS;
        check_fraction(code, "swap_fee_max", self.swap_fee_max, 0, WAD / 2)?;
        check_count(code, "amplification_max", u128::from(self.amplification_max), 1, 1_000_000)?;
        check_span(code, "window_short", self.window_short, HOUR, 7 * DAY)?;
        let short = self.window_short.whole_secs();
        check_span(code, "window_long", self.window_long, short, short.saturating_mul(32))
    }

    /// From one writing down of the sums to the next.
    pub fn snapshot_every(&self) -> Span {
        Span(self.window_short.0.checked_div(SNAPSHOTS_PER_WINDOW).unwrap_or(self.window_short.0))
    }
}
