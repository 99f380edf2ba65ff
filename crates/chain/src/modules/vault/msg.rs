//! Messages of the vaults: wire → checked.

use entente_kernel::num::{Coin, Coins, Denom};
use entente_kernel::{AccAddress, Bech32, Error, Result, Timestamp};
use entente_proto::restake::vault::v1 as wire;

use super::Params;
use super::state::{Fees, Mode, RiskClass};
use super::{error, hooks};
use crate::message::Message;
use crate::params::read_bond;
use crate::wire as convert;

/// Longest list of kinds or hooks, and longest name in one.
const LIST_MAX: usize = 16;
const NAME_MAX: usize = 64;
/// Most addresses in one change of a list of depositors.
const ALLOWED_MAX: usize = 100;

/// An asset that somebody wants in a vault: by its number, or by its denom if that is zero.
#[derive(Debug, Clone)]
pub struct WantedSeat {
    pub asset: u64,
    pub denom: String,
    pub target: u128,
    pub cap: u128,
    pub floor: u128,
    pub deposit_cap: u128,
}

/// A change that a curator wants.
#[derive(Debug, Clone)]
pub enum WantedChange {
    Fees(Fees),
    AddAsset(WantedSeat),
    Limits(WantedSeat),
    Swap(bool),
    CloseDeposits,
    WindDown,
    LowerRisk(RiskClass),
}

#[derive(Debug, Clone)]
pub struct CreateVault {
    pub curator: AccAddress,
    pub underlying: String,
    pub seats: Vec<WantedSeat>,
    pub mode: Mode,
    pub risk: RiskClass,
    pub fees: Fees,
    pub bond: Coins,
    pub hooks: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct UpdateVault {
    pub curator: AccAddress,
    pub vault: u64,
    pub change: WantedChange,
}

#[derive(Debug, Clone)]
pub struct Deposit {
    pub depositor: AccAddress,
    pub vault: u64,
    pub coin: Coin,
    pub min_shares: u128,
    pub deadline: Option<Timestamp>,
    pub receiver: AccAddress,
}

/// So many shares of a vault, and whose they are.
#[derive(Debug, Clone)]
pub struct Shares {
    pub owner: AccAddress,
    pub vault: u64,
    pub shares: u128,
}

/// On their way into the open batch.
#[derive(Debug, Clone)]
pub struct RequestExit(pub Shares);

/// Taken out of it again.
#[derive(Debug, Clone)]
pub struct CancelExit(pub Shares);

#[derive(Debug, Clone)]
pub struct ClaimExit {
    pub owner: AccAddress,
    pub vault: u64,
    pub batch: u64,
    pub receiver: AccAddress,
}

#[derive(Debug, Clone)]
pub struct TransferClaim {
    pub owner: AccAddress,
    pub vault: u64,
    pub batch: u64,
    pub to: AccAddress,
    pub shares: u128,
}

/// Locked for rewards.
#[derive(Debug, Clone)]
pub struct GaugeLock(pub Shares);

#[derive(Debug, Clone)]
pub struct GaugeUnlock(pub Shares);

/// What locked shares earned.
#[derive(Debug, Clone)]
pub struct GaugeClaim {
    pub owner: AccAddress,
    pub vault: u64,
}

/// A bid for the whole of a lot.
#[derive(Debug, Clone)]
pub struct BidAuction {
    pub bidder: AccAddress,
    pub lot: u64,
    pub max_in: Coin,
}

/// One asset for another, at the rates, where that restores balance.
#[derive(Debug, Clone)]
pub struct RebalanceSwap {
    pub sender: AccAddress,
    pub vault: u64,
    pub give: Coin,
    pub take: Denom,
    pub min_out: u128,
}

/// Who may deposit from now on, and who no longer, in a vault with the hook `allowlist`.
#[derive(Debug, Clone)]
pub struct SetAllowed {
    pub curator: AccAddress,
    pub vault: u64,
    pub add: Vec<AccAddress>,
    pub remove: Vec<AccAddress>,
}

#[derive(Debug, Clone)]
pub struct UpdateParams {
    pub authority: String,
    pub params: Params,
}

impl Message for CreateVault {
    type Wire = wire::MsgCreateVault;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.curator)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        if wire.underlying.is_empty() {
            return Err(invalid("underlying: the name of a group of assets is wanted"));
        }
        names("hooks", &wire.hooks)?;
        hooks::check_names(&wire.hooks)?;
        Ok(Self {
            curator: bech32.parse_acc(&wire.curator)?,
            underlying: wire.underlying,
            seats: wire.assets.iter().map(seat).collect::<Result<_>>()?,
            mode: mode(wire.mode)?,
            risk: risk(&wire.risk_class.unwrap_or_default())?,
            fees: fees(&wire.fees.unwrap_or_default(), bech32)?,
            bond: read_bond(wire.bond.as_ref(), "bond")?,
            hooks: wire.hooks,
        })
    }
}

