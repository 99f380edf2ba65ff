//! Events side by side: those kinds that the files keep, with all attributes in their order.

use entente_kernel::Event;

use super::compare::Difference;
use super::file::SeenEvent;

/// Kinds that the files keep, besides Alliance's own.
const KEPT: &[&str] = &[
    "withdraw_rewards",
    "withdraw_commission",
    "delegate",
    "unbond",
    "redelegate",
    "cancel_unbonding_delegation",
    "create_validator",
    "edit_validator",
    "complete_unbonding",
    "complete_redelegation",
    "slash",
    "liveness",
    "active_proposal",
    "inactive_proposal",
    "submit_proposal",
    "cancel_proposal",
];

/// Alliance events that the Go module does not have (deviation M12).
const OWN: &str = "alliance.alliance.";
const UPSTREAM: &[&str] = &[
    "DelegateAllianceEvent",
    "UndelegateAllianceEvent",
    "RedelegateAllianceEvent",
    "ClaimAllianceRewardsEvent",
    "DeductAllianceAssetsEvent",
];

fn is_kept(kind: &str) -> bool {
    KEPT.contains(&kind) || kind.strip_prefix(OWN).is_some_and(|name| UPSTREAM.contains(&name))
}

/// Compares the events of one transaction, or of a block's begin and end.
pub fn compare(height: i64, place: &str, wanted: &[SeenEvent], found: &[Event]) -> Vec<Difference> {
    let wanted: Vec<String> = wanted.iter().map(|e| show(&e.kind, &e.attributes)).collect();
    let found = found.iter().filter(|e| is_kept(&e.kind)).map(|e| show(&e.kind, &e.attributes));
    let found: Vec<String> = found.collect();
    let mut out = Vec::new();
    for i in 0..wanted.len().max(found.len()) {
        let (w, f) = (wanted.get(i), found.get(i));
        if w != f {
            out.push(Difference { height, path: format!("{place}/event/{i}"), wanted: w.cloned(), found: f.cloned() });
        }
    }
    out
}

/// Payouts are compared elsewhere, with their tolerance.
fn show(kind: &str, attributes: &[(String, String)]) -> String {
    let is_claim = kind.ends_with("ClaimAllianceRewardsEvent");
    let shown = attributes.iter().filter(|(key, _)| !(is_claim && key == "coins"));
    let shown: Vec<String> = shown.map(|(key, value)| format!("{key}={value}")).collect();
    format!("{kind} {}", shown.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_kept_kinds_are_compared_with_all_their_attributes_in_order() {
        let seen = |attributes: &[(&str, &str)]| SeenEvent {
            kind: "slash".into(),
            attributes: attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        };
        let found = [Event::new("transfer").with("x", "1"), Event::new("slash").with("a", "1").with("b", "2")];
        assert_eq!(compare(1, "block", &[seen(&[("a", "1"), ("b", "2")])], &found), []);
        assert_eq!(compare(1, "block", &[seen(&[("b", "2"), ("a", "1")])], &found).len(), 1);
        assert_eq!(compare(1, "block", &[], &found).len(), 1);
    }
}
