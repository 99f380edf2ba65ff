//! The genesis of development chains, which tells the story: foreign staking tokens in ten accounts, two of them alliance assets, all
//! of them in the registry with rates that grow, a pool for each of the ATOM family, and a vault.

mod pools;
mod validators;

use anyhow::Result;
use entente_kernel::crypto::sha256;
use entente_kernel::{AccAddress, Bech32, Span, Timestamp, json};
use serde_json::{Map, Value, json};

use super::GenesisDoc;
use crate::keys;
pub use validators::{STAKE, staking};

pub const CHAIN_ID: &str = "entente-dev-1";
pub const PREFIX: &str = "entente";
pub const DENOM: &str = "uente";

/// What each account and the faucet hold of the chain's coin: a million.
pub(super) const NATIVE_EACH: u128 = 1_000_000_000_000;
/// What each account holds of each foreign token: a hundred thousand.
pub(super) const FOREIGN_EACH: u128 = 100_000_000_000;
/// The faucet holds this many times as much as an account.
pub(super) const FAUCET_TIMES: u128 = 1_000;

/// A foreign token: where it came from, and how people call it.
pub struct Foreign {
    /// Path and base denomination on the chain that it came from.
    trace: &'static str,
    pub symbol: &'static str,
    name: &'static str,
    exponent: u32,
    /// Reward weight and take rate per interval, if it is an alliance asset from the start.
    alliance: Option<(&'static str, &'static str)>,
    /// What the registry says of it.
    pub listed: Option<Listed>,
}

/// A token in the registry.
pub struct Listed {
    underlying: &'static str,
    kind: &'static str,
    issuer: &'static str,
    /// Rate at the genesis in millionths, and its growth in a year in thousandths; zero for the underlying itself.
    pub rate_millionths: u128,
    pub yearly_thousandths: u128,
}

const fn lst(underlying: &'static str, issuer: &'static str, rate_millionths: u128, yearly: u128) -> Option<Listed> {
    Some(Listed { underlying, kind: "ASSET_KIND_LST", issuer, rate_millionths, yearly_thousandths: yearly })
}

const fn itself(underlying: &'static str, kind: &'static str, issuer: &'static str) -> Option<Listed> {
    Some(Listed { underlying, kind, issuer, rate_millionths: 1_000_000, yearly_thousandths: 0 })
}

impl Foreign {
    /// The voucher's denomination.
    pub fn denom(&self) -> String {
        format!("ibc/{}", hex::encode_upper(sha256(self.trace.as_bytes())))
    }
}

/// The foreign tokens of the story.
pub const FOREIGN: &[Foreign] = &[
    Foreign {
        trace: "transfer/channel-0/stk/uatom",
        symbol: "stkATOM",
        name: "Liquid staked ATOM of Persistence",
        exponent: 6,
        alliance: Some(("0.300000000000000000", "0.000010000000000000")),
        listed: lst("ATOM", "persistence", 1_300_000, 150),
    },
    Foreign {
        trace: "transfer/channel-1/stuatom",
        symbol: "stATOM",
        name: "Liquid staked ATOM of Stride",
        exponent: 6,
        alliance: None,
        listed: lst("ATOM", "stride", 1_420_000, 165),
    },
    Foreign {
        trace: "transfer/channel-5/uqatom",
        symbol: "qATOM",
        name: "Liquid staked ATOM of Quicksilver",
        exponent: 6,
        alliance: None,
        listed: lst("ATOM", "quicksilver", 1_210_000, 140),
    },
    Foreign {
        trace: "transfer/channel-6/uatom",
        symbol: "ATOM",
        name: "The coin of the Cosmos Hub",
        exponent: 6,
        alliance: None,
        listed: itself("ATOM", "ASSET_KIND_VOUCHER", "cosmoshub"),
    },
    Foreign {
        trace: "transfer/channel-2/cw20:terra1ecgazyd0waaj3g7l9cmy5gulhxkps2gmxu9ghducvuypjq68mq2s5lvsct",
        symbol: "ampLUNA",
        name: "Liquid staked LUNA of Eris",
        exponent: 6,
        alliance: Some(("0.200000000000000000", "0.000020000000000000")),
        listed: lst("LUNA", "eris", 1_650_000, 180),
    },
    Foreign {
        trace: "transfer/channel-3/gamm/pool/1",
        symbol: "GAMM-1",
        name: "Share of the first pool of Osmosis",
        exponent: 18,
        alliance: None,
        listed: None,
    },
    Foreign {
        trace: "transfer/channel-4/uusdc",
        symbol: "USDC",
        name: "USDC of Noble",
        exponent: 6,
        alliance: None,
        listed: itself("USD", "ASSET_KIND_STABLE", "noble"),
    },
];

