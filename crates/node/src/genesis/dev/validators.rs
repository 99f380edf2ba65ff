//! The validators of the development chain, run by its first accounts.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::crypto::ed25519;
use entente_kernel::{AccAddress, Bech32, Timestamp};
use serde_json::{Value, json};

use super::staking_params;

/// The first account's own stake.
pub const STAKE: u128 = 1_000_000_000_000;
/// The own stake of every further validator: alone, the first has the quorum of a vote in a chain of up to seven; of four, one can be missing.
const STAKE_OF_OTHERS: u128 = 300_000_000_000;

/// Own stake of the validator at a place.
fn stake(place: usize) -> u128 {
    if place == 0 { STAKE } else { STAKE_OF_OTHERS }
}

/// What `count` validators have staked.
pub(super) fn staked(count: usize) -> u128 {
    (0..count).map(stake).sum()
}

/// Validators with the consensus keys of `seeds`, not bonded yet: the first set is chosen when the genesis is executed.
pub fn staking(bech32: &Bech32, operators: &[AccAddress], time: Timestamp, seeds: &[[u8; 32]]) -> Value {
    let rows = || operators.iter().zip(seeds).enumerate();
    let moniker = |place: usize| if place == 0 { "development".to_owned() } else { format!("development {place}") };
    let details = if seeds.len() == 1 {
        "The only validator of a chain on one machine"
    } else {
        "A validator of a chain on one machine"
    };
    let validators = rows().map(|(place, (operator, seed))| {
        json!({
            "operator_address": bech32.val(&(*operator).into()),
            "consensus_pubkey": { "@type": "/cosmos.crypto.ed25519.PubKey", "key": STANDARD.encode(ed25519::public_key(seed)) },
            "jailed": false,
            "status": "BOND_STATUS_UNBONDED",
            "tokens": stake(place).to_string(),
            "delegator_shares": format!("{}.000000000000000000", stake(place)),
            "description": {
                "moniker": moniker(place),
                "identity": "",
                "website": "",
                "security_contact": "",
                "details": details,
            },
            "unbonding_height": "0",
            "unbonding_time": "1970-01-01T00:00:00Z",
            "commission": {
                "commission_rates": {
                    "rate": "0.050000000000000000",
                    "max_rate": "0.200000000000000000",
                    "max_change_rate": "0.010000000000000000",
                },
                "update_time": time.to_string(),
            },
            "min_self_delegation": "1",
            "unbonding_on_hold_ref_count": "0",
            "unbonding_ids": [],
        })
    });
    let delegations = rows().map(|(place, (operator, _))| {
        json!({
            "delegator_address": bech32.acc(operator),
            "validator_address": bech32.val(&(*operator).into()),
            "shares": format!("{}.000000000000000000", stake(place)),
        })
    });
    json!({
        "params": staking_params(),
        "last_total_power": "0",
        "last_validator_powers": [],
        "validators": validators.collect::<Vec<_>>(),
        "delegations": delegations.collect::<Vec<_>>(),
        "unbonding_delegations": [],
        "redelegations": [],
        "exported": false,
    })
}

/// All liquid stake lies with these validators, in equal parts; what does not divide, with the first.
pub(super) fn liquid_list(bech32: &Bech32, operators: &[AccAddress]) -> Value {
    let count = u32::try_from(operators.len()).unwrap_or(1).max(1);
    let (even, rest) = (10_000 / count, 10_000 % count);
    let row = |(place, operator): (usize, &AccAddress)| {
        let weight = if place == 0 { even + rest } else { even };
        json!({ "validator_address": bech32.val(&(*operator).into()), "target_weight": weight.to_string() })
    };
    Value::Array(operators.iter().enumerate().map(row).collect())
}
