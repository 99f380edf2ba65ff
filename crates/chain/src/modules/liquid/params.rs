//! What a vote can change in liquid staking, each parameter declared once: those that existing clients know first, then our own.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{Denom, WAD};
use entente_kernel::{AccAddress, Bech32, Error, Result, Span, ValAddress};
use entente_proto::pstake::liquidstake::v1beta1 as wire;
use entente_proto::restake::liquid::v1 as own;

use super::error;
use crate::params::{Declaration, check_count, check_fraction, check_span, declare, read_address, read_span};
use crate::wire as convert;

/// What the weights of the validators add up to.
pub const WEIGHTS_TOTAL: u32 = 10_000;
/// Validators that may be listed.
pub const VALIDATORS_MAX: usize = 64;
/// Claims that a block pays by itself.
pub const CLAIMS_PER_BLOCK: usize = 100;
/// Moves of stake in an epoch.
pub const MOVES_PER_EPOCH: usize = 5;

/// All parameters, in the order of the two wires.
pub const DECLARATIONS: &[Declaration] = &[
    declare("liquid_bond_denom", "denom", "fixed once coins exist", "stk/uente", "The coin that stands for the stake."),
    declare(
        "whitelisted_validators",
        "list",
        "64, weights add up to 10000",
        "empty",
        "With whom stake lies, and how much.",
    ),
    declare("unstake_fee_rate", "fraction", "0 to 0.5", "0", "Part of what leaves that stays with the stakers."),
    declare("lsm_disabled", "switch", "any", "false", "Existing delegations cannot be brought in."),
    declare("min_liquid_stake_amount", "base units", "any", "1000", "Least that can be staked."),
    declare(
        "cw_locked_pool_address",
        "address",
        "any, or empty",
        "empty",
        "Account of the stable pool of the liquid and the staked coin that MsgStakeToLP joins.",
    ),
    declare(
        "fee_account_address",
        "address",
        "any, or empty",
        "empty",
        "Who gets the fees; empty: the community pool.",
    ),
    declare("autocompound_fee_rate", "fraction", "0 to 0.5", "0.05", "Part of the rewards that is no stake."),
    declare("whitelist_admin_address", "address", "any, or empty", "empty", "Who may pause, and nothing else."),
    declare("module_paused", "switch", "any", "false", "Nothing can be staked; exits go on."),
    declare("epoch", "duration", "60s to 7d", "3600s", "How often rewards are staked again."),
    declare("exit_period", "duration", "60s to 30d", "345600s", "How often the batch of those who leave closes."),
    declare("apr_cap", "fraction per year", "0 to 10", "0.5", "Highest growth of the value by rewards."),
    declare("quorum", "of 10000", "0 to 10000", "3333", "Weight of active validators below which nothing is staked."),
    declare("rebalance_trigger", "fraction", "0 to 1", "0.001", "Distance from its target at which stake is moved."),
];

/// Fractions are in steps of 10^-18.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    pub denom: Denom,
    /// With their weights, of 10000.
    pub validators: Vec<(ValAddress, u32)>,
    pub unstake_fee: u128,
    pub lsm_disabled: bool,
    pub min_stake: u128,
    /// The account of a pool, or nothing.
    pub locked_pool: String,
    pub fee_account: Option<AccAddress>,
    pub compound_fee: u128,
    pub admin: Option<AccAddress>,
    pub paused: bool,
    pub own: OwnParams,
}

/// What existing clients do not know.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OwnParams {
    pub epoch: Span,
    pub exit_period: Span,
    pub apr_cap: u128,
    pub quorum: u32,
    pub rebalance_trigger: u128,
}

impl Default for OwnParams {
    fn default() -> Self {
        Self {
            epoch: Span::from_secs(3_600),
            exit_period: Span::from_secs(345_600),
            apr_cap: WAD.div_ceil(2),
            quorum: 3_333,
            rebalance_trigger: 1_000_000_000_000_000,
        }
    }
}

fn wrong(text: impl std::fmt::Display) -> Error {
    error::INVALID_PARAMS.because(text)
}

fn fraction(text: &str, field: &str, most: u128) -> Result<u128> {
    let part = convert::parse_wad(text, field)?;
    check_fraction(error::INVALID_PARAMS, field, part, 0, most).map(|()| part)
}

/// The validators of a list, each once, with weights that add up to the whole; or none at all.
///
/// # Errors
/// liquidstake 14.
pub fn read_validators(wire: &[wire::WhitelistedValidator], bech32: &Bech32) -> Result<Vec<(ValAddress, u32)>> {
    let mut list: Vec<(ValAddress, u32)> = Vec::with_capacity(wire.len());
    let mut total = 0_u32;
    for row in wire {
        let validator = bech32.parse_val(&row.validator_address).map_err(|e| e.wrap("whitelisted_validators"))?;
        let weight: u32 = row.target_weight.parse().map_err(|_| wrong(format!("weight {:?}", row.target_weight)))?;
        if weight == 0 || weight > WEIGHTS_TOTAL || list.iter().any(|(v, _)| *v == validator) {
            return Err(wrong(format!("{}: named twice, or a weight of {weight}", row.validator_address)));
        }
        total = total.saturating_add(weight);
        list.push((validator, weight));
    }
    if list.len() > VALIDATORS_MAX || (!list.is_empty() && total != WEIGHTS_TOTAL) {
        return Err(wrong(format!("{} validators whose weights add up to {total}, not {WEIGHTS_TOTAL}", list.len())));
    }
    Ok(list)
}

