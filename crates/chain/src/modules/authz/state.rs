//! What authz remembers.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::{AccAddress, Map, Timestamp};

use crate::stores::AUTHZ;

/// Grants by giver, receiver and type of message.
pub const GRANTS: Map<(AccAddress, AccAddress, String), Grant> = Map::new(AUTHZ, &[0x01]);
/// Queue: end, giver, receiver, type of message.
pub const EXPIRIES: Map<(Timestamp, AccAddress, AccAddress, String), ()> = Map::new(AUTHZ, &[0x02]);

/// What a grantee may do, and until when.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Grant {
    /// An encoded `google.protobuf.Any` with the authorization.
    pub authorization: Vec<u8>,
    pub expiration: Option<Timestamp>,
}

entente_kernel::borsh_value!(Grant);
