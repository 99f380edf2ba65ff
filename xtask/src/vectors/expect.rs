//! Which differences are accounted for: a checked-in list of rows of the deviations page, files and paths.

use std::{cell::Cell, collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::compare::Difference;
use super::file::VectorFile;

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
    /// A row of the deviations page; the file must declare it.
    pub row: String,
    /// Patterns of paths: `*` stands for anything but `/`, `**` for anything, `{label}` for the address of an account of the file.
    pub paths: Vec<String>,
    /// The block from which on the difference may be there.
    #[serde(default)]
    pub from: i64,
    /// The last block at which it may be there.
    #[serde(default = "forever")]
    pub to: i64,
    /// Instead of a height: from the first block on whose events have this type (`slash`).
    pub after_event: Option<String>,
    pub reason: String,
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
    patterns: Vec<String>,
    from: i64,
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
        ensure!(!e.reason.trim().is_empty(), "{} {}: an expectation needs a reason", e.file, e.row);
        ensure!(!e.paths.is_empty(), "{} {}: an expectation needs paths", e.file, e.row);
        ensure!(
            e.from > 0 || e.after_event.is_some(),
            "{} {}: say from which block on (`from`) or after which event (`after_event`)",
            e.file,
            e.row
        );
    }
    Ok(document.difference)
}

impl<'a> Expected<'a> {
    pub fn for_file(all: &'a [Expectation], file: &VectorFile) -> Self {
        let concerns = |e: &&Expectation| matches(&e.file, &file.name) && file.declares(&e.row);
        let rows = all.iter().filter(concerns).filter_map(|expectation| {
            let event = expectation.after_event.as_deref();
            let from = match event {
                Some(kind) => first_event(file, kind)?.max(expectation.from),
                None => expectation.from,
            };
            let patterns = expectation.paths.iter().map(|p| resolve(p, &file.accounts)).collect();
            Some(Row { expectation, patterns, from, hits: Cell::new(0) })
        });
        Self { rows: rows.collect() }
    }

    /// The row that explains a difference.
    pub fn explains(&self, difference: &Difference) -> Option<&str> {
        let row = self.rows.iter().find(|row| {
            (row.from..=row.expectation.to).contains(&difference.height)
                && row.patterns.iter().any(|p| matches(p, &difference.path))
        })?;
        row.hits.set(row.hits.get() + 1);
        Some(&row.expectation.row)
    }

    /// Expectations for this file, by its very name, that explained nothing.
    pub fn stale(&self, file: &VectorFile) -> Vec<&Expectation> {
        let unused = self.rows.iter().filter(|row| row.hits.get() == 0 && row.expectation.file == file.name);
        unused.map(|row| row.expectation).collect()
    }
}

/// The first block at which an event of this type was seen.
fn first_event(file: &VectorFile, kind: &str) -> Option<i64> {
    let of_block = |b: &super::file::Block| {
        b.events.iter().chain(b.results.iter().flat_map(|r| &r.events)).any(|e| e.kind == kind)
    };
    file.blocks.iter().find(|b| of_block(b)).map(|b| b.height)
}

fn resolve(pattern: &str, accounts: &BTreeMap<String, String>) -> String {
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
    fn an_expectation_without_a_reason_or_a_beginning_is_refused() {
        let entry = |more: &str| format!("[[difference]]\nfile='f'\nrow='S1'\npaths=['a']\n{more}");
        assert!(parse(&entry("from=3\nreason='why'")).is_ok());
        assert!(parse(&entry("from=3\nreason=''")).is_err());
        assert!(parse(&entry("reason='why'")).is_err());
        assert!(parse(&entry("from=3\nreason='why'\nunknown=1")).is_err());
    }
}
