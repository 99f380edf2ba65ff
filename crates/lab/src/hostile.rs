//! Hostile bytes: what is well-formed, changed until somebody trips over it.
//!
//! A *target* takes bytes, checks a promise about them, and says in a word what became of them ("accepted", or a kind of refusal). A run
//! plays the corpus of the target, which is kept in the repository, and then a number of changes of it. Bytes that lead to a word that
//! was not heard before become part of the corpus of the run, so that the changes go on from there: the words stand in for coverage.
//!
//! Runs are bounded by their number of rounds. With `ENTENTE_FUZZ_SECS=N` each target goes on for so long instead, from another seed
//! every time, and adds what it learnt to the corpus: a file for each target, an input on each line, in hex. An input that failed is added
//! in any case, and is played for ever.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::random::dice::Dice;

/// Largest input in bytes.
pub const INPUT_BYTES_MAX: usize = 64 * 1024;
/// Inputs that lead to the same word and are kept.
const KEPT_OF_A_WORD: u32 = 3;
/// Largest input that is added to a corpus because it led to a new word.
const LEARNT_BYTES_MAX: usize = 1_024;
/// Longest word that is told from others.
const WORD_BYTES_MAX: usize = 60;

/// What is thrown at a target.
pub struct Attack {
    name: String,
    corpus: PathBuf,
    inputs: Vec<Vec<u8>>,
    dictionary: Vec<Vec<u8>>,
    rounds: u64,
}

impl Attack {
    /// An attack with the corpus `name` of a folder, if there is one.
    ///
    /// # Panics
    /// If a line of the corpus is not hex.
    pub fn new(folder: &str, name: &str, rounds: u64) -> Self {
        let corpus = Path::new(folder).join(format!("{name}.hex"));
        let lines = std::fs::read_to_string(&corpus).unwrap_or_default();
        let inputs = lines.lines().map(|line| hex::decode(line).expect("a line of a corpus is hex")).collect();
        Self { name: name.to_owned(), corpus, inputs, dictionary: Vec::new(), rounds }
    }

