//! What a vote can change about all vaults, each parameter declared once, and the fixed budgets of a block.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Coin, Coins, Denom, Int};
use entente_kernel::{Result, Span};
use entente_proto::restake::vault::v1 as wire;

use super::error;
use super::math::{MAGNITUDE, Terms, VIRTUAL_SHARES, WAD};
use crate::params::{Declaration, check_count, check_fraction, check_span, declare, read_bond, read_span};
use crate::wire as convert;

/// Epochs of vaults that end in one block; the rest follows in order.
pub const EPOCHS_PER_BLOCK: usize = 4;
/// Batches that are looked at in one block because they are due.
pub const DUE_PER_BLOCK: usize = 16;
/// Places of vaults whose epochs end in one block, unless a single vault has more.
pub const PLACES_PER_BLOCK: usize = 384;
/// Places whose rewards are claimed in one block, less one for so many places of vaults whose epochs end in it.
pub const CLAIMS_PER_BLOCK: usize = 64;
pub const LOOKS_PER_CLAIM: usize = 4;
/// Amounts of coins that are paid to leavers by themselves in one block.
pub const PAYMENTS_PER_BLOCK: usize = 600;
/// How long after a failed epoch it is tried again.
pub const RETRY: Span = Span::from_secs(60);
/// Reward coins that one vault sells at a time, and that it lets flow.
pub const REWARD_DENOMS_MAX: usize = 16;
/// Locked shares below which no rewards flow: else who locks a few shares for a moment would take all.
pub const LOCKED_MIN: u128 = 1_000_000_000;

const DAY: i64 = 86_400;

/// All parameters, in the order of the wire.
pub const DECLARATIONS: &[Declaration] = &[
    declare(
        "epoch",
        "duration",
        "1m to 30d",
        "86400s",
        "How often batches close, targets move and rewards are claimed.",
    ),
    declare(
        "virtual_shares",
        "shares",
        "1000000",
        "1000000",
        "Shares that an empty vault has against one unit; fixed.",
    ),
    declare("k", "fraction", "0 to 10", "0.5", "Strength of the imbalance fee."),
    declare("beta", "fraction", "0 to 1", "0.8", "Part of a restored imbalance that is paid as a bonus."),
    declare("delta", "fraction", "0 to 1", "0.01", "How far price and rate may differ for a swap."),
    declare(
        "boot_nav",
        "underlying",
        "any",
        "1000000000",
        "Value below which a vault has no fee, bonus and relative caps; the first canary cap.",
    ),
    declare("tau_step", "fraction", "above 0, to 1", "0.02", "Largest move of a target in an epoch."),
    declare("exit_horizon", "duration", "1m to 28d", "1814400s", "From the close of a batch until it is paid."),
    declare("kappa_max", "fraction", "0 to 0.9", "0.5", "Largest sum of isolated budgets."),
    declare("rho_max", "fraction", "0 to 1", "0.3", "Largest part of a vault on other chains."),
    declare("omega_max", "factor", "1 to 10", "3", "Largest overcommitment of a pool."),
    declare("performance_fee_max", "fraction", "0 to 0.2", "0.2", "Largest fee on restaking rewards."),
    declare("batches_max", "count", "2 to 64", "64", "Batches of a vault that are not finished."),
    declare("assets_max", "count", "1 to 12", "12", "Assets of a vault."),
    declare("allocs_max", "count", "0 to 64", "64", "Promises of a vault."),
    declare("creation_bond", "coin", "any", "1000000000uente", "What making a vault locks until it is closed."),
    declare("issuer_cap", "fraction", "above 0, to 1", "0.6", "Largest part of one issuer, where there are three."),
    declare("deposit_epoch_cap", "fraction", "above 0, to 1", "0.05", "Most deposits of one asset in an epoch."),
    declare(
        "depth_factor",
        "factor",
        "above 0, to 1000",
        "10",
        "Largest value of an asset beside the depth of its market.",
    ),
    declare(
        "insurance_target",
        "fraction",
        "0 to 1",
        "0.02",
        "Value of insurance shares above which rewards feed it no more.",
    ),
    declare("swap_cap", "fraction", "0 to 0.1", "0.002", "Most value that swaps move in an epoch."),
    declare("notice_epochs", "epochs", "1 to 30", "3", "From the announcement of a change to its effect."),
    declare(
        "halt_threshold",
        "duration",
        "0s, or 1m to 1d",
        "600s",
        "Time between two blocks above which the chain stood still: batches are due later by it. Zero: halts are not counted.",
    ),
];

