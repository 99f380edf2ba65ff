//! The genesis of a net of a given size.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entente_chain::InitChain;
use entente_chain::modules::auth::ModuleAccount;
use entente_kernel::crypto::{ed25519, sha256};
use entente_kernel::num::Dec;
use entente_kernel::{AccAddress, Bech32, Timestamp, ValAddress};
use serde_json::{Value, json};

use crate::random::wallet::User;

pub const CHAIN_ID: &str = "entente-load-1";
pub const BOND: &str = "uente";
const PREFIX: &str = "entente";
pub const GENESIS_TIME: Timestamp = Timestamp { secs: 1_750_000_000, nanos: 0 };
/// Fee and gas limit of every transaction.
pub const FEE: u64 = 500;
pub const GAS: u64 = 100_000_000;
/// What every user holds of every coin.
const WEALTH: u64 = 1_000_000_000_000;
/// Native stake of every validator.
const STAKE: u64 = 1_000_000_000_000;
/// Tokens of every delegation of the genesis.
const TOKENS: u64 = 1_000_000;

/// How large the net is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    pub validators: u64,
    pub assets: u64,
    /// People with keys, who hold the native coin and every asset.
    pub users: u64,
    /// People who only hold one alliance delegation each, evenly over validators and assets.
    pub delegators: u64,
}

/// The denom of an asset: that of a voucher.
pub fn asset(n: u64) -> String {
    format!("ibc/{}", hex::encode_upper(sha256(format!("asset {n}").as_bytes())))
}

/// The operator of a validator.
pub fn validator(n: u64) -> ValAddress {
    ValAddress::from(address("validator", n))
}

/// The address of somebody who only delegates.
pub fn delegator(n: u64) -> AccAddress {
    address("delegator", n)
}

/// The key with which a validator signs blocks.
pub(super) fn consensus_key(n: u64) -> [u8; 32] {
    ed25519::public_key(&sha256(format!("consensus key {n}").as_bytes()))
}

fn address(kind: &str, n: u64) -> AccAddress {
    let hash = sha256(format!("{kind} {n}").as_bytes());
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&hash[..20]);
    AccAddress::from_array(bytes)
}

impl Scale {
    /// The genesis, its assets with these weights, take rates and weight changes.
    pub fn genesis(&self, terms: impl Fn(u64) -> Value) -> InitChain {
        let bech32 = Bech32::new(PREFIX);
        let app_state = json!({
            "entente": {"bech32_prefix": PREFIX},
            "auth": {"params": {"max_memo_characters": "256", "tx_sig_limit": "7", "tx_size_cost_per_byte": "10",
                "sig_verify_cost_ed25519": "590", "sig_verify_cost_secp256k1": "1000"}, "accounts": self.accounts(&bech32)},
            "bank": {"params": {"send_enabled": [], "default_send_enabled": true}, "balances": self.balances(&bech32),
                "supply": [], "denom_metadata": [], "send_enabled": []},
            "staking": self.staking(&bech32),
            "slashing": {"params": {"signed_blocks_window": "10000", "min_signed_per_window": dec("0.05"),
                "downtime_jail_duration": "600s", "slash_fraction_double_sign": dec("0.05"), "slash_fraction_downtime": dec("0.01")},
                "signing_infos": [], "missed_blocks": []},
            "evidence": {"evidence": []},
            "distribution": {"params": {"community_tax": dec("0.02"), "base_proposer_reward": dec(0), "bonus_proposer_reward": dec(0),
                "withdraw_addr_enabled": true}, "fee_pool": {"community_pool": []}, "delegator_withdraw_infos": [],
                "previous_proposer": "", "outstanding_rewards": [], "validator_accumulated_commissions": [],
                "validator_historical_rewards": [], "validator_current_rewards": [], "delegator_starting_infos": [],
                "validator_slash_events": []},
            "mint": {"minter": {"inflation": dec("0.13"), "annual_provisions": dec(0)},
                "params": {"mint_denom": BOND, "inflation_rate_change": dec("0.13"), "inflation_max": dec("0.2"), "inflation_min": dec("0.07"),
                    "goal_bonded": dec("0.67"), "blocks_per_year": "6311520"}},
            "alliance": self.alliance(&bech32, terms),
        });
        let consensus_params = json!({
            "block": {"max_bytes": "104857600", "max_gas": "-1"},
            "evidence": {"max_age_num_blocks": "100000", "max_age_duration": "172800000000000", "max_bytes": "1048576"},
            "validator": {"pub_key_types": ["ed25519"]}, "version": {"app": "0"}, "abci": {"vote_extensions_enable_height": "0"}
        });
        InitChain { chain_id: CHAIN_ID.to_owned(), time: GENESIS_TIME, initial_height: 1, consensus_params, app_state }
    }

    /// Users first: the number of an account is that of the user.
    fn accounts(&self, bech32: &Bech32) -> Vec<Value> {
        let users = (0..self.users).map(|n| User::numbered(n).address);
        let delegators = (0..self.delegators).map(delegator);
        let account = |(number, address): (u64, AccAddress)| {
            json!({"@type": "/cosmos.auth.v1beta1.BaseAccount", "address": bech32.acc(&address), "pub_key": null,
                "account_number": number.to_string(), "sequence": "0"})
        };
        (0..).zip(users.chain(delegators)).map(account).collect()
    }

