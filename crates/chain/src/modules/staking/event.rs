//! The events of staking, with the SDK's names.

use entente_kernel::Event;
use entente_kernel::num::{Coin, Coins, Dec, Int};
use entente_kernel::{AccAddress, Bech32, Timestamp, ValAddress};
use entente_proto::cosmos::staking::v1beta1 as wire;

use super::validator::Commission;

pub fn complete_unbonding(paid: &Coins, pair: &wire::DvPair) -> Event {
    Event::new("complete_unbonding")
        .with("amount", paid)
        .with("validator", &pair.validator_address)
        .with("delegator", &pair.delegator_address)
}

pub fn complete_redelegation(sum: &Coins, row: &wire::DvvTriplet) -> Event {
    Event::new("complete_redelegation")
        .with("amount", sum)
        .with("delegator", &row.delegator_address)
        .with("source_validator", &row.validator_src_address)
        .with("destination_validator", &row.validator_dst_address)
}

pub fn create_validator(bech32: &Bech32, operator: &ValAddress, value: &Coin) -> Event {
    Event::new("create_validator").with("validator", bech32.val(operator)).with("amount", value)
}

pub fn edit_validator(commission: &Commission, min_self_delegation: Int) -> Event {
    Event::new("edit_validator")
        .with("commission_rate", commission_text(commission))
        .with("min_self_delegation", min_self_delegation)
}

pub fn delegate(
    bech32: &Bech32,
    (delegator, operator): (&AccAddress, &ValAddress),
    amount: &Coin,
    shares: Dec,
) -> Event {
    Event::new("delegate")
        .with("validator", bech32.val(operator))
        .with("delegator", bech32.acc(delegator))
        .with("amount", amount)
        .with("new_shares", shares)
}

pub fn redelegate(
    bech32: &Bech32,
    (source, target): (&ValAddress, &ValAddress),
    amount: &Coin,
    completion: Timestamp,
) -> Event {
    Event::new("redelegate")
        .with("source_validator", bech32.val(source))
        .with("destination_validator", bech32.val(target))
        .with("amount", amount)
        .with("completion_time", whole_seconds(completion))
}

pub fn unbond(
    bech32: &Bech32,
    (delegator, operator): (&AccAddress, &ValAddress),
    amount: &Coin,
    completion: Timestamp,
) -> Event {
    Event::new("unbond")
        .with("validator", bech32.val(operator))
        .with("delegator", bech32.acc(delegator))
        .with("amount", amount)
        .with("completion_time", whole_seconds(completion))
}

pub fn cancel_unbonding(
    bech32: &Bech32,
    (delegator, operator): (&AccAddress, &ValAddress),
    amount: &Coin,
    creation_height: i64,
) -> Event {
    Event::new("cancel_unbonding_delegation")
        .with("amount", amount)
        .with("validator", bech32.val(operator))
        .with("delegator", bech32.acc(delegator))
        .with("creation_height", creation_height)
}

/// RFC 3339 without a fraction.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp { nanos: 0, ..at }
}

/// The compact text form of the protobuf record, which upstream puts here; zeros of the time are left out.
fn commission_text(c: &Commission) -> String {
    let (rate, max) = (c.rate.to_scaled_string(), c.max_rate.to_scaled_string());
    let change = c.max_change_rate.to_scaled_string();
    let part = |name: &str, n: String| if n == "0" { String::new() } else { format!("{name}:{n} ") };
    let time = part("seconds", c.update_time.secs.to_string()) + &part("nanos", c.update_time.nanos.to_string());
    format!("commission_rates:<rate:\"{rate}\" max_rate:\"{max}\" max_change_rate:\"{change}\" > update_time:<{time}> ")
}
