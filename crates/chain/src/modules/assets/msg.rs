//! Messages of the registry: wire → checked.

use entente_kernel::num::{Denom, WAD};
use entente_kernel::{AccAddress, Bech32, Error, Result, Timestamp};
use entente_proto::restake::assets::v1 as wire;

use super::error;
use super::math::check_rate;
use super::params::Params;
use super::state::{Flags, Kind, Source, Target, TargetKind, Tier};
use crate::message::Message;
use crate::wire as convert;

/// The terms of an asset that somebody lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub denom: Denom,
    pub underlying: String,
    pub decimals: u32,
    /// `None`: as the group has it.
    pub underlying_decimals: Option<u32>,
    pub issuer: String,
    pub bridge_class: String,
    pub kind: Kind,
    pub tier: Tier,
    pub source: Source,
    /// To begin with, in steps of 10^-18.
    pub rate: u128,
    pub flags: Flags,
    pub cap_value: u128,
    pub haircut: u128,
    pub components: Vec<Denom>,
}

/// Lists an asset.
#[derive(Debug, Clone)]
pub struct RegisterAsset {
    pub authority: AccAddress,
    pub listing: Listing,
}

/// Moves an asset to another tier, by vote.
#[derive(Debug, Clone)]
pub struct SetAssetTier {
    pub authority: String,
    pub asset: u64,
    pub tier: Tier,
    pub flags: Flags,
    pub cap_value: u128,
    pub haircut: u128,
}

/// Brings a rate from the registered publisher.
#[derive(Debug, Clone)]
pub struct PublishRate {
    pub publisher: AccAddress,
    pub asset: u64,
    pub rate: u128,
    /// `None`: the time of the block.
    pub time: Option<Timestamp>,
}

/// What the guardian does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    PauseDeposits,
    /// The rate is at most this one.
    FreezeRate(u128),
}

/// Pauses or lowers, for a limited time.
#[derive(Debug, Clone)]
pub struct Tighten {
    pub guardian: AccAddress,
    pub target: Target,
    pub action: Action,
}

/// What a vote can do to the condition of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthChange {
    Pause,
    LiftPause,
    EndWatch,
    Impair,
    EndImpaired,
    WriteOff,
}

#[derive(Debug, Clone)]
pub struct SetHealth {
    pub authority: String,
    pub asset: u64,
    pub change: HealthChange,
}

/// Ends or confirms what the guardian did, by vote.
#[derive(Debug, Clone)]
pub struct Relax {
    pub authority: String,
    pub target: Target,
    pub confirm: bool,
}

/// Replaces the parameters.
#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: Params,
}

fn invalid(text: impl std::fmt::Display) -> Error {
    error::INVALID_TERMS.because(text)
}

fn one_signer(text: &str, bech32: &Bech32) -> Result<Vec<AccAddress>> {
    Ok(vec![bech32.parse_acc(text)?])
}

pub(super) fn tier(number: i32) -> Result<Tier> {
    match wire::Tier::try_from(number) {
        Ok(wire::Tier::Listed) => Ok(Tier::Listed),
        Ok(wire::Tier::Alliance) => Ok(Tier::Alliance),
        Ok(wire::Tier::Basket) => Ok(Tier::Basket),
        Err(_) => Err(invalid(format!("there is no tier {number}"))),
    }
}

fn kind(number: i32) -> Result<Kind> {
    match wire::AssetKind::try_from(number) {
        Ok(wire::AssetKind::Lst) => Ok(Kind::Lst),
        Ok(wire::AssetKind::Voucher) => Ok(Kind::Voucher),
        Ok(wire::AssetKind::Lp) => Ok(Kind::Lp),
        Ok(wire::AssetKind::Stable) => Ok(Kind::Stable),
        Ok(wire::AssetKind::Lrt) => Ok(Kind::Lrt),
        _ => Err(invalid(format!("there is no kind {number} of asset"))),
    }
}

/// The source of a rate, and the rate to begin with.
pub(super) fn source(wire: &wire::RateSource, bech32: &Bech32) -> Result<Source> {
    match wire::RateKind::try_from(wire.kind) {
        Ok(wire::RateKind::Local) => Ok(Source::Local),
        Ok(wire::RateKind::Static) => Ok(Source::Static),
        Ok(wire::RateKind::Push) => {
            let publisher = bech32.parse_acc(&wire.publisher).map_err(|e| e.wrap("rate_source.publisher"))?;
            Ok(Source::Push { publisher, channel: wire.channel.clone() })
        }
        Ok(wire::RateKind::Proof) => Ok(Source::Proof {
            connection: wire.connection_id.clone(),
            store: wire.store.clone(),
            key: wire.key.clone(),
        }),
        _ => Err(invalid(format!("there is no source {} of a rate", wire.kind))),
    }
}

fn word(text: &str, field: &str, least: usize) -> Result<String> {
    let fits = (least..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(invalid(format!("{field}: {text:?} is no word of {least} to 64 signs")))
    }
}

fn haircut(text: &str) -> Result<u128> {
    let part = convert::parse_wad(text, "haircut")?;
    if part > WAD { Err(invalid("haircut: at most 1")) } else { Ok(part) }
}

pub(super) fn flags(wire: Option<wire::AssetFlags>) -> Flags {
    let f = wire.unwrap_or_default();
    Flags { alliance_ok: f.alliance_ok, basket_ok: f.basket_ok, collateral_ok: f.collateral_ok }
}