impl Message for UpdateVault {
    type Wire = wire::MsgUpdateVault;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.curator)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let change = change(&wire.change.unwrap_or_default(), bech32)?;
        Ok(Self { curator: bech32.parse_acc(&wire.curator)?, vault: wire.vault, change })
    }
}

impl Message for Deposit {
    type Wire = wire::MsgDeposit;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.depositor)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let depositor = bech32.parse_acc(&wire.depositor)?;
        let coin = convert::parse_some_coin(wire.coin.as_ref(), "coin", error::TOO_SMALL)?;
        Ok(Self {
            depositor,
            vault: wire.vault,
            coin,
            min_shares: convert::parse_amount(&wire.min_shares_out, "min_shares_out")?,
            deadline: convert::parse_time(wire.deadline.as_ref(), "deadline")?,
            receiver: or(&wire.receiver, depositor, bech32)?,
        })
    }
}

/// Messages that name nothing but an owner, a vault and so many of its shares.
macro_rules! of_shares {
    ($($message:ident: $wire:ident),*) => {$(
        impl Message for $message {
            type Wire = wire::$wire;

            fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
                Ok(vec![bech32.parse_acc(&wire.owner)?])
            }

            fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
                let (owner, shares) = (bech32.parse_acc(&wire.owner)?, shares(&wire.shares)?);
                Ok(Self(Shares { owner, vault: wire.vault, shares }))
            }
        }
    )*};
}

of_shares! {
    RequestExit: MsgRequestExit, CancelExit: MsgCancelExit, GaugeLock: MsgGaugeLock, GaugeUnlock: MsgGaugeUnlock
}

impl Message for ClaimExit {
    type Wire = wire::MsgClaimExit;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.owner)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let owner = bech32.parse_acc(&wire.owner)?;
        Ok(Self { owner, vault: wire.vault, batch: wire.batch, receiver: or(&wire.receiver, owner, bech32)? })
    }
}

impl Message for TransferClaim {
    type Wire = wire::MsgTransferClaim;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.owner)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (owner, to) = (bech32.parse_acc(&wire.owner)?, bech32.parse_acc(&wire.to)?);
        Ok(Self { owner, vault: wire.vault, batch: wire.batch, to, shares: shares(&wire.shares)? })
    }
}

impl Message for GaugeClaim {
    type Wire = wire::MsgGaugeClaim;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.owner)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self { owner: bech32.parse_acc(&wire.owner)?, vault: wire.vault })
    }
}

impl Message for BidAuction {
    type Wire = wire::MsgBidAuction;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.bidder)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let max_in = convert::parse_coin(&wire.max_in.unwrap_or_default(), "max_in")?;
        Ok(Self { bidder: bech32.parse_acc(&wire.bidder)?, lot: wire.lot, max_in })
    }
}

impl Message for RebalanceSwap {
    type Wire = wire::MsgRebalanceSwap;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.sender)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        Ok(Self {
            sender: bech32.parse_acc(&wire.sender)?,
            vault: wire.vault,
            give: convert::parse_coin(&wire.give.unwrap_or_default(), "give")?,
            take: Denom::new(&wire.take_denom).map_err(|e| Error::from(e).wrap("take_denom"))?,
            min_out: convert::parse_amount(&wire.min_out, "min_out")?,
        })
    }
}