    fn balances(&self, bech32: &Bech32) -> Vec<Value> {
        let mut denoms: Vec<String> = (0..self.assets).map(asset).chain([BOND.to_owned()]).collect();
        denoms.sort();
        let all: Vec<Value> = denoms.iter().map(|d| coin(d, WEALTH)).collect();
        let mut rows: Vec<Value> =
            (0..self.users).map(|n| json!({"address": User::numbered(n).text(bech32), "coins": all})).collect();
        let pool = bech32.acc(&ModuleAccount::NOT_BONDED_POOL.address());
        rows.push(json!({"address": pool, "coins": [coin(BOND, STAKE * self.validators)]}));
        let mut staked: Vec<(String, u64)> = self.staked().into_iter().map(|(n, tokens)| (asset(n), tokens)).collect();
        staked.sort();
        if !staked.is_empty() {
            let coins: Vec<Value> = staked.iter().map(|(denom, tokens)| coin(denom, *tokens)).collect();
            rows.push(json!({"address": bech32.acc(&ModuleAccount::ALLIANCE.address()), "coins": coins}));
        }
        rows
    }

    /// Which validator and asset a delegator chose.
    fn choice(&self, delegator: u64) -> (u64, u64) {
        (delegator % self.validators, delegator / self.validators % self.assets)
    }

    fn pools(&self) -> BTreeMap<(u64, u64), u64> {
        let mut pools = BTreeMap::new();
        for n in 0..self.delegators {
            *pools.entry(self.choice(n)).or_default() += TOKENS;
        }
        pools
    }

    /// Staked tokens of the assets that have any.
    fn staked(&self) -> BTreeMap<u64, u64> {
        let mut staked = BTreeMap::new();
        for ((_, asset), tokens) in self.pools() {
            *staked.entry(asset).or_default() += tokens;
        }
        staked
    }

    fn staking(&self, bech32: &Bech32) -> Value {
        let (mut validators, mut delegations) = (Vec::new(), Vec::new());
        for n in 0..self.validators {
            let operator = bech32.val(&validator(n));
            let key = STANDARD.encode(consensus_key(n));
            validators.push(json!({
                "operator_address": operator, "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key},
                "jailed": false, "status": "BOND_STATUS_UNBONDED", "tokens": STAKE.to_string(), "delegator_shares": dec(STAKE),
                "description": {"moniker": format!("v{n}"), "identity": "", "website": "", "security_contact": "", "details": ""},
                "unbonding_height": "0", "unbonding_time": "1970-01-01T00:00:00Z",
                "commission": {"commission_rates": {"rate": dec(0), "max_rate": dec(0), "max_change_rate": dec(0)},
                    "update_time": "2025-01-01T00:00:00Z"},
                "min_self_delegation": "1", "unbonding_on_hold_ref_count": "0", "unbonding_ids": []
            }));
            delegations
                .push(json!({"delegator_address": bech32.acc(&validator(n).into()), "validator_address": operator,
                "shares": dec(STAKE)}));
        }
        json!({
            "params": {"unbonding_time": "1814400s", "max_validators": self.validators.max(1), "max_entries": 7,
                "historical_entries": 100, "bond_denom": BOND, "min_commission_rate": dec(0)},
            "last_total_power": "0", "last_validator_powers": [],
            "validators": validators, "delegations": delegations, "unbonding_delegations": [], "redelegations": [],
            "exported": false
        })
    }

    fn alliance(&self, bech32: &Bech32, terms: impl Fn(u64) -> Value) -> Value {
        let staked = self.staked();
        let assets: Vec<Value> = (0..self.assets)
            .map(|n| {
                let tokens = staked.get(&n).copied().unwrap_or_default();
                let mut row = json!({
                    "denom": asset(n), "total_tokens": tokens.to_string(), "total_validator_shares": dec(tokens),
                    "reward_weight": dec("0.1"), "take_rate": dec(0), "reward_change_rate": dec(1), "reward_change_interval": "0s",
                    "reward_start_time": GENESIS_TIME.to_string(), "last_reward_change_time": GENESIS_TIME.to_string(),
                    "reward_weight_range": {"min": dec(0), "max": dec(5)}, "is_initialized": true
                });
                if let (Value::Object(row), Value::Object(terms)) = (&mut row, terms(n)) {
                    row.extend(terms);
                }
                row
            })
            .collect();
        let mut infos: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for ((validator, n), tokens) in self.pools() {
            infos.entry(validator).or_default().push(json!({"denom": asset(n), "amount": dec(tokens)}));
        }
        let infos: Vec<Value> = infos
            .into_iter()
            .map(|(n, shares)| {
                json!({"validator_address": bech32.val(&validator(n)), "validator": {"global_reward_history": [],
                    "total_delegator_shares": shares, "validator_shares": shares}})
            })
            .collect();
        let delegation = |n: u64| {
            let (at, of) = self.choice(n);
            json!({"delegator_address": bech32.acc(&delegator(n)), "validator_address": bech32.val(&validator(at)),
                "denom": asset(of), "shares": dec(TOKENS), "reward_history": [], "last_reward_claim_height": "0"})
        };
        let delegations: Vec<Value> = (0..self.delegators).map(delegation).collect();
        json!({
            "params": {"reward_delay_time": "60s", "take_rate_claim_interval": "300s",
                "last_take_rate_claim_time": GENESIS_TIME.to_string()},
            "assets": assets, "validator_infos": infos, "reward_weight_change_snaphots": [], "delegations": delegations,
            "redelegations": [], "undelegations": []
        })
    }
}

fn coin(denom: &str, amount: u64) -> Value {
    json!({"denom": denom, "amount": amount.to_string()})
}

/// A decimal number with all its places.
fn dec(number: impl ToString) -> String {
    let text = number.to_string();
    text.parse::<Dec>().map_or(text, |d| d.to_string())
}