    /// Well-formed inputs beside the corpus.
    #[must_use]
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.inputs.extend(seeds);
        self
    }

    /// Pieces that mean something to the target.
    #[must_use]
    pub fn words<'w>(mut self, words: impl IntoIterator<Item = &'w str>) -> Self {
        self.dictionary.extend(words.into_iter().map(|word| word.as_bytes().to_vec()));
        self
    }

    /// Throws everything at the target, and says how often each word was heard.
    ///
    /// # Panics
    /// If the target does; the input is written beside the corpus first.
    pub fn run(mut self, mut target: impl FnMut(&[u8]) -> String) -> BTreeMap<String, u64> {
        let secs = std::env::var("ENTENTE_FUZZ_SECS").ok().and_then(|secs| secs.parse().ok());
        let until = secs.map(|secs| Instant::now() + Duration::from_secs(secs));
        // A long run begins elsewhere every time, a short one is the same for everybody.
        let seed = until.map_or(0, |_| std::time::UNIX_EPOCH.elapsed().map_or(0, |d| d.as_secs()));
        let mut dice = Dice::new(seed);
        let mut heard = BTreeMap::new();
        if self.inputs.is_empty() {
            self.inputs.push(Vec::new());
        }
        for input in self.inputs.clone() {
            *heard.entry(self.played(&input, &mut target)).or_default() += 1;
        }
        let mut round = 0;
        while until.map_or(round < self.rounds, |until| Instant::now() < until) {
            round += 1;
            let input = self.change(&mut dice);
            let word = self.played(&input, &mut target);
            let times: &mut u64 = heard.entry(word.clone()).or_default();
            *times += 1;
            if *times <= u64::from(KEPT_OF_A_WORD) {
                if until.is_some() && *times == 1 && input.len() <= LEARNT_BYTES_MAX {
                    self.keep(&input);
                }
                self.inputs.push(input);
            }
        }
        println!("{}: {round} rounds, {} inputs, {} kinds of outcome", self.name, self.inputs.len(), heard.len());
        heard
    }

    fn played(&self, input: &[u8], target: &mut impl FnMut(&[u8]) -> String) -> String {
        match catch_unwind(AssertUnwindSafe(|| target(input))) {
            Ok(word) => shortened(&word),
            Err(panic) => {
                let kept = self.keep(input);
                println!("{}: the input that failed {kept}: {:?}", self.name, String::from_utf8_lossy(input));
                resume_unwind(panic)
            }
        }
    }

    /// Adds an input to the corpus; says whether that succeeded.
    fn keep(&self, input: &[u8]) -> String {
        use std::io::Write as _;
        let folder = self.corpus.parent().map_or(Ok(()), std::fs::create_dir_all);
        let file = folder.and_then(|()| std::fs::OpenOptions::new().create(true).append(true).open(&self.corpus));
        match file.and_then(|mut file| writeln!(file, "{}", hex::encode(input))) {
            Ok(()) => format!("is the last line of {}", self.corpus.display()),
            Err(e) => format!("was not kept ({e}); it is {}", hex::encode(input)),
        }
    }

    /// An input with one to six changes.
    fn change(&self, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = dice.pick(&self.inputs).clone();
        for _ in 0..dice.between(1, 6) {
            self.change_once(dice, &mut bytes);
        }
        bytes.truncate(INPUT_BYTES_MAX);
        bytes
    }

    fn change_once(&self, dice: &mut Dice, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        let at = index(dice, len + 1);
        match dice.below(14) {
            0 | 1 if at < len => bytes[at] ^= 1 << dice.below(8),
            2 if at < len => {
                bytes[at] = *dice.pick(&[0, 1, 0x7f, 0x80, 0xff, b'0', b'9', b'"', b'/', b'%', b'-', b'.'])
            }
            3 if at < len => bytes[at] = bytes[at].wrapping_add(1),
            4 => bytes.truncate(at),
            5 => {
                let end = (at + 1 + index(dice, 16)).min(len);
                bytes.drain(at.min(end)..end);
            }
            6 => insert(bytes, at, &dice.bytes::<4>()),
            7 | 8 if !self.dictionary.is_empty() => insert(bytes, at, dice.pick::<Vec<u8>>(&self.dictionary)),
            // A piece of the input again, once or very often.
            9 => {
                let end = (at + 1 + index(dice, 64)).min(len);
                let piece = bytes.get(at.min(end)..end).unwrap_or_default().to_vec();
                let times = *dice.pick(&[1, 1, 2, 8, 200]);
                insert(bytes, at, &piece.repeat(times));
            }
            // The end of another input.
            10 | 11 => {
                let other = dice.pick(&self.inputs);
                let from = index(dice, other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            // A number of the largest kind, in digits or as a varint.
            12 => {
                let digits = ["18446744073709551616", "-9223372036854775809", "1e99", "0.0000000000000000001"];
                insert(bytes, at, dice.pick(&digits).as_bytes());
            }
            _ => insert(bytes, at, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        }
    }
}

fn index(dice: &mut Dice, below: usize) -> usize {
    usize::try_from(dice.below(below as u64)).unwrap_or(0)
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    if bytes.len() + piece.len() <= INPUT_BYTES_MAX {
        bytes.splice(at..at, piece.iter().copied());
    }
}

/// Words that differ only in numbers or in what they quote, in brackets too, are the same. What is quoted may hold quotes, so everything from the first to
/// the last of them is left out; and a long text is shown without its end, so what it is not counts as behind it.
fn shortened(word: &str) -> String {
    let quote = |c: char| matches!(c, '"' | '\'' | '`' | '(' | ')');
    let (before, after) = match (word.find(quote), word.rfind(quote)) {
        (Some(first), Some(last)) => (&word[..first], &word[last.max(word.rfind(" is not ").unwrap_or(0))..]),
        _ => (word, ""),
    };
    let is_plain = |c: &char| c.is_ascii_alphabetic() || matches!(c, ' ' | '.' | '_');
    before.chars().chain(after.chars()).filter(is_plain).take(WORD_BYTES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_was_not_heard_before_leads_on() {
        // Each letter alone is found only from an input that has the ones before.
        let target = |bytes: &[u8]| {
            let found = bytes.iter().zip(b"hostile").take_while(|(a, b)| a == b).count();
            "x".repeat(found)
        };
        let heard = Attack::new("/nowhere", "letters", 60_000).words(["h", "o", "s", "t", "i", "l", "e"]).run(target);
        assert!(heard.len() >= 6, "{heard:?}");
    }

    #[test]
    fn what_is_quoted_makes_no_new_word() {
        for (word, short) in [
            ("\"a\\\"b\" is not a number", " is not a number"),
            ("x: \"a long text without its en is not one of A, B", "x  is not one of A B"),
            ("code 18: it is 'so' here", "code  it is  here"),
            ("tx (A1E9) not found", "tx  not found"),
        ] {
            assert_eq!(shortened(word), short);
        }
    }

    #[test]
    fn the_same_attack_is_the_same_for_everybody() {
        let run = || {
            let mut all = Vec::new();
            Attack::new("/nowhere", "same", 200).seeds([b"seed".to_vec()]).run(|bytes| {
                all.push(bytes.to_vec());
                bytes.len().to_string()
            });
            all
        };
        assert_eq!(run(), run());
    }
}