/// Fractions and factors are in steps of 10^-18.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    pub epoch: Span,
    pub k: u128,
    pub beta: u128,
    pub delta: u128,
    pub boot_nav: u128,
    pub tau_step: u128,
    pub exit_horizon: Span,
    pub kappa_max: u128,
    pub rho_max: u128,
    pub omega_max: u128,
    pub performance_fee_max: u128,
    pub batches_max: u32,
    pub assets_max: u32,
    pub allocs_max: u32,
    /// One coin, or none.
    pub creation_bond: Coins,
    pub issuer_cap: u128,
    pub deposit_epoch_cap: u128,
    pub depth_factor: u128,
    pub insurance_target: u128,
    pub swap_cap: u128,
    pub notice_epochs: u32,
    pub halt_threshold: Span,
}

impl Default for Params {
    fn default() -> Self {
        let bond = Denom::new("uente").and_then(|denom| Coins::one(Coin::new(denom, Int::from_u64(1_000_000_000))));
        Self {
            epoch: Span::from_secs(DAY),
            k: 500_000_000_000_000_000,
            beta: 800_000_000_000_000_000,
            delta: 10_000_000_000_000_000,
            boot_nav: 1_000_000_000,
            tau_step: 20_000_000_000_000_000,
            exit_horizon: Span::from_secs(21 * DAY),
            kappa_max: 500_000_000_000_000_000,
            rho_max: 300_000_000_000_000_000,
            omega_max: 3_000_000_000_000_000_000,
            performance_fee_max: 200_000_000_000_000_000,
            batches_max: 64,
            assets_max: 12,
            allocs_max: 64,
            creation_bond: bond.unwrap_or_default(),
            issuer_cap: 600_000_000_000_000_000,
            deposit_epoch_cap: 50_000_000_000_000_000,
            depth_factor: 10_000_000_000_000_000_000,
            insurance_target: 20_000_000_000_000_000,
            swap_cap: 2_000_000_000_000_000,
            notice_epochs: 3,
            halt_threshold: Span::from_secs(600),
        }
    }
}

impl Params {
    /// The charge for imbalance.
    pub fn terms(&self) -> Terms {
        Terms { strength: self.k, bonus_part: self.beta, boot_nav: self.boot_nav }
    }

    /// # Errors
    /// vault 17 that names the field and what is allowed; other refusals for what cannot be read.
    pub fn from_wire(wire: &wire::Params) -> Result<Self> {
        let virtual_shares = convert::parse_amount(&wire.virtual_shares, "virtual_shares")?;
        check_count(error::INVALID_PARAMS, "virtual_shares", virtual_shares, VIRTUAL_SHARES, VIRTUAL_SHARES)?;
        let params = Self {
            epoch: read_span(wire.epoch.as_ref(), "epoch")?,
            k: convert::parse_wad(&wire.k, "k")?,
            beta: convert::parse_wad(&wire.beta, "beta")?,
            delta: convert::parse_wad(&wire.delta, "delta")?,
            boot_nav: convert::parse_amount(&wire.boot_nav, "boot_nav")?,
            tau_step: convert::parse_wad(&wire.tau_step, "tau_step")?,
            exit_horizon: read_span(wire.exit_horizon.as_ref(), "exit_horizon")?,
            kappa_max: convert::parse_wad(&wire.kappa_max, "kappa_max")?,
            rho_max: convert::parse_wad(&wire.rho_max, "rho_max")?,
            omega_max: convert::parse_wad(&wire.omega_max, "omega_max")?,
            performance_fee_max: convert::parse_wad(&wire.performance_fee_max, "performance_fee_max")?,
            batches_max: wire.batches_max,
            assets_max: wire.assets_max,
            allocs_max: wire.allocs_max,
            creation_bond: read_bond(wire.creation_bond.as_ref(), "creation_bond")?,
            issuer_cap: convert::parse_wad(&wire.issuer_cap, "issuer_cap")?,
            deposit_epoch_cap: convert::parse_wad(&wire.deposit_epoch_cap, "deposit_epoch_cap")?,
            depth_factor: convert::parse_wad(&wire.depth_factor, "depth_factor")?,
            insurance_target: convert::parse_wad(&wire.insurance_target, "insurance_target")?,
            swap_cap: convert::parse_wad(&wire.swap_cap, "swap_cap")?,
            notice_epochs: wire.notice_epochs,
            halt_threshold: read_span(wire.halt_threshold.as_ref(), "halt_threshold")?,
        };
        params.validate()?;
        Ok(params)
    }

