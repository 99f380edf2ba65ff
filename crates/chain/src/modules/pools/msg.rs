//! Messages of the pools: wire → checked.

use entente_kernel::num::{Coin, Coins, Denom};
use entente_kernel::{AccAddress, Bech32, Error, Result, Span, Timestamp};
use entente_proto::pstake::liquidstake::v1beta1 as pstake;
use entente_proto::restake::liquid::v1 as own;
use entente_proto::restake::pools::v1 as wire;

use super::params::{HOPS_MAX, PARTS_MAX, Params};
use super::state::{Kind, Part, Place};
use super::{error, math};
use crate::message::Message;
use crate::modules::liquid;
use crate::wire as convert;

/// What a pool is made of.
#[derive(Debug, Clone)]
pub struct Terms {
    pub kind: Kind,
    /// In the order of their denoms.
    pub parts: Vec<Part>,
    pub swap_fee: u128,
}

#[derive(Debug, Clone)]
pub struct CreatePool {
    pub creator: AccAddress,
    pub terms: Terms,
}

#[derive(Debug, Clone)]
pub struct JoinPool {
    pub sender: AccAddress,
    pub pool: u64,
    pub coins: Coins,
    pub min_shares: u128,
    pub deadline: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct ExitPool {
    pub sender: AccAddress,
    pub pool: u64,
    pub shares: u128,
    pub min_coins: Coins,
    pub deadline: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct Swap {
    pub sender: AccAddress,
    pub coin: Coin,
    /// Pool and coin that it pays, one after the other.
    pub route: Vec<(u64, Denom)>,
    pub min_out: u128,
    pub deadline: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct FundIncentive {
    pub funder: AccAddress,
    pub pool: u64,
    pub coin: Coin,
    /// `None`: now.
    pub start: Option<Timestamp>,
    pub period: Span,
}

/// Shares that are staked in a place.
#[derive(Debug, Clone)]
pub struct StakeShares {
    pub owner: AccAddress,
    pub pool: u64,
    pub shares: u128,
    pub place: Place,
}

/// As [`StakeShares`], taken back.
#[derive(Debug, Clone)]
pub struct UnstakeShares(pub StakeShares);

/// Makes an existing delegation liquid, and stakes it in a pool with liquid coins that the delegator has already.
#[derive(Debug, Clone)]
pub struct StakeToLp {
    pub delegation: liquid::msg::StakeDelegation,
    pub liquid: Coin,
}

#[derive(Debug, Clone)]
pub struct ClaimIncentives {
    pub owner: AccAddress,
    pub pool: u64,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: Params,
}

#[derive(Debug, Clone)]
pub struct SetPoolPaused {
    pub authority: String,
    pub pool: u64,
    pub paused: bool,
}

impl Message for CreatePool {
    type Wire = wire::MsgCreatePool;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.creator)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let creator = bech32.parse_acc(&wire.creator)?;
        Ok(Self { creator, terms: terms(wire.kind, &wire.assets, &wire.swap_fee, wire.amplification)? })
    }
}

impl Message for JoinPool {
    type Wire = wire::MsgJoinPool;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.sender)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let coins = convert::parse_coins(&wire.coins, "coins")?;
        if coins.is_empty() {
            return Err(error::TOO_SMALL.because("coins: at least one is wanted"));
        }
        Ok(Self {
            sender: bech32.parse_acc(&wire.sender)?,
            pool: wire.pool,
            coins,
            min_shares: convert::parse_amount(&wire.min_shares_out, "min_shares_out")?,
            deadline: convert::parse_time(wire.deadline.as_ref(), "deadline")?,
        })
    }
}

impl Message for ExitPool {
    type Wire = wire::MsgExitPool;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.sender)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self {
            sender: bech32.parse_acc(&wire.sender)?,
            pool: wire.pool,
            shares: convert::parse_some(&wire.shares, "shares", error::TOO_SMALL)?,
            min_coins: convert::parse_coins(&wire.min_coins_out, "min_coins_out")?,
            deadline: convert::parse_time(wire.deadline.as_ref(), "deadline")?,
        })
    }
}

impl Message for Swap {
    type Wire = wire::MsgSwap;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.sender)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let coin = convert::parse_some_coin(wire.coin_in.as_ref(), "coin_in", error::TOO_SMALL)?;
        if wire.route.is_empty() || wire.route.len() > HOPS_MAX {
            let hops = wire.route.len();
            return Err(error::INVALID_ROUTE.because(format!("route: {hops} pools; 1 to {HOPS_MAX} are allowed")));
        }
        let hop = |hop: &wire::Hop| Ok((hop.pool, Denom::new(&hop.denom_out)?));
        Ok(Self {
            sender: bech32.parse_acc(&wire.sender)?,
            coin,
            route: wire.route.iter().map(hop).collect::<Result<_>>()?,
            min_out: convert::parse_amount(&wire.min_out, "min_out")?,
            deadline: convert::parse_time(wire.deadline.as_ref(), "deadline")?,
        })
    }
}

impl Message for FundIncentive {
    type Wire = wire::MsgFundIncentive;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.funder)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self {
            funder: bech32.parse_acc(&wire.funder)?,
            pool: wire.pool,
            coin: convert::parse_some_coin(wire.amount.as_ref(), "amount", error::TOO_SMALL)?,
            start: convert::parse_time(wire.start.as_ref(), "start")?,
            period: convert::parse_span(&wire.period.unwrap_or_default(), "period")?,
        })
    }
}

