//! What crisis reports, with the SDK's names.

use entente_kernel::Event;

pub fn invariant(route: &str) -> Event {
    Event::new("invariant").with("route", route)
}
