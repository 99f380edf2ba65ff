//! Files: what every one begins with, how long one may be, how they may be called, and what none may hold.

use super::Finding;
use super::source::{Source, line_of, words};

const LINES_MAX: usize = 600;

/// Longer files, and why.
const LONG: &[(&str, &str)] = &[];

/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &["manager", "keeper", "util", "utils", "helper", "helpers", "common", "misc"];

/// Files that a module may have; a folder of the same name when one grows.
const MODULE_FILES: &[&str] = &[
    "mod",
    "state",
    "msg",
    "handle",
    "math",
    "block",
    "query",
    "event",
    "error",
    "params",
    "genesis",
    "invariant",
    "tests",
];

/// Further files of modules, and why.
const MORE_MODULE_FILES: &[(&str, &str)] = &[
    ("alliance/custody", "stake of other modules"),
    ("alliance/entry", "unbonding and redelegation entries and the faults they answer for"),
    ("alliance/hook", "what follows from the news of staking"),
    ("alliance/import", "a genesis that the Go module exported"),
    ("alliance/pool", "the two layers of shares of an asset on a validator"),
    ("alliance/reward", "indices, debts and claims"),
    ("alliance/slash", "what a fault takes from stakes and entries"),
    ("alliance/vote", "the virtual stake behind a vote"),
    ("auth/account", "accounts as protobuf messages"),
    ("auth/module_account", "the table of accounts that modules own"),
    ("authz/authorization", "what a grant allows, and what is left of it after use"),
    ("bank/metadata", "denominations for people"),
    ("consensus/json", "the JSON of a CometBFT genesis file, which is not protobuf's"),
    ("distribution/hook", "what follows from the news of staking"),
    ("distribution/period", "the arithmetic of reward periods"),
    ("feegrant/allowance", "what an allowance pays, and what is left of it after use"),
    ("gov/convert", "proposals as messages of v1 and v1beta1"),
    ("gov/deposit", "deposits and what becomes of them"),
    ("gov/legacy", "contents of v1beta1"),
    ("gov/msg_legacy", "messages of v1beta1"),
    ("gov/proposal", "the life of a proposal"),
    ("gov/query_legacy", "queries of v1beta1"),
    ("gov/tally", "counting votes"),
    ("gov/vote", "votes"),
    ("liquid/batch", "those who leave, from the request to the last payment"),
    ("liquid/hook", "what follows from the news of staking"),
    ("liquid/position", "how liquid stake lies with validators, and the steps that move it"),
    ("slashing/missed", "the window of missed blocks"),
    ("pools/hook", "what follows from the news of alliance"),
    ("pools/market", "prices and depths over time"),
    ("pools/reward", "indices, groups and positions of staked shares"),
    ("staking/delegation", "the records of delegators"),
    ("staking/history", "recent headers and validator sets"),
    ("staking/hold", "unbonding operations that other modules hold back"),
    ("staking/queue", "what completes when"),
    ("staking/rest", "what the wire shape of a genesis section has no place for"),
    ("staking/set", "the validator set and its changes"),
    ("staking/slash", "the burning of stakes and entries"),
    ("staking/stake", "how stake enters and leaves validators"),
    ("staking/validator", "a validator and the value of its shares"),
    ("upgrade/known", "the upgrades that this program knows, and what they do"),
    ("upgrade/versions", "the versions of the modules' rules"),
    ("vault/halt", "how long the chain has stood still"),
    ("vault/holding", "what a vault has, by owner and by place"),
    ("vault/hook", "what follows from the news of alliance"),
    ("vault/hooks", "what curators may have called, and who is called"),
    ("vault/stake", "where the coins of a vault lie"),
];

/// Marks of work that is not done. Put together here so that this file does not hold them.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX"), concat!("HA", "CK")];

/// Every Rust file says in its first line what lives there.
pub fn heads(sources: &[Source]) -> Vec<Finding> {
    let rust = sources.iter().filter(|s| s.is_rust());
    let headless =
        rust.filter(|s| s.text.lines().next().is_none_or(|l| l.strip_prefix("//! ").is_none_or(str::is_empty)));
    headless
        .map(|s| Finding::new(&s.path, 1, "the first line must be `//!` and a sentence on what lives here"))
        .collect()
}

pub fn lengths(sources: &[Source]) -> Vec<Finding> {
    let mut out = Vec::new();
    for source in sources.iter().filter(|s| s.is_rust() || s.path.ends_with(".ts")) {
        let lines = source.text.lines().count();
        let excused = LONG.iter().any(|(path, _)| *path == source.path);
        if lines > LINES_MAX && !excused {
            out.push(Finding::new(
                &source.path,
                0,
                format!("{lines} lines, at most {LINES_MAX}: a folder wants to be made of it"),
            ));
        }
        if lines <= LINES_MAX && excused {
            out.push(Finding::new(&source.path, 0, "no longer too long: take it off the list of long files"));
        }
    }
    out
}

