//! What liquid staking reports: typed events, with every number that a decision used.

use entente_kernel::num::Coin;
use entente_kernel::{Event, Timestamp};
use entente_proto::restake::liquid::v1 as own;

use crate::wire::{self as convert, typed_event};

pub fn staked(delegator: &str, staked: &Coin, minted: &Coin, value: u128, supply: u128, validator: &str) -> Event {
    typed_event(&own::EventStaked {
        delegator: delegator.to_owned(),
        staked: Some(convert::coin(staked)),
        minted: Some(convert::coin(minted)),
        value: value.to_string(),
        supply: supply.to_string(),
        validator: validator.to_owned(),
    })
}

pub fn unstake_requested(owner: &str, liquid: &Coin, batch: u64, completion: Timestamp) -> Event {
    typed_event(&own::EventUnstakeRequested {
        owner: owner.to_owned(),
        liquid: Some(convert::coin(liquid)),
        batch,
        completion_time: Some(convert::timestamp(completion)),
    })
}

pub fn unstake_cancelled(owner: &str, liquid: &Coin, batch: u64) -> Event {
    let liquid = Some(convert::coin(liquid));
    typed_event(&own::EventUnstakeCancelled { owner: owner.to_owned(), liquid, batch })
}

pub fn batch_closed(batch: u64, burnt: u128, unbonding: u128, value: u128, supply: u128, left: u128) -> Event {
    typed_event(&own::EventBatchClosed {
        batch,
        burnt: burnt.to_string(),
        unbonding: unbonding.to_string(),
        value: value.to_string(),
        supply: supply.to_string(),
        left: left.to_string(),
    })
}

pub fn batch_delayed(batch: u64, attempts: u32, reason: &str) -> Event {
    typed_event(&own::EventBatchDelayed { batch, attempts, reason: reason.to_owned() })
}

pub fn unbonded(batch: u64, unbonding_id: u64, validator: &str, expected: u128, received: u128) -> Event {
    typed_event(&own::EventUnbonded {
        batch,
        unbonding_id,
        validator: validator.to_owned(),
        expected: expected.to_string(),
        received: received.to_string(),
    })
}

pub fn claim_paid(batch: u64, owner: &str, liquid: u128, paid: &Coin) -> Event {
    let (liquid, paid) = (liquid.to_string(), Some(convert::coin(paid)));
    typed_event(&own::EventClaimPaid { batch, owner: owner.to_owned(), liquid, paid })
}

pub fn batch_finished(batch: u64, received: u128, paid: u128, dust: u128) -> Event {
    let (received, paid, dust) = (received.to_string(), paid.to_string(), dust.to_string());
    typed_event(&own::EventBatchFinished { batch, received, paid, dust })
}

pub fn compounded(staked: u128, fee: u128, kept: u128, value: u128, supply: u128) -> Event {
    typed_event(&own::EventCompounded {
        staked: staked.to_string(),
        fee: fee.to_string(),
        kept: kept.to_string(),
        value: value.to_string(),
        supply: supply.to_string(),
    })
}

pub fn rebalanced(from: &str, to: &str, amount: u128) -> Event {
    typed_event(&own::EventRebalanced { from: from.to_owned(), to: to.to_owned(), amount: amount.to_string() })
}

pub fn rate_changed(rate: u128, value: u128, supply: u128) -> Event {
    let (value, supply) = (value.to_string(), supply.to_string());
    typed_event(&own::EventRateChanged { rate: convert::wad(rate), value, supply })
}

pub fn step_failed(step: &str, reason: &str) -> Event {
    typed_event(&own::EventStepFailed { step: step.to_owned(), reason: reason.to_owned() })
}
