//! The same chain driven by a seed or a scenario.
