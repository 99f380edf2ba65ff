//! Proofs of misbehaviour that the consensus engine reports: who signed two blocks at one height is slashed, jailed and barred for ever.
//!
//! An attack on light clients is punished like a double signature. A proof counts once for a validator, because it is barred
//! afterwards. Proofs that are too old, or against validators whose stake is no longer bound, are ignored. Rules, codes and the layout of
//! the store are those of the SDK's evidence module 0.1.0.

mod block;
pub mod error;
pub mod genesis;
pub mod handle;
pub mod msg;
pub mod query;
mod state;
#[cfg(test)]
mod tests;

pub use block::begin_block;

use entente_kernel::crypto::sha256;
use entente_kernel::{Ctx, Result, Wire};
use entente_proto::cosmos::evidence::v1beta1::Equivocation;
use prost::{Message as _, Name as _};
use prost_types::Any;

/// The key of a record: the SHA-256 of its bytes.
fn hash(equivocation: &Equivocation) -> [u8; 32] {
    sha256(&equivocation.encode_to_vec())
}

fn save(ctx: &mut Ctx, equivocation: &Equivocation) -> Result<()> {
    let record = Any { type_url: Equivocation::type_url(), value: equivocation.encode_to_vec() };
    state::EVIDENCE.set(ctx, &hash(equivocation), &Wire(record))
}
