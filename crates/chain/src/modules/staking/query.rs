//! What staking can be asked.
