//! What mint reports, with the SDK's names.

use entente_kernel::Event;
use entente_kernel::num::{Dec, Int};

use super::Minter;

pub fn mint(bonded_ratio: Dec, minter: &Minter, amount: Int) -> Event {
    Event::new("mint")
        .with("bonded_ratio", bonded_ratio)
        .with("inflation", minter.inflation)
        .with("annual_provisions", minter.annual_provisions)
        .with("amount", amount)
}
