//! Transactions of the people of a [`Scale`](super::Scale), signed before the clock runs.

use entente_kernel::{AccAddress, Bech32, ValAddress};
use entente_proto::alliance::alliance::MsgDelegate;
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin;
use prost::{Message, Name};
use prost_types::Any;

use super::crowd::{BOND, CHAIN_ID, FEE, GAS};
use crate::random::wallet::{Envelope, Signer, User, sign};

fn coin(denom: &str, amount: u64) -> Coin {
    Coin { denom: denom.to_owned(), amount: amount.to_string() }
}

fn pack<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

/// A payment in the native coin.
pub fn send(bech32: &Bech32, from: &AccAddress, to: &AccAddress, amount: u64) -> Any {
    let amount = vec![coin(BOND, amount)];
    pack(&MsgSend { from_address: bech32.acc(from), to_address: bech32.acc(to), amount })
}

/// A delegation of an alliance asset.
pub fn delegate(bech32: &Bech32, from: &AccAddress, to: &ValAddress, denom: &str, amount: u64) -> Any {
    let amount = Some(coin(denom, amount));
    pack(&MsgDelegate { delegator_address: bech32.acc(from), validator_address: bech32.val(to), amount })
}

/// The bytes of a transaction of one user, whose account has the number `number` and has sent `sequence` before it.
pub fn signed(user: &User, number: u64, sequence: u64, message: Any) -> Vec<u8> {
    let envelope = Envelope { fee: vec![coin(BOND, FEE)], gas: GAS, ..Envelope::default() };
    sign(vec![message], &[Signer { user, number, sequence }], &envelope, CHAIN_ID).encode_to_vec()
}
