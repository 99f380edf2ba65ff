//! `cargo xtask vectors`: plays recorded blocks of the Go implementation through the doors of the chain and compares.
//!
//! The format and the rules of comparison are those of the README beside the files. Differences that a row of the deviations page
//! explains are listed in [`EXPECTATIONS`]; all others fail.

mod alliance;
mod claims;
mod compare;
mod events;
mod expect;
mod file;
mod laws;
mod paths;
mod play;
mod report;
mod text;

#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};

use expect::Expectation;
use file::VectorFile;
use play::Outcomes;

/// The folder that is played when none is named.
const DEFAULT: &str = "../shared/vectors";
const EXPECTATIONS: &str = "crates/chain/tests/vectors/expectations.toml";

pub const USAGE: &str = "cargo xtask vectors [FILE or FOLDER]... [OPTION]...
    FILE or FOLDER     what to play (default: ../shared/vectors)
    --first N          differences to print per file (default 12)
    --stop-at-first    leave a file after its first block with a difference
    --block H          play up to block H and print everything about it
    --events           compare events too: kinds, attributes, order
    --only PREFIX      compare only paths that begin so (staking/delegation/)
    --jobs N           files played at once (default: as many as there are cores)
    --expect FILE      another list of expectations
    --cut N TARGET     write the first N blocks of each file into folder TARGET instead of playing";

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Options {
    pub targets: Vec<PathBuf>,
    pub first: usize,
    pub stop_at_first: bool,
    pub block: Option<i64>,
    pub events: bool,
    pub only: String,
    pub jobs: usize,
    pub expectations: PathBuf,
    pub cut: Option<(usize, PathBuf)>,
    /// Wrong values for tests: height, path, text that takes the place of ours.
    pub planted: Vec<(i64, String, String)>,
    /// Wrong events for tests: height, place among our events that are compared, what is wrong.
    pub forged: Vec<(i64, usize, events::Forgery)>,
}

/// The root of the repository: the one in which cargo runs this program, which a build folder that clones share may have from another one.
pub fn root() -> PathBuf {
    let built_in = || env!("CARGO_MANIFEST_DIR").into();
    let xtask: PathBuf = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(built_in, Into::into);
    xtask.parent().unwrap_or(&xtask).to_path_buf()
}

impl Default for Options {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            first: 12,
            stop_at_first: false,
            block: None,
            events: false,
            only: String::new(),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            expectations: root().join(EXPECTATIONS),
            cut: None,
            planted: Vec::new(),
            forged: Vec::new(),
        }
    }
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().with_context(|| format!("{argument} needs a value\n{USAGE}"));
            match argument.as_str() {
                "--first" => options.first = value()?.parse().context("--first wants a number")?,
                "--stop-at-first" => options.stop_at_first = true,
                "--block" => options.block = Some(value()?.parse().context("--block wants a height")?),
                "--events" => options.events = true,
                "--only" => options.only = value()?.clone(),
                "--jobs" => options.jobs = value()?.parse().context("--jobs wants a number")?,
                "--expect" => options.expectations = value()?.into(),
                "--cut" => {
                    let blocks = value()?.parse().context("--cut wants a number of blocks and a folder")?;
                    options.cut = Some((blocks, value()?.into()));
                }
                flag if flag.starts_with('-') => bail!("unknown option {flag}\n{USAGE}"),
                target => options.targets.push(target.into()),
            }
        }
        Ok(options)
    }
}

/// The task.
///
/// # Errors
/// If a file cannot be read, a difference is unexplained, an expectation is stale, or something was not compared.
pub fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let files = if options.targets.is_empty() {
        let folder = root().join(DEFAULT);
        if !folder.is_dir() {
            println!("vectors: skipped, there is no folder {}", folder.display());
            return Ok(());
        }
        files_of(&[folder])?
    } else {
        files_of(&options.targets)?
    };
    if let Some((blocks, target)) = &options.cut {
        return files.iter().try_for_each(|path| cut(path, *blocks, target));
    }
    let expectations = expect::read(&options.expectations)?;
    let started = Instant::now();
    let total = play_all(&files, &options, &expectations, |text| print!("{text}"))?;
    println!(
        "\n{} files, {} blocks, {} transactions, {} values compared, {} unexplained differences, {} stale expectations ({:.0} s)",
        files.len(),
        total.blocks,
        total.txs,
        total.compared,
        total.differences,
        total.stale,
        started.elapsed().as_secs_f32()
    );
    if total.absent > 0 {
        println!("not compared: {} values, because their sections are not exported yet", total.absent);
    }
    if total.not_played > 0 {
        println!("not played: {} blocks", total.not_played);
    }
    ensure!(total.is_clean(), "the vectors are not met");
    Ok(())
}

