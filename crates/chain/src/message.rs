//! What every message of the chain can say of itself before it is carried out.

use entente_kernel::{AccAddress, Bech32, Result};

/// A checked message of a module: made from its wire form, signed by somebody.
pub trait Message: Sized {
    /// The protobuf message.
    type Wire: prost::Message + Default;

    /// Whose signatures it needs, in the order of the `cosmos.msg.v1.signer` fields.
    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>>;

    /// The checks that need no state, in upstream's order.
    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self>;
}
