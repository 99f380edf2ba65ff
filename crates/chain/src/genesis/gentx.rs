//! Gentxs: the signed transactions with which the first validators enter a genesis.

use entente_kernel::gas::GasMeter;
use entente_kernel::{Ctx, Error, Result, json};
use entente_proto::cosmos::staking::v1beta1::MsgCreateValidator;
use entente_proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
use prost::{Message, Name};
use serde_json::{Map, Value};

use crate::block::ValidatorUpdate;
use crate::modules::staking;
use crate::{ante, tx};

/// The section of a genesis that holds them.
pub(super) const SECTION: &str = "genutil";
const FIELD: &str = "gen_txs";

/// Verifies and executes the gentxs and gives the validator set that they make; nothing without gentxs.
///
/// # Compatibility
/// What was signed are protobuf bytes, what stands here is JSON: the bytes are those that Go's encoder makes of it, with every embedded
/// message that cannot be null. On a chain that starts at height 1 the signed account number is 0 for everybody.
///
/// # Errors
/// A refusal that names the transaction and what is wrong with it.
pub(super) fn run(ctx: &mut Ctx, section: &Value) -> Result<Vec<ValidatorUpdate>> {
    let list = list(section)?;
    for (at, gentx) in list.iter().enumerate() {
        execute(ctx, gentx).map_err(|e| e.wrap(format!("genesis: {SECTION}.{FIELD}[{at}]")))?;
    }
    if list.is_empty() { Ok(Vec::new()) } else { staking::first_validator_set(ctx) }
}

fn list(section: &Value) -> Result<&[Value]> {
    let wrong = |what: String| Error::plain(format!("genesis: {SECTION}{what}"));
    let Value::Object(members) = section else { return Err(wrong(": must be a JSON object".to_owned())) };
    if let Some(stranger) = members.keys().find(|name| *name != FIELD) {
        return Err(wrong(format!(".{stranger}: is no member of this section; it has {FIELD}")));
    }
    match members.get(FIELD) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(wrong(format!(".{FIELD}: must be a list, found {}", short(other)))),
    }
}

fn execute(ctx: &mut Ctx, gentx: &Value) -> Result<()> {
    let bytes = encode(gentx)?;
    let result = tx::execute(ctx, &mut tx::decode(&bytes), ante::Checks::All, &GasMeter::unlimited())?;
    if result.code == 0 {
        return Ok(());
    }
    Err(Error::plain(format!("{} ({} {})", result.log, result.codespace, result.code)))
}

/// The bytes that were signed.
fn encode(gentx: &Value) -> Result<Vec<u8>> {
    let Value::Object(members) = gentx else {
        return Err(Error::plain(format!("must be a JSON object, found {}", short(gentx))));
    };
    if let Some(stranger) = members.keys().find(|name| !["body", "auth_info", "signatures"].contains(&name.as_str())) {
        return Err(Error::plain(format!("{stranger}: is no member of a transaction")));
    }
    let body_bytes = part::<TxBody>(members, "body")?;
    check_messages(&body_bytes)?;
    let auth_info_bytes = part::<AuthInfo>(members, "auth_info")?;
    let raw = TxRaw { body_bytes, auth_info_bytes, signatures: signatures(members.get("signatures"))? };
    Ok(raw.encode_to_vec())
}

fn part<M: Message + Name>(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>> {
    let value = members.get(name).ok_or_else(|| Error::plain(format!("{name}: is missing")))?;
    json::decode(&M::full_name(), value).map_err(|e| {
        let json::JsonError { path, reason } = e.below(name);
        Error::plain(format!("{path}: {reason}"))
    })
}

/// A gentx does one thing: it creates a validator.
fn check_messages(body: &[u8]) -> Result<()> {
    let body = TxBody::decode(body).map_err(|e| Error::plain(format!("body: {e}")))?;
    let wanted = MsgCreateValidator::type_url();
    match body.messages.as_slice() {
        [one] if one.type_url == wanted => Ok(()),
        [one] => Err(Error::plain(format!("body.messages[0]: {:?} is not {wanted:?}", one.type_url))),
        list => Err(Error::plain(format!("body.messages: {} messages; exactly 1 is allowed", list.len()))),
    }
}

fn signatures(value: Option<&Value>) -> Result<Vec<Vec<u8>>> {
    use base64::Engine as _;
    let Some(Value::Array(list)) = value else { return Err(Error::plain("signatures: must be a list")) };
    let read = |(at, one): (usize, &Value)| {
        let text = one.as_str().unwrap_or_default();
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok().filter(|b| !b.is_empty());
        bytes.ok_or_else(|| Error::plain(format!("signatures[{at}]: {} is not base64", short(one))))
    };
    list.iter().enumerate().map(read).collect()
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}
