//! What the pools report: typed events, with every number that a decision used.

use entente_kernel::num::{Coin, Coins};
use entente_kernel::{AccAddress, Event, View};
use entente_proto::restake::pools::v1 as wire;

use super::coin;
use super::query::kind_number;
use super::state::{Incentive, Place, Pool};
use crate::wire::{self as convert, typed_event};

pub fn pool_created(view: &View, pool: &Pool) -> Event {
    typed_event(&wire::EventPoolCreated {
        pool: pool.id,
        kind: kind_number(pool.kind),
        creator: view.bech32().acc(&pool.creator),
        reserves: pool.parts.iter().map(|part| convert::coin(&coin(&part.denom, part.reserve))).collect(),
        shares: Some(convert::coin(&coin(&pool.lp, pool.shares))),
    })
}

pub fn joined(view: &View, pool: &Pool, sender: &AccAddress, coins: &Coins, shares: u128) -> Event {
    typed_event(&wire::EventJoined {
        pool: pool.id,
        sender: view.bech32().acc(sender),
        coins: convert::coins(coins),
        shares: Some(convert::coin(&coin(&pool.lp, shares))),
    })
}

pub fn exited(view: &View, pool: &Pool, sender: &AccAddress, shares: u128, coins: &Coins) -> Event {
    typed_event(&wire::EventExited {
        pool: pool.id,
        sender: view.bech32().acc(sender),
        shares: Some(convert::coin(&coin(&pool.lp, shares))),
        coins: convert::coins(coins),
    })
}

pub fn swapped(
    view: &View,
    pool: u64,
    sender: &AccAddress,
    (paid, got, fee): (&Coin, &Coin, &Coin),
    rates: &[u128],
) -> Event {
    typed_event(&wire::EventSwapped {
        pool,
        sender: view.bech32().acc(sender),
        coin_in: Some(convert::coin(paid)),
        coin_out: Some(convert::coin(got)),
        fee: Some(convert::coin(fee)),
        rates: rates.iter().map(|rate| rate.to_string()).collect(),
    })
}

pub fn pool_paused(pool: u64, paused: bool) -> Event {
    typed_event(&wire::EventPoolPaused { pool, paused })
}

/// A step of a block was undone: of a pool, or, with a denom, a report.
pub fn step_failed(pool: u64, denom: &str, step: &str, reason: &str) -> Event {
    typed_event(&wire::EventStepFailed {
        pool,
        denom: denom.to_owned(),
        step: step.to_owned(),
        reason: reason.to_owned(),
    })
}

pub fn incentive_funded(id: u64, pool: u64, incentive: &Incentive) -> Event {
    typed_event(&wire::EventIncentiveFunded {
        incentive: id,
        pool,
        amount: Some(convert::coin(&coin(&incentive.denom, incentive.amount))),
        start: Some(convert::timestamp(incentive.start)),
        end: Some(convert::timestamp(incentive.start.plus(incentive.period))),
    })
}

pub fn shares_staked(view: &View, owner: &AccAddress, pool: u64, place: Place, shares: u128) -> Event {
    typed_event(&wire::EventSharesStaked {
        owner: view.bech32().acc(owner),
        pool,
        validator: place_text(view, place),
        shares: shares.to_string(),
    })
}

pub fn shares_unstaked(view: &View, owner: &AccAddress, pool: u64, place: Place, shares: u128) -> Event {
    typed_event(&wire::EventSharesUnstaked {
        owner: view.bech32().acc(owner),
        pool,
        validator: place_text(view, place),
        shares: shares.to_string(),
    })
}

pub fn incentives_claimed(view: &View, owner: &AccAddress, pool: u64, paid: &Coins) -> Event {
    let owner = view.bech32().acc(owner);
    typed_event(&wire::EventIncentivesClaimed { owner, pool, paid: convert::coins(paid) })
}

/// The validator of a place; empty for the incentives alone.
pub fn place_text(view: &View, place: Place) -> String {
    place.0.map(|validator| view.bech32().val(&validator)).unwrap_or_default()
}
