//! What any chain needs: numbers, typed state, the state tree, gas, events, addresses. Knows no module, no file, no socket.

pub mod crypto;
pub mod num;
pub mod tree;
