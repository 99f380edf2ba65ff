//! Messages of distribution: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Bech32, Error, Result, ValAddress};
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::cosmos::distribution::v1beta1 as wire;

use super::params::Params;
use crate::message::Message;
use crate::modules::bank::msg::positive_coins;

/// Chooses where rewards go.
#[derive(Debug, Clone)]
pub struct SetWithdrawAddress {
    pub delegator: AccAddress,
    pub to: AccAddress,
}

impl Message for SetWithdrawAddress {
    type Wire = wire::MsgSetWithdrawAddress;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self {
            delegator: parse_delegator(&wire.delegator_address, bech32)?,
            to: bech32.parse_acc(&wire.withdraw_address).map_err(|e| e.wrap("invalid withdraw address"))?,
        })
    }
}

/// Pays a delegation what it has earned.
#[derive(Debug, Clone)]
pub struct WithdrawDelegatorReward {
    pub delegator: AccAddress,
    pub validator: ValAddress,
}

impl Message for WithdrawDelegatorReward {
    type Wire = wire::MsgWithdrawDelegatorReward;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let validator = parse_validator(&wire.validator_address, bech32)?;
        Ok(Self { delegator: parse_delegator(&wire.delegator_address, bech32)?, validator })
    }
}

/// Pays an operator its commission.
#[derive(Debug, Clone)]
pub struct WithdrawValidatorCommission {
    pub validator: ValAddress,
}

impl Message for WithdrawValidatorCommission {
    type Wire = wire::MsgWithdrawValidatorCommission;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_val(&wire.validator_address)?.into()])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self { validator: parse_validator(&wire.validator_address, bech32)? })
    }
}

/// Gives coins to the community pool.
#[derive(Debug, Clone)]
pub struct FundCommunityPool {
    pub depositor: AccAddress,
    pub amount: Coins,
}

impl Message for FundCommunityPool {
    type Wire = wire::MsgFundCommunityPool;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.depositor)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let depositor = bech32.parse_acc(&wire.depositor).map_err(|e| e.wrap("invalid depositor address"))?;
        Ok(Self { depositor, amount: some_coins(&wire.amount)? })
    }
}

/// Pays coins of the community pool; by vote.
#[derive(Debug, Clone)]
pub struct CommunityPoolSpend {
    pub authority: String,
    pub recipient: String,
    pub amount: Vec<WireCoin>,
}

impl Message for CommunityPoolSpend {
    type Wire = wire::MsgCommunityPoolSpend;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    /// The authority is judged before the rest, so everything waits for the handler.
    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, recipient: wire.recipient, amount: wire.amount })
    }
}

/// Gives coins to a validator and its delegators.
#[derive(Debug, Clone)]
pub struct DepositValidatorRewardsPool {
    pub depositor: AccAddress,
    pub validator: ValAddress,
    pub amount: Coins,
}

impl Message for DepositValidatorRewardsPool {
    type Wire = wire::MsgDepositValidatorRewardsPool;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.depositor)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let depositor = bech32.parse_acc(&wire.depositor)?;
        let amount = if wire.amount.is_empty() { Coins::empty() } else { positive_coins(&wire.amount)? };
        Ok(Self { depositor, validator: bech32.parse_val(&wire.validator_address)?, amount })
    }
}

/// Replaces the parameters; by vote.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: wire::Params,
}

impl UpdateParams {
    /// The parameters, if they may be set.
    ///
    /// # Errors
    /// `sdk` 18 for proposer rewards, which have no effect any more; else a plain refusal that names the field.
    pub fn params(&self) -> Result<Params> {
        let is_set = |text: &str| !text.is_empty() && text != "0";
        if is_set(&self.params.base_proposer_reward) || is_set(&self.params.bonus_proposer_reward) {
            let text = "cannot update base or bonus proposer reward because these are deprecated fields";
            return Err(sdk::INVALID_REQUEST.because(text));
        }
        Params::from_wire(&self.params)
    }
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, _bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, params: wire.params.unwrap_or_default() })
    }
}

/// Coins of a message that must hold some.
///
/// # Errors
/// `sdk` 10.
pub fn some_coins(wire: &[WireCoin]) -> Result<Coins> {
    if wire.is_empty() {
        return Err(sdk::INVALID_COINS.because("amount cannot be nil"));
    }
    positive_coins(wire)
}

fn parse_validator(text: &str, bech32: &Bech32) -> Result<ValAddress> {
    bech32.parse_val(text).map_err(|e: Error| e.wrap("invalid validator address"))
}

fn parse_delegator(text: &str, bech32: &Bech32) -> Result<AccAddress> {
    bech32.parse_acc(text).map_err(|e| e.wrap("invalid delegator address"))
}
