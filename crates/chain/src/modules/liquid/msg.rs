//! Messages of liquid staking: wire → checked.

use entente_kernel::num::Denom;
use entente_kernel::{AccAddress, Bech32, Error, Result, ValAddress};
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::pstake::liquidstake::v1beta1 as wire;
use entente_proto::restake::liquid::v1 as own;

use super::params::{OwnParams, Params, read_validators};
use crate::message::Message;
use crate::wire as convert;

/// Stakes native coins for liquid ones.
#[derive(Debug, Clone)]
pub struct LiquidStake {
    pub delegator: AccAddress,
    pub denom: Denom,
    pub amount: u128,
}

/// Puts liquid coins in the open batch.
#[derive(Debug, Clone)]
pub struct LiquidUnstake {
    pub delegator: AccAddress,
    pub denom: Denom,
    pub amount: u128,
}

/// Brings an existing delegation in.
#[derive(Debug, Clone)]
pub struct StakeDelegation {
    pub delegator: AccAddress,
    pub validator: ValAddress,
    pub denom: Denom,
    pub amount: u128,
}

/// Takes liquid coins back out of the open batch.
#[derive(Debug, Clone)]
pub struct CancelUnstake {
    pub owner: AccAddress,
    pub denom: Denom,
    pub amount: u128,
}

/// Pays a claim.
#[derive(Debug, Clone)]
pub struct ClaimUnstaked {
    pub owner: AccAddress,
    pub batch: u64,
}

/// Replaces the parameters that existing clients know.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    /// Our own part is that of a new chain; the handler keeps the stored one.
    pub params: Params,
}

/// Replaces the others.
#[derive(Debug, Clone)]
pub struct UpdateOwnParams {
    pub authority: String,
    pub params: OwnParams,
}

/// Replaces the list of validators.
#[derive(Debug, Clone)]
pub struct UpdateValidators {
    pub authority: String,
    pub validators: Vec<(ValAddress, u32)>,
}

/// Pauses or opens staking.
#[derive(Debug, Clone)]
pub struct SetPaused {
    pub authority: AccAddress,
    pub paused: bool,
}

fn one_signer(text: &str, bech32: &Bech32) -> Result<Vec<AccAddress>> {
    Ok(vec![bech32.parse_acc(text)?])
}

/// A coin above zero.
fn coin(wire: Option<WireCoin>) -> Result<(Denom, u128)> {
    let coin = convert::parse_coin(&wire.unwrap_or_default(), "amount")?;
    match coin.amount.to_u128().filter(|amount| *amount > 0) {
        Some(amount) => Ok((coin.denom, amount)),
        None => Err(Error::plain(format!("amount: {coin} is not above zero"))),
    }
}

impl Message for LiquidStake {
    type Wire = wire::MsgLiquidStake;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.delegator_address, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (denom, amount) = coin(wire.amount)?;
        Ok(Self { delegator: bech32.parse_acc(&wire.delegator_address)?, denom, amount })
    }
}

impl Message for LiquidUnstake {
    type Wire = wire::MsgLiquidUnstake;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.delegator_address, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (denom, amount) = coin(wire.amount)?;
        Ok(Self { delegator: bech32.parse_acc(&wire.delegator_address)?, denom, amount })
    }
}

impl Message for StakeDelegation {
    type Wire = own::MsgStakeDelegation;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.delegator, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (denom, amount) = coin(wire.amount)?;
        let validator = bech32.parse_val(&wire.validator)?;
        Ok(Self { delegator: bech32.parse_acc(&wire.delegator)?, validator, denom, amount })
    }
}

impl Message for CancelUnstake {
    type Wire = own::MsgCancelUnstake;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.owner, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (denom, amount) = coin(wire.amount)?;
        Ok(Self { owner: bech32.parse_acc(&wire.owner)?, denom, amount })
    }
}

impl Message for ClaimUnstaked {
    type Wire = own::MsgClaimUnstaked;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.owner, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self { owner: bech32.parse_acc(&wire.owner)?, batch: wire.batch })
    }
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let params = Params::from_wire(&wire.params.unwrap_or_default(), OwnParams::default(), bech32)?;
        Ok(Self { authority: wire.authority, params })
    }
}

impl Message for UpdateOwnParams {
    type Wire = own::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        let params = OwnParams::from_wire(&wire.params.unwrap_or_default())?;
        Ok(Self { authority: wire.authority, params })
    }
}

impl Message for UpdateValidators {
    type Wire = wire::MsgUpdateWhitelistedValidators;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let validators = read_validators(&wire.whitelisted_validators, bech32)?;
        Ok(Self { authority: wire.authority, validators })
    }
}

impl Message for SetPaused {
    type Wire = wire::MsgSetModulePaused;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self { authority: bech32.parse_acc(&wire.authority)?, paused: wire.is_paused })
    }
}
