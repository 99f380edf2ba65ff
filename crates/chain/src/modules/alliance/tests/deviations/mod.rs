//! How the chain departs from the Go module: one test for each row of the list, named after it, with the numbers that upstream gives
//! and the numbers that Entente gives. Upstream's are from the specification or from its formulas worked by hand.

mod block;
mod bookkeeping;
mod dissolution;
mod entries;
mod halts;
mod import;
mod rewards;
mod slashes;
mod stakes;

use super::net::{A1, A2, Net, UNBONDING_SECS, coin, coins, dec, denom, int, key, log, user, val};

/// The rows of the list of deviations, and its formulas.
pub const ROWS: &[&str] = &[
    "H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10",
    "S11", "S12", "S13", "S14", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "D1", "D2", "D3", "D4", "D5", "D6",
    "M1", "M3", "M6", "M7", "M10", "M12", "M13", "11.4", "F1", "F2", "F3", "F4", "F5", "F6", "Import",
];

const FILES: &[&str] = &[
    include_str!("block.rs"),
    include_str!("bookkeeping.rs"),
    include_str!("dissolution.rs"),
    include_str!("entries.rs"),
    include_str!("halts.rs"),
    include_str!("import.rs"),
    include_str!("rewards.rs"),
    include_str!("slashes.rs"),
    include_str!("stakes.rs"),
];

#[test]
fn every_row_of_the_list_has_a_test_named_after_it() {
    for row in ROWS {
        let name = match *row {
            "11.4" => "dissolution".to_owned(),
            row => row.to_lowercase(),
        };
        let mark = format!("#[test]\nfn {name}_");
        assert!(FILES.iter().any(|text| text.contains(&mark)), "no test of {row}");
    }
}

/// A small chain with one asset of weight 1 that has started.
fn with_asset() -> Net {
    let mut net = Net::new();
    net.asset(A1, "1", "0", "5", "0");
    net
}
