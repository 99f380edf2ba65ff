//! The events of alliance. Attribute values are JSON texts, sorted by key, as typed events of the SDK are; the first five are
//! upstream's, the others our own.

use entente_kernel::num::{Coin, Coins, Dec, Denom, Int};
use entente_kernel::{Event, Timestamp};
use serde_json::{Value, json};

/// A typed event: the attributes must be given in the order of their keys.
fn typed<const N: usize>(name: &str, attributes: [(&'static str, Value); N]) -> Event {
    let event = Event::new(format!("alliance.alliance.{name}"));
    attributes.into_iter().fold(event, |event, (key, value)| event.with(key, value))
}

fn coin(coin: &Coin) -> Value {
    json!({ "denom": coin.denom.as_str(), "amount": coin.amount.to_string() })
}

fn coins(coins: &Coins) -> Value {
    coins.iter().map(coin).collect()
}

/// RFC 3339 with 0, 3, 6 or 9 fractional digits.
fn time(at: Timestamp) -> Value {
    let text = at.sortable();
    let (whole, nanos) = text.split_once('.').unwrap_or((&text, ""));
    let digits = match at.nanos {
        0 => return format!("{whole}Z").into(),
        n if n.is_multiple_of(1_000_000) => 3,
        n if n.is_multiple_of(1_000) => 6,
        _ => 9,
    };
    format!("{whole}.{}Z", nanos.get(..digits).unwrap_or(nanos)).into()
}

pub fn delegated(sender: &str, validator: &str, amount: &Coin, new_shares: Dec) -> Event {
    let attributes = [
        ("allianceSender", sender.into()),
        ("coin", coin(amount)),
        ("newShares", new_shares.to_string().into()),
        ("validator", validator.into()),
    ];
    typed("DelegateAllianceEvent", attributes)
}

pub fn undelegated(sender: &str, validator: &str, amount: &Coin, completion: Timestamp) -> Event {
    let attributes = [
        ("allianceSender", sender.into()),
        ("coin", coin(amount)),
        ("completionTime", time(completion)),
        ("validator", validator.into()),
    ];
    typed("UndelegateAllianceEvent", attributes)
}

pub fn redelegated(sender: &str, source: &str, destination: &str, amount: &Coin, completion: Timestamp) -> Event {
    let attributes = [
        ("allianceSender", sender.into()),
        ("coin", coin(amount)),
        ("completionTime", time(completion)),
        ("destinationValidator", destination.into()),
        ("sourceValidator", source.into()),
    ];
    typed("RedelegateAllianceEvent", attributes)
}

pub fn claimed(sender: &str, validator: &str, paid: &Coins) -> Event {
    let attributes = [("allianceSender", sender.into()), ("coins", coins(paid)), ("validator", validator.into())];
    typed("ClaimAllianceRewardsEvent", attributes)
}

pub fn deducted(taken: &Coins) -> Event {
    typed("DeductAllianceAssetsEvent", [("coins", coins(taken))])
}

/// Rewards that no asset at the validator can own went to the community pool.
pub fn unowned(given: &Coins, validator: &str) -> Event {
    typed("UnownedRewardsEvent", [("coins", coins(given)), ("validator", validator.into())])
}

/// Whole coins that were left over when nobody had shares any more went to the community pool.
pub fn left_over(given: &Coins) -> Event {
    typed("LeftOverRewardsEvent", [("coins", coins(given))])
}

/// A worthless pool began afresh; its delegations of the epochs before are worth nothing.
pub fn restarted(denom: &Denom, validator: &str, epoch: u64) -> Event {
    let attributes =
        [("denom", denom.as_str().into()), ("epoch", epoch.to_string().into()), ("validator", validator.into())];
    typed("PoolRestartedEvent", attributes)
}

/// A step of the end block was undone; it is tried again at the next block.
pub fn step_failed(step: &str, subject: &str, cause: &str) -> Event {
    typed("StepFailedEvent", [("cause", cause.into()), ("step", step.into()), ("subject", subject.into())])
}

pub fn created(denom: &Denom, start: Timestamp) -> Event {
    typed("AllianceCreatedEvent", [("denom", denom.as_str().into()), ("rewardStartTime", time(start))])
}

pub fn updated(denom: &Denom, weight: Dec, take_rate: Dec) -> Event {
    let attributes = [
        ("denom", denom.as_str().into()),
        ("rewardWeight", weight.to_string().into()),
        ("takeRate", take_rate.to_string().into()),
    ];
    typed("AllianceUpdatedEvent", attributes)
}

pub fn deleted(denom: &Denom) -> Event {
    typed("AllianceDeletedEvent", [("denom", denom.as_str().into())])
}

pub fn dissolving(denom: &Denom, staked: Int) -> Event {
    typed("AllianceDissolvingEvent", [("denom", denom.as_str().into()), ("staked", staked.to_string().into())])
}

pub fn params_updated() -> Event {
    typed("AllianceParamsUpdatedEvent", [])
}

pub fn started(denom: &Denom) -> Event {
    typed("AllianceStartedEvent", [("denom", denom.as_str().into())])
}

pub fn weight_changed(denom: &Denom, weight: Dec) -> Event {
    let attributes = [("denom", denom.as_str().into()), ("rewardWeight", weight.to_string().into())];
    typed("RewardWeightChangedEvent", attributes)
}

pub fn undelegation_completed(delegator: &str, validator: &str, paid: &Coin) -> Event {
    let attributes = [("coin", coin(paid)), ("delegator", delegator.into()), ("validator", validator.into())];
    typed("UndelegationCompletedEvent", attributes)
}

pub fn undelegation_postponed(delegator: &str, owed: &Coin, cause: &str) -> Event {
    let attributes = [("cause", cause.into()), ("coin", coin(owed)), ("delegator", delegator.into())];
    typed("UndelegationPostponedEvent", attributes)
}

pub fn redelegation_completed(delegator: &str, source: &str, destination: &str, amount: &Coin) -> Event {
    let attributes = [
        ("coin", coin(amount)),
        ("delegator", delegator.into()),
        ("destinationValidator", destination.into()),
        ("sourceValidator", source.into()),
    ];
    typed("RedelegationCompletedEvent", attributes)
}

/// Stake at a validator was slashed: the coins went to the community pool.
pub fn stake_slashed(validator: &str, lost: &Coin, factor: Dec) -> Event {
    let attributes = [("coin", coin(lost)), ("factor", factor.to_string().into()), ("validator", validator.into())];
    typed("StakeSlashedEvent", attributes)
}

/// Coins that were unbonding or had moved were slashed for a fault of the validator that they left.
pub fn entry_slashed(delegator: &str, validator: &str, lost: &Coin) -> Event {
    let attributes = [("coin", coin(lost)), ("delegator", delegator.into()), ("validator", validator.into())];
    typed("EntrySlashedEvent", attributes)
}

/// Something in an imported genesis was adjusted.
pub fn import_note(text: &str) -> Event {
    typed("ImportNoteEvent", [("note", text.into())])
}