/// The coin that stands for liquid stake.
const LIQUID: &str = "stk/uente";

/// The genesis of a development chain that begins at `time`. The first accounts run one validator each, with the consensus keys of
/// `seeds`.
///
/// # Errors
/// Never, with the built-in words.
pub fn document(chain_id: &str, time: Timestamp, seeds: &[[u8; 32]]) -> Result<GenesisDoc> {
    let bech32 = Bech32::new(PREFIX);
    let accounts: Vec<AccAddress> =
        (0..keys::DEVELOPMENT_ACCOUNTS).map(|i| Ok(keys::development(i)?.address())).collect::<Result<_>>()?;
    let operators = accounts.get(..seeds.len()).unwrap_or(&accounts);
    let (faucet, publisher) = (keys::faucet()?.address(), keys::publisher()?.address());
    let mut state = Map::new();
    let mut section = |name: &str, value: Value| {
        // Modules that this build does not have yet have no section.
        if entente_chain::genesis::SECTIONS.iter().any(|s| s.name == name) {
            state.insert(name.to_owned(), value);
        }
    };
    section("auth", auth(&bech32, accounts.iter().chain([&faucet, &publisher])));
    section("bank", bank(&bech32, &accounts, &faucet, seeds.len()));
    section("staking", staking(&bech32, operators, time, seeds));
    section("slashing", slashing());
    section("distribution", distribution());
    section("mint", mint());
    section("gov", gov());
    section("crisis", json!({ "constant_fee": { "denom": DENOM, "amount": "1000000" } }));
    section("alliance", alliance(time));
    section("restake.assets", assets(&bech32.acc(&publisher)));
    let listed = validators::liquid_list(&bech32, operators);
    section("liquidstake", json!({ "params": liquid_params(LIQUID, listed), "liquid_validators": [] }));
    if let Some(first) = accounts.first() {
        section("vault", vault(&bech32.acc(first), time));
    }
    section("pools", pools::section(&bech32.acc(&faucet)));
    state.insert("entente".to_owned(), json!({ "bech32_prefix": PREFIX }));
    GenesisDoc::parse(json!({
        "genesis_time": time.to_string(),
        "chain_id": chain_id,
        "initial_height": "1",
        "app_state": state,
    }))
}

/// A genesis without accounts and validators, for `entente init`.
///
/// # Errors
/// Says which argument is wrong.
pub fn empty(chain_id: &str, denom: &str, time: Timestamp) -> Result<GenesisDoc> {
    let bech32 = Bech32::new(PREFIX);
    let mut state = Map::new();
    let with_denom = |value: Value| -> Result<Value> {
        Ok(serde_json::from_str(&value.to_string().replace(&format!("\"{DENOM}\""), &format!("{denom:?}")))?)
    };
    let staking = json!({ "params": staking_params() });
    let bank = json!({ "params": { "send_enabled": [], "default_send_enabled": true }, "balances": [], "supply": [] });
    let mut gov = gov();
    for (name, value) in
        [("max_deposit_period", "172800s"), ("voting_period", "172800s"), ("expedited_voting_period", "86400s")]
    {
        gov["params"][name] = json!(value);
    }
    let alliance = json!({ "params": {
        "reward_delay_time": "604800s", "take_rate_claim_interval": "300s", "last_take_rate_claim_time": time.to_string(),
    } });
    let sections = [
        ("auth", auth(&bech32, std::iter::empty())),
        ("bank", bank),
        ("staking", staking),
        ("slashing", slashing()),
        ("distribution", distribution()),
        ("mint", mint()),
        ("gov", gov),
        ("crisis", json!({ "constant_fee": { "denom": DENOM, "amount": "1000000" } })),
        ("alliance", alliance),
        ("restake.assets", json!({ "params": registry_params(), "assets": [] })),
    ];
    for (name, value) in sections {
        state.insert(name.to_owned(), with_denom(value)?);
    }
    state.insert("liquidstake".to_owned(), json!({ "params": liquid_params(&format!("stk/{denom}"), json!([])) }));
    state.insert("entente".to_owned(), json!({ "bech32_prefix": PREFIX }));
    GenesisDoc::parse(json!({
        "genesis_time": time.to_string(),
        "chain_id": chain_id,
        "initial_height": "1",
        "app_state": state,
    }))
}

