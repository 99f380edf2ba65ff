//! Messages about vesting accounts: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Bech32, Result};
use entente_proto::cosmos::vesting::v1beta1 as wire;

use crate::message::Message;
use crate::modules::auth::Period;
use crate::modules::bank::msg::positive_coins;

fn parties(from: &str, to: &str, bech32: &Bech32) -> Result<(AccAddress, AccAddress)> {
    let from = bech32.parse_acc(from).map_err(|e| e.wrap("invalid 'from' address"))?;
    Ok((from, bech32.parse_acc(to).map_err(|e| e.wrap("invalid 'to' address"))?))
}

/// Makes an account whose coins become free evenly from now to `end`, or all at `end`.
#[derive(Debug, Clone)]
pub struct CreateVestingAccount {
    pub from: AccAddress,
    pub to: AccAddress,
    pub amount: Coins,
    /// Seconds since 1970.
    pub end: i64,
    pub delayed: bool,
}

impl Message for CreateVestingAccount {
    type Wire = wire::MsgCreateVestingAccount;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.from_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (from, to) = parties(&wire.from_address, &wire.to_address, bech32)?;
        let amount = positive_coins(&wire.amount)?;
        if wire.end_time <= 0 {
            return Err(sdk::INVALID_REQUEST.because("invalid end time"));
        }
        Ok(Self { from, to, amount, end: wire.end_time, delayed: wire.delayed })
    }
}

/// Makes an account whose coins never become free; they can be delegated.
#[derive(Debug, Clone)]
pub struct CreatePermanentLockedAccount {
    pub from: AccAddress,
    pub to: AccAddress,
    pub amount: Coins,
}

impl Message for CreatePermanentLockedAccount {
    type Wire = wire::MsgCreatePermanentLockedAccount;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.from_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (from, to) = parties(&wire.from_address, &wire.to_address, bech32)?;
        Ok(Self { from, to, amount: positive_coins(&wire.amount)? })
    }
}

/// Makes an account whose coins become free in steps.
#[derive(Debug, Clone)]
pub struct CreatePeriodicVestingAccount {
    pub from: AccAddress,
    pub to: AccAddress,
    /// Seconds since 1970.
    pub start: i64,
    pub periods: Vec<Period>,
    /// What all periods free together.
    pub amount: Coins,
}

impl Message for CreatePeriodicVestingAccount {
    type Wire = wire::MsgCreatePeriodicVestingAccount;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.from_address)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (from, to) = parties(&wire.from_address, &wire.to_address, bech32)?;
        let start = wire.start_time;
        if start < 1 {
            let text = format!("invalid start time of {start}, length must be greater than 0");
            return Err(sdk::INVALID_REQUEST.because(text));
        }
        let (mut periods, mut amount) = (Vec::with_capacity(wire.vesting_periods.len()), Coins::empty());
        for (at, period) in wire.vesting_periods.iter().enumerate() {
            let length_secs = period.length;
            if length_secs < 1 {
                let text =
                    format!("invalid period length of {length_secs} in period {at}, length must be greater than 0");
                return Err(sdk::INVALID_REQUEST.because(text));
            }
            let coins = positive_coins(&period.amount)?;
            amount = amount.add(&coins)?;
            periods.push(Period { length_secs, amount: coins });
        }
        Ok(Self { from, to, start, periods, amount })
    }
}
