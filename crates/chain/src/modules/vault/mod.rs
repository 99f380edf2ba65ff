//! Vault: baskets of liquid staking tokens of one underlying, and the shares (LRT) in them.

pub mod math;
