//! Events side by side: those kinds that the files keep, with all attributes in their order.

use std::collections::{BTreeMap, BTreeSet};

use entente_chain::BlockResult;
use entente_kernel::Event;
use entente_kernel::event::Attribute;

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

pub fn is_kept(kind: &str) -> bool {
    KEPT.contains(&kind) || kind.strip_prefix(OWN).is_some_and(|name| UPSTREAM.contains(&name))
}

/// Compares the events of one transaction, or of a block's begin and end: `block/event/slash/0` is the first slash. The longest order of
/// equal events that both sides have in common is taken to be the same; between two such events, those of a kind are compared in turn.
pub fn compare(height: i64, place: &str, wanted: &[SeenEvent], found: &[Event]) -> Vec<Difference> {
    let wanted: Vec<_> = wanted.iter().map(|e| (e.kind.clone(), show(&e.kind, &e.attributes))).collect();
    let found = found.iter().filter(|e| is_kept(&e.kind));
    let found: Vec<_> = found.map(|e| (e.kind.to_string(), show(&e.kind, &e.attributes))).collect();
    let mut out = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut gap = |wanted: &[(String, String)], found: &[(String, String)]| {
        let kinds: BTreeSet<&String> = wanted.iter().chain(found).map(|(kind, _)| kind).collect();
        for kind in kinds {
            let of = |list: &[(String, String)]| -> Vec<String> {
                list.iter().filter(|(k, _)| k == kind).map(|(_, text)| text.clone()).collect()
            };
            let (w, f) = (of(wanted), of(found));
            for i in 0..w.len().max(f.len()) {
                let count = counts.entry(kind.clone()).or_default();
                let path = format!("{place}/event/{kind}/{count}");
                *count += 1;
                out.push(Difference { height, path, wanted: w.get(i).cloned(), found: f.get(i).cloned() });
            }
        }
    };
    let (mut w, mut f) = (0, 0);
    for (i, j) in common(&wanted, &found) {
        gap(&wanted[w..i], &found[f..j]);
        (w, f) = (i + 1, j + 1);
    }
    gap(&wanted[w..], &found[f..]);
    out
}

/// The places of the longest sequence that two lists have in common.
fn common<T: PartialEq>(a: &[T], b: &[T]) -> Vec<(usize, usize)> {
    let mut longest = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let skipped = longest[i + 1][j].max(longest[i][j + 1]);
            longest[i][j] = if a[i] == b[j] { longest[i + 1][j + 1] + 1 } else { skipped };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            out.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

/// What tests do to one of our events.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "only tests forge"))]
pub enum Forgery {
    /// The first digit of this one of the attributes with digits is another.
    Changed(usize),
    Dropped,
    Doubled,
}

/// Makes an event wrong: one of those that are compared, of accepted transactions first, then of the block, counted round. Whether there
/// was one.
pub fn forge(result: &mut BlockResult, place: usize, forgery: Forgery) -> bool {
    let lists = result.txs.iter_mut().filter(|tx| tx.code == 0).map(|tx| &mut tx.events);
    let mut lists: Vec<&mut Vec<Event>> = lists.chain([&mut result.events]).collect();
    let kept = |list: &[Event]| (0..list.len()).filter(|i| is_kept(&list[*i].kind)).collect::<Vec<_>>();
    let all: Vec<_> =
        lists.iter().enumerate().flat_map(|(l, list)| kept(list).into_iter().map(move |i| (l, i))).collect();
    let Some(place) = place.checked_rem(all.len()) else { return false };
    let (l, i) = all[place];
    let list = &mut *lists[l];
    match forgery {
        Forgery::Dropped => drop(list.remove(i)),
        Forgery::Doubled => list.insert(i, list[i].clone()),
        Forgery::Changed(attribute) => {
            let has_digits = |(_, value): &&mut Attribute| value.bytes().any(|b| b.is_ascii_digit());
            let mut values: Vec<_> = list[i].attributes.iter_mut().filter(has_digits).map(|(_, value)| value).collect();
            let Some(n) = attribute.checked_rem(values.len()) else { return false };
            let value = &mut *values[n];
            let Some((at, digit)) = value.char_indices().find(|(_, c)| c.is_ascii_digit()) else { return false };
            let other = char::from_digit((digit.to_digit(10).unwrap_or(0) + 1) % 10, 10).unwrap_or(digit);
            value.replace_range(at..=at, &other.to_string());
        }
    }
    true
}

/// Payouts are compared elsewhere, with their tolerance.
fn show(kind: &str, attributes: &[Attribute]) -> String {
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
            attributes: attributes.iter().map(|(k, v)| ((*k).to_owned().into(), (*v).to_owned())).collect(),
        };
        let found = [Event::new("transfer").with("x", "1"), Event::new("slash").with("a", "1").with("b", "2")];
        assert_eq!(compare(1, "block", &[seen(&[("a", "1"), ("b", "2")])], &found), []);
        assert_eq!(compare(1, "block", &[seen(&[("b", "2"), ("a", "1")])], &found).len(), 1);
        assert_eq!(compare(1, "block", &[], &found).len(), 1);
        let path = |out: &[Difference]| out.iter().map(|d| d.path.clone()).collect::<Vec<_>>();
        let two = [seen(&[("a", "0")]), seen(&[("a", "1"), ("b", "2")])];
        assert_eq!(
            path(&compare(1, "block", &two, &found)),
            ["block/event/slash/0"],
            "one is missing, the other is the same"
        );
    }
}
