//! A genesis from a seed: few validators and people, foreign coins of every size, short periods, parameters at their ends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entente_chain::InitChain;
use entente_chain::genesis::SECTIONS;
use entente_chain::modules::auth::ModuleAccount;
use entente_kernel::crypto::ed25519;
use entente_kernel::num::Int;
use entente_kernel::{Bech32, Timestamp};
use serde_json::{Value, json};

use super::dice::Dice;
use super::wallet::User;

pub const BOND: &str = "uente";
pub const CHAIN_ID: &str = "entente-random-1";
pub const PREFIX: &str = "entente";

/// Coins that are not the native one. The first may become alliance assets.
pub const FOREIGN: &[&str] = &[
    "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2",
    "stk/uatom",
    "ampLUNA",
    "factory/entente1x/lp",
    "awei",
];

/// The key with which validator `n` signs blocks.
///
/// # Panics
/// Never: the key of any secret is on the curve.
pub fn validator_key(n: u64) -> [u8; 32] {
    let mut secret = [7; 32];
    secret[..8].copy_from_slice(&n.to_le_bytes());
    ed25519::public_key(&secret)
}

pub fn validator_key_json(n: u64) -> Value {
    json!({"@type": "/cosmos.crypto.ed25519.PubKey", "key": STANDARD.encode(validator_key(n))})
}

/// The beginning of a run.
pub fn make(dice: &mut Dice, users: &[User]) -> InitChain {
    let time = Timestamp::from_secs(1_750_000_000);
    let maker = Maker { bech32: Bech32::new(PREFIX), users };
    let app_state = maker.app_state(dice, time);
    let initial_height = if dice.chance(25) { 1_000 } else { 1 };
    let consensus_params = json!({
        "block": {"max_bytes": "22020096", "max_gas": "-1"},
        "evidence": {"max_age_num_blocks": "20", "max_age_duration": "172800000000000", "max_bytes": "1048576"},
        "validator": {"pub_key_types": ["ed25519"]}, "version": {"app": "0"}, "abci": {"vote_extensions_enable_height": "0"}
    });
    InitChain { chain_id: CHAIN_ID.to_owned(), time, initial_height, consensus_params, app_state }
}

struct Maker<'a> {
    bech32: Bech32,
    users: &'a [User],
}

fn decimal(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    text.parse::<entente_kernel::num::Dec>().map_or_else(|_| text.to_owned(), |d| d.to_string())
}

