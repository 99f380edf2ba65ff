//! What distribution reports, with the SDK's names.

use entente_kernel::Event;
use entente_kernel::num::{Coins, DecCoins};

/// How the SDK writes rewards of nothing when no base denomination was registered, as on the chains that we are compatible with.
const NOTHING: &str = "0stake";

pub fn set_withdraw_address(address: &str) -> Event {
    Event::new("set_withdraw_address").with("withdraw_address", address)
}

pub fn commission(amount: &DecCoins, validator: &str) -> Event {
    Event::new("commission").with("amount", amount).with("validator", validator)
}

pub fn rewards(amount: &DecCoins, validator: &str) -> Event {
    Event::new("rewards").with("amount", amount).with("validator", validator)
}

pub fn withdraw_rewards(amount: &Coins, validator: &str, delegator: &str) -> Event {
    let text = if amount.is_empty() { NOTHING.to_owned() } else { amount.to_string() };
    Event::new("withdraw_rewards").with("amount", text).with("validator", validator).with("delegator", delegator)
}

pub fn withdraw_commission(amount: &Coins) -> Event {
    Event::new("withdraw_commission").with("amount", amount)
}
