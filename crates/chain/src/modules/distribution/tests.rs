//! Rules of distribution, told with a small staking set.