    pub fn to_wire(&self) -> wire::Params {
        wire::Params {
            epoch: Some(convert::span(self.epoch)),
            virtual_shares: VIRTUAL_SHARES.to_string(),
            k: convert::wad(self.k),
            beta: convert::wad(self.beta),
            delta: convert::wad(self.delta),
            boot_nav: self.boot_nav.to_string(),
            tau_step: convert::wad(self.tau_step),
            exit_horizon: Some(convert::span(self.exit_horizon)),
            kappa_max: convert::wad(self.kappa_max),
            rho_max: convert::wad(self.rho_max),
            omega_max: convert::wad(self.omega_max),
            performance_fee_max: convert::wad(self.performance_fee_max),
            batches_max: self.batches_max,
            assets_max: self.assets_max,
            allocs_max: self.allocs_max,
            creation_bond: self.creation_bond.iter().next().map(convert::coin),
            issuer_cap: convert::wad(self.issuer_cap),
            deposit_epoch_cap: convert::wad(self.deposit_epoch_cap),
            depth_factor: convert::wad(self.depth_factor),
            insurance_target: convert::wad(self.insurance_target),
            swap_cap: convert::wad(self.swap_cap),
            notice_epochs: self.notice_epochs,
            halt_threshold: Some(convert::span(self.halt_threshold)),
        }
    }

    fn validate(&self) -> Result<()> {
        for (name, span, most) in [("epoch", self.epoch, 30 * DAY), ("exit_horizon", self.exit_horizon, 28 * DAY)] {
            check_span(error::INVALID_PARAMS, name, span, 60, most)?;
        }
        if self.halt_threshold != Span::ZERO {
            check_span(error::INVALID_PARAMS, "halt_threshold", self.halt_threshold, 60, DAY)?;
        }
        let fractions = [
            ("k", self.k, 0, 10 * WAD),
            ("beta", self.beta, 0, WAD),
            ("delta", self.delta, 0, WAD),
            ("tau_step", self.tau_step, 1, WAD),
            ("kappa_max", self.kappa_max, 0, WAD / 10 * 9),
            ("rho_max", self.rho_max, 0, WAD),
            ("omega_max", self.omega_max, WAD, 10 * WAD),
            ("performance_fee_max", self.performance_fee_max, 0, WAD / 5),
            ("issuer_cap", self.issuer_cap, 1, WAD),
            ("deposit_epoch_cap", self.deposit_epoch_cap, 1, WAD),
            ("depth_factor", self.depth_factor, 1, 1_000 * WAD),
            ("insurance_target", self.insurance_target, 0, WAD),
            ("swap_cap", self.swap_cap, 0, WAD / 10),
        ];
        for (name, fraction, least, most) in fractions {
            check_fraction(error::INVALID_PARAMS, name, fraction, least, most)?;
        }
        check_count(error::INVALID_PARAMS, "boot_nav", self.boot_nav, 0, MAGNITUDE)?;
        let counts = [
            ("batches_max", self.batches_max, 2, 64),
            ("assets_max", self.assets_max, 1, 12),
            ("allocs_max", self.allocs_max, 0, 64),
            ("notice_epochs", self.notice_epochs, 1, 30),
        ];
        for (name, count, least, most) in counts {
            check_count(error::INVALID_PARAMS, name, count.into(), least, most)?;
        }
        Ok(())
    }
}
