//! Generated protobuf types of the wire: Cosmos SDK, CometBFT, IBC and our own packages. No hand-written logic.
