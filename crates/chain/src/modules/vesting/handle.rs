//! What the messages about vesting accounts do.

use entente_kernel::error::sdk;
use entente_kernel::num::Coins;
use entente_kernel::{AccAddress, Ctx, Result};
use entente_proto::cosmos::vesting::v1beta1 as wire;

use super::msg;
use crate::modules::auth::{self, Kind, Schedule, Vesting};
use crate::modules::bank;

pub fn create_vesting_account(
    ctx: &mut Ctx,
    m: msg::CreateVestingAccount,
) -> Result<wire::MsgCreateVestingAccountResponse> {
    bank::refuse_disabled(ctx, &m.amount)?;
    bank::refuse_blocked(ctx, &m.to)?;
    let schedule = if m.delayed { Schedule::Delayed } else { Schedule::Continuous { start: ctx.time().secs } };
    open(ctx, &m.from, &m.to, &m.amount, m.end, schedule)?;
    Ok(wire::MsgCreateVestingAccountResponse {})
}

pub fn create_permanent_locked_account(
    ctx: &mut Ctx,
    m: msg::CreatePermanentLockedAccount,
) -> Result<wire::MsgCreatePermanentLockedAccountResponse> {
    bank::refuse_disabled(ctx, &m.amount)?;
    bank::refuse_blocked(ctx, &m.to)?;
    open(ctx, &m.from, &m.to, &m.amount, 0, Schedule::PermanentLocked)?;
    Ok(wire::MsgCreatePermanentLockedAccountResponse {})
}

pub fn create_periodic_vesting_account(
    ctx: &mut Ctx,
    m: msg::CreatePeriodicVestingAccount,
) -> Result<wire::MsgCreatePeriodicVestingAccountResponse> {
    bank::refuse_blocked(ctx, &m.to)?;
    refuse_existing(ctx, &m.to)?;
    bank::refuse_disabled(ctx, &m.amount)?;
    let mut end = m.start;
    for period in &m.periods {
        end = end.checked_add(period.length_secs).ok_or_else(|| {
            sdk::INVALID_REQUEST.because("cumulative endTime overflowed, and/or is less than startTime")
        })?;
    }
    open(ctx, &m.from, &m.to, &m.amount, end, Schedule::Periodic { start: m.start, periods: m.periods })?;
    Ok(wire::MsgCreatePeriodicVestingAccountResponse {})
}

fn refuse_existing(ctx: &Ctx, to: &AccAddress) -> Result<()> {
    if auth::account(ctx, to)?.is_some() {
        return Err(sdk::INVALID_REQUEST.because(format!("account {} already exists", ctx.bech32().acc(to))));
    }
    Ok(())
}

/// Makes the account and pays the coins in.
fn open(ctx: &mut Ctx, from: &AccAddress, to: &AccAddress, amount: &Coins, end: i64, schedule: Schedule) -> Result<()> {
    refuse_existing(ctx, to)?;
    let (delegated_free, delegated_vesting) = (Coins::empty(), Coins::empty());
    let continuous = matches!(schedule, Schedule::Continuous { .. });
    let vesting = Vesting { original: amount.clone(), delegated_free, delegated_vesting, end, schedule };
    // A continuous schedule may lie in the past: all its coins are free at once.
    if !continuous {
        auth::check_vesting(&vesting).map_err(|e| sdk::INVALID_REQUEST.because(e))?;
    }
    auth::create(ctx, to, Kind::Vesting(vesting))?;
    bank::send(ctx, from, to, amount)
}
