//! Sections of modules that this chain does not have: they may stand in a genesis if they hold nothing.

use entente_kernel::{Error, Result};
use serde_json::Value;

/// Places that may hold anything: settings of the absent module, and handles of a running Go process, which mean nothing elsewhere.
const HARMLESS: &[&str] = &[
    "capability",
    "ibc.client_genesis.create_localhost",
    "ibc.client_genesis.params",
    "ibc.connection_genesis.params",
    "ibc.channel_genesis.params",
    "transfer.params",
    "transfer.port_id",
    "interchainaccounts.controller_genesis_state.params",
    "interchainaccounts.host_genesis_state.params",
    "interchainaccounts.host_genesis_state.port",
];

/// The loopback client and connection that every ibc-go chain makes for itself: member of the list, and its value.
const LOOPBACK: &[(&str, &str)] = &[("client_id", "09-localhost"), ("id", "connection-localhost")];

/// Refuses a section that holds something.
///
/// # Errors
/// A refusal with the path of the first thing found.
pub fn check(name: &str, section: &Value) -> Result<()> {
    match first_content(name, section) {
        None => Ok(()),
        Some((path, found)) => {
            let text = found.to_string();
            let shown: String = text.chars().take(80).collect();
            Err(Error::plain(format!(
                "genesis: {path} holds {shown}, but this chain has no module for it: only an empty section {name:?} is allowed"
            )))
        }
    }
}

fn first_content<'v>(path: &str, value: &'v Value) -> Option<(String, &'v Value)> {
    if HARMLESS.contains(&path) {
        return None;
    }
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(n) if n.as_u64() == Some(0) => None,
        Value::String(text) if text.is_empty() || text == "0" => None,
        Value::Array(items) => {
            let rows = items.iter().enumerate().filter(|(_, item)| !is_loopback(item));
            rows.map(|(at, item)| (format!("{path}[{at}]"), item)).next()
        }
        Value::Object(members) => {
            members.iter().find_map(|(name, member)| first_content(&format!("{path}.{name}"), member))
        }
        _ => Some((path.to_owned(), value)),
    }
}

fn is_loopback(item: &Value) -> bool {
    LOOPBACK.iter().any(|(member, value)| item.get(member).and_then(Value::as_str) == Some(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_default_sections_of_a_go_chain_are_empty() {
        let ibc = json!({
            "client_genesis": {
                "clients": [{"client_id": "09-localhost", "client_state": {"x": 1}}],
                "clients_metadata": [], "params": {"allowed_clients": ["07-tendermint"]}, "next_client_sequence": "0"
            },
            "connection_genesis": {"connections": [{"id": "connection-localhost"}], "params": {"max": "30000000000"}},
            "channel_genesis": {"channels": [], "next_channel_sequence": "0"}
        });
        let transfer = json!({"port_id": "transfer", "denom_traces": [], "params": {"send_enabled": true}});
        assert_eq!(check("ibc", &ibc), Ok(()));
        assert_eq!(check("transfer", &transfer), Ok(()));
        assert_eq!(check("params", &Value::Null), Ok(()));
        assert_eq!(check("group", &json!({"group_seq": "0", "groups": []})), Ok(()));
    }

    #[test]
    fn what_would_be_lost_is_refused_with_its_place() {
        let transfer = json!({"port_id": "transfer", "denom_traces": [{"path": "transfer/channel-0"}]});
        let refused = check("transfer", &transfer).unwrap_err().to_string();
        assert!(refused.contains("transfer.denom_traces[0]"), "{refused}");
        let seq = check("group", &json!({"group_seq": "3"})).unwrap_err().to_string();
        assert!(seq.contains("group.group_seq holds \"3\""), "{seq}");
    }
}
