//! What a person reads about a played file.

use std::fmt::Write as _;
use std::path::Path;

use super::compare::Difference;
use super::file::VectorFile;
use super::play::{BlockReport, Outcomes};
use super::{Options, alliance};

/// Transactions of a block that are listed, at most.
const TRANSACTIONS_MAX: usize = 60;

/// The text about one file.
pub fn of(path: &Path, file: &VectorFile, outcomes: &Outcomes, options: &Options) -> String {
    let mut out = String::new();
    write(&mut out, path, file, outcomes, options).unwrap_or_default();
    out
}

fn write(out: &mut String, path: &Path, file: &VectorFile, o: &Outcomes, options: &Options) -> std::fmt::Result {
    let name = path.file_name().map_or_else(|| file.name.clone(), |n| n.to_string_lossy().into_owned());
    let name = name.trim_end_matches(".gz").trim_end_matches(".json");
    let (compared, differences) = (o.counts.compared, o.differences());
    writeln!(
        out,
        "{name:<26} {:>4} blocks {:>5} txs {compared:>9} values {differences:>7} differences",
        o.blocks, o.txs
    )?;
    for (section, values) in &o.counts.absent {
        writeln!(out, "    not compared: {values} values of {section}: not exported yet")?;
    }
    for refusal in &o.refusals {
        writeln!(out, "        {refusal}")?;
    }
    if o.not_played > 0 {
        writeln!(out, "    not played: {} blocks", o.not_played)?;
    }
    if o.counts.bookkeeping > 0 {
        writeln!(out, "    not comparable: {} values, {}", o.counts.bookkeeping, alliance::BOOKKEEPING)?;
    }
    let c = &o.claims;
    if c.tolerated + c.returned + c.beyond > 0 {
        let per_claim = file.tolerance.as_ref().map_or("", |t| t.per_claim.as_str());
        write!(out, "    payouts: {} claims, {} within the tolerance ({per_claim})", c.seen, c.tolerated)?;
        if c.returned > 0 {
            write!(out, ", {} with fractions returned by other claims (F2)", c.returned)?;
        }
        if c.beyond > 0 {
            write!(out, ", {} further off by up to {} ({})", c.beyond, c.largest, file.deviations.join(" "))?;
        }
        writeln!(out, "; {} balances moved by exactly that", c.moved())?;
    }
    if !o.explained.is_empty() {
        let rows: Vec<String> = o.explained.iter().map(|(row, n)| format!("{row} {n}")).collect();
        writeln!(out, "    explained by deviations: {}", rows.join(", "))?;
    }
    if o.judged > 0 {
        writeln!(out, "    laws: {} judged over the blocks; a broken one is a difference under law/", o.judged)?;
    }
    for stale in &o.stale {
        writeln!(out, "    STALE expectation, it explained nothing: {stale}")?;
    }
    let mut left = options.first;
    for block in &o.unexplained {
        if left == 0 {
            writeln!(out, "    ... more with --first N")?;
            break;
        }
        write_block(out, file, block, &mut left, options)?;
    }
    Ok(())
}

/// Only differences that are new with this block are listed; those that go on are counted.
fn write_block(
    out: &mut String,
    file: &VectorFile,
    block: &BlockReport,
    left: &mut usize,
    options: &Options,
) -> std::fmt::Result {
    let chosen = options.block == Some(block.height);
    let listed = if chosen { block.differences.len() } else { block.differences.len() - block.known };
    if listed == 0 && !chosen {
        return Ok(());
    }
    let what = format!("{listed} differences, {} that go on", block.differences.len() - listed);
    writeln!(out, "\n    block {} {}: {what}", block.height, block.time)?;
    let show = if chosen { listed } else { listed.min(*left) };
    for difference in block.differences.iter().take(show) {
        write_difference(out, file, difference)?;
    }
    if show < listed {
        writeln!(out, "      ... and {} more in this block", listed - show)?;
    }
    *left -= show.min(*left);
    if !block.transactions.is_empty() {
        writeln!(out, "      transactions of block {}:", block.height)?;
    }
    let (mut hidden, max) = (0, if chosen { usize::MAX } else { TRANSACTIONS_MAX });
    for (i, tx) in block.transactions.iter().enumerate() {
        if tx.agree && i >= max {
            hidden += 1;
            continue;
        }
        let answer = if tx.found == "ok" { "ok  " } else { "no  " };
        writeln!(out, "      {} #{i:<3} {answer}{}", if tx.agree { " " } else { "!" }, tx.about)?;
        if !tx.agree || tx.found != "ok" {
            writeln!(out, "               wanted {}", tx.wanted)?;
            writeln!(out, "               found  {}", tx.found)?;
        }
    }
    if hidden > 0 {
        writeln!(out, "        ... and {hidden} more, equal in their results")?;
    }
    Ok(())
}

fn write_difference(out: &mut String, file: &VectorFile, difference: &Difference) -> std::fmt::Result {
    writeln!(out, "      {}{}", difference.path, labels(file, &difference.path))?;
    let show =
        |value: &Option<String>| value.as_ref().map_or("(nothing)".to_owned(), |v| format!("{v}{}", labels(file, v)));
    writeln!(out, "        wanted {}", show(&difference.wanted))?;
    write!(out, "        found  {}", show(&difference.found))?;
    let numbers = difference.wanted.as_deref().and_then(scaled).zip(difference.found.as_deref().and_then(scaled));
    match numbers {
        Some((wanted, found)) => writeln!(out, "   ({})", unscaled(found - wanted)),
        None => writeln!(out),
    }
}

/// The labels of the addresses in a text: `(alice, val3)`.
fn labels(file: &VectorFile, text: &str) -> String {
    if !text.contains(&file.bech32_prefix) {
        return String::new();
    }
    let known = |part: &str| file.accounts.iter().find(|(_, address)| *address == part).map(|(label, _)| label.clone());
    let cons = |part: &str| {
        let validator = file.validators.iter().find(|v| v["cons_address"] == part)?;
        Some(format!("{} (consensus)", validator["label"].as_str()?))
    };
    let found: Vec<String> = text.split('/').filter_map(|part| known(part).or_else(|| cons(part))).collect();
    if found.is_empty() { String::new() } else { format!("   [{}]", found.join(", ")) }
}

/// An integer or a decimal as a count of 10^-18.
fn scaled(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 18 {
        return None;
    }
    format!("{whole}{fraction:0<18}").parse().ok()
}

fn unscaled(value: i128) -> String {
    let (sign, size) = (if value < 0 { '-' } else { '+' }, value.unsigned_abs());
    let (whole, fraction) = (size / 10u128.pow(18), size % 10u128.pow(18));
    if fraction == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction:018}") }
}

#[cfg(test)]
mod tests {
    use super::{scaled, unscaled};

    #[test]
    fn the_distance_of_two_numbers_is_shown_with_its_sign() {
        let distance = |a, b| unscaled(scaled(b).unwrap() - scaled(a).unwrap());
        assert_eq!(distance("10", "12"), "+2");
        assert_eq!(distance("1.500000000000000000", "1.400000000000000001"), "-0.099999999999999999");
        assert_eq!(scaled("2025-01-01T00:00:00Z"), None);
    }
}