fn staking_params() -> Value {
    json!({
        "unbonding_time": "1814400s",
        "max_validators": 100,
        "max_entries": 7,
        "historical_entries": 10000,
        "bond_denom": DENOM,
        "min_commission_rate": "0.000000000000000000",
    })
}

fn auth<'a>(bech32: &Bech32, accounts: impl Iterator<Item = &'a AccAddress>) -> Value {
    let account = |(number, address): (usize, &AccAddress)| {
        json!({
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": bech32.acc(address),
            "pub_key": null,
            "account_number": number.to_string(),
            "sequence": "0",
        })
    };
    json!({
        "params": {
            "max_memo_characters": "256",
            "tx_sig_limit": "7",
            "tx_size_cost_per_byte": "10",
            "sig_verify_cost_ed25519": "590",
            "sig_verify_cost_secp256k1": "1000",
        },
        "accounts": accounts.enumerate().map(account).collect::<Vec<_>>(),
    })
}

fn bank(bech32: &Bech32, accounts: &[AccAddress], faucet: &AccAddress, validators: usize) -> Value {
    let balance = |address: &AccAddress, times: u128| {
        let mut coins: Vec<(String, u128)> = FOREIGN.iter().map(|f| (f.denom(), FOREIGN_EACH * times)).collect();
        coins.push((DENOM.to_owned(), NATIVE_EACH * times));
        coins.sort();
        let coins: Vec<Value> =
            coins.into_iter().map(|(denom, amount)| json!({ "denom": denom, "amount": amount.to_string() })).collect();
        json!({ "address": bech32.acc(address), "coins": coins })
    };
    let mut balances: Vec<Value> = accounts.iter().map(|a| balance(a, 1)).collect();
    balances.push(balance(faucet, FAUCET_TIMES));
    let pool = entente_chain::modules::auth::ModuleAccount::NOT_BONDED_POOL.address();
    balances.push(json!({
        "address": bech32.acc(&pool),
        "coins": [{ "denom": DENOM, "amount": validators::staked(validators).to_string() }],
    }));
    let mut metadata = vec![
        metadata(DENOM, "ENTE", "ente", "The coin of Entente", 6),
        metadata(LIQUID, "stkENTE", "stk/ente", "Liquid staked ENTE", 6),
    ];
    metadata.extend(FOREIGN.iter().map(|f| {
        let display = f.symbol.to_lowercase();
        self::metadata(&f.denom(), f.symbol, &display, f.name, f.exponent)
    }));
    json!({
        "params": { "send_enabled": [], "default_send_enabled": true },
        "balances": balances,
        "supply": [],
        "denom_metadata": metadata,
        "send_enabled": [],
    })
}

fn metadata(base: &str, symbol: &str, display: &str, name: &str, exponent: u32) -> Value {
    json!({
        "description": name,
        "denom_units": [
            { "denom": base, "exponent": 0, "aliases": [] },
            { "denom": display, "exponent": exponent, "aliases": [] },
        ],
        "base": base,
        "display": display,
        "name": name,
        "symbol": symbol,
        "uri": "",
        "uri_hash": "",
    })
}

fn slashing() -> Value {
    json!({
        "params": {
            "signed_blocks_window": "100",
            "min_signed_per_window": "0.500000000000000000",
            "downtime_jail_duration": "60s",
            "slash_fraction_double_sign": "0.050000000000000000",
            "slash_fraction_downtime": "0.010000000000000000",
        },
        "signing_infos": [],
        "missed_blocks": [],
    })
}

fn distribution() -> Value {
    json!({
        "params": {
            "community_tax": "0.020000000000000000",
            "base_proposer_reward": "0.000000000000000000",
            "bonus_proposer_reward": "0.000000000000000000",
            "withdraw_addr_enabled": true,
        },
        "fee_pool": { "community_pool": [] },
        "delegator_withdraw_infos": [],
        "previous_proposer": "",
        "outstanding_rewards": [],
        "validator_accumulated_commissions": [],
        "validator_historical_rewards": [],
        "validator_current_rewards": [],
        "delegator_starting_infos": [],
        "validator_slash_events": [],
    })
}

/// Inflation on; a block a second.
fn mint() -> Value {
    json!({
        "minter": { "inflation": "0.130000000000000000", "annual_provisions": "0.000000000000000000" },
        "params": {
            "mint_denom": DENOM,
            "inflation_rate_change": "0.130000000000000000",
            "inflation_max": "0.200000000000000000",
            "inflation_min": "0.070000000000000000",
            "goal_bonded": "0.670000000000000000",
            "blocks_per_year": "31557600",
        },
    })
}