impl Listing {
    /// # Errors
    /// assets 1 that names what is wrong.
    pub fn from_wire(wire: &wire::Asset, bech32: &Bech32) -> Result<Self> {
        let denom = |text: &str, field: &str| Denom::new(text).map_err(|e| invalid(format!("{field}: {e}")));
        let from = wire.rate_source.clone().unwrap_or_default();
        let rate = match convert::parse_wad(&from.rate, "rate_source.rate")? {
            0 => WAD,
            given => given,
        };
        check_rate(rate)?;
        Ok(Self {
            denom: denom(&wire.denom, "denom")?,
            underlying: word(&wire.underlying, "underlying", 1)?,
            decimals: wire.decimals,
            underlying_decimals: Some(wire.underlying_decimals).filter(|d| *d > 0),
            issuer: word(&wire.issuer, "issuer", 0)?,
            bridge_class: word(&wire.bridge_class, "bridge_class", 0)?,
            kind: kind(wire.kind)?,
            tier: tier(wire.tier)?,
            source: source(&from, bech32)?,
            rate,
            flags: flags(wire.flags),
            cap_value: convert::parse_amount(&wire.cap_value, "cap_value")?,
            haircut: haircut(&wire.haircut)?,
            components: wire.components.iter().map(|d| denom(d, "components")).collect::<Result<_>>()?,
        })
    }
}

impl Message for RegisterAsset {
    type Wire = wire::MsgRegisterAsset;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let authority = bech32.parse_acc(&wire.authority).map_err(|e| e.wrap("invalid authority address"))?;
        let asset = wire.asset.unwrap_or_default();
        let own = asset.id != 0 || !asset.r_window.is_empty() || !asset.lister.is_empty() || asset.bond.is_some();
        if own {
            return Err(invalid("id, window, lister and bond are given by the chain"));
        }
        Ok(Self { authority, listing: Listing::from_wire(&asset, bech32)? })
    }
}

impl Message for SetAssetTier {
    type Wire = wire::MsgSetAssetTier;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        let caps = wire.caps.unwrap_or_default();
        Ok(Self {
            authority: wire.authority,
            asset: wire.asset_id,
            tier: tier(wire.tier)?,
            flags: flags(caps.flags),
            cap_value: convert::parse_amount(&caps.cap_value, "caps.cap_value")?,
            haircut: haircut(&caps.haircut)?,
        })
    }
}

impl Message for PublishRate {
    type Wire = wire::MsgPublishRate;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.publisher, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let publisher = bech32.parse_acc(&wire.publisher).map_err(|e| e.wrap("invalid publisher address"))?;
        let rate = convert::parse_wad(&wire.rate, "rate")?;
        check_rate(rate)?;
        let time = wire.time.map(|t| convert::parse_timestamp(&t, "time")).transpose()?;
        Ok(Self { publisher, asset: wire.asset_id, rate, time })
    }
}

pub(super) fn target(wire: Option<wire::TightenTarget>) -> Result<Target> {
    let wire = wire.unwrap_or_default();
    let kind = match wire::TargetKind::try_from(wire.kind) {
        Ok(wire::TargetKind::Asset) => TargetKind::Asset,
        Ok(wire::TargetKind::Vault) => TargetKind::Vault,
        Ok(wire::TargetKind::Service) => TargetKind::Service,
        _ => return Err(error::INVALID_TARGET.because(format!("kind {}", wire.kind))),
    };
    Ok(Target { kind, id: wire.id })
}

impl Message for Tighten {
    type Wire = wire::MsgTighten;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.guardian, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let guardian = bech32.parse_acc(&wire.guardian).map_err(|e| e.wrap("invalid guardian address"))?;
        let (target, action) = (target(wire.target)?, wire.action.unwrap_or_default());
        let action = match wire::TightenKind::try_from(action.kind) {
            Ok(wire::TightenKind::PauseDeposits) => Action::PauseDeposits,
            Ok(wire::TightenKind::FreezeRate) => {
                let rate = convert::parse_wad(&action.rate, "action.rate")?;
                check_rate(rate)?;
                Action::FreezeRate(rate)
            }
            _ => return Err(error::INVALID_TARGET.because(format!("action {}", action.kind))),
        };
        Ok(Self { guardian, target, action })
    }
}

impl Message for SetHealth {
    type Wire = wire::MsgSetHealth;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        let change = match wire::HealthChange::try_from(wire.change) {
            Ok(wire::HealthChange::Pause) => HealthChange::Pause,
            Ok(wire::HealthChange::LiftPause) => HealthChange::LiftPause,
            Ok(wire::HealthChange::EndWatch) => HealthChange::EndWatch,
            Ok(wire::HealthChange::Impair) => HealthChange::Impair,
            Ok(wire::HealthChange::EndImpaired) => HealthChange::EndImpaired,
            Ok(wire::HealthChange::WriteOff) => HealthChange::WriteOff,
            _ => return Err(invalid(format!("there is no change {} of health", wire.change))),
        };
        Ok(Self { authority: wire.authority, asset: wire.asset_id, change })
    }
}

impl Message for Relax {
    type Wire = wire::MsgRelax;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, _: &Bech32) -> Result<Self> {
        Ok(Self { authority: wire.authority, target: target(wire.target)?, confirm: wire.confirm })
    }
}

impl Message for UpdateParams {
    type Wire = wire::MsgUpdateParams;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        one_signer(&wire.authority, bech32)
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let params = Params::from_wire(&wire.params.unwrap_or_default(), bech32)?;
        Ok(Self { authority: wire.authority, params })
    }
}
