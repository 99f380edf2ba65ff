//! The events of slashing, with the SDK's names.

use entente_kernel::Event;
use entente_kernel::num::Int;

pub fn liveness(cons: &str, missed: i64, height: i64) -> Event {
    Event::new("liveness").with("address", cons).with("missed_blocks", missed).with("height", height)
}

pub fn slashed_for_downtime(cons: &str, power: i64, burnt: Int) -> Event {
    Event::new("slash")
        .with("address", cons)
        .with("power", power)
        .with("reason", "missing_signature")
        .with("jailed", cons)
        .with("burned_coins", burnt)
}

pub fn slashed(cons: &str, power: i64, reason: &str, burnt: Int) -> Event {
    Event::new("slash").with("address", cons).with("power", power).with("reason", reason).with("burned_coins", burnt)
}

pub fn jailed(cons: &str) -> Event {
    Event::new("slash").with("jailed", cons)
}
