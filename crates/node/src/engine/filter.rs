//! The filter language of CometBFT's searches and subscriptions: `message.module = 'bank' AND tx.height >= 5`.

use std::collections::BTreeMap;

use entente_kernel::Timestamp;
use entente_kernel::num::Dec;
use entente_proto::tendermint::abci::Event;

/// Longest filter in bytes.
pub const FILTER_BYTES_MAX: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    Exists,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    None,
    Text(String),
    Number(Dec),
    Time(Timestamp),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// `type.attribute`, or a type alone.
    pub tag: String,
    pub op: Op,
    pub operand: Operand,
}

/// All conditions must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    pub conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("got unexpected text at offset {offset}: {reason}")]
pub struct FilterError {
    offset: usize,
    reason: String,
}

impl Filter {
    /// # Errors
    /// Says where the text stops being a filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        if text.len() > FILTER_BYTES_MAX {
            let reason = format!("a filter has at most {FILTER_BYTES_MAX} bytes");
            return Err(FilterError { offset: FILTER_BYTES_MAX, reason });
        }
        let mut scan = Scan { text, at: 0 };
        let mut conditions = vec![scan.condition()?];
        while !scan.at_end() {
            if !scan.word("AND") {
                return Err(scan.wrong("wanted AND or the end"));
            }
            conditions.push(scan.condition()?);
        }
        Ok(Self { conditions })
    }

    /// Whether every condition holds for some value of `events`, which maps tags to values.
    pub fn matches(&self, events: &BTreeMap<String, Vec<String>>) -> bool {
        self.conditions.iter().all(|c| match events.get(&c.tag) {
            Some(values) => values.iter().any(|value| c.holds(value)),
            None => {
                let prefix = format!("{}.", c.tag);
                events.keys().any(|tag| tag.starts_with(&prefix)) && c.holds("")
            }
        })
    }
}

impl Condition {
    /// Whether the condition holds for a value of its tag.
    pub fn holds(&self, value: &str) -> bool {
        match (&self.operand, self.op) {
            (_, Op::Exists) => true,
            (Operand::Text(wanted), Op::Equal) => value == wanted,
            (Operand::Text(part), Op::Contains) => value.contains(part),
            (Operand::Number(wanted), op) => leading_number(value).is_some_and(|n| ordered(op, n.cmp(wanted))),
            (Operand::Time(wanted), op) => time(value).is_some_and(|t| ordered(op, t.cmp(wanted))),
            _ => false,
        }
    }

    /// Whether the condition holds for an event alone.
    pub fn holds_in(&self, event: &Event) -> bool {
        let Some(rest) = self.tag.strip_prefix(event.r#type.as_str()) else { return false };
        let Some(key) = rest.strip_prefix('.') else { return rest.is_empty() && self.holds("") };
        event.attributes.iter().any(|a| a.index && a.key == key && self.holds(&a.value))
    }
}

fn ordered(op: Op, order: std::cmp::Ordering) -> bool {
    match op {
        Op::Equal => order.is_eq(),
        Op::Less => order.is_lt(),
        Op::LessOrEqual => order.is_le(),
        Op::Greater => order.is_gt(),
        Op::GreaterOrEqual => order.is_ge(),
        Op::Contains | Op::Exists => false,
    }
}

/// The number that a value such as `8uente` begins with.
fn leading_number(value: &str) -> Option<Dec> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let fraction =
        value.get(digits..)?.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let length = if fraction > 0 { digits + 1 + fraction.min(18) } else { digits };
    value.get(..length)?.parse().ok()
}