/// Periods of seconds, so that a vote can be watched.
fn gov() -> Value {
    json!({
        "starting_proposal_id": "1",
        "deposits": [],
        "votes": [],
        "proposals": [],
        "deposit_params": null,
        "voting_params": null,
        "tally_params": null,
        "params": {
            "min_deposit": [{ "denom": DENOM, "amount": "10000000" }],
            "max_deposit_period": "60s",
            "voting_period": "20s",
            "quorum": "0.334000000000000000",
            "threshold": "0.500000000000000000",
            "veto_threshold": "0.334000000000000000",
            "min_initial_deposit_ratio": "0.000000000000000000",
            "proposal_cancel_ratio": "0.500000000000000000",
            "proposal_cancel_dest": "",
            "expedited_voting_period": "10s",
            "expedited_threshold": "0.667000000000000000",
            "expedited_min_deposit": [{ "denom": DENOM, "amount": "50000000" }],
            "burn_vote_quorum": false,
            "burn_proposal_deposit_prevote": false,
            "burn_vote_veto": true,
            "min_deposit_ratio": "0.010000000000000000",
        },
        "constitution": "",
    })
}

/// Two foreign assets and shares of a pool, started; the take rate is taken every minute.
fn alliance(time: Timestamp) -> Value {
    let asset_of = |denom: &str, weight: &str, take: &str| {
        json!({
            "denom": denom,
            "reward_weight": weight,
            "take_rate": take,
            "total_tokens": "0",
            "total_validator_shares": "0.000000000000000000",
            "reward_start_time": time.to_string(),
            "reward_change_rate": "1.000000000000000000",
            "reward_change_interval": "0s",
            "last_reward_change_time": time.to_string(),
            "reward_weight_range": { "min": "0.000000000000000000", "max": "5.000000000000000000" },
            "is_initialized": true,
        })
    };
    let asset = |f: &Foreign| f.alliance.map(|(weight, take)| asset_of(&f.denom(), weight, take));
    json!({
        "params": {
            "reward_delay_time": "60s",
            "take_rate_claim_interval": "60s",
            "last_take_rate_claim_time": time.to_string(),
        },
        "assets": FOREIGN.iter().filter_map(asset).chain([asset_of(pools::ALLIED, "0.050000000000000000", "0.000000000000000000")]).collect::<Vec<_>>(),
        "validator_infos": [],
        "reward_weight_change_snaphots": [],
        "delegations": [],
        "redelegations": [],
        "undelegations": [],
    })
}

/// Everything that is listed, in baskets' tier, and our own coins. Rates of foreign staking tokens come from the publisher.
fn assets(publisher: &str) -> Value {
    let mut assets: Vec<Value> = Vec::new();
    for token in FOREIGN {
        let Some(listed) = &token.listed else { continue };
        let source = match listed.yearly_thousandths {
            0 => json!({ "kind": "RATE_KIND_STATIC", "rate": decimal(listed.rate_millionths) }),
            _ => json!({ "kind": "RATE_KIND_PUSH", "rate": decimal(listed.rate_millionths), "publisher": publisher }),
        };
        assets.push(json!({
            "denom": token.denom(), "underlying": listed.underlying, "decimals": token.exponent, "issuer": listed.issuer,
            "bridge_class": "ibc", "tier": "TIER_BASKET", "kind": listed.kind, "rate_source": source,
            "flags": { "alliance_ok": true, "basket_ok": true, "collateral_ok": false },
        }));
    }
    let own = |denom: &str, kind: &str, source: &str| {
        json!({
            "denom": denom, "underlying": "ENTE", "decimals": 6, "issuer": "entente", "tier": "TIER_ALLIANCE", "kind": kind,
            "rate_source": { "kind": source, "rate": decimal(1_000_000) },
        })
    };
    assets.push(own(DENOM, "ASSET_KIND_VOUCHER", "RATE_KIND_STATIC"));
    assets.push(own(LIQUID, "ASSET_KIND_LST", "RATE_KIND_LOCAL"));
    assets.extend(pools::shares());
    json!({ "params": registry_params(), "assets": assets })
}

/// Millionths as a decimal number.
fn decimal(millionths: u128) -> String {
    format!("{}.{:06}000000000000", millionths / 1_000_000, millionths % 1_000_000)
}