impl Params {
    pub fn new(denom: Denom) -> Self {
        Self {
            denom,
            validators: Vec::new(),
            unstake_fee: 0,
            lsm_disabled: false,
            min_stake: 1_000,
            locked_pool: String::new(),
            fee_account: None,
            compound_fee: WAD.div_ceil(20),
            admin: None,
            paused: false,
            own: OwnParams::default(),
        }
    }

    /// What existing clients know, from the wire; `own` stays as it is.
    ///
    /// # Errors
    /// liquidstake 14 that names the field and what is allowed.
    pub fn from_wire(wire: &wire::Params, own: OwnParams, bech32: &Bech32) -> Result<Self> {
        const HALF: u128 = WAD / 2;
        let address = |text: &str, field: &str| read_address(text, field, bech32);
        Ok(Self {
            denom: Denom::new(&wire.liquid_bond_denom).map_err(|e| wrong(format!("liquid_bond_denom: {e}")))?,
            validators: read_validators(&wire.whitelisted_validators, bech32)?,
            unstake_fee: fraction(&wire.unstake_fee_rate, "unstake_fee_rate", HALF)?,
            lsm_disabled: wire.lsm_disabled,
            min_stake: convert::parse_amount(&wire.min_liquid_stake_amount, "min_liquid_stake_amount")?,
            locked_pool: address(&wire.cw_locked_pool_address, "cw_locked_pool_address")?
                .map(|a| bech32.acc(&a))
                .unwrap_or_default(),
            fee_account: address(&wire.fee_account_address, "fee_account_address")?,
            compound_fee: fraction(&wire.autocompound_fee_rate, "autocompound_fee_rate", HALF)?,
            admin: address(&wire.whitelist_admin_address, "whitelist_admin_address")?,
            paused: wire.module_paused,
            own,
        })
    }

    pub fn to_wire(&self, bech32: &Bech32) -> wire::Params {
        let row = |(validator, weight): &(ValAddress, u32)| wire::WhitelistedValidator {
            validator_address: bech32.val(validator),
            target_weight: weight.to_string(),
        };
        let address = |a: &Option<AccAddress>| a.map(|a| bech32.acc(&a)).unwrap_or_default();
        wire::Params {
            liquid_bond_denom: self.denom.to_string(),
            whitelisted_validators: self.validators.iter().map(row).collect(),
            unstake_fee_rate: convert::wad(self.unstake_fee),
            lsm_disabled: self.lsm_disabled,
            min_liquid_stake_amount: self.min_stake.to_string(),
            cw_locked_pool_address: self.locked_pool.clone(),
            fee_account_address: address(&self.fee_account),
            autocompound_fee_rate: convert::wad(self.compound_fee),
            whitelist_admin_address: address(&self.admin),
            module_paused: self.paused,
        }
    }

    pub fn weight(&self, validator: &ValAddress) -> u32 {
        self.validators.iter().find(|(v, _)| v == validator).map_or(0, |(_, weight)| *weight)
    }
}

impl OwnParams {
    /// # Errors
    /// liquidstake 14 that names the field and what is allowed.
    pub fn from_wire(wire: &own::Params) -> Result<Self> {
        const DAY: i64 = 86_400;
        const WEEK: i64 = 7 * DAY;
        const MONTH: i64 = 30 * DAY;
        const TEN: u128 = 10 * WAD;
        let span = |field: Option<&prost_types::Duration>, name: &str, most: i64| {
            let span = read_span(field, name)?;
            check_span(error::INVALID_PARAMS, name, span, 60, most).map(|()| span)
        };
        check_count(error::INVALID_PARAMS, "quorum", wire.quorum.into(), 0, WEIGHTS_TOTAL.into())?;
        Ok(Self {
            epoch: span(wire.epoch.as_ref(), "epoch", WEEK)?,
            exit_period: span(wire.exit_period.as_ref(), "exit_period", MONTH)?,
            apr_cap: fraction(&wire.apr_cap, "apr_cap", TEN)?,
            quorum: wire.quorum,
            rebalance_trigger: fraction(&wire.rebalance_trigger, "rebalance_trigger", WAD)?,
        })
    }

    pub fn to_wire(&self) -> own::Params {
        own::Params {
            epoch: Some(convert::span(self.epoch)),
            exit_period: Some(convert::span(self.exit_period)),
            apr_cap: convert::wad(self.apr_cap),
            quorum: self.quorum,
            rebalance_trigger: convert::wad(self.rebalance_trigger),
        }
    }
}