/// Names of files, folders and functions.
pub fn names(sources: &[Source]) -> Vec<Finding> {
    let mut out = Vec::new();
    for source in sources.iter().filter(|s| s.is_rust()) {
        for step in source.path.split('/') {
            let step = step.trim_end_matches(".rs");
            if EMPTY_NAMES.iter().any(|n| step.split('_').any(|word| word == *n)) {
                out.push(Finding::new(
                    &source.path,
                    0,
                    format!("the name {step:?} says nothing about what lives there"),
                ));
            }
        }
        // The peers of the benches implement what others named.
        let named_by_others = source.path.starts_with("bench/peers/");
        for (at, _) in source.code.match_indices("fn get_").filter(|_| !named_by_others) {
            out.push(Finding::new(
                &source.path,
                line_of(&source.code, at),
                "a function that begins with get_: name what it gives",
            ));
        }
        for name in EMPTY_NAMES {
            for at in words(&source.code, name).filter(|at| source.code[..*at].ends_with("mod ")) {
                out.push(Finding::new(&source.path, line_of(&source.code, at), format!("a module named {name:?}")));
            }
        }
    }
    out
}

/// Modules of the chain are siblings: the same file names in each.
pub fn of_modules(sources: &[Source]) -> Vec<Finding> {
    let mut out = Vec::new();
    for source in sources.iter().filter(|s| s.is_rust()) {
        let Some((module, rest)) =
            source.path.strip_prefix("crates/chain/src/modules/").and_then(|p| p.split_once('/'))
        else {
            continue;
        };
        let name = rest.split('/').next().unwrap_or(rest).trim_end_matches(".rs");
        let known = MODULE_FILES.contains(&name)
            || MORE_MODULE_FILES.iter().any(|(file, _)| *file == format!("{module}/{name}"));
        if !known {
            let what = format!("{name:?} is no file of a module; known: {}", MODULE_FILES.join(" "));
            out.push(Finding::new(&source.path, 0, what));
        }
    }
    out
}

/// No marks of unfinished work, and no code that is switched off by a comment.
pub fn unfinished(sources: &[Source]) -> Vec<Finding> {
    let mut out = Vec::new();
    for source in sources.iter().filter(|s| s.is_rust() || s.path.ends_with(".ts")) {
        for mark in UNFINISHED {
            for at in words(&source.text, mark) {
                out.push(Finding::new(
                    &source.path,
                    line_of(&source.text, at),
                    format!("{mark}: finish it or write an issue"),
                ));
            }
        }
        for (i, line) in source.text.lines().enumerate().filter(|_| source.is_rust()) {
            let comment = line.trim_start().strip_prefix("// ").unwrap_or_default();
            if comment.ends_with(';')
                && (comment.starts_with("let ") || comment.contains("();") || comment.contains(" = "))
            {
                out.push(Finding::new(&source.path, i + 1, "code in a comment"));
            }
        }
    }
    out
}

/// Data beside tests that no source names would never be opened.
pub fn vectors(sources: &[Source]) -> Vec<Finding> {
    let data = sources.iter().filter(|s| s.path.contains("/tests/vectors/") && !s.is_rust());
    let opened = |s: &Source| {
        let name = s.path.rsplit('/').next().unwrap_or(&s.path);
        sources.iter().any(|other| other.is_rust() && other.text.contains(name))
    };
    let unopened = data.filter(|s| !opened(s));
    unopened.map(|s| Finding::new(&s.path, 0, "no source names this file: its data is never opened")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, text: &str) -> Vec<Source> {
        vec![Source::new(path, text)]
    }

    #[test]
    fn a_file_without_a_head_is_found() {
        assert_eq!(heads(&one("a.rs", "//! What lives here.\n")), []);
        assert_eq!(heads(&one("a.rs", "use std::fmt;\n")).len(), 1);
        assert_eq!(heads(&one("a.rs", "")).len(), 1);
    }

    #[test]
    fn a_file_above_the_limit_is_found() {
        assert_eq!(lengths(&one("a.rs", &"x\n".repeat(LINES_MAX))), []);
        assert_eq!(lengths(&one("a.rs", &"x\n".repeat(LINES_MAX + 1))).len(), 1);
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        assert_eq!(names(&one("crates/a/src/utils.rs", "")).len(), 1);
        assert_eq!(names(&one("crates/a/src/test_helpers/mod.rs", "")).len(), 1);
        assert_eq!(names(&one("a.rs", "pub fn get_balance() {}")).len(), 1);
        assert_eq!(names(&one("a.rs", "mod helper { }")).len(), 1);
        assert_eq!(names(&one("a.rs", "//! a common word, and fn get_x in a comment\nfn target() {}")), []);
    }

    #[test]
    fn a_module_with_a_file_of_another_name_is_found() {
        let path = |name: &str| format!("crates/chain/src/modules/bank/{name}.rs");
        assert_eq!(of_modules(&one(&path("handle"), "")), []);
        assert_eq!(of_modules(&one(&path("handle/send"), "")), []);
        assert_eq!(of_modules(&one(&path("logic"), "")).len(), 1);
    }

    #[test]
    fn unfinished_work_and_code_in_comments_are_found() {
        assert_eq!(unfinished(&one("a.rs", &format!("// {} later\n", UNFINISHED[0]))).len(), 1);
        assert_eq!(unfinished(&one("a.rs", "// let a = b();\n")).len(), 1);
        assert_eq!(unfinished(&one("a.rs", "// A reason; and another one.\n")), []);
    }

    #[test]
    fn data_that_no_source_names_is_found() {
        let data = || Source::new("crates/chain/tests/vectors/v.json", "{}");
        assert_eq!(vectors(&[data()]).len(), 1);
        assert_eq!(
            vectors(&[data(), Source::new("crates/chain/src/a.rs", "include_str!(\"../tests/vectors/v.json\")")]),
            []
        );
    }
}
