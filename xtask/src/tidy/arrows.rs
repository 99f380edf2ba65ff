//! Who may name whom: the arrows between crates, and the order of modules in the chain.

use super::Finding;
use super::source::{Source, line_of};

/// Crate -> the crates that it may name, in any kind of dependency.
const ARROWS: &[(&str, &[&str])] = &[
    ("proto", &[]),
    ("kernel", &["proto"]),
    ("chain", &["kernel", "proto"]),
    ("lab", &["chain", "kernel", "proto"]),
    ("node", &["lab", "chain", "kernel", "proto"]),
];

const MODULES: &str = "crates/chain/src/modules/";

/// Compares the manifests with the list.
pub fn crates(sources: &[Source]) -> Vec<Finding> {
    let mut out = Vec::new();
    for source in sources {
        let Some(name) = source.path.strip_prefix("crates/").and_then(|p| p.strip_suffix("/Cargo.toml")) else {
            continue;
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            out.push(Finding::new(
                &source.path,
                0,
                format!("crate {name} has no arrows; say in design and here what it may name"),
            ));
            continue;
        };
        for (i, line) in source.text.lines().enumerate() {
            let Some(rest) = line.trim_start().strip_prefix("entente-") else {
                continue;
            };
            let other: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            if !allowed.contains(&other.as_str()) {
                out.push(Finding::new(
                    &source.path,
                    i + 1,
                    format!("{name} may not name {other}; it may name {allowed:?}"),
                ));
            }
        }
    }
    out
}

/// Compares the modules that each module names with the order that `modules/mod.rs` tells.
pub fn modules(sources: &[Source]) -> Vec<Finding> {
    let contents = format!("{MODULES}mod.rs");
    let Some(order) = sources.iter().find(|s| s.path == contents).and_then(|s| order(&s.text)) else {
        return vec![Finding::new(contents, 0, "no line `//! a < b < c` tells the order of modules")];
    };
    let rank = |name: &str| order.iter().position(|m| m == name);
    let mut out = Vec::new();
    for source in sources {
        let Some((module, _)) = source.path.strip_prefix(MODULES).and_then(|p| p.split_once('/')) else {
            continue;
        };
        let Some(own) = rank(module) else {
            out.push(Finding::new(&source.path, 0, format!("module {module} has no place in the order of {contents}")));
            continue;
        };
        for (at, named) in named_modules(source) {
            if rank(&named).is_some_and(|other| other > own) {
                let what = format!(
                    "{module} names {named}, which stands above it; news go up through hooks, messages through route"
                );
                out.push(Finding::new(&source.path, line_of(&source.shipped, at), what));
            }
        }
    }
    out
}

/// The list in the head of `modules/mod.rs`.
fn order(text: &str) -> Option<Vec<String>> {
    let head: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("//!")).collect();
    let list: String = head.iter().filter(|l| l.contains(" < ")).copied().collect::<Vec<_>>().join(" ");
    let names: Vec<String> = list.split('<').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
    (names.len() > 1).then_some(names)
}

/// Modules that a file names by `modules::x`, `modules::{x, y}`, or by `super` from its place.
fn named_modules(source: &Source) -> Vec<(usize, String)> {
    let code = &source.shipped;
    let below = source.path.trim_start_matches(MODULES).trim_end_matches(".rs");
    let below = below.trim_end_matches("/mod");
    let depth = below.split('/').count();
    let upward = "super::".repeat(depth);
    let mut out = Vec::new();
    for prefix in ["modules::", upward.as_str()] {
        for (at, _) in code.match_indices(prefix) {
            if prefix != "modules::"
                && (code[..at].ends_with("super::") || code[at + prefix.len()..].starts_with("super"))
            {
                continue;
            }
            out.extend(first_names(&code[at + prefix.len()..]).into_iter().map(|name| (at, name)));
        }
    }
    out
}

/// The first steps of what follows a path: one name, or those in braces.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(list) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let (mut depth, mut start, mut out) = (1usize, 0, Vec::new());
    for (i, c) in list.char_indices() {
        depth = match c {
            '{' => depth + 1,
            '}' => depth - 1,
            _ => depth,
        };
        if depth == 0 || depth == 1 && c == ',' {
            out.push(name(list[start..i].trim_start()));
            start = i + 1;
        }
        if depth == 0 {
            break;
        }
    }
    out.retain(|n| !n.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(path: &str, text: &str) -> Vec<Source> {
        vec![
            Source::new(format!("{MODULES}mod.rs"), "//! Modules.\n//!\n//! auth < bank <\n//! staking < gov\n"),
            Source::new(path, text),
        ]
    }

    #[test]
    fn a_module_may_name_lower_ones_only() {
        let bad = [
            ("bank/handle.rs", "use crate::modules::staking;"),
            ("bank/handle.rs", "use crate::modules::{auth, gov::{a, b}};"),
            ("bank/mod.rs", "use super::staking::delegate;"),
            ("bank/handle.rs", "fn f() { super::super::gov::x() }"),
            ("bank/handle/send.rs", "use super::super::super::gov;"),
        ];
        for (path, text) in bad {
            assert_eq!(modules(&sources(&format!("{MODULES}{path}"), text)).len(), 1, "{path} {text}");
        }
        let good = [
            ("staking/handle.rs", "use crate::modules::{auth, bank};"),
            ("staking/mod.rs", "use super::bank; // gov: crate::modules::gov"),
            ("bank/handle.rs", "use super::gov; // a name of its own"),
            ("bank/tests.rs", "use crate::modules::gov;"),
        ];
        for (path, text) in good {
            assert_eq!(modules(&sources(&format!("{MODULES}{path}"), text)), [], "{path} {text}");
        }
    }

    #[test]
    fn a_module_without_a_place_in_the_order_is_found() {
        assert_eq!(modules(&sources(&format!("{MODULES}pools/mod.rs"), "")).len(), 1);
    }

    #[test]
    fn a_dependency_against_the_arrows_is_found_also_for_tests() {
        let manifest = |text: &str| vec![Source::new("crates/kernel/Cargo.toml", text)];
        assert_eq!(crates(&manifest("[dev-dependencies]\nentente-chain.workspace = true\n")).len(), 1);
        assert_eq!(
            crates(&manifest("name = \"entente-kernel\"\n[dependencies]\nentente-proto.workspace = true\n")),
            []
        );
        assert_eq!(crates(&[Source::new("crates/other/Cargo.toml", "")]).len(), 1);
    }
}
