//! Generated protobuf types of the wire: Cosmos SDK, CometBFT, IBC and our own packages. No hand-written logic.

pub use prost::Name;

/// Every file of every package as one encoded `FileDescriptorSet`, imports first, with all options: the HTTP
/// annotations, amino names and scalar markers are lost if it is decoded into the types of `prost-types`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));

#[allow(missing_docs, clippy::all, clippy::pedantic, rustdoc::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tree.rs"));
}

pub use generated::*;
