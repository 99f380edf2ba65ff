//! Which differences are accounted for: a checked-in list of rows of the deviations page, files and paths.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use entente_kernel::event::Attribute;
use entente_kernel::num::Dec;
use serde::Deserialize;

use super::compare::Difference;
use super::file::{Texts, VectorFile};
use super::laws::LAWS;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    difference: Vec<Expectation>,
}

/// Differences that a deviation explains.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Names of files (a pattern); `*` is any file that declares the row.
    pub file: String,
    /// Rows of the deviations page; the file must declare one of them.
    #[serde(rename = "row", deserialize_with = "one_or_more")]
    pub rows: Vec<String>,
    /// Patterns of paths: `*` stands for anything but `/`, `**` for anything, `{label}` for the address of an account of the file.
    pub paths: Vec<String>,
    /// The block from which on the difference may be there.
    #[serde(default)]
    pub from: i64,
    /// The last block at which it may be there.
    #[serde(default = "forever")]
    pub to: i64,
    /// Instead of a height: what must have come about in the file (see [`Start`]).
    pub after: Option<String>,
    /// Laws that must hold in the block (`laws`).
    #[serde(default)]
    pub laws: Vec<String>,
    /// How far the numbers may be apart (see [`Bound`]).
    pub within: Option<String>,
    pub reason: String,
}

fn one_or_more<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Rows {
        One(String),
        More(Vec<String>),
    }
    Ok(match Rows::deserialize(from)? {
        Rows::One(row) => vec![row],
        Rows::More(rows) => rows,
    })
}

fn forever() -> i64 {
    i64::MAX
}

/// The expectations that concern one file, ready to match.
pub struct Expected<'a> {
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    expectation: &'a Expectation,
    /// The row that the file declares.
    name: &'a str,
    patterns: Vec<String>,
    /// First block; of a row that follows another difference, once that was seen.
    from: Cell<Option<i64>>,
    /// The difference that it follows.
    follows: Option<String>,
    within: Option<Bound>,
    hits: Cell<usize>,
}

/// Reads the list; an absent file is an empty list.
pub fn read(path: &Path) -> Result<Vec<Expectation>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("{}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Expectation>> {
    let document: Document = toml::from_str(text)?;
    for e in &document.difference {
        let name = format!("{} {}", e.file, e.rows.join(" "));
        ensure!(!e.reason.trim().is_empty(), "{name}: an expectation needs a reason");
        ensure!(!e.paths.is_empty(), "{name}: an expectation needs paths");
        ensure!(!e.paths.iter().any(|p| p == "**"), "{name}: a pattern that matches every path checks nothing");
        ensure!(e.from > 0 || e.after.is_some(), "{name}: say from which block on (`from`) or after what (`after`)");
        ensure!(!e.laws.is_empty() || e.within.is_some(), "{name}: needs a fence: `laws` or `within`");
        for law in &e.laws {
            ensure!(LAWS.iter().any(|(known, _)| known == law), "{name}: there is no law {law}");
        }
        e.after.as_deref().map(Start::parse).transpose()?;
        e.within.as_deref().map(Bound::parse).transpose()?;
    }
    Ok(document.difference)
}

impl<'a> Expected<'a> {
    pub fn for_file(all: &'a [Expectation], file: &VectorFile) -> Result<Self> {
        let mut rows = Vec::new();
        for e in all.iter().filter(|e| matches(&e.file, &file.name)) {
            let Some(name) = e.rows.iter().find(|row| file.declares(row)) else { continue };
            let patterns = e.paths.iter().map(|p| resolve(p, &file.accounts)).collect();
            let within = e.within.as_deref().map(Bound::parse).transpose()?;
            let (from, follows) = match e.after.as_deref().map(Start::parse).transpose()? {
                None => (Some(e.from), None),
                Some(Start::Difference(pattern)) => (None, Some(resolve(&pattern, &file.accounts))),
                Some(start) => (start.first(file).map(|first| first.max(e.from)), None),
            };
            rows.push(Row {
                expectation: e,
                name,
                patterns,
                from: Cell::new(from),
                follows,
                within,
                hits: Cell::new(0),
            });
        }
        Ok(Self { rows })
    }

    /// Takes note of a block's differences, for rows that follow others.
    pub fn observe(&self, differences: &[Difference]) {
        for row in self.rows.iter().filter(|row| row.from.get().is_none()) {
            let Some(pattern) = &row.follows else { continue };
            row.from.set(
                differences.iter().find(|d| matches(pattern, &d.path)).map(|d| d.height.max(row.expectation.from)),
            );
        }
    }

