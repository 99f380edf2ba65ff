//! The files of the repository, and their code without comments, texts and tests.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

/// Folders that hold nothing of ours.
const FOREIGN: &[&str] = &["target", "node_modules", ".git", ".mirror"];
const READ: &[&str] = &["rs", "toml", "ts"];

/// A text file of the repository.
pub struct Source {
    /// From the root, with `/`.
    pub path: String,
    pub text: String,
    /// The text with comments and the contents of string literals blanked, line by line as long as the text.
    pub code: String,
    /// [`Self::code`] without test modules.
    pub shipped: String,
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let code = if path.ends_with(".rs") { blank(&text) } else { text.clone() };
        let is_test = path.contains("/tests/") || path.contains("/benches/") || path.ends_with("/tests.rs");
        let shipped = if is_test { String::new() } else { without_tests(&code) };
        Self { path, text, code, shipped }
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// The line number (from 1) of a place in a text.
pub fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// The places where a word stands alone, not as a part of a longer name.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let in_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (&code[..*at], &code[*at + word.len()..]);
        !in_name(before.chars().next_back()) && !in_name(after.chars().next())
    })
}

/// Every file that the checks read.
pub fn all(root: &Path) -> Result<Vec<Source>> {
    let mut paths = Vec::new();
    walk(root, &mut paths)?;
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        sources.push(Source::new(name, fs::read_to_string(&path)?));
    }
    Ok(sources)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if !FOREIGN.contains(&name.as_str()) {
                walk(&path, found)?;
            }
        } else if READ.iter().any(|ending| name.ends_with(&format!(".{ending}"))) || is_vector(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// Recorded data beside tests; only its name matters here.
fn is_vector(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.contains("/tests/vectors/") && (text.ends_with(".json") || text.ends_with(".tsv"))
}

/// Replaces comments and the contents of literals by spaces; line breaks stay.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    let hide = |out: &mut String, from: usize, to: usize| {
        for c in &chars[from..to.min(chars.len())] {
            match c {
                '\n' => out.push('\n'),
                // As long as before in bytes, so that places in the text are places in the code.
                c => out.extend(std::iter::repeat_n(' ', c.len_utf8())),
            }
        }
    };
    while i < chars.len() {
        let end = literal_end(&chars, i);
        if end > i {
            hide(&mut out, i, end);
            i = end;
        } else {
            out.push(chars[i]);
            i += 1;
        }
    }
    out
}

/// The end of the comment or literal that begins at `i`; `i` if none does.
fn literal_end(chars: &[char], i: usize) -> usize {
    let at = |n: usize| chars.get(n).copied().unwrap_or('\n');
    let find =
        |from: usize, wanted: &dyn Fn(usize) -> bool| (from..chars.len()).find(|n| wanted(*n)).unwrap_or(chars.len());
    let in_name = i > 0 && (at(i - 1).is_alphanumeric() || at(i - 1) == '_');
    match (at(i), at(i + 1)) {
        ('/', '/') => find(i, &|n| at(n) == '\n'),
        ('/', '*') => find(i + 2, &|n| at(n) == '*' && at(n + 1) == '/') + 2,
        ('r', '"' | '#') if !in_name => {
            let hashes = (i + 1..).take_while(|n| at(*n) == '#').count();
            if at(i + 1 + hashes) != '"' {
                return i;
            }
            let closes = |n: usize| at(n) == '"' && (1..=hashes).all(|h| at(n + h) == '#');
            find(i + 2 + hashes, &closes) + 1 + hashes
        }
        ('"', _) => {
            let mut n = i + 1;
            while n < chars.len() && at(n) != '"' {
                n += if at(n) == '\\' { 2 } else { 1 };
            }
            n + 1
        }
        ('\'', '\\') => find(i + 3, &|n| at(n) == '\'') + 1,
        ('\'', _) if at(i + 2) == '\'' => i + 3,
        _ => i,
    }
}

/// Blanks the items that stand under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(at) = out.find("#[cfg(test)]") {
        let rest = &out[at..];
        let open = rest.find('{').filter(|open| rest.find(';').is_none_or(|semicolon| open < &semicolon));
        let end = match open {
            None => rest.find(';').map_or(rest.len(), |n| n + 1),
            Some(open) => {
                let mut depth = 0usize;
                let close = rest[open..].char_indices().find(|(_, c)| {
                    depth = match c {
                        '{' => depth + 1,
                        '}' => depth - 1,
                        _ => depth,
                    };
                    depth == 0
                });
                close.map_or(rest.len(), |(n, _)| open + n + 1)
            }
        };
        let hidden: String = rest[..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(at..at + end, &hidden);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_texts_and_tests_are_no_code_and_lines_stay_where_they_are() {
        let text = "let a = \"x // y\"; // z\nlet b = 'q'; let c: &'a str = r#\"w\"w\"#;\n#[cfg(test)]\nmod tests {\n fn t() {}\n}\nend";
        let source = Source::new("a.rs", text);
        for word in ["x", "y", "z", "q", "w"] {
            assert_eq!(words(&source.code, word).count(), 0, "{word} in {}", source.code);
        }
        assert_eq!(words(&source.code, "a").count(), 2);
        assert_eq!(words(&source.shipped, "t").count(), 0);
        assert_eq!(line_of(&source.shipped, source.shipped.find("end").unwrap()), 7);
    }

    #[test]
    fn a_word_inside_a_longer_name_is_not_found() {
        assert_eq!(words("f64 my_f64 f64x f64::MAX", "f64").count(), 2);
    }
}
