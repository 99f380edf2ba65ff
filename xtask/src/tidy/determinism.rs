//! What the state machine may not name: whatever differs between machines, runs or builds.

use super::Finding;
use super::source::{Source, line_of, words};

const ROOMS: &[&str] = &["crates/kernel/src/", "crates/chain/src/"];

const BANNED: &[(&str, &str)] = &[
    ("HashMap", "its order differs from process to process: use BTreeMap"),
    ("HashSet", "its order differs from process to process: use BTreeSet"),
    ("Instant", "a state machine has no clock: use the block time"),
    ("SystemTime", "a state machine has no clock: use the block time"),
    ("f32", "floats differ between machines: use Dec"),
    ("f64", "floats differ between machines: use Dec"),
    ("std::env", "the environment differs from machine to machine"),
    ("std::fs", "no I/O in the state machine"),
    ("std::net", "no I/O in the state machine"),
    ("stdin", "no I/O in the state machine"),
    ("stdout", "no I/O in the state machine"),
    ("std::process", "no I/O in the state machine"),
    ("thread_rng", "randomness differs from run to run"),
    ("thread_local", "no thread may be visible in results"),
    ("OsRng", "randomness differs from run to run"),
    ("println", "no I/O in the state machine"),
    ("eprintln", "no I/O in the state machine"),
    ("async", "the state machine is synchronous"),
    ("unsafe", "the state machine has no unsafe code"),
];

/// Where a banned word may stand, and why.
const EXCUSED: &[(&str, &str, &str)] = &[(
    "crates/kernel/src/json/print.rs",
    "f64",
    "a double of somebody else's message is printed, never computed with",
)];

pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut out = Vec::new();
    for source in sources.iter().filter(|s| s.is_rust() && ROOMS.iter().any(|room| s.path.starts_with(room))) {
        for (word, reason) in BANNED {
            if EXCUSED.iter().any(|(path, excused, _)| *path == source.path && excused == word) {
                continue;
            }
            for at in words(&source.shipped, word) {
                out.push(Finding::new(&source.path, line_of(&source.shipped, at), format!("{word}: {reason}")));
            }
        }
    }
    for (path, word, _) in EXCUSED {
        let source = sources.iter().find(|s| s.path == *path);
        if source.is_some_and(|s| words(&s.shipped, word).next().is_none()) {
            out.push(Finding::new(*path, 0, format!("no longer holds {word}: take it off the list of excuses")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_runs_is_found_in_kernel_and_chain_outside_tests() {
        let sources = |path: &str, text: &str| vec![Source::new(path, text)];
        assert_eq!(check(&sources("crates/chain/src/a.rs", "use std::collections::HashMap;")).len(), 1);
        assert_eq!(check(&sources("crates/kernel/src/a.rs", "fn f(x: f64) {}")).len(), 1);
        assert_eq!(check(&sources("crates/node/src/a.rs", "use std::collections::HashMap;")), []);
        assert_eq!(check(&sources("crates/chain/src/a.rs", "// HashMap\nlet s = \"f64\";")), []);
        assert_eq!(check(&sources("crates/chain/src/a.rs", "#[cfg(test)]\nmod tests { use std::fs; }")), []);
    }
}
