//! Tests of the numbers: known answers of the Go implementation, vectors of the specification, and properties against big integers.

mod coins;
mod known;
mod properties;
mod texts;

use super::*;

/// A decimal number that a test writes down.
fn dec(text: &str) -> Dec {
    text.parse().unwrap()
}

/// An integer that a test writes down.
fn int(text: &str) -> Int {
    text.parse().unwrap()
}

/// The rows of a table: operation, two operands, result. At least `rows_min` of them, so that a lost file is noticed.
fn table(text: &str, rows_min: usize) -> Vec<[&str; 4]> {
    let rows: Vec<[&str; 4]> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
        .collect();
    assert!(rows.len() >= rows_min, "only {} rows", rows.len());
    rows
}