/// A time in RFC 3339 or a day.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}T00:00:00Z").parse()).ok()
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest().is_empty()
    }

    fn wrong(&self, reason: &str) -> FilterError {
        FilterError { offset: self.at, reason: reason.to_owned() }
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    /// A keyword that does not go on as a name.
    fn word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let rest = self.rest();
        let found = rest.strip_prefix(word).is_some_and(|tail| !tail.starts_with(is_tag_char));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn taken(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn condition(&mut self) -> Result<Condition, FilterError> {
        let tag = self.taken(is_tag_char).to_owned();
        if tag.is_empty() {
            return Err(self.wrong("wanted the name of an event attribute"));
        }
        if self.word("EXISTS") {
            return Ok(Condition { tag, op: Op::Exists, operand: Operand::None });
        }
        let op = if self.word("CONTAINS") {
            Op::Contains
        } else if self.sign("<=") {
            Op::LessOrEqual
        } else if self.sign(">=") {
            Op::GreaterOrEqual
        } else if self.sign("<") {
            Op::Less
        } else if self.sign(">") {
            Op::Greater
        } else if self.sign("=") {
            Op::Equal
        } else {
            return Err(self.wrong("wanted =, <, <=, >, >=, CONTAINS or EXISTS"));
        };
        let operand = self.operand()?;
        let fits = match &operand {
            Operand::Text(_) => matches!(op, Op::Equal | Op::Contains),
            _ => op != Op::Contains,
        };
        if fits {
            Ok(Condition { tag, op, operand })
        } else {
            Err(self.wrong("this comparison does not fit this value"))
        }
    }

    fn operand(&mut self) -> Result<Operand, FilterError> {
        if self.word("TIME") || self.word("DATE") {
            let text = self.taken(|c| !c.is_whitespace());
            return time(text)
                .map(Operand::Time)
                .ok_or_else(|| self.wrong("wanted a time such as 2026-01-02T03:04:05Z"));
        }
        if self.sign("'") {
            let rest = self.rest();
            let Some(length) = rest.find('\'') else { return Err(self.wrong("the closing ' is missing")) };
            self.at += length + 1;
            return Ok(Operand::Text(rest.get(..length).unwrap_or_default().to_owned()));
        }
        let number = self.taken(|c| c.is_ascii_digit() || c == '.');
        number.parse().map(Operand::Number).map_err(|_| self.wrong("wanted a number, a 'text', a TIME or a DATE"))
    }
}

fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
        let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (tag, value) in pairs {
            map.entry((*tag).to_owned()).or_default().push((*value).to_owned());
        }
        map
    }

    #[test]
    fn the_filters_of_relayers_and_wallets_are_understood() {
        let seen = events(&[
            ("tm.event", "Tx"),
            ("tx.height", "27"),
            ("send_packet.packet_sequence", "1"),
            ("transfer.amount", "8uente"),
        ]);
        for good in [
            "tm.event='Tx'",
            "tm.event = 'Tx' AND send_packet.packet_sequence = '1'",
            "tx.height>=27 AND tx.height < 28",
            "transfer.amount > 7.5",
            "transfer.amount CONTAINS 'ente' AND transfer.amount EXISTS",
            "transfer EXISTS",
        ] {
            assert!(Filter::parse(good).unwrap().matches(&seen), "{good}");
        }
        for other in ["tm.event='NewBlock'", "tx.height>27", "transfer.recipient EXISTS", "transfer.amount = 9"] {
            assert!(!Filter::parse(other).unwrap().matches(&seen), "{other}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused_with_the_place() {
        for bad in
            ["", "tm.event", "tm.event=Tx", "a='b", "a='b' OR c='d'", "a < 'b'", "a CONTAINS 5", "= 5", "a = TIME x"]
        {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
        assert!(Filter::parse("a='b' OR c='d'").unwrap_err().to_string().contains("offset 6"));
    }

    #[test]
    fn a_time_is_compared_as_a_time() {
        let filter = Filter::parse("block.time >= TIME 2026-01-02T03:04:05Z AND block.time < DATE 2026-01-03").unwrap();
        assert!(filter.matches(&events(&[("block.time", "2026-01-02T04:04:05+00:30")])));
        assert!(!filter.matches(&events(&[("block.time", "2026-01-03T00:00:00Z")])));
    }
}
