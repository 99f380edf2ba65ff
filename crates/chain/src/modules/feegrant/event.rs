//! The events of feegrant, with the SDK's names.

use entente_kernel::Event;

fn event(kind: &'static str, granter: &str, grantee: &str) -> Event {
    Event::new(kind).with("granter", granter).with("grantee", grantee)
}

pub fn used(granter: &str, grantee: &str) -> Event {
    event("use_feegrant", granter, grantee)
}

pub fn updated(granter: &str, grantee: &str) -> Event {
    event("update_feegrant", granter, grantee)
}

pub fn granted(granter: &str, grantee: &str) -> Event {
    event("set_feegrant", granter, grantee)
}

pub fn revoked(granter: &str, grantee: &str) -> Event {
    event("revoke_feegrant", granter, grantee)
}

pub fn pruned(pruner: &str) -> Event {
    Event::new("prune_feegrant").with("pruner", pruner)
}