impl Maker<'_> {
    fn app_state(&self, dice: &mut Dice, time: Timestamp) -> Value {
        let count = dice.between(1, 5);
        let tokens: Vec<u64> = (0..count)
            .map(|_| match dice.below(4) {
                0 => 1_000_000,
                1 => dice.between(1_000_000, 9_000_000_000_000),
                _ => dice.between(1_000_000, 90_000_000),
            })
            .collect();
        let mut sections = json!({
            "auth": {"params": {"max_memo_characters": "256", "tx_sig_limit": "7", "tx_size_cost_per_byte": "10",
                "sig_verify_cost_ed25519": "590", "sig_verify_cost_secp256k1": "1000"}, "accounts": self.accounts(dice, time)},
            "bank": self.bank(dice, &tokens),
            "staking": self.staking(dice, &tokens),
            "slashing": slashing(dice),
            "evidence": {"evidence": []},
            "distribution": distribution(dice),
            "mint": mint(dice),
            "gov": gov(dice),
            "crisis": {"constant_fee": {"denom": BOND, "amount": "1000"}},
            "alliance": alliance(dice, time),
        });
        if let Value::Object(map) = &mut sections {
            map.retain(|name, _| SECTIONS.iter().any(|s| s.name == name));
            map.insert("entente".to_owned(), json!({"bech32_prefix": PREFIX}));
        }
        sections
    }

    /// Accounts of all users; some are vesting.
    fn accounts(&self, dice: &mut Dice, time: Timestamp) -> Vec<Value> {
        let mut out = Vec::new();
        for (n, user) in self.users.iter().enumerate() {
            let base = json!({"address": user.text(&self.bech32), "pub_key": null, "account_number": n.to_string(), "sequence": "0"});
            let ends = time.secs + dice.secs().max(1);
            let vesting = json!({"base_account": base, "original_vesting": [{"denom": BOND, "amount": "50000000"}],
                "delegated_free": [], "delegated_vesting": [], "end_time": ends.to_string()});
            out.push(match dice.below(12) {
                0 => json!({"@type": "/cosmos.vesting.v1beta1.DelayedVestingAccount", "base_vesting_account": vesting}),
                1 => {
                    json!({"@type": "/cosmos.vesting.v1beta1.ContinuousVestingAccount", "base_vesting_account": vesting,
                    "start_time": time.secs.to_string()})
                }
                _ => {
                    let mut base = base;
                    base["@type"] = json!("/cosmos.auth.v1beta1.BaseAccount");
                    base
                }
            });
        }
        out
    }

    fn bank(&self, dice: &mut Dice, tokens: &[u64]) -> Value {
        let wealth: Int = match dice.below(8) {
            0 => "1000000000000000000000000000".parse().unwrap_or(Int::ONE),
            1 => "4000000000000000000000000000000000000000000000000000000000000000000000000000"
                .parse()
                .unwrap_or(Int::ONE),
            _ => Int::from(1_000_000_000_000_u64),
        };
        let foreign: Vec<Int> = FOREIGN
            .iter()
            .map(|_| match dice.below(6) {
                0 => Int::from(dice.between(1, 50)),
                1 => "1000000000000000000000000000".parse().unwrap_or(Int::ONE),
                2 => "5000000000000000000000000000000000000000000000000000000000000000000000000000"
                    .parse()
                    .unwrap_or(Int::ONE),
                _ => Int::from(1_000_000_000_000_u64),
            })
            .collect();
        let mut balances = Vec::new();
        for (n, user) in self.users.iter().enumerate() {
            let own = if n == 0 { wealth } else { Int::from(1_000_000_000_000_u64) };
            let mut coins = vec![(BOND, own)];
            coins.extend(FOREIGN.iter().zip(&foreign).map(|(denom, most)| {
                let scarce = most.quo(Int::from(1_000_000_u64)).map_or(Int::ONE, |n| n.add(Int::ONE).unwrap_or(n));
                (*denom, if n == 0 || most.bits() < 60 { *most } else { scarce })
            }));
            coins.sort_by_key(|(denom, _)| *denom);
            let coins: Vec<_> = coins.iter().map(|(d, a)| json!({"denom": d, "amount": a.to_string()})).collect();
            balances.push(json!({"address": user.text(&self.bech32), "coins": coins}));
        }
        let pool = self.bech32.acc(&ModuleAccount::NOT_BONDED_POOL.address());
        let staked: u64 = tokens.iter().sum();
        balances.push(json!({"address": pool, "coins": [{"denom": BOND, "amount": staked.to_string()}]}));
        json!({"params": {"send_enabled": [], "default_send_enabled": true}, "balances": balances, "supply": [],
            "denom_metadata": [], "send_enabled": []})
    }

    fn staking(&self, dice: &mut Dice, tokens: &[u64]) -> Value {
        let (mut validators, mut delegations) = (Vec::new(), Vec::new());
        for (n, (tokens, user)) in (0_u64..).zip(tokens.iter().zip(self.users)) {
            let operator = self.bech32.val(&user.address.into());
            let max = *dice.pick(&["1", "0.5", "0.2"]);
            let shares = format!("{tokens}.000000000000000000");
            validators.push(json!({
                "operator_address": operator, "consensus_pubkey": validator_key_json(n), "jailed": false,
                "status": "BOND_STATUS_UNBONDED", "tokens": tokens.to_string(), "delegator_shares": shares,
                "description": {"moniker": format!("v{n}"), "identity": "", "website": "", "security_contact": "", "details": ""},
                "unbonding_height": "0", "unbonding_time": "1970-01-01T00:00:00Z",
                "commission": {"commission_rates": {"rate": decimal(dice.pick(&["0", "0.1", max])), "max_rate": decimal(max),
                    "max_change_rate": decimal("0.1")}, "update_time": "2025-01-01T00:00:00Z"},
                "min_self_delegation": "1", "unbonding_on_hold_ref_count": "0", "unbonding_ids": []
            }));
            delegations.push(
                json!({"delegator_address": user.text(&self.bech32), "validator_address": operator, "shares": shares}),
            );
        }
        json!({
            "params": {"unbonding_time": format!("{}s", dice.pick(&[3_i64, 20, 60, 600, 1_814_400])),
                "max_validators": dice.between(1, 4), "max_entries": dice.between(1, 7),
                "historical_entries": dice.between(0, 3), "bond_denom": BOND, "min_commission_rate": decimal("0")},
            "last_total_power": "0", "last_validator_powers": [], "validators": validators, "delegations": delegations,
            "unbonding_delegations": [], "redelegations": [], "exported": false
        })
    }
}