/// Sums over all files.
#[derive(Debug, Default)]
pub struct Total {
    pub blocks: usize,
    pub txs: usize,
    pub compared: usize,
    pub differences: usize,
    pub stale: usize,
    pub absent: usize,
    pub not_played: usize,
}

impl Total {
    fn add(&mut self, o: &Outcomes) {
        self.blocks += o.blocks;
        self.txs += o.txs;
        self.compared += o.counts.compared;
        self.differences += o.differences();
        self.stale += o.stale.len();
        self.absent += o.counts.absent.values().sum::<usize>();
        self.not_played += o.not_played;
    }

    /// Nothing differs and nothing was left out.
    pub fn is_clean(&self) -> bool {
        self.differences + self.stale + self.absent + self.not_played == 0
    }
}

/// The vector files named, and those in the folders named, by name.
pub fn files_of(targets: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for target in targets {
        if target.is_dir() {
            let mut found = Vec::new();
            for entry in fs::read_dir(target)? {
                let path = entry?.path();
                let name = path.to_string_lossy();
                if name.ends_with(".json.gz") || name.ends_with(".json") {
                    found.push(path);
                }
            }
            ensure!(!found.is_empty(), "no vector files (*.json.gz) in {}", target.display());
            found.sort();
            files.extend(found);
        } else {
            ensure!(target.is_file(), "there is no file or folder {}", target.display());
            files.push(target.clone());
        }
    }
    Ok(files)
}

/// Plays files side by side; their texts come in the order of the files.
pub fn play_all(
    files: &[PathBuf],
    options: &Options,
    expectations: &[Expectation],
    mut print: impl FnMut(&str),
) -> Result<Total> {
    let next = AtomicUsize::new(0);
    let done: Vec<Slot> = files.iter().map(|_| Slot::default()).collect();
    let mut total = Total::default();
    std::thread::scope(|scope| {
        let worker = || {
            while let Some((path, slot)) = pair(files, &done, next.fetch_add(1, Ordering::Relaxed)) {
                let played = play_one(path, options, expectations);
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(played);
            }
        };
        let workers: Vec<_> = (0..options.jobs.clamp(1, files.len())).map(|_| scope.spawn(worker)).collect();
        for (path, slot) in files.iter().zip(&done) {
            let take = || slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            let played = loop {
                match take() {
                    Some(played) => break played,
                    None if workers.iter().all(|w| w.is_finished()) => {
                        break take().unwrap_or_else(|| bail!("{}: the player stopped", path.display()));
                    }
                    None => std::thread::sleep(std::time::Duration::from_millis(20)),
                }
            };
            let (text, outcomes) = played?;
            total.add(&outcomes);
            print(&text);
        }
        Ok::<_, anyhow::Error>(())
    })?;
    Ok(total)
}

/// Where a worker leaves what playing a file showed.
type Slot = Mutex<Option<Result<(String, Outcomes)>>>;

fn pair<'a>(files: &'a [PathBuf], slots: &'a [Slot], i: usize) -> Option<(&'a Path, &'a Slot)> {
    files.get(i).map(PathBuf::as_path).zip(slots.get(i))
}

fn play_one(path: &Path, options: &Options, expectations: &[Expectation]) -> Result<(String, Outcomes)> {
    let file = VectorFile::open(path)?;
    let outcomes = play::play(&file, options, expectations).with_context(|| format!("{}", path.display()))?;
    Ok((report::of(path, &file, &outcomes, options), outcomes))
}

/// Writes the first blocks of a file, for the repository's own selection.
fn cut(path: &Path, blocks: usize, target: &Path) -> Result<()> {
    let mut file = VectorFile::open(path)?;
    let of_blocks = file.blocks.len();
    if blocks < of_blocks {
        file.blocks.truncate(blocks);
        file.cut = Some(file::Cut { of_blocks });
    }
    fs::create_dir_all(target)?;
    let to = target.join(format!("{}.json.gz", file.name));
    let mut packed = flate2::write::GzEncoder::new(fs::File::create(&to)?, flate2::Compression::best());
    serde_json::to_writer(&mut packed, &file)?;
    let size = packed.finish()?.metadata()?.len();
    println!("{}: {} of {of_blocks} blocks, {size} bytes", to.display(), file.blocks.len());
    Ok(())
}
