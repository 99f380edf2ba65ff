//! The list of deviations: how the chain departs from the Go module.

/// The rows of the list of deviations.
pub const ROWS: &[&str] = &[
    "H1", "H2", "H3", "H4", "H6", "H7", "H9", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11",
    "S12", "S13", "S14", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "D1", "D2", "D3", "D4", "D5", "D6", "M1",
    "M3", "M6", "M7", "M10", "M12", "M13", "11.4", "Import",
];