fn slashing(dice: &mut Dice) -> Value {
    json!({
        "params": {"signed_blocks_window": dice.between(1, 12).to_string(), "min_signed_per_window": decimal(dice.pick(&["0.5", "0.9", "0.1", "1"])),
            "downtime_jail_duration": format!("{}s", dice.pick(&[1, 10, 60, 600])),
            "slash_fraction_double_sign": decimal(dice.pick(&["0.05", "0", "0.5", "1", "0.000000000000000001"])),
            "slash_fraction_downtime": decimal(dice.pick(&["0.01", "0", "0.3", "1"]))},
        "signing_infos": [], "missed_blocks": []
    })
}

fn distribution(dice: &mut Dice) -> Value {
    json!({
        "params": {"community_tax": decimal(dice.pick(&["0.02", "0", "1", "0.333333333333333333"])), "base_proposer_reward": decimal("0"),
            "bonus_proposer_reward": decimal("0"), "withdraw_addr_enabled": true},
        "fee_pool": {"community_pool": []}, "delegator_withdraw_infos": [], "previous_proposer": "",
        "outstanding_rewards": [], "validator_accumulated_commissions": [], "validator_historical_rewards": [],
        "validator_current_rewards": [], "delegator_starting_infos": [], "validator_slash_events": []
    })
}

fn mint(dice: &mut Dice) -> Value {
    json!({
        "minter": {"inflation": decimal("0.13"), "annual_provisions": decimal("0")},
        "params": {"mint_denom": BOND, "inflation_rate_change": decimal("0.13"), "inflation_max": decimal(dice.pick(&["0.2", "1"])),
            "inflation_min": decimal("0.07"), "goal_bonded": decimal(dice.pick(&["0.67", "1", "0.01"])),
            "blocks_per_year": dice.pick(&["6311520", "1000", "100000"])}
    })
}

fn gov(dice: &mut Dice) -> Value {
    json!({
        "starting_proposal_id": "1", "deposits": [], "votes": [], "proposals": [], "deposit_params": null, "voting_params": null,
        "tally_params": null, "constitution": "",
        "params": {"min_deposit": [{"denom": BOND, "amount": "100"}], "max_deposit_period": format!("{}s", dice.pick(&[5, 30, 600])),
            "voting_period": format!("{}s", dice.pick(&[6, 15, 40])), "quorum": "0.1", "threshold": "0.5", "veto_threshold": "0.334",
            "min_initial_deposit_ratio": "0", "proposal_cancel_ratio": dice.pick(&["0.5", "0", "1"]), "proposal_cancel_dest": "",
            "expedited_voting_period": "5s", "expedited_threshold": "0.667",
            "expedited_min_deposit": [{"denom": BOND, "amount": "500"}], "burn_vote_quorum": dice.chance(50),
            "burn_proposal_deposit_prevote": dice.chance(50), "burn_vote_veto": true, "min_deposit_ratio": "0"}
    })
}

fn alliance(dice: &mut Dice, time: Timestamp) -> Value {
    let started = Timestamp::from_secs(time.secs - 1_000);
    let mut assets = Vec::new();
    for denom in FOREIGN.iter().take(usize::try_from(dice.between(0, 4)).unwrap_or(0)) {
        let weight = *dice.pick(&["0.1", "1", "0", "0.000000000000000001", "10", "0.333333333333333333"]);
        let interval = dice.pick(&["0s", "1s", "10s", "86400s"]);
        assets.push(json!({
            "denom": denom, "reward_weight": decimal(weight), "take_rate": decimal(dice.pick(&["0", "0.01", "0.5", "0.999999999999999999", "0.000001"])),
            "total_tokens": "0", "total_validator_shares": decimal("0"),
            "reward_start_time": if dice.chance(70) { started } else { Timestamp::from_secs(time.secs + 30) }.to_string(),
            "reward_change_rate": decimal(dice.pick(&["1", "0.9", "1.1", "0.000000000000000001", "1000"])), "reward_change_interval": interval,
            "last_reward_change_time": started.to_string(),
            "reward_weight_range": {"min": decimal("0"), "max": decimal(dice.pick(&["10", "100"]))}, "is_initialized": false
        }));
    }
    json!({
        "params": {"reward_delay_time": format!("{}s", dice.pick(&[0, 10, 600])), "take_rate_claim_interval": format!("{}s", dice.pick(&[1, 7, 60, 300])),
            "last_take_rate_claim_time": "0001-01-01T00:00:00Z"},
        "assets": assets, "validator_infos": [], "reward_weight_change_snaphots": [], "delegations": [], "redelegations": [],
        "undelegations": []
    })
}
