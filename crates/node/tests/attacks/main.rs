//! Attacks on the node: hostile bytes at every door, damaged files, hostile clients.

mod decoders;
mod files;
mod hostile;
