//! Messages of authz, on a real state.
