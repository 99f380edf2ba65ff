//! Messages about vesting accounts, on a real state.
