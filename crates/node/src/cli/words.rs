//! The words of a command: what stands by place, and flags with and without values.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail, ensure};

/// A flag: its long name, its short letter, whether a value follows, and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    pub name: &'static str,
    pub short: Option<char>,
    pub takes_value: bool,
    pub about: &'static str,
}

pub const fn value(name: &'static str, short: Option<char>, about: &'static str) -> Flag {
    Flag { name, short, takes_value: true, about }
}

pub const fn switch(name: &'static str, short: Option<char>, about: &'static str) -> Flag {
    Flag { name, short, takes_value: false, about }
}

/// What was written.
#[derive(Debug, Clone, Default)]
pub struct Words {
    places: Vec<String>,
    flags: BTreeMap<&'static str, Vec<String>>,
}

/// What every verb of `gaiad` takes and none needs here.
const TOLERATED: &[Flag] = &[
    value("log_level", None, "Accepted, not needed"),
    value("log_format", None, "Accepted, not needed"),
    switch("log_no_color", None, "Accepted, not needed"),
    switch("trace", None, "Accepted, not needed"),
];

impl Words {
    /// Sorts `words` by the `known` flags. `--` ends the flags.
    ///
    /// # Errors
    /// A flag that is not known or lacks its value.
    pub fn parse(words: &[String], known: &[&[Flag]]) -> Result<Self> {
        let mut found = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                found.places.extend(words.by_ref().cloned());
                break;
            }
            let number = word.strip_prefix('-').is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
            let (flag, given) = match (word.strip_prefix("--"), word.strip_prefix('-')) {
                (Some(long), _) => {
                    let (name, given) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v.to_owned())));
                    (known.iter().copied().chain([TOLERATED]).flatten().find(|f| f.name == name), given)
                }
                (None, Some(short)) if !short.is_empty() && !number => {
                    let mut letters = short.chars();
                    let letter = letters.next();
                    let rest = letters.as_str().trim_start_matches('=');
                    let given = (!rest.is_empty()).then(|| rest.to_owned());
                    (known.iter().copied().flatten().find(|f| f.short.is_some() && f.short == letter), given)
                }
                _ => {
                    found.places.push(word.clone());
                    continue;
                }
            };
            let flag = flag.ok_or_else(|| anyhow!("unknown flag {word}; --help lists the flags"))?;
            let given = match (flag.takes_value, given) {
                (true, Some(given)) => given,
                (true, None) => {
                    words.next().cloned().ok_or_else(|| anyhow!("--{}: its value is missing", flag.name))?
                }
                (false, None) => "true".to_owned(),
                (false, Some(given)) => given,
            };
            found.flags.entry(flag.name).or_default().push(given);
        }
        Ok(found)
    }

    pub fn places(&self) -> &[String] {
        &self.places
    }

    /// Takes the first words by place away.
    pub fn drop_places(&mut self, count: usize) {
        self.places.drain(..count.min(self.places.len()));
    }

    /// The word at a place; the number of words was checked against the usage.
    pub fn place(&self, index: usize) -> &str {
        self.places.get(index).map(String::as_str).unwrap_or_default()
    }

    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.get(name).and_then(|all| all.last()).map(String::as_str)
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.flag(name).is_some_and(|v| v != "false")
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<u64>> {
        let parse = |text: &str| text.parse().map_err(|_| anyhow!("--{name}: {text:?} is not a whole number"));
        self.flag(name).map(parse).transpose()
    }

    /// Compares the words by place with a usage such as `VALIDATOR AMOUNT [HEIGHT] TO...`.
    ///
    /// # Errors
    /// Too few or too many.
    pub fn check_places(&self, verb: &str, usage: &str) -> Result<()> {
        let parts: Vec<&str> = usage.split_whitespace().collect();
        let least = parts.iter().filter(|p| !p.starts_with('[')).count();
        let open = parts.iter().any(|p| p.trim_end_matches(']').ends_with("..."));
        let found = self.places.len();
        if found < least || (!open && found > parts.len()) {
            bail!("wanted: entente {verb} {usage}\nfound {found} words instead");
        }
        Ok(())
    }
}

/// Reads coins such as `5uente,3ibc/AB12` into the JSON of protobuf, sorted by denomination.
///
/// # Errors
/// Says which part is not a coin.
pub fn coins(text: &str) -> Result<Vec<serde_json::Value>> {
    let mut coins = text.split(',').map(str::trim).filter(|p| !p.is_empty()).map(coin).collect::<Result<Vec<_>>>()?;
    coins.sort_by_key(|c| c.get("denom").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned());
    Ok(coins)
}

/// Reads one coin.
///
/// # Errors
/// Says what a coin looks like.
pub fn coin(text: &str) -> Result<serde_json::Value> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (amount, denom) = text.split_at(digits);
    let denom = denom.trim();
    ensure!(!amount.is_empty() && !denom.is_empty(), "{text:?} is not an amount such as 1000uente");
    let amount = amount.trim_start_matches('0');
    Ok(serde_json::json!({ "denom": denom, "amount": if amount.is_empty() { "0" } else { amount } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] = &[value("from", None, ""), value("output", Some('o'), ""), switch("yes", Some('y'), "")];

    fn parse(text: &str) -> Result<Words> {
        Words::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), &[KNOWN])
    }

    #[test]
    fn flags_may_stand_anywhere_and_have_three_forms() {
        let words = parse("a --from alice b -o json -y --from=bob -5 -- --c").unwrap();
        assert_eq!(words.places(), ["a", "b", "-5", "--c"]);
        assert_eq!((words.flag("from"), words.flag("output"), words.is_set("yes")), (Some("bob"), Some("json"), true));
        assert!(parse("--other").unwrap_err().to_string().contains("--other"));
        assert!(parse("--from").unwrap_err().to_string().contains("value is missing"));
        assert!(words.check_places("x", "A B C D").is_ok());
        assert!(words.check_places("x", "A B C").is_err());
        assert!(words.check_places("x", "A [B...]").is_ok());
    }

    #[test]
    fn coins_are_sorted_and_a_wrong_one_is_named() {
        let found = coins("5uente, 007ibc/AB").unwrap();
        assert_eq!(
            serde_json::to_string(&found).unwrap(),
            r#"[{"denom":"ibc/AB","amount":"7"},{"denom":"uente","amount":"5"}]"#
        );
        for bad in ["uente", "5", "-5uente"] {
            assert!(coins(bad).is_err(), "{bad}");
        }
    }
}
