//! `cargo xtask tidy`: the rules of the house that a compiler does not know. `--fix` rewrites the generated reference pages.

mod arrows;
mod codes;
mod determinism;
mod files;
mod parameters;
mod source;
mod tables;

use std::{fs, path::Path};

use anyhow::{Result, bail, ensure};

use source::Source;

/// Something that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub path: String,
    /// 0: the whole file.
    pub line: usize,
    pub what: String,
}

impl Finding {
    fn new(path: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.into(), line, what: what.into() }
    }
}

type Check = fn(&[Source]) -> Vec<Finding>;

/// All checks, with the sentence that a failure begins with.
const CHECKS: &[(&str, Check)] = &[
    ("crate arrows", arrows::crates),
    ("module order", arrows::modules),
    ("file heads", files::heads),
    ("file length", files::lengths),
    ("names", files::names),
    ("files of a module", files::of_modules),
    ("unfinished work", files::unfinished),
    ("opened vectors", files::vectors),
    ("state tables", tables::check),
    ("error codes", codes::check),
    ("determinism", determinism::check),
];

/// A page of the reference that is made from the sources.
type Page = fn(&[Source]) -> String;

const PAGES: &[(&str, Page)] = &[
    ("docs/reference/state.md", tables::page),
    ("docs/reference/errors.md", codes::page),
    ("docs/reference/parameters.md", parameters::page),
];

/// The task.
///
/// # Errors
/// If a rule is broken, or a generated page is not what the sources say.
pub fn run(arguments: &[String]) -> Result<()> {
    let fix = match arguments {
        [] => false,
        [flag] if flag == "--fix" => true,
        other => bail!("unknown arguments {other:?}; known: --fix"),
    };
    let root = crate::vectors::root();
    let sources = source::all(&root)?;
    let mut failures = 0;
    for (name, check) in CHECKS {
        for finding in check(&sources) {
            failures += 1;
            let line = if finding.line == 0 { String::new() } else { format!(":{}", finding.line) };
            println!("{}{line}: {name}: {}", finding.path, finding.what);
        }
    }
    for (path, make) in PAGES {
        failures += usize::from(!page(&root.join(path), &make(&sources), fix)?);
    }
    ensure!(failures == 0, "{failures} findings");
    println!("tidy: {} files, {} checks, {} generated pages: in order", sources.len(), CHECKS.len(), PAGES.len());
    Ok(())
}

/// Writes a page, or compares it with what is there.
fn page(path: &Path, text: &str, fix: bool) -> Result<bool> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(true);
    }
    if !fix {
        println!("{}: generated pages: not what the sources say; run `cargo xtask tidy --fix`", path.display());
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    println!("{}: written", path.display());
    Ok(true)
}