    /// The row that explains a difference, in a block that breaks these laws.
    pub fn explains(&self, difference: &Difference, broken: &BTreeSet<&str>) -> Option<&str> {
        let row = self.rows.iter().find(|row| {
            row.from.get().is_some_and(|from| (from..=row.expectation.to).contains(&difference.height))
                && row.patterns.iter().any(|p| matches(p, &difference.path))
                && !row.expectation.laws.iter().any(|law| broken.contains(law.as_str()))
                && row.within.as_ref().is_none_or(|bound| bound.holds(difference, row.from.get().unwrap_or(0)))
        })?;
        row.hits.set(row.hits.get() + 1);
        Some(row.name)
    }

    /// Expectations for this file, by its very name, that explained nothing.
    pub fn stale(&self, file: &VectorFile) -> Vec<&Expectation> {
        let unused = self.rows.iter().filter(|row| row.hits.get() == 0 && row.expectation.file == file.name);
        unused.map(|row| row.expectation).collect()
    }
}

/// What must have come about before a difference may be there. All but the last are read from the file alone.
enum Start {
    /// `event slash`: an event of this type.
    Event(String),
    /// `set PATTERN`: a path gets a value.
    Set(String),
    /// `change PATTERN`: a path that had a value gets another.
    Change(String),
    /// `end PATTERN`: a path goes.
    End(String),
    /// `slash of stake`: a validator is slashed that holds stake of an asset.
    SlashOfStake,
    /// `difference PATTERN`: such a path differed.
    Difference(String),
}

impl Start {
    fn parse(text: &str) -> Result<Self> {
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim().to_owned();
        Ok(match kind {
            "slash" if rest == "of stake" => Self::SlashOfStake,
            _ if rest.is_empty() => bail!("after = {text:?}: after what?"),
            "event" => Self::Event(rest),
            "set" => Self::Set(rest),
            "change" => Self::Change(rest),
            "end" => Self::End(rest),
            "difference" => Self::Difference(rest),
            _ => bail!("after = {text:?}: known are event, set, change, end, slash of stake, difference"),
        })
    }

    /// The first block at which it is so.
    fn first(&self, file: &VectorFile) -> Option<i64> {
        let mut state = file.init.state.clone();
        for block in &file.blocks {
            let mut events = block.events.iter().chain(block.results.iter().flat_map(|r| &r.events));
            let found = match self {
                Self::Event(kind) => events.any(|e| e.kind == *kind),
                Self::SlashOfStake => events.any(|e| e.kind == "slash" && holds_stake(file, &state, &e.attributes)),
                Self::Set(pattern) => block.set.keys().any(|p| matches(&resolve(pattern, &file.accounts), p)),
                Self::Change(pattern) => {
                    let pattern = resolve(pattern, &file.accounts);
                    block.set.iter().any(|(p, v)| matches(&pattern, p) && state.get(p).is_some_and(|old| old != v))
                }
                Self::End(pattern) => block.del.iter().any(|p| matches(&resolve(pattern, &file.accounts), p)),
                Self::Difference(_) => false,
            };
            if found {
                return Some(block.height);
            }
            state.extend(block.set.iter().map(|(p, v)| (p.clone(), v.clone())));
            block.del.iter().for_each(|p| {
                state.remove(p);
            });
        }
        None
    }
}

/// Whether the slashed validator holds stake of an asset.
fn holds_stake(file: &VectorFile, state: &Texts, attributes: &[Attribute]) -> bool {
    let address = attributes.iter().find(|(key, _)| key == "address").map(|(_, v)| v.as_str());
    let validator = file.validators.iter().find(|v| address.is_some() && v["cons_address"].as_str() == address);
    let Some(operator) = validator.and_then(|v| v["operator"].as_str()) else { return false };
    let prefix = format!("alliance/validator/{operator}/validator_shares/");
    state.range(prefix.clone()..).next().is_some_and(|(p, _)| p.starts_with(&prefix))
}

/// How far a number may be off: `2`, `6 %` of the larger one, `3 per block` since the first block of the row. Absent is zero.
#[derive(Debug, Clone, Copy)]
struct Bound {
    amount: Dec,
    unit: Unit,
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    One,
    Percent,
    PerBlock,
}

