//! Attacks on the chain: random operations and hostile bytes.

mod decoders;
mod random;
