//! The table of all state: every constant of a `state.rs`, its store and the first bytes of its keys.

use std::fmt::Write as _;

use super::Finding;
use super::source::{Source, line_of};

const KINDS: &[&str] = &["Item", "Map", "Sequence"];

/// Files that declare state besides `modules/M/state.rs`, and why.
const ELSEWHERE: &[(&str, &str)] = &[("crates/chain/src/chain.rs", "what the chain remembers of itself")];

/// One declared constant.
#[derive(Debug)]
struct Row {
    path: String,
    line: usize,
    name: String,
    /// `Map<(AccAddress, Denom), Int>`
    kind: String,
    store: String,
    key: Vec<u8>,
    about: String,
}

/// Constants stand in `state.rs`, and no key of a store begins with another's bytes.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut out = Vec::new();
    let rows = rows(sources, &mut out);
    for (i, row) in rows.iter().enumerate() {
        let of_module = row.path.starts_with("crates/chain/src/modules/")
            && (row.path.ends_with("/state.rs") || row.path.contains("/state/"));
        if !of_module && !ELSEWHERE.iter().any(|(path, _)| *path == row.path) {
            out.push(Finding::new(&row.path, row.line, format!("{} is state: it belongs into a state.rs", row.name)));
        }
        for other in rows.iter().skip(i + 1).filter(|o| o.store == row.store) {
            if row.key.starts_with(&other.key) || other.key.starts_with(&row.key) {
                let keys = format!("{} and {}", hex::encode(&row.key), hex::encode(&other.key));
                let what =
                    format!("{} and {} ({}) overlap in store {}: {keys}", other.name, row.name, row.path, row.store);
                out.push(Finding::new(&other.path, other.line, what));
            }
        }
    }
    out
}

/// The reference page.
pub fn page(sources: &[Source]) -> String {
    let mut rows = rows(sources, &mut Vec::new());
    rows.sort_by(|a, b| (&a.store, &a.key).cmp(&(&b.store, &b.key)));
    let mut out = String::from(
        "# State\n\nEvery record of the state, by store and first bytes of its key. Made by `cargo xtask tidy --fix`; do not edit.\n",
    );
    let mut store = "";
    for row in &rows {
        if row.store != store {
            store = &row.store;
            let _ =
                write!(out, "\n## {store}\n\n| key | constant | record | what it is |\n| --- | --- | --- | --- |\n");
        }
        let module = row.path.trim_start_matches("crates/chain/src/").trim_start_matches("modules/");
        let module = module.split(['/', '.']).next().unwrap_or(module);
        let kind = row.kind.replace('|', "\\|");
        let _ = writeln!(out, "| `{}` | `{module}::{}` | `{kind}` | {} |", hex::encode(&row.key), row.name, row.about);
    }
    out
}

/// Reads all declarations; those that cannot be read are findings.
fn rows(sources: &[Source], out: &mut Vec<Finding>) -> Vec<Row> {
    let mut rows = Vec::new();
    for source in sources.iter().filter(|s| s.path.starts_with("crates/chain/src/") && s.is_rust()) {
        for (at, _) in source.shipped.match_indices("const ") {
            let rest = &source.shipped[at..];
            let Some(end) = statement_end(rest) else {
                continue;
            };
            let text = &source.text[at..at + end];
            let Some((name, kind, value)) = declaration(text) else {
                continue;
            };
            if !KINDS.iter().any(|k| kind.split('<').next() == Some(k)) {
                continue;
            }
            let line = line_of(&source.shipped, at);
            match place(value) {
                Some((store, key)) => rows.push(Row {
                    path: source.path.clone(),
                    line,
                    name,
                    kind,
                    store,
                    key,
                    about: about(&source.text[..at]),
                }),
                None => out.push(Finding::new(
                    &source.path,
                    line,
                    format!("{name}: the key must be written as `X::new(STORE, &[0x01])` or with b\"..\""),
                )),
            }
        }
    }
    rows
}

/// The end of a statement: its semicolon outside brackets.
fn statement_end(code: &str) -> Option<usize> {
    let mut depth = 0i32;
    code.char_indices()
        .find(|(_, c)| {
            depth += match c {
                '(' | '[' | '{' => 1,
                ')' | ']' | '}' => -1,
                _ => 0,
            };
            *c == ';' && depth <= 0
        })
        .map(|(i, _)| i)
}

/// `const NAME: KIND = VALUE` in its parts.
fn declaration(text: &str) -> Option<(String, String, &str)> {
    let (head, value) = text.strip_prefix("const ")?.split_once(" =")?;
    let (name, kind) = head.split_once(':')?;
    let kind = kind.split_whitespace().collect::<Vec<_>>().join(" ");
    Some((name.trim().to_owned(), kind, value))
}

/// Store and key of `X::new(STORE, KEY)`.
fn place(value: &str) -> Option<(String, Vec<u8>)> {
    let arguments = value.split_once("::new(")?.1.trim_end().strip_suffix(')')?;
    let (store, key) = arguments.split_once(',')?;
    let store = store.trim().rsplit("::").next()?.to_owned();
    let key = key.trim().trim_end_matches(',').trim_end();
    if let Some(text) = key.strip_prefix("b\"").and_then(|k| k.strip_suffix('"')) {
        return Some((store, text.as_bytes().to_vec()));
    }
    let list = key.strip_prefix("&[")?.strip_suffix(']')?;
    let byte = |text: &str| match text.trim().strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => text.trim().parse().ok(),
    };
    let bytes = list.split(',').filter(|b| !b.trim().is_empty()).map(byte).collect::<Option<Vec<u8>>>()?;
    Some((store, bytes))
}

/// The doc comment above a declaration, on one line.
fn about(before: &str) -> String {
    let lines = before.lines().rev().skip(usize::from(!before.ends_with('\n')));
    let mut doc: Vec<&str> = lines.map_while(|l| l.trim_start().strip_prefix("///")).map(str::trim).collect();
    doc.reverse();
    doc.join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(text: &str) -> Vec<Source> {
        vec![Source::new("crates/chain/src/modules/bank/state.rs", text)]
    }

    #[test]
    fn keys_of_one_store_that_begin_alike_are_found() {
        let two = |a: &str, b: &str| {
            format!(
                "pub const A: Item<u64> = Item::new(BANK, {a});\npub const B: Map<\n    (u8, u8),\n    (),\n> = Map::new(BANK, {b});\n"
            )
        };
        assert_eq!(check(&state(&two("&[0x01]", "&[0x02]"))), []);
        assert_eq!(check(&state(&two("&[0x01]", "&[0x01, 0x02]"))).len(), 1);
        assert_eq!(check(&state(&two("b\"a\"", "&[0x61]"))).len(), 1);
        assert_eq!(check(&state(&two("b\"ab\"", "b\"ac\""))), []);
    }

    #[test]
    fn state_outside_a_state_file_and_keys_that_cannot_be_read_are_found() {
        let text = "const A: Item<u64> = Item::new(BANK, &[0x01]);";
        assert_eq!(check(&[Source::new("crates/chain/src/modules/bank/handle.rs", text)]).len(), 1);
        assert_eq!(check(&state("const A: Item<u64> = Item::new(BANK, KEY);")).len(), 1);
    }

    #[test]
    fn the_page_lists_every_constant_with_its_sentence() {
        let page = page(&state("/// Who has\n/// what.\npub const A: Map<u8, ()> = Map::new(stores::BANK, &[0x0a]);"));
        assert!(page.contains("| `0a` | `bank::A` | `Map<u8, ()>` | Who has what. |"), "{page}");
    }
}
