//! The events of authz: typed events of the SDK, whose values are JSON.

use entente_kernel::Event;

fn event(kind: &str, url: &str, granter: &str, grantee: &str) -> Event {
    let json = |text: &str| format!("\"{text}\"");
    Event::new(format!("cosmos.authz.v1beta1.{kind}"))
        .with("grantee", json(grantee))
        .with("granter", json(granter))
        .with("msg_type_url", json(url))
}

pub fn granted(url: &str, granter: &str, grantee: &str) -> Event {
    event("EventGrant", url, granter, grantee)
}

pub fn revoked(url: &str, granter: &str, grantee: &str) -> Event {
    event("EventRevoke", url, granter, grantee)
}
