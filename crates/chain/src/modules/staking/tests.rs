//! The rules of staking, played on a real state.
