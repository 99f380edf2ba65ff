//! The events of bank, with the SDK's names.

use entente_kernel::Event;
use entente_kernel::num::Coins;

pub fn spent(spender: &str, coins: &Coins) -> Event {
    Event::new("coin_spent").with("spender", spender).with("amount", coins)
}

pub fn received(receiver: &str, coins: &Coins) -> Event {
    Event::new("coin_received").with("receiver", receiver).with("amount", coins)
}

pub fn transfer(sender: &str, recipient: &str, coins: &Coins) -> Event {
    Event::new("transfer").with("recipient", recipient).with("sender", sender).with("amount", coins)
}

/// A part of a multi-send, which does not repeat the sender.
pub fn transfer_to(recipient: &str, coins: &Coins) -> Event {
    Event::new("transfer").with("recipient", recipient).with("amount", coins)
}

pub fn message(sender: &str) -> Event {
    Event::new("message").with("sender", sender)
}

pub fn coinbase(minter: &str, coins: &Coins) -> Event {
    Event::new("coinbase").with("minter", minter).with("amount", coins)
}

pub fn burn(burner: &str, coins: &Coins) -> Event {
    Event::new("burn").with("burner", burner).with("amount", coins)
}