/// A vault of the ATOM family, in which a newcomer can deposit at once. The first account is its curator.
fn vault(curator: &str, time: Timestamp) -> Value {
    const PARTS: [&str; 3] = ["0.400000000000000000", "0.350000000000000000", "0.250000000000000000"];
    let family = FOREIGN.iter().filter(|token| {
        token.listed.as_ref().is_some_and(|listed| listed.underlying == "ATOM" && listed.yearly_thousandths > 0)
    });
    let seats = family.zip(PARTS).map(|(token, part)| {
        json!({
            "denom": token.denom(), "asset_id": asset_id(token), "target": part, "goal": part, "cap": "1.000000000000000000",
            "floor": "0.000000000000000000", "deposit_cap": "0",
        })
    });
    let seats: Vec<Value> = seats.collect();
    let now = time.to_string();
    // Messages that we made ourselves always have a JSON form.
    let mut params = json::to_json(&entente_chain::modules::vault::Params::default().to_wire()).unwrap_or_default();
    // Blocks on demand and jumps in time are no halts.
    params["halt_threshold"] = json!("0s");
    json!({
        "params": params,
        "vaults": [{
            "id": "1", "underlying": "ATOM", "assets": seats, "mode": "MODE_ISOLATED",
            "risk_class": { "loss_max": "0.100000000000000000", "kappa": "0.500000000000000000",
                "rho_max": "0.300000000000000000", "service_kinds": [] },
            "curator": curator, "bond": null, "lrt_denom": "lrt/1", "shares": "0", "pool_shares": "0", "insurance_shares": "0",
            "magnitude": "1000000000000000000000000",
            "fees": { "performance": "0.100000000000000000", "protocol_part": "0.500000000000000000",
                "curator_part": "0.500000000000000000", "builder_part": "0.000000000000000000", "builder": "" },
            "state": "VAULT_STATE_ACTIVE", "alloc_seq": "0", "canary_cap": "0", "canary_raised": now, "epoch_start": now,
            "epoch_nav": "1000000000000000", "swap_enabled": false, "hooks": [], "created": now, "bonus_total": "0",
            "fee_total": "0", "last_batch": "0", "seen_at": "0",
        }],
        "holdings": [], "batches": [], "claims": [],
        "queue": [{ "time": time.plus(Span::from_secs(86_400)).to_string(), "vault": "1", "batch": "0" }],
        "next_vault_id": "2",
    })
}

/// The number of a listed token: the registry counts in the order of the genesis.
fn asset_id(token: &Foreign) -> String {
    let listed = FOREIGN.iter().filter(|other| other.listed.is_some());
    let place = listed.take_while(|other| other.denom() != token.denom()).count();
    (place + 1).to_string()
}

fn liquid_params(denom: &str, validators: Value) -> Value {
    json!({
        "liquid_bond_denom": denom,
        "whitelisted_validators": validators,
        "unstake_fee_rate": "0.000000000000000000",
        "lsm_disabled": false,
        "min_liquid_stake_amount": "1000",
        "cw_locked_pool_address": "",
        "fee_account_address": "",
        "autocompound_fee_rate": "0.050000000000000000",
        "whitelist_admin_address": "",
        "module_paused": false,
    })
}

fn registry_params() -> Value {
    json!({
        "guardian": "",
        "guardian_term": "1209600s",
        "listing_bond": { "denom": DENOM, "amount": "1000000000" },
        "rate_window": "86400s",
        "rate_growth_max": "0.000100000000000000",
        "drop_watch": "0.002000000000000000",
        "drop_halt": "0.200000000000000000",
        "apr_cap": "0.250000000000000000",
        "rate_age_max": "21600s",
        "price_age_max": "21600s",
        "parity_tolerance": "0.010000000000000000",
        "proof_age_max": "172800s",
        "watch_min": "3600s",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Disk;
    use crate::engine::{Engine, stores};

    #[test]
    fn the_story_is_a_genesis_that_the_chain_accepts_and_its_first_blocks_break_no_invariant() {
        let seed = keys::validator::development_seed();
        let doc = document(CHAIN_ID, Timestamp::from_secs(1_800_000_000), &[seed]).unwrap();
        let engine = Engine::open(Disk::ephemeral(stores()), None, doc, vec![seed]).unwrap();
        for i in 1..=3 {
            engine.make_block_at(Timestamp::from_secs(1_800_000_000 + i * 61)).unwrap();
        }
        assert_eq!(engine.snapshot(None).unwrap().broken_invariants().unwrap(), Vec::<String>::new());
        assert_eq!(engine.shown().standing.validators.total_power(), 1_000_000);
    }
}