impl Bound {
    fn parse(text: &str) -> Result<Self> {
        let (amount, unit) = text.split_once(' ').unwrap_or((text, ""));
        let unit = match unit.trim() {
            "" => Unit::One,
            "%" => Unit::Percent,
            "per block" => Unit::PerBlock,
            other => bail!("within = {text:?}: unknown unit {other:?}"),
        };
        let amount = amount.parse().map_err(|e| anyhow::anyhow!("within = {text:?}: {e:?}"))?;
        Ok(Self { amount, unit })
    }

    fn holds(self, difference: &Difference, from: i64) -> bool {
        let number = |text: &Option<String>| text.as_deref().unwrap_or("0").parse::<Dec>().ok();
        let Some((a, b)) = number(&difference.wanted).zip(number(&difference.found)) else { return false };
        let scale = match self.unit {
            Unit::One => Dec::ONE,
            Unit::Percent => {
                Dec::new_with_prec(1, 2).and_then(|hundredth| a.abs().max(b.abs()).mul(hundredth)).unwrap_or(Dec::ZERO)
            }
            Unit::PerBlock => Dec::from_i64(difference.height.saturating_sub(from).saturating_add(1)),
        };
        let most = self.amount.mul(scale).ok();
        a.sub(b).ok().zip(most).is_some_and(|(off, most)| off.abs() <= most)
    }
}

/// Puts addresses in the place of labels.
pub fn resolve(pattern: &str, accounts: &BTreeMap<String, String>) -> String {
    let mut out = pattern.to_owned();
    for (label, address) in accounts {
        out = out.replace(&format!("{{{label}}}"), address);
    }
    out
}

/// `*` matches anything without a slash, `**` anything.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.find('*') {
        None => pattern == text,
        Some(at) => {
            let Some(text) = text.strip_prefix(&pattern[..at]) else {
                return false;
            };
            let (rest, deep) = match pattern[at..].strip_prefix("**") {
                Some(rest) => (rest, true),
                None => (&pattern[at + 1..], false),
            };
            let ends = text.char_indices().map(|(i, _)| i).chain([text.len()]);
            ends.take_while(|end| deep || !text[..*end].contains('/')).any(|end| matches(rest, &text[end..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stops_at_a_slash_and_two_do_not() {
        for (pattern, text, wanted) in [
            ("a/*/c", "a/b/c", true),
            ("a/*/c", "a/b/b/c", false),
            ("a/**/c", "a/b/b/c", true),
            ("a/**", "a/b/c", true),
            ("a/*", "a/b/c", false),
            ("*", "abc", true),
            ("a*c", "abbc", true),
            ("a", "ab", false),
            ("alliance_*", "alliance_slash", true),
        ] {
            assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn an_expectation_without_a_reason_a_beginning_or_a_fence_is_refused() {
        let entry = |more: &str| format!("[[difference]]\nfile='f'\nrow='S1'\npaths=['a']\n{more}");
        assert!(parse(&entry("from=3\nwithin='1'\nreason='why'")).is_ok());
        assert!(parse(&entry("after='slash of stake'\nlaws=['value']\nreason='why'")).is_ok());
        assert!(parse(&entry("from=3\nwithin='1'\nreason=''")).is_err());
        assert!(parse(&entry("within='1'\nreason='why'")).is_err());
        assert!(parse(&entry("from=3\nreason='why'")).is_err());
        assert!(parse(&entry("from=3\nlaws=['no such']\nreason='why'")).is_err());
        assert!(parse(&entry("after='some day'\nwithin='1'\nreason='why'")).is_err());
        assert!(parse(&entry("from=3\nwithin='1'\nreason='why'\nunknown=1")).is_err());
        assert!(parse(&entry("from=3\nwithin='1'\nreason='why'").replace("'a'", "'**'")).is_err());
    }

    #[test]
    fn a_bound_is_absolute_relative_or_grows_with_the_blocks() {
        let difference = |wanted: &str, found: &str| Difference::new(12, "p", wanted, found);
        for (bound, wanted, found, holds) in [
            ("2", "10", "12", true),
            ("2", "10", "12.5", false),
            ("10 %", "90", "100", true),
            ("10 %", "89", "100", false),
            ("1 per block", "0", "3", true),
            ("1 per block", "0", "4", false),
            ("5", "some", "text", false),
        ] {
            assert_eq!(
                Bound::parse(bound).unwrap().holds(&difference(wanted, found), 10),
                holds,
                "{bound} {wanted} {found}"
            );
        }
    }
}
