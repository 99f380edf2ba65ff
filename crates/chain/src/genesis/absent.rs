//! What a section means that a genesis does not have: the SDK's default genesis of its module, in the chain's own coin.
//!
//! Every module so has its parameters from the first block on: a chain never halts because a section was left out.

use serde_json::{Value, json};

/// The coin of a chain whose genesis names none.
const DENOM: &str = "uente";

/// The coin in which defaults are stated: the one that is staked.
pub fn denom(app_state: &serde_json::Map<String, Value>) -> &str {
    let named = app_state.get("staking").and_then(|s| s.pointer("/params/bond_denom")).and_then(Value::as_str);
    named.unwrap_or(DENOM)
}

/// The default genesis of a module.
pub fn default_section(name: &str, denom: &str) -> Value {
    match name {
        "auth" => json!({ "params": {
            "max_memo_characters": "256", "tx_sig_limit": "7", "tx_size_cost_per_byte": "10",
            "sig_verify_cost_ed25519": "590", "sig_verify_cost_secp256k1": "1000",
        } }),
        "bank" => json!({ "params": { "default_send_enabled": true } }),
        "staking" => json!({ "params": {
            "unbonding_time": "1814400s", "max_validators": 100, "max_entries": 7, "historical_entries": 10_000,
            "bond_denom": denom, "min_commission_rate": "0.000000000000000000",
        } }),
        "slashing" => json!({ "params": {
            "signed_blocks_window": "100", "min_signed_per_window": "0.500000000000000000",
            "downtime_jail_duration": "600s", "slash_fraction_double_sign": "0.050000000000000000",
            "slash_fraction_downtime": "0.010000000000000000",
        } }),
        "distribution" => json!({ "params": {
            "community_tax": "0.020000000000000000", "base_proposer_reward": "0.000000000000000000",
            "bonus_proposer_reward": "0.000000000000000000", "withdraw_addr_enabled": true,
        } }),
        "mint" => json!({
            "minter": { "inflation": "0.130000000000000000", "annual_provisions": "0.000000000000000000" },
            "params": {
                "mint_denom": denom, "inflation_rate_change": "0.130000000000000000",
                "inflation_max": "0.200000000000000000", "inflation_min": "0.070000000000000000",
                "goal_bonded": "0.670000000000000000", "blocks_per_year": "6311520",
            },
        }),
        "gov" => json!({
            "starting_proposal_id": "1",
            "params": {
                "min_deposit": [{ "denom": denom, "amount": "10000000" }], "max_deposit_period": "172800s",
                "voting_period": "172800s", "quorum": "0.334000000000000000", "threshold": "0.500000000000000000",
                "veto_threshold": "0.334000000000000000", "min_initial_deposit_ratio": "0.000000000000000000",
                "proposal_cancel_ratio": "0.500000000000000000", "proposal_cancel_dest": "",
                "expedited_voting_period": "86400s", "expedited_threshold": "0.667000000000000000",
                "expedited_min_deposit": [{ "denom": denom, "amount": "50000000" }], "burn_vote_quorum": false,
                "burn_proposal_deposit_prevote": false, "burn_vote_veto": true,
                "min_deposit_ratio": "0.010000000000000000",
            },
        }),
        "crisis" => json!({ "constant_fee": { "denom": denom, "amount": "1000" } }),
        "alliance" => json!({ "params": {
            "reward_delay_time": "604800s", "take_rate_claim_interval": "300s",
            "last_take_rate_claim_time": "0001-01-01T00:00:00Z",
        } }),
        _ => json!({}),
    }
}
