//! Every rule of this chain: synchronous, deterministic, without I/O.
