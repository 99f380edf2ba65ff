//! Events that are demanded, beside those that there are.

use entente_kernel::Event;
use entente_kernel::event::Attribute;
use entente_proto::cosmos::base::v1beta1::Coin;
use serde_json::json;

/// What the names of alliance's events begin with.
pub const OWN: &str = "alliance.alliance.";

/// An event that is demanded or allowed; `None`: the value is another law's.
pub struct Wanted {
    kind: String,
    /// `None`: of any attributes.
    attributes: Option<Vec<(&'static str, Option<String>)>>,
    need: Need,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Must,
    May,
    Never,
}

impl Wanted {
    pub fn new(kind: impl Into<String>, need: Need, attributes: Vec<(&'static str, Option<String>)>) -> Self {
        Self { kind: kind.into(), attributes: Some(attributes), need }
    }

    pub fn any(kind: &str) -> Self {
        Self { kind: kind.into(), attributes: None, need: Need::Must }
    }

    pub fn withdraw(need: Need, delegator: &str, validator: &str) -> Self {
        let attributes =
            vec![("amount", None), ("validator", Some(validator.into())), ("delegator", Some(delegator.into()))];
        Self::new("withdraw_rewards", need, attributes)
    }

    pub fn claim(need: Need, delegator: &str, validator: &str) -> Self {
        let attributes = vec![("allianceSender", quoted(delegator)), ("coins", None), ("validator", quoted(validator))];
        Self::new(format!("{OWN}ClaimAllianceRewardsEvent"), need, attributes)
    }

    /// Whether it is this event, apart from the attribute that says where it comes from.
    fn is(&self, event: &Event) -> bool {
        let own: Vec<_> =
            event.attributes.iter().filter(|(key, _)| !["msg_index", "mode"].contains(&key.as_ref())).collect();
        let same = |(wanted, found): (&(&str, Option<String>), &&Attribute)| {
            wanted.0 == found.0 && wanted.1.as_ref().is_none_or(|value| *value == found.1)
        };
        self.kind == event.kind
            && self.attributes.as_ref().is_none_or(|all| all.len() == own.len() && all.iter().zip(&own).all(same))
    }
}

/// As typed events write a text.
pub fn quoted(text: &str) -> Option<String> {
    Some(format!("{text:?}"))
}

pub fn coin_text(coin: &Coin) -> Option<String> {
    Some(json!({"denom": coin.denom, "amount": coin.amount}).to_string())
}

/// The first event that is not as wanted.
pub fn mismatch(wanted: &[Wanted], found: &[&Event]) -> Option<(String, String)> {
    let mut rest = found.iter();
    let mut next = rest.next();
    for w in wanted {
        match next {
            Some(event) if w.need != Need::Never && w.is(event) => next = rest.next(),
            _ if w.need == Need::Must => return Some((show_wanted(w), next.map_or("nothing".into(), |e| show(e)))),
            _ => {}
        }
    }
    next.map(|event| ("nothing".into(), show(event)))
}

fn show_wanted(wanted: &Wanted) -> String {
    let all = wanted.attributes.iter().flatten();
    let all: Vec<String> = all.map(|(key, value)| format!("{key}={}", value.as_deref().unwrap_or("*"))).collect();
    format!("{} {}", wanted.kind, all.join(" "))
}

fn show(event: &Event) -> String {
    let all: Vec<String> = event.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{} {}", event.kind, all.join(" "))
}
