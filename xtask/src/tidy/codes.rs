//! The codes with which transactions are refused: unique within their codespace, and listed for people who meet one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Finding;
use super::source::{Source, line_of};

/// One registered code.
#[derive(Debug)]
struct Row {
    path: String,
    line: usize,
    name: String,
    codespace: String,
    code: u32,
    text: String,
}

/// Codes are unique within their codespace, and written so that this check can read them.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut seen: BTreeMap<(String, u32), String> = BTreeMap::new();
    for row in rows(sources, &mut out) {
        if let Some(first) = seen.insert((row.codespace.clone(), row.code), format!("{} ({})", row.name, row.path)) {
            let what = format!("{} has code {} of {:?}, as has {first}", row.name, row.code, row.codespace);
            out.push(Finding::new(&row.path, row.line, what));
        }
    }
    out
}

/// The reference page.
pub fn page(sources: &[Source]) -> String {
    let mut rows = rows(sources, &mut Vec::new());
    rows.sort_by(|a, b| (&a.codespace, a.code).cmp(&(&b.codespace, b.code)));
    let mut out = String::from(
        "# Codes of refusal\n\nWhat a transaction result says when a message is refused. Made by `cargo xtask tidy --fix`; do not edit.\n",
    );
    let mut codespace = "";
    for row in &rows {
        if row.codespace != codespace {
            codespace = &row.codespace;
            let _ = write!(out, "\n## {codespace}\n\n| code | text | name |\n| ---: | --- | --- |\n");
        }
        let _ = writeln!(out, "| {} | {} | `{}` |", row.code, row.text.replace('|', "\\|"), row.name);
    }
    out
}

/// Reads `const NAME: Code = code(7, "text")`, where `code` names the codespace of the file, and `Code::new("space", 7, "text")`.
fn rows(sources: &[Source], out: &mut Vec<Finding>) -> Vec<Row> {
    let mut rows = Vec::new();
    let rooms = ["crates/chain/src/", "crates/kernel/src/"];
    for source in sources.iter().filter(|s| s.is_rust() && rooms.iter().any(|room| s.path.starts_with(room))) {
        for (at, mark) in source.shipped.match_indices(": Code =") {
            let name = source.shipped[..at].rsplit(' ').next().unwrap_or_default().to_owned();
            let line = line_of(&source.shipped, at);
            let end = source.shipped[at..].find(';').map_or(source.text.len(), |n| at + n);
            match row(source, at, &source.text[at + mark.len()..end]) {
                Some((codespace, code, text)) => {
                    rows.push(Row { path: source.path.clone(), line, name, codespace, code, text });
                }
                None => {
                    let what = format!("{name}: write `code(7, \"text\")` or `Code::new(\"space\", 7, \"text\")`");
                    out.push(Finding::new(&source.path, line, what));
                }
            }
        }
    }
    rows
}

fn row(source: &Source, at: usize, value: &str) -> Option<(String, u32, String)> {
    let (function, arguments) = value.trim().split_once('(')?;
    let (first, rest) = arguments.split_once(',')?;
    if function == "Code::new" {
        let (code, text) = rest.split_once(',')?;
        return Some((literal(first)?, code.trim().parse().ok()?, literal(text)?));
    }
    let makers =
        source.text.match_indices("Code::new(").filter(|(n, _)| source.shipped[*n..].starts_with("Code::new("));
    let maker = makers.filter(|(n, _)| *n < at).last().or_else(|| source.text.match_indices("Code::new(").next())?;
    let codespace = source.text[maker.0..].split_once('(')?.1.split_once(',')?.0;
    Some((codespace_of(source, codespace)?, first.trim().parse().ok()?, literal(rest)?))
}

/// A literal, or a constant of the same file.
fn codespace_of(source: &Source, text: &str) -> Option<String> {
    literal(text).or_else(|| {
        let declared = source.text.split_once(&format!("const {}: &str = ", text.trim()))?.1;
        literal(declared.split_once(';')?.0)
    })
}

/// The contents of the literal that begins a text.
fn literal(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = inner.chars();
    loop {
        match chars.next()? {
            '"' => return Some(out),
            '\\' => match chars.next()? {
                // A line break that the text does not have.
                '\n' => {
                    let rest = chars.as_str().trim_start();
                    chars = rest.chars();
                }
                other => out.push(other),
            },
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(rows: &str) -> Vec<Source> {
        let text = format!(
            "const fn code(code: u32, text: &'static str) -> Code {{\n    Code::new(\"bank\", code, text)\n}}\n{rows}"
        );
        vec![Source::new("crates/chain/src/modules/bank/error.rs", text)]
    }

    #[test]
    fn a_code_that_is_used_twice_is_found() {
        assert_eq!(check(&sources("pub const A: Code = code(2, \"a\");\npub const B: Code = code(3, \"b\");")), []);
        assert_eq!(
            check(&sources("pub const A: Code = code(2, \"a\");\npub const B: Code = code(2, \"b\");")).len(),
            1
        );
        assert_eq!(
            check(&sources("pub const A: Code = code(2, \"a\");\nconst B: Code = Code::new(\"bank\", 2, \"b\");"))
                .len(),
            1
        );
    }

    #[test]
    fn a_code_that_cannot_be_read_is_found() {
        assert_eq!(check(&sources("pub const A: Code = code(TWO, \"a\");")).len(), 1);
    }

    #[test]
    fn the_page_lists_codes_in_their_order() {
        let page = page(&sources(
            "pub const B: Code = code(\n    3,\n    \"b, \\\"c\\\"\",\n);\npub const A: Code = code(2, \"a\");",
        ));
        assert!(page.ends_with("| 2 | a | `A` |\n| 3 | b, \"c\" | `B` |\n"), "{page}");
    }
}
