//! Generated protobuf types of the wire: Cosmos SDK, CometBFT, IBC and our own packages. No hand-written logic.

pub use prost::Name;

/// Every file of every package as one encoded `FileDescriptorSet`, imports first, with all options: the HTTP
/// annotations, amino names and scalar markers are lost if it is decoded into the types of `prost-types`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
/// [`DESCRIPTORS`] with the comments of our own files, for people who read them. Every process decodes the others when it starts, and
/// comments are half of the work.
pub const COMMENTED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/commented.binpb"));

#[allow(missing_docs, clippy::all, clippy::pedantic, rustdoc::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tree.rs"));
}

pub use generated::*;
