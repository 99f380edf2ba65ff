//! Messages of authz: wire → checked.

use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Bech32, Error, Result, Timestamp};
use entente_proto::cosmos::authz::v1beta1 as wire;
use prost_types::Any;

use super::authorization::Authorization;
use super::error::GRANTEE_IS_GRANTER;
use crate::message::Message;
use crate::wire::parse_timestamp;

fn pair(granter: &str, grantee: &str, bech32: &Bech32) -> Result<(AccAddress, AccAddress)> {
    if grantee.eq_ignore_ascii_case(granter) {
        return Err(GRANTEE_IS_GRANTER.refuse());
    }
    let to = bech32.parse_acc(grantee).map_err(|e| e.wrap("invalid grantee address"))?;
    Ok((bech32.parse_acc(granter).map_err(|e| e.wrap("invalid granter address"))?, to))
}

/// Lets somebody send a kind of message in the signer's name.
#[derive(Debug, Clone)]
pub struct GrantAuthorization {
    pub granter: AccAddress,
    pub grantee: AccAddress,
    pub authorization: Authorization,
    pub expiration: Option<Timestamp>,
}

impl Message for GrantAuthorization {
    type Wire = wire::MsgGrant;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.granter)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (granter, grantee) = pair(&wire.granter, &wire.grantee, bech32)?;
        let grant = wire.grant.unwrap_or_default();
        let any = grant.authorization.ok_or_else(|| sdk::INVALID_TYPE.because("authorization is nil"))?;
        let authorization = Authorization::from_any(&any)?;
        let expiration = grant.expiration.as_ref().map(|e| parse_timestamp(e, "expiration")).transpose()?;
        Ok(Self { granter, grantee, authorization, expiration })
    }
}

/// Takes a grant back.
#[derive(Debug, Clone)]
pub struct Revoke {
    pub granter: AccAddress,
    pub grantee: AccAddress,
    pub url: String,
}

impl Message for Revoke {
    type Wire = wire::MsgRevoke;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.granter)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        let (granter, grantee) = pair(&wire.granter, &wire.grantee, bech32)?;
        if wire.msg_type_url.is_empty() {
            return Err(sdk::INVALID_REQUEST.because("missing msg method name"));
        }
        Ok(Self { granter, grantee, url: wire.msg_type_url })
    }
}

/// Sends messages in the name of those who granted it. The signer's own messages need no grant.
#[derive(Debug, Clone)]
pub struct Exec {
    pub grantee: AccAddress,
    pub messages: Vec<Any>,
}

impl Message for Exec {
    type Wire = wire::MsgExec;

    fn signers(wire: &Self::Wire, bech32: &Bech32) -> Result<Vec<AccAddress>> {
        Ok(vec![bech32.parse_acc(&wire.grantee)?])
    }

    fn check(wire: Self::Wire, bech32: &Bech32) -> Result<Self> {
        if wire.grantee.is_empty() {
            return Err(Error::plain("empty address string is not allowed"));
        }
        let grantee = bech32.parse_acc(&wire.grantee).map_err(|e| e.wrap("invalid grantee address"))?;
        if wire.msgs.is_empty() {
            return Err(sdk::INVALID_REQUEST.because("messages cannot be empty"));
        }
        Ok(Self { grantee, messages: wire.msgs })
    }
}
