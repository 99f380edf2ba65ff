//! Snapshots of the state, with which new nodes join without playing all blocks.
//!
//! # Form 1
//! The pairs of all stores in order (store, key), cut into chunks. A chunk is deflated by itself; inflated it is at most
//! [`CHUNK_BYTES_MAX`] long: records of store (1 byte), length of the key (2, big endian), key, length of the value (4), value. The
//! metadata is the SHA-256 of every chunk, one after the other, and the snapshot's hash is the SHA-256 of the metadata, so that a wrong
//! chunk is known, with its sender, as soon as it arrives. Whether the state is the chain's own is decided by the app hash alone, which the
//! light client of CometBFT vouches for.
//!
//! # Costs
//! Taking one holds a clone of the trees (one pointer per store) and never a block. Restoring holds the trees in memory and writes them
//! only when their root is right.

mod archive;
mod restore;
mod store;
mod take;
#[cfg(test)]
mod tests;

pub use archive::{dump, load};
pub use restore::{ChunkError, Offer, Restore};
pub use store::{Meta, Store};
pub use take::take;

/// The form that is written and read: that of the records, since the form of the chunks never changed.
pub const FORMAT: u32 = entente_chain::stores::FORM;
/// Bytes of an inflated chunk.
pub const CHUNK_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Most chunks of a snapshot: 80 GiB of pairs.
pub const CHUNKS_MAX: u32 = 8_192;
/// Bytes of a hash in the metadata.
const HASH_BYTES: usize = 32;