impl StakeShares {
    fn read(owner: &str, pool: u64, shares: &str, validator: &str, bech32: &Bech32) -> Result<Self> {
        let (owner, place) = (bech32.parse_acc(owner)?, place(validator, bech32)?);
        Ok(Self { owner, pool, shares: convert::parse_some(shares, "shares", error::TOO_SMALL)?, place })
    }
}

impl Message for StakeShares {
    type Wire = wire::MsgStakeShares;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.owner)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Self::read(&wire.owner, wire.pool, &wire.shares, &wire.validator, bech32)
    }
}

impl Message for UnstakeShares {
    type Wire = wire::MsgUnstakeShares;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.owner)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        StakeShares::read(&wire.owner, wire.pool, &wire.shares, &wire.validator, bech32).map(Self)
    }
}

impl Message for StakeToLp {
    type Wire = pstake::MsgStakeToLp;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.delegator_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let liquid = convert::parse_coin(&wire.liquid_amount.unwrap_or_default(), "liquid_amount")?;
        if liquid.amount.is_negative() {
            return Err(error::TOO_SMALL.because(format!("liquid_amount: {liquid}")));
        }
        let delegation = liquid::msg::StakeDelegation::check(
            own::MsgStakeDelegation {
                delegator: wire.delegator_address,
                validator: wire.validator_address,
                amount: wire.staked_amount,
            },
            bech32,
        )?;
        Ok(Self { delegation, liquid })
    }
}

impl Message for ClaimIncentives {
    type Wire = wire::MsgClaimIncentives;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.owner)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self { owner: bech32.parse_acc(&wire.owner)?, pool: wire.pool, place: place(&wire.validator, bech32)? })
    }
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, params: Params::from_wire(&wire.params.unwrap_or_default())? })
    }
}

impl Message for SetPoolPaused {
    type Wire = wire::MsgSetPoolPaused;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.authority)?])
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, pool: wire.pool, paused: wire.paused })
    }
}

/// The terms of a pool, as far as they can be checked without the state. Coins are put in the order of their denoms.
///
/// # Errors
/// pools 3 that names the field, and what is allowed.
pub fn terms(kind: i32, assets: &[wire::PoolAsset], swap_fee: &str, amplification: u64) -> Result<Terms> {
    let kind = match wire::PoolKind::try_from(kind) {
        Ok(wire::PoolKind::Weighted) if amplification == 0 => Kind::Weighted,
        Ok(wire::PoolKind::Weighted) => return Err(invalid("amplification: a weighted pool has none")),
        Ok(wire::PoolKind::Stable) => Kind::Stable(amplification),
        _ => return Err(invalid("kind: POOL_KIND_WEIGHTED or POOL_KIND_STABLE is wanted")),
    };
    if !(2..=PARTS_MAX).contains(&assets.len()) {
        return Err(invalid(&format!("assets: {}; 2 to {PARTS_MAX} are allowed", assets.len())));
    }
    let mut parts = assets.iter().map(part).collect::<Result<Vec<_>>>()?;
    parts.sort_by(|a, b| a.denom.cmp(&b.denom));
    if let Some((twice, _)) = parts.iter().zip(parts.iter().skip(1)).find(|(a, b)| a.denom == b.denom) {
        return Err(invalid(&format!("assets: {} stands twice", twice.denom)));
    }
    check_weights(kind, &parts)?;
    Ok(Terms { kind, parts, swap_fee: convert::parse_wad(swap_fee, "swap_fee")? })
}

fn check_weights(kind: Kind, parts: &[Part]) -> Result<()> {
    if kind != Kind::Weighted {
        return match parts.iter().find(|part| part.weight != 0) {
            Some(part) => Err(invalid(&format!("assets.weight: {}, a stable pool has no weights", part.denom))),
            None => Ok(()),
        };
    }
    if let Some(part) = parts.iter().find(|part| part.weight < super::params::WEIGHT_MIN) {
        let weight = part.weight;
        return Err(invalid(&format!("assets.weight: {} of {weight} x 10^-18; at least 0.01 is allowed", part.denom)));
    }
    match parts.iter().try_fold(0u128, |all, part| all.checked_add(part.weight)) {
        Some(math::WAD) => Ok(()),
        all => Err(invalid(&format!(
            "assets.weight: together {} x 10^-18; they must add up to exactly 1",
            all.unwrap_or(u128::MAX)
        ))),
    }
}

fn part(wire: &wire::PoolAsset) -> Result<Part> {
    let coin = convert::parse_coin(&wire.reserve.clone().unwrap_or_default(), "assets.reserve")?;
    let reserve = coin.amount.to_u128();
    let reserve =
        reserve.ok_or_else(|| invalid(&format!("assets.reserve: {} is negative or too large", coin.amount)))?;
    Ok(Part { denom: coin.denom, reserve, weight: convert::parse_wad(&wire.weight, "assets.weight")? })
}

/// No validator: for the incentives alone.
pub fn place(text: &str, bech32: &Bech32) -> Result<Place> {
    if text.is_empty() { Ok(Place(None)) } else { bech32.parse_val(text).map(|validator| Place(Some(validator))) }
}

fn invalid(text: &str) -> Error {
    error::INVALID_TERMS.because(text)
}
