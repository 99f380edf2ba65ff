//! The engines against each other and against the world: solo and comet give the same app hashes; nets of a real CometBFT survive what
//! happens to them.
//!
//! Tests with a net need a `cometbft` on the PATH (or where Go installs it) and say so if there is none.

mod chaos;
mod doors;
mod full;
mod joins;
mod net;
mod proxy;
mod same;
mod validators;