impl Message for SetAllowed {
    type Wire = wire::MsgSetAllowed;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.curator)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let count = wire.add.len().saturating_add(wire.remove.len());
        if count == 0 || count > ALLOWED_MAX {
            return Err(invalid(&format!("add and remove: {count} addresses; 1 to {ALLOWED_MAX} are allowed")));
        }
        let list = |names: &[String], field: &str| -> Result<Vec<AccAddress>> {
            names.iter().map(|name| bech32.parse_acc(name).map_err(|e| e.wrap(field))).collect()
        };
        let (add, remove) = (list(&wire.add, "add")?, list(&wire.remove, "remove")?);
        Ok(Self { curator: bech32.parse_acc(&wire.curator)?, vault: wire.vault, add, remove })
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

fn or(text: &str, other: AccAddress, bech32: &Bech32) -> Result<AccAddress> {
    if text.is_empty() { Ok(other) } else { bech32.parse_acc(text) }
}

fn shares(text: &str) -> Result<u128> {
    convert::parse_some(text, "shares", error::TOO_SMALL)
}

pub fn mode(number: i32) -> Result<Mode> {
    match wire::Mode::try_from(number) {
        Ok(wire::Mode::Isolated) => Ok(Mode::Isolated),
        Ok(wire::Mode::Pooled) => Ok(Mode::Pooled),
        _ => Err(invalid("mode: MODE_ISOLATED or MODE_POOLED is wanted")),
    }
}

pub fn risk(wire: &wire::RiskClass) -> Result<RiskClass> {
    names("risk_class.service_kinds", &wire.service_kinds)?;
    Ok(RiskClass {
        loss_max: convert::parse_wad(&wire.loss_max, "risk_class.loss_max")?,
        kappa: convert::parse_wad(&wire.kappa, "risk_class.kappa")?,
        rho_max: convert::parse_wad(&wire.rho_max, "risk_class.rho_max")?,
        service_kinds: wire.service_kinds.clone(),
    })
}

pub fn fees(wire: &wire::Fees, bech32: &Bech32) -> Result<Fees> {
    let builder = if wire.builder.is_empty() { None } else { Some(bech32.parse_acc(&wire.builder)?) };
    Ok(Fees {
        performance: convert::parse_wad(&wire.performance, "fees.performance")?,
        protocol_part: convert::parse_wad(&wire.protocol_part, "fees.protocol_part")?,
        curator_part: convert::parse_wad(&wire.curator_part, "fees.curator_part")?,
        builder_part: convert::parse_wad(&wire.builder_part, "fees.builder_part")?,
        builder,
    })
}

fn seat(wire: &wire::VaultAsset) -> Result<WantedSeat> {
    Ok(WantedSeat {
        asset: wire.asset_id,
        denom: wire.denom.clone(),
        target: convert::parse_wad(&wire.target, "assets.target")?,
        cap: convert::parse_wad(&wire.cap, "assets.cap")?,
        floor: convert::parse_wad(&wire.floor, "assets.floor")?,
        deposit_cap: convert::parse_amount(&wire.deposit_cap, "assets.deposit_cap")?,
    })
}

fn change(wire: &wire::VaultChange, bech32: &Bech32) -> Result<WantedChange> {
    let with_seat = || seat(&wire.asset.clone().unwrap_or_default());
    Ok(match wire::ChangeKind::try_from(wire.kind) {
        Ok(wire::ChangeKind::Fees) => WantedChange::Fees(fees(&wire.fees.clone().unwrap_or_default(), bech32)?),
        Ok(wire::ChangeKind::AddAsset) => WantedChange::AddAsset(with_seat()?),
        Ok(wire::ChangeKind::Limits) => WantedChange::Limits(with_seat()?),
        Ok(wire::ChangeKind::Swap) => WantedChange::Swap(wire.swap_enabled),
        Ok(wire::ChangeKind::CloseDeposits) => WantedChange::CloseDeposits,
        Ok(wire::ChangeKind::WindDown) => WantedChange::WindDown,
        Ok(wire::ChangeKind::LowerRisk) => WantedChange::LowerRisk(risk(&wire.risk_class.clone().unwrap_or_default())?),
        _ => return Err(invalid("change.kind: one of the kinds of changes is wanted")),
    })
}

fn names(field: &str, list: &[String]) -> Result<()> {
    if list.len() > LIST_MAX || list.iter().any(|name| name.len() > NAME_MAX) {
        return Err(invalid(&format!("{field}: at most {LIST_MAX} names of at most {NAME_MAX} bytes are allowed")));
    }
    Ok(())
}

fn invalid(text: &str) -> Error {
    error::INVALID_TERMS.because(text)
}
